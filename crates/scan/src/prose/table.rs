//! A table whose header names the column: `Username | Password` over `jdoe | hunter2!`.

use super::words::{ANY, KEYWORD, roles};
use crate::text::{before, byte};
use std::ops::Range;

/// Rows that are read.
const ROWS_MAX: usize = 200;
/// Bytes of a line that are read.
const LINE_BYTES_MAX: usize = 512;
/// Cells of a header before the keyword's.
const CELLS_MAX: usize = 24;
/// Bytes of a header before the keyword.
const HEADER_BYTES_MAX: usize = 300;
/// Rows of an aligned table that are read.
const ALIGNED_ROWS_MAX: usize = 50;

/// The cells under the header cell that holds nothing but the keyword; none if it is no header.
pub(super) fn read(text: &str, word: &Range<usize>) -> Vec<Range<usize>> {
    let Some(delimiter) = beside(text, word) else { return Vec::new() };
    let Some(start) = line_start(text, word, delimiter) else { return Vec::new() };
    let Some(header) = line(text, start) else { return Vec::new() };
    // Lists and expressions of a program: `"token", "treat_ll",`, `r"call|token|new_array|"`.
    let names = text.get(header.clone()).unwrap_or_default().trim_end();
    let is_list = delimiter == ',' && names.ends_with(',') || delimiter == '|' && names.contains(['"', '\'', '(']);
    if is_list {
        return Vec::new();
    }
    let columns = if delimiter == ALIGNED { Vec::new() } else { cells(text, &header, delimiter) };
    if delimiter == ALIGNED {
        return aligned(text, word, &header);
    }
    let is_own = |c: &Range<usize>| c.start <= word.start && word.end <= c.end && c.len() <= word.len() + 10;
    let Some(column) = columns.iter().position(is_own) else { return Vec::new() };
    // A header is words alone; a row that holds a value is none.
    let is_label = |c: &Range<usize>| {
        text.get(c.clone()).is_some_and(|t| !t.contains(|x: char| x.is_ascii_digit() || ":=".contains(x)))
    };
    if columns.len() < 2 || !columns.iter().all(is_label) {
        return Vec::new();
    }
    let name = text.get(word.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut next = header.end + 1;
    for _ in 0..ROWS_MAX {
        let Some(row) = line(text, next) else { break };
        next = row.end + 1;
        let row_text = text.get(row.clone()).unwrap_or_default();
        if !row_text.contains(delimiter) {
            break;
        }
        if row_text.chars().all(|c| matches!(c, '-' | '+' | '|' | '=' | ':' | ' ' | '\r')) {
            continue;
        }
        let Some(cell) = cells(text, &row, delimiter).get(column).filter(|c| !c.is_empty()).cloned() else { continue };
        // The header again, or another one: what follows is read from there.
        let own = text.get(cell.clone()).unwrap_or_default();
        if own.eq_ignore_ascii_case(name) || roles(own, ANY) & KEYWORD != 0 {
            break;
        }
        found.push(cell);
    }
    found
}

/// What stands for a delimiter where columns are aligned with spaces.
const ALIGNED: char = ' ';

/// The delimiter that touches the keyword's cell.
fn beside(text: &str, word: &Range<usize>) -> Option<char> {
    let bytes = text.as_bytes();
    let is_delimiter = |b: u8| matches!(b, b'|' | b'\t' | b';' | b',');
    let mut at = word.end;
    while matches!(byte(bytes, at), b' ' | b'"' | b'*' | b'\r') && at < word.end + 40 {
        at += 1;
    }
    let next = byte(bytes, at);
    if is_delimiter(next) {
        return Some(char::from(next));
    }
    // Another word of the same sentence follows: no cell.
    if next != b'\n' && next != 0 && at < word.end + 2 {
        return None;
    }
    let mut start = word.start;
    while matches!(before(bytes, start), b' ' | b'"' | b'*') && start + 40 > word.start {
        start -= 1;
    }
    let previous = before(bytes, start);
    if is_delimiter(previous) {
        return Some(char::from(previous));
    }
    let is_wide =
        at >= word.end + 2 && next != b'\n' && next != 0 || start + 2 <= word.start && previous != b'\n' && start > 0;
    is_wide.then_some(ALIGNED)
}

/// Where the line of the keyword starts, unless a header cannot be so long.
fn line_start(text: &str, word: &Range<usize>, delimiter: char) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut cells = 0;
    let mut at = word.start;
    while at > 0 && before(bytes, at) != b'\n' {
        at -= 1;
        cells += usize::from(char::from(byte(bytes, at)) == delimiter && delimiter != ALIGNED);
        if cells > CELLS_MAX || word.start - at > HEADER_BYTES_MAX {
            return None;
        }
    }
    Some(at)
}

