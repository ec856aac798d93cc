//! Sinks beside the folder: forwarded copies through Postfix, webhooks to a receiver that verifies signatures by itself,
//! a kill while a post is under way, and forwarded copies that come back.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies};
use super::hostile::plain;
use crate::process::{self, Server, until};
use crate::servers::{Delivered, Lab};
use crate::workspace;
use anyhow::{Context, Result};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HELPDESK: &str = "helpdesk@example.net";
const PASSWORD: &str = "Wint3r-Kestrel-88";
const WAIT: Duration = Duration::from_secs(60);

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("sinks", '/')?;
    lab.postfix.forget()?;
    let receiver = process::scratch("webhook")?;
    let script = workspace::root().join("crates/xtask/src/e2e/webhook.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(SECRET).arg(receiver.path());
    let _server = Server::spawn_logged("webhook", &python, &receiver.path().join("console"))?;
    until("the receiver's port", WAIT, || Ok(receiver.path().join("port").exists()))?;
    let port = fs::read_to_string(receiver.path().join("port"))?;

    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    home.secret("webhook", SECRET)?;
    let sinks = format!("[\"folder:Lazaret/Clean\", \"forward:{HELPDESK}\", \"webhook:http://127.0.0.1:{port}/in\"]");
    let config = home.read_config()?.replace("\"folder:Lazaret/Clean\"", &sinks);
    home.write_config(&format!("{config}\n[webhook]\nsecret = \"file:{}\"\n", home.path("webhook").display()))?;
    let body = format!("My password is {PASSWORD}, please help.");
    account
        .deliver("1000000000.a", &plain("one@example.com", "cu@example.com", "[#77] Question", "", "Where is it?"))?;
    account.deliver("1000000001.b", &plain("two@example.com", "cu@example.com", "Login", "", &body))?;

    let daemon = home.daemon()?;
    until("a post that is not answered", WAIT, || Ok(posts(receiver.path())?.iter().any(|p| p["code"] == 0)))
        .with_context(|| home.log_tail())?;
    daemon.signal(Signal::KILL)?;
    drop(daemon);
    let daemon = home.daemon()?;
    until("both documents taken", WAIT, || Ok(taken(receiver.path())?.len() == 2)).with_context(|| home.log_tail())?;
    until("nothing waiting", WAIT, || Ok(home.ask(&["status"])?[0]["deliveries"]["waiting"] == 0))?;
    let rows = home.ask(&["outbox", "list"])?;
    drop(daemon);
    let kinds = |kind: &str| rows.iter().filter(|r| r["kind"] == kind && r["state"] == "accepted").count();
    ensure(kinds("forward") == 2 && kinds("webhook") == 2, || format!("the outbox holds {rows:?}"))?;
    documents(receiver.path())?;
    let copies = forwarded(lab)?;

    // They come back: an alias of the helpdesk leads into our own mailbox.
    for (n, copy) in copies.iter().enumerate() {
        account.deliver(&format!("100000001{n}.back"), &copy.raw)?;
    }
    home.once()?;
    let daemon = home.daemon()?;
    let tickets = home.ask(&["ticket", "list"])?.len();
    drop(daemon);
    ensure(tickets == 2, || format!("{tickets} tickets, not two, after the copies came back"))?;
    ensure(forwarded(lab)?.len() == copies.len(), || "what came back was forwarded again".into())?;
    Ok(format!("{} posts for two documents", posts(receiver.path())?.len()))
}

fn posts(folder: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(folder.join("log")).unwrap_or_default();
    // The last line may be half written.
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// How often each document was taken.
fn taken(folder: &Path) -> Result<BTreeMap<String, usize>> {
    let mut taken = BTreeMap::new();
    for post in posts(folder)?.iter().filter(|p| p["code"] == 200) {
        *taken.entry(post["id"].as_str().context("a post without id")?.to_owned()).or_default() += 1;
    }
    Ok(taken)
}

fn documents(folder: &Path) -> Result<()> {
    let posts = posts(folder)?;
    ensure(posts.iter().all(|p| p["good"] == true), || "a signature does not verify".into())?;
    ensure(taken(folder)?.values().all(|n| *n == 1), || format!("a document was taken twice: {posts:?}"))?;
    let again = posts.iter().filter(|p| p["attempt"] != "1").count();
    ensure(posts.len() == 4 && again == 2, || format!("one 503 and one kill, so four posts: {posts:?}"))?;
    ensure(!posts.iter().any(|p| p.to_string().contains(PASSWORD)), || "a document holds the password".into())
}

/// Copies that reached the helpdesk: one a mail, with the ids of the customer.
fn forwarded(lab: &Lab) -> Result<Vec<Delivered>> {
    lab.postfix.settle()?;
    let copies: Vec<Delivered> = lab.postfix.delivered()?.into_iter().filter(|d| d.to == HELPDESK).collect();
    let mut ids: Vec<String> = copies.iter().filter_map(|c| c.field("Message-ID")).collect();
    ids.sort();
    ensure(ids == ["<one@example.com>", "<two@example.com>"], || format!("forwarded: {ids:?}"))?;
    for copy in &copies {
        ensure(copy.from.is_empty(), || format!("the envelope sender is {}", copy.from))?;
        ensure(copy.field("Resent-Message-ID").is_some_and(|id| id.starts_with("<lz.")), || "no id of ours".into())?;
        ensure(!String::from_utf8_lossy(&copy.raw).contains(PASSWORD), || "a copy holds the password".into())?;
    }
    let tag = copies.iter().filter_map(|c| c.field("Subject")).any(|s| s.contains("[#77]"));
    ensure(tag, || "the helpdesk's tag is gone".into())?;
    Ok(copies)
}
