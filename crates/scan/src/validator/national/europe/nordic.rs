//! Denmark, the Faroes, Sweden, Norway, Finland, Iceland.

use super::super::calendar::{is_day, is_day_of_short_year};
use super::sums::{CheckDigit, luhn, weighted};
use super::{digits, exactly, letter, number, plain};

/// Denmark, CPR: a day of birth in the century that the seventh digit tells. The check digit is not kept up since 2007
/// (CPR-kontoret), so it is a question of its own.
pub(super) fn dk_cpr(canonical: &str) -> bool {
    let Some([d1, d2, m1, m2, y1, y2, century, ..]) = exactly::<10>(canonical) else { return false };
    let year = number(&[y1, y2]);
    let century = match (century, year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (5..=8, 58..) => 1800,
        _ => 2000,
    };
    is_day(century + year, number(&[m1, m2]), number(&[d1, d2]))
}

/// Denmark, the check digit of a CPR from before 2007.
pub(super) fn dk_cpr_sum(canonical: &str) -> bool {
    exactly::<10>(canonical).is_some_and(|d| weighted(&d, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

/// Denmark, company and VAT number (CVR).
pub(super) fn dk_cvr(canonical: &str) -> bool {
    let Some(all) = exactly::<8>(canonical) else { return false };
    all.first().is_some_and(|d| *d > 0) && weighted(&all, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Sweden, personnummer and samordningsnummer (60 added to the day), with or without the century: Luhn over the last ten
/// digits. The number of a company has at least 20 in place of the month.
pub(super) fn se_personnummer(text: &str) -> bool {
    let text = plain(text);
    let (century, rest) = if text.len() == 12 { text.split_at_checked(2).unwrap_or_default() } else { ("", &*text) };
    let Some(all @ [y1, y2, m1, m2, d1, d2, ..]) = exactly::<10>(rest) else { return false };
    let (year, month, day) = (number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]));
    let day = if day > 60 { day - 60 } else { day };
    let is_born = match century {
        "" => is_day_of_short_year(year, month, day),
        "18" => is_day(1800 + year, month, day),
        "19" => is_day(1900 + year, month, day),
        "20" => is_day(2000 + year, month, day),
        _ => false,
    };
    is_born && luhn(&all).is_multiple_of(10)
}

/// Sweden, organisation: ten digits by Luhn.
pub(super) fn se_orgnr(canonical: &str) -> bool {
    exactly::<10>(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

/// Sweden, organisation and no person: the third digit is at least 2.
pub(super) fn se_company(canonical: &str) -> bool {
    canonical.as_bytes().get(2).is_some_and(|b| *b >= b'2') && se_orgnr(canonical)
}

/// Sweden, VAT: an organisation number and 01.
pub(super) fn se_vat(canonical: &str) -> bool {
    canonical.strip_suffix("01").is_some_and(se_orgnr)
}

/// A Norwegian mod 11 digit.
const fn norwegian(weights: &'static [u32]) -> CheckDigit {
    CheckDigit { weights, modulus: 11, digit: |r| (11 - r) % 11 }
}

/// Norway, the day of birth of a fødselsnummer, D-number (day and 40) or H-number (month and 40). From 2032 on numbers
/// are given out whose check digits do not hold (Skatteetaten), so they are a question of their own.
pub(super) fn no_fnr_day(canonical: &str) -> bool {
    let Some([d1, d2, m1, m2, y1, y2, i1, i2, i3, _, _]) = exactly::<11>(canonical) else { return false };
    let less_40 = |n: u32| if n > 40 { n - 40 } else { n };
    let (day, month) = (less_40(number(&[d1, d2])), less_40(number(&[m1, m2])));
    let (year, serial) = (number(&[y1, y2]), number(&[i1, i2, i3]));
    let century = match (serial, year) {
        (..500, _) => 1900,
        (500..750, 54..) => 1800,
        (_, ..40) => 2000,
        (900.., _) => 1900,
        _ => return false,
    };
    is_day(century + year, month, day)
}

/// Norway, fødselsnummer as given out today, with both check digits.
pub(super) fn no_fnr(canonical: &str) -> bool {
    let first = norwegian(&[3, 7, 6, 1, 8, 9, 4, 5, 2]);
    let second = norwegian(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    no_fnr_day(canonical) && canonical.get(..10).is_some_and(|body| first.fits(body)) && second.fits(canonical)
}

/// Norway, organisation: begins with 8 or 9.
pub(super) fn no_orgnr(canonical: &str) -> bool {
    norwegian(&[3, 2, 7, 6, 5, 4, 3, 2]).fits(canonical)
}

/// Norway, bank account: eleven digits mod 11, or seven of the old giro by Luhn.
pub(super) fn no_kontonr(canonical: &str) -> bool {
    match canonical.len() {
        7 => digits(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10)),
        _ => norwegian(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]).fits(canonical),
    }
}

/// Finland, HETU: day of birth, a sign for the century (further ones since 2023), serial, a control character mod 31
/// (Digi- ja väestötietovirasto). Serials from 900 are temporary or made up for tests.
pub(super) fn fi_hetu(text: &str) -> bool {
    let (Some(born), Some(sign), Some(serial), Some(control)) =
        (text.get(..6), text.get(6..7), text.get(7..10), text.get(10..))
    else {
        return false;
    };
    let century = match sign {
        "+" => 1800,
        "-" | "U" | "V" | "W" | "X" | "Y" => 1900,
        "A" | "B" | "C" | "D" | "E" | "F" => 2000,
        _ => return false,
    };
    let (Some([d1, d2, m1, m2, y1, y2]), Some(serial)) = (exactly::<6>(born), exactly::<3>(serial)) else {
        return false;
    };
    let is_born = is_day(century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]));
    let rest = (number(&[d1, d2, m1, m2, y1, y2]) * 1000 + number(&serial)) % 31;
    let wanted = letter("0123456789ABCDEFHJKLMNPRSTUVWXY", rest);
    is_born && number(&serial) >= 2 && wanted.is_some_and(|c| control.len() == 1 && control.starts_with(c))
}

/// Finland, business id (Y-tunnus): mod 11; a remainder of 1 is not given out.
const FI_Y: CheckDigit =
    CheckDigit { weights: &[7, 9, 10, 5, 8, 4, 2], modulus: 11, digit: |r| if r == 1 { 10 } else { (11 - r) % 11 } };

pub(super) fn fi_ytunnus(canonical: &str) -> bool {
    FI_Y.fits(canonical)
}

/// Iceland, kennitala: day of birth (companies and 40), serial, check digit, century.
pub(super) fn is_kennitala(canonical: &str) -> bool {
    let Some([d1, d2, m1, m2, y1, y2, s1, s2, check, century]) = exactly::<10>(canonical) else { return false };
    let day = number(&[d1, d2]);
    let day = if day > 40 { day - 40 } else { day };
    let century = match century {
        8 => 1800,
        9 => 1900,
        0 => 2000,
        _ => return false,
    };
    let sum = weighted(&[d1, d2, m1, m2, y1, y2, s1, s2, check], &[3, 2, 7, 6, 5, 4, 3, 2, 1]);
    is_day(century + number(&[y1, y2]), number(&[m1, m2]), day) && sum.is_multiple_of(11)
}
