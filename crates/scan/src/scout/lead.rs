//! The anchor scout: one walk over the text for every literal of every rule.
//!
//! Nearly every literal begins where a run of letters or of digits begins, or has such a beginning in it (`.com`,
//! `-----BEGIN`). So blocks of the text become bit masks, and only at those places three bytes are looked up in a filter
//! that stays in the nearest cache: the cost hardly grows with the number of rules. For what can stand in the midst of a
//! word, four bytes are looked up at every place, in a second filter.

use crate::compiled::{How, Lead};
use crate::text::{before, byte, fold8, load8};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

/// Bytes of a block: as many as a mask has bits.
const BLOCK: usize = 64;
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

/// Literals by a key of some bytes of theirs, behind a filter that stays in the nearest cache.
#[derive(Debug)]
struct Table {
    /// Bit of each cell.
    filter: Vec<u64>,
    by_key: HashMap<u32, Vec<Entry>, Mix>,
}

impl Default for Table {
    fn default() -> Table {
        Table { filter: vec![0; 1 << 10], by_key: HashMap::default() }
    }
}

/// A literal, told from others with its key by up to eight bytes from its first letter or digit on.
#[derive(Debug, Clone, Copy)]
struct Entry {
    head: u64,
    mask: u64,
    number: u32,
}

impl Table {
    fn insert(&mut self, cell: u32, key: u32, entry: Entry) {
        if let Some(cells) = self.filter.get_mut((cell >> 6 & 0x3FF) as usize) {
            *cells |= 1 << (cell & 63);
        }
        self.by_key.entry(key).or_default().push(entry);
    }

    fn holds(&self, cell: u32) -> bool {
        self.filter.get((cell >> 6 & 0x3FF) as usize).is_some_and(|cells| cells >> (cell & 63) & 1 == 1)
    }

    fn get(&self, key: u32) -> &[Entry] {
        self.by_key.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// Keys are spread by a multiplication: nobody outside chooses them.
#[derive(Debug, Default, Clone, Copy)]
struct Mix(u64);

impl BuildHasher for Mix {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(0)
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u32(u32::from(*b)));
    }

    fn write_u32(&mut self, value: u32) {
        let mixed = (self.0 ^ u64::from(value)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
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
                Entry { head: fold8(load8(bytes, from)) & mask, mask, number }
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
        // Long ones first: they say more.
        let anchors = &leads.anchors;
        for table in [&mut leads.threes, &mut leads.twos, &mut leads.pairs, &mut leads.tails, &mut leads.inner] {
            let length = |entry: &Entry| anchors.get(entry.number as usize).map_or(0, |a| a.text.len());
            table.by_key.values_mut().for_each(|all| all.sort_by_key(|n| std::cmp::Reverse(length(n))));
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
        let mut carry = Carry::default();
        for (nth, block) in bytes.chunks(BLOCK).enumerate() {
            let (flags, mut all) = self.flags(block, &mut carry);
            while all != 0 {
                let bit = all.trailing_zeros() as usize;
                all &= all - 1;
                let at = nth * BLOCK + bit;
                let flags = byte(&flags, bit);
                if flags & START != 0 {
                    self.at_start(bytes, at, &mut each);
                    continue;
                }
                if flags & SIGN != 0 {
                    self.signs.iter().for_each(|number| self.verify(bytes, at, *number, Found::Whole, &mut each));
                }
                if flags & SEPARATOR != 0 {
                    self.before_separator(bytes, at, &mut each);
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

    /// What begins at each byte, and where something does.
    fn flags(&self, block: &[u8], carry: &mut Carry) -> ([u8; BLOCK], u64) {
        // Each byte behind the one before it.
        let mut bytes = [0_u8; BLOCK + 1];
        bytes[0] = carry.0;
        if let Some(head) = bytes.get_mut(1..=block.len()) {
            head.copy_from_slice(block);
        }
        carry.0 = bytes[BLOCK];
        let [s0, s1, s2, s3] = self.first_signs;
        let has_signs = u8::from(!self.signs.is_empty());
        let mut flags = [0_u8; BLOCK];
        for ((flag, b), previous) in flags.iter_mut().zip(bytes.iter().skip(1).copied()).zip(bytes) {
            let is_letter = |b: u8| (b | 0x20).wrapping_sub(b'a') < 26;
            let is_digit = |b: u8| b.wrapping_sub(b'0') < 10;
            let start = (is_letter(b) & !is_letter(previous)) | (is_digit(b) & !is_digit(previous)) | (b >= 0xC0);
            let sign = (b == s0) | (b == s1) | (b == s2) | (b == s3);
            let separator = (b == b':') | (b == b'=') | (b == b'|') | (b == b'-');
            let sign = u8::from(sign) & has_signs;
            *flag = (u8::from(start) * START) | (sign * SIGN) | (u8::from(separator) * SEPARATOR);
        }
        let mut all = 0;
        let (lanes, _) = flags.as_chunks::<8>();
        for (lane, at) in lanes.iter().zip((0_u32..).step_by(8)) {
            let lane = u64::from_le_bytes(*lane);
            let any = (lane | lane >> 1 | lane >> 2) & 0x0101_0101_0101_0101;
            // Bit 0 of each byte, side by side.
            all |= any.wrapping_mul(0x0102_0408_1020_4080) >> 56 << at;
        }
        (flags, all)
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
        entries: &[Entry],
        found: Found,
        each: &mut impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
        let head = fold8(load8(bytes, key));
        let alike = entries.iter().filter(|entry| head & entry.mask == entry.head);
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

/// Here a run of letters or digits begins, or a character beyond ASCII.
const START: u8 = 1;
/// Here a literal without letters and digits may begin.
const SIGN: u8 = 2;
/// Before this byte a name may end.
const SEPARATOR: u8 = 4;

/// The last byte of the last block.
#[derive(Debug, Default)]
struct Carry(u8);

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
