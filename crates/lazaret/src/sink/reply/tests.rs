//! A scripted SMTP peer: what it says at each step, and what we make of it.

use super::*;
use lazaret_core::Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the peer does at one step.
#[derive(Clone, Copy, Debug)]
enum Act {
    Say(&'static str),
    /// Says it and closes.
    Last(&'static str),
    Close,
    Reset,
    Silent,
}
use Act::{Close, Last, Reset, Say, Silent};

/// One connection's script.
#[derive(Clone, Copy)]
struct Script {
    greeting: Act,
    ehlo: Act,
    auth: Act,
    mail: Act,
    rcpt: Act,
    data: Act,
    dot: Act,
}

const GOOD: Script = Script {
    greeting: Say("220 hello"),
    ehlo: Say("250-relay\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"),
    auth: Say("235 ok"),
    mail: Say("250 ok"),
    rcpt: Say("250 ok"),
    data: Say("354 go"),
    dot: Say("250 queued"),
};

/// What the peer saw.
#[derive(Default)]
struct Seen {
    lines: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

impl Seen {
    fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no test panics while it holds this").clone()
    }

    fn count(&self, start: &str) -> usize {
        self.lines().iter().filter(|line| line.starts_with(start)).count()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Starts a peer that plays one script a connection, the last one for ever.
async fn peer(scripts: Vec<Script>, tls: Option<TlsAcceptor>) -> (u16, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let seen = Arc::new(Seen::default());
    let told = seen.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let number = told.connections.fetch_add(1, Ordering::SeqCst);
            let script = scripts[number.min(scripts.len() - 1)];
            let (seen, tls) = (told.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => play(tcp, script, &seen, true).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(tcp).await {
                            play(stream, script, &seen, true).await;
                        }
                    }
                }
            });
        }
    });
    (port, seen)
}

/// A stream whose peer can be sent a reset.
trait Resettable: AsyncRead + AsyncWrite + Unpin {
    fn reset(self);
}

impl Resettable for TcpStream {
    fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self, Some(Duration::ZERO)).expect("a socket");
    }
}

impl Resettable for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(self) {}
}

