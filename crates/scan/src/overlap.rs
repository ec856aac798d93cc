//! One value, one finding: which of several matches on the same bytes is reported.
//!
//! Never at the price of bytes: a match is dropped only if the one that stays covers it, or if it would not be acted on.

use crate::compiled::{Compiled, Kind};
use crate::engine::{Match, Outcome, WhyNot};
use crate::text::{contains, overlaps};
use crate::{Class, RuleIx, Ruleset};
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

/// Settles overlaps; answers matches by start, and if `is_traced` what lost with them.
pub(crate) fn settle(set: &Ruleset, countries: &[String], found: Vec<Outcome>, is_traced: bool) -> Vec<Outcome> {
    let (matches, mut lost): (Vec<Outcome>, Vec<Outcome>) = found.into_iter().partition(|f| f.why_not.is_none());
    let mut matches: Vec<Match> = matches.into_iter().map(|f| f.this).collect();
    let mut lose = |this: Match, to: RuleIx| {
        if is_traced {
            lost.push(Outcome { this, why_not: Some(WhyNot::Overlap(to)) });
        }
    };
    matches.sort_by_key(|m| (m.span.start, Reverse(m.span.end), Reverse(m.score), m.rule));
    let matches = one_of_each_span(set, countries, matches, &mut lose);
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
                Winner::New => lose(kept.remove(at), new.rule),
                Winner::Old => {
                    if class(set, old) == class(set, &new) && is_wider(old, &new) {
                        old.score = old.score.max(new.score);
                    }
                    lose(new, old.rule);
                    continue 'next;
                }
            }
        }
        kept.push(new);
    }
    kept.sort_by_key(|m| (m.span.start, m.span.end, m.rule));
    kept.into_iter().map(|this| Outcome { this, why_not: None }).chain(lost).collect()
}

/// Numbers of one length are valid in several countries: of related classes on the same bytes one is reported, and the
/// others stand in its `also`, best first.
fn one_of_each_span(
    set: &Ruleset,
    countries: &[String],
    matches: Vec<Match>,
    lose: &mut impl FnMut(Match, RuleIx),
) -> Vec<Match> {
    let mut out: Vec<Match> = Vec::with_capacity(matches.len());
    let mut rest = matches.into_iter().peekable();
    while let Some(first) = rest.next() {
        if rest.peek().is_none_or(|next| next.span != first.span) {
            out.push(first);
            continue;
        }
        let span = first.span.clone();
        let mut same = vec![first];
        while let Some(next) = rest.next_if(|next| next.span == span) {
            same.push(next);
        }
        let (mut related, others): (Vec<Match>, Vec<Match>) = same.into_iter().partition(|m| is_related(set, m));
        let beaten = |m: &Match, all: &[Match]| all.iter().find(|o| beats(set, o, m)).map(|o| o.rule);
        let mut at = 0;
        while let Some(one) = related.get(at) {
            match beaten(one, &related) {
                Some(to) => lose(related.remove(at), to),
                None => at += 1,
            }
        }
        related.sort_by_key(|m| rank(set, countries, m));
        // What may pass hides a person's number only if much speaks for it.
        if let Some(personal) = related.iter().position(|m| !is_harmless(set, m))
            && let Some((harmless, person)) = related.first().zip(related.get(personal))
            && personal > 0
            && harmless.score < person.score.saturating_add(HARMLESS_LEAD)
            && (is_near(person) || !is_near(harmless) || class(set, harmless) == Some(Class::Phone))
        {
            let person = related.remove(personal);
            related.insert(0, person);
        }
        let mut related = related.into_iter();
        if let Some(mut best) = related.next() {
            for other in related {
                best.also.push(other.rule);
                lose(other, best.rule);
            }
            best.also.dedup();
            out.push(best);
        }
        out.extend(others);
    }
    out
}

/// Points by which the number of a company or telephone must be better than one that names a person.
const HARMLESS_LEAD: u8 = 10;

fn is_harmless(set: &Ruleset, m: &Match) -> bool {
    matches!(class(set, m), Some(Class::CompanyId | Class::Phone))
}

/// Better ones first: score, country, context; at last the order of the rules.
fn rank(set: &Ruleset, countries: &[String], m: &Match) -> (Reverse<u8>, bool, bool, RuleIx) {
    let country = set.base(m.rule).and_then(|at| set.compiled.get(at)).and_then(|c| c.country.as_ref());
    (Reverse(m.score), !country.is_some_and(|c| countries.contains(c)), !is_near(m), m.rule)
}

fn is_near(m: &Match) -> bool {
    m.terms.iter().any(|t| t.name == "near")
}

fn is_related(set: &Ruleset, m: &Match) -> bool {
    use Class::{BankAccount, CompanyId, DriverLicense, HealthId, NationalId, Passport, Phone, StudentRecord, TaxId};
    class(set, m).is_some_and(|c| {
        matches!(
            c,
            NationalId | TaxId | HealthId | CompanyId | BankAccount | Phone | DriverLicense | Passport | StudentRecord
        )
    })
}

fn class(set: &Ruleset, m: &Match) -> Option<Class> {
    set.rule(m.rule).map(|r| r.class)
}

fn compiled<'s>(set: &'s Ruleset, m: &Match) -> Option<&'s Compiled> {
    set.compiled.get(usize::from(m.rule.0))
}

fn beats(set: &Ruleset, a: &Match, b: &Match) -> bool {
    compiled(set, a).is_some_and(|r| r.beats.contains(&b.rule))
}

fn is_wider(old: &Match, new: &Match) -> bool {
    contains(&old.span, &new.span) && old.score >= ACTED_ON && old.span != new.span
}

fn choose(set: &Ruleset, old: &Match, new: &Match) -> Winner {
    if beats(set, old, new) {
        return Winner::Old;
    }
    if beats(set, new, old) {
        return Winner::New;
    }
    let class = |m: &Match| class(set, m);
    let is_number = |m: &Match| compiled(set, m).is_some_and(|r| matches!(r.kind, Kind::Digits(_)));
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
