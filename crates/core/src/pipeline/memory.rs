//! What one part of a message tells about another: a value found once with context is found again without it.

use super::Pipeline;
use super::examine::{By, Examined, scanned};
use crate::Profile;
use crate::tree::Text;
use lazaret_scan::{Action, Class, Memory};
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};
use zeroize::Zeroizing;

/// Lowest score of a finding that is remembered.
const SCORE_MIN: u8 = 60;
/// Fewest digits of a value that is remembered: shorter ones stand anywhere by chance.
const DIGITS_MIN: usize = 6;

/// Values of one message, by class and canonical form.
#[derive(Default)]
pub(super) struct Known(BTreeMap<Class, HashSet<Value>>);

/// A value that is wiped, looked up by its text.
#[derive(PartialEq, Eq)]
struct Value(Zeroizing<String>);

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl Borrow<str> for Value {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Memory for Known {
    fn knows(&self, class: Class, canonical: &str) -> bool {
        self.0.get(&class).is_some_and(|values| values.contains(canonical))
    }
}

impl Pipeline {
    /// Scans all texts of a message, and those with numbers in them once more with what the others told. A value without
    /// digits needs none of this: it is taken out wherever it stands.
    pub(super) fn examine_all(&self, texts: &[Text], profile: &Profile) -> Vec<Examined> {
        let mut seen: Vec<Examined> = texts.iter().map(|text| self.examine_closely(text, profile, None)).collect();
        let Some(known) = self.known_values(texts, &seen) else { return seen };
        for (text, seen) in texts.iter().zip(&mut seen) {
            if scanned(text).bytes().any(|b| b.is_ascii_digit() || !b.is_ascii()) {
                *seen = self.examine_closely(text, profile, Some(&known));
            }
        }
        seen
    }

    /// What the texts of a message tell each other, if they do.
    pub(super) fn remembered(&self, texts: &[Text], profile: &Profile) -> Option<Known> {
        let seen: Vec<Examined> = texts.iter().map(|text| self.examine(text, profile, None)).collect();
        self.known_values(texts, &seen)
    }

    fn known_values(&self, texts: &[Text], seen: &[Examined]) -> Option<Known> {
        let mut known = Known::default();
        for (text, seen) in texts.iter().zip(seen) {
            let surely = seen.hits.iter().filter(|hit| hit.score >= SCORE_MIN && hit.action >= Action::Redact);
            for hit in surely {
                let (By::Rule(ix), Some(value)) = (hit.by, scanned(text).get(hit.span.clone())) else { continue };
                let canonical = self.rules.canonical(ix, value);
                if canonical.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN {
                    let Some(info) = self.rules.rule(ix) else { continue };
                    known.0.entry(info.class).or_default().insert(Value(canonical));
                }
            }
        }
        (!known.0.is_empty()).then_some(known)
    }
}
