//! Sealed originals: kept for their time, exported, released, erased. They come sealed to a key that is not on this
//! host and are encrypted once more like everything else, so that erasing the ticket's key erases them too.

use crate::codec::{Family, Key, sortable, tail, unsortable};
use crate::error::StoreError;
use crate::fingerprints;
use crate::keys::{hex, unhex};
use crate::ledger::hex_digest;
use crate::model::*;
use crate::state::State;
use crate::thread;
use crate::tickets::{self, Twin};
use crate::{admission, audit};
use lazaret_core::seal::Sealed;
use lazaret_core::{Digest, Outcome};
use serde::{Deserialize, Serialize};

/// Sealed originals that one expiry erases.
const EXPIRE_MAX: usize = 1_000;

/// Record of a sealed original; the octets are a record of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    row: QuarantineRow,
    #[serde(with = "hex_digest")]
    digest: [u8; 32],
}

fn key(family: Family, id: &str) -> Option<Key> {
    unhex::<8>(id).map(|id| Key::new(family, &[&id]))
}

fn by_end(until: i64, id: &str) -> Option<Key> {
    unhex::<8>(id).map(|id| Key::new(Family::ByEnd, &[&sortable(until), &id]))
}

fn kept(state: &mut State, id: &str) -> Result<Option<Kept>, StoreError> {
    let Some(at) = key(Family::Quarantine, id) else { return Ok(None) };
    state.get(Family::Quarantine, &at)
}

pub(crate) fn has(state: &mut State, id: &str) -> Result<bool, StoreError> {
    Ok(kept(state, id)?.is_some())
}

/// Until when an original is kept; `None` once it is erased.
pub(crate) fn until(state: &mut State, id: &str) -> Result<Option<i64>, StoreError> {
    Ok(kept(state, id)?.map(|kept| kept.row.until))
}

/// Keeps a sealed original; answers its id, the first octets of K2 (the next ones, should these be taken).
pub(crate) fn keep(
    state: &mut State,
    mut row: QuarantineRow,
    digest: &Digest,
    sealed: &Sealed,
) -> Result<String, StoreError> {
    let ids: Vec<String> = digest.0.chunks(8).map(hex).collect();
    let mut free = None;
    for id in ids {
        if kept(state, &id)?.is_none_or(|other| other.digest == digest.0) {
            free = Some(id);
            break;
        }
    }
    let taken = StoreError::State { kind: "sealed", id: digest.to_hex(), state: "taken" };
    let id = free.ok_or(taken)?;
    let (Some(at), Some(content), Some(end)) =
        (key(Family::Quarantine, &id), key(Family::Sealed, &id), by_end(row.until, &id))
    else {
        return Err(StoreError::NotFound { kind: "sealed", id });
    };
    row.id.clone_from(&id);
    row.size_bytes = sealed.as_bytes().len() as u64;
    let ticket = row.ticket.clone();
    state.mark(end);
    state.put_bytes(content, Some(&ticket), sealed.as_bytes().to_vec());
    state.put(at, Some(&ticket), &Kept { row, digest: digest.0 })?;
    state.tally.sealed += 1;
    Ok(id)
}

pub(crate) fn list(state: &mut State, limit: usize) -> Result<Vec<QuarantineRow>, StoreError> {
    let mut rows = Vec::new();
    for at in state.scan(&Key::new(Family::ByEnd, &[]), true, limit) {
        let Some(id) = tail::<8>(&at) else { continue };
        let kept: Kept = state.must(Family::Quarantine, &Key::new(Family::Quarantine, &[&id]))?;
        rows.push(kept.row);
    }
    Ok(rows)
}

pub(crate) fn sealed(state: &mut State, id: &str) -> Result<Option<(QuarantineRow, Vec<u8>)>, StoreError> {
    let (Some(kept), Some(at)) = (kept(state, id)?, key(Family::Sealed, id)) else { return Ok(None) };
    let missing = StoreError::Corrupt { kind: Family::Sealed.name(), id: id.to_owned(), why: "it is missing" };
    let content = state.content(Family::Sealed, &at)?.ok_or(missing)?;
    Ok(Some((kept.row, content.to_vec())))
}

/// Reads an original back from the disk; one whose time is over need not be there.
pub(crate) fn verify(state: &mut State, id: &str, digest: &[u8; 32]) -> Result<(), StoreError> {
    let corrupt = |why| StoreError::Corrupt { kind: Family::Sealed.name(), id: id.to_owned(), why };
    let (Some(kept), Some(at)) = (kept(state, id)?, key(Family::Sealed, id)) else { return Ok(()) };
    if kept.digest != *digest {
        return Err(corrupt("it is another one"));
    }
    let content = state.read_back(Family::Sealed, &at)?;
    if content.len() as u64 == kept.row.size_bytes { Ok(()) } else { Err(corrupt("its size differs")) }
}

pub(crate) fn release(
    state: &mut State,
    id: &str,
    digest: &Digest,
    outcome: &Outcome,
    reason: &str,
    now: i64,
) -> Result<TicketRef, StoreError> {
    let missing = StoreError::NotFound { kind: "sealed", id: id.chars().take(32).collect() };
    let kept = kept(state, id)?.ok_or(missing)?;
    if kept.digest != digest.0 {
        return Err(StoreError::DigestMismatch);
    }
    let twin: Twin = state.must(Family::Digest, &Key::new(Family::Digest, &[&digest.0]))?;
    tickets::release(state, &twin.ticket, twin.message, outcome, reason, now)?;
    Ok(twin.ticket)
}

/// Erases originals whose time is over, and forgets old windows of replies.
pub(crate) fn expire(state: &mut State, now: i64) -> Result<u64, StoreError> {
    let mut erased = 0;
    for at in state.scan(&Key::new(Family::ByEnd, &[]), false, EXPIRE_MAX) {
        let (Some(end), Some(id)) = (at.get(1..).and_then(|rest| rest.first_chunk::<8>()), tail::<8>(&at)) else {
            continue;
        };
        if unsortable(*end) > now {
            break;
        }
        state.remove(Key::new(Family::ByEnd, &[end, &id]));
        state.remove(Key::new(Family::Quarantine, &[&id]));
        state.remove(Key::new(Family::Sealed, &[&id]));
        state.tally.sealed = state.tally.sealed.saturating_sub(1);
        erased += 1;
    }
    fingerprints::expire(state, now);
    admission::expire_windows(state, now)?;
    thread::expire(state, now)?;
    audit::expire(state, now)?;
    Ok(erased)
}
