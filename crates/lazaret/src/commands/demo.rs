//! `demo`: the main job on a bundled mailbox. Nothing to configure, no server; the pipeline, the workers, the store, the
//! outbox and the clean folder are the real ones.

mod mails;

use crate::app::{App, Refusal};
use crate::config::{
    self, Config, Deliver, Mailbox, Mode, Quarantine, Receipt, Replies, SecretRef, Source, Start, Transport,
};
use crate::exit;
use crate::live::{Complaints, Set};
use crate::output::say;
use crate::worker::Helpers;
use lazaret_core::seal::OpeningKey;
use lazaret_core::{Addr, Limits, Profile, ProofMode};
use lazaret_store::{ReplyLimits, TicketView, Told};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const ADDRESS: &str = "support@lazaret-demo.example";
const AUTHSERV: &str = "mx.lazaret-demo.example";

/// Runs the demo in `dir`, else in a fresh directory under the system's one for temporary files.
pub(crate) async fn run(dir: Option<PathBuf>) -> u8 {
    match play(dir).await {
        Ok(()) => exit::OK,
        Err(refusal) => {
            eprintln!("lazaret: demo: {}", refusal.message);
            refusal.code
        }
    }
}

async fn play(dir: Option<PathBuf>) -> Result<(), Refusal> {
    let dir = dir.unwrap_or_else(|| std::env::temp_dir().join(format!("lazaret-demo-{}", std::process::id())));
    let place = Place::build(&dir).map_err(|e| unavailable(format!("{}: {}", dir.display(), e.kind())))?;
    let started = std::time::Instant::now();
    let refused = |complaints: Complaints| Refusal { message: complaints.text(), code: exit::CONFIG };
    let app = App::open(Set::compiled_in(place.config()?).map_err(refused)?)?;
    // The mailbox is begun while it is empty: mail that was there before would have to be observed first.
    let mut code = app.pull(true).await;
    place.deliver(mails::MAILS.iter().filter(|m| !m.is_follow_up()), &[]).map_err(disk)?;
    code = code.max(app.pull(true).await);
    // The follow-ups quote what they answer: replies that exist now.
    let replies = place.replies().map_err(disk)?;
    place.deliver(mails::MAILS.iter().filter(|m| m.is_follow_up()), &replies).map_err(disk)?;
    code = code.max(app.pull(true).await);
    if code != exit::OK {
        return Err(unavailable("a part of the sample mailbox could not be taken in".into()));
    }
    let elapsed = started.elapsed();
    let store = &app.store;
    let rows = store.tickets(1000).await.map_err(|e| unavailable(e.to_string()))?;
    let mut views = Vec::new();
    for row in rows {
        views.extend(store.ticket(&row.ticket).await.map_err(|e| unavailable(e.to_string()))?);
    }
    views.sort_by_key(|v| v.messages.first().map_or(0, |m| m.uid));
    print_table(&views);
    print_ticket(&views);
    place.print_reply(&views).map_err(disk)?;
    place.print_places(&views, elapsed);
    store.close().await;
    Ok(())
}

fn unavailable(message: String) -> Refusal {
    Refusal { message, code: exit::UNAVAILABLE }
}

fn disk(error: io::Error) -> Refusal {
    unavailable(error.kind().to_string())
}

/// The demo's directory.
struct Place {
    dir: PathBuf,
    recipient: lazaret_core::seal::Recipient,
}

impl Place {
    fn build(dir: &Path) -> io::Result<Place> {
        if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
            // Keys of a store that may be in use would be written over.
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let private = |path: &Path| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        private(dir)?;
        for sub in ["mailbox/new", "mailbox/cur", "mailbox/tmp", "store", "replies"] {
            private(&dir.join(sub))?;
        }
        let mut key = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
        let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
        write_private(&dir.join("store.key"), &hex)?;
        let (opening, recipient) = OpeningKey::generate();
        write_private(&dir.join("quarantine.key"), &opening.reveal_once())?;
        Ok(Place { dir: dir.to_owned(), recipient })
    }

