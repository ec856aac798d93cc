//! Checks that belong to no state and no vendor.

mod date;
mod email;
mod iban;
mod luhn;
mod network;
mod phone;

use super::{Validator, check, digits};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("coordinates", network::coordinates),
    check("date", date::check),
    check("email", email::check),
    Validator { name: "iban", check: iban::check, extent: Some(iban::length) },
    check("iccid", network::iccid),
    check("ipv4_private", network::ipv4_private),
    check("ipv4_public", network::ipv4_public),
    check("ipv6", network::ipv6),
    check("luhn", luhn::check),
    check("mac", network::mac),
    check("phone", phone::check),
];
