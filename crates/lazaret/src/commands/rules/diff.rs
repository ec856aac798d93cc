//! `rules diff`: what other rules would do to a corpus of mails. Both sets look at the same octets; what differs is told
//! with the line around it, values masked.

use crate::cli::{Format, RuleFiles, RulesDiff};
use crate::commands::files::{failed, in_words, line_of, pool};
use crate::commands::shown::{Paint, excerpt, list, number, subject, text};
use crate::commands::{configured, digest_key, load};
use crate::exit;
use crate::progress::Bar;
use crate::rules::Material;
use crate::worker::{Death, Pool};
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{Limits, Profile, RawMessage, Show};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The word that names the compiled-in rules.
const SHIPPED: &str = "shipped";

/// Where the evidence comes from on which both sets of rules are tried.
enum Evidence {
    /// The operator's files.
    Files(Vec<PathBuf>),
}

/// How often a rule's findings differ.
#[derive(Default)]
struct Counts {
    found: usize,
    lost: usize,
    changed: usize,
}

/// What was seen so far.
#[derive(Default)]
struct Totals {
    rules: BTreeMap<String, Counts>,
    messages: usize,
    different: usize,
    verdicts: usize,
    failed: usize,
}

/// Compares; answers 1 if anything differs or fails.
pub(crate) async fn run(path: Option<&Path>, options: &RulesDiff, format: Format) -> u8 {
    let config = match path.map(|path| load(Some(path), format)).transpose() {
        Ok(config) => config.or_else(|| configured(None)),
        Err(code) => return code,
    };
    let limits = config.as_ref().map(|c| c.limits).unwrap_or_default();
    let policy = RuleFiles { rules: None, policy: options.policy.clone() }.or(config.as_ref()).policy;
    let digest_key = config.as_ref().and_then(digest_key);
    let open = |side: &Path| {
        let material = Material::check(rules_of(side), policy.as_deref(), None)?;
        Ok(pool(&Material { digest_key: digest_key.clone(), ..material }, limits, 1))
    };
    let (old, new) = match open(&options.old).and_then(|old| Ok((old, open(&options.new)?))) {
        Ok(pools) => pools,
        Err(refused) => {
            let refused: crate::rules::Refused = refused;
            refused.print(format);
            return exit::CONFIG;
        }
    };
    let pair = Pair { old, new, show: if options.reveal { Show::Revealed } else { Show::Masked } };
    let totals = match Evidence::Files(expand(&options.paths)) {
        Evidence::Files(paths) => pair.files(&paths, limits, format).await,
    };
    // Whoever closed the output wants no summary.
    let _ = summary(&totals, format);
    if totals.different > 0 || totals.failed > 0 { exit::FAILED } else { exit::OK }
}

/// The rules that an argument names; `None`: the compiled-in ones alone.
pub(super) fn rules_of(side: &Path) -> Option<&Path> {
    Some(side).filter(|side| *side != Path::new(SHIPPED) || side.exists())
}

/// Folders that are no Maildir as the files in them.
fn expand(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() || crate::files::is_maildir(path) {
            all.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut inner: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_file() || p.is_dir()).collect();
        inner.sort();
        all.extend(expand(&inner));
    }
    all
}

/// Both sets of rules.
struct Pair {
    old: Pool,
    new: Pool,
    show: Show,
}

impl Pair {
    async fn files(&self, paths: &[PathBuf], limits: Limits, format: Format) -> Totals {
        let mut totals = Totals::default();
        let bar = Bar::new(!io::stdout().is_terminal());
        for path in paths {
            let file = &*path.to_string_lossy();
            for (index, content) in crate::files::messages(path, limits.message_bytes_max) {
                totals.messages += 1;
                bar.found(1);
                let line = match content {
                    Ok(message) => self.compare(file, index, message).await,
                    Err(error) => Err(error),
                };
                let line = line.unwrap_or_else(|error| {
                    totals.failed += 1;
                    failed(file, index, &error)
                });
                totals.count(&line);
                bar.done(1);
                if print(&line, format).is_err() {
                    return totals; // nobody reads any more
                }
            }
        }
        bar.end();
        totals
    }

    async fn compare(&self, file: &str, index: Option<u64>, message: RawMessage) -> Result<Value, String> {
        let scan = || JobKind::Scan { file: file.to_owned(), index, show: self.show };
        let (message, old) = ask(&self.old, scan(), message).await;
        let (message, new) = ask(&self.new, scan(), message).await;
        let (old, new) = (line_of(old)?, line_of(new)?);
        let (old, new) = (list(&old, "findings"), list(&new, "findings"));
        let mut line = differences(old, new);
        line["verdict"] = Value::Null;
        let is_mail = old.iter().chain(new).any(|f| text(f, "part") != "text");
        if is_different(&line) && is_mail {
            let (message, before) = ask(&self.old, JobKind::Process, message).await;
            let (_, after) = ask(&self.new, JobKind::Process, message).await;
            let (before, after) = (verdict(before)?, verdict(after)?);
            if before != after {
                line["verdict"] = json!({ "old": before, "new": after });
            }
        }
        line["file"] = file.into();
        if let Some(index) = index {
            line["message"] = index.into();
        }
        Ok(line)
    }
}

/// Has one set look at a message, which comes back for the other one.
async fn ask(pool: &Pool, kind: JobKind, message: RawMessage) -> (RawMessage, Result<Answer, Death>) {
    let (job, answer) = pool.run(Job { kind, profile: Profile::default(), thread: None, message }).await;
    (job.message, answer)
}

fn verdict(answer: Result<Answer, Death>) -> Result<&'static str, String> {
    match answer {
        Ok(Answer::Outcome(outcome)) => Ok(outcome.verdict.as_str()),
        other => Err(in_words(&other)),
    }
}

