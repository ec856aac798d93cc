//! Words around a candidate: evidence for it, or evidence that it is something else.
//!
//! Looked up only around candidates, never by searching the whole text for hundreds of words. Words count whole
//! ("lic" is not found in "public"); digits, underscores and punctuation end a word.

mod breaks;
mod lexicon;
mod nearby;

use crate::text::{byte, ceil, char_at, char_before, floor};
pub(crate) use breaks::Breaks;
pub(crate) use lexicon::Lexicon;
pub(crate) use nearby::Nearby;
use std::ops::Range;

/// How far context reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Within {
    /// [`WORDS_BEFORE`] words before and [`WORDS_AFTER`] after, across one line end but not across an empty line.
    #[default]
    Words,
    /// The cell of a row of a table; what stands in no row has its line.
    Cell,
    /// The line.
    Line,
    /// The line, the one before and the one after.
    Lines,
    /// The whole text: for words that mean one thing only.
    Message,
}

/// What `within` may be.
pub const WITHIN_NAMES: [&str; 5] = ["words", "cell", "line", "lines", "message"];

impl Within {
    /// The words of a rule file.
    pub(crate) const NAMES: [&'static str; 5] = WITHIN_NAMES;

    pub(crate) fn from_name(name: &str) -> Option<Within> {
        Some(match name {
            "words" => Within::Words,
            "cell" => Within::Cell,
            "line" => Within::Line,
            "lines" => Within::Lines,
            "message" => Within::Message,
            _ => return None,
        })
    }
}

/// Words before a candidate that are read.
pub(crate) const WORDS_BEFORE: usize = 12;
/// Words after a candidate that are read.
pub(crate) const WORDS_AFTER: usize = 8;
/// Words of one list of one rule.
const WORDS_MAX: usize = 20_000;
/// Bytes on either side that are read at most.
pub(crate) const CONTEXT_BYTES_MAX: usize = 240;

/// A set of whole words and phrases, in any case. [`Lexicon::new`] tells it their numbers.
#[derive(Debug, Default)]
pub(crate) struct WordSet {
    words: Vec<String>,
    /// Numbers of the words in the lexicon, sorted, each with its place in `words`.
    numbers: Vec<(u32, u16)>,
    /// Bit of each number's lowest bits: most words that stand near are none of the set.
    filter: [u64; 8],
}

impl WordSet {
    /// The set; `None` if there are more words than one rule may have.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<WordSet> {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        (words.len() <= WORDS_MAX).then(|| WordSet { words, ..WordSet::default() })
    }

    /// How many words it has.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// A word of it.
    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(String::as_str)
    }

    /// Called once all numbers are there.
    fn index(&mut self) {
        for (number, _) in &self.numbers {
            if let Some(cell) = self.filter.get_mut((number / 64 % 8) as usize) {
                *cell |= 1 << (number % 64);
            }
        }
    }

    /// The place in the set of the word that has this number in the lexicon.
    fn place(&self, number: u32) -> Option<u16> {
        if self.filter.get((number / 64 % 8) as usize).is_none_or(|cell| cell >> (number % 64) & 1 == 0) {
            return None;
        }
        let at = self.numbers.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        self.numbers.get(at).map(|(_, place)| *place)
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
    /// The number of the rule in the lexicon.
    pub(crate) rule: u16,
}

impl Context {
    /// The word that is evidence for it, if one stands near.
    pub(crate) fn near(&self, text: &str, span: &Range<usize>, nearby: &mut Nearby<'_>) -> Option<u16> {
        let near = self.near.as_ref()?;
        let may_be = self.within == Within::Message || nearby.may_be_roughly(self.rule, text, span);
        may_be.then(|| nearby.ask(near, text, span, self.within)).flatten()
    }

    /// Can a word that is evidence for something in `part` stand near it? The words are not looked at closely.
    pub(crate) fn may_be_near(&self, text: &str, part: &Range<usize>, nearby: &mut Nearby<'_>) -> bool {
        match &self.near {
            Some(near) if self.within == Within::Message => nearby.ask(near, text, part, self.within).is_some(),
            _ => nearby.may_be(self.rule, text, part),
        }
    }

    /// The word that is evidence against it. On the line at most: a serial number in the next paragraph says nothing.
    /// Words against are numbered after those for it.
    pub(crate) fn not_near(&self, text: &str, span: &Range<usize>, nearby: &mut Nearby<'_>) -> Option<u16> {
        let within = if self.within == Within::Cell { Within::Cell } else { Within::Line };
        let found = nearby.ask(self.not_near.as_ref()?, text, span, within)?;
        u16::try_from(self.near.as_ref().map_or(0, WordSet::len)).ok()?.checked_add(found)
    }

