//! Charsets: what octets say as text, and the way back to them.
//!
//! No table of places is kept: a text of another charset would need one entry a character. To rewrite, the octets are
//! decoded once more and the places of the edits are noted on the way.

use crate::{File, Unwritable};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::ops::Range;

/// Octets that are looked at to guess a charset.
const SAMPLE_BYTES: usize = 1 << 18;

/// A text, and how it is coded.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) encoding: &'static Encoding,
    /// Length of the byte order mark.
    bom_bytes: usize,
    /// Was it declared as ASCII, and is it?
    is_ascii: bool,
}

/// Decodes a text in the charset that it declares, or else in the one that fits best. What fits none becomes U+FFFD.
pub(crate) fn decode(file: &File<'_>) -> Decoded {
    let is_ascii = file.media_type.ends_with("charset=us-ascii") && file.octets.is_ascii();
    Decoded { is_ascii, ..decode_as(file.octets, declared(file)) }
}

/// The same with a charset that is declared outside.
pub(crate) fn decode_as(octets: &[u8], declared: Option<&'static Encoding>) -> Decoded {
    let (encoding, bom_bytes) = detect(octets, declared);
    let body = octets.get(bom_bytes..).unwrap_or_default();
    let (text, _) = encoding.decode_without_bom_handling(body);
    Decoded { text: text.into_owned(), encoding, bom_bytes, is_ascii: false }
}

/// Short octets (names, comments) as text; `western` is the charset of what could be anything.
pub(crate) fn decode_short<'a>(octets: &'a [u8], western: fn(&[u8]) -> String) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(octets) {
        return Cow::Borrowed(text);
    }
    let encoding = guess(octets);
    let is_western = encoding.name().starts_with("windows-125") && !matches!(encoding.name(), "windows-1251");
    match encoding.decode_without_bom_handling_and_without_replacement(octets) {
        Some(text) if !is_western => text,
        _ => Cow::Owned(western(octets)),
    }
}

/// Octets as ISO 8859-1: every octet is a character.
pub(crate) fn latin1(octets: &[u8]) -> String {
    encoding_rs::mem::decode_latin1(octets).into_owned()
}

/// Could these octets be a text? Few texts have control characters, all other files have many.
pub(crate) fn is_text(octets: &[u8]) -> bool {
    /// One in so many may be one.
    const CONTROL_SHARE: usize = 50;
    if let Some((encoding, bom_bytes)) = Encoding::for_bom(octets)
        && encoding != UTF_8
    {
        return is_sane(octets.get(bom_bytes..).unwrap_or_default(), encoding);
    }
    if utf16(octets).is_some() || std::str::from_utf8(octets).is_ok() {
        return true;
    }
    let controls = octets.iter().filter(|b| is_control(**b)).count();
    controls * CONTROL_SHARE <= octets.len()
}

fn is_control(octet: u8) -> bool {
    octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x1a)
}

fn detect(octets: &[u8], declared: Option<&'static Encoding>) -> (&'static Encoding, usize) {
    if let Some(found) = Encoding::for_bom(octets) {
        return found;
    }
    if let Some(encoding) = utf16(octets) {
        return (encoding, 0);
    }
    // Without a byte order mark and without Latin letters only the declaration tells.
    let wide = declared.filter(|encoding| [UTF_16LE, UTF_16BE].contains(encoding) && !octets.is_ascii());
    if let Some(encoding) = wide.filter(|encoding| is_sane(octets, encoding)) {
        return (encoding, 0);
    }
    if declared == Some(ISO_2022_JP) || is_iso_2022_jp(octets) {
        return (ISO_2022_JP, 0);
    }
    let by_declaration = declared.filter(|encoding| encoding.is_ascii_compatible() && *encoding != UTF_8);
    if std::str::from_utf8(octets).is_ok() {
        // Of a text that is all ASCII, the charset says how marks are to be written.
        return (by_declaration.filter(|_| octets.is_ascii()).unwrap_or(UTF_8), 0);
    }
    if let Some(encoding) = by_declaration
        && encoding.decode_without_bom_handling_and_without_replacement(octets).is_some()
    {
        return (encoding, 0);
    }
    if is_mostly_utf8(octets) {
        return (UTF_8, 0);
    }
    (guess(octets), 0)
}

/// UTF-8 with a few octets that are wrong: a log with a broken line, a text cut in a character.
fn is_mostly_utf8(octets: &[u8]) -> bool {
    let (mut bad, mut good) = (0, 0);
    for chunk in octets.utf8_chunks() {
        bad += usize::from(!chunk.invalid().is_empty());
        good += chunk.valid().bytes().filter(|b| *b >= 0xc0).count();
    }
    good > 10 * bad
}

