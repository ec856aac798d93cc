//! United Kingdom: national insurance, health services, taxpayers, VAT, companies.

use super::super::calendar::is_day_of_short_year;
use super::sums::{CheckDigit, weighted};
use super::{digits, exactly, number};

/// National insurance number: no check digit; letters and prefixes that are never issued (HMRC, NIM39110).
pub(super) fn nino(canonical: &str) -> bool {
    let (Some(prefix), Some(serial), Some(suffix)) = (canonical.get(..2), canonical.get(2..8), canonical.get(8..))
    else {
        return false;
    };
    let second_is_o = prefix.ends_with('O');
    prefix.bytes().all(|b| b.is_ascii_uppercase() && !b"DFIQUV".contains(&b))
        && !second_is_o
        && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&prefix)
        && serial.bytes().all(|b| b.is_ascii_digit())
        && ["A", "B", "C", "D"].contains(&suffix)
}

/// NHS number of England and Wales, with which those of Scotland and Northern Ireland share the check digit
/// (NHS Data Dictionary): weights 10 to 2, mod 11; a remainder that gives 10 is not issued.
const NHS: CheckDigit = CheckDigit { weights: &[10, 9, 8, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 11 };

pub(super) fn nhs(canonical: &str) -> bool {
    NHS.fits(canonical)
}

/// Community health index of Scotland: date of birth, then as NHS.
pub(super) fn chi(canonical: &str) -> bool {
    let Some([d1, d2, m1, m2, y1, y2, ..]) = exactly::<10>(canonical) else { return false };
    is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2])) && NHS.fits(canonical)
}

/// Health and care number of Northern Ireland: 320 000 0010 to 399 999 9999, as NHS.
pub(super) fn hcn(canonical: &str) -> bool {
    matches!(exactly::<10>(canonical), Some([3, 2..=9, ..])) && NHS.fits(canonical)
}

/// Unique taxpayer reference: the check digit stands first (HMRC, PAYE and self assessment modulus checks).
pub(super) fn utr(canonical: &str) -> bool {
    let Some([check, body @ ..]) = exactly::<10>(canonical) else { return false };
    let rest = weighted(&body, &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    check == if rest < 2 { 2 - rest } else { 11 - rest }
}

/// VAT number: nine digits mod 97 (since 2010 also with 55 added, or taken away), three more for a branch, or a government department
/// (GD) or health authority (HA).
pub(super) fn vat(canonical: &str) -> bool {
    if let Some(office) = canonical.strip_prefix("GD") {
        return exactly::<3>(office).is_some_and(|d| number(&d) < 500);
    }
    if let Some(office) = canonical.strip_prefix("HA") {
        return exactly::<3>(office).is_some_and(|d| number(&d) >= 500);
    }
    let Some(digits) = digits(canonical).filter(|d| matches!(d.len(), 9 | 12)) else { return false };
    let rest = weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    rest == 0 || matches!(rest, 42 | 55) && digits.first().is_some_and(|d| *d > 0)
}

/// Companies House: eight digits, or the two letters of a register and six digits. No check digit.
pub(super) fn company(canonical: &str) -> bool {
    const REGISTERS: [&str; 20] = [
        "AC", "CE", "CS", "FC", "FE", "GE", "GS", "IC", "IP", "LP", "NC", "NF", "NI", "NL", "NO", "NP", "OC", "RC",
        "SC", "SO",
    ];
    match canonical.get(..2) {
        Some(head) if head.bytes().all(|b| b.is_ascii_digit()) => {
            exactly::<8>(canonical).is_some_and(|d| number(&d) > 0)
        }
        Some(head) => REGISTERS.contains(&head) && canonical.get(2..).and_then(exactly::<6>).is_some(),
        None => false,
    }
}
