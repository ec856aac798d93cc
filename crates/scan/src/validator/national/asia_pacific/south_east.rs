//! South-East Asia: Indonesia, Malaysia, Singapore, Thailand, Vietnam.

use super::super::calendar::is_day_of_short_year;
use super::sums::{luhn, weighted};
use super::{digits, exactly, number};

/// Singapore, NRIC and FIN: weights 2 7 6 5 4 3 2 mod 11 and a table of letters by series; M since 2022.
pub(super) fn sg_nric(canonical: &str) -> bool {
    let (Some(series), Some(serial), Some(check)) = (canonical.get(..1), canonical.get(1..8), canonical.get(8..))
    else {
        return false;
    };
    let Some(sum) = exactly::<7>(serial).map(|d| weighted(&d, &[2, 7, 6, 5, 4, 3, 2])) else { return false };
    let (letters, offset) = match series {
        "S" => ("JZIHGFEDCBA", 0),
        "T" => ("JZIHGFEDCBA", 4),
        "F" => ("XWUTRQPNMLK", 0),
        "G" => ("XWUTRQPNMLK", 4),
        // Counted from the other end.
        "M" => ("KLJNPQRTUWX", 3),
        _ => return false,
    };
    let rest = (sum + offset) % 11;
    let at = if series == "M" { 10 - rest } else { rest };
    usize::try_from(at).ok().and_then(|at| letters.get(at..at + 1)) == Some(check)
}

/// Singapore, unique entity number: businesses, companies by year, others (ACRA).
pub(super) fn sg_uen(canonical: &str) -> bool {
    let Some((body, check)) = canonical.len().checked_sub(1).and_then(|at| canonical.split_at_checked(at)) else {
        return false;
    };
    let is = |letters: &str, at: u32| usize::try_from(at).ok().and_then(|at| letters.get(at..at + 1)) == Some(check);
    match canonical.len() {
        9 => exactly::<8>(body).is_some_and(|d| is("XMKECAWLJDB", weighted(&d, &[10, 4, 9, 3, 8, 2, 7, 1]) % 11)),
        10 if body.starts_with(|c: char| c.is_ascii_digit()) => exactly::<9>(body).is_some_and(|d| {
            let Some(year) = d.get(..4).map(number) else { return false };
            (1900..=2100).contains(&year) && is("ZKCMDNERGWH", weighted(&d, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11)
        }),
        10 => {
            const ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
            let values: Option<Vec<u32>> =
                body.chars().map(|c| ALPHABET.find(c).and_then(|at| u32::try_from(at).ok())).collect();
            let sum = values.map_or(0, |v| weighted(&v, &[4, 3, 5, 3, 10, 2, 2, 5, 7]));
            let at = (sum + 11 - 5) % 11;
            let is_formed = body.starts_with(['R', 'S', 'T'])
                && body.get(1..3).is_some_and(|y| y.bytes().all(|b| b.is_ascii_digit()))
                && body.get(3..5).is_some_and(|k| k.bytes().all(|b| b.is_ascii_uppercase()));
            is_formed && usize::try_from(at).ok().and_then(|at| ALPHABET.get(at..at + 1)) == Some(check)
        }
        _ => false,
    }
}

/// Malaysia, NRIC: date of birth and place of birth. No check digit.
pub(super) fn my_nric(canonical: &str) -> bool {
    let Some([y1, y2, m1, m2, d1, d2, p1, p2, ..]) = exactly::<12>(canonical) else { return false };
    let is_place = !matches!(number(&[p1, p2]), 0 | 17..=20 | 69..=70 | 73 | 80 | 81 | 94..=97);
    is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2])) && is_place
}

/// Indonesia, NIK: region, date of birth with 40 added to the day for women, serial.
pub(super) fn nik(canonical: &str) -> bool {
    let Some([p1, p2, r1, r2, k1, k2, d1, d2, m1, m2, y1, y2, s @ ..]) = exactly::<16>(canonical) else { return false };
    let day = number(&[d1, d2]);
    let day = if day > 40 { day - 40 } else { day };
    matches!(number(&[p1, p2]), 11..=19 | 21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97)
        && number(&[r1, r2]) > 0
        && number(&[k1, k2]) > 0
        && is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), day)
        && number(&s) > 0
}

/// Indonesia, NPWP of a taxpayer: fifteen digits, Luhn over the first nine.
pub(super) fn npwp(canonical: &str) -> bool {
    let Some(digits) = exactly::<15>(canonical) else { return false };
    digits.get(..9).is_some_and(|head| number(head) > 0 && luhn(head).is_multiple_of(10))
}

fn th_check(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<13>(canonical) else { return false };
    (11 - weighted(&body, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == check
}

/// Thailand, personal identity number: kind of person 1 to 8, weights 13 to 2 mod 11.
pub(super) fn th_pin(canonical: &str) -> bool {
    matches!(digits(canonical).as_deref(), Some([1..=8, ..])) && th_check(canonical)
}

/// Thailand, memorandum of association number of a company: begins with 0, the same check.
pub(super) fn th_moa(canonical: &str) -> bool {
    canonical.starts_with('0') && canonical.bytes().any(|b| b != b'0') && th_check(canonical)
}

/// Vietnam, mã số thuế: ten digits, three more for a branch.
pub(super) fn vn_mst(canonical: &str) -> bool {
    let Some((head, branch)) = canonical.split_at_checked(10) else { return false };
    let Some([body @ .., check]) = exactly::<10>(head) else { return false };
    let is_branch = branch.is_empty() || exactly::<3>(branch).is_some_and(|d| number(&d) > 0);
    let serial = body.get(2..).map_or(0, number);
    serial > 0 && is_branch && (10 + 11 - weighted(&body, &[31, 29, 23, 19, 17, 13, 7, 5, 3]) % 11) % 11 == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 28] = [
            (sg_nric, "S8712345F", true),
            (sg_nric, "T8712345B", true),
            (sg_nric, "F8712345Q", true),
            (sg_nric, "G8712345L", true),
            (sg_nric, "M8712345J", true),
            (sg_nric, "S8712345B", false),
            (sg_nric, "X8712345I", false),
            (sg_uen, "81590139M", true),
            (sg_uen, "201837265C", true),
            (sg_uen, "T18LL4348H", true),
            (sg_uen, "81590139B", false),
            (my_nric, "870214105566", true),
            (my_nric, "871314105566", false),
            (my_nric, "870214005566", false),
            (nik, "3174025407870003", true),
            (nik, "3174021407870003", true),
            (nik, "3174023507870003", false),
            (nik, "0174025407870003", false),
            (npwp, "131144024401000", true),
            (npwp, "131144025401000", false),
            (th_pin, "3347861221387", true),
            (th_pin, "3347861221388", false),
            (th_pin, "0239042486111", false),
            (th_moa, "0239042486111", true),
            (th_moa, "3347861221387", false),
            (vn_mst, "0131039931", true),
            (vn_mst, "0131039931001", true),
            (vn_mst, "0131039932", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
