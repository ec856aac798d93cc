//! A small HTTP client: one POST over a connection of its own, https to anybody, http to this machine only.
//!
//! hyper speaks HTTP/1.1 over our own rustls stream. Nothing is redirected, nothing of what a server answers is kept but
//! its code and `Retry-After`: a body is read up to a bound, so that a server can end in order, and dropped.

use crate::tls;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Octets of an answer's body that are read, and dropped.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Octets of an answer's header at most.
const HEADER_BYTES_MAX: usize = 32 << 10;
/// Time for the name, TCP and TLS.
const CONNECT: Duration = Duration::from_secs(15);
/// Time for an answer's body.
const BODY: Duration = Duration::from_secs(5);
/// Octets of a URL at most.
const URL_BYTES_MAX: usize = 2_000;

/// A URL that may be posted to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Url {
    whole: String,
    tls: bool,
    host: String,
    port: u16,
    /// Path and query.
    path: String,
}

impl std::fmt::Debug for Url {
    /// A path may hold a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Url({})", self.place())
    }
}

/// Why a text is no URL that may be posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlFault {
    #[error("it does not begin with https://")]
    Scheme,
    #[error("http is only spoken to this machine itself")]
    Plain,
    #[error("it has no host name")]
    Host,
    #[error("its port is no number from 1 to 65535")]
    Port,
    #[error("a login stands in it")]
    Login,
    #[error("it has a part after `#`, which is never sent")]
    Fragment,
    #[error("it holds white space, quotes or letters beyond ASCII")]
    Letters,
    #[error("it is longer than 2000 bytes")]
    Long,
}

impl UrlFault {
    /// What to write.
    pub(crate) fn mend(self) -> &'static str {
        match self {
            UrlFault::Scheme | UrlFault::Host => "write it whole, such as https://hooks.acme.example/lazaret",
            UrlFault::Plain => "write https://, or a loopback host such as http://127.0.0.1:8080/",
            UrlFault::Port => "write https://HOST:PORT/PATH",
            UrlFault::Login => "take user and password out; documents are signed",
            UrlFault::Fragment => "take `#` and what follows out",
            UrlFault::Letters => "write such letters as %XX, and the host in its ASCII form (xn--…)",
            UrlFault::Long => "name a shorter one",
        }
    }
}

impl Url {
    /// Takes a URL apart; no name is looked up.
    pub(crate) fn parse(text: &str) -> Result<Url, UrlFault> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlFault::Long);
        }
        let (tls, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(UrlFault::Scheme),
        };
        if !text.bytes().all(|b| {
            b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        }) {
            return Err(UrlFault::Letters);
        }
        if rest.contains('#') {
            return Err(UrlFault::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(UrlFault::Login);
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host, port),
            None => authority.find(':').and_then(|at| authority.split_at_checked(at)).unwrap_or((authority, "")),
        };
        let host = crate::config::host(host).ok_or(UrlFault::Host)?;
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => {
                if tls {
                    443
                } else {
                    80
                }
            }
            Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or(UrlFault::Port)?,
            None => return Err(UrlFault::Host),
        };
        if !tls && !crate::config::is_loopback(&host) {
            return Err(UrlFault::Plain);
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { whole: text.to_owned(), tls, host, port, path })
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.whole
    }

    /// Scheme, host and port: what may be shown.
    pub(crate) fn place(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }

    fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

/// What a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) code: u16,
    /// `Retry-After` in seconds from now, where it was a number or a date.
    pub(crate) retry_after_secs: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PostFault {
    /// No connection, or it broke.
    #[error("no connection")]
    Connect,
    /// Plain text to a host that is not this one.
    #[error("plain text is for loopback addresses only")]
    NotLoopback,
    /// No TLS, or a certificate that does not verify.
    #[error("no TLS, or a certificate that does not verify")]
    Tls,
    /// The certificate authorities cannot be had.
    #[error("the certificate authorities cannot be read")]
    Setup,
    /// What answered does not speak HTTP, or a deadline passed.
    #[error("no answer in HTTP in time")]
    Answer,
}

/// Posts to servers.
#[derive(Clone)]
pub(crate) struct Client {
    tls: Arc<rustls::ClientConfig>,
    deadline: Duration,
}

impl Client {
    /// `deadline` covers a whole exchange; authorities as for every TLS connection of ours.
    pub(crate) fn new(ca_file: Option<&Path>, deadline: Duration) -> Result<Client, PostFault> {
        let tls = tls::client_config(ca_file).map_err(|_| PostFault::Setup)?;
        Ok(Client { tls, deadline })
    }

