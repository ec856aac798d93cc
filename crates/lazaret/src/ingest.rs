//! One task a mailbox: fetch → claim → worker → commit → acknowledge.
//!
//! | instant | ledger | at the source |
//! | --- | --- | --- |
//! | fetched | claimed (durable before the octets reach a worker) | untouched |
//! | **committed** | ticket, keys, audit, outbox: one synced batch | untouched |
//! | acknowledged | done | moved, replaced or removed |
//!
//! Nothing at the source changes before the commit is synced; everything after it is idempotent and tried again. A
//! mailbox that fails is tried again by itself with a growing pause, and no other one notices.

mod acknowledge;
mod admit;
pub(crate) mod first;
mod held;
mod message;
mod release;

use crate::clock;
use crate::config::{Config, Mailbox, Mode, Start};
use crate::event::{Event, emit};
use crate::live::{Current, Set};
use crate::metrics::{Stage, registry};
use crate::source::{self, ErrorKind, Fetched, Source, SourceError};
use crate::status::{Failure, Look, Status};
use crate::templates::Templates;
use crate::worker::Pool;
pub(crate) use held::release_held;
use lazaret_core::MessageKey;
use lazaret_core::pipeline::Setup;
use lazaret_store::{Ack, FolderState, Store, StoreError, Survey};
use message::{Arrival, Settlement};
pub(crate) use release::release;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// UIDs whose size is asked for in one command.
const SIZES_MAX: usize = 500;
/// Least pause after a login that was refused.
const AUTH_PAUSE: Duration = Duration::from_secs(60);
/// Batches of one mailbox that are fetched, but not acknowledged.
const BATCHES_IN_FLIGHT_MAX: usize = 3;

/// What every mailbox needs. A message is taken in under one context from its claim to its ticket; a reload makes another
/// one for those that come after.
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    /// Rules, policy and limits, for workers.
    pub(crate) setup: Arc<Setup>,
    /// Texts of replies.
    pub(crate) templates: Arc<Templates>,
    pub(crate) status: Arc<Status>,
    /// Wakes the outbox; a hint that may be lost, since the outbox also looks by itself.
    pub(crate) nudge: Arc<Notify>,
    /// The same for deliveries, each sink's task.
    pub(crate) nudge_deliveries: watch::Sender<()>,
    /// Addresses of all mailboxes, in lower case.
    pub(crate) ours: Vec<String>,
    /// How long sealed originals are kept, from the policy.
    pub(crate) keep_secs: u64,
    /// Short hash of the rules and the policy.
    pub(crate) rules: String,
    /// Told of every message that found its place, for the progress bar.
    pub(crate) progress: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl Context {
    /// The same parts under another set.
    pub(crate) fn of_set(&self, set: &Set) -> Context {
        Context {
            config: set.config.clone(),
            store: self.store.clone(),
            pool: self.pool.clone(),
            setup: Arc::new(set.setup(self.store.keys())),
            templates: set.templates.clone(),
            status: self.status.clone(),
            nudge: self.nudge.clone(),
            nudge_deliveries: self.nudge_deliveries.clone(),
            ours: ours(&set.config),
            keep_secs: set.material.keep_secs,
            rules: set.material.short_hash(),
            progress: self.progress.clone(),
        }
    }
}

