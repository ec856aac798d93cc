//! SpreadsheetML in binary records (MS-XLSB): its parts in records, and the parts of a package that are XML all the same.

use super::bytes::{Bytes, utf16};
use super::strings::strings;
use super::xls::table::Table;
use super::xls::{boolean, error, number, packed};
use crate::office::flow::Flow;
use crate::office::package::Package;
use crate::office::xml::decoded;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::HashMap;

/// What a part in records is told by.
const SHEETS: [&str; 4] = ["xl/worksheets/sheet", "xl/macrosheets/", "xl/chartsheets/", "xl/dialogsheets/"];

/// What the sheets share.
#[derive(Default)]
struct Book {
    is_1904: bool,
    formats: HashMap<u16, String>,
    styles: Vec<u16>,
    shared: Vec<String>,
    bytes_max: usize,
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let media_type = Format::Xlsb.or_declared(file);
    let size = file.octets.len() as u64;
    let package = match Package::open(file.octets, &mut reading.budget) {
        Ok(package) => package,
        Err(why) => return reading.opaque(at, media_type, why, size),
    };
    reading.decoded(size);
    let mut book = Book { bytes_max: reading.limits().text_bytes_max, ..Book::default() };
    // What sheets refer to comes before them.
    let mut order: Vec<usize> = (0..package.entries.len()).collect();
    let is_sheet = |nth: usize| {
        package
            .entries
            .get(nth)
            .is_some_and(|entry| SHEETS.iter().any(|start| entry.name.to_lowercase().starts_with(start)))
    };
    order.sort_by_key(|nth| is_sheet(*nth));
    let mut sheets = 0;
    for nth in order {
        let Some(entry) = package.entries.get(nth).filter(|entry| !entry.is_folder()) else { continue };
        let path = format!("{at}!{}", nth + 1);
        if !is_usual(&entry.name) {
            reading.text(&format!("{path}/name"), "text/plain", entry.name.clone(), 0);
        }
        let (octets, left) = match entry.unpacked(&mut reading.budget) {
            Ok(unpacked) => unpacked,
            Err(why) => {
                reading.opaque(&path, media_type, why, entry.packed.len() as u64);
                continue;
            }
        };
        if left > 0 {
            reading.opaque(&format!("{path}!rest"), media_type, Why::Unsupported, left as u64);
        }
        let lower = entry.name.to_ascii_lowercase();
        if lower.ends_with(".bin") && is_sheet(nth) {
            sheets += 1;
            sheet(&format!("{at}!sheet{sheets}"), &octets, &book, reading);
        } else if lower.ends_with(".bin") && !octets.starts_with(b"\xd0\xcf\x11\xe0") && !lower.contains("embeddings/")
        {
            let text = book.part(&octets);
            let word = if lower.contains("sharedstrings") { format!("{at}!strings") } else { path };
            put(&word, text, octets.len(), reading);
        } else if [".xml", ".rels", ".vml"].iter().any(|end| lower.ends_with(end)) {
            let texts = Flow::texts(&decoded(&octets).0, &reading.limits(), lower.starts_with("docprops/"));
            let mut size = octets.len();
            for (suffix, text) in texts.texts {
                put(&format!("{path}{suffix}"), text.into_text(), std::mem::take(&mut size), reading);
            }
            match texts.why {
                Some(why) => reading.opaque(&format!("{path}!rest"), "application/xml", why, size as u64),
                None => reading.decoded(size as u64),
            }
        } else if !octets.is_empty() {
            let file = File { octets: &octets, name: &entry.name, media_type: "", passwords: reading.passwords };
            reading.embedded(&path, &file);
        }
    }
    for (nth, outside) in package.outside.iter().enumerate() {
        let file = File { octets: outside, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!outside{}", nth + 1), &file);
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// Is an entry's name one that a program gave?
fn is_usual(name: &str) -> bool {
    let letters = |part: &str| {
        part.trim_end_matches(|c: char| c.is_ascii_digit()).bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    };
    let is_short = |part: &str| part.len() - part.trim_end_matches(|c: char| c.is_ascii_digit()).len() <= 5;
    name == "[Content_Types].xml" || name.split(['/', '.']).all(|part| letters(part) && is_short(part))
}

fn put(at: &str, text: String, size: usize, reading: &mut Reading<'_>) {
    if text.trim().is_empty() {
        reading.decoded(size as u64);
    } else {
        reading.text(at, "text/plain", text, size as u64);
    }
}

/// Calls for each record with its type and data.
fn records<'s>(stream: &'s [u8], mut each: impl FnMut(u16, &'s [u8])) {
    // Seven bits an octet; the highest says that there are more.
    let varying = |at: &mut usize, most: usize| {
        let mut number = 0usize;
        for nth in 0..most {
            let octet = stream.u8(*at)?;
            *at += 1;
            number |= usize::from(octet & 0x7f) << (7 * nth);
            if octet & 0x80 == 0 {
                break;
            }
        }
        Some(number)
    };
    let mut at = 0;
    while let Some(kind) = varying(&mut at, 2) {
        let Some(length) = varying(&mut at, 4) else { break };
        each(kind as u16, stream.part(at, length));
        at = at.saturating_add(length);
    }
}

/// A text with its length before it; `None` if there is none.
fn wide(data: &[u8], at: usize) -> Option<String> {
    let count = data.size(at).filter(|count| *count != 0xffff_ffff)?;
    Some(utf16(data.part(at + 4, count.checked_mul(2)?)))
}

impl Book {
    /// A part that is no sheet: what sheets need of it is kept, and its texts are given.
    fn part(&mut self, octets: &[u8]) -> String {
        let mut out = String::new();
        let mut is_cells = false;
        records(octets, |kind, data| {
            let text = match kind {
                19 => {
                    let text = wide(data, 1).unwrap_or_default();
                    self.shared.push(text.clone());
                    // Phonetic text stands behind.
                    let rest = Bytes::from(data, 5 + 2 * text.encode_utf16().count());
                    text + "\n" + &strings(rest)
                }
                44 => {
                    let format = wide(data, 2).unwrap_or_default();
                    self.formats.insert(data.u16(0).unwrap_or(0), format.clone());
                    format
                }
                617 => {
                    is_cells = true;
                    return;
                }
                618 => {
                    is_cells = false;
                    return;
                }
                47 => {
                    if is_cells {
                        self.styles.push(data.u16(2).unwrap_or(0));
                    }
                    return;
                }
                153 => {
                    self.is_1904 = data.u8(0).unwrap_or(0) & 1 == 1;
                    strings(data)
                }
                156 => {
                    let relation = wide(data, 8).unwrap_or_default();
                    wide(data, 12 + 2 * relation.encode_utf16().count()).unwrap_or_default()
                }
                // A name and what it stands for.
                39 => wide(data, 9).unwrap_or_default() + "\n" + &strings(Bytes::from(data, 9)),
                632 => wide(data, 0).unwrap_or_default(),
                637 => wide(data, 1).unwrap_or_default(),
                _ => strings(data),
            };
            if !text.trim().is_empty() && out.len() < self.bytes_max {
                out.extend([text.trim_end(), "\n"]);
            }
        });
        out
    }

    fn number(&self, value: f64, style: u32) -> (String, Option<String>) {
        let format = self.styles.get(style as usize).copied().unwrap_or(0);
        let code = self.formats.get(&format).map_or(number::built_in(format), String::as_str);
        let (shown, stored) = (number::shown(value, code, self.is_1904), number::general(value));
        let stored = (shown != stored).then_some(stored);
        (shown, stored)
    }
}

fn sheet(at: &str, octets: &[u8], book: &Book, reading: &mut Reading<'_>) {
    let (mut table, mut values, mut beside) = (Table::default(), Table::default(), String::new());
    let (mut row, mut column) = (0, 0);
    records(octets, |kind, data| {
        // Short cells stand right of the one before.
        let is_short = (12..=18).contains(&kind);
        let (value, style) = match is_short {
            true => (Bytes::from(data, 4), data.u32(0)),
            false => (Bytes::from(data, 8), data.u32(4)),
        };
        let style = style.unwrap_or(0) & 0xff_ffff;
        let float = || value.u64(0).map(f64::from_bits);
        let (shown, stored) = match kind {
            0 => {
                row = data.u32(0).unwrap_or(0);
                column = 0;
                return;
            }
            1 | 12 => (String::new(), None),
            2 | 13 => book.number(packed(value.u32(0).unwrap_or(0)), style),
            3 | 11 | 14 => (error(value.u8(0).unwrap_or(0)).to_owned(), None),
            4 | 10 | 15 => (boolean(value.u8(0).unwrap_or(0)).to_owned(), None),
            5 | 9 | 16 => float().map_or((String::new(), None), |value| book.number(value, style)),
            6 | 8 | 17 => (wide(value, 0).unwrap_or_default(), None),
            7 | 18 => (value.size(0).and_then(|nth| book.shared.get(nth)).cloned().unwrap_or_default(), None),
            _ => {
                let text = strings(data);
                if beside.len() < book.bytes_max {
                    beside.push_str(&text);
                }
                return;
            }
        };
        column = if is_short { column + 1 } else { data.u32(0).unwrap_or(0) };
        if table.is_cut || !reading.budget.cells(1) {
            table.is_cut = true;
            return;
        }
        table.cell(row, column, &shown, book.bytes_max);
        values.cell(row, column, &stored.unwrap_or_default(), book.bytes_max);
        // Texts in formulas.
        if (8..=11).contains(&kind) && beside.len() < book.bytes_max {
            beside.push_str(&strings(value));
        }
    });
    if table.is_cut {
        reading.opaque(&format!("{at}!rest"), Format::Xlsb.media_type(), Why::OverLimit, 0);
    }
    reading.text(at, Format::Xlsb.media_type(), table.text, octets.len() as u64);
    for (path, text) in [("!values", values.text), ("!beside", beside)] {
        if !text.trim().is_empty() {
            reading.text(&format!("{at}{path}"), "text/plain", text, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn record(kind: u8, data: &[u8]) -> Vec<u8> {
        let kind = if kind > 127 { vec![kind, 1] } else { vec![kind] };
        [kind, vec![data.len() as u8], data.to_vec()].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [(text.encode_utf16().count() as u32).to_le_bytes().to_vec(), units].concat()
    }

    fn cell(kind: u8, column: u32, value: &[u8]) -> Vec<u8> {
        record(kind, &[&column.to_le_bytes()[..], &[0; 4], value].concat())
    }

    #[test]
    fn a_sheet_is_a_table() {
        let shared = record(19, &[&[0][..], &text("läuft")].concat());
        let sheet: Vec<u8> = [
            record(0, &0u32.to_le_bytes()),
            cell(7, 0, &0u32.to_le_bytes()),
            cell(6, 2, &text("in place")),
            record(0, &1u32.to_le_bytes()),
            cell(5, 0, &4.5f64.to_le_bytes()),
            cell(4, 1, &[1]),
            cell(8, 2, &text("of a formula")),
            record(244, &text("a tip")),
        ]
        .concat();
        let octets = crate::office::package::built(&[
            ("xl/worksheets/sheet1.bin", &sheet),
            ("xl/sharedStrings.bin", &shared),
            ("docProps/core.xml", b"<p><a>Writer</a></p>"),
        ]);
        let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
        let mut reading = Reading::new(&Limits::default(), &[]);
        read("", &file, &mut reading);
        let parts = reading.finish().parts;
        let text = |path: &str| {
            parts.iter().find_map(|part| match &part.content {
                crate::Content::Text(text) if part.path == path => Some(text.as_str()),
                _ => None,
            })
        };
        assert_eq!(text("!sheet1"), Some("läuft\t\tin place\n4.5\tTRUE\tof a formula"), "{parts:?}");
        assert_eq!(text("!strings"), Some("läuft\n"));
        assert!(text("!3").is_some_and(|text| text.contains("Writer")), "{parts:?}");
    }

    #[test]
    fn records_end_with_the_octets() {
        for octets in [&[0xff; 9][..], &[0x80], &[7, 0xff, 0xff, 0xff, 0x7f], &[]] {
            records(octets, |_, data| assert!(data.len() <= octets.len()));
        }
    }
}
