//! What one character that is not ASCII stands for, as a reader sees it.
//!
//! Tables after Unicode 15.1: `Default_Ignorable_Code_Point`, `White_Space`, `Dash`, decimal digits, the compatibility
//! forms of ASCII letters and digits, and the letters of other scripts that cannot be told from Latin ones (UTS 39).

/// Code points of the digit zero of every decimal set of Unicode 15.1 outside ASCII, sorted; nine digits follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Letters and digits that stand in rows of their kind: first code point, last one, and what the first stands for.
const ROWS: [(u32, u32, u8); 26] = [
    (0x2074, 0x2079, b'4'),   // superscript
    (0x2080, 0x2089, b'0'),   // subscript
    (0x2460, 0x2468, b'1'),   // circled
    (0x2474, 0x247C, b'1'),   // in parentheses
    (0x2488, 0x2490, b'1'),   // with full stop
    (0x249C, 0x24B5, b'a'),   // in parentheses
    (0x24B6, 0x24CF, b'A'),   // circled
    (0x24D0, 0x24E9, b'a'),   // circled
    (0x24EA, 0x24EA, b'0'),   // circled
    (0x24F5, 0x24FD, b'1'),   // in two circles
    (0x24FF, 0x24FF, b'0'),   // white in a circle
    (0x2776, 0x277E, b'1'),   // white in a circle
    (0x2780, 0x2788, b'1'),   // circled, without serifs
    (0x278A, 0x2792, b'1'),   // white in a circle, without serifs
    (0xFF01, 0xFF5E, b'!'),   // full-width ASCII
    (0x1D670, 0x1D689, b'A'), // monospace, so that the next rows do not have to be whole
    (0x1D68A, 0x1D6A3, b'a'),
    (0x1F100, 0x1F100, b'0'), // with full stop
    (0x1F101, 0x1F10A, b'0'), // with comma
    (0x1F10B, 0x1F10B, b'0'), // circled
    (0x1F10C, 0x1F10C, b'0'), // white in a circle
    (0x1F110, 0x1F129, b'A'), // in parentheses
    (0x1F130, 0x1F149, b'A'), // squared
    (0x1F150, 0x1F169, b'A'), // white in a circle
    (0x1F170, 0x1F189, b'A'), // white in a square
    (0x1FBF0, 0x1FBF9, b'0'), // segmented
];

/// Twelve whole alphabets of mathematical letters, capitals and small ones in turn.
const MATHEMATICAL: std::ops::RangeInclusive<u32> = 0x1D400..=0x1D66F;

/// What a character becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// It stays.
    Keep,
    /// It is not seen.
    Drop,
    /// It is another form of this.
    To(u8),
    /// It cannot be told from this Latin letter: folded where its word is Latin otherwise.
    Lookalike(u8),
    /// After a digit it is this, or nothing; elsewhere it stays.
    AfterDigit(Option<u8>),
}

/// What becomes of one character that is not ASCII, or a control character.
pub(super) fn fold(c: char) -> Fold {
    let code = u32::from(c);
    match code {
        0..0x80 => Fold::To(b' '), // Control characters; nothing else of ASCII is asked about.
        0x80..=0x24F => latin(c),
        // Kana and Han, which no row reaches into.
        0x3041..=0x3163 | 0x3165..=0xA61F if !matches!(code, 0x30FC) => Fold::Keep,
        0x300..=0x36F => match code {
            0x34F => Fold::Drop,
            _ => Fold::AfterDigit(None),
        },
        0x370..=0x52F => lookalike(c),
        0x2000..=0x206F => punctuation(c),
        0x20D0..=0x20F0 => Fold::AfterDigit(None),
        0x30FC | 0xFF70 => Fold::AfterDigit(Some(b'-')),
        _ => other(c),
    }
}

