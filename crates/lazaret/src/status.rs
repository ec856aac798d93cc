//! How the daemon fares, as facts: times, counts and kinds, never content. Written by the mailboxes, read by the socket.

use crate::clock;
use crate::config::{Config, Mode};
use lazaret_core::ProofMode;
use lazaret_store::Counts;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A mailbox that fails for longer needs a look.
const RETRYING_SECS_MAX: i64 = 15 * 60;
/// A reply that waits for longer needs a look.
const WAITING_SECS_MAX: i64 = 3_600;

/// What is known since the start.
pub(crate) struct Status {
    started_at: i64,
    shape: RwLock<Shape>,
    degraded: AtomicUsize,
    /// When a reload was refused, and with how many complaints; nothing once one was accepted.
    refused: Mutex<Option<(i64, usize)>>,
    files_differ: AtomicBool,
}

/// What of the configuration the status tells of.
struct Shape {
    mode: Mode,
    mailboxes: Vec<(String, Arc<Mutex<Mailbox>>)>,
    unproven: Vec<String>,
}

impl Shape {
    /// The mailboxes of a configuration; those that `before` knows keep what is known of them.
    fn new(config: &Config, before: &[(String, Arc<Mutex<Mailbox>>)]) -> Shape {
        let known = |name: &str| before.iter().find(|(n, _)| n == name).map(|(_, m)| m.clone()).unwrap_or_default();
        let unproven = config.mailboxes.iter().filter(|m| m.profile.proof == ProofMode::None);
        Shape {
            mode: config.mode,
            mailboxes: config.mailboxes.iter().map(|m| (m.name.clone(), known(&m.name))).collect(),
            unproven: unproven.map(|m| m.name.clone()).collect(),
        }
    }
}

/// One mailbox.
#[derive(Debug, Clone, Default)]
struct Mailbox {
    logged_in: bool,
    login_at: Option<i64>,
    mail_at: Option<i64>,
    look_at: Option<i64>,
    taken: u64,
    held: u64,
    waiting: usize,
    waiting_since: Option<i64>,
    failing_since: Option<i64>,
    failures: u64,
    error: Option<String>,
    refused: bool,
    /// Folder and `start` with which it was begun, where the configuration says another one now.
    start_kept: Vec<(String, String)>,
}

impl Status {
    /// Nothing has happened yet.
    pub(crate) fn new(config: &Config) -> Status {
        Status {
            started_at: clock::now(),
            shape: RwLock::new(Shape::new(config, &[])),
            degraded: AtomicUsize::new(0),
            refused: Mutex::default(),
            files_differ: AtomicBool::new(false),
        }
    }

    /// Another configuration is in force; what is wrong with files is mended.
    pub(crate) fn reloaded(&self, config: &Config) {
        let mut shape = self.shape.write().unwrap_or_else(PoisonError::into_inner);
        *shape = Shape::new(config, &shape.mailboxes);
        // Those that had ended are begun again.
        for (_, mailbox) in &shape.mailboxes {
            mailbox.lock().unwrap_or_else(PoisonError::into_inner).refused = false;
        }
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.degraded(0);
        self.files_differ(false);
    }

