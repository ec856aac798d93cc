//! Romania, Moldova, Bulgaria, Croatia, Slovenia, Serbia and its neighbours, Albania.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, hybrid, two_stage};
use super::{digits, exactly, number};

/// Romania, CNP: sex and century, day of birth, county, serial, a digit mod 11 where 10 gives 1.
pub(super) fn ro_cnp(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit {
        weights: &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9],
        modulus: 11,
        digit: |r| if r == 10 { 1 } else { r },
    };
    let Some([first, y1, y2, m1, m2, d1, d2, c1, c2, ..]) = exactly::<13>(canonical) else { return false };
    let century = match first {
        0 => return false,
        3 | 4 => 1800,
        5 | 6 => 2000,
        _ => 1900,
    };
    is_day(century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
        && matches!(number(&[c1, c2]), 1..=48 | 51 | 52 | 70 | 80..=83)
        && CHECK.fits(canonical)
}

/// Romania, CUI of a company: two to ten digits, the last by weights from the right, mod 11.
pub(super) fn ro_cui(canonical: &str) -> bool {
    let Some(all) = digits(canonical).filter(|d| (2..=10).contains(&d.len())) else { return false };
    let Some((check, body)) = all.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip([2, 3, 5, 7, 1, 2, 3, 5, 7]).map(|(d, w)| d * w).sum();
    !canonical.starts_with('0') && sum * 10 % 11 % 10 == *check
}

/// Moldova, IDNO and IDNP: thirteen digits, weights 7, 3, 1, mod 10.
pub(super) fn md_idno(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit { weights: &[7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1], modulus: 10, digit: |r| r };
    CHECK.fits(canonical)
}

/// Bulgaria, EGN: day of birth (20 added to the month for the 19th, 40 for the 21st century), serial, a digit mod 11.
pub(super) fn bg_egn(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit { weights: &[2, 4, 8, 5, 10, 9, 7, 3, 6], modulus: 11, digit: |r| r % 10 };
    let Some([y1, y2, m1, m2, d1, d2, ..]) = exactly::<10>(canonical) else { return false };
    let (century, month) = match number(&[m1, m2]) {
        month @ 41.. => (2000, month - 40),
        month @ 21.. => (1800, month - 20),
        month => (1900, month),
    };
    is_day(century + number(&[y1, y2]), month, number(&[d1, d2])) && CHECK.fits(canonical)
}

/// Bulgaria, number of a foreigner (LNCh).
pub(super) fn bg_pnf(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit { weights: &[21, 19, 17, 13, 11, 9, 7, 3, 1], modulus: 10, digit: |r| r };
    CHECK.fits(canonical)
}

/// Bulgaria, VAT: nine digits of a company in two stages; ten of a person, a foreigner, or others mod 11.
pub(super) fn bg_vat(canonical: &str) -> bool {
    const OTHERS: CheckDigit =
        CheckDigit { weights: &[4, 3, 2, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 11 };
    match canonical.len() {
        9 => bg_eik(canonical),
        _ => bg_egn(canonical) || bg_pnf(canonical) || OTHERS.fits(canonical),
    }
}

/// Bulgaria, company number (EIK, BULSTAT) of nine digits.
pub(super) fn bg_eik(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<9>(canonical) else { return false };
    two_stage(&body, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 4, 5, 6, 7, 8, 9, 10]) % 10 == check
}

/// Croatia, OIB: ISO 7064 mod 11,10.
pub(super) fn hr_oib(canonical: &str) -> bool {
    exactly::<11>(canonical).is_some_and(|d| hybrid(&d, 10) == 1)
}

/// JMBG, in Slovenia EMŠO: day of birth with three digits of the year, region, serial, a digit mod 11. The states that
/// came out of Yugoslavia go on with it.
pub(super) fn jmbg(canonical: &str) -> bool {
    const CHECK: CheckDigit =
        CheckDigit { weights: &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 11 % 10 };
    let Some([d1, d2, m1, m2, y1, y2, y3, ..]) = exactly::<13>(canonical) else { return false };
    let year = number(&[y1, y2, y3]);
    let year = if year < 800 { 2000 + year } else { 1000 + year };
    is_day(year, number(&[m1, m2]), number(&[d1, d2])) && CHECK.fits(canonical)
}

