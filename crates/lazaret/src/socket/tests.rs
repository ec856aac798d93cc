//! The socket as a caller sees it: a real socket, a real store; this process is root or the daemon's own user, so roles
//! are tested where they are decided.

use super::*;
use crate::{exit, testing};
use serde_json::Value;

struct Daemon {
    dir: tempfile::TempDir,
    server: Server,
    stop: watch::Sender<bool>,
}

fn context(dir: &Path, four_eyes: bool) -> Arc<Current<SocketContext>> {
    let text = format!(
        "mode = \"observe\"\nstore_key = \"file:k\"\nstate_dir = \"state\"\nruntime_dir = \"run\"\n\
         quarantine = {{ four_eyes = {four_eyes} }}\nlimits = {{ message_bytes_max = 1024 }}\n\
         [[mailbox]]\nname = \"a\"\naddresses = [\"a@acme.example\"]\nmaildir = \".\"\n"
    );
    let config = Arc::new(testing::config(&text, dir));
    let store = testing::store(&config.state_dir);
    let release: Release = Arc::new(|id, message, reason| {
        Box::pin(async move {
            match reason.as_str() {
                "refuse" => Err("the message stays sealed".to_owned()),
                _ => Ok(format!("{id} {} {reason}", message.len())),
            }
        })
    });
    let status = Arc::new(Status::new(&config));
    // Nobody is there to reload.
    let (reload, _) = mpsc::channel(1);
    let rules = "in force".into();
    let (nudge, differs) = (Arc::default(), Arc::new(|| false));
    let release_held: ReleaseHeld =
        Arc::new(|ticket, reason| Box::pin(async move { Ok(format!("{} {reason}", ticket.0)) }));
    let (nudge_deliveries, _) = tokio::sync::watch::channel(());
    Arc::new(Current::new(SocketContext {
        store,
        config,
        status,
        rules,
        nudge,
        nudge_deliveries,
        reload,
        differs,
        release,
        release_held,
    }))
}

fn daemon(four_eyes: bool) -> Daemon {
    let dir = tempfile::tempdir().expect("a directory");
    let context = context(dir.path(), four_eyes);
    let listener = listen(&context.get().config).expect("a socket");
    let (stop, told) = watch::channel(false);
    tokio::spawn(serve(listener, context.clone(), told));
    Daemon { dir, server: Server { context, first_eyes: Mutex::default(), denials: Denials::default() }, stop }
}

impl Daemon {
    fn path(&self) -> PathBuf {
        path(&self.dir.path().join("run"))
    }

    async fn send(&self, octets: &[u8]) -> Vec<Value> {
        let mut stream = UnixStream::connect(self.path()).await.expect("connected");
        // A refusal may come before all is written.
        let _ = stream.write_all(octets).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
    }

    async fn ask(&self, request: &Request) -> Vec<Value> {
        self.send(format!("{}\n", serde_json::to_string(request).expect("JSON")).as_bytes()).await
    }
}

fn code(lines: &[Value]) -> Option<u64> {
    lines.last().and_then(|l| l["code"].as_u64())
}

#[tokio::test]
async fn every_verb_is_answered_to_its_end() {
    let d = daemon(false);
    let end = serde_json::json!({ "end": true });
    let status = d.ask(&Request::Status {}).await;
    assert_eq!(status.len(), 3, "{status:?}");
    assert_eq!((&status[0]["mode"], &status[1]["name"]), (&"observe".into(), &"a".into()));
    assert!(status[0]["started_at"].as_str().is_some_and(|t| t.ends_with('Z')));
    let lists = [
        Request::TicketList { limit: 5 },
        Request::QuarantineList { limit: 5 },
        Request::OutboxList { limit: 5 },
        Request::RulesStored { days: 90 },
    ];
    for request in lists {
        assert_eq!(d.ask(&request).await, std::slice::from_ref(&end), "{}", request.verb());
    }
    let retried = d.ask(&Request::OutboxRetry { id: None }).await;
    assert_eq!((&retried[0]["retried"], retried.len()), (&0.into(), 2));
    let unknown = d.ask(&Request::OutboxRetry { id: Some("0123456789abcdef".into()) }).await;
    assert!(unknown[0]["error"].is_string(), "{unknown:?}");
    let keys = d.ask(&Request::KeysPortal {}).await;
    assert!(keys[0]["keys"].is_array() && keys[1] == end, "{keys:?}");
    let none = [
        Request::TicketShow { ticket: "LZ-AAAA-BBBB".into() },
        Request::TicketExport { ticket: "lzaaaabbbb".into() },
        Request::TicketExplain { ticket: "LZ-AAAA-BBBB".into() },
        Request::QuarantineShow { id: "0123456789abcdef".into() },
        Request::QuarantineExport { id: "0123456789abcdef".into() },
    ];
    for request in none {
        assert_eq!(code(&d.ask(&request).await), Some(exit::FAILED.into()), "{}", request.verb());
    }
    let wrong = [
        Request::TicketShow { ticket: "no reference".into() },
        Request::QuarantineShow { id: "../../etc/passwd".into() },
    ];
    for request in wrong {
        assert_eq!(code(&d.ask(&request).await), Some(exit::USAGE.into()), "{}", request.verb());
    }
}

