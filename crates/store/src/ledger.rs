//! K1: what is known of each UID, from the claim until the source is done.
//!
//! ```text
//! none ──claim──▶ claimed ──commit──▶ committed ──acknowledged──▶ done
//!   ▲               │  ▲ strike, begin_alone (counts stay)
//!   └──release──────┘  └─ found open at a start: a suspect, tried alone
//! ```

use crate::codec::{Family, Key, tail};
use crate::error::StoreError;
use crate::model::*;
use crate::state::State;
use lazaret_core::MessageKey;
use serde::{Deserialize, Serialize};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// Not claimed; kept for its strikes.
    Free,
    /// Claimed by the process of `epoch`.
    Claimed,
    /// It has its ticket; the source is not done.
    Committed,
    /// All is done.
    Done,
}

/// Record of a K1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handle {
    pub(crate) phase: Phase,
    pub(crate) strikes: u32,
    /// Process that claimed it.
    pub(crate) epoch: u64,
    /// Was it alone in flight?
    pub(crate) alone: bool,
    /// Its ticket, the number of the message, and K2.
    pub(crate) place: Option<Place>,
    pub(crate) ack: Option<Ack>,
}

/// Where a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) ticket: TicketRef,
    pub(crate) message: u32,
    #[serde(with = "hex_digest")]
    pub(crate) digest: [u8; 32],
}

pub(crate) mod hex_digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(digest: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&crate::keys::hex(digest))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        crate::keys::unhex(&text).ok_or_else(|| D::Error::custom("no digest"))
    }
}

/// The hint of a handle whose source is done: surveys need not decrypt it.
const HINT_OPEN: u8 = 0;
const HINT_DONE: u8 = 1;

fn folder_index(state: &State, mailbox: &str, folder: &str) -> [u8; 16] {
    state.vault.keyring.index(&[b"folder", mailbox.as_bytes(), folder.as_bytes()])
}

fn key_of(state: &State, family: Family, key: &MessageKey) -> Key {
    let index = folder_index(state, &key.mailbox, &key.folder);
    Key::new(family, &[&index, &key.uid_validity.to_be_bytes(), &key.uid.to_be_bytes()])
}

pub(crate) fn handle(state: &mut State, key: &MessageKey) -> Result<Option<Handle>, StoreError> {
    let at = key_of(state, Family::Handle, key);
    state.get(Family::Handle, &at)
}

/// Puts a handle and keeps index and counts in step with it.
pub(crate) fn put_handle(
    state: &mut State,
    key: &MessageKey,
    before: Option<&Handle>,
    after: &Handle,
) -> Result<(), StoreError> {
    let phases = |phase| (before.is_some_and(|h| h.phase == phase), after.phase == phase);
    let index = key_of(state, Family::Unacknowledged, key);
    step(&mut state.tally.claimed, phases(Phase::Claimed));
    step(&mut state.tally.unacknowledged, phases(Phase::Committed));
    match phases(Phase::Committed) {
        (false, true) => state.mark(index),
        (true, false) => state.remove(index),
        _ => {}
    }
    let at = key_of(state, Family::Handle, key);
    if after.phase == Phase::Free && after.strikes == 0 {
        state.remove(at);
        return Ok(());
    }
    let hint = if after.phase == Phase::Done { HINT_DONE } else { HINT_OPEN };
    state.put_hinted(at, hint, None, after)
}

fn step(count: &mut u64, (before, after): (bool, bool)) {
    *count = count.saturating_add(u64::from(after)).saturating_sub(u64::from(before));
}

pub(crate) fn folder(state: &mut State, mailbox: &str, folder: &str) -> Result<Option<FolderState>, StoreError> {
    let at = Key::new(Family::Folder, &[&folder_index(state, mailbox, folder)]);
    state.get(Family::Folder, &at)
}

pub(crate) fn begin_folder(state: &mut State, mailbox: &str, name: &str, new: &FolderState) -> Result<(), StoreError> {
    let index = folder_index(state, mailbox, name);
    if let Some(old) = folder(state, mailbox, name)?
        && old.uid_validity != new.uid_validity
    {
        void(state, mailbox, name, old.uid_validity)?;
    }
    state.put(Key::new(Family::Folder, &[&index]), None, new)
}

