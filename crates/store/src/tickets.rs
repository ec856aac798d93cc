//! Tickets as they are stored and as they are shown.

use crate::codec::{Family, Key, tail};
use crate::deliveries;
use crate::error::StoreError;
use crate::ledger::{self, Handle, Place};
use crate::model::*;
use crate::outbox;
use crate::quarantine;
use crate::state::State;
use lazaret_core::{Address, MessageKey, Outcome, Verdict};
use serde::{Deserialize, Serialize};

/// Record of a ticket; its messages are records of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) opened_at: i64,
    pub(crate) mailbox: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    /// Messages by verdict.
    pub(crate) verdicts: [u32; 4],
    pub(crate) messages: u32,
    /// Keyed hashes of those who may join.
    pub(crate) parties: Vec<String>,
    /// Has it had its receipt?
    pub(crate) receipt: bool,
    pub(crate) told: ToldRef,
}

/// How somebody was told: by that reply, or not at all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ToldRef {
    Outbox(String),
    Not(String),
}

/// Record of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    /// `told`, `copies` and `sealed_until` in it are filled in when it is read.
    pub(crate) view: MessageView,
    pub(crate) told: ToldRef,
    /// Id of its sealed original.
    pub(crate) sealed: Option<String>,
    /// The reason for which a person released it.
    pub(crate) released: Option<String>,
}

/// Record of a K2.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Twin {
    pub(crate) ticket: TicketRef,
    pub(crate) message: u32,
    pub(crate) copies: u32,
}

/// Octets of the subject in a list; the message has all of it.
const ROW_SUBJECT_BYTES_MAX: usize = 512;

impl Ticket {
    pub(crate) fn new(commit: &Commit) -> Ticket {
        let mut ticket = Ticket {
            opened_at: commit.now,
            mailbox: commit.key.mailbox.clone(),
            from: String::new(),
            subject: String::new(),
            verdicts: [0; 4],
            messages: 0,
            parties: Vec::new(),
            receipt: false,
            told: ToldRef::Not(String::new()),
        };
        ticket.describe(&commit.outcome);
        ticket
    }

    /// Takes sender and subject of its first message.
    pub(crate) fn describe(&mut self, outcome: &Outcome) {
        let first = outcome.envelope.from.iter().find_map(|a| a.addr.as_ref());
        self.from = outcome.customer.as_ref().or(first).map_or(String::new(), |addr| addr.as_str().to_owned());
        let subject = outcome.subject.as_str();
        let end = (0..=ROW_SUBJECT_BYTES_MAX.min(subject.len())).rev().find(|end| subject.is_char_boundary(*end));
        self.subject = subject.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
    }

    fn verdict(&self) -> Verdict {
        let counted = Verdict::ALL.iter().zip(self.verdicts).rev().find(|(_, count)| *count > 0);
        counted.map_or(Verdict::Allow, |(verdict, _)| *verdict)
    }
}

fn addresses(list: &[Address]) -> Vec<AddressView> {
    let view = |a: &Address| AddressView {
        name: a.name.as_str().to_owned(),
        address: a.addr.as_ref().map_or(String::new(), |addr| addr.as_str().to_owned()),
    };
    list.iter().map(view).collect()
}

/// What a message says of itself.
pub(crate) fn view(commit: &Commit) -> MessageView {
    let MessageKey { mailbox, folder, uid_validity, uid } = commit.key.clone();
    let view = MessageView::of(&commit.outcome, commit.size_bytes, commit.now);
    MessageView { digest: commit.digest.to_hex(), mailbox, folder, uid_validity, uid, ack: commit.ack, ..view }
}

impl MessageView {
    /// A message as a ticket would show it: for a clean copy of what has none. It holds the files of attachments.
    pub fn with_files(outcome: &Outcome, size_bytes: u64, at: i64) -> MessageView {
        let mut view = MessageView::of(outcome, size_bytes, at);
        for (to, from) in view.attachments.iter_mut().zip(&outcome.attachments) {
            to.file = from.file.as_ref().map(|file| file.as_bytes().to_vec());
        }
        view
    }

