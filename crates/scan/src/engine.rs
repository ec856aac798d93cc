//! One walk, three scouts, lazy judges: text in, matches out.
//!
//! A text is folded once into its shadow. Scouts bring candidates from it: runs of digits, anchors, identifiers, and runs
//! of base64, whose content is scanned the same way. Judges then look at candidates alone: shape, check digits, what
//! touches it, words around it. Every step is linear in the text and counted; there is no clock and no skipped rule.

use crate::compiled::{Canonical, How, Kind};
use crate::context::Nearby;
use crate::judge::{self, Evidence};
use crate::scout::{anchor, digit, token};
use crate::shadow::Shadow;
use crate::text::{before, byte, overlaps};
use crate::{Class, RuleIx, Ruleset, carrier, marks, overlap, prose};
use std::fmt;
use std::ops::Range;
use zeroize::Zeroizing;

/// Where the text stood; weighs in the score and in context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// A body or any other running text.
    #[default]
    Body,
    /// A header field such as the subject or a display name.
    Header,
    /// A file name.
    Name,
    /// The text of an attachment.
    Attachment,
}

/// Values that were found before, in another text of the same message or thread.
pub trait Memory: Sync {
    /// Was a value of this class and canonical form ([`Ruleset::canonical`]) found with enough evidence before?
    fn knows(&self, class: Class, canonical: &str) -> bool;
}

/// What is known beside the text.
#[derive(Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Where it stood.
    pub placement: Placement,
    /// Countries (ISO 3166-1 alpha-2) whose identifiers are expected; empty: all.
    pub countries: &'a [String],
    /// Values found before: a candidate that lacks context alone is one if it is among them.
    pub memory: Option<&'a dyn Memory>,
}

impl fmt::Debug for Hints<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.memory.is_some();
        write!(f, "Hints {{ placement: {:?}, countries: {:?}, memory: {memory} }}", self.placement, self.countries)
    }
}

/// The first reason why nothing follows from a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// A validator says that it is none.
    Checksum,
    /// The rule asks for a word of its context, and none stands near.
    Context,
    /// It is an identifier of a country that is not expected here.
    Country,
    /// Its score stays below 30.
    Score,
    /// Another rule's finding on the same bytes stands for it.
    Overlap(RuleIx),
    /// It is one of our own marks.
    Mark,
    /// Read with others to one record or pair, by a rule made of rules.
    Composite,
}

impl WhyNot {
    /// The word of JSON and of stored fingerprints.
    pub fn as_str(self) -> &'static str {
        match self {
            WhyNot::Checksum => "checksum",
            WhyNot::Context => "context",
            WhyNot::Country => "country",
            WhyNot::Score => "score",
            WhyNot::Overlap(_) => "overlap",
            WhyNot::Mark => "mark",
            WhyNot::Composite => "composite",
        }
    }
}

/// Something that a rule looked at closely, found or not. It carries no text.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleIx,
    /// Its bytes in the scanned text; both ends are character boundaries.
    pub span: Range<usize>,
    /// 0 to 100, as far as it was weighed.
    pub score: u8,
    /// How the score came about, as far as it was weighed.
    pub terms: Vec<Term>,
    /// Why it is no match; `None`: it is one.
    pub why_not: Option<WhyNot>,
}

/// All that one scan looked at.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// Candidates by start.
    pub candidates: Vec<Candidate>,
    /// As in [`Scan`].
    pub incomplete: Option<Incomplete>,
}

/// A term of a score, for `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// What gave it (`base`, `near`, `checksum`, …).
    pub name: &'static str,
    /// Points, negative for evidence against.
    pub points: i16,
}

/// Something found. It carries no text: spans are bytes of the text that was scanned.
#[derive(Debug, Clone)]
pub struct Match {
    /// The rule.
    pub rule: RuleIx,
    /// The value's bytes in the scanned text; both ends are character boundaries.
    pub span: Range<usize>,
    /// 0 to 100.
    pub score: u8,
    /// How the score came about.
    pub terms: Vec<Term>,
    /// Other rules that fit the same bytes, best first: one number can be valid in several countries.
    pub also: Vec<RuleIx>,
}

/// A bound that stopped the scan of a text before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// More candidates than the cap.
    Candidates,
    /// More bytes looked at by confirming patterns than the cap.
    Work,
}

