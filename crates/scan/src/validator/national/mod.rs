//! Numbers by which states identify people, patients, taxpayers and companies, a folder for each part of the world.

mod africa_middle_east;
mod americas;
mod asia_pacific;
mod europe;

use super::{Validator, check, digits};

/// The tables.
pub(super) const VALIDATORS: [&[Validator]; 4] =
    [africa_middle_east::VALIDATORS, americas::VALIDATORS, asia_pacific::VALIDATORS, europe::VALIDATORS];
