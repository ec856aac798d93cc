//! `deliver`, `[forward]` and `[webhook]`: where clean copies go beside the folder.

use super::file::{self, Kind, path};
use super::mailbox::INLINE;
use super::reader::{At, Table};
use super::value::{self, Problem, problem};
use super::{Config, Deliver, Forward, Mailbox, Target, Transport, Webhook, replies};
use std::ops::Range;
use std::path::Path;

/// Sinks of one mailbox beside its folder.
const TARGETS_MAX: usize = 8;
/// The folder where none is named.
const FOLDER: &str = "Lazaret/Clean";
/// Octets of files in one document, unless told.
const FILES_BYTES: u64 = 10 << 20;

/// One entry of `deliver`.
enum Place {
    Folder(String),
    Target(Target),
}

/// `deliver` of a mailbox: one sink or a list of them.
pub(super) fn deliver(t: &Table<'_>) -> Option<At<Deliver>> {
    let unset = || Deliver { folder: FOLDER.to_owned(), copies: true, targets: Vec::new() };
    if !t.has("deliver") {
        return Some(At { value: unset(), span: t.span.clone() });
    }
    let places = if t.is_list("deliver") {
        t.list("deliver", place)?
    } else {
        let one = t.parsed("deliver", place)?;
        At { span: one.span.clone(), value: vec![one] }
    };
    let mut deliver = Deliver { copies: false, ..unset() };
    for At { value, span } in places.value {
        let again = match value {
            Place::Folder(name) => {
                !std::mem::replace(&mut deliver.copies, true) && {
                    deliver.folder = name;
                    true
                }
            }
            Place::Target(target) => {
                !deliver.targets.contains(&target) && {
                    deliver.targets.push(target);
                    true
                }
            }
        };
        if !again {
            let message = "`mailbox.deliver` names a second folder, or the same sink twice";
            t.reader().error(span, message, "one folder of this account; each other sink once");
        }
    }
    if deliver.targets.len() > TARGETS_MAX || !deliver.copies && deliver.targets.is_empty() {
        let message = "`mailbox.deliver` names no sink, or too many";
        t.reader().error(places.span.clone(), message, format!("a folder and at most {TARGETS_MAX} others"));
    }
    Some(At { value: deliver, span: places.span })
}

fn place(text: &str) -> Result<Place, Problem> {
    let mend = "write \"folder:Lazaret/Clean\", \"forward:helpdesk@acme.example\" or \"webhook:https://HOST/PATH\"";
    match text.split_once(':') {
        Some(("folder", name)) => value::folder(name).map(Place::Folder),
        Some(("forward", address)) => value::address(address).map(|a| Place::Target(Target::Forward(a))),
        Some(("webhook", url)) => value::webhook(url).map(|url| Place::Target(Target::Webhook(url))),
        _ => Err(problem("is no place for clean copies", mend)),
    }
}

/// `[forward]`: how copies leave by mail. Without a relay of its own it is that of the replies.
pub(super) fn forward(t: &Table<'_>, replies: Option<&Transport>, base: &Path) -> Option<Forward> {
    let Some(t) = t.table("forward") else {
        return replies.map(|transport| Forward { transport: transport.clone(), envelope_from: None });
    };
    let own = t.table("smtp").map(|s| replies::smtp(s, "forward.smtp", base).map(Transport::Smtp));
    let envelope_from = replies::envelope_from(&t);
    for key in ["password", "pass"] {
        t.refuse(key, "a password must not stand in this file", INLINE);
    }
    t.finish();
    let transport = own.unwrap_or_else(|| replies.cloned())?;
    Some(Forward { transport, envelope_from })
}

/// `[webhook]`: with what documents are signed.
pub(super) fn webhook(t: &Table<'_>, base: &Path) -> Option<Webhook> {
    let t = t.table("webhook")?;
    let secret = file::secret(&t, "secret", base).map(|s| s.value);
    let ca_file = path(&t, "ca_file", base, Kind::File);
    let files_bytes_max = t.bytes("files_bytes_max", 0, 1 << 30).map_or(FILES_BYTES, |n| n.value);
    t.finish();
    Some(Webhook { secret: secret?, ca_file, files_bytes_max })
}

/// What must hold between a mailbox's sinks and the rest of the file; `spans` are those of the mailboxes' `deliver`.
pub(super) fn together(root: &Table<'_>, config: &Config, spans: &[Range<usize>]) {
    // What is wrong with a relay that is written was said where it was read.
    let is_written = root.has("replies") || root.table("forward").is_some_and(|f| f.has("smtp"));
    let has_relay = config.forward.is_some() || is_written;
    for (mailbox, span) in config.mailboxes.iter().zip(spans) {
        let targets = &mailbox.deliver.targets;
        if targets.iter().any(|t| matches!(t, Target::Forward(_))) && !has_relay {
            let mend = "write [forward] smtp = { host = \"…\" }, or [replies] with its smtp";
            root.reader().error(span.clone(), "`mailbox.deliver` forwards, but there is no relay", mend);
        }
        if targets.iter().any(|t| matches!(t, Target::Webhook(_))) && config.webhook.is_none() {
            let mend = "write [webhook] secret = \"credential:webhook\"";
            let message = "`mailbox.deliver` has a webhook, but there is no secret to sign with";
            root.reader().error(span.clone(), message, mend);
        }
        for target in targets {
            if let Target::Forward(to) = target
                && let Some(back) = config.mailboxes.iter().find(|m: &&Mailbox| m.profile.own.contains(&to.folded()))
            {
                let message =
                    format!("`mailbox.deliver` forwards into mailbox {:?}: copies would come in again", back.name);
                root.reader().error(span.clone(), message, "forward to an address of the helpdesk");
            }
        }
    }
}
