//! What differs between two configurations, by key, and when each key takes effect.

use super::Config;
use lazaret_scan::{Diagnostic, SourceFile};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// When a key that was changed takes effect after a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// For the next message, reply or caller.
    Next,
    /// Its mailbox is drained and begun again.
    Mailbox,
    /// Replies that are being sent are finished first.
    Replies,
    /// Not while the daemon runs: the reload is refused.
    Restart,
}

/// Every key at the top of the file; what stands below one goes with it.
pub(super) const KEYS: &[(&str, Effect)] = &[
    ("tenant", Effect::Restart),
    ("mode", Effect::Next),
    ("store_key", Effect::Restart),
    ("state_dir", Effect::Restart),
    ("runtime_dir", Effect::Restart),
    ("rules", Effect::Next),
    ("policy", Effect::Next),
    ("templates", Effect::Replies),
    ("workers", Effect::Restart),
    ("reply_max_age", Effect::Next),
    ("poll_interval", Effect::Next),
    ("disk_reserve_bytes", Effect::Next),
    ("cache_bytes", Effect::Restart),
    ("quarantine", Effect::Next),
    ("mailbox", Effect::Mailbox),
    ("replies", Effect::Replies),
    ("forward", Effect::Next),
    ("webhook", Effect::Next),
    ("limits", Effect::Next),
    ("helpers", Effect::Restart),
    ("operator", Effect::Next),
];

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Effect::Next => "for the next message",
            Effect::Mailbox => "its mailbox begins again",
            Effect::Replies => "for the next reply",
            Effect::Restart => "after a restart",
        }
    }
}

/// When a key takes effect, in words.
pub(crate) fn effect(key: &str) -> &'static str {
    // Its port is opened once; everything else of the table is asked for each time.
    if key.starts_with("operator.metrics") {
        return Effect::Restart.as_str();
    }
    let top = key.split('.').next().unwrap_or_default();
    KEYS.iter().find(|(known, _)| *known == top).map_or("", |(_, effect)| effect.as_str())
}

/// Complaints about keys that cannot change while the daemon runs.
pub(crate) fn fixed(old: &Config, new: &Config, source: SourceFile<'_>) -> Vec<Diagnostic> {
    let fixed = KEYS.iter().filter(|(_, effect)| *effect == Effect::Restart).map(|(key, _)| *key);
    fixed
        .filter(|key| meaning(key, old) != meaning(key, new))
        .map(|key| {
            let span = super::file::span_of(source, &[key]).unwrap_or(0..0);
            let message = format!("`{key}` cannot change while the daemon runs: it needs a restart");
            Diagnostic::error(source, span, message)
                .help("systemctl restart lazaret, or give it its old value and reload")
        })
        .collect()
}

/// What a key of [`Effect::Restart`] means, its default included; `None` for others.
fn meaning(key: &str, config: &Config) -> Option<String> {
    Some(match key {
        "tenant" => config.tenant.clone(),
        "store_key" => format!("{:?}", config.store_key),
        "state_dir" => config.state_dir.display().to_string(),
        "runtime_dir" => config.runtime_dir.display().to_string(),
        "workers" => config.workers.to_string(),
        "cache_bytes" => config.cache_bytes.to_string(),
        "helpers" => format!("{:?}", config.helpers),
        _ => return None,
    })
}

/// Keys that differ between two texts that load, in the order of their names, as they are written with dots; a mailbox is
/// named by its name: `mailbox.support.folders`. Values are not told.
pub(crate) fn between(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (flat(old), flat(new));
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter(|k| old.get(*k) != new.get(*k)).cloned().collect()
}

/// Names of files that differ, are new, or are gone.
pub(crate) fn of_files(old: &[(String, String)], new: &[(String, String)]) -> Vec<String> {
    let old: BTreeMap<&String, &String> = old.iter().map(|(n, t)| (n, t)).collect();
    let new: BTreeMap<&String, &String> = new.iter().map(|(n, t)| (n, t)).collect();
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).copied().collect();
    names.into_iter().filter(|n| old.get(n) != new.get(n)).cloned().collect()
}

fn flat(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let (table, _) = DeTable::parse_recoverable(text);
    for (key, value) in table.get_ref() {
        flatten(key.get_ref().to_string(), value.get_ref(), &mut out);
    }
    out
}

fn flatten(at: String, value: &DeValue<'_>, out: &mut BTreeMap<String, String>) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                flatten(format!("{at}.{}", key.get_ref()), value.get_ref(), out);
            }
        }
        DeValue::Array(list) if list.iter().any(|v| v.get_ref().is_table()) => {
            for (index, value) in list.iter().enumerate() {
                let name = value.get_ref().get("name").and_then(|n| n.get_ref().as_str().map(str::to_owned));
                flatten(format!("{at}.{}", name.unwrap_or_else(|| index.to_string())), value.get_ref(), out);
            }
        }
        other => {
            out.insert(at, shown(other));
        }
    }
}