/// Addresses of all mailboxes, in lower case.
pub(crate) fn ours(config: &Config) -> Vec<String> {
    config.mailboxes.iter().flat_map(|m| m.profile.own.clone()).collect()
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {
    /// So many more messages are to be done.
    Found(usize),
    /// So many are done.
    Done(usize),
}

/// Why a cycle ended early.
#[derive(Debug)]
pub(crate) enum CycleError {
    /// The source.
    Source(SourceError),
    /// The store.
    Store(StoreError),
    /// The mailbox is new and `start` is not set.
    StartUnset {
        mailbox: String,
        folder: String,
        messages: usize,
        /// Days (`YYYY-MM-DD`) and how many messages the server received since.
        since: Vec<(String, usize)>,
    },
    /// Enforcing would take in mail that was there before, and observing has not come to its end.
    Unobserved {
        mailbox: String,
        folder: String,
        start: String,
        /// Messages that nobody has looked at.
        messages: usize,
    },
    /// Too little room on the disk.
    DiskLow,
    /// A folder that is to be pulled is not there.
    FolderMissing(String),
}

impl CycleError {
    /// What went wrong, in words of our own.
    pub(crate) fn kind(&self) -> String {
        match self {
            CycleError::Source(error) => error.to_string(),
            CycleError::Store(error) => format!("store: {error}"),
            CycleError::StartUnset { .. } => "start is not set".into(),
            CycleError::Unobserved { .. } => "observing has not come to its end".into(),
            CycleError::DiskLow => "disk low".into(),
            CycleError::FolderMissing(folder) => format!("there is no folder {folder:?}"),
        }
    }
}

impl CycleError {
    /// What of it matters to who is told.
    fn failure(&self) -> Failure {
        match self {
            CycleError::Source(error) if error.kind() == ErrorKind::Auth => Failure::Login,
            CycleError::DiskLow | CycleError::Store(StoreError::DiskFull { .. }) => Failure::Disk,
            CycleError::StartUnset { .. } | CycleError::Unobserved { .. } => Failure::Stopped,
            CycleError::Source(_) | CycleError::Store(_) | CycleError::FolderMissing(_) => Failure::Other,
        }
    }
}

impl From<SourceError> for CycleError {
    fn from(error: SourceError) -> CycleError {
        CycleError::Source(error)
    }
}

impl From<StoreError> for CycleError {
    fn from(error: StoreError) -> CycleError {
        CycleError::Store(error)
    }
}

/// How the task of a mailbox ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Told to.
    Stopped,
    /// With `once`: nothing is unclaimed.
    Idle,
    /// With `once`: it failed and was given up.
    Failed(String, CycleError),
    /// The mailbox needs a decision of the operator.
    Refused(CycleError),
}

