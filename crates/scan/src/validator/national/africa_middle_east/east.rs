//! East Africa. None of these states publishes how its check digits are made.

use super::super::calendar::is_day;
use super::{digits, exactly, number};

/// Kenya, PIN (KRA): A for people, P for others, nine digits, a letter.
pub(super) fn ke_pin(canonical: &str) -> bool {
    let Some((kind, rest)) = canonical.split_at_checked(1) else { return false };
    let Some((number, letter)) = rest.split_at_checked(9) else { return false };
    matches!(kind, "A" | "P")
        && digits(number).is_some()
        && letter.len() == 1
        && letter.bytes().all(|b| b.is_ascii_uppercase())
}

/// Rwanda, national identity number: 1 for citizens, 2 for refugees, 3 for foreigners; year of birth; 8 for men and 7 for
/// women; number, issues of the card, two digits more.
pub(super) fn rw_id(canonical: &str) -> bool {
    matches!(exactly::<16>(canonical), Some([1..=3, y1, y2, y3, y4, 7 | 8, ..])
        if (1900..=2099).contains(&number(&[y1, y2, y3, y4])))
}

/// Tanzania, NIDA: date of birth, post code, number, two digits more.
pub(super) fn tz_nida(canonical: &str) -> bool {
    let Some([y1, y2, y3, y4, m1, m2, d1, d2, ..]) = exactly::<20>(canonical) else { return false };
    let year = number(&[y1, y2, y3, y4]);
    (1900..=2099).contains(&year) && is_day(year, number(&[m1, m2]), number(&[d1, d2]))
}

/// Uganda, NIN (NIRA): C for citizens, P and A for others; M or F; year of birth; the rest in digits, then letters and
/// digits.
pub(super) fn ug_nin(canonical: &str) -> bool {
    canonical.len() == 14
        && matches!(canonical.get(..2), Some("CM" | "CF" | "PM" | "PF" | "AM" | "AF"))
        && canonical.bytes().skip(2).take(6).all(|b| b.is_ascii_digit())
        && canonical.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 15] = [
            (ke_pin, "A004829132K", true),
            (ke_pin, "B004829132K", false),
            (ke_pin, "A00482913K", false),
            (ke_pin, "A0048291321", false),
            (rw_id, "1198580048291320", true),
            (rw_id, "4198580048291320", false),
            (rw_id, "1198530048291320", false),
            (rw_id, "1188580048291320", false),
            (tz_nida, "19880417482913201547", true),
            (tz_nida, "19881317482913201547", false),
            (tz_nida, "18880417482913201547", false),
            (ug_nin, "CM86034103HK4A", true),
            (ug_nin, "XM86034103HK4A", false),
            (ug_nin, "CX86034103HK4A", false),
            (ug_nin, "CM86034103HK4", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
