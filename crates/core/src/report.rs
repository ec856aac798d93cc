//! The lines of the verbs `parse` and `extract`: raw content, for the operator's own files.
//!
//! A `Report` is the one thing besides an outcome that a worker gives away, and it holds text that nobody redacted. So it
//! has no accessor, and a `Debug` that tells its size alone: its only door is [`Report::disclose_to`].

use crate::message::{Addr, Address};
use crate::tree::{Field, Home, Message, Source};
use crate::{Limits, OpaqueWhy, PartPath, Profile, RawMessage, parse, visible};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// One finished line of JSON, without its line feed.
pub struct Report(Zeroizing<String>);

impl Report {
    /// The lines are structs of strings and numbers: there is nothing in them that could not be written.
    pub(crate) fn of(line: &impl Serialize) -> Report {
        Report::from_line(serde_json::to_string(line).unwrap_or_default())
    }

    pub(crate) fn from_line(line: String) -> Report {
        Report(Zeroizing::new(line))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Writes the line, with its line feed, and forgets it.
    pub fn disclose_to(self, w: &mut impl Write) -> io::Result<()> {
        w.write_all(self.0.as_bytes())?;
        w.write_all(b"\n")
    }
}

/// Masked: the line holds raw text.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({} bytes)", self.0.len())
    }
}

/// Raw text in a line, forgotten with it.
pub(crate) struct RawText(pub(crate) Zeroizing<String>);

impl RawText {
    pub(crate) fn new(text: impl Into<String>) -> RawText {
        RawText(Zeroizing::new(text.into()))
    }
}

impl Serialize for RawText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[derive(Serialize)]
struct Mailbox<'a> {
    name: &'a str,
    address: &'a str,
}

#[derive(Serialize)]
struct File<'a> {
    filename: Option<&'a str>,
    content_type: &'a str,
    size: u64,
    sha256: String,
}

#[derive(Serialize)]
struct Parsed<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u64>,
    class: &'static str,
    from: Vec<Mailbox<'a>>,
    to: Vec<Mailbox<'a>>,
    cc: Vec<Mailbox<'a>>,
    reply_to: Vec<Mailbox<'a>>,
    subject: Option<&'a str>,
    date: Option<String>,
    message_id: Option<&'a str>,
    in_reply_to: Option<&'a str>,
    references: &'a [String],
    text: String,
    reply: String,
    html: bool,
    attachments: Vec<File<'a>>,
    defects: Vec<&'static str>,
}

#[derive(Serialize)]
struct Extracted<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u64>,
    parts: Vec<Part<'a>>,
    coverage: Vec<Covered<'a>>,
}

/// What became of the octets of an attachment, or of a file that is no message.
#[derive(Serialize)]
struct Covered<'a> {
    part: &'a str,
    scanned_bytes: u64,
    decoded_bytes: u64,
    unexamined_bytes: u64,
}

#[derive(Serialize)]
struct Part<'a> {
    path: &'a str,
    media_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opaque: Option<&'static str>,
}

/// The line of `parse`: the message as understood. Any file is taken for a message.
pub fn parse(file: &str, index: Option<u64>, message: &RawMessage, profile: &Profile, limits: &Limits) -> Report {
    let tree = parse::read(message, profile, limits);
    let plain = |home: Home| {
        tree.texts.iter().filter(move |t| t.home == home).filter_map(|t| match &t.source {
            Source::Plain(raw) => Some(raw.expose()),
            Source::Html(_) => None,
        })
    };
    let envelope = &tree.envelope;
    let line = Parsed {
        file,
        message: index,
        class: tree.class.as_str(),
        from: mailboxes(&tree, Field::From, &envelope.from),
        to: mailboxes(&tree, Field::To, &envelope.to),
        cc: mailboxes(&tree, Field::Cc, &envelope.cc),
        reply_to: mailboxes(&tree, Field::ReplyTo, &envelope.reply_to),
        subject: plain(Home::Subject).next(),
        date: envelope.date.and_then(rfc3339),
        message_id: envelope.message_id.as_deref(),
        in_reply_to: envelope.in_reply_to.as_deref(),
        references: &envelope.references,
        text: plain(Home::Body).collect::<Vec<_>>().join("\n"),
        reply: visible::of(&tree.texts),
        html: tree.texts.iter().any(|t| t.home == Home::Html),
        attachments: tree
            .attachments
            .iter()
            .enumerate()
            .map(|(index, a)| File {
                filename: plain(Home::AttachmentName(index)).next(),
                content_type: &a.media_type,
                size: a.size_bytes,
                sha256: a.sha256.iter().map(|b| format!("{b:02x}")).collect(),
            })
            .collect(),
        defects: tree.defects.iter().map(|d| d.kind).collect(),
    };
    Report::of(&line)
}

