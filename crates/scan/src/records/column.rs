//! Columns: what the header says of the cells below, and what the cells say together.

use super::table::Table;
use super::words::fold;
use super::{Found, Index};
use crate::compiled::{Compiled, Kind};
use std::collections::HashSet;
use std::ops::Range;
use zeroize::Zeroizing;

/// Different cells from which a column without a header may be told.
const VOTES_MIN: usize = 5;
/// Words of a name at most.
const NAME_WORDS_MAX: usize = 5;

/// A rule of kind `column`.
#[derive(Debug)]
pub(crate) struct Column {
    /// Words and phrases that a header holds, folded; empty: the cells alone decide.
    pub(crate) headers: Vec<String>,
    /// Words that a header does not hold, folded.
    pub(crate) not_headers: Vec<String>,
    pub(crate) cells: Shape,
}

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Not empty.
    Any,
    /// One to five words of letters that begin with a capital, a blank or comma between them.
    Name,
    /// Digits, with single blanks, dots, hyphens or slashes between them.
    Digits,
}

impl Shape {
    /// The words of a rule file.
    pub(crate) const NAMES: [&'static str; 3] = ["any", "name", "digits"];

    pub(crate) fn from_name(name: &str) -> Option<Shape> {
        Some(match name {
            "any" => Shape::Any,
            "name" => Shape::Name,
            "digits" => Shape::Digits,
            _ => return None,
        })
    }

    /// The canonical form of a cell of this shape.
    fn canonical(self, value: &str) -> Option<String> {
        match self {
            Shape::Any => Some(value.to_owned()),
            Shape::Name => is_name(value).then(|| value.to_owned()),
            Shape::Digits => {
                let mut glued = true;
                for b in value.bytes() {
                    let is_digit = b.is_ascii_digit();
                    if !is_digit && (!matches!(b, b' ' | b'.' | b'-' | b'/') || !glued) {
                        return None;
                    }
                    glued = is_digit;
                }
                let digits: String = value.chars().filter(char::is_ascii_digit).collect();
                (!digits.is_empty()).then_some(digits)
            }
        }
    }
}

/// Can a cell be somebody's name?
pub(crate) fn is_name(value: &str) -> bool {
    let words: Vec<&str> = value.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let is_word =
        |word: &&str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-' | '.' | '\u{300}'..='\u{36f}'));
    let begins = |word: &&str| word.chars().next().is_some_and(|c| !c.is_lowercase() && c.is_alphabetic());
    (1..=NAME_WORDS_MAX).contains(&words.len()) && words.iter().all(is_word) && words.iter().any(begins)
}

/// The words of a header cell, folded: `TaxFileNumber`, `tax_file_number` and `Tax file number:` are the same.
pub(crate) fn header_words(header: &str) -> String {
    let mut spaced = String::with_capacity(header.len() + 8);
    let mut before = ' ';
    for c in header.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() || c == '\'' { c } else { ' ' });
        before = c;
    }
    let words: Vec<String> = spaced.split_whitespace().map(fold).collect();
    words.join(" ")
}

/// Does a folded header hold a folded phrase as whole words?
fn holds(header: &str, phrase: &str) -> bool {
    header.match_indices(phrase).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|i| header.as_bytes().get(i));
        let after = header.as_bytes().get(at + phrase.len());
        before.is_none_or(|b| *b == b' ') && after.is_none_or(|b| *b == b' ')
    })
}

impl Column {
    fn is_under(&self, header: &str) -> bool {
        self.headers.iter().any(|h| holds(header, h)) && !self.not_headers.iter().any(|h| holds(header, h))
    }
}

impl Index {
    /// What column rules find in the tables of a text.
    pub(crate) fn columns(&self, rules: &[Compiled], text: &str, tables: &[Table]) -> Vec<Found> {
        let mut found = Vec::new();
        for table in tables {
            for nth in 0..table.width() {
                let header = table.header.as_ref().and_then(|h| text.get(h.get(nth)?.clone())).map(header_words);
                for rule in &self.columns {
                    let Some(compiled) = rules.get(usize::from(rule.0)) else { continue };
                    let Kind::Column(column) = &compiled.kind else { continue };
                    let is_voted = column.headers.is_empty();
                    if !is_voted && !header.as_ref().is_some_and(|h| column.is_under(h)) {
                        continue;
                    }
                    let fits = |cell: &&Range<usize>| {
                        let canonical = text.get((*cell).clone()).and_then(|value| column.cells.canonical(value));
                        canonical.is_some_and(|c| compiled.validators.iter().all(|v| (v.check)(&c)))
                    };
                    let fitting: Vec<&Range<usize>> = table.column(nth).filter(fits).collect();
                    if is_voted && !is_majority(text, &fitting, table.column(nth).count()) {
                        continue;
                    }
                    found.extend(fitting.into_iter().map(|cell| Found { rule: *rule, span: cell.clone() }));
                }
            }
        }
        found
    }
}

