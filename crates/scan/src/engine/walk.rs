//! One scan under way: scouts lead to candidates, judges weigh them.

mod digits;

use super::work::Work;
use super::{Hints, Incomplete, Match, PROSE_BYTES, Term, WhyNot};
use crate::carrier::{self, Allowance, Carriers};
use crate::compiled::{How, Kind, Pattern};
use crate::context::Nearby;
use crate::judge::{self, Case, Evidence};
use crate::needs::LongRuns;
use crate::scout::anchor;
use crate::scout::lead::Found;
use crate::shadow::Shadow;
use crate::text::{before, byte, ceil, contains, floor, overlaps};
use crate::{RuleIx, Ruleset, marks, prose, records};
use std::cell::RefCell;
use std::ops::Range;

/// Candidates that are explained, of those that came to nothing, in one text.
const TRACED_MAX: usize = 100_000;

/// What is left of the caps.
pub(super) struct Budget {
    pub(super) candidates: usize,
    pub(super) work: usize,
    pub(super) decoded: Allowance,
    pub(super) incomplete: Option<Incomplete>,
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
pub(super) struct Walk<'s, 'h> {
    pub(super) set: &'s Ruleset,
    pub(super) hints: &'h Hints<'h>,
    /// One rule alone.
    pub(super) only: Option<RuleIx>,
    pub(super) budget: Budget,
    /// What is kept that came to nothing.
    pub(super) trace: Trace,
    /// What each rule costs; empty unless it is asked for.
    pub(super) works: Vec<Work>,
    /// Spans are bytes of the text of the outermost layer.
    pub(super) found: Vec<Outcome>,
}

/// Candidates that came to nothing and are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// None.
    Off,
    /// Those that a scan looks at closely.
    Close,
    /// Those too that a scan leaves out because no word of their rule stands near.
    All,
}

/// What became of a candidate.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) this: Match,
    pub(crate) why_not: Option<WhyNot>,
}

/// The shadow of a layer, and what was found in it.
struct Layer<'t, 's> {
    text: &'t str,
    /// The parts that a finding must reach into; `None`: it may stand anywhere.
    parts: Option<Vec<Range<usize>>>,
    nearby: Nearby<'s>,
    long_runs: LongRuns,
    /// The chunk for which shapes were last chosen by their context, and these shapes.
    shapes: (Option<usize>, Vec<u64>),
    found: Vec<Outcome>,
}

impl<'t, 's> Layer<'t, 's> {
    fn new(set: &'s Ruleset, text: &'t str) -> Layer<'t, 's> {
        Layer {
            text,
            parts: None,
            nearby: Nearby::new(&set.lexicon),
            long_runs: LongRuns::default(),
            shapes: (None, Vec::new()),
            found: Vec::new(),
        }
    }

    /// Can a finding within these bytes count?
    fn counts(&self, span: &Range<usize>) -> bool {
        let Some(parts) = &self.parts else { return true };
        let first = parts.partition_point(|part| part.end <= span.start);
        parts.get(first).is_some_and(|part| part.start <= span.end)
    }
}

