//! iCalendar (RFC 5545) and vCard (RFC 6350, and 2.1): folded lines of properties. Text is unfolded and decoded; what is
//! in base64 (photos, sounds, keys, attachments) is a member.

use crate::mapped::{Mapped, splice};
use crate::reading::Reading;
use crate::text::sections::{self, Section};
use crate::text::{charset, transfer};
use crate::writing::Writing;
use crate::{File, Unwritable, Why};
use encoding_rs::Encoding;
use std::ops::Range;

/// Lines are folded behind so many octets (RFC 5545 3.1).
const LINE_BYTES: usize = 75;

/// How a property is coded.
enum Code {
    /// Backslashes escape.
    Plain,
    /// Quoted-printable in a charset (vCard 2.1).
    Quoted(&'static Encoding),
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let size = file.octets.len() as u64;
    let source = charset::decode(file).text;
    if source.len() > reading.limits().text_bytes_max {
        reading.opaque(at, media_type(file), Why::OverLimit, size);
        return;
    }
    let members: Vec<Range<usize>> = lines(&source).filter_map(|line| property(&source, line).1).collect();
    let coded: usize = members.iter().map(|member| member.len()).sum();
    reading.decoded(coded as u64);
    let text = sections::text(lines(&source).map(|line| property(&source, line).0));
    reading.text(at, media_type(file), text, size.saturating_sub(coded as u64));
    for (nth, place) in members.into_iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        let octets = transfer::base64(source.as_bytes().get(place).unwrap_or_default());
        if !reading.budget.member() {
            reading.opaque(&at, "application/octet-stream", Why::OverLimit, octets.len() as u64);
            return;
        }
        reading.embedded(&at, &File { octets: &octets, name: "", media_type: "", passwords: reading.passwords });
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let decoded = charset::decode(file);
    let source = &decoded.text;
    // Members first: in the text they have no place, so it stays the same.
    let mut changes: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    for (nth, place) in lines(source).filter_map(|line| property(source, line).1).enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if writing.is_removed(&at) {
            writing.left_out(&at);
            changes.push((place, Vec::new()));
        } else if writing.touches(&at) {
            let old = transfer::base64(source.as_bytes().get(place.clone()).unwrap_or_default());
            let part = File { octets: &old, name: "", media_type: "", passwords: writing.passwords };
            changes.push((place, transfer::to_base64(&writing.embedded(&at, &part)?, 72, b"\r\n ")));
        }
    }
    let edits = writing.edits(at);
    if changes.is_empty() && edits.is_empty() {
        return Ok(file.octets.to_vec());
    }
    let text = |octets| String::from_utf8(octets).map_err(|_| Unwritable::Unreadable);
    let source = text(splice(source.as_bytes(), &changes)?)?;
    let sections = lines(&source).map(|line| property(&source, line).0);
    let out = text(sections::rewritten(source.as_bytes(), sections, edits, encode)?)?;
    let is_old = decoded.text.to_ascii_uppercase().contains("VERSION:2.1");
    let out = if is_old { out } else { refolded(&out) };
    Ok(decoded.encoded_text(file.octets, &out))
}

fn media_type<'a>(file: &File<'a>) -> &'a str {
    match file.octets.get(..32).unwrap_or(file.octets).to_ascii_uppercase() {
        head if memchr::memmem::find(&head, b"VCARD").is_some() => "text/vcard",
        _ => "text/calendar",
    }
}

/// A value as its property writes it.
fn encode(code: &Code, text: &str) -> Vec<u8> {
    match code {
        Code::Plain => {
            text.replace('\\', "\\\\").replace(['\r', '\n'], "\\n").replace(';', "\\;").replace(',', "\\,").into_bytes()
        }
        Code::Quoted(encoding) => {
            let octets = charset::encode(&charset::fit(text, encoding), encoding);
            transfer::to_quoted_printable(&octets, b"\r\n")
        }
    }
}

/// Logical lines in which a line has become too long are folded anew, between characters.
fn refolded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let mut end = at;
        let mut is_long = false;
        loop {
            let rest = text.get(end..).unwrap_or_default();
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            is_long |= line.trim_end_matches(['\r', '\n']).len() > LINE_BYTES;
            end += line.len();
            if !text.get(end..).is_some_and(|next| next.starts_with([' ', '\t'])) {
                break;
            }
        }
        let line = text.get(at..end).unwrap_or_default();
        match is_long {
            true => fold(line, &mut out),
            false => out.push_str(line),
        }
        at = end;
    }
    out
}

