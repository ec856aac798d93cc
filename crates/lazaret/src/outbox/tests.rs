use super::*;
use crate::config::{self, SmtpTls};
use lazaret_core::{Addr, Digest, MessageKey, Outcome, Reason, Verdict};
use lazaret_store::{Ack, Commit, Draft, Intent, Options, ReplyLimits, RootKey, Template};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[test]
fn waits_grow_spread_and_end() {
    for (failures, low, high) in [(0, 30, 60), (1, 60, 120), (5, 960, 1920), (6, 1800, 3600), (200, 1800, 3600)] {
        for id in 0..50 {
            let wait = backoff(ENTRY_WAIT_SECS, failures, &id);
            assert!((low..=high).contains(&wait), "{failures}: {wait}");
        }
    }
    let waits: std::collections::BTreeSet<u64> = (0..50).map(|id| entry_wait(&format!("{id:016x}"), 6)).collect();
    assert!(waits.len() > 30, "different entries wait differently: {waits:?}");
    assert_eq!(entry_wait("00ff", 3), entry_wait("00ff", 3));
}

#[test]
fn what_the_store_is_told() {
    let again = || Settled::Deferred { until: 99, code: None };
    for (sent, want) in [
        (Sent::Accepted { code: 250 }, Settled::Accepted { code: 250 }),
        (Sent::Failed { code: Some(550) }, Settled::Failed { code: Some(550) }),
        (Sent::Unknown, Settled::Unknown),
        (Sent::Deferred { code: Some(451), relay: None }, Settled::Deferred { until: 99, code: Some(451) }),
        (Sent::Deferred { code: None, relay: Some(Fault::Tls) }, Settled::Deferred { until: 99, code: None }),
    ] {
        assert_eq!(settled(sent, again()), want);
    }
}

/// A store with one reply for each address, and an outbox that sends them by `transport`.
async fn outbox(dir: &std::path::Path, transport: config::Transport, to: &[&str]) -> (Store, Outbox) {
    let state_dir = dir.join("state");
    std::fs::create_dir(&state_dir).expect("a directory");
    let store = Store::open(Options {
        dir: state_dir,
        tenant: "acme".into(),
        root_key: RootKey::new([9; 32]),
        cache_bytes: 1 << 20,
        disk_reserve_bytes: 0,
        reply_limits: ReplyLimits { breaker_per_minute_max: u32::MAX, ..ReplyLimits::default() },
    })
    .expect("a fresh store");
    for (uid, to) in (1..).zip(to) {
        store.commit(commit(uid, to)).await.expect("committed");
    }
    let replies = Replies {
        transport,
        from_name: "Acme Support".into(),
        from: Addr::parse("support@acme.example").expect("an address"),
        envelope_from: None,
        receipt: config::Receipt::NewTicket,
        portal: Some("https://portal.acme.example/upload?t={token}".into()),
        phone: None,
        link_lifetime: Duration::from_secs(72 * 3600),
        limits: ReplyLimits::default(),
        language: "en".into(),
    };
    let templates = Arc::new(Templates::load(None).unwrap_or_else(|complaints| panic!("{complaints:?}")));
    let nudge = Arc::new(Notify::new());
    let outbox = Outbox::with(Some(replies), "acme", store.clone(), templates, nudge, 14 * 86_400);
    (store, outbox)
}

fn commit(uid: u32, to: &str) -> Commit {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&uid.to_be_bytes());
    let to = Addr::parse(to).expect("an address");
    let mut outcome = Outcome::unprocessed(Reason::Released, Verdict::Allow);
    outcome.customer = Some(to.clone());
    let draft = Draft {
        to,
        mailbox: "support".into(),
        template: Template::Removed,
        kinds: vec!["payment card details".into()],
        language: "xx".into(),
        proven: true,
        in_reply_to: Some(format!("m{uid}@example.net")),
        references: Vec::new(),
    };
    Commit {
        key: MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 1, uid },
        digest: Digest(digest),
        now: clock::now(),
        outcome,
        size_bytes: 100,
        join: Vec::new(),
        sealed: None,
        rules: "test".into(),
        ack: Ack::MoveClean,
        reply_new: Intent::Send(draft.clone()),
        reply_joined: Intent::Send(draft),
        sinks: Vec::new(),
    }
}

