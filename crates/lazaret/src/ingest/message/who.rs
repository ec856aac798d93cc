//! Who gets a ticket, who a reply: one conversation, a row a mail, from its octets through the pipeline to ticket and outbox.

use super::*;
use crate::ingest::ours;
use crate::live::Set;
use crate::status::Status;
use crate::testing;
use crate::worker::Pool;
use lazaret_core::pipeline::Pipeline;
use lazaret_store::Told;
use std::collections::{HashMap, HashSet};

const CONFIG: &str = "mode = \"enforce\"\nstore_key = \"file:k\"\nstate_dir = \"state\"\n\
    quarantine = { recipients = [\"RECIPIENT\"] }\n\
    [[mailbox]]\nname = \"support\"\naddresses = [\"support@acme.example\"]\nmaildir = \".\"\n\
    sender_proof = \"authserv-id:mx.acme.example\"\nstaff = [\"acme.example\"]\n\
    reporters = [{ from = \"reports@app.acme.example\", customer = \"reply-to\" }]\n\
    [replies]\nfiles = \"replies\"\nfrom = \"Acme <support@acme.example>\"\n";

const ANNA: &str = "anna@customer.example";
const CARD: &str = "My card number is 4539 1488 0343 6467, valid until 11/29.";

/// A mail of a row.
#[derive(Clone, Copy)]
struct Mail {
    from: &'static str,
    /// What the border found of the sender; empty: it wrote nothing.
    proof: &'static str,
    /// Further fields.
    fields: &'static str,
    body: &'static str,
    /// Name of the row whose ticket the mail names with our token.
    answers: &'static str,
    /// Days that it is old.
    days: i64,
}

const MAIL: Mail =
    Mail { from: ANNA, proof: "dmarc=pass", fields: "", body: "It does not print.", answers: "", days: 0 };

/// Where a mail must end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// A ticket of its own.
    New,
    /// In the ticket of the row that it answers.
    Joins,
    /// Nowhere: it is our own.
    Nowhere,
}
use Place::{Joins, New, Nowhere};

/// The rows, in the order in which the mails come: name, mail, place, what the ticket says of the answer.
/// `pending TEMPLATE to ADDRESS` is in the outbox.
fn rows() -> Vec<(&'static str, Mail, Place, &'static str)> {
    const BOUNCE: &str = "Content-Type: multipart/report; report-type=delivery-status; boundary=b";
    const RETURNED: &str = "--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.other.example\n\n\
        Final-Recipient: rfc822; anna@customer.example\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\n\
        Message-ID: <{id}>\nSubject: x\n\n.\n--b--";
    let receipt = "pending receipt to anna@customer.example";
    vec![
        ("human, new", MAIL, New, receipt),
        ("follow-up by a party", Mail { answers: "human, new", ..MAIL }, Joins, "not sent (follow-up)"),
        (
            "follow-up by a party, something taken out",
            Mail { answers: "human, new", body: CARD, ..MAIL },
            Joins,
            "pending removed to anna@customer.example",
        ),
        (
            "a stranger who holds the token",
            Mail { from: "eve@elsewhere.example", answers: "human, new", ..MAIL },
            New,
            "not sent (third-party)",
        ),
        (
            "a stranger who holds the token, something taken out",
            Mail { from: "eve@elsewhere.example", answers: "human, new", body: CARD, ..MAIL },
            New,
            "not sent (third-party)",
        ),
        (
            "forged, with the token",
            Mail { proof: "dmarc=fail", answers: "human, new", ..MAIL },
            New,
            "not sent (unverified)",
        ),
        (
            "unproven party, with the token",
            Mail { proof: "", answers: "human, new", ..MAIL },
            Joins,
            "not sent (follow-up)",
        ),
        ("staff, new", Mail { from: "jo@acme.example", ..MAIL }, New, "not sent (staff)"),
        ("staff, joins", Mail { from: "jo@acme.example", answers: "human, new", ..MAIL }, Joins, "not sent (staff)"),
        (
            "staff, unproven",
            Mail { from: "tom@acme.example", proof: "", answers: "human, new", ..MAIL },
            New,
            "not sent (staff)",
        ),
        ("automatic", Mail { fields: "Auto-Submitted: auto-replied", ..MAIL }, New, "not sent (auto)"),
        (
            "automatic, joins",
            Mail { fields: "Auto-Submitted: auto-replied", answers: "human, new", ..MAIL },
            Joins,
            "not sent (auto)",
        ),
        (
            "bounce of our answer",
            Mail { from: "mailer-daemon@other.example", fields: BOUNCE, body: RETURNED, answers: "human, new", ..MAIL },
            Joins,
            "not sent (bounce)",
        ),
        (
            "bounce of something else",
            Mail { from: "mailer-daemon@other.example", fields: BOUNCE, body: RETURNED, ..MAIL },
            New,
            "not sent (bounce)",
        ),
        ("list", Mail { fields: "List-Id: <news.other.example>", ..MAIL }, New, "not sent (list)"),
        (
            "report",
            Mail {
                fields: "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
                body: "--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nDisposition: x; displayed\n--b--",
                ..MAIL
            },
            New,
            "not sent (report)",
        ),
        (
            "reporter, customer in reply-to",
            Mail { from: "reports@app.acme.example", fields: "Reply-To: mia@user.example", ..MAIL },
            New,
            "pending receipt to mia@user.example",
        ),
        (
            "reporter, unproven",
            Mail { from: "reports@app.acme.example", proof: "", fields: "Reply-To: mia@user.example", ..MAIL },
            New,
            "not sent (staff)",
        ),
        ("own", Mail { from: "support@acme.example", ..MAIL }, Nowhere, ""),
        ("own, forged", Mail { from: "support@acme.example", proof: "dmarc=fail", ..MAIL }, New, "not sent (own)"),
        ("Cc", Mail { fields: "Cc: third@party.example", ..MAIL }, New, receipt),
        ("reply-to of somebody else", Mail { fields: "Reply-To: third@party.example", ..MAIL }, New, receipt),
        ("not addressed to us", Mail { fields: "To: list@other.example", ..MAIL }, New, "not sent (not-addressed)"),
        ("backlog", Mail { days: 4, ..MAIL }, New, "not sent (backlog)"),
        ("junk", Mail { fields: "X-Spam-Flag: YES", ..MAIL }, New, "not sent (junk)"),
        (
            "unproven",
            Mail { from: "ben@customer.example", proof: "", ..MAIL },
            New,
            "pending receipt to ben@customer.example",
        ),
        (
            "unproven, a second one that day",
            Mail { from: "ben@customer.example", proof: "", ..MAIL },
            New,
            "not sent (limit: replies to one recipient in a day)",
        ),
        ("forged", Mail { proof: "dmarc=fail", ..MAIL }, New, "not sent (unverified)"),
    ]
}