fn fold(line: &str, out: &mut String) {
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let unfolded = line.replace("\r\n ", "").replace("\n ", "").replace("\r\n\t", "").replace("\n\t", "");
    let bare = unfolded.trim_end_matches(['\r', '\n']);
    // A line of blanks alone would be taken for an empty one.
    let last = bare.trim_end().len();
    let mut column = 0;
    for (at, c) in bare.char_indices() {
        if column + c.len_utf8() > LINE_BYTES && at < last {
            out.push_str(end);
            out.push(' ');
            column = 1;
        }
        out.push(c);
        column += c.len_utf8();
    }
    if unfolded.ends_with('\n') {
        out.push_str(end);
    }
}

/// Places of logical lines, without their ends.
fn lines(source: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (line, next) = logical_line(source, at);
        let is_there = at < source.len();
        at = next;
        is_there.then_some(line)
    })
}

/// A property, and the place of what it has in base64.
fn property(source: &str, line: Range<usize>) -> (Section<Code>, Option<Range<usize>>) {
    let octets = source.get(line.clone()).unwrap_or_default();
    let colon = value_at(octets);
    let head = octets.get(..colon).unwrap_or_default().to_ascii_uppercase();
    let value = octets.get(colon..).unwrap_or_default();
    let is_coded = ["ENCODING=B", ";BASE64"].iter().any(|word| head.contains(word));
    let inline = value.find(";base64,").filter(|_| value.trim_start().starts_with("data:")).map(|n| n + 8);
    let mut mapped = Mapped::default();
    if is_coded || inline.is_some() {
        let start = colon + inline.unwrap_or(0);
        unfold(octets.get(..start).unwrap_or_default(), false, &mut mapped);
        let is_there = octets.get(start..).is_some_and(|value| !value.trim().is_empty());
        let member = is_there.then_some(line.start + start..line.end);
        let section = Section { source: line.start..line.start + start, mapped, kind: Code::Plain };
        return (section, member);
    }
    if head.contains("QUOTED-PRINTABLE") {
        unfold(octets.get(..colon).unwrap_or_default(), false, &mut mapped);
        let label = head.split("CHARSET=").nth(1).and_then(|rest| rest.split([';', ':']).next());
        let encoding =
            label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())).unwrap_or(encoding_rs::UTF_8);
        quoted(value.as_bytes(), colon, encoding, &mut mapped);
        return (Section { source: line, mapped, kind: Code::Quoted(encoding) }, None);
    }
    unfold(octets, true, &mut mapped);
    (Section { source: line, mapped, kind: Code::Plain }, None)
}

/// Where the value begins: behind the first colon that is not in quotes.
fn value_at(line: &str) -> usize {
    let mut is_quoted = false;
    for (at, octet) in line.bytes().enumerate() {
        match octet {
            b'"' => is_quoted = !is_quoted,
            b':' if !is_quoted => return at + 1,
            _ => {}
        }
    }
    line.len()
}

/// The line that begins at a place with those that go on with it, and where the next one begins.
fn logical_line(source: &str, at: usize) -> (Range<usize>, usize) {
    let mut end = at;
    let mut is_quoted = None;
    loop {
        let rest = source.get(end..).unwrap_or_default();
        let length = rest.find('\n').map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default();
        let bare = line.trim_end_matches(['\r', '\n']);
        // Quoted-printable has breaks of its own.
        let is_quoted = *is_quoted.get_or_insert_with(|| {
            let head = bare.split(':').next().unwrap_or_default();
            head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
        });
        end += length;
        let goes_on =
            source.get(end..).is_some_and(|next| next.starts_with([' ', '\t'])) && !next_is_blank(source, end);
        if end >= source.len() || !(is_quoted && bare.ends_with('=') || goes_on) {
            return (at..end - (line.len() - bare.len()), end);
        }
    }
}

/// An empty line is no continuation, whatever blanks are in it.
fn next_is_blank(source: &str, at: usize) -> bool {
    let rest = source.get(at..).unwrap_or_default();
    rest.split('\n').next().is_some_and(|line| line.trim().is_empty())
}

/// Takes out folds, and escapes if it is a value.
fn unfold(octets: &str, has_escapes: bool, mapped: &mut Mapped) {
    let mut at = 0;
    while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.find(['\r', '\n', '\\']).unwrap_or(rest.len());
        mapped.exact(rest.get(..plain).unwrap_or_default(), at);
        at += plain;
        let rest = rest.get(plain..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { return };
        if first == '\\' {
            let escaped = rest.get(1..).and_then(|rest| rest.chars().next());
            match escaped.filter(|_| has_escapes) {
                Some('n' | 'N') => mapped.coded("\n", at..at + 2),
                Some(c @ ('\\' | ';' | ',' | ':')) => mapped.coded(c.encode_utf8(&mut [0; 4]), at..at + 2),
                _ => {
                    mapped.exact("\\", at);
                    at += 1;
                    continue;
                }
            }
            at += 2;
            continue;
        }
        // A line break and one blank, which may stand within a word.
        let breaks = rest.bytes().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let blank = usize::from(rest.get(breaks..).is_some_and(|rest| rest.starts_with([' ', '\t'])));
        at += breaks + blank;
    }
}

