//! Sheets of SpreadsheetML: rows as lines, cells in their columns, as they are shown. What a cell holds besides (formulas, numbers
//! that are shown in another way) stands in texts of its own.

use super::flow::{Flow, Texts};
use super::numbers::Formats;
use super::ooxml::with_xml;
use super::package::Package;
use super::parts::{Slot, Spans};
use super::xml::{Tag, Token, put, unescaped, walk};
use crate::Why;
use crate::budget::Budget;
use crate::mapped::{Change, Mapped};
use std::collections::BTreeSet;
use std::ops::Range;

/// Columns that a sheet has.
const COLUMNS_MAX: usize = 16_384;
/// Digits from which on a number as stored is worth a look beside the number as shown.
const DIGITS_MIN: usize = 7;

/// What the sheets of a workbook share.
#[derive(Default)]
pub(crate) struct Book {
    words: Vec<String>,
    strings_at: Option<usize>,
    strings: Mapped,
    /// Of each string, in the text of all.
    spans: Vec<Range<usize>>,
    is_used: Vec<bool>,
    formats: Formats,
    /// What is to be changed in the strings.
    changes: Vec<Change>,
}

impl Book {
    /// Takes strings and formats in.
    pub(crate) fn open(&mut self, package: &Package<'_>, slots: &[Slot], budget: &mut Budget) {
        self.words = slots.iter().map(|slot| slot.path.trim_end_matches(|c: char| c.is_ascii_digit()).into()).collect();
        if !self.words.iter().any(|word| word == "!sheet") {
            return;
        }
        let name = |word: &str| {
            let nth = self.words.iter().position(|own| own == word)?;
            package.entries.get(nth).map(|entry| (nth, entry.name.clone()))
        };
        let (workbook, strings) = (name("!workbook"), name("!strings"));
        if let Some((_, workbook)) = workbook {
            with_xml(package, &workbook, budget, |token| {
                if let Token::Start(tag) = token
                    && tag.local == "workbookPr"
                {
                    self.formats.is_1904 = matches!(tag.raw("date1904"), Some("1" | "true"));
                }
            });
        }
        if let Some(styles) =
            package.entries.iter().find(|entry| entry.name.to_ascii_lowercase().ends_with("styles.xml"))
        {
            self.formats.open(package, &styles.name.clone(), budget);
        }
        if let Some((nth, strings)) = strings {
            self.strings_at = Some(nth);
            let mut reader = Strings::default();
            with_xml(package, &strings, budget, |token| reader.see(&token));
            (self.strings, self.spans) = (reader.text, reader.spans);
            self.is_used = vec![false; self.spans.len()];
        }
    }

    pub(crate) fn texts(
        &mut self,
        nth: usize,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        match self.words.get(nth).map(String::as_str) {
            Some("!strings") => self.strings_left(source, budget),
            Some("!workbook") => names(source, budget, spans),
            _ => self.sheet(source, budget, spans),
        }
    }

    pub(crate) fn shared(&mut self, source_bytes: usize, changes: Vec<Change>) {
        let moved = |(at, with): Change| (at.start - source_bytes..at.end - source_bytes, with);
        self.changes.extend(changes.into_iter().map(moved));
    }

    /// The entry of the strings.
    pub(crate) fn shared_at(&self) -> Option<usize> {
        self.strings_at
    }

    pub(crate) fn shared_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Strings that no cell uses, and how they are pronounced.
    fn strings_left(&mut self, source: &str, budget: &Budget) -> (Texts, Vec<Change>) {
        let mut reader = Strings::default();
        let why = walk(source, &budget.limits, |token| {
            reader.see(&token);
            Ok(())
        });
        let mut left = Mapped::default();
        for (nth, span) in reader.spans.iter().enumerate() {
            if !self.is_used.get(nth).copied().unwrap_or(false) && !span.is_empty() {
                left.append_part(&reader.text, span, 0);
                left.made("\n");
            }
        }
        let texts = vec![("", left), ("/phonetic", reader.phonetic)];
        (Texts { texts, why: why.err() }, Vec::new())
    }