#[tokio::test]
async fn what_was_observed_is_reported_and_not_enforced_while_observing() {
    let d = daemon(false);
    let report = d.ask(&Request::ObserveReport {}).await;
    assert_eq!((&report[0]["messages"], &report[1]["kind"]), (&0.into(), &"folder".into()), "{report:?}");
    let enforce = |mailbox: Option<&str>| Request::ObserveEnforce { mailbox: mailbox.map(str::to_owned), yes: true };
    assert_eq!(code(&d.ask(&enforce(None)).await), Some(exit::CONFIG.into()));
}

#[tokio::test]
async fn fingerprints_are_told_by_ticket_and_without_it() {
    use lazaret_core::{Fingerprint, MessageKey, Outcome, Reason, TermPrint, Verdict};
    use lazaret_scan::{Action, Class, Placement};
    let d = daemon(false);
    let store = d.server.context.get().store.clone();
    let mut tickets = Vec::new();
    for (uid, rules) in [(1, "in force"), (2, "older")] {
        let mut outcome = Outcome::unprocessed(Reason::Released, Verdict::Allow);
        outcome.fingerprints.all.push(Fingerprint {
            rule: "payment-card".into(),
            class: Class::CreditCard,
            form: 7,
            placement: Placement::Attachment,
            score: 85,
            terms: vec![TermPrint { name: "base".into(), points: 85, word: None }],
            action: Action::Redact,
            why_not: None,
            count: 2,
        });
        let commit = lazaret_store::Commit {
            key: MessageKey { mailbox: "a".into(), folder: "INBOX".into(), uid_validity: 1, uid },
            digest: lazaret_core::Digest([uid as u8; 32]),
            now: crate::clock::now(),
            outcome,
            size_bytes: 1,
            join: Vec::new(),
            sealed: None,
            rules: rules.into(),
            ack: lazaret_store::Ack::Leave,
            reply_new: lazaret_store::Intent::Not("observe"),
            reply_joined: lazaret_store::Intent::Not("observe"),
            sinks: Vec::new(),
        };
        tickets.push(store.commit(commit).await.expect("committed").ticket.0);
    }
    for (ticket, in_force) in tickets.iter().zip([true, false]) {
        let lines = d.ask(&Request::TicketExplain { ticket: ticket.clone() }).await;
        assert_eq!((lines.len(), &lines[0]["ticket"]), (2, &Value::from(ticket.as_str())));
        assert_eq!(lines[0]["in_force"], Value::from(in_force));
        assert!(lines[0]["at"].as_str().is_some_and(|at| at.ends_with('Z')));
        let candidate = &lines[0]["candidates"][0];
        assert_eq!((&candidate["placement"], &candidate["count"]), (&"attachment".into(), &2.into()));
    }
    let lines = d.ask(&Request::RulesStored { days: 1 }).await;
    assert_eq!(lines.len(), 3);
    for line in &lines[..2] {
        assert!(line.get("ticket").is_none() && line["at"].is_i64(), "{line}");
        let view: Result<lazaret_store::FingerprintsView, _> = serde_json::from_value(line.clone());
        assert_eq!(view.expect("as it was sent").candidates.len(), 1);
    }
}

#[tokio::test]
async fn bad_requests_get_one_line_that_repeats_nothing() {
    let d = daemon(false);
    let long = |n: usize| {
        let start = b"{\"verb\":\"ticket show\",\"ticket\":\"";
        let fill = n - start.len() - 3;
        [start.as_slice(), &vec![b'A'; fill], b"\"}\n"].concat()
    };
    let cases: Vec<Vec<u8>> = vec![
        b"\n".to_vec(),
        b"hunter2\n".to_vec(),
        b"{\"verb\":\"hunter2\"}\n".to_vec(),
        b"{\"verb\":\"status\",\"hunter2\":1}\n".to_vec(),
        b"{\"verb\":\"ticket list\"}\n".to_vec(),
        b"\xff\xfe\n".to_vec(),
        long(REQUEST_BYTES_MAX + 1),
    ];
    for case in cases {
        let answer = d.send(&case).await;
        assert_eq!((answer.len(), code(&answer)), (1, Some(exit::USAGE.into())), "{answer:?}");
        assert!(!format!("{answer:?}").contains("hunter2"));
    }
    let at_the_limit = d.send(&long(REQUEST_BYTES_MAX)).await;
    assert!(at_the_limit[0]["error"].as_str().is_some_and(|e| e.contains("reference")), "read, and no reference");
}

