//! The verbs that ask the running daemon over its socket, and `quarantine open`, which needs no daemon.

mod explained;
pub(super) mod table;

use crate::cli::{Audit, Command, Format, Held, Keys, Observe, Outbox, Quarantine, Ticket};
use crate::config::file::{self, DEFAULT_PATH};
use crate::output::say;
use crate::socket::{self, Failure, Request};
use crate::{exit, keys};
use lazaret_core::seal::{self, OpeningKey};
use lazaret_store::FingerprintsView;
use serde_json::Value;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A longer line of an answer is refused.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// A larger sealed file is refused.
const SEALED_BYTES_MAX: u64 = 2 << 30;
/// Time for one line of an answer; a release is processed again before it is answered.
const DEADLINE: Duration = Duration::from_secs(300);

/// Asks the daemon and prints its answer; answers the exit code.
pub(crate) async fn run(config: Option<&Path>, command: Command, format: Format) -> u8 {
    if let Command::Quarantine(Quarantine::Open { file, key, out }) = &command {
        return end(open(file, key, out.as_deref()), format);
    }
    let asked = async {
        let (request, body) = request(&command)?;
        let mut call = Call::open(&runtime_dir(config)?, &request, &body).await?;
        match &command {
            Command::Quarantine(Quarantine::Export { id, out }) => {
                let path = out.clone().unwrap_or_else(|| format!("{id}.sealed").into());
                export(&mut call, &path, format).await
            }
            Command::Status { exit_code } => {
                let lines = call.lines().await?;
                print(&command, &lines, format);
                let healthy = lines.first().and_then(|l| l["healthy"].as_bool()).unwrap_or(false);
                Ok(if *exit_code && !healthy { exit::TEMPFAIL } else { exit::OK })
            }
            Command::Reload => {
                let answer: Vec<Value> = call.line().await?.into_iter().collect();
                match format {
                    Format::Text if answer.iter().any(|a| a["accepted"] == false) => {
                        eprint!("{}", answer.iter().map(table::refused).collect::<String>());
                    }
                    _ => print(&command, &answer, format),
                }
                // What comes after a refusal is its words and its exit code.
                call.lines().await.map(|_| exit::OK)
            }
            Command::Audit(Audit::Verify { .. }) => {
                let lines = call.lines().await?;
                print(&command, &lines, format);
                let whole = lines.first().and_then(|l| l["problems"].as_array()).is_some_and(Vec::is_empty);
                Ok(if whole { exit::OK } else { exit::FAILED })
            }
            Command::Ticket(Ticket::Explain { .. }) if format == Format::Text => {
                // Without rules that this user can read the words of contexts stay unnamed.
                let rules = super::in_force(config).map(|material| material.loaded().0);
                let said: String = call.lines().await?.iter().map(|l| explained::message(l, rules.as_ref())).collect();
                let _ = io::stdout().lock().write_all(said.as_bytes());
                Ok(exit::OK)
            }
            _ => {
                let lines = call.lines().await?;
                print(&command, &lines, format);
                Ok(exit::OK)
            }
        }
    };
    end(asked.await, format)
}

fn end(result: Result<u8, Failure>, format: Format) -> u8 {
    match result {
        Ok(code) => code,
        Err(failure) => {
            match format {
                Format::Text => eprintln!("lazaret: {}", failure.message),
                Format::Json => say!("{}", serde_json::json!({ "error": failure.message })),
            }
            failure.code
        }
    }
}