    fn of(outcome: &Outcome, size_bytes: u64, at: i64) -> MessageView {
        let mut view = empty(size_bytes, at);
        describe(&mut view, outcome);
        view
    }
}

/// Puts a new outcome of a message in place of the one that it had, for a stated reason.
pub(crate) fn release(
    state: &mut State,
    reference: &TicketRef,
    number: u32,
    outcome: &Outcome,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    let (message_at, ticket_at) = (Key::message(reference, number), Key::ticket(Family::Ticket, reference));
    let mut message: Message = state.must(Family::Message, &message_at)?;
    let mut ticket: Ticket = state.must(Family::Ticket, &ticket_at)?;
    message.released = Some(reason.to_owned());
    state.clock(now);
    let twin = Twin { ticket: reference.clone(), message: number, copies: 0 };
    judge_again(state, &twin, &mut ticket, &mut message, outcome);
    state.put(message_at, Some(reference), &message)?;
    state.put(ticket_at, Some(reference), &ticket)?;
    deliveries::again(state, reference, number, now)
}

/// Keeps the files of a message.
pub(crate) fn keep_files(state: &mut State, ticket: &TicketRef, message: u32, outcome: &Outcome) {
    for (at, attachment) in (0..).zip(&outcome.attachments) {
        if let Some(file) = &attachment.file {
            state.put_bytes(Key::file(ticket, message, at), Some(ticket), file.as_bytes().to_vec());
        }
    }
}

/// Puts a new outcome in the place of a message's old one; both records are still to be written.
pub(crate) fn judge_again(
    state: &mut State,
    twin: &Twin,
    ticket: &mut Ticket,
    message: &mut Message,
    outcome: &Outcome,
) {
    let before = Verdict::ALL.iter().position(|v| v.as_str() == message.view.verdict).unwrap_or_default();
    for (index, change) in [(before, -1i64), (outcome.verdict as usize, 1)] {
        if let (Some(own), Some(all)) = (ticket.verdicts.get_mut(index), state.tally.verdicts.get_mut(index)) {
            *own = own.saturating_add_signed(change as i32);
            *all = all.saturating_add_signed(change);
        }
    }
    for (at, _) in (0..).zip(&message.view.attachments).filter(|(_, a)| a.file_bytes.is_some()) {
        state.remove(Key::file(&twin.ticket, twin.message, at));
    }
    describe(&mut message.view, outcome);
    keep_files(state, &twin.ticket, twin.message, outcome);
    if twin.message == 1 {
        ticket.describe(outcome);
    }
}

/// Puts the files of a message into its view.
pub(crate) fn add_files(
    state: &mut State,
    ticket: &TicketRef,
    message: u32,
    view: &mut MessageView,
) -> Result<(), StoreError> {
    for (at, attachment) in (0..).zip(&mut view.attachments).filter(|(_, attachment)| attachment.file_bytes.is_some()) {
        let key = Key::file(ticket, message, at);
        let missing = StoreError::Corrupt { kind: Family::File.name(), id: key.id(), why: "it is missing" };
        attachment.file = Some(state.content(Family::File, &key)?.ok_or(missing)?.to_vec());
    }
    Ok(())
}

fn empty(size_bytes: u64, at: i64) -> MessageView {
    MessageView {
        digest: String::new(),
        mailbox: String::new(),
        folder: String::new(),
        uid_validity: 0,
        uid: 0,
        at,
        size_bytes,
        date: None,
        class: String::new(),
        verdict: String::new(),
        reasons: Vec::new(),
        proof: String::new(),
        from: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        reply_to: Vec::new(),
        message_id: None,
        in_reply_to: None,
        references: Vec::new(),
        subject_refs: Vec::new(),
        subject: String::new(),
        text: String::new(),
        html: None,
        attachments: Vec::new(),
        findings: Vec::new(),
        sealed_until: None,
        told: Told::Pending,
        ack: Ack::Leave,
        copies: 0,
        headers: Vec::new(),
        headers_left_out: 0,
    }
}

