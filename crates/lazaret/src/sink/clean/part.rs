//! The parts of a copy: texts, files, notes, and what holds them together (RFC 2045, 2046, 2183, 2387).

use super::field::{self, one_line};
use crate::sink::letter::is_id;
use lazaret_store::AttachmentView;
use lettre::message::Body;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType};

/// Longest file name, in characters.
const FILE_NAME_CHARS_MAX: usize = 120;
/// Longest line of what is in no encoding, in octets (RFC 5322 2.1.1).
const LINE_BYTES_MAX: usize = 998;
/// Endings that a text may keep; others get `.txt`.
const TEXT_ENDINGS: [&str; 4] = [".txt", ".csv", ".log", ".md"];
/// What stands at the start of every boundary: no quoted-printable and no base64 holds it.
const BOUNDARY: &str = "=_lazaret.";

/// A part with its own header.
pub(super) struct Part {
    pub(super) header: String,
    pub(super) body: Vec<u8>,
}

/// A text of ours or of the ticket.
pub(super) fn text(kind: &str, text: &str) -> Part {
    let body = Body::new(printable(text));
    let encoding = field::one(body.encoding());
    Part { header: format!("Content-Type: text/{kind}; charset=utf-8\r\n{encoding}"), body: body.into_vec() }
}

/// Parts in one, in their order. `id` differs between messages.
pub(super) fn multipart(kind: &str, id: &str, parts: &[Part]) -> Part {
    // No part holds it but one that was made to; one in base64 cannot.
    let stands = |boundary: &str| {
        let line = format!("--{boundary}");
        let mut plain = parts.iter().filter(|part| !part.header.contains("base64"));
        plain.any(|part| part.body.windows(line.len()).any(|octets| octets == line.as_bytes()))
    };
    let subtype = kind.split(';').next().unwrap_or(kind);
    let made = (0u32..).map(|n| format!("{BOUNDARY}{subtype}.{id}.{n}")).find(|boundary| !stands(boundary));
    let boundary = made.unwrap_or_default();
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.header).as_bytes());
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Part { header: format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n"), body }
}

/// An attachment: its file, its cleared text, or the note that stands for it.
pub(super) fn attachment(attachment: &AttachmentView) -> Part {
    match (&attachment.file, &attachment.text) {
        _ if is_withheld(attachment) => note(attachment),
        (Some(octets), _) => file(attachment, octets),
        (None, Some(text)) => text_file(attachment, text),
        (None, None) => note(attachment),
    }
}

pub(super) fn is_withheld(attachment: &AttachmentView) -> bool {
    attachment.action == "withhold"
}

/// Is it no longer in the copy?
pub(super) fn is_left_out(attachment: &AttachmentView) -> bool {
    is_withheld(attachment) || attachment.file.is_none() && attachment.text.is_none()
}

/// The line that stands in the place of an attachment.
pub(super) fn note_line(attachment: &AttachmentView) -> String {
    let (before, why) = match attachment.opaque.as_deref() {
        _ if !is_withheld(attachment) => ("", "not in this copy"),
        Some("encrypted") => ("encrypted ", "not examined"),
        Some("malformed") => ("damaged ", "not examined"),
        Some("over_limit") => ("", "too large to be examined"),
        Some(_) => ("", "its format cannot be examined"),
        None => ("", "it held personal data"),
    };
    let name = one_line(&attachment.name, FILE_NAME_CHARS_MAX);
    let name = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
    let kind = in_words(&attachment.media_type);
    let what = if is_withheld(attachment) { "withheld" } else { "left out" };
    format!("[{what}: {before}{kind}{name}, {} - {why}]", size(attachment.size_bytes))
}

fn note(attachment: &AttachmentView) -> Part {
    let Part { header, body } = text("plain", &format!("{}\n", note_line(attachment)));
    Part { header: format!("{header}Content-Disposition: inline\r\n"), body }
}

/// Does the HTML show this part in itself?
pub(super) fn is_shown_by(attachment: &AttachmentView, html: &str) -> bool {
    let id = content_id(attachment).filter(|_| !is_left_out(attachment));
    id.is_some_and(|id| {
        html.contains(&format!("cid:{id}")) || html.contains(&format!("cid:{}", id.replace('@', "%40")))
    })
}

fn content_id(attachment: &AttachmentView) -> Option<&str> {
    attachment.content_id.as_deref().filter(|id| is_id(id))
}

fn file(attachment: &AttachmentView, octets: &[u8]) -> Part {
    let declared = media_type(attachment);
    // An enclosed message may stand in no encoding (RFC 2046 5.2.1): one that would need it goes as a file.
    if declared.starts_with("message/") {
        return match enclosed(&declared, octets) {
            Some(octets) => part(
                attachment,
                &declared,
                "message.eml",
                &Body::dangerous_pre_encoded(octets, ContentTransferEncoding::SevenBit),
            ),
            None => part(attachment, "application/octet-stream", "message.eml", &coded(octets)),
        };
    }
    let charset = attachment.charset.as_deref().filter(|_| declared.starts_with("text/")).filter(|c| is_token(c));
    let kind = charset.map_or_else(|| declared.clone(), |charset| format!("{declared}; charset={charset}"));
    part(attachment, &kind, "attachment", &coded(octets))
}

