//! Replies into a directory, one `.eml` a reply: for the demo, trials and tests.

use super::{Fault, Letter, Sent, Withdrawn};
use std::future::Future;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A directory.
pub(crate) struct Files {
    dir: PathBuf,
}

impl Files {
    /// Takes the directory; it is made when the first reply comes.
    pub(crate) fn open(dir: &Path) -> Files {
        Files { dir: dir.to_owned() }
    }

    /// Can the directory be written?
    pub(crate) async fn probe(&self) -> Result<(), Fault> {
        let trial = self.dir.join(".probe.tmp");
        write(&self.dir, &trial, b"").and_then(|()| std::fs::remove_file(&trial)).map_err(|_| Fault::Directory)
    }

    /// Writes under a temporary name, records the point of no return, renames.
    pub(crate) async fn deliver<F, Fut>(&mut self, letter: &Letter, before_dot: F) -> Sent
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), Withdrawn>>,
    {
        let fault = Sent::Deferred { code: None, relay: Some(Fault::Directory) };
        if letter.id.is_empty() || !letter.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Sent::Failed { code: None };
        }
        let (temporary, path) =
            (self.dir.join(format!(".{}.tmp", letter.id)), self.dir.join(format!("{}.eml", letter.id)));
        if write(&self.dir, &temporary, &letter.octets).is_err() {
            return fault;
        }
        if before_dot().await.is_err() {
            // Nobody reads the temporary name; a left-over is overwritten by the next attempt.
            let _ = std::fs::remove_file(&temporary);
            return Sent::Deferred { code: None, relay: None };
        }
        match std::fs::rename(&temporary, &path) {
            Ok(()) => Sent::Accepted { code: 250 },
            Err(_) => Sent::Unknown,
        }
    }
}

fn write(dir: &Path, path: &Path, octets: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    // A left-over may have another mode: the new file gets its own.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(octets)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn letter(id: &str) -> Letter {
        let to = lazaret_core::Addr::parse("mia@example.net").expect("an address");
        Letter { id: id.to_owned(), from: None, to, octets: b"Subject: x\r\n\r\ny\r\n".to_vec() }
    }

    #[tokio::test]
    async fn one_private_file_a_reply() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut files = Files::open(&dir.path().join("out"));
        assert_eq!(files.deliver(&letter("00ff"), || async { Ok(()) }).await, Sent::Accepted { code: 250 });
        let path = dir.path().join("out/00ff.eml");
        assert_eq!(std::fs::read(&path).expect("written"), letter("00ff").octets);
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn nothing_is_left_when_the_point_of_no_return_is_not_recorded() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut files = Files::open(dir.path());
        let sent = files.deliver(&letter("00ff"), || async { Err(Withdrawn) }).await;
        assert_eq!(sent, Sent::Deferred { code: None, relay: None });
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_made_defers_and_a_path_as_id_fails() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("file"), b"").expect("written");
        let mut files = Files::open(&dir.path().join("file/out"));
        let sent = files.deliver(&letter("00ff"), || async { panic!("nothing was written") }).await;
        assert_eq!(sent, Sent::Deferred { code: None, relay: Some(Fault::Directory) });
        let mut files = Files::open(dir.path());
        let sent = files.deliver(&letter("../00ff"), || async { panic!("nothing was written") }).await;
        assert_eq!(sent, Sent::Failed { code: None });
    }
}
