//! The handle: cheap to clone, asks the owner thread and waits for its answer.

use crate::error::{OpenError, StoreError};
use crate::keys::{RootKey, StoreKeys};
use crate::model::*;
use crate::owner::{self, Need, Request};
use crate::state::State;
use crate::{audit, commit, deliveries, feedback, fingerprints, held, ledger, outbox, quarantine, thread, tickets};
use lazaret_core::{Digest, MessageKey, Outcome, Reason, Thread, Verdict};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How to open the store.
#[derive(Debug, Clone)]
pub struct Options {
    /// State directory: exists, is ours, on a local disk.
    pub dir: PathBuf,
    /// Name of the tenant, bound into every record.
    pub tenant: String,
    /// The root key.
    pub root_key: RootKey,
    /// Page cache of the embedded database, in octets.
    pub cache_bytes: u64,
    /// Free octets on the disk below which nothing new is taken in.
    pub disk_reserve_bytes: u64,
    /// Limits on replies.
    pub reply_limits: ReplyLimits,
}

/// The store. Every method waits until what it did is as durable as its line says; all go through one thread, in order.
///
/// A dropped future does not undo its request: what was asked is done.
#[derive(Clone)]
pub struct Store {
    requests: mpsc::Sender<Request>,
    keys: Arc<StoreKeys>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}

impl Store {
    /// Opens or creates the store in a directory that exists. Blocking; at most about a minute.
    ///
    /// # Errors
    ///
    /// Every [`OpenError`]; on [`OpenError::WrongKey`] nothing has been touched.
    pub fn open(options: Options) -> Result<Store, OpenError> {
        let (requests, keys) = owner::start(options)?;
        Ok(Store { requests, keys: Arc::new(keys) })
    }

    /// Would this key open the store in that directory? `false` if there is no store yet. Changes nothing, and does not
    /// mind a daemon that holds it.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongKey`], [`OpenError::OtherTenant`], and what says that keyring or database are not to be used.
    pub fn fits(dir: &Path, tenant: &str, root_key: &RootKey) -> Result<bool, OpenError> {
        crate::open::existing(dir, tenant, root_key).map(|keyring| keyring.is_some())
    }

    /// The keys that live in the store in `dir`, read beside whoever has it open; `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// As [`Store::fits`].
    pub fn keys_of(dir: &Path, tenant: &str, root_key: &RootKey) -> Result<Option<StoreKeys>, OpenError> {
        crate::open::existing(dir, tenant, root_key).map(|keyring| keyring.map(|k| k.store_keys()))
    }

    /// The keys that live in the store; none of them opens it.
    pub fn keys(&self) -> &StoreKeys {
        &self.keys
    }

