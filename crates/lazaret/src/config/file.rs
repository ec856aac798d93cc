//! TOML as written → [`Config`] as meant. Only this conversion complains, about everything at once, before any port is
//! opened and before any login.

use super::reader::{At, Reader, Table};
use super::value::{self, problem};
use super::{Config, Mode, Operator, Principal, Quarantine, Role, SecretRef, mailbox, operator, replies, sinks};
use crate::worker::Helpers;
use lazaret_core::Limits;
use lazaret_scan::{Diagnostic, Severity, SourceFile};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the configuration is found unless told.
pub(crate) const DEFAULT_PATH: &str = "/etc/lazaret/lazaret.toml";
/// Where the socket is unless told.
const RUNTIME_DIR: &str = "/run/lazaret";
/// A larger file is refused unread.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A configuration that loaded, and what the operator should look at all the same.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// As meant.
    pub(crate) config: Config,
    /// Warnings, in the order of the file.
    pub(crate) warnings: Vec<Diagnostic>,
    /// The file, to show lines of.
    pub(crate) source: Text,
}

/// A configuration that did not load.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Errors and warnings, in the order of the file; at least one error.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The file, to show lines of; empty if it could not be read.
    pub(crate) source: Text,
}

/// A file's name and text.
#[derive(Clone, Default)]
pub(crate) struct Text {
    /// As the operator knows it.
    pub(crate) name: String,
    /// Whole.
    pub(crate) text: String,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({}, {} bytes)", self.name, self.text.len())
    }
}

impl Text {
    /// The form that complaints are made from.
    pub(crate) fn as_source(&self) -> SourceFile<'_> {
        SourceFile { name: &self.name, text: &self.text }
    }
}

/// Reads and checks a file. Relative paths in it are relative to its folder.
pub(crate) fn load(path: &Path) -> Result<Loaded, Box<Refused>> {
    let name = path.display().to_string();
    let text = match read(path) {
        Ok(text) => text,
        Err((message, mend)) => {
            let source = Text { name, text: String::new() };
            let diagnostics = vec![Diagnostic::error(source.as_source(), 0..0, message).help(mend)];
            return Err(Box::new(Refused { diagnostics, source }));
        }
    };
    let source = Text { name, text };
    let base = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (config, diagnostics) = parse(source.as_source(), base);
    match config {
        Some(config) => Ok(Loaded { config, warnings: diagnostics, source }),
        None => Err(Box::new(Refused { diagnostics, source })),
    }
}

/// Where the socket is, for a command that needs no configuration: what a readable file says, whatever else it says.
pub(crate) fn runtime_dir(path: &Path) -> PathBuf {
    let text = read(path).unwrap_or_default();
    let reader = Reader::new(SourceFile { name: "", text: &text });
    let table = reader.parse();
    let named = reader.root(&table).text("runtime_dir").map(|t| t.value);
    let base = path.parent().unwrap_or(Path::new("."));
    named.map_or_else(|| RUNTIME_DIR.into(), |dir| base.join(dir))
}

fn read(path: &Path) -> Result<String, (String, String)> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such configuration".to_owned(),
            "make one with `lazaret init`, or name another with --config".to_owned(),
        ),
        _ => (format!("the configuration cannot be read: {e}"), format!("let this user read it: chmod o+r {shown}")),
    })?;
    if !meta.is_file() {
        return Err(("the configuration is no regular file".into(), "name a file with --config".into()));
    }
    if meta.mode() & 0o002 != 0 {
        return Err((
            "the configuration can be written by everybody on this machine".into(),
            format!("chmod o-w {shown}"),
        ));
    }
    if meta.len() > FILE_BYTES_MAX {
        return Err((
            format!("the configuration has {} bytes, at most {FILE_BYTES_MAX} are read", meta.len()),
            "is this the right file?".into(),
        ));
    }
    let octets = std::fs::read(path)
        .map_err(|e| (format!("the configuration cannot be read: {e}"), format!("let this user read it: {shown}")))?;
    String::from_utf8(octets).map_err(|e| {
        let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        (format!("the configuration is not UTF-8 (line {line})"), "save it as UTF-8".into())
    })
}

