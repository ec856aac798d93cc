//! Deliveries at work: one task for each sink beside the folder, so that a bad one holds up neither replies nor others.
//!
//! | answer | what follows |
//! | --- | --- |
//! | taken (2xx) | accepted |
//! | refused (SMTP 5xx; HTTP 3xx and 4xx but 408, 425, 429) | failed, shown, an operator may try again |
//! | not now (SMTP 4xx; HTTP 5xx, 408, 425, 429) | again after 60 s to 1 h, or after `Retry-After` |
//! | no connection, no TLS, no login | the same, and the whole sink pauses |
//! | none after the text went out | again under the same id: a lost message is worse than a second one |
//!
//! After 48 hours a delivery fails. While a sink fails, one delivery at a time tries it.

use crate::clock;
use crate::config::{Config, Forward, Mode, Target};
use crate::event::{Event, emit};
use crate::http::Client;
use crate::ingest::Context;
use crate::keys;
use crate::outbox::{backoff, entry_wait, later, named, pause_until, told};
use crate::sink::webhook::Signer;
use crate::sink::{Sent, Sink, forward, webhook};
use lazaret_core::Addr;
use lazaret_store::{DeliveryLease, Settled, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Deliveries to one sink at once.
const LANES: usize = 4;
/// First and longest pause of a sink that fails, in seconds.
const PAUSE_SECS: (u64, u64) = (1, 300);
/// Longest wait that a server may ask for, in seconds.
const RETRY_AFTER_SECS_MAX: u64 = 24 * 3600;
/// Time for a webhook to take a document.
pub(crate) const POST_DEADLINE: Duration = Duration::from_secs(120);

/// Delivers what the configuration's sinks are owed.
pub(crate) struct Deliveries {
    shared: Arc<Shared>,
    targets: Vec<Target>,
    nudge: watch::Receiver<()>,
}

struct Shared {
    store: Store,
    /// Address of each mailbox: who forwards.
    from: BTreeMap<String, Addr>,
    forward: Option<Forward>,
    webhook: Option<Poster>,
}

struct Poster {
    client: Client,
    signer: Signer,
    files_bytes_max: u64,
}

/// How an attempt ended, and whether its sink should rest: at least so many seconds.
struct Attempt {
    settled: Settled,
    pause_secs: Option<u64>,
}

impl Deliveries {
    /// What delivers under a context; `None` where nothing is delivered.
    pub(crate) fn of(context: &Context) -> Option<Deliveries> {
        let nudge = context.nudge_deliveries.subscribe();
        let enforce = context.config.mode == Mode::Enforce;
        enforce.then(|| Deliveries::new(&context.config, context.store.clone(), nudge))?
    }

    /// `None` where no mailbox has a sink beside its folder.
    fn new(config: &Config, store: Store, nudge: watch::Receiver<()>) -> Option<Deliveries> {
        let mut targets: Vec<Target> = Vec::new();
        for target in config.mailboxes.iter().flat_map(|m| &m.deliver.targets) {
            if !targets.contains(target) {
                targets.push(target.clone());
            }
        }
        if targets.is_empty() {
            return None;
        }
        let address = |own: &[String]| own.first().and_then(|a| Addr::parse(a));
        let from = config.mailboxes.iter().filter_map(|m| Some((m.name.clone(), address(&m.profile.own)?))).collect();
        // What cannot be read now is said by `check`, and here at every attempt.
        let webhook = config.webhook.as_ref().and_then(|w| {
            let client = Client::new(w.ca_file.as_deref(), POST_DEADLINE).ok()?;
            let signer = keys::secret(&w.secret).ok().and_then(|secret| Signer::new(&secret).ok())?;
            Some(Poster { client, signer, files_bytes_max: w.files_bytes_max })
        });
        let shared = Shared { store, from, forward: config.forward.clone(), webhook };
        Some(Deliveries { shared: Arc::new(shared), targets, nudge })
    }

    /// Runs until told to stop; what is being sent is finished first.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        self.work(Some(stop)).await;
    }

    /// Delivers what is due now and ends; what cannot leave now is left for later.
    pub(crate) async fn run_until_idle(self) {
        self.work(None).await;
    }

    async fn work(self, stop: Option<watch::Receiver<bool>>) {
        let mut sinks = JoinSet::new();
        for target in self.targets {
            let line = Line { shared: self.shared.clone(), name: target.name(), target, failures: 0 };
            sinks.spawn(line.work(self.nudge.clone(), stop.clone()));
        }
        while sinks.join_next().await.is_some() {}
    }
}

