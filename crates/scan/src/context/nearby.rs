//! What of the lexicon stands around the candidates of one text.

use super::breaks::Breaks;
use super::lexicon::{Hit, Lexicon};
use super::{CONTEXT_BYTES_MAX, Within, window};
use crate::text::{ceil, contains, floor, overlaps};
use std::ops::Range;

/// Hits that are held; beyond, those far behind the last candidate are forgotten.
const HITS_MAX: usize = 4_096;
/// What begins within so many bytes of the text's beginning is read from there.
const START_BYTES: usize = 2_048;
/// Rules are collected for so many bytes at once, …
const CHUNK_BYTES: usize = 512;
/// … for parts that are no longer than that.
const PART_BYTES_MAX: usize = 320;
/// Bytes that are read beyond what was asked for.
const AHEAD_BYTES: usize = 256;

/// The words around the candidates of one text, read as far as candidates reach.
#[derive(Debug)]
pub(crate) struct Nearby<'s> {
    lexicon: &'s Lexicon,
    /// Measured when the first candidate asks.
    breaks: Option<Breaks>,
    /// What was read.
    part: Range<usize>,
    /// By start.
    hits: Vec<Hit>,
    /// Many rules ask about one place: the last one, …
    of: Option<Range<usize>>,
    /// … which hits are close to it, …
    close: Range<usize>,
    /// … and its windows.
    windows: [Option<Range<usize>>; Within::NAMES.len()],
    /// The chunk of the text that `rules` were last collected for, …
    chunk: Option<usize>,
    /// … and the rules for which a word near something in it is evidence, as bits.
    rules: Vec<u64>,
    /// Numbers of all entries in the text, sorted; read when a rule first asks for the whole of it.
    everywhere: Option<Vec<u32>>,
}

