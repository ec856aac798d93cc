//! Numbers by which states identify people, patients, taxpayers and companies, a folder for each part of the world.
//!
//! Most are a table row: weights, a modulus, and what a remainder means ([`sums::CheckDigit`]). The rest are a few lines
//! over an array of digits of known length, which cannot be indexed out of bounds.

mod africa_middle_east;
mod americas;
mod asia_pacific;
mod calendar;
mod europe;
mod varied;

use super::{Validator, check, digits, sums};

/// The tables.
pub(super) const VALIDATORS: [&[Validator]; 5] = [
    africa_middle_east::VALIDATORS,
    americas::VALIDATORS,
    asia_pacific::VALIDATORS,
    europe::VALIDATORS,
    &[check("varied", varied::check)],
];

/// The digits of a string that holds `N` of them and nothing else.
fn exactly<const N: usize>(text: &str) -> Option<[u32; N]> {
    let bytes: &[u8; N] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then(|| bytes.map(|b| u32::from(b - b'0')))
}

/// The number that some digits write.
fn number(digits: &[u32]) -> u32 {
    digits.iter().fold(0_u32, |all, d| all.saturating_mul(10).saturating_add(*d))
}

/// Letters and digits alone, in capitals: rules of kind `regex` hand over what is written.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The values of letters (A is 10) and digits.
fn values(text: &str) -> Option<Vec<u32>> {
    let mut all = Vec::with_capacity(text.len());
    for c in text.chars() {
        all.push(c.to_digit(36)?);
    }
    Some(all)
}

/// The letter of an alphabet at a place.
fn letter(alphabet: &str, at: u32) -> Option<char> {
    alphabet.chars().nth(usize::try_from(at).ok()?)
}
