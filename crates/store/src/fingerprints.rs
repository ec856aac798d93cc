//! Fingerprints of candidates beside their tickets: kept for 90 days, one record a message, under the ticket's key.
//!
//! The record's key begins with the time of the message, so a range of days is read and the oldest are erased without
//! another index. A record is small enough to stand in the tree: it costs no file and no further sync.

use crate::codec::{Family, Key, sortable, tail, unsortable};
use crate::error::StoreError;
use crate::feedback;
use crate::model::*;
use crate::record::OVERHEAD_BYTES_MAX;
use crate::state::State;
use crate::tickets::{Message, Ticket};
use crate::tree::VALUE_BYTES_MAX;
use lazaret_core::fingerprint::placement;
use lazaret_core::{Fingerprint, Fingerprints};
use serde::{Deserialize, Serialize};

/// How long fingerprints are kept, in seconds.
pub const FINGERPRINT_SECS_MAX: i64 = 90 * 86_400;
/// Octets of the fingerprints of one message; the strongest are kept and the rest is counted.
pub const FINGERPRINT_BYTES_MAX: usize = VALUE_BYTES_MAX - OVERHEAD_BYTES_MAX;
/// Records that one expiry erases.
const EXPIRE_MAX: usize = 10_000;
/// Records that are read at once: others wait for the store meanwhile.
const PAGE_MAX: usize = 500;

/// The record. Names and rules stand in it once each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Packed {
    /// Which rules and policy judged.
    #[serde(rename = "s")]
    rule_set: String,
    /// Id, class, form.
    #[serde(rename = "r")]
    rules: Vec<(String, String, u32)>,
    #[serde(rename = "n")]
    names: Vec<String>,
    #[serde(rename = "f")]
    all: Vec<PackedOne>,
    #[serde(rename = "d")]
    dropped: u32,
}

/// Rule, placement, score, action, why not (the empty name: it had consequences), how many, terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PackedOne(u16, u16, u8, u16, u16, u32, Vec<PackedTerm>);

/// Name, points, word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PackedTerm(u16, i16, Option<u16>);

