//! Judges: what a candidate is worth. They run on candidates only, cheapest question first.

use crate::compiled::{Compiled, DIGITS_MAX, Digits, HEAD_DIGITS, Kind};
use crate::context::Nearby;
use crate::engine::{Hints, Placement, SCORE_MIN, Term, WhyNot};
use crate::scout::digit::{self, Group};
use crate::scout::token::Found;
use crate::text::{before, byte};
use std::ops::Range;

/// What a digit counts at each place of a head.
const PLACES: [u64; HEAD_DIGITS] = {
    let mut all = [1; HEAD_DIGITS];
    let mut at = HEAD_DIGITS - 1;
    #[allow(clippy::indexing_slicing)] // evaluated by the compiler: out of bounds would not build
    while at > 0 {
        all[at - 1] = all[at] * 10;
        at -= 1;
    }
    all
};
/// Terms of a score at most.
const TERMS_MAX: usize = 12;

/// What the shape of a candidate says. Most candidates come to nothing, so it is kept without an allocation.
#[derive(Debug)]
pub(crate) struct Evidence {
    terms: [Term; TERMS_MAX],
    len: usize,
    sum: i16,
    /// One run of digits without separators.
    pub(crate) is_bare: bool,
    /// A validator says that it is none; kept only for who asks why.
    pub(crate) is_vetoed: bool,
}

impl Default for Evidence {
    fn default() -> Evidence {
        Evidence { terms: [Term::new("", 0); TERMS_MAX], len: 0, sum: 0, is_bare: false, is_vetoed: false }
    }
}

impl Evidence {
    /// Evidence that a grammar has weighed already.
    pub(crate) fn of(terms: &[Term]) -> Evidence {
        let mut evidence = Evidence::default();
        terms.iter().for_each(|t| evidence.push(*t));
        evidence
    }

    fn terms(&self) -> &[Term] {
        self.terms.get(..self.len).unwrap_or_default()
    }

    fn add(&mut self, name: &'static str, points: i16) {
        if points != 0 {
            self.push(Term::new(name, points));
        }
    }

    /// What the checks of a rule say.
    fn check(&mut self, rule: &Compiled, is_valid: bool) {
        match rule.score.invalid {
            _ if rule.validators.is_empty() => {}
            _ if is_valid => self.add("valid", rule.score.valid),
            Some(points) => self.add("invalid", points),
            None => self.is_vetoed = true,
        }
    }

    fn push(&mut self, term: Term) {
        if let Some(cell) = self.terms.get_mut(self.len) {
            *cell = term;
            self.len += 1;
            self.sum += term.points;
        }
    }
}

/// Points for separators that are seldom used.
const ODD_SEPARATOR: i16 = -5;
/// Points for letters that stand for digits.
const LOOKALIKE: i16 = -10;
/// Points for touching letters.
const GLUED: i16 = -10;
/// Points for being a piece of something longer.
pub(crate) const EMBEDDED: i16 = -40;
/// Points for being a date.
const DATE: i16 = -50;
/// Points for standing in a row of groups of one size.
pub(crate) const IN_ROW: i16 = -25;

/// Points for being an identifier of a country that is expected.
pub(crate) const HOME: i16 = 5;
/// Points for bare digits in a subject or a file name, which are full of references.
const PLACEMENT: i16 = -5;
/// Score of what is known from elsewhere in the message or thread.
const KNOWN_SCORE: i16 = 60;

/// A candidate and what is known beside it.
pub(crate) struct Case<'c, 't> {
    pub(crate) rule: &'c Compiled,
    pub(crate) text: &'t str,
    pub(crate) span: &'c Range<usize>,
    pub(crate) hints: &'c Hints<'c>,
    /// Is the answer wanted for what comes to nothing, too?
    pub(crate) is_traced: bool,
}

/// What a candidate is worth.
pub(crate) struct Weighed {
    pub(crate) score: u8,
    pub(crate) terms: Vec<Term>,
    pub(crate) why_not: Option<WhyNot>,
}

