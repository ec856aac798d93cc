//! A table whose header names the column: `Username | Password` over `jdoe | hunter2!`.

use crate::text::floor;
use std::ops::Range;

/// Rows that are read.
const ROWS_MAX: usize = 200;
/// Bytes of a line that are read.
const LINE_BYTES_MAX: usize = 512;

/// The cells under the header cell that holds nothing but the keyword; none if it is no header.
pub(super) fn read(text: &str, word: &Range<usize>) -> Vec<Range<usize>> {
    let head = text.get(floor(text, word.start.saturating_sub(LINE_BYTES_MAX))..word.start).unwrap_or_default();
    let start = word.start - head.len() + head.rfind('\n').map_or(0, |i| i + 1);
    let Some(header) = line(text, start) else { return Vec::new() };
    let body = text.get(start..header.end).unwrap_or_default();
    let Some(delimiter) = ['|', '\t', ';', ','].into_iter().find(|d| body.contains(*d)) else { return Vec::new() };
    let columns = cells(text, &header, delimiter);
    let is_own = |c: &Range<usize>| c.start <= word.start && word.end <= c.end && c.len() <= word.len() + 10;
    let Some(column) = columns.iter().position(is_own) else { return Vec::new() };
    // A header is words alone; a row that holds a value is none.
    let is_label = |c: &Range<usize>| {
        text.get(c.clone()).is_some_and(|t| !t.contains(|x: char| x.is_ascii_digit() || ":=".contains(x)))
    };
    if columns.len() < 2 || !columns.iter().all(is_label) {
        return Vec::new();
    }
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
        found.extend(cells(text, &row, delimiter).get(column).filter(|c| !c.is_empty()).cloned());
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
