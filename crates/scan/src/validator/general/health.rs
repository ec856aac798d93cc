//! Numbers of health care: NPI and MBI (CMS), DEA registrations, and records of hospitals.

use super::{digits, luhn};

/// National provider identifier: Luhn's check with 80840 before it.
pub(super) fn npi(canonical: &str) -> bool {
    let varied = canonical.bytes().take(9).any(|b| canonical.as_bytes().first() != Some(&b));
    canonical.len() == 10 && varied && luhn::check(&format!("80840{canonical}"))
}

/// Medicare beneficiary identifier: a kind of character for each place, without the letters S, L, O, I, B, Z.
pub(super) fn mbi(canonical: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_uppercase() && !"SLOIBZ".contains(c);
    canonical.len() == 11
        && canonical.chars().zip("CAENAENAANN".chars()).all(|(c, kind)| match kind {
            'C' => ('1'..='9').contains(&c),
            'A' => is_letter(c),
            'E' => is_letter(c) || c.is_ascii_digit(),
            _ => c.is_ascii_digit(),
        })
}

/// Registration at the Drug Enforcement Administration: twice the even places and the odd places make the last digit.
pub(super) fn dea(canonical: &str) -> bool {
    let Some((letters, number)) = canonical.split_at_checked(2) else { return false };
    let Some(all) = digits(number).filter(|d| d.len() == 7) else { return false };
    let sum: u32 = all.iter().take(6).enumerate().map(|(nth, d)| if nth % 2 == 0 { *d } else { d * 2 }).sum();
    letters.starts_with(|c: char| "ABCDEFGHJKLMPRSTUX".contains(c)) && all.last() == Some(&(sum % 10))
}

/// A number of a record behind a word for it: no year and no date.
pub(super) fn record(value: &str) -> bool {
    let all = value.bytes().filter(u8::is_ascii_digit).count();
    let groups: Vec<usize> = value.split('-').map(str::len).collect();
    let is_date = matches!(groups.as_slice(), [4, 2, 2] | [2, 2, 4] | [2, 2, 2] | [4, 2] | [4, 4]);
    all >= 5 && !is_date
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 4] = [
            (super::npi, &["1234567893", "1245319599"], &["1234567894", "1111111112", "123456789", ""]),
            (
                super::mbi,
                &["1EG4TE5MK73", "9AA0A00AA00"],
                &["1SG4TE5MK73", "0EG4TE5MK73", "1EG4TE5OK73", "1EG4TE5MI73", "1EG4TE5MK7"],
            ),
            (super::dea, &["GL0285191", "EU4488929"], &["BG8207031", "GL0285192", "G0285191", "é"]),
            (super::record, &["00482913", "P-102938"], &["2021-03-04", "2024", "04-03-2021", "1234-5678"]),
        ];
        for (nth, (check, good, bad)) in cases.into_iter().enumerate() {
            good.iter().for_each(|v| assert!(check(v), "{nth}: {v}"));
            bad.iter().for_each(|v| assert!(!check(v), "{nth}: {v}"));
        }
    }
}