fn request(command: &Command) -> Result<(Request, Vec<u8>), Failure> {
    let request = match command {
        Command::Status { .. } => Request::Status {},
        Command::Reload => Request::Reload {},
        Command::Observe(Observe::Report) => Request::ObserveReport {},
        Command::Observe(Observe::Enforce { mailbox, yes }) => {
            Request::ObserveEnforce { mailbox: mailbox.clone(), yes: *yes }
        }
        Command::Metrics => Request::Metrics {},
        Command::Ticket(Ticket::List { limit }) => Request::TicketList { limit: *limit },
        Command::Ticket(Ticket::Show { ticket }) => Request::TicketShow { ticket: ticket.clone() },
        Command::Ticket(Ticket::Explain { ticket }) => Request::TicketExplain { ticket: ticket.clone() },
        Command::Ticket(Ticket::Feedback { ticket, number, judgement }) => {
            Request::TicketFeedback { ticket: ticket.clone(), number: *number, judgement: judgement.as_given() }
        }
        Command::Ticket(Ticket::Export { ticket }) => Request::TicketExport { ticket: ticket.clone() },
        Command::Quarantine(Quarantine::List { limit }) => Request::QuarantineList { limit: *limit },
        Command::Quarantine(Quarantine::Show { id }) => Request::QuarantineShow { id: id.clone() },
        Command::Quarantine(Quarantine::Export { id, .. }) => Request::QuarantineExport { id: id.clone() },
        Command::Quarantine(Quarantine::Release { id, reason }) => {
            let body = standard_input()?;
            let size_bytes = body.len() as u64;
            return Ok((Request::QuarantineRelease { id: id.clone(), reason: reason.clone(), size_bytes }, body));
        }
        Command::Held(Held::List { limit }) => Request::HeldList { limit: *limit },
        Command::Held(Held::Release { ticket, reason }) => {
            Request::HeldRelease { ticket: ticket.clone(), reason: reason.clone() }
        }
        Command::Outbox(Outbox::List { limit }) => Request::OutboxList { limit: *limit },
        Command::Outbox(Outbox::Resume) => Request::OutboxResume {},
        Command::Audit(Audit::List { limit, since, actor, ticket }) => {
            Request::AuditList { limit: *limit, since: *since, actor: actor.clone(), ticket: ticket.clone() }
        }
        Command::Audit(Audit::Verify { head }) => Request::AuditVerify { head: head.clone() },
        Command::Outbox(Outbox::Retry { id, .. }) => Request::OutboxRetry { id: id.clone() },
        Command::Keys(Keys::Portal) => Request::KeysPortal {},
        _ => return Err(Failure::new("this verb asks no daemon", exit::USAGE)),
    };
    Ok((request, Vec::new()))
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    if io::stdin().is_terminal() {
        let message = "the opened message is read from standard input: lazaret quarantine release ID --reason … < FILE";
        return Err(Failure::new(message, exit::USAGE));
    }
    let mut octets = Vec::new();
    match io::stdin().take(SEALED_BYTES_MAX).read_to_end(&mut octets) {
        Ok(0) => Err(Failure::new("standard input is empty", exit::USAGE)),
        Ok(_) => Ok(octets),
        Err(e) => Err(Failure::new(format!("standard input cannot be read: {}", e.kind()), exit::UNAVAILABLE)),
    }
}

/// Where the socket is: a configuration is asked if there is one, but none is needed. One that was named must be readable,
/// else the question goes to another daemon.
fn runtime_dir(config: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = config {
        std::fs::File::open(path)
            .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::files::said(&e)), exit::CONFIG))?;
    }
    Ok(file::runtime_dir(config.unwrap_or(Path::new(DEFAULT_PATH))))
}

/// A connection with its request sent.
struct Call {
    read: BufReader<tokio::net::unix::OwnedReadHalf>,
    // Kept open: closing it would look like a caller who went away.
    _write: tokio::net::unix::OwnedWriteHalf,
}

impl Call {
    async fn open(runtime_dir: &Path, request: &Request, body: &[u8]) -> Result<Call, Failure> {
        let path = socket::path(runtime_dir);
        let stream = UnixStream::connect(&path).await.map_err(|e| {
            let why = match e.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "is it running? systemctl status lazaret",
                io::ErrorKind::PermissionDenied => "this user may not enter its directory (mode 0755 is meant)",
                _ => "is this the socket of lazaret?",
            };
            Failure::new(format!("no daemon answers at {}: {why}", path.display()), exit::UNAVAILABLE)
        })?;
        let (read, mut write) = stream.into_split();
        let line = serde_json::to_string(request).map_err(|_| Failure::new("no such request", exit::USAGE))?;
        let send = async {
            write.write_all(format!("{line}\n").as_bytes()).await?;
            write.write_all(body).await
        };
        // A daemon that refuses stops reading; what it has to say about it is in its answer.
        let _ = timeout(DEADLINE, send).await;
        Ok(Call { read: BufReader::new(read), _write: write })
    }

    /// The next line; `None` at the orderly end.
    async fn line(&mut self) -> Result<Option<Value>, Failure> {
        let mut line = Vec::new();
        let broken = || Failure::new("the daemon's answer broke off", exit::UNAVAILABLE);
        let mut limited = (&mut self.read).take(LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line);
        timeout(DEADLINE, read).await.map_err(|_| broken())?.map_err(|_| broken())?;
        if line.pop() != Some(b'\n') {
            return Err(broken());
        }
        let value: Value = serde_json::from_slice(&line).map_err(|_| broken())?;
        if value.get("end").is_some() {
            return Ok(None);
        }
        match value.get("error").and_then(Value::as_str).filter(|_| value.get("code").is_some()) {
            Some(message) => {
                let code = value["code"].as_u64().and_then(|c| u8::try_from(c).ok()).unwrap_or(exit::UNAVAILABLE);
                Err(Failure::new(message, code))
            }
            None => Ok(Some(value)),
        }
    }

    async fn lines(&mut self) -> Result<Vec<Value>, Failure> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await? {
            lines.push(line);
        }
        Ok(lines)
    }
}

