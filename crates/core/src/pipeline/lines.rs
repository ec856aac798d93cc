//! The JSON line of the verb `scan`.

use super::Pipeline;
use super::examine::{Examined, scanned};
use super::shown;
use crate::report::{RawText, Report};
use crate::tree::Message;
use crate::{OpaqueWhy, Profile, RawMessage};
use lazaret_scan::Placement;
use serde::Serialize;
use std::ops::Range;
use zeroize::Zeroizing;

/// What a line of `scan` shows beside places and scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    /// Nothing.
    #[default]
    Places,
    /// The line on which a finding stands, every value in it masked.
    Masked,
    /// The line as it is.
    Revealed,
}

/// What a line calls its subject.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    File { file: &'a str, index: Option<u64> },
    Id(&'a str),
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u64>,
    findings: Vec<FindingLine<'a>>,
    opaque: Vec<OpaqueLine<'a>>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    rule: &'a str,
    class: &'static str,
    entity: &'a str,
    part: &'a str,
    start: usize,
    end: usize,
    score: u8,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<ContextLine>,
}

/// The line of the text on which a finding stands.
#[derive(Serialize)]
struct ContextLine {
    /// Number of the line in its part, from 1.
    line: usize,
    before: RawText,
    value: RawText,
    after: RawText,
}

#[derive(Serialize)]
struct OpaqueLine<'a> {
    part: &'a str,
    reason: &'static str,
}

impl Pipeline {
    pub(super) fn scan_read(
        &self,
        file: &str,
        index: Option<u64>,
        read: &Message,
        profile: &Profile,
        show: Show,
    ) -> Report {
        let mut line = Line::new(Name::File { file, index });
        for (text, seen) in read.texts.iter().zip(self.examine_all(&read.texts, profile, None)) {
            self.put(&mut line, text.path.as_str(), scanned(text), seen, show);
        }
        line.opaque
            .extend(read.opaque.iter().map(|(part, why)| OpaqueLine { part: part.as_str(), reason: why.as_str() }));
        line.finish()
    }

    pub(super) fn scan_line(&self, id: &str, octets: &RawMessage) -> Report {
        let mut line = Line::new(Name::Id(id));
        let text = Zeroizing::new(String::from_utf8_lossy(octets.expose()).into_owned());
        if text.len() > self.limits.text_bytes_max {
            line.opaque.push(OpaqueLine { part: "text", reason: OpaqueWhy::OverLimit.as_str() });
        } else {
            self.put(&mut line, "text", &text, self.examine_text(&text, Placement::Body, &[]), Show::Places);
        }
        line.finish()
    }

    fn put<'a>(&'a self, line: &mut Line<'a>, part: &'a str, text: &str, seen: Examined, show: Show) {
        let spans: Vec<Range<usize>> = match show {
            Show::Places => Vec::new(),
            _ => seen.hits.iter().map(|hit| hit.span.clone()).collect(),
        };
        for hit in seen.hits {
            let Some(known) = self.known(hit.by) else { continue };
            line.findings.push(FindingLine {
                rule: known.rule,
                class: known.class.as_str(),
                entity: known.entity,
                part,
                start: hit.span.start,
                end: hit.span.end,
                score: hit.score,
                action: hit.action.as_str(),
                context: (show != Show::Places).then(|| context(text, &hit.span, &spans, show == Show::Revealed)),
            });
        }
        if seen.incomplete {
            line.opaque.push(OpaqueLine { part, reason: OpaqueWhy::OverLimit.as_str() });
        }
    }
}

fn context(text: &str, span: &Range<usize>, found: &[Range<usize>], reveal: bool) -> ContextLine {
    let value = text.get(span.clone()).unwrap_or_default();
    let shown::Around { before, after } = shown::around(text, span, found, reveal);
    ContextLine {
        line: text.get(..span.start).map_or(0, |head| head.bytes().filter(|b| *b == b'\n').count()) + 1,
        before: RawText(before),
        value: RawText::new(if reveal { value.to_owned() } else { shown::masked(value) }),
        after: RawText(after),
    }
}

impl<'a> Line<'a> {
    fn new(name: Name<'a>) -> Line<'a> {
        let (file, id, message) = match name {
            Name::File { file, index } => (Some(file), None, index),
            Name::Id(id) => (None, Some(id), None),
        };
        Line { file, id, message, findings: Vec::new(), opaque: Vec::new() }
    }

    fn finish(self) -> Report {
        Report::of(&self)
    }
}
