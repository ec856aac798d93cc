//! Which digits rules a stretch of groups can be one of: by place, grouping, number of digits and first digit. A stretch
//! costs the same however many rules there are, and most stretches of a long run cost nothing.

use super::digit::{self, Group};
use crate::RuleIx;
use crate::compiled::{Compiled, DIGITS_MAX, Digits, Kind};
use crate::engine::SCORE_MIN;
use crate::judge::{EMBEDDED, HOME, IN_ROW};

/// What stands before a stretch, as far as it decides which rules are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing that speaks against it.
    Free,
    /// A group of the same size, after a space: it may be any stretch of a row.
    Row,
    /// Digits that are tied to it.
    Embedded,
}

/// Sizes of a group that groupings can name.
const SIZES: usize = 16;
const PLACES: usize = 3;

/// A node of the tree of groupings.
#[derive(Debug, Default)]
struct Node {
    /// By size of the next group; 0: none.
    next: [u16; SIZES],
    /// Rules of which this is a grouping, by place.
    rules: [Vec<RuleIx>; PLACES],
}

/// Digits rules by what a stretch looks like.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Rules of one group that need no word of context, by place, length and first digit.
    bare: Vec<Vec<RuleIx>>,
    /// Those that come to nothing without one, unless it is an identifier of a country that is expected.
    bare_near: Vec<Vec<RuleIx>>,
    /// Rules of several groups that take any grouping, and those of them that come to nothing without a word of context.
    any: Vec<Vec<RuleIx>>,
    any_near: Vec<Vec<RuleIx>>,
    /// By place and first digit: bit n is set if `any` has rules of n digits.
    any_lengths: [[u32; 10]; PLACES],
    /// Groupings as a tree; the first node is its root.
    nodes: Vec<Node>,
    /// Most digits of a rule.
    pub(crate) digits_max: usize,
    /// Fewest digits of a rule.
    pub(crate) digits_min: usize,
}

impl Default for Numbers {
    fn default() -> Numbers {
        let cells = || (0..PLACES * (DIGITS_MAX + 1) * 10).map(|_| Vec::new()).collect::<Vec<Vec<RuleIx>>>();
        Numbers {
            bare: cells(),
            bare_near: cells(),
            any: cells(),
            any_near: cells(),
            any_lengths: [[0; 10]; PLACES],
            nodes: vec![Node::default()],
            digits_max: 1,
            digits_min: usize::MAX,
        }
    }
}

fn cell(place: Place, digits: usize, first: usize) -> usize {
    (place as usize * (DIGITS_MAX + 1) + digits) * 10 + first
}

/// Can a stretch at such a place reach a score that is reported? With or without a word of context, and with what being of
/// an expected country adds.
fn is_possible(rule: &Compiled, digits: &Digits, place: Place, is_grouped: bool, is_near: bool, home: i16) -> bool {
    let penalty = match place {
        Place::Embedded if digits.lead.is_none() => EMBEDDED,
        Place::Row if digits.lead.is_none() => IN_ROW,
        _ => 0,
    };
    let score = &rule.score;
    let prefix = digits.prefixes.iter().map(|p| p.points).max().unwrap_or(0);
    let grouped = if is_grouped { score.grouped.max(0) } else { 0 };
    let near = match (is_near, is_grouped) {
        (true, _) => score.near.max(0),
        (false, true) => 0,
        (false, false) => score.bare,
    };
    let valid = score.valid.max(score.invalid.unwrap_or(0)).max(0);
    let irregular = if is_grouped { score.irregular.unwrap_or(0).max(0) } else { 0 };
    score.base + valid + prefix + grouped.max(irregular) + near + home + penalty >= i16::from(SCORE_MIN)
}

impl Numbers {
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (RuleIx, &'r Compiled)>) -> Numbers {
        let mut numbers = Numbers::default();
        for (ix, rule) in rules {
            if let Kind::Digits(digits) = &rule.kind {
                numbers.add(ix, rule, digits);
            }
        }
        numbers
    }

