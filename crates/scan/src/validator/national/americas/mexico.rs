//! Mexico: population registry, taxpayers, social security.

use super::super::calendar::is_day_of_short_year;
use super::sums::luhn;
use super::{exactly, number};

/// The values of letters in the population registry and at the tax office; both have one more letter after N.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
/// Federal entities in a CURP.
const STATES: [&str; 33] = [
    "AS", "BC", "BS", "CC", "CH", "CL", "CM", "CS", "DF", "DG", "GR", "GT", "HG", "JC", "MC", "MN", "MS", "NE", "NL",
    "NT", "OC", "PL", "QR", "QT", "SL", "SP", "SR", "TC", "TL", "TS", "VZ", "YN", "ZS",
];

fn value(c: char) -> Option<u32> {
    ALPHABET.chars().position(|a| a == c).and_then(|at| u32::try_from(at).ok())
}

fn is_date(text: Option<&str>) -> bool {
    let Some([y1, y2, m1, m2, d1, d2]) = text.and_then(exactly::<6>) else { return false };
    is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
}

/// Clave Única de Registro de Población: name, date, sex, state, and a check digit mod 10 with weights 18 to 2
/// (Instructivo normativo, Diario Oficial 2021-10-18).
pub(super) fn curp(canonical: &str) -> bool {
    let is_formed = canonical.len() == 18
        && canonical.get(..4).is_some_and(|n| n.bytes().all(|b| b.is_ascii_uppercase()))
        && is_date(canonical.get(4..10))
        && canonical.get(10..11).is_some_and(|s| matches!(s, "H" | "M" | "X"))
        && canonical.get(11..13).is_some_and(|s| STATES.contains(&s))
        && canonical.get(13..16).is_some_and(|n| n.bytes().all(|b| b.is_ascii_uppercase()));
    let Some(body) = canonical.get(..17).filter(|_| is_formed) else { return false };
    let sum: Option<u32> = body.chars().zip((2..=18).rev()).map(|(c, w)| Some(value(c)? * w)).sum();
    sum.is_some_and(|sum| canonical.chars().next_back().and_then(|c| c.to_digit(10)) == Some((10 - sum % 10) % 10))
}

/// Registro Federal de Contribuyentes: of a person four letters, a date and three characters, the last a check digit
/// mod 11; of a company three letters.
pub(super) fn rfc(canonical: &str) -> bool {
    let letters = match canonical.chars().count() {
        12 => 3,
        13 => 4,
        _ => return false,
    };
    let Some((name, rest)) = canonical.split_at_checked(letters) else { return false };
    // The two characters that tell apart who would share the rest.
    let is_told_apart = rest.get(6..7).is_some_and(|c| matches!(c.as_bytes(), [b'1'..=b'9' | b'A'..=b'V']))
        && rest.get(7..8).is_some_and(|c| matches!(c.as_bytes(), [b'1'..=b'9' | b'A'..=b'Z']));
    let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'&');
    if !is_name || !is_date(rest.get(..6)) || !is_told_apart {
        return false;
    }
    let Some(body) = canonical.get(..canonical.len() - 1) else { return false };
    let padding = if letters == 3 { " " } else { "" };
    let sum: Option<u32> =
        padding.chars().chain(body.chars()).zip((2..=13).rev()).map(|(c, w)| Some(value(c)? * w)).sum();
    let check =
        sum.map(|sum| (11 - sum % 11) % 11).map(|d| if d == 10 { 'A' } else { char::from_digit(d, 10).unwrap_or(' ') });
    check.is_some() && canonical.chars().next_back() == check
}

/// Número de Seguridad Social (IMSS): Luhn.
pub(super) fn nss(canonical: &str) -> bool {
    exactly::<11>(canonical).is_some_and(|d| d.iter().any(|d| *d > 0) && luhn(&d).is_multiple_of(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 11] = [
            (curp, "BOXW310820HNERXN09", true),
            (curp, "BOXW310820HNERXN08", false),
            (curp, "BOXW311320HNERXN09", false),
            (curp, "BOXW310820HZZRXN09", false),
            (rfc, "GODE561231GR8", true),
            (rfc, "GODE561231GR9", false),
            (rfc, "GODE561331GR8", false),
            (rfc, "XJLY870214805", false),
            (nss, "12345678903", true),
            (nss, "12345678904", false),
            (nss, "00000000000", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