impl<'s> Walk<'s, '_> {
    /// Scans a text.
    pub(super) fn text(&mut self, text: &str) {
        self.layer(text, None, 0);
    }

    /// Scans one text: the source, or what a carrier in it says, of which `parts` alone can hold findings.
    fn layer(&mut self, text: &str, parts: Option<Vec<Range<usize>>>, depth: usize) {
        let shadow = Shadow::new(text);
        let mut layer = Layer::new(self.set, shadow.text());
        layer.parts = parts.map(|parts| parts.iter().map(|part| shadow.around(part)).collect());
        self.digits(&mut layer);
        self.anchors(&mut layer);
        self.records(&mut layer);
        let Layer { mut found, .. } = layer;
        for one in &mut found {
            if marks::hides(shadow.text(), &one.this.span) {
                one.why_not = Some(WhyNot::Mark);
            }
            one.this.span = shadow.source(&one.this.span);
        }
        found.retain(|one| one.why_not.is_none() || self.is_traced());
        self.found.append(&mut found);
        if depth < carrier::DEPTH_MAX {
            self.encoded(text, depth);
        }
    }

    /// Opens the carriers of a text; what is found in one is reported for the bytes that carry it.
    fn encoded(&mut self, text: &str, depth: usize) {
        let mut carriers = Carriers::new(text);
        while let Some(carrier) = carriers.next(&self.budget.decoded) {
            let is_within = self.budget.decoded.take(&carrier);
            if !is_within || carrier.is_cut {
                self.budget.incomplete = self.budget.incomplete.or(Some(Incomplete::Work));
            }
            if !is_within {
                return;
            }
            let from = self.found.len();
            self.layer(&carrier.text, carrier.parts(), depth + 1);
            for mut one in self.found.split_off(from) {
                if let Some(span) = carrier.source(&one.this.span) {
                    one.this.span = span;
                    one.this.terms.push(Term::new(carrier.name, 0));
                    self.found.push(one);
                }
            }
        }
    }

    fn keep(&mut self, layer: &mut Layer<'_, 's>, rule: RuleIx, span: Range<usize>, evidence: Evidence) {
        if !layer.counts(&span) {
            return;
        }
        self.count(rule, |w| w.judged += 1);
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let (set, text) = (self.set, layer.text);
        let value = text.get(span.clone()).unwrap_or_default();
        let is_known = || {
            let class = set.rule(rule).map(|info| info.class);
            self.hints.memory.zip(class).is_some_and(|(m, class)| m.knows(class, &set.canonical(rule, value)))
        };
        let case = Case { rule: compiled, text, span: &span, hints: self.hints, is_traced: self.is_traced() };
        let Some(weighed) = judge::weigh(&case, evidence, &mut layer.nearby, is_known) else { return };
        let is_counted = weighed.why_not.is_none() || layer.found.len() < TRACED_MAX;
        if span.is_empty() || !is_counted || weighed.why_not.is_none() && !self.budget.candidate() {
            return;
        }
        let is_test = set.test_values.contains(&*set.canonical(rule, value));
        let rule = if is_test { set.test_value_of(rule).unwrap_or(rule) } else { rule };
        let this = Match { rule, span, score: weighed.score, terms: weighed.terms, also: Vec::new() };
        layer.found.push(Outcome { this, why_not: weighed.why_not });
    }

    /// What lists of words and the columns of tables bring.
    fn records(&mut self, layer: &mut Layer<'_, 's>) {
        let set = self.set;
        let tables = records::tables(layer.text);
        for found in set.records.columns(&set.compiled, layer.text, &tables) {
            if self.wants(found.rule) {
                self.keep(layer, found.rule, found.span, Evidence::of(&[Term::new("column", 0)]));
            }
        }
        if let Some(headed) = records::Headed::new(layer.text, &tables).filter(|h| self.budget.work(h.text.len())) {
            let mut under = Layer::new(set, &headed.text);
            self.digits(&mut under);
            self.anchors(&mut under);
            for mut one in under.found {
                if let Some(span) = headed.source(&one.this.span) {
                    one.this.span = span;
                    one.this.terms.push(Term::new("column", 0));
                    layer.found.push(one);
                }
            }
        }
        for found in set.records.words(layer.text) {
            if self.wants(found.rule) {
                self.keep(layer, found.rule, found.span, Evidence::default());
            }
        }
    }

    /// Does nothing follow from a candidate whose rule asks for a word that does not stand near?
    fn is_gated(&self) -> bool {
        self.trace != Trace::All && self.hints.memory.is_none()
    }

    /// Is kept what came to nothing, too?
    fn is_traced(&self) -> bool {
        self.trace != Trace::Off
    }

    fn wants(&self, rule: RuleIx) -> bool {
        self.only.is_none_or(|only| only == rule || self.set.records.has_member(only, rule))
    }

    /// Counts the work of a rule, if somebody asks for it.
    fn count(&mut self, rule: RuleIx, add: impl FnOnce(&mut Work)) {
        if let Some(work) = self.works.get_mut(usize::from(rule.0)) {
            add(work);
        }
    }

    fn anchors(&mut self, layer: &mut Layer<'_, 's>) {
        let set = self.set;
        let text = layer.text;
        let mut windows = Windows::new(set);
        let runs = layer.long_runs.all(text.as_bytes());
        set.scouts.leads.find(text, &runs, |leads, hit, found| {
            for lead in leads {
                if !self.wants(lead.rule) {
                    continue;
                }
                self.count(lead.rule, |w| w.hits += 1);
                let around = hit.start.saturating_sub(lead.long_within)..hit.end + lead.long_within;
                if lead.long > 0 && !layer.long_runs.are_in(text.as_bytes(), &around, lead.long) {
                    continue;
                }
                match (lead.how, found) {
                    // What may begin within a word is found there wherever it begins.
                    (How::Within, Found::Whole) if lead.is_inner => {}
                    (How::Within, Found::Whole | Found::Inner) => {
                        self.window(layer, lead.rule, hit.clone(), true, &mut windows);
                    }
                    (How::Around, Found::Whole) => self.window(layer, lead.rule, hit.clone(), false, &mut windows),
                    (How::Start, Found::Whole) => self.start(layer, lead.rule, hit.start, &mut windows),
                    (How::Word, Found::Whole | Found::Tail) => self.word(layer, lead.rule, hit.clone()),
                    _ => {}
                }
            }
        });
        self.flush(layer, windows);
    }

    fn start(&mut self, layer: &mut Layer<'_, 's>, rule: RuleIx, at: usize, windows: &mut Windows) {
        let text = layer.text;
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        let Some(window) = windows.all.get(usize::from(rule.0)) else { return };
        // Within the last match of the rule nothing new begins, nor within a word.
        let bytes = text.as_bytes();
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let in_word = is_word(before(bytes, at)) && is_word(byte(bytes, at));
        if at < window.end || in_word || !self.budget.work(pattern.after.min(1 << 10)) {
            return;
        }
        let tail = at..anchor::window_end(text, pattern, at, at);
        if tail.len() < pattern.len_min || !layer.counts(&tail) || !windows.closes(rule, pattern, text, &tail) {
            return;
        }
        // A long window counts as what it is.
        if !self.budget.work(tail.len().saturating_sub(1 << 10))
            || !pattern.needs.are_met(bytes.get(tail.clone()).unwrap_or_default())
        {
            return;
        }
        let Windows { all, opened, .. } = windows;
        let Some(window) = all.get_mut(usize::from(rule.0)) else { return };
        self.count(rule, |w| w.windows += 1);
        if let Some((span, end)) = anchor::search_at(text, pattern, tail) {
            if window.end == 0 {
                opened.push(rule);
            }
            *window = at..end;
            if self.budget.work(span.len())
                && let Some(evidence) = judge::pattern(compiled, text, &span, self.is_traced())
            {
                self.keep(layer, rule, span, evidence);
            }
        }
    }

    /// Opens a window, or widens the one that is open if they touch.
    fn window(
        &mut self,
        layer: &mut Layer<'_, 's>,
        rule: RuleIx,
        hit: Range<usize>,
        is_within: bool,
        windows: &mut Windows,
    ) {
        let text = layer.text;
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        if !layer.counts(&(hit.start.saturating_sub(pattern.before)..hit.end + pattern.after)) {
            return;
        }
        let Windows { all, opened, .. } = windows;
        let Some(open) = all.get_mut(usize::from(rule.0)) else { return };
        if is_within && contains(open, &hit) && open.end > 0 {
            open.end = anchor::window_end(text, pattern, open.end, hit.end);
            return;
        }
        let new = match is_within {
            true => anchor::window_within(text, pattern, hit),
            false => Some(anchor::window(text, pattern, hit)),
        };
        let Some(new) = new else { return };
        if open.end == 0 {
            opened.push(rule);
            *open = new;
        } else if overlaps(open, &new) {
            *open = open.start.min(new.start)..open.end.max(new.end);
        } else {
            let done = std::mem::replace(open, new);
            self.confirm(layer, rule, done);
        }
    }

    fn flush(&mut self, layer: &mut Layer<'_, 's>, mut windows: Windows) {
        windows.opened.sort_unstable();
        windows.closings.clear();
        let Windows { all, opened, .. } = &mut windows;
        for rule in opened.drain(..) {
            let at = usize::from(rule.0);
            let window = all.get_mut(at).map(std::mem::take).unwrap_or_default();
            if self.set.compiled.get(at).is_some_and(|c| c.is_windowed()) {
                self.confirm(layer, rule, window);
            }
        }
        windows.put_back();
    }

    fn confirm(&mut self, layer: &mut Layer<'_, 's>, rule: RuleIx, window: Range<usize>) {
        let text = layer.text;
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Regex(pattern) = &compiled.kind else { return };
        if !layer.counts(&window) || !self.budget.work(window.len()) {
            return;
        }
        let is_possible = pattern.needs.are_met(text.as_bytes().get(window.clone()).unwrap_or_default())
            && (!self.is_gated()
                || !compiled.needs_word()
                || compiled.context.may_be_near(text, &window, &mut layer.nearby));
        if !is_possible {
            return;
        }
        self.count(rule, |w| {
            w.windows += 1;
            w.bytes += window.len();
        });
        anchor::search(text, pattern, window, |span| {
            if let Some(evidence) = judge::pattern(compiled, text, &span, self.is_traced()) {
                self.keep(layer, rule, span, evidence);
            }
        });
    }

    fn word(&mut self, layer: &mut Layer<'_, 's>, rule: RuleIx, word: Range<usize>) {
        let text = layer.text;
        let Some(compiled) = self.set.compiled.get(usize::from(rule.0)) else { return };
        let Kind::Prose(rules) = &compiled.kind else { return };
        // The kind that a mark names is no keyword for what follows the mark.
        if !prose::is_word(text, &word) || !self.budget.work(PROSE_BYTES) || marks::overlapping(text, &word).is_some() {
            return;
        }
        for found in prose::read(text, word, rules.wanted) {
            self.keep(layer, rule, found.span, Evidence::of(&found.terms));
        }
    }
}