#[tokio::test]
async fn a_release_hands_the_octets_over() {
    let d = daemon(false);
    let release = async |size: u64, body: &[u8], reason: &str| {
        let request =
            Request::QuarantineRelease { id: "0123456789abcdef".into(), reason: reason.into(), size_bytes: size };
        let line = format!("{}\n", serde_json::to_string(&request).expect("JSON"));
        let mut stream = UnixStream::connect(d.path()).await.expect("connected");
        let _ = stream.write_all(&[line.as_bytes(), body].concat()).await;
        let _ = stream.shutdown().await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect::<Vec<Value>>()
    };
    let good = release(1024, &[b'x'; 1024], " asked by phone ").await;
    assert_eq!(good[0]["released"], "0123456789abcdef 1024 asked by phone");
    for (size, body, reason, want) in [
        (1025, vec![b'x'; 1025], "r", exit::USAGE),
        (0, vec![], "r", exit::USAGE),
        (10, vec![b'x'; 9], "r", exit::USAGE),
        (1, vec![b'x'], "", exit::USAGE),
        (1, vec![b'x'], "a\nb", exit::USAGE),
        (1, vec![b'x'], "refuse", exit::FAILED),
    ] {
        let answer = release(size, &body, reason).await;
        assert_eq!(code(&answer), Some(want.into()), "{size} {reason:?} {answer:?}");
    }
    let (at, over) = ("r".repeat(500), "r".repeat(501));
    assert_eq!(code(&release(1, b"x", &at).await), None);
    assert_eq!(code(&release(1, b"x", &over).await), Some(exit::USAGE.into()));
}

#[tokio::test]
async fn four_eyes_are_two_persons() {
    let d = daemon(true);
    let caller = |uid| Caller { uid, gid: uid };
    for (uid, second) in [(1, false), (1, false), (2, true), (2, false), (1, true)] {
        assert_eq!(d.server.is_second("0123456789abcdef", caller(uid)), second, "{uid}");
    }
    assert!(!d.server.is_second("fedcba9876543210", caller(3)));
    let request = Request::QuarantineRelease { id: "0123456789abcdef".into(), reason: "r".into(), size_bytes: 1 };
    let line = format!("{}\nx", serde_json::to_string(&request).expect("JSON"));
    assert_eq!(code(&d.send(line.as_bytes()).await), Some(exit::TEMPFAIL.into()), "alone");
}

#[tokio::test]
async fn one_daemon_a_socket_and_a_dead_ones_is_replaced() {
    let d = daemon(false);
    let mode = std::fs::metadata(d.path()).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o666);
    assert!(matches!(listen(&d.server.context.get().config), Err(ListenError::InUse { .. })));
    d.stop.send(true).expect("told");
    // The end of the server is seen by its socket going away.
    while d.path().exists() {
        tokio::task::yield_now().await;
    }
    drop(std::os::unix::net::UnixListener::bind(d.path()).expect("bound"));
    assert!(d.path().exists(), "a left-over");
    assert!(listen(&d.server.context.get().config).is_ok());
}

