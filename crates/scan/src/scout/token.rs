//! The token scout: identifiers of letters and digits, looked for where a run of digits meets a letter.

use crate::compiled::{Shape, Token};
use crate::text::{before, byte};
use crate::validator::Validator;
use std::ops::Range;

/// An identifier as found.
pub(crate) struct Found {
    pub(crate) span: Range<usize>,
    /// Its letters and digits, in capitals.
    pub(crate) canonical: String,
    /// Separators stand elsewhere than after every fourth character.
    pub(crate) is_irregular: bool,
}

/// Could an identifier have letters that end where the digits at `digits` start?
pub(crate) fn has_letters(bytes: &[u8], digits: usize) -> bool {
    let last = before(bytes, digits);
    last.is_ascii_alphabetic()
        || !last.is_ascii_alphanumeric() && digits > 1 && before(bytes, digits - 1).is_ascii_alphabetic()
}

/// Tries a rule's shapes where a run of digits starts.
pub(crate) fn read(bytes: &[u8], digits: usize, token: &Token, validators: &[Validator]) -> Option<Found> {
    token.shapes.iter().find_map(|shape| read_shape(bytes, digits, shape, token, validators))
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

fn read_shape(bytes: &[u8], digits: usize, shape: &[Shape], token: &Token, validators: &[Validator]) -> Option<Found> {
    let start = first_letter(bytes, digits, shape, token)?;
    let mut at = start;
    let mut canonical = String::new();
    let mut is_irregular = false;
    let mut take = |wanted: Option<Shape>, canonical: &mut String| {
        let mut next = at;
        if !canonical.is_empty() && token.separators.contains(&byte(bytes, next)) {
            next += 1;
        }
        let b = byte(bytes, next);
        if !wanted.map_or(b.is_ascii_alphanumeric(), |shape| fits(shape, b)) {
            return None;
        }
        is_irregular |= next > at && !canonical.len().is_multiple_of(4);
        canonical.push(char::from(b.to_ascii_uppercase()));
        at = next + 1;
        Some(at)
    };
    let mut ends = Vec::new();
    for wanted in shape {
        ends.push(take(Some(*wanted), &mut canonical)?);
    }
    if token.is_open {
        let length = validators.first()?.extent(&canonical)?.min(Token::CHARS_MAX);
        while canonical.len() < length {
            ends.push(take(None, &mut canonical)?);
        }
    }
    let end = *ends.last()?;
    let is_whole = !byte(bytes, end).is_ascii_alphanumeric();
    is_whole.then_some(Found { span: start..end, canonical, is_irregular })
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
