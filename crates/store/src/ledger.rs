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

/// Is it one record that cannot be read? A store that a newer program wrote does not open at all.
fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::UnknownVersion { .. })
}

/// The handle for what changes it. A damaged one stands for a claim of an earlier life: the message is taken in once more,
/// alone, and K2 tells whether it has its ticket. Strikes that it had are forgotten.
fn handle_or_claim(state: &mut State, key: &MessageKey) -> Result<Option<Handle>, StoreError> {
    match handle(state, key) {
        Err(error) if is_damage(&error) => {
            let phase = match state.has(&key_of(state, Family::Unacknowledged, key)) {
                true => Phase::Committed,
                false => Phase::Claimed,
            };
            Ok(Some(Handle { phase, strikes: 0, epoch: 0, alone: false, place: None, ack: None }))
        }
        found => found,
    }
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
        if matches!(state.hint(Family::Handle, &key_of(state, Family::Handle, &key)), Ok(Some(HINT_DONE))) {
            continue;
        }
        let Some(before) = handle_or_claim(state, &key)? else { continue };
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
    uids.sort_unstable();
    uids.dedup();
    for at in state.scan(&prefix(Family::Unacknowledged), false, usize::MAX) {
        let Some(uid) = tail::<4>(&at) else { continue };
        let key = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes(), &uid]);
        let uid = u32::from_be_bytes(uid);
        match state.must::<Handle>(Family::Handle, &key) {
            Ok(handle) => survey.unacknowledged.push((uid, handle.ack.unwrap_or(Ack::Leave))),
            // Below it is taken in again. What has left the source needs nothing more there.
            Err(error) if is_damage(&error) && uids.binary_search(&uid).is_ok() => {}
            Err(error) if is_damage(&error) => survey.unacknowledged.push((uid, Ack::Leave)),
            Err(error) => return Err(error),
        }
    }
    let mut suspects = Vec::new();
    for uid in uids {
        let key = Key::new(Family::Handle, &[&index, &uid_validity.to_be_bytes(), &uid.to_be_bytes()]);
        let found = match state.hint(Family::Handle, &key) {
            Ok(Some(HINT_DONE)) => {
                survey.known += 1;
                continue;
            }
            Ok(_) => state.get::<Handle>(Family::Handle, &key),
            Err(error) => Err(error),
        };
        match found {
            // One damaged record stops no other message; what it was about is taken in once more, alone.
            Err(error) if is_damage(&error) => {
                survey.damaged += 1;
                suspects.push((0, uid));
            }
            Err(error) => return Err(error),
            Ok(None) if uid > baseline => survey.unclaimed.push(uid),
            Ok(None) => survey.known += 1,
            Ok(Some(handle)) => match handle.phase {
                Phase::Free => survey.unclaimed.push(uid),
                Phase::Claimed if handle.epoch != state.vault.epoch => {
                    suspects.push((handle.strikes + u32::from(handle.alone), uid));
                }
                Phase::Claimed | Phase::Committed | Phase::Done => survey.known += 1,
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
    let before = handle_or_claim(state, key)?;
    // One without a place is a damaged one: whether it has its ticket is not known.
    let is_settled = |h: &Handle| h.phase == Phase::Done || h.phase == Phase::Committed && h.place.is_some();
    if before.as_ref().is_some_and(is_settled) {
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
        if let Some(before) = handle_or_claim(state, key)?.filter(|h| h.phase == Phase::Committed) {
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
        let before = match handle(state, &key) {
            Ok(Some(before)) => before,
            Ok(None) => continue,
            // The next look takes a damaged one in again anyway.
            Err(error) if is_damage(&error) => continue,
            Err(error) => return Err(error),
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RootKey;
    use crate::open::open;
    use crate::store::Options;

    fn key(uid: u32) -> MessageKey {
        MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 7, uid }
    }

    fn committed() -> Handle {
        let place = Place { ticket: TicketRef("LZ-AAAA-BBBB".into()), message: 1, digest: [1; 32] };
        let ack = Some(Ack::MoveClean);
        Handle { phase: Phase::Committed, strikes: 0, epoch: 0, alone: false, place: Some(place), ack }
    }

    #[test]
    fn one_damaged_record_stops_no_other_message_and_is_taken_in_again() {
        let dir = tempfile::tempdir().expect("temp dir");
        let (_lock, mut state) = open(&Options {
            dir: dir.path().to_owned(),
            tenant: "acme".into(),
            root_key: RootKey::new([7; 32]),
            cache_bytes: 1 << 20,
            disk_reserve_bytes: 0,
            reply_limits: ReplyLimits::default(),
        })
        .expect("opens");
        state.begin_request();
        for uid in [1, 2, 3] {
            put_handle(&mut state, &key(uid), None, &committed()).expect("put");
        }
        claim(&mut state, &[key(4)]).expect("claimed");
        state.accept_request();
        state.write_group().expect("written");
        // Two whose source is not done, one of them gone from it, and one that was claimed.
        for (uid, value) in [(1, vec![0xff; 80]), (3, vec![]), (4, vec![1])] {
            let at = key_of(&state, Family::Handle, &key(uid)).into_bytes();
            state.tree.apply(std::iter::once((at, Some(value))));
        }
        state.begin_request();
        let found = survey(&mut state, "support", "INBOX", 7, vec![1, 2, 4, 5]).expect("the survey goes on");
        assert_eq!((found.unclaimed, found.known, found.damaged), (vec![5], 1, 2));
        assert_eq!(found.suspects, [1, 4]);
        assert_eq!(found.unacknowledged, [(2, Ack::MoveClean), (3, Ack::Leave)]);
        assert_eq!((state.tally.unacknowledged, state.tally.claimed), (3, 1));

        assert_eq!((begin_alone(&mut state, &key(1)), begin_alone(&mut state, &key(4))), (Ok(0), Ok(0)));
        assert!(begin_alone(&mut state, &key(2)).is_err(), "what can be read and has its ticket is not taken again");
        acknowledged(&mut state, &[key(3)]).expect("done");
        assert_eq!((state.tally.unacknowledged, state.tally.claimed), (1, 2), "the counts stay right");
        let found = survey(&mut state, "support", "INBOX", 7, vec![1, 2, 4, 5]).expect("all can be read");
        assert_eq!((found.damaged, found.known), (0, 3));
    }
}