/// All that one scan of one text gave.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Matches at 30 or above, by start; spans of different rules may overlap.
    pub matches: Vec<Match>,
    /// Set if a cap tripped: the text counts as not fully examined.
    pub incomplete: Option<Incomplete>,
}

/// Lowest score that is reported.
pub(crate) const SCORE_MIN: u8 = 30;
/// How often base64 in base64 is opened.
const DECODE_DEPTH_MAX: usize = 2;
/// Bytes that a prose rule reads around one word, for the count of work.
const PROSE_BYTES: usize = 256;

/// Bounds of one scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Candidates that reached the threshold, before overlaps are settled.
    pub(crate) candidates_max: usize,
    /// Bytes looked at by confirming expressions: so many for every text …
    pub(crate) work_bytes_min: usize,
    /// … and so many for each of its bytes.
    pub(crate) work_per_byte: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { candidates_max: 100_000, work_bytes_min: 1 << 20, work_per_byte: 256 }
    }
}

impl Ruleset {
    /// Finds everything in `text`; linear in its length.
    pub fn scan(&self, text: &str, hints: &Hints<'_>) -> Scan {
        self.scan_only(text, hints, None)
    }

    /// The same, with every candidate that came to nothing and the first reason for that. Slower than a scan.
    pub fn explain(&self, text: &str, hints: &Hints<'_>) -> Explanation {
        let scan = self.scan(text, hints);
        let found = |m: Match| Candidate { rule: m.rule, span: m.span, score: m.score, terms: m.terms, why_not: None };
        Explanation { candidates: scan.matches.into_iter().map(found).collect(), incomplete: scan.incomplete }
    }

    /// The same with one rule alone, so that its examples do not depend on its neighbours.
    pub(crate) fn scan_only(&self, text: &str, hints: &Hints<'_>, only: Option<RuleIx>) -> Scan {
        self.scan_within(text, hints, only, Limits::default())
    }

    pub(crate) fn scan_within(&self, text: &str, hints: &Hints<'_>, only: Option<RuleIx>, limits: Limits) -> Scan {
        let work_max = limits.work_bytes_min.saturating_add(text.len().saturating_mul(limits.work_per_byte));
        let budget = Budget { candidates: limits.candidates_max, work: work_max, incomplete: None };
        let nearby = self.compiled.iter().map(|_| Nearby::default()).collect();
        let mut walk = Walk { set: self, hints, only, budget, matches: Vec::new(), nearby, layer: 0 };
        walk.layer(text, 0);
        let incomplete = walk.budget.incomplete;
        Scan { matches: overlap::settle(self, walk.matches), incomplete }
    }

    /// The canonical form of a value that `rule` matched: what equal values share (digits of a card without its
    /// separators, letters in one case). Only for a keyed digest; it is as secret as the value.
    pub fn canonical(&self, rule: RuleIx, value: &str) -> Zeroizing<String> {
        let form = self.base(rule).and_then(|at| self.compiled.get(at)).map_or(Canonical::Verbatim, |r| r.canonical);
        Zeroizing::new(form.of(Shadow::new(value).text()))
    }

    /// The at most four trailing characters that a mark may show: cards and accounts only.
    pub fn tail(&self, rule: RuleIx, value: &str) -> Option<String> {
        let compiled = self.base(rule).and_then(|at| self.compiled.get(at)).filter(|r| r.has_tail)?;
        let canonical = self.canonical(rule, value);
        // A short number would be half shown, and the characters of an encoded one are not its own.
        let is_plain = (8..=34).contains(&canonical.len()) && compiled.validators.iter().all(|v| (v.check)(&canonical));
        let at = canonical.len().checked_sub(4)?;
        is_plain.then(|| canonical.get(at..).map(str::to_owned)).flatten()
    }

    /// The rule that a `test-value` stands for, or the rule itself.
    fn base(&self, rule: RuleIx) -> Option<usize> {
        let at = usize::from(rule.0);
        if at < self.compiled.len() {
            return Some(at);
        }
        let info = self.rule(rule)?;
        self.rules().iter().position(|r| r.class == info.class && r.entity == info.entity)
    }
}

