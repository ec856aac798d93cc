//! The words of all rules' contexts in one table, and what of them stands in a text.
//!
//! A word around a candidate is looked up once, for all rules. The key of an entry is its first run of letters; what an
//! entry has beside it (a phrase, a sign) is compared with the text. Entries without such letters, as scripts that are
//! written without spaces have them, are looked for by an automaton.

use super::{Context, Within, WordSet, is_joined, spellings};
use crate::blocks::{self, BLOCK, Masks, within};
use crate::text::{byte, ceil, char_at, char_before, fold8, letters, load8};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of the key of an entry at most; a longer run of letters in a text is no word of ours.
pub(super) const KEY_BYTES_MAX: usize = 64;
/// Bits of the filter in front of the table: 8 KiB stay in the nearest cache.
const FILTER_BITS: u64 = 1 << 16;
/// In place of a set without rules: words that are evidence against something alone.
const NO_RULES: u32 = u32::MAX;
/// Bits of a hash by which keys are put into buckets.
const BUCKET_BITS: u32 = 13;

/// Every word of every rule's context.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    entries: Vec<Entry>,
    /// Entries with a key, by bucket.
    keyed: Vec<Keyed>,
    /// Where each bucket begins in them; one more for the end.
    buckets: Vec<u32>,
    /// Bit of each hash.
    filter: Vec<u64>,
    /// Rules for which a word is evidence, as sets of bits; equal sets are one.
    rules: Vec<u64>,
    /// Cells of each set.
    stride: usize,
    /// Of each entry, where its set begins.
    rules_at: Vec<u32>,
    /// Rules whose context reaches farther than some words, as such a set.
    far: Vec<u64>,
    /// Entries without letters of their own, and the number of each of its patterns.
    unspaced: Option<(AhoCorasick, Vec<u32>)>,
    /// Of each first byte of theirs, bits of the second ones.
    unspaced_starts: Vec<u64>,
    /// First bytes of theirs that are ASCII.
    unspaced_ascii: Vec<u8>,
    /// Rules whose words may stand anywhere in the text, as such a set.
    anywhere: Vec<u64>,
}

/// A word or phrase in small letters.
#[derive(Debug)]
struct Entry {
    text: String,
    /// Where its key stands in it.
    key: Range<usize>,
}

/// An entry under the hash of its key.
#[derive(Debug, Clone, Copy)]
struct Keyed {
    hash: u64,
    number: u32,
    /// Up to eight bytes that follow the key, folded, and which of them count: most phrases are told by them.
    rest: u64,
    mask: u64,
}

