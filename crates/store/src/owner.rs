//! The one thread that owns the disk. It takes what is queued, lets each request change the state in turn, writes all
//! of it as one batch with one sync, then answers everybody. So the price of a sync is shared by all who wait for it,
//! and every decision (is this a copy? is the limit reached?) is made by one mind, in one order.

use crate::error::{OpenError, StoreError};
use crate::keys::StoreKeys;
use crate::open::{free_bytes, open};
use crate::state::State;
use crate::store::Options;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait; who asks more waits himself.
const QUEUE_MAX: usize = 1024;
/// Requests that share a batch and a sync.
const GROUP_MAX: usize = 512;
/// Octets that a group holds in memory before it is written, less one request.
const GROUP_BYTES_MAX: usize = 64 << 20;
/// How long opening may take: sled has hung on damaged files.
const OPEN_SECS_MAX: u64 = 60;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It changes nothing.
    Read,
    /// Its change may be lost in a crash right after the answer.
    Soon,
    /// Its change is durable before the answer.
    Sync,
    /// The same, and it takes in something new: refused while the disk is below the reserve.
    Intake,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;
type Job = Box<dyn FnOnce(&mut State) -> (bool, Answer) + Send>;
type Tell<T> = oneshot::Sender<Result<T, StoreError>>;

pub(crate) enum Request {
    Do { need: Need, job: Job, refuse: Box<dyn FnOnce(StoreError) + Send> },
    Close(oneshot::Sender<()>),
}

impl Request {
    pub(crate) fn new<T: Send + 'static>(
        need: Need,
        job: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
        tell: Tell<T>,
    ) -> Request {
        let tell = std::sync::Arc::new(std::sync::Mutex::new(Some(tell)));
        let take = |tell: &std::sync::Mutex<Option<Tell<T>>>| tell.lock().ok().and_then(|mut t| t.take());
        let other = tell.clone();
        let job = move |state: &mut State| -> (bool, Answer) {
            let done = job(state);
            let ok = done.is_ok();
            let answer = move |group: Result<(), StoreError>| {
                // Whoever asked may be gone; what was asked is done all the same.
                if let Some(tell) = take(&tell) {
                    let _ = tell.send(group.and(done));
                }
            };
            (ok, Box::new(answer))
        };
        let refuse = move |e| {
            if let Some(tell) = take(&other) {
                let _ = tell.send(Err(e));
            }
        };
        Request::Do { need, job: Box::new(job), refuse: Box::new(refuse) }
    }
}

/// Opens the store on its thread.
pub(crate) fn start(options: Options) -> Result<(mpsc::Sender<Request>, StoreKeys), OpenError> {
    let (requests, queue) = mpsc::channel(QUEUE_MAX);
    let (opened, result) = std::sync::mpsc::sync_channel(1);
    let dir = options.dir.clone();
    let thread = move || match open(&options) {
        Ok((lock, mut state)) => {
            let keys = state.vault.keyring.store_keys();
            // If nobody waits any more, the channel is closed too and the loop ends at once.
            let _ = opened.send(Ok(keys));
            let closing = serve(&mut state, queue, &options);
            state.tree.close();
            drop(lock);
            for tell in closing {
                // Whoever asked may be gone.
                let _ = tell.send(());
            }
        }
        Err(e) => drop(opened.send(Err(e))),
    };
    let io = |what| {
        let dir = dir.clone();
        move |why| OpenError::Io { dir, what, why }
    };
    std::thread::Builder::new().name("store".into()).spawn(thread).map_err(io("starting the store's thread"))?;
    match result.recv_timeout(Duration::from_secs(OPEN_SECS_MAX)) {
        Ok(keys) => Ok((requests, keys?)),
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Err(OpenError::Hangs { dir, secs: OPEN_SECS_MAX }),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
            Err(OpenError::Corrupt { dir, what: "the database panics while it is opened".into() })
        }
    }
}

/// Serves until told to close or until every handle is gone.
fn serve(state: &mut State, mut queue: mpsc::Receiver<Request>, options: &Options) -> Vec<oneshot::Sender<()>> {
    let mut closing = Vec::new();
    let mut unsynced = false;
    while closing.is_empty() {
        let Some(first) = queue.blocking_recv() else { break };
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Do { need, job, refuse } => group.add(state, need, job, refuse, options),
                Request::Close(tell) => closing.push(tell),
            }
            let room = group.size < GROUP_MAX && state.group_bytes() < GROUP_BYTES_MAX;
            next = room.then(|| queue.try_recv().ok()).flatten();
        }
        unsynced = group.finish(state, unsynced);
        if unsynced && (queue.is_empty() || !closing.is_empty()) {
            state.sync();
            unsynced = false;
        }
    }
    closing
}

#[derive(Default)]
struct Group {
    size: usize,
    answers: Vec<Answer>,
    changed: bool,
    must_sync: bool,
    free_bytes: Option<u64>,
}