impl Canonical {
    /// The form of a folded value.
    pub(crate) fn of(self, value: &str) -> String {
        let keep = |f: fn(&char) -> bool| value.chars().filter(f).collect::<String>();
        match self {
            // What holds more than digits and separators is no plain number, an encoded one for example.
            Canonical::Digits => {
                let folded: String = value.chars().map(plain_digit).collect();
                let is_number = !folded.contains(|c: char| c.is_ascii_alphabetic());
                if is_number { folded.chars().filter(char::is_ascii_digit).collect() } else { value.to_owned() }
            }
            Canonical::Alphanumeric => keep(char::is_ascii_alphanumeric).to_ascii_uppercase(),
            Canonical::Lower => value.to_lowercase(),
            Canonical::Verbatim => value.to_owned(),
        }
    }
}

fn plain_digit(c: char) -> char {
    u8::try_from(c).ok().and_then(digit::lookalike).map_or(c, char::from)
}

struct Budget {
    candidates: usize,
    work: usize,
    incomplete: Option<Incomplete>,
}

impl Budget {
    /// Takes bytes of work; false when there are none left.
    fn work(&mut self, bytes: usize) -> bool {
        match self.work.checked_sub(bytes) {
            Some(rest) => {
                self.work = rest;
                true
            }
            None => {
                self.incomplete = self.incomplete.or(Some(Incomplete::Work));
                false
            }
        }
    }

    fn candidate(&mut self) -> bool {
        match self.candidates.checked_sub(1) {
            Some(rest) => {
                self.candidates = rest;
                true
            }
            None => {
                self.incomplete = self.incomplete.or(Some(Incomplete::Candidates));
                false
            }
        }
    }
}

/// One scan under way.
struct Walk<'s, 'h> {
    set: &'s Ruleset,
    hints: &'h Hints<'h>,
    only: Option<RuleIx>,
    budget: Budget,
    /// Spans are bytes of the text of the outermost layer.
    matches: Vec<Match>,
    /// Words around the last candidates of each rule.
    nearby: Vec<Nearby>,
    /// Number of the text that is scanned.
    layer: usize,
}

/// A match in the shadow of a layer.
type Local = Vec<Match>;

impl Walk<'_, '_> {
    /// Scans one text: the source, or what base64 in it decoded to.
    fn layer(&mut self, text: &str, depth: usize) {
        self.layer += 1;
        let shadow = Shadow::new(text);
        let mut local = Local::new();
        self.digits(shadow.text(), &mut local);
        self.anchors(shadow.text(), &mut local);
        local.retain(|m| !marks::hides(shadow.text(), &m.span));
        for m in &mut local {
            m.span = shadow.source(&m.span);
        }
        self.matches.append(&mut local);
        if depth < DECODE_DEPTH_MAX {
            self.encoded(text, depth);
        }
    }

    /// Opens carriers such as base64; what is found in one is reported for the bytes that carry it.
    fn encoded(&mut self, text: &str, depth: usize) {
        let mut at = 0;
        while let Some(carrier) = carrier::next(text, at) {
            at = carrier.span.end;
            let from = self.matches.len();
            self.layer(&carrier.text, depth + 1);
            for m in self.matches.iter_mut().skip(from) {
                m.span = carrier.source(&m.span);
                m.terms.push(Term { name: carrier.name, points: 0 });
            }
        }
    }

