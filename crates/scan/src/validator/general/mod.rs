//! Checks that belong to no state and no vendor.

mod date;
mod iban;
mod luhn;
mod phone;

use super::{Validator, check, digits};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("date", date::check),
    Validator { name: "iban", check: iban::check, extent: Some(iban::length) },
    check("luhn", luhn::check),
    check("phone", phone::check),
];