/// One sink.
struct Line {
    shared: Arc<Shared>,
    target: Target,
    name: String,
    failures: u32,
}

impl Line {
    async fn work(mut self, mut nudge: watch::Receiver<()>, mut stop: Option<watch::Receiver<bool>>) {
        let mut mails: Vec<Sink> = Vec::new();
        loop {
            if stop.as_ref().is_some_and(|stop| *stop.borrow()) {
                break;
            }
            let lanes = if self.failures == 0 { LANES } else { 1 };
            let due = self.shared.store.deliveries_due(&self.name, clock::now(), lanes).await;
            let due = due.unwrap_or_else(|error| {
                emit(Event::StoreFailed { kind: error.to_string() });
                Vec::new()
            });
            let pause = match (due.is_empty(), stop.is_none()) {
                (true, true) => break,
                (true, false) => self.until_due().await,
                (false, idle) => match self.batch(due, &mut mails).await {
                    None => continue,
                    Some(_) if idle => break,
                    Some(pause) => pause,
                },
            };
            // A sink that pauses is not woken by what comes in.
            let quiet = self.failures > 0;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                Ok(()) = nudge.changed(), if !quiet => {}
                () = told(&mut stop) => break,
            }
        }
        for mut mail in mails {
            mail.rest().await;
        }
    }

    async fn until_due(&self) -> Duration {
        pause_until(self.shared.store.next_delivery_due(&self.name).await.ok().flatten())
    }

    /// Tries what is leased, all at once; answers how long the sink should rest, if it should.
    async fn batch(&mut self, due: Vec<DeliveryLease>, mails: &mut Vec<Sink>) -> Option<Duration> {
        let mut attempts = JoinSet::new();
        for lease in due {
            attempts.spawn(attempt(self.shared.clone(), self.target.clone(), lease, mails.pop()));
        }
        let (mut pause_secs, mut good) = (None, false);
        while let Some(ended) = attempts.join_next().await {
            let Ok((attempt, mail)) = ended else { continue };
            mails.extend(mail);
            good |= matches!(attempt.settled, Settled::Accepted { .. });
            pause_secs = pause_secs.max(attempt.pause_secs);
        }
        if good {
            self.failures = 0;
        }
        let asked = pause_secs?;
        let own = backoff(PAUSE_SECS, self.failures, &(&self.name, Instant::now().elapsed()));
        self.failures = self.failures.saturating_add(1);
        let secs = own.max(asked.min(PAUSE_SECS.1));
        emit(Event::SinkFailed { kind: self.target.kind(), retry_secs: secs });
        Some(Duration::from_secs(secs))
    }
}

/// One delivery's attempt, recorded before and after.
async fn attempt(
    shared: Arc<Shared>,
    target: Target,
    mut lease: DeliveryLease,
    mail: Option<Sink>,
) -> (Attempt, Option<Sink>) {
    let now = clock::now();
    let (attempt, mail) = match shared.store.begin_delivery(&lease.id).await {
        Err(error) => {
            emit(Event::StoreFailed { kind: error.to_string() });
            let attempt = again(&lease, now, None, Some(0));
            if matches!(error, StoreError::State { .. }) {
                // Another one is at it, and will settle it.
                return (attempt, mail);
            }
            // Nothing was begun, but it is leased: unsettled it would not be due again before a restart.
            (attempt, mail)
        }
        Ok(before) => {
            lease.attempts = before;
            match shared.store.message(&lease.ticket, lease.message).await {
                Ok(view) => match &target {
                    Target::Forward(to) => shared.forward(to, &lease, view, mail, now).await,
                    Target::Webhook(url) => (shared.post(url, &lease, &view, now).await, mail),
                },
                Err(error) => {
                    let gone = matches!(error, StoreError::Corrupt { .. } | StoreError::NotFound { .. });
                    emit(Event::StoreFailed { kind: error.to_string() });
                    (if gone { ended(Settled::Failed { code: None }) } else { again(&lease, now, None, Some(0)) }, mail)
                }
            }
        }
    };
    let (state, code) = named(&attempt.settled);
    match shared.store.settle_delivery(&lease.id, attempt.settled.clone(), clock::now()).await {
        Ok(()) => emit(Event::Delivery { id: &lease.id, ticket: &lease.ticket, kind: target.kind(), state, code }),
        Err(error) => emit(Event::StoreFailed { kind: error.to_string() }),
    }
    (attempt, mail)
}