impl<'s> Nearby<'s> {
    /// Nothing is read yet.
    pub(crate) fn new(lexicon: &'s Lexicon) -> Nearby<'s> {
        Nearby {
            lexicon,
            breaks: None,
            part: 0..0,
            hits: Vec::new(),
            of: None,
            close: 0..0,
            windows: Default::default(),
            chunk: None,
            rules: Vec::new(),
            everywhere: None,
        }
    }

    /// Can a word that is evidence for a rule stand near something in `part`? Nearly always the answer is no for the whole
    /// chunk.
    pub(super) fn may_be(&mut self, rule: u16, text: &str, part: &Range<usize>) -> bool {
        self.may_be_roughly(rule, text, part) && self.is_evidence(rule, text, part)
    }

    /// The same, asked for the chunk that `part` begins in.
    pub(super) fn may_be_roughly(&mut self, rule: u16, text: &str, part: &Range<usize>) -> bool {
        self.collect(text, part);
        part.len() > PART_BYTES_MAX
            || self.rules.get(usize::from(rule / 64)).is_some_and(|cell| cell >> (rule % 64) & 1 == 1)
    }

    /// The same of the 64 rules of a cell, as bits.
    pub(crate) fn cell(&mut self, at: usize, text: &str, part: &Range<usize>) -> u64 {
        self.collect(text, part);
        if part.len() > PART_BYTES_MAX { u64::MAX } else { self.rules.get(at).copied().unwrap_or(0) }
    }

    /// All rules that may have such a word, as bits.
    pub(crate) fn rules(&mut self, text: &str, part: &Range<usize>) -> &[u64] {
        self.collect(text, part);
        if part.len() > PART_BYTES_MAX { &[] } else { &self.rules }
    }

    /// What is said of all parts that begin in one chunk is the same, as long as they are short.
    pub(crate) fn chunk(part: &Range<usize>) -> Option<usize> {
        (part.len() <= PART_BYTES_MAX).then_some(part.start / CHUNK_BYTES)
    }

    /// Collects the rules for which a word is evidence that stands near the chunk in which `part` begins.
    fn collect(&mut self, text: &str, part: &Range<usize>) {
        let chunk = part.start / CHUNK_BYTES;
        if self.chunk == Some(chunk) {
            return;
        }
        let start = (chunk * CHUNK_BYTES).saturating_sub(CONTEXT_BYTES_MAX);
        let end = (chunk + 1) * CHUNK_BYTES + PART_BYTES_MAX + CONTEXT_BYTES_MAX;
        let reach = floor(text, start)..ceil(text, end);
        self.cover(text, &reach);
        self.rules.clear();
        self.rules.extend_from_slice(self.lexicon.anywhere());
        let from = self.hits.partition_point(|h| h.span.start < reach.start);
        for hit in self.hits.iter().skip(from).take_while(|h| h.span.start < reach.end) {
            self.lexicon.add_rules(hit.number, &mut self.rules);
        }
        self.chunk = Some(chunk);
    }

    /// Is a word that stands near something in `part` evidence for a rule?
    fn is_evidence(&mut self, rule: u16, text: &str, part: &Range<usize>) -> bool {
        self.reach(text, part);
        // What is farther away than these words is so for few rules.
        let within = if self.lexicon.is_far(rule) { Within::Lines } else { Within::Words };
        let window = self.window(text, part, within);
        let close = self.hits.get(self.close.clone()).unwrap_or_default();
        close.iter().any(|hit| self.lexicon.is_evidence(hit.number, rule) && contains(&window, &hit.span))
    }

    /// A window around the last place.
    fn window(&mut self, text: &str, of: &Range<usize>, within: Within) -> Range<usize> {
        let breaks = self.breaks.get_or_insert_with(|| Breaks::of(text));
        match self.windows.get_mut(within as usize) {
            Some(cell) => cell.get_or_insert_with(|| window(text, breaks, of, within)).clone(),
            None => window(text, breaks, of, within),
        }
    }

    /// Finds the hits that are as near to `span` as context reaches, unless that was done last.
    fn reach(&mut self, text: &str, span: &Range<usize>) {
        if self.of.as_ref() == Some(span) {
            return;
        }
        let reach = floor(text, span.start.saturating_sub(CONTEXT_BYTES_MAX))..ceil(text, span.end + CONTEXT_BYTES_MAX);
        self.cover(text, &reach);
        let from = self.hits.partition_point(|h| h.span.start < reach.start);
        let close = self.hits.iter().skip(from).take_while(|h| h.span.start < reach.end).count();
        self.of = Some(span.clone());
        self.close = from..from + close;
        self.windows = Default::default();
    }

    /// The place in the set of a word of it that stands near `span`.
    pub(super) fn ask(&mut self, set: &super::WordSet, text: &str, span: &Range<usize>, within: Within) -> Option<u16> {
        if within == Within::Message {
            let all = self.everywhere.get_or_insert_with(|| everywhere(self.lexicon, text));
            return set.numbers.iter().find(|(n, _)| all.binary_search(n).is_ok()).map(|(_, place)| *place);
        }
        self.reach(text, span);
        for at in self.close.clone() {
            let Some(hit) = self.hits.get(at) else { break };
            let Some(word) = set.place(hit.number).filter(|_| !overlaps(&hit.span, span)) else { continue };
            let hit = hit.span.clone();
            if contains(&self.window(text, span, within), &hit) {
                return Some(word);
            }
        }
        None
    }

    /// Reads what of `reach` was not read yet.
    fn cover(&mut self, text: &str, reach: &Range<usize>) {
        if contains(&self.part, reach) {
            return;
        }
        self.of = None;
        let is_next = self.part.contains(&reach.start) || self.part.end == reach.start && reach.start > 0;
        if !is_next {
            self.hits.clear();
            // The beginning of a text is read for every scout at once.
            let start = if reach.start < START_BYTES { 0 } else { reach.start };
            self.part = start..start;
        }
        // A little ahead: the next candidate is seldom far.
        let new = self.part.end..ceil(text, reach.end + AHEAD_BYTES);
        let known = self.hits.len();
        self.lexicon.read(text, &new, &mut self.hits);
        self.part.end = new.end;
        if let Some(fresh) = self.hits.get_mut(known..) {
            fresh.sort_unstable_by_key(|h| (h.span.start, h.span.end));
        }
        // A phrase may begin before its key.
        if known > 0
            && self.hits.get(known).zip(self.hits.get(known - 1)).is_some_and(|(a, b)| a.span.start < b.span.start)
        {
            self.hits.sort_unstable_by_key(|h| (h.span.start, h.span.end));
        }
        if self.hits.len() > HITS_MAX {
            let far = self.hits.partition_point(|h| h.span.start < reach.start);
            self.hits.drain(..far);
            self.part.start = reach.start;
        }
    }
}

/// The numbers of all entries that stand in a text, sorted; read in pieces, so that what is held stays small.
fn everywhere(lexicon: &Lexicon, text: &str) -> Vec<u32> {
    const PIECE_BYTES: usize = 64 << 10;
    let (mut all, mut hits) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let end = ceil(text, (at + PIECE_BYTES).min(text.len()));
        lexicon.read(text, &(at..end), &mut hits);
        all.extend(hits.drain(..).map(|hit| hit.number));
        all.sort_unstable();
        all.dedup();
        at = end;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::KEY_BYTES_MAX;
    use super::super::{Context, WordSet, spellings};
    use super::*;

    const WORDS: [&str; 8] = ["card", "tax file", "größe", "カード", "ss#", "n° client", "d.o.b", "карта"];

    fn rules() -> (Lexicon, Context) {
        let mut context = Context { near: WordSet::new(WORDS), ..Context::default() };
        (Lexicon::new(std::iter::once(&mut context)).expect("small"), context)
    }

    #[test]
    fn words_are_whole_and_of_any_case() {
        let (lexicon, context) = rules();
        let cases = [
            ("my CARD 12", Some("card")),
            ("cards 12", None),
            ("discard 12", None),
            ("card12", Some("card")),
            ("my_card_12", Some("card")),
            ("my_2card_12", Some("card")),
            ("Tax File 12", Some("tax file")),
            ("tax  file 12", None),
            ("tax files 12", None),
            ("tax file", Some("tax file")),
            ("GRÖSSE 12", Some("größe")),
            ("Größe 12", Some("größe")),
            ("Großes Größe12", Some("größe")),
            ("私のカードは12", Some("カード")),
            ("SS# 12", Some("ss#")),
            ("N° Client: 12", Some("n° client")),
            ("D.O.B. 12", Some("d.o.b")),
            ("a.d.o.b 12", Some("d.o.b")),
            ("ad.o.b 12", None),
            ("КАРТА 12", Some("карта")),
            ("картам 12", None),
        ];
        for (text, word) in cases {
            let end = text.len()..text.len();
            let found = context.near(text, &end, &mut Nearby::new(&lexicon)).and_then(|w| context.word(w));
            assert_eq!(found, word, "{text}");
        }
    }

    /// What stands near, without a table and without memory.
    fn plain(text: &str, span: &Range<usize>, within: Within) -> bool {
        let near = window(text, &Breaks::of(text), span, within);
        let text_in = text.get(near.clone()).expect("on boundaries");
        WORDS.iter().flat_map(|word| spellings(word)).any(|word| {
            text_in.match_indices(word.as_str()).any(|(at, _)| {
                let word = near.start + at..near.start + at + word.len();
                !overlaps(&word, span) && super::super::is_whole_word(text, &word)
            })
        })
    }

    #[test]
    fn what_is_remembered_answers_as_the_text_does() {
        let (lexicon, context) = rules();
        let middle = "4 55 größe 1カード2 ".repeat(60);
        let text = format!("card 12\n\n{}\ntax file 77 {middle}{} card", "1 22 333 ".repeat(300), "4 55 ".repeat(300));
        let starts: Vec<usize> = text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let mut nearby = Nearby::new(&lexicon);
        let mut hits = 0;
        for at in starts.iter().chain(starts.iter().rev().step_by(7)).chain(starts.iter().step_by(41)) {
            for length in [1, 4, 30] {
                let span = *at..floor(&text, at + length);
                for within in [Within::Words, Within::Cell, Within::Line, Within::Lines, Within::Message] {
                    let wanted = plain(&text, &span, within);
                    hits += usize::from(wanted);
                    let found = nearby.ask(context.near.as_ref().expect("given"), &text, &span, within);
                    assert_eq!(found.is_some(), wanted, "{span:?} {within:?}");
                }
            }
        }
        assert!(hits > 10);
    }

    #[test]
    fn long_runs_of_letters_are_no_words() {
        let (lexicon, context) = rules();
        let long = "x".repeat(KEY_BYTES_MAX * 3);
        let text = format!("{long} card {long}card {long}");
        for (at, near) in [(0, true), (text.len(), false)] {
            let found = context.near(&text, &(at..at), &mut Nearby::new(&lexicon)).is_some();
            assert_eq!(found, near, "{at}");
        }
    }
}
