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

    pub(super) fn scan_plain(&self, name: Name<'_>, octets: &RawMessage, profile: &Profile) -> Report {
        let octets = octets.expose();
        let within = octets.get(..self.limits.text_bytes_max).unwrap_or(octets);
        let text = Zeroizing::new(String::from_utf8_lossy(within).into_owned());
        let mut line = Line::new(name);
        let mut seen = self.examine_text(&text, Placement::Body, &profile.countries);
        seen.incomplete |= within.len() < octets.len();
        self.put(&mut line, "text", seen);
        line.finish()
    }

    fn put<'a>(&'a self, line: &mut Line<'a>, part: &'a str, seen: Examined) {
        for hit in seen.hits {
            let Some(rule) = self.rules.rule(hit.rule) else { continue };
            line.findings.push(FindingLine {
                rule: &rule.id,
                class: rule.class.as_str(),
                entity: &rule.entity,
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

/// Fields of which a mail has at least one, and a file of settings or notes none.
const TELLING: [&str; 10] = [
    "from",
    "received",
    "message-id",
    "mime-version",
    "return-path",
    "delivered-to",
    "subject",
    "content-type",
    "dkim-signature",
    "x-mailer",
];

/// Does it begin with the header of a mail (RFC 5322 2.2): nothing but fields up to the first empty line, one of them
/// one that mails have? An mbox line may stand before them.
pub(super) fn looks_like_mail(octets: &[u8]) -> bool {
    const LINES_MAX: usize = 200;
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut telling = false;
    for (at, line) in octets.split(|b| *b == b'\n').take(LINES_MAX).enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return telling;
        }
        if at == 0 && line.starts_with(b"From ") || at > 0 && line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else { return false };
        let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
        if name.is_empty() || !name.iter().all(|b| b.is_ascii_graphic()) {
            return false;
        }
        telling |= TELLING.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    }
    telling
}

#[cfg(test)]
mod tests {
    use super::looks_like_mail;

    #[test]
    fn mails_are_told_from_notes() {
        let cases: &[(&[u8], bool)] = &[
            (b"From: a@b\r\nSubject: x\r\n\r\nbody", true),
            (b"From a@b Mon Jan 1\nReceived: x\n\ty\n\nbody", true),
            (b"Subject: only a header", true),
            (b"\xef\xbb\xbfFrom: a@b\n\nbody", true),
            (b"", false),
            (b"\r\n\r\nFrom: a@b", false),
            (b"Password: x\nUser: y\n\nSubject: z", false),
            (b"Dear team,\nSubject: hello\n\n", false),
            (b"From: Mia\nhas no colon\n\n", false),
            (b"some text", false),
        ];
        for (octets, want) in cases {
            assert_eq!(looks_like_mail(octets), *want, "{:?}", String::from_utf8_lossy(octets));
        }
    }
}
