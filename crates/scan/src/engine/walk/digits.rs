//! The digit side of a scan: runs of digits lead to numbers, identifiers, and expressions.

use super::{Layer, Trace, Walk, Windows};
use crate::RuleIx;
use crate::compiled::{Compiled, DIGITS_MAX, Kind, Token};
use crate::context::Nearby;
use crate::judge::{self, Run};
use crate::scout::digit::{self, Group};
use crate::scout::number::{self, Place, Rules};
use crate::scout::shape::ShapeOf;
use crate::scout::token;
use crate::text::before;
use std::ops::Range;

/// Bytes before and after the first digits of an identifier at most: its letters, and its characters with separators
/// between them, …
const HEAD_BYTES: usize = Token::LETTERS_MAX + 1;
const REACH: usize = 2 * Token::CHARS_MAX;
/// … of which some may be line ends with a quote prefix.
const LINE_ENDS_BYTES: usize = 2 * (digit::QUOTE_CHARS_MAX + 2);
/// Bytes of most numbers at most, with their gaps.
const NUMBER_BYTES: usize = 256;

impl<'s> Walk<'s, '_> {
    /// Digits, identifiers, and expressions that are led by digits.
    pub(super) fn digits(&mut self, layer: &mut Layer<'_, 's>) {
        let set = self.set;
        let bytes = layer.text.as_bytes();
        let mut windows = Windows::new(set);
        let mut run = Run::default();
        let mut at = 0;
        while let Some(next) = digit::next_run(bytes, at, &mut run.groups, set.scouts.numbers.digits_max) {
            at = next;
            let Some((first, last)) = run.groups.first().zip(run.groups.last()) else { continue };
            if !layer.counts(&(first.start.saturating_sub(REACH)..last.end + REACH)) {
                continue;
            }
            self.numbers(layer, &mut run);
            for (nth, group) in run.groups.iter().enumerate() {
                if !before(bytes, group.start).is_ascii_digit() {
                    self.runs(layer, run.groups.get(nth..).unwrap_or_default(), &mut windows);
                }
            }
        }
        self.flush(layer, windows);
    }

    /// Identifiers and expressions, which are led by digits alone: a letter that stands for a digit is a letter for them.
    fn runs(&mut self, layer: &mut Layer<'_, 's>, groups: &[Group], windows: &mut Windows) {
        let set = self.set;
        let bytes = layer.text.as_bytes();
        let Some(group) = groups.first() else { return };
        if group.lookalikes == 0 {
            let reach = self.shapes_near(layer, group.start);
            let near = std::mem::take(&mut layer.shapes.1);
            let mut done = None;
            let each = |of| self.token(layer, of, group.start, &reach, &mut done);
            set.scouts.shapes.at(bytes, groups, &near, each);
            layer.shapes.1 = near;
            return self.led(layer, group.start..group.end, windows);
        }
        let mut start = group.start;
        while start < group.end {
            let end = start + bytes.iter().skip(start).take_while(|b| b.is_ascii_digit()).count();
            let reach = self.shapes_near(layer, start);
            let near = std::mem::take(&mut layer.shapes.1);
            let mut done = None;
            let each = |of| self.token(layer, of, start, &reach, &mut done);
            set.scouts.shapes.at_run(bytes, &(start..end), &near, each);
            layer.shapes.1 = near;
            self.led(layer, start..end, windows);
            start = end + 1;
        }
    }

    /// Chooses the shapes of identifiers whose first digits begin at `start` by what can stand near them. Gives all that can
    /// be one identifier.
    fn shapes_near(&self, layer: &mut Layer<'_, 's>, start: usize) -> Range<usize> {
        let bytes = layer.text.as_bytes();
        let mut end = start + REACH;
        if bytes.get(start..end).is_none_or(|b| b.contains(&b'\n')) {
            end += LINE_ENDS_BYTES;
        }
        let reach = start.saturating_sub(HEAD_BYTES)..end.min(bytes.len());
        let chunk = Nearby::chunk(&reach);
        if layer.shapes.0.is_none() || layer.shapes.0 != chunk {
            let Layer { text, nearby, shapes, .. } = layer;
            let is_open = self.is_open();
            let near = nearby.rules(text, &reach);
            let has =
                |rule: RuleIx| near.get(usize::from(rule.0 / 64)).is_none_or(|cell| cell >> (rule.0 % 64) & 1 == 1);
            self.set.scouts.shapes.near(|rule| is_open || has(rule), &mut shapes.1);
            shapes.0 = chunk;
        }
        reach
    }

    fn led(&mut self, layer: &mut Layer<'_, 's>, run: Range<usize>, windows: &mut Windows) {
        let leads = &self.set.scouts.digit_runs;
        leads.at(
            layer.text.as_bytes(),
            run.start,
            run.end,
            &[],
            |_| u64::MAX,
            |rule| {
                if self.wants(*rule) {
                    self.count(*rule, |w| w.hits += 1);
                    self.window(layer, *rule, run.clone(), true, windows);
                }
            },
        );
    }

    /// Every stretch of a run of groups that can be a number of some rule.
    fn numbers(&mut self, layer: &mut Layer<'_, 's>, run: &mut Run) {
        let bytes = layer.text.as_bytes();
        let numbers = &self.set.scouts.numbers;
        if run.groups.iter().map(Group::len).sum::<usize>() < numbers.digits_min {
            return;
        }
        run.read(bytes);
        for (first, group) in run.groups.iter().enumerate() {
            let sign = before(bytes, group.start);
            let is_led = numbers.is_lead(if sign == b'(' { before(bytes, group.start - 1) } else { sign });
            self.from(layer, run, first, number::place(&run.groups, first));
            if is_led {
                self.from(layer, run, first, Place::Led);
            }
        }
    }

    /// The stretches that begin with the group at `first`.
    fn from(&mut self, layer: &mut Layer<'_, 's>, run: &Run, first: usize, place: Place) {
        let numbers = &self.set.scouts.numbers;
        let groups = run.groups.get(first..).unwrap_or_default();
        let Some(len) = groups.first().map(Group::len) else { return };
        let head = run.head(first);
        let reach = reach(groups);
        let bare = if place == Place::Row { Place::Free } else { place };
        if len <= numbers.digits_max
            && let Some(rules) = numbers.bare(bare, len, head / 100)
        {
            self.number(layer, &run.number(first, first + 1, len, 0), rules, &reach);
        }
        if groups.len() == 1 {
            return;
        }
        for (count, rules) in numbers.grouped(place, groups).filter(|(count, rules)| *count > 1 && !rules.is_empty()) {
            let taken = groups.iter().take(count).map(Group::len).sum();
            let gaps = groups.iter().take(count).skip(1).fold(0, |gaps, group| gaps | group.gap);
            self.number(layer, &run.number(first, first + count, taken, gaps), rules, &reach);
        }
        let (without, near) = numbers.any_lengths(place, head);
        let lengths = without | near;
        let (mut taken, mut gaps) = (len, 0);
        for (nth, group) in groups.iter().enumerate().skip(1) {
            taken += group.len();
            gaps |= group.gap;
            if taken > DIGITS_MAX || lengths >> taken == 0 {
                break;
            }
            if lengths >> taken & 1 == 1
                && let Some(rules) = numbers.any(place, taken, head / 100)
            {
                self.number(layer, &run.number(first, first + nth + 1, taken, gaps), rules, &reach);
            }
        }
    }

    /// What needs a word of context, or to be of a country that is expected, is asked only where that is possible: around
    /// `reach`, in which the number stands.
    fn number(&mut self, layer: &mut Layer<'_, 's>, number: &judge::Number<'_>, rules: &Rules, reach: &Range<usize>) {
        for rule in &rules.without {
            self.number_of(layer, number, *rule, None);
        }
        if rules.near.is_empty() {
            return;
        }
        let sign = before(layer.text.as_bytes(), number.part(false).start);
        let part = number.part(sign == b'(' || self.set.scouts.numbers.is_lead(sign));
        for (cell, bits) in &rules.near {
            let near = if self.is_open() { u64::MAX } else { layer.nearby.cell(*cell, layer.text, reach) };
            let mut bits = bits & near;
            while bits != 0 {
                let rule = RuleIx((cell * 64) as u16 + bits.trailing_zeros() as u16);
                self.number_of(layer, number, rule, Some(&part));
                bits &= bits - 1;
            }
        }
    }

    /// A number as one of a rule's; a word of context must stand near `part`, if it is given.
    fn number_of(
        &mut self,
        layer: &mut Layer<'_, 's>,
        number: &judge::Number<'_>,
        rule: RuleIx,
        part: Option<&Range<usize>>,
    ) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Digits(digits) = &compiled.kind else { return };
        let needs_word = part.filter(|_| !self.is_expected(compiled));
        if !self.wants(rule)
            || !number.may_be(digits, compiled, self.trace == Trace::All)
            || needs_word.is_some_and(|part| !compiled.context.may_be_near(layer.text, part, &mut layer.nearby))
        {
            return;
        }
        self.count(rule, |w| w.hits += 1);
        if let Some((span, evidence)) = number.judge(layer.text, digits, compiled, self.is_traced()) {
            self.keep(layer, rule, span, evidence);
        }
    }

    /// Can rules be meant that need a word of context where none stands?
    fn is_open(&self) -> bool {
        !self.is_gated() || !self.hints.countries.is_empty()
    }

    /// May something follow without a word of context: because it is of a country that is expected, or because somebody
    /// asks why not?
    fn is_expected(&self, rule: &Compiled) -> bool {
        let is_home = rule.country.as_ref().is_some_and(|c| self.hints.countries.contains(c)) && !rule.need_near;
        is_home || !self.is_gated()
    }

    /// An identifier whose first digits begin at `start`, in one of the shapes of a rule; the first that fits is the one.
    fn token(
        &mut self,
        layer: &mut Layer<'_, 's>,
        of: ShapeOf,
        start: usize,
        reach: &Range<usize>,
        done: &mut Option<RuleIx>,
    ) {
        let ShapeOf { rule, at, needs_word } = of;
        if *done == Some(rule) || !self.wants(rule) {
            return;
        }
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Token(token) = &compiled.kind else { return };
        let Some(shape) = token.shapes.get(at) else { return };
        if needs_word
            && !self.is_expected(compiled)
            && !compiled.context.may_be_near(layer.text, reach, &mut layer.nearby)
        {
            return;
        }
        self.count(rule, |w| w.hits += 1);
        let bytes = layer.text.as_bytes();
        let Some(found) = token::read(bytes, start, shape, token, &compiled.validators) else { return };
        *done = Some(rule);
        if let Some(evidence) = judge::token(compiled, &found, self.is_traced()) {
            self.keep(layer, rule, found.span, evidence);
        }
    }
}

/// Around the first of some groups: all that can be one number with it.
fn reach(groups: &[Group]) -> Range<usize> {
    let start = groups.first().map_or(0, |group| group.start);
    let most = groups.get(..DIGITS_MAX.min(groups.len())).unwrap_or_default();
    let mut end = most.last().map_or(start, |group| group.end);
    if end - start > NUMBER_BYTES {
        let short = most.iter().take_while(|group| group.len() <= DIGITS_MAX).last();
        end = short.or(most.first()).map_or(start, |group| group.end);
    }
    // A sign or two may stand before it.
    start.saturating_sub(2)..end
}
