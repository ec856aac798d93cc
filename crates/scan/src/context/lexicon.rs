//! The words of all rules' contexts in one table, and what of them stands in a text.
//!
//! A word around a candidate is looked up once, for all rules. The key of an entry is its first run of letters; what an
//! entry has beside it (a phrase, a sign) is compared with the text. Entries without such letters, as scripts that are
//! written without spaces have them, are looked for by an automaton.

use super::{CONTEXT_BYTES_MAX, Context, Within, is_joined, spellings, window};
use crate::text::{ceil, char_at, char_before, contains, floor, letters, load8, no_letters, overlaps};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of the key of an entry at most; a longer run of letters in a text is no word of ours.
const KEY_BYTES_MAX: usize = 64;
/// Bits of the filter in front of the table: 8 KiB stay in the nearest cache.
const FILTER_BITS: u64 = 1 << 16;
/// Hits that are held; beyond, those far behind the last candidate are forgotten.
const HITS_MAX: usize = 4_096;

/// Every word of every rule's context.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    entries: Vec<Entry>,
    /// Entries by the hash of their key.
    by_key: HashMap<u64, Vec<u32>, Plain>,
    /// Bit of each hash.
    filter: Vec<u64>,
    /// Entries without letters of their own, and the number of each of its patterns.
    unspaced: Option<(AhoCorasick, Vec<u32>)>,
    /// First bytes of those that are ASCII.
    unspaced_starts: Vec<u8>,
}

/// A word or phrase in small letters.
#[derive(Debug)]
struct Entry {
    text: String,
    /// Where its key stands in it.
    key: Range<usize>,
}

/// Keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct Plain(u64);

impl std::hash::BuildHasher for Plain {
    type Hasher = Plain;

    fn build_hasher(&self) -> Plain {
        Plain(0)
    }
}

