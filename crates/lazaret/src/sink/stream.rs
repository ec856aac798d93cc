//! Our own connection under lettre's SMTP client: TCP_NODELAY, TLS from the first octet or after a STARTTLS that must
//! succeed, plain text to loopback only.
//!
//! lettre's own STARTTLS keeps what the peer sent before TLS was up and reads it as if it had come through TLS, so that
//! step is done here, and anything sent early ends the connection. After it lettre starts as on a fresh connection;
//! the greeting that it waits for is put in front of the stream.

use super::Fault;
use crate::config::SmtpTls;
use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Octets of one reply. lettre stops at 100,000, but reads a reply of many lines again from its start for every line.
const REPLY_BYTES_MAX: usize = 16 * 1024;
const GREETING: &[u8] = b"220 ready\r\n";

/// A connection, with octets that are read before its own.
#[derive(Debug)]
pub(super) struct Stream {
    first: &'static [u8],
    inner: Inner,
    /// Octets read since something was written.
    reply_bytes: usize,
}

impl Stream {
    fn new(first: &'static [u8], inner: Inner) -> Stream {
        Stream { first, inner, reply_bytes: 0 }
    }
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects, to the state in which a client may say EHLO.
pub(super) async fn connect(
    host: &str,
    port: u16,
    tls: SmtpTls,
    config: Option<Arc<rustls::ClientConfig>>,
    hello: &str,
) -> Result<Stream, Fault> {
    let mut tcp = dial(host, port, tls == SmtpTls::PlainLoopback).await?;
    tcp.set_nodelay(true).map_err(|_| Fault::Connect)?;
    match (tls, config) {
        (SmtpTls::PlainLoopback, _) => Ok(Stream::new(b"", Inner::Plain(tcp))),
        (SmtpTls::Implicit, Some(config)) => {
            Ok(Stream::new(b"", Inner::Tls(Box::new(secure(tcp, host, config).await?))))
        }
        (SmtpTls::StartTls, Some(config)) => {
            ask_for_tls(&mut tcp, hello).await?;
            Ok(Stream::new(GREETING, Inner::Tls(Box::new(secure(tcp, host, config).await?))))
        }
        (_, None) => Err(Fault::Setup),
    }
}

/// The first address that answers.
async fn dial(host: &str, port: u16, loopback_only: bool) -> Result<TcpStream, Fault> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(|_| Fault::Connect)?.collect();
    if loopback_only && addresses.iter().any(|a| !a.ip().is_loopback()) {
        return Err(Fault::NotLoopback);
    }
    for address in addresses {
        if let Ok(tcp) = TcpStream::connect(address).await {
            return Ok(tcp);
        }
    }
    Err(Fault::Connect)
}

async fn secure(tcp: TcpStream, host: &str, config: Arc<rustls::ClientConfig>) -> Result<TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Fault::Tls)?;
    TlsConnector::from(config).connect(name, tcp).await.map_err(|_| Fault::Tls)
}

/// RFC 3207, up to the moment at which TLS begins.
async fn ask_for_tls(tcp: &mut TcpStream, hello: &str) -> Result<(), Fault> {
    let greeting = read_reply(tcp).await?;
    if !greeting.starts_with("220") {
        return Err(Fault::Refused);
    }
    write(tcp, &format!("EHLO {hello}\r\n")).await?;
    let offers = read_reply(tcp).await?;
    let offered =
        offers.lines().any(|line| line.get(4..).is_some_and(|o| o.trim_end().eq_ignore_ascii_case("STARTTLS")));
    if !offers.starts_with("250") || !offered {
        return Err(Fault::StartTls);
    }
    write(tcp, "STARTTLS\r\n").await?;
    if read_reply(tcp).await?.starts_with("220") { Ok(()) } else { Err(Fault::StartTls) }
}

async fn write(tcp: &mut TcpStream, command: &str) -> Result<(), Fault> {
    tcp.write_all(command.as_bytes()).await.map_err(|_| Fault::Connect)
}

/// Reads one reply, whose last line has a blank after its code. More than that was sent too early.
async fn read_reply(tcp: &mut TcpStream) -> Result<String, Fault> {
    let mut got = Vec::new();
    loop {
        if let Some(end) = end_of_reply(&got) {
            return match got.len() == end {
                true => String::from_utf8(got).map_err(|_| Fault::StartTls),
                false => Err(Fault::StartTls),
            };
        }
        if got.len() > REPLY_BYTES_MAX {
            return Err(Fault::StartTls);
        }
        let read = tcp.read_buf(&mut got).await.map_err(|_| Fault::Connect)?;
        if read == 0 {
            return Err(Fault::Connect);
        }
    }
}

/// Where the first whole reply ends.
fn end_of_reply(got: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in got.split_inclusive(|b| *b == b'\n') {
        end += line.len();
        if line.ends_with(b"\n") && line.get(3) != Some(&b'-') {
            return Some(end);
        }
    }
    None
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.inner {
            Inner::Plain(tcp) => tcp.peer_addr(),
            Inner::Tls(tls) => tls.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buf.remaining()));
            buf.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Inner::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        })?;
        self.reply_bytes += buf.filled().len() - before;
        if self.reply_bytes > REPLY_BYTES_MAX {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "the reply is too long")));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.reply_bytes = 0;
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_write(cx, octets),
            Inner::Tls(tls) => Pin::new(tls).poll_write(cx, octets),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Inner::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            // A peer that does not answer the close must not hold us.
            Inner::Tls(tls) => {
                let _ = ready!(Pin::new(tls).poll_shutdown(cx));
                Poll::Ready(Ok(()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_reply;

    #[test]
    fn a_reply_ends_at_its_last_line() {
        for (got, end) in [
            ("", None),
            ("220 a", None),
            ("220 a\r\n", Some(7)),
            ("250-a\r\n250 b\r\n", Some(14)),
            ("250-a\r\n", None),
            ("220 a\r\n250 injected\r\n", Some(7)),
            ("220\r\n", Some(5)),
            ("\n", Some(1)),
        ] {
            assert_eq!(end_of_reply(got.as_bytes()), end, "{got:?}");
        }
    }
}
