//! Scanning the texts of a message, and what follows from it: findings, cuts, values to take out wherever they stand.

use super::prints::Seen;
use super::{Pipeline, files};
use crate::fingerprint::Gathered;
use crate::mark::{self, Words};
use crate::redact::{Cut, Values};
use crate::tree::{Message, Source, Text};
use crate::{Digest, Finding, PartPath, Profile, Reason};
use lazaret_scan::{Action, Class, Hints, Memory, People, Placement, RuleIx, Scan};
use std::ops::Range;
use zeroize::Zeroizing;

/// The id under which the count of people reports.
const BULK_RULE: &str = "bulk-records";
/// The id under which timetables report.
const TIMETABLE_RULE: &str = "timetable";
/// The id under which credentials report that a conversation was told of.
const CONVERSATION_RULE: &str = "conversation-secret";
/// Kinds that a reason names.
const KINDS_MAX: usize = 5;
/// Score of what is only shown to the agent.
const FLAG_SCORE: u8 = 45;

/// A match with its consequence.
pub(super) struct Hit {
    pub(super) by: By,
    pub(super) span: Range<usize>,
    pub(super) score: u8,
    pub(super) action: Action,
}

/// What found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum By {
    Rule(RuleIx),
    /// The count of people in a part.
    Bulk,
    /// The count of names beside class codes.
    Timetable,
    /// What the rest of the conversation says.
    Conversation,
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
    /// The people whose records it holds.
    pub(super) people: Option<People>,
    /// What rules looked at, where that was asked for.
    pub(super) looked_at: Gathered<Seen>,
}

/// What follows from all hits of a message.
pub(super) struct Marked {
    pub(super) findings: Vec<Finding>,
    /// For each text what is to be cut out of it.
    pub(super) cuts: Vec<Vec<Cut>>,
    pub(super) values: Values,
    /// For each attachment: does its file hold values beyond those that are looked for everywhere?
    pub(super) overfull: Vec<bool>,
}

/// The text that is scanned for a text of a message.
pub(super) fn scanned(text: &Text) -> &str {
    match &text.source {
        Source::Plain(raw) => raw.expose(),
        Source::Html(html) => html.text().expose(),
    }
}

