//! Greece, Cyprus, Malta.

use super::super::calendar::is_day_of_short_year;
use super::sums::{CheckDigit, luhn, weighted};
use super::{exactly, letter, number};

/// Greece, AFM: powers of two, mod 11.
pub(super) fn gr_afm(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit { weights: &[256, 128, 64, 32, 16, 8, 4, 2], modulus: 11, digit: |r| r % 10 };
    let full = if canonical.len() == 8 { format!("0{canonical}") } else { canonical.to_owned() };
    CHECK.fits(&full)
}

/// Greece, AMKA: day of birth, serial, a digit by Luhn.
pub(super) fn gr_amka(canonical: &str) -> bool {
    let Some(all @ [d1, d2, m1, m2, y1, y2, ..]) = exactly::<11>(canonical) else { return false };
    is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2])) && luhn(&all).is_multiple_of(10)
}

/// Cyprus, tax number and VAT: eight digits and a letter mod 26; 12 at the beginning is not given out.
pub(super) fn cy_tic(canonical: &str) -> bool {
    let (Some(body), Some(last)) = (canonical.get(..8), canonical.get(8..)) else { return false };
    let Some(all) = exactly::<8>(body) else { return false };
    let at_odd = |d: u32| match d {
        0 => 1,
        1 => 0,
        2..=4 => 2 * d + 1,
        _ => 2 * d + 3,
    };
    let sum: u32 = all.iter().enumerate().map(|(at, d)| if at % 2 == 0 { at_odd(*d) } else { *d }).sum();
    !body.starts_with("12")
        && last.len() == 1
        && letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sum % 26).is_some_and(|c| last.starts_with(c))
}

/// Malta, VAT: eight digits, mod 37.
pub(super) fn mt_vat(canonical: &str) -> bool {
    let Some(all) = exactly::<8>(canonical) else { return false };
    all.first().is_some_and(|d| *d > 0) && weighted(&all, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37)
}

/// Malta, identity card: up to seven digits and a letter for the register. No check digit.
pub(super) fn mt_id(canonical: &str) -> bool {
    let (Some(body), Some(last)) = (canonical.get(..7), canonical.get(7..)) else { return false };
    exactly::<7>(body).is_some_and(|d| number(&d) > 0) && ["A", "B", "G", "H", "L", "M", "P", "Z"].contains(&last)
}
