//! The rules and the policy that a run uses: the compiled-in rules with the operator's files after them.

use crate::cli::Format;
use crate::clock;
use crate::config::Config;
use crate::diagnostics::Shown;
use crate::worker::BUILD_ID;
use crate::worker::Helpers;
use lazaret_core::DigestKey;
use lazaret_scan::{Diagnostic, Policy, Ruleset, SourceFile, shipped};
use std::fs;
use std::path::{Path, PathBuf};

/// Octets of one rule or policy file.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Files of a rule directory.
const FILES_MAX: usize = 200;

/// Files that did not load, with their texts to show lines of.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Every complaint.
    pub(crate) complaints: Vec<Diagnostic>,
    /// Name and text of each file.
    pub(crate) files: Vec<(String, String)>,
}

impl Refused {
    fn unread(complaint: Diagnostic) -> Refused {
        Refused { complaints: vec![complaint], files: Vec::new() }
    }

    /// Prints the complaints, with the lines that they are about.
    pub(crate) fn print(&self, format: Format) {
        print(&self.complaints, self.files.iter(), format);
    }
}

fn print<'a>(complaints: &[Diagnostic], files: impl Iterator<Item = &'a (String, String)>, format: Format) {
    let shown: Vec<Shown<'_>> =
        files.map(|(name, text)| Shown { source: SourceFile { name, text }, masked: false }).collect();
    crate::diagnostics::print(complaints, &shown, format);
}

/// Rules and policy as text, ready for workers, and what the daemon itself needs of them.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    /// File name and text of every rule file.
    pub(crate) rules: Vec<(String, String)>,
    /// File name and text of the policy.
    pub(crate) policy: (String, String),
    /// How long sealed originals are kept.
    pub(crate) keep_secs: u64,
    /// The store's key for digests, for a verb on files: without it exceptions name nothing there.
    pub(crate) digest_key: Option<DigestKey>,
    /// Programs that look at files, for a verb on files.
    pub(crate) helpers: Helpers,
    /// Warnings.
    pub(crate) warnings: Vec<Diagnostic>,
    /// What was wrong with the files, if the last accepted ones run in their place.
    pub(crate) degraded: Vec<Diagnostic>,
}

impl Material {
    /// The loaded rules and policy. What is in a `Material` was loaded before.
    pub(crate) fn loaded(&self) -> (Ruleset, Policy) {
        let set = Ruleset::load_accepted(&self.sources()).expect("it was loaded before");
        let (name, text) = &self.policy;
        let (policy, _) = Policy::load(SourceFile { name, text }, &set).expect("it was loaded before");
        (set, policy)
    }

    /// A short hash of rules, policy and program, by which fingerprints name what judged them.
    pub(crate) fn short_hash(&self) -> String {
        const DIGITS: usize = 12;
        self.digest().chars().take(DIGITS).collect()
    }

    /// SHA-256 over build, names and texts.
    pub(crate) fn digest(&self) -> String {
        digest(&self.rules, &self.policy)
    }

    fn sources(&self) -> Vec<SourceFile<'_>> {
        self.rules.iter().map(|(name, text)| SourceFile { name, text }).collect()
    }

    /// Prints the warnings, with the lines that they are about.
    pub(crate) fn print_warnings(&self, format: Format) {
        print(&self.warnings, self.rules.iter().chain([&self.policy]), format);
    }

    /// The compiled-in rules and policy. They are tested with the project and load always.
    pub(crate) fn compiled_in() -> Material {
        accept(shipped::rule_files(), shipped_policy(), true).expect("the compiled-in rules are tested")
    }

    /// Loads files and runs every example, unless `known` is the digest of exactly this text, which was accepted before.
    pub(crate) fn check(rules: Option<&Path>, policy: Option<&Path>, known: Option<&str>) -> Result<Material, Refused> {
        let (rules, policy) = read_all(rules, policy)?;
        let known = known.is_some_and(|known| known == digest(&rules, &policy));
        accept(rules, policy, known)
    }

    /// Does the disk hold what a configuration named when it was loaded?
    pub(crate) fn is_on_disk(&self, config: &Config) -> bool {
        let read = read_all(config.rules_dir.as_deref(), config.policy.as_deref());
        read.is_ok_and(|(rules, policy)| rules == self.rules && policy == self.policy)
    }
}

type Named = (String, String);

/// Texts of rules and policy, those that are compiled in where no file is named.
fn read_all(rules: Option<&Path>, policy: Option<&Path>) -> Result<(Vec<Named>, Named), Refused> {
    let rules = match rules {
        Some(path) => shipped::layered(read_rules(path)?),
        None => shipped::rule_files(),
    };
    let policy = match policy {
        Some(file) => (file.display().to_string(), read(file)?),
        None => shipped_policy(),
    };
    Ok((rules, policy))
}