/// Four of five cells fit, and so many different ones that chance is no answer.
fn is_majority(text: &str, fitting: &[&Range<usize>], all: usize) -> bool {
    if fitting.len() < VOTES_MIN || fitting.len() * 5 < all * 4 {
        return false;
    }
    let different: HashSet<&str> = fitting.iter().filter_map(|cell| text.get((*cell).clone())).collect();
    different.len() >= VOTES_MIN
}

/// The cells of columns with a header as lines, `TFN: 123 456 782`, for the rules that ask for such words nearby.
pub(crate) struct Headed {
    pub(crate) text: Zeroizing<String>,
    /// Where a cell stands in this text and in the text of the table.
    cells: Vec<(usize, Range<usize>)>,
}

impl Headed {
    /// Of all tables that have a header and cells with digits below it.
    pub(crate) fn new(text: &str, tables: &[Table]) -> Option<Headed> {
        let mut headed = Headed { text: Zeroizing::new(String::new()), cells: Vec::new() };
        for table in tables {
            let Some(header) = &table.header else { continue };
            for (nth, header) in header.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
                let Some(label) = text.get(header.clone()) else { continue };
                for cell in table.column(nth) {
                    let Some(value) = text.get(cell.clone()).filter(|v| v.bytes().any(|b| b.is_ascii_digit())) else {
                        continue;
                    };
                    headed.text.push_str(label);
                    headed.text.push_str(": ");
                    headed.cells.push((headed.text.len(), cell.clone()));
                    headed.text.push_str(value);
                    // An empty line: no cell is context for another.
                    headed.text.push_str("\n\n");
                }
            }
        }
        (!headed.cells.is_empty()).then_some(headed)
    }

    /// The bytes of the table's text for a span that lies within one cell.
    pub(crate) fn source(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let after = self.cells.partition_point(|(at, _)| *at <= span.start);
        let (at, cell) = self.cells.get(after.checked_sub(1)?)?;
        let start = cell.start + (span.start - at);
        let end = start + span.len();
        (end <= cell.end).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::table::tables;

    #[test]
    fn headers_are_words() {
        for header in ["TaxFileNumber", "tax_file_number", "Tax file number:", "TAX-FILE-NUMBER"] {
            assert!(holds(&header_words(header).replace("-", " "), "tax file number"), "{header}");
        }
        assert!(holds(&header_words("Student name (first)"), "name"));
        assert!(!holds(&header_words("Surnames"), "name"));
        assert_eq!(header_words("Prénom"), "prenom");
    }

    #[test]
    fn names_and_numbers_have_their_shape() {
        for (value, name) in [
            ("Mia Chen", true),
            ("Chen, Mia", true),
            ("MIA", true),
            ("O'Brien-Smith", true),
            ("mia", false),
            ("Mia 7", false),
            ("7B", false),
            ("", false),
            ("A B C D E F", false),
        ] {
            assert_eq!(is_name(value), name, "{value}");
        }
        for (value, digits) in [("123 456 782", Some("123456782")), ("12--3", None), ("12a", None), ("-", None)] {
            assert_eq!(Shape::Digits.canonical(value).as_deref(), digits, "{value}");
        }
    }

    #[test]
    fn cells_below_a_header_know_their_way_back() {
        let text = "TFN,Name\n123,Mia\n456,Bob 7";
        let headed = Headed::new(text, &tables(text)).expect("digits");
        assert_eq!(*headed.text, "TFN: 123\n\nTFN: 456\n\nName: Bob 7\n\n");
        for value in ["123", "456", "7"] {
            let at = headed.text.find(value).expect("there");
            let span = headed.source(&(at..at + value.len())).expect("in a cell");
            assert_eq!(text.get(span), Some(value));
        }
        assert_eq!(headed.source(&(0..3)), None);
        assert_eq!(headed.source(&(5..12)), None);
    }
}
