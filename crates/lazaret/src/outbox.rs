//! The outbox at work: what is due is rendered, sent and settled; one entry's trouble never touches another's.
//!
//! A few lanes each keep a connection. The dispatcher leases entries only as fast as lanes take them, so that at the end
//! nothing but what is being sent has to be finished: a lease that was not begun is void when the daemon ends. When no
//! reply can leave at all (no connection, no login) everything waits together, and no entry is charged for it.

use crate::clock;
use crate::config::{Mode, Replies};
use crate::event::{Event, emit};
use crate::ingest::Context;
use crate::portal::Portal;
use crate::sink::letter::{self, Sender};
use crate::sink::{Fault, Letter, Sent, Sink, Withdrawn};
use crate::templates::{Facts, Templates};
use lazaret_store::{Lease, REPLY_AGE_SECS_MAX, Settled, Store};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Connections. Each waits for a sync before its final dot, and those that wait at the same time share one.
const LANES: usize = 4;
/// Entries leased at once.
const BATCH: usize = 16;
/// First and longest wait of one entry.
const ENTRY_WAIT_SECS: (u64, u64) = (60, 3600);
/// First and longest wait of all, when no reply can leave.
const RELAY_WAIT_SECS: (u64, u64) = (1, 60);
/// Ends of attempts that a lane may leave to be recorded while it goes on.
const SETTLING_MAX: usize = 8;
/// A lane without work lets its connection go after this.
const REST_AFTER: Duration = Duration::from_secs(10);
/// Without a nudge, due entries are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Sends what is in the outbox.
pub(crate) struct Outbox {
    shared: Arc<Shared>,
    nudge: Arc<Notify>,
}

/// What all lanes need.
struct Shared {
    replies: Option<Replies>,
    store: Store,
    templates: Arc<Templates>,
    portal: Option<Portal>,
    kept_days: u32,
    relay: Mutex<Relay>,
}

/// Is the relay down, and until when is it left alone?
#[derive(Default)]
struct Relay {
    failures: u32,
    until: Option<Instant>,
}

impl Outbox {
    /// What sends replies under a context; `None` where nobody is answered.
    pub(crate) fn of(context: &Context) -> Option<Outbox> {
        let config = &context.config;
        if config.mode == Mode::Observe || config.replies.is_none() {
            return None;
        }
        let (store, templates, nudge) = (context.store.clone(), context.templates.clone(), context.nudge.clone());
        Some(Outbox::with(config.replies.clone(), &config.tenant, store, templates, nudge, context.keep_secs))
    }

    fn with(
        replies: Option<Replies>,
        tenant: &str,
        store: Store,
        templates: Arc<Templates>,
        nudge: Arc<Notify>,
        keep_secs: u64,
    ) -> Outbox {
        let portal = replies.as_ref().and_then(|replies| {
            let url = replies.portal.as_deref()?;
            // `check` has complained of an unusable address; without a link there is a wording too.
            Portal::new(&store.keys().portal_seed, url, tenant, replies.link_lifetime).ok()
        });
        let kept_days = u32::try_from(keep_secs / 86_400).unwrap_or(u32::MAX);
        let relay = Mutex::default();
        Outbox { shared: Arc::new(Shared { replies, store, templates, portal, kept_days, relay }), nudge }
    }

