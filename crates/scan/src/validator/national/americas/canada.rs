//! Canada: social insurance, provincial health cards, businesses.

use super::super::calendar::is_day_of_short_year;
use super::sums::{luhn, weighted};
use super::{digits, exactly, number};

/// Social insurance number: Luhn; nothing is issued that begins with 0 or 8 (ESDC code of practice).
pub(super) fn sin(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| !matches!(d, [0 | 8, ..]) && luhn(&d).is_multiple_of(10))
}

/// Personal health number of British Columbia: begins with 9, mod 11 over the eight digits that follow.
pub(super) fn bc_phn(canonical: &str) -> bool {
    let Some([9, body @ .., check]) = exactly::<10>(canonical) else { return false };
    (11 - weighted(&body, &[2, 4, 8, 5, 10, 9, 7, 3]) % 11) % 11 == check
}

/// Ontario health card: ten digits with Luhn's check, with or without the two letters of its version.
pub(super) fn ohip(canonical: &str) -> bool {
    let number = canonical.trim_end_matches(|c: char| c.is_ascii_uppercase());
    matches!(canonical.len() - number.len(), 0..=2)
        && exactly::<10>(number).is_some_and(|d| d.first() != Some(&0) && luhn(&d).is_multiple_of(10))
}

/// Health card of Quebec: letters of the name, date of birth with 50 added to the month for women, two digits.
pub(super) fn ramq(canonical: &str) -> bool {
    let Some((name, rest)) = canonical.split_at_checked(4) else { return false };
    let Some([y1, y2, m1, m2, d1, d2, ..]) = exactly::<8>(rest) else { return false };
    let month = number(&[m1, m2]);
    let month = if month > 50 { month - 50 } else { month };
    name.bytes().all(|b| b.is_ascii_uppercase()) && is_day_of_short_year(number(&[y1, y2]), month, number(&[d1, d2]))
}

/// Business number, with or without the account of a programme (`RT0001`).
pub(super) fn bn(canonical: &str) -> bool {
    let Some((root, account)) = canonical.split_at_checked(9) else { return false };
    let is_account = account.is_empty()
        || ["RC", "RM", "RP", "RT"].iter().any(|p| account.strip_prefix(p).and_then(exactly::<4>).is_some());
    is_account && digits(root).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 15] = [
            (sin, "123456782", true),
            (sin, "123456783", false),
            (sin, "046454286", false),
            (bc_phn, "9247777030", true),
            (bc_phn, "9247877030", false),
            (bc_phn, "1247777030", false),
            (ohip, "9876543217", true),
            (ohip, "9876543217AB", true),
            (ohip, "9876543218AB", false),
            (ohip, "9876543217ABC", false),
            (ramq, "TREM65510101", true),
            (ramq, "TREM65630101", false),
            (bn, "118326883", true),
            (bn, "118326883RC0001", true),
            (bn, "118326883XX0001", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
        assert!(!bn("123026636") && !ramq("TRE165510101") && !sin("") && !bn("123"));
    }
}
