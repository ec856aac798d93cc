//! How the daemon fares, as facts: times, counts and kinds, never content. Written by the mailboxes, read by the socket,
//! the watch over conditions ([`readings`]) and the scraper ([`facts`]).

mod facts;
mod readings;

use crate::alerts::watch::{Notice, Watch};
use crate::clock;
use crate::config::{Config, Mode};
use crate::metrics::{Registry, registry};
use crate::source::Token;
use lazaret_core::ProofMode;
use lazaret_store::Counts;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// What is known since the start.
pub(crate) struct Status {
    started_at: i64,
    shape: RwLock<Shape>,
    degraded: AtomicUsize,
    /// When a reload was refused, and with how many complaints; nothing once one was accepted.
    refused: Mutex<Option<(i64, usize)>>,
    files_differ: AtomicBool,
    rules: Mutex<String>,
    watch: Mutex<Watch>,
    counters: &'static Registry,
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

/// Why a look at a mailbox failed, as far as it matters to who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Failure {
    /// Whatever else.
    #[default]
    Other,
    /// The server refused the login.
    Login,
    /// Too little room on the disk; that is told by itself.
    Disk,
    /// The operator has to decide; it is not tried again.
    Stopped,
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
    folders: BTreeMap<String, Folder>,
    failing_since: Option<i64>,
    attempts: u64,
    failures: u64,
    error: Option<String>,
    /// Folder and `start` with which it was begun, where the configuration says another one now.
    start_kept: Vec<(String, String)>,
    failure: Failure,
    token: Option<Token>,
}

/// One folder of a mailbox.
#[derive(Debug, Clone, Default)]
struct Folder {
    waiting: usize,
    waiting_since: Option<i64>,
    count: Reconciled,
    unaccounted_looks: u32,
    /// UIDVALIDITY and UIDNEXT of the last look, if it came to its end with nothing left for the next one.
    settled: Option<(u32, u32)>,
}

/// The server's UIDs against the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reconciled {
    server: u64,
    ledger: u64,
    unaccounted: u64,
}

/// What one look at a folder found.
pub(crate) struct Look<'a> {
    pub(crate) uid_validity: u32,
    /// UIDs that the server has, above the baseline.
    pub(crate) server: usize,
    /// Those that have their place in the ledger.
    pub(crate) known: u64,
    /// Those that have not, and are not being retried alone.
    pub(crate) unclaimed: &'a [u32],
    /// All that have no ticket yet.
    pub(crate) waiting: usize,
}

impl Mailbox {
    fn waiting(&self) -> usize {
        self.folders.values().map(|f| f.waiting).sum()
    }

    fn waiting_since(&self) -> Option<i64> {
        self.folders.values().filter_map(|f| f.waiting_since).min()
    }

    fn reconciled(&self) -> Reconciled {
        self.folders.values().fold(Reconciled::default(), |sum, f| Reconciled {
            server: sum.server + f.count.server,
            ledger: sum.ledger + f.count.ledger,
            unaccounted: sum.unaccounted + f.count.unaccounted,
        })
    }

    /// Was it never looked at since the start, well or badly?
    fn is_starting(&self) -> bool {
        self.look_at.is_none() && self.failing_since.is_none()
    }
}

impl Status {
    /// Nothing has happened yet.
    pub(crate) fn new(config: &Config) -> Status {
        let mut watch = Watch::new(config.operator.alert_when, Vec::new(), false);
        tell(&mut watch, config);
        Status {
            started_at: clock::now(),
            shape: RwLock::new(Shape::new(config, &[])),
            degraded: AtomicUsize::new(0),
            refused: Mutex::default(),
            files_differ: AtomicBool::new(false),
            rules: Mutex::default(),
            watch: Mutex::new(watch),
            counters: registry(),
        }
    }

