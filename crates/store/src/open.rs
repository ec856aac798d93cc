//! All that happens before the first request: directory, lock, space, key, database, recovery, in this order. Each step
//! refuses with its reason before the next one touches anything.

use crate::blob::Blobs;
use crate::codec::{Family, Key};
use crate::error::{OpenError, StoreError};
use crate::keys::{Keyring, KeyringError, RootKey};
use crate::record::Vault;
use crate::state::State;
use crate::store::Options;
use crate::tree::{Tree, private};
use crate::{deliveries, outbox};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Kept so that the store can be opened on a full disk.
const BALLAST_BYTES: u64 = 16 << 20;

/// Octets that an ordinary user can still write on the disk of this directory.
pub(crate) fn free_bytes(dir: &Path) -> std::io::Result<u64> {
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
    let mut state =
        State::new(tree, blobs, Vault::new(keyring, 0), options.reply_limits.clone(), options.disk_reserve_bytes);
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
    deliveries::recover(&mut state).map_err(corrupt)?;
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

/// Opens the keyring of a store that is there: the right key and the right tenant. Changes nothing, needs no lock.
pub(crate) fn existing(dir: &Path, tenant: &str, root: &RootKey) -> Result<Option<Keyring>, OpenError> {
    let path = dir.join("keyring");
    if !path.exists() {
        return Ok(None);
    }
    let file = fs::read(&path).map_err(|why| OpenError::Io { dir: dir.into(), what: "reading the keyring", why })?;
    let keyring = Keyring::open(&file, root).map_err(|e| match e {
        KeyringError::OtherKey(expected) => {
            OpenError::WrongKey { dir: dir.into(), expected, given: root.fingerprint() }
        }
        KeyringError::Version(found) => {
            OpenError::UnknownVersion { dir: dir.into(), found: found.to_string(), known: 1 }
        }
        KeyringError::Damaged => OpenError::Corrupt { dir: dir.into(), what: "the keyring".into() },
    })?;
    if keyring.tenant != tenant {
        return Err(OpenError::OtherTenant { dir: dir.into(), given: tenant.into() });
    }
    if !dir.join("sled/db").exists() {
        let what = "the database file is missing although the store was in use".to_owned();
        return Err(OpenError::Corrupt { dir: dir.into(), what });
    }
    Ok(Some(keyring))
}

/// Opens the keyring, or makes a new one under a temporary name: it gets its own once the database is there. A creation
/// that was cut short is begun again; a database without its keyring is never taken for a new one.
fn keyring(options: &Options) -> Result<(Keyring, bool), OpenError> {
    let dir = &options.dir;
    let io = |what| move |why| OpenError::Io { dir: dir.clone(), what, why };
    if let Some(keyring) = existing(dir, &options.tenant, &options.root_key)? {
        return Ok((keyring, false));
    }
    let unfinished = dir.join("keyring.new");
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