impl std::hash::Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = self.0.rotate_left(8) ^ u64::from(*b));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Hash of a key, eight bytes at a time; bytes must be in small letters.
fn hash(key: &[u8]) -> u64 {
    let mut all = key.len() as u64;
    for chunk in key.chunks(8) {
        let word = chunk.iter().rev().fold(0_u64, |word, b| word << 8 | u64::from(*b));
        all = (all ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        all ^= all >> 29;
    }
    all
}

/// The same of a run of ASCII letters in a text, in any case.
fn hash_small(bytes: &[u8], run: Range<usize>) -> u64 {
    let mut all = run.len() as u64;
    let mut at = run.start;
    while at < run.end {
        let word = load8(bytes, at) | 0x2020_2020_2020_2020;
        let lacking = 8_usize.saturating_sub(run.end - at) as u32;
        all = (all ^ (word & u64::MAX >> (8 * lacking))).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        all ^= all >> 29;
        at += 8;
    }
    all
}

fn small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The first run of letters.
fn key_of(text: &str) -> Option<Range<usize>> {
    let start = text.char_indices().find(|(_, c)| is_joined(Some(*c)))?.0;
    let rest = text.get(start..)?;
    let end = rest.char_indices().find(|(_, c)| !is_joined(Some(*c))).map_or(text.len(), |(at, _)| start + at);
    (end - start <= KEY_BYTES_MAX).then_some(start..end)
}

impl Lexicon {
    /// Collects the words and numbers them in the rules' sets; `None` if an automaton is too large.
    pub(crate) fn new<'r>(contexts: impl Iterator<Item = &'r mut Context>) -> Option<Lexicon> {
        let mut lexicon = Lexicon { filter: vec![0; (FILTER_BITS / 64) as usize], ..Lexicon::default() };
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut unspaced: Vec<(String, u32)> = Vec::new();
        for set in contexts.flat_map(|c| [c.near.as_mut(), c.not_near.as_mut()]).flatten() {
            for (place, word) in set.words.iter().enumerate() {
                let place = u16::try_from(place).ok()?;
                // Capitals can have other small letters than the word (`GRÖSSE`).
                let mut forms = vec![small(word), small(&word.to_uppercase())];
                forms.dedup();
                for form in forms.into_iter().filter(|f| !f.is_empty()) {
                    let number = match known.get(&form) {
                        Some(number) => *number,
                        None => {
                            let number = lexicon.add(&form, word, &mut unspaced)?;
                            known.insert(form, number);
                            number
                        }
                    };
                    set.numbers.push((number, place));
                }
            }
            set.numbers.sort_unstable();
            set.numbers.dedup_by_key(|(number, _)| *number);
            set.index();
        }
        if !unspaced.is_empty() {
            let (texts, numbers): (Vec<String>, Vec<u32>) = unspaced.into_iter().unzip();
            lexicon.unspaced_starts = texts.iter().filter(|t| t.is_ascii()).filter_map(|t| t.bytes().next()).collect();
            lexicon.unspaced_starts.sort_unstable();
            lexicon.unspaced_starts.dedup();
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(texts);
            lexicon.unspaced = Some((built.ok()?, numbers));
        }
        Some(lexicon)
    }

    fn add(&mut self, form: &str, word: &str, unspaced: &mut Vec<(String, u32)>) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok()?;
        let key = key_of(form);
        match &key {
            Some(key) => {
                let hash = hash(form.as_bytes().get(key.clone())?);
                self.by_key.entry(hash).or_default().push(number);
                if let Some(cell) = self.filter.get_mut((hash % FILTER_BITS / 64) as usize) {
                    *cell |= 1 << (hash % 64);
                }
            }
            None => unspaced.extend(spellings(word).into_iter().map(|s| (s, number))),
        }
        self.entries.push(Entry { text: form.to_owned(), key: key.unwrap_or(0..0) });
        Some(number)
    }

    /// Entries whose words begin in `part`, in no order.
    fn read(&self, text: &str, part: &Range<usize>, hits: &mut Vec<Hit>) {
        let bytes = text.as_bytes();
        let mut at = part.start;
        // What began before the part was looked up there.
        let mut is_inside = is_joined(char_before(text, at));
        while at < part.end {
            let start = at;
            // What is longer than a key, or goes on from before, is no word: nothing beyond the part is looked at for it.
            let most = part.end.max(if is_inside { 0 } else { start + KEY_BYTES_MAX + 1 });
            at += letters(bytes.get(..most).unwrap_or(bytes), at);
            if bytes.get(at).is_some_and(|b| !b.is_ascii()) {
                at = self.read_folded(text, start..at, most, is_inside, hits);
            } else if start < at && at - start <= KEY_BYTES_MAX && !is_inside {
                let hash = hash_small(bytes, start..at);
                if self.may_hold(hash) {
                    self.look_up(text, start..at, hash, None, hits);
                }
            }
            is_inside = false;
            if at == start {
                let gap = no_letters(bytes.get(..part.end).unwrap_or(bytes), at);
                at += if gap > 0 { gap } else { char_at(text, at).map_or(1, char::len_utf8) };
            }
        }
        self.read_unspaced(text, part, hits);
    }

    /// Seldom: letters that are not ASCII are folded one by one. Gives the end of the run, which is ASCII in `run`,
    /// looked at up to `most`.
    fn read_folded(&self, text: &str, run: Range<usize>, most: usize, is_inside: bool, hits: &mut Vec<Hit>) -> usize {
        let mut key = [0; KEY_BYTES_MAX];
        let (mut at, mut len) = (run.start, 0);
        while let Some(c) = char_at(text, at).filter(|c| at < most && is_joined(Some(*c))) {
            let mut utf8 = [0; 4];
            for small in c.to_lowercase() {
                for b in small.encode_utf8(&mut utf8).bytes() {
                    if let Some(cell) = key.get_mut(len) {
                        *cell = b;
                    }
                    len += 1;
                }
            }
            at += c.len_utf8();
        }
        if let Some(key) = key.get(..len).filter(|key| !key.is_empty() && !is_inside) {
            let hash = hash(key);
            if self.may_hold(hash) {
                // The sign behind an ASCII word may be no letter.
                let folded = (at > run.end).then_some(key);
                self.look_up(text, run.start..at, hash, folded, hits);
            }
        }
        at
    }

    fn may_hold(&self, hash: u64) -> bool {
        self.filter.get((hash % FILTER_BITS / 64) as usize).is_some_and(|cell| cell >> (hash % 64) & 1 == 1)
    }

    /// Looks up a run of letters; `folded` are its small letters if it is not ASCII.
    fn look_up(&self, text: &str, run: Range<usize>, hash: u64, folded: Option<&[u8]>, hits: &mut Vec<Hit>) {
        let written = text.as_bytes().get(run.clone()).unwrap_or_default();
        for number in self.by_key.get(&hash).into_iter().flatten() {
            let Some(entry) = self.entries.get(*number as usize) else { continue };
            let key = entry.text.as_bytes().get(entry.key.clone()).unwrap_or_default();
            if !folded.map_or_else(|| key.eq_ignore_ascii_case(written), |folded| key == folded) {
                continue;
            }
            let is_key_alone = folded.is_none() && entry.key.len() == entry.text.len();
            let span = match is_key_alone {
                true => Some(run.clone()),
                false => run.start.checked_sub(entry.key.start).and_then(|start| follow(text, start, &entry.text)),
            };
            hits.extend(span.map(|span| Hit { span, number: *number }));
        }
    }

    fn read_unspaced(&self, text: &str, part: &Range<usize>, hits: &mut Vec<Hit>) {
        let Some((automaton, numbers)) = &self.unspaced else { return };
        let bytes = text.as_bytes().get(part.clone()).unwrap_or_default();
        if bytes.is_ascii() && !self.unspaced_starts.iter().any(|b| bytes.contains(b)) {
            return;
        }
        let end = ceil(text, part.end + KEY_BYTES_MAX);
        for hit in automaton.find_overlapping_iter(text.get(part.start..end).unwrap_or_default()) {
            let span = part.start + hit.start()..part.start + hit.end();
            if span.start < part.end
                && let Some(number) = numbers.get(hit.pattern().as_usize())
            {
                hits.push(Hit { span, number: *number });
            }
        }
    }
}

