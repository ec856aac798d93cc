//! What a later file makes of the rules of earlier ones: `extend`, `disable`, `[[adjust]]`, `[[except]]`.
//!
//! Files count in the order in which they are given: the shipped ones first, then the operator's by name. `disable` takes
//! out rules of earlier files, so that a rule of the same id may follow. `[[adjust]]` and `[[except]]` may name any rule.

use crate::compiled::Compiled;
use crate::context::Within;
use crate::loader::{EXCEPTION_KEYS, read_exception, read_mode, read_score, read_tests, word_set};
use crate::nearest;
use crate::reader::{Reader, Value};
use crate::rules::{Disabled, Example, Loaded, Loading};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeTable;

/// Keys of an `[[adjust]]`.
pub const ADJUST_KEYS: [&str; 5] = ["id", "mode", "score", "context", "test"];
/// Keys of its `context`.
pub const ADJUST_CONTEXT_KEYS: [&str; 6] =
    ["near_add", "near_remove", "not_near_add", "not_near_remove", "within", "required"];
/// What `extend` may say.
pub const EXTEND: [&str; 2] = ["shipped", "none"];

/// Does a name fit a pattern in which each `*` stands for any characters?
pub fn glob(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|head| name.strip_prefix(head)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// Checks `extend`, which whoever gathers the files has acted on: all files that say anything say the same.
pub(crate) fn extend(readers: &[Reader<'_>], tops: &[Spanned<DeTable<'_>>]) {
    let mut first: Option<&str> = None;
    for (reader, top) in readers.iter().zip(tops) {
        let Some(value) = top.get_ref().get("extend") else { continue };
        let name = value.get_ref().as_str();
        let known = reader.name(value, "extend", &EXTEND, |n| EXTEND.iter().find(|e| **e == n));
        match (known, first) {
            (Some(said), Some(before)) if *said != before => reader.error_help(
                value.span(),
                format!("another file says extend = \"{before}\""),
                "one answer holds for the whole folder",
            ),
            _ => first = first.or(name),
        }
    }
}

/// Takes out the rules of earlier files that `disable` names.
pub(crate) fn disable(reader: &Reader<'_>, top: &DeTable<'_>, set: &mut Loading) {
    for (pattern, span) in top.get("disable").map(|v| reader.strings(v, "disable")).unwrap_or_default() {
        let by = place(reader, &span);
        let mut hit = false;
        set.rules.retain(|rule| {
            let fits = glob(pattern, &rule.info.id);
            if fits {
                let (id, file) = (rule.info.id.clone(), rule.origin.file.clone());
                set.disabled.push(Disabled { id, file, by: by.clone() });
            }
            hit |= fits;
            !fits
        });
        if hit {
            continue;
        }
        match set.disabled.iter().find(|d| d.by != by && glob(pattern, &d.id)) {
            Some(other) => {
                reader.warn_help(span, format!("`{pattern}` is disabled already"), format!("{} did it", other.by));
            }
            None => unknown(reader, span, pattern, set, "no earlier file has a rule"),
        }
    }
}

/// Applies `[[adjust]]` and `[[except]]`.
pub(crate) fn change(reader: &Reader<'_>, top: &DeTable<'_>, file: usize, set: &mut Loading) {
    for value in top.get("adjust").map(|v| reader.list(v, "adjust")).unwrap_or_default() {
        if let Some(table) = reader.table(value, "adjust") {
            reader.check_keys(table, &ADJUST_KEYS, "an adjustment");
            adjust(reader, table, value.span(), file, set);
        }
    }
    for value in top.get("except").map(|v| reader.list(v, "except")).unwrap_or_default() {
        if let Some(table) = reader.table(value, "except") {
            let known: Vec<&str> = std::iter::once("rule").chain(EXCEPTION_KEYS).collect();
            reader.check_keys(table, &known, "an exception");
            except(reader, table, value.span(), file, set);
        }
    }
}

fn adjust(reader: &Reader<'_>, table: &DeTable<'_>, span: Range<usize>, file: usize, set: &mut Loading) {
    let Some(id_value) = table.get("id") else {
        reader.error_help(span, "the adjustment has no `id`", "name a rule; * stands for any characters");
        return;
    };
    let Some(pattern) = reader.string(id_value, "id") else { return };
    let by = place(reader, &id_value.span());
    let mode = table.get("mode").and_then(|v| read_mode(reader, v));
    let tests = table.get("test").map(|v| read_tests(reader, v, file)).unwrap_or_default();
    if !tests.is_empty() && pattern.contains('*') {
        reader.error(id_value.span(), "`test` belongs to one rule: name it without *");
    }
    if table.len() == 1 {
        let keys = ADJUST_KEYS.get(1..).unwrap_or_default().join(", ");
        reader.error_help(id_value.span(), "the adjustment changes nothing", format!("it may have: {keys}"));
    }
    let mut hit = false;
    let mut tests = Some(tests);
    for rule in set.rules.iter_mut().filter(|rule| glob(pattern, &rule.info.id)) {
        hit = true;
        rule.info.mode = mode.unwrap_or(rule.info.mode);
        table.get("score").into_iter().for_each(|v| read_score(reader, v, &mut rule.compiled.score));
        table.get("context").into_iter().for_each(|v| adjust_context(reader, v, rule));
        if table.contains_key("score") || table.contains_key("context") {
            rule.changed_by = Some((file, id_value.span()));
        }
        rule.add_examples(tests.take().unwrap_or_default());
        rule.origin.adjusted.push(by.clone());
    }
    if !hit {
        absent(reader, id_value.span(), pattern, set);
    }
}

fn adjust_context(reader: &Reader<'_>, value: Value<'_, '_>, rule: &mut Loaded) {
    let Some(table) = reader.table(value, "context") else { return };
    reader.check_keys(table, &ADJUST_CONTEXT_KEYS, "the context of an adjustment");
    let Compiled { context, need_near, .. } = &mut rule.compiled;
    let [near, not_near] = &mut rule.words;
    if change_words(reader, table, ["near_add", "near_remove"], near) {
        context.near = word_set(reader, &value.span(), "near", near).filter(|_| !near.is_empty());
    }
    if change_words(reader, table, ["not_near_add", "not_near_remove"], not_near) {
        context.not_near = word_set(reader, &value.span(), "not_near", not_near).filter(|_| !not_near.is_empty());
    }
    if let Some(within) = table.get("within").and_then(|v| reader.name(v, "within", &Within::NAMES, Within::from_name))
    {
        context.within = within;
    }
    if let Some(required) = table.get("required").and_then(|v| reader.boolean(v, "required")) {
        *need_near = required;
    }
    if *need_near && context.near.is_none() {
        reader.error(value.span(), format!("`{}` requires words in `near`, and none are left", rule.info.id));
    }
}

/// Adds and removes words; answers whether anything was asked for.
fn change_words(reader: &Reader<'_>, table: &DeTable<'_>, keys: [&str; 2], words: &mut Vec<String>) -> bool {
    let [add, remove] = keys.map(|key| table.get(key).map(|v| reader.strings(v, key)));
    for (word, span) in remove.iter().flatten() {
        let before = words.len();
        words.retain(|w| w != word);
        if words.len() == before {
            let help = match nearest(word, words.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the rule has {before} other words there"),
            };
            reader.error_help(span.clone(), format!("the rule has no word `{word}` there"), help);
        }
    }
    words.extend(add.iter().flatten().map(|(word, _)| (*word).to_owned()));
    add.is_some() || remove.is_some()
}

fn except(reader: &Reader<'_>, table: &DeTable<'_>, span: Range<usize>, file: usize, set: &mut Loading) {
    let exception = read_exception(reader, table, span.clone(), file);
    let Some(id_value) = table.get("rule") else {
        reader.error_help(span, "the exception has no `rule`", "name the rule whose finding may pass");
        return;
    };
    let Some(id) = reader.string(id_value, "rule") else { return };
    let Some(rule) = set.rules.iter_mut().find(|rule| rule.info.id == id) else {
        return absent(reader, id_value.span(), id, set);
    };
    let Some(exception) = exception else { return };
    if rule.info.exceptions.iter().any(|e| e.digest == exception.digest) {
        reader.warn_help(span, format!("`{id}` has an exception for this digest already"), "take one of them out");
    }
    rule.info.exceptions.push(exception);
    rule.origin.adjusted.push(place(reader, &id_value.span()));
}

/// A change for a rule that is not there: disabled is worth a warning, unknown is an error.
fn absent(reader: &Reader<'_>, span: Range<usize>, pattern: &str, set: &Loading) {
    match set.disabled.iter().find(|d| glob(pattern, &d.id)) {
        Some(other) => reader.warn_help(
            span,
            format!("this has no effect: `{}` is disabled", other.id),
            format!("take it out; {} disabled the rule", other.by),
        ),
        None => unknown(reader, span, pattern, set, "there is no rule"),
    }
}

fn unknown(reader: &Reader<'_>, span: Range<usize>, pattern: &str, set: &Loading, what: &str) {
    let ids = set.rules.iter().map(|rule| rule.info.id.as_str());
    let help = match nearest(pattern, ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`lazaret rules list` names all".to_owned(),
    };
    reader.error_help(span, format!("{what} `{pattern}`"), help);
}

fn place(reader: &Reader<'_>, span: &Range<usize>) -> String {
    format!("{}:{}", reader.file.name, reader.line(span))
}

impl Loaded {
    /// Takes examples over and counts them.
    pub(crate) fn add_examples(&mut self, examples: Vec<Example>) {
        let found = examples.iter().filter(|e| !e.find.is_empty()).count();
        self.origin.examples_found += found;
        self.origin.examples_clean += examples.len() - found;
        self.examples.extend(examples);
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        for (pattern, name, fits) in [
            ("payment-card", "payment-card", true),
            ("payment-card", "payment-cards", false),
            ("provider-*", "provider-x", true),
            ("provider-*", "provider", false),
            ("*", "", true),
            ("*-token", "github-token", true),
            ("*-token", "github-token-2", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} {name}");
        }
    }
}
