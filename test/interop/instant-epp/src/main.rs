//! A registrar's day with instant-epp: instant-epp-client HOST PORT CA-FILE USER PASSWORD
//! Prints one line of JSON for each step, as {"step": "check", "result": …, "code": 1000}.

use std::env;
use std::time::Duration;

use instant_epp::client::RustlsConnector;
use instant_epp::contact::{Address, ContactCreate, Country, InfoType, PostalInfo};
use instant_epp::domain::update::DomainAdd;
use instant_epp::domain::*;
use instant_epp::host::HostCreate;
use instant_epp::login::Login;
use instant_epp::logout::Logout;
use instant_epp::poll::{Ack, Poll};
use instant_epp::response::Response;
use instant_epp::{EppClient, Error};
use serde_json::{json, Value};

const NAME: &str = "rust.com";
const CONTACT: &str = "rust-1";
const TIMEOUT: Duration = Duration::from_secs(30);

type Client = EppClient<RustlsConnector>;

fn print(step: &str, code: u16, result: Value) {
    println!(
        "{}",
        json!({ "step": step, "code": code, "result": result })
    );
}

/// Prints what came of a command; `view` is what is shown of its answer. Ends the program where there was no answer to read.
fn step<D, E>(
    name: &str,
    answer: Result<Response<D, E>, Error>,
    view: impl Fn(&Response<D, E>) -> Value,
) -> Option<Response<D, E>> {
    match answer {
        Ok(response) => {
            print(name, response.result.code as u16, view(&response));
            Some(response)
        }
        Err(Error::Command(status)) => {
            print(
                name,
                status.result.code as u16,
                json!(status.result.message),
            );
            None
        }
        Err(error) => {
            eprintln!("{name}: {error:?}");
            std::process::exit(1);
        }
    }
}

fn nothing<T>(_: &T) -> Value {
    Value::Null
}

async fn info(
    client: &mut Client,
    name: &str,
) -> Option<Response<InfoData, instant_epp::common::NoExtension>> {
    let answer = client.transact(&DomainInfo::new(NAME, None), name).await;
    step(name, answer, |response| {
        response.res_data().map_or(Value::Null, |data| {
            json!({
                "name": data.name,
                "registrant": data.registrant,
                "contacts": data.contacts.iter().flatten().map(|contact| contact.id.as_ref()).collect::<Vec<_>>(),
                "ns": format!("{:?}", data.ns),
                "clID": data.client_id,
                "statuses": data.statuses.iter().flatten().map(Status::as_str).collect::<Vec<_>>(),
                "expires": data.expiring_at.map(|at| at.to_rfc3339()),
            })
        })
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [host, port, ca, user, password] = arguments.as_slice() else {
        panic!("five arguments, please");
    };
    // the trust of the whole machine, as the library sees it
    env::set_var("SSL_CERT_FILE", ca);
    let server = (host.clone(), port.parse().expect("a port"));
    let mut client = EppClient::connect("simulated".into(), server, None, TIMEOUT).await?;

    let greeting = client.greeting()?;
    print(
        "greeting",
        1000,
        json!({ "svID": greeting.service_id, "objURIs": greeting.svc_menu.services.obj_uris }),
    );
    // it expects no extension in answers unless it asks for one: it must not get any
    step(
        "login",
        client
            .transact(&Login::new(user, password, None, None), "RUST-login")
            .await,
        nothing,
    );
    print("hello", 1000, json!(client.hello().await?.service_id));

    let names = ["rust.com", "rust-2.com", "rust.example"];
    let checked = client
        .transact(&DomainCheck { domains: &names }, "RUST-check")
        .await;
    step("check", checked, |response| {
        let list = response
            .res_data()
            .map(|data| data.list.as_slice())
            .unwrap_or_default();
        list.iter()
            .map(|cd| (cd.name.value.clone(), json!(cd.name.available)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    });

    let country: Country = "DE".parse().expect("a country");
    let address = Address::new(&["Hauptstraße 1"], "Köln", None, Some("50667"), country);
    let postal = PostalInfo::new(InfoType::Local, "Jürgen Müller & Söhne", None, address);
    let contact = ContactCreate::new(
        CONTACT,
        "juergen@example.com",
        postal,
        None,
        "contact-secret-1",
    );
    step(
        "create contact",
        client.transact(&contact, "RUST-contact").await,
        nothing,
    );
    step(
        "create host",
        client
            .transact(&HostCreate::new("ns1.example.net", None), "RUST-host")
            .await,
        nothing,
    );

    let contacts = ["admin", "tech"].map(|role| DomainContact {
        contact_type: role.into(),
        id: CONTACT.into(),
    });
    let hosts = [HostInfo::Obj(HostObj {
        name: "ns1.example.net".into(),
    })];
    let create = DomainCreate::new(
        NAME,
        TWO_YEARS,
        Some(&hosts),
        Some(CONTACT),
        "domain-secret-1",
        Some(&contacts),
    );
    step(
        "create",
        client.transact(&create, "RUST-create").await,
        |response| json!(response.tr_ids.client_tr_id),
    );
    step(
        "create again",
        client.transact(&create, "RUST-create-2").await,
        nothing,
    );
    let expires = info(&mut client, "info")
        .await
        .and_then(|response| response.res_data().and_then(|data| data.expiring_at))
        .expect("a domain that expires");

    let renew = DomainRenew::new(NAME, expires.date_naive(), ONE_YEAR);
    step(
        "renew",
        client.transact(&renew, "RUST-renew").await,
        |response| {
            let until = response.res_data().and_then(|data| data.expiring_at);
            json!(until.map(|at| at.to_rfc3339()))
        },
    );
    step(
        "renew again",
        client.transact(&renew, "RUST-renew-2").await,
        nothing,
    );

    let mut update = DomainUpdate::new(NAME);
    update.add(DomainAdd {
        ns: None,
        contacts: None,
        statuses: Some(&[Status::ClientHold]),
    });
    step(
        "update",
        client.transact(&update, "RUST-update").await,
        nothing,
    );
    info(&mut client, "updated").await;

    let polled = step(
        "poll",
        client.transact(&Poll, "RUST-poll").await,
        |response| {
            let queue = response.message_queue();
            json!(queue
                .and_then(|queue| queue.message.as_ref())
                .map(|message| &message.text))
        },
    );
    let queue = polled
        .and_then(|response| response.message_queue)
        .expect("a message");
    step(
        "ack",
        client
            .transact(
                &Ack {
                    message_id: &queue.id,
                },
                "RUST-ack",
            )
            .await,
        nothing,
    );
    step(
        "poll empty",
        client.transact(&Poll, "RUST-poll-2").await,
        nothing,
    );

    step(
        "delete",
        client
            .transact(&DomainDelete::new(NAME), "RUST-delete")
            .await,
        nothing,
    );
    info(&mut client, "info gone").await;
    step(
        "logout",
        client.transact(&Logout, "RUST-logout").await,
        nothing,
    );
    Ok(())
}
