//! Fingerprints: what a message's candidates scored and why, without a value, a place in a text, or a digest of either.
//!
//! The mails are gone once they are tickets. What is left to try other points or another policy on is this. It says which
//! rule looked at something in a body, a header field, a file name or an attachment, by which terms, and what followed.

use lazaret_scan::{Action, Class, Placement};
use std::collections::HashMap;
use std::hash::Hash;

/// Fingerprints of one message that leave the worker; equal ones are one, with their number.
pub const FINGERPRINTS_MAX: usize = 200;
/// Different fingerprints that are gathered before the strongest are chosen.
const GATHERED_MAX: usize = 10_000;
/// Octets of a rule's id.
const RULE_BYTES_MAX: usize = 64;
/// Octets of a term's name.
const NAME_BYTES_MAX: usize = 32;
/// Terms of one score.
const TERMS_MAX: usize = 32;

/// Why nothing followed from a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A validator said that it is none.
    Checksum,
    /// A word that the rule requires did not stand near.
    Context,
    /// Its country is not expected here.
    Country,
    /// Its score stayed below 30.
    Score,
    /// Another rule's finding on the same bytes stood for it.
    Overlap,
    /// It was one of our own marks.
    Mark,
    /// It was read with others to one record.
    Composite,
    /// The policy does nothing about it.
    Policy,
    /// The rule is in shadow.
    Shadow,
    /// An exception let it pass.
    Exception,
}

impl Why {
    /// Every reason.
    pub const ALL: [Why; 10] = [
        Why::Checksum,
        Why::Context,
        Why::Country,
        Why::Score,
        Why::Overlap,
        Why::Mark,
        Why::Composite,
        Why::Policy,
        Why::Shadow,
        Why::Exception,
    ];

    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Checksum => "checksum",
            Why::Context => "context",
            Why::Country => "country",
            Why::Score => "score",
            Why::Overlap => "overlap",
            Why::Mark => "mark",
            Why::Composite => "composite",
            Why::Policy => "policy",
            Why::Shadow => "shadow",
            Why::Exception => "exception",
        }
    }

    /// The reason of a word.
    pub fn from_name(name: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.as_str() == name)
    }

    /// Did it fall short by itself?
    pub fn is_near_miss(self) -> bool {
        matches!(self, Why::Checksum | Why::Context | Why::Country | Why::Score)
    }

    /// Did the rule find it, and the policy let it be?
    pub fn is_found(self) -> bool {
        matches!(self, Why::Policy | Why::Shadow | Why::Exception)
    }
}

/// The word for where a text stood.
pub fn placement(at: Placement) -> &'static str {
    match at {
        Placement::Body => "body",
        Placement::Header => "header",
        Placement::Name => "name",
        Placement::Attachment => "attachment",
    }
}

/// A term of a score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermPrint {
    /// What gave it (`base`, `near`, …).
    pub name: String,
    /// Points.
    pub points: i16,
    /// The word of the rule's context that gave it, by its place in the rule's list.
    pub word: Option<u16>,
}

/// One candidate, or several that are equal in all that is kept of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// Rule id.
    pub rule: String,
    /// Class of data.
    pub class: Class,
    /// The rule's form when it judged ([`lazaret_scan::Ruleset::form`]).
    pub form: u32,
    /// Where it stood.
    pub placement: Placement,
    /// 0 to 100, as far as it was weighed.
    pub score: u8,
    /// How the score came about.
    pub terms: Vec<TermPrint>,
    /// What followed.
    pub action: Action,
    /// Why nothing, if nothing.
    pub why_not: Option<Why>,
    /// How many.
    pub count: u32,
}

impl Fingerprint {
    /// Stronger ones first: those with consequences, then those that were found, then near misses by their score.
    fn rank(&self) -> impl Ord + use<> {
        let is_found = self.why_not.is_none_or(Why::is_found);
        std::cmp::Reverse((self.action, is_found, self.score))
    }

    fn is_plain(&self) -> bool {
        let word = |text: &str, max: usize| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
            !text.is_empty() && text.len() <= max && text.bytes().all(plain)
        };
        word(&self.rule, RULE_BYTES_MAX)
            && self.terms.len() <= TERMS_MAX
            && self.terms.iter().all(|term| word(&term.name, NAME_BYTES_MAX))
            && self.score <= 100
            && self.count > 0
    }
}

/// The fingerprints of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprints {
    /// Strongest first, at most [`FINGERPRINTS_MAX`].
    pub all: Vec<Fingerprint>,
    /// Candidates of which none is kept.
    pub dropped: u32,
}

impl Fingerprints {
    /// Keeps so many, and counts what goes.
    pub fn truncate(&mut self, max: usize) {
        let gone = self.all.iter().skip(max).fold(0_u32, |sum, one| sum.saturating_add(one.count));
        self.dropped = self.dropped.saturating_add(gone);
        self.all.truncate(max);
    }