    /// One POST. `headers` are names and values of our own.
    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        kind: &'static str,
        body: Vec<u8>,
    ) -> Result<Answer, PostFault> {
        let work = async {
            let stream = timeout(CONNECT, self.connect(url)).await.map_err(|_| PostFault::Connect)??;
            exchange(stream, url, headers, kind, body).await
        };
        timeout(self.deadline, work).await.map_err(|_| PostFault::Answer)?
    }

    /// Connects and closes; for `check`.
    pub(crate) async fn probe(&self, url: &Url) -> Result<(), PostFault> {
        timeout(CONNECT, self.connect(url)).await.map_err(|_| PostFault::Connect)?.map(drop)
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Stream>, PostFault> {
        let host = (url.host.as_str(), url.port);
        let addresses: Vec<_> = tokio::net::lookup_host(host).await.map_err(|_| PostFault::Connect)?.collect();
        if !url.tls && addresses.iter().any(|a| !a.ip().is_loopback()) {
            return Err(PostFault::NotLoopback);
        }
        let mut tcp = None;
        for address in addresses {
            if let Ok(connected) = TcpStream::connect(address).await {
                tcp = Some(connected);
                break;
            }
        }
        let tcp = tcp.ok_or(PostFault::Connect)?;
        tcp.set_nodelay(true).map_err(|_| PostFault::Connect)?;
        if !url.tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(url.host.clone()).map_err(|_| PostFault::Tls)?;
        let tls = TlsConnector::from(self.tls.clone()).connect(name, tcp).await.map_err(|_| PostFault::Tls)?;
        Ok(Box::new(tls))
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn exchange(
    stream: Box<dyn Stream>,
    url: &Url,
    headers: &[(&'static str, String)],
    kind: &'static str,
    body: Vec<u8>,
) -> Result<Answer, PostFault> {
    let io = TokioIo::new(stream);
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(HEADER_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(io).await.map_err(|_| PostFault::Connect)?;
    let connection = tokio::spawn(connection);
    let _end = End(connection.abort_handle());
    let mut request = Request::post(&url.path)
        .header(HOST, url.authority())
        .header(USER_AGENT, concat!("lazaret/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, kind);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|_| PostFault::Setup)?;
    let answer = sender.send_request(request).await.map_err(|_| PostFault::Answer)?;
    let after = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
    let told = Answer {
        code: answer.status().as_u16(),
        retry_after_secs: after.and_then(|v| seconds(v, crate::clock::now())),
    };
    let mut body = answer.into_body();
    let rest = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > ANSWER_BYTES_MAX {
                break;
            }
        }
    };
    // The code is the answer: a body that does not end must not undo it, or what was taken is posted again.
    let _ = timeout(BODY, rest).await;
    Ok(told)
}

/// Ends the task that drives a connection, also where a deadline passes.
struct End(tokio::task::AbortHandle);

impl Drop for End {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// `Retry-After` (RFC 9110 10.2.3): seconds, or a date.
fn seconds(value: &str, now: i64) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_second();
    Some(u64::try_from(at.saturating_sub(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_whole_and_encrypted_or_of_this_machine() {
        let long = format!("https://h.example/{}", "a".repeat(URL_BYTES_MAX - 18));
        type Case<'a> = (&'a str, Result<(&'a str, &'a str), UrlFault>);
        let cases: &[Case<'_>] = &[
            ("https://hooks.acme.example/a?b=c", Ok(("https://hooks.acme.example", "/a?b=c"))),
            ("https://hooks.acme.example", Ok(("https://hooks.acme.example", "/"))),
            ("https://hooks.acme.example?b", Ok(("https://hooks.acme.example", "/?b"))),
            ("https://hooks.acme.example:8443/", Ok(("https://hooks.acme.example:8443", "/"))),
            ("https://[2001:db8::1]:8443/x", Ok(("https://[2001:db8::1]:8443", "/x"))),
            ("http://127.0.0.1:8080/x", Ok(("http://127.0.0.1:8080", "/x"))),
            ("http://[::1]/x", Ok(("http://[::1]", "/x"))),
            (&long, Ok(("https://h.example", &long[17..]))),
            ("hooks.acme.example", Err(UrlFault::Scheme)),
            ("ftp://hooks.acme.example/", Err(UrlFault::Scheme)),
            ("http://hooks.acme.example/", Err(UrlFault::Plain)),
            ("http://127.0.0.1.acme.example/", Err(UrlFault::Plain)),
            ("https://", Err(UrlFault::Host)),
            ("https:///x", Err(UrlFault::Host)),
            ("https://a b.example/", Err(UrlFault::Letters)),
            ("https://münchen.example/", Err(UrlFault::Letters)),
            ("https://h.example/{id}", Err(UrlFault::Letters)),
            ("https://h.example:0/", Err(UrlFault::Port)),
            ("https://h.example:65536/", Err(UrlFault::Port)),
            ("https://user:word@h.example/", Err(UrlFault::Login)),
            ("https://h.example/#x", Err(UrlFault::Fragment)),
            (&format!("{long}a"), Err(UrlFault::Long)),
        ];
        for (text, want) in cases {
            let got = Url::parse(text).map(|url| (url.place(), url.path));
            let want = want.map(|(place, path)| (place.to_owned(), path.to_owned()));
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn a_url_that_is_shown_keeps_its_path_to_itself() {
        let url = Url::parse("https://h.example/services/T0/key").expect("a URL");
        assert_eq!(format!("{url:?}"), "Url(https://h.example)");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = 784_111_777 - 90;
        for (value, want) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(seconds(value, now), want, "{value}");
        }
    }
}
