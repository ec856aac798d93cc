//! The token scout: identifiers of letters and digits, looked for where a run of digits meets a letter.

use crate::compiled::{Shape, Token};
use crate::scout::digit;
use crate::text::{before, byte};
use crate::validator::Validator;
use std::ops::Range;

/// Letters and digits of an identifier, in capitals. Most are none in the end, so nothing is allocated for them.
pub(crate) struct Canonical {
    bytes: [u8; Token::CHARS_MAX],
    len: usize,
}

impl Canonical {
    /// Of a span.
    fn of(bytes: &[u8], span: &Range<usize>) -> Canonical {
        let mut all = Canonical { bytes: [0; Token::CHARS_MAX], len: 0 };
        let chars = bytes.get(span.clone()).unwrap_or_default().iter().filter(|b| b.is_ascii_alphanumeric());
        for (cell, b) in all.bytes.iter_mut().zip(chars) {
            *cell = b.to_ascii_uppercase();
            all.len += 1;
        }
        all
    }

    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// An identifier as found.
pub(crate) struct Found {
    pub(crate) span: Range<usize>,
    pub(crate) canonical: Canonical,
    /// Separators stand elsewhere than after every fourth character.
    pub(crate) is_irregular: bool,
}

fn fits(shape: Shape, b: u8) -> bool {
    match shape {
        Shape::Upper => b.is_ascii_uppercase(),
        Shape::Letter => b.is_ascii_alphabetic(),
        Shape::Digit => b.is_ascii_digit(),
        Shape::Either => b.is_ascii_uppercase() || b.is_ascii_digit(),
        Shape::Literal(want) => b == want,
    }
}

/// Tries a shape where a run of digits starts.
pub(crate) fn read(
    bytes: &[u8],
    digits: usize,
    shape: &[Shape],
    token: &Token,
    validators: &[&'static Validator],
) -> Option<Found> {
    let start = first_letter(bytes, digits, shape, token)?;
    if !token.may_begin(byte(bytes, start), byte(bytes, start + 1)) {
        return None;
    }
    let mut walk = Walk { bytes, separators: &token.separators, at: start, taken: 0, is_irregular: false };
    // Nearly every try ends here.
    if !shape.iter().all(|wanted| walk.take(|b| fits(*wanted, b))) {
        return None;
    }
    if token.is_open {
        let length =
            validators.first()?.extent?(Canonical::of(bytes, &(start..walk.at)).as_str())?.min(Token::CHARS_MAX);
        while walk.taken < length {
            if !walk.take(|b| b.is_ascii_alphanumeric()) {
                return None;
            }
        }
    }
    let span = start..walk.at;
    let is_whole = !byte(bytes, span.end).is_ascii_alphanumeric();
    is_whole.then(|| Found { canonical: Canonical::of(bytes, &span), span, is_irregular: walk.is_irregular })
}

/// Steps over the characters of an identifier.
struct Walk<'b> {
    bytes: &'b [u8],
    separators: &'b [u8],
    at: usize,
    taken: usize,
    is_irregular: bool,
}

impl Walk<'_> {
    /// Bytes of the separator here: one of the shape's, or a line end with a quote prefix where a space may stand.
    fn gap(&self) -> usize {
        let b = byte(self.bytes, self.at);
        if !self.separators.contains(&b) && !matches!(b, b'\r' | b'\n') {
            return 0;
        }
        if !self.separators.contains(&b' ') {
            return usize::from(self.separators.contains(&b));
        }
        let mut end = self.at + usize::from(b == b' ');
        end += usize::from(byte(self.bytes, end) == b'\r');
        if byte(self.bytes, end) != b'\n' {
            return usize::from(self.separators.contains(&b));
        }
        let prefix = self.bytes.iter().skip(end + 1).take(digit::QUOTE_CHARS_MAX);
        end + 1 + prefix.take_while(|b| matches!(b, b'>' | b' ')).count() - self.at
    }

    /// Takes one character if it fits, with the separator before it.
    fn take(&mut self, fits: impl Fn(u8) -> bool) -> bool {
        let next = byte(self.bytes, self.at);
        let gap = if self.taken > 0 && !next.is_ascii_alphanumeric() { self.gap() } else { 0 };
        let is_fit = fits(byte(self.bytes, self.at + gap));
        if is_fit {
            self.is_irregular |= gap > 0 && !self.taken.is_multiple_of(4);
            self.at += gap + 1;
            self.taken += 1;
        }
        is_fit
    }
}

/// Where the letters before the digits start, if they fit the shape and nothing else touches them.
fn first_letter(bytes: &[u8], digits: usize, shape: &[Shape], token: &Token) -> Option<usize> {
    let letters = shape.iter().position(|s| *s == Shape::Digit).unwrap_or(shape.len());
    let mut start = digits;
    for (nth, shape) in shape.iter().take(letters).rev().enumerate() {
        // Between the letters of one group nothing stands; only before the digits there may be a gap.
        if nth == 0 && token.separators.contains(&before(bytes, start)) {
            start = start.checked_sub(1)?;
        }
        if !fits(*shape, before(bytes, start)) {
            return None;
        }
        start = start.checked_sub(1)?;
    }
    (!before(bytes, start).is_ascii_alphanumeric()).then_some(start)
}
