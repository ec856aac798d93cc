//! The anchor scout: one walk over the text for every literal of every rule.
//!
//! Nearly every literal begins where a run of letters or of digits begins, or has such a beginning in it (`.com`,
//! `-----BEGIN`). So blocks of the text become bit masks, and only at those places three bytes are looked up in a filter
//! that stays in the nearest cache: the cost hardly grows with the number of rules. For what can stand in the midst of a
//! word, four bytes are looked up at every place, in a second filter.

use crate::blocks::{self, BLOCK, Masks};
use crate::compiled::{How, Lead};
use crate::text::{before, byte, fold8, load8};
use std::collections::HashMap;
use std::ops::Range;

/// Distinct first bytes of literals without a letter or digit; others count as what can stand anywhere.
const SIGNS_MAX: usize = 4;
/// Shortest word of prose that is found as the tail of an identifier.
const TAIL_MIN: usize = 6;
/// Blanks and closing characters between an identifier and its separator.
const BLANKS_MAX: usize = 64;
const CLOSERS_MAX: usize = 4;

/// Bytes that are looked up at every place.
const INNER: usize = 4;
/// Their bits, five of each: letters fall together in both cases.
const INNER_BITS: u32 = 20;

/// Bits of a filter, by cells of 64.
const FILTER_CELLS: usize = 1 << 10;
/// Keys are put into so many buckets.
const BUCKETS: usize = 1 << 10;

/// Literals by a key of some bytes of theirs, behind a filter that stays in the nearest cache.
#[derive(Debug)]
struct Table {
    /// Bit of each cell.
    filter: Box<[u64; FILTER_CELLS]>,
    /// By bucket; long ones first, since they say more.
    entries: Vec<Entry>,
    /// Where each bucket begins in the entries; one more for the end.
    buckets: Vec<u32>,
}

impl Default for Table {
    fn default() -> Table {
        Table { filter: Box::new([0; FILTER_CELLS]), entries: Vec::new(), buckets: vec![0; BUCKETS + 1] }
    }
}

/// A literal, told from others with its key by up to eight bytes from its first letter or digit on.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u32,
    number: u32,
    head: u64,
    mask: u64,
}

fn bucket(key: u32) -> usize {
    (key.wrapping_mul(0x9E37_79B1) >> 22) as usize
}

impl Table {
    fn insert(&mut self, cell: u32, key: u32, entry: Entry) {
        if let Some(cells) = self.filter.get_mut((cell >> 6) as usize % FILTER_CELLS) {
            *cells |= 1 << (cell & 63);
        }
        self.entries.push(Entry { key, ..entry });
    }

