//! Rules made of rules: what matches mean together.

use super::table::lines;
use crate::compiled::{Compiled, Kind};
use crate::context::{Breaks, Within, window};
use crate::engine::{Match, Memory, Term};
use crate::text::{contains, overlaps};
use crate::{Class, RuleInfo, RuleIx};
use std::cell::LazyCell;
use std::ops::Range;

/// A rule of kind `composite`.
#[derive(Debug)]
pub(crate) struct Composite {
    /// What must stand together: names of rules or classes, several of which may fill one place.
    pub(crate) all: Vec<Vec<String>>,
    /// How far apart.
    pub(crate) reach: Reach,
    /// Points for members by rule or class; without any, the rule reports a finding of its own, from the first of its
    /// members to the last.
    pub(crate) boost: Vec<(String, i16)>,
}

/// How far apart members may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// In one cell of a table, or on one line outside of tables.
    Cell,
    /// Within so many lines.
    Lines(usize),
    /// Anywhere in the text, or in another text of the message, where a member counts by its class.
    Message,
    /// The same, or in an earlier message of the conversation.
    Thread,
}

/// The same with rules in place of names.
#[derive(Debug)]
pub(crate) struct Made {
    rule: RuleIx,
    base: i16,
    all: Vec<Vec<RuleIx>>,
    /// The classes of each place of `all`.
    classes: Vec<Vec<Class>>,
    reach: Reach,
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
            let all: Vec<Vec<RuleIx>> = all;
            let class = |rule: &RuleIx| infos.get(usize::from(rule.0)).map(|info| info.class);
            let classes = all.iter().map(|place| place.iter().filter_map(class).collect()).collect();
            made.push(Made { rule, base: compiled.score.base, all, classes, reach: composite.reach, boost });
        }
        if complaints.is_empty() { Ok(made) } else { Err(complaints) }
    }

    /// The classes that it looks for in other texts; in those of earlier messages, if that is asked.
    pub(crate) fn classes_beyond(&self, in_thread: bool) -> impl Iterator<Item = Class> {
        let is_far = self.reach == Reach::Thread || self.reach == Reach::Message && !in_thread;
        self.classes.iter().flatten().copied().filter(move |_| is_far)
    }

    /// Can what another text told stand for this place? Not for a place of the class of `here`: the same value stands in
    /// the other text as well.
    fn is_told(&self, place: usize, here: Class, memory: &dyn Memory) -> bool {
        let classes = self.classes.get(place).map(Vec::as_slice).unwrap_or_default();
        !classes.contains(&here) && classes.iter().any(|class| memory.holds(*class, self.reach == Reach::Thread))
    }

    /// Members that stand alone here and whose company stands in another text.
    fn told(&self, matches: &[Match], infos: &[RuleInfo], memory: &dyn Memory) -> Vec<Vec<usize>> {
        let company = |one: &Match| {
            let here = infos.get(usize::from(one.rule.0))?.class;
            let place = self.all.iter().position(|rules| rules.contains(&one.rule))?;
            (0..self.all.len()).all(|at| at == place || self.is_told(at, here, memory)).then_some(())
        };
        let alone = matches.iter().enumerate().filter(|(_, one)| company(one).is_some());
        alone.map(|(at, _)| vec![at]).collect()
    }

    /// Does this composite rule look at the findings of another one?
    pub(crate) fn has_member(&self, of: RuleIx, rule: RuleIx) -> bool {
        self.rule == of && self.all.iter().any(|place| place.contains(&rule))
    }
}