async fn states(store: &Store) -> Vec<(String, Option<u16>)> {
    let rows = store.outbox(100).await.expect("answered");
    let mut states: Vec<_> = rows.into_iter().map(|row| (row.state, row.code)).collect();
    states.sort();
    states
}

#[tokio::test]
async fn what_is_due_becomes_files() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("out");
    let to = ["mia@example.net", "jo@example.org"];
    let (store, outbox) = outbox(dir.path(), config::Transport::Files(out.clone()), &to).await;
    outbox.run_until_idle().await;
    assert_eq!(states(&store).await, vec![("accepted".to_owned(), Some(250)); 2]);
    let mut seen: Vec<&str> = Vec::new();
    for entry in std::fs::read_dir(&out).expect("made") {
        let mail = std::fs::read_to_string(entry.expect("an entry").path()).expect("ASCII");
        let at = mail.find("?t=3D").or_else(|| mail.find("?t=")).expect("a link in it");
        assert!(mail[at..].contains("eyJ"), "a token");
        seen.extend(to.into_iter().filter(|to| mail.contains(&format!("To: {to}\r\n"))));
    }
    seen.sort();
    assert_eq!(seen, ["jo@example.org", "mia@example.net"]);
    store.close().await;
}

/// Answers every recipient in `refused` with 550, drops the connection after the final dot for those in `dropped`.
async fn relay(refused: &'static str, dropped: &'static str) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(serve(tcp, refused, dropped));
        }
    });
    port
}

async fn serve(tcp: tokio::net::TcpStream, refused: &str, dropped: &str) {
    let mut stream = BufReader::new(tcp);
    let (mut text, mut drops) = (false, false);
    let mut reply = "220 hello";
    loop {
        if !reply.is_empty() && stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        reply = match line.trim_end() {
            "." if text && drops => return,
            "." if text => {
                text = false;
                "250 queued"
            }
            _ if text => "",
            rcpt if rcpt.starts_with("RCPT") && rcpt.contains(refused) => "550 no",
            rcpt if rcpt.starts_with("RCPT") => {
                drops = rcpt.contains(dropped);
                "250 ok"
            }
            "DATA" => {
                text = true;
                "354 go"
            }
            _ => "250 ok",
        };
    }
}

fn smtp(port: u16) -> config::Transport {
    let host = "127.0.0.1".into();
    config::Transport::Smtp(config::Smtp { host, port, tls: SmtpTls::PlainLoopback, login: None, ca_file: None })
}

#[tokio::test]
async fn one_entrys_trouble_is_its_own() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let port = relay("<bad@", "<lost@").await;
    let to = ["a@example.net", "bad@example.net", "lost@example.net", "müller@example.net", "b@example.net"];
    let (store, outbox) = outbox(dir.path(), smtp(port), &to).await;
    outbox.run_until_idle().await;
    let state = |name: &str, code| (name.to_owned(), code);
    let want = [
        state("accepted", Some(250)),
        state("accepted", Some(250)),
        state("failed", None),
        state("failed", Some(550)),
        state("unknown", None),
    ];
    assert_eq!(states(&store).await, want);
    store.close().await;
}

#[tokio::test]
async fn without_a_relay_everything_waits() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let to: Vec<String> = (0..40).map(|n| format!("c{n}@example.net")).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let (store, outbox) = outbox(dir.path(), smtp(port), &to).await;
    outbox.run_until_idle().await;
    let rows = store.outbox(100).await.expect("answered");
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.state == "ready" && row.code.is_none()), "{:?}", rows[0]);
    let tried = rows.iter().filter(|row| row.attempts > 0).count();
    assert!((1..=LANES).contains(&tried), "{tried} were tried, the others are not charged");
    store.close().await;
}

#[tokio::test]
async fn it_is_woken_by_a_nudge_and_ends_when_told() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("out");
    let (store, outbox) = outbox(dir.path(), config::Transport::Files(out.clone()), &[]).await;
    let (nudge, shared) = (outbox.nudge.clone(), outbox.shared.clone());
    let (stop, told) = watch::channel(false);
    let running = tokio::spawn(outbox.run(told));
    store.commit(commit(1, "mia@example.net")).await.expect("committed");
    nudge.notify_one();
    while states(&store).await != [("accepted".to_owned(), Some(250))] {
        tokio::task::yield_now().await;
    }
    stop.send(true).expect("it runs");
    running.await.expect("ended in order");
    assert_eq!(Arc::strong_count(&shared), 1, "no lane is left behind");
    store.close().await;
}
