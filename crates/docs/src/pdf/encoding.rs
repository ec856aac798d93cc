//! Single-octet encodings and names of glyphs (ISO 32000-2, annex D).

use encoding_rs::{MACINTOSH, WINDOWS_1252};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Names of glyphs and their characters: the part of the Adobe Glyph List (BSD-3-Clause, Adobe) that fonts for Latin, Greek,
/// Cyrillic, Hebrew and Arabic use, and TeX's ligatures.
static GLYPHS: &str = include_str!("glyphs.txt");

/// The font Symbol, from 32 on. U+FFFD: no glyph, or a piece of a bracket.
static SYMBOL: &str = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧ∆ΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_�αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼���������������������������������€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…��↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇���∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈���∑�����������〉∫⌠�⌡����������";

/// StandardEncoding from 160 on.
static STANDARD: &str =
    "�¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ�–†‡·�¶•‚„”»…‰�¿�`´ˆ˜¯˘˙¨�˚¸�˝˛ˇ—����������������Æ�ª����ŁØŒº�����æ���ı��łøœß����";

/// PDFDocEncoding from 128 on; from 160 on it is Latin-1 but for the euro.
static DOC: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{fffd}€";
/// PDFDocEncoding from 24 on.
static DOC_ACCENTS: &str = "˘ˇˆ˙˝˛˚˜";

/// An encoding that a font starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
}

impl Base {
    pub(super) fn by_name(name: &[u8]) -> Option<Base> {
        match name {
            b"WinAnsiEncoding" => Some(Base::WinAnsi),
            b"MacRomanEncoding" => Some(Base::MacRoman),
            b"StandardEncoding" => Some(Base::Standard),
            _ => None,
        }
    }

    /// The characters of all codes.
    pub(super) fn table(self) -> Vec<Option<char>> {
        let high = |encoding: &'static encoding_rs::Encoding| -> Vec<char> {
            let octets: Vec<u8> = (0..=255).collect();
            encoding.decode_without_bom_handling(&octets).0.chars().collect()
        };
        let table: Vec<char> = match self {
            Base::WinAnsi => high(WINDOWS_1252),
            Base::MacRoman => high(MACINTOSH),
            Base::Standard => {
                let quotes = |code: u8| match code {
                    b'\'' => '’',
                    b'`' => '‘',
                    code => code as char,
                };
                (0..=126u8).map(quotes).chain(std::iter::repeat_n('\u{fffd}', 33)).chain(STANDARD.chars()).collect()
            }
            Base::Symbol => std::iter::repeat_n('\u{fffd}', 32).chain(SYMBOL.chars()).collect(),
        };
        let is_glyph = |c: &char| *c != '\u{fffd}' && !c.is_control();
        table.into_iter().map(|c| is_glyph(&c).then_some(c)).chain(std::iter::repeat(None)).take(256).collect()
    }
}

/// What a glyph's name says; and is it certain?
pub(super) fn glyph(name: &str) -> Option<(String, bool)> {
    static MAP: OnceLock<HashMap<&'static str, String>> = OnceLock::new();
    let map = MAP
        .get_or_init(|| GLYPHS.lines().filter_map(|line| line.split_once(';')).map(|(n, c)| (n, points(c))).collect());
    if let Some(text) = map.get(name) {
        return Some((text.clone(), true));
    }
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    if stem != name {
        return glyph(stem);
    }
    if name.contains('_') {
        let parts: Option<Vec<(String, bool)>> =
            name.split('_').map(|part| if part.contains('_') { None } else { glyph(part) }).collect();
        return parts.map(|parts| (parts.iter().map(|(text, _)| text.as_str()).collect(), true));
    }
    let code = |digits: &str| char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|c| !c.is_control());
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.is_ascii()
    {
        let chars: Option<String> =
            digits.as_bytes().chunks_exact(4).map(|four| code(std::str::from_utf8(four).ok()?)).collect();
        return chars.map(|chars| (chars, true));
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
        && let Some(c) = code(digits)
    {
        return Some((c.to_string(), true));
    }
    // `g65`, `c65`, `cid65`: by convention the code, but nothing says so.
    let digits = name.strip_prefix("cid").or_else(|| name.strip_prefix(['g', 'c', 'C', 'G']))?;
    let guess = digits.parse::<u8>().ok().filter(|n| *n >= 32)?;
    Base::WinAnsi.table().get(usize::from(guess)).copied().flatten().map(|c| (c.to_string(), false))
}