fn guess(octets: &[u8]) -> &'static Encoding {
    let from = octets.iter().position(|b| *b >= 0x80).unwrap_or(0);
    let to = octets.len().min(from + SAMPLE_BYTES);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(octets.get(from..to).unwrap_or_default(), to == octets.len());
    detector.guess(None, Utf8Detection::Deny)
}

fn is_iso_2022_jp(octets: &[u8]) -> bool {
    let escapes = || memchr::memchr_iter(0x1b, octets).take(64);
    escapes().any(|at| {
        let sequence = octets.get(at + 1..at + 3);
        matches!(sequence, Some(b"$B" | b"$@" | b"(J" | b"(I"))
    }) && octets.iter().all(u8::is_ascii)
}

/// UTF-16 without a byte order mark: one half of many pairs is zero beside a character of ASCII, and few characters are
/// none that texts have.
fn utf16(octets: &[u8]) -> Option<&'static Encoding> {
    let sample = octets.get(..octets.len().min(4096) & !1)?;
    let is_plain = |octet: u8| octet.is_ascii_graphic() || octet.is_ascii_whitespace();
    let (mut little, mut big) = (0, 0);
    for pair in sample.chunks_exact(2) {
        match pair {
            [plain, 0] if is_plain(*plain) => little += 1,
            [0, plain] if is_plain(*plain) => big += 1,
            _ => {}
        }
    }
    let enough = (sample.len() / 20).max(2);
    let encoding = match () {
        () if little >= enough && little > 4 * big => UTF_16LE,
        () if big >= enough && big > 4 * little => UTF_16BE,
        () => return None,
    };
    is_sane(sample, encoding).then_some(encoding)
}

/// Are few characters such as no text has?
fn is_sane(sample: &[u8], encoding: &'static Encoding) -> bool {
    let sample = sample.get(..sample.len().min(4096)).unwrap_or(sample);
    let text = encoding.decode_without_bom_handling(sample).0;
    let is_odd = |c: &char| c.is_control() && !c.is_whitespace() || matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}');
    // A pair may be cut at the end of the sample.
    text.chars().filter(is_odd).count() <= 1 + text.len() / 100
}

/// The charset that an XML or HTML text, or the media type, declares.
pub(crate) fn declared(file: &File<'_>) -> Option<&'static Encoding> {
    /// Where HTML readers look (HTML 13.2.3.2), and more than an XML declaration takes.
    const HEAD_BYTES: usize = 2048;
    if let Some(label) = label_after(file.media_type.as_bytes(), b"charset") {
        return Some(label);
    }
    let head = file.octets.get(..HEAD_BYTES).unwrap_or(file.octets);
    let start = head.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
    let head = head.get(start..).unwrap_or_default();
    if head.starts_with(b"<?xml") {
        let end = memchr::memchr(b'>', head).unwrap_or(head.len());
        if let Some(label) = label_after(head.get(..end).unwrap_or_default(), b"encoding") {
            return Some(label);
        }
    }
    if head.starts_with(b"<") { label_after(head, b"charset") } else { None }
}

/// The charset in `word = "label"`.
fn label_after(head: &[u8], word: &[u8]) -> Option<&'static Encoding> {
    let lower = head.to_ascii_lowercase();
    memchr::memmem::find_iter(&lower, word).find_map(|at| {
        let rest = lower.get(at + word.len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
        let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b))).unwrap_or(rest.len());
        Encoding::for_label_no_replacement(rest.get(..end)?)
    })
}

impl Decoded {
    /// The octets with spans of the text replaced; the rest stays as it was coded.
    ///
    /// # Errors
    /// [`Unwritable::NoSuchPlace`] if a span is no place of whole characters.
    pub(crate) fn rewritten(&self, octets: &[u8], edits: &[(Range<usize>, &str)]) -> Result<Vec<u8>, Unwritable> {
        if edits.is_empty() {
            return Ok(octets.to_vec());
        }
        let fitted: Vec<_> = edits.iter().map(|(span, with)| (span.clone(), self.fit(with))).collect();
        let (bom, body) = octets.split_at_checked(self.bom_bytes).unwrap_or_default();
        if self.encoding == ISO_2022_JP {
            // Each place has a state; the text is coded anew as a whole.
            let edits: Vec<_> = fitted.iter().map(|(span, with)| (span.clone(), with.as_ref())).collect();
            return Ok(encode(&crate::writing::replaced(&self.text, &edits)?, self.encoding));
        }
        let mut out = bom.to_vec();
        let mut done = 0;
        for (place, (_, with)) in self.places(body, edits)?.into_iter().zip(&fitted) {
            out.extend_from_slice(body.get(done..place.start).ok_or(Unwritable::NoSuchPlace)?);
            out.extend(encode(with, self.encoding));
            done = place.end;
        }
        out.extend_from_slice(body.get(done..).unwrap_or_default());
        Ok(out)
    }

