//! 7z: only read.

use crate::budget::Budget;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use sevenz_rust2::{ArchiveReader, EntryDecision, Error, Password};
use std::io::Cursor;

/// A member: its name, and its octets or why there are none.
type Member = (String, Result<Vec<u8>, Why>);

/// What one password gave: members, and whether there are more than may be read.
struct Attempt {
    members: Vec<Member>,
    trouble: Option<Why>,
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let size = file.octets.len() as u64;
    let start = memchr::memmem::find(file.octets, b"7z\xbc\xaf\x27\x1c").unwrap_or(0);
    let octets = file.octets.get(start..).unwrap_or_default();
    let mut best = attempt(octets, Password::empty(), &mut reading.budget);
    for password in reading.passwords {
        if !best.is_encrypted() {
            break;
        }
        let next = attempt(octets, Password::from(password.as_str()), &mut reading.budget);
        if !next.is_encrypted() {
            best = next;
        }
    }
    if best.members.is_empty() && best.trouble.is_some_and(|why| why != Why::Encrypted) {
        reading.opaque(at, Format::SevenZip.media_type(), best.trouble.unwrap_or(Why::Malformed), size);
        return;
    }
    reading.decoded(size);
    for (nth, (name, content)) in best.members.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if !reading.budget.member() {
            reading.opaque(&at, Format::Unknown.media_type(), Why::OverLimit, 0);
            return;
        }
        match content {
            Ok(content) => reading.member(&at, name, "", content),
            Err(why) => {
                reading.text(&format!("{at}/name"), "text/plain", name.clone(), 0);
                reading.opaque(&at, Format::Unknown.media_type(), *why, 0);
            }
        }
    }
    if let Some(why) = best.trouble {
        reading.opaque(&format!("{at}!rest"), Format::Unknown.media_type(), why, 0);
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

impl Attempt {
    fn is_encrypted(&self) -> bool {
        self.trouble == Some(Why::Encrypted) || self.members.iter().any(|(_, c)| *c == Err(Why::Encrypted))
    }
}

fn attempt(octets: &[u8], password: Password, budget: &mut Budget) -> Attempt {
    let memory_kib = usize::try_from(budget.limits.decoder_bytes_max / 1024).unwrap_or(usize::MAX);
    let mut members: Vec<Member> = Vec::new();
    let mut archive = match ArchiveReader::new_with_memory_limit(Cursor::new(octets), password, memory_kib) {
        Ok(archive) => archive,
        Err(e) => return Attempt { members, trouble: Some(why(&e, true)) },
    };
    archive.set_thread_count(1);
    let most = budget.limits.members_max;
    let result = archive.for_each_entries_with_decision(|entry, stream| {
        if members.len() > most {
            return Ok(EntryDecision::Stop);
        }
        let (content, trouble) = match entry.is_directory() {
            true => (Vec::new(), None),
            // A solid block packs its members together, so the ratio is that of the whole archive.
            false => budget.inflate_some(stream, octets.len() as u64),
        };
        match trouble {
            None => members.push((entry.name().to_owned(), Ok(content))),
            Some(Why::OverLimit) => {
                members.push((entry.name().to_owned(), Err(Why::OverLimit)));
                return Ok(EntryDecision::SkipBlock);
            }
            // The library tells what is wrong.
            Some(_) => return Err(std::io::Error::from(std::io::ErrorKind::InvalidData).into()),
        }
        Ok(EntryDecision::Continue)
    });
    let Err(error) = result else { return Attempt { members, trouble: None } };
    let sealed = |at: usize| archive.archive().is_file_encrypted(at);
    let any_sealed = (0..archive.archive().files.len().min(most)).any(sealed);
    let trouble = why(&error, any_sealed);
    // What has not been reached is named.
    let done: std::collections::HashSet<String> = members.iter().map(|(name, _)| name.clone()).collect();
    for entry in archive.archive().files.iter().take(most) {
        if !done.contains(entry.name()) && entry.has_stream() {
            members.push((entry.name().to_owned(), Err(trouble)));
        }
    }
    Attempt { members, trouble: Some(trouble) }
}

fn why(error: &Error, may_be_sealed: bool) -> Why {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Why::Encrypted,
        Error::MaxMemLimited { .. } => Why::OverLimit,
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::UnsupportedVersion { .. }
        | Error::ExternalUnsupported => Why::Unsupported,
        Error::Io(..) | Error::ChecksumVerificationFailed | Error::NextHeaderCrcMismatch if may_be_sealed => {
            Why::Encrypted
        }
        _ => Why::Malformed,
    }
}
