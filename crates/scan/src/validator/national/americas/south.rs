//! South America but Brazil: people, taxpayers and companies.

use super::sums::{CheckDigit, luhn, weighted};
use super::{digits, exactly, number};

/// Argentina, CUIT and CUIL (AFIP): kind of person, number, check digit mod 11.
pub(super) fn cuit(canonical: &str) -> bool {
    const KINDS: [u32; 10] = [20, 23, 24, 27, 30, 33, 34, 50, 51, 55];
    let Some([k1, k2, ..]) = exactly::<11>(canonical) else { return false };
    let Some([body @ .., check]) = exactly::<11>(canonical) else { return false };
    let rest = weighted(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let wanted = match rest {
        0 => 0,
        1 => 9,
        rest => 11 - rest,
    };
    KINDS.contains(&number(&[k1, k2])) && wanted == check
}

/// Chile, RUT and RUN: weights 2 to 7 from the right, mod 11, ten is K.
pub(super) fn rut(canonical: &str) -> bool {
    let Some((body, check)) = canonical.len().checked_sub(1).and_then(|at| canonical.split_at_checked(at)) else {
        return false;
    };
    let Some(digits) = digits(body).filter(|d| (7..=8).contains(&d.len())) else { return false };
    let sum: u32 = digits.iter().rev().zip([2, 3, 4, 5, 6, 7].iter().cycle()).map(|(d, w)| d * w).sum();
    match (11 - sum % 11) % 11 {
        10 => check == "K",
        wanted => check.parse() == Ok(wanted),
    }
}

/// Colombia, NIT (DIAN): primes from the right, mod 11.
pub(super) fn nit(canonical: &str) -> bool {
    const PRIMES: [u32; 15] = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
    let Some(digits) = digits(canonical).filter(|d| (8..=16).contains(&d.len())) else { return false };
    let Some((check, body)) = digits.split_last() else { return false };
    let rest = body.iter().rev().zip(PRIMES).map(|(d, w)| d * w).sum::<u32>() % 11;
    *check == if rest < 2 { rest } else { 11 - rest }
}

/// Peru, identity number: eight digits and a check digit or letter.
pub(super) fn pe_cui(canonical: &str) -> bool {
    let Some((body, check)) = canonical.split_at_checked(8) else { return false };
    let Some(rest) = exactly::<8>(body).map(|d| weighted(&d, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) else { return false };
    let is_at = |alphabet: &str| {
        usize::try_from(rest).ok().and_then(|at| alphabet.get(at..at + 1)).is_some_and(|wanted| wanted == check)
    };
    check.is_empty() || is_at("65432110987") || is_at("KJIHGFEDCBA")
}

/// Peru, RUC (SUNAT).
pub(super) fn pe_ruc(canonical: &str) -> bool {
    let Some([k1, k2, ..]) = exactly::<11>(canonical) else { return false };
    let Some([body @ .., check]) = exactly::<11>(canonical) else { return false };
    let wanted = (11 - weighted(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    matches!(number(&[k1, k2]), 10 | 15 | 17 | 20) && wanted == check
}

const UY_CI: CheckDigit = CheckDigit { weights: &[2, 9, 8, 7, 6, 3, 4], modulus: 10, digit: |r| (10 - r) % 10 };

/// Uruguay, cédula de identidad.
pub(super) fn uy_ci(canonical: &str) -> bool {
    UY_CI.fits(canonical)
}

/// Uruguay, RUT of the tax office.
pub(super) fn uy_rut(canonical: &str) -> bool {
    let Some([o1, o2, s @ .., a, b, c, check]) = exactly::<12>(canonical) else { return false };
    let [s1, s2, s3, s4, s5, s6] = s;
    let rest = weighted(&[o1, o2, s1, s2, s3, s4, s5, s6, a, b, c], &[4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    (1..=22).contains(&number(&[o1, o2])) && number(&s) > 0 && [a, b, c] == [0, 0, 1] && (11 - rest) % 11 == check
}

/// Ecuador, cédula: province, a third digit of at most 6, Luhn's check.
pub(super) fn ec_ci(canonical: &str) -> bool {
    let Some(all) = exactly::<10>(canonical) else { return false };
    let [p1, p2, third, ..] = all;
    is_province(p1, p2) && third <= 6 && luhn(&all).is_multiple_of(10)
}

fn is_province(p1: u32, p2: u32) -> bool {
    matches!(number(&[p1, p2]), 1..=24 | 30 | 50)
}

/// Ecuador, RUC: of a person the cédula and an establishment; of a public body (third digit 6, at times 9) or a company (9)
/// with sums mod 11.
pub(super) fn ec_ruc(canonical: &str) -> bool {
    let Some([p1, p2, third, a, b, c, d, e, f, g, h, i, j]) = exactly::<13>(canonical) else { return false };
    let is_of = |sum: u32, establishment: &[u32]| sum.is_multiple_of(11) && number(establishment) > 0;
    let is_person = || canonical.get(..10).is_some_and(ec_ci) && number(&[h, i, j]) > 0;
    let is_public = || is_of(weighted(&[p1, p2, third, a, b, c, d, e, f], &[3, 2, 7, 6, 5, 4, 3, 2, 1]), &[g, h, i, j]);
    let is_company =
        || is_of(weighted(&[p1, p2, third, a, b, c, d, e, f, g], &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]), &[h, i, j]);
    is_province(p1, p2)
        && match third {
            0..=5 => is_person(),
            6 => is_public() || is_person(),
            9 => is_public() || is_company(),
            _ => false,
        }
}

/// Paraguay, RUC: weights from 2 on, from the right, mod 11.
pub(super) fn py_ruc(canonical: &str) -> bool {
    let Some(digits) = digits(canonical).filter(|d| (5..=9).contains(&d.len())) else { return false };
    let Some((check, body)) = digits.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip(2..).map(|(d, w)| d * w).sum();
    (11 - sum % 11) % 11 % 10 == *check
}

/// Venezuela, RIF: a letter for the kind of person, eight digits, a check digit.
pub(super) fn ve_rif(canonical: &str) -> bool {
    let Some((kind, rest)) = canonical.split_at_checked(1) else { return false };
    let first = match kind {
        "V" => 4,
        "E" => 8,
        "J" | "C" => 12,
        "P" => 16,
        "G" => 20,
        _ => return false,
    };
    let Some([body @ .., check]) = exactly::<9>(rest) else { return false };
    let rest = (first + weighted(&body, &[3, 2, 7, 6, 5, 4, 3, 2])) % 11;
    check == if rest < 2 { 0 } else { 11 - rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 29] = [
            (cuit, "20346610213", true),
            (rut, "756024868", true),
            (rut, "33463448", true),
            (nit, "4328687247", true),
            (pe_cui, "379049180", true),
            (pe_cui, "37904918D", true),
            (pe_ruc, "10547474037", true),
            (uy_ci, "12345672", true),
            (uy_rut, "210049010018", true),
            (uy_rut, "210000000019", false),
            (ec_ci, "1763710082", true),
            (ec_ruc, "1763710082001", true),
            (ec_ruc, "1793307095100", true),
            (ec_ruc, "1766207698634", true),
            (py_ruc, "805281088", true),
            (ve_rif, "V306799262", true),
            (cuit, "20346610214", false),
            (cuit, "99346610213", false),
            (rut, "756024869", false),
            (rut, "75602486K", false),
            (nit, "4328687248", false),
            (pe_cui, "379049181", false),
            (pe_ruc, "10547474038", false),
            (uy_ci, "12345673", false),
            (uy_rut, "210049010019", false),
            (ec_ci, "1763710083", false),
            (ec_ruc, "1793307090000", false),
            (py_ruc, "805281089", false),
            (ve_rif, "V306799263", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
