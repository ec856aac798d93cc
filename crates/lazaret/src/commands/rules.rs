//! `rules list` and `rules test`; the other rule verbs in files of their own.

mod diff;
mod except;
mod stored;

use super::{configured, files, material};
use crate::cli::{Format, ListMode, Rules, RulesList};
use crate::output::say;
use crate::rules::Material;
use crate::{clock, exit};
use lazaret_scan::{
    Action, Class, Diagnostic, Origin, Policy, RuleInfo, RuleIx, RuleMode, Ruleset, SourceFile, TEST_VALUE, glob,
    nearest,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Examples of each kind, finding and not finding, that make a rule well tested.
const EXAMPLES_ENOUGH: usize = 2;

/// Does what the verb says; answers the exit code.
pub(crate) async fn run(config: Option<&Path>, verb: Rules, format: Format) -> u8 {
    match verb {
        Rules::List(options) => match material(config, &options.files, format) {
            Ok((material, _)) => list(&material, &options, format),
            Err(code) => code,
        },
        Rules::Test { mut rules, dir } => {
            rules.rules = dir.or(rules.rules);
            let files = rules.or(configured(config).as_ref());
            test(files.rules.as_deref(), files.policy.as_deref(), format)
        }
        Rules::Explain { rules, reveal, paths } => match material(config, &rules, format) {
            Ok((material, limits)) => {
                let verb = files::Verb::Explain { reveal, digests: material.digest_key.is_some() };
                files::run(verb, &paths, &material, limits, format).await
            }
            Err(code) => code,
        },
        Rules::Diff(options) if options.stored.is_some() => {
            let days = options.stored.unwrap_or_default();
            stored::diff(config, &options, days, format).await
        }
        Rules::Stats { stored } => stored::stats(config, stored, format).await,
        Rules::Diff(options) => diff::run(config, &options, format).await,
        Rules::Except(options) => except::run(config, &options, format),
    }
}

/// One line of the list.
struct Row<'a> {
    id: &'a str,
    class: &'a str,
    entity: &'a str,
    mode: &'static str,
    action: &'static str,
    profiles: Vec<&'a str>,
    country: Option<&'a str>,
    kind: &'a str,
    source: String,
    adjusted: &'a [String],
}

fn list(material: &Material, options: &RulesList, format: Format) -> u8 {
    let (set, mut policy) = material.loaded();
    if !options.profile.is_empty() {
        let (name, text) = &material.policy;
        match Policy::load_choosing(SourceFile { name, text }, &set, &options.profile) {
            Ok(chosen) => policy = chosen,
            Err(complaints) => return refuse(&complaints, format),
        }
    }
    if let Some(complaint) = unknown_filter(&set, options) {
        return refuse(&[complaint], format);
    }
    let rows = rows(&set, &policy, options);
    match format {
        Format::Json => rows.iter().for_each(|row| say!("{}", row.json())),
        Format::Text => print_rows(&rows),
    }
    exit::OK
}

fn refuse(complaints: &[Diagnostic], format: Format) -> u8 {
    crate::diagnostics::print(complaints, &[], format);
    exit::USAGE
}

/// A filter that can fit nothing.
fn unknown_filter(set: &Ruleset, options: &RulesList) -> Option<Diagnostic> {
    let complain = |what: &str, name: &str, known: Vec<&str>| {
        let line = SourceFile { name: "command line", text: "" };
        let complaint = Diagnostic::error(line, 0..0, format!("no {what} fits `{name}`"));
        match nearest(name, known) {
            Some(near) => complaint.help(format!("did you mean `{near}`?")),
            None => complaint,
        }
    };
    let ids: Vec<&str> = set.rules().iter().map(|r| r.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().chain(set.disabled().iter().map(|d| d.id.as_str())).collect();
    let classes: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
    let id = options.ids.iter().find(|id| !ids.iter().any(|known| glob(id, known)));
    let class = options.class.iter().find(|class| !classes.iter().any(|known| glob(class, known)));
    id.map(|id| complain("rule", id, ids)).or(class.map(|class| complain("class", class, classes)))
}

fn rows<'a>(set: &'a Ruleset, policy: &'a Policy, options: &RulesList) -> Vec<Row<'a>> {
    static NO_ORIGIN: Origin = Origin::NONE;
    let row = |(info, at): (&'a RuleInfo, u16)| {
        let origin = set.origin(RuleIx(at)).unwrap_or(&NO_ORIGIN);
        let is_file = !origin.file.is_empty();
        Row {
            id: &info.id,
            // Published test values are of many classes.
            class: if is_file { info.class.as_str() } else { "-" },
            entity: if is_file { &info.entity } else { "-" },
            mode: if policy.mode(info) == RuleMode::On { "on" } else { "shadow" },
            action: policy.action(info, 100).as_str(),
            profiles: policy.profiles_of(&info.id),
            country: origin.country.as_deref(),
            kind: &origin.kind,
            source: if is_file { format!("{}:{}", origin.file, origin.line) } else { "published values".to_owned() },
            adjusted: &origin.adjusted,
        }
    };
    let disabled = set.disabled().iter().map(|gone| Row {
        id: &gone.id,
        class: "-",
        entity: "-",
        mode: "disabled",
        action: Action::Allow.as_str(),
        profiles: Vec::new(),
        country: None,
        kind: "",
        source: gone.file.clone(),
        adjusted: std::slice::from_ref(&gone.by),
    });
    let by = |filter: &Option<String>, value: &str| filter.as_ref().is_none_or(|pattern| glob(pattern, value));
    let mode = |row: &Row<'_>| match options.mode {
        None => true,
        Some(ListMode::On) => row.mode == "on",
        Some(ListMode::Shadow) => row.mode == "shadow",
        Some(ListMode::Disabled) => row.mode == "disabled",
    };
    let wanted = |row: &Row<'_>| {
        (options.ids.is_empty() || options.ids.iter().any(|id| glob(id, row.id)))
            && by(&options.class, row.class)
            && options.country.as_ref().is_none_or(|c| row.country.is_some_and(|of| of.eq_ignore_ascii_case(c)))
            && (options.profile.is_empty() || !row.profiles.is_empty())
            && mode(row)
    };
    let mut rows: Vec<Row<'a>> = set.rules().iter().zip(0_u16..).map(row).chain(disabled).filter(wanted).collect();
    // Of published test values there is one for each class and entity; here one stands for all.
    let mut seen = false;
    rows.retain(|row| row.id != TEST_VALUE || !std::mem::replace(&mut seen, true));
    rows
}