/// Every key that is read where a text has all tables, as `mailbox.imap.host`, and what each takes.
pub(crate) fn keys(source: SourceFile<'_>) -> BTreeMap<String, String> {
    let reader = Reader::new(source);
    let table = reader.parse();
    root(reader.root(&table), Path::new("/"));
    reader.takes()
}

/// Checks a text. The configuration is there exactly when no complaint is an error.
pub(crate) fn parse(source: SourceFile<'_>, base: &Path) -> (Option<Config>, Vec<Diagnostic>) {
    let reader = Reader::new(source);
    let table = reader.parse();
    let config = root(reader.root(&table), base);
    let complaints = reader.finish();
    let refused = complaints.iter().any(|d| d.severity == Severity::Error);
    ((!refused).then_some(config), complaints)
}

/// What was complained about has a stand-in; the caller gives nothing out when there was a complaint.
fn root(t: Table<'_>, base: &Path) -> Config {
    let tenant = t.parsed("tenant", value::name);
    let mode = t.choice("mode", &[("observe", Mode::Observe), ("enforce", Mode::Enforce)]);
    let mode_set = t.need("mode", mode.as_ref().map(|m| m.value), "write mode = \"observe\"; \"enforce\" later");
    let store_key = secret(&t, "store_key", base).map(|k| k.value);
    let store_key = t.need("store_key", store_key, "write store_key = \"credential:store-key\" or \"file:PATH\"");
    let quarantine = quarantine(&t, mode_set == Some(Mode::Enforce));
    let boxes = mailbox::all(&t, base);
    let replies = t.table("replies").map(|r| replies::read(r, base));
    let forward = sinks::forward(&t, replies.as_ref().and_then(|r| r.as_ref()).map(|r| &r.transport), base);
    let webhook = sinks::webhook(&t, base);
    let policy = path(&t, "policy", base, Kind::File);
    let (mailboxes, named, delivers) = boxes.map(|b| (b.mailboxes, b.policy, b.delivers)).unwrap_or_default();
    let helpers = t.table("helpers").map(|h| helpers(h, base)).unwrap_or_default();
    let config = Config {
        state_dir: path(&t, "state_dir", base, Kind::Any).unwrap_or_else(|| "/var/lib/lazaret".into()),
        runtime_dir: path(&t, "runtime_dir", base, Kind::Any).unwrap_or_else(|| RUNTIME_DIR.into()),
        rules_dir: path(&t, "rules", base, Kind::Dir),
        templates_dir: path(&t, "templates", base, Kind::Dir),
        workers: t.number("workers", 1, 256).map_or_else(cores, |n| n.value as usize),
        reply_max_age: t
            .duration("reply_max_age", 60, 30 * 86_400)
            .map_or(Duration::from_secs(72 * 3_600), |d| d.value),
        poll_interval: t.duration("poll_interval", 1, 3_600).map_or(Duration::from_secs(30), |d| d.value),
        limits: helpers.limits(t.table("limits").map_or_else(Limits::default, limits)),
        helpers,
        disk_reserve_bytes: t.bytes("disk_reserve_bytes", 0, 1 << 44).map_or(512 << 20, |n| n.value),
        cache_bytes: t.bytes("cache_bytes", 1 << 20, 1 << 40).map_or(32 << 20, |n| n.value),
        operator: t.table("operator").map_or_else(Operator::default, |o| roles(o, base)),
        tenant: tenant.map_or_else(|| "default".to_owned(), |n| n.value),
        mode: mode_set.unwrap_or(Mode::Observe),
        store_key: store_key.unwrap_or(SecretRef::Credential(String::new())),
        quarantine,
        policy: policy.or(named),
        mailboxes,
        replies: replies.flatten(),
        forward,
        webhook,
    };
    sinks::together(&t, &config, &delivers);
    if let Some(replies) = config.replies.as_ref().filter(|_| !config.mailboxes.is_empty()) {
        let own = config.mailboxes.iter().any(|m| m.profile.own.contains(&replies.from.folded()));
        if !own {
            t.reader().warning(
                t.span_of("replies"),
                "`replies.from` is no address of any mailbox: what customers answer will not come back here",
                "use one of the mailbox's `addresses`, or add it there",
            );
        }
    }
    operator::agree(&t, &config);
    t.finish();
    config
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(1, 256)
}

