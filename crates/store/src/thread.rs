//! What the messages of a conversation tell later ones: keyed digests and facts, never a value, for 90 days.
//!
//! A record a ticket, under the ticket's key and written in the batch of its message. A Message-ID leads to it too, as a
//! keyed hash: who writes twice before the first answer quotes no token of ours. Who may not join a ticket learns nothing
//! from it.

use crate::codec::{Family, Key, sortable, tail, unsortable};
use crate::commit;
use crate::error::StoreError;
use crate::model::{JoinCandidate, TicketRef};
use crate::state::State;
use crate::tickets::Ticket;
use lazaret_core::thread::THREAD_VALUES_MAX;
use lazaret_core::{Class, Facts, MarkKey, Outcome, Thread, ThreadDigest};

/// How long a value or fact is remembered.
pub const THREAD_DAYS: u32 = 90;
/// Message-IDs that lead to a record.
const IDS_MAX: usize = 16;
/// Message-IDs of a message that are looked up, latest first.
const LOOKUPS_MAX: usize = 20;
/// Records that one expiry erases.
const EXPIRE_MAX: usize = 1_000;
const FORMAT: u8 = 1;
const DAY_SECS: i64 = 86_400;

/// The record. Its coding is dense, so that it never needs a file of its own: at most 3,342 octets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Record {
    facts: u8,
    /// Day of the last change, since 1970.
    day: u32,
    /// Day and digest, oldest first.
    values: Vec<(u32, ThreadDigest)>,
    /// What leads here.
    ids: Vec<[u8; 16]>,
}

impl Record {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORMAT, self.facts];
        out.extend_from_slice(&self.day.to_be_bytes());
        // Both lists are bounded far below.
        out.extend_from_slice(&(self.values.len() as u16).to_be_bytes());
        for (day, digest) in &self.values {
            out.extend_from_slice(&day.to_be_bytes());
            out.extend_from_slice(&digest.0);
        }
        self.ids.iter().for_each(|id| out.extend_from_slice(id));
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Record> {
        let (&[format, facts], rest) = bytes.split_first_chunk::<2>()?;
        let (day, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<2>()?;
        let (values, ids) = rest.split_at_checked(usize::from(u16::from_be_bytes(*count)) * 12)?;
        let value = |chunk: &[u8]| {
            let (day, digest) = chunk.split_first_chunk::<4>()?;
            Some((u32::from_be_bytes(*day), ThreadDigest(digest.try_into().ok()?)))
        };
        let record = Record {
            facts,
            day: u32::from_be_bytes(*day),
            values: values.chunks(12).map(value).collect::<Option<_>>()?,
            ids: ids.chunks(16).map(|chunk| chunk.try_into().ok()).collect::<Option<_>>()?,
        };
        (format == FORMAT).then_some(record)
    }

    /// Forgets what is too old on that day.
    fn forget(&mut self, today: u32) {
        let old = |day: u32| day.saturating_add(THREAD_DAYS) <= today;
        self.values.retain(|(day, _)| !old(*day));
        if old(self.day) {
            self.facts = 0;
        }
    }

    fn add(&mut self, today: u32, digest: ThreadDigest) {
        self.values.retain(|(_, other)| *other != digest);
        self.values.push((today, digest));
        let over = self.values.len().saturating_sub(THREAD_VALUES_MAX);
        self.values.drain(..over);
    }
}

fn day_of(now: i64) -> u32 {
    u32::try_from(now.div_euclid(DAY_SECS)).unwrap_or(0)
}

fn end_key(day: u32, ticket: &TicketRef) -> Key {
    let end = i64::from(day.saturating_add(THREAD_DAYS)) * DAY_SECS;
    Key::new(Family::ThreadEnd, &[&sortable(end), ticket.0.as_bytes()])
}

fn id_hash(state: &State, id: &str) -> [u8; 16] {
    state.vault.keyring.index(&[b"thread-id", id.as_bytes()])
}

fn read(state: &mut State, ticket: &TicketRef) -> Result<Option<Record>, StoreError> {
    let at = Key::ticket(Family::Thread, ticket);
    let Some(content) = state.content(Family::Thread, &at)? else { return Ok(None) };
    let damaged = || StoreError::Corrupt { kind: Family::Thread.name(), id: at.id(), why: "it is not understood" };
    Record::from_bytes(&content).map(Some).ok_or_else(damaged)
}

fn mark_key(state: &State) -> MarkKey {
    state.vault.keyring.store_keys().mark
}

/// What earlier messages left for one that names these tickets and answers these mails, if its sender may join one.
pub(crate) fn find(
    state: &mut State,
    join: &[JoinCandidate],
    outcome: &Outcome,
    now: i64,
) -> Result<Option<Thread>, StoreError> {
    let Some(ticket) = place(state, join, outcome)? else { return Ok(None) };
    of_ticket(state, &ticket, now)
}

/// What the messages of a ticket left.
pub(crate) fn of_ticket(state: &mut State, ticket: &TicketRef, now: i64) -> Result<Option<Thread>, StoreError> {
    let Some(mut record) = read(state, ticket)? else { return Ok(None) };
    record.forget(day_of(now));
    let values: Vec<ThreadDigest> = record.values.iter().map(|(_, digest)| *digest).collect();
    let facts = Facts::from_bits(record.facts);
    let thread = || Thread { key: mark_key(state).thread(&ticket.0), values, facts };
    Ok((!record.values.is_empty() || !facts.is_empty()).then(thread))
}

