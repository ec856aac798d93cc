//! Ireland: personal public service number and VAT.

use super::sums::weighted;
use super::{digits, letter, plain};

/// Remainders of mod 23 as letters.
const ALPHABET: &str = "WABCDEFGHIJKLMNOPQRSTUV";

/// The letter after seven digits; a second letter weighs nine times its place in the alphabet (Social Welfare
/// Consolidation Act 2005, as changed in 2013).
fn control(body: &[u32], second: Option<char>) -> Option<char> {
    let second = match second {
        Some(c) => u32::try_from(ALPHABET.chars().position(|l| l == c)?).ok()?,
        None => 0,
    };
    letter(ALPHABET, (weighted(body, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second) % 23)
}

/// Personal public service number: seven digits, a letter that checks, perhaps a letter that says for whom.
pub(super) fn pps(text: &str) -> bool {
    let text = plain(text);
    let (Some(head), Some(tail)) = (text.get(..7), text.get(7..)) else { return false };
    let (Some(body), mut tail) = (digits(head), tail.chars()) else { return false };
    let (Some(check), second, None) = (tail.next(), tail.next(), tail.next()) else { return false };
    let counted = match second {
        None | Some('W' | 'T' | 'X') => None,
        Some(c @ ('A' | 'B' | 'H')) => Some(c),
        Some(_) => return false,
    };
    control(&body, counted) == Some(check)
}

/// VAT: as above, or the older form with a letter, `+` or `*` in the second place, whose digits are turned round.
pub(super) fn vat(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    let [a, b, c, d, e, f, g, check, rest @ ..] = all.as_slice() else { return false };
    let second = match rest {
        [] => None,
        [one] => Some(*one),
        _ => return false,
    };
    let digits_of = |all: &[char]| digits(&all.iter().collect::<String>());
    let turned = [*c, *d, *e, *f, *g, *a];
    match digits_of(&[*a, *b, *c, *d, *e, *f, *g]) {
        Some(body) => control(&body, second) == Some(*check),
        None if b.is_ascii_uppercase() || matches!(b, '+' | '*') => digits_of(&turned).is_some_and(|body| {
            let body: Vec<u32> = [0].into_iter().chain(body).collect();
            control(&body, None) == Some(*check) && second.is_none_or(|s| ALPHABET.contains(s))
        }),
        None => false,
    }
}
