//! Encryption of OpenDocument packages (ODF 1.3 part 2, 3.4): each entry by itself.

use super::ooxml::with_xml;
use super::package::Package;
use super::xml::Token;
use crate::budget::Budget;
use std::collections::HashMap;

/// How an entry is encrypted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Encryption {}

/// The entries that the manifest says are encrypted.
pub(crate) fn encrypted_entries(package: &Package<'_>, budget: &mut Budget) -> HashMap<String, Encryption> {
    let mut found = HashMap::new();
    let mut name = String::new();
    with_xml(package, "META-INF/manifest.xml", budget, |token| {
        if let Token::Start(tag) = token {
            match tag.local {
                "file-entry" => name = tag.value("full-path").unwrap_or_default(),
                "encryption-data" => drop(found.insert(name.clone(), Encryption::default())),
                _ => {}
            }
        }
    });
    found
}
