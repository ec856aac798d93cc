//! A Maildir++ on this machine; `INBOX` is the Maildir itself, `Lazaret/Clean` its folder `.Lazaret.Clean`.
//!
//! A Maildir has names, not numbers, and a source that only looks writes nothing into it. So the numbers are kept in the
//! daemon's state directory (`index.rs`), given out ascending in the order in which files came. Where there is no such
//! directory (`check`, `init`) they last as long as the process, under a UIDVALIDITY of their own.

mod files;
mod index;

use super::error::{ErrorKind, SourceError};
use super::{Fetched, FolderInfo, Selected, Wake};
use files::{Folder, Numbers};
use lazaret_core::RawMessage;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Time between two looks at a folder while waiting.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A Maildir.
pub(crate) struct MaildirSource {
    mailbox: String,
    root: PathBuf,
    state: Option<PathBuf>,
    folder: Option<Arc<Open>>,
    /// Folders that were opened, for the numbers they gave out.
    known: Vec<Arc<Open>>,
}

/// An open folder.
struct Open {
    folder: Folder,
    numbers: Mutex<Numbers>,
}

impl Open {
    fn numbers<T>(&self, work: impl FnOnce(&Folder, &mut Numbers) -> T) -> T {
        // After a panic the numbers are at worst those of the last look; the next one is complete.
        work(&self.folder, &mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl MaildirSource {
    pub(crate) fn open(mailbox: &str, path: &Path) -> MaildirSource {
        let (mailbox, root) = (mailbox.to_owned(), path.to_owned());
        MaildirSource { mailbox, root, state: None, folder: None, known: Vec::new() }
    }

    pub(crate) fn with_state(mut self, dir: &Path) -> MaildirSource {
        self.state = Some(dir.to_owned());
        self
    }

    pub(crate) async fn connect(&mut self) -> Result<(), SourceError> {
        let root = self.root.clone();
        blocking(move || files::is_maildir(&root)).await?.then_some(()).ok_or(SourceError::new(
            ErrorKind::Config,
            "the maildir is not there, not readable, or has no cur and new in it",
        ))
    }

    pub(crate) async fn folders(&mut self) -> Result<Vec<FolderInfo>, SourceError> {
        let root = self.root.clone();
        blocking(move || files::folders(&root)).await?
    }

    pub(crate) async fn select(&mut self, folder: &str) -> Result<Selected, SourceError> {
        self.folder = None;
        let wanted = Folder::named(&self.root, folder)?;
        let open = match self.known.iter().find(|open| open.folder == wanted) {
            Some(open) => Arc::clone(open),
            None => {
                let numbers = Numbers::kept(self.state.as_deref(), &self.mailbox, &wanted);
                let open = Arc::new(Open { folder: wanted, numbers: Mutex::new(numbers) });
                self.known.push(Arc::clone(&open));
                open
            }
        };
        let looked = Arc::clone(&open);
        let selected = blocking(move || looked.numbers(|folder, numbers| numbers.look(folder))).await??;
        self.folder = Some(open);
        Ok(selected)
    }

    pub(crate) async fn uids(&mut self, since: Option<i64>) -> Result<Vec<u32>, SourceError> {
        self.with_folder(move |folder, numbers| numbers.uids(folder, since)).await
    }

    pub(crate) async fn wait(&mut self, timeout: Duration) -> Result<Wake, SourceError> {
        let deadline = tokio::time::Instant::now() + timeout;
        let before = self.with_folder(|folder, _| Ok(folder.changed_at())).await?;
        loop {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return Ok(Wake::Elapsed);
            }
            tokio::time::sleep(left.min(LOOK_INTERVAL)).await;
            if self.with_folder(|folder, _| Ok(folder.changed_at())).await? != before {
                return Ok(Wake::Changed);
            }
        }
    }

    pub(crate) async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u64)>, SourceError> {
        let uids = uids.to_vec();
        self.with_folder(move |folder, numbers| numbers.sizes(folder, &uids)).await
    }

    pub(crate) async fn fetch(&mut self, uids: &[u32], bytes_max: u64) -> Result<Vec<Fetched>, SourceError> {
        let uids = uids.to_vec();
        self.with_folder(move |folder, numbers| numbers.read(folder, &uids, bytes_max)).await
    }

    pub(crate) async fn fetch_header(&mut self, uid: u32, bytes_max: usize) -> Result<RawMessage, SourceError> {
        self.with_folder(move |folder, numbers| numbers.read_header(folder, uid, bytes_max)).await
    }

    pub(crate) async fn ensure_folder(&mut self, name: &str) -> Result<(), SourceError> {
        let folder = Folder::named(&self.root, name)?;
        blocking(move || folder.create()).await?
    }

    pub(crate) async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<Vec<u32>, SourceError> {
        let target = Folder::named(&self.root, folder)?;
        let uids = uids.to_vec();
        self.with_folder(move |folder, numbers| numbers.move_to(folder, &uids, &target)).await
    }

    pub(crate) async fn append(
        &mut self,
        folder: &str,
        message: &[u8],
        date: Option<i64>,
    ) -> Result<Option<u32>, SourceError> {
        let target = Folder::named(&self.root, folder)?;
        let message = zeroize::Zeroizing::new(message.to_vec());
        blocking(move || target.append(&message, date)).await??;
        // A number would have to come from the whole folder; nobody needs it here.
        Ok(None)
    }

    /// As one by one; a file is durable by itself.
    pub(crate) async fn append_all(
        &mut self,
        folder: &str,
        messages: &[(&[u8], Option<i64>)],
    ) -> Result<Vec<Result<Option<u32>, SourceError>>, SourceError> {
        let mut results = Vec::with_capacity(messages.len());
        for (message, date) in messages {
            results.push(self.append(folder, message, *date).await);
        }
        Ok(results)
    }

    pub(crate) async fn find(&mut self, folder: &str, header: &str, value: &str) -> Result<Vec<u32>, SourceError> {
        let before = self.folder.clone();
        self.select(folder).await?;
        let (header, value) = (header.to_owned(), value.to_owned());
        let found = self.with_folder(move |folder, numbers| numbers.find(folder, &header, &value)).await;
        self.folder = before;
        found
    }

    pub(crate) async fn remove(&mut self, uids: &[u32]) -> Result<Vec<u32>, SourceError> {
        let uids = uids.to_vec();
        self.with_folder(move |folder, numbers| numbers.remove(folder, &uids)).await
    }

    pub(crate) async fn logout(&mut self) {
        self.folder = None;
    }

    async fn with_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder, &mut Numbers) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let open = self.folder.clone().ok_or(SourceError::new(ErrorKind::Unavailable, "no folder is open"))?;
        blocking(move || open.numbers(work)).await?
    }
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SourceError::new(ErrorKind::Unavailable, "reading the maildir was broken off"))
}
