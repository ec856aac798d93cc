//! What is done at the source once a message has its ticket. Separate from the commit, idempotent, tried again.

use super::message::Settlement;
use super::{CycleError, Folder};
use crate::event::{Event, emit};
use crate::metrics::{Stage, registry};
use crate::sink::clean;
use lazaret_core::{Digest, MessageKey};
use lazaret_store::{Ack, MessageView, StoreError, TicketRef};
use std::time::Instant;

/// Clean copies that are made and sent at once.
const COPIES_MAX: usize = 32;

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
        let began = Instant::now();
        let done = self.acknowledge_all(settlements).await;
        registry().took(Stage::Acknowledge, began.elapsed());
        match done {
            Ok(None) => {
                emit(Event::Acknowledged { mailbox: &self.mailbox.name, count });
                Ok(())
            }
            Ok(Some(refused)) => {
                // What was refused is tried again by the next cycle; it holds nothing else up.
                emit(Event::AckFailed { mailbox: &self.mailbox.name, kind: &refused.kind() });
                self.trouble = Some(refused);
                Ok(())
            }
            Err(error) => {
                emit(Event::AckFailed { mailbox: &self.mailbox.name, kind: &error.kind() });
                Err(error)
            }
        }
    }

    /// The error is that of the connection; what is answered is the refusal of single messages.
    async fn acknowledge_all(&mut self, settlements: Vec<Settlement>) -> Result<Option<CycleError>, CycleError> {
        let clean_folder = &self.mailbox.deliver.folder;
        let of = |ack: Ack| settlements.iter().filter(|s| s.ack == ack).map(|s| s.key.clone()).collect::<Vec<_>>();
        self.done(of(Ack::Leave)).await?;
        self.move_all(of(Ack::MoveClean), clean_folder).await?;
        self.move_all(of(Ack::MoveHeld), &self.mailbox.held_folder).await?;
        let mut gone = Vec::new();
        let mut replaced: Vec<Settlement> = settlements.into_iter().filter(|s| s.ack == Ack::Replace).collect();
        // Those that may find their copy in the folder come after those that put it there.
        replaced.sort_by_key(|s| s.redo);
        let copies = self.mailbox.deliver.copies;
        if !replaced.is_empty() && copies {
            self.source.ensure_folder(clean_folder).await?;
        }
        let mut refused = None;
        for batch in replaced.chunks(COPIES_MAX) {
            let (there, error) = self.append_copies(batch, clean_folder, copies).await?;
            gone.extend(there);
            refused = refused.or(error);
        }
        self.remove_all(gone).await?;
        Ok(refused)
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

    /// Reads the tickets back from the disk and puts their clean copies and stubs into the folder, except those that an earlier life of the daemon had put there.
    /// Answers the messages whose copies are there now; the originals of the others stay, with the server's refusal.
    /// Without `copies` nothing is put there: agents read elsewhere, and ticket and sealed original are enough.
    async fn append_copies(
        &mut self,
        settlements: &[Settlement],
        folder: &str,
        copies_wanted: bool,
    ) -> Result<(Vec<MessageKey>, Option<CycleError>), CycleError> {
        let (mut there, mut trouble) = (Vec::new(), None);
        let mut copies: Vec<(Vec<MessageKey>, Copy)> = Vec::new();
        let keys = settlements.iter().map(|s| s.key.clone()).collect();
        let read = self.context.store.read_back(keys).await?;
        for (settlement, read) in settlements.iter().zip(read) {
            let key = settlement.key.clone();
            let copy = match read.and_then(|(ticket, view)| self.copy(&ticket, &view)) {
                Ok(copy) => copy,
                Err(error) => {
                    // What cannot be read back is not removed from its source; it stays for an operator.
                    emit(Event::StoreFailed { kind: error.to_string() });
                    trouble = Some(CycleError::Store(error));
                    continue;
                }
            };
            if !copies_wanted {
                there.push(key);
                continue;
            }
            if settlement.redo && !self.source.find(folder, clean::OWN_COPY_HEADER, &copy.own).await?.is_empty() {
                there.push(key);
                continue;
            }
            match copies.iter_mut().find(|(_, c)| c.own == copy.own) {
                Some((keys, _)) => keys.push(key),
                None => copies.push((vec![key], copy)),
            }
        }
        let messages: Vec<(&[u8], Option<i64>)> = copies.iter().map(|(_, c)| (c.octets.as_slice(), c.date)).collect();
        if !messages.is_empty() {
            let answers = self.source.append_all(folder, &messages).await?;
            for ((keys, _), answer) in copies.iter().zip(answers) {
                match answer {
                    Ok(_) => there.extend_from_slice(keys),
                    Err(error) => trouble = Some(error.into()),
                }
            }
        }
        Ok((there, trouble))
    }

    /// Makes the clean copy or stub of a message.
    fn copy(&self, ticket: &TicketRef, view: &MessageView) -> Result<Copy, StoreError> {
        let digest = Digest::from_hex(&view.digest).ok_or(StoreError::Failed)?;
        let own = self.context.store.keys().token.own_copy(&ticket.0, &self.mailbox.name, &digest);
        let octets = clean::clean_copy(view, ticket, &own);
        Ok(Copy { own, octets, date: view.date.or(Some(view.at)) })
    }

    async fn done(&mut self, keys: Vec<MessageKey>) -> Result<(), CycleError> {
        if !keys.is_empty() {
            self.context.store.acknowledged(keys).await?;
        }
        Ok(())
    }
}