fn latin(c: char) -> Fold {
    match c {
        '\u{85}' => Fold::To(b'\n'),
        '\u{80}'..='\u{9f}' => Fold::To(b' '),
        '\u{a0}' => Fold::To(b' '),
        '\u{ad}' => Fold::Drop,
        '\u{ab}' | '\u{bb}' => Fold::To(b'"'),
        '\u{b9}' => Fold::To(b'1'),
        '\u{b2}' => Fold::To(b'2'),
        '\u{b3}' => Fold::To(b'3'),
        _ => Fold::Keep,
    }
}

fn punctuation(c: char) -> Fold {
    match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => Fold::Drop,
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => Fold::To(b' '),
        '\u{2028}' | '\u{2029}' => Fold::To(b'\n'),
        '\u{2010}'..='\u{2015}' | '\u{2043}' => Fold::To(b'-'),
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2039}' | '\u{203a}' => Fold::To(b'\''),
        '\u{201c}'..='\u{201f}' => Fold::To(b'"'),
        '\u{2024}' => Fold::To(b'.'),
        '\u{2044}' => Fold::To(b'/'),
        _ => Fold::Keep,
    }
}

fn other(c: char) -> Fold {
    match c {
        '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {
            Fold::Drop
        }
        '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => Fold::Drop,
        '\u{e0000}'..='\u{e0fff}' => Fold::Drop,
        // Fillers and the empty cell of Braille are seen as blanks.
        '\u{1680}' | '\u{3000}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => Fold::To(b' '),
        '\u{2212}' | '\u{1806}' | '\u{2e3a}' | '\u{2e3b}' | '\u{fe31}' | '\u{fe32}' | '\u{fe58}' | '\u{fe63}' => {
            Fold::To(b'-')
        }
        '\u{2215}' => Fold::To(b'/'),
        '\u{2219}' | '\u{22c5}' | '\u{fe52}' => Fold::To(b'.'),
        '\u{2236}' | '\u{fe55}' | '\u{a789}' => Fold::To(b':'),
        '\u{fe5f}' => Fold::To(b'#'),
        '\u{fe62}' => Fold::To(b'+'),
        '\u{fe66}' => Fold::To(b'='),
        '\u{fe6b}' => Fold::To(b'@'),
        '\u{2070}' => Fold::To(b'0'),
        '\u{2100}'..='\u{214f}' => letterlike(c),
        '\u{250}'..='\u{2df}' | '\u{1d00}'..='\u{1d22}' | '\u{a730}' | '\u{a731}' => small_capital(c),
        '\u{1f1e6}'..='\u{1f1ff}' => Fold::Keep, // flags
        _ => in_row(u32::from(c)),
    }
}

fn in_row(code: u32) -> Fold {
    if MATHEMATICAL.contains(&code) {
        let letter = (code - MATHEMATICAL.start()) % 52;
        let first = if letter < 26 { u32::from(b'A') } else { u32::from(b'a') - 26 };
        return u8::try_from(first + letter).map_or(Fold::Keep, Fold::To);
    }
    let row = ROWS.get(ROWS.partition_point(|(_, last, _)| *last < code)).filter(|(first, ..)| *first <= code);
    match row {
        Some((first, _, byte)) => u8::try_from(code - first).map_or(Fold::Keep, |n| Fold::To(byte + n)),
        None => decimal(code),
    }
}

fn decimal(code: u32) -> Fold {
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let value = after.checked_sub(1).and_then(|i| ZEROS.get(i)).map(|zero| code - zero);
    value.and_then(|v| u8::try_from(v).ok()).filter(|v| *v < 10).map_or(Fold::Keep, |v| Fold::To(b'0' + v))
}

