//! The keys of each kind of rule, a file for each kind.

mod column;
mod composite;
mod dictionary;
mod digits;
mod prose;
mod regex;
mod token;

use crate::compiled::Kind;
use crate::reader::Reader;
use crate::validator::Validator;
use std::ops::Range;
use toml::de::DeTable;

/// Keys of one kind beside the common ones.
pub(crate) fn keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "regex" => &["pattern", "anchors", "window"],
        "digits" => &["lengths", "groupings", "separators", "prefixes", "lead", "glued"],
        "token" => &["shapes", "separators"],
        "composite" => &["all", "within", "boost"],
        "column" => &["headers", "not_headers", "cells"],
        "dictionary" => &["words", "file", "case", "next", "comma", "title"],
        _ => &["words", "value"],
    }
}

/// Reads the part of a rule that its kind asks for.
pub(crate) fn read(
    reader: &Reader<'_>,
    kind: &str,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[&'static Validator],
) -> Option<Kind> {
    match kind {
        "regex" => regex::read(reader, table, span).map(|p| Kind::Regex(Box::new(p))),
        "digits" => digits::read(reader, table, span, validators).map(Kind::Digits),
        "token" => token::read(reader, table, span, validators).map(Kind::Token),
        "composite" => composite::read(reader, table, span).map(|c| Kind::Composite(Box::new(c))),
        "column" => column::read(reader, table, span, validators).map(|c| Kind::Column(Box::new(c))),
        "dictionary" => dictionary::read(reader, table, span).map(|d| Kind::Dictionary(Box::new(d))),
        _ => prose::read(reader, table, span).map(Kind::Prose),
    }
}
