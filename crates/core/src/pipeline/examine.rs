//! Scanning the texts of a message, and what follows from it: findings, cuts, values to take out wherever they stand.

use super::Pipeline;
use crate::mark::{self, Words};
use crate::redact::{Cut, Values};
use crate::tree::{Message, Source, Text};
use crate::{Digest, Finding, Profile};
use lazaret_scan::{Action, Class, Hints, Placement, RuleIx};
use std::ops::Range;

/// A match with its consequence.
pub(super) struct Hit {
    pub(super) rule: RuleIx,
    pub(super) span: Range<usize>,
    pub(super) score: u8,
    pub(super) action: Action,
}

/// What the scan of one text gave.
pub(super) struct Examined {
    /// By start.
    pub(super) hits: Vec<Hit>,
    /// A bound stopped the scan before the end of the text.
    pub(super) incomplete: bool,
}

/// What follows from all hits of a message.
pub(super) struct Marked {
    pub(super) findings: Vec<Finding>,
    /// For each text what is to be cut out of it.
    pub(super) cuts: Vec<Vec<Cut>>,
    pub(super) values: Values,
}

/// The text that is scanned for a text of a message.
pub(super) fn scanned(text: &Text) -> &str {
    match &text.source {
        Source::Plain(raw) => raw.expose(),
        Source::Html(html) => html.text().expose(),
    }
}

impl Pipeline {
    pub(super) fn examine(&self, text: &Text, profile: &Profile) -> Examined {
        self.examine_text(scanned(text), text.placement, &profile.countries)
    }

    /// Scans one text. What lies within our own marks is no hit.
    pub(super) fn examine_text(&self, text: &str, placement: Placement, countries: &[String]) -> Examined {
        let scan = self.rules.scan(text, &Hints { placement, countries });
        let marks = mark::spans(text);
        let hits = scan
            .matches
            .into_iter()
            .filter(|m| stands_outside(text, &m.span, &marks))
            .map(|m| Hit { action: self.action(m.rule, m.score), rule: m.rule, span: m.span, score: m.score })
            .collect();
        Examined { hits, incomplete: scan.incomplete.is_some() }
    }

    /// Gives every hit its tag and mark.
    pub(super) fn mark_all(&self, read: &Message, seen: &[Examined], digest: &Digest, words: &Words) -> Marked {
        let mut values = Values::default();
        let mut findings = Vec::new();
        let mut cuts = Vec::new();
        for (text, seen) in read.texts.iter().zip(seen) {
            let source = scanned(text);
            let mut of_text = Vec::new();
            for hit in &seen.hits {
                let Some(rule) = self.rules.rule(hit.rule) else { continue };
                let value = source.get(hit.span.clone()).unwrap_or_default();
                let canonical = self.rules.canonical(hit.rule, value);
                let tag = mark::tag(&self.mark_key, rule.class, &rule.entity, &canonical, digest);
                if hit.action >= Action::Redact {
                    let tail = self.rules.tail(hit.rule, value);
                    let kind = mark::kind(rule.class, &rule.entity, words);
                    let mark = mark::mark(kind, tail.as_deref(), &tag).into();
                    let cut = Cut { span: hit.span.clone(), score: hit.score, action: hit.action, mark };
                    if rule.class != Class::BulkRecords {
                        values.add(value, &cut);
                    }
                    of_text.push(cut);
                }
                findings.push(Finding {
                    rule: rule.id.clone(),
                    class: rule.class,
                    entity: rule.entity.clone(),
                    part: text.path.clone(),
                    span: hit.span.clone(),
                    score: hit.score,
                    action: hit.action,
                    tag,
                });
            }
            cuts.push(of_text);
        }
        values.build();
        for (text, cuts) in read.texts.iter().zip(&mut cuts) {
            cuts.extend(outside_cuts(scanned(text), &values));
        }
        Marked { findings, cuts, values }
    }
}

/// Where values stand in a text, outside of marks.
pub(super) fn outside_cuts(text: &str, values: &Values) -> Vec<Cut> {
    let mut cuts = values.cuts(text);
    if !cuts.is_empty() {
        let marks = mark::spans(text);
        cuts.retain(|cut| stands_outside(text, &cut.span, &marks));
    }
    cuts
}

/// Is there a letter or digit of a span outside of all marks? Marks are disjoint and ordered.
fn stands_outside(text: &str, span: &Range<usize>, marks: &[Range<usize>]) -> bool {
    let first = marks.partition_point(|mark| mark.end <= span.start);
    let mut at = span.start;
    let has_word = |range: Range<usize>| text.get(range).is_none_or(|t| t.chars().any(char::is_alphanumeric));
    for mark in marks.iter().skip(first).take_while(|mark| mark.start < span.end) {
        if mark.start > at && has_word(at..mark.start) {
            return true;
        }
        at = mark.end;
    }
    // A span that touches no mark counts whatever it holds.
    at == span.start || at < span.end && has_word(at..span.end)
}
