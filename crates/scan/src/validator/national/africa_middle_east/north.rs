//! North Africa.

use super::super::calendar::is_day;
use super::sums::modulo;
use super::{exactly, number};

/// Egypt, national number: century, date of birth, governorate, number. The check digit's rule is not published.
pub(super) fn eg_id(canonical: &str) -> bool {
    let Some([century, y1, y2, m1, m2, d1, d2, g1, g2, ..]) = exactly::<14>(canonical) else { return false };
    let hundreds = match century {
        2 => 1900,
        3 => 2000,
        _ => return false,
    };
    is_day(hundreds + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
        && matches!(number(&[g1, g2]), 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88)
}

/// Libya, national number: 1 for men and 2 for women, year of birth, number.
pub(super) fn ly_id(canonical: &str) -> bool {
    matches!(exactly::<12>(canonical), Some([1 | 2, y @ .., _, _, _, _, _, _, _])
        if (1900..=2099).contains(&number(&y)))
}

/// Morocco, identifiant commun de l'entreprise: enterprise, establishment, check mod 97.
pub(super) fn ma_ice(canonical: &str) -> bool {
    exactly::<15>(canonical).is_some_and(|d| d.iter().any(|d| *d > 0)) && modulo(canonical, 97) == Some(0)
}

/// Tunisia, matricule fiscal: number, key letter; then at times the codes of value added tax and category, establishment.
pub(super) fn tn_mf(canonical: &str) -> bool {
    let count = canonical.bytes().take_while(u8::is_ascii_digit).count();
    let Some((serial, rest)) = canonical.split_at_checked(count) else { return false };
    let is_key = |b: &u8| b.is_ascii_uppercase() && !matches!(b, b'I' | b'O' | b'U');
    let is_establishment = |category: u8, at: &[u8]| match at {
        b"000" => true,
        [a, b, c] => category == b'E' && [a, b, c].into_iter().all(u8::is_ascii_digit),
        _ => false,
    };
    (1..=7).contains(&serial.len())
        && serial.bytes().any(|b| b != b'0')
        && match rest.as_bytes() {
            [key] => is_key(key),
            [key, b'A' | b'P' | b'B' | b'D' | b'N', category @ (b'M' | b'P' | b'C' | b'N' | b'E'), at @ ..] => {
                is_key(key) && is_establishment(*category, at)
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 20] = [
            (eg_id, "26306232170292", true),
            (eg_id, "46306232170292", false),
            (eg_id, "26313232170292", false),
            (eg_id, "26306232070292", false),
            (ly_id, "119841234567", true),
            (ly_id, "319841234567", false),
            (ly_id, "118841234567", false),
            (ma_ice, "003550281000044", true),
            (ma_ice, "003550281000045", false),
            (ma_ice, "000000000000000", false),
            (tn_mf, "1482913W", true),
            (tn_mf, "1482913U", false),
            (tn_mf, "0000000W", false),
            (tn_mf, "14829131W", false),
            (tn_mf, "1482913MAM000", true),
            (tn_mf, "1482913MXM000", false),
            (tn_mf, "1482913MAX000", false),
            (tn_mf, "1482913MAM001", false),
            (tn_mf, "1482913MAE001", true),
            (tn_mf, "1482913MAE01", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