/// Where `entry`, in small letters, ends if it stands in the text at `start` as words of their own.
fn follow(text: &str, start: usize, entry: &str) -> Option<Range<usize>> {
    let mut rest = entry.chars();
    let mut at = start;
    while !rest.as_str().is_empty() {
        let c = char_at(text, at)?;
        if c.to_lowercase().any(|small| rest.next() != Some(small)) {
            return None;
        }
        at += c.len_utf8();
    }
    super::is_whole_word(text, &(start..at)).then_some(start..at)
}

/// An entry in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    span: Range<usize>,
    number: u32,
}

/// The words around the candidates of one text, read as far as candidates reach.
#[derive(Debug)]
pub(crate) struct Nearby<'s> {
    lexicon: &'s Lexicon,
    /// What was read.
    part: Range<usize>,
    /// By start.
    hits: Vec<Hit>,
    /// Many rules ask about one place: the last one, …
    of: Range<usize>,
    /// … which hits are close to it, …
    close: Range<usize>,
    /// … and its windows.
    windows: [Option<Range<usize>>; Within::NAMES.len()],
}

impl<'s> Nearby<'s> {
    /// Nothing is read yet.
    pub(crate) fn new(lexicon: &'s Lexicon) -> Nearby<'s> {
        Nearby { lexicon, part: 0..0, hits: Vec::new(), of: 0..0, close: 0..0, windows: Default::default() }
    }

    /// Does any word of any rule stand as near to `span` as context reaches?
    pub(crate) fn is_any(&mut self, text: &str, span: &Range<usize>) -> bool {
        self.reach(text, span);
        !self.close.is_empty()
    }

    /// Does a word of the set stand as near to `part` as context reaches, or in it?
    pub(super) fn holds(&mut self, set: &super::WordSet, text: &str, part: &Range<usize>) -> bool {
        self.reach(text, part);
        self.hits.get(self.close.clone()).unwrap_or_default().iter().any(|hit| set.place(hit.number).is_some())
    }

    /// Finds the hits that are as near to `span` as context reaches, unless that was done last.
    fn reach(&mut self, text: &str, span: &Range<usize>) {
        if self.of == *span && self.part.end > 0 {
            return;
        }
        let reach = floor(text, span.start.saturating_sub(CONTEXT_BYTES_MAX))..ceil(text, span.end + CONTEXT_BYTES_MAX);
        self.cover(text, &reach);
        let from = self.hits.partition_point(|h| h.span.start < reach.start);
        let close = self.hits.iter().skip(from).take_while(|h| h.span.start < reach.end).count();
        self.of = span.clone();
        self.close = from..from + close;
        self.windows = Default::default();
    }

    /// The place in the set of a word of it that stands near `span`.
    pub(super) fn ask(&mut self, set: &super::WordSet, text: &str, span: &Range<usize>, within: Within) -> Option<u16> {
        self.reach(text, span);
        let near = self.windows.get_mut(within as usize)?;
        for hit in self.hits.get(self.close.clone())? {
            let Some(place) = set.place(hit.number).filter(|_| !overlaps(&hit.span, span)) else { continue };
            if contains(near.get_or_insert_with(|| window(text, span, within)), &hit.span) {
                return Some(place);
            }
        }
        None
    }

    /// Reads what of `reach` was not read yet.
    fn cover(&mut self, text: &str, reach: &Range<usize>) {
        if contains(&self.part, reach) {
            return;
        }
        let is_next = self.part.contains(&reach.start) || self.part.end == reach.start && reach.start > 0;
        if !is_next {
            self.hits.clear();
            self.part = reach.start..reach.start;
        }
        let new = self.part.end..reach.end;
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

#[cfg(test)]
mod tests {
    use super::super::WordSet;
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
        let near = window(text, span, within);
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
                for within in [Within::Words, Within::Line, Within::Lines] {
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
