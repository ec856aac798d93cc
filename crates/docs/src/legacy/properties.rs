//! Property sets (MS-OLEPS): title, author, company, what users add.

use super::bytes::{Bytes, filetime, until_nul, utf16_z};
use super::codepage::Charset;
use std::collections::HashMap;

/// Elements of a vector that are shown.
const VECTOR_MAX: usize = 10_000;
/// Identifiers that mean the same in every set.
const DICTIONARY: u32 = 0;
const CODE_PAGE: u32 = 1;

const SUMMARY: [(u32, &str); 14] = [
    (2, "title"),
    (3, "subject"),
    (4, "author"),
    (5, "keywords"),
    (6, "comments"),
    (7, "template"),
    (8, "last author"),
    (9, "revision"),
    (11, "printed"),
    (12, "created"),
    (13, "saved"),
    (14, "pages"),
    (15, "words"),
    (18, "application"),
];
const DOCUMENT_SUMMARY: [(u32, &str); 6] =
    [(2, "category"), (3, "format"), (14, "manager"), (15, "company"), (13, "parts"), (26, "content type")];

/// A set being read: what is left of the work that its size allows, since offsets may overlap.
struct Set<'s> {
    octets: &'s [u8],
    page: u32,
    left: usize,
}

/// The properties of a stream, `name<tab>value` a line.
pub(crate) fn lines(stream: &[u8]) -> String {
    let mut out = String::new();
    let mut left = stream.len().saturating_mul(2);
    let sets = stream.size(24).unwrap_or(0).min(8);
    for nth in 0..sets {
        let Some(at) = stream.size(44 + 20 * nth) else { break };
        let names: &[(u32, &str)] = match stream.u32(28 + 20 * nth) {
            Some(0xf29f_85e0) => &SUMMARY,
            Some(0xd5cd_d502) => &DOCUMENT_SUMMARY,
            _ => &[],
        };
        let mut set = Set { octets: Bytes::from(stream, at), page: 1252, left };
        set.lines(names, &mut out);
        left = set.left;
    }
    out
}