/// Sums evidence and context to a score; `None` if nothing follows and nobody asks why. `is_known` is asked if all that
/// lacks is context: was this value found elsewhere?
pub(crate) fn weigh(
    case: &Case<'_, '_>,
    evidence: Evidence,
    nearby: &mut Nearby<'_>,
    is_known: impl FnOnce() -> bool,
) -> Option<Weighed> {
    let Case { rule, text, span, hints, is_traced } = *case;
    let mut all = evidence;
    let score = &rule.score;
    all.add("base", score.base);
    let is_home = rule.country.as_ref().filter(|_| !hints.countries.is_empty()).map(|c| hints.countries.contains(c));
    if is_home == Some(true) {
        all.add("country", HOME);
    }
    // Words around it are the dearest question: asked only if the answer can still matter.
    let is_hopeless = all.sum + score.near.max(0) < i16::from(SCORE_MIN);
    if is_hopeless && !is_traced {
        return None;
    }
    let near = rule.context.near(text, span, nearby);
    let mut why_not = match near {
        _ if all.is_vetoed => Some(WhyNot::Checksum),
        _ if is_hopeless => Some(WhyNot::Score),
        None if rule.need_near => Some(WhyNot::Context),
        None if is_home == Some(false) && all.is_bare => Some(WhyNot::Country),
        _ => None,
    };
    let lacks_context = near.is_none() && !is_hopeless && !all.is_vetoed;
    let may_be_known = lacks_context && hints.memory.is_some();
    if why_not.is_some() && !is_traced && !may_be_known {
        return None;
    }
    match near {
        Some(word) if score.near != 0 => all.push(Term { word: Some(word), ..Term::new("near", score.near) }),
        Some(_) => {}
        None if all.is_bare => {
            all.add("bare", score.bare);
            all.add(
                "placement",
                if matches!(hints.placement, Placement::Header | Placement::Name) { PLACEMENT } else { 0 },
            );
        }
        None => {}
    }
    if all.sum < i16::from(SCORE_MIN) && !is_traced && !may_be_known {
        return None;
    }
    if score.not_near != 0
        && let Some(word) = rule.context.not_near(text, span, nearby)
    {
        all.push(Term { word: Some(word), ..Term::new("not_near", score.not_near) });
    }
    if may_be_known && (why_not.is_some() || all.sum < KNOWN_SCORE) && is_known() {
        let points = (KNOWN_SCORE - all.sum).max(0);
        all.push(Term::new("known", points));
        why_not = None;
    }
    if all.is_vetoed && all.is_bare && near.is_none() {
        // One of the many runs of digits that could have been anything.
        return None;
    }
    let score = u8::try_from(all.sum.clamp(0, 100)).unwrap_or(0);
    let why_not = why_not.or((score < SCORE_MIN).then_some(WhyNot::Score));
    (is_traced || why_not.is_none()).then(|| Weighed { score, terms: all.terms().to_vec(), why_not })
}

/// Runs the validators; `None` is a veto, unless somebody asks why.
fn validate(rule: &Compiled, canonical: &str, evidence: &mut Evidence, is_traced: bool) -> Option<()> {
    let is_valid = rule.validators.iter().all(|v| (v.check)(canonical));
    if !is_valid && rule.score.invalid.is_none() && !is_traced {
        return None;
    }
    evidence.check(rule, is_valid);
    Some(())
}

/// Judges what an expression matched.
pub(crate) fn pattern(rule: &Compiled, text: &str, span: &Range<usize>, is_traced: bool) -> Option<Evidence> {
    let mut evidence = Evidence::default();
    validate(rule, text.get(span.clone())?, &mut evidence, is_traced)?;
    Some(evidence)
}

/// Judges an identifier.
pub(crate) fn token(rule: &Compiled, found: &Found, is_traced: bool) -> Option<Evidence> {
    let mut evidence = Evidence::default();
    validate(rule, found.canonical.as_str(), &mut evidence, is_traced)?;
    if found.is_irregular {
        evidence.add("irregular", rule.score.irregular.unwrap_or(0));
    }
    evidence.is_bare = found.canonical.as_str().len() == found.span.len();
    Some(evidence)
}

impl Compiled {
    /// Does nothing follow from an expression's match without a word of context?
    pub(crate) fn needs_word(&self) -> bool {
        self.need_near || self.best() + HOME < i16::from(SCORE_MIN)
    }

    /// The same of an identifier of a country that is not expected.
    pub(crate) fn needs_word_abroad(&self) -> bool {
        self.need_near || self.best() < i16::from(SCORE_MIN)
    }

