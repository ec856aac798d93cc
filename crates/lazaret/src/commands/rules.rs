//! `rules list` and `rules test`.

use crate::cli::Format;
use crate::rules::Material;
use lazaret_scan::{Policy, RuleMode, Ruleset, SourceFile};
use serde_json::json;
use std::path::Path;

/// Lists the rules with class, entity, mode and what the policy does at full score.
pub(crate) fn list(material: &Material, format: Format) -> u8 {
    let files: Vec<SourceFile<'_>> = material.rules.iter().map(|(name, text)| SourceFile { name, text }).collect();
    // What is in a `Material` was loaded before.
    let Ok(set) = Ruleset::load_accepted(&files) else { return crate::exit::CONFIG };
    let Ok((policy, _)) = Policy::load(SourceFile { name: &material.policy.0, text: &material.policy.1 }, &set) else {
        return crate::exit::CONFIG;
    };
    for rule in set.rules() {
        let mode = if rule.mode == RuleMode::On { "on" } else { "shadow" };
        let action = policy.action(rule, 100).as_str();
        match format {
            Format::Json => println!(
                "{}",
                json!({ "rule": rule.id, "class": rule.class.as_str(), "entity": rule.entity, "mode": mode, "action": action })
            ),
            Format::Text => {
                println!("{:<32} {:<16} {:<28} {mode:<7} {action}", rule.id, rule.class.as_str(), rule.entity)
            }
        }
    }
    crate::exit::OK
}

/// Runs every example of the rules, also where their text was accepted before.
pub(crate) fn test(rules: Option<&Path>, policy: Option<&Path>, format: Format) -> u8 {
    match Material::check(rules, policy, Path::new("")) {
        Ok(material) => {
            let files: Vec<SourceFile<'_>> =
                material.rules.iter().map(|(name, text)| SourceFile { name, text }).collect();
            let count = Ruleset::load_accepted(&files).map_or(0, |set| set.rules().len());
            match format {
                Format::Json => println!("{}", json!({ "rules": count, "warnings": material.warnings.len() })),
                Format::Text => println!("{count} rules, every example holds"),
            }
            crate::exit::OK
        }
        Err(refused) => {
            refused.print(format);
            crate::exit::FAILED
        }
    }
}
