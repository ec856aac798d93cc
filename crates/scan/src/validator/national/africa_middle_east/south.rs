//! Southern Africa, Mauritius and Mozambique.

use super::super::calendar::is_day_of_short_year;
use super::sums::{CheckDigit, luhn, weighted};
use super::{digits, exactly, number, values};

/// South Africa, identity number (Department of Home Affairs): date of birth, a number by sex, 0 for citizens, 1 for
/// residents, 2 for refugees, a digit that once told the race, Luhn's check.
pub(super) fn za_id(canonical: &str) -> bool {
    let Some(all) = exactly::<13>(canonical) else { return false };
    let [.., status, _, _] = all;
    is_born(canonical) && status <= 2 && luhn(&all).is_multiple_of(10)
}

/// South Africa, tax reference number (SARS): the first digit tells the kind of tax, the last is Luhn's.
pub(super) fn za_tax(canonical: &str) -> bool {
    let Some(all) = exactly::<10>(canonical) else { return false };
    let [first, rest @ ..] = all;
    matches!(first, 0..=3 | 9) && number(&rest) > 0 && luhn(&all).is_multiple_of(10)
}

/// Namibia (11 digits) and Eswatini (13): the date of birth in front. No check digit is published.
pub(super) fn south_born(canonical: &str) -> bool {
    matches!(canonical.len(), 11 | 13) && digits(canonical).is_some() && is_born(canonical)
}

/// Begins with a day: year, month and day, two digits each?
fn is_born(canonical: &str) -> bool {
    let Some([y1, y2, m1, m2, d1, d2]) = canonical.get(..6).and_then(exactly::<6>) else { return false };
    is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
}

/// Botswana, Omang: the fifth digit is 1 for men and 2 for women. No check digit.
pub(super) fn bw_omang(canonical: &str) -> bool {
    matches!(exactly::<9>(canonical), Some([a, b, c, d, 1 | 2, ..]) if number(&[a, b, c, d]) > 0)
}

/// Zambia, national registration card: number, district, 1 for citizens (2 and 3 for others). No check digit.
pub(super) fn zm_nrc(canonical: &str) -> bool {
    matches!(exactly::<9>(canonical), Some([n @ .., d1, d2, 1..=3]) if number(&n) > 0 && number(&[d1, d2]) > 0)
}

/// Zimbabwe, national registration number: district of registration, number, a letter, district of the family's origin.
/// How the letter follows from the digits is not published. A time as ISO 8601 writes it (20160901T19) is none.
pub(super) fn zw_id(canonical: &str) -> bool {
    let count = canonical.bytes().take_while(u8::is_ascii_digit).count();
    let Some((body, rest)) = canonical.split_at_checked(count) else { return false };
    let is_day = matches!(exactly::<8>(body), Some([y1, y2, y3, y4, m1, m2, d1, d2])
        if (1900..=2099).contains(&number(&[y1, y2, y3, y4])) && is_day_of_short_year(number(&[y3, y4]), number(&[m1, m2]), number(&[d1, d2])));
    matches!(count, 8 | 9)
        && !body.starts_with("00")
        && matches!(rest.as_bytes(), [letter, o1, o2]
            if letter.is_ascii_uppercase() && !(is_day && *letter == b'T') && o1.is_ascii_digit() && o2.is_ascii_digit())
}

/// Mauritius, national identity number (MNIS): first letter of the surname, day of birth, number, check mod 17.
pub(super) fn mu_nid(canonical: &str) -> bool {
    let Some(Ok(all)) = values(canonical).map(<[u32; 14]>::try_from) else { return false };
    let [initial, d1, d2, m1, m2, y1, y2, ..] = all;
    let [body @ .., check] = all;
    let [_, rest @ ..] = body;
    let sum = weighted(&body, &[14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 17;
    initial > 9
        && rest.iter().all(|d| *d < 10)
        && is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
        && (17 - sum) % 17 == check
}

const NUIT: CheckDigit =
    CheckDigit { weights: &[8, 9, 4, 5, 6, 7, 8, 9], modulus: 11, digit: |r| if r == 10 { 1 } else { r } };

/// Mozambique, NUIT (Autoridade Tributária).
pub(super) fn mz_nuit(canonical: &str) -> bool {
    NUIT.fits(canonical) && canonical.bytes().any(|b| b != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 36] = [
            (za_id, "8007075910080", true),
            (za_id, "8007075910081", false),
            (za_id, "8013405910080", false),
            (za_id, "800707591008", false),
            (za_id, "9102145001298", true),
            (za_id, "9102145001397", false),
            (za_tax, "2233214689", true),
            (za_tax, "2233214680", false),
            (za_tax, "4233214685", false),
            (za_tax, "0000000000", false),
            (south_born, "88043004821", true),
            (south_born, "88043104821", false),
            (south_born, "880430048", false),
            (south_born, "9102146100482", true),
            (south_born, "9113146100482", false),
            (bw_omang, "729114823", true),
            (bw_omang, "729134823", false),
            (bw_omang, "000014823", false),
            (zm_nrc, "284913611", true),
            (zm_nrc, "284913001", false),
            (zm_nrc, "284913614", false),
            (zm_nrc, "000000611", false),
            (zw_id, "63104829K42", true),
            (zw_id, "20160901T19", false),
            (zw_id, "00104829K42", false),
            (zw_id, "63104829442", false),
            (zw_id, "6310482K42", false),
            (zw_id, "631048297T83", true),
            (zw_id, "6310482971T83", false),
            (mu_nid, "R1812981973699", true),
            (mu_nid, "R1312981973699", false),
            (mu_nid, "R1812981973691", false),
            (mu_nid, "51812981973699", false),
            (mz_nuit, "193563279", true),
            (mz_nuit, "193563270", false),
            (mz_nuit, "000000000", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
