//! Bad input: each gets an answer within limits, and nothing else suffers.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use crate::generate::rng::Rng;
use crate::process::{self, bounded};
use crate::servers::Lab;
use crate::workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const GOOD: &[u8] = b"From: Ann <ann@example.com>\r\nTo: support@desk.example.test\r\nSubject: still here\r\nMessage-ID: <good@example.com>\r\n\
    Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nA plain question.\r\n";

pub(super) fn five_mistakes(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("mistakes", '/')?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    let text = home
        .read_config()?
        .replace("mode = \"enforce\"", "mode = \"enforced\"")
        .replace("poll_interval = \"1s\"", "poll_interval = \"soon\"")
        .replace("folders = [\"INBOX\"]", "folders = \"INBOX\"")
        .replace("staff = [", "stuff = [")
        .replace("from = \"Desk Support <support@desk.example.test>\"", "from = \"Desk Support\"");
    home.write_config(&text)?;
    let output = home.run(&["check", "--offline"])?;
    ensure(output.status.code() == Some(78), || format!("five mistakes end with {}, not 78", output.status))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    for word in ["enforced", "soon", "INBOX", "stuff", "Desk Support"] {
        let line = 1 + text
            .lines()
            .position(|l| l.contains(&format!("\"{word}\"")) || l.starts_with(word))
            .context("the mistake is not in the file")?;
        let place = format!("lazaret.toml:{line}:");
        ensure(said.contains(&place), || format!("no message names {place} (`{word}`):\n{said}"))?;
    }
    Ok(String::new())
}

/// Files that no mailer wrote, with names: mails without sense, and mails with attachments made to exhaust their reader.
fn hostile() -> Result<Vec<(String, Vec<u8>)>> {
    let mut header = b"Subject: many\r\n".to_vec();
    let line = format!("X-Filler: {}\r\n", "y".repeat(988));
    while header.len() < 100 << 20 {
        header.extend_from_slice(line.as_bytes());
    }
    header.extend_from_slice(b"\r\nbody\r\n");
    let mut nested = String::from("From: a@example.com\r\nSubject: deep\r\nMIME-Version: 1.0\r\n");
    for n in 0..30_000 {
        nested.push_str(&format!("Content-Type: multipart/mixed; boundary=\"b{n}\"\r\n\r\n--b{n}\r\n"));
    }
    nested.push_str("Content-Type: text/plain\r\n\r\nbottom\r\n");
    let mut all = vec![
        ("random.eml".to_owned(), Rng::new(99).bytes(1 << 20)),
        ("empty.eml".to_owned(), Vec::new()),
        ("header.eml".to_owned(), header),
        ("nested.eml".to_owned(), nested.into_bytes()),
    ];
    let scratch = process::scratch("bombs")?;
    let script = workspace::root().join("crates/xtask/src/e2e/bombs.py");
    process::quiet(Command::new("python3").arg(script).arg(scratch.path()))?;
    for entry in std::fs::read_dir(scratch.path())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        all.push((name, std::fs::read(path)?));
    }
    all.sort();
    Ok(all)
}

pub(super) fn files(_: &Lab) -> Result<String> {
    let scratch = process::scratch("hostile")?;
    let mut paths = Vec::new();
    for (name, octets) in hostile()? {
        let path = scratch.path().join(name);
        std::fs::write(&path, octets)?;
        paths.push(path);
    }
    let good = scratch.path().join("good.eml");
    std::fs::write(&good, GOOD)?;
    paths.push(good.clone());
    for verb in ["replay", "parse", "extract", "scan"] {
        let mut command = Command::new(workspace::lazaret());
        command.args([verb, "--format", "json"]).args(&paths);
        let output = bounded(&mut command, Duration::from_secs(300))?;
        ensure(matches!(output.status.code(), Some(0 | 1)), || {
            format!("`lazaret {verb}` ended with {}\n{}", output.status, process::tail(&output.stderr))
        })?;
        let lines = lines(&output.stdout)?;
        for path in &paths {
            let shown = path.to_string_lossy();
            let line = lines.iter().find(|l| l["file"] == *shown);
            let line = line.with_context(|| format!("`lazaret {verb}` says nothing about {shown}"))?;
            ensure(path != &good || line.get("error").is_none(), || {
                format!("`lazaret {verb}` failed on a good mail: {}", line["error"])
            })?;
        }
    }
    Ok("replay, parse, extract and scan answer for each".into())
}

fn lines(output: &[u8]) -> Result<Vec<Value>> {
    String::from_utf8_lossy(output)
        .lines()
        .map(|l| serde_json::from_str(l).with_context(|| format!("no JSON: {l:.200}")))
        .collect()
}

pub(super) fn mailbox(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("hostile", '/')?;
    for (n, (name, octets)) in hostile()?.into_iter().enumerate() {
        account.deliver(&format!("{}.{name}", 1_000_000_000 + n), &octets)?;
    }
    account.deliver("1000000999.good", GOOD)?;
    let total = account.count("INBOX")?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::None)?;
    home.once()?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?;
    drop(daemon);
    let good = messages(&tickets).any(|m| m["message_id"] == "good@example.com" && m["verdict"] == "allow");
    ensure(good, || format!("the good mail has no ticket\n{}", home.log_tail()))?;
    ensure(messages(&tickets).count() == total, || {
        format!("{total} mails gave {} messages in tickets", messages(&tickets).count())
    })?;
    let (left, clean, held) =
        (account.count("INBOX")?, account.count("Lazaret/Clean")?, account.count("Lazaret/Held")?);
    ensure(left == 0 && clean + held == total && held == 1, || {
        format!("of {total} mails {left} are left, {clean} clean, {held} held (the one of 100 MB should be)")
    })?;
    Ok(describe(&tickets))
}

fn describe(tickets: &[Value]) -> String {
    let mut verdicts: Vec<_> = messages(tickets).filter_map(|m| m["verdict"].as_str()).collect();
    verdicts.sort_unstable();
    verdicts.join(", ")
}

/// A mail for other cases.
pub(super) fn plain(id: &str, from: &str, subject: &str, more: &str, body: &str) -> Vec<u8> {
    let domain = from.split('@').next_back().unwrap_or_default();
    let date = date();
    format!(
        "Return-Path: <{from}>\r\nAuthentication-Results: mx.desk.example.test; dkim=pass header.d={domain};\r\n\tdmarc=pass header.from={domain}\r\n\
         From: Customer <{from}>\r\nTo: support@desk.example.test\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}>\r\n{more}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

pub(super) fn date() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    crate::generate::mail::rfc5322_date(now.as_secs() as i64)
}

/// Writes an executable file.
pub(super) fn program(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text)?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?)
}
