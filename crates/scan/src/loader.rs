//! From TOML to compiled rules. Every complaint names its place; a rule that is refused does not hide what is wrong with
//! the next one.

use crate::compiled::{Canonical, Compiled, Kind, Score};
use crate::context::{Context, Within, WordSet};
use crate::form::Form;
use crate::reader::{Reader, Value};
use crate::rules::{Example, Exception, Loaded, Loading, Origin, TEST_VALUE};
use crate::validator::Validator;
use crate::{Class, RuleInfo, RuleMode, SourceFile, kinds, layers};
use std::collections::HashMap;
use std::ops::Range;
use toml::de::DeTable;

/// Rules of one set at most.
pub(crate) const RULES_MAX: usize = 8_000;
/// Kinds of rules.
pub(crate) const KINDS: [&str; 7] = ["regex", "digits", "token", "prose", "dictionary", "column", "composite"];
/// What may stand at the top of a rule file.
pub const FILE_KEYS: &[&str] = &["extend", "disable", "adjust", "except", "rule", "test_value"];
/// Keys of every rule.
pub const COMMON_KEYS: [&str; 12] =
    ["id", "class", "entity", "kind", "mode", "context", "score", "except", "test", "country", "validators", "beats"];

/// Reads all files; later ones change earlier ones.
pub(crate) fn load(files: &[SourceFile<'_>]) -> Loading {
    // A list of words holds no rules.
    let readers: Vec<Reader<'_>> = files
        .iter()
        .map(|file| Reader::new(if file.name.ends_with(".txt") { SourceFile { text: "", ..*file } } else { *file }))
        .collect();
    let tops: Vec<_> = readers.iter().map(Reader::parse).collect();
    let mut set = Loading::default();
    let mut ids: HashMap<String, String> = HashMap::new();
    for (nth, (reader, top)) in readers.iter().zip(&tops).enumerate() {
        reader.check_keys(top.get_ref(), FILE_KEYS, "a rule file");
        layers::disable(reader, top.get_ref(), &mut set);
        set.disabled.iter().for_each(|d| drop(ids.remove(&d.id)));
        read_rules(reader, top.get_ref(), nth, &mut ids, &mut set.rules);
        for value in top.get_ref().get("test_value").map(|v| reader.list(v, "test_value")).unwrap_or_default() {
            set.test_values.extend(read_test_values(reader, value));
        }
    }
    layers::extend(&readers, &tops);
    for (nth, (reader, top)) in readers.iter().zip(&tops).enumerate() {
        layers::change(reader, top.get_ref(), nth, &mut set);
    }
    set.complaints = readers.into_iter().flat_map(Reader::finish).collect();
    set
}

fn read_rules(
    reader: &Reader<'_>,
    top: &DeTable<'_>,
    file: usize,
    ids: &mut HashMap<String, String>,
    rules: &mut Vec<Loaded>,
) {
    for value in top.get("rule").map(|v| reader.list(v, "rule")).unwrap_or_default() {
        let Some(table) = reader.table(value, "rule") else { continue };
        // Also of a rule that is refused: all that is wrong is told at once.
        let is_new = check_unique(reader, table, ids);
        let Some(rule) = read_rule(reader, table, value.span(), file).filter(|_| is_new) else { continue };
        match rules.len() {
            RULES_MAX => reader.error(rule.id_span.clone(), format!("more than {RULES_MAX} rules")),
            _ => rules.push(rule),
        }
    }
}

/// Complains of an id that another rule has; answers whether it is the first.
fn check_unique(reader: &Reader<'_>, table: &DeTable<'_>, ids: &mut HashMap<String, String>) -> bool {
    let Some((id, span)) = table.get("id").and_then(|v| Some((v.get_ref().as_str()?, v.span()))) else { return true };
    let other = ids.insert(id.to_owned(), reader.file.name.to_owned());
    if let Some(other) = &other {
        reader.error_help(
            span,
            format!("there is a rule `{id}` already, in {other}"),
            format!(
                "give this one another id; or change the other with [[adjust]]; or take it out: disable = [\"{id}\"]"
            ),
        );
    }
    other.is_none()
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
    let mode = table.get("mode").and_then(|v| read_mode(reader, v));
    if let Some(kind) = kind_name {
        let known: Vec<&str> = COMMON_KEYS.iter().chain(kinds::keys(kind)).copied().collect();
        reader.check_keys(table, &known, &format!("a rule of kind {kind}"));
    }
    let validators: Vec<&'static Validator> =
        table.get("validators").map(|v| read_validators(reader, v)).unwrap_or_default();
    let (context, need_near, words) = table.get("context").map(|v| read_context(reader, v)).unwrap_or_default();
    let mut score = Score { base: 50, ..Score::default() };
    table.get("score").into_iter().for_each(|v| read_score(reader, v, &mut score));
    let exceptions = table.get("except").map(|v| read_exceptions(reader, v, file)).unwrap_or_default();
    let examples = read_examples(reader, table, &id_span, file);
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
    let origin = Origin {
        file: reader.file.name.to_owned(),
        line: reader.line(&id_span),
        kind: kind_name.unwrap_or_default().to_owned(),
        country: country.clone(),
        ..Origin::default()
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
    let mut loaded = Loaded {
        info,
        compiled,
        examples: Vec::new(),
        beats,
        file,
        id_span,
        words,
        origin,
        form: Form::of(table),
        changed_by: None,
    };
    loaded.add_examples(examples);
    Some(loaded)
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

pub(crate) fn read_mode(reader: &Reader<'_>, value: Value<'_, '_>) -> Option<RuleMode> {
    reader.name(value, "mode", &["on", "shadow"], |name| match name {
        "on" => Some(RuleMode::On),
        "shadow" => Some(RuleMode::Shadow),
        _ => None,
    })
}

/// Keys of a context.
pub const CONTEXT_KEYS: [&str; 4] = ["near", "not_near", "within", "required"];

/// The context, whether it is required, and the words that it was made of.
fn read_context(reader: &Reader<'_>, value: Value<'_, '_>) -> (Context, bool, [Vec<String>; 2]) {
    let Some(table) = reader.table(value, "context") else { return Default::default() };
    reader.check_keys(table, &CONTEXT_KEYS, "a context");
    let list = |key: &str| -> Vec<String> {
        let words = table.get(key).map(|v| reader.strings(v, key)).unwrap_or_default();
        words.into_iter().map(|(word, _)| word.to_owned()).collect()
    };
    let words = [list("near"), list("not_near")];
    let near = table.get("near").and_then(|_| word_set(reader, &value.span(), "near", &words[0]));
    let not_near = table.get("not_near").and_then(|_| word_set(reader, &value.span(), "not_near", &words[1]));
    let within = table.get("within").and_then(|v| reader.name(v, "within", &Within::NAMES, Within::from_name));
    let need_near = table.get("required").and_then(|v| reader.boolean(v, "required")).unwrap_or(false);
    if need_near && near.is_none() {
        reader.error(value.span(), "`required` needs words in `near`");
    }
    (Context { near, not_near, within: within.unwrap_or_default(), ..Context::default() }, need_near, words)
}

pub(crate) fn word_set(reader: &Reader<'_>, span: &Range<usize>, key: &str, words: &[String]) -> Option<WordSet> {
    let built = WordSet::new(words.iter().map(String::as_str));
    if built.is_none() {
        reader.error(span.clone(), format!("`{key}` has too many words"));
    }
    built
}

/// Keys of a score.
pub const SCORE_KEYS: [&str; 8] = ["base", "near", "not_near", "valid", "invalid", "bare", "grouped", "irregular"];

/// Reads the points that are given; the others stay.
pub(crate) fn read_score(reader: &Reader<'_>, value: Value<'_, '_>, score: &mut Score) {
    let Some(table) = reader.table(value, "score") else { return };
    reader.check_keys(table, &SCORE_KEYS, "a score");
    let points = |key: &str| {
        let points = reader.integer(table.get(key)?, key, -100..101)?;
        i16::try_from(points).ok()
    };
    let plain = [
        ("base", &mut score.base),
        ("near", &mut score.near),
        ("not_near", &mut score.not_near),
        ("valid", &mut score.valid),
        ("bare", &mut score.bare),
        ("grouped", &mut score.grouped),
    ];
    for (key, cell) in plain {
        *cell = points(key).unwrap_or(*cell);
    }
    score.invalid = points("invalid").or(score.invalid);
    score.irregular = points("irregular").or(score.irregular);
}

/// Keys of an exception.
pub const EXCEPTION_KEYS: [&str; 4] = ["digest", "reason", "owner", "expires"];

fn read_exceptions(reader: &Reader<'_>, value: Value<'_, '_>, file: usize) -> Vec<Exception> {
    let read = |item: Value<'_, '_>| {
        let table = reader.table(item, "except")?;
        reader.check_keys(table, &EXCEPTION_KEYS, "an exception");
        read_exception(reader, table, item.span(), file)
    };
    reader.list(value, "except").into_iter().filter_map(read).collect()
}

/// One exception, wherever it stands.
pub(crate) fn read_exception(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: Range<usize>,
    file: usize,
) -> Option<Exception> {
    let text = |key: &str| match table.get(key) {
        Some(value) => reader.string(value, key).map(str::to_owned),
        None => {
            reader.error(span.clone(), format!("the exception has no `{key}`"));
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
        reader.error_help(span.clone(), "the exception has no `expires`", "an exception ends; write the day");
    }
    let (digest, reason, owner) = (text("digest"), text("reason"), text("owner"));
    let digest = digest.filter(|d| {
        let hex = d.strip_prefix("k1:").unwrap_or_default();
        let is_digest = hex.len() == DIGEST_DIGITS && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_digest && let Some(value) = table.get("digest") {
            reader.error_help(
                value.span(),
                format!("`digest` is \"k1:\" and {DIGEST_DIGITS} hexadecimal digits"),
                "`lazaret rules except` writes it; the value itself never stands here",
            );
        }
        is_digest
    });
    Some(Exception { digest: digest?, reason: reason?, owner: owner?, expires: expires?, place: (file, span) })
}

/// Hexadecimal digits of an exception's digest: 128 bits.
const DIGEST_DIGITS: usize = 32;

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

fn read_examples(reader: &Reader<'_>, table: &DeTable<'_>, id_span: &Range<usize>, file: usize) -> Vec<Example> {
    let Some(value) = table.get("test") else {
        reader.error_help(
            id_span.clone(),
            "the rule has no `test`",
            "give it an example that it must find, and one it must not",
        );
        return Vec::new();
    };
    let before = reader.errors();
    let examples = read_tests(reader, value, file);
    let has = |empty: bool| examples.iter().any(|e| e.find.is_empty() == empty);
    if reader.errors() == before && !has(false) {
        reader.error(value.span(), "`test` has no example in which the rule must find something");
    }
    if reader.errors() == before && !has(true) {
        reader.error(value.span(), "`test` has no example in which the rule must find nothing (`find = []`)");
    }
    examples
}

/// Keys of an example.
pub const EXAMPLE_KEYS: [&str; 3] = ["text", "find", "min"];

/// A list of examples.
pub(crate) fn read_tests(reader: &Reader<'_>, value: Value<'_, '_>, file: usize) -> Vec<Example> {
    let read = |(item, number): (Value<'_, '_>, usize)| {
        let table = reader.table(item, "test")?;
        reader.check_keys(table, &EXAMPLE_KEYS, "an example");
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
            file,
            span: item.span(),
            number,
        })
    };
    let examples: Vec<Example> = reader.list(value, "test").into_iter().zip(1..).filter_map(read).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for example in &examples {
        if let Some(first) = seen.insert(&example.text, example.number) {
            let message = format!("example {} only repeats example {first}", example.number);
            reader.warn_help(example.span.clone(), message, "write a text that could fail in another way");
        }
    }
    examples
}