/// Takes texts that load; `tested` ones need no run of their examples.
pub(crate) fn accept(
    rules: Vec<(String, String)>,
    policy: (String, String),
    tested: bool,
) -> Result<Material, Refused> {
    match judge(&rules, &policy, tested) {
        Ok((keep_secs, warnings)) => Ok(Material {
            rules,
            policy,
            keep_secs,
            digest_key: None,
            helpers: Helpers::default(),
            warnings,
            degraded: Vec::new(),
        }),
        Err(complaints) => Err(Refused { complaints, files: rules.into_iter().chain([policy]).collect() }),
    }
}

fn judge(
    rules: &[(String, String)],
    policy: &(String, String),
    tested: bool,
) -> Result<(u64, Vec<Diagnostic>), Vec<Diagnostic>> {
    let files: Vec<SourceFile<'_>> = rules.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let (set, mut warnings) = match tested {
        true => (Ruleset::load_accepted(&files)?, Vec::new()),
        false => Ruleset::load(&files)?,
    };
    warnings.extend(set.expired(&files, &clock::today()));
    let (parsed, more) = Policy::load(SourceFile { name: &policy.0, text: &policy.1 }, &set)?;
    warnings.extend(more);
    Ok((parsed.keep().sealed_original_secs, warnings))
}

/// SHA-256 over build, names and texts.
pub(crate) fn digest(rules: &[(String, String)], policy: &(String, String)) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(BUILD_ID.as_bytes());
    for (name, text) in rules.iter().chain([policy]) {
        for part in [name, text] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
    }
    context.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

fn shipped_policy() -> (String, String) {
    let (name, text) = shipped::POLICY_FILE;
    (format!("{}{name}", shipped::PREFIX), text.to_owned())
}

/// The rule files of a folder, or one rule file.
fn read_rules(path: &Path) -> Result<Vec<(String, String)>, Refused> {
    if path.is_dir() { read_dir(path) } else { Ok(vec![(path.display().to_string(), read(path)?)]) }
}

/// Rules, or a list of words that a rule names.
fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|x| x == "toml" || x == "txt")
}

fn read_dir(dir: &Path) -> Result<Vec<(String, String)>, Refused> {
    let refuse = |message: String| Refused::unread(complaint(dir, message, "name a directory with *.toml rule files"));
    let entries = fs::read_dir(dir)
        .map_err(|e| refuse(format!("the rule directory cannot be read: {}", crate::files::said(&e))))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| is_rule_file(p)).collect();
    files.sort();
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(refuse(format!("{} rule files, expected 1 to {FILES_MAX}", files.len())));
    }
    files.iter().map(|f| Ok((f.display().to_string(), read(f)?))).collect()
}

fn read(file: &Path) -> Result<String, Refused> {
    let refuse = |message: String, help| Refused::unread(complaint(file, message, help));
    let size = fs::metadata(file)
        .map_err(|e| refuse(format!("cannot be read: {}", crate::files::said(&e)), "check the path"))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(refuse(format!("{size} bytes, at most {FILE_BYTES_MAX}"), "split the file"));
    }
    let bytes =
        fs::read(file).map_err(|e| refuse(format!("cannot be read: {}", crate::files::said(&e)), "check its mode"))?;
    String::from_utf8(bytes).map_err(|e| {
        // The error owns the bytes; only the place leaves.
        refuse(format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()), "save the file as UTF-8")
    })
}

fn complaint(file: &Path, message: String, help: &str) -> Diagnostic {
    let name = file.display().to_string();
    Diagnostic::error(SourceFile { name: &name, text: "" }, 0..0, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_file_is_compiled_in_and_every_example_holds() {
        let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules"));
        let files = read_dir(dir).expect("the rule files are there");
        let names: Vec<&str> =
            files.iter().map(|(name, _)| name.rsplit('/').next().expect("a path has a last part")).collect();
        assert_eq!(names, shipped::RULE_FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let policy = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/policy.toml"));
        let material = Material::check(Some(dir), Some(policy), None).expect("they load");
        assert!(material.warnings.is_empty(), "{:?}", material.warnings);
        assert!(Material::compiled_in().keep_secs > 0);
    }

    #[test]
    fn an_operators_file_extends_the_shipped_rules_or_says_that_it_does_not() {
        let rule = "[[rule]]\nid = \"acme-badge\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'BADGE-\\d{4}'\n\
                    test = [{ text = \"BADGE-1234\", find = [\"BADGE-1234\"] }, { text = \"BADGE\", find = [] }]\n";
        let policy = shipped::POLICY_FILE.1.split("[rule]").next().expect("it has text");
        let shipped = shipped::RULE_FILES.len();
        for (text, files) in [(rule.to_owned(), shipped + 1), (format!("extend = \"none\"\n{rule}"), 1)] {
            let dir = tempfile::tempdir().expect("a directory");
            let (own, own_policy) = (dir.path().join("acme.toml"), dir.path().join("policy"));
            fs::write(&own, text).expect("written");
            fs::write(&own_policy, policy).expect("written");
            for path in [dir.path(), &own] {
                let material = Material::check(Some(path), Some(&own_policy), None).expect("it loads");
                assert_eq!(material.rules.len(), files);
            }
        }
    }
}
