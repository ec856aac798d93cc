//! Europe.

mod nino;

use super::{Validator, check};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[check("uk_nino", nino::check)];
