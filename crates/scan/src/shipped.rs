//! The rule files, the profiles and the policy that come with the program.

use crate::SourceFile;
use crate::reader::Reader;

/// Name and text of every shipped rule file.
pub const RULE_FILES: &[(&str, &str)] = &[
    ("banking.toml", include_str!("../../../config/rules/banking.toml")),
    ("bulk.toml", include_str!("../../../config/rules/bulk.toml")),
    ("cards.toml", include_str!("../../../config/rules/cards.toml")),
    ("codes.toml", include_str!("../../../config/rules/codes.toml")),
    ("connections.toml", include_str!("../../../config/rules/connections.toml")),
    ("contact.toml", include_str!("../../../config/rules/contact.toml")),
    ("crypto.toml", include_str!("../../../config/rules/crypto.toml")),
    ("education.toml", include_str!("../../../config/rules/education.toml")),
    ("health.toml", include_str!("../../../config/rules/health.toml")),
    ("keys.toml", include_str!("../../../config/rules/keys.toml")),
    ("licences.toml", include_str!("../../../config/rules/licences.toml")),
    ("national-africa-middle-east.toml", include_str!("../../../config/rules/national-africa-middle-east.toml")),
    ("national-americas.toml", include_str!("../../../config/rules/national-americas.toml")),
    ("national-asia-pacific.toml", include_str!("../../../config/rules/national-asia-pacific.toml")),
    ("national-europe-east.toml", include_str!("../../../config/rules/national-europe-east.toml")),
    ("national-europe-north.toml", include_str!("../../../config/rules/national-europe-north.toml")),
    ("national-europe-south.toml", include_str!("../../../config/rules/national-europe-south.toml")),
    ("national-europe-west.toml", include_str!("../../../config/rules/national-europe-west.toml")),
    ("network.toml", include_str!("../../../config/rules/network.toml")),
    ("passports.toml", include_str!("../../../config/rules/passports.toml")),
    ("passwords.toml", include_str!("../../../config/rules/passwords.toml")),
    ("people.toml", include_str!("../../../config/rules/people.toml")),
    ("places.toml", include_str!("../../../config/rules/places.toml")),
    ("test-values.toml", include_str!("../../../config/rules/test-values.toml")),
    ("tokens-business.toml", include_str!("../../../config/rules/tokens-business.toml")),
    ("tokens-cloud.toml", include_str!("../../../config/rules/tokens-cloud.toml")),
    ("tokens-code.toml", include_str!("../../../config/rules/tokens-code.toml")),
    ("tokens-data.toml", include_str!("../../../config/rules/tokens-data.toml")),
    ("tokens-messaging.toml", include_str!("../../../config/rules/tokens-messaging.toml")),
    ("tokens-payment.toml", include_str!("../../../config/rules/tokens-payment.toml")),
    ("vehicles.toml", include_str!("../../../config/rules/vehicles.toml")),
];

/// Name and text of the shipped policy.
pub const POLICY_FILE: (&str, &str) = ("policy.toml", include_str!("../../../config/policy.toml"));

/// Name and text of every shipped profile.
pub const PROFILE_FILES: &[(&str, &str)] = &[
    ("au-privacy", include_str!("../../../config/profiles/au-privacy.toml")),
    ("ccpa", include_str!("../../../config/profiles/ccpa.toml")),
    ("education", include_str!("../../../config/profiles/education.toml")),
    ("gdpr", include_str!("../../../config/profiles/gdpr.toml")),
    ("hipaa", include_str!("../../../config/profiles/hipaa.toml")),
    ("nz-privacy", include_str!("../../../config/profiles/nz-privacy.toml")),
    ("pci", include_str!("../../../config/profiles/pci.toml")),
    ("secrets", include_str!("../../../config/profiles/secrets.toml")),
    ("uk", include_str!("../../../config/profiles/uk.toml")),
];

/// What stands before the name of a shipped file in messages, so that it is not taken for a file of the operator's.
pub const PREFIX: &str = "shipped/";

/// The shipped rule files, ready to load.
pub fn rule_files() -> Vec<(String, String)> {
    RULE_FILES.iter().map(|(name, text)| (format!("{PREFIX}{name}"), (*text).to_owned())).collect()
}

/// An operator's rule files (name or path, and text) with the shipped ones before them. A file that is called like a
/// shipped one stands in its place; `extend = "none"` in one of them leaves all shipped ones out.
pub fn layered(own: Vec<(String, String)>) -> Vec<(String, String)> {
    // A list of words is no TOML.
    let is_alone = own.iter().filter(|(name, _)| !name.ends_with(".txt")).any(|(name, text)| {
        let top = Reader::new(SourceFile { name, text }).parse();
        top.get_ref().get("extend").is_some_and(|v| v.get_ref().as_str() == Some("none"))
    });
    if is_alone {
        return own;
    }
    let last = |name: &str| name.rsplit('/').next().map(str::to_owned);
    let names: Vec<String> = own.iter().filter_map(|(name, _)| last(name)).collect();
    let mut all = rule_files();
    all.retain(|(name, _)| last(name).is_none_or(|name| !names.contains(&name)));
    all.extend(own);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, Ruleset};

    #[test]
    fn every_example_of_every_file_holds_and_the_policy_loads() {
        let files: Vec<SourceFile<'_>> = RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
        let complain = |all: Vec<crate::Diagnostic>| -> String {
            all.iter().map(|d| format!("{}:{}:{}: {}\n", d.file, d.line, d.column, d.message)).collect()
        };
        let (rules, warnings) = Ruleset::load(&files).unwrap_or_else(|all| panic!("\n{}", complain(all)));
        assert!(warnings.is_empty(), "{}", complain(warnings));
        let (name, text) = POLICY_FILE;
        let policy = Policy::load(SourceFile { name, text }, &rules);
        let (policy, _) = policy.unwrap_or_else(|all| panic!("\n{}", complain(all)));
        assert!(policy.keeps_nothing("card-security-code"));
    }

    #[test]
    fn an_operators_files_come_after_the_shipped_ones_and_may_stand_for_them() {
        let file = |name: &str, text: &str| (format!("/etc/rules/{name}"), text.to_owned());
        let count = super::RULE_FILES.len();
        let cases = [
            (file("acme.toml", ""), count + 1, true),
            (file("acme.toml", "extend = \"shipped\""), count + 1, true),
            (file("cards.toml", ""), count, false),
            (file("acme.toml", "extend = \"none\""), 1, false),
        ];
        for (own, files, has_cards) in cases {
            let all = super::layered(vec![own.clone()]);
            let last = all.last().expect("one at least");
            let cards = all.iter().any(|(name, _)| name == "shipped/cards.toml");
            assert_eq!((all.len(), cards, last), (files, has_cards, &own));
        }
    }

    #[test]
    fn every_profile_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/profiles");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("is there")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let listed: Vec<String> = super::PROFILE_FILES.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(files, listed);
    }

    #[test]
    fn every_file_of_the_directory_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("is there")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(files, super::RULE_FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
