//! The steps that the functions of an IMAP source are made of.

use super::super::Selected;
use super::super::error::{ErrorKind, SourceError};
use super::bounded::Budget;
use super::session::{BUDGET, Session, Step};
use super::status::Caps;
use super::{BATCH_BYTES_MAX, Folder, ImapSource, LINES_MAX, names, set};
use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response, ResponseCode, StatusAttribute};
use std::time::Duration;

/// Octets of a message that is appended; a little more than any server takes.
const APPEND_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Slowest transfer that is waited for, in octets a second.
const BYTES_PER_SECOND_MIN: u64 = 32 * 1024;

impl ImapSource {
    pub(super) fn session(&mut self) -> Result<&mut Session, SourceError> {
        self.session
            .as_mut()
            .filter(|session| session.is_ready())
            .ok_or(SourceError::new(ErrorKind::Unavailable, "there is no connection to the server"))
    }

    pub(super) fn caps(&mut self) -> Result<Caps, SourceError> {
        Ok(self.session()?.told.caps.unwrap_or_default())
    }

    pub(super) fn folder(&self) -> Result<&Folder, SourceError> {
        self.folder.as_ref().ok_or(SourceError::new(ErrorKind::Unavailable, "no folder is open"))
    }

    /// The character between the levels of a folder's name.
    pub(super) async fn delimiter(&mut self) -> Result<char, SourceError> {
        if let Some(delimiter) = self.delimiter {
            return Ok(delimiter);
        }
        let mut delimiter = '/';
        let step = Step::new("the form of folder names could not be asked for", ErrorKind::Unavailable);
        self.session()?
            .run(step, r#"LIST "" """#, &[], &mut |response| {
                if let Response::MailboxData(MailboxDatum::List(entry)) = response {
                    let told = entry.delimiter.as_deref().map(names::unquoted);
                    delimiter = told.and_then(|told| told.chars().next()).unwrap_or('/');
                }
            })
            .await?;
        self.delimiter = Some(delimiter);
        Ok(delimiter)
    }

    pub(super) async fn wire(&mut self, name: &str) -> Result<String, SourceError> {
        let delimiter = if self.is_prefixed || name.contains('/') { self.delimiter().await? } else { '/' };
        let is_under_inbox = name.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case("INBOX"));
        if self.is_prefixed && !is_under_inbox {
            return names::mailbox(&format!("INBOX/{name}"), delimiter);
        }
        names::mailbox(name, delimiter)
    }

    /// Creates a folder unless it is there.
    pub(super) async fn create(&mut self, name: &str) -> Result<(), SourceError> {
        let wire = self.wire(name).await?;
        let mut is_there = self.exists(&wire).await?;
        if !is_there {
            let step = Step::new("a folder could not be created", ErrorKind::Unavailable);
            let created = self.session()?.run(step, &format!("CREATE {wire}"), &[], &mut |_| ()).await;
            if let Err(error) = created {
                // Somebody else may have been faster, and an old server says so without a code.
                is_there = error.reply().is_some() && self.exists(&wire).await?;
                if !is_there {
                    return Err(error);
                }
            }
            // So that mail programs show it. A refusal changes nothing.
            let subscribed = self.session()?.run(step, &format!("SUBSCRIBE {wire}"), &[], &mut |_| ()).await;
            subscribed.or_else(|error| if error.reply().is_some() { Ok(()) } else { Err(error) })?;
        }
        self.ensured.push(name.to_owned());
        Ok(())
    }

    /// Somebody may have deleted a folder that was there before: then it must be made again.
    pub(super) fn forget_missing<T>(&mut self, name: &str, result: Result<T, SourceError>) -> Result<T, SourceError> {
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::NoFolder) {
            self.ensured.retain(|known| known != name);
        }
        result
    }

    pub(super) async fn count(&mut self, wire: &str) -> Result<u32, SourceError> {
        let mut messages = 0;
        let step = Step::new("the messages of a folder could not be counted", ErrorKind::Unavailable);
        // A name in a character set of the server's own came to us damaged; it is listed, not counted.
        let Ok(name) = names::quoted(wire) else { return Ok(0) };
        let command = format!("STATUS {name} (MESSAGES)");
        let counted = self
            .session()?
            .run(step, &command, &[], &mut |response| {
                if let Response::MailboxData(MailboxDatum::Status { status, .. }) = response {
                    for attribute in status {
                        if let StatusAttribute::Messages(count) = attribute {
                            messages = *count;
                        }
                    }
                }
            })
            .await;
        match counted {
            Err(error) if error.reply().is_none() => Err(error),
            _ => Ok(messages),
        }
    }

    pub(super) async fn exists(&mut self, wire: &str) -> Result<bool, SourceError> {
        let mut exists = false;
        let step = Step::new("a folder could not be looked for", ErrorKind::Unavailable);
        self.session()?
            .run(step, &format!(r#"LIST "" {wire}"#), &[], &mut |response| {
                if let Response::MailboxData(MailboxDatum::List(entry)) = response {
                    let opens = !entry.name_attributes.contains(&NameAttribute::NoSelect);
                    // The name may hold `*` or `%`, which match other names too.
                    exists |= opens && names::quoted(&names::unquoted(&entry.name)).is_ok_and(|name| name == wire);
                }
            })
            .await?;
        Ok(exists)
    }

    /// EXAMINE or SELECT. A refused one leaves no folder open (RFC 3501 6.3.1).
    pub(super) async fn open_folder(&mut self, name: &str, is_writable: bool) -> Result<Selected, SourceError> {
        let wire = self.wire(name).await?;
        self.folder = None;
        let session = self.session()?;
        session.told.exists = None;
        session.told.grown = false;
        let mut selected = Selected { uid_validity: 0, uid_next: 0, messages: 0 };
        let mut is_refused = false;
        let on = &mut |response: &Response<'_>| match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => selected.messages = *count,
            Response::Data { outcome, .. } | Response::Done { outcome, .. } => match outcome.code {
                Some(ResponseCode::UidValidity(value)) => selected.uid_validity = value,
                Some(ResponseCode::UidNext(value)) => selected.uid_next = value,
                Some(ResponseCode::ReadOnly) => is_refused = is_writable,
                _ => (),
            },
            _ => (),
        };
        let step = Step::new("the folder could not be opened", ErrorKind::Unavailable);
        let verb = if is_writable { "SELECT" } else { "EXAMINE" };
        let opened = session.run(step, &format!("{verb} {wire}"), &[], on).await;
        if let Err(error) = opened {
            let is_plain_no = error.reply().is_some_and(|reply| reply.status == "NO" && reply.code.is_none());
            if is_plain_no && !self.exists(&wire).await? {
                return Err(SourceError::new(ErrorKind::NoFolder, "there is no such folder"));
            }
            return Err(error);
        }
        if is_refused {
            return Err(SourceError::new(ErrorKind::Auth, "this login may read the folder, but not change it"));
        }
        if selected.uid_next == 0 && selected.messages > 0 {
            // RFC 3501 wants it told. Where it is not, the highest UID says as much.
            selected.uid_next = self.search("UID *").await?.last().map_or(0, |uid| uid.saturating_add(1));
        }
        self.folder = Some(Folder { name: name.to_owned(), selected, is_writable });
        Ok(selected)
    }

    /// Opens the open folder once more, to change something in it.
    pub(super) async fn make_writable(&mut self) -> Result<(), SourceError> {
        let Folder { name, selected, is_writable } = self.folder()?.clone();
        if is_writable {
            return Ok(());
        }
        let again = self.open_folder(&name, true).await?;
        if again.uid_validity != selected.uid_validity {
            self.folder = None;
            return Err(SourceError::new(ErrorKind::Unavailable, "the folder was replaced while it was open"));
        }
        Ok(())
    }

    pub(super) async fn search(&mut self, query: &str) -> Result<Vec<u32>, SourceError> {
        let budget = Budget { line_bytes_max: 8 * 1024 * 1024, ..BUDGET };
        let step = Step { budget, ..Step::new("the messages of a folder could not be listed", ErrorKind::Unavailable) };
        let mut uids = Vec::new();
        self.session()?
            .run(step, &format!("UID SEARCH {query}"), &[], &mut |response| {
                if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                    uids.extend_from_slice(found);
                }
            })
            .await?;
        Ok(set::sorted(&uids))
    }

    /// Marks and expunges these and no others (RFC 4315 2.1).
    pub(super) async fn expunge(&mut self, set: &str, step: Step) -> Result<(), SourceError> {
        let session = self.session()?;
        let mark = format!(r"UID STORE {set} +FLAGS.SILENT (\Deleted)");
        accept_expunged(session.run(step, &mark, &[], &mut |_| ()).await)?;
        session.run(step, &format!("UID EXPUNGE {set}"), &[], &mut |_| ()).await
    }

    /// Which of `uids` the folder does not hold.
    pub(super) async fn gone(&mut self, mut uids: Vec<u32>) -> Result<Vec<u32>, SourceError> {
        let mut left = Vec::new();
        for (_, set) in set::cut(&uids, LINES_MAX) {
            left.extend(self.search(&format!("UID {set}")).await?);
        }
        left.sort_unstable();
        uids.retain(|uid| left.binary_search(uid).is_err());
        Ok(uids)
    }

    pub(super) async fn append_some(
        &mut self,
        is_plus: bool,
        commands: &[(String, &[u8])],
    ) -> Result<Vec<Result<Option<u32>, SourceError>>, SourceError> {
        let bytes = commands.iter().map(|(_, message)| message.len() as u64).sum();
        let step =
            Step { deadline: time_for(bytes), ..Step::new("a message could not be appended", ErrorKind::Unavailable) };
        let mut uids = vec![None; commands.len()];
        let mut told = |index: usize, response: &Response<'_>| {
            if let Response::Done { outcome, .. } = response
                && let Some(ResponseCode::AppendUid(_, set)) = &outcome.code
                && let Some(uid) = uids.get_mut(index)
            {
                *uid = set.first().map(|member| match member {
                    UidSetMember::Uid(uid) => *uid,
                    UidSetMember::UidRange(range) => *range.start(),
                });
            }
        };
        let session = self.session()?;
        let mut results = Vec::with_capacity(commands.len());
        if is_plus {
            results = session.run_literals(step, commands, &mut told).await?;
        } else {
            for (index, (command, message)) in commands.iter().enumerate() {
                let command = format!("{command} {{{}}}", message.len());
                let result = session.run(step, &command, &[*message], &mut |response| told(index, response)).await;
                match result {
                    Err(error) if error.reply().is_none() => return Err(error),
                    answered => results.push(answered),
                }
            }
        }
        Ok(results.into_iter().zip(uids).map(|(result, uid)| result.map(|()| uid)).collect())
    }
}

