//! Driving licences, vehicle identification numbers (ISO 3779) and number plates.

use crate::validator::sums;

fn at(value: &str, nth: usize) -> Option<char> {
    value.chars().nth(nth)
}

fn plain(value: &str) -> String {
    value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// What may be a licence number behind a word for it: mostly digits, and at least five.
pub(super) fn licence(value: &str) -> bool {
    let plain = plain(value);
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let longest_word = value.split(|c: char| !c.is_ascii_alphabetic()).map(str::len).max().unwrap_or(0);
    digits >= 5 && digits * 2 >= plain.len() && longest_word <= 5
}

/// Great Britain: five letters of the name (filled up with 9), decade, month (plus 50 for women), day, year, initials.
pub(super) fn britain(value: &str) -> bool {
    let v = plain(value);
    let number = |from: usize, to: usize| v.get(from..to).and_then(|d| d.parse::<u32>().ok());
    let name: String = v.chars().take(5).collect();
    let is_name = name.trim_end_matches('9').chars().all(|c| c.is_ascii_alphabetic()) && !name.starts_with('9');
    let month = number(6, 8).map(|m| if m > 50 { m - 50 } else { m });
    // Without a second name the second place holds a 9, without any both do.
    let initials = match (at(&v, 11), at(&v, 12)) {
        (Some('9'), second) => second == Some('9'),
        (first, second) => first.is_some() && second.is_some(),
    };
    matches!(v.len(), 16 | 18)
        && is_name
        && month.is_some_and(|m| (1..=12).contains(&m))
        && number(8, 10).is_some_and(|d| (1..=31).contains(&d))
        && initials
}

/// The check at the ninth place is law in North America (49 CFR 565); elsewhere the place is free.
pub(super) fn vin(value: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let code = |c: char| {
        c.to_digit(10).or_else(|| {
            let letter = u32::from(u8::try_from(c).ok()?.checked_sub(b'A')?);
            Some(match letter {
                0..=7 => letter + 1,    // A to H: 1 to 8
                9..=13 => letter - 8,   // J to N: 1 to 5
                15 => 7,                // P
                17 => 9,                // R
                18..=25 => letter - 16, // S to Z: 2 to 9
                _ => return None,
            })
        })
    };
    let Some(values) = value.chars().map(code).collect::<Option<Vec<u32>>>() else { return false };
    let sum = sums::weighted(&values, &WEIGHTS) % 11;
    let check = if sum == 10 { Some('X') } else { char::from_digit(sum, 10) };
    let is_american = value.starts_with(|c: char| ('1'..='5').contains(&c));
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let varied = value.bytes().any(|b| value.as_bytes().first() != Some(&b));
    value.len() == 17 && varied && letters >= 3 && (!is_american || at(value, 8) == check)
}

/// Great Britain since 2001: area, half-year, three letters.
pub(super) fn plate_britain(canonical: &str) -> bool {
    let Some((area, rest)) = canonical.split_at_checked(2) else { return false };
    let Some((age, random)) = rest.split_at_checked(2) else { return false };
    let age = age.parse::<u32>().unwrap_or(0);
    canonical.len() == 7
        && !area.starts_with(['I', 'J', 'Q', 'T', 'U', 'X', 'Z'])
        && !area.contains(['I', 'Q', 'Z'])
        && ((2..=29).contains(&age) || (51..=79).contains(&age))
        && !random.contains(['I', 'Q'])
}

/// India: the state or territory that a number begins with.
pub(super) fn state_india(value: &str) -> bool {
    const STATES: &str = " AN AP AR AS BH BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK TG TN TR TS UA UK UP WB ";
    value.get(..2).is_some_and(|state| STATES.contains(&format!(" {state} ")))
}

/// What may be a plate behind a word for it: letters and digits, four to nine of them.
pub(super) fn plate(value: &str) -> bool {
    let plain = plain(value);
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    (4..=10).contains(&plain.len()) && digits >= 1 && digits < plain.len()
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 6] = [
            (
                super::licence,
                &["2270-66-1551", "A5631933", "BO12345678A"],
                &["holders since 2024", "2024", "pending", "ABCDEFG12345678"],
            ),
            (
                super::britain,
                &["MORGA657054SM9IJ", "FO999512018AA1AB", "MORGA 607054 S99IJ"],
                &[
                    "MORGA697054SM9IJ",
                    "MORGA600054SM9IJ",
                    "MORGA657354SM9IJ",
                    "MORGA6570549M9IJ",
                    "99999512018AA1AB",
                    "",
                ],
            ),
            (
                super::vin,
                &["1M8GDM9AXKP042788", "WVWZZZ1KZAW123456", "5GZCZ43D13S812715"],
                &[
                    "1M8GDM9A1KP042788",
                    "11111111111111111",
                    "WVWZZZ1KZAW12345",
                    "WVWZZZ1KZAI123456",
                    "98765432109876543",
                ],
            ),
            (
                super::plate_britain,
                &["AB51ABC", "KY02BXN", "AB79DEF"],
                &["IB51ABC", "AQ51ABC", "AB50ABC", "AB80ABC", "AB30ABC", "AB51ABI", "AB51AB", ""],
            ),
            (super::state_india, &["KA05MX3456", "MH12"], &["ZZ12", "K", "", " K"]),
            (super::plate, &["06 A 123", "MIL-EF 1234"], &["12345678", "OPEN", "A1", "ABCDEFG12345"]),
        ];
        for (nth, (check, good, bad)) in cases.into_iter().enumerate() {
            good.iter().for_each(|v| assert!(check(v), "{nth}: {v}"));
            bad.iter().for_each(|v| assert!(!check(v), "{nth}: {v}"));
        }
    }
}