fn quarantine(t: &Table<'_>, enforce: bool) -> Quarantine {
    let mend = "make a pair with `lazaret init`, keep the private half off this host, write the public one here";
    let table = t.table("quarantine");
    let mut out = Quarantine { recipients: Vec::new(), four_eyes: false };
    let mut wrong = t.has("quarantine") && table.is_none();
    if let Some(q) = table {
        let parse = |s: &str| {
            lazaret_core::seal::Recipient::parse(s)
                .map_err(|e| problem(format!("holds what is no public quarantine key: {e}"), mend))
        };
        match q.list("recipients", parse) {
            Some(list) => out.recipients = list.value.into_iter().map(|r| r.value).collect(),
            None => wrong |= q.has("recipients"),
        }
        out.four_eyes = q.flag("four_eyes").is_some_and(|f| f.value);
        q.finish();
    }
    if enforce && out.recipients.is_empty() && !wrong {
        let message = "mode \"enforce\" needs `quarantine.recipients`: without a key nothing can be sealed";
        t.reader().error(t.span_of("mode"), message, mend);
    }
    out
}

fn limits(t: Table<'_>) -> Limits {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    let d = Limits::default();
    let bytes = |key, min, max, default: u64| t.bytes(key, min, max).map_or(default, |n| n.value);
    let number = |key, min, max, default: u64| t.number(key, min, max).map_or(default, |n| n.value);
    let out = Limits {
        message_bytes_max: bytes("message_bytes_max", KIB, GIB, d.message_bytes_max),
        header_bytes_max: bytes("header_bytes_max", KIB, 64 * MIB, d.header_bytes_max as u64) as usize,
        header_fields_max: number("header_fields_max", 10, 100_000, d.header_fields_max as u64) as usize,
        addresses_max: number("addresses_max", 1, 100_000, d.addresses_max as u64) as usize,
        parts_max: number("parts_max", 1, 100_000, d.parts_max as u64) as usize,
        nesting_depth_max: number("nesting_depth_max", 1, 100, d.nesting_depth_max as u64) as usize,
        text_bytes_max: bytes("text_bytes_max", KIB, GIB, d.text_bytes_max as u64) as usize,
        findings_max: number("findings_max", 1, 1_000_000, d.findings_max as u64) as usize,
        answer_bytes_max: bytes("answer_bytes_max", MIB, GIB, d.answer_bytes_max as u64) as usize,
        cpu_secs_max: number("cpu_secs_max", 1, 600, d.cpu_secs_max),
        wall_secs_max: number("wall_secs_max", 1, 3_600, d.wall_secs_max),
        worker_bytes_max: bytes("worker_bytes_max", 128 * MIB, 64 * GIB, d.worker_bytes_max),
        worker_retire_bytes: bytes("worker_retire_bytes", 16 * MIB, 64 * GIB, d.worker_retire_bytes),
        worker_messages_max: number("worker_messages_max", 1, 1_000_000, d.worker_messages_max.into()) as u32,
        document_secs_max: number("document_secs_max", 1, 600, d.document_secs_max),
        documents_secs_max: number("documents_secs_max", 1, 3_600, d.documents_secs_max),
        files_bytes_max: bytes("files_bytes_max", KIB, GIB, d.files_bytes_max as u64) as usize,
        documents: d.documents,
    };
    if out.worker_retire_bytes >= out.worker_bytes_max {
        let message = "`limits.worker_retire_bytes` is not below `limits.worker_bytes_max`";
        t.reader().error(t.span_of("worker_retire_bytes"), message, "half of worker_bytes_max is a good value");
    }
    if out.wall_secs_max < out.cpu_secs_max {
        let message = "`limits.wall_secs_max` is below `limits.cpu_secs_max`, which could then never be reached";
        t.reader().error(
            t.span_of("wall_secs_max"),
            message,
            "give wall_secs_max a few seconds more than cpu_secs_max",
        );
    }
    t.finish();
    out
}

