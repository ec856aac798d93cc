//! Offline checks of keys and tokens.

mod age_key;
mod aws_key_id;
mod base64_key;
mod basic_auth;
mod crc_base62;
mod discord;
mod jwt;
mod mixed;
mod url_password;

pub(crate) use basic_auth::{decode as decode_base64, decode_with as decode_base64_with};

use super::{Validator, check};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("age_key", age_key::check),
    check("aws_key_id", aws_key_id::check),
    check("base64_32_bytes", base64_key::bytes_32),
    check("base64_64_bytes", base64_key::bytes_64),
    check("basic_auth", basic_auth::check),
    check("crc_base62", crc_base62::check),
    check("discord", discord::check),
    check("jwt", jwt::check),
    check("mixed", mixed::check),
    check("url_password", url_password::check),
];