    fn config(&self) -> Result<Config, Refusal> {
        let address = Addr::parse(ADDRESS).ok_or_else(|| unavailable("the demo's address".into()))?;
        let mailbox = Mailbox {
            name: "support".into(),
            profile: Profile {
                mailbox: "support".into(),
                own: vec![ADDRESS.into()],
                staff: vec!["lazaret-demo.example".into()],
                proof: ProofMode::AuthservId(AUTHSERV.into()),
                language: "en".into(),
                ..Profile::default()
            },
            source: Source::Maildir(self.dir.join("mailbox")),
            folders: vec!["INBOX".into()],
            start: Some(Start::All),
            deliver: Deliver { folder: "Lazaret/Clean".into(), copies: true, targets: Vec::new() },
            held_folder: "Lazaret/Held".into(),
        };
        Ok(Config {
            state_dir: self.dir.join("store"),
            runtime_dir: self.dir.clone(),
            tenant: "demo".into(),
            mode: Mode::Enforce,
            store_key: SecretRef::File(self.dir.join("store.key")),
            quarantine: Quarantine { recipients: vec![self.recipient.clone()], four_eyes: false },
            mailboxes: vec![mailbox],
            forward: None,
            webhook: None,
            replies: Some(Replies {
                transport: Transport::Files(self.dir.join("replies")),
                from_name: "Demo Support".into(),
                from: address,
                envelope_from: None,
                receipt: Receipt::NewTicket,
                portal: Some("https://portal.lazaret-demo.example/upload?t={token}".into()),
                phone: Some("+61 3 5550 1234".into()),
                link_lifetime: Duration::from_secs(72 * 3600),
                limits: ReplyLimits::default(),
                language: "en".into(),
            }),
            rules_dir: None,
            policy: None,
            templates_dir: None,
            workers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            // The bundled mails carry the dates on which they were written.
            reply_max_age: Duration::from_secs(100 * 365 * 86_400),
            poll_interval: Duration::from_secs(60),
            helpers: Helpers::default(),
            limits: Limits::default(),
            disk_reserve_bytes: 16 << 20,
            cache_bytes: 16 << 20,
            operator: config::Operator::default(),
        })
    }

    /// Puts mails into the mailbox, with `{{reply-id:NAME}}` replaced by the id of our reply to that mail.
    fn deliver<'a>(
        &self,
        mails: impl Iterator<Item = &'a mails::Mail>,
        replies: &[(String, String)],
    ) -> io::Result<()> {
        for mail in mails {
            let octets = mail.octets(replies);
            let tmp = self.dir.join("mailbox/tmp").join(mail.name);
            std::fs::write(&tmp, octets)?;
            std::fs::rename(tmp, self.dir.join("mailbox/new").join(mail.name))?;
        }
        Ok(())
    }

    /// `(In-Reply-To, Message-ID)` of every reply that was written.
    fn replies(&self) -> io::Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.dir.join("replies"))? {
            let text = std::fs::read_to_string(entry?.path())?;
            let field = |name: &str| {
                let line = text.lines().find(|l| l.len() > name.len() && l[..name.len()].eq_ignore_ascii_case(name))?;
                Some(line[name.len()..].trim().trim_matches(['<', '>']).to_owned())
            };
            found.extend(field("In-Reply-To:").zip(field("Message-ID:")));
        }
        Ok(found)
    }
}

impl Place {
    /// Shows the reply to the ticket that was shown.
    fn print_reply(&self, views: &[TicketView]) -> io::Result<()> {
        let Some(view) = shown(views) else { return Ok(()) };
        let mark = format!("[{}]", view.row.ticket.0);
        for entry in std::fs::read_dir(self.dir.join("replies"))? {
            let path = entry?.path();
            let mail = std::fs::read_to_string(&path)?;
            if mail.contains(&mark) {
                say!("\nThe reply that the customer got ({})\n", path.display());
                for line in plain_part(&mail).lines() {
                    say!("  {line}");
                }
                break;
            }
        }
        Ok(())
    }

