//! A thousand generated mails and twenty copies out of a real Dovecot, replies by a real Postfix.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::needles::Needles;
use crate::generate::{self, Mailbox, Truth, pii::MUST_VANISH};
use crate::process;
use crate::servers::{Account, Lab};
use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Messages, and copies beside them.
const MESSAGES: usize = 1000;
const COPIES: usize = 20;

/// A generated mailbox whose mails were written in the last half day.
pub(super) fn mailbox(dir: &Path, messages: usize, copies: usize, seed: u64) -> Result<Mailbox> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64;
    generate::run(&generate::Args {
        messages,
        seed,
        out: dir.into(),
        copies,
        pii_share: 0.15,
        no_attachments: false,
        crlf: false,
        start: now - 12 * 3600,
    })
}

/// Planted values that must vanish from text, with labels that say where each stood.
pub(super) fn needles(truth: &[Truth]) -> Result<(Needles, usize)> {
    let mut values = BTreeMap::new();
    for m in truth {
        for p in &m.pii {
            let text = p.place.starts_with("body/") || p.place.starts_with("quoted/");
            if text && MUST_VANISH.contains(&p.kind.as_str()) {
                values.entry(p.value.clone()).or_insert_with(|| format!("{} of {} in {}", p.kind, m.file, p.place));
            }
        }
    }
    let values: Vec<_> = values.into_iter().map(|(value, label)| (label, value)).collect();
    Ok((Needles::new(&values)?, values.len()))
}

pub(super) fn run(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    let mailbox = mailbox(scratch.path(), MESSAGES, COPIES, 1)?;
    let account = lab.dovecot.account("thousand", '/')?;
    account.fill(&scratch.path().join("maildir/new"))?;
    lab.postfix.forget()?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    let summary = home.once()?;
    lab.postfix.settle()?;
    // Replies that Postfix would not take at once are sent by the daemon that is asked below.
    let log = std::fs::read_to_string(home.log()).unwrap_or_default();
    let deferred: Vec<_> = log.lines().filter(|l| l.contains("deferred")).collect();
    match deferred.first() {
        Some(first) => println!("   {} replies deferred, such as: {first}", deferred.len()),
        None => ensure(summary["replies_waiting"] == 0, || {
            format!("`run --once` ended while {} replies were due", summary["replies_waiting"])
        })?,
    }

    let mut daemon = home.daemon()?;
    let tickets = home.tickets()?;
    let outbox = home.ask(&["outbox", "list", "--limit", "10000"])?;
    let status = home.ask(&["status"])?;
    daemon.signal(Signal::TERM)?;
    let ended = daemon.wait(Duration::from_secs(20))?.context("SIGTERM did not end the daemon within 20 s")?;
    ensure(ended.code() == Some(0), || format!("SIGTERM ended the daemon with {ended}"))?;

    places(&account, &mailbox.messages)?;
    every_mail_has_its_ticket(&mailbox.messages, &tickets)?;
    let replies = answered(lab, &mailbox.messages)?;
    let decoys = decoys(&mailbox.messages, &tickets)?;

    let (needles, count) = needles(&mailbox.messages)?;
    for ticket in &tickets {
        needles.absent(&format!("ticket {}", ticket["row"]["ticket"]), plain(ticket).as_bytes())?;
        needles.absent("a ticket's JSON", ticket.to_string().as_bytes())?;
    }
    for (what, values) in [("the outbox list", &outbox), ("status", &status)] {
        for value in values {
            needles.absent(what, value.to_string().as_bytes())?;
        }
    }
    for mail in account.mails("Lazaret/Clean")? {
        needles.absent("a clean copy", &mail)?;
    }
    for mail in lab.postfix.delivered()? {
        needles.absent("a reply", &mail.raw)?;
    }
    needles.absent("the trace log", &std::fs::read(home.log())?)?;
    needles.absent_below(&home.state_dir())?;
    Ok(format!(
        "{} tickets, {replies} replies, {count} planted values absent from {} MB; {decoys}; summary {summary}",
        tickets.len(),
        needles.searched_bytes() / 1_000_000,
    ))
}

