//! Kind `composite`: a rule made of rules.

use crate::loader::required;
use crate::reader::{Reader, Value};
use crate::records::{Composite, Reach};
use std::ops::Range;
use toml::de::DeTable;

/// Lines that a composite rule may span.
const LINES_MAX: usize = 100;
/// Members of one at most.
const MEMBERS_MAX: usize = 8;

pub(super) fn read(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Composite> {
    let value = required(reader, table, "all", span)?;
    let place = |(names, _): (&str, Range<usize>)| names.split('|').map(|n| n.trim().to_owned()).collect::<Vec<_>>();
    let all: Vec<Vec<String>> = reader.strings(value, "all").into_iter().map(place).collect();
    if !(2..=MEMBERS_MAX).contains(&all.len()) {
        reader.error_help(
            value.span(),
            format!("`all` names 2 to {MEMBERS_MAX} members"),
            "ids of rules or classes; `\"a|b\"` for one of two",
        );
    }
    let reach = match table.get("within") {
        Some(value) => read_within(reader, value)?,
        None => Reach::Lines(3),
    };
    let boost = table.get("boost").and_then(|v| reader.table(v, "boost")).map(|t| read_boost(reader, t));
    Some(Composite { all, reach, boost: boost.unwrap_or_default() })
}

/// How far apart the members may stand; `text` is an older word for `message`.
fn read_within(reader: &Reader<'_>, value: Value<'_, '_>) -> Option<Reach> {
    let text = reader.string(value, "within")?;
    let lines = text.strip_prefix("lines:").and_then(|n| n.parse().ok()).filter(|n| (1..=LINES_MAX).contains(n));
    match text {
        "cell" => Some(Reach::Cell),
        "line" => Some(Reach::Lines(1)),
        "message" | "text" => Some(Reach::Message),
        "thread" => Some(Reach::Thread),
        _ if lines.is_some() => lines.map(Reach::Lines),
        _ => {
            reader.error_help(
                value.span(),
                "`within` is none of the reaches",
                format!("write `cell`, `line`, `lines:3` (up to {LINES_MAX}), `message` or `thread`"),
            );
            None
        }
    }
}

fn read_boost(reader: &Reader<'_>, table: &DeTable<'_>) -> Vec<(String, i16)> {
    let points = |(name, value): (_, Value<'_, '_>)| {
        let name: &toml::Spanned<std::borrow::Cow<'_, str>> = name;
        let points = reader.integer(value, "boost", -100..101)?;
        Some((name.get_ref().clone().into_owned(), i16::try_from(points).ok()?))
    };
    table.iter().filter_map(points).collect()
}
