//! A day that exists, in one of the orders in use, with a year from 1900 to 2099.

pub(super) fn check(canonical: &str) -> bool {
    let parts: Vec<u32> = canonical
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| !p.is_empty())
        .filter_map(|p| p.parse().ok())
        .collect();
    let is_day =
        |day: u32, month: u32| (1..=12).contains(&month) && (1..=31).contains(&day) && !(month == 2 && day > 29);
    let is_year = |year: u32| (1900..=2099).contains(&year) || year < 100;
    match parts.as_slice() {
        [year, month, day] if *year > 31 => is_year(*year) && is_day(*day, *month),
        [a, b, year] => is_year(*year) && (is_day(*a, *b) || is_day(*b, *a)),
        // The month is a word.
        [day, year] => (1..=31).contains(day) && is_year(*year),
        _ => false,
    }
}

/// The day before a time of day, by itself or with a month in words.
pub(super) fn date_time(value: &str) -> bool {
    check(value.split(['T', ':']).next().and_then(|d| d.get(..10.min(d.len()))).unwrap_or_default()) || check(value)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["01/02/1999", "1999-02-01", "31.12.84", "12/31/1984", "3 March 1984"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["45/45/1999", "30/02/1999", "2199-01-01", "", "1999", "12/31/1784"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
