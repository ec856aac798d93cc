//! Transfer encodings (RFC 2045 section 6) and charsets, lenient: what can be read is read, trouble is told beside it.

use super::fields::{strip_comments, unfold};
use super::opaque::zeros_alternate;
use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// A content transfer encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Transfer {
    /// 7bit, 8bit, binary, none, or a word that is no encoding.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Transfer {
    /// Reads the field's value, whatever comments, quotes and punctuation stand around its word.
    pub(crate) fn parse(value: &[u8]) -> Transfer {
        let text = strip_comments(&unfold(value)).replace('"', " ");
        let mut words = text.split(|c: char| c.is_whitespace() || c == ';' || c == ',').filter(|word| !word.is_empty());
        let word = words.next().unwrap_or_default().trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if is("base64") {
            Transfer::Base64
        } else if is("quoted-printable") {
            Transfer::QuotedPrintable
        } else if is("x-uuencode") || is("uuencode") || is("x-uue") {
            Transfer::Uuencode
        } else {
            Transfer::Identity
        }
    }

    /// Is the value one known word and nothing else? Readers disagree on any other (RFC 2045 6.4 has it read as no text).
    pub(crate) fn is_regular(value: &[u8]) -> bool {
        const WORDS: [&str; 9] =
            ["", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue"];
        let value = value.trim_ascii();
        WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// The octets without their encoding, and whether they were encoded well.
pub(crate) fn transfer_decode(body: &[u8], transfer: Transfer) -> (Cow<'_, [u8]>, bool) {
    match transfer {
        Transfer::Identity => (Cow::Borrowed(body), true),
        Transfer::Base64 => {
            let (octets, clean) = base64(body);
            (Cow::Owned(octets), clean)
        }
        Transfer::QuotedPrintable => {
            let (octets, clean) = quoted_printable(body);
            (Cow::Owned(octets), clean)
        }
        Transfer::Uuencode => match uudecode(body) {
            Some((octets, _)) => (Cow::Owned(octets), true),
            None => (Cow::Borrowed(body), false),
        },
    }
}

/// Base64 (RFC 2045 6.8): other characters are passed over; padding ends a block, after which another may follow.
pub(crate) fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut count, mut clean) = (0_u32, 0_u32, true);
    let mut rest = body;
    loop {
        if count == 0 {
            rest = whole_groups(rest, &mut out);
        }
        let Some((&b, tail)) = rest.split_first() else { break };
        rest = tail;
        let value = sextet(b);
        if value == NO_SEXTET {
            if b == b'=' {
                flush(&mut out, bits, count);
                (bits, count) = (0, 0);
            } else {
                clean &= b.is_ascii_whitespace();
            }
            continue;
        }
        bits = (bits << 6) | u32::from(value);
        count += 1;
        if count == 4 {
            let [_, a, b, c] = bits.to_be_bytes();
            out.extend_from_slice(&[a, b, c]);
            (bits, count) = (0, 0);
        }
    }
    flush(&mut out, bits, count);
    (out, clean)
}

/// Decodes groups of four letters up to the first one that is broken by something else: nearly all of a body, fast.
fn whole_groups<'a>(mut body: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((&[a, b, c, d], tail)) = body.split_first_chunk::<4>() {
        let (a, b, c, d) = (sextet(a), sextet(b), sextet(c), sextet(d));
        if (a | b | c | d) & NO_SEXTET == NO_SEXTET {
            break;
        }
        out.extend_from_slice(&[(a << 2) | (b >> 4), (b << 4) | (c >> 2), (c << 6) | d]);
        body = tail;
    }
    body
}

/// Marks an octet that is no letter of base64; no sextet has this bit.
const NO_SEXTET: u8 = 0x80;

