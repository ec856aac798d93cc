//! Central America and the Caribbean.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, luhn, weighted};
use super::{digits, exactly, number};

/// Costa Rica, cédula física: ten digits with zeros filled in, first that of a province.
pub(super) fn cr_cedula(canonical: &str) -> bool {
    match digits(canonical).as_deref() {
        Some([province, rest @ ..]) if rest.len() == 8 => (1..=9).contains(province) && number(rest) > 0,
        _ => false,
    }
}

/// Cuba, carné de identidad: date of birth, and a digit for the century.
pub(super) fn cu_ni(canonical: &str) -> bool {
    let Some([y1, y2, m1, m2, d1, d2, century, ..]) = exactly::<11>(canonical) else { return false };
    let hundreds = match century {
        9 => 1800,
        0..=5 => 1900,
        _ => 2000,
    };
    is_day(hundreds + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
}

/// Dominican Republic, cédula: Luhn. Some old ones do not hold it, so it must not veto.
pub(super) fn do_cedula(canonical: &str) -> bool {
    exactly::<11>(canonical).is_some_and(|d| d.iter().any(|d| *d > 0) && luhn(&d).is_multiple_of(10))
}

/// Dominican Republic, RNC.
pub(super) fn do_rnc(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<9>(canonical) else { return false };
    let sum = weighted(&body, &[7, 9, 8, 6, 5, 4, 3, 2]) % 11;
    (10 + 11 - sum) % 11 % 9 + 1 == check
}

/// Guatemala, NIT: weights from 2 on, from the right, mod 11, ten is K.
pub(super) fn gt_nit(canonical: &str) -> bool {
    let Some((body, check)) = canonical.len().checked_sub(1).and_then(|at| canonical.split_at_checked(at)) else {
        return false;
    };
    let Some(digits) = digits(body).filter(|d| (1..=11).contains(&d.len())) else { return false };
    let sum: u32 = digits.iter().rev().zip(2..).map(|(d, w)| d * w).sum();
    match (11 - sum % 11) % 11 {
        10 => check == "K",
        wanted => check.parse() == Ok(wanted),
    }
}

const SV_DUI: CheckDigit = CheckDigit { weights: &[9, 8, 7, 6, 5, 4, 3, 2], modulus: 10, digit: |r| (10 - r) % 10 };

/// El Salvador, documento único de identidad.
pub(super) fn sv_dui(canonical: &str) -> bool {
    SV_DUI.fits(canonical) && canonical.bytes().any(|b| b != b'0')
}

/// El Salvador, NIT: municipality, date, a number; two sums in use by the number's range.
pub(super) fn sv_nit(canonical: &str) -> bool {
    let Some([first, .., n1, n2, n3, check]) = exactly::<14>(canonical) else { return false };
    let Some([body @ .., _]) = exactly::<14>(canonical) else { return false };
    let wanted = if number(&[n1, n2, n3]) <= 100 {
        weighted(&body, &[14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 % 10
    } else {
        (11 - weighted(&body, &[2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10
    };
    matches!(first, 0 | 1 | 9) && wanted == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 17] = [
            (cr_cedula, "701610395", true),
            (cr_cedula, "001610395", false),
            (cr_cedula, "70161039", false),
            (cu_ni, "91021027775", true),
            (cu_ni, "91023027775", false),
            (do_cedula, "01829726825", true),
            (do_cedula, "01829726826", false),
            (do_rnc, "183532892", true),
            (do_rnc, "183532893", false),
            (gt_nit, "6964753", true),
            (gt_nit, "6964754", false),
            (gt_nit, "517144K", true),
            (sv_dui, "821032345", true),
            (sv_dui, "821032346", false),
            (sv_nit, "06141000261577", true),
            (sv_nit, "06141000261578", false),
            (sv_nit, "26141000261577", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
