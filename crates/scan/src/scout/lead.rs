//! The anchor scout: one walk over the text for every literal of every rule.
//!
//! Nearly every literal begins where a run of letters or of digits begins, or has such a beginning in it (`.com`,
//! `-----BEGIN`). So blocks of the text become bit masks, and only at those places three bytes are looked up in a filter
//! that stays in the nearest cache: the cost hardly grows with the number of rules. For what can stand in the midst of a
//! word, four bytes are looked up at every second place, in a second filter; and what leads to nothing without a long run
//! of a token's characters is looked for near such runs alone.

use crate::blocks::{self, BLOCK, Masks};
use crate::compiled::{How, Lead};
use crate::needs::ByteSet;
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

/// Bytes that are looked up for what may stand anywhere, …
const INNER: usize = 4;
/// … every so many places.
const STEP: usize = 2;
/// A run of a token's characters of so many bytes is seldom in a text.
pub(crate) const RARE_RUN: usize = 30;
/// Five bits of each of them: letters fall together in both cases.
const INNER_MASK: u32 = 0x1F1F_1F1F;

/// Bits of a filter, by cells of 64.
const FILTER_CELLS: usize = 1 << 10;
/// Keys are put into so many buckets.
const BUCKETS: usize = 1 << 12;

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
    /// Bytes of it before the key; -1: the key begins with the byte before it.
    shift: isize,
    head: u64,
    mask: u64,
}

fn set(filter: &mut [u64; FILTER_CELLS], cell: u32) {
    if let Some(cells) = filter.get_mut((cell >> 6) as usize % FILTER_CELLS) {
        *cells |= 1 << (cell & 63);
    }
}

fn has(filter: &[u64; FILTER_CELLS], cell: u32) -> bool {
    filter.get((cell >> 6) as usize % FILTER_CELLS).is_some_and(|cells| cells >> (cell & 63) & 1 == 1)
}

fn bucket(key: u32) -> usize {
    (key.wrapping_mul(0x9E37_79B1) >> 20) as usize
}