/// By what a finding is the same one under both sets.
fn key(finding: &Value) -> (String, u64, u64, String) {
    (text(finding, "part"), number(finding, "start"), number(finding, "end"), text(finding, "rule"))
}

/// What only one set finds, and what both find with another score or action.
fn differences(old: &[Value], new: &[Value]) -> Value {
    let index = |all: &[Value]| all.iter().map(|f| (key(f), f.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (index(old), index(new));
    let missing = |of: &BTreeMap<_, Value>, from: &BTreeMap<_, Value>| -> Vec<Value> {
        of.iter().filter(|(key, _)| !from.contains_key(*key)).map(|(_, finding)| finding.clone()).collect()
    };
    let changed = |(key, now): (&_, &Value)| {
        let before: &Value = old.get(key)?;
        let is_same = ["score", "action"].iter().all(|k| before.get(k) == now.get(k));
        let mut now = now.clone();
        now["old"] = json!({ "score": before["score"], "action": before["action"] });
        (!is_same).then_some(now)
    };
    let changed: Vec<Value> = new.iter().filter_map(changed).collect();
    json!({ "found": missing(&new, &old), "lost": missing(&old, &new), "changed": changed })
}

fn is_different(line: &Value) -> bool {
    ["found", "lost", "changed"].iter().any(|key| !list(line, key).is_empty())
}

impl Totals {
    fn count(&mut self, line: &Value) {
        self.different += usize::from(is_different(line));
        self.verdicts += usize::from(line.get("verdict").is_some_and(|v| !v.is_null()));
        for key in ["found", "lost", "changed"] {
            for finding in list(line, key) {
                let counts = self.rules.entry(text(finding, "rule")).or_default();
                match key {
                    "found" => counts.found += 1,
                    "lost" => counts.lost += 1,
                    _ => counts.changed += 1,
                }
            }
        }
    }
}

fn print(line: &Value, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let paint = Paint::new(out.is_terminal());
    match format {
        Format::Json => writeln!(out, "{line}"),
        Format::Text if line.get("error").is_some() || is_different(line) => show(&mut out, line, &paint),
        Format::Text => Ok(()),
    }
}

fn show(out: &mut impl Write, line: &Value, paint: &Paint) -> io::Result<()> {
    writeln!(out, "{}", paint.bold(&subject(line)))?;
    if line.get("error").is_some() {
        return writeln!(out, "  {}\n", paint.action("reject", &format!("error: {}", text(line, "error"))));
    }
    for (key, sign) in [("found", "+"), ("lost", "-"), ("changed", "~")] {
        for finding in list(line, key) {
            let action = text(finding, "action");
            let now = format!("{} {action}", number(finding, "score"));
            let said = match finding.get("old") {
                Some(old) => format!("{} {} -> {now}", number(old, "score"), text(old, "action")),
                None => now,
            };
            let said = format!("{sign} {} {said}, in {}", paint.bold(&text(finding, "rule")), text(finding, "part"));
            excerpt(out, &finding["context"], &action, &said, paint)?;
        }
    }
    if let Some(verdict) = line.get("verdict").filter(|v| !v.is_null()) {
        let (old, new) = (text(verdict, "old"), text(verdict, "new"));
        writeln!(out, "  verdict {old} -> {}", paint.action(&new, &new))?;
    }
    writeln!(out)
}

fn summary(totals: &Totals, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Totals { rules, messages, different, verdicts, failed } = totals;
    if format == Format::Json {
        let rules: serde_json::Map<String, Value> = rules
            .iter()
            .map(|(rule, c)| (rule.clone(), json!({ "found": c.found, "lost": c.lost, "changed": c.changed })))
            .collect();
        let summary = json!({
            "rules": rules, "messages": messages, "different": different, "verdicts": verdicts, "failed": failed,
        });
        return writeln!(out, "{}", json!({ "summary": summary }));
    }
    if !rules.is_empty() {
        let width = rules.keys().map(String::len).max().unwrap_or(0);
        writeln!(out, "{:width$}  {:>6}  {:>6}  {:>7}", "rule", "found", "lost", "changed")?;
        for (rule, c) in rules {
            writeln!(out, "{rule:width$}  {:>6}  {:>6}  {:>7}", c.found, c.lost, c.changed)?;
        }
    }
    let errors = if *failed == 0 { String::new() } else { format!(", {failed} could not be read") };
    writeln!(out, "{messages} message(s), {different} differ, {verdicts} verdict(s) change{errors}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_compared_by_place_and_rule() {
        let finding = |rule: &str, start: u64, score: u64, action: &str| json!({ "rule": rule, "part": "1", "start": start, "end": start + 4, "score": score, "action": action });
        let old = [finding("a", 0, 50, "flag"), finding("b", 9, 50, "flag"), finding("c", 20, 50, "flag")];
        let new = [finding("a", 0, 50, "flag"), finding("b", 10, 50, "flag"), finding("c", 20, 60, "redact")];
        let line = differences(&old, &new);
        let starts = |key| list(&line, key).iter().map(|f| number(f, "start")).collect::<Vec<_>>();
        assert_eq!((starts("found"), starts("lost"), starts("changed")), (vec![10], vec![9], vec![20]));
        assert_eq!(line["changed"][0]["old"], json!({ "score": 50, "action": "flag" }));
        assert!(is_different(&line) && !is_different(&differences(&old, &old)));
        let mut totals = Totals::default();
        totals.count(&line);
        let b = &totals.rules["b"];
        assert_eq!((b.found, b.lost, totals.rules["c"].changed, totals.different), (1, 1, 1, 1));
    }
}