/// Value of each octet in base64, its URL alphabet included.
static SEXTETS: [u8; 256] = {
    let mut table = [NO_SEXTET; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    #[allow(clippy::indexing_slicing)] // evaluated by the compiler: out of bounds would not build
    while value < letters.len() {
        table[letters[value] as usize] = value as u8;
        value += 1;
    }
    #[allow(clippy::indexing_slicing)] // as above
    {
        table[b'-' as usize] = 62;
        table[b'_' as usize] = 63;
    }
    table
};

fn sextet(octet: u8) -> u8 {
    SEXTETS.get(usize::from(octet)).copied().unwrap_or(NO_SEXTET)
}

/// What a block that is not full holds.
fn flush(out: &mut Vec<u8>, bits: u32, count: u32) {
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
}

/// Quoted-printable (RFC 2045 6.7): an equals sign that begins no escape stays as it is.
pub(crate) fn quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len());
    let mut clean = true;
    for line in body.split_inclusive(|&b| b == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let (_, line_end) = line.split_at_checked(content.len()).unwrap_or_default();
        // Blanks at the end of a line were added on the way.
        let content = content.trim_ascii_end();
        let (content, soft) = content.strip_suffix(b"=").map_or((content, false), |c| (c, true));
        let mut rest = content;
        while let Some((&first, tail)) = rest.split_first() {
            rest = tail;
            if first == b'=' {
                let hex = |b: Option<&u8>| b.and_then(|&b| char::from(b).to_digit(16));
                if let (Some(high), Some(low)) = (hex(tail.first()), hex(tail.get(1))) {
                    out.push((high * 16 + low) as u8);
                    rest = tail.get(2..).unwrap_or_default();
                    continue;
                }
                clean = false;
            }
            out.push(first);
        }
        if !soft {
            out.extend_from_slice(line_end);
        }
    }
    (out, clean)
}

/// The first uuencoded file in some octets (`begin 644 name` … `end`), and its name.
pub(crate) fn uudecode(body: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut lines = body.split(|&b| b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let name = lines.by_ref().find_map(uu_begin)?;
    let mut out = Vec::new();
    for line in lines {
        if line == b"end" {
            return Some((out, name));
        }
        let Some((&length, data)) = line.split_first() else { continue };
        if !(b' '..=b'`').contains(&length) {
            return None;
        }
        let mut left = usize::from(length.wrapping_sub(b' ') & 63);
        for group in data.chunks(4) {
            let mut bits = 0_u32;
            for at in 0..4 {
                let value = group.get(at).map_or(0, |b| b.wrapping_sub(b' ') & 63);
                bits = (bits << 6) | u32::from(value);
            }
            let [_, a, b, c] = bits.to_be_bytes();
            let octets = [a, b, c];
            let take = left.min(3);
            out.extend_from_slice(octets.get(..take).unwrap_or_default());
            left -= take;
        }
    }
    None
}

/// The name in a line that begins a uuencoded file.
pub(crate) fn uu_begin(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?;
    let (mode, name) = rest.split_at_checked(rest.iter().position(|&b| b == b' ')?)?;
    let good = (3..=4).contains(&mode.len()) && mode.iter().all(|b| (b'0'..=b'7').contains(b)) && name.len() > 1;
    good.then(|| decode_charset(name.trim_ascii(), None).0)
}

/// Text in a charset, and whether it was what it said. Without a charset, or with one that says less than the octets hold:
/// UTF-8 if they are, else windows-1252.
pub(crate) fn decode_charset(octets: &[u8], declared: Option<&str>) -> (String, bool) {
    let marked = |octets: &[u8]| octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]);
    let declared = declared.map(|c| c.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\''));
    let plain = matches!(
        declared.map(str::to_ascii_lowercase).as_deref(),
        None | Some("" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "utf-8" | "utf8" | "unicode-1-1-utf-8")
    );
    let decoder = declared.filter(|_| !plain).and_then(|c| charset_decoder(c.as_bytes()));
    let (text, good) = match decoder {
        Some(decode) => {
            let text = decode(octets);
            let good = !text.contains('\u{fffd}');
            (text, good)
        }
        None if marked(octets) => (charset_decoder(b"utf-16").map_or_else(String::new, |d| d(octets)), plain),
        None if zeros_alternate(octets) => (unmarked_utf16(octets), false),
        None => match std::str::from_utf8(octets) {
            Ok(text) => (text.to_owned(), plain),
            Err(_) if declared.is_some_and(|c| c.to_ascii_lowercase().starts_with("utf")) => {
                (String::from_utf8_lossy(octets).into_owned(), false)
            }
            Err(_) => {
                (encoding_rs::WINDOWS_1252.decode_without_bom_handling(octets).0.into_owned(), declared.is_none())
            }
        },
    };
    match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest.to_owned(), good),
        None => (text, good),
    }
}