async fn play<S: Resettable>(stream: S, script: Script, seen: &Seen, greet: bool) {
    let mut stream = BufReader::new(stream);
    let mut act = if greet { script.greeting } else { Say("") };
    let mut text = false;
    while let Say(line) | Last(line) = act {
        if !line.is_empty() && stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.is_err() {
            return;
        }
        if matches!(act, Last(_)) {
            return;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_owned();
        seen.lines.lock().expect("no test panics while it holds this").push(line.clone());
        act = match line.split(' ').next().unwrap_or_default() {
            "." if text => script.dot,
            _ if text => Say(""),
            "EHLO" => script.ehlo,
            "AUTH" => script.auth,
            "MAIL" => script.mail,
            "RCPT" => script.rcpt,
            "DATA" => script.data,
            "NOOP" => Say("250 ok"),
            "QUIT" => Last("221 bye"),
            _ => Say("500 what"),
        };
        text = (text || line == "DATA" && matches!(act, Say(reply) if reply.starts_with("354"))) && line != ".";
    }
    match act {
        Reset => stream.into_inner().reset(),
        // Holds the connection and says nothing until the client goes.
        Silent => while stream.read_line(&mut String::new()).await.is_ok_and(|n| n > 0) {},
        _ => {}
    }
}

fn config(port: u16, tls: SmtpTls) -> config::Smtp {
    let host = if tls == SmtpTls::PlainLoopback { "127.0.0.1" } else { "localhost" };
    config::Smtp { host: host.into(), port, tls, login: None, ca_file: None }
}

fn deadlines() -> Deadlines {
    let long = Duration::from_secs(30);
    Deadlines { connect: long, send: long, idle: long }
}

/// For scripts that fall silent.
fn short() -> Deadlines {
    Deadlines { connect: Duration::from_millis(300), send: Duration::from_millis(300), ..deadlines() }
}

fn plain(port: u16, deadlines: Deadlines) -> Smtp {
    Smtp::new(&config(port, SmtpTls::PlainLoopback), None, None, deadlines)
}

fn letter(to: &str) -> Letter {
    Letter {
        id: "00ff".into(),
        from: None,
        to: Addr::parse(to).expect("an address"),
        octets: b"Subject: x\r\n\r\n.leading dot\r\nend\r\n".to_vec(),
    }
}

/// Delivers one mail and says whether the point of no return was recorded.
async fn deliver(smtp: &mut Smtp) -> (Sent, bool) {
    let mut recorded = false;
    let sent = smtp
        .deliver(&letter("mia@example.net"), || {
            recorded = true;
            async { Ok(()) }
        })
        .await;
    (sent, recorded)
}

fn deferred(code: Option<u16>, relay: Option<Fault>) -> Sent {
    Sent::Deferred { code, relay }
}

#[tokio::test]
async fn every_fault_at_every_step() {
    let relay = |code, fault| deferred(code, Some(fault));
    let rows: Vec<(&str, Script, Sent, bool)> = vec![
        ("all is well", GOOD, Sent::Accepted { code: 250 }, true),
        ("greeting 4xx", Script { greeting: Say("421 later"), ..GOOD }, relay(Some(421), Fault::Refused), false),
        ("greeting 5xx", Script { greeting: Say("554 no"), ..GOOD }, relay(Some(554), Fault::Refused), false),
        ("no greeting", Script { greeting: Close, ..GOOD }, relay(None, Fault::Connect), false),
        ("greeting is noise", Script { greeting: Say("HTTP/1.1 400"), ..GOOD }, relay(None, Fault::Connect), false),
        ("EHLO refused", Script { ehlo: Say("502 no"), ..GOOD }, relay(Some(502), Fault::Refused), false),
        ("MAIL 4xx", Script { mail: Say("451 later"), ..GOOD }, deferred(Some(451), None), false),
        ("MAIL 5xx", Script { mail: Say("550 no"), ..GOOD }, Sent::Failed { code: Some(550) }, false),
        ("MAIL 530", Script { mail: Say("530 login first"), ..GOOD }, relay(Some(530), Fault::Refused), false),
        ("MAIL 421", Script { mail: Last("421 bye"), ..GOOD }, relay(Some(421), Fault::Refused), false),
        ("MAIL closes", Script { mail: Close, ..GOOD }, relay(None, Fault::Connect), false),
        ("MAIL out of step", Script { mail: Say("354 go"), ..GOOD }, deferred(Some(354), None), false),
        ("RCPT 4xx", Script { rcpt: Say("450 grey"), ..GOOD }, deferred(Some(450), None), false),
        ("RCPT 5xx", Script { rcpt: Say("550 unknown"), ..GOOD }, Sent::Failed { code: Some(550) }, false),
        ("RCPT resets", Script { rcpt: Reset, ..GOOD }, relay(None, Fault::Connect), false),
        ("DATA 4xx", Script { data: Say("451 later"), ..GOOD }, deferred(Some(451), None), false),
        ("DATA 5xx", Script { data: Say("554 no"), ..GOOD }, Sent::Failed { code: Some(554) }, false),
        ("DATA 250", Script { data: Say("250 ok"), ..GOOD }, deferred(Some(250), None), false),
        ("DATA closes", Script { data: Close, ..GOOD }, relay(None, Fault::Connect), false),
        ("dot 4xx", Script { dot: Say("452 full"), ..GOOD }, deferred(Some(452), None), true),
        ("dot 421", Script { dot: Last("421 bye"), ..GOOD }, deferred(Some(421), None), true),
        ("dot 5xx", Script { dot: Say("554 no"), ..GOOD }, Sent::Failed { code: Some(554) }, true),
        ("dot closes", Script { dot: Close, ..GOOD }, Sent::Unknown, true),
        ("dot resets", Script { dot: Reset, ..GOOD }, Sent::Unknown, true),
        ("dot answers noise", Script { dot: Say("what?"), ..GOOD }, Sent::Unknown, true),
        ("dot answers 354", Script { dot: Say("354 more"), ..GOOD }, Sent::Unknown, true),
        ("354 then reset", Script { data: Last("354 go"), ..GOOD }, Sent::Unknown, true),
    ];
    for (name, script, want, recorded) in rows {
        let (port, _) = peer(vec![script], None).await;
        assert_eq!(deliver(&mut plain(port, deadlines())).await, (want, recorded), "{name}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let relay = Some(Fault::Timeout);
    for (name, script, want) in [
        ("greeting", Script { greeting: Silent, ..GOOD }, deferred(None, relay)),
        ("MAIL", Script { mail: Silent, ..GOOD }, deferred(None, relay)),
        ("DATA", Script { data: Silent, ..GOOD }, deferred(None, relay)),
        ("dot", Script { dot: Silent, ..GOOD }, Sent::Unknown),
    ] {
        let (port, _) = peer(vec![script], None).await;
        assert_eq!(deliver(&mut plain(port, short())).await.0, want, "{name}");
    }
}

#[tokio::test]
async fn a_long_answer_is_cut_off() {
    static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "250-x\r\n".repeat(200_000) + "250 ok");
    let (port, _) = peer(vec![Script { rcpt: Say(&LONG), ..GOOD }], None).await;
    assert_eq!(deliver(&mut plain(port, deadlines())).await, (deferred(None, Some(Fault::Connect)), false));
    let (port, _) = peer(vec![Script { dot: Say(&LONG), ..GOOD }], None).await;
    assert_eq!(deliver(&mut plain(port, deadlines())).await, (Sent::Unknown, true));
}

#[tokio::test]
async fn a_point_of_no_return_that_cannot_be_recorded_stops_the_mail() {
    let (port, seen) = peer(vec![GOOD], None).await;
    let mut smtp = plain(port, deadlines());
    let sent = smtp.deliver(&letter("mia@example.net"), || async { Err(Withdrawn) }).await;
    assert_eq!(sent, deferred(None, None));
    assert!(smtp.kept.is_none(), "the connection is in the middle of DATA");
    assert_eq!((seen.count("DATA"), seen.count(".")), (1, 0));
}

#[tokio::test]
async fn one_connection_serves_many_and_text_is_stuffed() {
    let (port, seen) = peer(vec![GOOD], None).await;
    let mut smtp = plain(port, deadlines());
    for _ in 0..3 {
        assert_eq!(deliver(&mut smtp).await.0, Sent::Accepted { code: 250 });
    }
    smtp.rest().await;
    assert_eq!((seen.connections(), seen.count("MAIL FROM:<>"), seen.count("QUIT")), (1, 3, 1));
    assert_eq!(seen.count("RCPT TO:<mia@example.net>"), 3);
    assert_eq!(seen.count("..leading dot"), 3);
}

#[tokio::test]
async fn a_connection_is_never_used_after_trouble() {
    for script in [
        Script { rcpt: Say("550 unknown"), ..GOOD },
        Script { dot: Say("452 full"), ..GOOD },
        Script { dot: Close, ..GOOD },
    ] {
        let (port, seen) = peer(vec![script, GOOD], None).await;
        let mut smtp = plain(port, deadlines());
        assert_ne!(deliver(&mut smtp).await.0, Sent::Accepted { code: 250 });
        assert_eq!(deliver(&mut smtp).await.0, Sent::Accepted { code: 250 });
        assert_eq!(seen.connections(), 2);
    }
}

#[tokio::test]
async fn a_stale_connection_is_opened_again_once() {
    // The peer closes after its first transaction, and answers the next MAIL, if at all, with 421.
    for closing in [Close, Last("421 idle too long")] {
        let (port, seen) = peer(vec![GOOD], None).await;
        let mut smtp = plain(port, deadlines());
        let (stale_port, stale_seen) = peer(vec![Script { mail: closing, ..GOOD }], None).await;
        let (connection, _) = (plain(stale_port, deadlines()).connect().await.ok(), ());
        smtp.kept = connection.map(|c| (c, Instant::now()));
        assert!(smtp.kept.is_some());
        assert_eq!(deliver(&mut smtp).await, (Sent::Accepted { code: 250 }, true), "{closing:?}");
        assert_eq!((seen.connections(), stale_seen.count("MAIL")), (1, 1));
    }
    // One that rested too long is not even tried.
    let (port, seen) = peer(vec![GOOD], None).await;
    let mut smtp = plain(port, Deadlines { idle: Duration::ZERO, ..deadlines() });
    for _ in 0..2 {
        assert_eq!(deliver(&mut smtp).await.0, Sent::Accepted { code: 250 });
    }
    assert_eq!(seen.connections(), 2);
}

#[tokio::test]
async fn addresses_beyond_ascii_need_a_server_that_takes_them() {
    let (port, seen) = peer(vec![GOOD], None).await;
    let sent = plain(port, deadlines()).deliver(&letter("müller@example.net"), || async { Ok(()) }).await;
    assert_eq!((sent, seen.count("MAIL")), (Sent::Failed { code: None }, 0));
    let (port, seen) = peer(vec![Script { ehlo: Say("250-relay\r\n250 SMTPUTF8"), ..GOOD }], None).await;
    let sent = plain(port, deadlines()).deliver(&letter("müller@example.net"), || async { Ok(()) }).await;
    assert_eq!(sent, Sent::Accepted { code: 250 });
    assert_eq!(seen.count("MAIL FROM:<> SMTPUTF8"), 1);
}

#[tokio::test]
async fn login_is_tried_and_its_refusal_is_the_relays() {
    let login = || Some(("support".to_owned(), Zeroizing::new("hunter2".to_owned())));
    for (auth, want) in [
        (Say("235 ok"), Sent::Accepted { code: 250 }),
        (Say("535 no"), deferred(Some(535), Some(Fault::Refused))),
        (Close, deferred(None, Some(Fault::Refused))),
    ] {
        let (port, seen) = peer(vec![Script { auth, ..GOOD }], None).await;
        let mut smtp = Smtp::new(&config(port, SmtpTls::PlainLoopback), None, login(), deadlines());
        assert_eq!(deliver(&mut smtp).await.0, want);
        assert_eq!(seen.count("AUTH PLAIN "), 1);
    }
}

#[tokio::test]
async fn plain_text_leaves_this_machine_for_nobody() {
    let mut smtp = plain(25, deadlines());
    smtp.host = "192.0.2.1".into();
    assert_eq!(deliver(&mut smtp).await, (deferred(None, Some(Fault::NotLoopback)), false));
    let (port, _) = peer(vec![GOOD], None).await;
    let mut smtp = Smtp::new(&config(port, SmtpTls::Implicit), None, None, deadlines());
    assert_eq!(deliver(&mut smtp).await, (deferred(None, Some(Fault::Setup)), false));
}

/// A certificate for `name`, a server that has it and a client that trusts it.
fn certificate(name: &str) -> (TlsAcceptor, Arc<rustls::ClientConfig>) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let chain = vec![made.cert.der().clone()];
    let server = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("a pair");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a certificate");
    let client = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), Arc::new(client))
}

