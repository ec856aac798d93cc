//! Checks that belong to no state and no vendor.

mod crypto;
mod date;
mod email;
mod iban;
mod keccak;
mod luhn;
mod network;
mod phone;
mod seed;

use super::{Validator, check, digits};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("altcoin_address", crypto::altcoin),
    check("bitcoin_address", crypto::bitcoin),
    check("cardano_address", crypto::cardano),
    check("coordinates", network::coordinates),
    check("date", date::check),
    check("email", email::check),
    check("ethereum_address", crypto::ethereum),
    check("extended_key", crypto::extended_key),
    Validator { name: "iban", check: iban::check, extent: Some(iban::length) },
    check("iccid", network::iccid),
    check("ipv4_private", network::ipv4_private),
    check("ipv4_public", network::ipv4_public),
    check("ipv6", network::ipv6),
    check("luhn", luhn::check),
    check("mac", network::mac),
    check("monero_address", crypto::monero),
    check("phone", phone::check),
    check("private_key_wif", crypto::private_key),
    check("seed_phrase", seed::check),
    check("segwit_address", crypto::segwit),
];
