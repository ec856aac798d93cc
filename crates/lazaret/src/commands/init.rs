//! `init`: writes a configuration in which every key is explained, makes the keys, and tries the logins. Nothing that is
//! there is overwritten, and nothing at the mailbox is changed.

mod ask;

use super::check;
use crate::cli::{Format, Init, Schema};
use crate::config::file::{self, Loaded};
use crate::config::{Config, SecretRef};
use crate::diagnostics::{self, Shown};
use crate::output::say;
use crate::sink::{Letter, Sent, Sink};
use crate::{clock, exit, keys, schema};
use ask::{Answers, Place};
use clap::ValueEnum;
use lazaret_core::Addr;
use lazaret_core::seal::{OpeningKey, Recipient};
use lazaret_scan::SourceFile;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// The sample, of which the first lines are filled in.
const SAMPLE: &str = include_str!("../../../../config/lazaret.toml");
/// Where the shipped unit reads it.
const SYSTEM_DIR: &str = "/etc/lazaret";

/// Why nothing was done, and the exit code.
struct Stop(String, u8);

impl Stop {
    fn usage(message: impl Into<String>) -> Stop {
        Stop(message.into(), exit::USAGE)
    }

    fn io(path: &Path, e: &io::Error) -> Stop {
        Stop(format!("{}: {}", path.display(), crate::files::said(e)), exit::UNAVAILABLE)
    }
}

/// Makes a configuration; answers the exit code.
pub(crate) async fn run(options: Init, format: Format) -> u8 {
    match make(options, format).await {
        Ok(code) => code,
        Err(Stop(message, code)) => {
            if !message.is_empty() {
                eprintln!("lazaret: {message}");
            }
            code
        }
    }
}

async fn make(options: Init, format: Format) -> Result<u8, Stop> {
    let dir = std::path::absolute(&options.dir).map_err(|e| Stop::io(&options.dir, &e))?;
    let path = dir.join("lazaret.toml");
    if path.exists() {
        return Err(Stop::usage(format!("{} is there already; nothing is overwritten", path.display())));
    }
    if options.test_reply.is_some() && options.smtp_host.is_none() {
        return Err(Stop::usage("--test-reply needs --smtp-host"));
    }
    let answers = ask::all(&options).map_err(Stop::usage)?;
    let mut options = options;
    if options.smtp_host.is_none() && matches!(answers.place, Place::Imap { .. }) {
        options.smtp_host = ask::optional("SMTP server for replies, with the same user and password");
    }
    let pair = match &options.quarantine_recipient {
        Some(text) => {
            let key = Recipient::parse(text).map_err(|e| Stop::usage(format!("--quarantine-recipient: {e}")))?;
            (None, key)
        }
        None => {
            let (key, recipient) = OpeningKey::generate();
            (Some(key), recipient)
        }
    };
    let credentials = dir == Path::new(SYSTEM_DIR);
    let text = config_text(&options, &answers, &pair.1, credentials);
    let shown = path.display().to_string();
    let source = SourceFile { name: &shown, text: &text };
    let (config, complaints) = file::parse(source, &dir);
    if config.is_none() {
        diagnostics::print(&complaints, &[Shown { source, masked: true }], format);
        return Err(Stop("the configuration would not load; nothing was written".into(), exit::USAGE));
    }
    write_all(&dir, &path, &text, &answers, &options, pair.0.as_ref())?;
    say(format, &path, &pair.1, pair.0.as_ref().filter(|_| options.quarantine_key_out.is_none()));
    if options.offline {
        return Ok(exit::OK);
    }
    let Loaded { config, .. } = file::load(&path).map_err(|refused| {
        diagnostics::print(&refused.diagnostics, &[Shown { source: refused.source.as_source(), masked: true }], format);
        Stop("the configuration does not load".into(), exit::CONFIG)
    })?;
    let code = try_logins(&config, format).await;
    if code != exit::OK || config.replies.is_none() {
        return Ok(code);
    }
    match options.test_reply.or_else(|| ask::optional("Send a test reply to yourself, at")) {
        Some(to) => test_reply(&config, &to).await,
        None => Ok(code),
    }
}

/// Everything that goes to the disk; each file is new.
fn write_all(
    dir: &Path,
    path: &Path,
    text: &str,
    answers: &Answers,
    options: &Init,
    opening: Option<&OpeningKey>,
) -> Result<(), Stop> {
    let secrets = dir.join("credentials");
    let make = |path: &Path, mode| std::fs::DirBuilder::new().recursive(true).mode(mode).create(path);
    make(dir, 0o755).map_err(|e| Stop::io(dir, &e))?;
    make(&secrets, 0o700).map_err(|e| Stop::io(&secrets, &e))?;
    if let Some(state) = &options.state_dir {
        make(state, 0o700).map_err(|e| Stop::io(state, &e))?;
    }
    let store_key = secrets.join("store-key");
    if store_key.exists() {
        // The key of a store that may exist: it must stay.
        keys::store_key(&SecretRef::File(store_key)).map_err(|e| Stop(e.to_string(), exit::CONFIG))?;
    } else {
        write_new(&store_key, &new_store_key()?, 0o600)?;
    }
    if let (Some(key), Some(out)) = (opening, &options.quarantine_key_out) {
        write_new(out, &format!("{}\n", &*key.reveal_once()), 0o600)?;
    }
    if let Some(password) = &answers.password {
        for name in secret_names(answers, options) {
            let path = secrets.join(name);
            if !path.exists() {
                write_new(&path, password, 0o600)?;
            }
        }
    }
    // Last, so that a second attempt after trouble is not refused. It holds no secret.
    // What editors read to complete and to underline; the sample files name them in their first line.
    let schemas = dir.join("schema");
    make(&schemas, 0o755).map_err(|e| Stop::io(&schemas, &e))?;
    for of in Schema::value_variants() {
        let file = schemas.join(format!("{}.schema.json", of.name()));
        if !file.exists() {
            write_new(&file, &schema::text(*of), 0o644)?;
        }
    }
    write_new(path, text, 0o644)
}

