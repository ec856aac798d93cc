use super::*;
use crate::config::AlertWhen;
use serde_json::json;

const DISK: Disk = Disk { free_bytes: Some(1000), reserve_bytes: 10 };

fn status(mode: Mode) -> Status {
    let mailboxes = vec![("a".into(), Arc::default()), ("b".into(), Arc::default())];
    Status {
        started_at: 0,
        shape: RwLock::new(Shape { mode, mailboxes, unproven: vec!["b".into()] }),
        degraded: AtomicUsize::new(0),
        refused: Mutex::default(),
        files_differ: AtomicBool::new(false),
        rules: Mutex::default(),
        watch: Mutex::new(Watch::new(AlertWhen::default(), Vec::new(), false)),
        // Tests of one process share the one of the process.
        counters: Box::leak(Box::default()),
    }
}

fn lines(s: &Status) -> Vec<serde_json::Value> {
    s.snapshot(&Counts::default(), DISK, clock::now())
}

fn look(uids: &[u32], known: u64) -> Look<'_> {
    Look { uid_validity: 1, server: uids.len() + known as usize, known, unclaimed: uids, waiting: uids.len() }
}

#[test]
fn a_login_is_news_once_and_again_after_trouble() {
    let s = status(Mode::Enforce);
    assert!(s.login("a", None));
    assert!(!s.login("a", None));
    assert!(s.login("b", None), "mailboxes do not mix");
    s.error("a", Failure::Other, "timeout");
    assert!(s.login("a", None));
    assert!(!s.login("nobody", None));
}

#[test]
fn states_of_a_mailbox() {
    let s = status(Mode::Enforce);
    let state = |s: &Status| lines(s)[1]["state"].as_str().map(str::to_owned);
    assert_eq!(state(&s).as_deref(), Some("starting"));
    s.error("a", Failure::Other, "timeout");
    assert_eq!(state(&s).as_deref(), Some("retrying"));
    s.error("a", Failure::Other, "timeout");
    assert_eq!((&lines(&s)[1]["error"], &lines(&s)[1]["attempts"]), (&json!("timeout"), &json!(2)));
    s.healthy("a");
    assert_eq!(state(&s).as_deref(), Some("ok"));
    assert_eq!((&lines(&s)[1]["attempts"], &lines(&s)[1]["failures"]), (&json!(0), &json!(2)));
}

#[test]
fn a_refused_mailbox_needs_a_look_at_once() {
    let s = status(Mode::Enforce);
    s.error("a", Failure::Stopped, "start is not set");
    let lines = lines(&s);
    assert_eq!((&lines[0]["healthy"], &lines[0]["mailboxes_retrying"]), (&json!(false), &json!(0)));
    assert_eq!((&lines[1]["state"], &lines[1]["error"]), (&json!("refused"), &json!("start is not set")));
    assert_eq!(lines[0]["alerts"][0]["condition"], "mailbox-stopped");
}

#[test]
fn waiting_mail_counts_down_in_each_folder() {
    let s = status(Mode::Enforce);
    s.looked("a", "INBOX", &look(&[1, 2, 3], 0));
    s.looked("a", "Other", &look(&[], 5));
    s.mail("a", "INBOX", 2);
    let line = &lines(&s)[1];
    assert_eq!((&line["waiting"], &line["taken"]), (&json!(1), &json!(2)), "another folder changes nothing");
    assert!(line["oldest_waiting_at"].is_number());
    s.mail("a", "INBOX", 1);
    assert!(lines(&s)[1]["oldest_waiting_at"].is_null());
}

#[test]
fn what_was_there_at_a_look_that_ended_must_have_its_place_at_the_next() {
    let s = status(Mode::Enforce);
    let told = |s: &Status| s.look(&Counts::default(), DISK, clock::now()).len();
    let unaccounted = |s: &Status| lines(s)[1]["reconcile"]["unaccounted"].as_u64();
    assert_eq!(s.looked("a", "INBOX", &look(&[7], 2)), 0, "new");
    assert_eq!(s.looked("a", "INBOX", &look(&[7], 2)), 0, "the look before did not come to its end");
    s.settled("a", "INBOX", 1, 8);
    assert_eq!(s.looked("a", "INBOX", &look(&[7, 8], 2)), 1, "7 was there, 8 is new");
    s.healthy("a");
    assert_eq!((unaccounted(&s), told(&s)), (Some(1), 0), "once is not yet told");
    s.settled("a", "INBOX", 1, 9);
    assert_eq!(s.looked("a", "INBOX", &look(&[7, 8], 2)), 2);
    assert_eq!(told(&s), 1);
    assert_eq!(lines(&s)[0]["alerts"][0]["detail"], "server 4, ledger 2, unaccounted 2");
    s.settled("a", "INBOX", 1, 9);
    assert_eq!(s.looked("a", "INBOX", &Look { uid_validity: 2, ..look(&[7, 8], 2) }), 0, "UIDs mean nothing any more");
    assert_eq!(unaccounted(&s), Some(0));
}

/// What needs a look, at a time so many seconds from now.
fn raised(s: &Status, counts: &Counts, disk: Disk, later_secs: i64) -> Vec<&'static str> {
    s.peek(counts, disk, clock::now() + later_secs).raised().iter().map(|r| r.condition.id()).collect()
}

