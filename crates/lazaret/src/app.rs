//! Builds the parts, starts them, and ends them in order.
//!
//! Start: everything is parsed and opened before a login. End: fetching stops, what is in flight is committed and
//! acknowledged, the outbox finishes the reply that it is sending, the store is closed.

use crate::cli::Format;
use crate::config::{Config, Mode};
use crate::event::{Event, emit};
use crate::ingest::{self, Context, CycleError, Ended, Progress};
use crate::outbox::Outbox;
use crate::rules::Material;
use crate::source::Source;
use crate::status::Status;
use crate::templates::Templates;
use crate::worker::{BUILD_ID, Pool};
use crate::{exit, keys, progress, socket};
use lazaret_core::pipeline::Setup;
use lazaret_store::{Counts, Options, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Time that a drain may take.
const DRAIN: Duration = Duration::from_secs(20);

/// All parts of a running daemon.
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    pub(crate) status: Arc<Status>,
    templates: Arc<Templates>,
    material: Material,
    stop: watch::Sender<bool>,
}

/// Why the daemon did not start: a message for the operator, and the exit code.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl App {
    /// Opens keys, store and templates and starts the workers. No login yet.
    pub(crate) fn open(config: Config, material: Material) -> Result<App, Refusal> {
        let config = Arc::new(config);
        let templates = Templates::load(config.templates_dir.as_deref())
            .map_err(|d| Refusal { message: crate::diagnostics::text(&d, &[], false), code: exit::CONFIG })?;
        let root_key = keys::store_key(&config.store_key)
            .map_err(|e| Refusal { message: format!("store_key: {e}"), code: exit::CONFIG })?;
        let store = Store::open(Options {
            dir: config.state_dir.clone(),
            tenant: config.tenant.clone(),
            root_key,
            cache_bytes: config.cache_bytes,
            disk_reserve_bytes: config.disk_reserve_bytes,
            reply_limits: config.replies.as_ref().map(|r| r.limits.clone()).unwrap_or_default(),
        })
        .map_err(|e| Refusal { code: keys::store_exit(&e), message: e.to_string() })?;
        let setup = Setup {
            build_id: BUILD_ID.to_owned(),
            rules: material.rules.clone(),
            policy: material.policy.clone(),
            accepted: true,
            limits: config.limits,
            digest_key: store.keys().digest.clone(),
            mark_key: store.keys().mark.clone(),
            today: crate::clock::today(),
        };
        let pool = Pool::start(setup, config.workers);
        let status = Arc::new(Status::new(&config));
        if !material.degraded.is_empty() {
            status.degraded(material.degraded.len());
            emit(Event::RulesDegraded { complaints: material.degraded.len() });
        }
        let (stop, _) = watch::channel(false);
        Ok(App { config, store, pool, status, templates: Arc::new(templates), material, stop })
    }

    /// Runs until told to stop, or with `once` until there is nothing left to do. Answers the exit code.
    pub(crate) async fn run(self, once: bool, format: Format) -> u8 {
        let before = self.store.counts().await.unwrap_or_default();
        let mut code = self.pull(once).await;
        if once {
            let after = self.store.counts().await.unwrap_or_default();
            crate::commands::summary::print(&before, &after, self.config.mode, format);
            if code == exit::OK && has_work_left(&after) {
                code = exit::TEMPFAIL;
            }
        }
        self.pool.close().await;
        self.store.close().await;
        emit(Event::Stopped);
        code
    }

    /// Pulls the mailboxes and empties the outbox; the store stays open.
    pub(crate) async fn pull(&self, once: bool) -> u8 {
        let nudge = Arc::new(Notify::new());
        let bar = progress::Bar::new(once);
        let context = Arc::new(self.context(nudge.clone(), bar.clone()));
        if !once && let Err(error) = self.listen(&context) {
            eprintln!("lazaret: {error}");
            return exit::UNAVAILABLE;
        }
        let (outbox_stop, outbox_told) = watch::channel(false);
        let outbox = self.outbox(nudge.clone()).map(|o| tokio::spawn(o.run(outbox_told)));
        let housekeeping = tokio::spawn(housekeeping(self.store.clone(), self.stop.subscribe()));
        let mut mailboxes = JoinSet::new();
        for mailbox in &self.config.mailboxes {
            let source = Source::open(mailbox, keys::secrets()).with_state(&self.config.state_dir);
            mailboxes.spawn(ingest::run(context.clone(), mailbox.clone(), source, once, self.stop.subscribe()));
        }
        emit(Event::Ready {
            mailboxes: self.config.mailboxes.len(),
            workers: self.config.workers,
            observe: self.config.mode == Mode::Observe,
        });
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready, sd_notify::NotifyState::Status("pulling mail")]);
        let code = self.wait(&mut mailboxes, once).await;
        bar.end();
        // The outbox is told last, and finishes what it is sending.
        let _ = outbox_stop.send(true);
        if let Some(outbox) = outbox {
            let _ = tokio::time::timeout(DRAIN, outbox).await;
        }
        if once
            && !*self.stop.borrow()
            && let Some(outbox) = self.outbox(nudge)
        {
            // What the lanes had not begun is free again.
            if let Err(error) = self.store.end_leases().await {
                emit(Event::StoreFailed { kind: error.to_string() });
            }
            outbox.run_until_idle().await;
        }
        housekeeping.abort();
        code
    }

    fn listen(&self, context: &Arc<Context>) -> Result<(), String> {
        let listener = socket::listen(&self.config).map_err(|e| e.to_string())?;
        tokio::spawn(socket::serve(listener, self.socket_context(context), self.stop.subscribe()));
        Ok(())
    }

    /// Waits for the mailboxes to end or for a signal, and then for what is in flight.
    async fn wait(&self, mailboxes: &mut JoinSet<Ended>, once: bool) -> u8 {
        // Of mailboxes that ended by themselves. A daemon of which some were refused goes on with the others, and a
        // stop that was asked for is no failure of theirs; one of which all were refused must not end as if all was well.
        let mut code = exit::OK;
        let mut signals = Signals::new();
        loop {
            tokio::select! {
                ended = mailboxes.join_next() => match ended {
                    None => return code,
                    // A mailbox whose task broke down would be pulled by nobody: end in order, and be started again.
                    Some(Err(_)) if !once => {
                        code = exit::UNAVAILABLE;
                        break;
                    }
                    Some(ended) => code = code.max(told(ended)),
                },
                () = signals.next() => break,
            }
        }
        emit(Event::Draining);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let _ = self.stop.send(true);
        let drained = tokio::time::timeout(DRAIN, async { while mailboxes.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            // What is in flight stays claimed, and the next start tries it alone.
            mailboxes.abort_all();
        }
        match code {
            _ if once => exit::TEMPFAIL,
            exit::UNAVAILABLE => code,
            _ => exit::OK,
        }
    }

    fn context(&self, nudge: Arc<Notify>, bar: progress::Bar) -> Context {
        Context {
            config: self.config.clone(),
            store: self.store.clone(),
            pool: self.pool.clone(),
            status: self.status.clone(),
            nudge,
            ours: self.config.mailboxes.iter().flat_map(|m| m.profile.own.clone()).collect(),
            keep_secs: self.material.keep_secs,
            rules: self.material.short_hash(),
            progress: Box::new(move |step| match step {
                Progress::Found(count) => bar.found(count),
                Progress::Done(count) => bar.done(count),
            }),
        }
    }

    fn outbox(&self, nudge: Arc<Notify>) -> Option<Outbox> {
        if self.config.mode == Mode::Observe || self.config.replies.is_none() {
            return None;
        }
        Some(Outbox::new(
            self.config.clone(),
            self.store.clone(),
            self.templates.clone(),
            nudge,
            self.material.keep_secs,
        ))
    }

    fn socket_context(&self, context: &Arc<Context>) -> Arc<socket::SocketContext> {
        let context = context.clone();
        Arc::new(socket::SocketContext {
            store: self.store.clone(),
            config: self.config.clone(),
            status: self.status.clone(),
            nudge: context.nudge.clone(),
            rules: context.rules.clone(),
            release: Box::new(move |id, message, reason| {
                let context = context.clone();
                Box::pin(async move { ingest::release(&context, id, message, reason).await })
            }),
        })
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
        _ => "a mailbox was refused".into(),
    }
}

