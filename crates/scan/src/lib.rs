//! Rules and detectors for personal data and credentials over plain `&str`; knows nothing of mail.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod anchors;
mod blocks;
mod carrier;
mod compiled;
mod context;
mod diagnostic;
mod engine;
mod form;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod judge;
pub mod keys;
mod kinds;
mod layers;
mod loader;
pub mod marks;
mod needs;
mod overlap;
mod policy;
mod profile;
mod prose;
mod reader;
mod records;
mod rules;
mod scout;
mod selftest;
mod shadow;
pub mod shipped;
mod text;
mod validator;
mod vocabulary;

pub use diagnostic::{Diagnostic, Severity, SourceFile, nearest};
pub use engine::{Candidate, Explanation, Hints, Incomplete, Match, Memory, Placement, Scan, Term, WhyNot, Work};
pub use layers::glob;
pub use policy::{Bulk, Keep, Policy, Unexamined};
pub use records::{People, about};
pub use rules::{Disabled, Exception, Origin, RuleInfo, RuleIx, RuleMode, Ruleset, TEST_VALUE};
pub use vocabulary::{Action, Class};

/// What the validator of a name says of a canonical form (digits, or letters and digits in capitals); `None`: there is
/// none of that name. For tests of agreement with other implementations; rules name validators themselves.
#[doc(hidden)]
pub fn validate(name: &str, canonical: &str) -> Option<bool> {
    validator::Validator::from_name(name).map(|v| (v.check)(canonical))
}

/// The names of all validators, for the same tests.
#[doc(hidden)]
pub fn validators() -> impl Iterator<Item = &'static str> {
    validator::Validator::all().map(|v| v.name)
}
