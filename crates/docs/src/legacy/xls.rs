//! Excel before 2007 (MS-XLS): Excel 5 to 2003, every sheet, hidden ones too.

pub(super) mod number;
pub(super) mod table;
mod texts;

use super::blips::Drawings;
use super::bytes::Bytes;
use super::cfb::Storage;
use super::codepage::Charset;
use super::compound::{self, Rest};
use super::crypt::{rc4, xor};
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::HashMap;
use table::Table;
use texts::{Continued, text};

const CONTINUE: u16 = 0x3c;
const BEGIN: u16 = 0x809;
const END: u16 = 0x0a;
const PASSWORD: u16 = 0x2f;
/// Excel 97, the first with Unicode.
const VERSION_8: u16 = 0x600;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    if file.octets.u16(0) == Some(BEGIN) {
        // The stream of a workbook without a compound file around it.
        let mut rest = Rest::new(at);
        workbook(at, file.octets, &mut rest, reading);
        return rest.finish(reading);
    }
    compound::read(at, file, reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// Reads a folder with a workbook in it; a file for old and new programs has two.
pub(super) fn storage(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    let mut rest = Rest::new(at);
    let mut is_first = true;
    for (name, stream) in storage.contents() {
        if ["Workbook", "Book"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let at = if is_first { at.to_owned() } else { format!("{at}!old") };
            is_first = false;
            workbook(&at, &stream, &mut rest, reading);
        }
    }
    if let Some(caches) = storage.storage("_SX_DB_CUR").or_else(|| storage.storage("_SX_DB")) {
        for (_, stream) in caches.contents() {
            let mut values = String::new();
            records(&stream, |kind, pieces, _| match (kind, pieces) {
                (0xcd, [data, ..]) => values.extend([&text(data, 2, false, Charset::LATIN), "\n"]),
                (0xc9, [data, ..]) => {
                    values.extend(data.u64(0).map(|bits| number::general(f64::from_bits(bits)) + "\n"));
                }
                (_, pieces) => pieces.iter().for_each(|data| rest.text(&super::strings::strings(data))),
            });
            rest.text(&values);
        }
    }
    let key = storage
        .stream("Workbook")
        .and_then(|stream| rc4::Key::find(Bytes::from(password_record(&stream)?, 2), reading.passwords));
    rest.encrypted_summary(storage, key.as_ref(), reading);
    rest.storage(storage, &["Workbook", "Book"], reading);
    rest.finish(reading);
}

/// Calls for each record with those that continue it, and where it stands.
fn records<'s>(stream: &'s [u8], mut each: impl FnMut(u16, &[&'s [u8]], usize)) {
    let mut at = 0;
    let mut pieces = Vec::new();
    while let (Some(kind), Some(length)) = (stream.u16(at), stream.u16(at + 2)) {
        let start = at;
        pieces.clear();
        pieces.push(stream.part(at + 4, usize::from(length)));
        at += 4 + usize::from(length);
        while let (Some(CONTINUE), Some(length)) = (stream.u16(at), stream.u16(at + 2)) {
            pieces.push(stream.part(at + 4, usize::from(length)));
            at += 4 + usize::from(length);
        }
        each(kind, &pieces, start);
    }
}

/// What a workbook says before its sheets.
struct Book {
    is_old: bool,
    charset: Charset,
    is_1904: bool,
    formats: HashMap<u16, String>,
    /// The format of each style of cells.
    styles: Vec<u16>,
    shared: Vec<String>,
    /// Where each sheet begins.
    sheets: Vec<usize>,
    /// Names of sheets, ranges, files, people.
    names: String,
    drawings: Vec<u8>,
    /// Beginnings without an end yet.
    depth: usize,
    sheet: Option<Sheet>,
    nth: usize,
    bytes_max: usize,
}

/// Its column, what it shows, and the number behind that if it is another.
type Cell = (u32, String, Option<String>);

#[derive(Default)]
struct Sheet {
    nth: usize,
    table: Table,
    /// Numbers as stored, where a format shows them as something else.
    values: Table,
    comments: String,
    headers: String,
    /// The cell of a formula whose text comes in the next record.
    pending: Option<(u32, u32)>,
    size: u64,
}

fn workbook(at: &str, stream: &[u8], rest: &mut Rest<'_>, reading: &mut Reading<'_>) {
    let opened = match password_record(stream) {
        None => None,
        Some(record) => match decrypted(stream, record, reading.passwords) {
            Some(opened) => Some(opened),
            None => return reading.opaque(at, Format::Xls.media_type(), Why::Encrypted, stream.len() as u64),
        },
    };
    let stream = opened.as_deref().unwrap_or(stream);
    let mut book = Book {
        is_old: stream.u16(4).unwrap_or(0) < VERSION_8,
        charset: Charset::LATIN,
        is_1904: false,
        formats: HashMap::new(),
        styles: Vec::new(),
        shared: Vec::new(),
        sheets: Vec::new(),
        names: String::new(),
        drawings: Vec::new(),
        depth: 0,
        sheet: None,
        nth: 0,
        bytes_max: reading.limits().text_bytes_max,
    };
    let before = reading.covered();
    records(stream, |kind, pieces, place| book.record(kind, pieces, place, at, rest, reading));
    book.end_sheet(at, reading);
    if !book.names.trim().is_empty() {
        reading.text(&format!("{at}!names"), "text/plain", std::mem::take(&mut book.names), 0);
    }
    let mut drawings = Drawings::default();
    drawings.walk(&book.drawings);
    rest.drawings(&drawings, reading);
    reading.decoded((stream.len() as u64).saturating_sub(reading.covered() - before));
}

/// What an encrypted workbook says of that: it stands right behind the beginning, or a mark of protection.
fn password_record(stream: &[u8]) -> Option<&[u8]> {
    const LOOKED_AT: usize = 4;
    let mut at = 0;
    for _ in 0..LOOKED_AT {
        let (kind, length) = (stream.u16(at)?, usize::from(stream.u16(at + 2)?));
        if kind == PASSWORD {
            return Some(stream.part(at + 4, length));
        }
        at += 4 + length;
    }
    None
}

/// The stream in the clear. Heads of records are, as are a few records.
fn decrypted(stream: &[u8], record: &[u8], passwords: &[String]) -> Option<Vec<u8>> {
    const BLOCK_BYTES: usize = 1024;
    enum Key {
        Rc4(rc4::Key),
        Xor(xor::Key),
    }
    // Before Excel 97 there is only XOR, which is not named then.
    let key = match record.len() {
        4 => Key::Xor(xor::Key::find(record.u16(0)?, record.u16(2)?, passwords)?),
        _ if record.u16(0) == Some(0) => Key::Xor(xor::Key::find(record.u16(2)?, record.u16(4)?, passwords)?),
        _ => Key::Rc4(rc4::Key::find(Bytes::from(record, 2), passwords)?),
    };
    let mut opened = stream.to_vec();
    if let Key::Rc4(key) = &key {
        key.stream(&mut opened, BLOCK_BYTES, 0);
    }
    let mut at = 0;
    while let (Some(kind), Some(length)) = (stream.u16(at), stream.u16(at + 2)) {
        let end = (at + 4).saturating_add(usize::from(length)).min(stream.len());
        // Beginnings, the password, interface and places of sheets are in the clear.
        let plain_bytes = match kind {
            BEGIN | PASSWORD | 0xe1 | 0x194 | 0x195 | 0x196 => 4 + usize::from(length),
            0x85 => 8,
            _ => 4,
        };
        if let (Key::Xor(key), Some(data)) = (&key, opened.get_mut(at + 4..end)) {
            key.apply(end, data);
        }
        let plain = stream.part(at, plain_bytes.min(end - at));
        if let Some(to) = opened.get_mut(at..at + plain.len()) {
            to.copy_from_slice(plain);
        }
        at = end;
    }
    Some(opened)
}

impl Book {
    fn record(
        &mut self,
        kind: u16,
        pieces: &[&[u8]],
        place: usize,
        at: &str,
        rest: &mut Rest<'_>,
        reading: &mut Reading<'_>,
    ) {
        let data = pieces.first().copied().unwrap_or_default();
        match kind {
            BEGIN => self.begin(data, place, at, reading),
            END => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_sheet(at, reading);
                }
            }
            0xeb => pieces.iter().for_each(|piece| self.drawings.extend_from_slice(piece)),
            0xec => {
                let mut drawings = Drawings::default();
                let joined = pieces.concat();
                drawings.walk(&joined);
                rest.text(&drawings.texts);
            }
            _ if self.sheet.is_some() && self.cell(kind, pieces, reading) => {}
            _ if self.sheet.is_some() && self.beside(kind, pieces) => {}
            _ if self.global(kind, pieces) => {}
            // Formats of cells, sizes, colours, places: numbers.
            0x201
            | 0xbe
            | 0x26..=0x29
            | 0xa1
            | 0x208
            | 0xd7
            | 0x20b
            | 0x200
            | 0x7d
            | 0x92
            | 0x862
            | 0x1041..=0x1066
            | 0xff => {}
            _ => pieces.iter().for_each(|piece| {
                literals(piece, rest);
                rest.text(&super::strings::strings(piece));
            }),
        }
    }

    fn begin(&mut self, data: &[u8], place: usize, at: &str, reading: &mut Reading<'_>) {
        self.depth += 1;
        let is_sheet = data.u16(2) != Some(5);
        if self.depth == 1 {
            self.end_sheet(at, reading);
            self.is_old = data.u16(0).unwrap_or(0) < VERSION_8;
        }
        if is_sheet && self.sheet.is_none() {
            self.nth += 1;
            let nth = self.sheets.iter().position(|start| *start == place).map_or(self.nth, |nth| nth + 1);
            self.sheet = Some(Sheet { nth, ..Sheet::default() });
        }
    }

    fn end_sheet(&mut self, at: &str, reading: &mut Reading<'_>) {
        let Some(sheet) = self.sheet.take() else { return };
        let path = format!("{at}!sheet{}", sheet.nth);
        reading.text(&path, Format::Xls.media_type(), sheet.table.text, sheet.size);
        if sheet.table.is_cut {
            reading.opaque(&format!("{path}!rest"), Format::Xls.media_type(), Why::OverLimit, 0);
        }
        for (kind, text) in [("values", sheet.values.text), ("comments", sheet.comments), ("header", sheet.headers)] {
            if !text.trim().is_empty() {
                reading.text(&format!("{at}!{kind}{}", sheet.nth), "text/plain", text, 0);
            }
        }
    }

    /// What is said of the workbook as a whole; false if it is no such record.
    fn global(&mut self, kind: u16, pieces: &[&[u8]]) -> bool {
        let data = pieces.first().copied().unwrap_or_default();
        let (is_old, charset) = (self.is_old, self.charset);
        match kind {
            0x42 => self.charset = Charset::of_page(u32::from(data.u16(0).unwrap_or(1252))),
            0x22 => self.is_1904 = data.u16(0) == Some(1),
            0xe0 => self.styles.push(data.u16(2).unwrap_or(0)),
            0x41e => {
                let length_bytes = if is_old { 1 } else { 2 };
                let format = text(Bytes::from(data, 2), length_bytes, is_old, charset);
                self.formats.insert(data.u16(0).unwrap_or(0), format);
            }
            0x85 => {
                self.sheets.push(data.size(0).unwrap_or(usize::MAX));
                self.name(&text(Bytes::from(data, 6), 1, is_old, charset));
            }
            // A font.
            0x31 => self.name(&text(Bytes::from(data, 14), 1, is_old, charset)),
            // The user who saved it.
            0x5c => self.name(&text(data, if is_old { 1 } else { 2 }, is_old, charset)),
            0x18 => {
                let length = usize::from(data.u8(3).unwrap_or(0));
                let name = match is_old {
                    true => charset.decode(data.part(14, length)),
                    false => {
                        let pieces = [Bytes::from(data, 15)];
                        Continued::new(&pieces).characters(length, data.u8(14).unwrap_or(0) & 1 != 0)
                    }
                };
                self.name(&name);
                self.name(&super::strings::strings(Bytes::from(data, 15 + length)));
            }
            0xfc => {
                let mut texts = Continued::new(pieces);
                texts.skip(8);
                while let Some(text) = texts.text(2) {
                    self.shared.push(text);
                }
            }
            _ => return false,
        }
        true
    }

    fn name(&mut self, name: &str) {
        let name: String = name.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        if !name.trim().is_empty() && self.names.len() < self.bytes_max {
            self.names.extend([name.trim(), "\n"]);
        }
    }

    /// A cell; false if the record is none.
    fn cell(&mut self, kind: u16, pieces: &[&[u8]], reading: &mut Reading<'_>) -> bool {
        let data = pieces.first().copied().unwrap_or_default();
        let (Some(row), Some(column)) = (data.u16(0), data.u16(2)) else { return false };
        let (row, column) = (u32::from(row), u32::from(column));
        let float = |at: usize| data.u64(at).map(f64::from_bits);
        let mut cells: Vec<Cell> = Vec::new();
        let mut pending = None;
        match kind {
            0xfd => {
                let text = data.size(6).and_then(|nth| self.shared.get(nth));
                cells.push((column, text.cloned().unwrap_or_default(), None));
            }
            0x204 | 0xd6 => cells.push((column, text(Bytes::from(data, 6), 2, self.is_old, self.charset), None)),
            0x203 => cells.extend(float(6).map(|value| self.number(column, value, data.u16(4)))),
            0x27e => cells.extend(data.u32(6).map(|rk| self.number(column, packed(rk), data.u16(4)))),
            0xbd => {
                let numbers = Bytes::from(data, 4).chunks_exact(6).zip(column..);
                cells.extend(
                    numbers.map(|(cell, column)| self.number(column, packed(cell.u32(2).unwrap_or(0)), cell.u16(0))),
                );
            }
            0x205 => {
                let value = data.u8(6).unwrap_or(0);
                cells.push((
                    column,
                    if data.u8(7) == Some(0) { boolean(value) } else { error(value) }.to_owned(),
                    None,
                ));
            }
            // A formula as saved: its number, or what else it gave.
            0x06 | 0x206 | 0x406 => match (data.u16(12), data.u8(6)) {
                (Some(0xffff), Some(0)) => pending = Some((row, column)),
                (Some(0xffff), Some(1)) => cells.push((column, boolean(data.u8(8).unwrap_or(0)).to_owned(), None)),
                (Some(0xffff), Some(2)) => cells.push((column, error(data.u8(8).unwrap_or(0)).to_owned(), None)),
                (Some(0xffff), _) => {}
                _ => cells.extend(float(6).map(|value| self.number(column, value, data.u16(4)))),
            },
            0x207 => {
                let text = match self.is_old {
                    true => text(data, 2, true, self.charset),
                    false => Continued::new(pieces).text(2).unwrap_or_default(),
                };
                let at = self.sheet.as_mut().and_then(|sheet| sheet.pending.take());
                let (row, column) = at.unwrap_or_default();
                return self.put(row, &[(column, text, None)], pieces, reading);
            }
            _ => return false,
        }
        self.put(row, &cells, pieces, reading);
        if let Some(sheet) = &mut self.sheet
            && matches!(kind, 0x06 | 0x206 | 0x406)
        {
            sheet.pending = pending;
            for literal in texts_of_formula(Bytes::from(data, 22)) {
                if sheet.comments.len() < self.bytes_max {
                    sheet.comments.extend([&literal, "\n"]);
                }
            }
        }
        true
    }

    fn put(&mut self, row: u32, cells: &[Cell], pieces: &[&[u8]], reading: &mut Reading<'_>) -> bool {
        let Some(sheet) = &mut self.sheet else { return true };
        sheet.size += pieces.iter().map(|piece| piece.len() as u64 + 4).sum::<u64>();
        for (column, value, stored) in cells {
            if sheet.table.is_cut || !reading.budget.cells(1) {
                sheet.table.is_cut = true;
                break;
            }
            sheet.table.cell(row, *column, value, self.bytes_max);
            if let Some(stored) = stored {
                sheet.values.cell(row, *column, stored, self.bytes_max);
            }
        }
        true
    }

    fn number(&self, column: u32, value: f64, style: Option<u16>) -> Cell {
        let format = style.and_then(|style| self.styles.get(usize::from(style))).copied().unwrap_or(0);
        let code = self.formats.get(&format).map_or(number::built_in(format), String::as_str);
        let (shown, stored) = (number::shown(value, code, self.is_1904), number::general(value));
        let stored = (shown != stored).then_some(stored);
        (column, shown, stored)
    }

    /// What stands beside the cells: notes, shapes, headers; false if the record is none of these.
    fn beside(&mut self, kind: u16, pieces: &[&[u8]]) -> bool {
        let data = pieces.first().copied().unwrap_or_default();
        let (is_old, charset) = (self.is_old, self.charset);
        let Some(sheet) = &mut self.sheet else { return false };
        let comments = match kind {
            0x1c if is_old => charset.decode(data.part(6, usize::from(data.u16(4).unwrap_or(0)))),
            // Its author; the text is a shape's.
            0x1c => text(Bytes::from(data, 8), 2, false, charset),
            0x1b6 => {
                let count = usize::from(data.u16(10).unwrap_or(0));
                let texts = pieces.get(1..).unwrap_or_default();
                // Each record begins with how wide its characters are.
                let empty: &[u8] = &[];
                let texts: Vec<&[u8]> = std::iter::once(empty).chain(texts.iter().copied()).collect();
                Continued::new(&texts).characters(count, false)
            }
            0x100d => text(Bytes::from(data, 2), 1, is_old, charset),
            0x14 | 0x15 => {
                let header = text(data, if is_old { 1 } else { 2 }, is_old, charset);
                if !header.is_empty() {
                    sheet.headers.extend([&header, "\n"]);
                }
                return true;
            }
            _ => return false,
        };
        if !comments.trim().is_empty() && sheet.comments.len() < self.bytes_max {
            sheet.comments.extend([comments.replace('\r', "\n").trim(), "\n"]);
        }
        true
    }
}

