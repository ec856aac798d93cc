//! The files of a Maildir: names to numbers, and the steps that must survive a power cut.

use super::super::error::{ErrorKind, SourceError};
use super::super::imap::names;
use super::super::{Fetched, FolderInfo, Selected};
use super::index::{self, Index};
use lazaret_core::RawMessage;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Octets of a header that are searched.
const HEADER_BYTES_MAX: usize = 256 * 1024;

/// Messages of one folder.
const MESSAGES_MAX: usize = 4_000_000;

/// One folder.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Folder {
    dir: PathBuf,
    is_inbox: bool,
}

/// Which number a file has, and where it is.
#[derive(Default)]
pub(super) struct Numbers {
    /// Where the list of numbers is kept.
    kept_at: Option<PathBuf>,
    index: Option<Index>,
    /// Every unique name that has a number.
    by_name: HashMap<OsString, u32>,
    /// Where the files are that were there at the last look.
    by_uid: BTreeMap<u32, PathBuf>,
}

/// Is it a directory with `cur` and `new`?
pub(super) fn is_maildir(dir: &Path) -> bool {
    ["cur", "new"].iter().all(|sub| fs::read_dir(dir.join(sub)).is_ok())
}

/// INBOX and every folder beside it.
pub(super) fn folders(root: &Path) -> Result<Vec<FolderInfo>, SourceError> {
    let mut folders = vec![FolderInfo { name: "INBOX".to_owned(), messages: count(root)? }];
    for entry in fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(levels) = name.to_str().and_then(|name| name.strip_prefix('.')).filter(|name| !name.is_empty()) else {
            continue;
        };
        let dir = root.join(&name);
        if levels != "." && is_maildir(&dir) {
            folders.push(FolderInfo { name: names::decode(&levels.replace('.', "/")), messages: count(&dir)? });
        }
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(folders)
}

fn count(dir: &Path) -> Result<u32, SourceError> {
    Ok(u32::try_from(list(dir)?.len()).unwrap_or(u32::MAX))
}

/// The files in `new` and `cur`, sorted by unique name; the same name twice counts once.
fn list(dir: &Path) -> Result<BTreeMap<OsString, PathBuf>, SourceError> {
    let mut found = BTreeMap::new();
    for sub in ["new", "cur"] {
        let sub = dir.join(sub);
        for entry in fs::read_dir(&sub).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let is_message = !name.as_bytes().starts_with(b".") && entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_message {
                found.insert(unique(&name).to_owned(), sub.join(&name));
            }
            if found.len() > MESSAGES_MAX {
                return Err(SourceError::new(ErrorKind::Limit, "the folder holds more than 4,000,000 messages"));
            }
        }
    }
    Ok(found)
}

/// The part of a file's name that never changes.
fn unique(name: &OsStr) -> &OsStr {
    OsStr::from_bytes(name.as_bytes().split(|octet| *octet == b':').next().unwrap_or_default())
}

impl Folder {
    /// The folder of that name, whether it is there or not.
    pub(super) fn named(root: &Path, name: &str) -> Result<Folder, SourceError> {
        if name.eq_ignore_ascii_case("INBOX") {
            return Ok(Folder { dir: root.to_owned(), is_inbox: true });
        }
        let is_sound = name.split('/').all(|level| !level.is_empty() && !level.contains(['.', '\0', '\r', '\n']));
        if !is_sound {
            return Err(SourceError::new(
                ErrorKind::Config,
                "a folder name of a maildir has an empty level, a full stop or a line break in it",
            ));
        }
        let levels: Vec<String> = name.split('/').map(|level| names::encode(level).replace('/', ",")).collect();
        Ok(Folder { dir: root.join(format!(".{}", levels.join("."))), is_inbox: false })
    }

    pub(super) fn create(&self) -> Result<(), SourceError> {
        if is_maildir(&self.dir) {
            return Ok(());
        }
        for sub in ["tmp", "new", "cur"] {
            fs::create_dir_all(self.dir.join(sub)).map_err(failed)?;
        }
        if !self.is_inbox {
            // Marks it as a folder for other programs (Maildir++).
            File::create(self.dir.join("maildirfolder")).map_err(failed)?;
        }
        sync_dir(&self.dir)?;
        self.dir.parent().map_or(Ok(()), sync_dir)
    }

