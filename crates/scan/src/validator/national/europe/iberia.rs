//! Spain, Portugal and Andorra.

use super::sums::{CheckDigit, luhn, modulo, weighted};
use super::{digits, exactly, letter, number, values};

/// The letter of a number mod 23 (Real Decreto 1553/2005).
fn control(number: u32) -> Option<char> {
    letter("TRWAGMYFPDXBNJZSQVHLCKE", number % 23)
}

/// The last character of a text with what stands before it.
fn split_last(text: &str) -> Option<(&str, char)> {
    let last = text.chars().next_back()?;
    Some((text.get(..text.len() - last.len_utf8())?, last))
}

/// DNI: eight digits, or K, L or M and seven, with a letter.
pub(super) fn dni(canonical: &str) -> bool {
    let Some((body, check)) = split_last(canonical) else { return false };
    let digits = match body.strip_prefix(['K', 'L', 'M']) {
        Some(rest) => exactly::<7>(rest).map(|d| number(&d)),
        // Leading zeros are often left out.
        None => digits(body).filter(|d| matches!(d.len(), 7 | 8)).map(|d| number(&d)),
    };
    digits.is_some_and(|n| control(n) == Some(check))
}

/// NIE: X, Y or Z stands for a digit 0, 1 or 2.
pub(super) fn nie(canonical: &str) -> bool {
    let Some((body, check)) = split_last(canonical) else { return false };
    let first = match body.get(..1) {
        Some("X") => 0,
        Some("Y") => 1,
        Some("Z") => 2,
        _ => return false,
    };
    let rest = body.get(1..).and_then(digits).filter(|d| matches!(d.len(), 7 | 8));
    rest.is_some_and(|d| control(first * 10_000_000 + number(&d)) == Some(check))
}

/// CIF: a letter for the form of the company, seven digits, and a digit by Luhn or the letter for it.
pub(super) fn cif(canonical: &str) -> bool {
    let Some((body, check)) = split_last(canonical) else { return false };
    let is_form = body.bytes().next().is_some_and(|b| b"ABCDEFGHJNPQRSUVW".contains(&b));
    let Some(digits) = body.get(1..).and_then(exactly::<7>).filter(|_| is_form) else { return false };
    let [a, b, c, d, e, f, g] = digits;
    let control = (10 - luhn(&[a, b, c, d, e, f, g, 0]) % 10) % 10;
    check.to_digit(10) == Some(control) || letter("JABCDEFGHI", control) == Some(check)
}

/// Social security: province, seven or eight digits, and both mod 97 (Tesorería General).
pub(super) fn nuss(canonical: &str) -> bool {
    let Some([p1, p2, serial @ .., c1, c2]) = exactly::<12>(canonical) else { return false };
    let (province, serial) = (u64::from(number(&[p1, p2])), u64::from(number(&serial)));
    let body = if serial < 10_000_000 { province * 10_000_000 + serial } else { province * 100_000_000 + serial };
    province > 0 && body % 97 == u64::from(number(&[c1, c2]))
}

/// Account (código cuenta cliente): bank and branch, two check digits, account.
pub(super) fn ccc(canonical: &str) -> bool {
    let Some([bank1, bank2, bank3, bank4, b1, b2, b3, b4, c1, c2, account @ ..]) = exactly::<20>(canonical) else {
        return false;
    };
    let check = |body: &[u32]| match 11 - weighted(body, &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 {
        11 => 0,
        10 => 1,
        other => other,
    };
    check(&[0, 0, bank1, bank2, bank3, bank4, b1, b2, b3, b4]) == c1 && check(&account) == c2
}

/// Portugal, NIF: mod 11; a remainder that gives 10 or 11 gives 0.
const PT_NIF: CheckDigit =
    CheckDigit { weights: &[9, 8, 7, 6, 5, 4, 3, 2], modulus: 11, digit: |r| if r < 2 { 0 } else { 11 - r } };

pub(super) fn pt_nif(canonical: &str) -> bool {
    !canonical.starts_with('0') && PT_NIF.fits(canonical)
}

/// Portugal, social security: primes as weights, 9 less the sum mod 10; people begin with 1, companies with 2.
const PT_NISS: CheckDigit =
    CheckDigit { weights: &[29, 23, 19, 17, 13, 11, 7, 5, 3, 2], modulus: 10, digit: |r| 9 - r };

pub(super) fn pt_niss(canonical: &str) -> bool {
    canonical.starts_with(['1', '2']) && PT_NISS.fits(canonical)
}

/// Portugal, citizen card: nine digits, two letters or digits, a digit; Luhn over values to 35.
pub(super) fn pt_cc(canonical: &str) -> bool {
    let Some(head) = canonical.get(..9).filter(|_| canonical.len() == 12) else { return false };
    let Some(all) = values(canonical) else { return false };
    let doubled = |v: &u32| if 2 * v > 9 { 2 * v - 9 } else { 2 * v };
    let sum: u32 = all.iter().enumerate().map(|(at, v)| if at % 2 == 0 { doubled(v) } else { *v }).sum();
    digits(head).is_some() && all.last().is_some_and(|v| *v < 10) && sum.is_multiple_of(10)
}

/// Andorra, NRT: a letter for the kind, six digits in the range of that kind, a letter whose sum is not published.
pub(super) fn ad_nrt(canonical: &str) -> bool {
    let (Some(kind), Some(body), Some(last)) = (canonical.get(..1), canonical.get(1..7), canonical.get(7..)) else {
        return false;
    };
    let Some(serial) = exactly::<6>(body).map(|d| number(&d)) else { return false };
    let in_range = match kind {
        "F" => serial <= 699_999,
        "A" | "L" => (700_000..800_000).contains(&serial),
        "C" | "D" | "E" | "G" | "O" | "P" | "U" => true,
        _ => false,
    };
    in_range && last.len() == 1 && last.bytes().all(|b| b.is_ascii_uppercase())
}

/// CIF, DNI or NIE: what follows `ES` in a VAT number.
pub(super) fn nif(canonical: &str) -> bool {
    canonical.len() == 9 && (dni(canonical) || nie(canonical) || cif(canonical)) && modulo(canonical, 97).is_some()
}
