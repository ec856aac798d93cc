//! Rules made of rules: what matches mean together.

use super::table::lines;
use crate::compiled::{Compiled, Kind};
use crate::engine::{Match, Term};
use crate::text::overlaps;
use crate::{Class, RuleInfo, RuleIx};
use std::ops::Range;

/// A rule of kind `composite`.
#[derive(Debug)]
pub(crate) struct Composite {
    /// What must stand together: names of rules or classes, several of which may fill one place.
    pub(crate) all: Vec<Vec<String>>,
    /// Within so many lines; `None`: anywhere in the text.
    pub(crate) lines: Option<usize>,
    /// Points for members by rule or class; without any, the rule reports a finding of its own, from the first of its
    /// members to the last.
    pub(crate) boost: Vec<(String, i16)>,
}

/// The same with rules in place of names.
#[derive(Debug)]
pub(crate) struct Made {
    rule: RuleIx,
    base: i16,
    all: Vec<Vec<RuleIx>>,
    lines: usize,
    boost: Vec<(RuleIx, i16)>,
}

impl Made {
    /// Finds the members of every composite rule. Answers names that are none.
    pub(crate) fn all(rules: &[Compiled], infos: &[RuleInfo]) -> Result<Vec<Made>, Vec<(usize, String)>> {
        let mut complaints = Vec::new();
        let mut made = Vec::new();
        for (at, compiled) in rules.iter().enumerate() {
            let Kind::Composite(composite) = &compiled.kind else { continue };
            let mut named = |name: &str| {
                let is_simple = |nth: usize| rules.get(nth).is_some_and(|r| !matches!(r.kind, Kind::Composite(_)));
                let is_it = |info: &RuleInfo| info.id == name || Class::from_name(name) == Some(info.class);
                let all = infos.iter().zip(0_u16..).filter(|(info, nth)| is_it(info) && is_simple(usize::from(*nth)));
                let all: Vec<RuleIx> = all.map(|(_, nth)| RuleIx(nth)).collect();
                if all.is_empty() {
                    complaints.push((at, format!("there is no rule and no class `{name}` that could be a member")));
                }
                all
            };
            let all = composite.all.iter().map(|names| names.iter().flat_map(|name| named(name)).collect()).collect();
            let boost = composite.boost.iter();
            let boost = boost.flat_map(|(name, points)| named(name).into_iter().map(|rule| (rule, *points))).collect();
            let rule = RuleIx(u16::try_from(at).unwrap_or(u16::MAX));
            let (base, lines) = (compiled.score.base, composite.lines.unwrap_or(usize::MAX));
            made.push(Made { rule, base, all, lines, boost });
        }
        if complaints.is_empty() { Ok(made) } else { Err(complaints) }
    }

    /// Does this composite rule look at the findings of another one?
    pub(crate) fn has_member(&self, of: RuleIx, rule: RuleIx) -> bool {
        self.rule == of && self.all.iter().any(|place| place.contains(&rule))
    }
}

/// Applies composite rules to matches by start: raises members, adds findings. Answers whether anything changed.
pub(crate) fn apply(made: &[Made], text: &str, matches: &mut Vec<Match>) -> bool {
    let is_possible = |rule: &Made| rule.all.iter().all(|place| matches.iter().any(|m| place.contains(&m.rule)));
    let possible: Vec<&Made> = made.iter().filter(|rule| is_possible(rule)).collect();
    if possible.is_empty() {
        return false;
    }
    let numbers = line_numbers(text, matches);
    let mut added = Vec::new();
    let mut changed = false;
    for rule in possible {
        for group in groups(rule, matches, &numbers) {
            changed = true;
            if rule.boost.is_empty() {
                added.extend(own(rule, &group, matches));
            }
            for member in group {
                let Some(one) = matches.get_mut(member) else { continue };
                if let Some((_, points)) = rule.boost.iter().find(|(r, _)| *r == one.rule) {
                    one.score = u8::try_from((i16::from(one.score) + points).clamp(0, 100)).unwrap_or(0);
                    one.terms.push(Term::new(TERM, *points));
                }
            }
        }
    }
    matches.append(&mut added);
    changed
}

/// The term of a score that a composite rule changed.
pub(crate) const TERM: &str = "composite";

fn own(rule: &Made, group: &[usize], matches: &[Match]) -> Option<Match> {
    let members = || group.iter().filter_map(|at| matches.get(*at));
    let span: Range<usize> = members().map(|m| m.span.start).min()?..members().map(|m| m.span.end).max()?;
    let score = u8::try_from(rule.base.clamp(0, 100)).unwrap_or(0);
    Some(Match { rule: rule.rule, span, score, terms: vec![Term::new("base", rule.base)], also: Vec::new() })
}

