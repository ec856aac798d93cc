//! Sources: the places that mail is pulled from.
//!
//! A closed enum; every sibling has the same functions in the same order. A source knows nothing of tickets, verdicts
//! or the ledger: it lists, fetches, moves, appends and removes by UID, and says exactly what it could not do.
//!
//! **Invariant:** reading changes nothing. Folders are opened read-only, bodies are peeked at; only [`Source::ensure_folder`],
//! [`Source::move_to`], [`Source::append`] and [`Source::remove`] write, so a daemon that observes never calls them.
//!
//! **Invariant:** absence is never an error. A UID that is gone is left out of the answer, and the parent decides.
//!
//! **Invariant:** after an error that is not an orderly refusal the connection is dropped; no late reply can be taken for
//! the answer to the next command. The next [`Source::connect`] starts anew.

mod error;
mod imap;
mod maildir;

pub(crate) use error::{ErrorKind, SourceError};

use crate::config;
use imap::ImapSource;
use lazaret_core::RawMessage;
use maildir::MaildirSource;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Octets that one [`Source::fetch`] should ask for, by announced size: what a batch may hold in memory.
pub(crate) const BATCH_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Messages that one [`Source::fetch`] may ask for.
pub(crate) const BATCH_MESSAGES_MAX: usize = 64;

/// A secret that could not be read; which one and why was said where it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecretUnreadable;

/// Reads a secret; called at every login, so a changed password needs no restart.
pub(crate) type Secrets = Arc<dyn Fn(&config::SecretRef) -> Result<Zeroizing<String>, SecretUnreadable> + Send + Sync>;

/// A folder and how many messages are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderInfo {
    /// Name in plain Unicode, as the configuration writes it.
    pub(crate) name: String,
    /// Messages in it; 0 where it cannot be opened.
    pub(crate) messages: u32,
}

/// The bearer token of a login; never the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// When its command gave it, in seconds since 1970.
    pub(crate) at: i64,
    /// When it expires, where it is a JWT that says so.
    pub(crate) expires_at: Option<i64>,
}

/// A folder that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selected {
    /// UIDVALIDITY (RFC 3501 2.3.1.1); 0: the server gave none, and UIDs must not be relied on.
    pub(crate) uid_validity: u32,
    /// Predicted next UID; 0: the server gave none, and the folder is empty.
    pub(crate) uid_next: u32,
    /// Messages in the folder.
    pub(crate) messages: u32,
}

/// One fetched message.
pub(crate) struct Fetched {
    /// UID.
    pub(crate) uid: u32,
    /// Size as announced (RFC822.SIZE) in octets; where it differs from the length of `octets`, the octets count.
    pub(crate) size_bytes: u64,
    /// The octets.
    pub(crate) octets: RawMessage,
}

/// Why [`Source::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The folder changed, or may have.
    Changed,
    /// The time is over.
    Elapsed,
}

/// A place that mail is pulled from.
pub(crate) enum Source {
    /// An IMAP server.
    Imap(Box<ImapSource>),
    /// A Maildir on this machine.
    Maildir(MaildirSource),
}

/// Calls the same function of whichever source it is.
macro_rules! each {
    ($self:ident, $source:ident => $call:expr) => {
        match $self {
            Source::Imap($source) => $call,
            Source::Maildir($source) => $call,
        }
    };
}

impl Source {
    /// Makes a source; no I/O.
    pub(crate) fn open(mailbox: &config::Mailbox, secrets: Secrets) -> Source {
        match &mailbox.source {
            config::Source::Imap(imap) => Source::Imap(Box::new(ImapSource::open(imap, secrets))),
            config::Source::Maildir(path) => Source::Maildir(MaildirSource::open(&mailbox.name, path)),
        }
    }

    /// Names the directory where a source that has no UIDs of its own may keep them between two starts.
    pub(crate) fn with_state(self, dir: &Path) -> Source {
        match self {
            Source::Imap(imap) => Source::Imap(imap),
            Source::Maildir(maildir) => Source::Maildir(maildir.with_state(dir)),
        }
    }

    /// Connects and logs in, unless that is done already.
    pub(crate) async fn connect(&mut self) -> Result<(), SourceError> {
        each!(self, source => source.connect().await)
    }

    /// The token of the last login, where there is one.
    pub(crate) fn token(&self) -> Option<Token> {
        match self {
            Source::Imap(imap) => imap.token,
            Source::Maildir(_) => None,
        }
    }

    /// All folders with their counts, for `init` and `check`.
    pub(crate) async fn folders(&mut self) -> Result<Vec<FolderInfo>, SourceError> {
        each!(self, source => source.folders().await)
    }