    /// What of a worker's answer has the shape of fingerprints: it may have been taken over.
    pub fn checked(mut self) -> Fingerprints {
        self.all.retain(Fingerprint::is_plain);
        self.truncate(FINGERPRINTS_MAX);
        self
    }
}

/// Counts what is equal, of one message. What it counts is made to fingerprints at the end: a text may have a hundred
/// thousand candidates, nearly all alike.
#[derive(Debug)]
pub(crate) struct Gathered<T> {
    all: HashMap<T, u32>,
    dropped: u32,
}

impl<T> Default for Gathered<T> {
    fn default() -> Gathered<T> {
        Gathered { all: HashMap::new(), dropped: 0 }
    }
}

impl<T: Eq + Hash> Gathered<T> {
    pub(crate) fn add(&mut self, one: T) {
        self.add_some(one, 1);
    }

    /// Counts one that is not kept.
    pub(crate) fn leave_out(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }

    /// Takes in what was gathered elsewhere.
    pub(crate) fn extend(&mut self, other: Gathered<T>) {
        self.dropped = self.dropped.saturating_add(other.dropped);
        other.all.into_iter().for_each(|(one, count)| self.add_some(one, count));
    }

    fn add_some(&mut self, one: T, more: u32) {
        if let Some(count) = self.all.get_mut(&one) {
            *count = count.saturating_add(more);
        } else if self.all.len() < GATHERED_MAX {
            self.all.insert(one, more);
        } else {
            self.dropped = self.dropped.saturating_add(more);
        }
    }

    pub(crate) fn finish(self, print: impl Fn(T, u32) -> Option<Fingerprint>) -> Fingerprints {
        let mut all: Vec<Fingerprint> = self.all.into_iter().filter_map(|(one, count)| print(one, count)).collect();
        all.sort_by_cached_key(|one| (one.rank(), one.clone()));
        let mut done = Fingerprints { all, dropped: self.dropped };
        done.truncate(FINGERPRINTS_MAX);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(one: Fingerprint, count: u32) -> Option<Fingerprint> {
        Some(Fingerprint { count, ..one })
    }

    fn one(rule: &str, score: u8, action: Action, why_not: Option<Why>) -> Fingerprint {
        Fingerprint {
            rule: rule.to_owned(),
            class: Class::CreditCard,
            form: 7,
            placement: Placement::Body,
            score,
            terms: vec![TermPrint { name: "base".into(), points: i16::from(score), word: None }],
            action,
            why_not,
            count: 1,
        }
    }

    #[test]
    fn equal_ones_are_counted_and_the_strongest_come_first() {
        let mut gathered = Gathered::default();
        let miss = one("a", 90, Action::Allow, Some(Why::Context));
        let found = one("b", 40, Action::Allow, Some(Why::Policy));
        let acted = one("c", 60, Action::Redact, None);
        for fingerprint in [&miss, &found, &miss, &acted, &miss] {
            gathered.add(fingerprint.clone());
        }
        let all = gathered.finish(print).all;
        let seen: Vec<_> = all.iter().map(|f| (f.rule.as_str(), f.count)).collect();
        assert_eq!(seen, [("c", 1), ("b", 1), ("a", 3)]);
    }

    #[test]
    fn more_than_the_bound_are_dropped_and_counted() {
        for (n, kept, dropped) in [(199, 199, 0), (200, 200, 0), (201, 200, 1)] {
            let mut gathered = Gathered::default();
            for at in 0..n {
                gathered.add(one(&format!("rule-{at}"), 50, Action::Redact, None));
            }
            let done = gathered.finish(print);
            assert_eq!((done.all.len(), done.dropped), (kept, dropped), "{n}");
        }
    }

    #[test]
    fn what_could_carry_text_is_no_fingerprint() {
        let good = one("payment-card", 50, Action::Redact, None);
        let bad = |change: fn(&mut Fingerprint)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad
        };
        let all = vec![
            good.clone(),
            bad(|f| f.rule = "Dear Anna, my card".into()),
            bad(|f| f.rule = "a".repeat(65)),
            bad(|f| f.terms[0].name = "4929 1233".into()),
            bad(|f| f.terms = vec![f.terms[0].clone(); 33]),
            bad(|f| f.score = 101),
            bad(|f| f.count = 0),
        ];
        assert_eq!(Fingerprints { all, dropped: 2 }.checked(), Fingerprints { all: vec![good], dropped: 2 });
    }

    #[test]
    fn every_reason_has_its_word() {
        for why in Why::ALL {
            assert_eq!(Why::from_name(why.as_str()), Some(why));
        }
    }
}