impl Row<'_> {
    fn json(&self) -> serde_json::Value {
        json!({
            "rule": self.id, "class": self.class, "entity": self.entity, "kind": self.kind, "country": self.country,
            "mode": self.mode, "action": self.action, "profiles": self.profiles, "source": self.source,
            "adjusted": self.adjusted,
        })
    }
}

fn print_rows(rows: &[Row<'_>]) {
    let width =
        |of: for<'r> fn(&'r Row<'_>) -> &'r str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (id, class, entity) = (width(|r| r.id), width(|r| r.class), width(|r| r.entity));
    for row in rows {
        let adjusted =
            if row.adjusted.is_empty() { String::new() } else { format!(" ← {}", row.adjusted.join(", ")) };
        let profiles = if row.profiles.is_empty() { String::new() } else { format!(" [{}]", row.profiles.join(", ")) };
        say!(
            "{:id$}  {:class$}  {:entity$}  {:<8}  {:<10}  {}{adjusted}{profiles}",
            row.id,
            row.class,
            row.entity,
            row.mode,
            row.action,
            row.source
        );
    }
}

/// What stands in one file.
#[derive(Default)]
struct Tested<'a> {
    rules: usize,
    examples: usize,
    thin: Vec<(&'a str, &'a Origin)>,
}

/// Runs every example of the rules, also where their text was accepted before.
fn test(rules: Option<&Path>, policy: Option<&Path>, format: Format) -> u8 {
    let material = match Material::check(rules, policy, None) {
        Ok(material) => material,
        Err(refused) => {
            refused.print(format);
            return exit::FAILED;
        }
    };
    let (set, _) = material.loaded();
    let mut files: BTreeMap<&str, Tested<'_>> =
        material.rules.iter().map(|(name, _)| (name.as_str(), Tested::default())).collect();
    for (info, at) in set.rules().iter().zip(0_u16..) {
        let Some(origin) = set.origin(RuleIx(at)) else { continue };
        let file = files.entry(&origin.file).or_default();
        file.rules += 1;
        file.examples += origin.examples_found + origin.examples_clean;
        if origin.examples_found.min(origin.examples_clean) < EXAMPLES_ENOUGH {
            file.thin.push((&info.id, origin));
        }
    }
    let today = clock::today();
    let exceptions: Vec<_> = set.rules().iter().flat_map(|info| &info.exceptions).collect();
    let over = exceptions.iter().filter(|e| !e.holds_on(&today)).count();
    let count: usize = files.values().map(|f| f.rules).sum();
    match format {
        Format::Json => {
            for (name, file) in &files {
                let thin: Vec<&str> = file.thin.iter().map(|(id, _)| *id).collect();
                say!("{}", json!({ "file": name, "rules": file.rules, "examples": file.examples, "thin": thin }));
            }
            let warnings = material.warnings.len();
            let summary =
                json!({ "rules": count, "exceptions": exceptions.len(), "expired": over, "warnings": warnings });
            say!("{summary}");
        }
        Format::Text => {
            print_tested(&files);
            say!(
                "{count} rules, every example holds; {} exception(s), {over} over; {} warning(s)",
                exceptions.len(),
                material.warnings.len()
            );
        }
    }
    material.print_warnings(format);
    exit::OK
}

fn print_tested(files: &BTreeMap<&str, Tested<'_>>) {
    let width = files.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    say!("{:width$}  {:>5}  {:>8}  {:>4}", "file", "rules", "examples", "thin");
    for (name, file) in files.iter().filter(|(_, file)| file.rules > 0) {
        say!("{name:width$}  {:>5}  {:>8}  {:>4}", file.rules, file.examples, file.thin.len());
    }
    say!();
    // The shipped rules are not the operator's to mend.
    let own = files.iter().filter(|(name, _)| !name.starts_with(lazaret_scan::shipped::PREFIX));
    for (id, origin) in own.flat_map(|(_, file)| &file.thin) {
        say!(
            "{}:{}: {id} has {} example(s) that it finds and {} that it must not: write {EXAMPLES_ENOUGH} of each",
            origin.file,
            origin.line,
            origin.examples_found,
            origin.examples_clean
        );
    }
}
