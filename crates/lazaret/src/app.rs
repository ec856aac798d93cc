//! Builds the parts, starts them, and ends them in order.
//!
//! Start: everything is parsed and opened before a login. End: fetching stops, what is in flight is committed and
//! acknowledged, the outbox finishes the reply that it is sending, the store is closed.

mod mailboxes;
mod reload;
mod sending;
mod signals;

use crate::alerts::Alerts;
use crate::cli::Format;
use crate::config::{Config, Mode};
use crate::event::{Event, emit};
use crate::ingest::{self, Context, CycleError, Ended, Progress};
use crate::live::{Current, Set};
use crate::status::Status;
use crate::worker::Pool;
use crate::{exit, keys, metrics, progress, socket};
use lazaret_store::{AuditEntry, Counts, Options, ReplyLimits, Store, StoreError};
use mailboxes::Mailboxes;
pub(crate) use reload::Asked;
use reload::{Loading, Parts};
use sending::Sending;
use signals::{Heard, Signals};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};

/// Time that a drain may take.
const DRAIN: Duration = Duration::from_secs(20);

/// All parts of a running daemon.
pub(crate) struct App {
    /// What runs; a reload exchanges it.
    set: Arc<Current<Set>>,
    pub(crate) store: Store,
    pool: Pool,
    status: Arc<Status>,
    stop: watch::Sender<bool>,
    nudge_deliveries: watch::Sender<()>,
}