    /// A reload was refused with so many complaints; what ran goes on.
    pub(crate) fn reload_refused(&self, complaints: usize) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((clock::now(), complaints));
    }

    /// Do the files say something else than what runs?
    pub(crate) fn files_differ(&self, differ: bool) {
        self.files_differ.store(differ, Ordering::Relaxed);
    }

    /// The login stands. Answers whether that is news: the first one, or the first one after trouble.
    pub(crate) fn login(&self, mailbox: &str) -> bool {
        self.change(mailbox, |m, now| {
            m.login_at = Some(now);
            !std::mem::replace(&mut m.logged_in, true)
        })
        .unwrap_or(false)
    }

    /// Messages found their place.
    pub(crate) fn mail(&self, mailbox: &str, count: usize) {
        self.change(mailbox, |m, now| {
            if count > 0 {
                m.mail_at = Some(now);
            }
            m.taken += count as u64;
            m.waiting = m.waiting.saturating_sub(count);
            m.waiting_since = m.waiting_since.filter(|_| m.waiting > 0);
        });
    }

    /// So many messages are there that have no ticket yet.
    pub(crate) fn waiting(&self, mailbox: &str, count: usize) {
        self.change(mailbox, |m, now| {
            m.waiting = count;
            m.waiting_since = if count == 0 { None } else { m.waiting_since.or(Some(now)) };
        });
    }

    /// A message was put into the held folder.
    pub(crate) fn held(&self, mailbox: &str) {
        self.change(mailbox, |m, _| m.held += 1);
    }

    /// A look at the mailbox failed; the kind is a word of our own.
    pub(crate) fn error(&self, mailbox: &str, kind: &str) {
        self.change(mailbox, |m, now| {
            m.logged_in = false;
            m.failures += 1;
            m.failing_since.get_or_insert(now);
            m.error = Some(kind.to_owned());
        });
    }

    /// The mailbox is not pulled any more, until the operator decides and has the configuration read again.
    pub(crate) fn refused(&self, mailbox: &str, kind: &str) {
        self.error(mailbox, kind);
        self.change(mailbox, |m, _| m.refused = true);
    }

    /// The folder was begun with another `start` than the configuration has now. Answers whether that is news.
    pub(crate) fn start_kept(&self, mailbox: &str, folder: &str, kept: &str) -> bool {
        let known = |m: &mut Mailbox| m.start_kept.iter().any(|(f, _)| f == folder);
        let note = |m: &mut Mailbox, _| {
            let news = !known(m);
            if news {
                m.start_kept.push((folder.to_owned(), kept.to_owned()));
            }
            news
        };
        self.change(mailbox, note).unwrap_or(false)
    }

    /// A look at the mailbox came to its end.
    pub(crate) fn healthy(&self, mailbox: &str) {
        self.change(mailbox, |m, now| {
            m.look_at = Some(now);
            m.failing_since = None;
            m.error = None;
        });
    }

    /// The rules were refused with so many complaints, and the last accepted ones run.
    pub(crate) fn degraded(&self, complaints: usize) {
        self.degraded.store(complaints, Ordering::Relaxed);
    }

    fn change<T>(&self, mailbox: &str, change: impl FnOnce(&mut Mailbox, i64) -> T) -> Option<T> {
        let shape = self.shape.read().unwrap_or_else(PoisonError::into_inner);
        let (_, state) = shape.mailboxes.iter().find(|(name, _)| name == mailbox)?;
        // A panic while the lock was held left plain numbers behind; they are still worth reading.
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        Some(change(&mut state, clock::now()))
    }

    fn states(&self) -> Vec<(String, Mailbox)> {
        let copy = |m: &Mutex<Mailbox>| m.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let shape = self.shape.read().unwrap_or_else(PoisonError::into_inner);
        shape.mailboxes.iter().map(|(name, m)| (name.clone(), copy(m))).collect()
    }

    fn mode(&self) -> Mode {
        self.shape.read().unwrap_or_else(PoisonError::into_inner).mode
    }

    /// What everybody on the machine may know: is it well?
    pub(crate) fn health(&self, counts: &Counts, disk: Disk) -> Value {
        let states = self.states();
        let retrying = states.iter().filter(|(_, m)| m.failing_since.is_some() && !m.refused).count();
        json!({
            "kind": "daemon",
            "healthy": self.troubles(counts, disk, clock::now()).is_empty(),
            "mode": self.mode_word(),
            "started_at": self.started_at,
            "mailboxes": states.len(),
            "mailboxes_retrying": retrying,
        })
    }

    /// All facts: a line for the daemon, one for each mailbox.
    pub(crate) fn snapshot(&self, counts: &Counts, disk: Disk) -> Vec<Value> {
        let troubles = self.troubles(counts, disk, clock::now());
        let mut daemon = self.health(counts, disk);
        let [allow, redact, quarantine, reject] = counts.verdicts;
        let refused = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut facts = json!({
            "troubles": troubles,
            "rules_degraded": self.degraded.load(Ordering::Relaxed),
            "reload_refused_at": refused.map(|(at, _)| at),
            "reload_complaints": refused.map_or(0, |(_, complaints)| complaints),
            "files_differ": self.files_differ.load(Ordering::Relaxed),
            "disk_free_bytes": disk.free_bytes,
            "disk_reserve_bytes": disk.reserve_bytes,
            "tickets": counts.tickets,
            "verdicts": { "allow": allow, "redact": redact, "quarantine": quarantine, "reject": reject },
            "duplicates": counts.duplicates,
            "claimed": counts.claimed,
            "unacknowledged": counts.unacknowledged,
            "sealed": counts.sealed,
            "outbox": {
                "waiting": counts.outbox_waiting,
                "oldest_at": counts.outbox_oldest_at,
                "accepted": counts.outbox_accepted,
                "failed": counts.outbox_failed,
                "unknown": counts.outbox_unknown,
            },
            "deliveries": {
                "waiting": counts.deliveries_waiting,
                "oldest_at": counts.deliveries_oldest_at,
                "accepted": counts.deliveries_accepted,
                "failed": counts.deliveries_failed,
            },
            "not_told": counts.outbox_failed + counts.outbox_unknown + counts.outbox_limited,
            "would": null,
        });
        if self.mode() == Mode::Observe {
            facts["would"] = json!({ "move": allow, "clean": redact, "quarantine": quarantine, "reject": reject });
        }
        if let (Value::Object(daemon), Value::Object(facts)) = (&mut daemon, facts) {
            daemon.extend(facts);
        }
        let unproven = self.shape.read().unwrap_or_else(PoisonError::into_inner).unproven.clone();
        let mailboxes = self.states().into_iter().map(|(name, m)| {
            let state = match (m.failing_since, m.look_at) {
                _ if m.refused => "refused",
                (Some(_), _) => "retrying",
                (None, Some(_)) => "ok",
                (None, None) => "starting",
            };
            json!({
                "kind": "mailbox", "name": name, "state": state, "error": m.error,
                "last_login_at": m.login_at, "last_mail_at": m.mail_at, "last_look_at": m.look_at,
                "taken": m.taken, "held": m.held, "waiting": m.waiting, "oldest_waiting_at": m.waiting_since,
                "retrying_since_at": m.failing_since, "failures": m.failures,
                "sender_proof": !unproven.contains(&name),
                "start_kept": m.start_kept.iter().map(|(folder, start)| json!({ "folder": folder, "start": start })).collect::<Vec<_>>(),
            })
        });
        std::iter::once(daemon).chain(mailboxes).collect()
    }

    fn mode_word(&self) -> &'static str {
        match self.mode() {
            Mode::Observe => "observe",
            Mode::Enforce => "enforce",
        }
    }

    /// What needs a look, in words of our own.
    fn troubles(&self, counts: &Counts, disk: Disk, now: i64) -> Vec<String> {
        let mut out = Vec::new();
        for (name, m) in self.states() {
            let error = m.error.as_deref().unwrap_or("unknown");
            if m.refused {
                out.push(format!("mailbox {name} is not pulled: {error}; mend it, then lazaret reload"));
            } else if m.failing_since.is_some_and(|since| now - since > RETRYING_SECS_MAX) {
                out.push(format!("mailbox {name} cannot be pulled: {error}"));
            }
        }
        if counts.outbox_oldest_at.is_some_and(|at| now - at > WAITING_SECS_MAX) {
            out.push("replies wait for more than an hour".to_owned());
        }
        if counts.breaker_open_since.is_some() {
            out.push("more replies in a minute than the breaker allows; they wait: see lazaret outbox list, then lazaret outbox resume".to_owned());
        }
        if counts.deliveries_oldest_at.is_some_and(|at| now - at > WAITING_SECS_MAX) {
            out.push("deliveries wait for a sink that does not take them: see lazaret outbox list".to_owned());
        }
        if counts.deliveries_failed > 0 {
            out.push(format!(
                "{} deliveries failed: see lazaret outbox list, then lazaret outbox retry",
                counts.deliveries_failed
            ));
        }
        if counts.outbox_unknown > 0 {
            out.push(format!("{} replies have an unknown outcome: see lazaret outbox list", counts.outbox_unknown));
        }
        if disk.free_bytes.is_some_and(|free| free < disk.reserve_bytes) {
            out.push("the disk is nearly full: nothing is fetched".to_owned());
        }
        if self.degraded.load(Ordering::Relaxed) > 0 {
            out.push("rules or policy were refused; the last accepted ones run: see lazaret check".to_owned());
        }
        if let Some((at, _)) = *self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            let at = clock::rfc3339(at);
            out.push(format!(
                "reload refused at {at}, what ran before goes on: see lazaret check, then lazaret reload"
            ));
        }
        out
    }
}

