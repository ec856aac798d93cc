//! CMaps (ISO 32000-2, 9.7.5 and 9.10.3): which codes a string has, and what each means.

use super::lex::{Item, Lexer, Object};
use std::ops::Range;

/// Operands that wait for an operator; a section has a hundred entries by the book.
const OPERANDS_MAX: usize = 1 << 18;
/// The longest code.
const CODE_BYTES_MAX: usize = 4;

/// A table of codes. Lookups are by value: fonts mix lengths up.
#[derive(Default)]
pub(super) struct CMap {
    /// Length and bounds of the codes.
    spaces: Vec<(usize, Range<u32>)>,
    /// By first code: the last one and what the first one means, in UTF-16.
    texts: Vec<(u32, u32, Vec<u16>)>,
    /// By first code: the last one and the first one's character.
    cids: Vec<(u32, u32, u32)>,
    pub(super) is_vertical: bool,
    /// Another one that this one adds to.
    pub(super) base: Option<Vec<u8>>,
}

impl CMap {
    pub(super) fn parse(source: &[u8]) -> CMap {
        let mut map = CMap::default();
        let mut lexer = Lexer::new(source, 0, 8, OPERANDS_MAX);
        lexer.has_refs = false;
        let mut operands: Vec<Object> = Vec::new();
        loop {
            match lexer.next() {
                Item::Operand(object) => {
                    if operands.len() >= OPERANDS_MAX {
                        operands.clear();
                    }
                    operands.push(object);
                }
                Item::Operator(operator) => {
                    map.operator(operator, &operands);
                    operands.clear();
                }
                Item::End => break,
            }
        }
        map.texts.sort_by_key(|entry| entry.0);
        map.cids.sort_by_key(|entry| entry.0);
        map
    }

    fn operator(&mut self, operator: &[u8], operands: &[Object]) {
        match operator {
            b"endcodespacerange" => {
                for pair in operands.chunks_exact(2) {
                    if let [Object::Text(low), Object::Text(high)] = pair {
                        self.spaces.push((low.len().clamp(1, CODE_BYTES_MAX), code(low)..code(high).saturating_add(1)));
                    }
                }
            }
            b"endbfchar" => {
                for pair in operands.chunks_exact(2) {
                    if let [Object::Text(from), Object::Text(to)] = pair {
                        self.texts.push((code(from), code(from), utf16(to)));
                    }
                }
            }
            b"endbfrange" => {
                for triple in operands.chunks_exact(3) {
                    match triple {
                        [Object::Text(low), Object::Text(high), Object::Text(to)] => {
                            self.texts.push((code(low), code(high), utf16(to)));
                        }
                        [Object::Text(low), Object::Text(_), Object::Array(items)] => {
                            for (nth, to) in (code(low)..=u32::MAX).zip(items) {
                                self.texts.push((nth, nth, to.octets().map(utf16).unwrap_or_default()));
                            }
                        }
                        _ => {}
                    }
                }
            }
            b"endcidrange" => {
                for triple in operands.chunks_exact(3) {
                    if let [Object::Text(low), Object::Text(high), Object::Int(to)] = triple {
                        self.cids.push((code(low), code(high), u32::try_from(*to).unwrap_or(0)));
                    }
                }
            }
            b"endcidchar" => {
                for pair in operands.chunks_exact(2) {
                    if let [Object::Text(from), Object::Int(to)] = pair {
                        self.cids.push((code(from), code(from), u32::try_from(*to).unwrap_or(0)));
                    }
                }
            }
            b"usecmap" => self.base = operands.last().and_then(|name| name.name().map(<[u8]>::to_vec)),
            b"def" => {
                if let [.., Object::Name(key), Object::Int(value)] = operands
                    && key == b"WMode"
                {
                    self.is_vertical = *value == 1;
                }
            }
            _ => {}
        }
    }

    pub(super) fn has_texts(&self) -> bool {
        !self.texts.is_empty()
    }

    pub(super) fn has_codes(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// The length of the code that a string begins with.
    pub(super) fn code_length(&self, octets: &[u8]) -> usize {
        let longest = octets.len().min(CODE_BYTES_MAX);
        for length in 1..=longest {
            let Some(octets) = octets.get(..length) else { break };
            // Each octet of a code is between those of the bounds.
            let fits = |low: u32, high: u32| {
                octets.iter().rev().enumerate().all(|(nth, octet)| {
                    let of = |bound: u32| (bound >> (8 * nth)) as u8;
                    (of(low)..=of(high)).contains(octet)
                })
            };
            if self.spaces.iter().take(64).any(|(size, range)| *size == length && fits(range.start, range.end - 1)) {
                return length;
            }
        }
        self.spaces.iter().map(|(size, _)| *size).min().unwrap_or(1).min(longest).max(1)
    }

    /// Adds what a code means to a text; false if nothing is known.
    pub(super) fn text(&self, code: u32, out: &mut String) -> bool {
        let end = self.texts.partition_point(|entry| entry.0 <= code);
        let Some((first, _, base)) =
            self.texts.get(..end).into_iter().flatten().rev().take(4).find(|entry| entry.1 >= code)
        else {
            return false;
        };
        let mut units = base.clone();
        if let Some(last) = units.last_mut() {
            *last = last.wrapping_add((code - first) as u16);
        }
        let before = out.len();
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).filter(|c| *c != '\0'));
        // Codes that mean nothing on purpose have an empty text.
        base.is_empty() || out.len() > before
    }

    pub(super) fn cid(&self, code: u32) -> Option<u32> {
        let end = self.cids.partition_point(|entry| entry.0 <= code);
        let found = self.cids.get(..end)?.iter().rev().take(4).find(|entry| entry.1 >= code)?;
        Some(found.2.saturating_add(code - found.0))
    }
}

/// A code as a number.
pub(super) fn code(octets: &[u8]) -> u32 {
    octets.iter().take(CODE_BYTES_MAX).fold(0, |n, octet| n << 8 | u32::from(*octet))
}

fn utf16(octets: &[u8]) -> Vec<u16> {
    match octets {
        [one] => vec![u16::from(*one)],
        _ => octets.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, octet| n << 8 | u16::from(*octet))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_mapped() {
        let map = CMap::parse(
            b"/CMapName /X def 1 begincodespacerange <00> <80> <8140> <9ffc> endcodespacerange\n\
              3 beginbfchar <01> <00660069> <02> <D83DDE00> <03> <> endbfchar\n\
              2 beginbfrange <10> <12> <0041> <20> <21> [<0061> <0062>] endbfrange\n\
              1 begincidrange <8140> <817e> 633 endcidrange /WMode 1 def",
        );
        for (code, want) in [(1, "fi"), (2, "😀"), (0x10, "A"), (0x12, "C"), (0x13, ""), (0x21, "b")] {
            let mut text = String::new();
            assert_eq!(map.text(code, &mut text), !want.is_empty(), "{code}");
            assert_eq!(text, want, "{code}");
        }
        assert!(map.text(3, &mut String::new()), "an empty text is a meaning");
        assert_eq!([map.cid(0x8141), map.cid(0x8100)], [Some(634), None]);
        assert_eq!(
            [map.code_length(b"\x41\x41"), map.code_length(b"\x81\x41"), map.code_length(b"\xff\xff")],
            [1, 2, 1]
        );
        assert!(map.is_vertical);
    }
}
