//! What is told about the command line and the configuration outside of them: manual pages, completions, JSON Schemas and
//! one table of all keys. All of it is made from what reads arguments and files, so that it cannot say something else.

use crate::cli::{Cli, Schema};
use crate::config::file::{keys as read_keys, parse};
use crate::schema;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use lazaret_scan::SourceFile;
use roff::{Roff, bold, roman};
use std::collections::BTreeMap;
use std::io::Result;
use std::path::Path;

/// The sample configuration: what a key is for stands above it.
const SAMPLE: &str = include_str!("../../../config/lazaret.toml");

/// One key of the configuration.
#[derive(Debug, Default)]
struct Key {
    /// As `mailbox.imap.host`.
    path: String,
    /// What its reader takes: kind and bounds.
    takes: String,
    value: Usual,
    about: String,
}

/// What stands in for a key that is not written.
#[derive(Debug, Default, PartialEq, Eq)]
enum Usual {
    /// It has to be written.
    Required,
    /// This, as in TOML.
    Default(String),
    /// Nothing; this is an example.
    Example(String),
    /// What the description says.
    #[default]
    Told,
}

impl Usual {
    fn shown(&self) -> (&'static str, &str) {
        match self {
            Usual::Required => ("required", ""),
            Usual::Default(value) => ("", value),
            Usual::Example(value) => ("none, such as", value),
            Usual::Told => ("", ""),
        }
    }
}

/// Writes everything into a folder: `man/man1`, `man/man5`, `completions`, `schema`, `CONFIG.md`.
pub(crate) fn write(dir: &Path) -> Result<()> {
    let (man1, man5) = (dir.join("man/man1"), dir.join("man/man5"));
    let (completions, schemas) = (dir.join("completions"), dir.join("schema"));
    for folder in [&man1, &man5, &completions, &schemas] {
        std::fs::create_dir_all(folder)?;
    }
    clap_mangen::generate_to(Cli::command(), &man1)?;
    let keys = keys();
    std::fs::write(man5.join("lazaret.toml.5"), page(&keys))?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Cli::command(), "lazaret", &completions)?;
    }
    for of in Schema::value_variants() {
        std::fs::write(schemas.join(format!("{}.schema.json", of.name())), schema::text(*of) + "\n")?;
    }
    std::fs::write(dir.join("CONFIG.md"), table(&keys))
}

/// All keys in the order of the sample, those of an inline table after it.
fn keys() -> Vec<Key> {
    let mut takes = read_keys(file(&all_on(SAMPLE)));
    // Of what excludes each other only one is read; the sample as it stands has the other.
    takes.extend(read_keys(file(SAMPLE)));
    let required = schema::required();
    let entries = entries();
    // What is listed in the comment of a table, and where a key has no words of its own.
    let listed: BTreeMap<String, &str> = entries
        .iter()
        .flat_map(|e| e.inner.iter().map(|(name, about)| (format!("{}.{name}", e.path), about.as_str())))
        .collect();
    let own: Vec<&str> = entries.iter().map(|e| e.path.as_str()).collect();
    let mut out: Vec<Key> = Vec::new();
    let mut push = |path: &str, value: Usual, about: &str| {
        if let Some(takes) = takes.get(path).filter(|_| !out.iter().any(|k| k.path == path)) {
            out.push(Key { path: path.to_owned(), takes: takes.clone(), value, about: about.to_owned() });
        }
    };
    for entry in &entries {
        let about = if entry.about.is_empty() { listed.get(&entry.path).copied().unwrap_or("") } else { &entry.about };
        push(&entry.path, entry.line.map_or(Usual::Told, |line| usual(line, about)), about);
        let inner = |path: &&String| path.strip_prefix(&entry.path).is_some_and(|rest| rest.starts_with('.'));
        for path in
            takes.keys().filter(|_| entry.line.is_some()).filter(inner).filter(|path| !own.contains(&path.as_str()))
        {
            let value = if required.contains(path) { Usual::Required } else { Usual::Told };
            let parent = format!("see `{}`", entry.path);
            push(path, value, listed.get(path).copied().unwrap_or(&parent));
        }
    }
    out
}

fn file(text: &str) -> SourceFile<'_> {
    SourceFile { name: "lazaret.toml", text }
}

/// What the sample says about one key or table.
struct Entry {
    path: String,
    /// Number of its line; none for a header.
    line: Option<usize>,
    about: String,
    /// Keys of the inline table, described in an indented list.
    inner: Vec<(String, String)>,
}