/// A value as text to compare, without the places of its parts.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(list) => list.iter().map(|v| format!("{},", shown(v.get_ref()))).collect(),
        DeValue::String(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::parse;
    use std::path::Path;

    const GOOD: &str = "tenant = \"acme\"\nmode = \"observe\"\nstore_key = \"credential:k\"\nstate_dir = \"s\"\n\
        runtime_dir = \"r\"\nworkers = 2\ncache_bytes = \"32MiB\"\n[[mailbox]]\nname = \"a\"\naddresses = \
        [\"a@acme.example\"]\nmaildir = \".\"\n[[mailbox]]\nname = \"b\"\naddresses = [\"b@acme.example\"]\n\
        maildir = \"/tmp\"\n";

    fn config(text: &str) -> Config {
        let (config, complaints) = parse(SourceFile { name: "t", text }, Path::new("/"));
        config.unwrap_or_else(|| panic!("{complaints:?}"))
    }

    #[test]
    fn every_key_of_the_schema_says_when_it_takes_effect() {
        let schema: serde_json::Value =
            serde_json::from_str(&crate::schema::text(crate::cli::Schema::Config)).expect("JSON");
        let mut known: Vec<&str> =
            schema["properties"].as_object().expect("it has keys").keys().map(String::as_str).collect();
        let mut ours: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
        known.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, known);
        let config = config(GOOD);
        for (key, effect) in KEYS {
            assert_eq!(meaning(key, &config).is_some(), *effect == Effect::Restart, "{key}");
            assert!(!super::effect(&format!("{key}.x")).is_empty());
        }
        let port = ["operator.metrics", "operator.alert_to"].map(super::effect);
        assert_eq!(port, ["after a restart", "for the next message"]);
    }

    #[test]
    fn what_cannot_change_is_refused_at_its_line_and_all_else_is_not() {
        let old = config(GOOD);
        for (from, to, want) in [
            ("tenant = \"acme\"", "tenant = \"other\"", Some((1, "`tenant`"))),
            ("tenant = \"acme\"\n", "", Some((1, "`tenant`"))),
            ("credential:k", "credential:l", Some((3, "`store_key`"))),
            ("state_dir = \"s\"", "state_dir = \"/tmp\"", Some((4, "`state_dir`"))),
            ("runtime_dir = \"r\"", "runtime_dir = \"/tmp\"", Some((5, "`runtime_dir`"))),
            ("workers = 2", "workers = 3", Some((6, "`workers`"))),
            ("32MiB", "33MiB", Some((7, "`cache_bytes`"))),
            ("32MiB", "32768KiB", None),
            ("name = \"a\"", "name = \"c\"", None),
            ("workers = 2", "workers = 2\npoll_interval = \"5s\"", None),
        ] {
            let text = GOOD.replacen(from, to, 1);
            let found = fixed(&old, &config(&text), SourceFile { name: "t", text: &text });
            let found: Vec<_> = found.iter().map(|d| (d.line, d.message.clone())).collect();
            match want {
                None => assert_eq!(found, [], "{to}"),
                Some((line, key)) => {
                    assert!(found.len() == 1 && found[0].0 == line && found[0].1.starts_with(key), "{to}: {found:?}");
                    assert!(found[0].1.contains("needs a restart"));
                }
            }
        }
    }

    #[test]
    fn changes_are_named_by_key_and_never_by_value() {
        for (from, to, want) in [
            ("", "", &[][..]),
            ("workers = 2", "# workers\nworkers   = 2", &[]),
            ("workers = 2", "workers = 3", &["workers"]),
            ("name = \"b\"", "name = \"b\"\nfolders = [\"INBOX\"]", &["mailbox.b.folders"]),
            ("b@acme.example", "c@acme.example", &["mailbox.b.addresses"]),
            (
                "name = \"b\"\n",
                "name = \"c\"\n",
                &[
                    "mailbox.b.addresses",
                    "mailbox.b.maildir",
                    "mailbox.b.name",
                    "mailbox.c.addresses",
                    "mailbox.c.maildir",
                    "mailbox.c.name",
                ],
            ),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_eq!(between(GOOD, &text), want, "{to}");
        }
        let files = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect()
        };
        let (old, new) = (files(&[("a", "1"), ("b", "2"), ("c", "3")]), files(&[("a", "1"), ("b", "x"), ("d", "3")]));
        assert_eq!(of_files(&old, &new), ["b", "c", "d"]);
    }
}