/// Characters of quoted-printable; those of one octet that stand as they are stay so.
fn quoted(value: &[u8], base: usize, encoding: &'static Encoding, mapped: &mut Mapped) {
    let mut at = 0;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut room = [0; 32];
    // Octets that belong to one character.
    let mut from = 0;
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let (octet, length) = transfer::quoted(rest);
        let Some(octet) = octet else {
            at += length;
            continue;
        };
        if matches!(octet, b'\r' | b'\n') && length == 1 {
            at += 1;
            continue;
        }
        if from > at || at - from > 16 {
            from = at;
        }
        let start = from;
        at += length;
        let (_, _, written, _) = decoder.decode_to_utf8(&[octet], &mut room, false);
        if written > 0 {
            let text = std::str::from_utf8(room.get(..written).unwrap_or_default()).unwrap_or_default();
            mapped.coded(text, base + start..base + at);
            from = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Edit, Limits};

    const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Smith\r\nNOTE:card 41\r\n 11\\, and\\nmore\r\n\
        PHOTO;ENCODING=b;TYPE=JPEG:aGVs\r\n bG8=\r\nTEL:+1 555\r\nEND:VCARD\r\n";

    fn file(text: &str) -> File<'_> {
        File { octets: text.as_bytes(), name: "a.vcf", media_type: "", passwords: &[] }
    }

    fn told(text: &str) -> Vec<(String, String)> {
        let document = crate::read(&file(text), &Limits::default());
        let one = |content: &Content| match content {
            Content::Text(text) => text.clone(),
            Content::Opaque(why) => why.as_str().to_owned(),
        };
        document.parts.iter().map(|part| (part.path.clone(), one(&part.content))).collect()
    }

    fn pair(path: &str, text: &str) -> (String, String) {
        (path.to_owned(), text.to_owned())
    }

    #[test]
    fn lines_are_unfolded_and_decoded() {
        assert_eq!(
            told(CARD),
            [
                pair(
                    "",
                    "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Smith\nNOTE:card 4111, and\nmore\nPHOTO;ENCODING=b;TYPE=JPEG:\nTEL:+1 555\nEND:VCARD\n"
                ),
                pair("!1", "hello"),
            ]
        );
        let old =
            "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;41=\n11\nEND:VCARD\n";
        let want = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Müller;4111\nEND:VCARD\n";
        assert_eq!(told(old), [pair("", want)]);
    }

    #[test]
    fn values_are_replaced_and_lines_folded_again() {
        let text = told(CARD).remove(0).1;
        let at = |value: &str| text.find(value).map(|at| at..at + value.len()).expect("is there");
        let replace = |path: &str, span, with: &str| Edit::Replace { path: path.into(), span, with: with.into() };
        let mark = "[payment card ••••1111 · C7K2QM4X], ".repeat(3);
        let edits = [
            replace("", at("4111"), &mark),
            replace("", at("Ann Smith"), "[name]"),
            replace("!1", 0..5, "[photo]"),
            replace("", at("555"), "x"),
        ];
        let got = crate::rewrite(&file(CARD), &Limits::default(), &edits).expect("is written");
        let got = String::from_utf8(got).expect("is text");
        assert!(got.split("\r\n").all(|line| line.len() <= LINE_BYTES), "{got}");
        let again = told(&got);
        assert!(again[0].1.contains(&format!("NOTE:card {mark}, and\nmore\n")), "{again:?}");
        assert!(again[0].1.contains("FN:[name]\n") && again[0].1.contains("TEL:+1 x\n"), "{again:?}");
        assert_eq!(again[1], pair("!1", "[photo]"));
        let removed = crate::rewrite(&file(CARD), &Limits::default(), &[Edit::Remove { path: "!1".into() }]);
        assert!(String::from_utf8(removed.expect("is written")).expect("is text").contains("TYPE=JPEG:\r\n"));
        let old = "BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:M=C3=BCller 4111\nEND:VCARD\n";
        let text = told(old).remove(0).1;
        let span = text.find("Müller").map(|at| at..at + "Müller 4111".len()).expect("is there");
        let got = crate::rewrite(&file(old), &Limits::default(), &[replace("", span, "[•]")]).expect("is written");
        assert!(String::from_utf8(got).expect("is text").contains("PRINTABLE:[=E2=80=A2]\n"));
    }
}
