//! Israel, Jordan, Syria and Iran.

use super::sums::{luhn, weighted};
use super::{digits, exactly, number};

/// Israel, identity number (teudat zehut): nine digits, zeros in front often left away, Luhn's check.
pub(super) fn il_id(canonical: &str) -> bool {
    digits(canonical)
        .filter(|d| (5..=9).contains(&d.len()))
        .is_some_and(|d| luhn(&d).is_multiple_of(10) && d.iter().any(|d| *d > 0))
}

/// Israel, number of a company or other corporation: the same check, first digit 5.
pub(super) fn il_company(canonical: &str) -> bool {
    canonical.len() == 9 && canonical.starts_with('5') && il_id(canonical)
}

/// Jordan, national number: 9 for those born before 2000 and 2 for those born later, two digits of the year, number. No
/// check digit is published.
pub(super) fn jo_id(canonical: &str) -> bool {
    matches!(exactly::<10>(canonical), Some([first, decade, ..]) if first == 9 || first == 2 && decade < 5)
}

/// Syria, national number: eleven digits, governorate first.
pub(super) fn sy_id(canonical: &str) -> bool {
    matches!(exactly::<11>(canonical), Some([g1, g2, ..]) if (1..=14).contains(&number(&[g1, g2])))
}

/// Iran, national code (کد ملی): weights 10 to 2, mod 11. One digit all through passes the sum and is never given.
pub(super) fn ir_id(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<10>(canonical) else { return false };
    let rest = weighted(&body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    body.iter().any(|d| *d != check) && check == if rest < 2 { rest } else { 11 - rest }
}

/// Iran, national identifier of legal persons (شناسه ملی): the tenth digit and two are added to every digit, mod 11.
pub(super) fn ir_company(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<11>(canonical) else { return false };
    let [.., tenth] = body;
    let shifted = body.map(|d| d + tenth + 2);
    let rest = weighted(&shifted, &[29, 27, 23, 19, 17, 29, 27, 23, 19, 17]) % 11;
    body.iter().any(|d| *d != check) && rest % 10 == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 21] = [
            (il_id, "051112423", true),
            (il_id, "051112424", false),
            (il_id, "000000000", false),
            (il_id, "51112423", true),
            (il_id, "51112424", false),
            (il_id, "2423", false),
            (il_company, "512623851", true),
            (il_company, "512623852", false),
            (il_company, "051112423", false),
            (jo_id, "9881048291", true),
            (jo_id, "3881048291", false),
            (jo_id, "2001048291", true),
            (jo_id, "2601048291", false),
            (sy_id, "02010482913", true),
            (sy_id, "15010482913", false),
            (ir_id, "0073415219", true),
            (ir_id, "0073415210", false),
            (ir_id, "1111111111", false),
            (ir_company, "10184090537", true),
            (ir_company, "10184090538", false),
            (ir_company, "00000000000", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