/// The same with a year of birth from 1900 to 2099, for numbers that stand alone.
pub(super) fn jmbg_of_our_time(canonical: &str) -> bool {
    canonical.get(4..5).is_some_and(|c| c == "9" || c == "0") && jmbg(canonical)
}

/// Slovenia, tax number: weights 8 to 2, mod 11; a remainder of 0 is not given out.
const SI_TAX: CheckDigit =
    CheckDigit { weights: &[8, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| if r == 1 { 0 } else { 11 - r } };

pub(super) fn si_tax(canonical: &str) -> bool {
    !canonical.starts_with('0') && SI_TAX.fits(canonical)
}

/// Slovenia, matična številka of a company: seven digits, three more of a unit.
pub(super) fn si_maticna(canonical: &str) -> bool {
    const CHECK: CheckDigit =
        CheckDigit { weights: &[7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| if r == 0 { 11 } else { (11 - r) % 10 } };
    let (Some(head), Some(unit)) = (canonical.get(..7), canonical.get(7..)) else { return false };
    let is_unit = unit.is_empty()
        || unit.len() == 3
            && unit.bytes().all(|b| b.is_ascii_alphanumeric())
            && unit.bytes().skip(1).all(|b| b.is_ascii_digit());
    CHECK.fits(head) && is_unit
}

/// Serbia, PIB: nine digits, ISO 7064 mod 11,10.
pub(super) fn rs_pib(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| hybrid(&d, 10) == 1)
}

/// Montenegro, PIB: eight digits mod 11.
pub(super) fn me_pib(canonical: &str) -> bool {
    const CHECK: CheckDigit =
        CheckDigit { weights: &[8, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 11 % 10 };
    CHECK.fits(canonical)
}

/// North Macedonia, EDB, and Bosnia and Herzegovina, JIB: thirteen digits with the check digit of a JMBG.
pub(super) fn mk_edb(canonical: &str) -> bool {
    const CHECK: CheckDigit =
        CheckDigit { weights: &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 11 % 10 };
    CHECK.fits(canonical)
}

/// Bosnia and Herzegovina, JIB of a company: begins with 4.
pub(super) fn ba_jib(canonical: &str) -> bool {
    canonical.starts_with('4') && mk_edb(canonical)
}

/// Albania, NIPT of a company: a letter for the decade, eight digits, a letter. The sum is not published.
pub(super) fn al_nipt(canonical: &str) -> bool {
    let (Some(first), Some(body), Some(last)) = (canonical.get(..1), canonical.get(1..9), canonical.get(9..)) else {
        return false;
    };
    let is_last = last.len() == 1 && last.bytes().all(|b| b.is_ascii_uppercase());
    ("A"..="M").contains(&first) && exactly::<8>(body).is_some() && is_last
}

/// Albania, number of a person: decade, two digits of year, month (50 added for women) and day, serial, a letter.
pub(super) fn al_person(canonical: &str) -> bool {
    let (Some(decade), Some(body), Some(last)) = (canonical.get(..1), canonical.get(1..9), canonical.get(9..)) else {
        return false;
    };
    let Some([y, m1, m2, d1, d2, _, _, _]) = exactly::<8>(body) else { return false };
    // The letter counts the decades from 1800 on, and then the digit the years; A to T are 1800 to 1999.
    let Some(decade) = decade.chars().next().and_then(|c| u32::from(c).checked_sub(u32::from('A'))) else {
        return false;
    };
    let month = number(&[m1, m2]);
    let month = if month > 50 { month - 50 } else { month };
    decade < 26
        && is_day(1800 + decade * 10 + y, month, number(&[d1, d2]))
        && last.len() == 1
        && ("A"..="W").contains(&last)
}