/// The places of the mathematical alphabets that were taken before these came.
fn letterlike(c: char) -> Fold {
    Fold::To(match c {
        'ℬ' => b'B',
        'ℂ' | 'ℭ' => b'C',
        'ℰ' => b'E',
        'ℱ' => b'F',
        'ℋ' | 'ℌ' | 'ℍ' => b'H',
        'ℐ' | 'ℑ' => b'I',
        '\u{212a}' => b'K',
        'ℒ' => b'L',
        'ℳ' => b'M',
        'ℕ' => b'N',
        'ℙ' => b'P',
        'ℚ' => b'Q',
        'ℛ' | 'ℜ' | 'ℝ' => b'R',
        'ℤ' | 'ℨ' => b'Z',
        'ℯ' | 'ⅇ' => b'e',
        'ℊ' => b'g',
        'ℎ' => b'h',
        'ⅈ' => b'i',
        'ⅉ' => b'j',
        'ℓ' => b'l',
        'ℴ' => b'o',
        _ => return Fold::Keep,
    })
}

fn small_capital(c: char) -> Fold {
    Fold::To(match c {
        'ᴀ' => b'a',
        'ʙ' => b'b',
        'ᴄ' => b'c',
        'ᴅ' => b'd',
        'ᴇ' => b'e',
        'ꜰ' => b'f',
        'ɢ' | 'ɡ' => b'g',
        'ʜ' => b'h',
        'ɪ' => b'i',
        'ᴊ' => b'j',
        'ᴋ' => b'k',
        'ʟ' => b'l',
        'ᴍ' => b'm',
        'ɴ' => b'n',
        'ᴏ' => b'o',
        'ᴘ' => b'p',
        'ʀ' => b'r',
        'ꜱ' => b's',
        'ᴛ' => b't',
        'ᴜ' => b'u',
        'ᴠ' => b'v',
        'ᴡ' => b'w',
        'ʏ' => b'y',
        'ᴢ' => b'z',
        '\u{2d7}' => b'-',
        _ => return Fold::Keep,
    })
}

/// Greek and Cyrillic letters that look like Latin ones.
fn lookalike(c: char) -> Fold {
    Fold::Lookalike(match c {
        'Α' | 'А' => b'A',
        'Β' | 'В' => b'B',
        'С' | 'Ϲ' => b'C',
        'Ԁ' => b'D',
        'Ε' | 'Е' => b'E',
        'Η' | 'Н' => b'H',
        'Ι' | 'І' | 'Ӏ' => b'I',
        'Ј' => b'J',
        'Κ' | 'К' => b'K',
        'Μ' | 'М' => b'M',
        'Ν' => b'N',
        'Ο' | 'О' => b'O',
        'Ρ' | 'Р' => b'P',
        'Ѕ' => b'S',
        'Τ' | 'Т' => b'T',
        'Ԝ' => b'W',
        'Χ' | 'Х' => b'X',
        'Υ' | 'У' => b'Y',
        'Ζ' => b'Z',
        'α' | 'а' => b'a',
        'с' | 'ϲ' => b'c',
        'ԁ' => b'd',
        'е' => b'e',
        'һ' => b'h',
        'ι' | 'і' => b'i',
        'ј' | 'ϳ' => b'j',
        'κ' | 'к' => b'k',
        'ӏ' => b'l',
        'м' => b'm',
        'ο' | 'о' => b'o',
        'ρ' | 'р' => b'p',
        'ԛ' => b'q',
        'г' => b'r',
        'ѕ' => b's',
        'τ' | 'т' => b't',
        'υ' => b'u',
        'ν' => b'v',
        'ԝ' | 'ω' => b'w',
        'х' | 'χ' => b'x',
        'у' => b'y',
        _ => return Fold::Keep,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(ZEROS.is_sorted());
        assert!(ROWS.iter().zip(ROWS.iter().skip(1)).all(|(a, b)| a.0 <= a.1 && a.1 < b.0));
    }

    #[test]
    fn every_row_ends_where_its_letters_do() {
        for (first, last, byte) in ROWS {
            assert!([9, 10, 26, 94, 6, 1].contains(&(last - first + 1)), "{first:x}");
            assert!(u32::from(byte) + last - first <= 0x7E, "{first:x}");
        }
    }
}
