//! Austria, Switzerland, Liechtenstein.

use super::super::calendar::is_day_of_short_year;
use super::sums::{CheckDigit, luhn, weighted};
use super::{exactly, number};

/// Austria, social insurance: serial, its check digit, day of birth; where serials run out the month goes on from 13.
pub(super) fn at_svnr(canonical: &str) -> bool {
    let Some([a, b, c, check, d1, d2, m1, m2, y1, y2]) = exactly::<10>(canonical) else { return false };
    let (month, day) = (number(&[m1, m2]), number(&[d1, d2]));
    let is_day =
        month > 12 && month < 16 && (1..=31).contains(&day) || is_day_of_short_year(number(&[y1, y2]), month, day);
    let sum = weighted(&[a, b, c, d1, d2, m1, m2, y1, y2], &[3, 7, 9, 5, 8, 4, 2, 1, 6]);
    a > 0 && is_day && sum % 11 == check
}

/// Austria, tax number: office, serial, a check digit by Luhn.
pub(super) fn at_tin(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

/// Austria, VAT: `U`, seven digits of which every second is doubled as in Luhn's sum, 4, and the check digit.
pub(super) fn at_vat(canonical: &str) -> bool {
    let Some([body @ .., check]) = canonical.strip_prefix('U').and_then(exactly::<8>) else { return false };
    (luhn(&body) + 4 + check).is_multiple_of(10)
}

/// The check digit of EAN-13.
const EAN: CheckDigit =
    CheckDigit { weights: &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3], modulus: 10, digit: |r| (10 - r) % 10 };

/// Switzerland, social insurance (AHV, AVS): the country's 756, nine digits, EAN-13 (BSV).
pub(super) fn ch_ahv(canonical: &str) -> bool {
    canonical.starts_with("756") && EAN.fits(canonical)
}

/// Switzerland, enterprise number (UID): mod 11.
const CH_UID: CheckDigit = CheckDigit { weights: &[5, 4, 3, 2, 7, 6, 5, 4], modulus: 11, digit: |r| (11 - r) % 11 };

pub(super) fn ch_uid(canonical: &str) -> bool {
    CH_UID.fits(canonical.strip_prefix("CHE").unwrap_or(canonical))
}

/// Switzerland, VAT: an enterprise number and, as it is written, the tax in one of the languages.
pub(super) fn ch_vat(canonical: &str) -> bool {
    let head = ["MWST", "TVA", "IVA", "TPV"].into_iter().find_map(|tax| canonical.strip_suffix(tax));
    head.is_some_and(|uid| uid.starts_with("CHE") && ch_uid(uid))
}

/// Liechtenstein, PEID: a serial of up to twelve digits. No check digit.
pub(super) fn li_peid(canonical: &str) -> bool {
    (4..=12).contains(&canonical.len()) && canonical.bytes().all(|b| b.is_ascii_digit())
}