impl Pipeline {
    /// Scans a text of a message, with what other texts of it told.
    pub(super) fn examine(&self, text: &Text, profile: &Profile, memory: Option<&dyn Memory>) -> Examined {
        self.look(scanned(text), &Hints { placement: text.placement, countries: &profile.countries, memory })
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

    /// Scans one text.
    pub(super) fn examine_text(&self, text: &str, placement: Placement, countries: &[String]) -> Examined {
        self.look(text, &Hints { placement, countries, memory: None })
    }

    fn look(&self, text: &str, hints: &Hints<'_>) -> Examined {
        self.follow_up(text, self.rules.scan(text, hints))
    }

    /// What follows from the matches in a text. What lies within our own marks is no hit.
    pub(super) fn follow_up(&self, text: &str, scan: Scan) -> Examined {
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
        let mut people = None;
        if let Some((hit, counted)) = self.bulk(text, &hits) {
            hits.push(hit);
            people = counted;
        }
        Examined { hits, incomplete: scan.incomplete.is_some(), people, looked_at: Gathered::default() }
    }

    /// Records of many people, or names in a timetable; fewer than the policy asks for are for the agent to see.
    fn bulk(&self, text: &str, hits: &[Hit]) -> Option<(Hit, Option<People>)> {
        let bulk = self.policy.bulk();
        let matches: Vec<(RuleIx, Range<usize>)> = hits
            .iter()
            .filter_map(|hit| match hit.by {
                By::Rule(ix) => Some((ix, hit.span.clone())),
                By::Bulk | By::Timetable | By::Conversation => None,
            })
            .collect();
        let people = self.rules.people(text, &matches, &bulk.needs)?;
        let span = people.span.clone();
        if people.is_timetable {
            let action = self.policy.class_action(Class::StudentRecord).min(Action::Flag);
            return Some((Hit { by: By::Timetable, span, score: FLAG_SCORE, action }, None));
        }
        let action = self.policy.class_action(Class::BulkRecords);
        let hit = match people.count >= bulk.people {
            true => Hit { by: By::Bulk, span, score: 100, action },
            false => Hit { by: By::Bulk, span, score: FLAG_SCORE, action: action.min(Action::Flag) },
        };
        Some((hit, Some(people)))
    }

    /// What is said of what found a hit.
    pub(super) fn known(&self, by: By) -> Option<Known<'_>> {
        match by {
            By::Rule(ix) => {
                let rule = self.rules.rule(ix)?;
                Some(Known { rule: &rule.id, class: rule.class, entity: &rule.entity })
            }
            By::Bulk => Some(Known { rule: BULK_RULE, class: Class::BulkRecords, entity: "bulk_records" }),
            By::Timetable => Some(Known { rule: TIMETABLE_RULE, class: Class::StudentRecord, entity: "timetable" }),
            By::Conversation => Some(Known { rule: CONVERSATION_RULE, class: Class::Secret, entity: "password" }),
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
        let mut taken: Vec<Taken<'_>> = Vec::new();
        for (text, seen) in read.texts.iter().zip(seen) {
            let source = scanned(text);
            let of_file = files::of_file(read, text);
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
                    By::Bulk | By::Timetable | By::Conversation => (Zeroizing::new(value.to_owned()), None),
                };
                let tag = mark::tag(&self.mark_key, known.class, known.entity, &canonical, digest);
                if hit.action >= Action::Redact {
                    let kind = mark::kind(known.class, known.entity, words);
                    let mark = mark::mark(kind, tail.as_deref(), &tag).into();
                    let cut = Cut { span: hit.span.clone(), score: hit.score, action: hit.action, mark };
                    if known.class != Class::BulkRecords {
                        taken.push(Taken { value, canonical, cut: cut.clone(), of_file });
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
        let (beyond, overfull) = remember(taken, &mut values, read.attachments.len());
        for (text, cuts) in read.texts.iter().zip(&mut cuts) {
            cuts.extend(outside_cuts(scanned(text), &values));
            cuts.extend(outside_cuts(scanned(text), &beyond));
            cuts.extend(self.file_cuts(read, seen, text, words));
        }
        Marked { findings, cuts, values, overfull }
    }
}

/// A value that is to be taken out.
struct Taken<'t> {
    value: &'t str,
    canonical: Zeroizing<String>,
    cut: Cut,
    /// The attachment whose file it stands in.
    of_file: Option<usize>,
}

/// Remembers what is to be looked for: the values of the mail first, then those of its files as far as there is room. Those
/// beyond are looked for once, in the texts as they came; that their file is clean could not be proved.
fn remember(taken: Vec<Taken<'_>>, values: &mut Values, files: usize) -> (Values, Vec<bool>) {
    let (mut beyond, mut overfull) = (Values::beyond(), vec![false; files]);
    let (of_files, of_mail): (Vec<_>, Vec<_>) = taken.into_iter().partition(|taken| taken.of_file.is_some());
    for Taken { value, canonical, cut, of_file } in of_mail.into_iter().chain(of_files) {
        match of_file.filter(|_| !values.has_room(value)) {
            None => {
                values.add(value, &cut);
                values.add_canonical(&canonical);
            }
            Some(file) => {
                beyond.add(value, &cut);
                if let Some(overfull) = overfull.get_mut(file) {
                    *overfull = true;
                }
            }
        }
    }
    beyond.build();
    values.build();
    values.limit_with(&beyond);
    (beyond, overfull)
}

/// Says of how many people the records of a message are, and what they hold. The text and the page of a mail hold the same
/// people, so the part with the most of them speaks for all.
pub(super) fn name_records(reasons: &mut [Reason], seen: &[Examined]) {
    let Some(most) = seen.iter().filter_map(|s| s.people.as_ref()).max_by_key(|p| p.count) else { return };
    for reason in reasons {
        if let Reason::Found { rule, action, .. } = reason
            && rule == BULK_RULE
        {
            let mut kinds: Vec<String> = Vec::new();
            for (class, entity) in &most.kinds {
                let kind = mark::kind(*class, entity, mark::ENGLISH);
                if kinds.len() < KINDS_MAX && !kinds.iter().any(|k| k == kind) {
                    kinds.push(kind.to_owned());
                }
            }
            *reason = Reason::Records { about: most.about(), kinds, action: *action };
        }
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