/// UTF-16 that does not say so: its zeros tell which octet of a pair comes first.
fn unmarked_utf16(octets: &[u8]) -> String {
    let zeros = |odd: usize| octets.iter().skip(odd).step_by(2).take(128).filter(|&&b| b == 0).count();
    let encoding = if zeros(0) > zeros(1) { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
    encoding.decode_without_bom_handling(octets).0.into_owned()
}

/// The text of an encoded word (RFC 2047). Plain letters under a wide charset stay what they are: a word has one reading, so
/// what is shown has to be what is scanned.
pub(crate) fn decode_word(octets: &[u8], charset: &str) -> String {
    let plain = octets.iter().all(|b| matches!(b, b' '..=b'~')) && changes_letters(charset);
    decode_charset(octets, Some(charset).filter(|_| !plain)).0
}

/// Does a charset make other signs of the letters and digits of ASCII?
fn changes_letters(charset: &str) -> bool {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    charset_decoder(charset.as_bytes()).is_some_and(|decode| decode(LETTERS).as_bytes() != LETTERS)
}

/// The octets as the ASCII or UTF-8 that they are, where the charset makes signs of another kind of them: what is written in
/// plain letters and called UTF-16 reads as clean Chinese. `None` where that is no other text than the charset's.
pub(crate) fn plain_reading(octets: &[u8], declared: Option<&str>, text: &str) -> Option<String> {
    const STATEFUL: [&str; 7] = ["utf-7", "utf7", "unicode-1-1-utf-7", "csutf7", "iso-2022", "csiso2022", "hz"];
    let declared = declared.map(|c| c.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\''));
    let name = declared.unwrap_or_default().to_ascii_lowercase();
    let mark = octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]);
    if !mark && !STATEFUL.iter().any(|set| name.starts_with(set)) && !changes_letters(&name) {
        return None;
    }
    // Zeros and the mark are what real UTF-16 has beside its letters.
    let plain: Vec<u8> = octets.iter().copied().filter(|b| !matches!(b, 0 | 0xfe | 0xff)).collect();
    let plain = decode_charset(&plain, None).0;
    (plain != text).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_an_encoding_is_found_among_junk() {
        use Transfer::{Base64, Identity, QuotedPrintable};
        let cases: &[(&str, Transfer, bool)] = &[
            ("quoted-printable", QuotedPrintable, true),
            (" Base64 ", Base64, true),
            ("(x) quoted-printable", QuotedPrintable, false),
            ("((a) b) base64 (c)", Base64, false),
            ("\"quoted-printable\"", QuotedPrintable, false),
            ("quoted-printable,", QuotedPrintable, false),
            ("quoted-printable; x=y", QuotedPrintable, false),
            ("'base64'.", Base64, false),
            ("8bit", Identity, true),
            ("", Identity, true),
            ("quoted", Identity, false),
            ("quoted-\r\n printable", Identity, false),
        ];
        for (value, transfer, regular) in cases {
            let value = value.as_bytes();
            assert_eq!((Transfer::parse(value), Transfer::is_regular(value)), (*transfer, *regular), "{value:?}");
        }
    }

    #[test]
    fn base64_reads_what_it_can() {
        let cases: &[(&[u8], &[u8], bool)] = &[
            (b"aGVsbG8=", b"hello", true),
            (b"aGVs\r\nbG8=\r\n", b"hello", true),
            (b"aGVs!!bG8=", b"hello", false),
            (b"aGVsbG8=aGVsbG8=", b"hellohello", true),
            (b"aGVsbG8", b"hello", true),
            (b"", b"", true),
        ];
        for (input, want, clean) in cases {
            assert_eq!(base64(input), (want.to_vec(), *clean));
        }
    }

    #[test]
    fn utf_16_that_does_not_say_so_is_text() {
        let text = "My card 4 and pa\u{df}word";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for declared in [None, Some("us-ascii"), Some("utf-8")] {
            assert_eq!(decode_charset(&le, declared), (text.to_owned(), false), "{declared:?}");
            assert_eq!(decode_charset(&be, declared), (text.to_owned(), false), "{declared:?}");
            assert_eq!(decode_charset(b"plain", declared), ("plain".to_owned(), true), "{declared:?}");
        }
    }

    #[test]
    fn quoted_printable_joins_soft_breaks_and_keeps_what_is_no_escape() {
        let cases: &[(&[u8], &[u8], bool)] = &[
            (b"DE89 3704=\r\n 0044", b"DE89 3704 0044", true),
            (b"a=3Db\r\n", b"a=b\r\n", true),
            (b"a=ZZb", b"a=ZZb", false),
            (b"blank   \nx", b"blank\nx", true),
            (b"=e4=f6", b"\xe4\xf6", true),
            (b"end=", b"end", true),
        ];
        for (input, want, clean) in cases {
            assert_eq!(quoted_printable(input), (want.to_vec(), *clean));
        }
    }

    #[test]
    fn uuencoded_files_are_read() {
        let (octets, name) = uudecode(b"see\nbegin 644 a.txt\n#8V%T\n`\nend\n").expect("a file");
        assert_eq!((octets.as_slice(), name.as_str()), (b"cat".as_slice(), "a.txt"));
        assert!(uudecode(b"begin of the story\nend\n").is_none());
    }

    #[test]
    fn charsets_declared_sniffed_and_lying() {
        let cases: &[(&[u8], Option<&str>, &str, bool)] = &[
            (b"gr\xfc\xdfe", Some("iso-8859-1"), "gr\u{fc}\u{df}e", true),
            (b"gr\xfc\xdfe", None, "gr\u{fc}\u{df}e", true),
            ("gr\u{fc}\u{df}e".as_bytes(), None, "gr\u{fc}\u{df}e", true),
            ("gr\u{fc}\u{df}e".as_bytes(), Some("us-ascii"), "gr\u{fc}\u{df}e", true),
            (b"gr\xfc", Some("utf-8"), "gr\u{fffd}", false),
            (b"plain", Some("x-nobody-knows"), "plain", false),
            (b"\xff\xfeh\0i\0", None, "hi", true),
            (b"\x1b$B%F\x1b(B", Some("iso-2022-jp"), "\u{30c6}", true),
            (b"+AOQ-", Some("utf-7"), "\u{e4}", true),
        ];
        for (octets, declared, want, good) in cases {
            assert_eq!(decode_charset(octets, *declared), ((*want).to_owned(), *good), "{declared:?}");
        }
    }

    #[test]
    fn plain_letters_in_a_charset_that_turns_them_into_others() {
        let cases: &[(&[u8], Option<&str>, Option<&str>)] = &[
            (b"card 4929", Some("utf-16"), Some("card 4929")),
            (b"card 4929", Some("UTF-16LE"), Some("card 4929")),
            (b"card 4929", Some("\"utf-16be\""), Some("card 4929")),
            (b"\xff\xfecard 4929", None, Some("card 4929")),
            (b"\xff\xfecard 4929", Some("utf-8"), Some("card 4929")),
            (b"\0\0card\xc3\xa4", Some("utf-16"), Some("card\u{e4}")),
            (b"\x1b$Bcard", Some("iso-2022-jp"), Some("\x1b$Bcard")),
            (b"+AOQ-", Some("utf-7"), Some("+AOQ-")),
            (b"~{card~}", Some("hz-gb-2312"), Some("~{card~}")),
            (b"h\0i\0", Some("utf-16le"), None),
            (b"\xff\xfeh\0i\0", None, None),
            (b"card", Some("iso-2022-jp"), None),
            (b"card", Some("iso-8859-1"), None),
            (b"card", Some("shift_jis"), None),
            (b"card", Some("x-nobody-knows"), None),
            (b"card", None, None),
        ];
        for (octets, declared, want) in cases {
            let text = decode_charset(octets, *declared).0;
            assert_eq!(plain_reading(octets, *declared, &text).as_deref(), *want, "{declared:?} {text}");
        }
    }

    #[test]
    fn words_of_plain_letters_stay_what_they_are() {
        let cases: &[(&[u8], &str, &str)] = &[
            (b"card 4929 ", "utf-16", "card 4929 "),
            (b"card 4929 ", "UTF-16BE", "card 4929 "),
            (b"\0h\0i", "utf-16be", "hi"),
            (b"\x1b$B%F\x1b(B", "iso-2022-jp", "\u{30c6}"),
            (b"+AOQ-", "utf-7", "\u{e4}"),
            (b"gr\xfc", "iso-8859-1", "gr\u{fc}"),
        ];
        for (octets, charset, want) in cases {
            assert_eq!(decode_word(octets, charset), *want, "{charset}");
        }
    }
}