fn text_file(attachment: &AttachmentView, text: &str) -> Part {
    let name = file_name(attachment, "attachment");
    let kept = TEXT_ENDINGS.iter().any(|ending| name.to_lowercase().ends_with(ending));
    let ending = if kept { "" } else { ".txt" };
    let Part { header, body } = self::text("plain", text);
    Part { header: format!("{header}{}", disposition(attachment, &format!("{name}{ending}"))), body }
}

/// A file in base64: nothing on its way changes an octet of it.
fn coded(octets: &[u8]) -> Body {
    let base64 = ContentTransferEncoding::Base64;
    Body::new_with_encoding(octets.to_vec(), base64)
        .unwrap_or_else(|octets| Body::dangerous_pre_encoded(octets, ContentTransferEncoding::Binary))
}

fn part(attachment: &AttachmentView, kind: &str, no_name: &str, body: &Body) -> Part {
    let mut header = format!("Content-Type: {kind}\r\n{}", field::one(body.encoding()));
    if let Some(id) = content_id(attachment) {
        header.push_str(&format!("Content-ID: <{id}>\r\n"));
    }
    header.push_str(&disposition(attachment, &file_name(attachment, no_name)));
    Part { header, body: body.as_ref().to_vec() }
}

fn disposition(attachment: &AttachmentView, name: &str) -> String {
    field::one(match attachment.inline {
        true => ContentDisposition::inline_with_name(name),
        false => ContentDisposition::attachment(name),
    })
}

/// The declared type, where a part may have it.
fn media_type(attachment: &AttachmentView) -> String {
    let declared = attachment.media_type.as_str();
    let is_two_words = declared.split('/').count() == 2 && declared.split('/').all(is_token);
    let is_good = is_two_words && declared.parse::<ContentType>().is_ok();
    let is_bad = ["multipart/", "message/partial", "message/external-body"].iter().any(|bad| declared.starts_with(bad));
    if is_good && !is_bad { declared.to_owned() } else { "application/octet-stream".to_owned() }
}

/// RFC 2045 5.1, without what is rare.
fn is_token(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
}

/// An enclosed message that can stand as it is: ASCII, lines that are not too long, a header first. Ends of lines are made
/// those of mail.
fn enclosed(declared: &str, octets: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(octets).ok().filter(|text| text.is_ascii() && !text.contains('\0'))?;
    let text = crlf(text);
    let name = text.split_once(':').map_or("", |(name, _)| name);
    let has_header = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
    let fits = text.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX);
    (fits && (has_header || declared != "message/rfc822")).then(|| text.into_bytes())
}

/// Every end of line as CR LF.
fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// Ends of lines as mail has them, and no control characters, which some mail programs take for an end of text.
fn printable(text: &str) -> String {
    crlf(text).chars().map(|c| if c.is_control() && !matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }).collect()
}

/// The name of an attachment, safe to be written into a folder.
fn file_name(attachment: &AttachmentView, no_name: &str) -> String {
    let name: String = one_line(&attachment.name, FILE_NAME_CHARS_MAX)
        .chars()
        .map(|c| if matches!(c, '/' | '\\' | '"' | ':' | '*' | '?' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { no_name.to_owned() } else { name.to_owned() }
}

/// What a file of a type is called.
fn in_words(media_type: &str) -> String {
    const WORDS: [(&str, &str); 22] = [
        ("application/zip", "ZIP archive"),
        ("application/x-zip", "ZIP archive"),
        ("application/pdf", "PDF document"),
        ("application/msword", "Word document"),
        ("application/vnd.openxmlformats-officedocument.word", "Word document"),
        ("application/vnd.ms-word", "Word document"),
        ("application/vnd.ms-excel", "spreadsheet"),
        ("application/vnd.openxmlformats-officedocument.spread", "spreadsheet"),
        ("application/vnd.oasis.opendocument.spread", "spreadsheet"),
        ("application/vnd.ms-powerpoint", "presentation"),
        ("application/vnd.openxmlformats-officedocument.present", "presentation"),
        ("application/vnd.oasis.opendocument.text", "text document"),
        ("application/rtf", "text document"),
        ("application/octet-stream", "file"),
        ("application/pgp-encrypted", "PGP data"),
        ("application/pkcs7", "S/MIME data"),
        ("application/x-pkcs7", "S/MIME data"),
        ("message/", "message"),
        ("image/", "picture"),
        ("audio/", "sound"),
        ("video/", "film"),
        ("text/", "text"),
    ];
    let known = WORDS.iter().find(|(start, _)| media_type.starts_with(start)).map(|(_, words)| (*words).to_owned());
    known.unwrap_or_else(|| format!("file ({})", one_line(media_type, FILE_NAME_CHARS_MAX)))
}

pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{} MB", bytes.div_ceil(1_048_576)),
    }
}

/// The line for an attachment that is in the copy and was not examined.
pub(super) fn unexamined_line(attachment: &AttachmentView) -> Option<String> {
    attachment.opaque.as_ref().filter(|_| !is_left_out(attachment))?;
    let name = one_line(&attachment.name, FILE_NAME_CHARS_MAX);
    let name = if name.is_empty() { "attachment without a name".to_owned() } else { name };
    let kind = one_line(&attachment.media_type, FILE_NAME_CHARS_MAX);
    Some(format!("[{name} ({kind}, {}) was not examined]", size(attachment.size_bytes)))
}