    async fn ask<T: Send + 'static>(
        &self,
        need: Need,
        job: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        self.requests.send(Request::new(need, job, tell)).await.map_err(|_| StoreError::Closed)?;
        told.await.map_err(|_| StoreError::Closed)?
    }

    /// State of a folder; `None` if the ledger does not know it.
    pub async fn folder(&self, mailbox: &str, folder: &str) -> Result<Option<FolderState>, StoreError> {
        let (mailbox, folder) = (mailbox.to_owned(), folder.to_owned());
        self.ask(Need::Read, move |s| ledger::folder(s, &mailbox, &folder)).await
    }

    /// Starts a folder, or starts it again under a new UIDVALIDITY: what was open under the old one is void. Durable.
    pub async fn begin_folder(&self, mailbox: &str, folder: &str, state: FolderState) -> Result<(), StoreError> {
        let (mailbox, folder) = (mailbox.to_owned(), folder.to_owned());
        self.ask(Need::Sync, move |s| ledger::begin_folder(s, &mailbox, &folder, &state)).await
    }

    /// Sorts the UIDs that a folder has now. `unacknowledged` also names UIDs that are gone from the server: the source
    /// finds out how far it came. UIDs claimed by this process are in none of the lists.
    pub async fn survey(
        &self,
        mailbox: &str,
        folder: &str,
        uid_validity: u32,
        uids: Vec<u32>,
    ) -> Result<Survey, StoreError> {
        let (mailbox, folder) = (mailbox.to_owned(), folder.to_owned());
        self.ask(Need::Read, move |s| ledger::survey(s, &mailbox, &folder, uid_validity, uids)).await
    }

    /// Claims messages before they are looked at. Durable. Those that have their ticket are left out of the answer.
    pub async fn claim(&self, keys: Vec<MessageKey>) -> Result<Vec<Claim>, StoreError> {
        self.ask(Need::Intake, move |s| ledger::claim(s, &keys)).await
    }

    /// A suspect is about to be tried alone; if the daemon died while it was alone before, that is a strike. Durable;
    /// answers the strikes.
    pub async fn begin_alone(&self, key: &MessageKey) -> Result<u32, StoreError> {
        let key = key.clone();
        self.ask(Need::Intake, move |s| ledger::begin_alone(s, &key)).await
    }

    /// A worker died or ran out of time while it held this message. Durable; answers the strikes.
    pub async fn strike(&self, key: &MessageKey) -> Result<u32, StoreError> {
        let key = key.clone();
        self.ask(Need::Sync, move |s| ledger::strike(s, &key)).await
    }

    /// Gives claims back (shutdown, a fetch that failed): no strike, and strikes stay. Durable.
    pub async fn release_claims(&self, keys: Vec<MessageKey>) -> Result<(), StoreError> {
        self.ask(Need::Sync, move |s| ledger::release(s, &keys)).await
    }

    /// Mail of our own (a clean copy, a reply that came back): done in the ledger, no ticket. Durable soon after: a lost
    /// one is looked at again.
    pub async fn own(&self, key: MessageKey) -> Result<(), StoreError> {
        self.ask(Need::Soon, move |s| ledger::own(s, &key)).await
    }

    /// Commits one message: at the answer its ticket, its dedupe keys, its sealed original and its reply's place in the
    /// outbox are durable. A sealed original has been read back: reopened, decrypted, digest compared.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.ask(Need::Intake, move |s| commit::commit(s, commit)).await
    }

    /// What was to be done at the source is done. Repeats do nothing. Durable soon after: a lost one is acknowledged
    /// again.
    pub async fn acknowledged(&self, keys: Vec<MessageKey>) -> Result<(), StoreError> {
        self.ask(Need::Soon, move |s| ledger::acknowledged(s, &keys)).await
    }

    /// Messages of a folder that were judged while observing become as if they had never been seen, so that the next look
    /// takes in again those that are still there; with `count_only` they are only counted. A bounded number at once: answers
    /// how many, and the UID after which to go on, if there are more. Durable.
    pub async fn reopen(
        &self,
        mailbox: &str,
        folder: &str,
        after: Option<u32>,
        count_only: bool,
    ) -> Result<(u64, Option<u32>), StoreError> {
        let (mailbox, folder) = (mailbox.to_owned(), folder.to_owned());
        let need = if count_only { Need::Read } else { Need::Sync };
        self.ask(need, move |s| ledger::reopen(s, &mailbox, &folder, after, count_only)).await
    }

    /// The next page of all messages that were judged while observing and not enforced since, by ticket: the first without a
    /// cursor, each further one with the cursor of the page before. Without the files of attachments.
    pub async fn observed(&self, after: Option<MessageCursor>) -> Result<MessagePage, StoreError> {
        self.ask(Need::Read, move |s| tickets::observed(s, after.as_ref())).await
    }

    /// Reads back all that stands for this message: records got and decrypted, blobs reopened, decrypted, digests
    /// compared. To be asked before a destructive step at the source.
    pub async fn verify(&self, key: &MessageKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.ask(Need::Read, move |s| tickets::verify(s, &key)).await
    }

    /// Reads several messages back as [`verify`](Store::verify) does, and answers what they hold; one that cannot be read
    /// harms no other.
    pub async fn read_back(
        &self,
        keys: Vec<MessageKey>,
    ) -> Result<Vec<Result<(TicketRef, MessageView), StoreError>>, StoreError> {
        let one = |s: &mut State, key: &MessageKey| {
            tickets::verify(s, key)?;
            tickets::message_of(s, key)?.ok_or(StoreError::Failed)
        };
        self.ask(Need::Read, move |s| Ok(keys.iter().map(|key| one(s, key)).collect())).await
    }

    /// The ticket and message that a committed message (or the copy of one) has.
    pub async fn message_of(&self, key: &MessageKey) -> Result<Option<(TicketRef, MessageView)>, StoreError> {
        let key = key.clone();
        self.ask(Need::Read, move |s| tickets::message_of(s, &key)).await
    }

    /// What earlier messages of its conversation left for a message that names these tickets; `None` if nothing, or if its
    /// sender may not join it.
    pub async fn thread(
        &self,
        join: Vec<JoinCandidate>,
        outcome: &Outcome,
        now: i64,
    ) -> Result<Option<Thread>, StoreError> {
        // Who wrote to whom, without the texts.
        let mut facts = Outcome::unprocessed(Reason::Released, Verdict::Allow);
        (facts.class, facts.staff, facts.proof) = (outcome.class, outcome.staff, outcome.proof);
        (facts.envelope, facts.customer) = (outcome.envelope.clone(), outcome.customer.clone());
        self.ask(Need::Read, move |s| thread::find(s, &join, &facts, now)).await
    }

    /// What the messages of a ticket left.
    pub async fn thread_of(&self, ticket: &TicketRef, now: i64) -> Result<Option<Thread>, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Read, move |s| thread::of_ticket(s, &ticket, now)).await
    }

    /// Replies that are due, oldest first, leased to the caller. Those older than 48 hours fail instead.
    pub async fn due(&self, now: i64, max: usize) -> Result<Vec<Lease>, StoreError> {
        self.ask(Need::Soon, move |s| outbox::due(s, now, max)).await
    }

    /// When the next reply that is not leased is due, in seconds since 1970; `None` if none waits or the breaker is open.
    pub async fn next_due(&self) -> Result<Option<i64>, StoreError> {
        self.ask(Need::Read, |s| Ok(outbox::next_due(s))).await
    }

    /// Ends the leases of replies that nobody began to send: for a caller whose lanes have stopped, and which goes on with
    /// others.
    pub async fn end_leases(&self) -> Result<(), StoreError> {
        self.ask(Need::Read, outbox::end_leases).await
    }

    /// An attempt begins.
    pub async fn sending(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.ask(Need::Soon, move |s| outbox::sending(s, &id)).await
    }

    /// The final dot is about to go out. Durable at the answer; from here on the reply is never sent again unless the
    /// relay refuses it.
    pub async fn dot_pending(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.ask(Need::Sync, move |s| outbox::dot_pending(s, &id)).await
    }

    /// An attempt ended. Durable soon after: a lost one shows as unknown.
    pub async fn settle(&self, id: &str, settled: Settled, now: i64) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.ask(Need::Soon, move |s| outbox::settle(s, &id, &settled, now)).await
    }

    /// What is due for one sink, oldest first, leased to the caller. What is older than 48 hours fails instead.
    pub async fn deliveries_due(&self, target: &str, now: i64, max: usize) -> Result<Vec<DeliveryLease>, StoreError> {
        let target = target.to_owned();
        self.ask(Need::Soon, move |s| deliveries::due(s, &target, now, max)).await
    }

    /// When the next delivery to a sink that is not leased is due, in seconds since 1970.
    pub async fn next_delivery_due(&self, target: &str) -> Result<Option<i64>, StoreError> {
        let target = target.to_owned();
        self.ask(Need::Read, move |s| Ok(deliveries::next_due(s, &target))).await
    }

    /// An attempt at a delivery begins; answers how many there were before it. Durable soon after: a lost one is made
    /// again under the same id.
    pub async fn begin_delivery(&self, id: &str) -> Result<u32, StoreError> {
        let id = id.to_owned();
        self.ask(Need::Soon, move |s| deliveries::begin(s, &id)).await
    }

    /// An attempt at a delivery ended, or was given up before it began. `Unknown` makes it due again. Durable soon after:
    /// a lost one is delivered again under the same id.
    pub async fn settle_delivery(&self, id: &str, settled: Settled, now: i64) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.ask(Need::Soon, move |s| deliveries::settle(s, &id, &settled, now)).await
    }

    /// A forwarded copy came back to us: its delivery, taken for made, failed. Answers whether it was so. Durable.
    pub async fn delivery_bounced(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.ask(Need::Sync, move |s| deliveries::bounced(s, &id, now)).await
    }

    /// Deliveries, newest first.
    pub async fn deliveries(&self, limit: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        self.ask(Need::Read, move |s| deliveries::list(s, limit)).await
    }

    /// What was handed out of a ticket: to which sink, when, under which id.
    pub async fn deliveries_of(&self, ticket: &TicketRef) -> Result<Vec<DeliveryRow>, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Read, move |s| deliveries::of_ticket(s, &ticket)).await
    }

    /// As [`end_leases`](Store::end_leases), for deliveries.
    pub async fn end_delivery_leases(&self) -> Result<(), StoreError> {
        self.ask(Need::Read, |s| {
            s.deliveries.end_leases();
            Ok(())
        })
        .await
    }

    /// Another try of a reply or a delivery that is over and was not accepted, or the next try now. Durable.
    pub async fn retry(&self, id: &str, now: i64) -> Result<(), StoreError> {
        let id = id.to_owned();
        let either = move |s: &mut State| match deliveries::retry(s, &id, now) {
            Err(StoreError::NotFound { .. }) => outbox::retry(s, &id, now),
            other => other,
        };
        self.ask(Need::Sync, either).await
    }

    /// Another try of every delivery that failed; answers how many. Durable.
    pub async fn retry_failed_deliveries(&self, now: i64) -> Result<u64, StoreError> {
        self.ask(Need::Sync, move |s| deliveries::retry_failed(s, now)).await
    }

    /// A message of a ticket, by its position from 1, with its files.
    pub async fn message(&self, ticket: &TicketRef, message: u32) -> Result<MessageView, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Read, move |s| tickets::whole(s, &ticket, message)).await
    }

    /// Closes the breaker: replies that wait for the operator become due. Durable.
    pub async fn close_breaker(&self) -> Result<(), StoreError> {
        self.ask(Need::Sync, outbox::close_breaker).await
    }

    /// Tickets, newest first.
    pub async fn tickets(&self, limit: usize) -> Result<Vec<TicketRow>, StoreError> {
        self.ask(Need::Read, move |s| tickets::tickets(s, limit)).await
    }

    /// One ticket.
    pub async fn ticket(&self, ticket: &TicketRef) -> Result<Option<TicketView>, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Read, move |s| tickets::ticket(s, &ticket)).await
    }

    /// Puts the files of a message of a ticket, by its position from 1, into its view.
    pub async fn with_files(
        &self,
        ticket: &TicketRef,
        message: u32,
        mut view: MessageView,
    ) -> Result<MessageView, StoreError> {
        let ticket = ticket.clone();
        let add = move |s: &mut State| tickets::add_files(s, &ticket, message, &mut view).map(|()| view);
        self.ask(Need::Read, add).await
    }

    /// What is kept of the candidates of a ticket's messages, oldest first; those of messages that are older than
    /// [`FINGERPRINT_SECS_MAX`](crate::FINGERPRINT_SECS_MAX) are gone. `None`: there is no such ticket.
    pub async fn fingerprints_of(&self, ticket: &TicketRef) -> Result<Option<Vec<FingerprintsView>>, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Read, move |s| fingerprints::of_ticket(s, &ticket)).await
    }

    /// The same of all messages that were committed at a time (seconds since 1970) or later, a page at a time: the first
    /// without a cursor, each further one with the cursor of the page before.
    pub async fn fingerprints_since(
        &self,
        from: i64,
        after: Option<FingerprintCursor>,
    ) -> Result<FingerprintPage, StoreError> {
        self.ask(Need::Read, move |s| fingerprints::since(s, from, after.as_ref())).await
    }

    /// What a person says of a candidate of a ticket (counted from 1 as [`fingerprints_of`](Store::fingerprints_of) gives
    /// them, one message after another; 0: of what no rule looked at). Answers its rule. Durable.
    pub async fn feedback(
        &self,
        ticket: &TicketRef,
        number: u32,
        judgement: Judgement,
    ) -> Result<Option<String>, StoreError> {
        let ticket = ticket.clone();
        self.ask(Need::Sync, move |s| feedback::give(s, &ticket, number, judgement)).await
    }

    /// Sealed originals, those that expire last first.
    pub async fn quarantine(&self, limit: usize) -> Result<Vec<QuarantineRow>, StoreError> {
        self.ask(Need::Read, move |s| quarantine::list(s, limit)).await
    }

    /// One sealed original, for export: still ciphertext under the quarantine key.
    pub async fn sealed(&self, id: &str) -> Result<Option<(QuarantineRow, Vec<u8>)>, StoreError> {
        let id = id.to_owned();
        self.ask(Need::Read, move |s| quarantine::sealed(s, &id)).await
    }

    /// Replaces the outcome of a sealed message in its ticket by a new one, for a stated reason. `digest` is K2 of the
    /// octets that were processed again and must be that of the sealed message. Durable.
    pub async fn release(
        &self,
        id: &str,
        digest: Digest,
        outcome: Outcome,
        reason: String,
        now: i64,
    ) -> Result<TicketRef, StoreError> {
        let id = id.to_owned();
        self.ask(Need::Sync, move |s| quarantine::release(s, &id, &digest, &outcome, &reason, now)).await
    }

    /// Messages that were too large to fetch: of one ticket, or all; the newest first.
    pub async fn held(&self, ticket: Option<&TicketRef>, limit: usize) -> Result<Vec<HeldRow>, StoreError> {
        let ticket = ticket.cloned();
        self.ask(Need::Read, move |s| held::list(s, ticket.as_ref(), limit)).await
    }

    /// Replaces the stub of a held message by what was found in it, for a stated reason. `whole` is K2 of its octets.
    /// Durable.
    pub async fn release_held(
        &self,
        row: &HeldRow,
        whole: Digest,
        outcome: Outcome,
        reason: String,
        now: i64,
    ) -> Result<(), StoreError> {
        let (ticket, message) = (row.ticket.clone(), row.message);
        let job = move |s: &mut State| held::release(s, &ticket, message, &whole, &outcome, &reason, now);
        self.ask(Need::Sync, job).await
    }

    /// Replies, newest first.
    pub async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.ask(Need::Read, move |s| outbox::list(s, limit)).await
    }

    /// Goes on under other bounds: free octets on the disk below which nothing new is taken in, and limits on replies.
    /// What they count stays counted.
    pub async fn set_bounds(&self, disk_reserve_bytes: u64, reply_limits: ReplyLimits) -> Result<(), StoreError> {
        let set = move |s: &mut State| {
            (s.disk_reserve_bytes, s.limits) = (disk_reserve_bytes, reply_limits);
            Ok(())
        };
        self.ask(Need::Read, set).await
    }

    /// Appends to the audit trail. Durable at the answer: what is to be recorded is done after it, or not at all.
    pub async fn audit(&self, entry: AuditEntry, now: i64) -> Result<AuditHead, StoreError> {
        self.ask(Need::Sync, move |s| audit::append(s, entry, now)).await
    }

    /// The newest record of the audit trail.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.ask(Need::Read, |s| Ok(audit::head(s))).await
    }

    /// Records of the audit trail from a number on, at most a thousand, and the number to go on with; one that cannot be
    /// read stands there with nothing but its number.
    pub async fn audit_page(&self, from: u64) -> Result<(Vec<AuditRecord>, Option<u64>), StoreError> {
        let page = self.ask(Need::Read, move |s| Ok(audit::page(s, from))).await?;
        let next = page.next();
        Ok((page.into_records(), next))
    }

    /// Checks the whole audit trail: each record, that each follows the one before it, both ends, and, with a head that was
    /// noted elsewhere, that the trail still holds it.
    pub async fn audit_verify(&self, witness: Option<AuditHead>) -> Result<AuditVerdict, StoreError> {
        let mut walk = audit::Walk::new(witness);
        let mut from = 0;
        loop {
            let page = self.ask(Need::Read, move |s| Ok(audit::page(s, from))).await?;
            walk.step(&page);
            match page.next() {
                Some(next) => from = next,
                None => return Ok(walk.end(&page.head)),
            }
        }
    }

    /// Counts for `status`.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.ask(Need::Read, |s| Ok(outbox::counts(s))).await
    }

    /// Erases what has passed its time: at most 1,000 sealed originals and 10,000 fingerprints at once, and counters of
    /// replies; fails deliveries that are too old. Answers how many originals went. Durable.
    pub async fn expire(&self, now: i64) -> Result<u64, StoreError> {
        self.ask(Need::Sync, move |s| deliveries::expire(s, now).and_then(|()| quarantine::expire(s, now))).await
    }

    /// Keeps a small named record (the last accepted rules, say). Durable.
    pub async fn remember(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.ask(Need::Sync, move |s| s.remember(&name, bytes)).await
    }

    /// A record kept by [`remember`](Store::remember).
    pub async fn recall(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.ask(Need::Read, move |s| s.recall(&name)).await
    }

    /// Finishes what is queued, writes it out, frees the lock. Other handles then answer [`StoreError::Closed`].
    pub async fn close(&self) {
        let (tell, told) = oneshot::channel();
        // Closed already, or its thread is gone: then there is nothing left to wait for.
        if self.requests.send(Request::Close(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}
