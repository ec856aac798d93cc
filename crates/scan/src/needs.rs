//! Cheap conditions that every match of an expression fulfils: asked of a window before the expression runs.
//!
//! Words such as `key` lead to many rules and seldom to a value. Whether a window holds thirty-two hexadecimal digits in a
//! row is told by looking at every thirty-second byte, where an expression would look at each one.

use regex_syntax::hir::{Class, Hir, HirKind};
use std::ops::Range;
use std::rc::Rc;

/// Needs that are kept of one expression.
const NEEDS_MAX: usize = 3;
/// A need that more text fulfils says nothing: bits of surprise, see [`SURPRISE`].
const SURPRISE_MIN: f32 = 4.0;
/// Fewest digits that are worth counting.
const DIGITS_MIN: usize = 5;
/// Longest run that is asked for; a longer one is surprising enough.
const RUN_MAX: usize = 64;
/// Length from which a run counts as long.
const LONG_MIN: usize = 16;
/// Signs that are counted together.
const SIGNS_MAX: u32 = 2;
/// Neighbouring pieces of an expression that are looked at as one run.
const PIECES_MAX: usize = 12;
/// Kinds of bytes, and the share of mail text in thousandths that one byte of the kind has, roughly; enough to tell a rare
/// set from a common one.
const SHARES: [(ByteSet, f32); 8] = [
    (ByteSet::range(b'a', b'z'), 700.0 / 26.0),
    (ByteSet::range(b' ', b' '), 150.0),
    (ByteSet::range(b'0', b'9'), 40.0 / 10.0),
    (ByteSet::range(b'A', b'Z'), 40.0 / 26.0),
    (ByteSet::range(b'!', b'/'), 30.0 / 15.0),
    (ByteSet::range(b'\n', b'\n'), 20.0),
    (ByteSet::range(b':', b'@'), 10.0 / 7.0),
    (ByteSet::range(0x80, 0xFF), 10.0 / 128.0),
];

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub(crate) const ALL: ByteSet = ByteSet([u64::MAX; 4]);
    /// ASCII digits.
    pub(crate) const DIGITS: ByteSet = ByteSet::range(b'0', b'9');
    /// ASCII letters and digits.
    pub(crate) const ALPHANUMERIC: ByteSet =
        ByteSet::DIGITS.with(&ByteSet::range(b'a', b'z')).with(&ByteSet::range(b'A', b'Z'));
    /// What an expression takes for a part of a word.
    pub(crate) const WORDS: ByteSet = ByteSet::ALPHANUMERIC.with(&ByteSet::range(b'_', b'_'));

    /// Is the byte in it?
    pub(crate) fn has(&self, b: u8) -> bool {
        self.0.get(usize::from(b >> 6)).is_some_and(|cell| cell >> (b & 63) & 1 == 1)
    }

    /// The bytes from one to another.
    pub(crate) const fn range(from: u8, to: u8) -> ByteSet {
        /// Of 64 bytes from `base` on, those in the range.
        const fn cell(from: u8, to: u8, base: u8) -> u64 {
            if to < base || from > base + 63 {
                return 0;
            }
            let low = from.saturating_sub(base);
            let high = if to < base + 63 { to - base } else { 63 };
            u64::MAX << low & u64::MAX >> (63 - high)
        }
        ByteSet([cell(from, to, 0), cell(from, to, 64), cell(from, to, 128), cell(from, to, 192)])
    }

    /// Is every byte in it?
    pub(crate) fn is_all(&self) -> bool {
        *self == ByteSet::ALL
    }

    fn add(&mut self, from: u8, to: u8) {
        *self = self.with(&ByteSet::range(from, to));
    }

    /// Letters, digits and the signs of base64.
    fn of_tokens() -> ByteSet {
        let mut all = ByteSet::default();
        let ranges = [
            (b'a', b'z'),
            (b'A', b'Z'),
            (b'0', b'9'),
            (b'-', b'-'),
            (b'_', b'_'),
            (b'+', b'+'),
            (b'/', b'/'),
            (b'=', b'='),
        ];
        ranges.into_iter().for_each(|(from, to)| all.add(from, to));
        all
    }

    pub(crate) fn is_within(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & !other == 0)
    }

    /// The bytes of both.
    pub(crate) const fn with(self, other: &ByteSet) -> ByteSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        ByteSet([a | e, b | f, c | g, d | h])
    }

    /// The bytes that both have.
    pub(crate) const fn and(self, other: &ByteSet) -> ByteSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        ByteSet([a & e, b & f, c & g, d & h])
    }

    /// The bytes that it has not.
    pub(crate) const fn others(self) -> ByteSet {
        let [a, b, c, d] = self.0;
        ByteSet([!a, !b, !c, !d])
    }

    /// Bits that a byte of it tells; 0 for a set of every byte.
    fn surprise(&self) -> f32 {
        let shared = |range: &ByteSet| range.and(self).len() as f32;
        let all: f32 = SHARES.iter().map(|(range, share)| share * shared(range)).sum();
        -((all / 1000.0).clamp(0.000_1, 1.0).log2())
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|cell| cell.count_ones()).sum()
    }

    /// The share of text that it has, by the shares of kinds of bytes.
    pub(crate) fn share(&self, kinds: &[(ByteSet, f32)]) -> f32 {
        let of = |(kind, share): &(ByteSet, f32)| share * kind.and(self).len() as f32 / kind.len() as f32;
        kinds.iter().map(of).sum()
    }

    /// Every byte that can stand in a match.
    pub(crate) fn of(hir: &Hir) -> ByteSet {
        let mut all = ByteSet::default();
        all.add_all(hir);
        all
    }

    fn add_all(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|b| self.add(*b, *b)),
            HirKind::Class(Class::Bytes(class)) => class.ranges().iter().for_each(|r| self.add(r.start(), r.end())),
            HirKind::Class(Class::Unicode(class)) => class.ranges().iter().for_each(|r| {
                let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
                self.add(ascii(r.start()).unwrap_or(0x80), ascii(r.end()).unwrap_or(0xFF));
            }),
            HirKind::Repetition(rep) => self.add_all(&rep.sub),
            HirKind::Capture(capture) => self.add_all(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|p| self.add_all(p)),
        }
    }
}

