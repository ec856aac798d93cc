//! A real helpdesk behind the forward sink: Request Tracker takes the clean copies that Postfix delivered, makes one ticket
//! of a conversation, answers once, and holds no value in any octet that it stores or sends.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies};
use super::hostile::plain;
use super::needles::Needles;
use crate::process::{self, until};
use crate::servers::{Account, Lab, RequestTracker, field};
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::time::{Duration, Instant};

const US: &str = "support@desk.example.test";
const HELPDESK: &str = "rt@helpdesk.example.net";
const CUSTOMER: &str = "cu@example.com";
const SUBJECT: &str = "Twice charged for the blue kayak";
const CARD: &str = "4539 7182 0461 9372";
const IBAN: &str = "DE65701500000087654213";
const PASSWORD: &str = "Wint3r-Kestrel-88";
const WAIT: Duration = Duration::from_secs(60);

/// The way of a mail from the customer to the helpdesk.
struct Way<'a> {
    lab: &'a Lab,
    account: Account,
    home: Home,
    desk: RequestTracker,
    sent: usize,
}

pub(super) fn run(lab: &Lab) -> Result<String> {
    lab.postfix.forget()?;
    let scratch = process::scratch("rt")?;
    let began = Instant::now();
    let desk = RequestTracker::start(scratch.path(), US)?;
    let ready = began.elapsed();
    let account = lab.dovecot.account("helpdesk", '/')?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    // RT answers customers; it takes an empty envelope sender for a bounce, which it would not answer.
    let config = home.read_config()?;
    let sinks = format!("[\"folder:Lazaret/Clean\", \"forward:{HELPDESK}\"]");
    let config = config.replace("\"folder:Lazaret/Clean\"", &sinks);
    let config = config.replace("\n[replies]\n", "\n[replies]\nreceipt = \"never\"\n");
    home.write_config(&format!("{config}\n[forward]\nenvelope_from = \"{US}\"\n"))?;
    let daemon = home.daemon()?;
    let mut way = Way { lab, account, home, desk, sent: 0 };
    converse(&mut way)?;
    drop(daemon);
    let tickets = way.desk.tickets()?;
    conversation(&tickets)?;
    let answers = way.desk.sent()?.len();
    ensure(answers == 1, || format!("RT sent {answers} mails, not one"))?;
    // With it RT's server stops, and the database is whole on disk.
    drop(way);
    let searched = nowhere(scratch.path(), &tickets)?;
    Ok(format!(
        "RT ready after {:.1} s; 4 mails are {} tickets, 3 of them in the first, answered once; no value in {searched} octets",
        ready.as_secs_f64(),
        tickets.len()
    ))
}

/// A request, an answer to what RT wrote, a follow-up known by its references alone, and a robot.
fn converse(way: &mut Way<'_>) -> Result<()> {
    way.send("request@example.com", &request()?)?;
    let answers = way.desk.sent()?;
    ensure(answers.len() == 1, || format!("RT answered the request with {} mails", answers.len()))?;
    let answer = answers.first().context("no answer")?;
    let (id, subject) = (field(answer, "Message-ID"), field(answer, "Subject"));
    let (id, subject) = (id.context("RT's answer has no id")?, subject.context("RT's answer has no subject")?);
    ensure(subject.contains("[desk #1]"), || format!("RT's answer has the subject {subject}"))?;

    let more = format!("In-Reply-To: {id}\r\nReferences: <request@example.com> {id}\r\n");
    let body = format!("My password is {PASSWORD}, look for yourselves.");
    way.send("answer@example.com", &plain("answer@example.com", CUSTOMER, &format!("Re: {subject}"), &more, &body))?;
    let more = "References: <request@example.com>\r\n";
    let body = format!("It was my card {CARD} both times.");
    way.send("later@example.com", &plain("later@example.com", CUSTOMER, "Which card", more, &body))?;
    let more = "Auto-Submitted: auto-replied\r\n";
    let robot = plain("robot@example.org", "away@example.org", "Out of office", more, "I am away until Monday.");
    way.send("robot@example.org", &robot)
}

/// A request with a card number and a table of accounts.
fn request() -> Result<Vec<u8>> {
    let body = format!("I paid the blue kayak with card {CARD}, my accounts are attached.");
    let mail = String::from_utf8(plain("request@example.com", CUSTOMER, SUBJECT, "", &body))?;
    let text = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    let mixed = format!("Content-Type: multipart/mixed; boundary=\"kayak\"\r\n\r\n--kayak\r\n{text}");
    let table = STANDARD.encode(format!("purpose,iban,amount\r\nKayak,{IBAN},840.00\r\nPaddle,,35.50\r\n"));
    let file = format!(
        "--kayak\r\nContent-Type: text/csv; charset=utf-8; name=\"accounts.csv\"\r\n\
         Content-Disposition: attachment; filename=\"accounts.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {table}\r\n--kayak--\r\n"
    );
    Ok(format!("{}{file}", mail.replace(text, &mixed)).into_bytes())
}