async fn export(call: &mut Call, path: &Path, format: Format) -> Result<u8, Failure> {
    let broken = || Failure::new("the daemon's answer broke off", exit::UNAVAILABLE);
    let facts = call.line().await?.ok_or_else(broken)?;
    let size = facts["size_bytes"].as_u64().filter(|s| *s <= SEALED_BYTES_MAX).ok_or_else(broken)?;
    let mut octets = Vec::new();
    (&mut call.read).take(size).read_to_end(&mut octets).await.map_err(|_| broken())?;
    if octets.len() as u64 != size || call.line().await?.is_some() {
        return Err(broken());
    }
    write_new(path, &octets)?;
    match format {
        Format::Text => {
            say!("{} written: {size} bytes, sealed", path.display());
            say!("open it where the private key is: lazaret quarantine open FILE --key KEYFILE");
        }
        Format::Json => {
            say!("{}", serde_json::json!({ "id": facts["id"], "file": path, "size_bytes": size }));
        }
    }
    Ok(exit::OK)
}

/// Opens a sealed file with the private key; no daemon, no configuration.
fn open(file: &Path, key: &Path, out: Option<&Path>) -> Result<u8, Failure> {
    let text = keys::secret_file(key).map_err(|e| Failure::new(e.to_string(), exit::CONFIG))?;
    let key = OpeningKey::parse(&text).map_err(|e| Failure::new(format!("{}: {e}", key.display()), exit::CONFIG))?;
    let unreadable =
        |e: io::Error| Failure::new(format!("{}: {}", file.display(), crate::files::said(&e)), exit::UNAVAILABLE);
    let mut sealed = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(SEALED_BYTES_MAX).read_to_end(&mut sealed).map_err(unreadable)?;
    let message =
        seal::open(&sealed, &key).map_err(|e| Failure::new(format!("{}: {e}", file.display()), exit::FAILED))?;
    match out {
        Some(path) => {
            let mut to = create_new(path)?;
            message.disclose_to(&mut to).map_err(|e| unwritable(path, &e))?;
            eprintln!("{} written; it holds what was taken out: erase it when you are done", path.display());
        }
        None => {
            let mut to = io::stdout().lock();
            let written = message.disclose_to(&mut to).and_then(|()| to.flush());
            written.map_err(|e| unwritable(Path::new("standard output"), &e))?;
        }
    }
    Ok(exit::OK)
}

fn unwritable(path: &Path, e: &io::Error) -> Failure {
    let mend =
        if e.kind() == io::ErrorKind::AlreadyExists { "; nothing is overwritten, name another file" } else { "" };
    Failure::new(format!("{}: {}{mend}", path.display(), crate::files::said(e)), exit::UNAVAILABLE)
}

fn create_new(path: &Path) -> Result<std::fs::File, Failure> {
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    options.map_err(|e| unwritable(path, &e))
}

fn write_new(path: &Path, octets: &[u8]) -> Result<(), Failure> {
    create_new(path)?.write_all(octets).map_err(|e| unwritable(path, &e))
}

/// Reads what the daemon keeps of the messages of some days, one after another; answers the exit code, and says why it
/// is none of success.
pub(crate) async fn stored(
    config: Option<&Path>,
    days: u32,
    format: Format,
    mut each: impl FnMut(FingerprintsView),
) -> u8 {
    let asked = async {
        let mut call = Call::open(&runtime_dir(config)?, &Request::RulesStored { days }, &[]).await?;
        let broken = |_| Failure::new("the daemon's answer is not understood", exit::UNAVAILABLE);
        while let Some(line) = call.line().await? {
            each(serde_json::from_value(line).map_err(broken)?);
        }
        Ok(exit::OK)
    };
    end(asked.await, format)
}

/// The status of the daemon of this configuration, as far as this user may see it; `None` if none answers at once.
pub(crate) async fn status_of(runtime_dir: &Path) -> Option<Vec<Value>> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let asked = async { Call::open(runtime_dir, &Request::Status {}, &[]).await.ok()?.lines().await.ok() };
    timeout(PATIENCE, asked).await.ok().flatten()
}

