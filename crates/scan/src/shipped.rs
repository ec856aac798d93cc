//! The rule files and the policy that come with the program.

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
    ("national-europe.toml", include_str!("../../../config/rules/national-europe.toml")),
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

#[cfg(test)]
mod tests {
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
