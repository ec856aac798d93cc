//! Kind `column`: the cells of a table's column, told by its header or by the cells together.

use crate::reader::Reader;
use crate::records::{Column, Shape, header_words};
use crate::validator::Validator;
use std::ops::Range;
use toml::de::DeTable;

pub(super) fn read(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[&'static Validator],
) -> Option<Column> {
    let words = |key: &str| {
        let words = table.get(key).map(|v| reader.strings(v, key)).unwrap_or_default();
        words.into_iter().map(|(word, _)| header_words(word)).collect::<Vec<_>>()
    };
    let cells = match table.get("cells") {
        Some(value) => reader.name(value, "cells", &Shape::NAMES, Shape::from_name)?,
        None => Shape::Any,
    };
    let headers = words("headers");
    if headers.is_empty() && validators.is_empty() {
        reader.error_help(
            span.clone(),
            "a rule of kind column needs `headers` or `validators`",
            "without a header only check digits tell what a column holds",
        );
        return None;
    }
    Some(Column { headers, not_headers: words("not_headers"), cells })
}