    fn fit<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.is_ascii && !text.is_ascii() {
            true => Cow::Owned(text.chars().map(|c| if c.is_ascii() { c } else { stand_in(c) }).collect()),
            false => fit(text, self.encoding),
        }
    }

    /// A whole text in the same charset, with what it lacks as HTML's character references.
    pub(crate) fn encoded_html(&self, octets: &[u8], text: &str) -> Vec<u8> {
        let bom = octets.get(..self.bom_bytes).unwrap_or_default();
        let body = match self.encoding {
            _ if self.is_ascii => return numbered(text).into_bytes(),
            encoding if encoding == UTF_16LE || encoding == UTF_16BE => encode(text, encoding),
            encoding => encoding.encode(text).0.into_owned(),
        };
        [bom, &body].concat()
    }

    /// A whole text in the same charset, with stand-ins for what it lacks.
    pub(crate) fn encoded_text(&self, octets: &[u8], text: &str) -> Vec<u8> {
        let bom = octets.get(..self.bom_bytes).unwrap_or_default();
        [bom, &encode(&self.fit(text), self.encoding)].concat()
    }

    /// Where in the octets the spans of the text stand.
    fn places(&self, body: &[u8], edits: &[(Range<usize>, &str)]) -> Result<Vec<Range<usize>>, Unwritable> {
        if self.encoding == UTF_8 && std::str::from_utf8(body).is_ok() {
            let fits = |span: &Range<usize>| self.text.get(span.clone()).is_some();
            return match edits.iter().all(|(span, _)| fits(span)) {
                true => Ok(edits.iter().map(|(span, _)| span.clone()).collect()),
                false => Err(Unwritable::NoSuchPlace),
            };
        }
        let mut wanted = edits.iter().flat_map(|(span, _)| [span.start, span.end]).peekable();
        let mut found = Vec::new();
        let mut decoder = self.encoding.new_decoder_without_bom_handling();
        let mut length = 0;
        let mut room = [0; 32];
        while wanted.next_if_eq(&0).is_some() {
            found.push(0);
        }
        for (at, octet) in body.iter().enumerate() {
            let is_last = at + 1 == body.len();
            let (_, _, written, _) = decoder.decode_to_utf8(std::slice::from_ref(octet), &mut room, is_last);
            length += written;
            while let Some(place) = wanted.next_if(|wanted| *wanted <= length) {
                // A wrong octet may be told together with the character that follows it.
                found.push(if place == length { at + 1 } else { at });
            }
            if wanted.peek().is_none() {
                break;
            }
        }
        let mut places = found.chunks_exact(2).map(|pair| match pair {
            [start, end] => *start..*end,
            _ => 0..0,
        });
        let all: Vec<_> = places.by_ref().collect();
        if all.len() == edits.len() && all.iter().all(|place| place.start < place.end) {
            Ok(all)
        } else {
            Err(Unwritable::NoSuchPlace)
        }
    }
}

/// A text in ASCII, with HTML's character references.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    out
}

/// A text in a charset; every character of it must be in there ([`fit`]).
pub(crate) fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    match encoding {
        e if e == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        e if e == UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        e => e.encode(text).0.into_owned(),
    }
}

/// A text with stand-ins for the characters that a charset lacks.
pub(crate) fn fit<'a>(text: &'a str, encoding: &'static Encoding) -> Cow<'a, str> {
    if text.is_ascii() || encoding.output_encoding() == UTF_8 {
        return Cow::Borrowed(text);
    }
    let mut room = [0; 4];
    let stands = text.chars().map(|c| {
        let (octets, _, is_lacking) = encoding.encode(c.encode_utf8(&mut room));
        // What says ISO 8859 is read as windows-125x, and not by all.
        let is_of_windows = matches!(octets.as_ref(), [0x80..=0x9f]) && encoding.name().starts_with("windows-125");
        if is_lacking || is_of_windows { stand_in(c) } else { c }
    });
    Cow::Owned(stands.collect())
}

