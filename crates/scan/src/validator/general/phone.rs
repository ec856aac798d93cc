//! Telephone numbers after `+` or `00`: a country code that is assigned (ITU-T E.164), and how many digits follow.

/// Country code, and fewest and most digits after it; where a plan is not told apart, the bounds of E.164.
const PLANS: &[(&str, usize, usize)] = &[
    ("1", 10, 10),
    ("7", 10, 10),
    ("20", 8, 10),
    ("27", 9, 9),
    ("30", 10, 10),
    ("31", 9, 9),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("36", 8, 9),
    ("39", 6, 11),
    ("40", 9, 9),
    ("41", 9, 9),
    ("43", 4, 13),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 10),
    ("47", 8, 8),
    ("48", 9, 9),
    ("49", 5, 12),
    ("51", 8, 9),
    ("52", 10, 11),
    ("53", 6, 8),
    ("54", 10, 11),
    ("55", 10, 11),
    ("56", 9, 9),
    ("57", 8, 10),
    ("58", 10, 10),
    ("60", 8, 10),
    ("61", 9, 9),
    ("62", 7, 12),
    ("63", 8, 10),
    ("64", 8, 10),
    ("65", 8, 8),
    ("66", 8, 9),
    ("81", 9, 10),
    ("82", 8, 10),
    ("84", 9, 10),
    ("86", 10, 11),
    ("90", 10, 10),
    ("91", 10, 10),
    ("92", 9, 10),
    ("93", 9, 9),
    ("94", 9, 9),
    ("95", 7, 10),
    ("98", 10, 10),
];

/// First two digits of the three-digit codes in use; all take 5 to 12 digits.
const THREES: [&str; 15] = ["21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68"];
const LATE_THREES: [&str; 6] = ["69", "80", "85", "87", "88", "96"];

pub(super) fn check(canonical: &str) -> bool {
    let Some(rest) = canonical.strip_prefix("00").or_else(|| canonical.strip_prefix('+')).or(Some(canonical)) else {
        return false;
    };
    let varied = rest.bytes().any(|b| Some(b) != rest.bytes().next());
    let planned = PLANS.iter().find_map(|(code, min, max)| rest.strip_prefix(code).map(|n| (n, *min, *max)));
    match planned {
        // A trunk zero in parentheses, as in +49 (0)30, is dialled within the country only.
        Some((number, min, max)) => {
            varied && (min..=max + usize::from(number.starts_with('0'))).contains(&number.len())
        }
        None => {
            let is_three = THREES.iter().chain(&LATE_THREES).chain(&["97", "99"]).any(|t| rest.starts_with(t));
            varied && is_three && (8..=15).contains(&rest.len())
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["12025550143", "441632960123", "493023125123", "4903023125123", "0061355501234", "35312345678"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["1202555014", "120255501433", "999", "0012", "", "11111111111", "28123456789"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