    fn sheet(
        &mut self,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        let limits = budget.limits;
        let hits = Hits { grid: spans(""), values: spans("/values"), formulas: spans("/formulas") };
        let mut sheet = Sheet::new(self, hits, source.len());
        let mut flow = Flow::new(false);
        let (mut in_data, mut in_page, mut is_code) = (false, false, false);
        let why = walk(source, &limits, |token| {
            match &token {
                Token::Start(tag) if tag.local == "sheetData" => in_data = !tag.is_empty,
                Token::End("sheetData", _) => in_data = false,
                token if in_data => sheet.see(token),
                Token::Text(text, at) if in_page && is_code => after_code(&mut flow, text, *at),
                token => flow.see(token),
            }
            match &token {
                Token::Start(tag) => in_page = !tag.is_empty && is_page_text(tag.local),
                Token::End(..) => in_page = false,
                _ => {}
            }
            is_code = matches!(&token, Token::Reference(text, _) if text == "&");
            if matches!(token, Token::End("c", _)) && in_data && !budget.cells(1)
                || sheet.size_bytes() > limits.text_bytes_max
            {
                return Err(Why::OverLimit);
            }
            Ok(())
        });
        let mut texts = vec![("", sheet.grid), ("/values", sheet.values), ("/formulas", sheet.formulas)];
        for (suffix, text) in flow.finish() {
            texts.push((if suffix.is_empty() { "/extra" } else { suffix }, text));
        }
        (Texts { texts, why: why.err() }, sheet.firm)
    }
}

/// Is an element the text of a page's head or foot?
fn is_page_text(local: &str) -> bool {
    ["odd", "even", "first"]
        .iter()
        .any(|pages| local.strip_prefix(pages).is_some_and(|place| matches!(place, "Header" | "Footer")))
}

/// Text after `&` in the head or foot of a page: a letter that is a code (ECMA-376 18.3.1.46), and words that have nothing
/// to do with it.
fn after_code(flow: &mut Flow, text: &str, at: usize) {
    let code = text.chars().next().filter(char::is_ascii_alphabetic).map_or(0, char::len_utf8);
    let (code, rest) = text.split_at_checked(code).unwrap_or(("", text));
    flow.see(&Token::Text(code, at));
    flow.line();
    flow.see(&Token::Text(rest, at + code.len()));
}

/// The workbook: names of sheets stand in a text of their own.
fn names(source: &str, budget: &Budget, spans: &mut dyn FnMut(&str) -> Spans) -> (Texts, Vec<Change>) {
    let mut names = Mapped::default();
    let mut places = Vec::new();
    let mut flow = Flow::new(false);
    let why = walk(source, &budget.limits, |token| {
        match &token {
            Token::Start(tag) if tag.local == "sheet" => {
                if let Some(name) = tag.attribute("name") {
                    let start = names.text().len();
                    put(&mut names, name.raw, name.at.start);
                    places.push((start..names.text().len(), name.at.clone()));
                    names.made("\n");
                }
            }
            token => flow.see(token),
        }
        Ok(())
    });
    // A name has 31 characters at most, some are not allowed in it, and no two are the same: marks do not fit.
    let hits = spans("/names");
    let firm = places.iter().enumerate().filter(|(_, (text, _))| is_hit(&hits, text));
    let firm = firm.map(|(nth, (_, at))| (at.clone(), format!("Sheet{}", nth + 1).into_bytes())).collect();
    let mut texts = vec![("/names", names)];
    texts.extend(flow.finish());
    (Texts { texts, why: why.err() }, firm)
}

pub(crate) fn is_hit(hits: &Spans, text: &Range<usize>) -> bool {
    let next = hits.partition_point(|hit| hit.end <= text.start);
    hits.get(next).is_some_and(|hit| hit.start < text.end)
}

/// The shared strings, and runs of other text that belongs to them.
#[derive(Default)]
struct Strings {
    text: Mapped,
    spans: Vec<Range<usize>>,
    phonetic: Mapped,
    start: usize,
    in_text: bool,
    in_phonetic: bool,
}

