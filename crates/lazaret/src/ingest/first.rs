//! First contact: what a folder was begun with, and whether somebody has looked before anything is changed.
//!
//! `start = "all"` or a day takes in mail that people may be working on. So enforcing refuses such a folder until observing
//! has judged all of it. One record a folder, durable before the first message is claimed, says with which `start` it was
//! begun and when observing came to its end. The ledger keeps the `start` it was begun with; another one later is told.

use super::{CycleError, Folder};
use crate::clock;
use crate::config::{Mode, Start};
use crate::event::{Event, emit};
use lazaret_store::{Store, StoreError};
use serde::{Deserialize, Serialize};

/// How a folder began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct First {
    /// `now`, `all` or a day.
    pub(crate) start: String,
    /// When, in seconds since 1970.
    pub(crate) began_at: i64,
    /// When observing had judged all that the start took in; from then on nothing stands in the way of enforcing.
    pub(crate) ended_at: Option<i64>,
    /// Messages that the start took in.
    pub(crate) messages: u64,
}

fn name(mailbox: &str, folder: &str) -> String {
    format!("first/{mailbox}/{folder}")
}

/// What is known of a folder; `None` for one that is not in the ledger, or that an older version began.
pub(crate) async fn recall(store: &Store, mailbox: &str, folder: &str) -> Result<Option<First>, StoreError> {
    let bytes = store.recall(&name(mailbox, folder)).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

async fn remember(store: &Store, mailbox: &str, folder: &str, first: &First) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(first).map_err(|_| StoreError::Failed)?;
    store.remember(&name(mailbox, folder), bytes).await
}

/// A start as the configuration writes it.
pub(crate) fn word(start: Start) -> String {
    match start {
        Start::Now => "now".to_owned(),
        Start::All => "all".to_owned(),
        Start::Since(day) => clock::day(day),
    }
}

impl Folder<'_> {
    /// Writes down how the folder begins; refuses where enforcing would touch mail that nobody has looked at.
    pub(super) async fn begin(&mut self, start: Start, now: i64, messages: u32) -> Result<(), CycleError> {
        let messages = match start {
            Start::Now => 0,
            Start::All => messages as usize,
            Start::Since(day) => self.source.uids(Some(day)).await?.len(),
        };
        if self.context.config.mode == Mode::Enforce && messages > 0 {
            return Err(self.unobserved(word(start), messages));
        }
        let ended_at = (messages == 0).then_some(now);
        let first = First { start: word(start), began_at: now, ended_at, messages: messages as u64 };
        Ok(remember(&self.context.store, &self.mailbox.name, self.folder, &first).await?)
    }

    /// How the folder began, before it is looked at: a start that was changed since is told, once.
    pub(super) async fn first(&self) -> Result<Option<First>, CycleError> {
        let first = recall(&self.context.store, &self.mailbox.name, self.folder).await?;
        if let (Some(first), Some(start)) = (&first, self.mailbox.start)
            && first.start != word(start)
            && self.context.status.start_kept(&self.mailbox.name, self.folder, &first.start)
        {
            emit(Event::StartKept { mailbox: &self.mailbox.name, folder: self.folder, kept: &first.start });
        }
        Ok(first)
    }

    /// Enforcing goes on only where observing has come to its end.
    pub(super) fn check_observed(&self, first: Option<&First>, left: usize) -> Result<(), CycleError> {
        match first {
            Some(First { start, ended_at: None, .. }) if self.context.config.mode == Mode::Enforce => {
                Err(self.unobserved(start.clone(), left))
            }
            _ => Ok(()),
        }
    }

    /// Everything that the start took in has been judged.
    pub(super) async fn looked_at(&self, first: Option<First>) -> Result<(), CycleError> {
        let Some(first @ First { ended_at: None, .. }) = first else { return Ok(()) };
        let ended = First { ended_at: Some(clock::now()), ..first };
        remember(&self.context.store, &self.mailbox.name, self.folder, &ended).await?;
        emit(Event::Observed { mailbox: &self.mailbox.name, folder: self.folder, messages: ended.messages });
        Ok(())
    }

    fn unobserved(&self, start: String, messages: usize) -> CycleError {
        let (mailbox, folder) = (self.mailbox.name.clone(), self.folder.to_owned());
        CycleError::Unobserved { mailbox, folder, start, messages }
    }
}
