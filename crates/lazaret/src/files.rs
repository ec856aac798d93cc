//! The operator's own files: single messages, mbox (RFC 4155) and Maildir.

use lazaret_core::RawMessage;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A message of a file: its number in an mbox or Maildir, and its octets or why there are none.
pub(crate) type Message = (Option<u64>, Result<RawMessage, String>);

/// The messages that `path` holds, read one by one.
pub(crate) fn messages(file: &Path, bytes_max: u64) -> Box<dyn Iterator<Item = Message>> {
    if file == Path::new("-") {
        return Box::new(std::iter::once((None, read_all(std::io::stdin().lock(), bytes_max))));
    }
    if is_maildir(file) {
        return Box::new(
            maildir(file).into_iter().enumerate().map(move |(i, f)| (Some(i as u64 + 1), read(&f, bytes_max))),
        );
    }
    match is_mbox(file) {
        Ok(true) => match File::open(file) {
            Ok(file) => Box::new(Mbox::new(BufReader::with_capacity(1 << 18, file), bytes_max)),
            Err(e) => Box::new(std::iter::once((None, Err(said(&e))))),
        },
        Ok(false) => Box::new(std::iter::once((None, read(file, bytes_max)))),
        Err(e) => Box::new(std::iter::once((None, Err(said(&e))))),
    }
}

/// Why a file cannot be read or written, with the mend where there is one; the path stands before it.
pub(crate) fn said(error: &std::io::Error) -> String {
    use std::io::ErrorKind::*;
    let words = match error.kind() {
        NotFound => "is not there; check the spelling",
        IsADirectory => "is a folder; name files in it, an mbox, or a Maildir (a folder with cur and new)",
        NotADirectory => "a part of its path is no folder",
        AlreadyExists => "is there already",
        PermissionDenied => "this user may not; look at its owner and mode",
        StorageFull | QuotaExceeded => "there is no room on its disk",
        ReadOnlyFilesystem => "its disk is mounted read-only",
        other => return other.to_string(),
    };
    words.to_owned()
}

/// Does a path name a directory with `cur`, `new` and `tmp`?
pub(crate) fn is_maildir(path: &Path) -> bool {
    ["cur", "new"].iter().all(|d| path.join(d).is_dir())
}

fn read(file: &Path, bytes_max: u64) -> Result<RawMessage, String> {
    let error = |e: std::io::Error| said(&e);
    let size = std::fs::metadata(file).map_err(error)?.len();
    if size > bytes_max {
        return Err(format!("over limit: {size} bytes, at most {bytes_max}"));
    }
    // The file may grow while it is read.
    read_all(File::open(file).map_err(error)?, bytes_max)
}

fn read_all(from: impl Read, bytes_max: u64) -> Result<RawMessage, String> {
    let mut octets = Vec::new();
    from.take(bytes_max + 1).read_to_end(&mut octets).map_err(|e| said(&e))?;
    if octets.len() as u64 > bytes_max {
        return Err(format!("over limit: at most {bytes_max} bytes"));
    }
    Ok(RawMessage::new(octets))
}

/// The files of `new` and `cur`, by name.
fn maildir(path: &Path) -> Vec<PathBuf> {
    let list = |d: &str| std::fs::read_dir(path.join(d)).into_iter().flatten().flatten().map(|e| e.path());
    let mut files: Vec<PathBuf> = list("new").chain(list("cur")).filter(|p| p.is_file()).collect();
    files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    files
}

/// Does the file begin with a separator? An `.eml` is one message, also if somebody left the separator in it.
fn is_mbox(file: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    File::open(file)?.take(512).read_to_end(&mut start)?;
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    Ok(is_separator(line) && file.extension().is_none_or(|e| !e.eq_ignore_ascii_case("eml")))
}

/// `From sender Mon Mar  2 09:00:00 2026`, perhaps with a zone: it holds a time of day and a year, which a line of prose
/// that begins with this word hardly does.
fn is_separator(line: &[u8]) -> bool {
    let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty());
    let is_year = |w: &[u8]| w.len() == 4 && w.iter().all(u8::is_ascii_digit);
    let is_time = |w: &[u8]| w.len() >= 5 && w.contains(&b':') && w.iter().all(|b| b.is_ascii_digit() || *b == b':');
    words.next() == Some(b"From") && words.clone().any(is_time) && words.any(is_year)
}

/// Reads an mbox message by message; `>From ` is unescaped once (mboxrd).
struct Mbox<R> {
    input: R,
    bytes_max: u64,
    number: u64,
    started: bool,
    ended: bool,
}

impl<R: BufRead> Mbox<R> {
    fn new(input: R, bytes_max: u64) -> Mbox<R> {
        Mbox { input, bytes_max, number: 0, started: false, ended: false }
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        if self.ended {
            return None;
        }
        let (mut octets, mut total, mut blank) = (Vec::new(), 0_u64, true);
        loop {
            let mut line = Vec::new();
            match self.input.read_until(b'\n', &mut line) {
                Ok(0) => self.ended = true,
                Ok(_) if blank && is_separator(&line) => {
                    if !self.started {
                        self.started = true;
                        continue;
                    }
                }
                Ok(n) => {
                    blank = line == b"\n" || line == b"\r\n";
                    total += n as u64;
                    if total <= self.bytes_max {
                        let quoted = line.iter().position(|b| *b != b'>').unwrap_or(0);
                        let escaped = quoted > 0 && line.get(quoted..).is_some_and(|l| l.starts_with(b"From "));
                        octets.extend_from_slice(if escaped { &line[1..] } else { &line });
                    }
                    continue;
                }
                Err(_) => self.ended = true,
            }
            break;
        }
        self.number += 1;
        let message = if total > self.bytes_max {
            Err(format!("over limit: {total} bytes, at most {}", self.bytes_max))
        } else {
            Ok(RawMessage::new(octets))
        };
        Some((Some(self.number), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_with_a_file_is_said_as_people_say_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let said = |path: &Path| messages(path, 10).map(|(_, m)| m.err().unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(said(&dir.path().join("nosuch")), ["is not there; check the spelling"]);
        assert!(said(dir.path()).concat().starts_with("is a folder"));
        assert_eq!(said(&PathBuf::from("/dev/null/x")), ["a part of its path is no folder"]);
    }

    #[test]
    fn an_mbox_is_cut_at_its_separators() {
        let sep = "From a@example.org Mon Mar  2 09:00:00 2026\n";
        for (text, sizes) in [
            (format!("{sep}A: 1\n\nx\n"), vec![8]),
            (format!("{sep}A: 1\n\nx\n\n{sep}B: 1\n\ny\n"), vec![9, 8]),
            (format!("{sep}A: 1\n\n>From here\n"), vec![16]),
            (format!("{sep}A: 1\n\nx\nFrom the middle of a paragraph\n"), vec![39]),
        ] {
            let got: Vec<usize> = Mbox::new(text.as_bytes(), 1000).map(|(_, m)| m.map_or(0, |m| m.len())).collect();
            assert_eq!(got, sizes, "{text:?}");
        }
    }

    #[test]
    fn a_message_over_the_limit_is_named_and_the_next_one_read() {
        let sep = "From a@example.org Mon Mar  2 09:00:00 2026\n";
        let text = format!("{sep}{}\n\n{sep}A: 1\n", "x".repeat(99));
        let got: Vec<bool> = Mbox::new(text.as_bytes(), 50).map(|(_, m)| m.is_ok()).collect();
        assert_eq!(got, [false, true]);
    }
}