/// UIDs of an old UIDVALIDITY are never used again: claims are free, and nothing is done at the source any more. The
/// messages come again under new UIDs and are known by K2.
fn void(state: &mut State, mailbox: &str, folder: &str, uid_validity: u32) -> Result<(), StoreError> {
    let index = folder_index(state, mailbox, folder);
    let prefix = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes()]);
    for at in state.scan(&prefix, false, usize::MAX) {
        let Some(uid) = tail::<4>(&at).map(u32::from_be_bytes) else { continue };
        let key = MessageKey { mailbox: mailbox.to_owned(), folder: folder.to_owned(), uid_validity, uid };
        if state.hint(Family::Handle, &key_of(state, Family::Handle, &key))? == Some(HINT_DONE) {
            continue;
        }
        let Some(before) = handle(state, &key)? else { continue };
        let after = match before.phase {
            Phase::Committed => Handle { phase: Phase::Done, ..before.clone() },
            _ => Handle { phase: Phase::Free, strikes: 0, ..before.clone() },
        };
        put_handle(state, &key, Some(&before), &after)?;
    }
    Ok(())
}

pub(crate) fn survey(
    state: &mut State,
    mailbox: &str,
    name: &str,
    uid_validity: u32,
    mut uids: Vec<u32>,
) -> Result<Survey, StoreError> {
    let mut survey = Survey::default();
    let baseline =
        folder(state, mailbox, name)?.filter(|f| f.uid_validity == uid_validity).map_or(0, |f| f.baseline_uid);
    let index = folder_index(state, mailbox, name);
    let prefix = |family| Key::new(family, &[&index, &uid_validity.to_be_bytes()]);
    for at in state.scan(&prefix(Family::Unacknowledged), false, usize::MAX) {
        let Some(uid) = tail::<4>(&at) else { continue };
        let key = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes(), &uid]);
        let handle: Handle = state.must(Family::Handle, &key)?;
        survey.unacknowledged.push((u32::from_be_bytes(uid), handle.ack.unwrap_or(Ack::Leave)));
    }
    let mut suspects = Vec::new();
    uids.sort_unstable();
    uids.dedup();
    for uid in uids {
        let key = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes(), &uid.to_be_bytes()]);
        let hint = state.hint(Family::Handle, &key)?;
        if hint == Some(HINT_DONE) {
            continue;
        }
        match state.get::<Handle>(Family::Handle, &key)? {
            None if uid > baseline => survey.unclaimed.push(uid),
            None => {}
            Some(handle) => match handle.phase {
                Phase::Free => survey.unclaimed.push(uid),
                Phase::Claimed if handle.epoch != state.vault.epoch => {
                    suspects.push((handle.strikes + u32::from(handle.alone), uid));
                }
                Phase::Claimed | Phase::Committed | Phase::Done => {}
            },
        }
    }
    // Those that were alone with a death come last: a daemon that is killed again and again blames no message thrice
    // while others wait to be tried.
    suspects.sort_unstable();
    survey.suspects = suspects.into_iter().map(|(_, uid)| uid).collect();
    Ok(survey)
}

pub(crate) fn claim(state: &mut State, keys: &[MessageKey]) -> Result<Vec<Claim>, StoreError> {
    let mut claims = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(strikes) = take(state, key, false)? {
            claims.push(Claim { key: key.clone(), strikes });
        }
    }
    Ok(claims)
}

pub(crate) fn begin_alone(state: &mut State, key: &MessageKey) -> Result<u32, StoreError> {
    take(state, key, true)?.ok_or_else(|| wrong_phase(key, "committed"))
}

/// Claims one for this process; `None` if it has its ticket. A daemon that died while it was alone in flight counts as
/// a strike, and only here, where the next attempt begins: once for each death.
fn take(state: &mut State, key: &MessageKey, alone: bool) -> Result<Option<u32>, StoreError> {
    let before = handle(state, key)?;
    if before.as_ref().is_some_and(|h| matches!(h.phase, Phase::Committed | Phase::Done)) {
        return Ok(None);
    }
    let epoch = state.vault.epoch;
    let died_alone = before.as_ref().is_some_and(|h| h.phase == Phase::Claimed && h.alone && h.epoch != epoch);
    let strikes = before.as_ref().map_or(0, |h| h.strikes).saturating_add(u32::from(died_alone));
    let after = Handle { phase: Phase::Claimed, strikes, epoch, alone, place: None, ack: None };
    put_handle(state, key, before.as_ref(), &after)?;
    Ok(Some(strikes))
}

