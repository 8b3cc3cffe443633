"""A transfer between two registrars with EppTools: epptools-transfer.py GAINING-USER HOST PORT CA-FILE USER PASSWORD
Both have the same password; USER has the domain. Prints a line of JSON for each step, as {"step": ..., "result": ..., "code": 1000}.
"""

import json
import sys

from epptools import Client, Config

NAME = "moving.com"
SECRET = "moving-secret-1"


def step(name, response, result=None):
    print(json.dumps({"step": name, "result": result, "code": response.code()}), flush=True)
    return response


def polled(name, client):
    """The first message: of whom the object shall be, or is, and how far that is."""
    message = client.poll.request()
    step(name, message, message.transfer())
    step(name + " ack", client.poll.ack(message.message_id()))


def main(gaining_user, host, port, ca_file, user, password):
    def session(clid):
        config = Config(host=host, port=int(port), clid=clid, password=password, ca_file=ca_file)
        return Client.connect_and_login(config).throw_on_failure(False)

    losing, gaining = session(user), session(gaining_user)
    step("create", losing.domain.create(NAME, years=1, auth_info=SECRET))
    step("wrong secret", gaining.domain.transfer("request", NAME, auth_info="not-the-secret"))
    request = gaining.domain.transfer("request", NAME, auth_info=SECRET)
    step("request", request, request.transfer())
    polled("loser is told", losing)
    step("reject", losing.domain.transfer("reject", NAME))
    polled("gainer is told", gaining)

    step("request again", gaining.domain.transfer("request", NAME, auth_info=SECRET))
    query = gaining.domain.transfer("query", NAME)
    step("query", query, query.transfer_status())
    step("approve by the wrong one", gaining.domain.transfer("approve", NAME))
    step("approve", losing.domain.transfer("approve", NAME))
    info = gaining.domain.info(NAME)
    step("info", info, {"sponsor": info.sponsor(), "statuses": info.statuses()})
    step("update by the loser", losing.domain.update(NAME, add={"statuses": ["clientHold"]}))

    step("delete", gaining.domain.delete(NAME))
    deleted = gaining.domain.info(NAME)
    step("deleted", deleted, {"statuses": deleted.statuses(), "rgp": deleted.rgp_status()})
    step("restore", gaining.domain.restore(NAME))
    for client in (losing, gaining):
        client.logout()
        client.disconnect()


main(*sys.argv[1:])
