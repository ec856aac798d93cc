//! JSON Schemas of rule files, policies, profiles and the configuration, for editors. Which words there are comes from what
//! reads the files, so that a schema never promises a key that is not read, or lacks one that is.

use crate::cli::Schema;
use lazaret_scan::{Action, Class, keys};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The schema as JSON, indented.
pub(crate) fn text(of: Schema) -> String {
    format!("{:#}", value(of))
}

/// Keys of the configuration that may not be left out, as `mailbox.imap.host`.
pub(crate) fn required() -> BTreeSet<String> {
    fn walk(schema: &Value, at: &str, out: &mut BTreeSet<String>) {
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            out.insert(format!("{at}{key}"));
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}{key}.");
            walk(inner, &at, out);
            walk(&inner["items"], &at, out);
        }
    }
    let mut out = BTreeSet::new();
    walk(&config(), "", &mut out);
    out
}

/// The schema.
pub(crate) fn value(of: Schema) -> Value {
    match of {
        Schema::Rules => rules(),
        Schema::Policy => policy(),
        Schema::Profile => profile(),
        Schema::Config => config(),
    }
}

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// A table with these keys and no others.
fn table(keys: &[&str], required: &[&str], value: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), value(key))).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn strings() -> Value {
    list(json!({ "type": "string" }))
}

fn string(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn points() -> Value {
    json!({ "type": "integer", "minimum": -100, "maximum": 100 })
}

fn score() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 100 })
}

fn actions() -> Vec<&'static str> {
    Action::ALL.map(Action::as_str).to_vec()
}

fn classes() -> Vec<&'static str> {
    Class::ALL.iter().map(|c| c.as_str()).collect()
}

/// `date` of TOML; taplo hands it on as a string.
fn day() -> Value {
    json!({ "description": "the last day on which it holds, such as 2027-06-30" })
}

fn about(key: &str) -> Option<&'static str> {
    Some(match key {
        "extend" => "shipped: these files come after the compiled-in rules (default); none: they stand alone",
        "disable" => "rules of earlier files that are taken out; * stands for any characters",
        "adjust" => "changes of rules of other files",
        "except" => "values that a rule lets pass until a day; written by `lazaret rules except`",
        "test_value" => "published values, such as card numbers for trials",
        "id" => "small letters, digits and hyphens",
        "entity" => "the exact type, such as us_ssn",
        "country" => "ISO 3166-1 alpha-2",
        "mode" => "shadow: counts and explains without acting",
        "beats" => "rules whose findings this one replaces where they overlap",
        "pattern" => "ASCII, whole words; no look-around, no back-references",
        "anchors" => "literals of which one stands in or near every match; found by itself where it can be",
        "lengths" => "legal numbers of digits",
        "groupings" => "sizes of groups, such as \"4-4-4-4\"",
        "separators" => "characters that may stand between groups",
        "shapes" => "A capital, a letter, 9 digit, X capital or digit; others stand for themselves",
        "test" => "examples, run at load: find = [] where nothing may be found",
        "profiles" => "what none of them names is in shadow; several: a union in which the strictest wins",
        _ => return None,
    })
}

fn described(key: &str, mut value: Value) -> Value {
    if let (Some(about), Some(map)) = (about(key), value.as_object_mut()) {
        map.entry("description").or_insert(about.into());
    }
    value
}

fn rules() -> Value {
    let mut schema = table(keys::FILE, &[], |key| {
        let value = match key {
            "extend" => json!({ "enum": keys::EXTEND }),
            "disable" => strings(),
            "adjust" => list(table(&keys::ADJUST, &["id"], adjust_value)),
            "except" => list(exception(true)),
            "test_value" => list(table(&["values", "source"], &["values", "source"], |key| match key {
                "values" => strings(),
                _ => string("where they are published"),
            })),
            _ => list(rule()),
        };
        described(key, value)
    });
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Lazaret: rule file".into();
    schema
}

/// A rule: all keys of all kinds, and for each kind which of them it may have.
fn rule() -> Value {
    let mut all: Vec<&str> = keys::COMMON.to_vec();
    all.extend(keys::kinds().flat_map(|(_, keys)| keys));
    all.sort_unstable();
    all.dedup();
    let mut rule = table(&all, &["id", "class", "kind", "test"], |key| described(key, rule_value(key)));
    rule["allOf"] = keys::kinds()
        .map(|(kind, keys)| {
            let known: Vec<&str> = keys::COMMON.iter().chain(keys).copied().collect();
            json!({
                "if": { "properties": { "kind": { "const": kind } } },
                "then": { "propertyNames": { "enum": known } },
            })
        })
        .collect();
    rule
}