/// The ticket with a record that the message belongs to: one that it names, else one that a mail led to which it answers.
fn place(state: &mut State, join: &[JoinCandidate], outcome: &Outcome) -> Result<Option<TicketRef>, StoreError> {
    let named = join.iter().take(commit::JOIN_CANDIDATES_MAX).cloned();
    let envelope = &outcome.envelope;
    let ids: Vec<[u8; 16]> = envelope
        .in_reply_to
        .iter()
        .chain(envelope.references.iter().rev())
        .take(LOOKUPS_MAX)
        .map(|id| id_hash(state, id))
        .collect();
    let mut candidates: Vec<JoinCandidate> = named.collect();
    for id in ids {
        if let Some(ticket) = state.get::<TicketRef>(Family::ThreadId, &Key::new(Family::ThreadId, &[&id]))? {
            candidates.push(JoinCandidate { ticket, token: true });
        }
    }
    for candidate in candidates {
        if !state.has(&Key::ticket(Family::Thread, &candidate.ticket)) {
            continue;
        }
        let at = Key::ticket(Family::Ticket, &candidate.ticket);
        let Some(ticket) = state.get::<Ticket>(Family::Ticket, &at)? else { continue };
        if commit::may_join(state, &ticket, outcome, candidate.token) {
            return Ok(Some(candidate.ticket));
        }
    }
    Ok(None)
}

/// Keeps what a message leaves, for its ticket and for the conversation that it belongs to by what it answers.
pub(crate) fn learn(
    state: &mut State,
    ticket: &TicketRef,
    join: &[JoinCandidate],
    outcome: &Outcome,
    now: i64,
) -> Result<(), StoreError> {
    if outcome.remembered.is_empty() || outcome.class == Class::Bounce {
        return Ok(());
    }
    let root = place(state, join, outcome)?.unwrap_or_else(|| ticket.clone());
    put(state, &root, outcome, now, outcome.envelope.message_id.as_deref())?;
    if root != *ticket {
        put(state, ticket, outcome, now, None)?;
    }
    Ok(())
}

fn put(state: &mut State, ticket: &TicketRef, outcome: &Outcome, now: i64, id: Option<&str>) -> Result<(), StoreError> {
    let today = day_of(now);
    let before = read(state, ticket)?;
    if let Some(before) = &before {
        state.remove(end_key(before.day, ticket));
    }
    let mut record = before.unwrap_or_default();
    record.forget(today);
    record.day = record.day.max(today);
    record.facts |= outcome.remembered.facts.bits();
    let key = mark_key(state).thread(&ticket.0);
    for value in &outcome.remembered.values {
        record.add(today, key.digest(value));
    }
    if let Some(id) = id {
        let id = id_hash(state, id);
        if record.ids.len() < IDS_MAX && !record.ids.contains(&id) {
            state.put(Key::new(Family::ThreadId, &[&id]), None, ticket)?;
            record.ids.push(id);
        }
    }
    state.mark(end_key(record.day, ticket));
    state.put_bytes(Key::ticket(Family::Thread, ticket), Some(ticket), record.to_bytes());
    Ok(())
}

/// Erases records whose time is over, with what leads to them.
pub(crate) fn expire(state: &mut State, now: i64) -> Result<(), StoreError> {
    for at in state.scan(&Key::new(Family::ThreadEnd, &[]), false, EXPIRE_MAX) {
        let (Some(end), Some(name)) = (at.get(1..).and_then(|rest| rest.first_chunk::<8>()), tail::<12>(&at)) else {
            continue;
        };
        if unsortable(*end) > now {
            break;
        }
        let ticket = TicketRef(String::from_utf8_lossy(&name).into_owned());
        for id in read(state, &ticket)?.unwrap_or_default().ids {
            state.remove(Key::new(Family::ThreadId, &[&id]));
        }
        state.remove(Key::ticket(Family::Thread, &ticket));
        state.remove(Key::new(Family::ThreadEnd, &[end, &name]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::OVERHEAD_BYTES_MAX;
    use crate::tree::VALUE_BYTES_MAX;

    #[test]
    fn the_newest_values_stay_and_the_record_needs_no_file() {
        let mut record = Record { facts: 5, day: 20_000, ..Record::default() };
        record.ids = vec![[7; 16]; IDS_MAX];
        for n in 0..300u64 {
            record.add(20_000 + (n / 100) as u32, ThreadDigest(n.to_be_bytes()));
        }
        record.add(20_003, ThreadDigest(299u64.to_be_bytes()));
        assert_eq!(record.values.len(), THREAD_VALUES_MAX);
        assert_eq!(record.values.first(), Some(&(20_000, ThreadDigest(44u64.to_be_bytes()))));
        assert_eq!(record.values.last(), Some(&(20_003, ThreadDigest(299u64.to_be_bytes()))));
        let bytes = record.to_bytes();
        assert!(bytes.len() + OVERHEAD_BYTES_MAX <= VALUE_BYTES_MAX, "{}", bytes.len());
        assert_eq!(Record::from_bytes(&bytes).as_ref(), Some(&record));
        for len in 0..bytes.len() {
            assert!(Record::from_bytes(&bytes[..len]) != Some(Record::from_bytes(&bytes).expect("whole")), "{len}");
        }
        record.forget(20_000 + THREAD_DAYS);
        assert_eq!((record.values.len(), record.facts), (200, 0));
    }
}