/// Why the daemon did not start: a message for the operator, and the exit code.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl App {
    /// Opens keys and store and starts the workers. No login yet.
    pub(crate) fn open(set: Set) -> Result<App, Refusal> {
        let config = set.config.clone();
        let root_key = keys::store_key(&config.store_key)
            .map_err(|e| Refusal { message: format!("store_key: {e}"), code: exit::CONFIG })?;
        let store = Store::open(Options {
            dir: config.state_dir.clone(),
            tenant: config.tenant.clone(),
            root_key,
            cache_bytes: config.cache_bytes,
            disk_reserve_bytes: config.disk_reserve_bytes,
            reply_limits: App::reply_limits(&config),
        })
        .map_err(|e| Refusal { code: keys::store_exit(&e), message: e.to_string() })?;
        let pool = Pool::start(set.setup(store.keys()), config.workers, &config.helpers);
        let status = Arc::new(Status::new(&config));
        status.rules(&set.material.short_hash());
        if !set.material.degraded.is_empty() {
            status.degraded(set.material.degraded.len());
            emit(Event::RulesDegraded { complaints: set.material.degraded.len() });
        }
        let (stop, _) = watch::channel(false);
        let (nudge_deliveries, _) = watch::channel(());
        Ok(App { set: Arc::new(Current::new(set)), store, pool, status, stop, nudge_deliveries })
    }

    fn reply_limits(config: &Config) -> ReplyLimits {
        config.replies.as_ref().map(|r| r.limits.clone()).unwrap_or_default()
    }

    /// Runs until told to stop, or with `once` until there is nothing left to do. Answers the exit code.
    pub(crate) async fn run(self, once: bool, format: Format) -> u8 {
        if let Err(error) = note(&self.store, "start", "done").await {
            eprintln!("lazaret: the audit trail cannot be written: {error}");
            return exit::UNAVAILABLE;
        }
        let before = self.store.counts().await.unwrap_or_default();
        let mut code = self.pull(once).await;
        if once {
            let after = self.store.counts().await.unwrap_or_default();
            if self.set.get().config.mode == Mode::Observe {
                self.print_observed(format).await;
            }
            crate::commands::summary::print(&before, &after, self.set.get().config.mode, format);
            if code == exit::OK && has_work_left(&after) {
                code = exit::TEMPFAIL;
            }
        }
        self.pool.close().await;
        let _ = note(&self.store, "stop", "done").await;
        witness(&self.store).await;
        self.store.close().await;
        emit(Event::Stopped);
        code
    }

    /// Who may run the daemon on this store may see all of the report.
    async fn print_observed(&self, format: Format) {
        let lines = match crate::observed::gather(&self.store).await {
            Ok(report) => report.lines(&self.store, &self.set.get().config, true).await,
            Err(error) => Err(error),
        };
        match lines {
            Ok(mut lines) => {
                lines.iter_mut().for_each(socket::dates);
                match format {
                    Format::Text => crate::output::say!("{}", crate::commands::observe::text(&lines)),
                    Format::Json => lines.iter().for_each(|line| crate::output::say!("{line}")),
                }
            }
            Err(error) => emit(Event::StoreFailed { kind: error.to_string() }),
        }
    }

    /// Pulls the mailboxes and empties the outbox; the store stays open.
    pub(crate) async fn pull(&self, once: bool) -> u8 {
        let set = self.set.get();
        let nudge = Arc::new(Notify::new());
        let bar = progress::Bar::new(once);
        let context = Arc::new(Current::new(self.context(&set, nudge.clone(), bar.clone())));
        let (reload, requests) = mpsc::channel(1);
        let socket = Arc::new(Current::new(self.socket_context(&context, reload)));
        if !once && let Err(error) = self.listen(&socket) {
            eprintln!("lazaret: {error}");
            return exit::UNAVAILABLE;
        }
        if !once && let Err(error) = self.serve_metrics().await {
            eprintln!("lazaret: {error}");
            return exit::UNAVAILABLE;
        }
        let (outbox_stop, outbox_told) = watch::channel(false);
        let (exchanged, _) = watch::channel(());
        let [outbox, deliveries] = [Sending::Replies, Sending::Deliveries]
            .map(|what| tokio::spawn(what.run(context.clone(), exchanged.subscribe(), outbox_told.clone())));
        let housekeeping = tokio::spawn(housekeeping(self.store.clone(), self.stop.subscribe()));
        let alerts = (!once).then(|| tokio::spawn(self.alerts(self.stop.subscribe())));
        let mut parts = Parts { mailboxes: Mailboxes::new(context.clone(), once), context, socket, exchanged };
        parts.mailboxes.go_on_with(&set.config.mailboxes);
        emit(Event::Ready {
            mailboxes: set.config.mailboxes.len(),
            workers: set.config.workers,
            observe: set.config.mode == Mode::Observe,
        });
        drop(set);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let code = self.wait(&mut parts, requests, once).await;
        bar.end();
        // The outbox is told last, and finishes what it is sending.
        let _ = outbox_stop.send(true);
        let _ = tokio::time::timeout(DRAIN, async { tokio::join!(outbox, deliveries) }).await;
        if once && !*self.stop.borrow() {
            let now = parts.context.get();
            for what in [Sending::Replies, Sending::Deliveries] {
                what.free(&self.store).await;
                what.until_idle(&now).await;
            }
        }
        housekeeping.abort();
        if let Some(alerts) = alerts {
            // An alert that is being sent is finished, so that it is not sent again.
            let _ = tokio::time::timeout(DRAIN, alerts).await;
        }
        code
    }

    fn alerts(&self, stop: watch::Receiver<bool>) -> impl Future<Output = ()> + 'static {
        let (set, store, status) = (self.set.clone(), self.store.clone(), self.status.clone());
        async move { Alerts::open(set, store, status).await.run(stop).await }
    }

    /// Metrics and health, where the configuration names an address.
    async fn serve_metrics(&self) -> Result<(), String> {
        let Some(address) = self.set.get().config.operator.metrics else { return Ok(()) };
        let listener = metrics::serve::listen(address).await?;
        let (set, store, status) = (self.set.clone(), self.store.clone(), self.status.clone());
        let pages: metrics::serve::Pages = Box::new(move |page| {
            let (set, store, status) = (set.clone(), store.clone(), status.clone());
            Box::pin(async move { status.page(page, &store, &set.get().config).await })
        });
        tokio::spawn(metrics::serve::serve(listener, pages, self.stop.subscribe()));
        Ok(())
    }

    fn listen(&self, context: &Arc<Current<socket::SocketContext>>) -> Result<(), String> {
        let listener = socket::listen(&self.set.get().config).map_err(|e| e.to_string())?;
        tokio::spawn(socket::serve(listener, context.clone(), self.stop.subscribe()));
        Ok(())
    }

    /// Waits for the mailboxes to end or for a signal, and then for what is in flight. Reloads meanwhile.
    async fn wait(&self, parts: &mut Parts, mut requests: mpsc::Receiver<Asked>, once: bool) -> u8 {
        // Of mailboxes that ended by themselves. A daemon of which some were refused goes on with the others, and a
        // stop that was asked for is no failure of theirs; one of which all were refused must not end as if all was well.
        let mut code = exit::OK;
        let mut signals = Signals::new();
        let mut loading: Option<Loading> = None;
        // A signal during a reload asks for another one: the files may have changed since it began.
        let mut again = false;
        loop {
            tokio::select! {
                ended = parts.mailboxes.next() => match ended {
                    None => return code,
                    // A mailbox whose task broke down would be pulled by nobody: end in order, and be started again.
                    Some(Err(_)) if !once => {
                        code = exit::UNAVAILABLE;
                        break;
                    }
                    Some(ended) => code = code.max(told(ended)),
                },
                heard = signals.next() => match heard {
                    Heard::End => break,
                    Heard::Reload if loading.is_some() => again = true,
                    Heard::Reload => loading = Some(Loading::begin(self, None)),
                },
                Some(asked) = requests.recv(), if loading.is_none() => {
                    loading = Some(Loading::begin(self, Some(asked)));
                }
                loaded = Loading::done(&mut loading) => {
                    reload::finish(self, parts, loaded, loading.take()).await;
                    loading = std::mem::take(&mut again).then(|| Loading::begin(self, None));
                }
            }
        }
        emit(Event::Draining);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let _ = self.stop.send(true);
        parts.mailboxes.stop();
        let drained = tokio::time::timeout(DRAIN, async { while parts.mailboxes.next().await.is_some() {} }).await;
        if drained.is_err() {
            // What is in flight stays claimed, and the next start tries it alone.
            parts.mailboxes.abort();
        }
        match code {
            _ if once => exit::TEMPFAIL,
            exit::UNAVAILABLE => code,
            _ => exit::OK,
        }
    }

    fn context(&self, set: &Set, nudge: Arc<Notify>, bar: progress::Bar) -> Context {
        Context {
            config: set.config.clone(),
            store: self.store.clone(),
            pool: self.pool.clone(),
            setup: Arc::new(set.setup(self.store.keys())),
            templates: set.templates.clone(),
            status: self.status.clone(),
            nudge,
            nudge_deliveries: self.nudge_deliveries.clone(),
            ours: ingest::ours(&set.config),
            keep_secs: set.material.keep_secs,
            rules: set.material.short_hash(),
            progress: Arc::new(move |step| match step {
                Progress::Found(count) => bar.found(count),
                Progress::Done(count) => bar.done(count),
            }),
        }
    }

    fn socket_context(&self, current: &Arc<Current<Context>>, reload: mpsc::Sender<Asked>) -> socket::SocketContext {
        let context = current.get();
        let (current, for_held, set) = (current.clone(), current.clone(), self.set.clone());
        socket::SocketContext {
            store: self.store.clone(),
            config: context.config.clone(),
            status: self.status.clone(),
            nudge: context.nudge.clone(),
            nudge_deliveries: context.nudge_deliveries.clone(),
            rules: context.rules.clone(),
            reload,
            differs: Arc::new(move || set.get().differs()),
            release_held: Arc::new(move |ticket, reason| {
                let context = for_held.get();
                Box::pin(async move { ingest::release_held(&context, ticket, reason).await })
            }),
            release: Arc::new(move |id, message, reason| {
                let context = current.get();
                Box::pin(async move { ingest::release(&context, id, message, reason).await })
            }),
        }
    }
}