/// A run of at least so many bytes of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Need {
    set: ByteSet,
    run: usize,
    /// Bits that it tells.
    surprise: f32,
}

impl Need {
    fn new(set: ByteSet, run: usize) -> Need {
        Need { set, run, surprise: set.surprise() * run as f32 }
    }

    /// Does such a run stand in the bytes? Of what is no run only every `run`th byte is looked at.
    fn is_in(&self, bytes: &[u8]) -> bool {
        let mut from = 0;
        while let Some(window) = bytes.get(from..from + self.run) {
            match window.iter().rposition(|b| !self.set.has(*b)) {
                None => return true,
                Some(wrong) => from += wrong + 1,
            }
        }
        false
    }
}

/// What is needed, the most telling first.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    runs: Vec<Need>,
    /// So many digits, anywhere.
    digits: usize,
    /// So many bytes of two signs, or of one that is there twice, anywhere.
    signs: Option<([u8; 2], usize)>,
    /// What ends every match that may hold anything up to it, such as `-----END `.
    closing: Option<String>,
}

impl Needs {
    /// The needs of an expression, but for those that one of its anchors fulfils by itself.
    pub(crate) fn of<'a>(hir: &Hir, anchors: impl Iterator<Item = &'a str> + Clone, digits: usize) -> Needs {
        let mut all = Vec::new();
        collect(hir, &mut all);
        let digits = "0".repeat(digits);
        all.retain(|need| {
            let has = |text: &str| need.is_in(text.as_bytes());
            let is_anchor =
                anchors.clone().any(|a| has(a) || has(&a.to_ascii_uppercase())) || !digits.is_empty() && has(&digits);
            need.surprise >= SURPRISE_MIN && !is_anchor
        });
        all.sort_by(|a, b| b.surprise.total_cmp(&a.surprise));
        all.truncate(NEEDS_MAX);
        Needs { runs: all, digits: count_min(hir, &ByteSet::DIGITS), signs: signs(hir), closing: closing(hir) }
    }

    /// Bytes of the longest run that is needed and that [`LongRuns`] knows; 0: there is none.
    pub(crate) fn long(&self) -> usize {
        let tokens = ByteSet::of_tokens();
        let known = self.runs.iter().filter(|need| need.run >= LONG_MIN && need.set.is_within(&tokens));
        known.map(|need| need.run).max().unwrap_or(0)
    }

    /// What every match must hold behind its beginning, if the expression reads over anything up to it.
    pub(crate) fn closing(&self) -> Option<&str> {
        self.closing.as_deref()
    }

    /// Can a match lie in this window?
    pub(crate) fn are_met(&self, window: &[u8]) -> bool {
        self.runs.iter().all(|need| need.is_in(window))
            && (self.digits < DIGITS_MIN || window.iter().filter(|b| b.is_ascii_digit()).count() >= self.digits)
            && self
                .signs
                .is_none_or(|(set, least)| window.iter().filter(|b| (**b == set[0]) | (**b == set[1])).count() >= least)
    }
}