    fn print_places(&self, views: &[TicketView], elapsed: Duration) {
        let messages: usize = views.iter().map(|v| v.messages.len()).sum();
        say!(
            "\n{messages} messages became {} tickets in {:.2} s. Everything lies in {}:",
            views.len(),
            elapsed.as_secs_f64(),
            self.dir.display()
        );
        for (path, what) in [
            ("mailbox/", "the mailbox (Maildir): empty, every mail found its place"),
            ("mailbox/.Lazaret.Clean/", "what agents read: originals that were clean, clean copies, stubs"),
            ("replies/", "one file a reply"),
            ("store/", "tickets, ledger, outbox and sealed originals, encrypted"),
            ("store.key", "opens the store"),
            ("quarantine.key", "opens sealed originals; a real one is kept off the host"),
        ] {
            say!("  {path:<24} {what}");
        }
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

fn print_table(views: &[TicketView]) {
    say!("{:<12} {:<10} {:<7} {:<34} {:<40} told", "ticket", "verdict", "class", "subject", "why");
    for view in views {
        for (n, message) in view.messages.iter().enumerate() {
            let reference = if n == 0 { view.row.ticket.0.as_str() } else { "  follow-up" };
            let subject = if message.subject.is_empty() { "(not shown)" } else { &message.subject };
            let why = if message.reasons.is_empty() { "-".into() } else { message.reasons.join("; ") };
            say!(
                "{reference:<12} {:<10} {:<7} {:<34} {:<40} {}{}",
                message.verdict,
                message.class,
                cut(subject, 34),
                cut(&why, 40),
                told(&message.told),
                if message.copies > 0 { format!("; {} identical copy linked", message.copies) } else { String::new() },
            );
        }
    }
}

/// The ticket that is shown in full: the first in which a payment card was taken out and its customer was told.
fn shown(views: &[TicketView]) -> Option<&TicketView> {
    let card = |v: &&TicketView| v.messages.iter().any(|m| m.verdict == "redact" && m.text.contains("[payment card"));
    views.iter().find(card)
}

fn print_ticket(views: &[TicketView]) {
    let Some(view) = shown(views) else { return };
    say!("\nOne ticket as the agent sees it\n");
    for line in crate::commands::control::ticket_text(view).lines() {
        say!("  {line}");
    }
}

fn told(told: &Told) -> String {
    match told {
        Told::Accepted => "accepted".into(),
        Told::Pending => "pending".into(),
        Told::Unknown => "unknown".into(),
        Told::NotSent(why) => format!("not sent ({why})"),
    }
}

fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars.saturating_sub(1)).chain(['…']).collect()
}

/// Header fields that a reader sees and the plain text of a reply that we wrote ourselves.
fn plain_part(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let (header, body) = mail.split_once("\n\n").unwrap_or((&mail, ""));
    let shown = |l: &&str| ["From:", "To:", "Subject:", "Auto-Submitted:"].iter().any(|f| l.starts_with(f));
    let mut out: String = header.lines().filter(shown).map(|l| format!("{l}\n")).collect();
    out.push('\n');
    let part = body.split("\n--").find(|p| p.to_ascii_lowercase().contains("content-type: text/plain"));
    let text = part.and_then(|p| p.split_once("\n\n")).map_or(body, |(_, text)| text);
    out.push_str(&unquote(text));
    out
}

/// Undoes quoted-printable (RFC 2045 6.7) where the part has it; other text has no `=XX` of ours.
fn unquote(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match hex {
            Some(byte) if first == b'=' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_which_something_is_stays_as_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("store.key"), "mine").expect("written");
        let refused = Place::build(dir.path()).err().map(|e| e.kind());
        assert_eq!(refused, Some(io::ErrorKind::DirectoryNotEmpty));
        assert_eq!(std::fs::read_to_string(dir.path().join("store.key")).ok().as_deref(), Some("mine"));
        assert!(Place::build(&dir.path().join("new")).is_ok());
    }
}