    fn keep(&mut self, text: &str, rule: RuleIx, span: Range<usize>, evidence: Evidence, local: &mut Local) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Some(nearby) = self.nearby.get_mut(usize::from(rule.0)) else { return };
        nearby.within(self.layer);
        let Some((score, terms)) = judge::weigh(compiled, text, &span, evidence, self.hints.countries, nearby) else {
            return;
        };
        if score < SCORE_MIN || span.is_empty() || !self.budget.candidate() {
            return;
        }
        let value = text.get(span.clone()).unwrap_or_default();
        let is_test = self.set.test_values.contains(&*self.set.canonical(rule, value));
        let rule = if is_test { self.set.test_value_of(rule).unwrap_or(rule) } else { rule };
        local.push(Match { rule, span, score, terms, also: Vec::new() });
    }

    fn wants(&self, rule: RuleIx) -> bool {
        self.only.is_none_or(|only| only == rule)
    }

    /// Digits, identifiers, and expressions that are led by digits.
    fn digits(&mut self, text: &str, local: &mut Local) {
        let set = self.set;
        let bytes = text.as_bytes();
        let mut windows = Windows::new(set);
        let mut groups = Vec::new();
        let mut at = 0;
        while let Some(next) = digit::next_run(bytes, at, &mut groups, set.scouts.digits_max.max(1)) {
            at = next;
            self.numbers(text, &groups, local);
            for group in &groups {
                if before(bytes, group.start).is_ascii_digit() {
                    continue;
                }
                self.tokens(text, group.start, group.len(), local);
                for (rule, digits) in &set.scouts.digit_runs {
                    if group.len() >= *digits && self.wants(*rule) {
                        self.window(text, *rule, group.start..group.end, &mut windows, local);
                    }
                }
            }
        }
        self.flush(text, windows, local);
    }

    fn numbers(&mut self, text: &str, groups: &[digit::Group], local: &mut Local) {
        let set = self.set;
        if groups.iter().map(digit::Group::len).sum::<usize>() < set.scouts.digits_min {
            return;
        }
        for first in 0..groups.len() {
            let mut number = judge::Number::new(groups, first);
            while number.extend(text.as_bytes(), set.scouts.digits_max) {
                let Some(rules) = set.scouts.by_length.get(number.len()) else { continue };
                for rule in rules {
                    let Some(compiled) = set.compiled.get(usize::from(rule.0)) else { continue };
                    let Kind::Digits(digits) = &compiled.kind else { continue };
                    if !self.wants(*rule) || !number.may_be(digits, compiled) {
                        continue;
                    }
                    if let Some((span, evidence)) = number.judge(text, digits, compiled) {
                        self.keep(text, *rule, span, evidence, local);
                    }
                }
            }
        }
    }

    fn tokens(&mut self, text: &str, digits: usize, run: usize, local: &mut Local) {
        let set = self.set;
        let has_letters = token::has_letters(text.as_bytes(), digits);
        for (rule, needs_letters) in &set.scouts.tokens {
            if *needs_letters && !has_letters {
                continue;
            }
            let Some(compiled) = set.compiled.get(usize::from(rule.0)) else { continue };
            let Kind::Token(shapes) = &compiled.kind else { continue };
            if !self.wants(*rule) {
                continue;
            }
            if let Some(found) = token::read(text.as_bytes(), digits, run, has_letters, shapes, &compiled.validators)
                && let Some(evidence) = judge::token(compiled, &found)
            {
                self.keep(text, *rule, found.span, evidence, local);
            }
        }
    }

    fn anchors(&mut self, text: &str, local: &mut Local) {
        let set = self.set;
        let Some(automaton) = &set.scouts.anchors else { return };
        let mut windows = Windows::new(set);
        for hit in automaton.find_overlapping_iter(text) {
            let Some(leads) = set.scouts.leads.get(hit.pattern().as_usize()) else { continue };
            for lead in leads {
                if !self.wants(lead.rule) {
                    continue;
                }
                match lead.how {
                    How::Around => self.window(text, lead.rule, hit.range(), &mut windows, local),
                    How::Start => self.start(text, lead.rule, hit.start(), &mut windows, local),
                    How::Word => self.word(text, lead.rule, hit.range(), local),
                }
            }
        }
        self.flush(text, windows, local);
    }

    fn start(&mut self, text: &str, rule: RuleIx, at: usize, windows: &mut Windows, local: &mut Local) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        let Some(window) = windows.get_mut(rule) else { return };
        // Within the last match of the rule nothing new begins, nor within a word.
        let bytes = text.as_bytes();
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let in_word = is_word(before(bytes, at)) && is_word(byte(bytes, at));
        if at < window.end || in_word || !self.budget.work(pattern.after.min(1 << 10)) {
            return;
        }
        if let Some((span, end)) = anchor::search_at(text, pattern, at) {
            *window = at..end;
            if self.budget.work(span.len())
                && let Some(evidence) = judge::pattern(compiled, text, &span)
            {
                self.keep(text, rule, span, evidence, local);
            }
        }
    }

    /// Opens a window, or widens the one that is open if they touch.
    fn window(&mut self, text: &str, rule: RuleIx, hit: Range<usize>, windows: &mut Windows, local: &mut Local) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        let new = anchor::window(text, pattern, hit);
        let Some(open) = windows.get_mut(rule) else { return };
        if open.start >= open.end {
            *open = new;
            return;
        }
        if overlaps(open, &new) {
            open.end = new.end;
            return;
        }
        let done = std::mem::replace(open, new);
        self.confirm(text, rule, done, local);
    }

    fn flush(&mut self, text: &str, windows: Windows, local: &mut Local) {
        for (at, window) in windows.0.into_iter().enumerate() {
            let rule = RuleIx(u16::try_from(at).unwrap_or(u16::MAX));
            let is_open = self.set.compiled.get(at).is_some_and(|c| c.is_windowed());
            if is_open && !window.is_empty() {
                self.confirm(text, rule, window, local);
            }
        }
    }

    fn confirm(&mut self, text: &str, rule: RuleIx, window: Range<usize>, local: &mut Local) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        if !self.budget.work(window.len()) {
            return;
        }
        anchor::search(text, pattern, window, |span| {
            if let Some(evidence) = judge::pattern(compiled, text, &span) {
                self.keep(text, rule, span, evidence, local);
            }
        });
    }

    fn word(&mut self, text: &str, rule: RuleIx, word: Range<usize>, local: &mut Local) {
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Prose(rules) = &compiled.kind else { return };
        // The kind that a mark names is no keyword for what follows the mark.
        if !prose::is_word(text, &word) || !self.budget.work(PROSE_BYTES) || marks::overlapping(text, &word).is_some() {
            return;
        }
        for found in prose::read(text, word, rules.wanted) {
            self.keep(text, rule, found.span, Evidence::of(&found.terms), local);
        }
    }
}

