//! What is done at the source once a message has its ticket. Separate from the commit, idempotent, tried again.

use super::message::Settlement;
use super::{CycleError, Folder};
use crate::config::Deliver;
use crate::event::{Event, emit};
use crate::sink::clean;
use lazaret_core::{Digest, MessageKey};
use lazaret_store::Ack;

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
        let replaced: Vec<Settlement> = settlements.into_iter().filter(|s| s.ack == Ack::Replace).collect();
        if !replaced.is_empty() {
            self.source.ensure_folder(clean_folder).await?;
        }
        for settlement in replaced {
            if self.append_copy(&settlement, clean_folder).await? {
                gone.push(settlement.key);
            }
        }
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

    /// Reads the ticket back, then puts the clean copy or stub into the folder, unless a crash after an earlier append left it there. Answers
    /// whether it is there now; without it the original stays.
    async fn append_copy(&mut self, settlement: &Settlement, folder: &str) -> Result<bool, CycleError> {
        let store = &self.context.store;
        store.verify(&settlement.key).await?;
        let Some((ticket, view)) = store.message_of(&settlement.key).await? else { return Ok(false) };
        let Some(digest) = Digest::from_hex(&view.digest) else { return Ok(false) };
        let own = store.keys().token.own_copy(&ticket.0, &self.mailbox.name, &digest);
        if settlement.redo && !self.source.find(folder, clean::OWN_COPY_HEADER, &own).await?.is_empty() {
            return Ok(true);
        }
        let copy = clean::clean_copy(&view, &ticket, &own);
        self.source.append(folder, &copy, view.date.or(Some(view.at))).await?;
        Ok(true)
    }

    async fn done(&mut self, keys: Vec<MessageKey>) -> Result<(), CycleError> {
        if !keys.is_empty() {
            self.context.store.acknowledged(keys).await?;
        }
        Ok(())
    }
}