fn points(hex: &str) -> String {
    hex.split(' ').filter_map(|point| char::from_u32(u32::from_str_radix(point, 16).ok()?)).collect()
}

/// A text string of the document: UTF-16 or UTF-8 with a mark, else PDFDocEncoding.
pub(super) fn text(octets: &[u8]) -> String {
    if let Some(rest) = octets.strip_prefix(b"\xfe\xff") {
        return encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned();
    }
    if let Some(rest) = octets.strip_prefix(b"\xff\xfe") {
        return encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned();
    }
    if let Some(rest) = octets.strip_prefix(b"\xef\xbb\xbf") {
        return String::from_utf8_lossy(rest).into_owned();
    }
    // Writers that know no mark write UTF-8 all the same.
    if !octets.is_ascii()
        && let Ok(text) = std::str::from_utf8(octets)
    {
        return text.to_owned();
    }
    octets.iter().map(|octet| doc(*octet)).collect()
}

fn doc(octet: u8) -> char {
    let nth = |table: &str, first: u8| table.chars().nth(usize::from(octet - first)).unwrap_or('\u{fffd}');
    match octet {
        24..=31 => nth(DOC_ACCENTS, 24),
        128..=160 => nth(DOC, 128),
        other => other as char,
    }
}

/// Codes a text string.
pub(super) fn text_string(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        return text.as_bytes().to_vec();
    }
    [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
}

/// Codes a text for a font with WinAnsiEncoding; what it has not is `?`.
pub(super) fn win_ansi(text: &str) -> Vec<u8> {
    let code = |c: char| match c {
        ' '..='~' => c as u8,
        '\t' | '\u{a0}' => b' ',
        _ => {
            let mut buffer = [0; 4];
            match WINDOWS_1252.encode(c.encode_utf8(&mut buffer)) {
                (octets, _, false) => octets.first().copied().filter(|b| *b >= 0x80).unwrap_or(b'?'),
                _ => b'?',
            }
        }
    };
    text.chars().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_mean_characters() {
        let cases = [
            ("A", Some("A")),
            ("fi", Some("fi")),
            ("f_f_i", Some("ffi")),
            ("a.sc", Some("a")),
            ("uni20AC", Some("€")),
            ("uni00410042", Some("AB")),
            ("u1F600", Some("😀")),
            ("g65", Some("A")),
            (".notdef", None),
            ("what", None),
        ];
        for (name, want) in cases {
            assert_eq!(glyph(name).map(|(text, _)| text).as_deref(), want, "{name}");
        }
        for (base, code, want) in [
            (Base::WinAnsi, 0x80, Some('€')),
            (Base::MacRoman, 0x8a, Some('ä')),
            (Base::Standard, 0x27, Some('’')),
            (Base::Standard, 0xfb, Some('ß')),
            (Base::Standard, 0xa0, None),
            (Base::Symbol, 0x61, Some('α')),
            (Base::Symbol, 0xb7, Some('•')),
        ] {
            assert_eq!(base.table()[code], want, "{base:?} {code:x}");
        }
    }

    #[test]
    fn text_strings_come_back() {
        for text_in in ["plain", "Grüße", "日本語 😀"] {
            assert_eq!(text(&text_string(text_in)), text_in);
        }
        assert_eq!(text(b"caf\xe9 \xa0 \x80 \x1f"), "café € • ˜");
        assert_eq!(win_ansi("aä€日"), [b'a', 0xe4, 0x80, b'?']);
    }
}
