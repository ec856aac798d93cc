//! `rules except`: writes an exception into a rule file, so that the rules with it load; else the file stays as it was.

use crate::cli::{Format, RuleFiles, RulesExcept};
use crate::commands::{configured, digest_key, load};
use crate::config::Config;
use crate::output::say;
use crate::rules::Material;
use crate::{clock, exit};
use lazaret_core::DigestKey;
use lazaret_scan::{RuleIx, Ruleset, nearest};
use serde_json::json;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where exceptions go in a rule folder.
const FILE_NAME: &str = "exceptions.toml";
/// Octets of a value at most.
const VALUE_BYTES_MAX: u64 = 1 << 20;

/// Writes it; answers the exit code.
pub(crate) fn run(config: Option<&Path>, options: &RulesExcept, format: Format) -> u8 {
    match write(config, options, format) {
        Ok((file, digest)) => {
            let (file, rule) = (file.display(), &options.rule);
            match format {
                Format::Json => say!("{}", json!({ "rule": rule, "digest": digest, "file": file.to_string() })),
                Format::Text => say!("{file}: {rule} lets {digest} pass until {}", options.expires),
            }
            exit::OK
        }
        Err(Refusal::Said(code)) => code,
        Err(Refusal::Why(code, message)) => {
            eprintln!("lazaret: {message}");
            code
        }
    }
}

enum Refusal {
    /// It was printed.
    Said(u8),
    Why(u8, String),
}

fn usage(message: impl Into<String>) -> Refusal {
    Refusal::Why(exit::USAGE, message.into())
}

fn write(config: Option<&Path>, options: &RulesExcept, format: Format) -> Result<(PathBuf, String), Refusal> {
    let config = match config {
        Some(path) => Some(load(Some(path), format).map_err(Refusal::Said)?),
        None => configured(None),
    };
    check(options)?;
    let target = Target::of(options, config.as_ref())?;
    let material = target.load(target.is_read, format)?;
    let (set, _) = material.loaded();
    let rule = rule(&set, &options.rule)?;
    let digest = match (&options.digest, &options.value_file) {
        (Some(digest), _) => digest.clone(),
        (None, Some(path)) => {
            let key = config.as_ref().and_then(digest_key).ok_or_else(no_key)?;
            digest_of(&key, &set, rule, path)?
        }
        (None, None) => return Err(usage("name the value by --value-file or --digest")),
    };
    target.append(&table(options, &digest), format)?;
    Ok((target.file, digest))
}

/// What clap cannot tell: that words are there and that a day is one to come.
fn check(options: &RulesExcept) -> Result<(), Refusal> {
    for (what, words) in [("--reason", &options.reason), ("--owner", &options.owner)] {
        if words.trim().is_empty() || words.chars().any(char::is_control) {
            return Err(usage(format!("{what} is empty or has control characters")));
        }
    }
    let day = options.expires.parse::<jiff::civil::Date>();
    if !day.is_ok_and(|day| day.to_string() == options.expires) {
        return Err(usage("--expires must be a day, such as 2027-06-30"));
    }
    if options.expires < clock::today() {
        return Err(usage("--expires is over: name a day to come"));
    }
    Ok(())
}

/// The file that is written, and with what it is read.
struct Target {
    file: PathBuf,
    before: String,
    /// The configured folder, if the file is in it; else the file alone.
    rules: PathBuf,
    /// Is there anything to read before the file is written?
    is_read: bool,
    policy: Option<PathBuf>,
}