    /// The score without a word of context at most.
    fn best(&self) -> i16 {
        self.score.base + self.score.valid.max(self.score.invalid.unwrap_or(0)).max(0)
    }

    /// Is it found by an expression in windows that are merged?
    pub(crate) fn is_windowed(&self) -> bool {
        use crate::compiled::Anchors;
        matches!(&self.kind, Kind::Regex(p) if !matches!(p.anchors, Anchors::Prefix(_)))
    }
}

/// A run of groups with its digits side by side, and Luhn's sums up to each: every stretch is a part of them.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) groups: Vec<Group>,
    /// Of a group that is too long for any number only the first.
    digits: String,
    /// Where each group begins in `digits`; one more for the end.
    starts: Vec<usize>,
    /// Sums of all before each digit, with those at even and at odd places doubled.
    sums: Vec<[u32; 2]>,
}

impl Run {
    /// Reads the digits of `groups`.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.digits.clear();
        self.starts.clear();
        self.sums.clear();
        let mut sums = [0, 0];
        for group in &self.groups {
            self.starts.push(self.digits.len());
            for b in bytes.get(group.start..group.end).unwrap_or_default().iter().take(DIGITS_MAX + 1) {
                let digit = digit::lookalike(*b).unwrap_or(*b);
                self.sums.push(sums);
                let value = u32::from(digit.wrapping_sub(b'0'));
                let doubled = if value > 4 { 2 * value - 9 } else { 2 * value };
                let [even, odd] = &mut sums;
                let (twice, once) = if self.digits.len().is_multiple_of(2) { (even, odd) } else { (odd, even) };
                *twice += doubled;
                *once += value;
                self.digits.push(char::from(digit));
            }
        }
        self.starts.push(self.digits.len());
        self.sums.push(sums);
    }

    /// The first three digits from a group on, filled up with zeros.
    pub(crate) fn head(&self, first: usize) -> usize {
        let at = self.starts.get(first).copied().unwrap_or(0);
        let digit = |nth: usize| usize::from(byte(self.digits.as_bytes(), at + nth).saturating_sub(b'0'));
        digit(0) * 100 + digit(1) * 10 + digit(2)
    }

    /// The groups from `first` up to `end` as one number of `len` digits; `gaps` are between them.
    pub(crate) fn number(&self, first: usize, end: usize, len: usize, gaps: u8) -> Number<'_> {
        Number { run: self, first, end, len, gaps }
    }
}

/// Some neighbouring groups of a run, taken as one number.
pub(crate) struct Number<'g> {
    run: &'g Run,
    first: usize,
    /// One past the last group.
    end: usize,
    len: usize,
    gaps: u8,
}

impl<'g> Number<'g> {
    /// All that can belong to it: with a sign that leads it, if one of these two stands before it.
    pub(crate) fn part(&self, has_sign: bool) -> Range<usize> {
        let (first, last) = (self.taken().first(), self.taken().last());
        let (start, end) = first.zip(last).map_or((0, 0), |(first, last)| (first.start, last.end));
        start.saturating_sub(if has_sign { 2 } else { 0 })..end
    }