/// The long runs of a token's characters in a text, looked for once the first rule asks.
#[derive(Debug, Default)]
pub(crate) struct LongRuns(Option<Rc<[Range<usize>]>>);

impl LongRuns {
    /// Does one of at least so many bytes reach into the part?
    pub(crate) fn are_in(&mut self, bytes: &[u8], part: &Range<usize>, length: usize) -> bool {
        let all = self.all(bytes);
        let first = all.partition_point(|run| run.end <= part.start);
        let close = all.get(first..).unwrap_or_default().iter().take_while(|run| run.start < part.end);
        close.into_iter().any(|run| run.len() >= length)
    }

    /// All of them, in order.
    pub(crate) fn all(&mut self, bytes: &[u8]) -> Rc<[Range<usize>]> {
        self.0.get_or_insert_with(|| long_runs(bytes).into()).clone()
    }
}

fn long_runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let tokens = ByteSet::of_tokens();
    let (mut all, mut from) = (Vec::new(), 0);
    while let Some(window) = bytes.get(from..from + LONG_MIN) {
        match window.iter().rposition(|b| !tokens.has(*b)) {
            Some(wrong) => from += wrong + 1,
            None => {
                let rest = bytes.iter().skip(from + LONG_MIN);
                let end = from + LONG_MIN + rest.take_while(|b| tokens.has(**b)).count();
                all.push(from..end);
                from = end;
            }
        }
    }
    all
}

/// The pieces of an expression in their order.
fn flat<'h>(hir: &'h Hir, out: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Concat(all) => all.iter().for_each(|h| flat(h, out)),
        HirKind::Capture(capture) => flat(&capture.sub, out),
        HirKind::Look(_) | HirKind::Empty => {}
        _ => out.push(hir),
    }
}

/// Needs of which no two share a piece, the most telling first.
fn collect(hir: &Hir, out: &mut Vec<Need>) {
    let mut pieces = Vec::new();
    flat(hir, &mut pieces);
    let sets: Vec<(ByteSet, usize)> =
        pieces.iter().map(|p| (ByteSet::of(p), p.properties().minimum_len().unwrap_or(0))).collect();
    let mut runs: Vec<(Range<usize>, Need)> = Vec::new();
    for (first, _) in sets.iter().enumerate() {
        let (mut union, mut run) = (ByteSet::default(), 0);
        for (at, (set, min)) in sets.iter().enumerate().skip(first).take(PIECES_MAX) {
            (union, run) = (union.with(set), (run + min).min(RUN_MAX));
            if *min > 0 {
                runs.push((first..at + 1, Need::new(union, run)));
            }
        }
    }
    for (at, piece) in pieces.iter().enumerate() {
        let inner = match piece.kind() {
            HirKind::Repetition(rep) if rep.min > 0 => {
                let mut inner = Vec::new();
                collect(&rep.sub, &mut inner);
                inner.into_iter().next()
            }
            HirKind::Alternation(branches) => either(branches),
            _ => None,
        };
        runs.extend(inner.map(|need| (at..at + 1, need)));
    }
    runs.sort_by(|a, b| b.1.surprise.total_cmp(&a.1.surprise));
    let mut taken: Vec<Range<usize>> = Vec::new();
    for (range, need) in runs {
        if taken.iter().all(|t| t.end <= range.start || range.end <= t.start) {
            taken.push(range);
            out.push(need);
        }
    }
}