/// Fills in all that comes from the outcome.
pub(crate) fn describe(view: &mut MessageView, outcome: &Outcome) {
    let envelope = &outcome.envelope;
    view.date = envelope.date;
    view.class = outcome.class.as_str().to_owned();
    view.verdict = outcome.verdict.as_str().to_owned();
    view.reasons = outcome.reasons.iter().map(lazaret_core::Reason::to_line).collect();
    view.proof = outcome.proof.as_str().to_owned();
    view.from = addresses(&envelope.from);
    view.to = addresses(&envelope.to);
    view.cc = addresses(&envelope.cc);
    view.reply_to = addresses(&envelope.reply_to);
    view.message_id.clone_from(&envelope.message_id);
    view.in_reply_to.clone_from(&envelope.in_reply_to);
    view.references.clone_from(&envelope.references);
    view.subject_refs.clone_from(&envelope.subject_refs);
    view.subject = outcome.subject.as_str().to_owned();
    view.text = outcome.text.as_str().to_owned();
    view.html = outcome.html.as_ref().map(|html| html.as_str().to_owned());
    let attachment = |a: &lazaret_core::Attachment| AttachmentView {
        part: a.part.as_str().to_owned(),
        name: a.name.as_str().to_owned(),
        media_type: a.media_type.clone(),
        size_bytes: a.size_bytes,
        action: a.action.as_str().to_owned(),
        opaque: a.opaque.map(|why| why.as_str().to_owned()),
        text: a.text.as_ref().map(|text| text.as_str().to_owned()),
        file_bytes: a.file.as_ref().map(|file| file.as_bytes().len() as u64),
        content_id: a.content_id.clone(),
        inline: a.inline,
        charset: a.charset.clone(),
        scanned_bytes: a.coverage.scanned_bytes,
        decoded_bytes: a.coverage.decoded_bytes,
        unexamined_bytes: a.coverage.unexamined_bytes,
        file: None,
    };
    let field = |h: &lazaret_core::HeaderField| HeaderView { name: h.name.clone(), value: h.value.as_str().to_owned() };
    view.headers = outcome.headers.iter().map(field).collect();
    view.headers_left_out = outcome.headers_left_out;
    view.attachments = outcome.attachments.iter().map(attachment).collect();
    let finding = |f: &lazaret_core::Finding| FindingView {
        rule: f.rule.clone(),
        class: f.class.as_str().to_owned(),
        entity: f.entity.clone(),
        part: f.part.as_str().to_owned(),
        start: f.span.start,
        end: f.span.end,
        score: f.score,
        action: f.action.as_str().to_owned(),
        tag: f.tag.clone(),
    };
    view.findings = outcome.findings.iter().map(finding).collect();
}

fn told(state: &mut State, told: &ToldRef) -> Result<Told, StoreError> {
    match told {
        ToldRef::Outbox(id) => outbox::told(state, id),
        ToldRef::Not(why) => Ok(Told::NotSent(why.clone())),
    }
}

fn row(state: &mut State, reference: &TicketRef, ticket: &Ticket) -> Result<TicketRow, StoreError> {
    Ok(TicketRow {
        ticket: reference.clone(),
        opened_at: ticket.opened_at,
        mailbox: ticket.mailbox.clone(),
        from: ticket.from.clone(),
        subject: ticket.subject.clone(),
        verdict: ticket.verdict().as_str().to_owned(),
        messages: ticket.messages,
        told: told(state, &ticket.told)?,
    })
}

