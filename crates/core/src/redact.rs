//! Redaction: spans out, marks in. Pure over texts; what is cut is decided elsewhere.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match, MatchKind};
use lazaret_scan::Action;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A span to take out of a text, and the mark that takes its place.
#[derive(Clone)]
pub(crate) struct Cut {
    pub(crate) span: Range<usize>,
    pub(crate) score: u8,
    pub(crate) action: Action,
    pub(crate) mark: Rc<str>,
}

/// The union of some cuts: disjoint, ordered, within the text and at character boundaries. Cuts that overlap become one,
/// under the mark of the strictest, then the surest, then the longest of them.
pub(crate) fn union(text: &str, mut cuts: Vec<Cut>) -> Vec<(Range<usize>, String)> {
    for cut in &mut cuts {
        cut.span = snap(text, &cut.span);
    }
    cuts.retain(|cut| !cut.span.is_empty());
    cuts.sort_by_key(|cut| cut.span.start);
    let mut out: Vec<Cut> = Vec::new();
    for cut in cuts {
        match out.last_mut().filter(|last| cut.span.start < last.span.end) {
            Some(last) => {
                let end = last.span.end.max(cut.span.end);
                if rank(&cut) > rank(last) {
                    // The mark moves; what ranks for the next one is what the mark stands for.
                    let start = last.span.start;
                    *last = Cut { span: start..end, ..cut };
                } else {
                    last.span.end = end;
                }
            }
            None => out.push(cut),
        }
    }
    out.into_iter().map(|cut| (cut.span, cut.mark.as_ref().to_owned())).collect()
}

fn rank(cut: &Cut) -> (Action, u8, usize) {
    (cut.action, cut.score, cut.span.len())
}

