//! The anchor scout: one walk over the text for every literal of every rule.
//!
//! Nearly every literal begins where a run of letters or of digits begins, or has such a beginning in it (`.com`,
//! `-----BEGIN`). So blocks of the text become bit masks, and only at those places three bytes are looked up in a filter
//! that stays in the nearest cache: the cost hardly grows with the number of rules. What can stand in the midst of a word
//! is left to a small automaton.

use crate::compiled::{How, Lead};
use crate::text::{before, byte};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of a block: as many as a mask has bits.
const BLOCK: usize = 64;
/// Distinct first bytes of literals without a letter or digit; others are left to the automaton.
const SIGNS_MAX: usize = 4;
/// Shortest word of prose that is found as the tail of an identifier.
const TAIL_MIN: usize = 6;
/// Blanks and closing characters between an identifier and its separator.
const BLANKS_MAX: usize = 64;
const CLOSERS_MAX: usize = 4;

/// A set of 16-bit numbers.
#[derive(Debug)]
struct Filter(Vec<u64>);

impl Default for Filter {
    fn default() -> Filter {
        Filter(vec![0; 1 << 10])
    }
}

impl Filter {
    fn insert(&mut self, at: u32) {
        if let Some(cell) = self.0.get_mut((at >> 6 & 0x3FF) as usize) {
            *cell |= 1 << (at & 63);
        }
    }

    fn holds(&self, at: u32) -> bool {
        self.0.get((at >> 6 & 0x3FF) as usize).is_some_and(|cell| cell >> (at & 63) & 1 == 1)
    }
}

/// 16 bits of three bytes.
fn hash3(bytes: u32) -> u32 {
    (bytes & 0xFF_FFFF).wrapping_mul(0x9E37_79B1) >> 16
}

/// Letters in one case: what sets bit 5 where bit 6 is set folds other bytes too, but the same on both sides.
fn fold(bytes: u32) -> u32 {
    bytes | (bytes >> 1 & 0x2020_2020)
}

/// A literal and whom it leads to.
#[derive(Debug)]
struct Anchor {
    /// In small letters as far as ASCII goes.
    text: String,
    /// Bytes before its first letter or digit.
    offset: usize,
    leads: Vec<Lead>,
}

/// Every literal, by how it is found.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    anchors: Vec<Anchor>,
    /// By their first three bytes, folded.
    threes: (Filter, HashMap<u32, Vec<u32>>),
    /// Literals of two bytes.
    twos: (Filter, HashMap<u32, Vec<u32>>),
    /// By the byte before their first letter or digit, and that one.
    pairs: (Filter, HashMap<u32, Vec<u32>>),
    /// Words of prose by their last three bytes, as tails of identifiers.
    tails: (Filter, HashMap<u32, Vec<u32>>),
    /// Literals without a letter or digit.
    signs: Vec<u32>,
    first_signs: [u8; SIGNS_MAX],
    /// Literals that may begin within a word.
    inner: Option<(AhoCorasick, Vec<u32>)>,
}

/// Does a byte begin or continue a word or a character beyond ASCII?
fn is_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || !b.is_ascii()
}

fn load(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        Some(four) => u32::from_le_bytes(*four),
        None => bytes.iter().skip(at).rev().fold(0, |all, b| all << 8 | u32::from(*b)),
    }
}