fn has_work_left(counts: &Counts) -> bool {
    counts.claimed > 0 || counts.unacknowledged > 0 || counts.outbox_waiting > 0
}

/// SIGTERM and SIGINT. SIGHUP, which would end the process, and which old habits send to a daemon, is heard and said.
struct Signals {
    term: Option<Signal>,
    hangup: Option<Signal>,
}

impl Signals {
    fn new() -> Signals {
        let of = |kind| tokio::signal::unix::signal(kind).ok();
        Signals { term: of(SignalKind::terminate()), hangup: of(SignalKind::hangup()) }
    }

    /// Waits for one that means the end.
    async fn next(&mut self) {
        loop {
            tokio::select! {
                () = received(&mut self.term) => return,
                _ = tokio::signal::ctrl_c() => return,
                () = received(&mut self.hangup) => emit(Event::HangupIgnored),
            }
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Pings the watchdog while the store answers, and erases sealed originals whose time is over.
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
        assert!(has_work_left(&Counts { outbox_waiting: 1, ..none }));
    }

    #[tokio::test]
    async fn a_hangup_does_not_end_the_daemon() {
        let me = rustix::process::getpid();
        let mut signals = Signals::new();
        // Without a handler of ours this ends the test's process.
        rustix::process::kill_process(me, rustix::process::Signal::HUP).expect("a signal to this process");
        rustix::process::kill_process(me, rustix::process::Signal::TERM).expect("a signal to this process");
        signals.next().await;
    }
}
