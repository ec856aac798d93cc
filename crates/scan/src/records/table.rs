//! Tables in text: separated values, drawn and aligned tables, and what HTML tables become.
//!
//! A table is two lines or more, one after the other, that fall into the same number of cells by the same separator.
//! Marks of quotation before a line do not count. One pass; nothing is decided by a whole file's shape.

use crate::blocks::{self, BLOCK};
use crate::text::byte;
use std::ops::Range;

/// Bytes of a line that is read as a row.
const ROW_BYTES_MAX: usize = 4 << 10;
/// Bytes of a cell at most: prose with as many commas in each line has longer ones.
const CELL_BYTES_MAX: usize = 160;
/// Cells of a row at most.
const CELLS_MAX: usize = 64;
/// Bytes of a header cell at most.
const HEADER_BYTES_MAX: usize = 48;

/// What parts the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    Tab,
    Pipe,
    Semicolon,
    Comma,
    /// Two blanks or more.
    Blanks,
}

const SEPARATORS: [Separator; 5] =
    [Separator::Tab, Separator::Pipe, Separator::Semicolon, Separator::Comma, Separator::Blanks];

/// One table. Cells are bytes of the text, without blanks and quotes around them; an empty one has its place.
#[derive(Debug)]
pub(crate) struct Table {
    /// The first row, if it is of labels alone.
    pub(crate) header: Option<Vec<Range<usize>>>,
    pub(crate) rows: Vec<Vec<Range<usize>>>,
}

impl Table {
    /// Cells of the widest row.
    pub(crate) fn width(&self) -> usize {
        let header = self.header.as_ref().map_or(0, Vec::len);
        self.rows.iter().map(Vec::len).max().unwrap_or(0).max(header)
    }

    /// The cells of a column, without the header.
    pub(crate) fn column(&self, nth: usize) -> impl Iterator<Item = &Range<usize>> {
        self.rows.iter().filter_map(move |row| row.get(nth)).filter(|cell| !cell.is_empty())
    }
}

/// The lines of a text without marks of quotation and blanks around them; empty ones too.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        let mut rest = line;
        while let Some(inner) = rest.trim_start_matches(' ').strip_prefix('>') {
            rest = inner;
        }
        // A tab in front parts an empty cell from the next.
        let rest = rest.trim_start_matches(' ');
        let from = start + line.len() - rest.len();
        from..from + rest.trim_end_matches([' ', '\r']).len()
    })
}

/// The tables of a text.
pub(crate) fn tables(text: &str) -> Vec<Table> {
    let mut found = Vec::new();
    let lines = lines(text);
    // The line before, and how often each separator stands in it.
    let mut before: Option<(Range<usize>, [usize; SEPARATORS.len()])> = None;
    // Rows of the table that is open.
    let mut open: Option<(Separator, Vec<Vec<Range<usize>>>)> = None;
    for line in lines {
        if is_ruler(text, &line) {
            continue;
        }
        if let Some((separator, rows)) = &mut open {
            let cells = row(text, &line, *separator);
            if cells.len() == rows.first().map_or(0, Vec::len) && is_row(&cells) {
                rows.push(cells);
                continue;
            }
            found.extend(open.take().map(|(_, rows)| finish(text, rows)));
        }
        let counts = count(text, &line);
        let start = before.take().and_then(|(first, of_first)| {
            // Separators within quotes do not part cells, so two rows of one table may hold another number of them.
            let is_quoted = [&first, &line].iter().any(|l| text.get((*l).clone()).is_some_and(|l| l.contains('"')));
            let may_fit = |a: usize, b: usize| a > 0 && b > 0 && (a == b || is_quoted);
            let shared = SEPARATORS.iter().zip(of_first.iter().zip(&counts)).filter(|(_, (a, b))| may_fit(**a, **b));
            shared.map(|(separator, _)| *separator).find_map(|separator| {
                let rows = [row(text, &first, separator), row(text, &line, separator)];
                let [a, b] = &rows;
                (a.len() == b.len() && a.len() > 1 && rows.iter().all(|r| is_row(r)))
                    .then(|| (separator, rows.to_vec()))
            })
        });
        match start {
            Some(table) => open = Some(table),
            None => before = counts.iter().any(|n| *n > 0).then_some((line, counts)),
        }
    }
    found.extend(open.map(|(_, rows)| finish(text, rows)));
    found
}

fn finish(text: &str, mut rows: Vec<Vec<Range<usize>>>) -> Table {
    let is_header = rows.first().is_some_and(|first| is_header(text, first));
    let header = is_header.then(|| rows.remove(0));
    Table { header, rows }
}

/// Labels: words without digits, short, and no two of them the same.
fn is_header(text: &str, cells: &[Range<usize>]) -> bool {
    let label = |cell: &Range<usize>| {
        let value = text.get(cell.clone()).unwrap_or_default();
        let has_digits = value.bytes().filter(u8::is_ascii_digit).count() > 1;
        !has_digits && !value.contains('@') && value.len() <= HEADER_BYTES_MAX
    };
    let full = cells.iter().filter(|c| !c.is_empty()).count();
    full > 0 && full * 2 >= cells.len() && cells.iter().all(label)
}

/// A line that only draws: `---|---`, `+----+`.
fn is_ruler(text: &str, line: &Range<usize>) -> bool {
    let line = text.get(line.clone()).unwrap_or_default();
    line.len() > 2 && line.bytes().all(|b| matches!(b, b'-' | b'+' | b'|' | b'=' | b':' | b' ' | b'\t'))
}

fn is_row(cells: &[Range<usize>]) -> bool {
    cells.len() <= CELLS_MAX && cells.iter().all(|c| c.len() <= CELL_BYTES_MAX)
}

