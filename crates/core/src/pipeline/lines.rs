//! The JSON line of the verb `scan`.

use super::Pipeline;
use super::examine::Examined;
use crate::report::Report;
use crate::{OpaqueWhy, Profile, RawMessage, parse};
use lazaret_scan::Placement;
use serde::Serialize;
use zeroize::Zeroizing;

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
}

#[derive(Serialize)]
struct OpaqueLine<'a> {
    part: &'a str,
    reason: &'static str,
}

impl Pipeline {
    pub(super) fn scan_mail(&self, file: &str, index: Option<u64>, message: &RawMessage, profile: &Profile) -> Report {
        let read = parse::read(message, profile, &self.limits);
        let mut line = Line::new(Name::File { file, index });
        for text in &read.texts {
            self.put(&mut line, text.path.as_str(), self.examine(text, profile));
        }
        line.opaque
            .extend(read.opaque.iter().map(|(part, why)| OpaqueLine { part: part.as_str(), reason: why.as_str() }));
        line.finish()
    }

    /// A file that is no mail: its text as `extract` gives it.
    pub(super) fn scan_file(&self, file: &str, index: Option<u64>, octets: &RawMessage, profile: &Profile) -> Report {
        let mut line = Line::new(Name::File { file, index });
        let name = file.rsplit('/').next().unwrap_or(file);
        let read = match octets.len() > self.limits.text_bytes_max {
            true => Err(OpaqueWhy::OverLimit),
            false => parse::file_text(name, octets.expose()),
        };
        match read {
            Ok(text) => {
                self.put(
                    &mut line,
                    "text",
                    self.examine_text(text.expose(), Placement::Attachment, &profile.countries),
                );
            }
            Err(why) => line.opaque.push(OpaqueLine { part: "text", reason: why.as_str() }),
        }
        line.finish()
    }

    pub(super) fn scan_line(&self, id: &str, octets: &RawMessage) -> Report {
        let mut line = Line::new(Name::Id(id));
        let text = Zeroizing::new(String::from_utf8_lossy(octets.expose()).into_owned());
        if text.len() > self.limits.text_bytes_max {
            line.opaque.push(OpaqueLine { part: "text", reason: OpaqueWhy::OverLimit.as_str() });
        } else {
            self.put(&mut line, "text", self.examine_text(&text, Placement::Body, &[]));
        }
        line.finish()
    }

    fn put<'a>(&'a self, line: &mut Line<'a>, part: &'a str, seen: Examined) {
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
            });
        }
        if seen.incomplete {
            line.opaque.push(OpaqueLine { part, reason: OpaqueWhy::OverLimit.as_str() });
        }
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
