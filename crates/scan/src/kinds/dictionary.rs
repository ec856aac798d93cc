//! Kind `dictionary`: whole words out of a list, alone or before words of another list.

use crate::reader::{Reader, Value};
use crate::records::{Dictionary, List, Next, is_shipped_list};
use std::ops::Range;
use toml::de::DeTable;

pub(super) fn read(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Dictionary> {
    let first = read_list(reader, table, span, "the rule")?;
    let any_case = table.get("case").and_then(|v| {
        reader.name(v, "case", &["capitalised", "any"], |name| match name {
            "any" => Some(true),
            "capitalised" => Some(false),
            _ => None,
        })
    });
    let next = table.get("next").and_then(|v| match v.get_ref().as_str() {
        Some("capitalised") => Some(Next::Capitalised),
        Some(_) => {
            reader.error_help(
                v.span(),
                "`next` is none of what may follow",
                "write `next = \"capitalised\"`, `next = { words = [\"…\"] }` or `next = { file = \"…\" }`",
            );
            None
        }
        None => {
            let table = reader.table(v, "next")?;
            reader.check_keys(table, &["words", "file"], "what may follow");
            read_list(reader, table, &v.span(), "`next`").map(Next::List)
        }
    });
    let flag = |key: &str| table.get(key).and_then(|v| reader.boolean(v, key)).unwrap_or(false);
    let (comma, title) = (flag("comma"), flag("title"));
    if next.is_none() && (comma || title) {
        reader.error(span.clone(), "`comma` and `title` need a `next`");
    }
    Some(Dictionary { first, next, any_case: any_case.unwrap_or(true), comma, title })
}

fn read_list(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>, what: &str) -> Option<List> {
    let words: Vec<String> = table
        .get("words")
        .map(|v| reader.strings(v, "words").into_iter().map(|(w, _)| w.to_owned()).collect())
        .unwrap_or_default();
    let files: Vec<(&str, Range<usize>)> = table.get("file").map(|v| read_files(reader, v)).unwrap_or_default();
    if words.is_empty() && files.is_empty() {
        reader.error_help(
            span.clone(),
            format!("{what} has no words"),
            "write `words = [\"…\"]`, or `file = \"…\"` with the name of a list",
        );
        return None;
    }
    for (name, span) in &files {
        if !is_shipped_list(name) && !name.ends_with(".txt") {
            reader.error_help(
                span.clone(),
                format!("there is no list `{name}`"),
                "a list of your own is a file of one entry a line whose name ends in `.txt`, beside the rule files",
            );
        }
    }
    Some(List { words, files: files.into_iter().map(|(name, _)| name.to_owned()).collect() })
}

fn read_files<'t>(reader: &Reader<'_>, value: Value<'t, '_>) -> Vec<(&'t str, Range<usize>)> {
    match value.get_ref().as_str() {
        Some(name) => vec![(name, value.span())],
        None => reader.strings(value, "file"),
    }
}
