//! Africa and the Middle East.

use super::Validator;

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[];
