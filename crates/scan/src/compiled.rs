//! Rules in the form the engine reads, and the tables by which scouts find the rules to ask.

use crate::RuleIx;
use crate::context::{Context, spellings};
use crate::needs::{ByteSet, Needs};
use crate::prose::Prose;
use crate::records::{Column, Composite, Dictionary};
use crate::scout::around::{Around, Masks};
use crate::scout::lead::Leads;
use crate::scout::number::Numbers;
use crate::scout::shape::Shapes;
use crate::validator::Validator;
use regex_automata::meta::Regex;

/// Points of a rule's evidence.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// Shape alone.
    pub(crate) base: i16,
    /// A word of `near` stands close.
    pub(crate) near: i16,
    /// A word of `not_near` stands on the line.
    pub(crate) not_near: i16,
    /// Every validator passed.
    pub(crate) valid: i16,
    /// A validator failed; without it, failing is a veto.
    pub(crate) invalid: Option<i16>,
    /// One run without separators, and no word of `near`.
    pub(crate) bare: i16,
    /// Written in one of the rule's groupings.
    pub(crate) grouped: i16,
    /// Written in groups that are none of the rule's; without it, such a candidate is none.
    pub(crate) irregular: Option<i16>,
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: Kind,
    pub(crate) context: Context,
    /// A finding needs a word of `near`.
    pub(crate) need_near: bool,
    pub(crate) score: Score,
    pub(crate) validators: Vec<&'static Validator>,
    /// Country (ISO 3166-1 alpha-2) whose identifier it is.
    pub(crate) country: Option<String>,
    /// Rules whose findings it replaces where they overlap.
    pub(crate) beats: Vec<RuleIx>,
    pub(crate) canonical: Canonical,
    /// A mark may show the last four characters.
    pub(crate) has_tail: bool,
}

/// What equal values share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// The digits.
    Digits,
    /// Letters and digits, in capitals.
    Alphanumeric,
    /// In small letters.
    Lower,
    /// As written.
    Verbatim,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Regex(Box<Pattern>),
    Digits(Digits),
    Token(Token),
    Prose(Prose),
    Dictionary(Box<Dictionary>),
    Column(Box<Column>),
    Composite(Box<Composite>),
}

/// A confirming expression, run in windows around anchors.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    /// The group that is the value; 0: the whole match.
    pub(crate) group: usize,
    pub(crate) anchors: Anchors,
    /// Those of the anchors that can stand within a word of a match.
    pub(crate) inner: Vec<String>,
    /// Led by digits: what stands around them.
    pub(crate) led: Vec<Around>,
    /// Every byte that can stand in a match.
    pub(crate) alphabet: ByteSet,
    /// Runs of bytes that every match holds beside its anchor.
    pub(crate) needs: Needs,
    /// Fewest bytes of a match.
    pub(crate) len_min: usize,
    /// Bytes before and after an anchor that are looked at.
    pub(crate) before: usize,
    pub(crate) after: usize,
}

impl Pattern {
    /// Can one of its anchors that stands in a match stand within a word?
    fn may_be_inner(&self, anchor: &str) -> bool {
        self.inner.iter().any(|inner| inner == anchor)
    }

    /// Can a match hold this byte?
    pub(crate) fn may_hold(&self, b: u8) -> bool {
        self.alphabet.has(b)
    }
}

/// What leads to a pattern.
#[derive(Debug)]
pub(crate) enum Anchors {
    /// Every match begins with one of these; any case.
    Prefix(Vec<String>),
    /// Every match holds one of these; any case.
    Inner(Vec<String>),
    /// Named by the rule: every match holds one of the first, or one of the second stands near it; any case.
    Own(Vec<String>, Vec<String>),
    /// Every match holds so many digits in a row.
    DigitRun(usize),
}

impl Anchors {
    /// The literals.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        let none: &[String] = &[];
        let (own, near): (&[String], &[String]) = match self {
            Anchors::Prefix(all) | Anchors::Inner(all) => (all, none),
            Anchors::Own(within, near) => (within, near),
            Anchors::DigitRun(_) => (none, none),
        };
        own.iter().chain(near).map(String::as_str)
    }

    /// Digits in a row that led to the pattern.
    pub(crate) fn digits(&self) -> usize {
        match self {
            Anchors::DigitRun(digits) => *digits,
            _ => 0,
        }
    }
}

/// A number in groups.
#[derive(Debug, Default)]
pub(crate) struct Digits {
    /// Bit n: n digits are a legal length.
    pub(crate) lengths: u32,
    /// Sizes of groups, four bits each; empty: any.
    pub(crate) groupings: Vec<u64>,
    /// Gaps that may stand between groups (bits of `scout::digit`).
    pub(crate) separators: u8,
    /// What the number may begin with; empty: anything.
    pub(crate) prefixes: Vec<Prefix>,
    /// For each first digit the lengths that some prefix allows, as in `lengths`.
    pub(crate) starts: [u32; 10],
    /// A character that must stand before it and belongs to it.
    pub(crate) lead: Option<u8>,
    /// Letters may touch it, and a letter O or l may stand for a digit in it.
    pub(crate) glued: bool,
    /// One of its checks is Luhn's, which is known before the others are asked.
    pub(crate) has_luhn: bool,
}

/// A range of leading digits.
#[derive(Debug, Clone)]
pub(crate) struct Prefix {
    /// Lowest and highest first [`HEAD_DIGITS`] digits.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// How many leading digits are compared.
    pub(crate) digits: usize,
    /// Legal lengths for it, as in [`Digits::lengths`]; 0: all.
    pub(crate) lengths: u32,
    pub(crate) points: i16,
}

