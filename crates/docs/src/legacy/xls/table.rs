//! A sheet as text: a line a row, a tab between cells.

/// Columns that a sheet can have (SpreadsheetML).
const COLUMNS_MAX: u32 = 16_384;

/// A sheet being filled.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) text: String,
    /// Row and column of the last cell.
    last: Option<(u32, u32)>,
    /// It was full before it was complete.
    pub(crate) is_cut: bool,
}

impl Table {
    /// Adds a cell; nothing any more if the text is longer than `bytes_max`.
    pub(crate) fn cell(&mut self, row: u32, column: u32, value: &str, bytes_max: usize) {
        let column = column.min(COLUMNS_MAX);
        if value.is_empty() || self.is_cut {
            return;
        }
        let tabs = match self.last {
            None => column,
            Some((same, before)) if same == row && before < column => column - before,
            Some(_) => {
                self.text.push('\n');
                column
            }
        };
        if self.text.len() + value.len() + tabs as usize > bytes_max {
            self.is_cut = true;
            return;
        }
        self.text.extend(std::iter::repeat_n('\t', tabs as usize));
        self.text.extend(value.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
        self.last = Some((row, column));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_their_columns() {
        let mut table = Table::default();
        for (row, column, value) in
            [(0, 0, "a"), (0, 2, "c"), (5, 1, "b\nb"), (5, 1, "again"), (1, 0, "back"), (1, 1, "")]
        {
            table.cell(row, column, value, 100);
        }
        assert_eq!(table.text, "a\t\tc\n\tb b\n\tagain\nback");
    }

    #[test]
    fn a_full_sheet_says_so() {
        let len = |most| {
            let mut table = Table::default();
            table.cell(0, 3, "1234", most);
            (table.text.len(), table.is_cut)
        };
        assert_eq!([len(6), len(7), len(8)], [(0, true), (7, false), (7, false)]);
    }
}
