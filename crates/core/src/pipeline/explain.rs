//! The JSON line of `rules explain`: everything that a rule looked at, and why nothing follows from it where nothing does.

use super::Pipeline;
use super::examine::{By, scanned, stands_outside};
use super::shown;
use crate::documents::Documents;
use crate::report::{RawText, Report};
use crate::{OpaqueWhy, Profile, RawMessage, mark};
use lazaret_scan::{Action, Candidate, Hints, Memory, RuleMode, WhyNot};
use serde::Serialize;

/// What an explanation shows beside scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Explain {
    /// The values themselves.
    pub reveal: bool,
    /// The digests by which an exception would name them; they mean something under the store's key only.
    pub digests: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u64>,
    candidates: Vec<CandidateLine>,
    opaque: Vec<OpaqueLine>,
}

#[derive(Serialize)]
struct CandidateLine {
    rule: String,
    class: &'static str,
    entity: String,
    part: String,
    start: usize,
    end: usize,
    masked: String,
    length: usize,
    shape: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<RawText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    score: u8,
    terms: Vec<TermLine>,
    action: &'static str,
    /// The first reason for no action; null where there is one.
    why_not: Option<&'static str>,
    /// The rule whose finding stands for this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

#[derive(Serialize)]
struct TermLine {
    name: &'static str,
    points: i16,
}

#[derive(Serialize)]
struct OpaqueLine {
    part: String,
    reason: &'static str,
}

impl Pipeline {
    /// Explains a file: a mail by its texts, anything else as the text `text`.
    pub fn explain(
        &self,
        file: &str,
        index: Option<u64>,
        message: &RawMessage,
        profile: &Profile,
        show: Explain,
        documents: &mut dyn Documents,
    ) -> Report {
        let mut line = Line { file, message: index, candidates: Vec::new(), opaque: Vec::new() };
        let read = self.read_any(file, message, profile, &[], documents);
        let known = self.remembered(&read.texts, profile);
        let memory = known.as_ref().map(|known| known as &dyn Memory);
        for text in &read.texts {
            let hints = Hints { placement: text.placement, countries: &profile.countries, memory };
            self.explain_text(&mut line, text.path.as_str(), scanned(text), &hints, show);
        }
        let unread = read.opaque.iter().map(|(part, why)| (part.as_str(), *why));
        line.opaque.extend(unread.map(|(part, why)| OpaqueLine { part: part.to_owned(), reason: why.as_str() }));
        Report::of(&line)
    }

    fn explain_text(&self, line: &mut Line<'_>, part: &str, text: &str, hints: &Hints<'_>, show: Explain) {
        let explanation = self.rules.explain(text, hints);
        let counted = self.follow_up(text, explanation.scan()).hits;
        let marks = mark::spans(text);
        for mut candidate in explanation.candidates {
            if candidate.why_not.is_none() && !stands_outside(text, &candidate.span, &marks) {
                candidate.why_not = Some(WhyNot::Mark);
            }
            line.candidates.extend(self.candidate(part, text, &candidate, show));
        }
        // What is counted over a whole text has no score of its own.
        for hit in counted.iter().filter(|hit| matches!(hit.by, By::Bulk)) {
            let Some(known) = self.known(hit.by) else { continue };
            line.candidates.push(CandidateLine {
                rule: known.rule.to_owned(),
                class: known.class.as_str(),
                entity: known.entity.to_owned(),
                part: part.to_owned(),
                start: hit.span.start,
                end: hit.span.end,
                masked: String::new(),
                length: hit.span.len(),
                shape: String::new(),
                value: None,
                digest: None,
                score: hit.score,
                terms: Vec::new(),
                action: hit.action.as_str(),
                why_not: (hit.action == Action::Allow).then_some("policy"),
                by: None,
            });
        }
        if explanation.incomplete.is_some() {
            line.opaque.push(OpaqueLine { part: part.to_owned(), reason: OpaqueWhy::OverLimit.as_str() });
        }
    }

    fn candidate(&self, part: &str, text: &str, candidate: &Candidate, show: Explain) -> Option<CandidateLine> {
        let info = self.rules.rule(candidate.rule)?;
        let value = text.get(candidate.span.clone())?;
        let (action, why_not) = match candidate.why_not {
            Some(why) => (Action::Allow, Some(why.as_str())),
            None => self.consequence(candidate, value),
        };
        let by = match candidate.why_not {
            Some(WhyNot::Overlap(other)) => self.rules.rule(other).map(|info| info.id.clone()),
            _ => None,
        };
        Some(CandidateLine {
            rule: info.id.clone(),
            class: info.class.as_str(),
            entity: info.entity.clone(),
            part: part.to_owned(),
            start: candidate.span.start,
            end: candidate.span.end,
            masked: shown::masked(value),
            length: value.chars().count(),
            shape: shown::shape(value),
            value: show.reveal.then(|| RawText::new(value)),
            digest: show.digests.then(|| self.digest_key.exception_of(&self.rules, candidate.rule, value)).flatten(),
            score: candidate.score,
            terms: candidate.terms.iter().map(|t| TermLine { name: t.name, points: t.points }).collect(),
            action: action.as_str(),
            why_not,
            by,
        })
    }

    /// What the policy does about a match, and why nothing if it is nothing.
    pub(super) fn consequence(&self, candidate: &Candidate, value: &str) -> (Action, Option<&'static str>) {
        let Some(info) = self.rules.rule(candidate.rule) else { return (Action::Allow, Some("policy")) };
        if self.policy.mode(info) == RuleMode::Shadow {
            return (Action::Allow, Some("shadow"));
        }
        match self.action(candidate.rule, candidate.score) {
            Action::Allow => (Action::Allow, Some("policy")),
            _ if self.is_excepted(candidate.rule, value) => (Action::Allow, Some("exception")),
            action => (action, None),
        }
    }
}