impl Target {
    fn of(options: &RulesExcept, config: Option<&Config>) -> Result<Target, Refusal> {
        let RuleFiles { rules: folder, policy } = RuleFiles { rules: None, policy: None }.or(config);
        let file = match (&options.file, &folder) {
            (Some(file), _) => file.clone(),
            (None, Some(dir)) if dir.is_dir() => dir.join(FILE_NAME),
            _ => return Err(usage("no rule folder is configured (`rules` in lazaret.toml): name a rule file, --file")),
        };
        let before = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            Err(e) => {
                return Err(Refusal::Why(exit::UNAVAILABLE, format!("{}: {}", file.display(), crate::files::said(&e))));
            }
        };
        let rules = folder.filter(|dir| file.parent() == Some(dir.as_path())).unwrap_or_else(|| file.clone());
        let entries = std::fs::read_dir(&rules).into_iter().flatten().flatten();
        let is_read = file.exists() || entries.into_iter().any(|e| e.path().extension().is_some_and(|x| x == "toml"));
        Ok(Target { file, before, rules, is_read, policy })
    }

    fn load(&self, is_read: bool, format: Format) -> Result<Material, Refusal> {
        let rules = Some(self.rules.as_path()).filter(|_| is_read);
        Material::check(rules, self.policy.as_deref(), None).map_err(|refused| {
            refused.print(format);
            Refusal::Said(exit::CONFIG)
        })
    }

    /// Appends a table; if the rules do not load with it, the file is put back.
    fn append(&self, table: &str, format: Format) -> Result<(), Refusal> {
        let gap = match &self.before {
            text if text.is_empty() || text.ends_with("\n\n") => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        replace(&self.file, &format!("{}{gap}{table}", self.before))?;
        self.load(true, format).map(drop).inspect_err(|_| {
            let back = match self.before.is_empty() {
                true => std::fs::remove_file(&self.file).is_ok(),
                false => replace(&self.file, &self.before).is_ok(),
            };
            let file = self.file.display();
            eprintln!("lazaret: {file} {}", if back { "stays as it was" } else { "could not be put back" });
        })
    }
}

fn table(options: &RulesExcept, digest: &str) -> String {
    // A basic string of TOML is one of JSON, as long as there are no control characters in it.
    let quoted = |text: &str| serde_json::Value::from(text.trim()).to_string();
    format!(
        "[[except]]\nrule    = {}\ndigest  = {}\nreason  = {}\nowner   = {}\nexpires = {}\n",
        quoted(&options.rule),
        quoted(digest),
        quoted(&options.reason),
        quoted(&options.owner),
        options.expires
    )
}

fn no_key() -> Refusal {
    let message = "a digest needs the store's keys: name the configuration with --config, as a user who may read its \
                   store_key, after the daemon has made its store; or give --digest";
    Refusal::Why(exit::UNAVAILABLE, message.into())
}

