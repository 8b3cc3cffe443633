"""A registrar's day with EppTools: epptools-client.py HOST PORT CA-FILE USER PASSWORD
Prints one line of JSON for each step, as {"step": "check", "result": ..., "code": 1000}.
"""

import json
import sys

from epptools import Client, Config

NAME = "python.com"
CONTACT = "python-1"


def step(name, response, result=None):
    print(json.dumps({"step": name, "result": result, "code": response.code()}), flush=True)
    return response


def domain(client, name):
    info = client.domain.info(name)
    return info, {
        "name": info.object_name(),
        "registrant": info.registrant(),
        "admin": info.admin_contacts(),
        "nameservers": info.nameservers(),
        "sponsor": info.sponsor(),
        "statuses": info.statuses(),
        "signed": info.is_signed(),
        "ds": [record["digest"] for record in info.ds_records()],
    }


def main(host, port, ca_file, user, password):
    config = Config(host=host, port=int(port), clid=user, password=password, ca_file=ca_file)
    client = Client(config).throw_on_failure(False)
    greeting = client.connect()
    step("greeting", greeting, greeting.service_ext_uris())
    step("login", client.login(), client.is_logged_in())
    step("hello", client.hello())

    names = [NAME, "python-2.com", "python.example"]
    checked = client.domain.check(names, fee={"create": 2}, currency="USD")
    step("check", checked, checked.availability())
    step("fee", checked, checked.fee_for(NAME, "create", 2))

    step(
        "create contact",
        client.contact.create(
            CONTACT,
            name="Jürgen Müller & Söhne",
            street=["Hauptstraße 1"],
            city="Köln",
            cc="DE",
            type="loc",
            email="juergen@example.com",
            auth_info="contact-secret-1",
        ),
    )
    contact = client.contact.info(CONTACT)
    step("contact info", contact, contact.postal_info())
    step("create host", client.host.create("ns1.example.net"))

    created = client.domain.create(
        NAME,
        years=2,
        registrant=CONTACT,
        contacts={"admin": CONTACT, "tech": CONTACT},
        nameservers=["ns1.example.net"],
        auth_info="domain-secret-1",
    )
    step("create", created)
    step("create again", client.domain.create(NAME, years=2, auth_info="domain-secret-1"))
    taken = client.domain.check([NAME])
    step("check taken", taken, taken.availability())
    step("info", *domain(client, NAME))

    expires = created.expiry_date()
    renewed = step("renew", client.domain.renew(NAME, expires, years=1))
    step("years more", renewed, int(renewed.expiry_date()[:4]) - int(expires[:4]))
    step("renew again", client.domain.renew(NAME, expires, years=1))

    step("create subordinate host", client.host.create("ns1." + NAME, ["192.0.2.1", "2001:db8::1"]))
    host = client.host.info("ns1." + NAME)
    step("host info", host, host.host_addresses())
    step(
        "update",
        client.domain.update(
            NAME,
            add={"ns": ["ns1." + NAME], "statuses": ["clientHold"]},
            remove={"ns": ["ns1.example.net"]},
        ),
    )
    digest = "0123456789ABCDEF" * 4
    step(
        "sign",
        client.domain.update(
            NAME,
            sec_dns={
                "add": {"ds_data": [{"key_tag": 12345, "alg": 13, "digest_type": 2, "digest": digest}]}
            },
        ),
    )
    step("updated", *domain(client, NAME))
    step("transfer own", client.domain.transfer("request", NAME, auth_info="domain-secret-1"))

    message = client.poll.request()
    step("poll", message, message.queue_message())
    step("ack", client.poll.ack(message.message_id()))
    step("poll empty", client.poll.request())

    step("unhost", client.domain.update(NAME, remove={"ns": ["ns1." + NAME]}))
    step("delete host", client.host.delete("ns1." + NAME))
    step("delete", client.domain.delete(NAME))
    step("logout", client.logout())
    client.disconnect()


main(*sys.argv[1:])
