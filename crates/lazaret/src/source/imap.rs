//! IMAP (RFC 3501) over implicit TLS (RFC 8314), with MOVE, UIDPLUS, IDLE, LITERAL+ and SASL-IR where announced.
//!
//! Asked for are few and simple items: UID, RFC822.SIZE, `BODY.PEEK[]` and `BODY.PEEK[HEADER]`; never ENVELOPE, never
//! BODYSTRUCTURE, never ESEARCH, whose many broken forms would cost a whole connection. Answers are matched by UID alone:
//! what was not asked for, came twice or came without a body is passed over.

mod auth;
mod bounded;
mod connect;
pub(super) mod names;
mod seen;
mod session;
mod set;
mod status;
mod steps;

use super::error::{ErrorKind, SourceError};
use super::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Fetched, FolderInfo, Secrets, Selected, Wake};
use crate::config;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};
use lazaret_core::RawMessage;
use seen::Seen;
use session::{Session, Step};
use status::Caps;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use steps::{accept_expunged, is_final_no, transfer, with_crlf};

/// UIDs in one SEARCH. The reader parses a line anew with each 4 KiB that arrive, so a line must not grow with the folder.
const WINDOW_UIDS: u32 = 20_000;

/// The widest window, in a folder whose UIDs are sparse.
const WINDOW_UIDS_MAX: u32 = 16 * WINDOW_UIDS;

/// UIDs in one command that is answered by a line each.
const LINES_MAX: usize = 2_000;

/// Folders that are listed.
const FOLDERS_MAX: usize = 5_000;

/// Messages appended before their answers are awaited.
const APPENDS_MAX: usize = 16;

/// Longest stay in IDLE; servers may hang up after 30 minutes, middle boxes sooner.
const IDLE_MAX: Duration = Duration::from_secs(9 * 60);

/// An IMAP account.
pub(crate) struct ImapSource {
    imap: config::Imap,
    secrets: Secrets,
    tls: Option<Arc<rustls::ClientConfig>>,
    session: Option<Session>,
    folder: Option<Folder>,
    delimiter: Option<char>,
    /// Do the names of all folders begin with INBOX? Found out by [`ImapSource::ensure_folder`].
    is_prefixed: bool,
    /// Folders that this session has seen or made.
    ensured: Vec<String>,
    /// Of the last login.
    pub(super) token: Option<super::Token>,
    /// No command may take longer; only tests are less patient than the steps themselves.
    pub(super) deadline_max: Duration,
}

/// The open folder.
#[derive(Clone)]
struct Folder {
    name: String,
    selected: Selected,
    is_writable: bool,
}

impl ImapSource {
    pub(crate) fn open(imap: &config::Imap, secrets: Secrets) -> ImapSource {
        ImapSource {
            imap: imap.clone(),
            secrets,
            tls: None,
            session: None,
            folder: None,
            delimiter: None,
            is_prefixed: false,
            ensured: Vec::new(),
            token: None,
            deadline_max: Duration::MAX,
        }
    }

    pub(crate) async fn connect(&mut self) -> Result<(), SourceError> {
        if self.session.as_ref().is_some_and(Session::is_ready) {
            return Ok(());
        }
        self.session = None;
        self.folder = None;
        self.delimiter = None;
        self.ensured.clear();
        let mut attempt = self.log_in().await;
        if auth::is_renewable(&self.imap.auth) && attempt.as_ref().is_err_and(|e| e.kind() == ErrorKind::Auth) {
            attempt = self.log_in().await;
        }
        self.session = Some(attempt?);
        Ok(())
    }