/// A span moved outwards to character boundaries and into the text.
pub(crate) fn snap(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The text with each span replaced. Spans are as [`union`] gives them.
pub(crate) fn replace(text: &str, spans: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, mark) in spans {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(mark);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Values shorter than this are not looked for elsewhere: they stand anywhere by chance.
const VALUE_BYTES_MIN: usize = 4;
/// Values shorter than this are looked for as whole words only.
const PART_BYTES_MIN: usize = 6;
/// Distinct values of one message that are looked for elsewhere.
const VALUES_MAX: usize = 1_000;
/// The same for values of files that have no room among them, and for their bytes.
const BEYOND_VALUES_MAX: usize = 10_000;
const BEYOND_BYTES_MAX: usize = 1 << 20;
/// Longest canonical form that is looked for in facts, in bytes; no fact is longer.
const VALUE_IN_FACT_BYTES_MAX: usize = 512;
/// Bytes of all of them.
const VALUES_BYTES_MAX: usize = 256 << 10;

/// The values that were found anywhere in a message and are taken out, to be taken out wherever else they stand: a
/// password that was recognised by the word before it is repeated further down without that word.
#[derive(Default)]
pub(crate) struct Values {
    texts: Vec<Zeroizing<String>>,
    cuts: Vec<Cut>,
    bytes: usize,
    /// Letters and digits of their canonical forms, in lower case.
    canonical: Vec<Zeroizing<String>>,
    /// One did not fit.
    over_limit: bool,
    /// More are kept than are looked for in files.
    is_large: bool,
    /// Where the one with a hash is kept.
    known: HashMap<u64, usize>,
    hasher: RandomState,
    /// Of those that are found within words too.
    long: Finder,
    /// Of those that are whole words.
    short: Finder,
}

/// Looks for some of the values, whatever the case of their ASCII letters.
#[derive(Default)]
struct Finder {
    automaton: Option<AhoCorasick>,
    /// Which value each of its patterns is.
    values: Vec<usize>,
}

impl Values {
    /// Adds a value; the first mark of a value stays.
    pub(crate) fn add(&mut self, value: &str, cut: &Cut) {
        if value.len() < VALUE_BYTES_MIN || self.is_known(value) {
            return;
        }
        if !self.has_room(value) {
            self.over_limit = true;
            return;
        }
        self.known.insert(self.hasher.hash_one(value), self.texts.len());
        self.bytes += value.len();
        self.texts.push(Zeroizing::new(value.to_owned()));
        self.cuts.push(cut.clone());
    }

    /// Would it fit? One that is kept already does, and so does one that is too short to be looked for.
    pub(crate) fn has_room(&self, value: &str) -> bool {
        let (values_max, bytes_max) = match self.is_large {
            true => (BEYOND_VALUES_MAX, BEYOND_BYTES_MAX),
            false => (VALUES_MAX, VALUES_BYTES_MAX),
        };
        value.len() < VALUE_BYTES_MIN
            || self.texts.len() < values_max && self.bytes + value.len() <= bytes_max
            || self.is_known(value)
    }

    fn is_known(&self, value: &str) -> bool {
        let known = self.known.get(&self.hasher.hash_one(value)).and_then(|at| self.texts.get(*at));
        known.is_some_and(|known| known.as_str() == value)
    }

    /// For what has no room: more of them, to be looked for in texts alone.
    pub(crate) fn beyond() -> Values {
        Values { is_large: true, ..Values::default() }
    }

    /// Passes a limit where another has.
    pub(crate) fn limit_with(&mut self, other: &Values) {
        self.over_limit |= other.over_limit;
    }

    /// Adds the canonical form of a value, for facts, where it may stand without its blanks and dashes. There are as many as
    /// there are values at most; what is beyond has been told by then.
    pub(crate) fn add_canonical(&mut self, canonical: &str) {
        let form = squeezed(canonical);
        let fits = form.len() >= PART_BYTES_MIN && form.len() <= VALUE_IN_FACT_BYTES_MAX;
        if fits && self.canonical.len() < VALUES_MAX && !self.canonical.contains(&form) {
            self.canonical.push(form);
        }
    }

    /// Were there more values than are looked for? Then what is left of one elsewhere is not known.
    pub(crate) fn over_limit(&self) -> bool {
        self.over_limit
    }

    /// Gets ready to look.
    pub(crate) fn build(&mut self) {
        let of = |is_long: bool| {
            let values = self.texts.iter().enumerate().filter(|(_, text)| (text.len() >= PART_BYTES_MIN) == is_long);
            values.map(|(at, _)| at).collect::<Vec<usize>>()
        };
        let (long, short) = (of(true), of(false));
        // Of short ones each place counts: one that is no whole word must not hide another.
        (self.long.automaton, self.short.automaton) =
            (self.automaton(&long, MatchKind::LeftmostLongest), self.automaton(&short, MatchKind::Standard));
        (self.long.values, self.short.values) = (long, short);
    }

    /// One that cannot be built counts as a limit that was passed.
    fn automaton(&mut self, values: &[usize], kind: MatchKind) -> Option<AhoCorasick> {
        let texts = values.iter().filter_map(|at| self.texts.get(*at)).map(|text| text.as_str());
        let mut builder = AhoCorasick::builder();
        builder.match_kind(kind).kind(Some(AhoCorasickKind::ContiguousNFA)).ascii_case_insensitive(true);
        let built = (!values.is_empty()).then(|| builder.build(texts))?;
        self.over_limit |= built.is_err();
        built.ok()
    }

    /// Those that are looked for in the octets of files, as written and in their canonical forms.
    pub(crate) fn spelled(&self) -> Zeroizing<Vec<String>> {
        let spelled = self.texts.iter().filter(|text| text.len() >= PART_BYTES_MIN);
        Zeroizing::new(spelled.chain(&self.canonical).map(|text| text.as_str().to_owned()).collect())
    }

    /// Where they stand in a text.
    pub(crate) fn cuts(&self, text: &str) -> Vec<Cut> {
        let cut = |of: &Finder, m: Match| {
            let cut = self.cuts.get(*of.values.get(m.pattern().as_usize())?)?;
            Some(Cut { span: m.range(), ..cut.clone() })
        };
        let long = self.long.automaton.iter().flat_map(|finder| finder.find_iter(text));
        let short = self.short.automaton.iter().flat_map(|finder| finder.find_overlapping_iter(text));
        let words = short.filter(|m| is_word(text, &m.range())).filter_map(|m| cut(&self.short, m));
        long.filter_map(|m| cut(&self.long, m)).chain(words).collect()
    }

    /// Does one of them stand in a fact, in whatever spelling?
    pub(crate) fn stand_in_fact(&self, text: &str) -> bool {
        let form = squeezed(text);
        self.canonical.iter().any(|value| form.contains(value.as_str())) || !self.cuts(text).is_empty()
    }

    /// Does one of them stand in a fact, in whatever spelling, or the fact in one of them?
    pub(crate) fn touch(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.stand_in_fact(&text)
            || text.len() >= PART_BYTES_MIN
                && self.texts.iter().any(|value| Zeroizing::new(value.to_ascii_lowercase()).contains(&text))
    }
}

/// Looks for values in octets, in every encoding in which a file might keep them.
pub(crate) enum Coded {
    Nothing,
    Some(AhoCorasick),
    /// What cannot be looked for is not proved to be absent.
    Failed,
}

impl Coded {
    /// Gets ready to look for these.
    pub(crate) fn new(values: &[String]) -> Coded {
        let mut patterns: Vec<Zeroizing<Vec<u8>>> = values.iter().flat_map(|value| encodings(value)).collect();
        patterns.retain(|pattern| pattern.len() >= PART_BYTES_MIN);
        if patterns.is_empty() {
            return Coded::Nothing;
        }
        let mut builder = AhoCorasick::builder();
        builder.kind(Some(AhoCorasickKind::ContiguousNFA)).ascii_case_insensitive(true);
        let built = builder.build(patterns.iter().map(|pattern| pattern.as_slice()));
        built.map_or(Coded::Failed, Coded::Some)
    }

    /// Does one of them stand there?
    pub(crate) fn stand_in(&self, octets: &[u8]) -> bool {
        match self {
            Coded::Nothing => false,
            Coded::Some(finder) => finder.is_match(octets),
            Coded::Failed => true,
        }
    }
}

/// A value as files write it: UTF-8, UTF-16 in both orders, hexadecimal, and base64 at each of the three places that it can
/// begin at.
fn encodings(value: &str) -> Vec<Zeroizing<Vec<u8>>> {
    use base64::Engine;
    let bytes = value.as_bytes();
    let wide =
        |swap: bool| value.encode_utf16().flat_map(|u| if swap { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
    let hex: Vec<u8> = bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
    let mut all: Vec<Vec<u8>> = vec![bytes.to_vec(), wide(false), wide(true), hex];
    for before in 0..3usize {
        // Letters that hold nothing but the value: without the first, which what stands before is in, and the last.
        let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
        let coded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&padded);
        let skip = [0, 2, 3].get(before).copied().unwrap_or(0);
        let whole = padded.len() * 8 / 6;
        all.push(coded.as_bytes().get(skip..whole).unwrap_or_default().to_vec());
    }
    all.into_iter().map(Zeroizing::new).collect()
}

/// Letters and digits of a text, in lower case.
fn squeezed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect())
}

/// Is a span no part of a longer word?
fn is_word(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).and_then(|t| t.chars().next_back());
    let after = text.get(span.end..).and_then(|t| t.chars().next());
    ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(span: Range<usize>, score: u8, action: Action, mark: &str) -> Cut {
        Cut { span, score, action, mark: mark.into() }
    }

    fn clear(text: &str, cuts: Vec<Cut>) -> String {
        replace(text, &union(text, cuts))
    }

    #[test]
    fn unions_carry_the_best_mark() {
        let r = Action::Redact;
        let cases = [
            (vec![cut(2..4, 60, r, "A")], "01A456789"),
            (vec![cut(2..4, 60, r, "A"), cut(4..6, 60, r, "B")], "01AB6789"),
            (vec![cut(2..5, 60, r, "A"), cut(4..6, 70, r, "B")], "01B6789"),
            (vec![cut(2..5, 70, r, "A"), cut(4..6, 60, r, "B")], "01A6789"),
            (vec![cut(2..9, 60, r, "A"), cut(3..4, 60, r, "B")], "01A9"),
            (vec![cut(2..5, 90, r, "A"), cut(4..6, 60, Action::Withhold, "B")], "01B6789"),
            (vec![cut(4..6, 60, r, "B"), cut(0..3, 60, r, "A"), cut(2..5, 60, r, "C")], "A6789"),
            (vec![cut(8..99, 60, r, "A"), cut(50..60, 60, r, "B")], "01234567A"),
            (vec![cut(3..3, 60, r, "A")], "0123456789"),
            (vec![], "0123456789"),
        ];
        for (cuts, want) in cases {
            assert_eq!(clear("0123456789", cuts), want);
        }
        assert_eq!(clear("aöb", vec![cut(2..3, 60, r, "X")]), "aXb");
    }

    #[test]
    fn a_value_goes_wherever_it_stands() {
        let mut values = Values::default();
        values.add("hunter2", &cut(0..0, 80, Action::Redact, "[A]"));
        values.add("hunter22", &cut(0..0, 80, Action::Redact, "[B]"));
        values.add("hunter2", &cut(0..0, 80, Action::Redact, "[later]"));
        values.add("12345", &cut(0..0, 80, Action::Redact, "[C]"));
        values.add("a-b1", &cut(0..0, 80, Action::Redact, "[D]"));
        values.add("b1-c", &cut(0..0, 80, Action::Redact, "[E]"));
        values.add("777", &cut(0..0, 80, Action::Redact, "[F]"));
        values.build();
        let cases = [
            ("hunter2, hunter22 and 12345 or Hunter2", "[A], [B] and [C] or [A]"),
            ("xHUNTER2x 12345", "x[A]x [C]"),
            ("112345 123456 x12345 12345\u{e4} (12345) 12345", "112345 123456 x12345 12345\u{e4} ([C]) [C]"),
            ("A-B1 xa-b1-c", "[D] xa-[E]"),
            ("777", "777"),
        ];
        for (text, want) in cases {
            assert_eq!(clear(text, values.cuts(text)), want);
        }
        assert!(
            values.touch("x-hunter2-x")
                && values.touch("x-HUNTER2-x")
                && values.touch("12345@x")
                && !values.touch("123456@x")
                && values.touch("Hunter")
                && !values.touch("hunt")
                && !values.touch("other text")
        );
    }

    #[test]
    fn values_are_bounded() {
        let one = cut(0..0, 80, Action::Redact, "[A]");
        for (count, over) in [(VALUES_MAX - 1, false), (VALUES_MAX, false), (VALUES_MAX + 1, true)] {
            let mut values = Values::default();
            for i in 0..count {
                values.add(&format!("value{i:05}"), &one);
                values.add("value00000", &one);
            }
            assert_eq!((values.texts.len(), values.over_limit()), (count.min(VALUES_MAX), over));
        }
        for (more, over) in [("abcd", false), ("abcde", false), ("abcdef", true), ("abc", false)] {
            let mut values = Values::default();
            values.add(&"x".repeat(VALUES_BYTES_MAX - 5), &one);
            values.add(more, &one);
            assert_eq!(values.over_limit(), over, "{more}");
        }
    }

    #[test]
    fn what_has_no_room_is_bounded_too() {
        let one = cut(0..0, 80, Action::Redact, "[A]");
        let rows = [(BEYOND_VALUES_MAX - 1, false), (BEYOND_VALUES_MAX, false), (BEYOND_VALUES_MAX + 1, true)];
        for (count, over) in rows {
            let mut beyond = Values::beyond();
            (0..count).for_each(|i| beyond.add(&format!("value{i:05}"), &one));
            let mut values = Values::default();
            values.limit_with(&beyond);
            assert_eq!(values.over_limit(), over, "{count}");
            assert!(beyond.has_room("value00000") && beyond.has_room("abc"));
        }
    }

    proptest! {
        #[test]
        fn unions_are_disjoint_ordered_and_within(
            text in "\\PC{0,60}",
            spans in proptest::collection::vec((0usize..80, 0usize..80), 0..12),
        ) {
            let cuts = spans.iter().map(|(a, b)| cut(*a..*b, 60, Action::Redact, "#")).collect();
            let union = union(&text, cuts);
            let mut end = 0;
            for (span, _) in &union {
                prop_assert!(span.start >= end && span.start < span.end);
                prop_assert!(text.get(span.clone()).is_some());
                end = span.end;
            }
            for (a, b) in spans {
                for at in (a..b).filter(|at| *at < text.len()) {
                    prop_assert!(union.iter().any(|(span, _)| span.contains(&at)), "byte {} survived", at);
                }
            }
            let kept: usize = text.len() - union.iter().map(|(span, _)| span.len()).sum::<usize>();
            prop_assert_eq!(replace(&text, &union).len(), kept + union.len());
        }
    }
}