    /// Sorts the entries, once all are there.
    fn index(&mut self, anchors: &[Anchor]) {
        let length = |entry: &Entry| anchors.get(entry.number as usize).map_or(0, |a| a.text.len());
        self.entries.sort_by_key(|e| (bucket(e.key), e.key, std::cmp::Reverse(length(e))));
        for entry in &self.entries {
            if let Some(count) = self.buckets.get_mut(bucket(entry.key) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.buckets {
            sum += *start;
            *start = sum;
        }
    }

    fn holds(&self, cell: u32) -> bool {
        self.filter.get((cell >> 6) as usize % FILTER_CELLS).is_some_and(|cells| cells >> (cell & 63) & 1 == 1)
    }

    fn get(&self, key: u32) -> impl Iterator<Item = &Entry> {
        let bounds = self.buckets.get(bucket(key)..).and_then(|b| b.first_chunk::<2>()).copied().unwrap_or_default();
        let (from, to) = (bounds[0] as usize, bounds[1] as usize);
        self.entries.get(from..to).unwrap_or_default().iter().filter(move |e| e.key == key)
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

/// The key of the last bytes, by the key before and the last byte.
fn roll(key: u32, b: u8) -> u32 {
    (key << 5 | u32::from(b & 31)) & ((1 << INNER_BITS) - 1)
}

/// 16 bits of a key.
fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9E37_79B1) >> 16
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
    threes: Table,
    /// Literals of two bytes.
    twos: Table,
    /// By the byte before their first letter or digit, and that one.
    pairs: Table,
    /// Words of prose by their last three bytes, as tails of identifiers.
    tails: Table,
    /// Literals without a letter or digit.
    signs: Vec<u32>,
    first_signs: [u8; SIGNS_MAX],
    /// Literals that may begin within a word, by the four bytes that they begin with.
    inner: Table,
    has_inner: bool,
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
    /// Builds the tables; `None` if there are more literals than numbers.
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
            let entry = |from: usize| {
                let len = bytes.len().saturating_sub(from).min(8) as u32;
                let mask = if len == 0 { 0 } else { u64::MAX >> (64 - 8 * len) };
                Entry { key: 0, head: fold8(load8(bytes, from)) & mask, mask, number }
            };
            if is_inner {
                inner.push(entry(0));
            }
            if is_rest {
                let start = fold(load(bytes, anchor.offset));
                match (anchor.offset, bytes.len()) {
                    (offset, len) if offset == len => {
                        let first = byte(bytes, 0);
                        if !signs.contains(&first) && signs.len() == SIGNS_MAX {
                            inner.push(entry(0));
                        } else {
                            signs.push(first);
                            signs.sort_unstable();
                            signs.dedup();
                            leads.signs.push(number);
                        }
                    }
                    (0, 1) => inner.push(entry(0)),
                    (0, 2) => leads.twos.insert(start & 0xFFFF, start & 0xFFFF, entry(0)),
                    (0, _) => leads.threes.insert(hash3(start), start & 0xFF_FFFF, entry(0)),
                    (offset, _) => {
                        let pair = fold(load(bytes, offset - 1)) & 0xFFFF;
                        leads.pairs.insert(pair, pair, entry(offset));
                    }
                }
            }
            if bytes.len() >= TAIL_MIN && bytes.is_ascii() && anchor.leads.iter().any(|l| l.how == How::Word) {
                let tail = fold(load(bytes, bytes.len() - 3));
                leads.tails.insert(hash3(tail), tail & 0xFF_FFFF, entry(0));
            }
        }
        leads.has_inner = !inner.is_empty();
        for entry in inner {
            let text = leads.anchors.get(entry.number as usize)?.text.as_bytes();
            let known = text.iter().take(INNER).fold(0, |key, b| roll(key, *b));
            // What a short one lacks can be anything.
            let free = INNER_BITS - 5 * text.len().min(INNER) as u32;
            for rest in 0..1 << free {
                let key = known << free | rest;
                leads.inner.insert(spread(key), key, entry);
            }
        }
        let anchors = &leads.anchors;
        for table in [&mut leads.threes, &mut leads.twos, &mut leads.pairs, &mut leads.tails, &mut leads.inner] {
            table.index(anchors);
        }
        let spare = signs.first().copied().unwrap_or(0);
        for (at, cell) in leads.first_signs.iter_mut().enumerate() {
            *cell = signs.get(at).copied().unwrap_or(spare);
        }
        Some(leads)
    }

