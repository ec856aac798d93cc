//! From nothing to a session that is logged in.

use super::super::error::{ErrorKind, SourceError};
use super::session::{Session, Step};
use super::{ImapSource, auth};
use crate::tls::{self, TlsError};
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Time to reach one address of the host.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// Time to look up the name, reach the host and agree on TLS.
const TLS_DEADLINE: Duration = Duration::from_secs(30);

/// Idle time before the kernel asks whether the peer still lives; home routers forget a connection after minutes.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Time that sent octets may stay unacknowledged.
const USER_TIMEOUT_MS: u32 = 120_000;

impl ImapSource {
    /// TCP, TLS, greeting, login, capabilities.
    pub(super) async fn log_in(&mut self) -> Result<Session, SourceError> {
        let tls = match &self.tls {
            Some(tls) => Arc::clone(tls),
            None => {
                let tls = tls::client_config(self.imap.ca_file.as_deref()).map_err(|error| {
                    SourceError::new(
                        ErrorKind::Config,
                        match error {
                            TlsError::Unreadable => "ca_file cannot be read",
                            TlsError::NoCertificate => "ca_file holds no usable certificate",
                            TlsError::Platform => "the certificate authorities of this machine cannot be loaded",
                        },
                    )
                })?;
                self.tls.insert(tls).clone()
            }
        };
        let stream = timeout(TLS_DEADLINE.min(self.deadline_max), handshake(&self.imap.host, self.imap.port, tls))
            .await
            .map_err(|_| SourceError::new(ErrorKind::Timeout, "the server did not answer in time"))??;
        let mut session = Session::greet(stream, self.deadline_max).await?;
        if session.told.caps.is_none() {
            ask_caps(&mut session).await?;
        }
        // What was told before the login says nothing about afterwards (RFC 3501 6.1.1).
        self.token = auth::login(&mut session, &self.imap, &self.secrets).await?;
        if !session.told.is_fresh {
            ask_caps(&mut session).await?;
        }
        Ok(session)
    }
}

async fn ask_caps(session: &mut Session) -> Result<(), SourceError> {
    let step = Step::new("the server did not say what it can do", ErrorKind::Unavailable);
    session.run(step, "CAPABILITY", &[], &mut |_| ()).await
}

async fn handshake(host: &str, port: u16, tls: Arc<rustls::ClientConfig>) -> Result<TlsStream<TcpStream>, SourceError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| SourceError::new(ErrorKind::Config, "host is no host name and no address"))?;
    let tcp = reach(host, port).await?;
    TlsConnector::from(tls).connect(name, tcp).await.map_err(|error| {
        let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
        if is_tls {
            SourceError::new(ErrorKind::Protocol, "TLS failed: the certificate or the protocol version does not fit")
        } else {
            SourceError::new(ErrorKind::Unavailable, "the server ended the connection before TLS was agreed on")
        }
    })
}

/// Tries the addresses of the host one after the other.
async fn reach(host: &str, port: u16) -> Result<TcpStream, SourceError> {
    let addresses = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| SourceError::new(ErrorKind::Unavailable, "the host name could not be looked up"))?;
    let mut error = SourceError::new(ErrorKind::Unavailable, "the host name has no address");
    for address in addresses {
        match timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                tune(&stream).map_err(|_| SourceError::new(ErrorKind::Unavailable, "the socket takes no options"))?;
                return Ok(stream);
            }
            Ok(Err(_)) => error = SourceError::new(ErrorKind::Unavailable, "the server refused the connection"),
            Err(_) => error = SourceError::new(ErrorKind::Timeout, "the server could not be reached in time"),
        }
    }
    Err(error)
}

fn tune(stream: &TcpStream) -> std::io::Result<()> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE)?;
    sockopt::set_tcp_user_timeout(stream, USER_TIMEOUT_MS)?;
    Ok(())
}