thread_local! {
    /// Windows of scans that are done, all closed: a short text must not pay for every rule.
    static SPARE: RefCell<Vec<Windows>> = const { RefCell::new(Vec::new()) };
}

/// One window a rule.
#[derive(Default)]
struct Windows {
    /// Of each rule; those that are not open end at 0.
    all: Vec<Range<usize>>,
    opened: Vec<RuleIx>,
    /// Of the few rules whose matches are closed by a literal: none ends between the last window and here.
    closings: Vec<(RuleIx, usize)>,
}

impl Windows {
    fn new(set: &Ruleset) -> Windows {
        let mut windows = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        if windows.all.len() < set.compiled.len() {
            windows.all.resize(set.compiled.len(), 0..0);
        }
        windows
    }

    /// Does what closes the matches of a rule stand in a window that begins behind all that were asked before? However many
    /// beginnings a text has, each of its bytes is looked at once.
    fn closes(&mut self, rule: RuleIx, pattern: &Pattern, text: &str, window: &Range<usize>) -> bool {
        let Some(closing) = pattern.needs.closing() else { return true };
        let known = match self.closings.iter().position(|(of, _)| *of == rule) {
            Some(at) => at,
            None => {
                self.closings.push((rule, 0));
                self.closings.len() - 1
            }
        };
        let Some((_, none_to)) = self.closings.get_mut(known) else { return true };
        let from = window.start.max(*none_to);
        let end = ceil(text, window.end);
        match text.get(from..end.max(from)).and_then(|rest| rest.find(closing)) {
            Some(found) => {
                *none_to = from + found;
                true
            }
            None => {
                // One may begin before the end of the window and go on behind it.
                *none_to = floor(text, end.saturating_sub(closing.len() - 1)).max(from);
                false
            }
        }
    }

    /// Keeps the memory for the next scan; all windows are closed.
    fn put_back(self) {
        SPARE.with_borrow_mut(|spare| spare.push(self));
    }
}
