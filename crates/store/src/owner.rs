//! The one thread that owns the disk. It takes what is queued, lets each request change the state in turn, writes all
//! of it as one batch with one sync, then answers everybody. So the price of a sync is shared by all who wait for it,
//! and every decision (is this a copy? is the limit reached?) is made by one mind, in one order.

use crate::blob::Blobs;
use crate::codec::{Family, Key};
use crate::error::{OpenError, StoreError};
use crate::keys::{Keyring, KeyringError, StoreKeys};
use crate::outbox;
use crate::record::Vault;
use crate::state::State;
use crate::store::Options;
use crate::tree::{Tree, private};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
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
/// Kept so that the store can be opened on a full disk.
const BALLAST_BYTES: u64 = 16 << 20;

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
            if free_bytes < options.disk_reserve_bytes {
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

/// Octets that an ordinary user can still write on the disk of this directory.
fn free_bytes(dir: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// What the store is.
#[derive(Serialize, Deserialize)]
struct Meta {
    epoch: u64,
}

/// All that happens before the first request, in this order: directory, lock, space, key, database, recovery.
pub(crate) fn open(options: &Options) -> Result<(File, State), OpenError> {
    let dir = &options.dir;
    let io = |what| move |why| OpenError::Io { dir: dir.clone(), what, why };
    let corrupt = |e: StoreError| match e {
        StoreError::UnknownVersion { found, .. } => {
            OpenError::UnknownVersion { dir: dir.clone(), found: found.to_string(), known: crate::record::FORMAT }
        }
        e => OpenError::Corrupt { dir: dir.clone(), what: e.to_string() },
    };
    check_dir(dir)?;
    let lock = lock(dir)?;
    check_space(options)?;
    let (keyring, new) = keyring(options)?;
    let tree = Tree::open(dir, options.cache_bytes)?;
    let blobs = Blobs::open(dir).map_err(io("opening the blob files"))?;
    let mut state = State::new(tree, blobs, Vault::new(keyring, 0), options.reply_limits.clone());
    let at = Key::new(Family::Meta, &[]);
    let meta: Option<Meta> = state.get(Family::Meta, &at).map_err(corrupt)?;
    let epoch = match (meta, new) {
        (Some(meta), false) => meta.epoch + 1,
        (None, true) => 1,
        (None, false) => {
            let what = "the database is empty although the store was in use".to_owned();
            return Err(OpenError::Corrupt { dir: dir.clone(), what });
        }
        (Some(_), true) => {
            let what = "the keyring is missing although the store was in use".to_owned();
            return Err(OpenError::Corrupt { dir: dir.clone(), what });
        }
    };
    state.vault.epoch = epoch;
    state.recover().map_err(corrupt)?;
    state.begin_request();
    state.put(at, None, &Meta { epoch }).map_err(corrupt)?;
    outbox::recover(&mut state).map_err(corrupt)?;
    state.accept_request();
    state.write_group().map_err(corrupt)?;
    state.sync();
    if new {
        finish_keyring(dir).map_err(io("writing the keyring"))?;
    }
    make_ballast(options).map_err(io("making the ballast file"))?;
    Ok((lock, state))
}

fn check_dir(dir: &Path) -> Result<(), OpenError> {
    let refused = |why| OpenError::NotWritable { dir: dir.to_owned(), why };
    let meta = match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => meta,
        Ok(_) => return Err(refused(std::io::ErrorKind::NotADirectory.into())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(OpenError::Missing { dir: dir.to_owned() }),
        Err(e) => return Err(refused(e)),
    };
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user {
        return Err(OpenError::NotOwned { dir: dir.to_owned(), owner: meta.uid(), user });
    }
    private(dir, 0o700).map_err(refused)
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let refused = |why| OpenError::NotWritable { dir: dir.to_owned(), why };
    let path = dir.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(refused)?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::Locked { dir: dir.to_owned() }),
        Err(e) => Err(OpenError::Io { dir: dir.to_owned(), what: "locking the store", why: e.into() }),
    }
}

