//! The lines of the verbs `parse` and `extract`: raw content, for the operator's own files.
//!
//! A `Report` is the one thing besides an outcome that a worker gives away, and it holds text that nobody redacted. So it
//! has no accessor, and a `Debug` that tells its size alone: its only door is [`Report::disclose_to`].

use crate::message::{Addr, Address};
use crate::tree::{Field, Home, Message, Source};
use crate::{Limits, OpaqueWhy, Profile, RawMessage, parse, visible};
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

/// The line of `extract`: what text each part yields, or why not. A file that does not begin like a message is one part.
pub fn extract(file: &str, index: Option<u64>, message: &RawMessage, profile: &Profile, limits: &Limits) -> Report {
    if !is_message(message.expose()) {
        return extract_file(file, message.expose(), limits);
    }
    let tree = parse::read(message, profile, limits);
    let mut parts: Vec<Part<'_>> = Vec::new();
    for text in &tree.texts {
        let path = text.path.as_str();
        let (media_type, text) = match &text.source {
            Source::Html(page) => ("text/html", page.text().expose()),
            Source::Plain(raw) => ("text/plain", raw.expose()),
        };
        let declared = tree.attachments.iter().find(|a| a.path.as_str() == path);
        let media_type = declared.map_or(media_type, |a| a.media_type.as_str());
        parts.push(Part { path, media_type, text: Some(text), opaque: None });
    }
    for (path, why) in &tree.opaque {
        let path = path.as_str();
        let declared = tree.attachments.iter().find(|a| a.path.as_str() == path);
        let media_type = declared.map_or("application/octet-stream", |a| a.media_type.as_str());
        parts.push(Part { path, media_type, text: None, opaque: Some(why.as_str()) });
    }
    if tree.over_limit {
        parts.push(Part { path: "message", media_type: "message/rfc822", text: None, opaque: Some(OpaqueWhy::OverLimit.as_str()) });
    }
    Report::of(&Extracted { file, message: index, parts })
}

fn extract_file(file: &str, octets: &[u8], limits: &Limits) -> Report {
    let name = file.rsplit('/').next().unwrap_or(file);
    let read = if octets.len() > limits.text_bytes_max {
        Err(OpaqueWhy::OverLimit)
    } else {
        parse::file_text(name, octets)
    };
    let part = match &read {
        Ok(text) => Part { path: "text", media_type: "text/plain", text: Some(text.expose()), opaque: None },
        Err(why) => {
            let why = Some(why.as_str());
            Part { path: "text", media_type: "application/octet-stream", text: None, opaque: why }
        }
    };
    Report::of(&Extracted { file, message: None, parts: vec![part] })
}

/// Does a file begin like a message: with header fields, two at least of which are those of mail?
pub(crate) fn is_message(octets: &[u8]) -> bool {
    const NAMES: [&str; 16] = [
        "from", "to", "subject", "date", "message-id", "received", "return-path", "mime-version", "content-type", "delivered-to",
        "reply-to", "cc", "sender", "x-mailer", "dkim-signature", "content-transfer-encoding",
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
