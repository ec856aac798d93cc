//! Words around a candidate: evidence for it, or evidence that it is something else.
//!
//! Looked up only around candidates, never by searching the whole text for hundreds of words. Words count whole
//! ("lic" is not found in "public"); digits, underscores and punctuation end a word.

use crate::text::{before, byte, ceil, char_at, char_before, contains, floor, overlaps};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;

/// How far context reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Within {
    /// [`WORDS_BEFORE`] words before and [`WORDS_AFTER`] after, across one line end but not across an empty line.
    #[default]
    Words,
    /// The line.
    Line,
    /// The line, the one before and the one after.
    Lines,
}

impl Within {
    /// The words of a rule file.
    pub(crate) const NAMES: [&'static str; 3] = ["words", "line", "lines"];

    pub(crate) fn from_name(name: &str) -> Option<Within> {
        Some(match name {
            "words" => Within::Words,
            "line" => Within::Line,
            "lines" => Within::Lines,
            _ => return None,
        })
    }
}

/// Words before a candidate that are read.
pub(crate) const WORDS_BEFORE: usize = 12;
/// Words after a candidate that are read.
pub(crate) const WORDS_AFTER: usize = 8;
/// Bytes on either side that are read at most.
pub(crate) const CONTEXT_BYTES_MAX: usize = 240;

/// A set of whole words and phrases, in any case.
#[derive(Debug)]
pub(crate) struct WordSet(AhoCorasick);

impl WordSet {
    /// Builds the set; `None` if the automaton is too large.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<WordSet> {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words.into_iter().flat_map(spellings))
            .ok()
            .map(WordSet)
    }

    /// The words of the set in a part of the text, by their ends.
    fn all(&self, text: &str, part: &Range<usize>) -> Vec<Range<usize>> {
        let all = self.0.find_overlapping_iter(text.get(part.clone()).unwrap_or_default());
        let spans = all.map(|m| part.start + m.start()..part.start + m.end());
        spans.filter(|span| is_whole_word(text, span)).collect()
    }

    /// Does a word of the set stand in `window`, outside of `hole`?
    pub(crate) fn hit(&self, text: &str, window: Range<usize>, hole: &Range<usize>) -> bool {
        let base = window.start;
        let Some(haystack) = text.get(window) else { return false };
        self.0.find_overlapping_iter(haystack).any(|m| {
            let span = base + m.start()..base + m.end();
            !overlaps(&span, hole) && is_whole_word(text, &span)
        })
    }
}

/// The spellings under which a word is looked for: the automaton folds ASCII alone, so others are spelt out.
pub(crate) fn spellings(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    if !word.is_ascii() {
        all.push(word.to_lowercase());
        all.push(word.to_uppercase());
        let mut chars = word.chars();
        all.extend(chars.next().map(|first| first.to_uppercase().chain(chars).collect()));
        all.sort();
        all.dedup();
    }
    all
}

/// A letter next to which a word may not end. Scripts that are written without spaces have no such boundary.
fn is_joined(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphabetic() && u32::from(c) < 0x2E80)
}

/// Is the span a word of its own: no letter before its first or after its last letter?
pub(crate) fn is_whole_word(text: &str, span: &Range<usize>) -> bool {
    let first = char_at(text, span.start);
    let last = char_before(text, span.end);
    let goes_on_left = is_joined(first) && is_joined(char_before(text, span.start));
    let goes_on_right = is_joined(last) && is_joined(char_at(text, span.end));
    !goes_on_left && !goes_on_right
}

/// The context of a rule.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) near: Option<WordSet>,
    pub(crate) not_near: Option<WordSet>,
    pub(crate) within: Within,
}

impl Context {
    /// Is there evidence for it?
    pub(crate) fn is_near(&self, text: &str, span: &Range<usize>, nearby: &mut Nearby) -> bool {
        self.near.as_ref().is_some_and(|set| nearby.near.ask(set, text, span, self.within))
    }

    /// Is there evidence against it? Always on the line alone: a serial number in the next paragraph says nothing.
    pub(crate) fn is_not_near(&self, text: &str, span: &Range<usize>, nearby: &mut Nearby) -> bool {
        self.not_near.as_ref().is_some_and(|set| nearby.not_near.ask(set, text, span, Within::Line))
    }
}

/// What one rule has read around its candidates in one text. A thousand candidates in a row would each read the same few
/// hundred bytes again.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    layer: usize,
    near: Seen,
    not_near: Seen,
}

impl Nearby {
    /// Forgets what another text held.
    pub(crate) fn within(&mut self, layer: usize) {
        if self.layer != layer {
            *self = Nearby { layer, ..Nearby::default() };
        }
    }
}

/// Bytes that are read ahead for candidates that come close after each other.
const AHEAD_BYTES: usize = 1 << 10;

/// The words of one set in a part of the text.
#[derive(Debug, Default)]
struct Seen {
    part: Range<usize>,
    words: Vec<Range<usize>>,
    /// End of the last candidate.
    asked: usize,
}