    /// Opens a folder for reading; the functions by UID below speak of it.
    pub(crate) async fn select(&mut self, folder: &str) -> Result<Selected, SourceError> {
        each!(self, source => source.select(folder).await)
    }

    /// All UIDs of the folder, ascending; with `since`, those received on that day or later (seconds since 1970).
    pub(crate) async fn uids(&mut self, since: Option<i64>) -> Result<Vec<u32>, SourceError> {
        each!(self, source => source.uids(since).await)
    }

    /// Waits until the folder may have changed, `timeout` at most.
    pub(crate) async fn wait(&mut self, timeout: Duration) -> Result<Wake, SourceError> {
        each!(self, source => source.wait(timeout).await)
    }

    /// Sizes in octets, ascending by UID. A server may estimate.
    pub(crate) async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u64)>, SourceError> {
        each!(self, source => source.sizes(uids).await)
    }

    /// Fetches whole messages, ascending by UID; `bytes_max` bounds each of them. See [`batches`] for how many at once.
    ///
    /// A message that turns out larger than `bytes_max` fails the whole call with [`ErrorKind::Limit`]; asked for alone,
    /// that error says which one it is.
    pub(crate) async fn fetch(&mut self, uids: &[u32], bytes_max: u64) -> Result<Vec<Fetched>, SourceError> {
        each!(self, source => source.fetch(uids, bytes_max).await)
    }

    /// Fetches the first `bytes_max` octets of a message's header, for what is too large to be fetched.
    pub(crate) async fn fetch_header(&mut self, uid: u32, bytes_max: usize) -> Result<RawMessage, SourceError> {
        each!(self, source => source.fetch_header(uid, bytes_max).await)
    }

    /// Creates a folder that is not there. Comes before anything else with a folder that is written to: on servers whose
    /// names all begin with INBOX it also finds that out.
    pub(crate) async fn ensure_folder(&mut self, name: &str) -> Result<(), SourceError> {
        each!(self, source => source.ensure_folder(name).await)
    }

    /// Moves messages to another folder; the answer is what is no longer here.
    pub(crate) async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<Vec<u32>, SourceError> {
        each!(self, source => source.move_to(uids, folder).await)
    }

    /// Stores a message in a folder; `date` is the received date in seconds since 1970. Answers its UID if that is told.
    #[cfg(test)]
    pub(crate) async fn append(
        &mut self,
        folder: &str,
        message: &[u8],
        date: Option<i64>,
    ) -> Result<Option<u32>, SourceError> {
        each!(self, source => source.append(folder, message, date).await)
    }

    /// Stores several messages, in one round trip where the server allows it. The outer error is that of the connection:
    /// then it is not known which of them are stored. The inner ones are refusals of one message.
    pub(crate) async fn append_all(
        &mut self,
        folder: &str,
        messages: &[(&[u8], Option<i64>)],
    ) -> Result<Vec<Result<Option<u32>, SourceError>>, SourceError> {
        each!(self, source => source.append_all(folder, messages).await)
    }

    /// Messages in `folder` whose header field `header` contains `value`; the selected folder stays selected.
    pub(crate) async fn find(&mut self, folder: &str, header: &str, value: &str) -> Result<Vec<u32>, SourceError> {
        each!(self, source => source.find(folder, header, value).await)
    }

    /// Removes messages for good; the answer is what was looked for afterwards and is not there.
    pub(crate) async fn remove(&mut self, uids: &[u32]) -> Result<Vec<u32>, SourceError> {
        each!(self, source => source.remove(uids).await)
    }

    /// Says good-bye; the source can be connected again.
    pub(crate) async fn logout(&mut self) {
        each!(self, source => source.logout().await)
    }
}

/// Cuts UIDs into batches for [`Source::fetch`]: at most `messages_max` messages and [`BATCH_BYTES_MAX`] octets each, a
/// larger message alone.
pub(crate) fn batches(sizes: &[(u32, u64)], messages_max: usize) -> Vec<Vec<u32>> {
    let messages_max = messages_max.clamp(1, BATCH_MESSAGES_MAX);
    let mut batches: Vec<Vec<u32>> = Vec::new();
    let mut batch_bytes = 0u64;
    for (uid, size) in sizes {
        let bytes = batch_bytes.saturating_add(*size);
        match batches.last_mut() {
            Some(batch) if batch.len() < messages_max && bytes <= BATCH_BYTES_MAX => {
                batch.push(*uid);
                batch_bytes = bytes;
            }
            _ => {
                batches.push(vec![*uid]);
                batch_bytes = *size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests;