fn secret_names(answers: &Answers, options: &Init) -> Vec<String> {
    let mut names = Vec::new();
    if matches!(answers.place, Place::Imap { .. }) {
        names.push(format!("{}-imap", answers.name));
    }
    if options.smtp_host.is_some() {
        names.push("smtp".to_owned());
    }
    names
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Stop> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|e| {
        Stop(format!("{}: {}; nothing is overwritten", path.display(), crate::files::said(&e)), exit::UNAVAILABLE)
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| Stop::io(path, &e))
}

fn new_store_key() -> Result<Zeroizing<String>, Stop> {
    let mut key = Zeroizing::new([0u8; 32]);
    aws_lc_rs::rand::fill(key.as_mut_slice()).map_err(|_| Stop("no randomness".into(), exit::UNAVAILABLE))?;
    let mut hex = Zeroizing::new(String::with_capacity(65));
    for byte in key.iter() {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        hex.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    hex.push('\n');
    Ok(hex)
}

/// A TOML string: JSON's escapes are a part of TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The sample with its first lines filled in; what has no value stays as the comment that it is.
fn config_text(options: &Init, answers: &Answers, recipient: &Recipient, credentials: bool) -> String {
    let secret = |name: &str| {
        quoted(&if credentials { format!("credential:{name}") } else { format!("file:credentials/{name}") })
    };
    let list = |items: &[String]| items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", ");
    let ca = options.ca_file.as_deref().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.to_owned()));
    let ca = ca.map_or_else(String::new, |p| format!(", ca_file = {}", quoted(&p.to_string_lossy())));
    let path = |p: &Path| quoted(&std::path::absolute(p).unwrap_or_else(|_| p.to_owned()).to_string_lossy());
    let first = answers.addresses.first().map(String::as_str).unwrap_or_default();
    let mut filled: Vec<(&str, Option<String>)> = vec![
        ("store_key = ", Some(secret("store-key"))),
        ("# recipients = ", Some(format!("[{}]", quoted(&recipient.to_string())))),
        ("name = ", Some(quoted(&answers.name))),
        ("addresses = ", Some(format!("[{}]", list(&answers.addresses)))),
        ("# state_dir = ", options.state_dir.as_deref().map(path)),
        ("# runtime_dir = ", options.runtime_dir.as_deref().map(path)),
    ];
    match &answers.place {
        Place::Imap { host, port, user } => {
            filled.push((
                "imap = ",
                Some(format!("{{ host = {}, port = {port}, user = {}{ca} }}", quoted(host), quoted(user))),
            ));
            let secret = secret(&format!("{}-imap", answers.name));
            filled.push(("auth = ", Some(format!("{{ kind = \"password\", secret = {secret} }}"))));
            if let Some(smtp) = &options.smtp_host {
                let (host, user, secret) = (quoted(smtp), quoted(user), self::quoted_smtp(credentials));
                let port = options.smtp_port;
                let value = format!("{{ host = {host}, port = {port}, user = {user}, secret = {secret}{ca} }}");
                filled.push(("smtp = ", Some(value)));
                filled.push(("from = ", Some(quoted(first))));
            }
        }
        Place::Maildir(dir) => filled.push(("# maildir = ", Some(path(dir)))),
    }
    let mut off: Vec<&str> = Vec::new();
    if options.smtp_host.is_none() || matches!(answers.place, Place::Maildir(_)) {
        off.extend(["[replies]", "smtp = ", "from = ", "[replies.limits]"]);
    }
    if matches!(answers.place, Place::Maildir(_)) {
        off.extend(["imap = ", "auth = "]);
    }
    let line = |line: &str| {
        let value = filled.iter_mut().find(|(start, value)| line.starts_with(start) && value.is_some());
        match value {
            // Once: a key of the same name further down belongs to another table.
            Some((start, value)) => format!("{}{}\n", start.trim_start_matches("# "), value.take().unwrap_or_default()),
            None if off.iter().any(|start| line.starts_with(start)) => format!("# {line}\n"),
            None => format!("{line}\n"),
        }
    };
    SAMPLE.lines().map(line).collect()
}

fn quoted_smtp(credentials: bool) -> &'static str {
    if credentials { "\"credential:smtp\"" } else { "\"file:credentials/smtp\"" }
}

