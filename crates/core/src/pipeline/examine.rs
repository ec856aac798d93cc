//! Scanning the texts of a message, and what follows from it: findings, cuts, values to take out wherever they stand.

use super::Pipeline;
use crate::mark::{self, Words};
use crate::redact::{Cut, Values};
use crate::tree::{Message, Source, Text};
use crate::{Digest, Finding, PartPath, Profile};
use lazaret_scan::{Action, Class, Hints, Placement, RuleIx};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use zeroize::Zeroizing;

/// The id under which the count of people reports.
const BULK_RULE: &str = "bulk-records";

/// A match with its consequence.
pub(super) struct Hit {
    pub(super) by: By,
    pub(super) span: Range<usize>,
    pub(super) score: u8,
    pub(super) action: Action,
}

/// What found it.
#[derive(Clone, Copy)]
pub(super) enum By {
    Rule(RuleIx),
    /// The count of people in a part.
    Bulk,
}

/// What is said of what found it.
pub(super) struct Known<'a> {
    pub(super) rule: &'a str,
    pub(super) class: Class,
    pub(super) entity: &'a str,
}

/// What the scan of one text gave.
pub(super) struct Examined {
    /// By start.
    pub(super) hits: Vec<Hit>,
    /// A bound stopped the scan before the end of the text.
    pub(super) incomplete: bool,
}

/// A line on which something was found.
struct Line {
    span: Range<usize>,
    /// The first name on it, in lower case.
    name: Option<Zeroizing<String>>,
    /// Does one of the classes that the policy asks for stand on it?
    has_more: bool,
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

    /// The path of a part as it may leave: a sender can write anything into the name of a header field.
    pub(super) fn public_path(&self, path: &PartPath) -> PartPath {
        const PATH_BYTES_MAX: usize = 80;
        const PATH_DIGITS_MAX: usize = 3;
        let text = path.as_str();
        let Some((before, name)) = text.split_once("header/") else { return path.clone() };
        // A number or a long word in the name of a field is a value, or might as well be one.
        let tame = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.'))
            && name.bytes().filter(u8::is_ascii_digit).count() <= PATH_DIGITS_MAX;
        let clean =
            || self.examine_text(name, Placement::Header, &[]).hits.iter().all(|hit| hit.action < Action::Redact);
        match text.len() <= PATH_BYTES_MAX && tame && clean() {
            true => path.clone(),
            false => PartPath::new(format!("{before}header/field")),
        }
    }

    /// Scans one text. What lies within our own marks is no hit.
    pub(super) fn examine_text(&self, text: &str, placement: Placement, countries: &[String]) -> Examined {
        let scan = self.rules.scan(text, &Hints { placement, countries, memory: None });
        let marks = mark::spans(text);
        let mut hits: Vec<Hit> = scan
            .matches
            .into_iter()
            .filter(|m| stands_outside(text, &m.span, &marks))
            .map(|m| {
                let action = match self.action(m.rule, m.score) {
                    Action::Allow => Action::Allow,
                    _ if self.is_excepted(m.rule, text.get(m.span.clone()).unwrap_or_default()) => Action::Allow,
                    action => action,
                };
                Hit { action, by: By::Rule(m.rule), span: m.span, score: m.score }
            })
            .collect();
        if let Some(span) = self.bulk(text, &hits) {
            let action = self.policy.class_action(Class::BulkRecords);
            hits.push(Hit { by: By::Bulk, span, score: 100, action });
        }
        Examined { hits, incomplete: scan.incomplete.is_some() }
    }

    /// Records of many people: so many lines that each name another person and hold one of the needed classes beside the
    /// name. From the first to the last of them.
    fn bulk(&self, text: &str, hits: &[Hit]) -> Option<Range<usize>> {
        let bulk = self.policy.bulk();
        let class = |hit: &Hit| self.known(hit.by).map(|known| known.class);
        let count_min = bulk.people as usize;
        if hits.iter().filter(|hit| class(hit) == Some(Class::Person)).count() < count_min {
            return None;
        }
        let mut lines: BTreeMap<usize, Line> = BTreeMap::new();
        let (mut number, mut at) = (0, 0);
        for hit in hits {
            let Some(class) = class(hit) else { continue };
            // Hits come by their start, so each line feed is counted once.
            number += text.get(at..hit.span.start).map_or(0, |gap| gap.bytes().filter(|b| *b == b'\n').count());
            at = at.max(hit.span.start);
            let line = lines.entry(number).or_insert(Line { span: hit.span.clone(), name: None, has_more: false });
            line.span.end = line.span.end.max(hit.span.end);
            if class == Class::Person && line.name.is_none() {
                line.name = text.get(hit.span.clone()).map(|name| Zeroizing::new(name.to_lowercase()));
            }
            line.has_more |= bulk.needs.contains(&class);
        }
        let records: Vec<Line> = lines.into_values().filter(|line| line.name.is_some() && line.has_more).collect();
        let people: BTreeSet<&str> =
            records.iter().filter_map(|line| line.name.as_deref().map(String::as_str)).collect();
        let span = records.first()?.span.start..records.last()?.span.end;
        (people.len() >= count_min).then_some(span)
    }

