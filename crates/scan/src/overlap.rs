//! One value, one finding: which of several matches on the same bytes is reported.
//!
//! Never at the price of bytes: a match is dropped only if the one that stays covers it, or if it would not be acted on.

use crate::compiled::Kind;
use crate::engine::Match;
use crate::text::{contains, overlaps};
use crate::{Class, Ruleset};
use std::cmp::Reverse;

/// From this score on a match may be redacted; below, a better one beside it makes it noise.
const ACTED_ON: u8 = 60;
/// Kept matches that a match is compared with, from the last one back.
const LOOK_BACK: usize = 64;

enum Winner {
    Both,
    Old,
    New,
}

/// Settles overlaps; answers matches by start.
pub(crate) fn settle(set: &Ruleset, mut matches: Vec<Match>) -> Vec<Match> {
    matches.sort_by_key(|m| (m.span.start, Reverse(m.span.end), Reverse(m.score), m.rule));
    let mut kept: Vec<Match> = Vec::with_capacity(matches.len());
    'next: for new in matches {
        let mut at = kept.len();
        let floor = at.saturating_sub(LOOK_BACK);
        while at > floor {
            at -= 1;
            let Some(old) = kept.get_mut(at) else { break };
            if !overlaps(&old.span, &new.span) {
                continue;
            }
            match choose(set, old, &new) {
                Winner::Both => {}
                Winner::New => drop(kept.remove(at)),
                Winner::Old => {
                    if set.rule(old.rule).map(|r| r.class) == set.rule(new.rule).map(|r| r.class) && is_wider(old, &new)
                    {
                        old.score = old.score.max(new.score);
                    }
                    continue 'next;
                }
            }
        }
        kept.push(new);
    }
    kept.sort_by_key(|m| (m.span.start, m.span.end, m.rule));
    kept
}

fn is_wider(old: &Match, new: &Match) -> bool {
    contains(&old.span, &new.span) && old.score >= ACTED_ON && old.span != new.span
}

fn choose(set: &Ruleset, old: &Match, new: &Match) -> Winner {
    let rule = |m: &Match| set.compiled.get(usize::from(m.rule.0));
    let beats = |a: &Match, b: &Match| rule(a).is_some_and(|r| r.beats.contains(&b.rule));
    if beats(old, new) {
        return Winner::Old;
    }
    if beats(new, old) {
        return Winner::New;
    }
    let class = |m: &Match| set.rule(m.rule).map(|r| r.class);
    let is_number = |m: &Match| rule(m).is_some_and(|r| matches!(r.kind, Kind::Digits(_)));
    if class(old) != class(new) {
        // The groups of an account number can look like another number by chance.
        return match (class(old), class(new)) {
            (Some(Class::Iban), _) if is_number(new) && contains(&old.span, &new.span) => Winner::Old,
            (_, Some(Class::Iban)) if is_number(old) && contains(&new.span, &old.span) => Winner::New,
            _ => Winner::Both,
        };
    }
    let (old_covers, new_covers) = (contains(&old.span, &new.span), contains(&new.span, &old.span));
    if old_covers && (old.score >= new.score || old.score >= ACTED_ON && old.span != new.span) {
        return Winner::Old;
    }
    if new_covers && new.score >= old.score {
        return Winner::New;
    }
    match (old.score >= ACTED_ON, new.score >= ACTED_ON) {
        (true, true) => Winner::Both,
        (true, false) => Winner::Old,
        (false, true) => Winner::New,
        (false, false) if old.score >= new.score => Winner::Old,
        (false, false) => Winner::New,
    }
}
