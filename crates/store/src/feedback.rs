//! What people said of judgements: a finding was wrong, or something was missed. It stands beside the fingerprints of its
//! message, under the ticket's key and for as long, and holds no text: a place in a list, and a word of ours.

use crate::codec::{Family, Key};
use crate::error::StoreError;
use crate::fingerprints;
use crate::model::*;
use crate::state::State;
use serde::{Deserialize, Serialize};

/// Times that a message may be said to hold something that no rule looked at.
pub const UNSEEN_MAX: u32 = 100;

/// The record: places in the list of candidates, from 0, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    #[serde(rename = "c")]
    candidates: Vec<(u32, Judgement)>,
    #[serde(rename = "u")]
    unseen: u32,
}

pub(crate) fn key(at: i64, ticket: &TicketRef, message: u32) -> Key {
    fingerprints::key(Family::Feedback, at, ticket, message)
}

/// Puts what was said into a view that is being read.
pub(crate) fn attach(state: &mut State, key: &Key, view: &mut FingerprintsView) -> Result<(), StoreError> {
    let Some(said) = state.get::<Said>(Family::Feedback, key)? else { return Ok(()) };
    view.unseen = said.unseen;
    for (place, judgement) in said.candidates {
        if let Some(candidate) = usize::try_from(place).ok().and_then(|at| view.candidates.get_mut(at)) {
            candidate.feedback = Some(judgement);
        }
    }
    Ok(())
}

/// Takes a judgement in. Candidates count from 1 over all messages of the ticket that are still kept, 0 is what no rule
/// looked at; said again of the same one, the later word stands. Answers the rule.
///
/// Wrong can only be what had consequences, missed only what had none: the answer is [`StoreError::State`] else.
pub(crate) fn give(
    state: &mut State,
    ticket: &TicketRef,
    number: u32,
    judgement: Judgement,
) -> Result<Option<String>, StoreError> {
    let missing = |kind, id: String| StoreError::NotFound { kind, id };
    let views = fingerprints::of_ticket(state, ticket)?.ok_or_else(|| missing("ticket", ticket.0.clone()))?;
    let last = views.last().ok_or_else(|| missing("fingerprints of", ticket.0.clone()))?;
    let (mut at, mut rule, mut place) = ((last.at, last.message), None, None);
    let mut before = 0;
    for view in &views {
        for (index, candidate) in (0_u32..).zip(&view.candidates) {
            before += 1;
            if before == number {
                (at, place) = ((view.at, view.message), Some(index));
                rule = Some((candidate.rule.clone(), candidate.why_not.is_some()));
            }
        }
    }
    let refused = |state| StoreError::State { kind: "candidate", id: number.to_string(), state };
    match (&rule, judgement) {
        (None, _) if number > 0 => return Err(missing("candidate", number.to_string())),
        (None, Judgement::Wrong) => return Err(refused("nothing that was found, so it can only be missed")),
        (Some((_, true)), Judgement::Wrong) => return Err(refused("no finding: nothing followed from it")),
        (Some((_, false)), Judgement::Missed) => return Err(refused("a finding: it was not missed")),
        _ => {}
    }
    let key = key(at.0, ticket, at.1);
    let mut said = state.get::<Said>(Family::Feedback, &key)?.unwrap_or_default();
    match place {
        None => said.unseen = (said.unseen + 1).min(UNSEEN_MAX),
        Some(place) => {
            said.candidates.retain(|(other, _)| *other != place);
            said.candidates.push((place, judgement));
        }
    }
    state.put(key, Some(ticket), &said)?;
    Ok(rule.map(|(rule, _)| rule))
}