/// Somebody else removed some of the messages meanwhile (RFC 5530 3): the others were answered.
pub(super) fn accept_expunged(result: Result<(), SourceError>) -> Result<(), SourceError> {
    match result {
        Err(error) if error.reply().is_some_and(|reply| reply.code == Some("EXPUNGEISSUED")) => Ok(()),
        other => other,
    }
}

/// Was it a `NO` that means this name, not this moment?
pub(super) fn is_final_no(error: &SourceError) -> bool {
    let Some(reply) = error.reply().filter(|reply| reply.status == "NO") else { return false };
    matches!(reply.code, None | Some("CANNOT" | "NOPERM" | "NONEXISTENT"))
}

/// A step that brings `count` messages of at most `bytes_max` octets each, [`BATCH_BYTES_MAX`] together unless one alone
/// is larger. Twice that is let through, for sizes that were only estimated.
pub(super) fn transfer(count: usize, bytes_max: u64) -> Step {
    let expected = BATCH_BYTES_MAX.max(bytes_max).min(bytes_max.saturating_mul(count as u64));
    let budget = Budget {
        literal_bytes_max: bytes_max,
        bytes_max: expected.saturating_mul(2).saturating_add(BUDGET.bytes_max),
        ..BUDGET
    };
    let step = Step::new("messages could not be fetched", ErrorKind::Unavailable);
    Step { budget, deadline: time_for(expected), ..step }
}

fn time_for(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / BYTES_PER_SECOND_MIN)
}

/// The message with CRLF at every line's end, as IMAP wants it (RFC 3501 6.3.11).
pub(super) fn with_crlf(message: &[u8]) -> Result<Vec<u8>, SourceError> {
    if message.is_empty() || message.len() > APPEND_BYTES_MAX || message.contains(&0) {
        return Err(SourceError::new(ErrorKind::Limit, "a message to append is empty, too large or holds NUL"));
    }
    let mut out = Vec::with_capacity(message.len() + message.len() / 32);
    let mut rest = message;
    while let Some(end) = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')) {
        let (line, tail) = rest.split_at(end);
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        let one = tail.get(1..).unwrap_or_default();
        rest = if tail.starts_with(b"\r\n") { one.get(1..).unwrap_or_default() } else { one };
    }
    out.extend_from_slice(rest);
    Ok(out)
}