    fn text(&self) -> &'g str {
        let start = self.run.starts.get(self.first).copied().unwrap_or(0);
        self.run.digits.get(start..start + self.len).unwrap_or_default()
    }

    fn digits(&self) -> &'g [u8] {
        self.text().as_bytes()
    }

    /// The first digits, filled up with zeros to [`HEAD_DIGITS`].
    fn head(&self) -> u64 {
        let digits = self.digits().iter().zip(PLACES);
        digits.map(|(digit, place)| u64::from(digit.wrapping_sub(b'0')) * place).sum()
    }

    fn signature(&self) -> u64 {
        digit::signature(self.taken().iter().map(|group| group.len() as u64))
    }

    fn has_lookalikes(&self) -> bool {
        self.taken().iter().any(|group| group.lookalikes > 0)
    }

    /// Luhn's check.
    fn has_luhn(&self) -> bool {
        let start = self.run.starts.get(self.first).copied().unwrap_or(0);
        let end = start + self.len;
        let sum =
            |at: usize| self.run.sums.get(at).map_or(0, |[even, odd]| if end.is_multiple_of(2) { *even } else { *odd });
        (sum(end) - sum(start)).is_multiple_of(10)
    }

    fn taken(&self) -> &'g [Group] {
        self.run.groups.get(self.first..self.end).unwrap_or_default()
    }

    /// The questions that rule out most stretches of a long run, each answered without a look at the digits.
    pub(crate) fn may_be(&self, rule: &Digits, compiled: &Compiled, is_traced: bool) -> bool {
        let first = usize::from(self.digits().first().map_or(0, |d| d.wrapping_sub(b'0')));
        let allowed = rule.separators | digit::NEWLINE | digit::WIDE;
        let is_grouped = self.end - self.first > 1 && !rule.groupings.is_empty();
        rule.starts.get(first).is_some_and(|lengths| lengths >> self.len & 1 == 1)
            && self.gaps & !allowed == 0
            && (!rule.has_luhn || compiled.score.invalid.is_some() || is_traced || self.has_luhn())
            && (!is_grouped || compiled.score.irregular.is_some() || rule.groupings.contains(&self.signature()))
            && !self.is_hopeless(rule, compiled)
    }

    /// A stretch of a row whose rule cannot make up for that.
    fn is_hopeless(&self, rule: &Digits, compiled: &Compiled) -> bool {
        let score = compiled.score;
        let best = score.base + score.near.max(0) + score.valid.max(0) + score.grouped.max(0) + IN_ROW;
        let is_possible = rule.lead.is_some() || !rule.prefixes.is_empty() || best >= i16::from(SCORE_MIN);
        !is_possible && self.is_in_row(self.taken().first().map_or(0, |g| g.gap), self.run.groups.get(self.end))
    }

    /// Is it one of the rule's? Answers its span and what speaks for and against it.
    pub(crate) fn judge(
        &self,
        text: &str,
        rule: &Digits,
        compiled: &Compiled,
        is_traced: bool,
    ) -> Option<(Range<usize>, Evidence)> {
        let bytes = text.as_bytes();
        let (first, last) = (self.taken().first()?, self.taken().last()?);
        let has_lookalikes = self.has_lookalikes();
        let touches = |b: u8| b.is_ascii_alphanumeric();
        if !rule.glued && (has_lookalikes || touches(before(bytes, first.start)) || touches(byte(bytes, last.end))) {
            return None;
        }
        let span = self.lead(bytes, rule, first.start)?..last.end;
        let prefix = self.prefix(rule)?;
        // Nearly every stretch ends at a check, so nothing is weighed before.
        let is_valid = compiled.validators.iter().all(|v| (v.check)(self.text()));
        if !is_valid && compiled.score.invalid.is_none() && !is_traced {
            return None;
        }
        let mut evidence = Evidence::default();
        self.grouping(rule, compiled, &mut evidence)?;
        evidence.add("prefix", prefix);
        self.touching(bytes, rule, &span, &mut evidence)?;
        evidence.check(compiled, is_valid);
        if has_lookalikes {
            evidence.add("lookalike", LOOKALIKE);
        }
        Some((span, evidence))
    }

    /// Points of the best prefix that it has; `None`: it has none of the rule's.
    fn prefix(&self, rule: &Digits) -> Option<i16> {
        if rule.prefixes.is_empty() {
            return Some(0);
        }
        let head = self.head();
        let fits = |p: &&crate::compiled::Prefix| {
            (p.from..=p.to).contains(&head)
                && p.digits <= self.len
                && (p.lengths == 0 || p.lengths >> self.len & 1 == 1)
        };
        rule.prefixes.iter().filter(fits).map(|p| p.points).max()
    }

    fn grouping(&self, rule: &Digits, compiled: &Compiled, evidence: &mut Evidence) -> Option<()> {
        let groups = self.taken();
        if groups.len() == 1 {
            evidence.is_bare = true;
            return Some(());
        }
        if self.gaps & digit::ODD & !rule.separators != 0
            || self.gaps & (digit::DOT | digit::SLASH | digit::UNDERSCORE) != 0
        {
            evidence.add("separator", ODD_SEPARATOR);
        }
        if self.is_date() {
            evidence.add("date", DATE);
        }
        if rule.groupings.is_empty() {
            return Some(());
        }
        if rule.groupings.contains(&self.signature()) {
            evidence.add("grouped", compiled.score.grouped);
            return Some(());
        }
        let irregular = compiled.score.irregular?;
        let size = groups.first().map_or(0, Group::len);
        let is_even =
            groups.split_last().is_some_and(|(l, all)| l.len() <= size && all.iter().all(|g| g.len() == size));
        evidence.add("irregular", if is_even { 0 } else { irregular });
        Some(())
    }

    /// Groups of a calendar date?
    fn is_date(&self) -> bool {
        let joined = self.gaps != 0 && self.gaps & (digit::SPACE | digit::NEWLINE | digit::PAREN | digit::WIDE) == 0;
        if !joined || self.len != 8 {
            return false;
        }
        let number = |range: Range<usize>| self.text().get(range).and_then(|d| d.parse::<u32>().ok()).unwrap_or(0);
        let (year, first, second) = match self.signature() {
            0x422 => (number(0..4), number(4..6), number(6..8)),
            0x224 => (number(4..8), number(0..2), number(2..4)),
            _ => return false,
        };
        let (small, large) = (first.min(second), first.max(second));
        (1900..=2099).contains(&year) && (1..=12).contains(&small) && (1..=31).contains(&large)
    }

    /// Where the value starts: with the character that must lead it, if the rule asks for one.
    fn lead(&self, bytes: &[u8], rule: &Digits, start: usize) -> Option<usize> {
        let is_paren = rule.separators & digit::PAREN != 0 && before(bytes, start) == b'(';
        let start = if is_paren { start - 1 } else { start };
        match rule.lead {
            Some(lead) => (before(bytes, start) == lead).then(|| start - 1),
            None => Some(start),
        }
    }

    /// What stands next to it.
    fn touching(&self, bytes: &[u8], rule: &Digits, span: &Range<usize>, evidence: &mut Evidence) -> Option<()> {
        let (left, right) = (before(bytes, span.start), byte(bytes, span.end));
        if left.is_ascii_alphanumeric() || right.is_ascii_alphanumeric() {
            let is_word = |b: u8, letters: usize| !b.is_ascii_alphanumeric() || letters >= 3;
            let is_glued = rule.glued
                && is_word(left, letters_before(bytes, span.start))
                && is_word(right, letters_after(bytes, span.end));
            if !is_glued {
                return None;
            }
            evidence.add("glued", GLUED);
        }
        let next = self.run.groups.get(self.end);
        let own_gap = self.taken().first().map_or(0, |g| g.gap);
        let joined = digit::is_joined;
        let tied = |a: u8, b: u8| matches!(a, b'-' | b'_' | b'/' | b'.' | b',' | b':') && b.is_ascii_alphanumeric();
        let left_tied = tied(left, span.start.checked_sub(1).map_or(0, |i| before(bytes, i))) && left != b':';
        let right_tied = matches!(right, b'-' | b'_') && byte(bytes, span.end + 1).is_ascii_alphanumeric();
        if rule.lead.is_none() && (joined(own_gap) || left_tied) || next.is_some_and(|n| joined(n.gap)) || right_tied {
            evidence.add("embedded", EMBEDDED);
        } else if rule.lead.is_none() && self.is_in_row(own_gap, next) {
            evidence.add("in_row", IN_ROW);
        }
        Some(())
    }

    /// Does a group of the same size follow or precede, after a space? Then it may be any stretch of a table.
    fn is_in_row(&self, own_gap: u8, next: Option<&Group>) -> bool {
        let groups = self.taken();
        let previous = self.first.checked_sub(1).and_then(|i| self.run.groups.get(i));
        let same = |a: Option<&Group>, b: Option<&Group>, gap: u8| {
            gap & digit::SPACE != 0 && a.zip(b).is_some_and(|(a, b)| a.len() == b.len())
        };
        groups.len() > 1
            && (same(previous, groups.first(), own_gap) || same(next, groups.last(), next.map_or(0, |n| n.gap)))
    }
}

fn letters_before(bytes: &[u8], at: usize) -> usize {
    let head = bytes.get(at.saturating_sub(16)..at).unwrap_or_default();
    let letters = head.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    if before(bytes, at - letters.min(at)).is_ascii_digit() { 0 } else { letters }
}

fn letters_after(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).take(16).take_while(|b| b.is_ascii_alphabetic()).count()
}