    /// When a file last came or went.
    pub(super) fn changed_at(&self) -> [Option<SystemTime>; 2] {
        ["new", "cur"].map(|sub| fs::metadata(self.dir.join(sub)).and_then(|data| data.modified()).ok())
    }

    /// Writes to `tmp`, makes it durable, and only then lets it appear in `new`.
    pub(super) fn append(&self, message: &[u8], date: Option<i64>) -> Result<(), SourceError> {
        self.must_exist()?;
        let name = fresh_name();
        let (unfinished, finished) = (self.dir.join("tmp").join(&name), self.dir.join("new").join(&name));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).map_err(failed)?;
        let written = file
            .write_all(message)
            .and_then(|()| match date.and_then(|seconds| u64::try_from(seconds).ok()) {
                Some(seconds) => file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)),
                None => Ok(()),
            })
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, &finished));
        if let Err(error) = written {
            // Best effort; whatever is left in `tmp` is not mail.
            let _ = fs::remove_file(&unfinished);
            return Err(failed(error));
        }
        sync_dir(&self.dir.join("new"))
    }

    fn must_exist(&self) -> Result<(), SourceError> {
        if is_maildir(&self.dir) {
            return Ok(());
        }
        Err(SourceError::new(ErrorKind::NoFolder, "there is no such folder"))
    }
}

impl Numbers {
    /// Numbers of a folder that are kept in `state`, or forgotten at the end of the process.
    pub(super) fn kept(state: Option<&Path>, mailbox: &str, folder: &Folder) -> Numbers {
        let name = |name: &OsStr| index::encode(name);
        let kept_at = state.map(|dir| {
            let folder = if folder.is_inbox { OsStr::new("INBOX") } else { folder.dir.file_name().unwrap_or_default() };
            dir.join("maildir").join(format!("{}@{}.index", name(OsStr::new(mailbox)), name(folder)))
        });
        Numbers { kept_at, ..Numbers::default() }
    }

    /// Looks at the folder anew, and gives numbers to what is new, the oldest first.
    pub(super) fn look(&mut self, folder: &Folder) -> Result<Selected, SourceError> {
        folder.must_exist()?;
        let found = list(&folder.dir)?;
        if self.index.as_ref().is_none_or(Index::is_broken) {
            let (index, known) = Index::open(self.kept_at.clone())?;
            self.by_name = known.into_iter().map(|(uid, name)| (name, uid)).collect();
            self.index = Some(index);
        }
        let Some(index) = &mut self.index else {
            return Err(SourceError::new(ErrorKind::Unavailable, "no folder is open"));
        };
        let mut fresh: Vec<(SystemTime, &OsString)> = found
            .iter()
            .filter(|(name, _)| !self.by_name.contains_key(*name))
            .map(|(name, path)| (modified(path).unwrap_or(UNIX_EPOCH), name))
            .collect();
        fresh.sort();
        let given = index.give(fresh.into_iter().map(|(_, name)| name.clone()).collect())?;
        self.by_name.extend(given.into_iter().map(|(uid, name)| (name, uid)));
        self.by_name.retain(|name, _| found.contains_key(name));
        let messages = u32::try_from(found.len()).unwrap_or(u32::MAX);
        self.by_uid.clear();
        for (name, path) in found {
            if let Some(uid) = self.by_name.get(&name) {
                self.by_uid.insert(*uid, path);
            }
        }
        let mut alive: Vec<(u32, OsString)> = self.by_name.iter().map(|(name, uid)| (*uid, name.clone())).collect();
        alive.sort();
        index.tidy(&alive)?;
        Ok(Selected { uid_validity: index.validity, uid_next: index.next, messages })
    }

