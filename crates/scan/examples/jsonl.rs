//! `lazaret scan --jsonl` without the rest of the program: lines of `{"id","text"}` on standard input, findings out. It
//! builds in seconds, so rules can be tried on labelled strings. Arguments other than `--rules DIR` are ignored.

use lazaret_scan::shipped::{POLICY_FILE, RULE_FILES};
use lazaret_scan::{Hints, Policy, Ruleset, SourceFile};
use serde_json::{Value, json};
use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let own: Vec<(String, String)> = match args.iter().position(|a| a == "--rules").and_then(|at| args.get(at + 1)) {
        Some(folder) => std::fs::read_dir(folder)?
            .map(|entry| {
                let path = entry?.path();
                Ok((path.display().to_string(), std::fs::read_to_string(&path)?))
            })
            .collect::<std::io::Result<_>>()?,
        None => RULE_FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
    };
    let files: Vec<SourceFile<'_>> = own.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let rules = match Ruleset::load_accepted(&files) {
        Ok(rules) => rules,
        Err(all) => {
            all.iter().for_each(|d| eprintln!("{}:{}:{}: {}", d.file, d.line, d.column, d.message));
            return Err(std::io::Error::other("the rules are refused"));
        }
    };
    let policy = Policy::load(SourceFile { name: POLICY_FILE.0, text: POLICY_FILE.1 }, &rules);
    let Ok((policy, _)) = policy else { return Err(std::io::Error::other("the policy is refused")) };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let scan = rules.scan(line["text"].as_str().unwrap_or_default(), &Hints::default());
        let findings: Vec<Value> = scan
            .matches
            .iter()
            .filter_map(|m| {
                let rule = rules.rule(m.rule)?;
                let action = policy.action(rule, m.score).as_str();
                Some(json!({
                    "rule": rule.id, "class": rule.class.as_str(), "entity": rule.entity, "part": "text",
                    "start": m.span.start, "end": m.span.end, "score": m.score, "action": action,
                }))
            })
            .collect();
        writeln!(out, "{}", json!({ "id": line["id"], "findings": findings, "opaque": [] }))?;
    }
    out.flush()
}