    /// The word of a number that the two questions answer.
    pub(crate) fn word(&self, number: u16) -> Option<&str> {
        let (at, near) = (usize::from(number), self.near.as_ref().map_or(0, WordSet::len));
        match at.checked_sub(near) {
            None => self.near.as_ref()?.word(at),
            Some(at) => self.not_near.as_ref()?.word(at),
        }
    }
}

/// The part of the text that counts as near a span.
pub(crate) fn window(text: &str, breaks: &Breaks, span: &Range<usize>, within: Within) -> Range<usize> {
    let (words_before, words_after, lines) = match within {
        Within::Words => (Some(WORDS_BEFORE), Some(WORDS_AFTER), 1),
        Within::Cell | Within::Line => (None, None, 0),
        Within::Lines => (None, None, 1),
        Within::Message => return 0..text.len(),
    };
    let start = breaks.back(span.start, span.start.saturating_sub(CONTEXT_BYTES_MAX), words_before, lines);
    let end = breaks.on(span.end, (span.end + CONTEXT_BYTES_MAX).min(text.len()), words_after, lines);
    // Inwards at the far ends: half a character is no context.
    let near = ceil(text, start)..floor(text, end);
    if within == Within::Cell { cell(text.as_bytes(), &near, span) } else { near }
}

/// The part of a line that lies between the separators of a table around a span.
fn cell(bytes: &[u8], line: &Range<usize>, span: &Range<usize>) -> Range<usize> {
    let all = bytes.get(line.clone()).unwrap_or_default();
    let Some(separator) = row_separator(all) else { return line.clone() };
    // A comma before a space, or in quotes, is one of the sentence in the cell.
    let mut is_quoted = false;
    let mut cell = line.clone();
    for (at, b) in all.iter().enumerate() {
        is_quoted ^= *b == b'"';
        let is_between = *b == separator && !is_quoted && (*b != b',' || byte(all, at + 1) != b' ');
        if is_between && line.start + at < span.start {
            cell.start = line.start + at + 1;
        } else if is_between && line.start + at >= span.end {
            cell.end = line.start + at;
            break;
        }
    }
    cell
}

/// What parts the cells of a line, if it is a row: a tab, a bar, or two semicolons or commas without a space behind.
fn row_separator(line: &[u8]) -> Option<u8> {
    let count = |b: u8| line.iter().filter(|c| **c == b).count();
    let commas = line.windows(2).filter(|pair| pair.first() == Some(&b',') && pair.last() != Some(&b' ')).count();
    match () {
        () if count(b'\t') > 0 => Some(b'\t'),
        () if count(b'|') > 0 => Some(b'|'),
        () if count(b';') > 1 => Some(b';'),
        () if commas > 1 => Some(b','),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_at_cells() {
        for (text, near) in [
            ("name\tcard 42 a\tphone", "card 42 a"),
            ("| name | card 42 a | phone |", " card 42 a "),
            ("x\na;card 42;phone\ny", "card 42"),
            ("mia,card 42,phone", "card 42"),
            ("mia,\"card, old; 42, new\",phone", "\"card, old; 42, new\""),
            ("42|card", "42"),
            ("card|42", "42"),
            ("my card, which is 42, and a phone", "my card, which is 42, and a phone"),
            ("card; 42", "card; 42"),
            ("x\ty\ncard 42", "card 42"),
        ] {
            let at = text.find("42").expect("there");
            assert_eq!(text.get(window(text, &Breaks::of(text), &(at..at + 2), Within::Cell)), Some(near), "{text}");
        }
    }

    #[test]
    fn windows_end_at_lines_and_words() {
        let text = "first line\nsecond one 42 after\nthird\n\nfourth";
        let at = text.find("42").expect("there");
        let span = at..at + 2;
        assert_eq!(text.get(window(text, &Breaks::of(text), &span, Within::Line)), Some("second one 42 after"));
        assert_eq!(
            text.get(window(text, &Breaks::of(text), &span, Within::Lines)),
            Some("first line\nsecond one 42 after\nthird")
        );
        assert_eq!(
            text.get(window(text, &Breaks::of(text), &span, Within::Words)),
            Some("first line\nsecond one 42 after\nthird")
        );
        let long = format!("{}42{}", "a b ".repeat(20), " c d".repeat(20));
        let at = long.find("42").expect("there");
        let near = long.get(window(&long, &Breaks::of(&long), &(at..at + 2), Within::Words)).expect("in bounds");
        assert_eq!(near.split_whitespace().count(), WORDS_BEFORE + WORDS_AFTER + 1);
    }
}
