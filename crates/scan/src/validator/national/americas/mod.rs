//! The Americas.

mod ssn;

use super::{Validator, check};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[check("us_ssn", ssn::check)];