fn octets(row: &str, mail: Mail, id: &str, now: i64) -> Vec<u8> {
    let (_, domain) = mail.from.rsplit_once('@').expect("an address");
    let date =
        jiff::Timestamp::from_second(now - mail.days * 86_400).expect("a time").to_zoned(jiff::tz::TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&date).expect("a date");
    let path = if mail.from.starts_with("mailer-daemon") { "" } else { mail.from };
    let mut text = format!("Return-Path: <{path}>\n");
    if !mail.proof.is_empty() {
        text += &format!("Authentication-Results: mx.acme.example; {} header.from={domain}\n", mail.proof);
    }
    text +=
        &format!("Received: from x by mx.acme.example; {date}\nFrom: <{}>\nDate: {date}\nSubject: {row}\n", mail.from);
    if !mail.fields.contains("To: list") {
        text += "To: support@acme.example\n";
    }
    if !mail.answers.is_empty() && !mail.fields.contains("delivery-status") {
        text += &format!("In-Reply-To: <{id}>\n");
    }
    if !mail.fields.is_empty() {
        text += &format!("{}\n", mail.fields);
    }
    text += &format!("Message-ID: <{}@x.example>\n\n{}\n", row.replace([' ', ','], "-"), mail.body.replace("{id}", id));
    text.replace('\n', "\r\n").into_bytes()
}

fn context(dir: &std::path::Path, text: &str) -> Context {
    let config = testing::config(text, dir);
    let store = testing::store(&config.state_dir);
    let set = Set::compiled_in(config).unwrap_or_else(|complaints| panic!("{}", complaints.text()));
    let setup = Arc::new(set.setup(store.keys()));
    let (nudge_deliveries, _) = tokio::sync::watch::channel(());
    Context {
        pool: Pool::closed(setup.clone()),
        setup,
        status: Arc::new(Status::new(&set.config)),
        ours: ours(&set.config),
        keep_secs: set.material.keep_secs,
        rules: set.material.short_hash(),
        templates: set.templates.clone(),
        config: set.config,
        store,
        nudge: Arc::default(),
        nudge_deliveries,
        progress: Arc::new(|_| ()),
    }
}

fn pipeline(context: &Context) -> Pipeline {
    Pipeline::new(&context.setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first())).0
}

fn key(uid: u32) -> MessageKey {
    MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 1, uid }
}