fn rule(set: &Ruleset, id: &str) -> Result<RuleIx, Refusal> {
    let found = set.rules().iter().zip(0_u16..).find(|(info, _)| info.id == id);
    found.map(|(_, at)| RuleIx(at)).filter(|ix| set.origin(*ix).is_some()).ok_or_else(|| {
        let near = nearest(id, set.rules().iter().map(|r| r.id.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        usage(format!("there is no rule `{id}`{near}"))
    })
}

/// The digest of the value that a file holds, without the line break at its end.
fn digest_of(key: &DigestKey, set: &Ruleset, rule: RuleIx, path: &Path) -> Result<String, Refusal> {
    let mut value = Zeroizing::new(String::new());
    let read = match path == Path::new("-") {
        true => std::io::stdin().take(VALUE_BYTES_MAX).read_to_string(&mut value),
        false => std::fs::File::open(path).and_then(|f| f.take(VALUE_BYTES_MAX).read_to_string(&mut value)),
    };
    read.map_err(|e| Refusal::Why(exit::UNAVAILABLE, format!("{}: {}", path.display(), crate::files::said(&e))))?;
    let value = value.strip_suffix('\n').map_or(value.as_str(), |v| v.strip_suffix('\r').unwrap_or(v));
    if set.canonical(rule, value).is_empty() {
        return Err(usage(format!("{} holds no value of this kind", path.display())));
    }
    key.exception_of(set, rule, value).ok_or_else(|| usage("there is no such rule"))
}

/// Writes beside and renames, so that the file is whole at every moment; it keeps its mode.
fn replace(file: &Path, text: &str) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| {
        Refusal::Why(exit::UNAVAILABLE, format!("{} cannot be written: {}", file.display(), crate::files::said(&error)))
    };
    let beside = file.with_extension("toml.new");
    std::fs::write(&beside, text).map_err(failed)?;
    if let Ok(meta) = std::fs::metadata(file) {
        std::fs::set_permissions(&beside, meta.permissions()).map_err(failed)?;
    }
    std::fs::rename(&beside, file).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_store::{Options, RootKey, Store};
    use std::os::unix::fs::PermissionsExt;

    /// A configuration with a rule folder and a store.
    fn place(dir: &Path) -> PathBuf {
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode set");
            path
        };
        std::fs::create_dir(dir.join("rules")).expect("made");
        let state = dir.join("state");
        std::fs::create_dir(&state).expect("made");
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).expect("mode set");
        write("store-key", &"0f".repeat(32));
        write("card", "4929 1233 4567 8908\n");
        let store = Store::open(Options {
            dir: state,
            tenant: "default".into(),
            root_key: RootKey::new([0x0f; 32]),
            cache_bytes: 1 << 20,
            disk_reserve_bytes: 0,
            reply_limits: Default::default(),
        });
        drop(store.map_err(|e| e.to_string()).expect("a store"));
        write(
            "lazaret.toml",
            "mode = \"observe\"\nstore_key = \"file:store-key\"\nstate_dir = \"state\"\nrules = \"rules\"\n[[mailbox]]\n\
             name = \"a\"\naddresses = [\"a@acme.example\"]\nmaildir = \"rules\"\nstart = \"now\"\n",
        )
    }

    fn options(dir: &Path) -> RulesExcept {
        RulesExcept {
            rule: "payment-card".into(),
            value_file: Some(dir.join("card")),
            digest: None,
            reason: "our \"demo\" card".into(),
            owner: "mia".into(),
            expires: "2999-12-31".into(),
            file: None,
        }
    }

    #[test]
    fn an_exception_is_appended_and_the_value_is_nowhere() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = place(dir.path());
        assert_eq!(run(Some(&config), &options(dir.path()), Format::Json), exit::OK);
        let digest = "k1:00112233445566778899aabbccddeeff".to_owned();
        let second = RulesExcept { digest: Some(digest), value_file: None, ..options(dir.path()) };
        assert_eq!(run(Some(&config), &second, Format::Text), exit::OK);
        let text = std::fs::read_to_string(dir.path().join("rules/exceptions.toml")).expect("it is there");
        assert!(text.starts_with("[[except]]\nrule    = \"payment-card\"\ndigest  = \"k1:"), "{text}");
        assert!(
            text.contains("reason  = \"our \\\"demo\\\" card\"\nowner   = \"mia\"\nexpires = 2999-12-31\n\n[[except]]"),
            "{text}"
        );
        assert!(!text.contains("4929"), "{text}");
        let material = Material::check(Some(&dir.path().join("rules")), None, None).expect("it loads");
        let (set, _) = material.loaded();
        let rule = set.rules().iter().find(|r| r.id == "payment-card").expect("it is there");
        assert_eq!((rule.exceptions.len(), rule.exceptions[0].reason.as_str()), (2, "our \"demo\" card"));
    }

    #[test]
    fn what_cannot_be_right_is_refused_and_nothing_is_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = place(dir.path());
        type Change = fn(&mut RulesExcept);
        let cases: [(Change, u8); 8] = [
            (|o| o.rule = "payment-crad".into(), exit::USAGE),
            (|o| o.reason = " ".into(), exit::USAGE),
            (|o| o.owner = "a\nb".into(), exit::USAGE),
            (|o| o.expires = "2020-01-01".into(), exit::USAGE),
            (|o| o.expires = "soon".into(), exit::USAGE),
            (|o| o.value_file = Some("/nowhere".into()), exit::UNAVAILABLE),
            (|o| o.digest = Some("k1:7f3a".into()), exit::CONFIG),
            (|o| o.file = Some("/nowhere/x.toml".into()), exit::UNAVAILABLE),
        ];
        for (nth, (change, code)) in cases.into_iter().enumerate() {
            let mut options = options(dir.path());
            change(&mut options);
            assert_eq!(run(Some(&config), &options, Format::Text), code, "{nth}");
        }
        let left: Vec<_> = std::fs::read_dir(dir.path().join("rules")).expect("it is there").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
