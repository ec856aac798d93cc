//! Asia and the Pacific.

mod medicare;
mod tfn;

use super::{Validator, check, digits};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[check("au_medicare", medicare::check), check("au_tfn", tfn::check)];