/// Whether the programs are there and start, `check` finds out: a daemon goes on without them.
fn helpers(t: Table<'_>, base: &Path) -> Helpers {
    let program = |text: &str| match text.starts_with('/') {
        true => Ok(base.join(text)),
        false => Err(problem("is no absolute path", "write the whole path, as `command -v` shows it")),
    };
    let language = |text: &str| {
        let is_name = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let mend = "write names as `tesseract --list-langs` shows them, such as \"eng\"";
        if is_name { Ok(text.to_owned()) } else { Err(problem("holds what is no language of tesseract", mend)) }
    };
    let languages = t.list("languages", language).map(|l| l.value.into_iter().map(|l| l.value).collect::<Vec<_>>());
    let out = Helpers {
        tesseract: t.parsed("tesseract", program).map(|p| p.value),
        languages: languages.filter(|l| !l.is_empty()).unwrap_or_else(|| vec!["eng".to_owned()]),
        pdftotext: t.parsed("pdftotext", program).map(|p| p.value),
    };
    t.finish();
    out
}

fn roles(t: Table<'_>, base: &Path) -> Operator {
    let mut out = operator::read(&t, base);
    if let Some(roles) = t.table("roles") {
        for (key, role) in [
            ("operator", Role::Operator),
            ("agent", Role::Agent),
            ("officer", Role::Officer),
            ("auditor", Role::Auditor),
        ] {
            out.roles.extend(principals(&roles, key).into_iter().map(|p| (role, p)));
        }
        roles.finish();
    }
    t.finish();
    out
}

/// One principal, or a list of them.
fn principals(t: &Table<'_>, key: &'static str) -> Vec<Principal> {
    if t.is_list(key) {
        let list = t.list(key, value::principal);
        return list.map(|l| l.value.into_iter().map(|p| p.value).collect()).unwrap_or_default();
    }
    t.parsed(key, value::principal).map(|p| p.value).into_iter().collect()
}

/// A reference to a secret; a relative path starts at the configuration's folder.
pub(super) fn secret(t: &Table<'_>, key: &'static str, base: &Path) -> Option<At<SecretRef>> {
    t.parsed(key, |text| {
        Ok(match value::secret(text)? {
            SecretRef::File(path) => SecretRef::File(base.join(path)),
            other => other,
        })
    })
}

/// Where a value stands, by its keys and, in lists, numbers; for complaints about what it names.
pub(crate) fn span_of(source: SourceFile<'_>, path: &[&str]) -> Option<std::ops::Range<usize>> {
    let (table, _) = toml::de::DeTable::parse_recoverable(source.text);
    let (first, rest) = path.split_first()?;
    let mut at = table.get_ref().get(*first)?;
    for step in rest {
        at = match at.get_ref() {
            toml::de::DeValue::Array(list) => list.get(step.parse::<usize>().ok()?)?,
            other => other.as_table()?.get(*step)?,
        };
    }
    Some(at.span())
}

/// What must be at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may be made later.
    Any,
    /// A file.
    File,
    /// A directory.
    Dir,
}

/// A path, relative to the configuration's folder, with the right thing at its end.
pub(super) fn path(t: &Table<'_>, key: &'static str, base: &Path, kind: Kind) -> Option<PathBuf> {
    let checked = |text: &str| {
        if text.is_empty() || text.contains('\0') {
            return Err(problem("is no path", "write an absolute path, or one relative to this file's folder"));
        }
        let path = base.join(text);
        let meta = std::fs::metadata(&path);
        match kind {
            Kind::Any if meta.as_ref().is_ok_and(|m| !m.is_dir()) => {
                Err(problem("is there, but no directory", "name a directory; it is made if it is not there"))
            }
            Kind::File if !meta.as_ref().is_ok_and(|m| m.is_file()) => {
                Err(problem("names no readable file", "check the spelling; relative paths start at this file's folder"))
            }
            Kind::Dir if !meta.as_ref().is_ok_and(|m| m.is_dir()) => {
                Err(problem("names no directory", "check the spelling; relative paths start at this file's folder"))
            }
            _ => Ok(path),
        }
    };
    t.parsed(key, checked).map(|p| p.value)
}
