//! The words that rule files, policies and profiles may hold, for whoever describes them to an editor.

use crate::kinds;
use crate::loader;
use crate::validator::Validator;

pub use crate::context::WITHIN_NAMES as WITHIN;
pub use crate::layers::{ADJUST_CONTEXT_KEYS as ADJUST_CONTEXT, ADJUST_KEYS as ADJUST, EXTEND};
pub use crate::loader::{
    COMMON_KEYS as COMMON, CONTEXT_KEYS as CONTEXT, EXAMPLE_KEYS as EXAMPLE, EXCEPTION_KEYS as EXCEPTION,
    FILE_KEYS as FILE, SCORE_KEYS as SCORE,
};
pub use crate::policy::{BULK_KEYS as BULK, KEEP_KEYS as KEEP, POLICY_KEYS as POLICY};
pub use crate::profile::{PROFILE_KEYS as PROFILE, SELECT_KEYS as SELECT};

/// Every kind of rule, with the keys that it has beside the common ones.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    loader::KINDS.iter().map(|kind| (*kind, kinds::keys(kind)))
}

/// Names of all validators, sorted.
pub fn validators() -> Vec<&'static str> {
    let mut names: Vec<&str> = Validator::all().map(|v| v.name).collect();
    names.sort_unstable();
    names
}

/// What the `value` of a rule of kind prose may be.
pub fn prose_values() -> &'static [&'static str] {
    &crate::prose::Wanted::NAMES
}

/// Reasons for which a part may not be examined.
pub fn unexamined() -> Vec<&'static str> {
    crate::policy::unexamined_names()
}