/// The place of an entry in a list that holds each once.
fn place<T: PartialEq>(list: &mut Vec<T>, entry: T) -> u16 {
    let at = list.iter().position(|e| *e == entry).unwrap_or_else(|| {
        list.push(entry);
        list.len() - 1
    });
    // There are at most 200 fingerprints of at most 32 terms.
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn pack(rule_set: &str, prints: &Fingerprints) -> Packed {
    let mut packed = Packed { rule_set: rule_set.to_owned(), dropped: prints.dropped, ..Packed::default() };
    for Fingerprint { rule, class, form, placement: at, score, terms, action, why_not, count } in &prints.all {
        let rule = place(&mut packed.rules, (rule.clone(), class.as_str().to_owned(), *form));
        let terms =
            terms.iter().map(|t| PackedTerm(place(&mut packed.names, t.name.clone()), t.points, t.word)).collect();
        let mut name = |word: &str| place(&mut packed.names, word.to_owned());
        let (at, action, why) = (name(placement(*at)), name(action.as_str()), name(why_not.map_or("", |w| w.as_str())));
        packed.all.push(PackedOne(rule, at, *score, action, why, *count, terms));
    }
    packed
}

/// As many as fit into so many octets.
fn pack_within(rule_set: &str, prints: &Fingerprints, max: usize) -> Packed {
    let whole = pack(rule_set, prints);
    let size = |packed: &Packed| serde_json::to_vec(packed).map_or(usize::MAX, |octets| octets.len());
    if size(&whole) <= max {
        return whole;
    }
    let cut = |keep: usize| {
        let mut fewer = prints.clone();
        fewer.truncate(keep);
        pack(rule_set, &fewer)
    };
    let (mut fits, mut too_many) = (0, prints.all.len());
    while too_many - fits > 1 {
        let keep = fits + (too_many - fits) / 2;
        if size(&cut(keep)) <= max { fits = keep } else { too_many = keep }
    }
    cut(fits)
}

fn unpack(packed: Packed, at: i64, message: u32) -> Option<FingerprintsView> {
    let mut candidates = Vec::new();
    for PackedOne(rule, placement, score, action, why, count, terms) in packed.all {
        let (rule, class, form) = packed.rules.get(usize::from(rule))?.clone();
        let name = |at: u16| packed.names.get(usize::from(at)).cloned();
        let term = |t: PackedTerm| Some(TermView { name: name(t.0)?, points: t.1, word: t.2 });
        let terms = terms.into_iter().map(term).collect::<Option<Vec<_>>>()?;
        let (placement, action) = (name(placement)?, name(action)?);
        let why_not = Some(name(why)?).filter(|why| !why.is_empty());
        candidates.push(CandidateView {
            rule,
            class,
            form,
            placement,
            score,
            terms,
            action,
            why_not,
            count,
            feedback: None,
        });
    }
    Some(FingerprintsView { message, at, rules: packed.rule_set, candidates, dropped: packed.dropped, unseen: 0 })
}

/// Key of what stands beside a message, by its time.
pub(crate) fn key(family: Family, at: i64, ticket: &TicketRef, message: u32) -> Key {
    Key::new(family, &[&sortable(at), ticket.0.as_bytes(), &message.to_be_bytes()])
}

/// Keeps the fingerprints of a message that is being committed. Also where there are none: that says that nothing was near.
pub(crate) fn keep(state: &mut State, commit: &Commit, ticket: &TicketRef, message: u32) -> Result<(), StoreError> {
    let packed = pack_within(&commit.rules, &commit.outcome.fingerprints, FINGERPRINT_BYTES_MAX);
    state.put_fresh(key(Family::Fingerprint, commit.now, ticket, message), Some(ticket), &packed)
}

fn read(state: &mut State, key: &Key, at: i64, message: u32) -> Result<Option<FingerprintsView>, StoreError> {
    let Some(packed) = state.get::<Packed>(Family::Fingerprint, key)? else { return Ok(None) };
    let corrupt = StoreError::Corrupt { kind: Family::Fingerprint.name(), id: key.id(), why: "it is not understood" };
    let mut view = unpack(packed, at, message).ok_or(corrupt)?;
    feedback::attach(state, &key.of(Family::Feedback), &mut view)?;
    Ok(Some(view))
}

/// Those of a ticket's messages that are still kept; `None`: there is no such ticket.
pub(crate) fn of_ticket(state: &mut State, reference: &TicketRef) -> Result<Option<Vec<FingerprintsView>>, StoreError> {
    let at = Key::ticket(Family::Ticket, reference);
    let Some(ticket) = state.get::<Ticket>(Family::Ticket, &at)? else { return Ok(None) };
    let mut all = Vec::new();
    for number in 1..=ticket.messages {
        let message: Message = state.must(Family::Message, &Key::message(reference, number))?;
        let at = message.view.at;
        all.extend(read(state, &key(Family::Fingerprint, at, reference, number), at, number)?);
    }
    Ok(Some(all))
}

/// The next page of all that came at or after a time, oldest first.
pub(crate) fn since(
    state: &mut State,
    from: i64,
    after: Option<&FingerprintCursor>,
) -> Result<FingerprintPage, StoreError> {
    let family = Key::new(Family::Fingerprint, &[]);
    let start = match after {
        Some(FingerprintCursor(key)) => [key.as_slice(), &[0]].concat(),
        None => Key::new(Family::Fingerprint, &[&sortable(from)]).into_bytes(),
    };
    let keys = state.scan_from(&family, start, PAGE_MAX);
    let next = (keys.len() == PAGE_MAX).then(|| keys.last().cloned().map(FingerprintCursor)).flatten();
    let mut views = Vec::new();
    for bytes in keys {
        let (Some(at), Some(number)) = (time_of(&bytes), tail::<4>(&bytes)) else { continue };
        let key = Key::from_bytes(&bytes);
        // One damaged record does not hide the others.
        match read(state, &key, at, u32::from_be_bytes(number)) {
            Err(StoreError::Corrupt { .. }) => {}
            other => views.extend(other?),
        }
    }
    Ok(FingerprintPage { views, next })
}

fn time_of(key: &[u8]) -> Option<i64> {
    key.get(1..)?.first_chunk::<8>().copied().map(unsortable)
}

/// Erases those whose time is over.
pub(crate) fn expire(state: &mut State, now: i64) {
    for bytes in state.scan(&Key::new(Family::Fingerprint, &[]), false, EXPIRE_MAX) {
        match time_of(&bytes) {
            Some(at) if at.saturating_add(FINGERPRINT_SECS_MAX) <= now => {
                let key = Key::from_bytes(&bytes);
                state.remove(key.of(Family::Feedback));
                state.remove(key);
            }
            _ => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_core::{TermPrint, Why};
    use lazaret_scan::{Action, Class, Placement};

    fn prints(n: usize) -> Fingerprints {
        let one = |at: usize| Fingerprint {
            rule: format!("rule-{}", at % 7),
            class: Class::CreditCard,
            form: 0xdead_beef,
            placement: Placement::Attachment,
            score: (at % 101) as u8,
            terms: vec![
                TermPrint { name: "base".into(), points: 50, word: None },
                TermPrint { name: "near".into(), points: -7, word: Some(at as u16) },
            ],
            action: if at.is_multiple_of(2) { Action::Redact } else { Action::Allow },
            why_not: (!at.is_multiple_of(2)).then_some(Why::Context),
            count: 3,
        };
        Fingerprints { all: (0..n).map(one).collect(), dropped: 5 }
    }

    #[test]
    fn what_is_packed_comes_back_whole() {
        let packed = pack("abc", &prints(20));
        assert_eq!((packed.rules.len(), packed.names.len()), (7, 7), "each stands there once");
        let view = unpack(packed, 12, 3).expect("whole");
        assert_eq!((view.at, view.message, view.rules.as_str(), view.dropped), (12, 3, "abc", 5));
        let want = CandidateView {
            rule: "rule-1".into(),
            class: "credit_card".into(),
            form: 0xdead_beef,
            placement: "attachment".into(),
            score: 15,
            terms: vec![
                TermView { name: "base".into(), points: 50, word: None },
                TermView { name: "near".into(), points: -7, word: Some(15) },
            ],
            action: "allow".into(),
            why_not: Some("context".into()),
            count: 3,
            feedback: None,
        };
        assert_eq!(view.candidates.get(15), Some(&want));
    }

    #[test]
    fn a_message_keeps_what_fits_and_counts_the_rest() {
        let all = prints(20);
        let size = serde_json::to_vec(&pack("abc", &all)).expect("JSON").len();
        for (max, kept, dropped) in [(size - 1, 19, 8), (size, 20, 5), (size + 1, 20, 5), (0, 0, 65)] {
            let packed = pack_within("abc", &all, max);
            assert_eq!((packed.all.len(), packed.dropped), (kept, dropped), "{max} of {size}");
        }
        let many = pack_within("abc", &prints(200), FINGERPRINT_BYTES_MAX);
        let size = serde_json::to_vec(&many).expect("JSON").len();
        assert!((FINGERPRINT_BYTES_MAX - 100..=FINGERPRINT_BYTES_MAX).contains(&size), "{size}");
        assert_eq!(many.dropped, 5 + 3 * (200 - many.all.len() as u32));
    }
}
