//! West Africa.

use super::sums::{luhn, verhoeff, weighted};
use super::{digits, exactly};

/// Ghana, TIN (GRA): kind of taxpayer, two zeros, seven digits, a check mod 11, ten is X.
pub(super) fn gh_tin(canonical: &str) -> bool {
    let Some((kind, rest)) = canonical.split_at_checked(1) else { return false };
    let Some((body, check)) = rest.split_at_checked(9) else { return false };
    let Some(body) = exactly::<9>(body) else { return false };
    let wanted = weighted(&body, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11;
    let is_kind = matches!(kind, "P" | "C" | "G" | "Q" | "V") && body.starts_with(&[0, 0]);
    is_kind && if wanted == 10 { check == "X" } else { check.len() == 1 && check.parse() == Ok(wanted) }
}

/// Guinea, NIF permanent (DGI, cahier de charges n° 12): Luhn.
pub(super) fn gn_nifp(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10) && d.iter().any(|d| *d > 0))
}

/// Senegal, NINEA: seven or nine digits with a sum mod 10, and at times the tax code: scheme, tax centre, legal form.
pub(super) fn sn_ninea(canonical: &str) -> bool {
    let at = if canonical.len() > 9 { canonical.len() - 3 } else { canonical.len() };
    let Some((number, code)) = canonical.split_at_checked(at) else { return false };
    let Some(digits) = digits(number).filter(|d| matches!(d.len(), 7 | 9)) else { return false };
    // Seven digits are nine with two zeros in front: an odd count, so the weights fall the same.
    let sum = weighted(&digits, &[1, 2, 1, 2, 1, 2, 1, 2, 1]);
    let is_code = match code.as_bytes() {
        [] => true,
        [scheme, centre, form] => {
            matches!(scheme, b'0'..=b'2')
                && centre.is_ascii_uppercase()
                && !matches!(centre, b'I' | b'O' | b'X' | b'Y')
                && form.is_ascii_digit()
        }
        _ => false,
    };
    is_code && sum.is_multiple_of(10) && digits.iter().any(|d| *d > 0)
}

/// Nigeria, NIN (NIMC). The issuer publishes no check; others say Verhoeff's, so it may raise and must not veto.
pub(super) fn ng_nin(canonical: &str) -> bool {
    exactly::<11>(canonical).is_some_and(|d| d.iter().any(|d| *d > 0) && verhoeff(&d) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 18] = [
            (gh_tin, "P0029518172", true),
            (gh_tin, "P0029518173", false),
            (gh_tin, "B0029518172", false),
            (gh_tin, "P0129518172", false),
            (gn_nifp, "695604801", true),
            (gn_nifp, "695604802", false),
            (gn_nifp, "000000000", false),
            (sn_ninea, "5490652", true),
            (sn_ninea, "5490653", false),
            (sn_ninea, "0000000", false),
            (sn_ninea, "54906522G2", true),
            (sn_ninea, "54906523G2", false),
            (sn_ninea, "54906522O2", false),
            (sn_ninea, "5490652G2", false),
            (sn_ninea, "005490652", true),
            (ng_nin, "48630374862", true),
            (ng_nin, "48630374863", false),
            (ng_nin, "00000000000", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