/// All strings of a ticket, unescaped.
fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => format!("{s}\n"),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => fields.values().map(plain).collect(),
        _ => String::new(),
    }
}

/// INBOX is empty, and each mail is in the clean folder, itself or as its copy.
pub(super) fn places(account: &Account, truth: &[Truth]) -> Result<()> {
    let left = account.count("INBOX")?;
    ensure(left == 0, || format!("{left} mails are left in INBOX"))?;
    let held = account.count("Lazaret/Held")?;
    ensure(held == 0, || format!("{held} mails are held"))?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mail in account.mails("Lazaret/Clean")? {
        let id = crate::servers::field(&mail, "Message-ID").context("a clean copy without Message-ID")?;
        *seen.entry(id.trim_matches(['<', '>']).to_string()).or_default() += 1;
    }
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for m in truth {
        *expected.entry(&m.message_id).or_default() += 1;
    }
    for (id, times) in &expected {
        let found = seen.remove(*id).unwrap_or_default();
        ensure((1..=*times).contains(&found), || {
            format!("{id} came {times} times and is in the clean folder {found} times")
        })?;
    }
    ensure(seen.is_empty(), || format!("the clean folder holds {} mails that never came", seen.len()))
}

/// One message of one ticket per original, each copy linked to it.
fn every_mail_has_its_ticket(truth: &[Truth], tickets: &[Value]) -> Result<()> {
    let mut copies: BTreeMap<&str, i64> = BTreeMap::new();
    for m in messages(tickets) {
        let id = m["message_id"].as_str().context("a message without Message-ID")?;
        if copies.insert(id, m["copies"].as_i64().unwrap_or_default()).is_some() {
            bail!("{id} has two tickets");
        }
    }
    for m in truth.iter().filter(|m| m.copy_of.is_none()) {
        let expected = truth.iter().filter(|c| c.copy_of == Some(m.id)).count() as i64;
        match copies.get(m.message_id.as_str()) {
            None => bail!("{} has no ticket", m.file),
            Some(found) if *found != expected => bail!("{} has {found} copies linked, {expected} came", m.file),
            Some(_) => {}
        }
    }
    let originals = truth.iter().filter(|m| m.copy_of.is_none()).count();
    ensure(copies.len() == originals, || format!("{} messages in tickets, {originals} came", copies.len()))
}

/// Exactly the mails that are due an answer got one, at the address that wrote. Answers how many.
fn answered(lab: &Lab, truth: &[Truth]) -> Result<usize> {
    let got = replies_by_parent(lab)?;
    let due: BTreeMap<&str, &str> =
        truth.iter().filter(|m| m.reply_due).map(|m| (m.message_id.as_str(), m.from.as_str())).collect();
    let answered: BTreeSet<&str> = got.keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = due.keys().copied().collect();
    let (missing, surplus): (Vec<_>, Vec<_>) =
        (expected.difference(&answered).take(5).collect(), answered.difference(&expected).take(5).collect());
    ensure(missing.is_empty() && surplus.is_empty(), || {
        format!(
            "{} of {} replies due are missing, such as {missing:?}; {} were not due, such as {surplus:?}\n{}",
            expected.difference(&answered).count(),
            expected.len(),
            answered.difference(&expected).count(),
            lab.postfix.log()
        )
    })?;
    for (parent, recipients) in &got {
        let wanted = due.get(parent.as_str()).copied().unwrap_or_default();
        ensure(recipients.len() == 1 && recipients[0] == wanted, || {
            format!("{parent} was answered to {recipients:?}, not once to {wanted}")
        })?;
    }
    Ok(got.len())
}

