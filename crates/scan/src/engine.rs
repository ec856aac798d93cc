//! One walk, three scouts, lazy judges: text in, matches out.
//!
//! A text is folded once into its shadow. Scouts bring candidates from it: runs of digits, anchors, identifiers, and runs
//! of base64, whose content is scanned the same way. Judges then look at candidates alone: shape, check digits, what
//! touches it, words around it. Every step is linear in the text and counted; there is no clock and no skipped rule.

mod types;
mod walk;
mod work;

use crate::carrier::{self, Allowance};
use crate::compiled::{Canonical, Kind};
use crate::scout::digit;
use crate::shadow::Shadow;
use crate::{RuleIx, Ruleset, overlap, records};
pub use types::{Candidate, Explanation, Hints, Incomplete, Match, Memory, Placement, Scan, Term, WhyNot};
pub(crate) use walk::Outcome;
use walk::{Budget, Trace, Walk};
pub use work::Work;
use zeroize::Zeroizing;

/// Lowest score that is reported.
pub(crate) const SCORE_MIN: u8 = 30;
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
    ///
    /// Left out is what could have been anything: bare digits that fail a check and have no word of the rule near them.
    pub fn explain(&self, text: &str, hints: &Hints<'_>) -> Explanation {
        self.explanation(text, hints, Trace::All)
    }

    /// The same, but for candidates that no scan would have looked at closely: those of rules that ask for a word where
    /// none stands near. Hardly slower than a scan.
    pub fn scan_closely(&self, text: &str, hints: &Hints<'_>) -> Explanation {
        self.explanation(text, hints, Trace::Close)
    }

    fn explanation(&self, text: &str, hints: &Hints<'_>, trace: Trace) -> Explanation {
        let (found, incomplete) = self.walk(text, hints, None, Limits::default(), trace);
        let candidate = |Outcome { this, why_not }| Candidate {
            rule: this.rule,
            span: this.span,
            score: this.score,
            terms: this.terms,
            why_not,
        };
        let mut candidates: Vec<Candidate> = found.into_iter().map(candidate).collect();
        candidates.sort_by_key(|c| (c.span.start, c.span.end, c.rule));
        Explanation { candidates, incomplete }
    }

    /// The same with one rule alone, so that its examples do not depend on its neighbours.
    pub(crate) fn scan_only(&self, text: &str, hints: &Hints<'_>, only: Option<RuleIx>) -> Scan {
        self.scan_within(text, hints, only, Limits::default())
    }

    pub(crate) fn scan_within(&self, text: &str, hints: &Hints<'_>, only: Option<RuleIx>, limits: Limits) -> Scan {
        let (found, incomplete) = self.walk(text, hints, only, limits, Trace::Off);
        Scan { matches: found.into_iter().map(|f| f.this).collect(), incomplete }
    }

    /// What a scan and its explanation share: they cannot differ.
    fn walk(
        &self,
        text: &str,
        hints: &Hints<'_>,
        only: Option<RuleIx>,
        limits: Limits,
        trace: Trace,
    ) -> (Vec<Outcome>, Option<Incomplete>) {
        let work_max = limits.work_bytes_min.saturating_add(text.len().saturating_mul(limits.work_per_byte));
        let decoded = Allowance::of(text.len());
        let budget = Budget { candidates: limits.candidates_max, work: work_max, decoded, incomplete: None };
        let mut walk = Walk { set: self, hints, only, budget, trace, works: Vec::new(), found: Vec::new() };
        walk.text(text);
        let incomplete = walk.budget.incomplete;
        let settled = overlap::settle(self, hints.countries, walk.found, trace != Trace::Off);
        (self.compose(text, hints, settled, only), incomplete)
    }

    /// What findings mean together.
    fn compose(&self, text: &str, hints: &Hints<'_>, found: Vec<Outcome>, only: Option<RuleIx>) -> Vec<Outcome> {
        let (found, lost): (Vec<Outcome>, Vec<Outcome>) = found.into_iter().partition(|f| f.why_not.is_none());
        let mut matches: Vec<Match> = found.into_iter().map(|f| f.this).collect();
        if self.records.compose(self.rules(), text, hints.memory, &mut matches) {
            matches.sort_by_key(|m| (m.span.start, m.span.end, m.rule));
        }
        let is_composite =
            |rule: RuleIx| self.compiled.get(usize::from(rule.0)).is_some_and(|r| matches!(r.kind, Kind::Composite(_)));
        if let Some(only) = only.filter(|rule| is_composite(*rule)) {
            // Its members were found for its sake.
            matches.retain(|m| m.rule == only || m.terms.iter().any(|t| t.name == records::TERM));
        }
        matches.into_iter().map(|this| Outcome { this, why_not: None }).chain(lost).collect()
    }

    /// The canonical form of a value that `rule` matched: what equal values share (digits of a card without its
    /// separators, letters in one case). Only for a keyed digest; it is as secret as the value.
    pub fn canonical(&self, rule: RuleIx, value: &str) -> Zeroizing<String> {
        let form = self.base(rule).and_then(|at| self.compiled.get(at)).map_or(Canonical::Verbatim, |r| r.canonical);
        let says = carrier::plainly(value);
        Zeroizing::new(form.of(Shadow::new(says.as_ref().map_or(value, |s| s.as_str())).text()))
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
    pub(crate) fn base(&self, rule: RuleIx) -> Option<usize> {
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
        for (depth, found) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 0)] {
            let scan = set.scan(&text, &Hints::default());
            assert_eq!(scan.matches.len(), found, "depth {depth}");
            text = encode(&text);
        }
    }
}
