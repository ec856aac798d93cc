//! United States: social security, taxpayers, tax preparers, employers.

use super::{exactly, number};

/// Social security number: no check digit; area, group and serial that were never issued (SSA, 20 CFR 422.103).
pub(super) fn ssn(canonical: &str) -> bool {
    let (Some(area), Some(group), Some(serial)) = (canonical.get(..3), canonical.get(3..5), canonical.get(5..)) else {
        return false;
    };
    let varied = canonical.bytes().any(|b| Some(b) != canonical.bytes().next());
    serial.len() == 4
        && varied
        && canonical.bytes().all(|b| b.is_ascii_digit())
        && !(area == "000" || area == "666" || area.starts_with('9'))
        && group != "00"
        && serial != "0000"
}

/// Individual taxpayer identification number: 9, and groups that were issued or set aside for it (IRS, Publication 4757).
pub(super) fn itin(canonical: &str) -> bool {
    let Some([9, _, _, g1, g2, ..]) = exactly::<9>(canonical) else { return false };
    matches!(number(&[g1, g2]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// Taxpayer identification number of a child in adoption: 9, group 93.
pub(super) fn atin(canonical: &str) -> bool {
    matches!(exactly::<9>(canonical), Some([9, _, _, 9, 3, ..]))
}

/// Number of a tax preparer: P and eight digits.
pub(super) fn ptin(canonical: &str) -> bool {
    canonical.strip_prefix('P').and_then(exactly::<8>).is_some_and(|d| number(&d) > 0)
}

/// Employer identification number: prefixes of the campuses that issue them (IRS, "How EINs are assigned").
pub(super) fn ein(canonical: &str) -> bool {
    let Some([p1, p2, ..]) = exactly::<9>(canonical) else { return false };
    !matches!(number(&[p1, p2]), 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 26] = [
            (ssn, "123456789", true),
            (ssn, "001010001", true),
            (ssn, "899991234", true),
            (ssn, "000121234", false),
            (ssn, "666121234", false),
            (ssn, "900121234", false),
            (ssn, "123001234", false),
            (ssn, "123120000", false),
            (ssn, "111111111", false),
            (ssn, "12345678", false),
            (ssn, "1234567890", false),
            (itin, "912501234", true),
            (itin, "912651234", true),
            (itin, "912661234", false),
            (itin, "912701234", true),
            (itin, "912891234", false),
            (itin, "912931234", false),
            (itin, "812701234", false),
            (atin, "912931234", true),
            (atin, "912941234", false),
            (ptin, "P01234567", true),
            (ptin, "P00000000", false),
            (ptin, "P0123456", false),
            (ein, "101234567", true),
            (ein, "071234567", false),
            (ein, "10123456", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