pub(crate) fn tickets(state: &mut State, limit: usize) -> Result<Vec<TicketRow>, StoreError> {
    let mut rows = Vec::new();
    for at in state.scan(&Key::new(Family::ByTime, &[]), true, limit) {
        let Some(name) = tail::<12>(&at) else { continue };
        let reference = TicketRef(String::from_utf8_lossy(&name).into_owned());
        let ticket = state.must::<Ticket>(Family::Ticket, &Key::ticket(Family::Ticket, &reference));
        match ticket.and_then(|ticket| row(state, &reference, &ticket)) {
            Err(StoreError::Corrupt { .. }) => rows.push(unreadable(reference)),
            other => rows.push(other?),
        }
    }
    Ok(rows)
}

/// One damaged ticket does not hide the others.
fn unreadable(ticket: TicketRef) -> TicketRow {
    TicketRow {
        ticket,
        opened_at: 0,
        mailbox: String::new(),
        from: String::new(),
        subject: String::new(),
        verdict: "unreadable".to_owned(),
        messages: 0,
        told: Told::NotSent("unreadable".to_owned()),
    }
}

pub(crate) fn ticket(state: &mut State, reference: &TicketRef) -> Result<Option<TicketView>, StoreError> {
    let at = Key::ticket(Family::Ticket, reference);
    let Some(ticket) = state.get::<Ticket>(Family::Ticket, &at)? else { return Ok(None) };
    let row = row(state, reference, &ticket)?;
    let messages = (1..=ticket.messages).map(|number| message(state, reference, number)).collect::<Result<_, _>>()?;
    Ok(Some(TicketView { row, messages }))
}

fn message(state: &mut State, ticket: &TicketRef, number: u32) -> Result<MessageView, StoreError> {
    let at = Key::message(ticket, number);
    let Message { mut view, told: told_ref, sealed, .. } = state.must(Family::Message, &at)?;
    view.told = told(state, &told_ref)?;
    view.sealed_until = match sealed {
        Some(id) => quarantine::until(state, &id)?,
        None => None,
    };
    let digest = crate::keys::unhex::<32>(&view.digest).unwrap_or_default();
    let twin = state.get::<Twin>(Family::Digest, &Key::new(Family::Digest, &[&digest]))?;
    view.copies = twin.map_or(0, |twin| twin.copies);
    Ok(view)
}

/// A message with its files.
pub(crate) fn whole(state: &mut State, ticket: &TicketRef, number: u32) -> Result<MessageView, StoreError> {
    let mut view = message(state, ticket, number)?;
    add_files(state, ticket, number, &mut view)?;
    Ok(view)
}

/// Messages that one page looks at: others wait for the store meanwhile.
const PAGE_MAX: usize = 50;

