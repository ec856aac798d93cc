//! Files are read again while mail flows: good ones act on the next mail, bad ones change nothing, no mail is lost.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::hostile::date;
use crate::process::{Server, until};
use crate::servers::{Account, Lab};
use anyhow::{Context, Result};
use rustix::process::Signal;
use serde_json::Value;
use std::time::Duration;

/// Mails that flow while files are read again.
const FLOWING: usize = 100;
const WAIT: Duration = Duration::from_secs(60);

/// A rule file with one rule, for `word-` and four digits.
fn rule(word: &str) -> String {
    format!(
        "[[rule]]\nid = \"reload-test\"\nclass = \"custom\"\nkind = \"regex\"\npattern = '{word}-\\d{{4}}'\n\
         score = {{ base = 80 }}\n\
         test = [{{ text = \"x {word}-1234 y\", find = [\"{word}-1234\"] }}, {{ text = \"{word}\", find = [] }}]\n"
    )
}

struct Case {
    home: Home,
    account: Account,
    daemon: Server,
    sent: usize,
}

impl Case {
    fn write_rule(&self, text: &str) -> Result<()> {
        Ok(std::fs::write(self.home.path("rules/mine.toml"), text)?)
    }

    /// Puts a mail with a value of either rule into INBOX; answers its subject.
    fn send(&mut self, account: Option<&Account>) -> Result<String> {
        self.sent += 1;
        let n = self.sent;
        let raw = format!(
            "From: mia{n}@customer.example\r\nTo: support@desk.example.test\r\nSubject: order {n}.\r\nDate: {}\r\n\
             Message-ID: <reload.{n}@customer.example>\r\n\r\nAbout ALPHA-{:04} and BRAVO-{:04} in order {n}.\r\n",
            date(),
            1000 + n,
            5000 + n
        );
        let account = account.unwrap_or(&self.account);
        account.deliver(&format!("{:010}.{n}.reload", 1_100_000_000 + n), raw.as_bytes())?;
        Ok(format!("order {n}."))
    }

    fn text(&self, subject: &str) -> Result<Option<String>> {
        let rows = self.home.ask(&["ticket", "list", "--limit", "1000"])?;
        let Some(row) = rows.iter().find(|r| r["subject"] == subject) else { return Ok(None) };
        let ticket = self.home.ask(&["ticket", "export", row["ticket"].as_str().context("a reference")?])?;
        Ok(messages(&ticket).next().and_then(|m| m["text"].as_str().map(str::to_owned)))
    }

    /// Which of the two rules judged the mail of this subject.
    fn judged(&self, subject: &str) -> Result<&'static str> {
        let mut text = None;
        until("the ticket of a mail", WAIT, || {
            text = self.text(subject)?;
            Ok(text.is_some())
        })
        .with_context(|| self.home.log_tail())?;
        by(&text.unwrap_or_default())
    }

    fn expect(&mut self, rule: &str, when: &str) -> Result<()> {
        let subject = self.send(None)?;
        let judged = self.judged(&subject)?;
        ensure(judged == rule, || format!("{when}: judged by {judged}, not by {rule}"))
    }

    fn status(&self) -> Result<Value> {
        self.home.ask(&["status"])?.into_iter().next().context("a line of status")
    }
}

fn by(text: &str) -> Result<&'static str> {
    match (text.contains("ALPHA-"), text.contains("BRAVO-")) {
        (false, true) => Ok("ALPHA"),
        (true, false) => Ok("BRAVO"),
        _ => anyhow::bail!("judged by both rules or by none: {text}"),
    }
}

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("reload", '/')?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::None)?;
    std::fs::create_dir(home.path("rules"))?;
    std::fs::write(home.path("rules/mine.toml"), rule("ALPHA"))?;
    let config = home.read_config()?;
    home.write_config(&format!("rules = \"rules\"\n{config}"))?;
    let daemon = home.daemon()?;
    let mut case = Case { home, account, daemon, sent: 0 };
    case.expect("ALPHA", "at the start")?;
    refused(&mut case)?;
    case.write_rule(&rule("BRAVO"))?;
    let answer = case.home.ask(&["reload"])?;
    let changed = answer[0]["changed"].to_string();
    ensure(answer[0]["accepted"] == true && changed.contains("mine.toml"), || format!("{answer:?}"))?;
    ensure(answer[0]["mailboxes"]["kept"] == serde_json::json!(["support"]), || format!("{answer:?}"))?;
    case.expect("BRAVO", "after a reload")?;
    let status = case.status()?;
    ensure(status["reload_refused_at"].is_null() && status["files_differ"] == false, || status.to_string())?;
    hangup(&mut case)?;
    mailboxes(lab, &mut case)?;
    let reloads = flow(&mut case)?;
    killed(&mut case)?;
    let records = case.home.ask(&["audit", "list", "--limit", "10000"])?;
    let of = |outcome: &str| records.iter().filter(|r| r["verb"] == "reload" && r["outcome"] == outcome).count();
    ensure(of("done") >= reloads && of("failed") >= 2, || format!("{} done, {} failed", of("done"), of("failed")))?;
    let verdict = case.home.ask(&["audit", "verify"])?;
    ensure(verdict[0]["problems"] == serde_json::json!([]), || format!("{verdict:?}"))?;
    Ok(format!("{FLOWING} mails during {reloads} reloads, {} audit records", records.len()))
}

