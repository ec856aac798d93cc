//! Poland, Czechia, Slovakia, Hungary.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, modulo, weighted};
use super::{digits, exactly, number, values};

/// Poland, PESEL: day of birth with the century in the month, serial, a digit by weights 1, 3, 7, 9.
pub(super) fn pesel(canonical: &str) -> bool {
    const CHECK: CheckDigit =
        CheckDigit { weights: &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3], modulus: 10, digit: |r| (10 - r) % 10 };
    let Some([y1, y2, m1, m2, d1, d2, ..]) = exactly::<11>(canonical) else { return false };
    let month = number(&[m1, m2]);
    let century = match month / 20 {
        0 => 1900,
        1 => 2000,
        2 => 2100,
        3 => 2200,
        _ => 1800,
    };
    is_day(century + number(&[y1, y2]), month % 20, number(&[d1, d2])) && CHECK.fits(canonical)
}

/// Poland, NIP: mod 11, a remainder of 10 is not given out.
const NIP: CheckDigit = CheckDigit { weights: &[6, 5, 7, 2, 3, 4, 5, 6, 7], modulus: 11, digit: |r| r };

pub(super) fn nip(canonical: &str) -> bool {
    NIP.fits(canonical)
}

/// Poland, REGON: nine digits, or fourteen of a branch, whose first nine are one.
pub(super) fn regon(canonical: &str) -> bool {
    const SHORT: CheckDigit = CheckDigit { weights: &[8, 9, 2, 3, 4, 5, 6, 7], modulus: 11, digit: |r| r % 10 };
    const LONG: CheckDigit =
        CheckDigit { weights: &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8], modulus: 11, digit: |r| r % 10 };
    SHORT.fits(canonical) || LONG.fits(canonical) && canonical.get(..9).is_some_and(|head| SHORT.fits(head))
}

/// Poland, identity card: three letters, a check digit by 7-3-1, five digits.
pub(super) fn dowod(canonical: &str) -> bool {
    let (Some(head), Some(tail)) = (canonical.get(..3), canonical.get(3..)) else { return false };
    let is_series = head.bytes().all(|b| b.is_ascii_uppercase() && b != b'O' && b != b'Q');
    let (Some(letters), Some([check, rest @ ..])) = (values(head), exactly::<6>(tail)) else { return false };
    is_series && (weighted(&letters, &[7, 3, 1]) + weighted(&rest, &[7, 3, 1, 7, 3])) % 10 == check
}

/// Czechia and Slovakia, rodné číslo: day of birth (50 added to a woman's month, since 2004 also 20), serial, and from
/// 1954 on a digit that makes it a multiple of eleven.
pub(super) fn rodne_cislo(canonical: &str) -> bool {
    let Some(all) = digits(canonical).filter(|d| matches!(d.len(), 9 | 10)) else { return false };
    let [y1, y2, m1, m2, d1, d2, ..] = all.as_slice() else { return false };
    let (short, month, day) = (number(&[*y1, *y2]), number(&[*m1, *m2]) % 50, number(&[*d1, *d2]));
    let (month, is_late) = if month > 20 { (month - 20, true) } else { (month, false) };
    let year = match (all.len(), short) {
        (9, 54..80) => return false,
        (9, 80..) => 1800 + short,
        (9, _) => 1900 + short,
        (_, 54..) => 1900 + short,
        _ => 2000 + short,
    };
    let check = canonical.get(..9).and_then(|body| modulo(body, 11)).map(|rest| rest % 10);
    number(&[*m1, *m2]) < 83
        && (!is_late || year >= 2004)
        && is_day(year, month, day)
        && (all.len() == 9 || all.last().copied() == check)
}

/// Czechia and Slovakia, IČO of a company: weights 8 to 2, mod 11.
const ICO: CheckDigit = CheckDigit { weights: &[8, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| (11 - r) % 10 };

pub(super) fn ico(canonical: &str) -> bool {
    ICO.fits(canonical)
}

/// Czechia, DIČ: an IČO, a rodné číslo, or nine digits with 6 before of people who have none.
pub(super) fn cz_dic(canonical: &str) -> bool {
    const OTHERS: CheckDigit = CheckDigit {
        weights: &[0, 8, 7, 6, 5, 4, 3, 2],
        modulus: 11,
        digit: |r| match r {
            0 | 10 => 8,
            1 => 9,
            _ => r - 2,
        },
    };
    match canonical.len() {
        8 => !canonical.starts_with('9') && ICO.fits(canonical),
        9 if canonical.starts_with('6') => OTHERS.fits(canonical),
        _ => rodne_cislo(canonical),
    }
}

/// Slovakia, VAT: ten digits, a multiple of eleven.
pub(super) fn sk_vat(canonical: &str) -> bool {
    let Some([first, _, third, ..]) = exactly::<10>(canonical) else { return false };
    let is_company = first > 0 && matches!(third, 2..=4 | 7..=9) && modulo(canonical, 11) == Some(0);
    is_company || rodne_cislo(canonical)
}

/// Hungary, TAJ of social insurance: weights 3 and 7, mod 10.
const TAJ: CheckDigit = CheckDigit { weights: &[3, 7, 3, 7, 3, 7, 3, 7], modulus: 10, digit: |r| r };

pub(super) fn hu_taj(canonical: &str) -> bool {
    TAJ.fits(canonical)
}

/// Hungary, tax number of a person: 8, days from 1 January 1867 to the birth, serial, digits times their places mod 11.
const HU_PERSON: CheckDigit = CheckDigit { weights: &[1, 2, 3, 4, 5, 6, 7, 8, 9], modulus: 11, digit: |r| r };

pub(super) fn hu_person(canonical: &str) -> bool {
    canonical.starts_with('8') && HU_PERSON.fits(canonical)
}

/// Hungary, tax number of a company: eight digits, with the kind of tax and the county eleven.
pub(super) fn hu_company(canonical: &str) -> bool {
    let Some(all) = digits(canonical).filter(|d| matches!(d.len(), 8 | 11)) else { return false };
    let kind = all.get(8).is_none_or(|kind| (1..=5).contains(kind));
    kind && weighted(&all, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)
}

/// Hungary, personal id: sex and century, day of birth, serial, a digit mod 11; from 1997 on with weights turned round.
pub(super) fn hu_szemelyi(canonical: &str) -> bool {
    let Some([first, y1, y2, m1, m2, d1, d2, s1, s2, s3, check]) = exactly::<11>(canonical) else { return false };
    let century = match first {
        1 | 2 => 1900,
        3 | 4 => 2000,
        _ => return false,
    };
    let year = century + number(&[y1, y2]);
    let body = [first, y1, y2, m1, m2, d1, d2, s1, s2, s3];
    let weights: [u32; 10] =
        if year < 1997 { [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } else { [10, 9, 8, 7, 6, 5, 4, 3, 2, 1] };
    is_day(year, number(&[m1, m2]), number(&[d1, d2])) && weighted(&body, &weights) % 11 == check
}