impl Group {
    fn add(
        &mut self,
        state: &mut State,
        need: Need,
        job: Job,
        refuse: Box<dyn FnOnce(StoreError) + Send>,
        options: &Options,
    ) {
        self.size += 1;
        if need == Need::Intake {
            let free_bytes = *self.free_bytes.get_or_insert_with(|| free_bytes(&options.dir).unwrap_or(u64::MAX));
            if free_bytes < state.disk_reserve_bytes {
                return refuse(StoreError::DiskFull { free_bytes });
            }
        }
        state.begin_request();
        // A panic is a fault of this crate; it must not stop the store for everybody else.
        match catch_unwind(AssertUnwindSafe(|| job(state))) {
            Ok((true, answer)) => {
                let changed = state.accept_request();
                self.changed |= changed;
                self.must_sync |= changed && need != Need::Soon;
                self.answers.push(answer);
            }
            Ok((false, answer)) => {
                state.reject_request();
                self.answers.push(answer);
            }
            Err(_) => {
                state.reject_request();
                refuse(StoreError::Failed);
            }
        }
    }

    /// Writes, syncs if anybody needs it, answers. Takes and gives whether a sync is owed: one pays for all.
    fn finish(self, state: &mut State, mut owed: bool) -> bool {
        let mut result = Ok(());
        if self.changed {
            result = state.write_group();
            match (&result, self.must_sync) {
                (Err(_), _) => state.reject_group(),
                (Ok(()), true) => {
                    state.sync();
                    owed = false;
                }
                (Ok(()), false) => owed = true,
            }
        }
        self.answers.into_iter().for_each(|answer| answer(result.clone()));
        owed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RootKey;
    use crate::model::ReplyLimits;
    use std::fs;
    use std::path::Path;

    fn options(dir: &Path) -> Options {
        Options {
            dir: dir.to_owned(),
            tenant: "acme".into(),
            root_key: RootKey::new([9; 32]),
            cache_bytes: 1 << 20,
            disk_reserve_bytes: 0,
            reply_limits: ReplyLimits::default(),
        }
    }

    type Done = Result<(), StoreError>;

    /// Puts one request into a group that is finished at once; answers what the asker hears.
    fn ask(
        state: &mut State,
        options: &Options,
        need: Need,
        job: impl FnOnce(&mut State) -> Done + Send + 'static,
    ) -> Done {
        let (tell, mut told) = oneshot::channel();
        let Request::Do { need, job, refuse } = Request::new(need, job, tell) else { panic!("a request to do") };
        let mut group = Group::default();
        group.add(state, need, job, refuse, options);
        group.finish(state, false);
        told.try_recv().expect("an answer")
    }

    #[test]
    fn below_the_reserve_intake_stops_and_all_else_goes_on() {
        let dir = tempfile::tempdir().expect("temp dir");
        let roomy = options(dir.path());
        let (_lock, mut state) = open(&roomy).expect("opens");
        let write = |state: &mut State| state.remember("a", vec![1]);
        state.disk_reserve_bytes = u64::MAX;
        let refused = ask(&mut state, &roomy, Need::Intake, write);
        assert!(matches!(refused, Err(StoreError::DiskFull { .. })), "{refused:?}");
        assert_eq!(state.recall("a"), Ok(None));
        assert_eq!(ask(&mut state, &roomy, Need::Sync, write), Ok(()));
        state.disk_reserve_bytes = 0;
        assert_eq!(ask(&mut state, &roomy, Need::Intake, write), Ok(()));
        assert_eq!(state.recall("a"), Ok(Some(vec![1])));
    }

    #[test]
    fn a_request_that_fails_or_panics_changes_nothing_and_stops_nobody() {
        let dir = tempfile::tempdir().expect("temp dir");
        let options = options(dir.path());
        let (_lock, mut state) = open(&options).expect("opens");
        let panics = |state: &mut State| {
            state.remember("a", vec![1])?;
            state.tally.tickets += 1;
            panic!("as a fault would")
        };
        let fails = |state: &mut State| {
            state.remember("a", vec![1])?;
            state.tally.tickets += 1;
            Err(StoreError::DigestMismatch)
        };
        assert_eq!(ask(&mut state, &options, Need::Sync, panics), Err(StoreError::Failed));
        assert_eq!(ask(&mut state, &options, Need::Sync, fails), Err(StoreError::DigestMismatch));
        assert_eq!((state.recall("a"), state.tally.tickets), (Ok(None), 0));
        assert_eq!(ask(&mut state, &options, Need::Sync, |state| state.remember("b", vec![2])), Ok(()));
    }

    #[test]
    fn a_file_that_cannot_be_written_fails_its_group_and_leaves_the_store_as_it_was() {
        let dir = tempfile::tempdir().expect("temp dir");
        let options = options(dir.path());
        let (_lock, mut state) = open(&options).expect("opens");
        let large = |state: &mut State| {
            state.tally.tickets += 1;
            state.remember("a", vec![1; 10_000])
        };
        let blobs = dir.path().join("blobs");
        fs::rename(&blobs, dir.path().join("away")).expect("renamed");
        let failed = ask(&mut state, &options, Need::Sync, large);
        assert!(failed.as_ref().is_err_and(StoreError::is_temporary), "{failed:?}");
        assert_eq!((state.recall("a"), state.tally.tickets), (Ok(None), 0));
        fs::rename(dir.path().join("away"), &blobs).expect("renamed");
        assert_eq!(ask(&mut state, &options, Need::Sync, large), Ok(()));
        assert_eq!((state.recall("a"), state.tally.tickets), (Ok(Some(vec![1; 10_000])), 1));
    }
}
