//! The digit side of a scan: runs of digits lead to numbers, identifiers, and expressions.

use super::{Layer, Walk, Windows};
use crate::RuleIx;
use crate::compiled::{Kind, Token};
use crate::judge;
use crate::scout::digit::{self, Group};
use crate::scout::number::{self, Place};
use crate::scout::shape::ShapeOf;
use crate::scout::token;
use crate::text::{before, byte};
use std::ops::Range;

/// Bytes before and after a run of digits that what it leads to reaches at most, expressions aside: letters of an identifier
/// with separators between them, a sign before a number.
const REACH: usize = 2 * Token::CHARS_MAX;

impl<'s> Walk<'s, '_> {
    /// Digits, identifiers, and expressions that are led by digits.
    pub(super) fn digits(&mut self, layer: &mut Layer<'_, 's>) {
        let set = self.set;
        let bytes = layer.text.as_bytes();
        let mut windows = Windows::new(set);
        let mut groups = Vec::new();
        let mut at = 0;
        while let Some(next) = digit::next_run(bytes, at, &mut groups, set.scouts.numbers.digits_max) {
            at = next;
            let Some((first, last)) = groups.first().zip(groups.last()) else { continue };
            if !layer.counts(&(first.start.saturating_sub(REACH)..last.end + REACH)) {
                continue;
            }
            self.numbers(layer, &groups);
            for (nth, group) in groups.iter().enumerate() {
                if !before(bytes, group.start).is_ascii_digit() {
                    self.runs(layer, groups.get(nth..).unwrap_or_default(), &mut windows);
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
            self.tokens(layer, group.start, set.scouts.shapes.at(bytes, groups));
            return self.led(layer, group.start..group.end, windows);
        }
        let mut start = group.start;
        while start < group.end {
            let end = start + bytes.iter().skip(start).take_while(|b| b.is_ascii_digit()).count();
            self.tokens(layer, start, set.scouts.shapes.at_run(bytes, start, end));
            self.led(layer, start..end, windows);
            start = end + 1;
        }
    }

    fn led(&mut self, layer: &mut Layer<'_, 's>, run: Range<usize>, windows: &mut Windows) {
        let leads = &self.set.scouts.digit_runs;
        for rule in leads.at(layer.text.as_bytes(), run.start, run.end, |_| u64::MAX) {
            if self.wants(*rule) {
                self.count(*rule, |w| w.hits += 1);
                self.window(layer, *rule, run.clone(), true, windows);
            }
        }
    }

    /// Every stretch of a run of groups that can be a number of some rule.
    fn numbers(&mut self, layer: &mut Layer<'_, 's>, groups: &[Group]) {
        let bytes = layer.text.as_bytes();
        let numbers = &self.set.scouts.numbers;
        for (first, group) in groups.iter().enumerate() {
            let place = number::place(groups, first);
            let digit = usize::from(byte(bytes, group.start).wrapping_sub(b'0'));
            if (numbers.digits_min..=numbers.digits_max).contains(&group.len()) {
                self.bare(layer, groups, first, digit);
            }
            for (count, rules) in numbers.grouped(place, groups.get(first..).unwrap_or_default()) {
                let mut number = judge::Number::new(groups, first);
                if count > 1 && !rules.is_empty() && (0..count).all(|_| number.extend(bytes, numbers.digits_max)) {
                    self.number(layer, &number, rules);
                }
            }
            let lengths = numbers.any_lengths(place, digit);
            if lengths == 0 {
                continue;
            }
            let mut number = judge::Number::new(groups, first);
            let mut is_several = false;
            while number.extend(bytes, numbers.digits_max) {
                if is_several && lengths >> number.len() & 1 == 1 {
                    let (without, near) = numbers.any(place, number.len(), digit);
                    self.number(layer, &number, without);
                    self.near(layer, &number, near);
                }
                is_several = true;
            }
        }
    }

    /// One group alone. What needs a word of context is asked only where one stands.
    fn bare(&mut self, layer: &mut Layer<'_, 's>, groups: &[Group], first: usize, digit: usize) {
        let place = match number::place(groups, first) {
            Place::Embedded => Place::Embedded,
            _ => Place::Free,
        };
        let Some(group) = groups.get(first) else { return };
        let (without, near) = self.set.scouts.numbers.bare(place, group.len(), digit);
        if without.is_empty() && near.is_empty() {
            return;
        }
        let mut number = judge::Number::new(groups, first);
        number.extend(layer.text.as_bytes(), group.len());
        self.number(layer, &number, without);
        self.near(layer, &number, near);
    }

    /// Rules that come to nothing without a word of context, or without being of a country that is expected.
    fn near(&mut self, layer: &mut Layer<'_, 's>, number: &judge::Number<'_>, rules: &[RuleIx]) {
        if self.is_traced || self.hints.memory.is_some() {
            self.number(layer, number, rules);
            return;
        }
        let countries = self.hints.countries;
        let Some(span) = number.span().filter(|_| !rules.is_empty()) else { return };
        for rule in rules {
            let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { continue };
            let is_home = compiled.country.as_ref().is_some_and(|c| countries.contains(c)) && !compiled.need_near;
            if is_home || compiled.context.near(layer.text, &span, &mut layer.nearby).is_some() {
                self.number(layer, number, std::slice::from_ref(rule));
            }
        }
    }

    fn number(&mut self, layer: &mut Layer<'_, 's>, number: &judge::Number<'_>, rules: &[RuleIx]) {
        for rule in rules {
            let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { continue };
            let Kind::Digits(digits) = &compiled.kind else { continue };
            if !self.wants(*rule) || !number.may_be(digits, compiled, self.is_traced) {
                continue;
            }
            self.count(*rule, |w| w.hits += 1);
            if let Some((span, evidence)) = number.judge(layer.text, digits, compiled, self.is_traced) {
                self.keep(layer, *rule, span, evidence);
            }
        }
    }

    /// Identifiers whose first digits begin at `start`, in one of these shapes.
    fn tokens(&mut self, layer: &mut Layer<'_, 's>, start: usize, shapes: impl Iterator<Item = ShapeOf>) {
        let bytes = layer.text.as_bytes();
        let set = self.set;
        // The first shape of a rule that fits is the one.
        let mut done = None;
        for (rule, shape) in shapes {
            if done == Some(rule) || !self.wants(rule) {
                continue;
            }
            let Some(compiled) = set.compiled.get(usize::from(rule.0)) else { continue };
            let Kind::Token(token) = &compiled.kind else { continue };
            let Some(shape) = token.shapes.get(shape) else { continue };
            self.count(rule, |w| w.hits += 1);
            let Some(found) = token::read(bytes, start, shape, token, &compiled.validators) else { continue };
            done = Some(rule);
            if let Some(evidence) = judge::token(compiled, &found, self.is_traced) {
                self.keep(layer, rule, found.span, evidence);
            }
        }
    }
}
