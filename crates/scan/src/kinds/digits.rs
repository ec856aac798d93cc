//! Kind `digits`: a number in groups.

use crate::compiled::{DIGITS_MAX, Digits, HEAD_DIGITS, Prefix};
use crate::reader::{Reader, Value};
use crate::scout::digit;
use crate::validator::Validator;
use std::ops::Range;
use toml::de::DeTable;

pub(super) fn read(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[&'static Validator],
) -> Option<Digits> {
    let has_luhn = validators.iter().any(|v| v.is_luhn());
    let mut digits = Digits { separators: digit::SPACE | digit::HYPHEN, has_luhn, ..Digits::default() };
    for item in table.get("lengths").map(|v| reader.list(v, "lengths")).unwrap_or_default() {
        digits.lengths |= read_length(reader, item);
    }
    for (text, span) in table.get("groupings").map(|v| reader.strings(v, "groupings")).unwrap_or_default() {
        let sizes: Option<Vec<u64>> =
            text.split('-').map(|g| g.parse().ok().filter(|n| (1..=15).contains(n))).collect();
        match sizes {
            Some(sizes) if (2..=16).contains(&sizes.len()) && sizes.iter().sum::<u64>() <= DIGITS_MAX as u64 => {
                digits.lengths |= 1 << sizes.iter().sum::<u64>();
                digits.groupings.push(digit::signature(sizes.iter().copied()));
            }
            _ => reader.error_help(span, "a grouping is sizes of groups of digits", "for example \"3-2-4\""),
        }
    }
    if digits.lengths == 0 {
        reader.error(span.clone(), "the rule has neither `lengths` nor `groupings`");
    }
    if let Some(value) = table.get("separators") {
        digits.separators = 0;
        for c in reader.text(value, "separators").unwrap_or_default().chars() {
            match u8::try_from(c).ok().and_then(digit::separator) {
                Some(bit) => digits.separators |= bit,
                None => reader.error_help(value.span(), "not a separator of digits", "known are: space - . / _ ( )"),
            }
        }
    }
    for item in table.get("prefixes").map(|v| reader.list(v, "prefixes")).unwrap_or_default() {
        digits.prefixes.extend(read_prefix(reader, item));
    }
    if let Some(value) = table.get("lead") {
        digits.lead = reader.string(value, "lead").and_then(|lead| match lead.as_bytes() {
            [one] if !one.is_ascii_alphanumeric() => Some(*one),
            _ => {
                reader.error(value.span(), "`lead` is one character that is neither letter nor digit");
                None
            }
        });
    }
    digits.index_starts();
    digits.glued = table.get("glued").and_then(|v| reader.boolean(v, "glued")).unwrap_or(false);
    Some(digits)
}

fn read_length(reader: &Reader<'_>, value: Value<'_, '_>) -> u32 {
    reader.integer(value, "lengths", 3..DIGITS_MAX as i64 + 1).map_or(0, |n| 1 << n)
}

fn read_prefix(reader: &Reader<'_>, value: Value<'_, '_>) -> Option<Prefix> {
    let table = reader.table(value, "prefixes")?;
    reader.check_keys(table, &["from", "to", "lengths", "points"], "a prefix");
    let from = table.get("from").and_then(|v| reader.string(v, "from"));
    let to = table.get("to").and_then(|v| reader.string(v, "to")).or(from);
    let (Some(from), Some(to)) = (from, to) else {
        reader.error(value.span(), "a prefix needs `from`, digits in quotes");
        return None;
    };
    let parsed = (from.parse::<u64>().ok(), to.parse::<u64>().ok());
    let (Some(low), Some(high)) = parsed else {
        reader.error(value.span(), "`from` and `to` are digits in quotes");
        return None;
    };
    if from.len() != to.len() || low > high || from.len() > HEAD_DIGITS {
        reader.error(
            value.span(),
            "`from` and `to` have the same number of digits, 12 at most, and `from` is not the larger",
        );
        return None;
    }
    let lengths = table.get("lengths").map(|v| reader.list(v, "lengths")).unwrap_or_default();
    let points = table.get("points").and_then(|v| reader.integer(v, "points", -100..101)).unwrap_or(0);
    let unit = 10_u64.pow(u32::try_from(HEAD_DIGITS.saturating_sub(from.len())).unwrap_or(0));
    Some(Prefix {
        from: low * unit,
        to: (high + 1) * unit - 1,
        digits: from.len(),
        lengths: lengths.into_iter().fold(0, |all, v| all | read_length(reader, v)),
        points: i16::try_from(points).unwrap_or(0),
    })
}