pub(crate) fn observed(state: &mut State, after: Option<&MessageCursor>) -> Result<MessagePage, StoreError> {
    let family = Key::new(Family::Message, &[]);
    let start = match after {
        Some(MessageCursor(key)) => [key.as_slice(), &[0]].concat(),
        None => Key::new(Family::Message, &[]).into_bytes(),
    };
    let keys = state.scan_from(&family, start, PAGE_MAX);
    let next = (keys.len() == PAGE_MAX).then(|| keys.last().cloned().map(MessageCursor)).flatten();
    let (mut messages, mut unreadable) = (Vec::new(), 0);
    for key in keys {
        let Some((ticket, number)) = place_of(&key) else { continue };
        match message(state, &ticket, number) {
            Ok(view) if view.ack == Ack::Leave => messages.push((ticket, number, view)),
            Ok(_) => {}
            // One damaged record does not hide the others.
            Err(StoreError::Corrupt { .. }) => unreadable += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(MessagePage { messages, unreadable, next })
}

/// Ticket and position of the key of a message.
pub(crate) fn place_of(key: &[u8]) -> Option<(TicketRef, u32)> {
    let number = tail::<4>(key).map(u32::from_be_bytes)?;
    let name = key.get(1..key.len().checked_sub(4)?)?;
    Some((TicketRef(String::from_utf8(name.to_vec()).ok()?), number))
}

pub(crate) fn message_of(state: &mut State, key: &MessageKey) -> Result<Option<(TicketRef, MessageView)>, StoreError> {
    let Some(place) = ledger::handle(state, key)?.and_then(|handle: Handle| handle.place) else { return Ok(None) };
    let view = whole(state, &place.ticket, place.message)?;
    Ok(Some((place.ticket, view)))
}

/// Reads back what stands for a message, from the disk and not from what is still to be written.
pub(crate) fn verify(state: &mut State, key: &MessageKey) -> Result<(), StoreError> {
    let corrupt = |why| StoreError::Corrupt { kind: "uid", id: format!("{}/{}", key.uid_validity, key.uid), why };
    let place = ledger::handle(state, key)?.and_then(|handle| handle.place);
    let Place { ticket, message, digest } = place.ok_or_else(|| corrupt("it has no ticket"))?;
    state.read_back(Family::Digest, &Key::new(Family::Digest, &[&digest]))?;
    state.read_back(Family::Ticket, &Key::ticket(Family::Ticket, &ticket))?;
    let content = state.read_back(Family::Message, &Key::message(&ticket, message))?;
    let stored: Message = serde_json::from_slice(&content).map_err(|_| corrupt("its message is not understood"))?;
    if stored.view.digest != crate::keys::hex(&digest) {
        return Err(corrupt("its message is another one"));
    }
    for (at, attachment) in (0..).zip(&stored.view.attachments) {
        let Some(bytes) = attachment.file_bytes else { continue };
        let content = state.read_back(Family::File, &Key::file(&ticket, message, at))?;
        if content.len() as u64 != bytes {
            return Err(corrupt("a file of its message is another one"));
        }
    }
    stored.sealed.map_or(Ok(()), |id| quarantine::verify(state, &id, &digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_core::{Digest, Reason};

    fn small(n: u8) -> Commit {
        Commit {
            key: MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 1, uid: n.into() },
            digest: Digest([n; 32]),
            now: n.into(),
            outcome: Outcome::unprocessed(Reason::Released, Verdict::Allow),
            size_bytes: 1,
            join: Vec::new(),
            sealed: None,
            rules: "test".into(),
            ack: Ack::MoveClean,
            reply_new: Intent::Not("observe"),
            reply_joined: Intent::Not("observe"),
            sinks: Vec::new(),
        }
    }

    #[test]
    fn a_damaged_ticket_does_not_hide_the_others() {
        let dir = tempfile::tempdir().expect("temp dir");
        let options = crate::store::Options {
            dir: dir.path().to_owned(),
            tenant: "acme".into(),
            root_key: crate::keys::RootKey::new([9; 32]),
            cache_bytes: 1 << 20,
            disk_reserve_bytes: 0,
            reply_limits: ReplyLimits::default(),
        };
        let (_lock, mut state) = crate::open::open(&options).expect("opens");
        state.begin_request();
        let made: Vec<TicketRef> =
            (1..=3).map(|n| crate::commit::commit(&mut state, small(n)).expect("committed").ticket).collect();
        state.accept_request();
        state.write_group().expect("written");
        let at = Key::ticket(Family::Ticket, &made[1]).into_bytes();
        let mut value = state.tree.get(&at).expect("there").to_vec();
        let last = value.len() - 1;
        value[last] ^= 1;
        state.tree.apply([(at, Some(value))].into_iter());
        let rows = tickets(&mut state, 10).expect("listed");
        let verdicts: Vec<_> = rows.iter().map(|row| row.verdict.as_str()).collect();
        assert_eq!(verdicts, ["allow", "unreadable", "allow"]);
        assert!(matches!(ticket(&mut state, &made[1]), Err(StoreError::Corrupt { kind: "ticket", .. })));
        let key = |n: u8| small(n).key;
        assert!(verify(&mut state, &key(2)).is_err() && verify(&mut state, &key(3)).is_ok());
    }
}