fn ended(settled: Settled) -> Attempt {
    Attempt { settled, pause_secs: None }
}

/// Not now: the next attempt waits its time.
fn again(lease: &DeliveryLease, now: i64, code: Option<u16>, pause_secs: Option<u64>) -> Attempt {
    let until = later(now, entry_wait(&lease.id, lease.attempts));
    Attempt { settled: Settled::Deferred { until, code }, pause_secs }
}

impl Shared {
    async fn forward(
        &self,
        to: &Addr,
        lease: &DeliveryLease,
        view: lazaret_store::MessageView,
        mail: Option<Sink>,
        now: i64,
    ) -> (Attempt, Option<Sink>) {
        // A mailbox that is gone from the configuration leaves its deliveries to it for an operator.
        let (Some(forward), Some(from)) = (&self.forward, self.from.get(&lease.mailbox)) else {
            return (ended(Settled::Failed { code: None }), mail);
        };
        let key = &self.store.keys().token;
        let Ok(letter) = forward::compose(lease, view, (from, to), forward.envelope_from.as_ref(), key, now) else {
            return (ended(Settled::Failed { code: None }), mail);
        };
        let mut mail = match mail.map_or_else(|| Sink::open(&forward.transport), Ok) {
            Ok(mail) => mail,
            Err(_) => return (again(lease, now, None, Some(0)), None),
        };
        let attempt = match mail.deliver(&letter, || async { Ok(()) }).await {
            Sent::Accepted { code } => ended(Settled::Accepted { code }),
            Sent::Failed { code } => ended(Settled::Failed { code }),
            Sent::Deferred { code, relay } => again(lease, now, code, relay.map(|_| 0)),
            Sent::Unknown => again(lease, now, None, Some(0)),
        };
        (attempt, Some(mail))
    }

    async fn post(
        &self,
        url: &crate::http::Url,
        lease: &DeliveryLease,
        view: &lazaret_store::MessageView,
        now: i64,
    ) -> Attempt {
        let Some(Poster { client, signer, files_bytes_max }) = &self.webhook else {
            return again(lease, now, None, Some(0));
        };
        let body = webhook::document(lease, view, *files_bytes_max);
        let headers = webhook::headers(lease, signer, &body, now);
        match client.post(url, &headers, "application/json", body).await {
            Ok(answer) => judged(lease, now, answer.code, answer.retry_after_secs),
            Err(_) => again(lease, now, None, Some(0)),
        }
    }
}

/// What a webhook's answer means.
fn judged(lease: &DeliveryLease, now: i64, code: u16, retry_after_secs: Option<u64>) -> Attempt {
    let asked = retry_after_secs.map(|secs| secs.clamp(1, RETRY_AFTER_SECS_MAX));
    match code {
        200..=299 => ended(Settled::Accepted { code }),
        408 | 425 | 429 | 500..=599 => match asked {
            Some(secs) => Attempt {
                settled: Settled::Deferred { until: later(now, secs), code: Some(code) },
                pause_secs: Some(secs),
            },
            None => again(lease, now, Some(code), Some(0)),
        },
        _ => ended(Settled::Failed { code: Some(code) }),
    }
}

#[cfg(test)]
mod tests;
