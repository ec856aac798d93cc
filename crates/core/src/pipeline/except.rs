//! Exceptions: values that one rule must let pass until a day. Rule files hold digests of them under the store's key, so
//! whoever reads the files learns no value, and a copy of them is of no use with another store.

use super::Pipeline;
use crate::DigestKey;
use lazaret_scan::{Class, RuleIx, Ruleset};

/// Octets of a digest: enough that nobody finds another value for it.
const DIGEST_OCTETS: usize = 16;

impl DigestKey {
    /// The digest by which an exception names a value, from the canonical form of the value: `k1:` and hexadecimal digits.
    pub fn exception(&self, class: Class, canonical: &str) -> String {
        let mac = self.mac(&[b"except", class.as_str().as_bytes(), canonical.as_bytes()]);
        let hex: String = mac.iter().take(DIGEST_OCTETS).map(|b| format!("{b:02x}")).collect();
        format!("k1:{hex}")
    }

    /// The same from a value as somebody wrote it.
    pub fn exception_of(&self, rules: &Ruleset, rule: RuleIx, value: &str) -> Option<String> {
        let info = rules.rule(rule)?;
        Some(self.exception(info.class, &rules.canonical(rule, value)))
    }
}

impl Pipeline {
    /// Does an exception of the rule let this value pass today?
    pub(super) fn is_excepted(&self, rule: RuleIx, value: &str) -> bool {
        let exceptions = self.rules.rule(rule).map_or(&[][..], |info| &info.exceptions);
        let mut valid = exceptions.iter().filter(|e| e.holds_on(&self.today)).peekable();
        if valid.peek().is_none() {
            return false;
        }
        let digest = self.digest_key.exception_of(&self.rules, rule, value);
        valid.any(|e| Some(&e.digest) == digest.as_ref())
    }
}