    /// What is said of what found a hit.
    pub(super) fn known(&self, by: By) -> Option<Known<'_>> {
        match by {
            By::Rule(ix) => {
                let rule = self.rules.rule(ix)?;
                Some(Known { rule: &rule.id, class: rule.class, entity: &rule.entity })
            }
            By::Bulk => Some(Known { rule: BULK_RULE, class: Class::BulkRecords, entity: "bulk_records" }),
        }
    }

    /// The files written into a text that hold something, or were not examined: their lines would bring it back.
    fn file_cuts(&self, read: &Message, seen: &[Examined], text: &Text, words: &Words) -> Vec<Cut> {
        let in_file = |path: &PartPath, of: &PartPath| {
            of != &text.path && path.as_str().strip_prefix(of.as_str()).is_some_and(|r| r.is_empty() || r == "/name")
        };
        let mut cuts = Vec::new();
        for file in read.files.iter().filter(|file| file.within == text.path) {
            let texts = read.texts.iter().zip(seen).filter(|(t, _)| in_file(&t.path, &file.path));
            let hits = texts.flat_map(|(_, seen)| &seen.hits).filter_map(|hit| {
                let known = self.known(hit.by)?;
                Some((hit.action, mark::kind(known.class, known.entity, words)))
            });
            let opaque = read.opaque.iter().filter(|(path, _)| *path == file.path);
            let unread = opaque.map(|(_, why)| (self.unexamined(*why), why.in_words()));
            let strictest = hits.chain(unread).max_by_key(|(action, _)| *action);
            if let Some((action, kind)) = strictest.filter(|(action, _)| *action >= Action::Redact) {
                let mark = mark::withheld(kind, words).into();
                cuts.push(Cut { span: file.span.clone(), score: 100, action: action.max(Action::Withhold), mark });
            }
        }
        cuts
    }

    /// Gives every hit its tag and mark.
    pub(super) fn mark_all(&self, read: &Message, seen: &[Examined], digest: &Digest, words: &Words) -> Marked {
        let mut values = Values::default();
        let mut findings = Vec::new();
        let mut cuts = Vec::new();
        for (text, seen) in read.texts.iter().zip(seen) {
            let source = scanned(text);
            let mut of_text = Vec::new();
            if seen.hits.is_empty() {
                cuts.push(of_text);
                continue;
            }
            let part = self.public_path(&text.path);
            for hit in &seen.hits {
                let Some(known) = self.known(hit.by) else { continue };
                let value = source.get(hit.span.clone()).unwrap_or_default();
                let (canonical, tail) = match hit.by {
                    By::Rule(ix) => (self.rules.canonical(ix, value), self.rules.tail(ix, value)),
                    By::Bulk => (Zeroizing::new(value.to_owned()), None),
                };
                let tag = mark::tag(&self.mark_key, known.class, known.entity, &canonical, digest);
                if hit.action >= Action::Redact {
                    let kind = mark::kind(known.class, known.entity, words);
                    let mark = mark::mark(kind, tail.as_deref(), &tag).into();
                    let cut = Cut { span: hit.span.clone(), score: hit.score, action: hit.action, mark };
                    if known.class != Class::BulkRecords {
                        values.add(value, &cut);
                        values.add_canonical(&canonical);
                    }
                    of_text.push(cut);
                }
                findings.push(Finding {
                    rule: known.rule.to_owned(),
                    class: known.class,
                    entity: known.entity.to_owned(),
                    part: part.clone(),
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
            cuts.extend(self.file_cuts(read, seen, text, words));
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
pub(super) fn stands_outside(text: &str, span: &Range<usize>, marks: &[Range<usize>]) -> bool {
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
