//! Messages in a row (RFC 4155): each is a member.

use crate::mapped::splice;
use crate::reading::Reading;
use crate::text::charset;
use crate::writing::{Writing, replaced};
use crate::{File, Format, Unwritable, Why};
use std::ops::Range;

/// A message.
struct Message {
    /// The line before it, without its end.
    envelope: Range<usize>,
    octets: Range<usize>,
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let messages = messages(file.octets);
    let inner: usize = messages.iter().map(|message| message.octets.len()).sum();
    reading.decoded((file.octets.len() - inner) as u64);
    for (nth, message) in messages.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        let octets = file.octets.get(message.octets.clone()).unwrap_or_default();
        if !reading.budget.member() {
            reading.opaque(&at, Format::Mbox.media_type(), Why::OverLimit, octets.len() as u64);
            return;
        }
        reading.text(&format!("{at}/envelope"), "text/plain", envelope(file.octets, message), 0);
        reading.embedded(&at, &part(octets, reading.passwords));
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let mut changes: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    for (nth, message) in messages(file.octets).iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if writing.is_removed(&at) {
            writing.left_out(&at);
            changes.push((message.envelope.start..message.octets.end, Vec::new()));
            continue;
        }
        let edits = writing.edits(&format!("{at}/envelope"));
        if !edits.is_empty() {
            let line = replaced(&envelope(file.octets, message), edits)?;
            changes.push((message.envelope.clone(), line.replace(['\r', '\n'], " ").into_bytes()));
        }
        let octets = file.octets.get(message.octets.clone()).unwrap_or_default();
        changes.push((message.octets.clone(), writing.embedded(&at, &part(octets, writing.passwords))?));
    }
    splice(file.octets, &changes)
}

fn part<'a>(octets: &'a [u8], passwords: &'a [String]) -> File<'a> {
    File { octets, name: "", media_type: "message/rfc822", passwords }
}

fn envelope(octets: &[u8], message: &Message) -> String {
    let line = octets.get(message.envelope.clone()).unwrap_or_default();
    charset::decode_short(line, charset::latin1).into_owned()
}

/// A message begins with a `From ` line at the start, or behind an empty line.
fn messages(octets: &[u8]) -> Vec<Message> {
    let mut out: Vec<Message> = Vec::new();
    let mut at = 0;
    let mut is_after_empty = true;
    while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default();
        if is_after_empty && line.starts_with(b"From ") && (out.is_empty() || memchr::memchr(b':', line).is_some()) {
            if let Some(last) = out.last_mut() {
                last.octets.end = at;
            }
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            out.push(Message { envelope: at..at + bare.len(), octets: at + length..octets.len() });
        }
        is_after_empty = line.trim_ascii().is_empty();
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Edit, Limits};

    const TWO: &str = "From ann@example.org Mon Jun 01 10:00:00 2009\nFrom: Ann\nSubject: one\n\ncard 4111\n>From here\n\n\
        From bob@example.org Mon Jun 01 10:00:00 2009\nSubject: two\nFrom: Bob\n\nFrom me\n";

    fn file(text: &str) -> File<'_> {
        File { octets: text.as_bytes(), name: "a.mbox", media_type: "", passwords: &[] }
    }

    #[test]
    fn messages_are_members() {
        let document = crate::read(&file(TWO), &Limits::default());
        let paths: Vec<_> = document.parts.iter().map(|part| part.path.as_str()).collect();
        assert_eq!(paths, ["!1/envelope", "!1!header", "!1!1", "!2/envelope", "!2!header", "!2!1"]);
        assert!(document.parts[2].content == Content::Text("card 4111\n>From here\n\n".into()));
    }

    #[test]
    fn values_are_replaced_and_messages_removed() {
        let replace = |path: &str, span, with: &str| Edit::Replace { path: path.into(), span, with: with.into() };
        let edits = [
            replace("!1/envelope", 5..20, "x@example.org"),
            replace("!1!1", 5..9, "[x]"),
            Edit::Remove { path: "!2".into() },
        ];
        let got = crate::rewrite(&file(TWO), &Limits::default(), &edits).expect("is written");
        let want = "From x@example.org Mon Jun 01 10:00:00 2009\nFrom: Ann\nSubject: one\n\ncard [x]\n>From here\n\n";
        assert_eq!(String::from_utf8(got).expect("is text"), want);
    }
}