/// A character of ASCII that looks alike, `?` if there is none.
pub(crate) fn stand_in(c: char) -> char {
    match c {
        '•' | '●' | '∙' => '*',
        '·' | '–' | '—' | '‑' | '−' => '-',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(octets: &[u8]) -> File<'_> {
        File { octets, name: "", media_type: "", passwords: &[] }
    }

    #[test]
    fn charsets_are_declared_or_guessed() {
        let long = "Grüße, die Straße\n".repeat(9);
        let cases: &[(&[u8], &str, &str)] = &[
            (b"plain", "plain", "UTF-8"),
            (b"\xef\xbb\xbfM\xc3\xbcller", "Müller", "UTF-8"),
            (b"\xff\xfea\0b\0", "ab", "UTF-16LE"),
            (b"\xfe\xff\0a\0b", "ab", "UTF-16BE"),
            (b"c\0a\0r\0d\0 \x004\x001\0", "card 41", "UTF-16LE"),
            (b"\0c\0a\0r\0d\0 \x004\x001", "card 41", "UTF-16BE"),
            (
                b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xb3</a>",
                "<?xml version='1.0' encoding='iso-8859-2'?><a>ł</a>",
                "ISO-8859-2",
            ),
            (b"<meta charset=windows-1251><p>\xef\xf0\xe8", "<meta charset=windows-1251><p>при", "windows-1251"),
            (b"\x1b$B$3$s\x1b(B!", "こん!", "ISO-2022-JP"),
            (long.as_bytes(), &long, "UTF-8"),
        ];
        for (octets, want, name) in cases {
            let decoded = decode(&file(octets));
            assert_eq!((decoded.text.as_str(), decoded.encoding.name()), (*want, *name));
        }
    }

    #[test]
    fn charsets_without_a_name_are_known_by_their_text() {
        for (label, text) in [
            ("windows-1251", "Уважаемый клиент, ваш номер счёта указан ниже. Спасибо за обращение."),
            ("koi8-r", "Уважаемый клиент, ваш номер счёта указан ниже. Спасибо за обращение."),
            ("shift_jis", "お客様の番号は下記の通りです。よろしくお願いいたします。"),
            ("euc-jp", "お客様の番号は下記の通りです。よろしくお願いいたします。"),
            ("gbk", "尊敬的客户，您的帐号如下所示。谢谢您的来信。"),
            ("big5", "尊敬的客戶，您的帳號如下所示。謝謝您的來信。"),
            ("euc-kr", "고객님의 번호는 아래와 같습니다. 감사합니다."),
            ("windows-1252", "Sehr geehrte Frau Müller, schöne Grüße aus der Straße in Köln. Über uns."),
        ] {
            let encoding = Encoding::for_label_no_replacement(label.as_bytes()).expect("a label");
            let octets = encode(text, encoding);
            assert_eq!(decode(&file(&octets)).text, text, "{label}");
        }
    }

    #[test]
    fn what_is_replaced_stays_in_its_charset() {
        let text = "№ 4111 пример [x]";
        for label in ["utf-8", "utf-16le", "utf-16be", "windows-1251", "koi8-r", "euc-jp", "gbk", "iso-2022-jp"] {
            let encoding = Encoding::for_label_no_replacement(label.as_bytes()).expect("a label");
            let text = if label == "koi8-r" { text.replace('№', "N") } else { text.to_owned() };
            let octets = encode(&text, encoding);
            let decoded = Decoded { text: text.clone(), encoding, bom_bytes: 0, is_ascii: false };
            let (card, word) = (text.find("4111").unwrap(), text.find("пример").unwrap());
            let edits = [(card..card + 4, "[•1]"), (word..word + "пример".len(), "")];
            let got = decoded.rewritten(&octets, &edits).expect("fits");
            let again = encoding.decode_without_bom_handling(&got).0.into_owned();
            let want = text.replace("4111", "[•1]").replace("пример", "");
            assert!(again == want || again == want.replace('•', "*"), "{label}: {again}");
        }
        let decoded = Decoded { text: "aé".into(), encoding: UTF_8, bom_bytes: 0, is_ascii: false };
        assert!(decoded.rewritten("aé".as_bytes(), &[(2..3, "")]).is_err());
    }

    #[test]
    fn wrong_octets_stay_where_they_are() {
        let octets = b"\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb0\xd0\xb1 \xff 4111 \xfe end";
        let decoded = decode(&file(octets));
        let at = decoded.text.find("4111").expect("is read");
        let got = decoded.rewritten(octets, &[(at..at + 4, "X")]).expect("fits");
        assert!(got.ends_with(b" \xff X \xfe end"));
    }

    #[test]
    fn what_is_no_text() {
        let binary: Vec<u8> = (0..=255).cycle().take(4000).collect();
        assert!(!is_text(&binary));
        assert!(is_text(b"caf\xe9 au lait"));
        assert!(is_text(b""));
    }
}