    /// Another configuration is in force; what is wrong with files is mended.
    pub(crate) fn reloaded(&self, config: &Config) {
        let mut shape = self.shape.write().unwrap_or_else(PoisonError::into_inner);
        *shape = Shape::new(config, &shape.mailboxes);
        // Those that had ended are begun again.
        for (_, mailbox) in &shape.mailboxes {
            let mut mailbox = mailbox.lock().unwrap_or_else(PoisonError::into_inner);
            if mailbox.failure == Failure::Stopped {
                mailbox.failure = Failure::Other;
            }
        }
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.degraded(0);
        self.files_differ(false);
        self.watch(|watch| tell(watch, config));
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
    pub(crate) fn login(&self, mailbox: &str, token: Option<Token>) -> bool {
        self.change(mailbox, |m, now| {
            m.login_at = Some(now);
            m.token = token;
            !std::mem::replace(&mut m.logged_in, true)
        })
        .unwrap_or(false)
    }

    /// Messages found their place.
    pub(crate) fn mail(&self, mailbox: &str, folder: &str, count: usize) {
        self.change(mailbox, |m, now| {
            if count > 0 {
                m.mail_at = Some(now);
            }
            m.taken += count as u64;
            let folder = m.folders.entry(folder.to_owned()).or_default();
            folder.waiting = folder.waiting.saturating_sub(count);
            folder.waiting_since = folder.waiting_since.filter(|_| folder.waiting > 0);
        });
    }

    /// What a look at a folder found, before anything is taken in. A UID is unaccounted for if it was there at the look
    /// before, which came to its end, and still has no place in the ledger.
    /// Answers how many those are.
    pub(crate) fn looked(&self, mailbox: &str, folder: &str, look: &Look<'_>) -> u64 {
        let note = |m: &mut Mailbox, now| {
            let folder = m.folders.entry(folder.to_owned()).or_default();
            folder.waiting = look.waiting;
            folder.waiting_since = if look.waiting == 0 { None } else { folder.waiting_since.or(Some(now)) };
            let settled = folder.settled.take().filter(|(validity, _)| *validity == look.uid_validity);
            let old = |(_, next)| look.unclaimed.iter().filter(|uid| **uid < next).count() as u64;
            folder.count =
                Reconciled { server: look.server as u64, ledger: look.known, unaccounted: settled.map_or(0, old) };
            folder.unaccounted_looks = if folder.count.unaccounted > 0 { folder.unaccounted_looks + 1 } else { 0 };
            folder.count.unaccounted
        };
        self.change(mailbox, note).unwrap_or(0)
    }

    /// A look at a folder came to its end, and nothing was left for the next one.
    pub(crate) fn settled(&self, mailbox: &str, folder: &str, uid_validity: u32, uid_next: u32) {
        self.change(mailbox, |m, _| {
            m.folders.entry(folder.to_owned()).or_default().settled = Some((uid_validity, uid_next));
        });
    }

    /// A message was put into the held folder.
    pub(crate) fn held(&self, mailbox: &str) {
        self.change(mailbox, |m, _| m.held += 1);
    }

    /// A look at the mailbox failed; the kind is a word of our own.
    pub(crate) fn error(&self, mailbox: &str, failure: Failure, kind: &str) {
        self.change(mailbox, |m, now| {
            m.logged_in = false;
            m.failures += 1;
            m.attempts += 1;
            m.failing_since.get_or_insert(now);
            m.error = Some(kind.to_owned());
            m.failure = failure;
        });
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
            m.attempts = 0;
            m.error = None;
        });
    }

    /// The rules were refused with so many complaints, and the last accepted ones run.
    pub(crate) fn degraded(&self, complaints: usize) {
        self.degraded.store(complaints, Ordering::Relaxed);
    }

    /// Short hash of the rules and the policy in force.
    pub(crate) fn rules(&self, hash: &str) {
        hash.clone_into(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The state of the conditions, for who tells of them.
    pub(crate) fn watch<T>(&self, with: impl FnOnce(&mut Watch) -> T) -> T {
        with(&mut self.locked())
    }

    /// One look at all conditions; answers what began and what is over.
    pub(crate) fn look(&self, counts: &Counts, disk: Disk, now: i64) -> Vec<Notice> {
        let mut watch = self.locked();
        let readings = self.readings(&mut watch, counts, disk, now);
        watch.look(readings, now)
    }

    /// The same without telling anybody: what needs a look now.
    fn peek(&self, counts: &Counts, disk: Disk, now: i64) -> Watch {
        let mut watch = self.locked().clone();
        let readings = self.readings(&mut watch, counts, disk, now);
        watch.look(readings, now);
        watch
    }

    fn locked(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn is_unproven(&self, mailbox: &str) -> bool {
        self.shape.read().unwrap_or_else(PoisonError::into_inner).unproven.iter().any(|name| name == mailbox)
    }

    fn mode_word(&self) -> &'static str {
        match self.mode() {
            Mode::Observe => "observe",
            Mode::Enforce => "enforce",
        }
    }
}

/// Who hears of it, and when.
fn tell(watch: &mut Watch, config: &Config) {
    let operator = &config.operator;
    // Without a relay nobody can be mailed; what nobody gets must not wait for ever.
    let mailed = operator.alert_to.iter().filter(|_| config.replies.is_some());
    let recipients = mailed.map(|to| to.as_str().to_owned()).collect();
    watch.configure(operator.alert_when, recipients, operator.alert_webhook.is_some());
}

/// Room on the volume of the state directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Octets free, if that could be told.
    pub(crate) free_bytes: Option<u64>,
    /// Octets below which nothing is fetched.
    pub(crate) reserve_bytes: u64,
}

impl Disk {
    /// As it is now.
    pub(crate) fn of(config: &Config) -> Disk {
        let free_bytes = crate::disk::free_bytes(&config.state_dir);
        Disk { free_bytes, reserve_bytes: config.disk_reserve_bytes }
    }
}

#[cfg(test)]
mod tests;