/// Refuses below the reserve. With a reserve of 0 and a full disk the ballast is given up, since sled needs space to
/// open at all.
fn check_space(options: &Options) -> Result<(), OpenError> {
    let dir = &options.dir;
    let free = || free_bytes(dir).map_err(|why| OpenError::Io { dir: dir.clone(), what: "asking for free space", why });
    let mut free_now = free()?;
    if free_now < BALLAST_BYTES && options.disk_reserve_bytes < BALLAST_BYTES {
        let _ = fs::remove_file(dir.join("ballast"));
        free_now = free()?;
    }
    if free_now < options.disk_reserve_bytes {
        let reserve_bytes = options.disk_reserve_bytes;
        return Err(OpenError::DiskFull { dir: dir.clone(), free_bytes: free_now, reserve_bytes });
    }
    Ok(())
}

fn make_ballast(options: &Options) -> std::io::Result<()> {
    let path = options.dir.join("ballast");
    let wanted = options.disk_reserve_bytes.saturating_add(2 * BALLAST_BYTES);
    if path.exists() || free_bytes(&options.dir)? < wanted {
        return Ok(());
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, BALLAST_BYTES).or_else(|e| {
        let _ = fs::remove_file(&path);
        // Not every file system can: then there is none.
        if e == rustix::io::Errno::OPNOTSUPP { Ok(()) } else { Err(e.into()) }
    })
}

/// Opens the keyring, or makes a new one under a temporary name: it gets its own once the database is there. A creation
/// that was cut short is begun again; a database without its keyring is never taken for a new one.
fn keyring(options: &Options) -> Result<(Keyring, bool), OpenError> {
    let dir = &options.dir;
    let io = |what| move |why| OpenError::Io { dir: dir.clone(), what, why };
    let (path, unfinished) = (dir.join("keyring"), dir.join("keyring.new"));
    if path.exists() {
        let file = fs::read(&path).map_err(io("reading the keyring"))?;
        let keyring = Keyring::open(&file, &options.root_key).map_err(|e| match e {
            KeyringError::OtherKey(expected) => {
                let given = options.root_key.fingerprint();
                OpenError::WrongKey { dir: dir.clone(), expected, given }
            }
            KeyringError::Version(found) => {
                OpenError::UnknownVersion { dir: dir.clone(), found: found.to_string(), known: 1 }
            }
            KeyringError::Damaged => OpenError::Corrupt { dir: dir.clone(), what: "the keyring".into() },
        })?;
        if keyring.tenant != options.tenant {
            return Err(OpenError::OtherTenant { dir: dir.clone(), given: options.tenant.clone() });
        }
        if !dir.join("sled/db").exists() {
            let what = "the database file is missing although the store was in use".to_owned();
            return Err(OpenError::Corrupt { dir: dir.clone(), what });
        }
        return Ok((keyring, false));
    }
    if unfinished.exists() {
        match fs::remove_dir_all(dir.join("sled")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io("clearing an unfinished store")(e)),
            _ => fs::remove_file(&unfinished).map_err(io("clearing an unfinished store"))?,
        }
    }
    if dir.join("sled/db").exists() {
        let what = "the keyring is missing although there is a database".to_owned();
        return Err(OpenError::Corrupt { dir: dir.clone(), what });
    }
    let keyring = Keyring::generate(&options.tenant);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(io("making a keyring"))?;
    file.write_all(&keyring.seal(&options.root_key)).map_err(io("writing the keyring"))?;
    file.sync_all().map_err(io("writing the keyring"))?;
    File::open(dir).and_then(|d| d.sync_all()).map_err(io("writing the keyring"))?;
    Ok((keyring, true))
}

fn finish_keyring(dir: &Path) -> std::io::Result<()> {
    // The names that sled made are made durable with it.
    File::open(dir.join("sled"))?.sync_all()?;
    fs::rename(dir.join("keyring.new"), dir.join("keyring"))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RootKey;
    use crate::model::ReplyLimits;

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
        let full = Options { disk_reserve_bytes: u64::MAX, ..roomy.clone() };
        let write = |state: &mut State| state.remember("a", vec![1]);
        let refused = ask(&mut state, &full, Need::Intake, write);
        assert!(matches!(refused, Err(StoreError::DiskFull { .. })), "{refused:?}");
        assert_eq!(state.recall("a"), Ok(None));
        assert_eq!(ask(&mut state, &full, Need::Sync, write), Ok(()));
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