    pub(crate) async fn folders(&mut self) -> Result<Vec<FolderInfo>, SourceError> {
        let delimiter = self.delimiter().await?;
        let mut names: Vec<(String, bool)> = Vec::new();
        let step = Step::new("the folders could not be listed", ErrorKind::Unavailable);
        self.session()?
            .run(step, r#"LIST "" "*""#, &[], &mut |response| {
                if let Response::MailboxData(MailboxDatum::List(entry)) = response {
                    let opens = !entry.name_attributes.contains(&NameAttribute::NoSelect);
                    if names.len() < FOLDERS_MAX {
                        names.push((names::unquoted(&entry.name), opens));
                    }
                }
            })
            .await?;
        let mut folders = Vec::with_capacity(names.len());
        for (wire, opens) in names {
            let messages = if opens { self.count(&wire).await? } else { 0 };
            folders.push(FolderInfo { name: names::plain(&wire, delimiter), messages });
        }
        folders.sort_by(|a, b| a.name.cmp(&b.name));
        folders.dedup();
        Ok(folders)
    }

    pub(crate) async fn select(&mut self, folder: &str) -> Result<Selected, SourceError> {
        self.open_folder(folder, false).await
    }

    pub(crate) async fn uids(&mut self, since: Option<i64>) -> Result<Vec<u32>, SourceError> {
        let Selected { uid_next, messages, .. } = self.folder()?.selected;
        if messages == 0 {
            return Ok(Vec::new());
        }
        let since = since.map(names::day).transpose()?.map(|day| format!(" SINCE {day}")).unwrap_or_default();
        let mut window = WINDOW_UIDS;
        let mut first = 1u32;
        let mut uids = Vec::new();
        if messages > WINDOW_UIDS {
            while uid_next.saturating_sub(first) > window {
                let last = first + (window - 1);
                let found = self.search(&format!("UID {first}:{last}{since}")).await?;
                let is_sparse = found.len() < (window / 4) as usize;
                uids.extend(found);
                first = last + 1;
                window = if is_sparse { (window * 2).min(WINDOW_UIDS_MAX) } else { WINDOW_UIDS };
            }
        }
        uids.extend(self.search(&format!("UID {first}:*{since}")).await?);
        Ok(set::sorted(&uids))
    }

    pub(crate) async fn wait(&mut self, timeout: Duration) -> Result<Wake, SourceError> {
        self.folder()?;
        let session = self.session()?;
        if session.told.grown {
            return Ok(Wake::Changed);
        }
        if !session.told.caps.is_some_and(|caps| caps.idle) {
            tokio::time::sleep(timeout).await;
            return Ok(Wake::Elapsed);
        }
        Ok(if session.idle(timeout.min(IDLE_MAX)).await? { Wake::Changed } else { Wake::Elapsed })
    }

    pub(crate) async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u64)>, SourceError> {
        self.folder()?;
        let uids = set::sorted(uids);
        let step = Step::new("the sizes of messages could not be read", ErrorKind::Unavailable);
        let mut sizes = BTreeMap::new();
        for (_, set) in set::cut(&uids, LINES_MAX) {
            let on = &mut |response: &Response<'_>| {
                if let Some(seen) = Seen::read(response).filter(|seen| uids.binary_search(&seen.uid).is_ok()) {
                    match seen.size {
                        Some(size) => sizes
                            .entry(seen.uid)
                            .and_modify(|known| *known = u64::from(size).min(*known))
                            .or_insert(u64::from(size)),
                        // A size that does not fit 32 bits is an item that the parser gave up on.
                        None if seen.is_unreadable => sizes.entry(seen.uid).or_insert(u64::MAX),
                        None => return,
                    };
                }
            };
            accept_expunged(self.session()?.run(step, &format!("UID FETCH {set} (UID RFC822.SIZE)"), &[], on).await)?;
        }
        Ok(sizes.into_iter().collect())
    }

    pub(crate) async fn fetch(&mut self, uids: &[u32], bytes_max: u64) -> Result<Vec<Fetched>, SourceError> {
        self.folder()?;
        let uids = set::sorted(uids);
        let mut fetched = BTreeMap::new();
        for (count, set) in set::cut(&uids, BATCH_MESSAGES_MAX) {
            let on = &mut |response: &Response<'_>| {
                if let Some(Seen { uid, size, body: Some(body), .. }) = Seen::read(response)
                    && uids.binary_search(&uid).is_ok()
                {
                    fetched.entry(uid).or_insert_with(|| Fetched {
                        uid,
                        size_bytes: size.map_or(body.len() as u64, u64::from),
                        octets: RawMessage::new(body.to_vec()),
                    });
                }
            };
            let step = transfer(count, bytes_max);
            let command = format!("UID FETCH {set} (UID RFC822.SIZE BODY.PEEK[])");
            accept_expunged(self.session()?.run(step, &command, &[], on).await)?;
        }
        Ok(fetched.into_values().collect())
    }

    pub(crate) async fn fetch_header(&mut self, uid: u32, bytes_max: usize) -> Result<RawMessage, SourceError> {
        self.folder()?;
        let mut header: Option<Vec<u8>> = None;
        let on = &mut |response: &Response<'_>| {
            if let Some(Seen { uid: theirs, header: Some(octets), .. }) = Seen::read(response)
                && theirs == uid
            {
                let end = octets.len().min(bytes_max);
                header.get_or_insert_with(|| octets.get(..end).unwrap_or_default().to_vec());
            }
        };
        // Some servers pass over the range and send all of it.
        let step = transfer(1, (bytes_max as u64).saturating_mul(4).max(4 * 1024 * 1024));
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[HEADER]<0.{}>)", bytes_max.max(1));
        accept_expunged(self.session()?.run(step, &command, &[], on).await)?;
        header
            .map(RawMessage::new)
            .ok_or(SourceError::new(ErrorKind::Unavailable, "the server gave no header of a message"))
    }

    pub(crate) async fn ensure_folder(&mut self, name: &str) -> Result<(), SourceError> {
        self.session()?;
        if self.ensured.iter().any(|known| known == name) {
            return Ok(());
        }
        let refused = match self.create(name).await {
            // On many servers all names begin with INBOX and the delimiter, and nothing that our parser reads says so.
            Err(error) if !self.is_prefixed && is_final_no(&error) => error,
            done => return done,
        };
        self.is_prefixed = true;
        if self.create(name).await.is_err() {
            self.is_prefixed = false;
            return Err(refused);
        }
        Ok(())
    }

    pub(crate) async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<Vec<u32>, SourceError> {
        let Caps { moves, uidplus, .. } = self.caps()?;
        if !moves && !uidplus {
            return Err(SourceError::new(
                ErrorKind::Unsupported,
                "the server can neither move messages (MOVE) nor remove chosen ones (UIDPLUS)",
            ));
        }
        let wire = self.wire(folder).await?;
        self.make_writable().await?;
        let uids = set::sorted(uids);
        let step = Step::new("messages could not be moved", ErrorKind::Unavailable);
        for (_, set) in set::cut(&uids, LINES_MAX) {
            let verb = if moves { "MOVE" } else { "COPY" };
            let command = format!("UID {verb} {set} {wire}");
            let moved = self.session()?.run(step, &command, &[], &mut |_| ()).await;
            accept_expunged(self.forget_missing(folder, moved))?;
            if !moves {
                self.expunge(&set, step).await?;
            }
        }
        self.gone(uids).await
    }

    #[cfg(test)]
    pub(crate) async fn append(
        &mut self,
        folder: &str,
        message: &[u8],
        date: Option<i64>,
    ) -> Result<Option<u32>, SourceError> {
        let mut results = self.append_all(folder, &[(message, date)]).await?;
        results.pop().unwrap_or(Err(SourceError::new(ErrorKind::Protocol, "a message could not be appended")))
    }

    /// Appends several messages; sent in one go where the server allows it. One refused message does not hold up others.
    pub(crate) async fn append_all(
        &mut self,
        folder: &str,
        messages: &[(&[u8], Option<i64>)],
    ) -> Result<Vec<Result<Option<u32>, SourceError>>, SourceError> {
        let wire = self.wire(folder).await?;
        let is_plus = self.caps()?.literal_plus;
        let mut results = Vec::with_capacity(messages.len());
        for some in messages.chunks(if is_plus { APPENDS_MAX } else { 1 }) {
            let mut commands = Vec::with_capacity(some.len());
            let texts: Vec<_> = some.iter().map(|(message, _)| with_crlf(message)).collect::<Result<_, _>>()?;
            for ((_, date), text) in some.iter().zip(&texts) {
                let date = date.map(names::date_time).transpose()?.map(|date| format!(" \"{date}\""));
                commands.push((format!("APPEND {wire}{}", date.unwrap_or_default()), text.as_slice()));
            }
            results.extend(self.append_some(is_plus, &commands).await?);
        }
        let results: Vec<_> = results.into_iter().map(|result| self.forget_missing(folder, result)).collect();
        Ok(results)
    }

    pub(crate) async fn find(&mut self, folder: &str, header: &str, value: &str) -> Result<Vec<u32>, SourceError> {
        if header.is_empty() || !header.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-') {
            return Err(SourceError::new(ErrorKind::Config, "a header name holds other than letters, digits and -"));
        }
        let query = format!("HEADER {header} {}", names::quoted(value)?);
        let before = self.folder.clone();
        if before.as_ref().is_some_and(|open| open.name == folder) {
            return self.search(&query).await;
        }
        let found = match self.open_folder(folder, false).await {
            Ok(_) => self.search(&query).await,
            Err(error) => Err(error),
        };
        if let Some(before) = before
            && self.session.as_ref().is_some_and(Session::is_ready)
        {
            let again = self.open_folder(&before.name, before.is_writable).await?;
            if again.uid_validity != before.selected.uid_validity {
                self.folder = None;
                return Err(SourceError::new(ErrorKind::Unavailable, "the folder was replaced while it was open"));
            }
        }
        found
    }

    pub(crate) async fn remove(&mut self, uids: &[u32]) -> Result<Vec<u32>, SourceError> {
        if !self.caps()?.uidplus {
            return Err(SourceError::new(ErrorKind::Unsupported, "the server cannot remove chosen messages (UIDPLUS)"));
        }
        self.make_writable().await?;
        let uids = set::sorted(uids);
        let step = Step::new("messages could not be removed", ErrorKind::Unavailable);
        for (_, set) in set::cut(&uids, LINES_MAX) {
            self.expunge(&set, step).await?;
        }
        self.gone(uids).await
    }

    pub(crate) async fn logout(&mut self) {
        let step = Step {
            deadline: Duration::from_secs(5),
            ..Step::new("the server did not say good-bye", ErrorKind::Unavailable)
        };
        if let Some(mut session) = self.session.take() {
            // It is over either way.
            let _ = session.run(step, "LOGOUT", &[], &mut |_| ()).await;
        }
        self.folder = None;
    }
}
