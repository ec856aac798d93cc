//! What a scan takes and gives.

use crate::{Class, RuleIx};
use std::fmt;
use std::ops::Range;

/// Where the text stood; weighs in the score and in context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

    /// Was anything of this class found in another text of the message, or, if that is asked, in an earlier message of the
    /// conversation? Asked for the classes of [`Ruleset::classes_beyond`](crate::Ruleset::classes_beyond) alone.
    fn holds(&self, class: Class, in_thread: bool) -> bool {
        let _ = (class, in_thread);
        false
    }
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

impl Explanation {
    /// What a scan of the same text would have found, without the terms and other readings of each match.
    pub fn scan(&self) -> Scan {
        let found = self.candidates.iter().filter(|c| c.why_not.is_none());
        let bare = |c: &Candidate| Match {
            rule: c.rule,
            span: c.span.clone(),
            score: c.score,
            terms: Vec::new(),
            also: Vec::new(),
        };
        Scan { matches: found.map(bare).collect(), incomplete: self.incomplete }
    }
}

/// A term of a score, for `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// What gave it (`base`, `near`, `checksum`, …).
    pub name: &'static str,
    /// Points, negative for evidence against.
    pub points: i16,
    /// The word of the rule's context that gave it, for [`Ruleset::context_word`].
    pub word: Option<u16>,
}

impl Term {
    /// A term that no word gave.
    pub(crate) const fn new(name: &'static str, points: i16) -> Term {
        Term { name, points, word: None }
    }
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