/// Room on the volume of the state directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Octets free, if that could be told.
    pub(crate) free_bytes: Option<u64>,
    /// Octets below which nothing is fetched.
    pub(crate) reserve_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: Disk = Disk { free_bytes: Some(1000), reserve_bytes: 10 };

    fn status(mode: Mode) -> Status {
        let mailboxes = vec![("a".into(), Arc::default()), ("b".into(), Arc::default())];
        Status {
            started_at: 0,
            shape: RwLock::new(Shape { mode, mailboxes, unproven: vec!["b".into()] }),
            degraded: AtomicUsize::new(0),
            refused: Mutex::default(),
            files_differ: AtomicBool::new(false),
        }
    }

    #[test]
    fn a_login_is_news_once_and_again_after_trouble() {
        let s = status(Mode::Enforce);
        assert!(s.login("a"));
        assert!(!s.login("a"));
        assert!(s.login("b"), "mailboxes do not mix");
        s.error("a", "timeout");
        assert!(s.login("a"));
        assert!(!s.login("nobody"));
    }

    #[test]
    fn states_of_a_mailbox() {
        let s = status(Mode::Enforce);
        let state = |s: &Status| s.snapshot(&Counts::default(), DISK)[1]["state"].as_str().map(str::to_owned);
        assert_eq!(state(&s).as_deref(), Some("starting"));
        s.error("a", "timeout");
        assert_eq!(state(&s).as_deref(), Some("retrying"));
        assert_eq!(s.snapshot(&Counts::default(), DISK)[1]["error"], "timeout");
        s.healthy("a");
        assert_eq!(state(&s).as_deref(), Some("ok"));
    }

    #[test]
    fn a_refused_mailbox_needs_a_look_at_once() {
        let s = status(Mode::Enforce);
        s.refused("a", "start is not set");
        let lines = s.snapshot(&Counts::default(), DISK);
        assert_eq!((&lines[0]["healthy"], &lines[0]["mailboxes_retrying"]), (&json!(false), &json!(0)));
        assert_eq!((&lines[1]["state"], &lines[1]["error"]), (&json!("refused"), &json!("start is not set")));
        assert_eq!(s.troubles(&Counts::default(), DISK, clock::now()).len(), 1);
    }

    #[test]
    fn waiting_mail_counts_down() {
        let s = status(Mode::Enforce);
        s.waiting("a", 3);
        s.mail("a", 2);
        let line = &s.snapshot(&Counts::default(), DISK)[1];
        assert_eq!((&line["waiting"], &line["taken"]), (&json!(1), &json!(2)));
        assert!(line["oldest_waiting_at"].is_number());
        s.mail("a", 1);
        assert!(s.snapshot(&Counts::default(), DISK)[1]["oldest_waiting_at"].is_null());
    }

    #[test]
    fn troubles() {
        let s = status(Mode::Enforce);
        let of = |counts: &Counts, disk| s.troubles(counts, disk, clock::now()).len();
        let old = |secs| Counts { outbox_oldest_at: Some(clock::now() - secs), ..Counts::default() };
        assert_eq!(of(&Counts::default(), DISK), 0);
        assert_eq!(of(&old(WAITING_SECS_MAX - 60), DISK), 0);
        assert_eq!(of(&old(WAITING_SECS_MAX + 60), DISK), 1);
        assert_eq!(of(&Counts { outbox_unknown: 1, ..Counts::default() }, DISK), 1);
        assert_eq!(of(&Counts { breaker_open_since: Some(1), ..Counts::default() }, DISK), 1);
        assert_eq!(of(&Counts::default(), Disk { free_bytes: Some(9), reserve_bytes: 10 }), 1);
        assert_eq!(of(&Counts::default(), Disk { free_bytes: Some(10), reserve_bytes: 10 }), 0);
        assert_eq!(of(&Counts::default(), Disk { free_bytes: None, reserve_bytes: 10 }), 0);
        s.error("a", "timeout");
        assert_eq!(of(&Counts::default(), DISK), 0, "not at once");
        assert_eq!(s.troubles(&Counts::default(), DISK, clock::now() + RETRYING_SECS_MAX + 60).len(), 1);
        s.degraded(2);
        assert_eq!(of(&Counts::default(), DISK), 1);
    }

    #[test]
    fn observe_says_what_enforcing_would_have_done() {
        let counts = Counts { verdicts: [4, 3, 2, 1], ..Counts::default() };
        let line = &status(Mode::Observe).snapshot(&counts, DISK)[0];
        assert_eq!(line["would"], json!({ "move": 4, "clean": 3, "quarantine": 2, "reject": 1 }));
        assert!(status(Mode::Enforce).snapshot(&counts, DISK)[0]["would"].is_null());
        let health = status(Mode::Observe).health(&counts, DISK);
        assert!(health.get("verdicts").is_none() && health.get("troubles").is_none(), "{health}");
    }
}