    /// Runs until told to stop; the entries being sent are finished first.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        self.work(Some(stop)).await;
    }

    /// Sends what is due now and ends; what cannot leave now is left for later.
    pub(crate) async fn run_until_idle(self) {
        self.work(None).await;
    }

    async fn work(self, mut stop: Option<watch::Receiver<bool>>) {
        let (sender, receiver) = mpsc::channel(1);
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        let mut lanes = JoinSet::new();
        for _ in 0..LANES {
            lanes.spawn(lane(self.shared.clone(), receiver.clone(), stop.clone()));
        }
        let until_idle = stop.is_none();
        loop {
            tokio::select! {
                biased;
                () = told(&mut stop) => break,
                more = self.dispatch(&sender, until_idle) => if !more { break },
            }
        }
        drop(sender);
        while lanes.join_next().await.is_some() {}
    }

    /// Hands out what is due. Waits for work, or with `until_idle` answers `false` when there is none.
    async fn dispatch(&self, lanes: &mpsc::Sender<Lease>, until_idle: bool) -> bool {
        if let Some(until) = self.shared.down_until() {
            if until_idle {
                return false;
            }
            tokio::time::sleep_until(until).await;
        }
        let due = match self.shared.store.due(clock::now(), BATCH).await {
            Ok(due) => due,
            Err(error) => {
                emit(Event::StoreFailed { kind: error.to_string() });
                Vec::new()
            }
        };
        if due.is_empty() {
            if until_idle {
                return false;
            }
            self.wait().await;
        }
        for lease in due {
            if lanes.send(lease).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Until a nudge, the next due time, or the next look.
    async fn wait(&self) {
        let next = self.shared.store.next_due().await.ok().flatten();
        let _ = tokio::time::timeout(pause_until(next), self.nudge.notified()).await;
    }
}

/// Resolves when told to stop; never without somebody who could tell.
pub(crate) async fn told(stop: &mut Option<watch::Receiver<bool>>) {
    match stop {
        // A sender that is gone tells as well.
        Some(stop) => drop(stop.wait_for(|told| *told).await),
        None => std::future::pending().await,
    }
}

/// One connection's life: takes leases until there are no more.
async fn lane(
    shared: Arc<Shared>,
    leases: Arc<tokio::sync::Mutex<mpsc::Receiver<Lease>>>,
    stop: Option<watch::Receiver<bool>>,
) {
    let mut sink = None;
    // The next reply does not wait for the record of the last one's end; a crash between them shows that one as unknown.
    let mut settling = JoinSet::new();
    loop {
        let next = async { leases.lock().await.recv().await };
        let lease = match tokio::time::timeout(REST_AFTER, next).await {
            Ok(Some(lease)) => lease,
            Ok(None) => break,
            Err(_) => {
                rest(&mut sink).await;
                continue;
            }
        };
        if stop.as_ref().is_some_and(|stop| *stop.borrow()) {
            break;
        }
        let settled = shared.deliver(&mut sink, &lease).await;
        settling.spawn(shared.clone().settle(lease, settled));
        while settling.len() > SETTLING_MAX {
            settling.join_next().await;
        }
    }
    while settling.join_next().await.is_some() {}
    rest(&mut sink).await;
}

async fn rest(sink: &mut Option<Sink>) {
    if let Some(sink) = sink {
        sink.rest().await;
    }
}

impl Shared {
    /// One entry's attempt.
    async fn deliver(&self, sink: &mut Option<Sink>, lease: &Lease) -> Settled {
        let now = clock::now();
        let nobody = Settled::Failed { code: None };
        let Some(replies) = &self.replies else { return nobody };
        if now.saturating_sub(lease.queued_at) > REPLY_AGE_SECS_MAX {
            return nobody;
        }
        if let Some(until) = self.down_until() {
            let wait = until.saturating_duration_since(Instant::now()).as_secs();
            return Settled::Deferred { until: later(now, wait + 1), code: None };
        }
        match self.letter(replies, lease, now) {
            Ok(letter) => self.send(sink, replies, lease, &letter, now).await,
            Err(()) => nobody,
        }
    }

    async fn settle(self: Arc<Self>, lease: Lease, settled: Settled) {
        let (state, code) = named(&settled);
        match self.store.settle(&lease.id, settled, clock::now()).await {
            Ok(()) => emit(Event::Reply { id: &lease.id, ticket: &lease.ticket, state, code }),
            Err(error) => emit(Event::StoreFailed { kind: error.to_string() }),
        }
    }

    async fn send(
        &self,
        sink: &mut Option<Sink>,
        replies: &Replies,
        lease: &Lease,
        letter: &Letter,
        now: i64,
    ) -> Settled {
        let again = Settled::Deferred { until: later(now, entry_wait(&lease.id, lease.attempts)), code: None };
        let sink = match sink {
            Some(sink) => sink,
            None => match Sink::open(&replies.transport) {
                Ok(opened) => sink.insert(opened),
                Err(fault) => {
                    self.relay_down(fault);
                    return again;
                }
            },
        };
        if let Err(error) = self.store.sending(&lease.id).await {
            emit(Event::StoreFailed { kind: error.to_string() });
            return again;
        }
        let before_dot = || async {
            self.store.dot_pending(&lease.id).await.map_err(|error| {
                emit(Event::StoreFailed { kind: error.to_string() });
                Withdrawn
            })
        };
        let sent = sink.deliver(letter, before_dot).await;
        match sent {
            Sent::Deferred { relay: Some(fault), .. } => self.relay_down(fault),
            _ => self.relay_up(),
        }
        settled(sent, again)
    }

    fn letter(&self, replies: &Replies, lease: &Lease, now: i64) -> Result<Letter, ()> {
        let link = self.portal.as_ref().map(|portal| portal.link(&lease.ticket, &lease.id, now));
        let facts = Facts {
            reference: &lease.ticket.0,
            company: if replies.from_name.is_empty() { replies.from.as_str() } else { &replies.from_name },
            link: link.as_ref().map(|link| link.url.as_str()),
            portal: self.portal.as_ref().map(Portal::base),
            until: link.as_ref().map(|link| link.until),
            phone: replies.phone.as_deref(),
            kinds: &lease.draft.kinds,
            days: self.kept_days,
        };
        let languages = [lease.draft.language.as_str(), &replies.language];
        let words = self.templates.render(lease.draft.template, &languages, &facts).map_err(drop)?;
        let sender =
            Sender { name: &replies.from_name, from: &replies.from, envelope_from: replies.envelope_from.as_ref() };
        letter::compose(lease, &words, &sender, &self.store.keys().token, now).map_err(drop)
    }

    fn relay_down(&self, fault: Fault) {
        let mut relay = self.relay.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if relay.until.is_some_and(|until| until > Instant::now()) {
            // Another lane found out first.
            return;
        }
        let wait = backoff(RELAY_WAIT_SECS, relay.failures, &Instant::now().elapsed());
        relay.failures = relay.failures.saturating_add(1);
        relay.until = Some(Instant::now() + Duration::from_secs(wait));
        emit(Event::RelayFailed { kind: &fault.to_string() });
    }

    fn relay_up(&self) {
        let mut relay = self.relay.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if std::mem::take(&mut *relay).failures > 0 {
            emit(Event::RelayBack);
        }
    }

    fn down_until(&self) -> Option<Instant> {
        let relay = self.relay.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        relay.until.filter(|until| *until > Instant::now())
    }
}

/// What the store is told. `again` is what a deferred entry gets, with the code put in.
fn settled(sent: Sent, again: Settled) -> Settled {
    match sent {
        Sent::Accepted { code } => Settled::Accepted { code },
        Sent::Failed { code } => Settled::Failed { code },
        Sent::Unknown => Settled::Unknown,
        Sent::Deferred { code, .. } => match again {
            Settled::Deferred { until, .. } => Settled::Deferred { until, code },
            other => other,
        },
    }
}

pub(crate) fn named(settled: &Settled) -> (&'static str, Option<u16>) {
    match settled {
        Settled::Accepted { code } => ("accepted", Some(*code)),
        Settled::Deferred { code, .. } => ("deferred", *code),
        Settled::Failed { code } => ("failed", *code),
        Settled::Unknown => ("unknown", None),
    }
}

/// Until what is due next, or the next look.
pub(crate) fn pause_until(next: Option<i64>) -> Duration {
    next.map_or(LOOK_EVERY, |at| {
        let secs = u64::try_from(at.saturating_sub(clock::now())).unwrap_or(0);
        // What is due but was not leased is held by a lane or by a limit: do not spin on it.
        Duration::from_secs(secs).clamp(Duration::from_millis(200), LOOK_EVERY)
    })
}

pub(crate) fn later(now: i64, secs: u64) -> i64 {
    now.saturating_add(i64::try_from(secs).unwrap_or(i64::MAX))
}

/// The same entry and attempt always wait the same time; different entries spread.
pub(crate) fn entry_wait(id: &str, attempts: u32) -> u64 {
    backoff(ENTRY_WAIT_SECS, attempts, &(id, attempts))
}

/// Doubles from the first to the longest wait, and takes between half and the whole of it.
pub(crate) fn backoff((first, longest): (u64, u64), failures: u32, seed: &impl Hash) -> u64 {
    let whole = first.saturating_mul(1 << failures.min(20)).min(longest);
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    let half = whole / 2;
    whole - hasher.finish() % (half + 1)
}

#[cfg(test)]
mod tests;