/// Envelope recipients of what was delivered, by the mail that it answers.
pub(super) fn replies_by_parent(lab: &Lab) -> Result<BTreeMap<String, Vec<String>>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in lab.postfix.delivered()? {
        ensure(mail.from.is_empty(), || format!("a reply has the envelope sender {}", mail.from))?;
        ensure(mail.field("Auto-Submitted").is_some_and(|v| v.starts_with("auto-replied")), || {
            "a reply lacks Auto-Submitted".into()
        })?;
        let parent = mail.field("In-Reply-To").context("a reply without In-Reply-To")?;
        out.entry(parent.trim_matches(['<', '>']).to_string()).or_default().push(mail.to.clone());
    }
    Ok(out)
}

/// Look-alikes pass: mails that hold nothing else are allowed.
fn decoys(truth: &[Truth], tickets: &[Value]) -> Result<String> {
    let verdicts: BTreeMap<&str, &str> =
        messages(tickets).filter_map(|m| Some((m["message_id"].as_str()?, m["verdict"].as_str()?))).collect();
    let examined = |m: &&Truth| {
        let texts = m.attachments.iter().all(|a| matches!(a.kind.as_str(), "png" | "txt" | "csv"));
        !m.decoys.is_empty() && texts && m.copy_of.is_none()
    };
    let all: Vec<_> = truth.iter().filter(examined).collect();
    let stopped: Vec<_> = all.iter().filter(|m| verdicts.get(m.message_id.as_str()) != Some(&"allow")).collect();
    let text = format!("{} of {} look-alikes pass", all.len() - stopped.len(), all.len());
    ensure(stopped.len() * 20 <= all.len(), || {
        format!("{text}; stopped, for one, {} with {}", stopped[0].file, stopped[0].decoys[0].kind)
    })?;
    Ok(text)
}

/// The limits as shipped: they hold replies back, and never a ticket.
pub(super) fn default_limits(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    let mailbox = mailbox(scratch.path(), MESSAGES, 0, 2)?;
    let account = lab.dovecot.account("limits", '/')?;
    let folder = scratch.path().join("maildir/new");
    account.fill(&folder)?;
    lab.postfix.forget()?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Limited)?;
    home.once()?;
    lab.postfix.settle()?;
    places(&account, &mailbox.messages)?;

    // Receipts and notices are counted apart, so that a receipt never uses up a notice's place.
    let daemon = home.daemon()?;
    let outbox = home.ask(&["outbox", "list", "--limit", "10000"])?;
    drop(daemon);
    let mut counts: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for row in outbox.iter().filter(|r| r["state"] == "accepted") {
        let kind = if row["template"] == "receipt" { "receipts" } else { "notices" };
        let to = row["to"].as_str().context("a reply without recipient")?;
        let domain = to.split('@').next_back().unwrap_or_default();
        for (what, who) in [("one recipient", to), ("one domain", domain), ("all", "")] {
            *counts.entry((what, kind, who.to_string())).or_default() += 1;
        }
    }
    let by_id: BTreeMap<&str, &Truth> = mailbox.messages.iter().map(|m| (m.message_id.as_str(), m)).collect();
    let got = replies_by_parent(lab)?;
    for (parent, recipients) in &got {
        let m = by_id.get(parent.as_str()).with_context(|| format!("a reply answers {parent}, which never came"))?;
        ensure(m.reply_due && recipients.len() == 1, || format!("{parent} was answered {} times", recipients.len()))?;
        let raw = std::fs::read(folder.join(&m.file))?;
        if crate::servers::field(&raw, "Authentication-Results").is_none() {
            *counts.entry(("one unproven recipient", "replies", m.from.clone())).or_default() += 1;
        }
    }
    for ((what, kind, who), count) in &counts {
        let limit = match *what {
            "one recipient" => 10,
            "one domain" => 100,
            "one unproven recipient" => 2,
            _ => 500,
        };
        ensure(*count <= limit, || format!("{count} {kind} to {what} ({who}), the limit is {limit}"))?;
    }
    let due = mailbox.messages.iter().filter(|m| m.reply_due).count();
    ensure(!got.is_empty() && got.len() < due, || {
        format!("{} of {due} replies left: the limits were not met", got.len())
    })?;
    Ok(format!("{} of {due} replies left", got.len()))
}
