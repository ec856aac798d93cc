//! What is done at the source once a message has its ticket. Separate from the commit, idempotent, tried again.

use super::message::Settlement;
use super::{CycleError, Folder};
use crate::config::Deliver;
use crate::event::{Event, emit};
use crate::sink::clean;
use crate::source::SourceError;
use lazaret_core::{Digest, MessageKey};
use lazaret_store::{Ack, StoreError};

/// Clean copies that are made and sent at once.
const COPIES_MAX: usize = 64;

/// A clean copy or stub, and the received date that it gets.
struct Copy {
    /// Value of its own header field: the same for messages of the same octets, which share one copy.
    own: String,
    octets: Vec<u8>,
    date: Option<i64>,
}

impl Folder<'_> {
    /// Does what the verdicts ask for. A failure leaves the messages committed and unacknowledged; the next cycle comes
    /// back to them.
    pub(super) async fn acknowledge(&mut self, settlements: Vec<Settlement>) -> Result<(), CycleError> {
        if settlements.is_empty() {
            return Ok(());
        }
        let count = settlements.len();
        match self.acknowledge_all(settlements).await {
            Ok(()) => {
                emit(Event::Acknowledged { mailbox: &self.mailbox.name, count });
                Ok(())
            }
            Err(error) => {
                emit(Event::AckFailed { mailbox: &self.mailbox.name, kind: &error.kind() });
                Err(error)
            }
        }
    }

    async fn acknowledge_all(&mut self, settlements: Vec<Settlement>) -> Result<(), CycleError> {
        let Deliver::Folder(clean_folder) = &self.mailbox.deliver;
        let of = |ack: Ack| settlements.iter().filter(|s| s.ack == ack).map(|s| s.key.clone()).collect::<Vec<_>>();
        self.done(of(Ack::Leave)).await?;
        self.move_all(of(Ack::MoveClean), clean_folder).await?;
        self.move_all(of(Ack::MoveHeld), &self.mailbox.held_folder).await?;
        let mut gone = of(Ack::Remove);
        let mut replaced: Vec<Settlement> = settlements.into_iter().filter(|s| s.ack == Ack::Replace).collect();
        // Those that may find their copy in the folder come after those that put it there.
        replaced.sort_by_key(|s| s.redo);
        if !replaced.is_empty() {
            self.source.ensure_folder(clean_folder).await?;
        }
        let mut refused = None;
        for batch in replaced.chunks(COPIES_MAX) {
            let (there, error) = self.append_copies(batch, clean_folder).await?;
            gone.extend(there);
            refused = refused.or(error);
        }
        self.remove_all(gone).await?;
        refused.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn remove_all(&mut self, gone: Vec<MessageKey>) -> Result<(), CycleError> {
        if gone.is_empty() {
            return Ok(());
        }
        let uids: Vec<u32> = gone.iter().map(|k| k.uid).collect();
        let removed = self.source.remove(&uids).await?;
        self.done(gone.into_iter().filter(|k| removed.contains(&k.uid)).collect()).await
    }

    async fn move_all(&mut self, keys: Vec<MessageKey>, folder: &str) -> Result<(), CycleError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.source.ensure_folder(folder).await?;
        let uids: Vec<u32> = keys.iter().map(|k| k.uid).collect();
        let moved = self.source.move_to(&uids, folder).await?;
        self.done(keys.into_iter().filter(|k| moved.contains(&k.uid)).collect()).await
    }

    /// Puts clean copies and stubs into the folder, except those that an earlier life of the daemon had put there.
    /// Answers the messages whose copies are there now; the originals of the others stay, with the server's refusal.
    async fn append_copies(
        &mut self,
        settlements: &[Settlement],
        folder: &str,
    ) -> Result<(Vec<MessageKey>, Option<SourceError>), CycleError> {
        let mut there = Vec::new();
        let mut copies: Vec<(Vec<MessageKey>, Copy)> = Vec::new();
        for settlement in settlements {
            let key = settlement.key.clone();
            match self.copy(settlement, folder).await? {
                None => there.push(key),
                Some(copy) => match copies.iter_mut().find(|(_, c)| c.own == copy.own) {
                    Some((keys, _)) => keys.push(key),
                    None => copies.push((vec![key], copy)),
                },
            }
        }
        let messages: Vec<(&[u8], Option<i64>)> = copies.iter().map(|(_, c)| (c.octets.as_slice(), c.date)).collect();
        let mut refused = None;
        if !messages.is_empty() {
            let answers = self.source.append_all(folder, &messages).await?;
            for ((keys, _), answer) in copies.iter().zip(answers) {
                match answer {
                    Ok(_) => there.extend_from_slice(keys),
                    Err(error) => refused = Some(error),
                }
            }
        }
        Ok((there, refused))
    }

    /// Reads a ticket back from the disk and makes its clean copy or stub; `None` if that stands in the folder already.
    async fn copy(&mut self, settlement: &Settlement, folder: &str) -> Result<Option<Copy>, CycleError> {
        let store = &self.context.store;
        store.verify(&settlement.key).await?;
        let found = store.message_of(&settlement.key).await?;
        let Some((ticket, view)) = found else { return Err(StoreError::Failed.into()) };
        let Some(digest) = Digest::from_hex(&view.digest) else { return Err(StoreError::Failed.into()) };
        let own = store.keys().token.own_copy(&ticket.0, &self.mailbox.name, &digest);
        if settlement.redo && !self.source.find(folder, clean::OWN_COPY_HEADER, &own).await?.is_empty() {
            return Ok(None);
        }
        let octets = clean::clean_copy(&view, &ticket, &own);
        Ok(Some(Copy { own, octets, date: view.date.or(Some(view.at)) }))
    }

    async fn done(&mut self, keys: Vec<MessageKey>) -> Result<(), CycleError> {
        if !keys.is_empty() {
            self.context.store.acknowledged(keys).await?;
        }
        Ok(())
    }
}