/// One element of a token's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `A`: a capital letter.
    Upper,
    /// `a`: a letter.
    Letter,
    /// `9`: a digit.
    Digit,
    /// `X`: a capital letter or digit.
    Either,
    /// Any other letter or digit of a shape stands for itself.
    Literal(u8),
}

/// An identifier of letters and digits.
#[derive(Debug)]
pub(crate) struct Token {
    /// Shapes; all begin with at most [`Token::LETTERS_MAX`] letters before the first digit.
    pub(crate) shapes: Vec<Vec<Shape>>,
    /// Single characters that may stand between its characters.
    pub(crate) separators: Vec<u8>,
    /// The first validator tells the length from the beginning; the shape is only the beginning.
    pub(crate) is_open: bool,
    /// For each first letter of those beginnings, bits of the second ones; empty: all are possible.
    pub(crate) heads: Vec<u32>,
}

impl Token {
    /// Can it begin with these two bytes?
    pub(crate) fn may_begin(&self, first: u8, second: u8) -> bool {
        let letter = |b: u8| (b | 0x20).wrapping_sub(b'a');
        let seconds = self.heads.get(usize::from(letter(first)));
        letter(second) >= 26 || seconds.is_none_or(|seconds| seconds >> letter(second) & 1 == 1)
    }

    /// Letters before the first digit.
    pub(crate) const LETTERS_MAX: usize = 8;
    /// Characters of an open token.
    pub(crate) const CHARS_MAX: usize = 40;
}

/// What an anchor leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lead {
    pub(crate) rule: RuleIx,
    pub(crate) how: How,
    /// So many bytes before or after it a long run of a token's characters stands in every match; 0: none is needed.
    pub(crate) long_within: usize,
    /// Bytes of that run at least.
    pub(crate) long: usize,
    /// It may begin within a word.
    pub(crate) is_inner: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// The match begins here.
    Start,
    /// It stands within the match.
    Within,
    /// The match is somewhere around.
    Around,
    /// A word of a prose rule.
    Word,
}

/// The tables of the scouts.
#[derive(Debug, Default)]
pub(crate) struct Scouts {
    /// Finds every anchor.
    pub(crate) leads: Leads,
    /// Digits rules.
    pub(crate) numbers: Numbers,
    /// Token rules.
    pub(crate) shapes: Shapes,
    /// Regex rules led by runs of digits.
    pub(crate) digit_runs: Masks<RuleIx>,
}

/// Digits of a number at most.
pub(crate) const DIGITS_MAX: usize = 24;
/// Leading digits by which prefixes are told, filled up with zeros.
pub(crate) const HEAD_DIGITS: usize = 12;

impl Digits {
    /// Lengths by first digit; called once all prefixes are there.
    pub(crate) fn index_starts(&mut self) {
        let unit = 10_u64.pow(HEAD_DIGITS as u32 - 1);
        for (first, lengths) in (0_u64..).zip(&mut self.starts) {
            let begins = |p: &&Prefix| (p.from / unit..=p.to / unit).contains(&first);
            let all = self.prefixes.iter().filter(begins);
            let allowed = all.fold(0, |all, p| all | if p.lengths == 0 { u32::MAX } else { p.lengths });
            *lengths = if self.prefixes.is_empty() { u32::MAX } else { allowed };
        }
    }
}

impl Scouts {
    /// Builds the tables; `None` if the automaton is too large.
    pub(crate) fn new(rules: &[Compiled]) -> Option<Scouts> {
        let mut scouts = Scouts::default();
        let mut words: Vec<(String, Lead)> = Vec::new();
        let mut led: Vec<(Around, RuleIx)> = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let ix = RuleIx(u16::try_from(at).ok()?);
            let (long_within, long) = match &rule.kind {
                Kind::Regex(pattern) if pattern.needs.long() > 0 => {
                    (pattern.before + pattern.after, pattern.needs.long())
                }
                _ => (0, 0),
            };
            let mut anchor = |text: &str, how| {
                let is_inner = match &rule.kind {
                    Kind::Regex(pattern) => {
                        let is_key = text.starts_with(|c: char| c.is_ascii_alphanumeric());
                        how == How::Within && is_key && pattern.may_be_inner(text)
                    }
                    _ => false,
                };
                let lead = Lead { rule: ix, how, long_within, long, is_inner };
                words.extend(spellings(text).into_iter().map(|text| (text, lead)));
            };
            match &rule.kind {
                Kind::Regex(pattern) => match &pattern.anchors {
                    Anchors::Prefix(all) => all.iter().for_each(|t| anchor(t, How::Start)),
                    Anchors::Inner(all) => all.iter().for_each(|t| anchor(t, How::Within)),
                    Anchors::Own(within, near) => {
                        within.iter().for_each(|t| anchor(t, How::Within));
                        near.iter().for_each(|t| anchor(t, How::Around));
                    }
                    Anchors::DigitRun(_) => led.extend(pattern.led.iter().map(|around| (*around, ix))),
                },
                // Found by functions of `records`.
                Kind::Dictionary(_) | Kind::Column(_) | Kind::Composite(_) => {}
                Kind::Prose(prose) => prose.words.iter().for_each(|w| anchor(w, How::Word)),
                Kind::Token(_) | Kind::Digits(_) => {}
            }
        }
        let numbered = || (0_u16..).map(RuleIx).zip(rules);
        scouts.numbers = Numbers::new(numbered());
        scouts.shapes = Shapes::new(numbered());
        scouts.digit_runs = Masks::new(led);
        scouts.leads = Leads::new(words)?;
        Some(scouts)
    }
}
