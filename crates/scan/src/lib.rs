//! Rules and detectors for personal data and credentials over plain `&str`; knows nothing of mail.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod anchors;
mod carrier;
mod compiled;
mod context;
mod diagnostic;
mod engine;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod judge;
mod kinds;
mod layers;
mod loader;
pub mod marks;
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
pub use engine::{Candidate, Explanation, Hints, Incomplete, Match, Memory, Placement, Scan, Term, WhyNot};
pub use layers::glob;
pub use policy::{Bulk, Keep, Policy, Unexamined};
pub use rules::{Disabled, Exception, Origin, RuleInfo, RuleIx, RuleMode, Ruleset, TEST_VALUE};
pub use vocabulary::{Action, Class};
