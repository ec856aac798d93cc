//! Checks that belong to no state and no vendor.

mod account;
mod bban;
mod crypto;
mod date;
mod drive;
mod education;
mod email;
mod health;
mod iban;
mod keccak;
mod luhn;
mod network;
mod phone;
mod seed;
mod travel;

use super::{Validator, check, digits};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("aba_routing", account::aba),
    check("account_any", account::any),
    check("altcoin_address", crypto::altcoin),
    check("ar_cbu", account::cbu),
    check("au_bsb", account::bsb),
    check("au_usi", education::usi),
    check("bic", account::bic),
    check("bitcoin_address", crypto::bitcoin),
    check("cardano_address", crypto::cardano),
    check("coordinates", network::coordinates),
    check("date", date::check),
    check("date_time", date::date_time),
    check("driving_licence_any", drive::licence),
    check("email", email::check),
    check("ethereum_address", crypto::ethereum),
    check("extended_key", crypto::extended_key),
    Validator { name: "iban", check: iban::check, extent: Some(iban::length) },
    Validator { name: "iban_outside", check: iban::is_outside_only, extent: Some(iban::length) },
    check("iccid", network::iccid),
    check("in_state", drive::state_india),
    check("ipv4_private", network::ipv4_private),
    check("ipv4_public", network::ipv4_public),
    check("ipv6", network::ipv6),
    check("luhn", luhn::check),
    check("mac", network::mac),
    check("monero_address", crypto::monero),
    check("phone", phone::check),
    check("phone_shape", phone::shape),
    check("mx_clabe", account::clabe),
    check("nz_account", account::new_zealand),
    check("plate_any", drive::plate),
    check("private_key_wif", crypto::private_key),
    check("machine_readable_zone", travel::zone),
    check("record_number", health::record),
    check("seed_phrase", seed::check),
    check("segwit_address", crypto::segwit),
    check("travel_document_de", travel::german),
    check("uk_driving_licence", drive::britain),
    check("uk_plate", drive::plate_britain),
    check("uk_uln", education::uln),
    check("uk_upn", education::upn),
    check("us_dea", health::dea),
    check("us_mbi", health::mbi),
    check("us_npi", health::npi),
    check("vin", drive::vin),
];
