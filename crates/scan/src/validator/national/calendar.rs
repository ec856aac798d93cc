//! Days that exist, in numbers that hold a date of birth.

/// Does the day exist in the Gregorian calendar?
pub(super) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The same for a year of which two digits are known: in 1900 or in 2000.
pub(super) fn is_day_of_short_year(year: u32, month: u32, day: u32) -> bool {
    is_day(1900 + year, month, day) || is_day(2000 + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases = [
            ((2000, 2, 29), true),
            ((1900, 2, 29), false),
            ((2023, 2, 29), false),
            ((2024, 2, 30), false),
            ((1999, 4, 31), false),
            ((1999, 12, 31), true),
            ((1999, 0, 1), false),
            ((1999, 13, 1), false),
            ((1999, 1, 0), false),
            ((1999, 1, 32), false),
        ];
        for ((year, month, day), is) in cases {
            assert_eq!(is_day(year, month, day), is, "{year}-{month}-{day}");
        }
        assert!(is_day_of_short_year(0, 2, 29));
        assert!(!is_day_of_short_year(1, 2, 29));
    }
}
