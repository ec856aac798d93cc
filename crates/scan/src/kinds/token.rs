//! Kind `token`: an identifier of letters and digits.

use crate::compiled::{Shape, Token};
use crate::loader::required;
use crate::reader::Reader;
use crate::validator::Validator;
use std::ops::Range;
use toml::de::DeTable;

pub(super) fn read(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[&'static Validator],
) -> Option<Token> {
    let value = required(reader, table, "shapes", span)?;
    let mut shapes = Vec::new();
    for (text, span) in reader.strings(value, "shapes") {
        let shape: Vec<Shape> = text.chars().filter_map(shape_of).collect();
        let letters = shape.iter().take_while(|s| **s != Shape::Digit).count();
        if shape.len() != text.chars().count() {
            reader.error_help(
                span,
                "not a shape",
                "A capital letter, a letter, 9 digit, X capital or digit; others stand for themselves",
            );
        } else if letters > Token::LETTERS_MAX || !shape.contains(&Shape::Digit) || shape.len() > Token::CHARS_MAX {
            let (letters, chars) = (Token::LETTERS_MAX, Token::CHARS_MAX);
            reader.error(
                span,
                format!("a shape has at most {letters} characters before its first 9, and {chars} in all"),
            );
        } else {
            shapes.push(shape);
        }
    }
    let separators =
        table.get("separators").and_then(|v| reader.text(v, "separators")).unwrap_or("").as_bytes().to_vec();
    let extent = validators.first().and_then(|v| v.extent);
    Some(Token { shapes, separators, is_open: extent.is_some(), heads: extent.map(heads).unwrap_or_default() })
}

/// The two letters that an identifier can begin with whose length they tell.
fn heads(extent: fn(&str) -> Option<usize>) -> Vec<u32> {
    let seconds = |first: char| {
        ('A'..='Z').rev().fold(0, |bits, second| bits << 1 | u32::from(extent(&format!("{first}{second}00")).is_some()))
    };
    ('A'..='Z').map(seconds).collect()
}

fn shape_of(c: char) -> Option<Shape> {
    Some(match c {
        'A' => Shape::Upper,
        'a' => Shape::Letter,
        '9' => Shape::Digit,
        'X' => Shape::Either,
        c if c.is_ascii_alphanumeric() => Shape::Literal(u8::try_from(c).ok()?),
        _ => return None,
    })
}