/// Cells under a header whose columns are aligned with spaces.
fn aligned(text: &str, word: &Range<usize>, header: &Range<usize>) -> Vec<Range<usize>> {
    let names = text.get(header.clone()).unwrap_or_default();
    let is_header = names.is_ascii() && !names.contains(|c: char| c.is_ascii_digit() || ":=.".contains(c));
    let gaps = names.trim().match_indices("  ").count();
    if !is_header || gaps == 0 {
        return Vec::new();
    }
    let column = word.start - header.start;
    let mut found = Vec::new();
    let mut next = header.end + 1;
    for _ in 0..ALIGNED_ROWS_MAX {
        let Some(row) = line(text, next) else { break };
        next = row.end + 1;
        let body = text.get(row.clone()).unwrap_or_default();
        if body.chars().all(|c| matches!(c, '-' | '=' | ' ' | '\r')) {
            continue;
        }
        let Some(cell) = body.get(column..) else { break };
        let starts =
            !cell.starts_with(' ') && body.get(..column).is_some_and(|head| head.is_empty() || head.ends_with(' '));
        let length = cell.find([' ', '\t', '\r']).unwrap_or(cell.len());
        // A sentence under the header ends the table: cells are apart by two spaces or more.
        let is_apart = cell.get(length..).is_some_and(|rest| rest.trim().is_empty() || rest.starts_with("  "));
        if !starts || length == 0 || !is_apart {
            break;
        }
        // Another header: what follows is read from there.
        if cell.get(..length).is_some_and(|own| roles(own, ANY) & KEYWORD != 0) {
            break;
        }
        let start = row.start + column;
        found.push(start..start + length);
    }
    found
}

/// The line from `start` on, if there is one and it is not too long.
fn line(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let length = rest
        .bytes()
        .take(LINE_BYTES_MAX)
        .position(|b| b == b'\n')
        .or((rest.len() <= LINE_BYTES_MAX).then_some(rest.len()))?;
    (length > 0).then_some(start..start + length)
}

/// The cells of a line, without the blanks and quotes around them.
fn cells(text: &str, line: &Range<usize>, delimiter: char) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = line.start;
    for cell in text.get(line.clone()).unwrap_or_default().split(delimiter) {
        let trim = |c: char| c.is_whitespace() || c == '"' || c == '>';
        let left = cell.len() - cell.trim_start_matches(trim).len();
        let right = cell.trim_matches(trim).len();
        all.push(start + left..start + left + right);
        start += cell.len() + delimiter.len_utf8();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> Vec<&str> {
        let at = text.find("Password").expect("there");
        read(text, &(at..at + 8)).into_iter().filter_map(|c| text.get(c)).collect()
    }

    #[test]
    fn table() {
        let cases: [(&str, &[&str]); 7] = [
            ("Username | Password\njdoe | hunter2!\n", &["hunter2!"]),
            ("| User | Password | Role |\n|---|---|---|\n| a | b1c2 | x |\n| d | e3f4 | y |\n\nend", &["b1c2", "e3f4"]),
            ("Password\tUser\nabc12\tjoe", &["abc12"]),
            ("name,Password,mail\njoe,\"abc12\",x@example.com", &["abc12"]),
            ("Password: a, b", &[]),
            ("Password", &[]),
            ("user joe1, Password abc12\nx, y", &[]),
        ];
        for (text, wanted) in cases {
            assert_eq!(column(text), wanted, "{text}");
        }
    }
}
