//! Belgium, the Netherlands, Luxembourg.

use super::super::calendar::is_day;
use super::sums::{luhn, modulo, verhoeff, weighted};
use super::{exactly, number};

/// Netherlands, burgerservicenummer: the eleven test, the last digit counted negative.
pub(super) fn bsn(canonical: &str) -> bool {
    let Some([body @ .., last]) = exactly::<9>(canonical) else { return false };
    let sum = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]);
    number(&body) > 0 && sum % 11 == last % 11
}

/// Netherlands, VAT: a BSN or RSIN, `B` and two digits; since 2020 nine digits that are none, mod 97 over all.
pub(super) fn nl_vat(canonical: &str) -> bool {
    let (Some(body), Some("B"), Some(suffix)) = (canonical.get(..9), canonical.get(9..10), canonical.get(10..)) else {
        return false;
    };
    let is_number = exactly::<9>(body).is_some_and(|d| number(&d) > 0);
    let has_suffix = exactly::<2>(suffix).is_some_and(|d| number(&d) > 0);
    is_number && has_suffix && (bsn(body) || modulo(&format!("NL{canonical}"), 97) == Some(1))
}

/// The key of a Belgian number is 97 less the rest mod 97, for births from 2000 on with a 2 before.
fn has_key(canonical: &str) -> bool {
    let (Some([.., c1, c2]), Some(body)) = (exactly::<11>(canonical), canonical.get(..9)) else { return false };
    let holds = |body: &str| modulo(body, 97).is_some_and(|rest| 97 - rest == number(&[c1, c2]));
    holds(body) || holds(&format!("2{body}"))
}

fn month(canonical: &str) -> Option<u32> {
    canonical.get(2..4).and_then(exactly::<2>).map(|d| number(&d))
}

/// Belgium, national register number (NISS): day of birth, serial, key. A month that is not known is 0, and where the
/// serials of a day run out the day goes on beyond the month's end.
pub(super) fn be_nn(canonical: &str) -> bool {
    month(canonical).is_some_and(|m| m <= 12) && canonical.bytes().any(|b| b != b'0') && has_key(canonical)
}

/// Belgium, BIS number of people who are not in the register: 20 or 40 added to the month.
pub(super) fn be_bis(canonical: &str) -> bool {
    month(canonical).is_some_and(|m| matches!(m, 20..=32 | 40..=52)) && has_key(canonical)
}

/// Belgium, either of them.
pub(super) fn be_niss(canonical: &str) -> bool {
    be_nn(canonical) || be_bis(canonical)
}

/// Belgium, enterprise and VAT number: ten digits that begin with 0 or 1, 97 less the first eight mod 97.
pub(super) fn be_vat(canonical: &str) -> bool {
    // Of numbers before 2005 the leading zero is often left out.
    let full = if canonical.len() == 9 { format!("0{canonical}") } else { canonical.to_owned() };
    let Some([first, .., c1, c2]) = exactly::<10>(&full) else { return false };
    let body = full.get(..8).filter(|body| body.bytes().any(|b| b != b'0'));
    first < 2 && body.and_then(|body| modulo(body, 97)).is_some_and(|rest| 97 - rest == number(&[c1, c2]))
}

/// Luxembourg, matricule: day of birth, serial, a digit by Luhn, one by Verhoeff, both over the first eleven.
pub(super) fn lu_matricule(canonical: &str) -> bool {
    let Some(all @ [y1, y2, y3, y4, m1, m2, d1, d2, ..]) = exactly::<13>(canonical) else { return false };
    let [a, b, c, d, e, f, g, h, i, j, k, c1, c2] = all;
    let year = number(&[y1, y2, y3, y4]);
    (1850..2100).contains(&year)
        && is_day(year, number(&[m1, m2]), number(&[d1, d2]))
        && luhn(&[a, b, c, d, e, f, g, h, i, j, k, c1]).is_multiple_of(10)
        && verhoeff(&[a, b, c, d, e, f, g, h, i, j, k, c2]) == 0
}

/// Luxembourg, VAT: six digits and these mod 89.
pub(super) fn lu_vat(canonical: &str) -> bool {
    let Some([body @ .., c1, c2]) = exactly::<8>(canonical) else { return false };
    number(&body) % 89 == number(&[c1, c2])
}