/// Records in the audit trail what the daemon does by itself.
async fn note(store: &Store, verb: &str, outcome: &str) -> Result<(), StoreError> {
    let entry = AuditEntry {
        uid: rustix::process::geteuid().as_raw(),
        name: "lazaret".into(),
        verb: verb.into(),
        object: String::new(),
        outcome: outcome.into(),
    };
    store.audit(entry, crate::clock::now()).await.map(drop).inspect_err(|error| {
        emit(Event::StoreFailed { kind: error.to_string() });
    })
}

/// Writes the end of the audit trail into the log, which is kept elsewhere: it proves later that nothing was cut off.
async fn witness(store: &Store) {
    if let Ok(head) = store.audit_head().await {
        emit(Event::AuditHead { head: &head.to_string() });
    }
}

/// Says why a mailbox ended where that needs somebody; answers the exit code.
fn told(ended: Result<Ended, tokio::task::JoinError>) -> u8 {
    match ended {
        Ok(Ended::Stopped | Ended::Idle) => exit::OK,
        Ok(Ended::Failed(mailbox, error)) => {
            eprintln!("lazaret: mailbox {mailbox:?} was given up: {}", error.kind());
            exit::UNAVAILABLE
        }
        Err(_) => exit::UNAVAILABLE,
        Ok(Ended::Refused(error)) => {
            eprintln!("lazaret: {}", refusal(&error));
            exit::CONFIG
        }
    }
}

