//! What can go wrong at a source.
//!
//! **Invariant:** an error holds our own words and at most a reply code from a fixed list; never text of the server, a
//! message, a name or a token.

use std::fmt;

/// What the parent should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ErrorKind {
    /// The login was refused: wrong or expired secret, or no right to the mailbox.
    Auth,
    /// Not reachable, connection lost, or the server says "not now".
    Unavailable,
    /// The peer does not speak the protocol as agreed.
    Protocol,
    /// A deadline passed.
    Timeout,
    /// The server lacks what the step needs.
    Unsupported,
    /// No such folder.
    NoFolder,
    /// The configuration or a file it names is unusable.
    Config,
    /// A bound tripped: literal, line, or number of responses.
    Limit,
}

/// A step at a source that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceError {
    kind: ErrorKind,
    what: &'static str,
    reply: Option<Reply>,
}

/// The server's tagged answer, cut to what is known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    /// `NO`, `BAD` or `BYE`.
    pub(crate) status: &'static str,
    /// Response code (RFC 5530 and others), if it is one of ours.
    pub(crate) code: Option<&'static str>,
}

impl SourceError {
    /// An error of our own finding.
    pub(crate) fn new(kind: ErrorKind, what: &'static str) -> SourceError {
        SourceError { kind, what, reply: None }
    }

    /// An orderly refusal by the server.
    pub(crate) fn refused(kind: ErrorKind, what: &'static str, reply: Reply) -> SourceError {
        SourceError { kind, what, reply: Some(reply) }
    }

    /// What the parent should do about it.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The server's reply, if it was one that refused.
    pub(crate) fn reply(&self) -> Option<Reply> {
        self.reply
    }

    /// Is the same call worth trying again later, with nothing changed on our side?
    pub(crate) fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Unavailable | ErrorKind::Protocol | ErrorKind::Timeout => true,
            ErrorKind::Auth | ErrorKind::Unsupported | ErrorKind::NoFolder | ErrorKind::Config | ErrorKind::Limit => {
                false
            }
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match self.reply {
            Some(Reply { status, code: Some(code) }) => write!(f, " (server: {status} [{code}])"),
            Some(Reply { status, code: None }) => write!(f, " (server: {status})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SourceError {}
