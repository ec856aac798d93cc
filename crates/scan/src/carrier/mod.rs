//! Carriers: stretches of a text that say something in another form, such as base64. What they say is scanned as a text of
//! its own, and what is found there is reported for the bytes that carry it.
//!
//! Runs of base64 and hexadecimal bytes are reported whole. Escapes and spelled digits keep the way back of every
//! character, so that redaction cuts only what carries the value. [`Allowance`] bounds what is
//! opened of one text, layers and compressed content included.

mod base64;
mod escape;
mod hex;
mod map;
mod spelled;
mod word;

use crate::text::is_control;
use map::Map;
use std::ops::Range;
use zeroize::Zeroizing;

/// Depth to which carriers within carriers are opened.
pub(crate) const DEPTH_MAX: usize = 3;
/// Decoded bytes of one scan: so many for every text …
const DECODED_BYTES_MIN: usize = 64 << 10;
/// … and so many for each of its bytes.
const DECODED_PER_BYTE: usize = 4;

/// A stretch of text and what it says.
pub(crate) struct Carrier {
    /// The bytes that carry it.
    pub(crate) span: Range<usize>,
    /// What they say.
    pub(crate) text: Zeroizing<String>,
    /// The term under which findings in it are explained.
    pub(crate) name: &'static str,
    /// The way back; without it the whole carries each of its findings.
    map: Option<Map>,
    /// More would have been said, had there been room.
    pub(crate) is_cut: bool,
}

impl Carrier {
    /// The bytes of the carrying text for bytes of what it says; `None` if they are no more than the text itself, which
    /// is read without carriers.
    pub(crate) fn source(&self, span: &Range<usize>) -> Option<Range<usize>> {
        match &self.map {
            Some(map) => map.source(span),
            None => Some(self.span.clone()),
        }
    }

    /// The parts of what it says that findings must reach into; `None`: they may stand anywhere.
    pub(crate) fn parts(&self) -> Option<Vec<Range<usize>>> {
        self.map.as_ref().map(Map::near)
    }
}

/// Decoded bytes that a scan of a text of some length may still read.
#[derive(Debug)]
pub(crate) struct Allowance(usize);

impl Allowance {
    /// For a text of so many bytes.
    pub(crate) fn of(bytes: usize) -> Allowance {
        Allowance(DECODED_BYTES_MIN.saturating_add(bytes.saturating_mul(DECODED_PER_BYTE)))
    }

    /// Takes what a carrier says; false if it is more than is left: then nothing more may be read.
    pub(crate) fn take(&mut self, carrier: &Carrier) -> bool {
        let rest = self.0.checked_sub(carrier.text.len());
        self.0 = rest.unwrap_or(0);
        rest.is_some()
    }
}

/// The carriers of a text, kind by kind.
pub(crate) struct Carriers<'t> {
    text: &'t str,
    kind: usize,
    at: usize,
}

impl<'t> Carriers<'t> {
    /// Of a text.
    pub(crate) fn new(text: &'t str) -> Carriers<'t> {
        Carriers { text, kind: 0, at: 0 }
    }

    /// The next one; compressed content is read up to what `allowance` leaves.
    pub(crate) fn next(&mut self, allowance: &Allowance) -> Option<Carrier> {
        loop {
            let found = match self.kind {
                0 => base64::next_carrier(self.text.as_bytes(), self.at, allowance.0),
                1 => hex::next(self.text.as_bytes(), self.at).map(|(span, text)| Carrier::whole(span, text, "hex")),
                2 if self.at == 0 => escape::read(self.text).map(|found| Carrier::mapped(found, "escaped")),
                2 => None,
                3 => spelled::next(self.text, self.at).map(|found| Carrier::mapped(found, "spelled")),
                _ => return None,
            };
            match found {
                Some(carrier) => {
                    self.at = carrier.span.end;
                    return Some(carrier);
                }
                None => (self.kind, self.at) = (self.kind + 1, 0),
            }
        }
    }
}

impl Carrier {
    fn whole(span: Range<usize>, text: String, name: &'static str) -> Carrier {
        Carrier { span, text: Zeroizing::new(text), name, map: None, is_cut: false }
    }

    fn mapped((span, text, map): (Range<usize>, String, Map), name: &'static str) -> Carrier {
        Carrier { span, text: Zeroizing::new(text), name, map: Some(map), is_cut: false }
    }
}

/// What a value says, if it is written in escapes or spelled digits: equal values are equal in every carrier that keeps
/// the way back of each character.
pub(crate) fn plainly(value: &str) -> Option<Zeroizing<String>> {
    let mut says: Option<Zeroizing<String>> = None;
    for _ in 0..DEPTH_MAX {
        let text = says.as_ref().map_or(value, |s| s.as_str());
        let read = match escape::read(text) {
            Some((span, read, _)) => {
                let around = [text.get(..span.start), Some(read.as_str()), text.get(span.end..)];
                around.into_iter().flatten().collect::<String>()
            }
            None => match spelled::next(text, 0) {
                Some((_, read, _)) => read,
                None => break,
            },
        };
        says = Some(Zeroizing::new(read));
    }
    says
}

/// Is it text, or the beginning of text? ASCII for the most part, or UTF-8 without controls.
fn is_printable(bytes: &[u8]) -> bool {
    let good = bytes.iter().filter(|b| b.is_ascii() && !is_control(**b)).count();
    if bytes.is_empty() || good * 10 >= bytes.len() * 8 {
        return !bytes.is_empty();
    }
    let is_utf8 = std::str::from_utf8(bytes).err().is_none_or(|e| e.error_len().is_none());
    is_utf8 && bytes.iter().filter(|b| is_control(**b)).count() * 10 <= bytes.len()
}

/// The text of decoded bytes: as UTF-8, as Latin letters of UTF-16, or none.
fn plain(bytes: Vec<u8>) -> Option<String> {
    if is_printable(&bytes) {
        let lossy = |e: std::string::FromUtf8Error| String::from_utf8_lossy(e.as_bytes()).into_owned();
        return Some(String::from_utf8(bytes).unwrap_or_else(lossy));
    }
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = bytes.len() / 2;
    let is_wide = |odd: usize| half >= 4 && zeros(odd) * 10 >= half * 8;
    let unit: fn([u8; 2]) -> u16 = match (is_wide(1), is_wide(0)) {
        (true, false) => u16::from_le_bytes,
        (false, true) => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    is_printable(text.as_bytes()).then_some(text)
}
