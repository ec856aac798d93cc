//! Which text format a text is in.

use crate::text::charset;
use crate::{File, Format};

/// How much of a text is looked at.
const HEAD_BYTES: usize = 1 << 16;

/// Names of header fields that nothing but a mail has, and those that a note may have too.
const OF_MAIL: [&str; 15] = [
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "delivered-to",
    "in-reply-to",
    "references",
    "content-type",
    "content-transfer-encoding",
    "dkim-signature",
    "x-mailer",
    "x-sender",
    "authentication-results",
    "received-spf",
    "x-originating-ip",
];
const OF_NOTES: [&str; 8] = ["from", "to", "subject", "date", "cc", "bcc", "reply-to", "sender"];

/// Elements with which a page without a head begins.
const ELEMENTS: [&str; 38] = [
    "a",
    "article",
    "b",
    "base",
    "blockquote",
    "body",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "font",
    "form",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "link",
    "meta",
    "nav",
    "ol",
    "p",
    "pre",
    "script",
    "section",
    "span",
    "strong",
    "style",
    "table",
    "title",
    "tr",
    "ul",
];

/// The text format of a file, [`Format::Unknown`] if it is no text.
pub(super) fn by_text(file: &File<'_>) -> Format {
    if !charset::is_text(file.octets) {
        return Format::Unknown;
    }
    let head = file.octets.get(..HEAD_BYTES).unwrap_or(file.octets);
    let head = charset::decode_as(head, None).text;
    let head = head.trim_start();
    let named = |ends: &[&str]| {
        let name = file.name.to_ascii_lowercase();
        ends.iter().any(|end| name.ends_with(end))
    };
    if starts_ignoring_case(head, "BEGIN:VCARD") || starts_ignoring_case(head, "BEGIN:VCALENDAR") {
        return Format::Calendar;
    }
    if let Some(format) = xml(head) {
        return format;
    }
    if is_html(head) {
        return Format::Html;
    }
    if is_mbox(head) {
        return Format::Mbox;
    }
    let is_declared_mail = named(&[".eml", ".mht", ".mhtml"]) || file.media_type.starts_with("message/rfc822");
    if is_mail(head, is_declared_mail) {
        return Format::Mail;
    }
    let is_declared_html = named(&[".html", ".htm", ".xhtml"]) || file.media_type.starts_with("text/html");
    if is_declared_html { Format::Html } else { Format::Text }
}

fn starts_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start))
}

/// What an XML text is by its first element; `None` if it is no XML.
fn xml(head: &str) -> Option<Format> {
    if !head.starts_with("<?xml") {
        return head.starts_with("<svg").then_some(Format::Text);
    }
    let root = first_element(head).unwrap_or_default();
    let is_flat_odf = root.starts_with("office:document") && head.contains("opendocument");
    let is_page = root.eq_ignore_ascii_case("html") || head.contains("<!DOCTYPE html") && root == "html";
    Some(match () {
        () if is_flat_odf => Format::FlatOdf,
        () if is_page => Format::Html,
        () => Format::Text,
    })
}

/// The name of the first element: not of a comment, a declaration, an instruction.
fn first_element(head: &str) -> Option<&str> {
    let mut rest = head;
    loop {
        rest = rest.get(rest.find('<')? + 1..)?;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.get(comment.find("-->")? + 3..)?;
        } else if !rest.starts_with(['!', '?']) {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(rest.len());
            return rest.get(..end);
        }
    }
}

fn is_html(head: &str) -> bool {
    if !head.starts_with('<') {
        return false;
    }
    if starts_ignoring_case(head, "<!doctype html") {
        return true;
    }
    first_element(head).is_some_and(|name| ELEMENTS.iter().any(|element| name.eq_ignore_ascii_case(element)))
}

/// `From `, an address, a date, and a header or an empty line after it (RFC 4155 appendix A).
fn is_mbox(head: &str) -> bool {
    let mut lines = head.lines();
    let Some(first) = lines.next().and_then(|line| line.strip_prefix("From ")) else { return false };
    let has_time = first.split_whitespace().any(|word| {
        let mut parts = word.split(':');
        parts.clone().count() >= 2 && parts.all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
    });
    has_time && lines.next().is_none_or(|line| line.is_empty() || field_name(line).is_some() || line.starts_with('>'))
}

/// Header fields up to an empty line, among them two that mails have.
fn is_mail(head: &str, is_declared: bool) -> bool {
    let (mut strong, mut weak, mut other, mut wrong) = (0, 0, 0, 0);
    for line in head.lines().take(200) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        match field_name(line).map(str::to_ascii_lowercase) {
            Some(name) if OF_MAIL.contains(&name.as_str()) => strong += 1,
            Some(name) if OF_NOTES.contains(&name.as_str()) => weak += 1,
            Some(_) => other += 1,
            None if is_declared || line.starts_with("From ") || line.starts_with(">From ") => {}
            None => wrong += 1,
        }
    }
    let known = strong + weak;
    match is_declared {
        true => known + other > 0,
        false => wrong <= strong / 2 && known >= 2,
    }
}

/// The name of the header field that a line begins.
fn field_name(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
    is_name.then_some(name)
}
