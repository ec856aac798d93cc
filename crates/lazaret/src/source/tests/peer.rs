//! A scripted IMAP server on loopback, with TLS and its own authority.
//!
//! A script is text, one act a line: `C: T LINE` expects a command and remembers its tag, `C: LINE` expects a line as it
//! stands, `L:` any line, `S: LINE` answers (a leading `T ` becomes the tag), `R: TEXT` answers without a line's end, `F: N LINE` says a
//! line N times, `X: N` sends N octets, `O: N` reads N octets, `hold` waits until the client hangs up. At the end of the
//! script the connection is closed.

use crate::config;
use crate::source::{Secrets, Source};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(super) struct Peer {
    port: u16,
    dir: tempfile::TempDir,
    task: tokio::task::JoinHandle<Result<(), String>>,
}

impl Peer {
    /// Serves one connection after the other, one script each.
    pub(super) async fn start(scripts: &[String]) -> Peer {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        std::fs::write(dir.path().join("ca.pem"), issued.cert.pem()).expect("written");
        let key = rustls::pki_types::PrivateKeyDer::try_from(issued.signing_key.serialize_der()).expect("a key");
        let tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .expect("a server configuration");
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let scripts = scripts.to_vec();
        let task = tokio::spawn(async move {
            for (number, script) in scripts.iter().enumerate() {
                let (tcp, _) = listener.accept().await.map_err(|e| e.to_string())?;
                tcp.set_nodelay(true).map_err(|e| e.to_string())?;
                // A client that refuses the certificate is what some tests are about.
                let Ok(tls) = acceptor.accept(tcp).await else { continue };
                act(tls, script).await.map_err(|error| format!("connection {number}: {error}"))?;
            }
            Ok(())
        });
        Peer { port, dir, task }
    }

    pub(super) fn imap(&self) -> config::Imap {
        config::Imap {
            host: "localhost".to_owned(),
            port: self.port,
            user: "joe".to_owned(),
            auth: config::Auth::Password(config::SecretRef::Credential("password".to_owned())),
            ca_file: Some(self.path("ca.pem")),
            batch_messages_max: 64,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn source(&self) -> Source {
        source(&self.imap(), "secret")
    }

    /// Every script was played to its end, and the client said what it should.
    pub(super) async fn finish(self) {
        let played = tokio::time::timeout(Duration::from_secs(30), self.task).await;
        assert_eq!(played.expect("the script ends").expect("no panic"), Ok(()));
    }
}

pub(super) fn source(imap: &config::Imap, password: &'static str) -> Source {
    let secrets: Secrets = Arc::new(move |_| Ok(zeroize::Zeroizing::new(password.to_owned())));
    let mut source = crate::source::imap::ImapSource::open(imap, secrets);
    source.deadline_max = Duration::from_secs(10);
    Source::Imap(Box::new(source))
}

pub(super) fn impatient(source: &mut Source) {
    if let Source::Imap(imap) = source {
        imap.deadline_max = Duration::from_millis(200);
    }
}

type Tls = tokio_rustls::server::TlsStream<TcpStream>;

async fn act(stream: Tls, script: &str) -> Result<(), String> {
    let mut stream = BufReader::new(stream);
    let mut tag = String::new();
    for line in script.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (verb, text) =
            line.split_once(": ").or_else(|| line.strip_suffix(':').map(|verb| (verb, ""))).unwrap_or((line, ""));
        let answer = |text: &str| match text.strip_prefix("T ") {
            Some(rest) => format!("{tag} {rest}"),
            None => text.to_owned(),
        };
        let octets = match verb {
            "C" => {
                let mut heard = String::new();
                stream.read_line(&mut heard).await.map_err(|error| format!("waiting for {text:?}: {error}"))?;
                let heard = heard.strip_suffix("\r\n").ok_or(format!("{heard:?} instead of {text:?}"))?;
                let (theirs, expected, said) = match text.strip_prefix("T ") {
                    Some(expected) => {
                        let (theirs, said) = heard.split_once(' ').ok_or(format!("no tag in {heard:?}"))?;
                        (theirs, expected, said)
                    }
                    None => ("", text, heard),
                };
                if said != expected {
                    return Err(format!("{said:?} instead of {expected:?}"));
                }
                if !theirs.is_empty() {
                    tag = theirs.to_owned();
                }
                continue;
            }
            "L" => {
                stream.read_line(&mut String::new()).await.map_err(|error| format!("waiting for a line: {error}"))?;
                continue;
            }
            "S" => format!("{}\r\n", answer(text)).into_bytes(),
            "R" => answer(text).into_bytes(),
            "F" => {
                let (count, line) = text.split_once(' ').ok_or("F: needs a count")?;
                format!("{line}\r\n").repeat(count.parse().map_err(|_| "no count")?).into_bytes()
            }
            "X" => vec![b'x'; text.parse().map_err(|_| "no count")?],
            "O" => {
                let mut read = vec![0; text.parse().map_err(|_| "no count")?];
                stream.read_exact(&mut read).await.map_err(|error| format!("waiting for {text} octets: {error}"))?;
                continue;
            }
            "hold" => {
                let _ = stream.read(&mut [0; 1]).await;
                return Ok(());
            }
            other => return Err(format!("no act: {other}")),
        };
        // The client may have hung up already; what it made of that is the client's test.
        if stream.write_all(&octets).await.is_err() || stream.flush().await.is_err() {
            return Ok(());
        }
    }
    let _ = stream.shutdown().await;
    Ok(())
}