/// What whichever branch matches needs.
fn either(branches: &[Hir]) -> Option<Need> {
    let mut all: Option<Need> = None;
    for branch in branches {
        let mut own = Vec::new();
        collect(branch, &mut own);
        let own = own.into_iter().next()?;
        all = Some(all.map_or(own, |all| Need::new(all.set.with(&own.set), all.run.min(own.run))));
    }
    all
}

/// The literal behind a piece that takes any number of any bytes.
fn closing(hir: &Hir) -> Option<String> {
    let mut pieces = Vec::new();
    flat(hir, &mut pieces);
    let is_anything = |piece: &Hir| match piece.kind() {
        HirKind::Repetition(rep) => rep.max.is_none() && ByteSet::of(&rep.sub).is_all(),
        _ => false,
    };
    let at = pieces.iter().position(|piece| is_anything(piece))?;
    match pieces.get(at + 1)?.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok(),
        _ => None,
    }
}

/// The few signs of which every match holds two or more, and how many.
fn signs(hir: &Hir) -> Option<([u8; 2], usize)> {
    let mut sets = Vec::new();
    sign_sets(hir, &mut sets);
    let told = sets.into_iter().map(|set| (set, count_min(hir, &set))).filter(|(_, least)| *least > 1);
    let (set, least) = told.max_by(|a, b| (a.0.surprise() * a.1 as f32).total_cmp(&(b.0.surprise() * b.1 as f32)))?;
    let signs = (0..=u8::MAX).filter(|b| set.has(*b));
    Some(([signs.clone().min()?, signs.max()?], least))
}

/// The sets of signs of an expression.
fn sign_sets(hir: &Hir, out: &mut Vec<ByteSet>) {
    let mut add = |set: ByteSet| {
        let is_sign = set.and(&ByteSet::WORDS.with(&ByteSet::range(b' ', b' '))) == ByteSet::default();
        if is_sign && (1..=SIGNS_MAX).contains(&set.len()) && !out.contains(&set) {
            out.push(set);
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|b| add(ByteSet::range(*b, *b))),
        HirKind::Class(_) => add(ByteSet::of(hir)),
        HirKind::Repetition(rep) => sign_sets(&rep.sub, out),
        HirKind::Capture(capture) => sign_sets(&capture.sub, out),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|p| sign_sets(p, out)),
    }
}