    pub(super) fn uids(&mut self, folder: &Folder, since: Option<i64>) -> Result<Vec<u32>, SourceError> {
        self.look(folder)?;
        let since = since.map(|seconds| UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        let is_recent = |path: &Path| {
            since.is_none_or(|since| {
                // A file without a date is better taken than left out.
                modified(path).is_none_or(|modified| modified >= since)
            })
        };
        Ok(self.by_uid.iter().filter(|(_, path)| is_recent(path)).map(|(uid, _)| *uid).collect())
    }

    pub(super) fn sizes(&mut self, folder: &Folder, uids: &[u32]) -> Result<Vec<(u32, u64)>, SourceError> {
        self.each(folder, uids, |_, path| fs::metadata(path).map(|data| data.len()))
    }

    pub(super) fn read(&mut self, folder: &Folder, uids: &[u32], bytes_max: u64) -> Result<Vec<Fetched>, SourceError> {
        let read = self.each(folder, uids, |_, path| {
            let file = File::open(path)?;
            let size_bytes = file.metadata()?.len();
            let mut octets = Vec::with_capacity(usize::try_from(size_bytes.min(bytes_max)).unwrap_or(0) + 1);
            file.take(bytes_max.saturating_add(1)).read_to_end(&mut octets)?;
            Ok((size_bytes, RawMessage::new(octets)))
        })?;
        if read.iter().any(|(_, (_, octets))| octets.len() as u64 > bytes_max) {
            return Err(SourceError::new(ErrorKind::Limit, "messages could not be fetched"));
        }
        Ok(read.into_iter().map(|(uid, (size_bytes, octets))| Fetched { uid, size_bytes, octets }).collect())
    }

    pub(super) fn read_header(
        &mut self,
        folder: &Folder,
        uid: u32,
        bytes_max: usize,
    ) -> Result<RawMessage, SourceError> {
        let mut read = self.each(folder, &[uid], |_, path| header(path, bytes_max))?;
        read.pop()
            .map(|(_, octets)| RawMessage::new(octets))
            .ok_or(SourceError::new(ErrorKind::Unavailable, "a message is no longer there"))
    }

    pub(super) fn move_to(&mut self, folder: &Folder, uids: &[u32], target: &Folder) -> Result<Vec<u32>, SourceError> {
        target.must_exist()?;
        let cur = target.dir.join("cur");
        self.each(folder, uids, |_, path| {
            let name = path.file_name().unwrap_or_default();
            let mut moved = name.to_owned();
            if !name.as_bytes().contains(&b':') {
                moved.push(":2,");
            }
            fs::rename(path, cur.join(moved))
        })?;
        sync_dir(&cur)?;
        self.gone(folder, uids)
    }

    pub(super) fn remove(&mut self, folder: &Folder, uids: &[u32]) -> Result<Vec<u32>, SourceError> {
        self.each(folder, uids, |_, path| fs::remove_file(path))?;
        self.gone(folder, uids)
    }

    pub(super) fn find(&mut self, folder: &Folder, field: &str, value: &str) -> Result<Vec<u32>, SourceError> {
        let uids = self.uids(folder, None)?;
        let headers = self.each(folder, &uids, |_, path| header(path, HEADER_BYTES_MAX))?;
        let holds = |octets: &[u8]| {
            fields(octets).iter().any(|(name, text)| {
                name.eq_ignore_ascii_case(field.as_bytes())
                    && (value.is_empty()
                        || text.windows(value.len()).any(|part| part.eq_ignore_ascii_case(value.as_bytes())))
            })
        };
        Ok(headers.into_iter().filter(|(_, octets)| holds(octets)).map(|(uid, _)| uid).collect())
    }

    /// Makes the disappearance durable and says which are not there.
    fn gone(&mut self, folder: &Folder, uids: &[u32]) -> Result<Vec<u32>, SourceError> {
        for sub in ["new", "cur"] {
            sync_dir(&folder.dir.join(sub))?;
        }
        self.look(folder)?;
        let mut gone: Vec<u32> = uids.iter().copied().filter(|uid| !self.by_uid.contains_key(uid)).collect();
        gone.sort_unstable();
        gone.dedup();
        Ok(gone)
    }

    /// Does something with each file that is there, ascending by UID. Another program may rename files at any time (to
    /// set a flag), so one that is not where it was is looked for once more.
    fn each<T>(
        &mut self,
        folder: &Folder,
        uids: &[u32],
        mut work: impl FnMut(u32, &Path) -> io::Result<T>,
    ) -> Result<Vec<(u32, T)>, SourceError> {
        let mut wanted = uids.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut done = Vec::with_capacity(wanted.len());
        let mut has_looked = false;
        for uid in wanted {
            for _ in 0..2 {
                match self.by_uid.get(&uid) {
                    Some(path) => match work(uid, path) {
                        Ok(result) => {
                            done.push((uid, result));
                            break;
                        }
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {
                            self.look(folder)?;
                            has_looked = true;
                        }
                        Err(error) => return Err(failed(error)),
                    },
                    _ if has_looked => break,
                    _ => {
                        self.look(folder)?;
                        has_looked = true;
                    }
                }
            }
        }
        Ok(done)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// A file name that nobody else gives (https://cr.yp.to/proto/maildir.html).
fn fresh_name() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{}.M{}P{}Q{count}.lazaret", now.as_secs(), now.subsec_micros(), std::process::id())
}

/// The header of a file, `bytes_max` octets at most, with the empty line that ends it.
fn header(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(path)?.take(bytes_max as u64).read_to_end(&mut octets)?;
    let lf = octets.windows(2).position(|pair| pair == b"\n\n").map(|at| at + 2);
    let crlf = octets.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    if let Some(end) = [lf, crlf].into_iter().flatten().min() {
        octets.truncate(end);
    }
    Ok(octets)
}

/// Names and unfolded values of the header fields.
fn fields(header: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let mut fields: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for line in header.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), fields.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, value))) => value.extend_from_slice(line),
            _ => {
                if let Some(colon) = line.iter().position(|octet| *octet == b':') {
                    let (name, value) = line.split_at(colon);
                    fields.push((name.trim_ascii(), value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
                }
            }
        }
    }
    fields
}

