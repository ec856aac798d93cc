//! The anchor scout: one pass for every literal of every rule, then the rule's expression in a window around each hit.
//! Windows of one rule that touch are merged, so a rule sees no byte twice.

use crate::compiled::Pattern;
use crate::text::{ceil, floor, snap};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use std::ops::Range;

/// Twice the groups of an expression up to its value, at most.
pub(crate) const SLOTS_MAX: usize = 32;

/// Values that an expression finds in a window, on character boundaries.
pub(crate) fn search(text: &str, pattern: &Pattern, window: Range<usize>, mut each: impl FnMut(Range<usize>)) {
    let input = Input::new(text).span(window);
    if pattern.group == 0 {
        pattern.regex.find_iter(input).for_each(|m| each(snap(text, m.range())));
    } else {
        let groups = pattern.regex.captures_iter(input).filter_map(|c| c.get_group(pattern.group));
        groups.for_each(|m| each(snap(text, m.range())));
    }
}

/// The value that starts with the anchor at `start`; with the end of the whole match.
pub(crate) fn search_at(text: &str, pattern: &Pattern, start: usize) -> Option<(Range<usize>, usize)> {
    let window = start..ceil(text, start + pattern.after);
    let input = Input::new(text).span(window).anchored(Anchored::Yes);
    if pattern.group == 0 {
        let found = pattern.regex.search(&input)?;
        return Some((snap(text, found.range()), found.end()));
    }
    // On the stack: nearly every look ends in nothing.
    let mut slots = [None; SLOTS_MAX];
    let slots = slots.get_mut(..2 * pattern.group + 2)?;
    pattern.regex.search_slots(&input, slots)?;
    let slot = |at: usize| slots.get(at).copied().flatten().map(NonMaxUsize::get);
    let value = slot(2 * pattern.group)?..slot(2 * pattern.group + 1)?;
    Some((snap(text, value), slot(1)?))
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
    let tail = text.as_bytes().iter().skip(from).take(most);
    ceil(text, from + tail.take_while(|b| pattern.may_hold(**b)).count())
}
