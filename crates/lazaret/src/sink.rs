//! Where mail of ours goes: replies and forwarded copies by SMTP or into files; clean copies are built here and appended by
//! their source, documents for webhooks are built and signed here.
//!
//! Every transport has the same two steps and the same four ends. Before the point of no return anything that goes wrong
//! leaves the reply unsent and it is tried again; that point is recorded durably by the caller's `before_dot`, and
//! after it a missing answer means that nobody knows: [`Sent::Unknown`], never sent again by itself.

pub(crate) mod clean;
pub(crate) mod files;
pub(crate) mod forward;
pub(crate) mod letter;
pub(crate) mod reply;
mod stream;
pub(crate) mod webhook;

use crate::config::Transport;
use lazaret_core::Addr;
use std::future::Future;

/// One mail, ready to go, to one recipient.
pub(crate) struct Letter {
    /// Outbox id.
    pub(crate) id: String,
    /// Envelope sender; `None` is `<>`.
    pub(crate) from: Option<Addr>,
    /// The one recipient.
    pub(crate) to: Addr,
    /// The message (RFC 5322), lines ended by CRLF.
    pub(crate) octets: Vec<u8>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Taken.
    Accepted {
        /// Reply code; 250 for a file.
        code: u16,
    },
    /// Not taken, to be tried again; certainly nothing was sent.
    Deferred {
        /// Reply code, if there was one.
        code: Option<u16>,
        /// Set where no reply could have left: no connection, no login. The others should wait too.
        relay: Option<Fault>,
    },
    /// Refused for good.
    Failed {
        /// Reply code, if there was one.
        code: Option<u16>,
    },
    /// It may have been taken.
    Unknown,
}

/// Why no reply can leave at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The secret or the certificate authorities cannot be had.
    #[error("the relay's secret or CA file cannot be read")]
    Setup,
    /// No connection, or it broke.
    #[error("no connection to the relay")]
    Connect,
    /// No TLS, or a certificate that does not verify.
    #[error("no TLS with the relay")]
    Tls,
    /// The relay does not offer STARTTLS, or spoke before TLS was up.
    #[error("the relay does not offer STARTTLS as it should")]
    StartTls,
    /// Plain text to a host that is not this one.
    #[error("plain text is for loopback addresses only")]
    NotLoopback,
    /// The relay refused the connection or the login.
    #[error("the relay refused us")]
    Refused,
    /// A deadline passed.
    #[error("the relay did not answer in time")]
    Timeout,
    /// The directory cannot be written.
    #[error("the directory for replies cannot be written")]
    Directory,
}

/// The caller could not record the point of no return: the mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Withdrawn;

/// A transport with its connection.
pub(crate) enum Sink {
    /// A submission server.
    Smtp(Box<reply::Smtp>),
    /// Files.
    Files(files::Files),
}

impl Sink {
    /// Takes what is configured; opens nothing yet.
    pub(crate) fn open(transport: &Transport) -> Result<Sink, Fault> {
        Ok(match transport {
            Transport::Smtp(smtp) => Sink::Smtp(Box::new(reply::Smtp::open(smtp)?)),
            Transport::Files(dir) => Sink::Files(files::Files::open(dir)),
        })
    }

    /// Delivers one mail. `before_dot` runs when the receiver is ready for the text and nothing of it was sent.
    pub(crate) async fn deliver<F, Fut>(&mut self, letter: &Letter, before_dot: F) -> Sent
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), Withdrawn>>,
    {
        match self {
            Sink::Smtp(smtp) => smtp.deliver(letter, before_dot).await,
            Sink::Files(files) => files.deliver(letter, before_dot).await,
        }
    }

    /// Connects, logs in and asks for nothing; for `check` and `init`.
    pub(crate) async fn probe(&self) -> Result<(), (Fault, Option<u16>)> {
        match self {
            Sink::Smtp(smtp) => smtp.probe().await,
            Sink::Files(files) => files.probe().await.map_err(|fault| (fault, None)),
        }
    }

    /// Says good-bye, so that an idle connection is not held.
    pub(crate) async fn rest(&mut self) {
        match self {
            Sink::Smtp(smtp) => smtp.rest().await,
            Sink::Files(_) => {}
        }
    }
}