    fn add(&mut self, ix: RuleIx, rule: &Compiled, digits: &Digits) {
        let takes_any = digits.groupings.is_empty() || rule.score.irregular.is_some();
        for length in (0..=DIGITS_MAX).filter(|n| digits.lengths >> n & 1 == 1) {
            self.digits_max = self.digits_max.max(length);
            self.digits_min = self.digits_min.min(length);
            for (first, _) in digits.starts.iter().enumerate().filter(|(_, l)| **l >> length & 1 == 1) {
                for place in [Place::Free, Place::Row, Place::Embedded] {
                    let at = cell(place, length, first);
                    let without = !rule.need_near && is_possible(rule, digits, place, false, false, 0);
                    let list = if without { &mut self.bare } else { &mut self.bare_near };
                    if place != Place::Row && (without || is_possible(rule, digits, place, false, true, HOME)) {
                        list.get_mut(at).into_iter().for_each(|cell| cell.push(ix));
                    }
                    if takes_any && is_possible(rule, digits, place, true, true, HOME) {
                        let without = !rule.need_near && is_possible(rule, digits, place, true, false, 0);
                        let list = if without { &mut self.any } else { &mut self.any_near };
                        list.get_mut(at).into_iter().for_each(|cell| cell.push(ix));
                        if let Some(lengths) = self.any_lengths.get_mut(place as usize).and_then(|l| l.get_mut(first)) {
                            *lengths |= 1 << length;
                        }
                    }
                }
            }
        }
        if !takes_any {
            digits.groupings.iter().for_each(|grouping| self.grow(ix, rule, digits, *grouping));
        }
    }

    fn grow(&mut self, ix: RuleIx, rule: &Compiled, digits: &Digits, grouping: u64) {
        let sizes = (0..SIZES).rev().map(|i| grouping >> (4 * i) & 15).skip_while(|size| *size == 0);
        let mut at = 0;
        for size in sizes {
            let fresh = u16::try_from(self.nodes.len()).unwrap_or(0);
            let Some(next) = self.nodes.get_mut(at).and_then(|node| node.next.get_mut(size as usize)) else { return };
            if *next == 0 {
                *next = fresh;
                self.nodes.push(Node::default());
            }
            at = usize::from(self.nodes.get(at).and_then(|node| node.next.get(size as usize)).copied().unwrap_or(0));
        }
        for place in [Place::Free, Place::Row, Place::Embedded] {
            if is_possible(rule, digits, place, true, true, HOME)
                && let Some(rules) = self.nodes.get_mut(at).and_then(|node| node.rules.get_mut(place as usize))
                && !rules.contains(&ix)
            {
                rules.push(ix);
            }
        }
    }

    /// Rules for one group alone; the second list's need a word of context.
    pub(crate) fn bare(&self, place: Place, digits: usize, first: usize) -> (&[RuleIx], &[RuleIx]) {
        let at = cell(place, digits, first);
        (self.bare.get(at).map_or(&[], Vec::as_slice), self.bare_near.get(at).map_or(&[], Vec::as_slice))
    }

    /// Bit n: some rule takes n digits in any groups.
    pub(crate) fn any_lengths(&self, place: Place, first: usize) -> u32 {
        self.any_lengths.get(place as usize).and_then(|l| l.get(first)).copied().unwrap_or(0)
    }

    /// Rules that take so many digits in any groups; the second list's need a word of context.
    pub(crate) fn any(&self, place: Place, digits: usize, first: usize) -> (&[RuleIx], &[RuleIx]) {
        let at = cell(place, digits, first);
        (self.any.get(at).map_or(&[], Vec::as_slice), self.any_near.get(at).map_or(&[], Vec::as_slice))
    }

    /// For each grouping that begins with these groups: how many groups it has, and its rules.
    pub(crate) fn grouped<'s>(
        &'s self,
        place: Place,
        groups: &'s [Group],
    ) -> impl Iterator<Item = (usize, &'s [RuleIx])> + 's {
        let mut at = 0;
        groups.iter().enumerate().map_while(move |(nth, group)| {
            let next = self.nodes.get(at)?.next.get(group.len().min(SIZES))?;
            at = usize::from(*next);
            if at == 0 {
                return None;
            }
            Some((nth + 1, self.nodes.get(at)?.rules.get(place as usize)?.as_slice()))
        })
    }
}

/// What stands before the group at `first`.
pub(crate) fn place(groups: &[Group], first: usize) -> Place {
    let Some(group) = groups.get(first) else { return Place::Free };
    if digit::is_joined(group.gap) {
        return Place::Embedded;
    }
    let previous = first.checked_sub(1).and_then(|i| groups.get(i));
    match previous {
        Some(previous) if group.gap & digit::SPACE != 0 && previous.len() == group.len() => Place::Row,
        _ => Place::Free,
    }
}