impl Way<'_> {
    /// Delivers a mail into the mailbox, waits for its copy at the helpdesk's address and hands that to RT.
    fn send(&mut self, id: &str, raw: &[u8]) -> Result<()> {
        self.sent += 1;
        self.account.deliver(&format!("{}.mail", 1_000_000_000 + self.sent), raw)?;
        let mut copy = None;
        until("a forwarded copy", WAIT, || {
            let mut all = self.lab.postfix.delivered()?.into_iter();
            copy = all.find(|d| d.to == HELPDESK && d.field("Message-ID").is_some_and(|i| i == format!("<{id}>")));
            Ok(copy.is_some())
        })
        .with_context(|| self.home.log_tail())?;
        self.desk.take(&copy.context("no copy")?.raw)
    }
}

/// What RT made of it: the conversation in one ticket of the customer, with marks where values were, and the table.
fn conversation(tickets: &[Value]) -> Result<()> {
    let [ticket, robot] = tickets else { return ensure(false, || format!("{} tickets in RT, not two", tickets.len())) };
    ensure(ticket["subject"] == SUBJECT, || format!("the subject is {}", ticket["subject"]))?;
    ensure(robot["subject"] == "Out of office", || format!("the other subject is {}", robot["subject"]))?;
    ensure(ticket["requestors"] == serde_json::json!([CUSTOMER]), || format!("asked by {}", ticket["requestors"]))?;
    let messages = ticket["messages"].as_array().context("no messages")?;
    let ids: Vec<_> = messages.iter().filter_map(|m| m["id"].as_str()).collect();
    ensure(ids == ["request@example.com", "answer@example.com", "later@example.com"], || format!("it holds {ids:?}"))?;
    ensure(messages.iter().all(|m| m["creator"] == CUSTOMER), || "a message is not the customer's".into())?;

    let card = "[payment card ••••9372 · ";
    for (n, mark) in [(0, card), (1, "[password · "), (2, card)] {
        let text = part(&messages[n], |p| p["type"] == "text/plain")?;
        ensure(text.contains(mark), || format!("message {n} has no mark in:\n{text}"))?;
    }
    let table = part(&messages[0], |p| p["name"] == "accounts.csv")?;
    let lines: Vec<_> = table.lines().collect();
    let good = matches!(lines[..], ["purpose,iban,amount", row, "Paddle,,35.50"]
        if row.starts_with("Kayak,[IBAN ••••4213 · ") && row.ends_with("],840.00"));
    ensure(good, || format!("the table is:\n{table}"))
}

/// The first part of a message that `is` the one.
fn part(message: &Value, is: impl Fn(&Value) -> bool) -> Result<String> {
    let found = message["parts"].as_array().and_then(|parts| parts.iter().find(|p| is(p)));
    let found = found.with_context(|| format!("message {} lacks a part", message["id"]))?;
    Ok(String::from_utf8(octets(found)?)?)
}

fn octets(part: &Value) -> Result<Vec<u8>> {
    Ok(STANDARD.decode(part["base64"].as_str().context("a part without content")?)?)
}

/// Searches RT's database, log, mail taken and mail sent, and the attachments as RT decodes them; answers how many octets.
fn nowhere(dir: &std::path::Path, tickets: &[Value]) -> Result<u64> {
    let bare = CARD.replace(' ', "");
    let spaced: Vec<_> = IBAN.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    let values = [("card", CARD), ("card", &bare), ("IBAN", IBAN), ("IBAN", &spaced.join(" ")), ("password", PASSWORD)];
    let needles = Needles::new(&values.map(|(label, value)| (label.to_string(), value.to_string())))?;
    // What is meant to be in the database is found there by the same search.
    let known = Needles::new(&[("subject".into(), SUBJECT.into()), ("table".into(), "Paddle,,35.50".into())])?;
    let found = known.find(&std::fs::read(dir.join("rt.sqlite"))?);
    ensure(found.len() == 2, || format!("only {found:?} is found in RT's database"))?;
    needles.absent_below(dir)?;
    let messages = tickets.iter().flat_map(|t| t["messages"].as_array().into_iter().flatten());
    for part in messages.flat_map(|m| m["parts"].as_array().into_iter().flatten()) {
        needles.absent("an attachment in RT", &octets(part)?)?;
    }
    Ok(needles.searched_bytes())
}
