//! Replies by SMTP submission (RFC 5321, RFC 6409): one kept connection, one recipient a transaction.
//!
//! The commands are lettre's, sent one by one, because the point of no return lies between the `354` that answers `DATA`
//! and the text: `before_dot` must be durable before the text and the final dot go out. A deadline covers the whole
//! transaction. After any error or missed deadline the connection is dropped, never used again: a late answer would be
//! taken for that of the next reply. Of what the server says, the code alone is kept.

use super::letter::address;
use super::{Fault, Letter, Sent, Withdrawn, stream};
use crate::config::{self, SmtpTls};
use crate::{keys, tls};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Codes by which a server refuses us, not the reply (RFC 4954, RFC 5321 3.8 and 4.2.1).
const RELAY_CODES: [u16; 6] = [421, 454, 530, 534, 535, 538];

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    /// Name, TCP, TLS, greeting, EHLO and login.
    pub(crate) connect: Duration,
    /// `MAIL` to the answer after the final dot (RFC 5321 4.5.3.2 gives a server ten minutes for that one; a relay of
    /// our own that takes longer than this has trouble, and the reply counts as unknown).
    pub(crate) send: Duration,
    /// A connection that rested longer is not used again: the server may be about to close it.
    pub(crate) idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        let secs = Duration::from_secs;
        Deadlines { connect: secs(30), send: secs(300), idle: secs(20) }
    }
}

/// A submission server and the connection to it.
pub(crate) struct Smtp {
    host: String,
    port: u16,
    tls: SmtpTls,
    tls_config: Option<Arc<rustls::ClientConfig>>,
    login: Option<(String, Zeroizing<String>)>,
    hello: ClientId,
    deadlines: Deadlines,
    kept: Option<(AsyncSmtpConnection, Instant)>,
}

/// Where a transaction stands; what a failure means depends on nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No `MAIL` was answered: a kept connection may simply be stale.
    Opening,
    /// `MAIL` was answered, the text not begun.
    Before,
    /// The text and the final dot may have gone out.
    Dot,
}

impl Smtp {
    /// Reads the secret and the certificate authorities; connects to nothing.
    pub(crate) fn open(smtp: &config::Smtp) -> Result<Smtp, Fault> {
        let tls_config = match smtp.tls {
            SmtpTls::PlainLoopback => None,
            SmtpTls::Implicit | SmtpTls::StartTls => {
                Some(tls::client_config(smtp.ca_file.as_deref()).map_err(|_| Fault::Setup)?)
            }
        };
        let login = match &smtp.login {
            Some((user, secret)) => {
                let secret = keys::secret(secret).map_err(|_| Fault::Setup)?;
                Some((user.clone(), secret))
            }
            None => None,
        };
        Ok(Smtp::new(smtp, tls_config, login, Deadlines::default()))
    }

    /// With everything given.
    pub(crate) fn new(
        smtp: &config::Smtp,
        tls_config: Option<Arc<rustls::ClientConfig>>,
        login: Option<(String, Zeroizing<String>)>,
        deadlines: Deadlines,
    ) -> Smtp {
        let (host, port, tls) = (smtp.host.clone(), smtp.port, smtp.tls);
        Smtp { host, port, tls, tls_config, login, hello: hello(), deadlines, kept: None }
    }

    /// Delivers one mail.
    pub(crate) async fn deliver<F, Fut>(&mut self, letter: &Letter, before_dot: F) -> Sent
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), Withdrawn>>,
    {
        // The hook can run once. A stale connection fails before it is called, so the second try still has it.
        let mut before_dot = Some(before_dot);
        if let Some((connection, since)) = self.kept.take()
            && since.elapsed() <= self.deadlines.idle
        {
            let (sent, stage) = self.attempt(connection, letter, &mut before_dot).await;
            let closed = matches!(
                sent,
                Sent::Deferred { code: Some(421), .. } | Sent::Deferred { code: None, relay: Some(Fault::Connect) }
            );
            if stage != Stage::Opening || !closed {
                return sent;
            }
        }
        match timeout(self.deadlines.connect, self.connect()).await {
            Ok(Ok(connection)) => self.attempt(connection, letter, &mut before_dot).await.0,
            Ok(Err((fault, code))) => Sent::Deferred { code, relay: Some(fault) },
            Err(_) => Sent::Deferred { code: None, relay: Some(Fault::Timeout) },
        }
    }

    /// Connects, logs in and asks for nothing (`NOOP`).
    pub(crate) async fn probe(&self) -> Result<(), (Fault, Option<u16>)> {
        let mut connection =
            timeout(self.deadlines.connect, self.connect()).await.map_err(|_| (Fault::Timeout, None))??;
        let alive = timeout(self.deadlines.connect, connection.test_connected()).await.unwrap_or(false);
        let _ = timeout(Duration::from_secs(2), connection.quit()).await;
        if alive { Ok(()) } else { Err((Fault::Connect, None)) }
    }

    /// Ends the connection in order.
    pub(crate) async fn rest(&mut self) {
        if let Some((mut connection, _)) = self.kept.take() {
            // Whether the server says good-bye too is its own affair.
            let _ = timeout(Duration::from_secs(2), connection.quit()).await;
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, (Fault, Option<u16>)> {
        let hello = self.hello.to_string();
        let stream = stream::connect(&self.host, self.port, self.tls, self.tls_config.clone(), &hello)
            .await
            .map_err(|fault| (fault, None))?;
        let refused = |error: Error| match code_of(&error) {
            Some(code) => (Fault::Refused, Some(code)),
            None => (Fault::Connect, None),
        };
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await.map_err(refused)?;
        if let Some((user, secret)) = &self.login {
            let credentials = Credentials::new(user.clone(), secret.to_string());
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            login.map_err(|error| (Fault::Refused, code_of(&error)))?;
        }
        Ok(connection)
    }

    /// One transaction under its deadline; keeps the connection if it ended in order.
    async fn attempt<F, Fut>(
        &mut self,
        mut connection: AsyncSmtpConnection,
        letter: &Letter,
        before_dot: &mut Option<F>,
    ) -> (Sent, Stage)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), Withdrawn>>,
    {
        let mut stage = Stage::Opening;
        let transaction = transact(&mut connection, letter, before_dot, &mut stage);
        let sent = timeout(self.deadlines.send, transaction).await;
        let sent = sent.unwrap_or(match stage {
            Stage::Dot => Sent::Unknown,
            Stage::Opening | Stage::Before => Sent::Deferred { code: None, relay: Some(Fault::Timeout) },
        });
        if matches!(sent, Sent::Accepted { .. }) {
            self.kept = Some((connection, Instant::now()));
        }
        (sent, stage)
    }
}

