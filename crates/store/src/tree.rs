//! The only code that touches sled. One tree, one batch; a batch counts once `flush` has returned and our own fdatasync
//! on sled's file has.
//!
//! sled 0.34's `flush` is `sync_file_range` on Linux, which makes neither size nor device cache durable. So a second
//! handle on its `db` file is synced after each flush. If that fails nobody knows what is on the disk, and a second
//! try would report success: the process aborts, and the next start trusts only what reads back.

use crate::error::OpenError;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest value. Above it sled moves pages to side files that it never syncs; bigger values are blob files of ours.
pub(crate) const VALUE_BYTES_MAX: usize = 4 << 10;

/// Tries to open while the last handle of this process is still being dropped: our own lock is held, so nobody else's
/// can be in the way.
const REOPEN_TRIES_MAX: u32 = 100;

pub(crate) struct Tree {
    db: sled::Db,
    file: File,
    dir: PathBuf,
}

/// sled failed where the state of the file is then unknown.
pub(crate) fn die(what: &str, why: &dyn std::fmt::Display) -> ! {
    eprintln!("lazaret: the store cannot go on: {what}: {why}; aborting, the next start recovers what is durable");
    std::process::abort()
}

impl Tree {
    /// Opens the database in `dir/sled`.
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Tree, OpenError> {
        let io = |what| move |why| OpenError::Io { dir: dir.to_owned(), what, why };
        let inside = dir.join("sled");
        fs::create_dir_all(&inside).map_err(io("creating the database"))?;
        private(&inside, 0o700).map_err(io("protecting the database"))?;
        remove_unfinished_snapshots(&inside).map_err(io("removing an unfinished snapshot"))?;
        let mut tries = 0;
        let db = loop {
            match sled::Config::new().path(&inside).cache_capacity(cache_bytes).open() {
                Ok(db) => break db,
                Err(sled::Error::Io(e)) if e.to_string().contains("acquire lock") && tries < REOPEN_TRIES_MAX => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(sled::Error::Io(why)) => return Err(io("opening the database")(why)),
                Err(sled::Error::Unsupported(found)) => {
                    return Err(OpenError::UnknownVersion { dir: dir.to_owned(), found, known: 1 });
                }
                Err(_) => {
                    let what = "the database does not open".to_owned();
                    return Err(OpenError::Corrupt { dir: dir.to_owned(), what });
                }
            }
        };
        let file = File::open(inside.join("db")).map_err(io("opening the database file"))?;
        let tree = Tree { db, file, dir: inside };
        tree.protect().map_err(io("protecting the database"))?;
        Ok(tree)
    }

    /// Files that sled makes have the modes of the umask; the directory around them is closed, they are too.
    fn protect(&self) -> std::io::Result<()> {
        let mut dirs = vec![self.dir.clone()];
        while let Some(dir) = dirs.pop() {
            private(&dir, 0o700)?;
            for entry in fs::read_dir(&dir)? {
                let path = entry?.path();
                if path.is_dir() {
                    dirs.push(path);
                } else if let Err(e) = private(&path, 0o600) {
                    // A snapshot that sled replaces meanwhile.
                    if e.kind() != std::io::ErrorKind::NotFound {
                        return Err(e);
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<sled::IVec> {
        self.db.get(key).unwrap_or_else(|e| die("reading", &Kind(&e)))
    }

    /// Keys and values with this prefix, in order.
    pub(crate) fn scan(&self, prefix: &[u8]) -> impl DoubleEndedIterator<Item = (sled::IVec, sled::IVec)> + use<> {
        self.db.scan_prefix(prefix).map(|item| item.unwrap_or_else(|e| die("reading", &Kind(&e))))
    }

    /// Keys from one on, in order, to the end of the tree.
    pub(crate) fn scan_from(&self, from: &[u8]) -> impl Iterator<Item = sled::IVec> + use<> {
        self.db.range(from.to_vec()..).map(|item| item.unwrap_or_else(|e| die("reading", &Kind(&e))).0)
    }

    /// Applies a batch; it counts after [`Tree::sync`]. Every value must be within [`VALUE_BYTES_MAX`].
    pub(crate) fn apply(&self, writes: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>) {
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) if value.len() > VALUE_BYTES_MAX => die("writing", &"a value is too large"),
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.db.apply_batch(batch).unwrap_or_else(|e| die("writing", &Kind(&e)));
    }

    /// Makes durable all that was applied.
    pub(crate) fn sync(&self) {
        self.db.flush().unwrap_or_else(|e| die("flushing", &Kind(&e)));
        rustix::fs::fdatasync(&self.file).unwrap_or_else(|e| die("fdatasync", &e));
    }

    /// Closes; sled writes what it has.
    pub(crate) fn close(self) {
        self.sync();
        let Tree { db, file, dir } = self;
        drop(db);
        let rest = Tree::protect_after(&dir);
        drop((file, rest));
    }

    fn protect_after(dir: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            private(&path, if path.is_dir() { 0o700 } else { 0o600 })?;
        }
        Ok(())
    }
}

/// sled's errors name keys and offsets; the kind is enough.
struct Kind<'a>(&'a sled::Error);

impl std::fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            sled::Error::Io(e) => write!(f, "{}", e.kind()),
            sled::Error::Corruption { .. } => f.write_str("corruption"),
            sled::Error::CollectionNotFound(_) => f.write_str("tree not found"),
            sled::Error::Unsupported(_) => f.write_str("unsupported"),
            sled::Error::ReportableBug(_) => f.write_str("bug in sled"),
        }
    }
}

/// A snapshot that was being written at a crash makes sled 0.34 refuse to open, although nothing is lost.
fn remove_unfinished_snapshots(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Sets the mode whatever the umask was.
pub(crate) fn private(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_snapshot_does_not_stop_the_start() {
        let dir = tempfile::tempdir().expect("temp dir");
        let tree = Tree::open(dir.path(), 1 << 20).expect("opens");
        tree.apply([(b"a".to_vec(), Some(b"1".to_vec()))].into_iter());
        tree.close();
        let left = dir.path().join("sled/snap.00000000000000FF.generating");
        fs::write(&left, b"half").expect("written");
        let tree = Tree::open(dir.path(), 1 << 20).expect("opens again");
        assert_eq!(tree.get(b"a").as_deref(), Some(b"1".as_slice()));
        assert!(!left.exists());
    }
}
