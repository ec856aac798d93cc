//! The list of numbers: which file of a folder has which UID.
//!
//! One text file a folder, in the daemon's own state directory: a source that only looks writes nothing into the Maildir.
//! First line `lazaret-maildir 1 UIDVALIDITY`, then `UID NAME` in the order given out, the name percent-encoded. Lines are
//! only ever appended, and are on disk before a number is used; numbers are never given twice. A last line without its
//! end was not used yet and is cut off. Without the file a new one begins, with a new UIDVALIDITY, and the ledger finds
//! what it knows by content.

use super::super::error::{ErrorKind, SourceError};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Octets of the file: 4,000,000 messages with names of 100.
const INDEX_BYTES_MAX: u64 = 512 * 1024 * 1024;

const MAGIC: &str = "lazaret-maildir 1 ";

/// The file, open for appending; without one, numbers last as long as the process.
pub(super) struct Index {
    path: Option<PathBuf>,
    file: Option<File>,
    /// UIDVALIDITY of the folder.
    pub(super) validity: u32,
    /// The next number.
    pub(super) next: u32,
    /// Entries in the file.
    entries: usize,
}

impl Index {
    /// Reads the file, or begins one.
    pub(super) fn open(path: Option<PathBuf>) -> Result<(Index, Vec<(u32, OsString)>), SourceError> {
        let mut index = Index { path, file: None, validity: fresh_validity(), next: 1, entries: 0 };
        let Some(path) = index.path.clone() else { return Ok((index, Vec::new())) };
        let read = match File::open(&path) {
            Ok(file) => {
                let mut text = Vec::new();
                file.take(INDEX_BYTES_MAX + 1).read_to_end(&mut text).map_err(unusable)?;
                read(&text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(error)),
        };
        let Some((validity, next, entries)) = read else {
            index.rewrite(&[])?;
            return Ok((index, Vec::new()));
        };
        index.validity = validity;
        index.next = next;
        // Written anew, so that a torn last line is gone before anything follows it.
        index.rewrite(&entries)?;
        Ok((index, entries))
    }

    /// Gives the next numbers to these names, durably.
    pub(super) fn give(&mut self, names: Vec<OsString>) -> Result<Vec<(u32, OsString)>, SourceError> {
        let mut given = Vec::with_capacity(names.len());
        let mut next = self.next;
        for name in names {
            given.push((next, name));
            next = next
                .checked_add(1)
                .ok_or(SourceError::new(ErrorKind::Limit, "the maildir has used up all its numbers"))?;
        }
        if let Some(file) = &mut self.file
            && !given.is_empty()
        {
            let lines = given.iter().map(|(uid, name)| line(*uid, name)).collect::<String>();
            let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
            if let Err(error) = written {
                // What reached the file is not known; the next look reads it anew.
                self.file = None;
                return Err(unusable(error));
            }
            self.entries += given.len();
        }
        self.next = next;
        Ok(given)
    }

    /// Did a write fail? Then the file must be read anew.
    pub(super) fn is_broken(&self) -> bool {
        self.path.is_some() && self.file.is_none()
    }

    /// Forgets messages that are gone once they are most of the file.
    pub(super) fn tidy(&mut self, alive: &[(u32, OsString)]) -> Result<(), SourceError> {
        if self.path.is_none() || self.entries < 1_000 || self.entries < 2 * alive.len() {
            return Ok(());
        }
        self.rewrite(alive)
    }

    /// Replaces the file in one step. The last number given is kept by an entry without a name.
    fn rewrite(&mut self, entries: &[(u32, OsString)]) -> Result<(), SourceError> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut text = format!("{MAGIC}{}\n", self.validity);
        text.extend(entries.iter().map(|(uid, name)| line(*uid, name)));
        if self.next > 1 {
            text.push_str(&line(self.next - 1, OsStr::new("")));
        }
        let dir = path.parent().unwrap_or(Path::new("/"));
        let unfinished = path.with_extension("new");
        let replace = || -> io::Result<File> {
            fs::create_dir_all(dir)?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, path)?;
            File::open(dir)?.sync_all()?;
            Ok(file)
        };
        self.file = Some(replace().map_err(unusable)?);
        self.entries = entries.len();
        Ok(())
    }
}

/// UIDVALIDITY, the next number, and the entries.
type Contents = (u32, u32, Vec<(u32, OsString)>);