/// Pulls one mailbox until told to stop, or until it is empty of news with `once`.
pub(crate) async fn run(
    current: Arc<Current<Context>>,
    mailbox: Mailbox,
    mut source: Source,
    once: bool,
    mut stop: watch::Receiver<bool>,
) -> Ended {
    let mut failures = 0_u32;
    loop {
        if *stop.borrow() {
            source.logout().await;
            return Ended::Stopped;
        }
        let cycle = cycle(&current, &mailbox, &mut source, &stop).await;
        let context = current.get();
        if *stop.borrow() {
            source.logout().await;
            return Ended::Stopped;
        }
        let pause = match cycle {
            Ok(left) => {
                failures = 0;
                if once && !left {
                    source.logout().await;
                    return Ended::Idle;
                }
                if left { Duration::from_millis(50) } else { context.config.poll_interval }
            }
            Err(error @ (CycleError::StartUnset { .. } | CycleError::Unobserved { .. })) => {
                context.status.error(&mailbox.name, error.failure(), &error.kind());
                source.logout().await;
                return Ended::Refused(error);
            }
            Err(error) => {
                failures += 1;
                // Hosted mail locks accounts that fail to log in too often.
                let refused = matches!(&error, CycleError::Source(e) if e.kind() == ErrorKind::Auth);
                let pause = backoff(failures).max(if refused { AUTH_PAUSE } else { Duration::ZERO });
                context.status.error(&mailbox.name, error.failure(), &error.kind());
                emit(Event::MailboxFailed { mailbox: &mailbox.name, kind: &error.kind(), retry_secs: pause.as_secs() });
                if once && (failures >= 3 || refused) {
                    return Ended::Failed(mailbox.name, error);
                }
                pause
            }
        };
        let watching = failures == 0;
        tokio::select! {
            () = rest(&mut source, pause, watching) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Waits for the next look: until the folder that was looked at last changes, if the source can tell, or for the pause.
async fn rest(source: &mut Source, pause: Duration, watching: bool) {
    let until = tokio::time::Instant::now() + pause;
    if watching && pause >= Duration::from_secs(1) && source.wait(pause).await.is_ok() {
        return;
    }
    // A connection that broke while waiting is opened again by the next look, not before its time.
    tokio::time::sleep_until(until.min(tokio::time::Instant::now() + Duration::from_secs(5))).await;
}

/// Full jitter: anything between half of and the whole doubling pause, 1 s to 5 min.
fn backoff(failures: u32) -> Duration {
    let whole = Duration::from_secs(1 << failures.min(9)).min(Duration::from_secs(300));
    let mut random = [0_u8; 2];
    // Without randomness the pause is simply not jittered.
    let _ = aws_lc_rs::rand::fill(&mut random);
    whole / 2 + (whole / 2).mul_f64(f64::from(u16::from_be_bytes(random)) / 65_536.0)
}

/// Looks at every folder once. Answers whether something is left that the next cycle should do at once.
async fn cycle(
    current: &Current<Context>,
    mailbox: &Mailbox,
    source: &mut Source,
    stop: &watch::Receiver<bool>,
) -> Result<bool, CycleError> {
    source.connect().await?;
    if current.get().status.login(&mailbox.name, source.token()) {
        emit(Event::LoggedIn { mailbox: &mailbox.name });
    }
    let mut left = false;
    let mut missing = None;
    for folder in &mailbox.folders {
        let context = current.get();
        match (Folder { current, context, mailbox, source, folder, stop, trouble: None }).cycle().await {
            Ok(more) => left |= more,
            // The mail in the other folders has done nothing to deserve waiting.
            Err(CycleError::FolderMissing(folder)) => missing = Some(folder),
            Err(error) => return Err(error),
        }
    }
    if let Some(folder) = missing {
        return Err(CycleError::FolderMissing(folder));
    }
    current.get().status.healthy(&mailbox.name);
    Ok(left)
}

/// One look at one folder.
struct Folder<'a> {
    current: &'a Current<Context>,
    /// Taken anew for each batch: a backlog does not hold new rules up.
    context: Arc<Context>,
    mailbox: &'a Mailbox,
    source: &'a mut Source,
    folder: &'a str,
    stop: &'a watch::Receiver<bool>,
    /// The last refusal of a single message; the cycle goes on and tells it at its end.
    trouble: Option<CycleError>,
}

impl Folder<'_> {
    async fn cycle(mut self) -> Result<bool, CycleError> {
        let selected = match self.source.select(self.folder).await {
            Err(e) if e.kind() == ErrorKind::NoFolder => return Err(CycleError::FolderMissing(self.folder.to_owned())),
            selected => selected?,
        };
        let state = self.state(selected.uid_validity, selected.uid_next, selected.messages).await?;
        let first = self.first().await?;
        let uids = self.source.uids(None).await?;
        let uids: Vec<u32> = uids.into_iter().filter(|uid| *uid > state.baseline_uid).collect();
        let server = uids.len();
        let survey = self.context.store.survey(&self.mailbox.name, self.folder, state.uid_validity, uids).await?;
        self.reconcile(state.uid_validity, server, &survey);
        let Survey { unclaimed, suspects, unacknowledged, .. } = survey;
        self.check_observed(first.as_ref(), unclaimed.len() + suspects.len())?;
        (self.context.progress)(Progress::Found(unclaimed.len() + suspects.len()));
        let redo: Vec<Settlement> = unacknowledged
            .into_iter()
            .map(|(uid, ack)| Settlement { key: self.key(state.uid_validity, uid), ack, redo: true })
            .collect();
        // What enforcing left undone waits while observing: then nothing is changed at the source.
        if self.context.config.mode == Mode::Enforce {
            self.acknowledge(redo).await?;
        }
        let mut left = false;
        for uid in suspects {
            if *self.stop.borrow() {
                return Ok(true);
            }
            left |= self.alone(self.key(state.uid_validity, uid)).await?;
        }
        left |= self.pull(state.uid_validity, unclaimed).await?;
        if !left && self.trouble.is_none() {
            self.context.status.settled(&self.mailbox.name, self.folder, state.uid_validity, selected.uid_next);
            self.looked_at(first).await?;
        }
        self.trouble.map_or(Ok(left), Err)
    }

    /// Compares what the server has with the ledger: each UID has its place there, or is taken in by this look.
    fn reconcile(&self, uid_validity: u32, server: usize, survey: &Survey) {
        let mailbox = &self.mailbox.name;
        if survey.damaged > 0 {
            emit(Event::LedgerDamaged { mailbox, count: survey.damaged });
        }
        let waiting = survey.unclaimed.len() + survey.suspects.len();
        let look = Look { uid_validity, server, known: survey.known, unclaimed: &survey.unclaimed, waiting };
        let unaccounted = self.context.status.looked(mailbox, self.folder, &look);
        emit(Event::Reconciled {
            mailbox,
            folder: self.folder,
            server: server as u64,
            ledger: survey.known,
            unaccounted,
        });
    }

    fn key(&self, uid_validity: u32, uid: u32) -> MessageKey {
        MessageKey { mailbox: self.mailbox.name.clone(), folder: self.folder.to_owned(), uid_validity, uid }
    }

    /// The folder's place in the ledger; a new one needs `start`, a new UIDVALIDITY a new baseline.
    async fn state(&mut self, uid_validity: u32, uid_next: u32, messages: u32) -> Result<FolderState, CycleError> {
        let store = self.context.store.clone();
        let memory = format!("start/{}/{}", self.mailbox.name, self.folder);
        let baseline_uid = match store.folder(&self.mailbox.name, self.folder).await? {
            Some(state) if state.uid_validity == uid_validity => return Ok(state),
            Some(state) => {
                emit(Event::UidValidityChanged { mailbox: &self.mailbox.name, folder: self.folder });
                // UIDs mean nothing any more. K2 finds the mail that has its ticket; what was there before the start
                // is told by the day on which the server received it.
                match store.recall(&memory).await?.and_then(|b| String::from_utf8(b).ok()?.parse::<i64>().ok()) {
                    Some(started) if state.baseline_uid > 0 => self.baseline_since(started, uid_next).await?,
                    _ => 0,
                }
            }
            None => {
                let now = clock::now();
                let Some(start) = self.mailbox.start else {
                    return Err(self.start_unset(now, messages as usize).await?);
                };
                self.begin(start, now, messages).await?;
                let baseline = match start {
                    Start::All => 0,
                    Start::Now => uid_next.saturating_sub(1),
                    Start::Since(day) => self.baseline_since(day, uid_next).await?,
                };
                store.remember(&memory, now.to_string().into_bytes()).await?;
                baseline
            }
        };
        let state = FolderState { uid_validity, baseline_uid };
        self.context.store.begin_folder(&self.mailbox.name, self.folder, state.clone()).await?;
        Ok(state)
    }

    /// What each `start` would take in, so that the operator can choose.
    async fn start_unset(&mut self, now: i64, messages: usize) -> Result<CycleError, CycleError> {
        let mut since = Vec::new();
        for days in [7, 30, 90] {
            let day = now - days * 86_400;
            since.push((clock::day(day), self.source.uids(Some(day)).await?.len()));
        }
        let (mailbox, folder) = (self.mailbox.name.clone(), self.folder.to_owned());
        Ok(CycleError::StartUnset { mailbox, folder, messages, since })
    }

    /// The UID below the first message that the server received on that day or later.
    async fn baseline_since(&mut self, day: i64, uid_next: u32) -> Result<u32, CycleError> {
        let first = self.source.uids(Some(day)).await?.into_iter().min();
        Ok(first.unwrap_or(uid_next).saturating_sub(1))
    }

    /// Takes in what is new: a batch is fetched while the one before it is in the workers.
    async fn pull(&mut self, uid_validity: u32, uids: Vec<u32>) -> Result<bool, CycleError> {
        let mut waiting = uids.into_iter().peekable();
        let mut flying: Vec<JoinSet<Arrival>> = Vec::new();
        let mut left = false;
        let mut trouble = None;
        while waiting.peek().is_some() && trouble.is_none() {
            if *self.stop.borrow() || self.current.get().config.mode != self.context.config.mode {
                left = true;
                break;
            }
            self.check_disk()?;
            let window: Vec<u32> = waiting.by_ref().take(SIZES_MAX).collect();
            match self.pull_window(uid_validity, window, &mut flying).await {
                Ok(more) => left |= more,
                Err(error) => trouble = Some(error),
            }
        }
        // What is in flight is finished in any case: it is claimed, and its ticket may exist already.
        for batch in flying {
            match self.land(batch).await {
                Ok(more) => left |= more,
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        trouble.map_or(Ok(left), Err)
    }

    async fn pull_window(
        &mut self,
        uid_validity: u32,
        window: Vec<u32>,
        flying: &mut Vec<JoinSet<Arrival>>,
    ) -> Result<bool, CycleError> {
        let bytes_max = self.context.config.limits.message_bytes_max;
        let sizes = self.source.sizes(&window).await?;
        let (large, fit): (Vec<_>, Vec<_>) = sizes.into_iter().partition(|(_, size)| *size > bytes_max);
        let mut left = false;
        for (uid, size) in large {
            left |= self.hold(self.key(uid_validity, uid), size).await?;
        }
        for batch in source::batches(&fit, self.mailbox.batch_messages_max()) {
            if *self.stop.borrow() {
                return Ok(true);
            }
            if flying.len() >= BATCHES_IN_FLIGHT_MAX {
                let first = flying.remove(0);
                left |= self.land(first).await?;
            }
            let next = self.current.get();
            if next.config.mode != self.context.config.mode {
                // Whether enforcing may begin here is asked at the beginning of a look.
                return Ok(true);
            }
            self.context = next;
            let (set, large) = self.launch(uid_validity, &batch).await?;
            flying.push(set);
            for uid in large {
                left |= self.hold(self.key(uid_validity, uid), bytes_max + 1).await?;
            }
        }
        Ok(left)
    }

    /// Claims and fetches a batch and hands it to the workers. Answers what is in flight, and the UIDs of messages that
    /// turned out larger than the server had said.
    async fn launch(&mut self, uid_validity: u32, batch: &[u32]) -> Result<(JoinSet<Arrival>, Vec<u32>), CycleError> {
        let keys: Vec<MessageKey> = batch.iter().map(|uid| self.key(uid_validity, *uid)).collect();
        // What has its ticket is left out of the answer; it is acknowledged by the next cycle.
        let claims = self.context.store.claim(keys).await?;
        let keys: Vec<MessageKey> = claims.iter().map(|c| c.key.clone()).collect();
        let uids: Vec<u32> = keys.iter().map(|k| k.uid).collect();
        emit(Event::Claimed { mailbox: &self.mailbox.name, count: claims.len() });
        let began = Instant::now();
        let fetched = self.fetch(&uids).await;
        registry().took(Stage::Fetch, began.elapsed());
        let (fetched, large) = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                // A broken connection is no strike against the mail that it was to bring.
                self.context.store.release_claims(keys).await?;
                return Err(error.into());
            }
        };
        let arrived: BTreeSet<u32> = fetched.iter().map(|f| f.uid).chain(large.iter().copied()).collect();
        let missing: Vec<MessageKey> = keys.into_iter().filter(|k| !arrived.contains(&k.uid)).collect();
        if !missing.is_empty() {
            self.context.store.release_claims(missing).await?;
        }
        let mut set = JoinSet::new();
        for message in fetched {
            let strikes = claims.iter().find(|c| c.key.uid == message.uid).map_or(0, |c| c.strikes);
            let key = self.key(uid_validity, message.uid);
            let (announced_bytes, received_bytes) = (message.size_bytes, message.octets.len() as u64);
            if announced_bytes != received_bytes {
                emit(Event::SizeDiffers { key: &key, announced_bytes, received_bytes });
            }
            set.spawn(message::take_in(self.context.clone(), self.mailbox.clone(), key, message.octets, strikes));
        }
        Ok((set, large))
    }

    /// Fetches a batch; where one message breaks the bound, each by itself.
    async fn fetch(&mut self, batch: &[u32]) -> Result<(Vec<Fetched>, Vec<u32>), SourceError> {
        let bytes_max = self.context.config.limits.message_bytes_max;
        if batch.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        match self.source.fetch(batch, bytes_max).await {
            Ok(fetched) => return Ok((fetched, Vec::new())),
            Err(error) if error.kind() != ErrorKind::Limit => return Err(error),
            Err(_) => {}
        }
        let (mut fetched, mut large) = (Vec::new(), Vec::new());
        for uid in batch {
            // The bound may have cost the connection.
            self.source.connect().await?;
            self.source.select(self.folder).await?;
            match self.source.fetch(&[*uid], bytes_max).await {
                Ok(one) => fetched.extend(one),
                Err(error) if error.kind() == ErrorKind::Limit => large.push(*uid),
                Err(error) => return Err(error),
            }
        }
        self.source.connect().await?;
        self.source.select(self.folder).await?;
        Ok((fetched, large))
    }

    /// Waits for a batch and acknowledges it.
    async fn land(&mut self, mut batch: JoinSet<Arrival>) -> Result<bool, CycleError> {
        let (mut settlements, mut left, mut trouble) = (Vec::new(), false, None);
        while let Some(arrival) = batch.join_next().await {
            match arrival {
                Ok(Arrival::Settled(settlement)) => settlements.push(settlement),
                Ok(Arrival::Postponed) => left = true,
                Ok(Arrival::StoreFailed(error)) => trouble = Some(error),
                Err(_) => left = true,
            }
        }
        (self.context.progress)(Progress::Done(settlements.len()));
        self.context.status.mail(&self.mailbox.name, self.folder, settlements.len());
        self.acknowledge(settlements).await?;
        match trouble {
            Some(error) => Err(error.into()),
            None => Ok(left),
        }
    }

    /// A message that was in flight when the daemon died: nothing else is, while it is tried.
    async fn alone(&mut self, key: MessageKey) -> Result<bool, CycleError> {
        // Whatever takes time is done before: a daemon that is killed while it starts up blames no message.
        self.context.pool.warm().await;
        let strikes = self.context.store.begin_alone(&key).await?;
        let (fetched, large) = match self.fetch(&[key.uid]).await {
            Ok(fetched) => fetched,
            Err(error) => {
                self.context.store.release_claims(vec![key]).await?;
                return Err(error.into());
            }
        };
        if !large.is_empty() {
            let size = self.context.config.limits.message_bytes_max + 1;
            return self.hold(key, size).await;
        }
        let Some(message) = fetched.into_iter().next() else {
            self.context.store.release_claims(vec![key]).await?;
            return Ok(false);
        };
        let mut set = JoinSet::new();
        set.spawn(message::take_in(self.context.clone(), self.mailbox.clone(), key, message.octets, strikes));
        self.land(set).await
    }

    /// Over-size mail is never fetched: a stub ticket from its header, the original moved to the held folder.
    async fn hold(&mut self, key: MessageKey, size: u64) -> Result<bool, CycleError> {
        let limits = self.context.config.limits;
        let claims = self.context.store.claim(vec![key.clone()]).await?;
        if claims.is_empty() {
            return Ok(false);
        }
        let header = match self.source.fetch_header(key.uid, limits.header_bytes_max.min(held::HEADER_BYTES_MAX)).await
        {
            Ok(header) => header,
            Err(error) => {
                self.context.store.release_claims(vec![key]).await?;
                return Err(error.into());
            }
        };
        let mut set = JoinSet::new();
        set.spawn(message::take_in_header(self.context.clone(), self.mailbox.clone(), key, header, size));
        self.land(set).await
    }

    fn check_disk(&self) -> Result<(), CycleError> {
        let reserve_bytes = self.context.config.disk_reserve_bytes;
        match crate::disk::free_bytes(&self.context.config.state_dir) {
            Some(free_bytes) if free_bytes < reserve_bytes => {
                emit(Event::DiskLow { free_bytes, reserve_bytes });
                Err(CycleError::DiskLow)
            }
            _ => Ok(()),
        }
    }
}

/// What the mode allows to be done at the source.
fn allowed(mode: Mode, ack: Ack) -> Ack {
    if mode == Mode::Observe { Ack::Leave } else { ack }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_ends_at_five_minutes() {
        for (failures, low, high) in [(1, 1, 2), (3, 4, 8), (20, 150, 300)] {
            let pause = backoff(failures).as_secs_f64();
            assert!(pause >= f64::from(low) && pause <= f64::from(high), "{failures}: {pause}");
        }
    }

    #[test]
    fn observing_changes_nothing_at_the_source() {
        for ack in [Ack::Leave, Ack::MoveClean, Ack::Replace, Ack::MoveHeld] {
            assert_eq!(allowed(Mode::Observe, ack), Ack::Leave);
            assert_eq!(allowed(Mode::Enforce, ack), ack);
        }
    }
}
