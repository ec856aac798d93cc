//! Which digits rules a stretch of groups can be one of: by place, grouping, number of digits and first digit. A stretch
//! costs the same however many rules there are, and most stretches of a long run cost nothing.

use super::digit::{self, Group};
use crate::RuleIx;
use crate::compiled::{Compiled, DIGITS_MAX, Digits, HEAD_DIGITS, Kind, Prefix};
use crate::engine::SCORE_MIN;
use crate::judge::{EMBEDDED, HOME, IN_ROW};
use crate::needs::ByteSet;

/// What stands before a stretch, as far as it decides which rules are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing that speaks against it.
    Free,
    /// A group of the same size, after a space: it may be any stretch of a row.
    Row,
    /// Digits that are tied to it.
    Embedded,
    /// A character that a rule asks for and that belongs to the number; such rules alone are meant.
    Led,
}

/// Sizes of a group that groupings can name.
const SIZES: usize = 16;
const PLACES: [Place; 4] = [Place::Free, Place::Row, Place::Embedded, Place::Led];
/// Values of the first three digits.
const HEADS: usize = 1_000;

/// Rules that may be meant, apart by whether they come to nothing without a word of context, unless it is an identifier
/// of a country that is expected.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rules {
    pub(crate) without: Vec<RuleIx>,
    /// As bits of cells of 64 rules, those that have any.
    pub(crate) near: Vec<(usize, u64)>,
}

