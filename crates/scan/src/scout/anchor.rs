//! The anchor scout: one pass for every literal of every rule, then the rule's expression in a window around each hit.
//! Windows of one rule that touch are merged, so a rule sees no byte twice.

use crate::compiled::Pattern;
use crate::text::{ceil, floor, snap};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use std::ops::Range;

/// Twice the groups of an expression up to its value, at most.
pub(crate) const SLOTS_MAX: usize = 32;

/// A value and the match that holds it.
struct Hit {
    value: Range<usize>,
    whole: Range<usize>,
}

/// The first match of an expression. Nothing is allocated: nearly every look ends in nothing.
fn first(pattern: &Pattern, input: &Input<'_>) -> Option<Hit> {
    if pattern.group == 0 {
        let whole = pattern.regex.search(input)?.range();
        return Some(Hit { value: whole.clone(), whole });
    }
    let mut slots = [None; SLOTS_MAX];
    let slots = slots.get_mut(..2 * pattern.group + 2)?;
    pattern.regex.search_slots(input, slots)?;
    let slot = |at: usize| slots.get(at).copied().flatten().map(NonMaxUsize::get);
    let group = |at: usize| Some(slot(2 * at)?..slot(2 * at + 1)?);
    Some(Hit { value: group(pattern.group).unwrap_or(0..0), whole: group(0)? })
}

/// Values that an expression finds in a window, on character boundaries.
pub(crate) fn search(text: &str, pattern: &Pattern, window: Range<usize>, mut each: impl FnMut(Range<usize>)) {
    let mut input = Input::new(text).span(window);
    // No match is empty.
    while let Some(hit) = first(pattern, &input) {
        if !hit.value.is_empty() {
            each(snap(text, hit.value));
        }
        input.set_start(hit.whole.end);
    }
}

/// The value of a match that starts where the window does; with the end of the whole match.
pub(crate) fn search_at(text: &str, pattern: &Pattern, window: Range<usize>) -> Option<(Range<usize>, usize)> {
    let hit = first(pattern, &Input::new(text).span(window).anchored(Anchored::Yes))?;
    (!hit.value.is_empty()).then(|| (snap(text, hit.value), hit.whole.end))
}

/// The window of a rule around an anchor that stands near its matches.
pub(crate) fn window(text: &str, pattern: &Pattern, anchor: Range<usize>) -> Range<usize> {
    floor(text, anchor.start.saturating_sub(pattern.before))..ceil(text, anchor.end + pattern.after)
}

/// The window around an anchor that stands in the match: it ends where a byte stands that no match has. `None` if that
/// leaves too little for a match.
pub(crate) fn window_within(text: &str, pattern: &Pattern, anchor: Range<usize>) -> Option<Range<usize>> {
    let head = text.as_bytes().get(anchor.start.saturating_sub(pattern.before)..anchor.start).unwrap_or_default();
    let start = anchor.start - head.iter().rev().take_while(|b| pattern.may_hold(**b)).count();
    let end = window_end(text, pattern, anchor.end, anchor.end);
    (end - start >= pattern.len_min).then(|| floor(text, start)..end)
}

/// Where the window around an anchor that ends at `anchor_end` ends, if all up to `from` is known to belong to it.
pub(crate) fn window_end(text: &str, pattern: &Pattern, from: usize, anchor_end: usize) -> usize {
    let most = (anchor_end + pattern.after).saturating_sub(from);
    if pattern.alphabet.is_all() {
        return ceil(text, from + most);
    }
    let tail = text.as_bytes().iter().skip(from).take(most);
    ceil(text, from + tail.take_while(|b| pattern.may_hold(**b)).count())
}