fn mailboxes<'a>(tree: &'a Message, field: Field, list: &'a [Address]) -> Vec<Mailbox<'a>> {
    let mut written = tree.written.iter().filter(|(f, _)| *f == field).map(|(_, raw)| raw.expose());
    let name = |index: usize| {
        tree.texts.iter().find(|t| t.home == Home::Name(field, index)).map_or("", |t| match &t.source {
            Source::Plain(raw) => raw.expose(),
            Source::Html(_) => "",
        })
    };
    list.iter()
        .enumerate()
        .map(|(index, address)| {
            let written = written.next().unwrap_or_default();
            Mailbox { name: name(index), address: address.addr.as_ref().map_or(written, Addr::as_str) }
        })
        .collect()
}

fn rfc3339(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|t| t.to_string())
}

/// The line of `extract`: what text each part yields, or why not, and what became of the octets of attachments.
pub(crate) fn extracted(file: &str, index: Option<u64>, tree: &Message) -> Report {
    let media_type = |path: &PartPath| {
        let declared = || tree.attachments.iter().find(|a| a.path == *path).map(|a| a.media_type.as_str());
        tree.types.get(path).map(String::as_str).or_else(declared)
    };
    let mut parts: Vec<Part<'_>> = Vec::new();
    for text in &tree.texts {
        let (assumed, content) = match &text.source {
            Source::Html(page) => ("text/html", page.text().expose()),
            Source::Plain(raw) => ("text/plain", raw.expose()),
        };
        let media_type = match media_type(&text.path) {
            None | Some("application/octet-stream") => assumed,
            Some(media_type) => media_type,
        };
        parts.push(Part { path: text.path.as_str(), media_type, text: Some(content), opaque: None });
    }
    for (path, why) in &tree.opaque {
        let media_type = media_type(path).unwrap_or("application/octet-stream");
        parts.push(Part { path: path.as_str(), media_type, text: None, opaque: Some(why.as_str()) });
    }
    if tree.over_limit {
        parts.push(Part {
            path: "message",
            media_type: "message/rfc822",
            text: None,
            opaque: Some(OpaqueWhy::OverLimit.as_str()),
        });
    }
    if parts.is_empty() {
        // A file with nothing in it is a text without a letter.
        parts.extend(tree.attachments.iter().map(|attached| Part {
            path: attached.path.as_str(),
            media_type: "text/plain",
            text: Some(""),
            opaque: None,
        }));
    }
    let coverage = tree.attachments.iter().map(|attached| Covered {
        part: attached.path.as_str(),
        scanned_bytes: attached.coverage.scanned_bytes,
        decoded_bytes: attached.coverage.decoded_bytes,
        unexamined_bytes: attached.coverage.unexamined_bytes,
    });
    Report::of(&Extracted { file, message: index, parts, coverage: coverage.collect() })
}

