//! Kind `regex`: an expression, looked for around its anchors.

use crate::anchors;
use crate::compiled::{Anchors, Pattern};
use crate::loader::required;
use crate::needs::{ByteSet, Needs};
use crate::reader::{Reader, Value};
use crate::scout::anchor::SLOTS_MAX;
use crate::scout::around::{Led, Net};
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
/// Longest window that is looked at by backtracking.
const BACKTRACKED_MAX: usize = 512;
/// Most that it may ask for.
const WINDOW_BYTES_MAX: i64 = 65_536;
/// The pattern is matched as a word of its own; the halves hold no matter what it begins with.
const WORD: (&str, &str) = (r"\b{start-half}(?:", r")\b{end-half}");

pub(super) fn read(reader: &Reader<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Pattern> {
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
        Some(own) => Some(anchors::own(&hir, &own.into_iter().map(|(a, _)| a).collect::<Vec<_>>())),
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
        // Looking at one place, backtracking ends at the first wrong byte; a lazy automaton would be built for it. But before
        // it begins it clears a bit for each byte and state.
        .hybrid(!matches!(anchors, Some(Anchors::Prefix(_))) || after > BACKTRACKED_MAX)
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
    if 2 * group + 2 > SLOTS_MAX {
        reader.error(value.span(), format!("more than {} groups stand before `value`", SLOTS_MAX / 2 - 2));
        return None;
    }
    let len_min = hir.properties().minimum_len().unwrap_or(0);
    let anchors = anchors?;
    let needs = Needs::of(&hir, anchors.texts(), anchors.digits());
    let led = if let Anchors::DigitRun(digits) = anchors { Led::of(&hir, digits) } else { Led::default() };
    let inner = match &anchors {
        Anchors::Inner(within) | Anchors::Own(within, _) if !within.is_empty() => {
            let net = Net::of(&hir);
            within.iter().filter(|text| net.is_inner(text)).cloned().collect()
        }
        _ => Vec::new(),
    };
    let (before, after) = (before.max(led.before.unwrap_or(0)), after.max(led.after.unwrap_or(0)));
    let alphabet = ByteSet::of(&hir);
    Some(Pattern { regex, group, anchors, inner, led: led.runs, alphabet, needs, len_min, before, after })
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