fn entries() -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    let (mut table, mut comment, mut fresh) = (String::new(), Vec::new(), true);
    for (number, line) in SAMPLE.lines().enumerate() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = header(bare) {
            name.clone_into(&mut table);
            let (about, inner) = described(&comment);
            out.push(Entry { path: table.clone(), line: None, about, inner });
            (comment, fresh) = (Vec::new(), true);
        } else if let Some(key) = key_of(bare) {
            let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
            let (about, inner) = described(&comment);
            out.push(Entry { path, line: Some(number), about, inner });
            fresh = true;
        } else if let Some(words) = line.strip_prefix('#') {
            if fresh {
                comment.clear();
            }
            comment.push(words);
            fresh = false;
        } else {
            comment.clear();
        }
    }
    out
}

fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    let name = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'));
    plain.then_some(name)
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_').then_some(key)
}

/// A comment as a sentence, and the list of keys in it: three spaces, names, two spaces or more, words.
fn described(comment: &[&str]) -> (String, Vec<(String, String)>) {
    let (mut about, mut inner): (Vec<&str>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    let mut open = 0;
    for line in comment {
        if let Some((names, words)) = line.strip_prefix("   ").and_then(listed) {
            open = names.len();
            inner.extend(names.into_iter().map(|name| (name.to_owned(), words.trim().to_owned())));
        } else if open > 0 && line.starts_with("          ") {
            let from = inner.len() - open;
            for (_, words) in inner.iter_mut().skip(from) {
                words.push(' ');
                words.push_str(line.trim());
            }
        } else {
            open = 0;
            about.extend(line.split_whitespace());
        }
    }
    (about.join(" ").trim().to_owned(), inner)
}

fn listed(line: &str) -> Option<(Vec<&str>, &str)> {
    let (names, words) = line.split_once("  ")?;
    let names: Vec<&str> = names.split(", ").collect();
    let plain = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    names.iter().all(plain).then_some((names, words))
}

/// The sample with every commented key switched on.
pub(crate) fn all_on(sample: &str) -> String {
    let on = |line: &str| {
        let bare = line.strip_prefix("# ").filter(|l| key_of(l).is_some() || header(l).is_some());
        format!("{}\n", bare.unwrap_or(line))
    };
    sample.lines().map(on).collect()
}

/// Does the file without the key mean the same as with it, or nothing at all?
fn usual(number: usize, about: &str) -> Usual {
    let with = |change: &dyn Fn(&str) -> String| {
        let lines = SAMPLE.lines().enumerate();
        let text: String =
            lines.map(|(n, l)| format!("{}\n", if n == number { change(l) } else { l.to_owned() })).collect();
        parse(file(&text), Path::new("/")).0.map(|config| format!("{config:?}"))
    };
    let line = SAMPLE.lines().nth(number).unwrap_or_default();
    let bare = line.strip_prefix("# ").unwrap_or(line);
    let value = bare.split_once(" = ").map_or("", |(_, value)| value).to_owned();
    let (off, on) = (with(&|_| String::new()), with(&|_| bare.to_owned()));
    match (off, on) {
        (None, Some(_)) => Usual::Required,
        // Some defaults depend on the machine.
        _ if about.contains("Default") => Usual::Told,
        (off, on) if off.is_some() && off == on => Usual::Default(value),
        _ => Usual::Example(value),
    }
}

/// One table, in Markdown.
fn table(keys: &[Key]) -> String {
    let mut out = String::from(
        "# Every key of lazaret.toml\n\n\
         Made by `cargo xtask docs --write` from what reads the file and from [the sample](../config/lazaret.toml); do not \
         edit it. The same is the manual page lazaret.toml(5). Keys of `mailbox` stand under each `[[mailbox]]`. Durations \
         are written `30s`, `15m`, `72h`, `14d`, `2w`; sizes as a number of bytes or `\"512KiB\"`, `\"35MiB\"`, `\"2GiB\"`.\n\n\
         | key | takes | default | meaning |\n| --- | --- | --- | --- |\n",
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for key in keys {
        let (words, value) = key.value.shown();
        let value = if value.is_empty() { String::new() } else { format!("`{value}`") };
        let usual = format!("{words} {value}");
        out += &format!("| `{}` | {} | {} | {} |\n", key.path, cell(&key.takes), cell(usual.trim()), cell(&key.about));
    }
    out
}

/// The manual page lazaret.toml(5).
fn page(keys: &[Key]) -> String {
    let version = concat!("lazaret ", env!("CARGO_PKG_VERSION"));
    let mut roff = Roff::new();
    roff.control("TH", ["lazaret.toml", "5", "", version, ""]);
    roff.control("SH", ["NAME"]).text([roman("lazaret.toml - configuration of lazaret(1)")]);
    roff.control("SH", ["SYNOPSIS"]).text([roman("/etc/lazaret/lazaret.toml")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "TOML. lazaret init writes it with comments, lazaret check finds what is wrong with it. Secrets never stand in it, \
         only where they are: \"credential:NAME\" (systemd) or \"file:PATH\" (mode 0600). Durations are written 30s, 15m, \
         72h, 14d, 2w; sizes as a number of bytes or \"512KiB\", \"35MiB\", \"2GiB\". Paths are absolute, or relative to \
         the folder of the file. Keys of mailbox stand under each [[mailbox]].",
    )]);
    roff.control("SH", ["KEYS"]);
    for key in keys {
        let (words, value) = key.value.shown();
        let usual = match (words, value) {
            ("", "") => String::new(),
            ("", value) => format!("; default {value}"),
            (words, value) => format!("; {words} {value}").trim_end().to_owned(),
        };
        roff.control("TP", []);
        roff.text([bold(key.path.as_str()), roman(format!(" ({}{usual})", key.takes))]);
        roff.text([roman(key.about.replace('`', ""))]);
    }
    roff.control("SH", ["SEE ALSO"]).text([roman("lazaret(1), lazaret-init(1), lazaret-check(1)")]);
    roff.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Paths of all keys of a schema.
    fn paths(schema: &serde_json::Value, at: &str, out: &mut BTreeSet<String>) {
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            paths(inner, &path, out);
            paths(&inner["items"], &path, out);
            out.insert(path);
        }
    }

    #[test]
    fn every_key_that_is_read_is_in_schema_sample_and_table() {
        let mut read = read_keys(file(&all_on(SAMPLE)));
        read.extend(read_keys(file(SAMPLE)));
        let read: BTreeSet<String> = read.into_keys().collect();
        let mut schema = BTreeSet::new();
        paths(&schema::value(Schema::Config), "", &mut schema);
        let told: BTreeSet<String> = keys().into_iter().map(|k| k.path).collect();
        let missing = |of: &BTreeSet<String>, from: &BTreeSet<String>| of.difference(from).cloned().collect::<Vec<_>>();
        assert_eq!(missing(&read, &schema), [""; 0], "read, but not in schema.rs");
        assert_eq!(missing(&schema, &read), [""; 0], "in schema.rs, but not read with the whole sample switched on");
        assert_eq!(missing(&read, &told), [""; 0], "read, but not in config/lazaret.toml");
        assert!(read.contains("mailbox.imap.host") && read.contains("operator.roles.agent"), "{read:?}");
    }

    #[test]
    fn every_key_says_what_it_is_for() {
        let keys = keys();
        let dumb: Vec<&str> = keys.iter().filter(|k| k.about.is_empty()).map(|k| k.path.as_str()).collect();
        assert_eq!(dumb, [""; 0], "no comment above it in config/lazaret.toml");
        let of = |path: &str| keys.iter().find(|k| k.path == path).expect("a key");
        assert_eq!(of("mailbox.name").value, Usual::Required);
        assert_eq!(of("mailbox.imap.host").value, Usual::Required);
        assert_eq!(of("poll_interval").value, Usual::Default("\"30s\"".into()));
        assert_eq!(of("mailbox.start").value, Usual::Example("\"now\"".into()));
        assert_eq!(of("mailbox.imap.batch_messages_max").takes, "1 to 1000");
        assert!(of("mailbox.imap.batch_messages_max").about.contains("one command"));
        assert_eq!(of("operator.roles.auditor").about, "the audit trail");
        assert_eq!(of("limits.parts_max").takes, "1 to 100000");
    }

    #[test]
    fn the_table_in_deploy_is_this_one() {
        let there = include_str!("../../../deploy/CONFIG.md");
        assert!(there == table(&keys()), "deploy/CONFIG.md is stale: `cargo xtask docs --write` writes it anew");
    }

    #[test]
    fn all_of_it_is_written() {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path()).expect("written");
        let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect(name);
        for (name, holds) in [
            ("man/man1/lazaret.1", "lazaret\\-rules(1)"),
            ("man/man1/lazaret-rules-diff.1", "\\-\\-stored"),
            ("man/man5/lazaret.toml.5", "mailbox.imap.host"),
            ("completions/lazaret.bash", "quarantine"),
            ("completions/_lazaret", "#compdef lazaret"),
            ("completions/lazaret.fish", "complete -c lazaret"),
            ("schema/config.schema.json", "sender_proof"),
        ] {
            assert!(text(name).contains(holds), "{name}");
        }
        assert!(!dir.path().join("man/man1/lazaret-worker.1").exists(), "it is hidden");
    }
}