    /// Every literal of the text, nearly in order.
    pub(crate) fn find<'s>(&'s self, text: &str, mut each: impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let bytes = text.as_bytes();
        let [s0, s1, s2, s3] = self.first_signs;
        let mut carry = Masks::default();
        for at in (0..bytes.len()).step_by(BLOCK) {
            let block = blocks::block(bytes, at);
            let masks = Masks::of(&block);
            // The first byte of each run of letters or digits, and of each character beyond ASCII.
            let begins = |now: u64, before: u64| now & !(now << 1 | before >> (BLOCK - 1));
            let mut starts = begins(masks.letters, carry.letters) | begins(masks.digits, carry.digits);
            if masks.high != 0 {
                starts |= blocks::mask(&block, |b| b >= 0xC0);
            }
            carry = masks;
            while starts != 0 {
                self.at_start(bytes, at + starts.trailing_zeros() as usize, &mut each);
                starts &= starts - 1;
            }
            let is_separator = |b: u8| (b == b':') | (b == b'=') | (b == b'|') | (b == b'-');
            let mut separators = blocks::mask(&block, is_separator);
            while separators != 0 {
                self.before_separator(bytes, at + separators.trailing_zeros() as usize, &mut each);
                separators &= separators - 1;
            }
            if !self.signs.is_empty() {
                let mut signs = blocks::mask(&block, |b| (b == s0) | (b == s1) | (b == s2) | (b == s3));
                while signs != 0 {
                    let at = at + signs.trailing_zeros() as usize;
                    self.signs.iter().for_each(|number| self.verify(bytes, at, *number, Found::Whole, &mut each));
                    signs &= signs - 1;
                }
            }
        }
        if self.has_inner {
            self.within(bytes, &mut each);
        }
    }

    /// What may begin anywhere.
    fn within<'s>(&'s self, bytes: &[u8], each: &mut impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let mut key = bytes.iter().take(INNER - 1).fold(0, |key, b| roll(key, *b));
        let mut look = |key: u32, at: usize| {
            if self.inner.holds(spread(key)) {
                self.verify_all(bytes, at, self.inner.get(key), Found::Inner, each);
            }
        };
        for (at, b) in bytes.iter().skip(INNER - 1).enumerate() {
            key = roll(key, *b);
            look(key, at);
        }
        // A literal may be shorter: after the last byte come some of none.
        for end in bytes.len()..bytes.len() + INNER - 1 {
            key = roll(key, 0);
            if let Some(at) = end.checked_sub(INNER - 1) {
                look(key, at);
            }
        }
    }

    fn at_start<'s>(&'s self, bytes: &[u8], at: usize, each: &mut impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let start = fold(load(bytes, at));
        if self.threes.holds(hash3(start)) {
            self.verify_all(bytes, at, self.threes.get(start & 0xFF_FFFF), Found::Whole, each);
        }
        if self.twos.holds(start & 0xFFFF) {
            self.verify_all(bytes, at, self.twos.get(start & 0xFFFF), Found::Whole, each);
        }
        let pair = (start << 8 | fold(u32::from(before(bytes, at)))) & 0xFFFF;
        if self.pairs.holds(pair) {
            self.verify_all(bytes, at, self.pairs.get(pair), Found::Whole, each);
        }
    }

    fn verify_all<'s>(
        &'s self,
        bytes: &[u8],
        key: usize,
        entries: impl Iterator<Item = &'s Entry>,
        found: Found,
        each: &mut impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
        let head = fold8(load8(bytes, key));
        let alike = entries.filter(|entry| head & entry.mask == entry.head);
        alike.for_each(|entry| self.verify(bytes, key, entry.number, found, each));
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
        if !before(bytes, end).is_ascii_alphabetic() || !self.tails.holds(hash3(tail)) {
            return;
        }
        for entry in self.tails.get(tail & 0xFF_FFFF) {
            let Some(anchor) = self.anchors.get(entry.number as usize) else { continue };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RuleIx;

    fn found(words: &[(&str, How)], text: &str) -> Vec<(String, usize)> {
        let leads = words.iter().map(|(w, how)| ((*w).to_owned(), Lead { rule: RuleIx(0), how: *how, long_within: 0 }));
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
        let cases: [(&str, &[&str]); 8] = [
            ("xghp_", &[]),
            ("dbpassword", &[]),
            ("dbPassword=", &["Password"]),
            ("DBPASSWORD \t: x", &["PASSWORD"]),
            ("{\"dbpassword\" - x", &["password"]),
            ("compass=", &[]),
            ("monkeys", &["key"]),
            ("key", &["key"]),
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