fn rule_value(key: &str) -> Value {
    match key {
        "id" => json!({ "type": "string", "pattern": "^[a-z0-9-]{1,64}$" }),
        "class" => json!({ "enum": classes() }),
        "kind" => json!({ "enum": keys::kinds().map(|(kind, _)| kind).collect::<Vec<_>>() }),
        "country" => json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
        "validators" => list(json!({ "enum": keys::validators() })),
        "mode" => json!({ "enum": ["on", "shadow"] }),
        "context" => table(&keys::CONTEXT, &[], context_value),
        "score" => table(&keys::SCORE, &[], |_| points()),
        "except" => list(exception(false)),
        "test" => tests(),
        "beats" | "anchors" | "groupings" | "shapes" | "words" => strings(),
        "window" => table(&["before", "after"], &[], |_| json!({ "type": "integer", "minimum": 0, "maximum": 65_536 })),
        "lengths" => list(json!({ "type": "integer", "minimum": 3, "maximum": 24 })),
        "prefixes" => list(table(&["from", "to", "lengths", "points"], &["from"], |key| match key {
            "lengths" => list(json!({ "type": "integer" })),
            "points" => points(),
            _ => json!({ "type": "string", "pattern": "^[0-9]{1,12}$" }),
        })),
        "glued" => json!({ "type": "boolean" }),
        "value" => json!({ "enum": keys::prose_values() }),
        "entity" | "pattern" | "separators" | "lead" => json!({ "type": "string" }),
        // What the reader of the kind says better.
        _ => json!({}),
    }
}

fn context_value(key: &str) -> Value {
    match key {
        "within" => json!({ "enum": keys::WITHIN }),
        "required" => json!({ "type": "boolean" }),
        _ => strings(),
    }
}

fn adjust_value(key: &str) -> Value {
    match key {
        "id" => string("a rule; * stands for any characters"),
        "context" => table(&keys::ADJUST_CONTEXT, &[], context_value),
        key => rule_value(key),
    }
}

fn exception(with_rule: bool) -> Value {
    let keys: Vec<&str> = with_rule.then_some("rule").into_iter().chain(keys::EXCEPTION).collect();
    table(&keys, &keys, |key| match key {
        "digest" => json!({ "type": "string", "pattern": "^k1:[0-9a-f]{32}$" }),
        "expires" => day(),
        _ => json!({ "type": "string" }),
    })
}

fn tests() -> Value {
    list(table(&keys::EXAMPLE, &["text", "find"], |key| match key {
        "text" => json!({ "type": "string" }),
        "find" => strings(),
        _ => score(),
    }))
}

fn policy() -> Value {
    let needed = ["min_score", "bulk", "unexamined", "action"];
    let mut schema = table(&keys::POLICY, &needed, |key| {
        let value = match key {
            "profiles" => strings(),
            "min_score" => min_score(true),
            "bulk" => table(&keys::BULK, &[], |key| match key {
                "needs" => list(json!({ "enum": classes() })),
                _ => json!({ "type": "integer", "minimum": 2 }),
            }),
            "unexamined" => table(&keys::unexamined(), &keys::unexamined(), |key| match key {
                "picture" | "signature" => json!({ "enum": ["allow", "flag"] }),
                _ => json!({ "enum": actions() }),
            }),
            "keep" => table(&keys::KEEP, &[], |key| match key {
                "until_told" => json!({ "type": "boolean" }),
                _ => json!({ "type": "string", "pattern": "^(0|[0-9]+[dhms])$" }),
            }),
            "action" => table(&actions(), &[], |_| list(json!({ "enum": classes() }))),
            "profile" => json!({ "type": "object", "additionalProperties": bare_profile() }),
            _ => json!({ "type": "object", "additionalProperties": table(&["action", "keep"], &[], |key| match key {
                "action" => json!({ "enum": actions() }),
                _ => json!({ "const": "nothing" }),
            })}),
        };
        described(key, value)
    });
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Lazaret: policy".into();
    schema
}

fn min_score(whole: bool) -> Value {
    let asked = actions().into_iter().filter(|a| *a != "allow").collect::<Vec<_>>();
    table(&asked, if whole { &asked } else { &[] }, |_| score())
}

fn bare_profile() -> Value {
    table(&keys::PROFILE, &["select"], |key| match key {
        "about" => string("what it is for"),
        _ => list(table(&keys::SELECT, &[], |key| match key {
            "action" => json!({ "enum": actions() }),
            "min_score" => min_score(false),
            "keep" => json!({ "const": "nothing" }),
            "countries" => list(json!({ "type": "string", "pattern": "^[A-Z]{2}$" })),
            _ => strings(),
        })),
    })
}

fn profile() -> Value {
    let mut schema = bare_profile();
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Lazaret: profile".into();
    schema
}