impl Leads {
    /// Builds the tables; `None` if the automaton is too large.
    pub(crate) fn new(words: impl IntoIterator<Item = (String, Lead)>) -> Option<Leads> {
        let mut leads = Leads::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for (text, lead) in words {
            let text = text.to_ascii_lowercase();
            if text.is_empty() {
                continue;
            }
            let at = *known.entry(text).or_insert_with_key(|text| {
                let offset = text.bytes().position(is_key).unwrap_or(text.len());
                leads.anchors.push(Anchor { text: text.clone(), offset, leads: Vec::new() });
                leads.anchors.len() as u32 - 1
            });
            leads.anchors.get_mut(at as usize)?.leads.push(lead);
        }
        let mut inner = Vec::new();
        let mut signs = Vec::new();
        for (number, anchor) in (0_u32..).zip(&leads.anchors) {
            let bytes = anchor.text.as_bytes();
            // What stands within a match can be preceded by anything, unless the anchor itself says by what.
            let is_inner = anchor.leads.iter().any(|l| l.how == How::Within) && anchor.offset == 0;
            let is_rest = anchor.leads.iter().any(|l| l.how != How::Within) || anchor.offset > 0;
            let file = |(filter, map): &mut (Filter, HashMap<u32, Vec<u32>>), cell: u32, key: u32| {
                filter.insert(cell);
                map.entry(key).or_default().push(number);
            };
            if is_inner {
                inner.push(number);
            }
            if is_rest {
                let start = fold(load(bytes, anchor.offset));
                match (anchor.offset, bytes.len()) {
                    (offset, len) if offset == len => {
                        let first = byte(bytes, 0);
                        if !signs.contains(&first) && signs.len() == SIGNS_MAX {
                            inner.push(number);
                        } else {
                            signs.push(first);
                            signs.sort_unstable();
                            signs.dedup();
                            leads.signs.push(number);
                        }
                    }
                    (0, 1) => inner.push(number),
                    (0, 2) => file(&mut leads.twos, start & 0xFFFF, start & 0xFFFF),
                    (0, _) => file(&mut leads.threes, hash3(start), start & 0xFF_FFFF),
                    (offset, _) => {
                        let pair = fold(load(bytes, offset - 1)) & 0xFFFF;
                        file(&mut leads.pairs, pair, pair);
                    }
                }
            }
            if bytes.len() >= TAIL_MIN && bytes.is_ascii() && anchor.leads.iter().any(|l| l.how == How::Word) {
                let tail = fold(load(bytes, bytes.len() - 3));
                file(&mut leads.tails, hash3(tail), tail & 0xFF_FFFF);
            }
        }
        // Long ones first: they say more.
        let anchors = &leads.anchors;
        for map in [&mut leads.threes.1, &mut leads.twos.1, &mut leads.pairs.1, &mut leads.tails.1] {
            let length = |number: &u32| anchors.get(*number as usize).map_or(0, |a| a.text.len());
            map.values_mut().for_each(|all| all.sort_by_key(|n| std::cmp::Reverse(length(n))));
        }
        let spare = signs.first().copied().unwrap_or(0);
        for (at, cell) in leads.first_signs.iter_mut().enumerate() {
            *cell = signs.get(at).copied().unwrap_or(spare);
        }
        if !inner.is_empty() {
            let texts = inner.iter().filter_map(|n| leads.anchors.get(*n as usize)).map(|a| &a.text);
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::DFA))
                .build(texts)
                .ok()?;
            leads.inner = Some((automaton, inner));
        }
        Some(leads)
    }

    /// Every literal of the text, nearly in order.
    pub(crate) fn find<'s>(&'s self, text: &str, mut each: impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let bytes = text.as_bytes();
        let mut carry = Carry::default();
        for (nth, block) in bytes.chunks(BLOCK).enumerate() {
            let masks = self.masks(block);
            let starts = carry.starts(&masks);
            let mut all = starts | masks.signs | masks.separators;
            while all != 0 {
                let bit = all.trailing_zeros();
                all &= all - 1;
                let at = nth * BLOCK + bit as usize;
                if starts >> bit & 1 == 1 {
                    self.at_start(bytes, at, &mut each);
                } else {
                    if masks.signs >> bit & 1 == 1 {
                        self.signs.iter().for_each(|number| self.verify(bytes, at, *number, Found::Whole, &mut each));
                    }
                    if masks.separators >> bit & 1 == 1 {
                        self.before_separator(bytes, at, &mut each);
                    }
                }
            }
        }
        let Some((automaton, numbers)) = &self.inner else { return };
        for hit in automaton.find_overlapping_iter(text) {
            if let Some(anchor) = numbers.get(hit.pattern().as_usize()).and_then(|n| self.anchors.get(*n as usize)) {
                each(&anchor.leads, hit.range(), Found::Inner);
            }
        }
    }

    fn masks(&self, block: &[u8]) -> Masks {
        let mut bytes = [0_u8; BLOCK];
        if let Some(head) = bytes.get_mut(..block.len()) {
            head.copy_from_slice(block);
        }
        let [s0, s1, s2, s3] = self.first_signs;
        let mut flags = [0_u8; BLOCK];
        for (flag, b) in flags.iter_mut().zip(bytes) {
            let letter = (b | 0x20).wrapping_sub(b'a') < 26;
            let digit = b.wrapping_sub(b'0') < 10;
            let sign = (b == s0) | (b == s1) | (b == s2) | (b == s3);
            let separator = (b == b':') | (b == b'=') | (b == b'|') | (b == b'-');
            *flag = u8::from(letter)
                | u8::from(digit) << 1
                | u8::from(b >= 0xC0) << 2
                | u8::from(sign) << 3
                | u8::from(separator) << 4;
        }
        let mut masks = Masks::default();
        let (lanes, _) = flags.as_chunks::<8>();
        for (lane, at) in lanes.iter().zip((0_u32..).step_by(8)) {
            let lane = u64::from_le_bytes(*lane);
            // Bit 0 of each byte, side by side.
            let gather = |lane: u64| (lane & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56 << at;
            masks.letters |= gather(lane);
            masks.digits |= gather(lane >> 1);
            masks.leads |= gather(lane >> 2);
            masks.signs |= gather(lane >> 3);
            masks.separators |= gather(lane >> 4);
        }
        if self.signs.is_empty() {
            masks.signs = 0;
        }
        masks
    }

    fn at_start<'s>(&'s self, bytes: &[u8], at: usize, each: &mut impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let start = fold(load(bytes, at));
        if self.threes.0.holds(hash3(start)) {
            let all = self.threes.1.get(&(start & 0xFF_FFFF)).into_iter().flatten();
            all.for_each(|number| self.verify(bytes, at, *number, Found::Whole, each));
        }
        if self.twos.0.holds(start & 0xFFFF) {
            let all = self.twos.1.get(&(start & 0xFFFF)).into_iter().flatten();
            all.for_each(|number| self.verify(bytes, at, *number, Found::Whole, each));
        }
        let pair = (start << 8 | fold(u32::from(before(bytes, at)))) & 0xFFFF;
        if self.pairs.0.holds(pair) {
            let all = self.pairs.1.get(&pair).into_iter().flatten();
            all.for_each(|number| self.verify(bytes, at, *number, Found::Whole, each));
        }
    }

    fn verify<'s>(
        &'s self,
        bytes: &[u8],
        key: usize,
        number: u32,
        found: Found,
        each: &mut impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
        let Some(anchor) = self.anchors.get(number as usize) else { return };
        let offset = if anchor.offset == anchor.text.len() { 0 } else { anchor.offset };
        let Some(start) = key.checked_sub(offset) else { return };
        let span = start..start + anchor.text.len();
        if bytes.get(span.clone()).is_some_and(|t| t.eq_ignore_ascii_case(anchor.text.as_bytes())) {
            each(&anchor.leads, span, found);
        }
    }

    /// Names in code end in a word and are followed by a separator: `dbPassword=`, `SLAPIKEY :`.
    fn before_separator<'s>(&'s self, bytes: &[u8], at: usize, each: &mut impl FnMut(&'s [Lead], Range<usize>, Found)) {
        if byte(bytes, at) == b'-' && !matches!(byte(bytes, at + 1), b' ' | b'>') {
            return;
        }
        let back = |from: usize, most: usize, skip: fn(u8) -> bool| {
            let head = bytes.get(from.saturating_sub(most)..from).unwrap_or_default();
            from - head.iter().rev().take_while(|b| skip(**b)).count()
        };
        let end = back(at, BLANKS_MAX, |b| matches!(b, b' ' | b'\t'));
        let end = back(end, CLOSERS_MAX, |b| matches!(b, b'"' | b'\'' | b'`' | b']' | b')' | b'*' | b'\\'));
        let Some(tail) = end.checked_sub(3).map(|from| fold(load(bytes, from))) else { return };
        if !before(bytes, end).is_ascii_alphabetic() || !self.tails.0.holds(hash3(tail)) {
            return;
        }
        for number in self.tails.1.get(&(tail & 0xFF_FFFF)).into_iter().flatten() {
            let Some(anchor) = self.anchors.get(*number as usize) else { continue };
            let Some(start) = end.checked_sub(anchor.text.len()) else { continue };
            let is_tail = bytes.get(start..end).is_some_and(|t| t.eq_ignore_ascii_case(anchor.text.as_bytes()));
            // After anything but a letter it begins a word, and was found there.
            if is_tail && before(bytes, start).is_ascii_alphabetic() {
                each(&anchor.leads, start..end, Found::Tail);
            }
        }
    }
}