async fn transact<F, Fut>(
    connection: &mut AsyncSmtpConnection,
    letter: &Letter,
    before_dot: &mut Option<F>,
    stage: &mut Stage,
) -> Sent
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<(), Withdrawn>>,
{
    let Some((mail, rcpt)) = commands(connection, letter) else { return Sent::Failed { code: None } };
    let answer = connection.command(mail).await;
    if answer.is_ok() {
        *stage = Stage::Before;
    }
    if let Err(sent) = expect(answer, 2) {
        return sent;
    }
    if let Err(sent) = expect(connection.command(rcpt).await, 2) {
        return sent;
    }
    if let Err(sent) = expect(connection.command(Data).await, 3) {
        return sent;
    }
    let Some(hook) = before_dot.take() else { return Sent::Deferred { code: None, relay: None } };
    if hook().await.is_err() {
        return Sent::Deferred { code: None, relay: None };
    }
    *stage = Stage::Dot;
    match connection.message(&letter.octets).await {
        Ok(response) => match u16::from(response.code()) {
            code @ 200..=299 => Sent::Accepted { code },
            _ => Sent::Unknown,
        },
        // The server's own no is an answer. Anything else is none.
        Err(error) if error.is_permanent() => Sent::Failed { code: code_of(&error) },
        Err(error) if error.is_transient() => Sent::Deferred { code: code_of(&error), relay: None },
        Err(_) => Sent::Unknown,
    }
}

/// `MAIL` and `RCPT`; `None` where the server cannot take the address (RFC 6531).
fn commands(connection: &AsyncSmtpConnection, letter: &Letter) -> Option<(Mail, Rcpt)> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let from = letter.from.as_ref().map(address).transpose().ok()?;
    let to = address(&letter.to).ok()?;
    let international = !letter.to.as_str().is_ascii() || letter.from.as_ref().is_some_and(|f| !f.as_str().is_ascii());
    let mut parameters = Vec::new();
    if international {
        if !offers(Extension::SmtpUtfEight) {
            return None;
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !letter.octets.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return None;
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Some((Mail::new(from, parameters), Rcpt::new(to, Vec::new())))
}

/// Before the point of no return: the wished class of code, or how the attempt ended.
fn expect(answer: Result<Response, Error>, class: u16) -> Result<(), Sent> {
    match answer {
        Ok(response) if u16::from(response.code()) / 100 == class => Ok(()),
        // An answer of another class is out of step: the connection is of no use.
        Ok(response) => Err(Sent::Deferred { code: Some(u16::from(response.code())), relay: None }),
        Err(error) => Err(match code_of(&error) {
            None => Sent::Deferred { code: None, relay: Some(Fault::Connect) },
            Some(code) if RELAY_CODES.contains(&code) => {
                Sent::Deferred { code: Some(code), relay: Some(Fault::Refused) }
            }
            Some(code) if error.is_permanent() => Sent::Failed { code: Some(code) },
            Some(code) => Sent::Deferred { code: Some(code), relay: None },
        }),
    }
}

fn code_of(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// What we call ourselves in EHLO: the host's full name, else an address literal (RFC 5321 4.1.3).
fn hello() -> ClientId {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let good = name.contains('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if good { ClientId::Domain(name.to_owned()) } else { ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST) }
}

#[cfg(test)]
mod tests;
