//! Check digits within the national part of an IBAN, where the country publishes how they are made.
//!
//! The sources are the banks' own: BBA (Belgium), CCC (Spain), clé RIB (France, Monaco, Tunisia), CIN (Italy, San Marino),
//! BBS (Norway), Finanssiala (Finland), NBP (Poland), GIRO (Hungary), ČNB and NBS (Czechia, Slovakia), HNB (Croatia),
//! NIB (Portugal) and the mod 97 of the states that were Yugoslavia.

use crate::validator::sums::{hybrid, luhn, weighted};

/// Does the national part pass its own check? True for countries that have none.
pub(super) fn check(country: &str, bban: &str) -> bool {
    match country {
        "BA" | "ME" | "MK" | "PT" | "RS" | "SI" | "TL" | "XK" => modulo(bban, 97) == Some(1),
        "TN" => modulo(bban, 97) == Some(0),
        "BE" => belgium(bban),
        "CZ" | "SK" => czechia(bban),
        "ES" => spain(bban),
        "FI" => digits(bban).is_some_and(|d| luhn(&d).is_multiple_of(10)),
        "FR" | "MC" => rib(bban),
        "HR" => croatia(bban),
        "HU" => hungary(bban),
        "IT" | "SM" => italy(bban),
        "NO" => weights(bban, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11),
        "PL" => bban.get(..8).is_some_and(|bank| weights(bank, &[3, 9, 7, 1, 3, 9, 7, 1], 10)),
        _ => true,
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

fn modulo(text: &str, by: u32) -> Option<u32> {
    digits(text).map(|all| all.into_iter().fold(0, |rest, d| (rest * 10 + d) % by))
}

fn weights(text: &str, weights: &[u32], by: u32) -> bool {
    digits(text).is_some_and(|d| weighted(&d, weights).is_multiple_of(by))
}

fn belgium(bban: &str) -> bool {
    let Some((number, check)) = bban.split_at_checked(10) else { return false };
    let rest = modulo(number, 97).map(|r| if r == 0 { 97 } else { r });
    rest.is_some() && rest == check.parse().ok()
}

fn czechia(bban: &str) -> bool {
    let (prefix, number) = (bban.get(4..10).unwrap_or_default(), bban.get(10..).unwrap_or_default());
    weights(prefix, &[10, 5, 8, 4, 2, 1], 11) && weights(number, &[6, 3, 7, 9, 10, 5, 8, 4, 2, 1], 11)
}

fn spain(bban: &str) -> bool {
    let digit = |number: &str| {
        let sum = weighted(&digits(number)?, &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]);
        Some(match 11 - sum % 11 {
            11 => 0,
            10 => 1,
            other => other,
        })
    };
    let both = || {
        let office = digit(&format!("00{}", bban.get(..8)?))?;
        let account = digit(bban.get(10..)?)?;
        Some(bban.get(8..10)? == format!("{office}{account}"))
    };
    both().unwrap_or(false)
}

/// Letters count as the digits of their key on a telephone of old: A to I, J to R, and S to Z from 2 on.
fn rib(bban: &str) -> bool {
    let digit = |c: char| match c.to_digit(36)? {
        d @ 0..=9 => Some(d),
        d @ 10..=18 => Some(d - 9),
        d @ 19..=27 => Some(d - 18),
        d => Some(d - 26),
    };
    let all: Option<Vec<u32>> = bban.chars().map(digit).collect();
    all.is_some_and(|all| all.into_iter().fold(0, |rest, d| (rest * 10 + d) % 97) == 0)
}

fn croatia(bban: &str) -> bool {
    let Some((bank, account)) = bban.split_at_checked(7) else { return false };
    [bank, account].iter().all(|part| digits(part).is_some_and(|d| hybrid(&d, 10) == 1))
}

fn hungary(bban: &str) -> bool {
    let Some((bank, account)) = bban.split_at_checked(8) else { return false };
    [bank, account].iter().all(|part| weights(part, &[9, 7, 3, 1].repeat(4), 10))
}

/// The letter sums what characters at odd places count in a table and at even places by themselves.
fn italy(bban: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let Some((letter, rest)) = bban.split_at_checked(1) else { return false };
    let place = |c: char| c.to_digit(36).map(|d| if d > 9 { d - 10 } else { d });
    let count = |(nth, c): (usize, char)| {
        let at = place(c)?;
        if nth % 2 == 0 { ODD.get(usize::try_from(at).ok()?).copied() } else { Some(at) }
    };
    let sum: Option<u32> = rest.chars().enumerate().map(count).sum();
    sum.map(|s| s % 26) == letter.chars().next().and_then(place) && letter.starts_with(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    /// The examples of the registry, and each with one digit changed.
    #[test]
    fn table() {
        let good = [
            ("BA", "1290079401028494"),
            ("BE", "539007547034"),
            ("CZ", "08000000192000145399"),
            ("ES", "21000418450200051332"),
            ("FI", "12345600000785"),
            ("FR", "20041010050500013M02606"),
            ("HR", "10010051863000160"),
            ("HU", "117730161111101800000000"),
            ("IT", "X0542811101000000123456"),
            ("MC", "11222000010123456789030"),
            ("ME", "505000012345678951"),
            ("MK", "250120000058984"),
            ("NO", "86011117947"),
            ("PL", "109010140000071219812874"),
            ("PT", "000201231234567890154"),
            ("RS", "260005601001611379"),
            ("SI", "191000000123438"),
            ("SK", "12000000198742637541"),
            ("SM", "U0322509800000000270100"),
            ("TN", "10006035183598478831"),
            ("XK", "1212012345678906"),
        ];
        for (country, bban) in good {
            assert!(super::check(country, bban), "{country} {bban}");
            for place in [6, bban.len() - 1] {
                let mut wrong: Vec<char> = bban.chars().collect();
                let Some(c) = wrong.get_mut(place) else { continue };
                *c = if *c == '5' { '6' } else { '5' };
                let wrong: String = wrong.into_iter().collect();
                // The last digits of a Polish account stand outside of the bank's own check.
                assert!(!super::check(country, &wrong) || country == "PL" && place > 7, "{country} {wrong}");
            }
        }
        assert!(super::check("DE", "370400440532013000"));
    }
}