async fn take(context: &Context, pipeline: &Pipeline, uid: u32, mail: &[u8]) {
    let mailbox = context.config.mailboxes[0].clone();
    let outcome = admit::checked(pipeline.process(&RawMessage::new(mail.to_vec()), &mailbox.profile));
    let size = mail.len() as u64;
    let arrival = settle(context, &mailbox, key(uid), outcome, RawMessage::new(mail.to_vec()), size).await;
    assert!(matches!(arrival, Arrival::Settled(_)), "{arrival:?}");
}

/// How the sender of a message was told; `seen` are the replies that were there before it.
async fn told(context: &Context, uid: u32, seen: &mut HashSet<String>) -> String {
    let Some((ticket, message)) = context.store.message_of(&key(uid)).await.expect("a store") else {
        return String::new();
    };
    match message.told {
        Told::NotSent(why) => format!("not sent ({why})"),
        Told::Pending => {
            let rows = context.store.outbox(100).await.expect("rows");
            let template = |t: Template| serde_json::to_value(t).ok().and_then(|v| v.as_str().map(str::to_owned));
            let all: Vec<String> = rows
                .iter()
                // Ids of one second are in no order.
                .filter(|r| r.ticket == ticket && seen.insert(r.id.clone()))
                .map(|r| format!("pending {} to {}", template(r.template).unwrap_or_default(), r.to))
                .collect();
            all.first().cloned().unwrap_or_default()
        }
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn the_table_row_by_row() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_, recipient) = seal::OpeningKey::generate();
    let context = context(dir.path(), &CONFIG.replace("RECIPIENT", &recipient.to_string()));
    let (pipeline, now) = (pipeline(&context), clock::now());
    let mut tickets: HashMap<&str, TicketRef> = HashMap::new();
    let (mut wrong, mut seen) = (Vec::new(), HashSet::new());
    for (uid, (row, mail, place, want)) in (1..).zip(rows()) {
        let answered = tickets.get(mail.answers).cloned();
        let token = &context.store.keys().token;
        let id = answered.as_ref().map_or("nothing@x.example".into(), |t| token.message_id(&t.0, "1", "acme.example"));
        take(&context, &pipeline, uid, &octets(row, mail, &id, now)).await;
        let found = context.store.message_of(&key(uid)).await.expect("a store").map(|(ticket, _)| ticket);
        let is = match &found {
            None => Nowhere,
            Some(ticket) if Some(ticket) == answered.as_ref() => Joins,
            Some(_) => New,
        };
        let said = told(&context, uid, &mut seen).await;
        if (is, said.as_str()) != (place, want) {
            wrong.push(format!("{row}: {is:?}, {said}; not {place:?}, {want}"));
        }
        found.into_iter().for_each(|ticket| drop(tickets.insert(row, ticket)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let first = context.store.ticket(&tickets["human, new"]).await.expect("a store").expect("a ticket");
    assert_eq!(first.row.told, Told::NotSent("bounced: customer not reached".into()));
    let outsiders = context.store.outbox(100).await.expect("rows");
    assert!(outsiders.iter().all(|r| !r.to.contains("party.example") && !r.to.contains("elsewhere")), "{outsiders:?}");
    context.store.close().await;
}

/// The same octets once more, and the original that an officer gives back: nobody is told a second time.
#[tokio::test]
async fn duplicates_and_what_is_restored_are_not_answered() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_, recipient) = seal::OpeningKey::generate();
    let context = context(dir.path(), &CONFIG.replace("RECIPIENT", &recipient.to_string()));
    let (pipeline, now) = (pipeline(&context), clock::now());
    let mail = octets("card", Mail { body: CARD, ..MAIL }, "", now);
    take(&context, &pipeline, 1, &mail).await;
    take(&context, &pipeline, 2, &mail).await;
    let waiting = || async { context.store.counts().await.expect("counts").outbox_waiting };
    let ticket = |uid| {
        let store = context.store.clone();
        async move { store.message_of(&key(uid)).await.expect("a store").map(|(ticket, _)| ticket) }
    };
    assert!(ticket(1).await.is_some());
    assert_eq!(ticket(1).await, ticket(2).await);
    assert_eq!(waiting().await, 1, "a duplicate");
    let original = RawMessage::new(mail);
    let digest = context.store.keys().digest.digest(&original);
    let id: String = digest.to_hex().chars().take(16).collect();
    let outcome = pipeline.process(&original, &context.config.mailboxes[0].profile);
    context.store.release(&id, digest, outcome, "by mistake".into(), now).await.expect("released");
    assert_eq!(waiting().await, 1, "restored");
    context.store.close().await;
}
