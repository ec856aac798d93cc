//! Machine-readable travel documents (ICAO 9303): check digits with the weights 7, 3, 1, letters as 10 to 35, `<` as 0.

fn value(c: char) -> Option<u32> {
    if c == '<' { Some(0) } else { c.to_digit(36) }
}

fn sum(field: &str) -> Option<u32> {
    field.chars().zip([7, 3, 1].into_iter().cycle()).try_fold(0, |sum, (c, w)| Some((sum + value(c)? * w) % 10))
}

/// Does the digit after the field check it?
fn is_checked(line: &str, from: usize, to: usize) -> bool {
    let field = line.get(from..to).and_then(sum);
    let digit = line.get(to..to + 1).and_then(|c| if c == "<" { Some(0) } else { c.parse::<u32>().ok() });
    field.is_some() && field == digit
}

/// Number, birth and expiry of a zone of two lines (44 characters of a passport, 36 of a card) or of three (30).
pub(super) fn zone(value: &str) -> bool {
    let lines: Vec<&str> =
        value.lines().map(|l| l.trim_start_matches(['>', ' ']).trim_end()).filter(|l| !l.is_empty()).collect();
    match lines.as_slice() {
        [first, second] if first.len() == second.len() && matches!(second.len(), 36 | 44) => {
            is_checked(second, 0, 9) && is_checked(second, 13, 19) && is_checked(second, 21, 27)
        }
        [first, second, third] if [first, second, third].iter().all(|l| l.len() == 30) => {
            is_checked(first, 5, 14) && is_checked(second, 0, 6) && is_checked(second, 8, 14)
        }
        _ => false,
    }
}

/// Nine characters of a German passport or identity card with their check digit behind them.
pub(super) fn german(value: &str) -> bool {
    let upper = value.to_ascii_uppercase();
    upper.len() == 10 && is_checked(&upper, 0, 9) || upper.len() == 9 && is_checked(&upper, 0, 8)
}

#[cfg(test)]
mod tests {
    /// The specimens of ICAO 9303 parts 4, 5 and 6.
    const PASSPORT: [&str; 2] =
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];
    const CARD: [&str; 2] = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"];
    const SMALL: [&str; 3] =
        ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"];

    #[test]
    fn zones() {
        for good in [PASSPORT.join("\n"), PASSPORT.join("\r\n> "), CARD.join("\n"), SMALL.join("\n")] {
            assert!(super::zone(&good), "{good}");
            for at in ["L898902C36", "D231458907", "7408122", "1204159"] {
                let wrong = format!("{}{}", at.get(..at.len() - 1).expect("ASCII"), "3");
                assert!(!good.contains(at) || !super::zone(&good.replace(at, &wrong)), "{good} {at}");
            }
        }
        assert!(!super::zone("") && !super::zone(PASSPORT[0]) && !super::zone(&SMALL[..2].join("\n")));
    }

    #[test]
    fn german_numbers() {
        assert!(super::german("T220001293") && super::german("t220001293"));
        assert!(!super::german("T220001294") && !super::german("T22000129") && !super::german("é"));
    }
}
