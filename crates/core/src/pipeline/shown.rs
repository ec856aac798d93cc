//! What a line may show of a value: its ends, its length and its shape, never the value, unless the operator asks for it.

use std::ops::Range;
use zeroize::Zeroizing;

/// Shorter values show no character: the ends would be half of them.
const ENDS_FROM_CHARS: usize = 8;
/// Dots between the ends at most.
const DOTS_MAX: usize = 12;
/// Characters of a shape at most.
const SHAPE_CHARS_MAX: usize = 40;
/// Characters of a line that are shown on each side of a value.
const AROUND_CHARS_MAX: usize = 60;

/// First and last character, and dots for what is between.
pub(super) fn masked(value: &str) -> String {
    let count = value.chars().count();
    let dots = |n: usize| "•".repeat(n.min(DOTS_MAX));
    let plain = |c: char| if c.is_control() || c.is_whitespace() { '•' } else { c };
    match (value.chars().next(), value.chars().next_back()) {
        (Some(first), Some(last)) if count >= ENDS_FROM_CHARS => {
            format!("{}{}{}", plain(first), dots(count - 2), plain(last))
        }
        _ => dots(count),
    }
}

/// The classes of the characters: `d` digit, `a` and `A` letters, separators as they are, `#` the others.
pub(super) fn shape(value: &str) -> String {
    let class = |c: char| match c {
        c if c.is_numeric() => 'd',
        c if c.is_uppercase() => 'A',
        c if c.is_alphabetic() => 'a',
        ' ' | '-' | '.' | '/' | '_' | ':' | '@' => c,
        c if c.is_whitespace() => ' ',
        _ => '#',
    };
    let mut shape: String = value.chars().take(SHAPE_CHARS_MAX).map(class).collect();
    if value.chars().nth(SHAPE_CHARS_MAX).is_some() {
        shape.push('…');
    }
    shape
}

/// The line around a value, both sides of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) before: Zeroizing<String>,
    pub(super) after: Zeroizing<String>,
}

/// What stands on the line beside a value; what else was found there is hidden, unless values are revealed.
pub(super) fn around(text: &str, span: &Range<usize>, found: &[Range<usize>], reveal: bool) -> Around {
    let head = text.get(..span.start).unwrap_or_default();
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let line = head.get(line_start..).unwrap_or_default();
    let skipped = line.chars().count().saturating_sub(AROUND_CHARS_MAX);
    let start = line.char_indices().nth(skipped).map_or(span.start, |(at, _)| line_start + at);
    let tail = text.get(span.end..).unwrap_or_default();
    let tail = tail.lines().next().unwrap_or_default();
    let end = span.end + tail.char_indices().nth(AROUND_CHARS_MAX).map_or(tail.len(), |(at, _)| at);
    let piece = |range: Range<usize>| {
        let chars = text.get(range.clone()).unwrap_or_default().char_indices();
        let hide = |at: usize| !reveal && found.iter().any(|f| f.contains(&(range.start + at)));
        let shown = chars.map(|(at, c)| match c {
            c if hide(at) && !c.is_whitespace() => '•',
            c if c.is_control() => ' ',
            c => c,
        });
        Zeroizing::new(shown.collect::<String>())
    };
    Around { before: piece(start..span.start), after: piece(span.end..end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_masked_and_shaped() {
        for (value, mask, form) in [
            ("4929 1233 4567 8908", "4••••••••••••8", "dddd dddd dddd dddd"),
            ("4471", "••••", "dddd"),
            ("hunter2", "•••••••", "aaaaaad"),
            ("Summer!23", "S•••••••3", "Aaaaaa#dd"),
            ("", "", ""),
            ("línea\nzwei", "l••••••••i", "aaaaa aaaa"),
        ] {
            assert_eq!((masked(value), shape(value)), (mask.to_owned(), form.to_owned()), "{value}");
        }
        assert_eq!(shape(&"7".repeat(41)).chars().count(), 41, "forty and the sign that there is more");
    }

    #[test]
    fn a_line_shows_what_is_around_and_hides_what_else_was_found() {
        let text = "first\nlogin jdoe pass hunter2 and 4471\tok\nlast";
        let at = |word: &str| {
            let start = text.find(word).expect("it is there");
            start..start + word.len()
        };
        let found = [at("hunter2"), at("4471")];
        let line = |reveal| {
            let Around { before, after } = around(text, &found[0], &found, reveal);
            format!("{}|{}", *before, *after)
        };
        assert_eq!(line(false), "login jdoe pass | and •••• ok");
        assert_eq!(line(true), "login jdoe pass | and 4471 ok");
        let long = format!("{}X{}", "é".repeat(100), "ü".repeat(100));
        let around = around(&long, &(200..201), &[], false);
        assert_eq!((around.before.chars().count(), around.after.chars().count()), (60, 60));
    }
}