impl Strings {
    fn see(&mut self, token: &Token<'_, '_>) {
        match token {
            Token::Start(tag) => match tag.local {
                "si" => self.start = self.text.text().len(),
                "t" => self.in_text = !tag.is_empty,
                "rPh" => self.in_phonetic = !tag.is_empty,
                _ => {}
            },
            Token::End("si", _) => {
                self.spans.push(self.start..self.text.text().len());
                self.text.made("\n");
            }
            Token::End("t", _) => self.in_text = false,
            Token::End("rPh", _) => {
                self.in_phonetic = false;
                self.phonetic.made("\n");
            }
            Token::Text(text, at) if self.in_text => put_cell(self.to(), text, *at),
            Token::Reference(text, at) if self.in_text => put_reference(self.to(), text, at),
            _ => {}
        }
    }

    fn to(&mut self) -> &mut Mapped {
        if self.in_phonetic { &mut self.phonetic } else { &mut self.text }
    }
}

/// What is to be replaced in the texts of a sheet.
struct Hits {
    grid: Spans,
    values: Spans,
    formulas: Spans,
}

/// A cell while it is read.
#[derive(Default)]
struct Cell {
    column: usize,
    style: usize,
    kind: String,
    /// `prefix:` of its elements.
    prefix: String,
    /// The value of its attribute `t`, or where one goes.
    kind_at: Range<usize>,
    has_kind: bool,
    formula: Option<Formula>,
    /// Start tag, content and end tag of its value.
    value: [Range<usize>; 3],
    raw: String,
    inline: Mapped,
}

struct Formula {
    at: Range<usize>,
    text: Range<usize>,
    /// The number of the formula that several cells share.
    group: Option<String>,
}

struct Sheet<'b> {
    book: &'b mut Book,
    hits: Hits,
    /// Where the strings begin in the source of all texts: behind the sheet's own.
    strings_from: usize,
    grid: Mapped,
    values: Mapped,
    formulas: Mapped,
    /// Changes of structure.
    firm: Vec<Change>,
    cell: Option<Cell>,
    /// The element in the cell whose text is read.
    inside: Inside,
    /// Column of the next cell, and of the next text in the line of the grid and of the values.
    next: usize,
    column: usize,
    value_column: usize,
    header: Option<Range<usize>>,
    row_start: usize,
    /// Shared formulas that have lost their first cell.
    lost: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Value,
    Formula,
    Text,
}