/// Bad files: every complaint, exit code 78, and the old rules go on.
fn refused(case: &mut Case) -> Result<()> {
    case.write_rule(&rule("BRAVO").replace("find = []", "find = [\"BRAVO\"]"))?;
    let config = case.home.read_config()?;
    case.home.write_config(&config.replacen("tenant = \"acme\"", "tenant = \"other\"", 1))?;
    let output = case.home.run(&["reload"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure(output.status.code() == Some(78), || format!("a bad reload ended with {}\n{said}", output.status))?;
    for part in ["lazaret.toml:2:", "`tenant` cannot change", "needs a restart", "mine.toml:", "^", "help: ", "refused"]
    {
        ensure(said.contains(part), || format!("no {part:?} in\n{said}"))?;
    }
    case.home.write_config(&config)?;
    case.expect("ALPHA", "after a refused reload")?;
    let status = case.status()?;
    ensure(!status["reload_refused_at"].is_null() && status["files_differ"] == true, || status.to_string())?;
    ensure(status["troubles"].to_string().contains("a reload was refused"), || status.to_string())
}

/// The signal does the same, good or bad.
fn hangup(case: &mut Case) -> Result<()> {
    case.write_rule("[[rule]]\n")?;
    case.daemon.signal(Signal::HUP)?;
    until("a refused reload", WAIT, || Ok(!case.status()?["reload_refused_at"].is_null()))?;
    case.expect("BRAVO", "after a signal with a bad file")?;
    case.write_rule(&rule("ALPHA"))?;
    case.daemon.signal(Signal::HUP)?;
    until("an accepted reload", WAIT, || Ok(case.status()?["reload_refused_at"].is_null()))?;
    case.expect("ALPHA", "after a signal")
}

/// A mailbox comes and goes; the other one keeps its connection.
fn mailboxes(lab: &Lab, case: &mut Case) -> Result<()> {
    let other = lab.dovecot.account("reload-other", '.')?;
    let both = [MailboxSpec::all("support", &case.account), MailboxSpec::all("sales", &other)];
    let config = case.home.read_config()?;
    let second = Home::new(lab, "enforce", &both, Replies::None)?;
    let added = second.read_config()?;
    let added = added.split("\n[[mailbox]]").nth(2).context("a second mailbox")?;
    case.home.secret("imap-sales", crate::servers::PASSWORD)?;
    let added = added
        .replace(&second.path("imap-sales").display().to_string(), &case.home.path("imap-sales").display().to_string());
    case.home.write_config(&format!("{config}\n[[mailbox]]{added}"))?;
    let answer = case.home.ask(&["reload"])?;
    let moved = &answer[0]["mailboxes"];
    ensure(moved["added"] == serde_json::json!(["sales"]) && moved["kept"] == serde_json::json!(["support"]), || {
        moved.to_string()
    })?;
    // Enforcing refuses a mailbox with mail that nobody has observed: it is looked at while it is empty.
    until("a first look", WAIT, || {
        Ok(std::fs::read_to_string(case.home.log())?.contains("reconcile mailbox=\"sales\""))
    })?;
    let subject = case.send(Some(&other))?;
    case.judged(&subject)?;
    case.home.write_config(&config)?;
    let answer = case.home.ask(&["reload"])?;
    let moved = &answer[0]["mailboxes"];
    ensure(
        moved["removed"] == serde_json::json!(["sales"]) && moved["kept"] == serde_json::json!(["support"]),
        || moved.to_string(),
    )?;
    let logins = std::fs::read_to_string(case.home.log())?;
    let logins = logins.lines().filter(|l| l.contains("logged in") && l.contains("support")).count();
    ensure(logins == 1, || format!("{logins} logins of the mailbox that did not change"))
}

/// Mail that comes in while the rules change: each mail once, each judged by one of them.
fn flow(case: &mut Case) -> Result<usize> {
    let mut subjects = Vec::new();
    let mut reloads = 0;
    for batch in 0..10 {
        for _ in 0..FLOWING / 10 {
            subjects.push(case.send(None)?);
        }
        case.write_rule(&rule(if batch % 2 == 0 { "BRAVO" } else { "ALPHA" }))?;
        case.home.ask(&["reload"])?;
        reloads += 1;
    }
    let sent = case.sent;
    until("all tickets", WAIT, || Ok(case.home.ask(&["ticket", "list", "--limit", "1000"])?.len() >= sent))
        .with_context(|| case.home.log_tail())?;
    let tickets = case.home.tickets()?;
    ensure(tickets.len() == sent, || format!("{} tickets of {sent} mails", tickets.len()))?;
    for message in messages(&tickets) {
        by(message["text"].as_str().unwrap_or_default())?;
    }
    until("an empty INBOX", WAIT, || Ok(case.account.count("INBOX")? == 0))?;
    // One of them was another account's.
    let copies = case.account.count("Lazaret/Clean")?;
    ensure(copies == sent - 1, || format!("{copies} clean copies of {} mails", sent - 1))?;
    Ok(reloads)
}

/// Killed at any moment of a reload, the next start runs by what was accepted, also when the files are bad by then.
fn killed(case: &mut Case) -> Result<()> {
    for (n, word) in ["BRAVO", "ALPHA", "BRAVO"].into_iter().enumerate() {
        case.write_rule(&rule(word))?;
        let mut reload = case.home.command(&["reload"]).stderr(std::process::Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(40 * n as u64));
        case.daemon.signal(Signal::KILL)?;
        case.daemon.wait(Duration::from_secs(10))?.context("SIGKILL did not end the daemon")?;
        reload.wait()?;
        case.write_rule("[[rule]]\n")?;
        case.daemon = case.home.daemon()?;
        let status = case.status()?;
        ensure(status["rules_degraded"].as_u64().is_some_and(|complaints| complaints > 0), || status.to_string())?;
        let subject = case.send(None)?;
        case.judged(&subject)?;
    }
    Ok(())
}