fn refusal(error: &CycleError) -> String {
    match error {
        CycleError::StartUnset { mailbox, folder, messages, since } => {
            let since: String =
                since.iter().map(|(day, count)| format!("\n  start = \"{day}\"  takes in {count}")).collect();
            format!(
                "mailbox {mailbox:?}: folder {folder:?} is not in the ledger yet and `start` is not set. Set one of\n  \
                 start = \"now\"         takes in 0 of the messages that are there, and all that come\n  \
                 start = \"all\"         takes in {messages}{since}"
            )
        }
        CycleError::Unobserved { mailbox, folder, start, messages } => format!(
            "mailbox {mailbox:?}: folder {folder:?} has {messages} message(s) that start = \"{start}\" takes in and that nobody has \
             looked at: enforcing would move, clean or remove them. Set mode = \"observe\", run until they are judged (lazaret \
             run --once), read lazaret observe report, then enforce; or, where the mailbox is new, write start = \"now\""
        ),
        _ => "a mailbox was refused".into(),
    }
}

fn has_work_left(counts: &Counts) -> bool {
    counts.claimed > 0 || counts.unacknowledged > 0 || counts.outbox_waiting > 0 || counts.deliveries_waiting > 0
}

/// Pings the watchdog while the store answers; every hour erases what has passed its time and tells the end of the audit
/// trail.
async fn housekeeping(store: Store, mut stop: watch::Receiver<bool>) {
    let watchdog = sd_notify::watchdog_enabled().unwrap_or(Duration::from_secs(60));
    let mut next_sweep = tokio::time::Instant::now();
    loop {
        if tokio::time::Instant::now() >= next_sweep {
            match store.expire(crate::clock::now()).await {
                Ok(0) => {}
                Ok(count) => emit(Event::Expired { count: count as usize }),
                Err(error) => emit(Event::StoreFailed { kind: error.to_string() }),
            }
            witness(&store).await;
            next_sweep += Duration::from_secs(3600);
        }
        // A store that does not answer is what the watchdog is for.
        if store.counts().await.is_ok() {
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        }
        tokio::select! {
            () = tokio::time::sleep(watchdog / 3) => {}
            _ = stop.changed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_pulls_nothing_does_not_end_as_if_all_was_well() {
        let refused =
            || CycleError::StartUnset { mailbox: "a".into(), folder: "INBOX".into(), messages: 3, since: vec![] };
        let table = [
            (Ended::Stopped, exit::OK),
            (Ended::Idle, exit::OK),
            (Ended::Refused(refused()), exit::CONFIG),
            (Ended::Failed("a".into(), refused()), exit::UNAVAILABLE),
        ];
        for (ended, code) in table {
            let shown = format!("{ended:?}");
            assert_eq!(told(Ok(ended)), code, "{shown}");
        }
    }

    #[test]
    fn replies_that_wait_are_work_left_for_later() {
        let none = Counts::default();
        assert!(!has_work_left(&none));
        assert!(has_work_left(&Counts { claimed: 1, ..none }));
        assert!(has_work_left(&Counts { unacknowledged: 1, ..none }));
        assert!(has_work_left(&Counts { outbox_waiting: 1, ..none.clone() }));
        assert!(has_work_left(&Counts { deliveries_waiting: 1, ..none }));
    }
}