impl<'b> Sheet<'b> {
    fn new(book: &'b mut Book, hits: Hits, strings_from: usize) -> Sheet<'b> {
        Sheet {
            book,
            hits,
            strings_from,
            grid: Mapped::default(),
            values: Mapped::default(),
            formulas: Mapped::default(),
            firm: Vec::new(),
            cell: None,
            inside: Inside::Nothing,
            next: 0,
            column: 0,
            value_column: 0,
            header: None,
            row_start: 0,
            lost: BTreeSet::new(),
        }
    }

    fn size_bytes(&self) -> usize {
        self.grid.text().len() + self.values.text().len() + self.formulas.text().len()
    }

    fn see(&mut self, token: &Token<'_, '_>) {
        match token {
            Token::Start(tag) => self.start(tag),
            Token::End(name, at) => self.end(name, at),
            Token::Text(text, at) => self.text(text, *at),
            Token::Reference(text, at) => self.reference(text, at),
            Token::Aside(..) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match (tag.local, &mut self.cell) {
            ("row", _) => {
                (self.next, self.column, self.value_column) = (0, 0, 0);
                self.row_start = self.grid.text().len();
            }
            ("c", _) => self.cell = Some(self.cell_of(tag)),
            ("v", Some(cell)) => {
                cell.value = [tag.at.clone(), tag.at.end..tag.at.end, tag.at.end..tag.at.end];
                self.inside = Inside::Value;
            }
            ("f", Some(cell)) => {
                let group = tag.raw("si").filter(|_| tag.raw("t") == Some("shared")).map(str::to_owned);
                let start = self.formulas.text().len();
                cell.formula = Some(Formula { at: tag.at.clone(), text: start..start, group });
                self.inside = Inside::Formula;
            }
            // Phonetic runs have a `t` too: the text of a cell is read, how it is spoken with it.
            ("t", Some(_)) => self.inside = Inside::Text,
            _ => {}
        }
    }

    fn cell_of(&mut self, tag: &Tag<'_>) -> Cell {
        let column = tag.raw("r").and_then(column).unwrap_or(self.next).min(COLUMNS_MAX);
        self.next = column + 1;
        let kind = tag.attribute("t");
        let prefix = if tag.prefix.is_empty() { String::new() } else { format!("{}:", tag.prefix) };
        let name_end = tag.at.start + 1 + prefix.len() + tag.local.len();
        Cell {
            column,
            style: tag.raw("s").and_then(|s| s.parse().ok()).unwrap_or(0),
            kind: kind.map_or("n", |a| a.raw).to_owned(),
            has_kind: kind.is_some(),
            kind_at: kind.map_or(name_end..name_end, |a| a.at.clone()),
            prefix,
            ..Cell::default()
        }
    }

    fn text(&mut self, text: &str, at: usize) {
        match (self.inside, &mut self.cell) {
            (Inside::Value, Some(cell)) => cell.raw.push_str(text),
            (Inside::Formula, Some(_)) => put_cell(&mut self.formulas, text, at),
            (Inside::Text, Some(cell)) => put_cell(&mut cell.inline, text, at),
            // Text where none belongs is text all the same.
            _ if !text.trim_ascii().is_empty() => {
                put_cell(&mut self.formulas, text, at);
                self.formulas.made("\n");
            }
            _ => {}
        }
    }

    fn reference(&mut self, text: &str, at: &Range<usize>) {
        match (self.inside, &mut self.cell) {
            // The raw text of a value is unescaped as a whole.
            (Inside::Value, Some(cell)) => {
                cell.raw.push_str(&String::from_utf8(super::xml::escaped(text)).unwrap_or_default())
            }
            (Inside::Formula, Some(_)) => put_reference(&mut self.formulas, text, at),
            (Inside::Text, Some(cell)) => put_reference(&mut cell.inline, text, at),
            _ => {}
        }
    }

    fn end(&mut self, name: &str, at: &Range<usize>) {
        match (name, &mut self.cell) {
            ("v", Some(cell)) => {
                let [start, content, end] = &mut cell.value;
                *content = start.end..at.start.max(start.end);
                *end = at.clone();
                self.inside = Inside::Nothing;
            }
            ("f", Some(cell)) => {
                if let Some(formula) = &mut cell.formula {
                    formula.at.end = at.end;
                    formula.text.end = self.formulas.text().len();
                    if !formula.text.is_empty() {
                        self.formulas.made("\n");
                    }
                }
                self.inside = Inside::Nothing;
            }
            ("t", Some(_)) => self.inside = Inside::Nothing,
            ("c", Some(_)) => {
                if let Some(cell) = self.cell.take() {
                    self.put(cell);
                }
            }
            ("row", _) => {
                for text in [&mut self.grid, &mut self.values] {
                    if !text.is_at_line_start() {
                        text.made("\n");
                    }
                }
                if self.header.is_none() && self.grid.text().len() > self.row_start {
                    self.header = Some(self.row_start..self.grid.text().len());
                }
            }
            _ => {}
        }
    }

    /// Puts a cell into the grid.
    fn put(&mut self, mut cell: Cell) {
        let inline = std::mem::take(&mut cell.inline);
        let string = || cell.raw.trim().parse::<usize>().ok();
        let span = if cell.kind == "s" {
            string().and_then(|nth| Some((nth, self.book.spans.get(nth)?.clone())))
        } else {
            None
        };
        let is_empty = match cell.kind.as_str() {
            "s" => span.as_ref().is_none_or(|(_, span)| span.is_empty()) && inline.text().is_empty(),
            _ => cell.raw.is_empty() && inline.text().is_empty(),
        };
        let mut start = self.grid.text().len();
        let mut stored = 0..0;
        if !is_empty {
            self.grid.made(&"\t".repeat(cell.column.saturating_sub(self.column)));
            self.column = cell.column.max(self.column);
            start = self.grid.text().len();
            match (cell.kind.as_str(), span) {
                ("s", Some((nth, span))) => {
                    self.grid.append_part(&self.book.strings, &span, self.strings_from);
                    if let Some(is_used) = self.book.is_used.get_mut(nth) {
                        *is_used = true;
                    }
                }
                ("s" | "inlineStr", _) => {}
                _ => stored = self.put_value(&cell),
            }
            self.grid.append(inline);
        }
        let text = start..self.grid.text().len();
        self.follow(&cell, &text, &stored);
    }

    /// Puts the value of a cell that is no string of the workbook. Tells where it stands among the values as stored.
    fn put_value(&mut self, cell: &Cell) -> Range<usize> {
        let [_, content, _] = &cell.value;
        let raw = unescaped(&cell.raw);
        let shown = match cell.kind.as_str() {
            "b" => if raw.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "n" => self.book.formats.shown(&raw, cell.style),
            _ => raw.clone(),
        };
        if cell.raw.len() == content.len() && shown == raw {
            put_cell(&mut self.grid, &cell.raw, content.start);
            return 0..0;
        }
        self.grid.coded(&shown.replace(['\n', '\t', '\r'], " "), content.clone());
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        if cell.kind != "n" || digits(&raw) < DIGITS_MIN || self.book.formats.is_date(cell.style) {
            return 0..0;
        }
        if self.values.text().is_empty()
            && let Some(header) = self.header.clone()
            && let Some(header) = self.grid.text().get(header)
        {
            self.values.made(header);
        }
        self.values.made(&"\t".repeat(cell.column.saturating_sub(self.value_column)));
        self.value_column = cell.column.max(self.value_column);
        let start = self.values.text().len();
        self.values.coded(&raw, content.clone());
        start..self.values.text().len()
    }

    /// What follows for a cell from what is replaced in it.
    fn follow(&mut self, cell: &Cell, text: &Range<usize>, stored: &Range<usize>) {
        let is_text_hit = is_hit(&self.hits.grid, text) || is_hit(&self.hits.values, stored);
        if let Some(formula) = &cell.formula {
            let is_formula_hit = is_hit(&self.hits.formulas, &formula.text) && !self.is_in_literals(&formula.text);
            let has_lost = formula.group.as_ref().is_some_and(|group| self.lost.contains(group));
            // A formula would make the value anew, or be none any more.
            if is_text_hit || is_formula_hit || has_lost {
                self.firm.push((formula.at.clone(), Vec::new()));
                if !formula.text.is_empty() {
                    self.lost.extend(formula.group.clone());
                }
            }
        }
        let [start, content, end] = &cell.value;
        if !is_text_hit || matches!(cell.kind.as_str(), "s" | "inlineStr") || content.is_empty() {
            return;
        }
        let prefix = &cell.prefix;
        let kind = if cell.has_kind { "inlineStr".to_owned() } else { " t=\"inlineStr\"".to_owned() };
        self.firm.push((cell.kind_at.clone(), kind.into_bytes()));
        self.firm.push((start.clone(), format!("<{prefix}is><{prefix}t xml:space=\"preserve\">").into_bytes()));
        self.firm.push((end.clone(), format!("</{prefix}t></{prefix}is>").into_bytes()));
    }

    /// Does all that is replaced in a formula stand between quotes?
    fn is_in_literals(&self, formula: &Range<usize>) -> bool {
        let text = self.formulas.text();
        let first = self.hits.formulas.partition_point(|hit| hit.end <= formula.start);
        let hits = self.hits.formulas.get(first..).unwrap_or_default();
        hits.iter().take_while(|hit| hit.start < formula.end).all(|hit| {
            let before = text.get(formula.start..hit.start.max(formula.start)).unwrap_or_default();
            let inside = text.get(hit.clone()).unwrap_or("\"");
            before.matches('"').count() % 2 == 1 && !inside.contains('"')
        })
    }
}

/// The column in a reference: `B` of `B2` is 1.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0, |sum, b| sum * 26 + usize::from(b.to_ascii_uppercase() - b'A' + 1));
    number.checked_sub(1)
}

/// Puts text of a cell: on one line, with characters that stand as `_x000D_` resolved (ECMA-376, 22.9.2.19).
fn put_cell(to: &mut Mapped, text: &str, at: usize) {
    let mut exact = 0;
    let mut chars = text.char_indices();
    while let Some((nth, c)) = chars.next() {
        let (shown, length) = match c {
            '\n' | '\t' | '\r' => (" ".to_owned(), 1),
            '_' => match text.get(nth..nth + 7).and_then(escape) {
                Some(c) => (c.to_string(), 7),
                None => continue,
            },
            _ => continue,
        };
        put(to, text.get(exact..nth).unwrap_or_default(), at + exact);
        to.coded(&shown, at + nth..at + nth + length);
        exact = nth + length;
        if length > 1 {
            chars.nth(length - 2);
        }
    }
    put(to, text.get(exact..).unwrap_or_default(), at + exact);
}

fn put_reference(to: &mut Mapped, text: &str, at: &Range<usize>) {
    to.coded(if matches!(text, "\n" | "\t" | "\r") { " " } else { text }, at.clone());
}

fn escape(text: &str) -> Option<char> {
    let hex = text.strip_prefix("_x")?.strip_suffix('_')?;
    let c = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
    (!c.is_control()).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn book(strings: &str) -> Book {
        let mut reader = Strings::default();
        walk(strings, &Limits::default(), |token| {
            reader.see(&token);
            Ok(())
        })
        .unwrap();
        let is_used = vec![false; reader.spans.len()];
        Book { strings: reader.text, spans: reader.spans, is_used, ..Book::default() }
    }

    fn text(rows: &str, suffix: &str, limits: &Limits) -> Result<String, Why> {
        let source = format!("<worksheet><sheetData>{rows}</sheetData><x>more</x></worksheet>");
        let mut book = book("<sst><si><t>Name</t></si><si><r><t>A&amp;</t></r><r><t>B_x0034_\n</t></r></si></sst>");
        let (texts, _) = book.sheet(&source, &mut Budget::new(limits), &mut |_| Spans::new());
        match texts.why {
            Some(why) => Err(why),
            None => Ok(texts.texts.into_iter().find(|(own, _)| *own == suffix).unwrap().1.into_text()),
        }
    }

    #[test]
    fn cells_stand_in_their_columns() {
        let cases: &[(&str, &str)] = &[
            ("<row><c r='B1' t='s'><v>0</v></c><c r='D1' t='s'><v>1</v></c></row>", "\tName\t\tA&B4 \n"),
            ("<row><c t='s'><v>0</v></c><c><v>1</v></c></row><row/><row><c><v>2</v></c></row>", "Name\t1\n2\n"),
            (
                "<row><c t='inlineStr'><is><r><t>4</t></r><r><t>1</t></r></is></c><c t='b'><v>1</v></c></row>",
                "41\tTRUE\n",
            ),
            ("<row><c><f>A&amp;\"x\"</f><v>4.1111111E7</v></c></row>", "41111111\n"),
            ("<row><c t='s'><v>99</v></c><c t='e'><v>#N/A</v></c></row>", "\t#N/A\n"),
        ];
        for (rows, want) in cases {
            assert_eq!(text(rows, "", &Limits::default()).as_deref(), Ok(*want), "{rows}");
        }
        let formula = "<row><c><f>A&amp;\"x\"</f><v>4.1111111E7</v></c></row>";
        assert_eq!(text(formula, "/formulas", &Limits::default()).as_deref(), Ok("A&\"x\"\n"));
        assert_eq!(text(formula, "/values", &Limits::default()).as_deref(), Ok("4.1111111E7\n"));
        assert_eq!(text(formula, "/extra", &Limits::default()).as_deref(), Ok("more\n"));
        let page = "</sheetData><oddHeader>&amp;Cpay 12&amp;RDE12</oddHeader><sheetData>";
        assert_eq!(text(page, "/extra", &Limits::default()).as_deref(), Ok("&C\npay 12&R\nDE12\nmore\n"));
    }

    #[test]
    fn cells_and_text_are_bounded() {
        let row = "<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>";
        for (cells_max, is_read) in [(2, false), (3, true), (4, true)] {
            assert_eq!(text(row, "", &Limits { cells_max, ..Limits::default() }).is_ok(), is_read, "{cells_max}");
        }
        // "1\t2\t3\n" are six bytes.
        for (text_bytes_max, is_read) in [(5, false), (6, true), (7, true)] {
            assert_eq!(text(row, "", &Limits { text_bytes_max, ..Limits::default() }).is_ok(), is_read);
        }
    }

    #[test]
    fn columns_are_numbers() {
        assert_eq!(["A1", "Z9", "AA1", "XFD1", "1"].map(column), [Some(0), Some(25), Some(26), Some(16_383), None]);
    }
}
