//! France and Monaco: social security, taxpayers, companies, VAT.

use super::sums::{luhn, modulo};
use super::{digits, exactly, number, plain};

/// NIR (social security number): sex, year and month of birth, commune, order, and a key that is 97 less the rest mod
/// 97. Corsica's 2A and 2B count as 19 and 18 (INSEE).
pub(super) fn nir(text: &str) -> bool {
    let text = plain(text);
    let (Some(birth), Some(department), Some(order), Some(key)) =
        (text.get(..5), text.get(5..7), text.get(7..13), text.get(13..).and_then(exactly::<2>))
    else {
        return false;
    };
    let department = match department {
        "2A" => "19",
        "2B" => "18",
        other => other,
    };
    let Some([sex, _, _, m1, m2]) = exactly::<5>(birth) else { return false };
    let month = number(&[m1, m2]);
    let body = format!("{birth}{department}{order}");
    matches!(sex, 1..=4 | 7 | 8)
        && matches!(month, 1..=12 | 20..=42 | 50..=99)
        && digits(&body).is_some()
        && modulo(&body, 97).is_some_and(|rest| number(&key) == 97 - rest)
}

/// SPI (number of a taxpayer): thirteen digits, the last three the first ten mod 511; begins with 0 to 3 (DGFiP).
pub(super) fn spi(canonical: &str) -> bool {
    let Some([first, .., c1, c2, c3]) = exactly::<13>(canonical) else { return false };
    first <= 3 && canonical.get(..10).and_then(|body| modulo(body, 511)) == Some(number(&[c1, c2, c3]))
}

/// SIREN of a company: nine digits by Luhn (INSEE).
pub(super) fn siren(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

/// SIRET of a place of business: a SIREN and five digits, by Luhn; those of La Poste by a sum of digits.
pub(super) fn siret(canonical: &str) -> bool {
    let Some(all) = exactly::<14>(canonical) else { return false };
    let is_post = canonical.starts_with("356000000") && canonical != "35600000000048";
    let holds = if is_post { all.iter().sum::<u32>().is_multiple_of(5) } else { luhn(&all).is_multiple_of(10) };
    holds && canonical.get(..9).is_some_and(siren)
}

/// VAT: two characters and a SIREN. Two digits are the SIREN and 12 mod 97; with a letter another sum is made, in which
/// neither I nor O occurs. Monaco has 000 in place of a SIREN's first digits.
pub(super) fn tva(canonical: &str) -> bool {
    let (Some(key), Some(company)) = (canonical.get(..2), canonical.get(2..)) else { return false };
    let is_monaco = company.starts_with("000");
    if exactly::<9>(company).is_none() || !is_monaco && !siren(company) {
        return false;
    }
    if let Some(key) = exactly::<2>(key) {
        return modulo(&format!("{company}12"), 97) == Some(number(&key));
    }
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let value = |c: char| ALPHABET.chars().position(|l| l == c).and_then(|at| u32::try_from(at).ok());
    let mut key = key.chars().map(value);
    let (Some(Some(a)), Some(Some(b))) = (key.next(), key.next()) else { return false };
    let check = if a < 10 { (a * 24 + b).checked_sub(10) } else { (a * 34 + b).checked_sub(100) };
    let (Some(rest), Some(check)) = (modulo(company, 11), check) else { return false };
    (a >= 10 || b >= 10) && check % 11 == (rest + 1 + check / 11) % 11
}

/// Monaco's VAT: as of France, with 000 in place of a SIREN's first digits.
pub(super) fn monaco(canonical: &str) -> bool {
    canonical.get(2..5) == Some("000") && tva(canonical)
}