#[tokio::test]
async fn tls_from_the_first_octet() {
    let (acceptor, trusting) = certificate("localhost");
    let (port, seen) = peer(vec![GOOD], Some(acceptor)).await;
    let mut smtp = Smtp::new(&config(port, SmtpTls::Implicit), Some(trusting.clone()), None, deadlines());
    assert_eq!(deliver(&mut smtp).await, (Sent::Accepted { code: 250 }, true));
    assert_eq!(seen.count("MAIL"), 1);
    // Another's name, another's key, no TLS at all.
    let (other_name, trusting_other) = certificate("relay.example");
    let (port, seen) = peer(vec![GOOD], Some(other_name)).await;
    for trust in [trusting_other, trusting.clone()] {
        let mut smtp = Smtp::new(&config(port, SmtpTls::Implicit), Some(trust), None, deadlines());
        assert_eq!(deliver(&mut smtp).await, (deferred(None, Some(Fault::Tls)), false));
    }
    assert_eq!(seen.lines().len(), 0);
    let (port, _) = peer(vec![GOOD], None).await;
    let mut smtp = Smtp::new(&config(port, SmtpTls::Implicit), Some(trusting), None, deadlines());
    assert_eq!(deliver(&mut smtp).await, (deferred(None, Some(Fault::Tls)), false));
}