impl Table {
    fn insert(&mut self, cell: u32, key: u32, entry: Entry) {
        set(&mut self.filter, cell);
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
        has(&self.filter, cell)
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

/// The keys by which a literal is found: four bytes from `shift` on; what stands before or behind it can be anything.
fn inner_keys(text: &[u8], shift: isize) -> impl Iterator<Item = u32> {
    let at = |nth: isize| usize::try_from(shift + nth).ok().and_then(|at| text.get(at));
    let places = || (0..INNER as isize).map(move |nth| (8 * nth as u32, at(nth).copied()));
    let known = places().fold(0, |key, (bits, b)| key | u32::from(b.unwrap_or(0)) << bits) & INNER_MASK;
    let free: Vec<u32> = places().filter(|(_, b)| b.is_none()).map(|(bits, _)| bits).collect();
    (0..1_u32 << (5 * free.len()))
        .map(move |rest| free.iter().enumerate().fold(known, |key, (nth, bits)| key | (rest >> (5 * nth) & 31) << bits))
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
#[derive(Debug)]
pub(crate) struct Leads {
    anchors: Vec<Anchor>,
    /// By their first three bytes, folded.
    threes: Table,
    /// Literals of two bytes.
    twos: Table,
    /// Both of these begin with some three bytes of the filter.
    starts: Box<[u64; FILTER_CELLS]>,
    /// A sign and a letter or digit behind it.
    pairs: Table,
    /// Signs before letters in them.
    pair_signs: ByteSet,
    /// Words of prose by their last three bytes, as tails of identifiers.
    tails: Table,
    /// Literals without a letter or digit.
    signs: Vec<u32>,
    first_signs: [u8; SIGNS_MAX],
    /// Literals that may begin within a word, by four bytes of or around their beginning: those that are looked for
    /// everywhere, …
    inner: Table,
    /// … and those that need a run of [`RARE_RUN`] near them, …
    near_runs: Table,
    /// … which is at most so many bytes away from where they begin.
    reach: usize,
    /// Of one byte.
    short: Vec<u32>,
}

impl Default for Leads {
    fn default() -> Leads {
        Leads {
            anchors: Vec::new(),
            threes: Table::default(),
            twos: Table::default(),
            starts: Box::new([0; FILTER_CELLS]),
            pairs: Table::default(),
            pair_signs: ByteSet::default(),
            tails: Table::default(),
            signs: Vec::new(),
            first_signs: [0; SIGNS_MAX],
            inner: Table::default(),
            near_runs: Table::default(),
            reach: 0,
            short: Vec::new(),
        }
    }
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
            let is_inner = anchor.leads.iter().any(|l| l.is_inner) && anchor.offset == 0;
            let is_rest = anchor.leads.iter().any(|l| !l.is_inner) || anchor.offset > 0;
            let entry = |from: usize| {
                let len = bytes.len().saturating_sub(from).min(8) as u32;
                let mask = if len == 0 { 0 } else { u64::MAX >> (64 - 8 * len) };
                Entry { key: 0, head: fold8(load8(bytes, from)) & mask, mask, number, shift: 0 }
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
                    (0, 2) => {
                        leads.twos.insert(start & 0xFFFF, start & 0xFFFF, entry(0));
                        (0..=0xFF_u32)
                            .for_each(|third| set(&mut leads.starts, hash3(fold(start & 0xFFFF | third << 16))));
                    }
                    (offset, len) if offset + 3 <= len => {
                        leads.threes.insert(hash3(start), start & 0xFF_FFFF, entry(offset));
                        set(&mut leads.starts, hash3(start));
                    }
                    (offset, _) => {
                        let pair = fold(load(bytes, offset - 1)) & 0xFFFF;
                        leads.pairs.insert(pair, pair, entry(offset));
                        let sign = byte(bytes, offset - 1);
                        if !byte(bytes, offset).is_ascii_digit() {
                            leads.pair_signs = leads.pair_signs.with(&ByteSet::range(sign, sign));
                        }
                    }
                }
            }
            if bytes.len() >= TAIL_MIN && bytes.is_ascii() && anchor.leads.iter().any(|l| l.how == How::Word) {
                let tail = fold(load(bytes, bytes.len() - 3));
                leads.tails.insert(hash3(tail), tail & 0xFF_FFFF, entry(0));
            }
        }
        for entry in inner {
            let Anchor { text, leads: of, .. } = leads.anchors.get(entry.number as usize)?;
            if text.len() < 2 {
                leads.short.push(entry.number);
                continue;
            }
            let mut within = of.iter().filter(|lead| lead.is_inner).peekable();
            let is_rare = within.peek().is_some() && within.all(|lead| lead.long >= RARE_RUN);
            let table = if is_rare {
                let reach = of.iter().map(|lead| lead.long_within).max().unwrap_or(0) + text.len();
                leads.reach = leads.reach.max(reach);
                &mut leads.near_runs
            } else {
                &mut leads.inner
            };
            // At every second place one of two keys is found.
            for shift in [0, if text.len() > INNER { 1 } else { -1 }] {
                inner_keys(text.as_bytes(), shift)
                    .for_each(|key| table.insert(spread(key), key, Entry { shift, ..entry }));
            }
        }
        let anchors = &leads.anchors;
        for table in [
            &mut leads.threes,
            &mut leads.twos,
            &mut leads.pairs,
            &mut leads.tails,
            &mut leads.inner,
            &mut leads.near_runs,
        ] {
            table.index(anchors);
        }
        let spare = signs.first().copied().unwrap_or(0);
        for (at, cell) in leads.first_signs.iter_mut().enumerate() {
            *cell = signs.get(at).copied().unwrap_or(spare);
        }
        Some(leads)
    }

