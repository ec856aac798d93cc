//! A small blocking IMAP client over TLS: the plain pull that the daemon is measured against, and a look into a mailbox from outside.

use anyhow::{Context, Result, anyhow, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A logged-in connection.
pub(crate) struct Imap {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    tag: u32,
}

/// One line of an answer with the literals that followed it.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) line: String,
    pub(crate) literals: Vec<Vec<u8>>,
}

/// No literal of a test is larger, in octets.
const LITERAL_BYTES_MAX: usize = 256 << 20;

impl Imap {
    fn connect(port: u16, root: &Path) -> Result<Imap> {
        let mut roots = RootCertStore::empty();
        roots.add(
            CertificateDer::from_pem_file(root).map_err(|e| anyhow!("{e}")).context("cannot read the authority")?,
        )?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect to the IMAP server")?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        let session = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
        let mut imap = Imap { stream: BufReader::with_capacity(64 << 10, StreamOwned::new(session, socket)), tag: 0 };
        let greeting = imap.response()?;
        if !greeting.line.starts_with("* OK") {
            bail!("no greeting from the IMAP server");
        }
        Ok(imap)
    }

    pub(crate) fn login(port: u16, root: &Path, user: &str, password: &str) -> Result<Imap> {
        let mut imap = Imap::connect(port, root)?;
        imap.command(&format!("LOGIN \"{user}\" \"{password}\""))?;
        Ok(imap)
    }

    /// Logs in by a bearer token (XOAUTH2).
    pub(crate) fn xoauth2(port: u16, root: &Path, user: &str, token: &str) -> Result<Imap> {
        use base64::Engine;
        let mut imap = Imap::connect(port, root)?;
        let answer = format!("user={user}\x01auth=Bearer {token}\x01\x01");
        let encoded = base64::engine::general_purpose::STANDARD.encode(answer);
        imap.command(&format!("AUTHENTICATE XOAUTH2 {encoded}"))?;
        Ok(imap)
    }

    /// Runs a command; a tagged answer other than OK is an error.
    pub(crate) fn command(&mut self, command: &str) -> Result<Vec<Response>> {
        let tag = self.send(command)?;
        self.finish(&tag)
    }

    /// Sends a command without waiting; answers its tag.
    fn send(&mut self, command: &str) -> Result<String> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let stream = self.stream.get_mut();
        stream.write_all(format!("{tag} {command}\r\n").as_bytes())?;
        stream.flush()?;
        Ok(tag)
    }

    fn finish(&mut self, tag: &str) -> Result<Vec<Response>> {
        let mut out = Vec::new();
        loop {
            let response = self.response()?;
            if let Some(rest) = response.line.strip_prefix(tag).and_then(|r| r.strip_prefix(' ')) {
                let status = rest.split(' ').next().unwrap_or_default();
                return if status == "OK" { Ok(out) } else { bail!("the IMAP server said {status}") };
            }
            if response.line.starts_with('+') {
                // A refused XOAUTH2 is told in a challenge that an empty line answers.
                self.stream.get_mut().write_all(b"\r\n")?;
                self.stream.get_mut().flush()?;
            }
            out.push(response);
        }
    }

    fn response(&mut self) -> Result<Response> {
        let mut out = Response { line: String::new(), literals: Vec::new() };
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                bail!("the IMAP server closed the connection");
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            out.line.push_str(text);
            let Some(length) =
                text.strip_suffix('}').and_then(|t| t.rsplit_once('{')).and_then(|(_, n)| n.parse().ok())
            else {
                return Ok(out);
            };
            if length > LITERAL_BYTES_MAX {
                bail!("a literal of {length} octets");
            }
            let mut literal = vec![0; length];
            self.stream.read_exact(&mut literal)?;
            out.literals.push(literal);
        }
    }

    /// Opens a folder; answers how many messages it holds.
    pub(crate) fn examine(&mut self, folder: &str) -> Result<usize> {
        let responses = self.command(&format!("EXAMINE \"{folder}\""))?;
        let exists = responses.iter().find_map(|r| r.line.strip_prefix("* ")?.strip_suffix(" EXISTS")?.parse().ok());
        exists.context("no EXISTS from the IMAP server")
    }

    /// Fetches all messages, `batch` a command and two commands in flight, as a good client does; answers count and octets.
    pub(crate) fn pull(&mut self, folder: &str, batch: usize) -> Result<(usize, usize)> {
        let total = self.examine(folder)?;
        let mut pending = std::collections::VecDeque::new();
        let (mut next, mut count, mut bytes) = (1, 0, 0);
        while next <= total || !pending.is_empty() {
            while next <= total && pending.len() < 2 {
                let last = (next + batch - 1).min(total);
                pending.push_back(self.send(&format!("FETCH {next}:{last} (UID RFC822.SIZE BODY.PEEK[])"))?);
                next = last + 1;
            }
            if let Some(tag) = pending.pop_front() {
                for response in self.finish(&tag)? {
                    count += response.literals.len();
                    bytes += response.literals.iter().map(Vec::len).sum::<usize>();
                }
            }
        }
        Ok((count, bytes))
    }
}

impl std::fmt::Debug for Imap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Imap")
    }
}
