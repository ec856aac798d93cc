//! From TOML to compiled rules. Every complaint names its place; a rule that is refused does not hide what is wrong with
//! the next one.

use crate::compiled::{Canonical, Compiled, Kind, Score};
use crate::context::{Context, Within, WordSet};
use crate::reader::{Reader, Value};
use crate::rules::{Example, Exception, Loaded, TEST_VALUE};
use crate::validator::Validator;
use crate::{Class, Diagnostic, RuleInfo, RuleMode, SourceFile, kinds};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use toml::de::DeTable;

/// Rules of one set at most.
pub(crate) const RULES_MAX: usize = 8_000;
/// Kinds that the design names and this version does not run yet.
const LATER: [&str; 3] = ["column", "dictionary", "composite"];
const KINDS: [&str; 4] = ["regex", "digits", "token", "prose"];
const COMMON_KEYS: [&str; 12] =
    ["id", "class", "entity", "kind", "mode", "context", "score", "except", "test", "country", "validators", "beats"];

type Loading = (Vec<Loaded>, HashSet<String>, Vec<Diagnostic>);

/// Reads all files.
pub(crate) fn load(files: &[SourceFile<'_>]) -> Loading {
    let mut rules: Vec<Loaded> = Vec::new();
    let mut test_values = HashSet::new();
    let mut complaints = Vec::new();
    let mut ids: HashMap<String, String> = HashMap::new();
    for (nth, file) in files.iter().enumerate() {
        let reader = Reader::new(*file);
        let top = reader.parse();
        reader.check_keys(top.get_ref(), &["rule", "test_value"], "a rule file");
        for value in top.get_ref().get("rule").map(|v| reader.list(v, "rule")).unwrap_or_default() {
            let Some(rule) = reader.table(value, "rule").and_then(|t| read_rule(&reader, t, value.span(), nth)) else {
                continue;
            };
            let id = &rule.info.id;
            match ids.get(id) {
                Some(other) => reader.error_help(
                    rule.id_span.clone(),
                    format!("there is a rule `{id}` already, in {other}"),
                    "give this one another id",
                ),
                None if rules.len() == RULES_MAX => {
                    reader.error(rule.id_span.clone(), format!("more than {RULES_MAX} rules"));
                }
                None => {
                    ids.insert(id.clone(), file.name.to_owned());
                    rules.push(rule);
                }
            }
        }
        for value in top.get_ref().get("test_value").map(|v| reader.list(v, "test_value")).unwrap_or_default() {
            test_values.extend(read_test_values(&reader, value));
        }
        complaints.extend(reader.finish());
    }
    (rules, test_values, complaints)
}

/// Canonical forms under which a published value can appear.
fn read_test_values(reader: &Reader<'_>, value: Value<'_, '_>) -> Vec<String> {
    let Some(table) = reader.table(value, "test_value") else { return Vec::new() };
    reader.check_keys(table, &["values", "source"], "a test value");
    if !table.contains_key("source") {
        reader.error_help(value.span(), "`source` is missing", "say where the values are published");
    }
    let values = table.get("values").map(|v| reader.strings(v, "values")).unwrap_or_default();
    if values.is_empty() {
        reader.error(value.span(), "`values` is missing or empty");
    }
    let forms = [Canonical::Digits, Canonical::Alphanumeric, Canonical::Lower, Canonical::Verbatim];
    values.into_iter().flat_map(|(v, _)| forms.map(|form| form.of(v))).filter(|v| !v.is_empty()).collect()
}

fn read_rule(reader: &Reader<'_>, table: &DeTable<'_>, span: Range<usize>, file: usize) -> Option<Loaded> {
    let before = reader.errors();
    let id_value = table.get("id");
    let id = id_value.and_then(|v| reader.string(v, "id"));
    let id_span = id_value.map_or(span.clone(), |v| v.span());
    if let (Some(id), Some(value)) = (id, id_value) {
        check_id(reader, id, value);
    } else if id_value.is_none() {
        reader.error_help(span.clone(), "the rule has no `id`", "write `id = \"…\"`, small letters and hyphens");
    }
    let kind_name = match table.get("kind") {
        Some(value) => reader.string(value, "kind").and_then(|name| check_kind(reader, name, value)),
        None => {
            reader.error_help(id_span.clone(), "the rule has no `kind`", format!("kinds: {}", KINDS.join(", ")));
            None
        }
    };
    let class = required(reader, table, "class", &id_span).and_then(|v| {
        let names: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
        reader.name(v, "class", &names, Class::from_name)
    });
    let entity = table.get("entity").and_then(|v| reader.string(v, "entity")).or(class.map(Class::as_str));
    let mode = table.get("mode").and_then(|v| {
        reader.name(v, "mode", &["on", "shadow"], |name| match name {
            "on" => Some(RuleMode::On),
            "shadow" => Some(RuleMode::Shadow),
            _ => None,
        })
    });
    if let Some(kind) = kind_name {
        let known: Vec<&str> = COMMON_KEYS.iter().chain(kinds::keys(kind)).copied().collect();
        reader.check_keys(table, &known, &format!("a rule of kind {kind}"));
    }
    let validators: Vec<&'static Validator> =
        table.get("validators").map(|v| read_validators(reader, v)).unwrap_or_default();
    let (context, need_near) = table.get("context").map(|v| read_context(reader, v)).unwrap_or_default();
    let score = table.get("score").map(|v| read_score(reader, v)).unwrap_or(Score { base: 50, ..Score::default() });
    let exceptions = table.get("except").map(|v| read_exceptions(reader, v)).unwrap_or_default();
    let examples = read_examples(reader, table, &id_span);
    let country = table.get("country").and_then(|v| read_country(reader, v));
    let beats = table.get("beats").map(|v| reader.strings(v, "beats")).unwrap_or_default();
    let kind = kind_name.and_then(|name| kinds::read(reader, name, table, &id_span, &validators));
    let (id, class, entity, kind) = (id?, class?, entity?, kind?);
    if reader.errors() > before {
        return None;
    }
    let canonical = canonical_of(class, &kind);
    let has_tail = match class {
        Class::CreditCard => entity != "card_security_code",
        Class::Iban | Class::BankAccount => true,
        _ => false,
    };
    let info = RuleInfo {
        id: id.to_owned(),
        class,
        entity: entity.to_owned(),
        mode: mode.unwrap_or(RuleMode::On),
        exceptions,
    };
    let compiled =
        Compiled { kind, context, need_near, score, validators, country, beats: Vec::new(), canonical, has_tail };
    let beats = beats.into_iter().map(|(id, span)| (id.to_owned(), span)).collect();
    Some(Loaded { info, compiled, examples, beats, file, id_span })
}

/// Numbers by their digits, secrets and whatever else could differ by a character as written.
fn canonical_of(class: Class, kind: &Kind) -> Canonical {
    match (class, kind) {
        (Class::Secret | Class::Url | Class::Address | Class::Person | Class::Date | Class::DateOfBirth, _) => {
            Canonical::Verbatim
        }
        (Class::Email, _) => Canonical::Lower,
        (Class::CreditCard | Class::Phone, _) | (_, Kind::Digits(_)) => Canonical::Digits,
        _ => Canonical::Alphanumeric,
    }
}

fn check_id(reader: &Reader<'_>, id: &str, value: Value<'_, '_>) {
    let is_plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_plain || id.len() > 64 {
        reader.error_help(
            value.span(),
            "an `id` has small letters, digits and hyphens, 64 at most",
            "for example `acme-student-number`",
        );
    }
    if id == TEST_VALUE {
        reader.error_help(
            value.span(),
            format!("the id `{TEST_VALUE}` is taken"),
            "list such values under `[[test_value]]`",
        );
    }
}

fn check_kind<'t>(reader: &Reader<'_>, name: &'t str, value: Value<'_, '_>) -> Option<&'t str> {
    if LATER.contains(&name) {
        reader.error_help(
            value.span(),
            format!("rules of kind `{name}` are not available yet"),
            format!("kinds that are: {}", KINDS.join(", ")),
        );
        return None;
    }
    if !KINDS.contains(&name) {
        reader.unknown(value.span(), "there is no kind", name, &KINDS);
        return None;
    }
    Some(name)
}

/// A key that must be there.
pub(crate) fn required<'t, 'v>(
    reader: &Reader<'_>,
    table: &'t DeTable<'v>,
    key: &str,
    span: &Range<usize>,
) -> Option<Value<'t, 'v>> {
    let value = table.get(key);
    if value.is_none() {
        reader.error(span.clone(), format!("the rule has no `{key}`"));
    }
    value
}

fn read_validators(reader: &Reader<'_>, value: Value<'_, '_>) -> Vec<&'static Validator> {
    let names = reader.strings(value, "validators");
    let find = |(name, span): (&str, Range<usize>)| {
        let found = Validator::from_name(name);
        if found.is_none() {
            let known: Vec<&str> = Validator::all().map(|v| v.name).collect();
            reader.unknown(span, "there is no validator", name, &known);
        }
        found
    };
    names.into_iter().filter_map(find).collect()
}

fn read_context(reader: &Reader<'_>, value: Value<'_, '_>) -> (Context, bool) {
    let Some(table) = reader.table(value, "context") else { return (Context::default(), false) };
    reader.check_keys(table, &["near", "not_near", "within", "required"], "a context");
    let set = |key: &str| {
        let words = reader.strings(table.get(key)?, key);
        let built = WordSet::new(words.iter().map(|(w, _)| *w));
        if built.is_none() {
            reader.error(value.span(), format!("`{key}` has too many words"));
        }
        built
    };
    let (near, not_near) = (set("near"), set("not_near"));
    let within = table.get("within").and_then(|v| reader.name(v, "within", &Within::NAMES, Within::from_name));
    let need_near = table.get("required").and_then(|v| reader.boolean(v, "required")).unwrap_or(false);
    if need_near && near.is_none() {
        reader.error(value.span(), "`required` needs words in `near`");
    }
    (Context { near, not_near, within: within.unwrap_or_default() }, need_near)
}

fn read_score(reader: &Reader<'_>, value: Value<'_, '_>) -> Score {
    const KEYS: [&str; 8] = ["base", "near", "not_near", "valid", "invalid", "bare", "grouped", "irregular"];
    let Some(table) = reader.table(value, "score") else { return Score::default() };
    reader.check_keys(table, &KEYS, "a score");
    let points = |key: &str| {
        let points = reader.integer(table.get(key)?, key, -100..101)?;
        i16::try_from(points).ok()
    };
    let or_0 = |key: &str| points(key).unwrap_or(0);
    Score {
        base: points("base").unwrap_or(50),
        near: or_0("near"),
        not_near: or_0("not_near"),
        valid: or_0("valid"),
        invalid: points("invalid"),
        bare: or_0("bare"),
        grouped: or_0("grouped"),
        irregular: points("irregular"),
    }
}

fn read_exceptions(reader: &Reader<'_>, value: Value<'_, '_>) -> Vec<Exception> {
    let read = |item: Value<'_, '_>| {
        let table = reader.table(item, "except")?;
        let known = ["digest", "reason", "owner", "expires"];
        reader.check_keys(table, &known, "an exception");
        let text = |key: &str| match table.get(key) {
            Some(value) => reader.string(value, key).map(str::to_owned),
            None => {
                reader.error(item.span(), format!("the exception has no `{key}`"));
                None
            }
        };
        let expires = table.get("expires").and_then(|v| match v.get_ref().as_datetime() {
            Some(day) if day.date.is_some() && day.time.is_none() => Some(day.to_string()),
            _ => {
                reader.error_help(v.span(), "`expires` must be a day", "for example `expires = 2027-06-30`");
                None
            }
        });
        if !table.contains_key("expires") {
            reader.error_help(item.span(), "the exception has no `expires`", "an exception ends; write the day");
        }
        let (digest, reason, owner) = (text("digest"), text("reason"), text("owner"));
        Some(Exception { digest: digest?, reason: reason?, owner: owner?, expires: expires? })
    };
    reader.list(value, "except").into_iter().filter_map(read).collect()
}

fn read_country(reader: &Reader<'_>, value: Value<'_, '_>) -> Option<String> {
    let country = reader.string(value, "country")?;
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        reader.error_help(
            value.span(),
            "`country` must be two capital letters",
            "ISO 3166-1 alpha-2, for example `AU`",
        );
        return None;
    }
    Some(country.to_owned())
}

fn read_examples(reader: &Reader<'_>, table: &DeTable<'_>, id_span: &Range<usize>) -> Vec<Example> {
    let Some(value) = table.get("test") else {
        reader.error_help(
            id_span.clone(),
            "the rule has no `test`",
            "give it an example that it must find, and one it must not",
        );
        return Vec::new();
    };
    let read = |item: Value<'_, '_>| {
        let table = reader.table(item, "test")?;
        reader.check_keys(table, &["text", "find", "min"], "an example");
        let text = table.get("text").and_then(|v| reader.string(v, "text"));
        if !table.contains_key("text") {
            reader.error(item.span(), "the example has no `text`");
        }
        let find = table.get("find").map(|v| reader.strings(v, "find"));
        if find.is_none() {
            reader.error_help(item.span(), "the example has no `find`", "write `find = []` if nothing may be found");
        }
        let min = table.get("min").and_then(|v| reader.integer(v, "min", 1..101));
        Some(Example {
            text: text?.to_owned(),
            find: find?.into_iter().map(|(f, _)| f.to_owned()).collect(),
            min: min.and_then(|m| u8::try_from(m).ok()).unwrap_or(crate::engine::SCORE_MIN),
            span: item.span(),
        })
    };
    let before = reader.errors();
    let examples: Vec<Example> = reader.list(value, "test").into_iter().filter_map(read).collect();
    let (positive, negative) =
        (examples.iter().any(|e| !e.find.is_empty()), examples.iter().any(|e| e.find.is_empty()));
    if reader.errors() == before && !positive {
        reader.error(value.span(), "`test` has no example in which the rule must find something");
    }
    if reader.errors() == before && !negative {
        reader.error(value.span(), "`test` has no example in which the rule must find nothing (`find = []`)");
    }
    examples
}
