//! Kind `prose`: a word such as "password" and what follows it.

use crate::loader::required;
use crate::prose::{Prose, Wanted};
use crate::reader::Reader;
use std::ops::Range;
use toml::de::DeTable;

pub(super) fn read(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Prose> {
    let value = required(reader, table, "words", span)?;
    let words = reader.strings(value, "words");
    if words.is_empty() {
        reader.error(value.span(), "`words` is empty");
    }
    let wanted =
        required(reader, table, "value", span).and_then(|v| reader.name(v, "value", &Wanted::NAMES, Wanted::from_name));
    Some(Prose { words: words.into_iter().map(|(w, _)| w.to_owned()).collect(), wanted: wanted? })
}
