//! The canary test: values planted in every place of a mail, everything at trace level, every written byte searched.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::needles::Needles;
use crate::generate::checksum::luhn_digit;
use crate::generate::rng::Rng;
use crate::servers::Lab;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Draws values; remembers each under a label.
struct Planter {
    rng: Rng,
    values: Vec<(String, String)>,
}

impl Planter {
    fn card(&mut self, place: &str) -> String {
        let mut digits = format!("4539{}", self.rng.digits(11));
        digits.push(luhn_digit(&digits));
        self.values.push((format!("card in {place}"), digits.clone()));
        digits
    }

    fn password(&mut self, place: &str) -> String {
        let value = format!("Zeta{}!{}", self.rng.digits(4), self.rng.chars(b"bcdfghkmnpqrstvwxz", 6));
        self.values.push((format!("password in {place}"), value.clone()));
        value
    }
}

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("canary", '/')?;
    lab.postfix.forget()?;
    let mut planter = Planter { rng: Rng::new(4711), values: Vec::new() };
    let mails = mails(&mut planter);
    for (n, mail) in mails.iter().enumerate() {
        account.deliver(&format!("{:010}.canary", 1_000_000_000 + n), mail)?;
    }
    let needles = Needles::new(&planter.values)?;
    // The search must be able to find: the mails as sent hold every value.
    let sent: std::collections::BTreeSet<String> = mails
        .iter()
        .flat_map(|m| needles.find(m))
        .map(|f| f.split(" (").next().unwrap_or_default().to_string())
        .collect();
    ensure(sent.len() == planter.values.len(), || {
        format!("the search finds {} of {} planted values", sent.len(), planter.values.len())
    })?;

    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    home.once()?;
    lab.postfix.settle()?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?;
    let lists = [home.ask(&["status"])?, home.ask(&["quarantine", "list"])?, home.ask(&["outbox", "list"])?].concat();
    let metrics = home.run(&["metrics"])?.stdout;
    drop(daemon);
    ensure(metrics.starts_with(b"# HELP lazaret_"), || "no metrics".into())?;
    needles.absent("the metrics", &metrics)?;
    ensure(messages(&tickets).count() == mails.len(), || {
        format!("{} mails gave {} messages", mails.len(), messages(&tickets).count())
    })?;
    for value in tickets.iter().chain(&lists) {
        needles.absent("what a command printed", value.to_string().as_bytes())?;
    }
    for mail in account.mails("Lazaret/Clean")? {
        needles.absent("a clean copy", &mail)?;
    }
    ensure(account.count("INBOX")? == 0, || "an original is still in INBOX".into())?;
    let replies = lab.postfix.delivered()?;
    ensure(!replies.is_empty(), || "nobody was answered".into())?;
    for reply in &replies {
        needles.absent("a reply", &reply.raw)?;
    }
    needles.absent("the trace log", &std::fs::read(home.log())?)?;
    needles.absent_below(&home.state_dir())?;
    needles.absent_below(&home.path("run"))?;
    Ok(format!(
        "{} values in {} mails, {} KB searched",
        planter.values.len(),
        mails.len(),
        needles.searched_bytes() / 1000
    ))
}

/// Mails with a value in one place or another.
fn mails(p: &mut Planter) -> Vec<Vec<u8>> {
    let date = super::hostile::date();
    let head = |n: usize, subject: &str, from: &str| {
        format!(
            "Return-Path: <c{n}@example.com>\r\nAuthentication-Results: mx.desk.example.test; dkim=pass header.d=example.com;\r\n\
             \tdmarc=pass header.from=example.com\r\nFrom: {from} <c{n}@example.com>\r\nTo: support@desk.example.test\r\n\
             Subject: {subject}\r\nDate: {date}\r\nMessage-ID: <canary{n}@example.com>\r\nMIME-Version: 1.0\r\n"
        )
    };
    let text = |body: &str| format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n");
    let mut out = Vec::new();
    let mut put = |mail: String| out.push(mail.into_bytes());

    let card = p.card("a subject");
    put(head(0, &format!("Charge {card} please"), "Ann") + &text("See the subject."));
    let card = p.card("an encoded subject");
    put(head(1, &format!("=?utf-8?b?{}?=", STANDARD.encode(format!("card {card}"))), "Ann") + &text("See the subject."));
    let card = p.card("a display name");
    put(head(2, "name", &format!("\"card {card}\"")) + &text("See my name."));
    let (card, password) = (p.card("a body"), p.password("a body"));
    put(head(3, "body", "Ann") + &text(&format!("My card number is {card}.\r\nMy password is {password}\r\n")));
    let password = p.password("quoted text");
    put(head(4, "quoted", "Ann")
        + &text(&format!("Any news?\r\n\r\nOn Monday you wrote:\r\n> password: {password}\r\n")));
    let (shown, hidden) = (p.card("HTML"), p.card("hidden HTML"));
    put(head(5, "html", "Ann")
        + &format!(
            "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>card {shown}</p><div style=\"display:none\">card {hidden}</div></body></html>\r\n"
        ));
    let card = p.card("base64 text");
    put(head(6, "base64", "Ann")
        + &format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            STANDARD.encode(format!("My card is {card} as ever."))
        ));
    let (card, name) = (p.card("a text attachment"), p.card("a file name"));
    put(head(7, "attachment", "Ann")
        + &format!(
            "Content-Type: multipart/mixed; boundary=b7\r\n\r\n--b7\r\n{}--b7\r\nContent-Type: text/plain; name=\"card {name}.txt\"\r\n\
             Content-Disposition: attachment; filename=\"card {name}.txt\"\r\n\r\nThe card is {card}.\r\n--b7--\r\n",
            text("Attached.")
        ));
    let password = p.password("a forwarded message");
    put(head(8, "forwarded", "Ann")
        + &format!(
            "Content-Type: multipart/mixed; boundary=b8\r\n\r\n--b8\r\n{}--b8\r\nContent-Type: message/rfc822\r\n\r\n\
             From: b@example.com\r\nSubject: inner\r\n{}--b8--\r\n",
            text("Forwarded."),
            text(&format!("My password is {password}"))
        ));
    let card = p.card("a refused mail");
    put(head(9, "refused", "Ann") + &text(&format!("card {card}\r\nCVV 418\r\n")));
    let password = p.password("an encrypted mail's clear part");
    put(head(10, "encrypted", "Ann")
        + &format!(
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b10\r\n\r\n--b10\r\n\
             Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b10\r\nContent-Type: application/octet-stream\r\n\r\n\
             password: {password}\r\n--b10--\r\n"
        ));
    let wide = p.password("UTF-16 text");
    let octets: Vec<u8> = format!("My password is {wide}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(head(11, "wide", "Ann")
        + &format!(
            "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            STANDARD.encode(octets)
        ));
    out
}
