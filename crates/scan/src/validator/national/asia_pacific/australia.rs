//! Australia: taxpayers, companies, Medicare, health and welfare.

use super::sums::{luhn, weighted};
use super::{digits, exactly, number};

/// Tax file number (ATO): weights 1 4 3 7 5 8 6 9 10 mod 11; the old form of eight digits has weights 10 7 8 4 6 3 5 1.
pub(super) fn tfn(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    let varied = digits.iter().any(|d| Some(d) != digits.first());
    let sum = match digits.len() {
        9 => weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]),
        8 => weighted(&digits, &[10, 7, 8, 4, 6, 3, 5, 1]),
        _ => return false,
    };
    varied && sum.is_multiple_of(11)
}

/// Business number: one less in the first digit, weights 10 1 3 … 19, mod 89.
pub(super) fn abn(canonical: &str) -> bool {
    let Some(digits) = exactly::<11>(canonical) else { return false };
    let sum = weighted(&digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    // The check digits go from 11 to 99.
    digits.get(..2).is_some_and(|check| number(check) > 10) && (sum + 89 - 10).is_multiple_of(89)
}

/// Company number (ASIC): weights 8 to 1, the complement to ten; 0 is a check digit too.
pub(super) fn acn(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<9>(canonical) else { return false };
    (10 - weighted(&body, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == check
}

/// Medicare card: eight digits, their check digit, the issue number, and on some the person's number.
pub(super) fn medicare(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    matches!(digits.len(), 10 | 11)
        && digits.first().is_some_and(|d| (2..=6).contains(d))
        && digits.get(8) == Some(&(weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10))
        && digits.get(9).is_some_and(|d| *d > 0)
}

/// Individual healthcare identifier: 16 digits that begin with 800360, Luhn.
pub(super) fn ihi(canonical: &str) -> bool {
    canonical.starts_with("800360") && exactly::<16>(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

/// Customer reference number of Centrelink: nine digits and a letter. Its check is not published.
pub(super) fn crn(canonical: &str) -> bool {
    let Some((number, letter)) = canonical.split_at_checked(9) else { return false };
    exactly::<9>(number).is_some_and(|d| matches!(d.first(), Some(2..=6)))
        && matches!(letter, "A" | "B" | "C" | "H" | "J" | "K" | "L" | "S" | "T" | "V" | "X")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 25] = [
            (tfn, "123456782", true),
            (tfn, "459599230", true),
            (tfn, "81854402", true),
            (tfn, "123456783", false),
            (tfn, "000000000", false),
            (tfn, "1234567", false),
            (abn, "51824753556", true),
            (abn, "51824753557", false),
            (abn, "01824753556", false),
            (abn, "10598451161", false),
            (acn, "004085616", true),
            (acn, "000000019", true),
            (acn, "004085617", false),
            (medicare, "2123456701", true),
            (medicare, "21234567011", true),
            (medicare, "2123456711", false),
            (medicare, "2123456700", false),
            (medicare, "1123456701", false),
            (medicare, "212345670", false),
            (ihi, "8003608166690503", true),
            (ihi, "8003608166690504", false),
            (ihi, "8004608166690503", false),
            (crn, "204118734T", true),
            (crn, "904118734T", false),
            (crn, "204118734Z", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