/// A number in 30 bits.
pub(super) fn packed(rk: u32) -> f64 {
    let value = match rk & 2 {
        0 => f64::from_bits(u64::from(rk & !3) << 32),
        _ => f64::from(rk as i32 >> 2),
    };
    if rk & 1 == 0 { value } else { value / 100.0 }
}

pub(super) fn boolean(value: u8) -> &'static str {
    if value == 0 { "FALSE" } else { "TRUE" }
}

pub(super) fn error(value: u8) -> &'static str {
    match value {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

fn literals(piece: &[u8], rest: &mut Rest<'_>) {
    texts_of_formula(piece).for_each(|literal| rest.text(&literal));
}

/// Texts that stand in a formula (`PtgStr`), wherever one seems to be.
fn texts_of_formula(formula: &[u8]) -> impl Iterator<Item = String> + '_ {
    const SHORTEST: usize = 3;
    let is_start = |at: &usize| formula.u8(*at) == Some(0x17);
    (0..formula.len()).filter(is_start).filter_map(|at| {
        let count = usize::from(formula.u8(at + 1)?);
        let width = match formula.u8(at + 2)? {
            0 => 1,
            1 => 2,
            _ => return None,
        };
        let octets = formula.get(at + 3..at + 3 + count * width).filter(|_| count >= SHORTEST)?;
        let pieces = [octets];
        let text = Continued::new(&pieces).characters(count, width == 2);
        text.chars().all(|c| !c.is_control() && c != char::REPLACEMENT_CHARACTER).then_some(text)
    })
}
