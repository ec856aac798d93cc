//! The daemon killed at thirty chosen moments around APPEND, MOVE, STORE and EXPUNGE: before the server hears the command,
//! in the middle of it, and after it was done but before the answer came. Never two copies, never none.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::hostile::plain;
use crate::process::Server;
use crate::servers::{Lab, field, free_port};
use crate::{process, workspace};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// Commands that change something at the source, and the moments of each.
const WORDS: [&str; 4] = ["APPEND", "MOVE", "STORE", "EXPUNGE"];
const SIDES: [&str; 3] = ["before", "middle", "after"];
/// So many moments, one after another.
const KILLS: usize = 30;
/// Valid by its check digit, and no published test number.
const CARD: &str = "4556 8213 7702 9144";

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("moments", '/')?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::None)?;
    let dir = home.path("moments");
    fs::create_dir_all(&dir)?;
    let port = free_port()?;
    let mut python = Command::new("python3");
    python.arg(workspace::root().join("crates/xtask/src/e2e/moments.py"));
    python.args([port.to_string(), lab.dovecot.port.to_string()]).args([&lab.ca.certificate, &lab.ca.key]).arg(&dir);
    let _between = Server::spawn_logged("between", &python, &home.path("between.log"))?;
    process::until("the one in between", Duration::from_secs(20), || {
        Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
    })?;
    let direct = home.read_config()?;
    home.write_config(&direct.replace(&format!("port = {}, user", lab.dovecot.port), &format!("port = {port}, user")))?;

    let mut came = BTreeMap::new();
    let mut ids = Vec::new();
    let moments = WORDS.iter().flat_map(|word| SIDES.iter().map(move |side| (*word, *side))).cycle();
    for (kill, (word, side)) in moments.take(KILLS).enumerate() {
        for n in 0..3 {
            let id = format!("{kill}.{n}@example.com");
            // Two of three hold something, so that their copies are appended and their originals removed.
            let body = if n == 0 { "A question.".to_owned() } else { format!("My card is {CARD}, line {n}.") };
            account.deliver(
                &format!("{}.{kill}-{n}", 1_000_000_000 + kill),
                &plain(&id, "cu@example.com", "Q", "", &body),
            )?;
            ids.push(id);
        }
        let _ = fs::remove_file(dir.join("pid"));
        fs::write(dir.join("moment"), format!("{word} {side}"))?;
        let mut daemon = home.daemon_without_waiting()?;
        fs::write(dir.join("pid"), daemon.id().to_string())?;
        let ended = daemon.wait(Duration::from_secs(20))?;
        // A moment that never came is told at the end.
        let fired = !dir.join("moment").exists();
        ensure(!fired || ended.is_some(), || format!("a kill at {word} did not end the daemon"))?;
        *came.entry(format!("{word} {side}")).or_insert(0) += usize::from(fired);
    }
    let _ = fs::remove_file(dir.join("moment"));
    home.write_config(&direct)?;
    home.once()?;
    each_once(&account, &ids)?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?;
    drop(daemon);
    ensure(messages(&tickets).count() == ids.len(), || format!("{} messages", messages(&tickets).count()))?;
    let (kills, kinds) = (came.values().sum::<usize>(), came.values().filter(|n| **n > 0).count());
    ensure(kills == KILLS, || format!("only {kills} of {KILLS} moments came: {came:?}"))?;
    Ok(format!("{kills} kills at {kinds} kinds of moments, {} mails each once", ids.len()))
}

/// Every mail is in the clean folder once, itself or its copy, and nowhere else.
fn each_once(account: &crate::servers::Account, ids: &[String]) -> Result<()> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mail in account.mails("Lazaret/Clean")? {
        let id = field(&mail, "Message-ID").context("a mail without Message-ID")?;
        *seen.entry(id.trim_matches(['<', '>']).to_owned()).or_default() += 1;
        ensure(!String::from_utf8_lossy(&mail).contains(CARD), || "the clean folder holds the number".into())?;
    }
    for id in ids {
        let times = seen.get(id).copied().unwrap_or_default();
        ensure(times == 1, || format!("{id} is in the clean folder {times} times"))?;
    }
    let left = account.count("INBOX")?;
    ensure(left == 0 && seen.len() == ids.len(), || format!("{left} left, {} in the clean folder", seen.len()))
}