fn bucket(hash: u64) -> usize {
    (hash >> (64 - BUCKET_BITS)) as usize
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

/// The same of up to eight ASCII letters, which are the first of these bytes, in any case.
#[inline]
fn hash_short(eight: u64, len: usize) -> u64 {
    let word = (eight | 0x2020_2020_2020_2020) & u64::MAX >> (64 - 8 * len as u32).min(63);
    let all = (len as u64 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    all ^ all >> 29
}

/// The same of a run of ASCII letters in a text, in any case. No two runs of up to eight letters share one.
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
        let mut lexicon = Lexicon {
            filter: vec![0; (FILTER_BITS / 64) as usize],
            unspaced_starts: vec![0; 256],
            ..Lexicon::default()
        };
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut unspaced: Vec<(String, u32)> = Vec::new();
        // Which rules each entry is evidence for.
        let mut speaks_for: Vec<Vec<u16>> = Vec::new();
        let mut count = 0;
        for (rule, context) in (0_u16..).zip(contexts) {
            count = usize::from(rule) + 1;
            context.rule = rule;
            let is = [context.within != Within::Words, context.within == Within::Message];
            for (set, is) in [&mut lexicon.far, &mut lexicon.anywhere].into_iter().zip(is) {
                set.resize(count.div_ceil(64), 0);
                set.last_mut().into_iter().for_each(|cell| *cell |= u64::from(is) << (rule % 64));
            }
            let near = context.near.as_mut().map(|set| (set, true));
            let not_near = context.not_near.as_mut().map(|set| (set, false));
            for (set, is_near) in near.into_iter().chain(not_near) {
                lexicon.number(set, &mut known, &mut unspaced)?;
                speaks_for.resize(lexicon.entries.len(), Vec::new());
                for (number, _) in set.numbers.iter().filter(|_| is_near) {
                    speaks_for.get_mut(*number as usize)?.push(rule);
                }
            }
        }
        lexicon.index(&speaks_for, count);
        lexicon.build_unspaced(unspaced)?;
        Some(lexicon)
    }

    /// Gives the words of a set their numbers.
    fn number(
        &mut self,
        set: &mut WordSet,
        known: &mut HashMap<String, u32>,
        unspaced: &mut Vec<(String, u32)>,
    ) -> Option<()> {
        for (place, word) in set.words.iter().enumerate() {
            let place = u16::try_from(place).ok()?;
            // Capitals can have other small letters than the word (`GRÖSSE`).
            let mut forms = vec![small(word), small(&word.to_uppercase())];
            forms.dedup();
            for form in forms.into_iter().filter(|f| !f.is_empty()) {
                let number = match known.get(&form) {
                    Some(number) => *number,
                    None => {
                        let number = self.add(&form, word, unspaced)?;
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
        Some(())
    }

    /// Sorts the keys into buckets and the rules into sets, once all entries are there.
    fn index(&mut self, speaks_for: &[Vec<u16>], rules: usize) {
        self.keyed.sort_by_key(|k| (bucket(k.hash), k.number));
        self.buckets = vec![0; (1 << BUCKET_BITS) + 1];
        for keyed in &self.keyed {
            if let Some(count) = self.buckets.get_mut(bucket(keyed.hash) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.buckets {
            sum += *start;
            *start = sum;
        }
        self.stride = rules.div_ceil(64);
        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        for rules in speaks_for {
            if rules.is_empty() {
                self.rules_at.push(NO_RULES);
                continue;
            }
            let mut set = vec![0_u64; self.stride];
            for rule in rules {
                if let Some(cell) = set.get_mut(usize::from(rule / 64)) {
                    *cell |= 1 << (rule % 64);
                }
            }
            let at = *known.entry(set).or_insert_with_key(|set| {
                self.rules.extend_from_slice(set);
                (self.rules.len() - set.len()) as u32
            });
            self.rules_at.push(at);
        }
    }

    /// Rules whose words may stand anywhere in the text, as bits.
    pub(super) fn anywhere(&self) -> &[u64] {
        &self.anywhere
    }

    /// Does a rule look beyond the words next to a candidate?
    pub(super) fn is_far(&self, rule: u16) -> bool {
        self.far.get(usize::from(rule / 64)).is_some_and(|cell| cell >> (rule % 64) & 1 == 1)
    }

    /// Is an entry evidence for a rule?
    pub(super) fn is_evidence(&self, number: u32, rule: u16) -> bool {
        let at = self.rules_at.get(number as usize).filter(|at| **at != NO_RULES);
        let cell = at.and_then(|at| self.rules.get(*at as usize + usize::from(rule / 64)));
        cell.is_some_and(|cell| cell >> (rule % 64) & 1 == 1)
    }

    /// Adds the rules for which an entry is evidence to some, as bits.
    pub(super) fn add_rules(&self, number: u32, to: &mut [u64]) {
        let Some(at) = self.rules_at.get(number as usize).filter(|at| **at != NO_RULES) else { return };
        let set = self.rules.get(*at as usize..).unwrap_or_default();
        for (all, one) in to.iter_mut().zip(set) {
            *all |= one;
        }
    }

    /// The automaton for what has no letters of a script with spaces.
    fn build_unspaced(&mut self, unspaced: Vec<(String, u32)>) -> Option<()> {
        if !unspaced.is_empty() {
            let (texts, numbers): (Vec<String>, Vec<u32>) = unspaced.into_iter().unzip();
            for [first, second] in texts.iter().map(|t| [byte(t.as_bytes(), 0), byte(t.as_bytes(), 1)]) {
                if let Some(seconds) = self.unspaced_starts.get_mut(usize::from(first)) {
                    // Of one byte: whatever follows.
                    *seconds |= if second == 0 { u64::MAX } else { 1 << (second & 63) };
                }
            }
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(texts);
            let starts = (0_u8..).zip(&self.unspaced_starts).take(0x80);
            self.unspaced_ascii = starts.filter(|(_, seconds)| **seconds != 0).map(|(first, _)| first).collect();
            self.unspaced = Some((built.ok()?, numbers));
        }
        Some(())
    }

    fn add(&mut self, form: &str, word: &str, unspaced: &mut Vec<(String, u32)>) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok()?;
        let key = key_of(form);
        match &key {
            Some(key) => {
                let hash = hash(form.as_bytes().get(key.clone())?);
                let after = form.as_bytes().get(key.end..).unwrap_or_default();
                let len = after.iter().take(8).take_while(|b| b.is_ascii()).count();
                let is_first = key.start == 0 && form.get(key.clone()).is_some_and(str::is_ascii);
                let mask = if is_first && len > 0 { u64::MAX >> (64 - 8 * len) } else { 0 };
                self.keyed.push(Keyed { hash, number, rest: fold8(load8(after, 0)) & mask, mask });
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
    pub(super) fn read(&self, text: &str, part: &Range<usize>, hits: &mut Vec<Hit>) {
        let bytes = text.as_bytes();
        let mut unspaced = None;
        let mut at = part.start / BLOCK * BLOCK;
        let mut joined_before = 0;
        while at < part.end {
            let block = blocks::block(bytes, at);
            let masks = Masks::of(&block);
            let joined = masks.letters | masks.high;
            let mut starts =
                within(joined & !(joined << 1 | joined_before), part.start.saturating_sub(at), part.end - at);
            // What began before the part was looked up there, but for what is no letter.
            if at <= part.start && joined >> (part.start - at) & 1 == 1 {
                starts |= 1 << (part.start - at);
            }
            joined_before = joined >> (BLOCK - 1);
            while starts != 0 {
                let bit = starts.trailing_zeros() as usize;
                starts &= starts - 1;
                let (start, len) = (at + bit, (!(joined >> bit)).trailing_zeros() as usize);
                // ASCII that ends within the block, or another run.
                if bit + len < BLOCK && masks.high >> bit << (BLOCK - len) == 0 && start > part.start {
                    let hash = match len {
                        0..=8 => hash_short(load8(bytes, start), len),
                        _ => hash_small(bytes, start..start + len),
                    };
                    if self.may_hold(hash) {
                        self.look_up(text, start..start + len, hash, None, hits);
                    }
                } else {
                    self.read_run(text, start..part.end, hits);
                }
            }
            if unspaced.is_none() && self.may_have_unspaced(bytes, at, &block, &masks) {
                unspaced = Some(at.max(part.start));
            }
            at += BLOCK;
        }
        if let Some(from) = unspaced {
            self.read_unspaced(text, ceil(text, from)..part.end, hits);
        }
    }

    /// Words of one run of letters and of bytes beyond ASCII, those that begin in `part`, one by one.
    fn read_run(&self, text: &str, part: Range<usize>, hits: &mut Vec<Hit>) {
        let bytes = text.as_bytes();
        let mut at = part.start;
        let mut is_inside = is_joined(char_before(text, at));
        while at < part.end && bytes.get(at).is_some_and(|b| b.is_ascii_alphabetic() || !b.is_ascii()) {
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
                at += char_at(text, at).map_or(1, char::len_utf8);
            }
        }
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
        let rest = fold8(load8(text.as_bytes(), run.end));
        let bounds = self.buckets.get(bucket(hash)..).and_then(|b| b.first_chunk::<2>()).copied().unwrap_or_default();
        let (from, to) = (bounds[0] as usize, bounds[1] as usize);
        for Keyed { number, .. } in
            self.keyed.get(from..to).unwrap_or_default().iter().filter(|k| k.hash == hash && rest & k.mask == k.rest)
        {
            let Some(entry) = self.entries.get(*number as usize) else { continue };
            let key = entry.text.as_bytes().get(entry.key.clone()).unwrap_or_default();
            let is_short = folded.is_none() && written.len() <= 8 && key.len() == written.len();
            if !is_short && !folded.map_or_else(|| key.eq_ignore_ascii_case(written), |folded| key == folded) {
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

    /// Can an entry without letters of its own begin in the block at `at`?
    fn may_have_unspaced(&self, bytes: &[u8], at: usize, block: &[u8; BLOCK], masks: &Masks) -> bool {
        let begins = |at: usize| {
            let (first, second) = (byte(bytes, at), byte(bytes, at + 1));
            self.unspaced_starts.get(usize::from(first)).is_some_and(|seconds| seconds >> (second & 63) & 1 == 1)
        };
        let mut high = masks.high;
        while high != 0 {
            if begins(at + high.trailing_zeros() as usize) {
                return true;
            }
            high &= high - 1;
        }
        self.unspaced_ascii.iter().any(|b| block.contains(b))
    }

    fn read_unspaced(&self, text: &str, part: Range<usize>, hits: &mut Vec<Hit>) {
        let Some((automaton, numbers)) = &self.unspaced else { return };
        let (from, end) = (part.start, ceil(text, part.end + KEY_BYTES_MAX));
        for hit in automaton.find_overlapping_iter(text.get(from..end).unwrap_or_default()) {
            let span = from + hit.start()..from + hit.end();
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
pub(super) struct Hit {
    pub(super) span: Range<usize>,
    pub(super) number: u32,
}
