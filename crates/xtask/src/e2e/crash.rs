//! The daemon killed thirty times while it works: the end is the same as without a kill.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::thousand::{mailbox, places, replies_by_parent};
use crate::generate::rng::Rng;
use crate::process;
use crate::servers::Lab;
use anyhow::{Context, Result};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const KILLS: usize = 30;
const MESSAGES: usize = 1000;
const COPIES: usize = 20;

/// What must not depend on kills: K2, verdict and text of each message, and which share a ticket.
type Outcomes = BTreeSet<(String, String, String)>;

pub(super) fn run(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    let generated = mailbox(scratch.path(), MESSAGES, COPIES, 3)?;
    let folder = scratch.path().join("maildir/new");

    // Both runs start from one empty store, so that keyed digests and marks can be compared.
    let empty = lab.dovecot.account("empty", '/')?;
    let seed = Home::new(lab, "enforce", &[MailboxSpec::all("seed", &empty)], Replies::None)?;
    seed.once()?;

    let calm = lab.dovecot.account("calm", '/')?;
    calm.fill(&folder)?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &calm)], Replies::None)?;
    home.adopt_store(&seed)?;
    home.once()?;
    let expected = outcome(&home)?.0;
    ensure(expected.len() == MESSAGES, || format!("{} messages without a kill", expected.len()))?;

    let killed = lab.dovecot.account("killed", '/')?;
    lab.postfix.forget()?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &killed)], Replies::Unlimited)?;
    home.adopt_store(&seed)?;
    killed.fill(&folder)?;
    let mut rng = Rng::new(30);
    let mut busy = 0;
    for kill in 0..KILLS {
        let mut daemon = home.daemon_without_waiting()?;
        // The whole mailbox is work for some seconds: the first kills come soon after each start, so that many of them
        // fall into it, the last ones anywhere up to two seconds.
        let most = if kill < KILLS * 2 / 3 { 0.1 } else { 1.8 };
        std::thread::sleep(Duration::from_secs_f64(0.2 + most * rng.unit()));
        busy += usize::from(killed.count("INBOX")? > 0);
        daemon.alive().with_context(|| home.log_tail())?;
        daemon.signal(Signal::KILL)?;
        daemon.wait(Duration::from_secs(10))?.context("SIGKILL did not end the daemon")?;
    }
    // Mail that was alone in flight at several kills may ask for several quiet starts before it is let go.
    home.once()?;
    lab.postfix.settle()?;
    let (found, tickets, outbox) = outcome(&home)?;
    for m in messages(&tickets).filter(|m| m["reasons"].to_string().contains("poison")) {
        println!("   poison: {} {}", m["message_id"], m["reasons"]);
    }
    let (missing, surplus) = (expected.difference(&found).count(), found.difference(&expected).count());
    ensure(missing + surplus == 0, || {
        let one = expected.difference(&found).next().map(|m| (&m.0, &m.1));
        let other = found.difference(&expected).next().map(|m| (&m.0, &m.1));
        format!(
            "{missing} outcomes are missing, such as {one:?}; {surplus} are other than without kills, such as {other:?}"
        )
    })?;
    places(&killed, &generated.messages)?;

    let got = replies_by_parent(lab)?;
    let twice: Vec<_> = got.iter().filter(|(_, to)| to.len() > 1).map(|(id, _)| id).collect();
    ensure(twice.is_empty(), || format!("{} mails were answered more than once, such as {}", twice.len(), twice[0]))?;
    let unknown: BTreeSet<&str> =
        outbox.iter().filter(|r| r["state"] == "unknown").filter_map(|r| r["ticket"].as_str()).collect();
    let ticket_of: BTreeMap<&str, &str> = tickets
        .iter()
        .flat_map(|t| {
            messages(std::slice::from_ref(t)).map(move |m| (m["message_id"].as_str(), t["row"]["ticket"].as_str()))
        })
        .filter_map(|(id, ticket)| Some((id?, ticket?)))
        .collect();
    for m in generated.messages.iter().filter(|m| m.reply_due && !got.contains_key(&m.message_id)) {
        let ticket = ticket_of.get(m.message_id.as_str()).copied().unwrap_or_default();
        ensure(unknown.contains(ticket), || format!("{} has no reply, and the outbox does not say `unknown`", m.file))?;
    }
    Ok(format!(
        "{KILLS} kills, {busy} of them with mail in flight; {} replies, {} of unknown outcome",
        got.len(),
        unknown.len()
    ))
}

fn outcome(home: &Home) -> Result<(Outcomes, Vec<Value>, Vec<Value>)> {
    let _daemon = home.daemon()?;
    let tickets = home.tickets()?;
    let text = |m: &Value, field: &str| m[field].as_str().unwrap_or_default().to_string();
    let set = messages(&tickets)
        .map(|m| (text(m, "digest"), text(m, "verdict"), text(m, "subject") + "\n" + &text(m, "text")))
        .collect();
    let outbox = home.ask(&["outbox", "list", "--limit", "10000"])?;
    Ok((set, tickets, outbox))
}
