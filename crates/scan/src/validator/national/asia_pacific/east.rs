//! East Asia: China, Hong Kong, Japan, Korea, Taiwan.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, mod_11_2, weighted};
use super::{exactly, number, values};

/// China, resident identity card (GB 11643-1999): region, date of birth, serial, ISO 7064 mod 11-2 with X for ten.
pub(super) fn cn_ric(canonical: &str) -> bool {
    let Some((body, check)) = canonical.split_at_checked(17) else { return false };
    let Some(digits) = exactly::<17>(body) else { return false };
    let [p1, p2, _, _, _, _, y1, y2, y3, y4, m1, m2, d1, d2, ..] = digits;
    let Some(last) = (if check == "X" { Some(10) } else { exactly::<1>(check).map(|[d]| d) }) else { return false };
    matches!(number(&[p1, p2]), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
        && is_day(number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]))
        && (1850..=2100).contains(&number(&[y1, y2, y3, y4]))
        && (mod_11_2(&digits) * 2 + last) % 11 == 1
}

/// China, unified social credit identifier (GB 32100-2015): powers of three mod 31.
pub(super) fn cn_uscc(canonical: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let all: Option<Vec<u32>> =
        canonical.chars().map(|c| ALPHABET.find(c).and_then(|at| u32::try_from(at).ok())).collect();
    let Some(all) = all.filter(|v| v.len() == 18) else { return false };
    let Some((check, body)) = all.split_last() else { return false };
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    canonical.get(2..8).is_some_and(|region| region.bytes().all(|b| b.is_ascii_digit()))
        && (31 - weighted(body, &weights) % 31) % 31 == *check
}

/// Hong Kong, identity card: one or two letters (a missing first one counts 36), six digits, a check digit mod 11.
pub(super) fn hkid(canonical: &str) -> bool {
    let Some(all) = values(canonical) else { return false };
    let letters = canonical.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some((check, body)) = all.split_last() else { return false };
    let is_formed = matches!(letters, 1 | 2)
        && body.len() == letters + 6
        && canonical.bytes().skip(letters).take(6).all(|b| b.is_ascii_digit());
    let last = if canonical.ends_with('A') { 10 } else { *check };
    let sum = match letters {
        1 => 36 * 9 + weighted(body, &[8, 7, 6, 5, 4, 3, 2]),
        _ => weighted(body, &[9, 8, 7, 6, 5, 4, 3, 2]),
    };
    is_formed && (*check < 10 || canonical.ends_with('A')) && (sum + last).is_multiple_of(11)
}

/// Japan, individual number: weights 6 5 4 3 2 7 6 5 4 3 2 mod 11 (Cabinet Order 155 of 2014).
pub(super) fn jp_my_number(canonical: &str) -> bool {
    const MY_NUMBER: CheckDigit = CheckDigit {
        weights: &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2],
        modulus: 11,
        digit: |r| if r < 2 { 0 } else { 11 - r },
    };
    MY_NUMBER.fits(canonical)
}

/// Japan, corporate number: the check digit stands first, mod 9.
pub(super) fn jp_corporate(canonical: &str) -> bool {
    let Some([check, body @ ..]) = exactly::<13>(canonical) else { return false };
    let sum = weighted(&body, &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
    9 - sum % 9 == check
}

/// Korea, resident registration number: date of birth, century and sex. Those issued since October 2020 hold no check.
pub(super) fn kr_rrn_date(canonical: &str) -> bool {
    let Some([y1, y2, m1, m2, d1, d2, kind, ..]) = exactly::<13>(canonical) else { return false };
    let century = match kind {
        9 | 0 => 1800,
        1 | 2 | 5 | 6 => 1900,
        _ => 2000,
    };
    is_day(century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]))
}

/// The same with the check of those issued before: mod 11.
pub(super) fn kr_rrn(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<13>(canonical) else { return false };
    // Offices of registration go to 96.
    let is_office = body.get(7..9).is_some_and(|office| number(office) <= 96);
    is_office
        && kr_rrn_date(canonical)
        && (11 - weighted(&body, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10 == check
}

/// Korea, business registration number.
pub(super) fn kr_brn(canonical: &str) -> bool {
    let Some(all) = exactly::<10>(canonical) else { return false };
    let [a, b, c, d, e, f, g, h, i, check] = all;
    let sum = weighted(&[a, b, c, d, e, f, g, h, i], &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + i * 5 / 10;
    number(&[a, b, c]) > 100 && number(&[d, e]) > 0 && number(&[f, g, h, i]) > 0 && (10 - sum % 10) % 10 == check
}

/// Taiwan, identity card and residence permit: a letter as two digits, weights 1 9 8 … 1, mod 10.
pub(super) fn tw_id(canonical: &str) -> bool {
    const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let Some((letter, rest)) = canonical.split_at_checked(1) else { return false };
    let Some(first) = LETTERS.find(letter).filter(|_| letter.len() == 1).and_then(|at| u32::try_from(at + 10).ok())
    else {
        return false;
    };
    let Some(digits) = exactly::<9>(rest) else { return false };
    let sum = first / 10 + first % 10 * 9 + weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(digits.first(), Some(1 | 2 | 8 | 9)) && sum.is_multiple_of(10)
}

/// Taiwan, unified business number; since 2023 a multiple of five is enough, a 7 in the seventh place counts two ways.
pub(super) fn tw_ubn(canonical: &str) -> bool {
    let Some(all) = exactly::<8>(canonical) else { return false };
    let sum: u32 = all.iter().zip([1, 2, 1, 2, 1, 2, 4, 1]).map(|(d, w)| d * w / 10 + d * w % 10).sum();
    let is_seven = all.get(6) == Some(&7);
    number(&all) > 0 && (sum.is_multiple_of(5) || is_seven && (sum + 1).is_multiple_of(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 21] = [
            (cn_ric, "110105198702141000", true),
            (cn_ric, "110105198702141001", false),
            (cn_ric, "11010520070214557A", false),
            (cn_uscc, "111101053331001471", true),
            (cn_uscc, "111101053331001472", false),
            (hkid, "K1942603", true),
            (hkid, "WX7212060", true),
            (hkid, "K1942604", false),
            (jp_my_number, "409959029496", true),
            (jp_my_number, "409959029497", false),
            (jp_corporate, "8411162893329", true),
            (jp_corporate, "8411162893328", false),
            (kr_rrn, "8702141568896", true),
            (kr_rrn, "8702141568897", false),
            (kr_rrn_date, "8702141568897", true),
            (kr_brn, "2148507671", true),
            (kr_brn, "2148507675", false),
            (tw_id, "F118316586", true),
            (tw_id, "F118316587", false),
            (tw_ubn, "05232134", true),
            (tw_ubn, "05232135", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
