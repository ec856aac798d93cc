//! States of the Gulf.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, luhn};
use super::{exactly, number};

/// United Arab Emirates, identity card (ICP): 784, year of birth, number, Luhn's check.
pub(super) fn ae_id(canonical: &str) -> bool {
    let Some(all) = exactly::<15>(canonical) else { return false };
    let [7, 8, 4, y1, y2, y3, y4, ..] = all else { return false };
    (1900..=2099).contains(&number(&[y1, y2, y3, y4])) && luhn(&all).is_multiple_of(10)
}

/// United Arab Emirates, tax registration number (FTA): fifteen digits, 10 first. No check digit is published.
pub(super) fn ae_trn(canonical: &str) -> bool {
    matches!(exactly::<15>(canonical), Some([1, 0, rest @ ..]) if rest.iter().any(|d| *d > 0))
}

/// Saudi Arabia, national identity (1) and residence permit, iqama (2): Luhn.
pub(super) fn sa_id(canonical: &str) -> bool {
    exactly::<10>(canonical).is_some_and(|d| matches!(d, [1 | 2, ..]) && luhn(&d).is_multiple_of(10))
}

/// Saudi Arabia, VAT registration number (ZATCA): fifteen digits, 3 first and last.
pub(super) fn sa_vat(canonical: &str) -> bool {
    matches!(exactly::<15>(canonical), Some([3, body @ .., 3]) if number(&body) > 0)
}

/// Qatar, identity card: century (2 is 1900, 3 is 2000), year of birth, nationality by ISO 3166-1's number, number.
pub(super) fn qa_qid(canonical: &str) -> bool {
    matches!(exactly::<11>(canonical), Some([2 | 3, _, _, c @ .., _, _, _, _, _]) if (4..=894).contains(&number(&c)))
}

const KW: CheckDigit = CheckDigit { weights: &[2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], modulus: 11, digit: |r| 11 - r };

/// Kuwait, civil number (PACI): century (2 is 1900, 3 is 2000), date of birth, number, check mod 11.
pub(super) fn kw_civil_id(canonical: &str) -> bool {
    let Some(all) = exactly::<12>(canonical) else { return false };
    let [century, y1, y2, m1, m2, d1, d2, ..] = all;
    let is_born = is_day(1700 + 100 * century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]));
    matches!(century, 1..=3) && is_born && KW.holds(&all)
}

/// Bahrain, personal number (CPR): year and month of birth, number. No check digit is published.
pub(super) fn bh_cpr(canonical: &str) -> bool {
    matches!(exactly::<9>(canonical), Some([_, _, m1, m2, ..]) if (1..=12).contains(&number(&[m1, m2])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 23] = [
            (ae_id, "784198465666588", true),
            (ae_id, "784198465666589", false),
            (ae_id, "784185065666589", false),
            (ae_id, "785198465666587", false),
            (ae_trn, "100348291320003", true),
            (ae_trn, "200348291320003", false),
            (ae_trn, "100000000000000", false),
            (bh_cpr, "880748291", true),
            (bh_cpr, "881348291", false),
            (sa_id, "1120567340", true),
            (sa_id, "1120567341", false),
            (sa_id, "3120567346", false),
            (sa_id, "2364717641", true),
            (sa_vat, "300482913200003", true),
            (sa_vat, "300482913200004", false),
            (sa_vat, "400482913200003", false),
            (qa_qid, "28663400123", true),
            (qa_qid, "18663400123", false),
            (qa_qid, "28699900123", false),
            (kw_civil_id, "296042141536", true),
            (kw_civil_id, "296042141537", false),
            (kw_civil_id, "296132141536", false),
            (kw_civil_id, "292022910002", true), // 29 February
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