/// `None` where the file is not one of ours or is damaged: then it is begun anew.
fn read(text: &[u8]) -> Option<Contents> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, _torn) = text.rsplit_once('\n')?;
    let mut lines = whole.split('\n');
    let validity = lines.next()?.strip_prefix(MAGIC)?.parse().ok().filter(|validity| *validity != 0)?;
    let mut entries = Vec::new();
    let mut last = 0u32;
    for line in lines {
        let (uid, name) = line.split_once(' ')?;
        let uid: u32 = uid.parse().ok().filter(|uid| *uid >= last.max(1))?;
        last = uid;
        if !name.is_empty() {
            entries.push((uid, decode(name)?));
        }
    }
    Some((validity, last.checked_add(1)?, entries))
}

fn line(uid: u32, name: &OsStr) -> String {
    format!("{uid} {}\n", encode(name))
}

/// Everything but letters, digits and `.-_=,+` as `%XX`.
pub(super) fn encode(name: &OsStr) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(name.len());
    for octet in name.as_bytes() {
        if octet.is_ascii_alphanumeric() || b".-_=,+".contains(octet) {
            out.push(char::from(*octet));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{octet:02X}");
        }
    }
    out
}

fn decode(text: &str) -> Option<OsString> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((octet, after)) = rest.split_first() {
        if *octet != b'%' {
            octets.push(*octet);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        octets.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    Some(OsString::from_vec(octets))
}

/// Seconds since 1970: later than any that was given before.
fn fresh_validity() -> u32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

fn unusable(error: io::Error) -> SourceError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            SourceError::new(ErrorKind::Unavailable, "the disk of the state directory is full")
        }
        _ => SourceError::new(ErrorKind::Config, "the list of a maildir's numbers in the state directory is unusable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_or_begun_anew() {
        let entry = |uid, name: &str| (uid, OsString::from(name));
        let cases: [(&str, Option<Contents>); 12] = [
            ("lazaret-maildir 1 77\n", Some((77, 1, vec![]))),
            ("lazaret-maildir 1 77\n1 a.b\n5 c%3A%25\n", Some((77, 6, vec![entry(1, "a.b"), entry(5, "c:%")]))),
            ("lazaret-maildir 1 77\n1 a\n2 torn", Some((77, 2, vec![entry(1, "a")]))),
            ("lazaret-maildir 1 77\n1 a\n9 \n", Some((77, 10, vec![entry(1, "a")]))),
            ("lazaret-maildir 1 77\n2 a\n1 b\n", None),
            ("lazaret-maildir 1 77\n0 a\n", None),
            ("lazaret-maildir 1 77\n1 a%2\n", None),
            ("lazaret-maildir 1 77\nx\n", None),
            ("lazaret-maildir 1 0\n", None),
            ("lazaret-maildir 2 77\n", None),
            ("lazaret-maildir 1 7", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn names_of_any_octets() {
        for octets in [&b"1.M2P3.host"[..], b"a\nb", b"a b%", "ü".as_bytes(), b"\xff\x00", b""] {
            let name = OsStr::from_bytes(octets);
            let text = encode(name);
            assert!(!text.contains(['\n', ' ']));
            assert_eq!(decode(&text).as_deref(), Some(name));
        }
    }

    #[test]
    fn numbers_are_never_given_twice() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/index");
        let names = |names: &[&str]| names.iter().map(OsString::from).collect::<Vec<_>>();
        let (mut index, known) = Index::open(Some(path.clone())).expect("begun");
        assert!(known.is_empty());
        let first = index.give(names(&["a", "b"])).expect("given");
        assert_eq!(first, [(1, "a".into()), (2, "b".into())]);
        let validity = index.validity;

        let (mut index, known) = Index::open(Some(path.clone())).expect("read");
        assert_eq!((index.validity, known), (validity, first));
        assert_eq!(index.give(names(&["c"])).expect("given"), [(3, "c".into())]);
        // All are gone and forgotten.
        index.entries = 1_000;
        index.tidy(&[]).expect("tidied");
        fs::write(&path, [fs::read(&path).expect("read"), b"4 torn".to_vec()].concat()).expect("torn");
        let (mut index, known) = Index::open(Some(path.clone())).expect("read");
        assert!(known.is_empty());
        assert_eq!(index.give(names(&["d"])).expect("given"), [(4, "d".into())]);
        let (_, known) = Index::open(Some(path)).expect("read");
        assert_eq!(known, [(4, "d".into())]);
    }

    #[test]
    fn the_last_number() {
        let (mut index, _) = Index::open(None).expect("in memory");
        index.next = u32::MAX - 1;
        assert_eq!(index.give(vec!["a".into()]).expect("given"), [(u32::MAX - 1, "a".into())]);
        assert_eq!(index.give(vec!["b".into()]).map_err(|e| e.kind()), Err(ErrorKind::Limit));
    }
}
