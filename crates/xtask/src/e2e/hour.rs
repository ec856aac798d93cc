//! An operator's first hour, played by a script of the commands that the README and the runbook name (`hour/play.sh`): init, observe,
//! report, a rule in shadow, enforce, the clean folder in another client, a mail that comes back.

use super::ensure;
use super::thousand::{mailbox, needles};
use crate::process;
use crate::servers::{Lab, PASSWORD};
use crate::workspace;
use anyhow::{Result, bail};
use std::process::Command;
use std::time::Duration;

/// Mails that wait in the mailbox.
const MAILS: usize = 200;
/// The hour takes no longer.
const WAIT: Duration = Duration::from_secs(180);

pub(super) fn run(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("hour")?;
    let at = |name: &str| scratch.path().join(name);
    let mails = mailbox(&at("mails"), MAILS, 0, 9)?;
    let account = lab.dovecot.account("hour", '/')?;
    account.fill(&at("mails/maildir/new"))?;
    lab.postfix.forget()?;
    for dir in ["desk", "elsewhere"] {
        std::fs::create_dir(at(dir))?;
    }
    let here = workspace::root().join("crates/xtask/src/e2e/hour");
    let mut script = Command::new("bash");
    script
        .arg(here.join("play.sh"))
        .env("PATH", workspace::path()?)
        .envs([
            ("CONF", at("etc")),
            ("DESK", at("desk")),
            ("ELSEWHERE", at("elsewhere")),
            ("IMAP", here.join("imap.py")),
        ])
        .env("CA", &lab.ca.root)
        .envs([("IMAP_PORT", lab.dovecot.port), ("SMTP_PORT", lab.postfix.port)].map(|(k, v)| (k, v.to_string())))
        .envs([("IMAP_USER", account.user.as_str()), ("IMAP_PASSWORD", PASSWORD)])
        .env("INIT", format!("--state-dir {} --runtime-dir {}", at("state").display(), at("run").display()))
        .env("MAILS", MAILS.to_string());
    let output = process::bounded(&mut script, WAIT)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("the hour ended with {}\n{said}{}", output.status, process::tail(&output.stderr));
    }
    said.lines().for_each(|line| println!("      {line}"));

    // What the client read is one thing; that nothing planted is left in any of it is another.
    let (needles, count) = needles(&mails.messages)?;
    for mail in account.mails("Lazaret/Clean")? {
        needles.absent("a clean copy", &mail)?;
    }
    lab.postfix.settle()?;
    let replies = super::thousand::replies_by_parent(lab)?;
    let answered = ["badge@customer.example", "wrong@customer.example", "after@customer.example"];
    ensure(replies.keys().all(|id| answered.contains(&id.as_str())) && !replies.is_empty(), || {
        format!("answers went to {:?}", replies.keys())
    })?;
    Ok(format!("{} steps, {count} planted values absent, {} replies", said.lines().count(), replies.len()))
}