impl Seen {
    /// Does a word of the set stand near `span`?
    fn ask(&mut self, set: &WordSet, text: &str, span: &Range<usize>, within: Within) -> bool {
        let reach = floor(text, span.start.saturating_sub(CONTEXT_BYTES_MAX))..ceil(text, span.end + CONTEXT_BYTES_MAX);
        let is_dense = (self.asked.saturating_sub(AHEAD_BYTES)..self.asked + CONTEXT_BYTES_MAX).contains(&span.start);
        self.asked = span.end;
        if !contains(&self.part, &reach) {
            if !is_dense {
                return set.hit(text, window(text, span, within), span);
            }
            self.part = reach.start..ceil(text, reach.end + AHEAD_BYTES);
            self.words = set.all(text, &self.part);
        }
        // Words are in the order of their ends.
        let from = self.words.partition_point(|w| w.end <= reach.start);
        let close = self.words.get(from..).unwrap_or_default().iter().take_while(|w| w.end <= reach.end);
        let mut close = close.filter(|w| !overlaps(w, span)).peekable();
        if close.peek().is_none() {
            return false;
        }
        let window = window(text, span, within);
        close.any(|w| contains(&window, w))
    }
}

/// The part of the text that counts as near a span.
pub(crate) fn window(text: &str, span: &Range<usize>, within: Within) -> Range<usize> {
    let bytes = text.as_bytes();
    let (words_before, words_after, lines) = match within {
        Within::Words => (WORDS_BEFORE, WORDS_AFTER, 1),
        Within::Line => (usize::MAX, usize::MAX, 0),
        Within::Lines => (usize::MAX, usize::MAX, 1),
    };
    let start_min = span.start.saturating_sub(CONTEXT_BYTES_MAX);
    let mut start = span.start;
    let (mut words, mut ends) = (0, 0);
    while start > start_min {
        let b = before(bytes, start);
        ends += usize::from(b == b'\n');
        words += usize::from(b.is_ascii_whitespace() && !byte(bytes, start).is_ascii_whitespace());
        if ends > lines || words > words_before {
            break;
        }
        start -= 1;
    }
    let end_max = (span.end + CONTEXT_BYTES_MAX).min(bytes.len());
    let mut end = span.end;
    (words, ends) = (0, 0);
    while end < end_max {
        let b = byte(bytes, end);
        ends += usize::from(b == b'\n');
        words += usize::from(b.is_ascii_whitespace() && !before(bytes, end).is_ascii_whitespace());
        if ends > lines || words > words_after {
            break;
        }
        end += 1;
    }
    // Inwards at the far ends: half a character is no context.
    ceil(text, start)..floor(text, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_of_any_case() {
        let set = WordSet::new(["card", "tax file", "größe", "カード"]).expect("small");
        let cases = [
            ("my CARD 12", true),
            ("cards 12", false),
            ("discard 12", false),
            ("card12", true),
            ("my_card_12", true),
            ("Tax File 12", true),
            ("GRÖSSE 12", true),
            ("Größe 12", true),
            ("私のカードは12", true),
        ];
        for (text, hit) in cases {
            assert_eq!(set.hit(text, 0..text.len(), &(text.len()..text.len())), hit, "{text}");
        }
    }

    #[test]
    fn what_is_remembered_answers_as_the_text_does() {
        let set = WordSet::new(["card", "tax file"]).expect("small");
        let text = format!("card 12\n\n{}\ntax file 77 {} card", "1 22 333 ".repeat(300), "4 55 ".repeat(300));
        let starts: Vec<usize> = text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let mut seen = Seen::default();
        let mut hits = 0;
        for at in starts.iter().chain(starts.iter().rev().step_by(7)) {
            for length in [1, 4, 30] {
                let span = *at..(at + length).min(text.len());
                for within in [Within::Words, Within::Line, Within::Lines] {
                    let plain = set.hit(&text, window(&text, &span, within), &span);
                    hits += usize::from(plain);
                    assert_eq!(seen.ask(&set, &text, &span, within), plain, "{span:?} {within:?}");
                }
            }
        }
        assert!(hits > 10);
    }

    #[test]
    fn windows_end_at_lines_and_words() {
        let text = "first line\nsecond one 42 after\nthird\n\nfourth";
        let at = text.find("42").expect("there");
        let span = at..at + 2;
        assert_eq!(text.get(window(text, &span, Within::Line)), Some("second one 42 after"));
        assert_eq!(text.get(window(text, &span, Within::Lines)), Some("first line\nsecond one 42 after\nthird"));
        assert_eq!(text.get(window(text, &span, Within::Words)), Some("first line\nsecond one 42 after\nthird"));
        let long = format!("{}42{}", "a b ".repeat(20), " c d".repeat(20));
        let at = long.find("42").expect("there");
        let near = long.get(window(&long, &(at..at + 2), Within::Words)).expect("in bounds");
        assert_eq!(near.split_whitespace().count(), WORDS_BEFORE + WORDS_AFTER + 1);
    }
}