/// Speaks plain text up to STARTTLS, answers that with `go`, then TLS.
async fn starttls_peer(offer: &'static str, go: &'static str, acceptor: TlsAcceptor) -> (u16, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let seen = Arc::new(Seen::default());
    let told = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _ = tcp.write_all(b"220 hello\r\n").await;
            let mut stream = BufReader::new(tcp);
            for reply in [offer, go] {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    break;
                }
                told.lines.lock().expect("no test panics while it holds this").push(line.trim_end().to_owned());
                let _ = stream.get_mut().write_all(reply.as_bytes()).await;
            }
            if let Ok(secure) = acceptor.accept(stream.into_inner()).await {
                play(secure, GOOD, &told, false).await;
            }
        }
    });
    (port, seen)
}

#[tokio::test]
async fn starttls_is_required_and_nothing_may_come_before_it() {
    let (acceptor, trusting) = certificate("localhost");
    let offer = "250-relay\r\n250 STARTTLS\r\n";
    let (port, seen) = starttls_peer(offer, "220 go\r\n", acceptor.clone()).await;
    let mut smtp = Smtp::new(&config(port, SmtpTls::StartTls), Some(trusting.clone()), None, deadlines());
    for _ in 0..2 {
        assert_eq!(deliver(&mut smtp).await, (Sent::Accepted { code: 250 }, true));
    }
    assert_eq!((seen.count("EHLO"), seen.count("STARTTLS"), seen.count("MAIL")), (2, 1, 2));
    for (name, offer, go, fault) in [
        ("not offered", "250-relay\r\n250 8BITMIME\r\n", "502 no\r\n", Fault::StartTls),
        ("offered in another word", "250-relay\r\n250 XSTARTTLS\r\n", "220 go\r\n", Fault::StartTls),
        ("refused", offer, "454 later\r\n", Fault::StartTls),
        ("an answer slipped in", offer, "220 go\r\n250 injected\r\n", Fault::StartTls),
        ("an answer slipped in before", "250-relay\r\n250 STARTTLS\r\n220 go\r\n", "", Fault::StartTls),
    ] {
        let (port, seen) = starttls_peer(offer, go, acceptor.clone()).await;
        let mut smtp = Smtp::new(&config(port, SmtpTls::StartTls), Some(trusting.clone()), None, deadlines());
        assert_eq!(deliver(&mut smtp).await, (deferred(None, Some(fault)), false), "{name}");
        assert_eq!((seen.count("MAIL"), seen.count("AUTH")), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    assert_eq!(deliver(&mut plain(port, deadlines())).await, (deferred(None, Some(Fault::Connect)), false));
}

#[tokio::test]
async fn a_probe_logs_in_and_sends_nothing() {
    let login = || Some(("support".to_owned(), Zeroizing::new("hunter2".to_owned())));
    for (auth, want) in [(Say("235 ok"), Ok(())), (Say("535 no"), Err((Fault::Refused, Some(535))))] {
        let (port, seen) = peer(vec![Script { auth, ..GOOD }], None).await;
        let smtp = Smtp::new(&config(port, SmtpTls::PlainLoopback), None, login(), deadlines());
        assert_eq!(smtp.probe().await, want);
        assert_eq!((seen.count("AUTH PLAIN "), seen.count("MAIL")), (1, 0));
        assert_eq!(seen.count("NOOP"), usize::from(want.is_ok()));
    }
}