/// Does a file begin like a message: with header fields, two at least of which are those of mail?
pub(crate) fn is_message(octets: &[u8]) -> bool {
    const NAMES: [&str; 16] = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "content-type",
        "delivered-to",
        "reply-to",
        "cc",
        "sender",
        "x-mailer",
        "dkim-signature",
        "content-transfer-encoding",
    ];
    let head = octets.get(..8192).unwrap_or(octets);
    let mut found: Vec<&str> = Vec::new();
    for (at, line) in head.split(|&b| b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") || at == 0 && line.starts_with(b"From ") {
            continue;
        }
        let Some(colon) = line.iter().position(|&b| b == b':') else { break };
        let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
        if !name.iter().all(u8::is_ascii_graphic) {
            break;
        }
        found.extend(NAMES.iter().filter(|n| name.eq_ignore_ascii_case(n.as_bytes())));
    }
    found.sort_unstable();
    found.dedup();
    found.len() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(file: &str, index: Option<u64>, message: &RawMessage, profile: &Profile, _: &Limits) -> Report {
        let mut documents = crate::documents::InProcess::default();
        crate::pipeline::tests::shipped().extract(file, index, message, profile, None, &mut documents)
    }

    fn line(verb: fn(&str, Option<u64>, &RawMessage, &Profile, &Limits) -> Report, octets: &str) -> serde_json::Value {
        let message = RawMessage::new(octets.replace('\n', "\r\n").into_bytes());
        let mut out = Vec::new();
        let report = verb("m.eml", Some(2), &message, &Profile::default(), &Limits::default());
        assert!(!format!("{report:?}").contains("Ann"));
        report.disclose_to(&mut out).expect("a vector takes all");
        assert_eq!(out.iter().filter(|&&b| b == b'\n').count(), 1);
        serde_json::from_slice(&out).expect("is JSON")
    }

    const MAIL: &str = "From: Ann <a@B.example>\nTo: G: x@[10.0.0.1], Bob;\nSubject: s\nDate: Tue, 5 Mar 2024 13:00:00 +0100\nMessage-ID: <1@x>\nReferences: <0@x>\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHi\n> old\n--b\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-1\n--b--\n";

    #[test]
    fn parse_says_all_of_it() {
        assert_eq!(
            line(parse, MAIL),
            serde_json::json!({
                "file": "m.eml", "message": 2, "class": "human", "from": [{"name": "Ann", "address": "a@b.example"}],
                "to": [{"name": "", "address": "x@[10.0.0.1]"}, {"name": "Bob", "address": ""}], "cc": [], "reply_to": [], "subject": "s",
                "date": "2024-03-05T12:00:00Z", "message_id": "1@x", "in_reply_to": null, "references": ["0@x"], "text": "Hi\r\n> old",
                "reply": "Hi", "html": false, "defects": [],
                "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "size": 6,
                    "sha256": "21af8e71c8703196df7fe1ff901869a88fe64c07bbaa83d838efb45a52b4f303"}],
            })
        );
    }

    #[test]
    fn an_empty_message_has_nulls_and_empty_lists() {
        let got = line(parse, "");
        for key in ["subject", "date", "message_id", "in_reply_to"] {
            assert!(got.get(key).is_some_and(serde_json::Value::is_null), "{key}");
        }
        for key in ["from", "to", "cc", "reply_to", "references", "attachments"] {
            assert_eq!(got.get(key), Some(&serde_json::json!([])), "{key}");
        }
        assert_eq!((got.get("text"), got.get("reply")), (Some(&serde_json::json!("")), Some(&serde_json::json!(""))));
    }

    #[test]
    fn html_stands_in_for_the_reply_alone() {
        let got = line(parse, "Content-Type: text/html\n\n<p>Yes</p><blockquote>old</blockquote>");
        assert_eq!(
            (got.get("text"), got.get("reply"), got.get("html")),
            (Some(&"".into()), Some(&"Yes".into()), Some(&true.into()))
        );
    }

    #[test]
    fn extract_names_every_part() {
        let parts = |octets: &str| -> Vec<String> {
            let got = line(extract, octets);
            let parts = got.get("parts").and_then(|p| p.as_array()).cloned().unwrap_or_default();
            let word = |p: &serde_json::Value, k: &str| p.get(k).and_then(|v| v.as_str()).unwrap_or("-").to_owned();
            parts
                .iter()
                .map(|p| {
                    format!("{} {} {} {}", word(p, "path"), word(p, "media_type"), word(p, "text"), word(p, "opaque"))
                })
                .collect()
        };
        assert_eq!(
            parts(MAIL),
            [
                "header/from text/plain Ann -",
                "header/to/group text/plain G -",
                "header/to/address text/plain x@[10.0.0.1] -",
                "header/to text/plain Bob -",
                "header/subject text/plain s -",
                "1 text/plain Hi\r\n> old -",
                "2/name text/plain a.pdf -",
                "2 application/pdf - malformed",
            ]
        );
        assert_eq!(parts("<html><p>Ann</p></html>"), ["text text/html Ann\n -"]);
        assert_eq!(parts("PK\u{3}\u{4}xxx"), ["text application/zip - malformed"]);
    }
}