/// How an anchor was found: which of its leads are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// At a start of letters, digits or signs.
    Whole,
    /// As the tail of an identifier.
    Tail,
    /// Anywhere.
    Inner,
}

/// One bit a byte.
#[derive(Debug, Default)]
struct Masks {
    letters: u64,
    digits: u64,
    /// First bytes of characters beyond ASCII.
    leads: u64,
    signs: u64,
    separators: u64,
}

/// What the last block ended in.
#[derive(Debug, Default)]
struct Carry {
    letter: u64,
    digit: u64,
}

impl Carry {
    /// Where runs of letters, runs of digits and other characters begin.
    fn starts(&mut self, masks: &Masks) -> u64 {
        let letters = masks.letters & !(masks.letters << 1 | self.letter);
        let digits = masks.digits & !(masks.digits << 1 | self.digit);
        self.letter = masks.letters >> 63;
        self.digit = masks.digits >> 63;
        letters | digits | masks.leads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RuleIx;

    fn found(words: &[(&str, How)], text: &str) -> Vec<(String, usize)> {
        let leads = words.iter().map(|(w, how)| ((*w).to_owned(), Lead { rule: RuleIx(0), how: *how }));
        let leads = Leads::new(leads).expect("small");
        let mut all = Vec::new();
        leads
            .find(text, |_, span, _| all.push((text.get(span.clone()).expect("on boundaries").to_owned(), span.start)));
        all.sort_by_key(|(_, at)| *at);
        all.dedup();
        all
    }

    #[test]
    fn every_literal_is_found_wherever_blocks_end() {
        let words = [
            ("ghp_", How::Start),
            ("pw", How::Word),
            ("-----begin ", How::Start),
            ("://", How::Within),
            (".com", How::Within),
            (".0", How::Within),
            ("пароль", How::Word),
            ("カード", How::Word),
            ("1//0", How::Start),
            ("$2y$", How::Start),
            ("@", How::Within),
            ("prv", How::Within),
        ];
        let lines = [
            "GHP_x",
            " pw",
            "x-----BEGIN y",
            "http://a",
            "a.com",
            "3.07",
            "ein пароль",
            "私のカードは",
            " 1//0a",
            "=$2y$10",
            "a@b",
            "xprvA",
            "PW",
        ];
        for (line, wanted) in lines.iter().zip([
            "GHP_",
            "pw",
            "-----BEGIN ",
            "://",
            ".com",
            ".0",
            "пароль",
            "カード",
            "1//0",
            "$2y$",
            "@",
            "prv",
            "PW",
        ]) {
            for pad in 0..140 {
                let text = format!("{}{line}", " ".repeat(pad));
                let all = found(&words, &text);
                assert_eq!(all, [(wanted.to_owned(), text.find(wanted).expect("there"))], "{pad} blanks before {line}");
            }
        }
    }

    #[test]
    fn nothing_begins_within_a_word_but_tails_and_inner_ones() {
        let words = [("password", How::Word), ("pass", How::Word), ("ghp_", How::Start), ("key", How::Within)];
        let cases: [(&str, &[&str]); 7] = [
            ("xghp_", &[]),
            ("dbpassword", &[]),
            ("dbPassword=", &["Password"]),
            ("DBPASSWORD \t: x", &["PASSWORD"]),
            ("{\"dbpassword\" - x", &["password"]),
            ("compass=", &[]),
            ("monkeys", &["key"]),
        ];
        for (text, wanted) in cases {
            let all: Vec<String> = found(&words, text).into_iter().map(|(t, _)| t).collect();
            assert_eq!(all, wanted, "{text}");
        }
    }

    #[test]
    fn more_signs_than_masks_are_found_too() {
        let signs = ["!!", "##", "%%", "&&", "~~", "<<"];
        let words: Vec<(&str, How)> = signs.iter().map(|s| (*s, How::Within)).collect();
        for sign in signs {
            assert_eq!(found(&words, &format!("a{sign}b")), [(sign.to_owned(), 1)]);
        }
    }
}