impl Rules {
    fn add(&mut self, rule: RuleIx, is_without: bool) {
        if is_without {
            if !self.without.contains(&rule) {
                self.without.push(rule);
            }
            return;
        }
        let (at, bit) = (usize::from(rule.0 / 64), 1 << (rule.0 % 64));
        match self.near.iter_mut().find(|(cell, _)| *cell == at) {
            Some((_, bits)) => *bits |= bit,
            None => self.near.push((at, bit)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.without.is_empty() && self.near.is_empty()
    }
}

/// A node of the tree of groupings.
#[derive(Debug, Default)]
struct Node {
    /// By size of the next group; 0: none.
    next: [u16; SIZES],
    /// Rules of which this is a grouping, by place.
    rules: [Rules; PLACES.len()],
}

/// Digits rules by what a stretch looks like.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Rules of one group, by place, length and first digit.
    bare: Vec<Rules>,
    /// Rules of several groups that take any grouping.
    any: Vec<Rules>,
    /// By place and first three digits: bit n is set if `any` has rules of n digits that need no word of context …
    without: Vec<u32>,
    /// … or that need one.
    near: Vec<u32>,
    /// Groupings as a tree; the first node is its root.
    nodes: Vec<Node>,
    /// Characters that a rule asks for before the digits.
    leads: ByteSet,
    /// Most digits of a rule.
    pub(crate) digits_max: usize,
    /// Fewest digits of a rule.
    pub(crate) digits_min: usize,
}

impl Default for Numbers {
    fn default() -> Numbers {
        let cells = || vec![Rules::default(); PLACES.len() * (DIGITS_MAX + 1) * 10];
        Numbers {
            bare: cells(),
            any: cells(),
            without: vec![0; PLACES.len() * HEADS],
            near: vec![0; PLACES.len() * HEADS],
            nodes: vec![Node::default()],
            leads: ByteSet::default(),
            digits_max: 1,
            digits_min: usize::MAX,
        }
    }
}

fn cell(place: Place, digits: usize, first: usize) -> usize {
    (place as usize * (DIGITS_MAX + 1) + digits) * 10 + first
}

/// Lengths that the prefixes of a rule allow behind these three digits, as in [`Digits::lengths`].
fn lengths(digits: &Digits, head: usize) -> u32 {
    let unit = 10_u64.pow(HEAD_DIGITS as u32 - 3);
    let begins = |p: &&Prefix| (p.from / unit..=p.to / unit).contains(&(head as u64));
    let allowed = digits.prefixes.iter().filter(begins).map(|p| if p.lengths == 0 { u32::MAX } else { p.lengths });
    if digits.prefixes.is_empty() { digits.lengths } else { digits.lengths & allowed.fold(0, |all, p| all | p) }
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
        self.leads = digits.lead.map_or(self.leads, |lead| self.leads.with(&ByteSet::range(lead, lead)));
        let all: Vec<usize> = (0..=DIGITS_MAX).filter(|n| digits.lengths >> n & 1 == 1).collect();
        self.digits_max = all.iter().fold(self.digits_max, |max, n| max.max(*n));
        self.digits_min = all.iter().fold(self.digits_min, |min, n| min.min(*n));
        let heads: Vec<u32> = (0..HEADS).map(|head| lengths(digits, head)).collect();
        for place in places(digits) {
            let is_possible = |is_grouped, is_near, home| is_possible(rule, digits, place, is_grouped, is_near, home);
            let is_bare = (!rule.need_near && is_possible(false, false, 0), is_possible(false, true, HOME));
            let is_any = (!rule.need_near && is_possible(true, false, 0), is_possible(true, true, HOME));
            for length in &all {
                for (first, _) in digits.starts.iter().enumerate().filter(|(_, l)| **l >> length & 1 == 1) {
                    let at = cell(place, *length, first);
                    if place != Place::Row && (is_bare.0 || is_bare.1) {
                        self.bare.get_mut(at).into_iter().for_each(|cell| cell.add(ix, is_bare.0));
                    }
                    if takes_any && is_any.1 {
                        self.any.get_mut(at).into_iter().for_each(|cell| cell.add(ix, is_any.0));
                    }
                }
            }
            if takes_any && is_any.1 {
                let masks = if is_any.0 { &mut self.without } else { &mut self.near };
                let masks = masks.iter_mut().skip(place as usize * HEADS).zip(&heads);
                masks.for_each(|(mask, own)| *mask |= own);
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
        for place in places(digits).filter(|place| is_possible(rule, digits, *place, true, true, HOME)) {
            let is_without = !rule.need_near && is_possible(rule, digits, place, true, false, 0);
            let rules = self.nodes.get_mut(at).and_then(|node| node.rules.get_mut(place as usize));
            rules.into_iter().for_each(|rules| rules.add(ix, is_without));
        }
    }

    /// Is it a character that a rule asks for?
    pub(crate) fn is_lead(&self, b: u8) -> bool {
        self.leads.has(b)
    }

    /// Rules for one group alone.
    pub(crate) fn bare(&self, place: Place, digits: usize, first: usize) -> Option<&Rules> {
        self.bare.get(cell(place, digits, first)).filter(|rules| !rules.is_empty())
    }

    /// Bit n: some rule takes n digits that begin with these three in any groups, without a word of context and with one.
    pub(crate) fn any_lengths(&self, place: Place, head: usize) -> (u32, u32) {
        let at = place as usize * HEADS + head;
        (self.without.get(at).copied().unwrap_or(0), self.near.get(at).copied().unwrap_or(0))
    }

    /// Rules that take so many digits in any groups.
    pub(crate) fn any(&self, place: Place, digits: usize, first: usize) -> Option<&Rules> {
        self.any.get(cell(place, digits, first))
    }

    /// For each grouping that begins with these groups: how many groups it has, and its rules.
    pub(crate) fn grouped<'s>(
        &'s self,
        place: Place,
        groups: &'s [Group],
    ) -> impl Iterator<Item = (usize, &'s Rules)> + 's {
        let mut at = 0;
        groups.iter().enumerate().map_while(move |(nth, group)| {
            let next = self.nodes.get(at)?.next.get(group.len().min(SIZES))?;
            at = usize::from(*next);
            if at == 0 {
                return None;
            }
            Some((nth + 1, self.nodes.get(at)?.rules.get(place as usize)?))
        })
    }
}

/// Where numbers of a rule are looked for.
fn places(digits: &Digits) -> impl Iterator<Item = Place> {
    let is_led = digits.lead.is_some();
    PLACES.into_iter().filter(move |place| (*place == Place::Led) == is_led)
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