pub(crate) fn strike(state: &mut State, key: &MessageKey) -> Result<u32, StoreError> {
    let before = handle(state, key)?.filter(|h| h.phase == Phase::Claimed);
    let before = before.ok_or_else(|| wrong_phase(key, "not claimed"))?;
    let after = Handle { strikes: before.strikes.saturating_add(1), ..before.clone() };
    put_handle(state, key, Some(&before), &after)?;
    Ok(after.strikes)
}

pub(crate) fn release(state: &mut State, keys: &[MessageKey]) -> Result<(), StoreError> {
    for key in keys {
        if let Some(before) = handle(state, key)?.filter(|h| h.phase == Phase::Claimed) {
            let after = Handle { phase: Phase::Free, alone: false, ..before.clone() };
            put_handle(state, key, Some(&before), &after)?;
        }
    }
    Ok(())
}

pub(crate) fn acknowledged(state: &mut State, keys: &[MessageKey]) -> Result<(), StoreError> {
    for key in keys {
        if let Some(before) = handle(state, key)?.filter(|h| h.phase == Phase::Committed) {
            let after = Handle { phase: Phase::Done, ..before.clone() };
            put_handle(state, key, Some(&before), &after)?;
        }
    }
    Ok(())
}

/// Messages that are looked at by one [`reopen`].
const REOPEN_MAX: usize = 2_000;

/// Makes messages that were judged while observing as if they had never been seen, so that the next look takes them in
/// again; with `count_only` only counts them. Answers how many, and the UID after which to go on, if there are more.
pub(crate) fn reopen(
    state: &mut State,
    mailbox: &str,
    name: &str,
    after: Option<u32>,
    count_only: bool,
) -> Result<(u64, Option<u32>), StoreError> {
    let Some(FolderState { uid_validity, .. }) = folder(state, mailbox, name)? else { return Ok((0, None)) };
    let index = folder_index(state, mailbox, name);
    let prefix = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes()]);
    let first = after.map_or(0, |uid| uid.saturating_add(1));
    let start = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes(), &first.to_be_bytes()]).into_bytes();
    let keys = state.scan_from(&prefix, start, REOPEN_MAX);
    let next = (keys.len() == REOPEN_MAX).then(|| keys.last().and_then(|at| tail::<4>(at))).flatten();
    let mut count = 0;
    for at in keys {
        let Some(uid) = tail::<4>(&at).map(u32::from_be_bytes) else { continue };
        let key = MessageKey { mailbox: mailbox.to_owned(), folder: name.to_owned(), uid_validity, uid };
        let Some(before) = handle(state, &key)? else { continue };
        if before.phase != Phase::Done || before.ack != Some(Ack::Leave) || before.place.is_none() {
            continue;
        }
        count += 1;
        if !count_only {
            let after = Handle { phase: Phase::Free, strikes: 0, ack: None, place: None, ..before.clone() };
            put_handle(state, &key, Some(&before), &after)?;
        }
    }
    Ok((count, next.map(u32::from_be_bytes)))
}

pub(crate) fn own(state: &mut State, key: &MessageKey) -> Result<(), StoreError> {
    let before = handle(state, key)?;
    if before.as_ref().is_some_and(|h| matches!(h.phase, Phase::Committed | Phase::Done)) {
        return Ok(());
    }
    let epoch = state.vault.epoch;
    let after = Handle { phase: Phase::Done, strikes: 0, epoch, alone: false, place: None, ack: None };
    put_handle(state, key, before.as_ref(), &after)
}

fn wrong_phase(key: &MessageKey, phase: &'static str) -> StoreError {
    StoreError::State { kind: "uid", id: format!("{}/{}", key.uid_validity, key.uid), state: phase }
}
