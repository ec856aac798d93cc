//! Tokens of RTF: braces, control words, control symbols, text.

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'f> {
    Open,
    Close,
    /// `\word` with its number; does a space end it?
    Word(&'f str, Option<i32>, bool),
    /// `\` and one octet that is no letter.
    Symbol(u8),
    /// `\'` and an octet in hex.
    Octet(u8),
    /// An octet that stands for itself.
    Plain(u8),
    /// CR or LF, which mean nothing.
    Break,
}

/// The token at a place and where the next begins; `None` at the end.
pub(super) fn token(octets: &[u8], at: usize) -> Option<(Token<'_>, usize)> {
    let first = *octets.get(at)?;
    Some(match first {
        b'{' => (Token::Open, at + 1),
        b'}' => (Token::Close, at + 1),
        b'\r' | b'\n' => (Token::Break, at + 1),
        b'\\' => control(octets, at),
        _ => (Token::Plain(first), at + 1),
    })
}

fn control(octets: &[u8], at: usize) -> (Token<'_>, usize) {
    let Some(second) = octets.get(at + 1) else { return (Token::Plain(b'\\'), at + 1) };
    if *second == b'\'' {
        let hex = octets.get(at + 2..at + 4).and_then(|two| std::str::from_utf8(two).ok());
        // `from_str_radix` takes a sign: `+f` is no octet.
        let hex = hex.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        return match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(octet) => (Token::Octet(octet), at + 4),
            None => (Token::Symbol(b'\''), at + 2),
        };
    }
    if !second.is_ascii_alphabetic() {
        return (Token::Symbol(*second), at + 2);
    }
    let count = |from: usize, most: usize, is: fn(&u8) -> bool| {
        octets.get(from..).unwrap_or_default().iter().take(most).take_while(|b| is(b)).count()
    };
    let letters = count(at + 1, 32, u8::is_ascii_alphabetic);
    let word_end = at + 1 + letters;
    let sign = usize::from(octets.get(word_end) == Some(&b'-'));
    let digits = count(word_end + sign, 10, u8::is_ascii_digit);
    let end = if digits == 0 { word_end } else { word_end + sign + digits };
    let text = |from, to| octets.get(from..to).and_then(|part| std::str::from_utf8(part).ok());
    let number = text(word_end, end).and_then(|digits| digits.parse::<i64>().ok());
    let number = number.map(|n| n.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
    let has_space = octets.get(end) == Some(&b' ');
    (Token::Word(text(at + 1, word_end).unwrap_or_default(), number, has_space), end + usize::from(has_space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let cases: [(&[u8], Token<'_>, usize); 12] = [
            (b"{", Token::Open, 1),
            (b"\\par x", Token::Word("par", None, true), 5),
            (b"\\u-3913?", Token::Word("u", Some(-3913), false), 7),
            (b"\\fs24text", Token::Word("fs", Some(24), false), 5),
            (b"\\b-", Token::Word("b", None, false), 2),
            (b"\\'e9a", Token::Octet(0xe9), 4),
            (b"\\'+f", Token::Symbol(b'\''), 2),
            (b"\\~x", Token::Symbol(b'~'), 2),
            (b"\\", Token::Plain(b'\\'), 1),
            (b"\xe9", Token::Plain(0xe9), 1),
            (b"\r\n", Token::Break, 1),
            (b"\\u99999999999", Token::Word("u", Some(i32::MAX), false), 12),
        ];
        for (octets, want, end) in cases {
            assert_eq!(token(octets, 0), Some((want, end)), "{octets:?}");
        }
        assert_eq!(token(b"", 0), None);
    }
}