/// Strings, and tables of keys, of the configuration; numbers and durations stand for themselves.
fn config() -> Value {
    let text = || json!({ "type": "string" });
    let size = || json!({ "type": ["string", "integer"] });
    let flag = || json!({ "type": "boolean" });
    let limits = [
        "message_bytes_max",
        "header_bytes_max",
        "header_fields_max",
        "addresses_max",
        "parts_max",
        "nesting_depth_max",
        "text_bytes_max",
        "findings_max",
        "answer_bytes_max",
        "cpu_secs_max",
        "wall_secs_max",
        "worker_bytes_max",
        "worker_retire_bytes",
        "worker_messages_max",
        "document_secs_max",
        "documents_secs_max",
        "files_bytes_max",
    ];
    let reply_limits = [
        "proven_per_day_max",
        "unproven_per_day_max",
        "domain_per_hour_max",
        "tenant_per_hour_max",
        "breaker_per_minute_max",
    ];
    let mailbox = [
        "name",
        "addresses",
        "imap",
        "auth",
        "maildir",
        "folders",
        "start",
        "deliver",
        "held",
        "sender_proof",
        "staff",
        "reporters",
        "countries",
        "language",
        "policy",
    ];
    let mailbox = table(&mailbox, &["name", "addresses"], |key| match key {
        "imap" => {
            table(&["host", "port", "user", "ca_file", "batch_messages_max"], &["host", "user"], |key| match key {
                "port" | "batch_messages_max" => json!({ "type": "integer" }),
                _ => text(),
            })
        }
        "auth" => table(&["kind", "secret", "token_command"], &["kind"], |key| match key {
            "kind" => json!({ "enum": ["password", "xoauth2", "oauthbearer"] }),
            "token_command" => strings(),
            _ => text(),
        }),
        "reporters" => list(table(&["from", "customer"], &["from"], |key| match key {
            "customer" => json!({ "enum": ["reply-to", "from"] }),
            _ => text(),
        })),
        "addresses" | "folders" | "staff" | "countries" => strings(),
        "deliver" => json!({ "type": ["string", "array"], "items": text() }),
        // A word or a day.
        "start" => json!({}),
        _ => text(),
    });
    let smtp = table(&["host", "port", "tls", "user", "secret", "ca_file"], &["host"], |key| match key {
        "port" => json!({ "type": "integer" }),
        "tls" => json!({ "enum": ["implicit", "starttls", "none"] }),
        _ => text(),
    });
    let forward = table(&["smtp", "envelope_from"], &[], |key| if key == "smtp" { smtp.clone() } else { text() });
    let webhook = table(&["secret", "ca_file", "files_bytes_max"], &[], |key| match key {
        "files_bytes_max" => size(),
        _ => text(),
    });
    let replies =
        ["smtp", "files", "from", "envelope_from", "receipt", "portal", "link_lifetime", "phone", "language", "limits"];
    let replies = table(&replies, &["from"], |key| match key {
        "smtp" => smtp.clone(),
        "receipt" => json!({ "enum": ["new-ticket", "never"] }),
        "limits" => table(&reply_limits, &[], |_| json!({ "type": "integer", "minimum": 0 })),
        _ => text(),
    });
    let top = [
        "tenant",
        "mode",
        "store_key",
        "state_dir",
        "runtime_dir",
        "rules",
        "policy",
        "templates",
        "workers",
        "reply_max_age",
        "poll_interval",
        "disk_reserve_bytes",
        "cache_bytes",
        "quarantine",
        "mailbox",
        "replies",
        "forward",
        "webhook",
        "limits",
        "helpers",
        "operator",
    ];
    let operator =
        ["alert_to", "alert_webhook", "alert_webhook_ca_file", "alert_when", "metrics", "metrics_open_to_all", "roles"];
    let alert_when = [
        "mailbox_failing",
        "login_refused",
        "mail_waiting",
        "outbox_oldest",
        "relay_failing",
        "token_left",
        "recovered_after",
        "worker_crashes_per_hour",
    ];
    let mut schema = table(&top, &["mode", "store_key", "mailbox"], |key| match key {
        "mode" => json!({ "enum": ["observe", "enforce"] }),
        "workers" => json!({ "type": "integer", "minimum": 1, "maximum": 256 }),
        "disk_reserve_bytes" | "cache_bytes" => size(),
        "quarantine" => {
            table(&["recipients", "four_eyes"], &[], |key| if key == "four_eyes" { flag() } else { strings() })
        }
        "mailbox" => list(mailbox.clone()),
        "replies" => replies.clone(),
        "forward" => forward.clone(),
        "webhook" => webhook.clone(),
        "limits" => table(&limits, &[], |_| size()),
        "helpers" => table(&["tesseract", "languages", "pdftotext"], &[], |key| match key {
            "languages" => strings(),
            _ => text(),
        }),
        "operator" => table(&operator, &[], |key| match key {
            "alert_webhook" | "alert_webhook_ca_file" | "metrics" => text(),
            "metrics_open_to_all" => flag(),
            "alert_when" => table(&alert_when, &[], |key| match key {
                "worker_crashes_per_hour" => json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000 }),
                _ => text(),
            }),
            "roles" => table(
                &["operator", "agent", "officer", "auditor"],
                &[],
                |_| json!({ "type": ["string", "array"], "items": { "type": "string" } }),
            ),
            _ => strings(),
        }),
        _ => text(),
    });
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Lazaret: lazaret.toml".into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_scan::shipped;

    /// What of a value does not fit a schema: as much of JSON Schema as the schemas here use.
    fn misfits(schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let is = |name: &&str| match *name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            _ => value.is_boolean(),
        };
        if !types.is_empty() && !types.iter().any(is) {
            out.push(format!("{at}: no {types:?}"));
        }
        if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
            out.push(format!("{at}: not among the known"));
        }
        if schema.get("const").is_some_and(|only| only != value) {
            out.push(format!("{at}: not the only value"));
        }
        if schema["minimum"].as_i64().is_some_and(|min| value.as_i64().is_some_and(|n| n < min)) {
            out.push(format!("{at}: too small"));
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(key).is_none() {
                out.push(format!("{at}: no {key}"));
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let fits = part["if"]["properties"]["kind"]["const"] == value["kind"];
            let known = part["then"]["propertyNames"]["enum"].as_array().expect("a list of names");
            for key in value.as_object().filter(|_| fits).into_iter().flat_map(Map::keys) {
                if !known.contains(&json!(key)) {
                    out.push(format!("{at}.{key}: not of this kind"));
                }
            }
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            let at = format!("{at}.{key}");
            match (schema["properties"].get(key), &schema["additionalProperties"]) {
                (Some(schema), _) => misfits(schema, inner, &at, out),
                (None, Value::Bool(false)) => out.push(format!("{at}: not known")),
                (None, other) => misfits(other, inner, &at, out),
            }
        }
        for item in value.as_array().into_iter().flatten() {
            misfits(&schema["items"], item, &format!("{at}[]"), out);
        }
    }

    fn check(of: Schema, toml: &str) -> Vec<String> {
        let value: Value = toml::from_str(toml).expect("it is TOML");
        let mut out = Vec::new();
        misfits(&super::value(of), &value, "", &mut out);
        out
    }

    #[test]
    fn every_shipped_file_fits_its_schema() {
        for (name, text) in shipped::RULE_FILES {
            assert_eq!(check(Schema::Rules, text), [""; 0], "{name}");
        }
        for (name, text) in shipped::PROFILE_FILES {
            assert_eq!(check(Schema::Profile, text), [""; 0], "{name}");
        }
        assert_eq!(check(Schema::Policy, shipped::POLICY_FILE.1), [""; 0]);
    }

    #[test]
    fn the_configuration_has_every_key_of_the_sample_and_no_other() {
        let sample = include_str!("../../../config/lazaret.toml");
        let on = crate::manual::all_on(sample);
        assert_eq!(check(Schema::Config, &on), [""; 0]);
        fn keys_of(schema: &Value, out: &mut Vec<String>) {
            for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
                out.push(key.clone());
                keys_of(inner, out);
                keys_of(&inner["items"], out);
            }
        }
        let mut keys = Vec::new();
        keys_of(&super::value(Schema::Config), &mut keys);
        assert!(keys.len() > 60, "{}", keys.len());
        let words: Vec<&str> = sample.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let missing: Vec<&String> = keys.iter().filter(|key| !words.contains(&key.as_str())).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        for (of, text, want) in [
            (
                Schema::Rules,
                "[[rule]]\nid = \"x\"\nclass = \"secrets\"\nkind = \"regex\"\ntest = []",
                ".rule[].class: not among",
            ),
            (
                Schema::Rules,
                "[[rule]]\nid = \"x\"\nkind = \"digits\"\npattern = \"x\"",
                ".rule[].pattern: not of this kind",
            ),
            (Schema::Rules, "[[adjust]]\nmode = \"on\"", ".adjust[]: no id"),
            (Schema::Rules, "disabled = []", ".disabled: not known"),
            (Schema::Policy, "min_score = { flag = \"x\" }", ".min_score.flag: no [\"integer\"]"),
            (Schema::Profile, "select = [{ clases = [] }]", ".select[].clases: not known"),
            (Schema::Config, "mode = \"off\"", ".mode: not among"),
        ] {
            let all = check(of, text);
            assert!(all.iter().any(|m| m.starts_with(want)), "{text}: {all:?}");
        }
    }
}
