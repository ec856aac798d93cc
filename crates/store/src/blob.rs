//! Encrypted files for what is too large for a record. A group of writes goes: every file written under a temporary
//! name, each synced, each renamed, the directory synced once; only then may a record refer to them. What a crash leaves
//! over is ciphertext that no record refers to; it is collected at the next start.
//!
//! Files stand in numbered directories of a bounded size. Only the last two can hold leftovers, so a start compares
//! these alone with the references, however many files there are.

use crate::keys::{hex, random, unhex};
use crate::tree::private;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Files after which a new directory is begun.
const DIR_FILES_MAX: u32 = 4096;

/// Files of a group that are synced at the same time.
const SYNC_LANES: usize = 8;

/// Names a blob file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BlobId {
    dir: u32,
    name: [u8; 8],
}

impl BlobId {
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut out = [0; 12];
        let (dir, name) = out.split_at_mut(4);
        dir.copy_from_slice(&self.dir.to_be_bytes());
        name.copy_from_slice(&self.name);
        out
    }

    pub(crate) fn from_bytes(bytes: [u8; 12]) -> BlobId {
        let [a, b, c, d, name @ ..] = bytes;
        BlobId { dir: u32::from_be_bytes([a, b, c, d]), name }
    }
}

pub(crate) struct Blobs {
    root: PathBuf,
    /// Directory that is being filled, and how many files it has.
    dir: u32,
    files: u32,
}

impl Blobs {
    /// Makes `dir/blobs` if need be. What this process writes goes into a new directory.
    pub(crate) fn open(dir: &Path) -> io::Result<Blobs> {
        let root = dir.join("blobs");
        if !root.exists() {
            fs::create_dir(&root)?;
            File::open(dir)?.sync_all()?;
        }
        private(&root, 0o700)?;
        let mut blobs = Blobs { root, dir: 0, files: DIR_FILES_MAX };
        blobs.dir = blobs.numbers()?.into_iter().max().unwrap_or(0);
        Ok(blobs)
    }

    fn numbers(&self) -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            numbers.extend(name.to_str().and_then(unhex::<4>).map(u32::from_be_bytes));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn dir_path(&self, dir: u32) -> PathBuf {
        self.root.join(hex(&dir.to_be_bytes()))
    }

    pub(crate) fn path(&self, id: BlobId) -> PathBuf {
        self.dir_path(id.dir).join(hex(&id.name))
    }

    /// Removes files of the last two directories that nothing refers to, half-written ones included.
    pub(crate) fn sweep(&self, used: impl Fn(BlobId) -> bool) -> io::Result<u32> {
        let mut removed = 0;
        for &dir in self.numbers()?.iter().rev().take(2) {
            for entry in fs::read_dir(self.dir_path(dir))? {
                let entry = entry?;
                let id = entry.file_name().to_str().and_then(unhex::<8>).map(|name| BlobId { dir, name });
                if !id.is_some_and(&used) {
                    fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// To be called before the ids of a group are asked for: a group stays within one directory.
    pub(crate) fn begin_group(&mut self) {
        if self.files >= DIR_FILES_MAX {
            self.dir += 1;
            self.files = 0;
        }
    }

    pub(crate) fn next_id(&mut self) -> BlobId {
        self.files += 1;
        BlobId { dir: self.dir, name: random() }
    }

    /// Writes the files of a group; at the answer they are durable. Answers the number of syncs. After an error none of
    /// them is left.
    pub(crate) fn write_group(&self, group: &[(BlobId, Vec<u8>)]) -> io::Result<u64> {
        let Some((first, _)) = group.first() else { return Ok(0) };
        let written = self.try_write(first.dir, group);
        if written.is_err() {
            for (id, _) in group {
                let _ = fs::remove_file(self.path(*id).with_extension("tmp"));
                let _ = fs::remove_file(self.path(*id));
            }
        }
        written
    }

    fn try_write(&self, dir: u32, group: &[(BlobId, Vec<u8>)]) -> io::Result<u64> {
        let dir = self.dir_path(dir);
        let mut syncs = 0;
        if !dir.exists() {
            fs::create_dir(&dir)?;
            private(&dir, 0o700)?;
            File::open(&self.root)?.sync_all()?;
            syncs += 1;
        }
        // Syncs that wait at the same time share a commit of the file system's journal; one after the other each waits
        // for its own.
        let lane = group.len().div_ceil(SYNC_LANES).max(1);
        std::thread::scope(|scope| {
            let lanes: Vec<_> = group.chunks(lane).map(|part| scope.spawn(|| self.write_part(part))).collect();
            lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
        })?;
        syncs += group.len() as u64;
        File::open(&dir)?.sync_all()?;
        Ok(syncs + 1)
    }

    fn write_part(&self, part: &[(BlobId, Vec<u8>)]) -> io::Result<()> {
        let mut files = Vec::with_capacity(part.len());
        for (id, content) in part {
            let path = self.path(*id);
            let temp = path.with_extension("tmp");
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp)?;
            file.write_all(content)?;
            files.push((file, temp, path));
        }
        for (file, temp, path) in files {
            file.sync_data()?;
            fs::rename(temp, path)?;
        }
        Ok(())
    }

    pub(crate) fn read(&self, id: BlobId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    /// Unlinks a file, and its directory once that is empty and full no more files come.
    pub(crate) fn unlink(&self, id: BlobId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        if id.dir != self.dir {
            // Fails while others are in it, as it should.
            let _ = fs::remove_dir(self.dir_path(id.dir));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_a_crash_are_collected_and_nothing_else() {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut blobs = Blobs::open(dir.path()).expect("opens");
        blobs.begin_group();
        let group = [(blobs.next_id(), b"kept".to_vec()), (blobs.next_id(), b"orphan".to_vec())];
        assert_eq!(blobs.write_group(&group).expect("written"), 4);
        let half = blobs.path(group[0].0).with_file_name("0123456789abcdef.tmp");
        fs::write(&half, b"half").expect("written");
        let blobs = Blobs::open(dir.path()).expect("opens");
        assert_eq!(blobs.sweep(|id| id == group[0].0).expect("swept"), 2);
        assert_eq!(blobs.read(group[0].0).expect("read"), b"kept");
        assert!(blobs.read(group[1].0).is_err() && !half.exists());
    }

    #[test]
    fn directories_are_bounded_and_a_new_process_begins_a_new_one() {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut blobs = Blobs::open(dir.path()).expect("opens");
        for files in [DIR_FILES_MAX - 1, DIR_FILES_MAX, DIR_FILES_MAX + 1] {
            blobs.files = files;
            let before = blobs.dir;
            blobs.begin_group();
            assert_eq!(blobs.dir > before, files >= DIR_FILES_MAX, "{files}");
        }
        let id = blobs.next_id();
        blobs.write_group(&[(id, vec![1])]).expect("written");
        let mut again = Blobs::open(dir.path()).expect("opens");
        again.begin_group();
        assert!(again.next_id().dir > id.dir);
    }

    #[test]
    fn a_group_that_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut blobs = Blobs::open(dir.path()).expect("opens");
        blobs.begin_group();
        let (one, two) = (blobs.next_id(), blobs.next_id());
        fs::create_dir(blobs.dir_path(one.dir)).expect("made");
        fs::create_dir(blobs.path(two)).expect("in the way");
        assert!(blobs.write_group(&[(one, vec![1]), (two, vec![2])]).is_err());
        assert!(!blobs.path(one).exists());
    }
}