/// A ticket as an agent sees it.
pub(crate) fn ticket_text(view: &lazaret_store::TicketView) -> String {
    table::ticket(&crate::socket::value(view))
}

fn print(command: &Command, lines: &[Value], format: Format) {
    let out = match (format, command) {
        (Format::Json, _) | (_, Command::Ticket(Ticket::Export { .. }) | Command::Keys(_)) => {
            lines.iter().map(|l| format!("{l}\n")).collect()
        }
        (_, Command::Status { .. }) => table::status(lines),
        (_, Command::Audit(Audit::List { .. })) => table::audit(lines),
        (_, Command::Audit(Audit::Verify { .. })) => lines.iter().map(table::audit_verdict).collect(),
        (_, Command::Reload) => lines.iter().map(table::reload).collect(),
        (_, Command::Observe(Observe::Report)) => super::observe::text(lines),
        (_, Command::Observe(Observe::Enforce { .. })) => super::observe::enforced(lines),
        (_, Command::Metrics) => lines.iter().filter_map(|l| l["metrics"].as_str()).collect(),
        (_, Command::Ticket(Ticket::Show { .. })) => lines.iter().map(table::ticket).collect(),
        (_, Command::Ticket(Ticket::Feedback { .. })) => lines.iter().map(feedback).collect(),
        (_, Command::Ticket(_)) => table::tickets(lines),
        (_, Command::Held(Held::List { .. })) => table::held(lines),
        (_, Command::Quarantine(Quarantine::Release { .. }) | Command::Held(Held::Release { .. })) => {
            table::released(lines)
        }
        (_, Command::Outbox(Outbox::Resume)) => {
            lines.iter().map(|l| format!("{} replies wait no longer\n", l["resumed"])).collect()
        }
        (_, Command::Outbox(Outbox::Retry { id: None, .. })) => {
            lines.iter().map(|l| format!("{} deliveries are tried again\n", l["retried"])).collect()
        }
        (_, Command::Outbox(Outbox::Retry { .. })) => {
            lines.iter().map(|l| format!("{} is tried again\n", table::cell(l, "id"))).collect()
        }
        (_, Command::Quarantine(_)) => table::quarantine(lines),
        (_, _) => table::outbox(lines),
    };
    // A reader such as `head` may have enough before the end.
    let _ = io::stdout().lock().write_all(out.as_bytes());
}

fn feedback(line: &Value) -> String {
    let of = line["rule"].as_str().unwrap_or("what no rule looked at");
    format!("noted: {of} was {}; lazaret rules stats counts it\n", line["feedback"].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_configuration_that_was_named_must_be_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lazaret.toml");
        assert_eq!(runtime_dir(Some(&path)).err().map(|e| e.code), Some(exit::CONFIG));
        std::fs::write(&path, "runtime_dir = \"run\"").expect("written");
        assert_eq!(runtime_dir(Some(&path)).ok(), Some(dir.path().join("run")));
    }

    #[test]
    fn a_sealed_file_opens_with_its_key_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let (key, recipient) = OpeningKey::generate();
        let (other, _) = OpeningKey::generate();
        let message = lazaret_core::RawMessage::new(b"Subject: x\r\n\r\nbody".to_vec());
        let sealed = seal::seal(&message, &[recipient], b"label").expect("sealed");
        let file = dir.path().join("a.sealed");
        std::fs::write(&file, sealed.as_bytes()).expect("written");
        let key_file = |name: &str, key: &OpeningKey| {
            let path = dir.path().join(name);
            write_new(&path, format!("{}\n", &*key.reveal_once()).as_bytes()).expect("written");
            path
        };
        let (right, wrong) = (key_file("right", &key), key_file("wrong", &other));
        let out = dir.path().join("out.eml");
        assert_eq!(open(&file, &wrong, Some(&out)).err().map(|f| f.code), Some(exit::FAILED));
        assert!(!out.exists());
        assert_eq!(open(&file, &right, Some(&out)), Ok(exit::OK));
        assert_eq!(std::fs::read(&out).ok().as_deref(), Some(b"Subject: x\r\n\r\nbody".as_slice()));
        assert_eq!(out.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
        assert_eq!(open(&file, &right, Some(&out)).err().map(|f| f.code), Some(exit::UNAVAILABLE), "no overwriting");
        std::fs::set_permissions(&right, std::fs::Permissions::from_mode(0o644)).expect("mode set");
        assert_eq!(open(&file, &right, None).err().map(|f| f.code), Some(exit::CONFIG), "others can read the key");
    }
}