fn sync_dir(dir: &Path) -> Result<(), SourceError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)
}

fn failed(error: io::Error) -> SourceError {
    let (kind, what) = match error.kind() {
        io::ErrorKind::PermissionDenied => (ErrorKind::Auth, "a file of the maildir may not be read or changed"),
        io::ErrorKind::NotFound => (ErrorKind::NoFolder, "there is no such folder"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::Unavailable, "the disk of the maildir is full")
        }
        _ => (ErrorKind::Unavailable, "a file of the maildir could not be read or written"),
    };
    SourceError::new(kind, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_whatever_the_flags() {
        let name = OsStr::new("1767225600.M1P2Q3.host");
        for flags in ["", ":2,", ":2,S", ":2,FRS", ":1,x"] {
            let mut file = name.to_owned();
            file.push(flags);
            assert_eq!(unique(&file), name);
        }
    }

    #[test]
    fn folder_names() {
        let cases = [
            ("INBOX", Some("/m")),
            ("inbox", Some("/m")),
            ("Lazaret/Clean", Some("/m/.Lazaret.Clean")),
            ("Entwürfe", Some("/m/.Entw&APw-rfe")),
            ("../x", None),
            ("a/../b", None),
            ("a.b", None),
            ("a//b", None),
            ("/etc", None),
            ("", None),
            ("a\0b", None),
        ];
        for (name, dir) in cases {
            let folder = Folder::named(Path::new("/m"), name).ok();
            assert_eq!(folder.as_ref().map(|folder| folder.dir.as_path()), dir.map(Path::new), "{name:?}");
        }
    }

    #[test]
    fn fields_are_unfolded() {
        let found = fields(b"A: one\r\n two\r\nB : three\nno field\nC:\n\n");
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, value)| (std::str::from_utf8(name).unwrap_or("?"), std::str::from_utf8(value).unwrap_or("?")))
            .collect();
        assert_eq!(found, [("A", "one two"), ("B", "three"), ("C", "")]);
    }
}