    /// Every literal of the text, nearly in order.
    /// `runs` are those of a token's characters.
    pub(crate) fn find<'s>(
        &'s self,
        text: &str,
        runs: &[Range<usize>],
        mut each: impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
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
        self.within(&self.inner, bytes, 0..bytes.len(), &mut each);
        let mut done = 0;
        for run in runs.iter().filter(|run| run.len() >= RARE_RUN) {
            let part = done.max(run.start.saturating_sub(self.reach))..(run.end + self.reach).min(bytes.len());
            done = part.end.max(done);
            self.within(&self.near_runs, bytes, part, &mut each);
        }
        for number in &self.short {
            (0..bytes.len()).for_each(|at| self.verify(bytes, at, *number, Found::Inner, &mut each));
        }
    }

    /// What may begin anywhere in a part.
    fn within<'s>(
        &'s self,
        table: &'s Table,
        bytes: &[u8],
        part: Range<usize>,
        each: &mut impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
        if table.entries.is_empty() || part.is_empty() {
            return;
        }
        // A key may begin a byte before the part, or behind it.
        let from = part.start.saturating_sub(1) / STEP * STEP;
        let to = (part.end + STEP + INNER).min(bytes.len());
        let some = bytes.get(from..to).unwrap_or_default();
        for (nth, four) in some.windows(INNER).step_by(STEP).enumerate() {
            let key = four.first_chunk().map_or(0, |four| u32::from_le_bytes(*four)) & INNER_MASK;
            if table.holds(spread(key)) {
                self.look(table, bytes, &part, key, from + nth * STEP, each);
            }
        }
        // A literal may be shorter: behind the last byte come some of none.
        let last = bytes.len().saturating_sub(INNER - 1).max(from);
        for at in (last.next_multiple_of(STEP)..to).step_by(STEP) {
            self.look(table, bytes, &part, load(bytes, at) & INNER_MASK, at, each);
        }
    }

    /// What of a table begins in a part and has its key at `at`; nearly every place was passed over before.
    #[inline(never)]
    fn look<'s>(
        &'s self,
        table: &'s Table,
        bytes: &[u8],
        part: &Range<usize>,
        key: u32,
        at: usize,
        each: &mut impl FnMut(&'s [Lead], Range<usize>, Found),
    ) {
        for entry in table.get(key) {
            let Some(start) = at.checked_add_signed(-entry.shift).filter(|start| part.contains(start)) else {
                continue;
            };
            if fold8(load8(bytes, start)) & entry.mask == entry.head {
                self.verify(bytes, start, entry.number, Found::Inner, each);
            }
        }
    }

    fn at_start<'s>(&'s self, bytes: &[u8], at: usize, each: &mut impl FnMut(&'s [Lead], Range<usize>, Found)) {
        let start = fold(load(bytes, at));
        if has(&self.starts, hash3(start)) {
            self.verify_all(bytes, at, self.threes.get(start & 0xFF_FFFF), Found::Whole, each);
            if self.twos.holds(start & 0xFFFF) {
                self.verify_all(bytes, at, self.twos.get(start & 0xFFFF), Found::Whole, each);
            }
        }
        let sign = before(bytes, at);
        if !self.pair_signs.has(sign) && !byte(bytes, at).is_ascii_digit() {
            return;
        }
        let pair = (start << 8 | fold(u32::from(sign))) & 0xFFFF;
        if self.pairs.holds(pair) {
            self.verify_all(bytes, at, self.pairs.get(pair), Found::Whole, each);
        }
    }

    #[inline(never)]
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
        let leads = words.iter().map(|(w, how)| {
            (
                (*w).to_owned(),
                Lead { rule: RuleIx(0), how: *how, long_within: 0, long: 0, is_inner: how == &How::Within },
            )
        });
        let leads = Leads::new(leads).expect("small");
        let mut all = Vec::new();
        leads.find(text, &[], |_, span, _| {
            all.push((text.get(span.clone()).expect("on boundaries").to_owned(), span.start))
        });
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
