//! The keys of each kind of rule.

use crate::anchors;
use crate::compiled::{Anchors, DIGITS_MAX, Digits, HEAD_DIGITS, Kind, Pattern, Prefix, Shape, Token};
use crate::loader::required;
use crate::prose::{Prose, Wanted};
use crate::reader::{Reader, Value};
use crate::scout::digit;
use crate::validator::Validator;
use regex_automata::PatternID;
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::WhichCaptures;
use std::ops::Range;
use toml::de::DeTable;

/// Bytes of a pattern at most.
pub(crate) const PATTERN_BYTES_MAX: usize = 2_048;
/// Bytes of a compiled pattern at most.
const PATTERN_COMPILED_BYTES_MAX: usize = 1 << 20;
/// Bytes around an anchor that a pattern sees, unless it says otherwise.
const WINDOW_BYTES: (usize, usize) = (64, 256);
/// Most that it may ask for.
const WINDOW_BYTES_MAX: i64 = 65_536;
/// The pattern is matched as a word of its own; the halves hold no matter what it begins with.
const WORD: (&str, &str) = (r"\b{start-half}(?:", r")\b{end-half}");

/// Keys of one kind beside the common ones.
pub(crate) fn keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "regex" => &["pattern", "anchors", "window"],
        "digits" => &["lengths", "groupings", "separators", "prefixes", "lead", "glued"],
        "token" => &["shapes", "separators"],
        _ => &["words", "value"],
    }
}

/// Reads the part of a rule that its kind asks for.
pub(crate) fn read(
    reader: &Reader<'_>,
    kind: &str,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[Validator],
) -> Option<Kind> {
    match kind {
        "regex" => read_pattern(reader, table, span).map(|p| Kind::Regex(Box::new(p))),
        "digits" => read_digits(reader, table, span).map(Kind::Digits),
        "token" => read_token(reader, table, span, validators).map(Kind::Token),
        _ => read_prose(reader, table, span).map(Kind::Prose),
    }
}

fn read_pattern(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Pattern> {
    let value = required(reader, table, "pattern", span)?;
    let text = reader.string(value, "pattern")?;
    if text.len() > PATTERN_BYTES_MAX {
        reader.error(value.span(), format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes"));
        return None;
    }
    let whole = format!("{}{text}{}", WORD.0, WORD.1);
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).nest_limit(64).build().parse(&whole);
    let hir = match parsed {
        Ok(hir) => hir,
        Err(error) => {
            let (offset, message) = describe(&error);
            // In a literal string a byte of the pattern is a byte of the file, after the quote.
            let at = value.span().start + 1 + offset.saturating_sub(WORD.0.len()).min(text.len());
            let is_literal =
                reader.file.text.get(value.span()).is_some_and(|t| t.starts_with('\'') && !t.starts_with("'''"));
            let span = if is_literal { at..at + 1 } else { value.span() };
            reader.error_help(
                span,
                format!("the pattern is refused: {message}"),
                "patterns are ASCII and linear: no look-around, no back-references",
            );
            return None;
        }
    };
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        reader.error(value.span(), "the pattern is refused: it matches the empty text");
        return None;
    }
    let anchors = match table.get("anchors").map(|v| reader.strings(v, "anchors")) {
        Some(own) if own.is_empty() => {
            reader.error(value.span(), "`anchors` is empty");
            None
        }
        Some(own) => Some(Anchors::Inner(own.into_iter().map(|(a, _)| a.to_owned()).collect())),
        None => anchors::find(&hir).or_else(|| {
            reader.error_help(
                value.span(),
                "the pattern has no anchor: no literal of three characters and no run of three digits that every match holds",
                "name words that stand in or near every match: `anchors = [\"…\"]`",
            );
            None
        }),
    };
    let (before, after) = table.get("window").map(|v| read_window(reader, v)).unwrap_or(WINDOW_BYTES);
    let has_group = text.contains("(?P<value>") || text.contains("(?<value>");
    let config = Regex::config()
        .utf8_empty(false)
        .nfa_size_limit(Some(PATTERN_COMPILED_BYTES_MAX))
        .hybrid_cache_capacity(256 << 10)
        .which_captures(if has_group { WhichCaptures::All } else { WhichCaptures::Implicit })
        // Looking at one place, backtracking ends at the first wrong byte; a lazy automaton would be built for it.
        .hybrid(!matches!(anchors, Some(Anchors::Prefix(_))))
        .onepass(false)
        .dfa(false);
    let regex = match Regex::builder().configure(config).build_from_hir(&hir) {
        Ok(regex) => regex,
        Err(_) => {
            reader.error(value.span(), "the pattern is refused: it is too large when compiled");
            return None;
        }
    };
    let group = regex.group_info().to_index(PatternID::ZERO, "value").unwrap_or(0);
    Some(Pattern { regex, group, anchors: anchors?, before, after })
}

/// Where in the wrapped pattern the parser stopped, and why.
fn describe(error: &regex_syntax::Error) -> (usize, String) {
    match error {
        regex_syntax::Error::Parse(e) => (e.span().start.offset, e.kind().to_string()),
        regex_syntax::Error::Translate(e) => (e.span().start.offset, e.kind().to_string()),
        _ => (0, "it cannot be read".to_owned()),
    }
}

fn read_window(reader: &Reader<'_>, value: Value<'_, '_>) -> (usize, usize) {
    let Some(table) = reader.table(value, "window") else { return WINDOW_BYTES };
    reader.check_keys(table, &["before", "after"], "a window");
    let bytes = |key: &str, default: usize| {
        let read = table.get(key).and_then(|v| reader.integer(v, key, 0..WINDOW_BYTES_MAX + 1));
        read.and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
    };
    (bytes("before", WINDOW_BYTES.0), bytes("after", WINDOW_BYTES.1))
}

fn read_digits(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Digits> {
    let mut digits = Digits { separators: digit::SPACE | digit::HYPHEN, ..Digits::default() };
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

fn read_token(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    validators: &[Validator],
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
    let head = |shape: &Vec<Shape>| {
        let letters = shape.iter().take_while(|s| **s != Shape::Digit).count();
        (letters, shape.iter().skip(letters).take_while(|s| **s == Shape::Digit).count())
    };
    let heads = shapes.iter().map(head).collect();
    Some(Token { shapes, heads, separators, is_open: validators.contains(&Validator::Iban) })
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

fn read_prose(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Prose> {
    let value = required(reader, table, "words", span)?;
    let words = reader.strings(value, "words");
    if words.is_empty() {
        reader.error(value.span(), "`words` is empty");
    }
    let wanted =
        required(reader, table, "value", span).and_then(|v| reader.name(v, "value", &Wanted::NAMES, Wanted::from_name));
    Some(Prose { words: words.into_iter().map(|(w, _)| w.to_owned()).collect(), wanted: wanted? })
}