impl Set<'_> {
    fn lines(&mut self, names: &[(u32, &str)], out: &mut String) {
        let count = self.octets.size(4).unwrap_or(0).min(self.octets.len() / 8);
        let octets = self.octets;
        let pairs = || (0..count).map_while(move |nth| Some((octets.u32(8 + 8 * nth)?, octets.size(12 + 8 * nth)?)));
        if let Some((_, at)) = pairs().find(|(id, _)| *id == CODE_PAGE) {
            self.page = u32::from(octets.u16(at.saturating_add(4)).unwrap_or(1252));
        }
        let custom = match pairs().find(|(id, _)| *id == DICTIONARY) {
            Some((_, at)) => self.dictionary(at),
            None => HashMap::new(),
        };
        for (id, at) in pairs() {
            if id <= CODE_PAGE || self.left == 0 {
                continue;
            }
            let Some(kind) = octets.u32(at) else { continue };
            let mut values = Vec::new();
            self.value(kind, at.saturating_add(4), &mut values);
            let name = custom.get(&id).map(String::as_str);
            let name = name.or_else(|| names.iter().find(|(known, _)| *known == id).map(|(_, name)| *name));
            let value = values.join("; ");
            if !value.trim().is_empty() && (name.is_some() || value.chars().any(char::is_alphabetic)) {
                out.extend([name.unwrap_or_default(), "\t", value.trim(), "\n"]);
            }
        }
    }

    fn is_wide(&self) -> bool {
        self.page == 1200
    }

    fn dictionary(&mut self, at: usize) -> HashMap<u32, String> {
        let mut names = HashMap::new();
        let count = self.octets.size(at).unwrap_or(0);
        let mut at = at.saturating_add(4);
        for _ in 0..count {
            let (Some(id), Some(length)) = (self.octets.u32(at), self.octets.size(at + 4)) else { break };
            at = at.saturating_add(8);
            let bytes = if self.is_wide() { length.saturating_mul(2) } else { length };
            let name = self.text(at, bytes, self.is_wide());
            names.insert(id, name);
            at = at.saturating_add(if self.is_wide() { bytes.next_multiple_of(4) } else { bytes });
            if self.left == 0 {
                break;
            }
        }
        names
    }

    fn text(&mut self, at: usize, bytes: usize, is_wide: bool) -> String {
        let octets = self.octets.part(at, bytes.min(self.left));
        self.left -= octets.len();
        if is_wide { utf16_z(octets) } else { Charset::of_page(self.page).decode(until_nul(octets)) }
    }

    /// A value of a type, and how many octets it takes, if that is known.
    fn value(&mut self, kind: u32, at: usize, out: &mut Vec<String>) -> Option<usize> {
        let octets = self.octets;
        let mut fixed = |text: Option<String>, size| {
            out.extend(text);
            Some(size)
        };
        match kind {
            0x02 => fixed(octets.u16(at).map(|n| (n as i16).to_string()), 4),
            0x03 | 0x16 => fixed(octets.u32(at).map(|n| (n as i32).to_string()), 4),
            0x13 | 0x17 => fixed(octets.u32(at).map(|n| n.to_string()), 4),
            0x14 | 0x15 => fixed(octets.u64(at).map(|n| (n as i64).to_string()), 8),
            0x04 => fixed(octets.u32(at).map(|n| f32::from_bits(n).to_string()), 4),
            0x05 => fixed(octets.u64(at).map(|n| f64::from_bits(n).to_string()), 8),
            0x0b => fixed(octets.u16(at).map(|n| if n == 0 { "no" } else { "yes" }.to_owned()), 4),
            0x40 => fixed(octets.u64(at).and_then(filetime), 8),
            0x08 | 0x1e => {
                let bytes = octets.size(at)?;
                let is_wide = self.is_wide();
                out.push(self.text(at + 4, bytes, is_wide));
                Some(4 + bytes.next_multiple_of(4))
            }
            0x1f => {
                let bytes = octets.size(at)?.checked_mul(2)?;
                out.push(self.text(at + 4, bytes, true));
                Some(4 + bytes.next_multiple_of(4))
            }
            // A blob may hold text of a program's own: links are kept in one.
            0x41 | 0x46 => {
                let bytes = octets.size(at)?.min(self.left);
                self.left -= bytes;
                let text = super::strings::strings(octets.part(at + 4, bytes));
                out.extend(text.lines().map(str::to_owned));
                None
            }
            0x101e | 0x101f | 0x100c => {
                let count = octets.size(at)?.min(VECTOR_MAX);
                let mut at = at.checked_add(4)?;
                for _ in 0..count {
                    let inner = if kind == 0x100c { octets.u32(at)? } else { kind & 0xff };
                    if self.left == 0 || inner >= 0x1000 {
                        break;
                    }
                    at = if kind == 0x100c { at.checked_add(4)? } else { at };
                    at = at.checked_add(self.value(inner, at, out)?)?;
                }
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A set of the summary with texts in UTF-8.
    pub(crate) fn summary(values: &[(u32, &str)]) -> Vec<u8> {
        let mut set = Vec::new();
        let mut table = Vec::new();
        let from = 8 + 8 * (values.len() + 1);
        let mut data = [2u32.to_le_bytes(), 65001u32.to_le_bytes()].concat();
        table.extend([1u32.to_le_bytes(), (from as u32).to_le_bytes()].concat());
        for (id, value) in values {
            table.extend([id.to_le_bytes(), ((from + data.len()) as u32).to_le_bytes()].concat());
            data.extend([0x1eu32.to_le_bytes(), (value.len() as u32 + 1).to_le_bytes()].concat());
            data.extend(value.as_bytes());
            data.resize((data.len() + 1).next_multiple_of(4), 0);
        }
        set.extend(((from + data.len()) as u32).to_le_bytes());
        set.extend((values.len() as u32 + 1).to_le_bytes());
        set.extend(table);
        set.extend(data);
        let mut stream = vec![0xfe, 0xff, 0, 0, 0, 0, 2, 0];
        stream.extend([0; 16]);
        stream.extend(1u32.to_le_bytes());
        stream.extend([0xe0, 0x85, 0x9f, 0xf2, 0xf9, 0x4f, 0x68, 0x10, 0xab, 0x91, 8, 0, 0x2b, 0x27, 0xb3, 0xd9]);
        stream.extend(48u32.to_le_bytes());
        stream.extend(set);
        stream
    }

    #[test]
    fn texts_have_names() {
        let stream = summary(&[(2, "Größe"), (4, "A. Writer"), (99, "free text")]);
        assert_eq!(lines(&stream), "title\tGröße\nauthor\tA. Writer\n\tfree text\n");
    }

    #[test]
    fn offsets_that_overlap_cost_no_more_than_the_stream() {
        let mut stream = summary(&[(2, "long ".repeat(2000).as_str())]);
        // A thousand properties, all the same text.
        let count = 1000u32;
        stream[52..56].copy_from_slice(&count.to_le_bytes());
        let at = stream.len() as u32 - 48 - 10_012;
        let pairs: Vec<u8> = (0..count).flat_map(|n| [(n + 2).to_le_bytes(), at.to_le_bytes()].concat()).collect();
        stream.splice(56..56, pairs);
        assert!(lines(&stream).len() < 3 * stream.len());
        for cut in 0..200 {
            lines(&stream[..cut]);
        }
    }
}