/// Bytes of a set that every match holds.
fn count_min(hir: &Hir, set: &ByteSet) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.iter().filter(|b| set.has(**b)).count(),
        HirKind::Class(_) => usize::from(ByteSet::of(hir).is_within(set)),
        HirKind::Repetition(rep) => count_min(&rep.sub, set).saturating_mul(rep.min as usize),
        HirKind::Capture(capture) => count_min(&capture.sub, set),
        HirKind::Concat(parts) => parts.iter().map(|p| count_min(p, set)).sum(),
        HirKind::Alternation(parts) => parts.iter().map(|p| count_min(p, set)).min().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str) -> Hir {
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect("valid")
    }

    #[test]
    fn a_run_is_found_wherever_it_stands() {
        let mut set = ByteSet::default();
        set.add(b'0', b'9');
        for run in 1..9 {
            let need = Need::new(set, run);
            for before in 0..20 {
                for len in 0..12 {
                    for around in ["", "x", "12 3x"] {
                        let text = format!("{around}{}{}x{around}", "x".repeat(before), "7".repeat(len));
                        let wanted = text.contains(&"7".repeat(run)) || run <= 2 && text.contains("12");
                        assert_eq!(
                            need.is_in(text.as_bytes()),
                            wanted || run == 1 && text.contains('3'),
                            "{run} {text}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn windows_without_a_match_are_told() {
        let hex = "0123456789abcdef0123456789abcdef";
        let cases: [(&str, &str, bool); 14] = [
            ("key.{0,9}[0-9a-f]{32}", hex, true),
            ("key.{0,9}[0-9a-f]{32}", hex.get(1..).expect("ASCII"), false),
            ("key.{0,9}(?:[0-9a-f]{32}|[0-9a-f]{16})x?", "the key is 0123456789abcdef", true),
            ("key.{0,9}(?:[0-9a-f]{32}|[0-9a-f]{16})x?", "the key is 0123456789-bcdef", false),
            ("[0-9]{4}-?[0-9]{4}-?[0-9]{4} x", "1234 5678 9012 ", false),
            ("[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", "1234 5678 9012 ", true),
            ("[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", "1234 5678 901 ", false),
            ("(?:[0-9]{3}|x) [0-9]{2}", "x 12", true),
            ("(?:[0-9]{8})?a", "a", true),
            ("(?:[0-9]{8})?abc", "abc", true),
            ("(?P<value>[A-Z0-9]{20})", "in the year 2019 ABCDEFGHIJKLMNOPQRS", false),
            ("(?P<value>[A-Z0-9]{20})", "in the year 2019 ABCDEFGHIJKLMNOPQRST", true),
            ("[0-9a-f]{8}-[0-9a-f]{4}", "01234567-89ab", true),
            ("[0-9a-f]{8}-[0-9a-f]{4}", "01234567 89ab", false),
        ];
        for (pattern, window, wanted) in cases {
            assert_eq!(
                Needs::of(&parse(pattern), std::iter::once("key"), 0).are_met(window.as_bytes()),
                wanted,
                "{pattern} in {window}"
            );
        }
    }

    #[test]
    fn what_closes_a_match() {
        let cases = [
            (r"-----BEGIN [A-Z ]*KEY-----(?s:.)*?-----END [A-Z ]*KEY-----", Some("-----END ")),
            (r"a(?s:.){0,9}b", None),
            (r"a.*?bcd", None),
            (r"a(?s:.)*[bc]", None),
            (r"a(?:(?s:.)*b)?", None),
        ];
        for (pattern, wanted) in cases {
            assert_eq!(closing(&parse(pattern)).as_deref(), wanted, "{pattern}");
        }
    }

    #[test]
    fn long_runs_are_found_wherever_they_stand() {
        for before in 0..40 {
            for len in 0..40 {
                let text = format!("{}{} {}", "a b".repeat(before), "x".repeat(len), "a b".repeat(9));
                let long = before * 3..before * 3 + len;
                // The last letter before it belongs to it.
                let long = long.start - usize::from(before > 0)..long.end;
                let wanted = if long.len() >= LONG_MIN { vec![long] } else { vec![] };
                assert_eq!(long_runs(text.as_bytes()), wanted, "{text}");
            }
        }
        let mut runs = LongRuns::default();
        let text = format!("{} {}", "x".repeat(20), "y ".repeat(30));
        assert!(runs.are_in(text.as_bytes(), &(19..50), 16) && !runs.are_in(text.as_bytes(), &(20..50), 16));
    }

    #[test]
    fn needs_tell_apart() {
        let cases: [(&str, &[&str], &str, bool); 9] = [
            ("(?i)vendor.{0,40}[0-9a-f]{32}", &["vendor"], "vendor 0123456789abcdef0123456789abcdef", true),
            ("(?i)vendor.{0,40}[0-9a-f]{32}", &["vendor"], "vendor 0123456789abcdef0123456789abcde x", false),
            ("(?i)vendor.{0,40}(?:key|token)", &["vendor"], "VENDOR TOKEN", true),
            ("key (?:[0-9a-f]{8}|A[0-9]{9})", &["key"], "key A123456789", true),
            ("key (?:[0-9a-f]{8}|A[0-9]{9})", &["key"], "key for the door", false),
            ("[0-9]{3}[ -]?ext[.]? ?[0-9]{4}", &[], "123 ext. 4567", true),
            ("[0-9]{3}[ -]?ext[.]? ?[0-9]{4}", &[], "123 4567 words", false),
            ("(?:[0-9]{2}:)+x", &[], "12:13:x", true),
            ("(?:abc)?[a-z]", &[], "q", true),
        ];
        for (pattern, anchors, text, wanted) in cases {
            let needs = Needs::of(&parse(pattern), anchors.iter().copied(), 0);
            assert_eq!(needs.are_met(text.as_bytes()), wanted, "{pattern} {text}");
        }
    }
}