/// What was made; the private key is shown here and nowhere else.
fn say(format: Format, path: &Path, recipient: &Recipient, private: Option<&OpeningKey>) {
    let shown = private.map(OpeningKey::reveal_once);
    match format {
        Format::Json => say!(
            "{}",
            serde_json::json!({
                "config": path, "quarantine_recipient": recipient.to_string(),
                "quarantine_key": shown.as_ref().map(|k| k.as_str()),
            })
        ),
        Format::Text => {
            say!("written: {}", path.display());
            say!("store key: credentials/store-key beside it. Keep a copy elsewhere: without it the store is lost.");
            if let Some(key) = shown {
                say!("\nPrivate quarantine key, shown this once and stored nowhere:\n\n  {}\n", key.as_str());
                say!("Move this off the host (a password manager, paper in a safe): it opens every sealed original.");
            }
            say!();
        }
    }
}

async fn try_logins(config: &Config, format: Format) -> u8 {
    let mut code = exit::OK;
    for mailbox in &config.mailboxes {
        match check::folders(mailbox).await {
            Ok(folders) => match format {
                Format::Text => {
                    say!("mailbox {}: logged in, {} folder(s)", mailbox.name, folders.len());
                    folders.iter().for_each(|f| say!("  {:>8}  {}", f.messages, f.name));
                }
                Format::Json => folders.iter().for_each(|f| {
                    say!(
                        "{}",
                        serde_json::json!({ "mailbox": mailbox.name, "folder": f.name, "messages": f.messages })
                    );
                }),
            },
            Err(e) => {
                eprintln!("lazaret: mailbox {}: {e}; mend it in lazaret.toml, then: lazaret check", mailbox.name);
                code = if e.is_transient() { exit::UNAVAILABLE } else { exit::CONFIG };
            }
        }
    }
    if let Some(replies) = &config.replies {
        let probe = match Sink::open(&replies.transport) {
            Ok(sink) => sink.probe().await.map_err(|(fault, _)| fault),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = probe {
            eprintln!("lazaret: replies: {fault}; mend it in lazaret.toml, then: lazaret check");
            code = code.max(exit::UNAVAILABLE);
        }
    }
    if format == Format::Text {
        say!("\nNext: set `start` (and `sender_proof`: the authserv-id that your server writes), then");
        // The store belongs to the user who runs the daemon; root, who runs this, must not be the first to open it.
        let start = if matches!(config.store_key, SecretRef::Credential(_)) {
            "systemctl enable --now lazaret"
        } else {
            "lazaret run --once"
        };
        say!("  lazaret check\n  {start}     reads, judges, makes tickets; changes nothing and sends nothing");
    }
    code
}

/// One plain mail to the operator, the way that replies go.
async fn test_reply(config: &Config, to: &str) -> Result<u8, Stop> {
    let to = Addr::parse(to).ok_or_else(|| Stop::usage("--test-reply: that is no mail address"))?;
    let replies = config.replies.as_ref().ok_or_else(|| Stop::usage("--test-reply needs --smtp-host"))?;
    let mut unique = [0u8; 8];
    aws_lc_rs::rand::fill(&mut unique).map_err(|_| Stop("no randomness".into(), exit::UNAVAILABLE))?;
    let id: String = unique.iter().map(|b| format!("{b:02x}")).collect();
    let letter = test_letter(&replies.from, replies.envelope_from.clone(), &to, &id);
    let mut sink = Sink::open(&replies.transport).map_err(|f| Stop(format!("replies: {f}"), exit::CONFIG))?;
    let sent = sink.deliver(&letter, || async { Ok(()) }).await;
    sink.rest().await;
    match sent {
        Sent::Accepted { code } => {
            say!("test reply to {}: accepted ({code})", to.as_str());
            Ok(exit::OK)
        }
        Sent::Failed { code } | Sent::Deferred { code, .. } => {
            let code = code.map_or_else(|| "no answer".to_owned(), |c| format!("code {c}"));
            Err(Stop(format!("the test reply was not taken ({code})"), exit::UNAVAILABLE))
        }
        Sent::Unknown => Err(Stop("nobody knows whether the test reply was taken".into(), exit::UNAVAILABLE)),
    }
}

fn test_letter(from: &Addr, envelope_from: Option<Addr>, to: &Addr, id: &str) -> Letter {
    let date = jiff::fmt::rfc2822::to_string(&jiff::Zoned::new(
        jiff::Timestamp::from_second(clock::now()).unwrap_or_default(),
        jiff::tz::TimeZone::UTC,
    ))
    .unwrap_or_default();
    let text = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: Auto: test reply of Lazaret\r\nDate: {date}\r\n\
         Message-ID: <{id}.test@{domain}>\r\nAuto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n\
         This is a test, asked for by `lazaret init`. Replies leave this way.\r\n",
        from = from.as_str(),
        to = to.as_str(),
        domain = from.domain(),
    );
    Letter { id: id.to_owned(), from: envelope_from, to: to.clone(), octets: text.into_bytes() }
}

#[cfg(test)]
mod tests;