/// How often each separator stands in a line; 0 for a line that is too long. All are counted in one go: nearly every line
/// of a mail is prose, with a comma or two.
fn count(text: &str, line: &Range<usize>) -> [usize; SEPARATORS.len()] {
    let mut counts = [0; SEPARATORS.len()];
    let Some(line) = text.get(line.clone()).filter(|l| l.len() <= ROW_BYTES_MAX) else { return counts };
    let bytes = line.as_bytes();
    let is_separator = |b: u8| (b == b'\t') | (b == b'|') | (b == b';') | (b == b',');
    let mut blank_before = 0;
    for at in (0..bytes.len()).step_by(BLOCK) {
        let block = blocks::block(bytes, at);
        let mut separators = blocks::mask(&block, is_separator);
        let blanks = blocks::mask(&block, |b| b == b' ');
        let [tab, pipe, semicolon, comma, double] = &mut counts;
        *double |= usize::from(blanks & (blanks << 1 | blank_before) != 0);
        blank_before = blanks >> (BLOCK - 1);
        while separators != 0 {
            let count = match byte(&block, separators.trailing_zeros() as usize) {
                b'\t' => &mut *tab,
                b'|' => &mut *pipe,
                b';' => &mut *semicolon,
                _ => &mut *comma,
            };
            *count += 1;
            separators &= separators - 1;
        }
    }
    counts
}

/// The cells of a line.
pub(crate) fn row(text: &str, line: &Range<usize>, separator: Separator) -> Vec<Range<usize>> {
    let Some(body) = text.get(line.clone()).filter(|l| l.len() <= ROW_BYTES_MAX) else { return Vec::new() };
    let bytes = body.as_bytes();
    let mut cells = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut quoted = false;
    while at < bytes.len() {
        let b = byte(bytes, at);
        let is_quote = b == b'"' && !matches!(separator, Separator::Pipe | Separator::Blanks);
        if is_quote && (quoted || body.get(start..at).is_some_and(|c| c.trim().is_empty())) {
            quoted = !quoted;
        }
        let width = match separator {
            _ if quoted => 0,
            Separator::Tab => usize::from(b == b'\t'),
            Separator::Pipe => usize::from(b == b'|'),
            Separator::Semicolon => usize::from(b == b';'),
            Separator::Comma => usize::from(b == b','),
            Separator::Blanks => {
                let blanks = bytes.iter().skip(at).take_while(|b| **b == b' ').count();
                if blanks > 1 { blanks } else { 0 }
            }
        };
        if width > 0 {
            cells.push(trim(body, start..at, line.start));
            start = at + width;
        }
        at += width.max(1);
    }
    cells.push(trim(body, start..bytes.len(), line.start));
    if separator == Separator::Pipe {
        // The lines that draw the left and right edge.
        if body.ends_with('|') {
            cells.pop();
        }
        if body.starts_with('|') && !cells.is_empty() {
            cells.remove(0);
        }
    } else if separator == Separator::Tab && cells.len() > 2 && cells.last().is_some_and(Range::is_empty) {
        cells.pop();
    }
    cells
}

fn trim(body: &str, cell: Range<usize>, base: usize) -> Range<usize> {
    let value = body.get(cell.clone()).unwrap_or_default();
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '*' | '`');
    let left = value.trim_start_matches(is_edge);
    let start = base + cell.end - left.len();
    start..start + left.trim_end_matches(is_edge).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_in_every_drawing() {
        let cases = [
            "Name,TFN\nMia,12\nBob,34",
            "Name;TFN\r\nMia;12\r\nBob;34\r\n",
            "\"Name\",\"TFN\"\n\"Mia\",\"12\"\nBob,34",
            "Name\tTFN\t\nMia\t12\t\nBob\t34\t\n",
            "| Name | TFN |\n|------|-----|\n| Mia  | 12  |\n| Bob  | 34 |",
            "+------+----+\n| Name | TFN |\n+------+----+\n| Mia | 12 |\n+---+---+\n| Bob | 34 |\n+---+---+",
            "Name | TFN\nMia | 12\nBob | 34\n",
            "Name      TFN\n----      ---\nMia        12\nBob        34\n",
            "> Name,TFN\n> Mia,12\n> Bob,34\n",
            "hello, you\n\nName,TFN\nMia,12\nBob,34\n\nbye",
        ];
        for text in cases {
            let all = tables(text);
            let cells = |row: &Vec<Range<usize>>| {
                row.iter().map(|c| text.get(c.clone()).expect("in the text").to_owned()).collect::<Vec<_>>()
            };
            let [table] = all.as_slice() else { panic!("{text}: {}", all.len()) };
            assert_eq!(table.header.as_ref().map(cells), Some(vec!["Name".into(), "TFN".into()]), "{text}");
            let rows: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
            assert_eq!(rows, [["Mia", "12"], ["Bob", "34"]], "{text}");
        }
    }

    #[test]
    fn quoted_cells_and_empty_ones_keep_their_place() {
        let text = "Name,TFN,x\n\"Chen, Mia\",,1\nBob,\"3 \"\"4\"\"\",2";
        let all = tables(text);
        let table = all.first().expect("one");
        let value = |c: &Range<usize>| text.get(c.clone()).expect("in the text");
        assert_eq!(table.column(0).map(value).collect::<Vec<_>>(), ["Chen, Mia", "Bob"]);
        assert_eq!(table.column(1).map(value).collect::<Vec<_>>(), ["3 \"\"4"]);
        assert_eq!((table.width(), table.rows.len()), (3, 2));
    }

    #[test]
    fn prose_is_no_table_with_labels() {
        for text in ["one line, with a comma\nand none here", "a, b", "", "see 12, 13\nand 14, 15 too"] {
            assert!(tables(text).iter().all(|t| t.header.is_none()), "{text}");
        }
    }
}