/// Applies composite rules to matches by start: raises members, adds findings. Answers whether anything changed. What other
/// texts hold is asked of `memory`.
pub(crate) fn apply(
    made: &[Made],
    infos: &[RuleInfo],
    text: &str,
    memory: Option<&dyn Memory>,
    matches: &mut Vec<Match>,
) -> bool {
    let has = |place: &Vec<RuleIx>| matches.iter().any(|m| place.contains(&m.rule));
    let is_possible = |rule: &&Made| match rule.reach {
        Reach::Message | Reach::Thread if memory.is_some() => rule.all.iter().any(has),
        _ => rule.all.iter().all(has),
    };
    let possible: Vec<&Made> = made.iter().filter(is_possible).collect();
    if possible.is_empty() {
        return false;
    }
    let numbers = line_numbers(text, matches);
    let mut added = Vec::new();
    let mut changed = false;
    for rule in possible {
        let mut all = groups(rule, text, matches, &numbers);
        if let Some(memory) = memory.filter(|_| all.is_empty() && matches!(rule.reach, Reach::Message | Reach::Thread))
        {
            all = rule.told(matches, infos, memory);
        }
        for group in all {
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
fn groups(rule: &Made, text: &str, matches: &[Match], numbers: &[usize]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    let breaks = LazyCell::new(|| Breaks::of(text));
    let mut last: Vec<Option<usize>> = vec![None; rule.all.len()];
    for (at, one) in matches.iter().enumerate() {
        let line = |at: usize| numbers.get(at).copied().unwrap_or(0);
        let span = |at: usize| matches.get(at).map_or(0..0, |m| m.span.clone());
        let is_far = |other: usize| match rule.reach {
            Reach::Cell => !contains(&window(text, &breaks, &span(other), Within::Cell), &span(at)),
            Reach::Lines(lines) => line(at) - line(other) >= lines,
            Reach::Message | Reach::Thread => false,
        };
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

    fn made(all: &[&[u16]], reach: Reach, boost: &[(u16, i16)]) -> Made {
        let rules = |place: &&[u16]| place.iter().map(|r| RuleIx(*r)).collect();
        let boost = boost.iter().map(|(r, points)| (RuleIx(*r), *points)).collect();
        let classes = all.iter().map(|place| place.iter().map(|r| class(*r)).collect()).collect();
        Made { rule: RuleIx(9), base: 45, all: all.iter().map(rules).collect(), classes, reach, boost }
    }

    fn class(rule: u16) -> Class {
        [Class::Custom, Class::Person, Class::BankAccount, Class::BankAccount]
            .get(usize::from(rule))
            .copied()
            .expect("one")
    }

    fn infos() -> Vec<RuleInfo> {
        let mode = crate::RuleMode::On;
        let info =
            |at| RuleInfo { id: String::new(), class: class(at), entity: String::new(), mode, exceptions: vec![] };
        (0..4).map(info).collect()
    }

    /// Classes of other texts of the message, and of earlier messages.
    struct Told(&'static [Class], &'static [Class]);

    impl Memory for Told {
        fn knows(&self, _: Class, _: &str) -> bool {
            false
        }

        fn holds(&self, class: Class, in_thread: bool) -> bool {
            self.0.contains(&class) || in_thread && self.1.contains(&class)
        }
    }

    #[test]
    fn company_may_stand_in_another_text() {
        let (here, before) = (Told(&[Class::Person], &[]), Told(&[], &[Class::Person]));
        let same = Told(&[Class::BankAccount], &[]);
        for (reach, told, is_found) in [
            (Reach::Message, &here, true),
            (Reach::Thread, &here, true),
            (Reach::Message, &before, false),
            (Reach::Thread, &before, true),
            (Reach::Message, &same, false),
            (Reach::Lines(5), &here, false),
            (Reach::Cell, &here, false),
        ] {
            let mut matches = vec![found(2, 2..3)];
            let changed = apply(&[made(&[&[1], &[2]], reach, &[])], &infos(), "a b", Some(told), &mut matches);
            assert_eq!(changed, is_found, "{reach:?}");
            assert_eq!(matches.get(1).map(|m| m.span.clone()), is_found.then_some(2..3));
        }
        // Two accounts are no company for each other through a memory: it may be the same one.
        let mut matches = vec![found(2, 2..3)];
        assert!(!apply(&[made(&[&[3], &[2]], Reach::Message, &[])], &infos(), "a b", Some(&same), &mut matches));
        let beyond = |reach, in_thread| made(&[&[1], &[2]], reach, &[]).classes_beyond(in_thread).count();
        assert_eq!(
            [beyond(Reach::Message, false), beyond(Reach::Message, true), beyond(Reach::Thread, true)],
            [2, 0, 2]
        );
    }

    #[test]
    fn members_share_a_cell() {
        for (text, is_found) in [("a|b c|d", true), ("a|b|c|d", false), ("a b c d", true)] {
            let mut matches = vec![found(1, 2..3), found(2, 4..5)];
            let made = [made(&[&[1], &[2]], Reach::Cell, &[])];
            assert_eq!(apply(&made, &infos(), text, None, &mut matches), is_found, "{text}");
        }
    }

    #[test]
    fn members_that_stand_together_are_one_finding() {
        let text = "a b\nc\n\nd e\n";
        // Rules and places of what was found, lines, spans of the findings.
        type Case = (&'static [(u16, usize)], &'static [&'static [u16]], Reach, &'static [(usize, usize)]);
        let (line, two, message) = (Reach::Lines(1), Reach::Lines(2), Reach::Message);
        let cases: [Case; 9] = [
            (&[(1, 0), (2, 2)], &[&[1], &[2]], line, &[(0, 3)]),
            (&[(2, 0), (1, 2)], &[&[1], &[2]], line, &[(0, 3)]),
            (&[(1, 0), (2, 4)], &[&[1], &[2]], line, &[]),
            (&[(1, 0), (2, 4)], &[&[1], &[2]], two, &[(0, 5)]),
            (&[(1, 0), (2, 4), (1, 7), (3, 9)], &[&[1], &[2, 3]], message, &[(0, 5), (7, 10)]),
            (&[(1, 0), (1, 2)], &[&[1], &[1]], line, &[(0, 3)]),
            (&[(1, 0)], &[&[1], &[1]], line, &[]),
            (&[(1, 0), (2, 0)], &[&[1], &[2]], line, &[]),
            (&[(1, 0), (2, 4)], &[&[1], &[2]], Reach::Cell, &[]),
        ];
        for (members, all, reach, spans) in cases {
            let mut matches: Vec<Match> = members.iter().map(|(rule, at)| found(*rule, *at..at + 1)).collect();
            let changed = apply(&[made(all, reach, &[])], &infos(), text, None, &mut matches);
            let own: Vec<(usize, usize)> =
                matches.iter().filter(|m| m.rule == RuleIx(9)).map(|m| (m.span.start, m.span.end)).collect();
            assert_eq!(own, spans, "{members:?} {all:?} {reach:?}");
            assert_eq!(changed, !spans.is_empty());
        }
    }

    #[test]
    fn members_are_raised() {
        let mut matches = vec![found(1, 0..1), found(2, 2..3), found(2, 7..8)];
        let made = [made(&[&[1], &[2]], Reach::Lines(1), &[(2, 25)])];
        assert!(apply(&made, &infos(), "a b\nc\n\nd e\n", None, &mut matches));
        assert_eq!(matches.iter().map(|m| m.score).collect::<Vec<_>>(), [40, 65, 40]);
    }
}