#[test]
fn troubles() {
    let none = Counts::default();
    let old = |secs| Counts { outbox_oldest_at: Some(clock::now() - secs), ..Counts::default() };
    let waits = |secs| Counts { deliveries_oldest_at: Some(clock::now() - secs), ..Counts::default() };
    for (what, counts, disk, want) in [
        ("nothing", none.clone(), DISK, vec![]),
        ("a reply that waits", old(3_500), DISK, vec![]),
        ("and longer", old(3_700), DISK, vec!["outbox-old"]),
        ("an unknown reply", Counts { outbox_unknown: 1, ..none.clone() }, DISK, vec!["reply-unknown"]),
        ("a failed delivery", Counts { deliveries_failed: 1, ..none.clone() }, DISK, vec!["deliveries-failed"]),
        ("a delivery that waits", waits(3_500), DISK, vec![]),
        ("and longer", waits(3_700), DISK, vec!["deliveries-old"]),
        ("the breaker", Counts { breaker_open_since: Some(1), ..none.clone() }, DISK, vec!["breaker-open"]),
        ("no room", none.clone(), Disk { free_bytes: Some(9), reserve_bytes: 10 }, vec!["disk-low"]),
        ("room enough", none.clone(), Disk { free_bytes: Some(10), reserve_bytes: 10 }, vec![]),
        ("room unknown", none.clone(), Disk { free_bytes: None, reserve_bytes: 10 }, vec![]),
    ] {
        assert_eq!(raised(&status(Mode::Enforce), &counts, disk, 0), want, "{what}");
    }
}

#[test]
fn a_failing_mailbox_is_told_after_its_time_and_a_refused_login_sooner() {
    let s = status(Mode::Enforce);
    let none = Counts::default();
    s.error("a", Failure::Other, "timeout");
    for (later, want) in [(0, vec![]), (890, vec![]), (910, vec!["mailbox-failing"])] {
        assert_eq!(raised(&s, &none, DISK, later), want, "{later}");
    }
    s.error("a", Failure::Login, "the login was refused");
    assert_eq!(raised(&s, &none, DISK, 70), ["login-refused"]);
    s.error("a", Failure::Disk, "disk low");
    assert_eq!(raised(&s, &none, DISK, 5_000), [""; 0], "the disk tells of itself");
    s.degraded(2);
    assert_eq!(raised(&s, &none, DISK, 0), ["rules-degraded"]);
}

#[test]
fn counters_that_grow_are_told_once_and_asking_tells_nobody() {
    let s = status(Mode::Enforce);
    let none = Counts::default();
    let key = lazaret_core::MessageKey { mailbox: "a".into(), folder: "INBOX".into(), uid_validity: 1, uid: 1 };
    s.counters.count(&crate::event::Event::FileResidue { key: &key, count: 2 });
    assert_eq!(raised(&s, &none, DISK, 0), ["file-residue"]);
    assert_eq!(raised(&s, &none, DISK, 0), ["file-residue"], "asking is no look");
    let news = s.look(&none, DISK, clock::now());
    assert_eq!(
        news.iter().map(|n| (n.condition.id(), n.detail.as_str())).collect::<Vec<_>>(),
        [("file-residue", "2 files")]
    );
    assert_eq!(s.look(&none, DISK, clock::now()).len(), 0);
    let text = s.line(&none, clock::now());
    assert!(
        text.contains("enforce: 2 mailboxes, 0 failing") && text.ends_with("needs a look: file-residue (a)"),
        "{text}"
    );
}

#[test]
fn a_stale_token_and_many_deaths_are_told() {
    let s = status(Mode::Enforce);
    let none = Counts::default();
    let token = |left: i64| Some(Token { at: 1_000, expires_at: Some(1_000 + left) });
    s.healthy("a");
    for (left, want) in [(299, vec!["token-stale"]), (300, vec![])] {
        s.login("a", token(left));
        assert_eq!(raised(&s, &none, DISK, 0), want, "{left}");
    }
    let key = lazaret_core::MessageKey { mailbox: "b".into(), folder: "INBOX".into(), uid_validity: 1, uid: 1 };
    for (deaths, want) in [(4, vec![]), (1, vec![]), (1, vec!["worker-crashes"])] {
        (0..deaths).for_each(|_| s.counters.count(&crate::event::Event::Strike { key: &key, strikes: 1, how: "died" }));
        assert_eq!(raised(&s, &none, DISK, 0), want);
    }
}

#[test]
fn observe_says_what_enforcing_would_have_done() {
    let counts = Counts { verdicts: [4, 3, 2, 1], ..Counts::default() };
    let line = &status(Mode::Observe).snapshot(&counts, DISK, 0)[0];
    assert_eq!(line["would"], json!({ "move": 4, "clean": 3, "quarantine": 2, "reject": 1 }));
    assert!(status(Mode::Enforce).snapshot(&counts, DISK, 0)[0]["would"].is_null());
    let health = status(Mode::Observe).health(&counts, DISK, 0);
    assert!(health.get("verdicts").is_none() && health.get("troubles").is_none(), "{health}");
}