/// Members that stand together, each match in one group at most. One walk: for each place the last match that fits it.
fn groups(rule: &Made, matches: &[Match], numbers: &[usize]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    let mut last: Vec<Option<usize>> = vec![None; rule.all.len()];
    for (at, one) in matches.iter().enumerate() {
        let line = |at: usize| numbers.get(at).copied().unwrap_or(0);
        let is_far = |other: usize| line(at) - line(other) >= rule.lines;
        for held in &mut last {
            *held = held.filter(|other| !is_far(*other));
        }
        let touches = |other: usize| matches.get(other).is_some_and(|m| overlaps(&m.span, &one.span));
        if last.iter().flatten().any(|other| touches(*other)) {
            continue;
        }
        // A place that is free before one that is taken.
        let fits = |place: &&usize| rule.all.get(**place).is_some_and(|rules| rules.contains(&one.rule));
        let places: Vec<usize> = (0..last.len()).collect();
        let free = places.iter().filter(|p| last.get(**p).is_some_and(Option::is_none)).find(fits);
        let Some(place) = free.or_else(|| places.iter().find(fits)) else { continue };
        if let Some(cell) = last.get_mut(*place) {
            *cell = Some(at);
        }
        if last.iter().all(Option::is_some) {
            out.push(last.iter_mut().filter_map(Option::take).collect());
        }
    }
    out
}

/// The number of the line on which each match begins; matches are by start.
fn line_numbers(text: &str, matches: &[Match]) -> Vec<usize> {
    let mut ends = lines(text).map(|line| line.end).enumerate().peekable();
    let number = |m: &Match| {
        while ends.peek().is_some_and(|(_, end)| *end <= m.span.start) {
            ends.next();
        }
        ends.peek().map_or(usize::MAX, |(nth, _)| *nth)
    };
    matches.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: u16, span: Range<usize>) -> Match {
        Match { rule: RuleIx(rule), span, score: 40, terms: Vec::new(), also: Vec::new() }
    }

    fn made(all: &[&[u16]], lines: usize, boost: &[(u16, i16)]) -> Made {
        let rules = |place: &&[u16]| place.iter().map(|r| RuleIx(*r)).collect();
        let boost = boost.iter().map(|(r, points)| (RuleIx(*r), *points)).collect();
        Made { rule: RuleIx(9), base: 45, all: all.iter().map(rules).collect(), lines, boost }
    }

    #[test]
    fn members_that_stand_together_are_one_finding() {
        let text = "a b\nc\n\nd e\n";
        // Rules and places of what was found, lines, spans of the findings.
        type Case = (&'static [(u16, usize)], &'static [&'static [u16]], usize, &'static [(usize, usize)]);
        let cases: [Case; 8] = [
            (&[(1, 0), (2, 2)], &[&[1], &[2]], 1, &[(0, 3)]),
            (&[(2, 0), (1, 2)], &[&[1], &[2]], 1, &[(0, 3)]),
            (&[(1, 0), (2, 4)], &[&[1], &[2]], 1, &[]),
            (&[(1, 0), (2, 4)], &[&[1], &[2]], 2, &[(0, 5)]),
            (&[(1, 0), (2, 4), (1, 7), (3, 9)], &[&[1], &[2, 3]], usize::MAX, &[(0, 5), (7, 10)]),
            (&[(1, 0), (1, 2)], &[&[1], &[1]], 1, &[(0, 3)]),
            (&[(1, 0)], &[&[1], &[1]], 1, &[]),
            (&[(1, 0), (2, 0)], &[&[1], &[2]], 1, &[]),
        ];
        for (members, all, lines, spans) in cases {
            let mut matches: Vec<Match> = members.iter().map(|(rule, at)| found(*rule, *at..at + 1)).collect();
            let changed = apply(&[made(all, lines, &[])], text, &mut matches);
            let own: Vec<(usize, usize)> =
                matches.iter().filter(|m| m.rule == RuleIx(9)).map(|m| (m.span.start, m.span.end)).collect();
            assert_eq!(own, spans, "{members:?} {all:?} {lines}");
            assert_eq!(changed, !spans.is_empty());
        }
    }

    #[test]
    fn members_are_raised() {
        let mut matches = vec![found(1, 0..1), found(2, 2..3), found(2, 7..8)];
        assert!(apply(&[made(&[&[1], &[2]], 1, &[(2, 25)])], "a b\nc\n\nd e\n", &mut matches));
        assert_eq!(matches.iter().map(|m| m.score).collect::<Vec<_>>(), [40, 65, 40]);
    }
}