/// One window a rule.
struct Windows(Vec<Range<usize>>);

impl Windows {
    fn new(set: &Ruleset) -> Windows {
        Windows(vec![0..0; set.compiled.len()])
    }

    fn get_mut(&mut self, rule: RuleIx) -> Option<&mut Range<usize>> {
        self.0.get_mut(usize::from(rule.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceFile;

    const RULE: &str = r#"
[[rule]]
id = "mark-x"
class = "custom"
kind = "regex"
pattern = 'tok[0-9]{4}'
test = [{ text = "a tok1234 b", find = ["tok1234"] }, { text = "tok123", find = [] }]
"#;

    fn set() -> Ruleset {
        Ruleset::load(&[SourceFile { name: "x.toml", text: RULE }]).expect("valid").0
    }

    #[test]
    fn candidates_have_a_cap() {
        let set = set();
        let text = "tok1234 ".repeat(10);
        for (max, incomplete) in [(9, Some(Incomplete::Candidates)), (10, None), (11, None)] {
            let limits = Limits { candidates_max: max, ..Limits::default() };
            let scan = set.scan_within(&text, &Hints::default(), None, limits);
            assert_eq!((scan.matches.len(), scan.incomplete), (max.min(10), incomplete), "{max}");
        }
    }

    #[test]
    fn work_has_a_cap() {
        let set = set();
        let needed = 256 + "tok1234".len();
        for (max, incomplete) in [(needed - 1, Some(Incomplete::Work)), (needed, None), (needed + 1, None)] {
            let limits = Limits { work_bytes_min: max, work_per_byte: 0, ..Limits::default() };
            assert_eq!(set.scan_within("tok1234", &Hints::default(), None, limits).incomplete, incomplete, "{max}");
        }
    }

    #[test]
    fn depth_of_base64_is_bounded() {
        let set = set();
        let encode = |text: &str| {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let mut out = String::new();
            for chunk in text.as_bytes().chunks(3) {
                let n = chunk.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b)) << (8 * (3 - chunk.len()));
                for i in 0..=chunk.len() {
                    out.push(char::from(*alphabet.get(n >> (18 - 6 * i) & 63).expect("six bits")));
                }
            }
            out
        };
        let mut text = "the value is tok1234 here".to_owned();
        for (depth, found) in [(0, 1), (1, 1), (2, 1), (3, 0)] {
            let scan = set.scan(&text, &Hints::default());
            assert_eq!(scan.matches.len(), found, "depth {depth}");
            text = encode(&text);
        }
    }
}