#[test]
fn who_may_what() {
    let all = [Role::Operator, Role::Agent, Role::Officer, Role::Auditor];
    let may = |request: &Request| {
        all.into_iter().filter(|r| request.row().needs.contains(r)).map(roles::word).collect::<Vec<_>>()
    };
    let id = || "0123456789abcdef".to_owned();
    for (request, want) in [
        (Request::Status {}, vec![]),
        (Request::KeysPortal {}, vec![]),
        (Request::TicketList { limit: 1 }, vec!["agent", "officer"]),
        (Request::TicketShow { ticket: id() }, vec!["agent", "officer"]),
        (Request::TicketExport { ticket: id() }, vec!["agent", "officer"]),
        (Request::QuarantineList { limit: 1 }, vec!["officer"]),
        (Request::QuarantineShow { id: id() }, vec!["officer"]),
        (Request::QuarantineExport { id: id() }, vec!["officer"]),
        (Request::QuarantineRelease { id: id(), reason: id(), size_bytes: 1 }, vec!["officer"]),
        (Request::OutboxList { limit: 1 }, vec!["operator", "officer"]),
        (Request::OutboxResume {}, vec!["operator", "officer"]),
        (Request::Reload {}, vec!["operator"]),
        (Request::AuditList { limit: 1, since: None, actor: None, ticket: None }, vec!["auditor"]),
        (Request::AuditVerify { head: None }, vec!["auditor"]),
        (Request::OutboxRetry { id: None }, vec!["operator", "officer"]),
    ] {
        assert_eq!(may(&request), want, "{}", request.verb());
        let line = serde_json::to_value(&request).expect("JSON");
        assert_eq!(line["verb"], request.verb(), "the verb on the wire is the verb in messages");
    }
    let request = Request::QuarantineExport { id: id() };
    let who = Who { uid: 7, name: "ann".into() };
    let given = [(Role::Officer, Principal::User("jana".into())), (Role::Agent, Principal::Group("support".into()))];
    for (given, have) in [(&given[..], "gives it to user:jana"), (&given[1..], "gives it to nobody but root")] {
        let message = Failure::denied(request.row(), &who, given).message;
        assert!(
            message.starts_with("`quarantine export` needs the role officer, which ann does not have"),
            "{message}"
        );
        assert!(message.ends_with(have), "{message}");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_recorded_and_what_cannot_be_recorded_is_not_done() {
    let d = daemon(false);
    let list = async |since, actor: Option<&str>, ticket: Option<&str>| {
        let (actor, ticket) = (actor.map(str::to_owned), ticket.map(str::to_owned));
        let lines = d.ask(&Request::AuditList { limit: 50, since, actor, ticket }).await;
        let row = |l: &Value| {
            let word = |key: &str| l[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", word("verb"), word("object"), word("outcome"))
        };
        // Newest first is this very question.
        lines.iter().filter(|l| l.get("seq").is_some()).skip(1).map(row).collect::<Vec<_>>()
    };
    let id = "0123456789abcdef".to_owned();
    d.ask(&Request::Status {}).await;
    d.ask(&Request::KeysPortal {}).await;
    d.ask(&Request::TicketShow { ticket: "lz aaaa bbbb".into() }).await;
    d.ask(&Request::TicketShow { ticket: "mia@customer.example".into() }).await;
    d.ask(&Request::QuarantineExport { id: id.clone() }).await;
    d.ask(&Request::OutboxResume {}).await;
    d.ask(&Request::Reload {}).await;
    let recorded = list(None, None, None).await;
    let want = [
        "reload  failed",
        "reload  allowed",
        "outbox resume  done",
        "outbox resume  allowed",
        "quarantine export 0123456789abcdef allowed",
        "ticket show  allowed",
        "ticket show LZ-AAAA-BBBB allowed",
    ];
    assert_eq!(recorded, want);
    assert_eq!(list(None, None, Some("LZ-AAAA-BBBB")).await, [""; 0], "the newest that fits was skipped");
    let own = rustix::process::geteuid().as_raw().to_string();
    assert!(list(None, Some(&own), None).await.len() > want.len());
    assert_eq!(list(None, Some("nobody-here"), None).await, [""; 0]);
    assert_eq!(list(Some(crate::clock::now() + 60), None, None).await, [""; 0]);

    let verdict = d.ask(&Request::AuditVerify { head: None }).await;
    assert_eq!(verdict[0]["problems"], serde_json::json!([]), "{verdict:?}");
    let head = d.ask(&Request::Status {}).await[0]["audit_head"].as_str().map(str::to_owned);
    let verdict = d.ask(&Request::AuditVerify { head: head.clone() }).await;
    assert_eq!(verdict[0]["problems"], serde_json::json!([]), "{verdict:?}");
    let other = head.map(|h| format!("{}:{}", h.split(':').next().unwrap_or_default(), "0".repeat(64)));
    let verdict = d.ask(&Request::AuditVerify { head: other }).await;
    assert_eq!(verdict[0]["problems"].as_array().map(Vec::len), Some(1), "{verdict:?}");
    assert_eq!(code(&d.ask(&Request::AuditVerify { head: Some("5".into()) }).await), Some(exit::USAGE.into()));

    d.server.context.get().store.close().await;
    for request in [Request::TicketList { limit: 1 }, Request::QuarantineShow { id }, Request::OutboxResume {}] {
        let answer = d.ask(&request).await;
        assert!(answer[0]["error"].as_str().is_some_and(|e| e.contains("audit trail")), "{answer:?}");
    }
}
