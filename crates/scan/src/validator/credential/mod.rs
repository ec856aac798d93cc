//! Offline checks of keys and tokens.

mod basic_auth;
mod jwt;
mod mixed;

pub(crate) use basic_auth::{decode as decode_base64, decode_with as decode_base64_with};

use super::{Validator, check};

/// The table.
pub(super) const VALIDATORS: &[Validator] =
    &[check("basic_auth", basic_auth::check), check("jwt", jwt::check), check("mixed", mixed::check)];
