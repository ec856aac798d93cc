//! One side of the text, visible or hidden, and where each stretch of it stands in the source.

use super::{Piece, Place, narrow};
use std::ops::Range;

/// One side of the text.
#[derive(Default)]
pub(super) struct Side {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

impl Side {
    pub(super) fn break_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn push(&mut self, text: &str, source: Range<usize>, place: Place) {
        if let Some(last) = self.pieces.last_mut()
            && last.literal
            && last.place == place
            && last.source().end == source.start
            && last.text().end == self.text.len()
        {
            last.text_bytes = last.text_bytes.saturating_add(narrow(text.len()));
            last.source_bytes = last.source_bytes.saturating_add(narrow(text.len()));
        } else if !text.is_empty() {
            self.piece(text, source, place, true);
        }
        self.text.push_str(text);
    }

    /// Adds a stretch of the source: entities decoded where they are read, runs of white space made one blank.
    pub(super) fn add(&mut self, source: &str, range: Range<usize>, place: Place, keep_space: bool) {
        let Some(text) = source.get(range.clone()) else { return };
        // Entities are read in comments and scripts too: readers differ on where those end.
        let special = |c: char| c == '&' || (!keep_space && c.is_ascii_whitespace());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let plain = rest.find(special).unwrap_or(rest.len());
            self.push(rest.get(..plain).unwrap_or_default(), range.start + at..range.start + at + plain, place);
            at += plain;
            let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) else { return };
            let start = range.start + at;
            if rest.starts_with('&') {
                let (decoded, length) = entity(rest);
                if length == 1 {
                    self.push("&", start..start + 1, place);
                } else {
                    self.push_whole(&decoded, start..start + length, place);
                }
                at += length;
            } else {
                let length = rest.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len());
                if self.text.is_empty() || self.text.ends_with(['\n', ' ', '\t']) {
                    // At the start of a line a blank is not seen.
                } else if length == 1 && rest.starts_with(' ') {
                    self.push(" ", start..start + 1, place);
                } else {
                    self.push_whole(" ", start..start + length, place);
                }
                at += length;
            }
        }
    }

    /// Text that stands for all of its source.
    fn push_whole(&mut self, text: &str, source: Range<usize>, place: Place) {
        if !text.is_empty() {
            self.piece(text, source, place, false);
        }
        self.text.push_str(text);
    }

    fn piece(&mut self, text: &str, source: Range<usize>, place: Place, literal: bool) {
        self.pieces.push(Piece {
            text: narrow(self.text.len()),
            text_bytes: narrow(text.len()),
            source: narrow(source.start),
            source_bytes: narrow(source.len()),
            place,
            literal,
        });
    }
}

/// The text and length of the character reference that a text starts with; `&` and 1 if it is none.
fn entity(text: &str) -> (String, usize) {
    /// The longest name is 33 octets.
    const NAME_BYTES_MAX: usize = 40;
    let none = ("&".to_owned(), 1);
    let bytes = text.as_bytes();
    let run = |from: usize, good: fn(&u8) -> bool| {
        bytes.get(from..).unwrap_or_default().iter().take(NAME_BYTES_MAX).take_while(|b| good(b)).count()
    };
    let closed = |length: usize| if bytes.get(length) == Some(&b';') { length + 1 } else { length };
    if bytes.get(1) == Some(&b'#') {
        // Browsers read these without the semicolon too.
        let hex = matches!(bytes.get(2), Some(b'x' | b'X'));
        let from = if hex { 3 } else { 2 };
        // Any number of zeros may lead.
        let zeros = bytes.iter().skip(from).take_while(|b| **b == b'0').count();
        let from = from + zeros;
        let digits = run(from, if hex { u8::is_ascii_hexdigit } else { u8::is_ascii_digit });
        let number = text.get(from..from + digits).unwrap_or_default();
        let code = u32::from_str_radix(number, if hex { 16 } else { 10 }).ok();
        return match code.and_then(char::from_u32).filter(|c| *c != '\0') {
            Some(c) => (c.to_string(), closed(from + digits)),
            None => none,
        };
    }
    let name = run(1, u8::is_ascii_alphanumeric);
    if bytes.get(1 + name) == Some(&b';') {
        let whole = text.get(..name + 2).unwrap_or_default();
        let decoded = html_escape::decode_html_entities(whole);
        return if decoded == whole { none } else { (decoded.into_owned(), name + 2) };
    }
    for (bare, c) in [("nbsp", '\u{a0}'), ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')] {
        if text.get(1..1 + bare.len()) == Some(bare) {
            return (c.to_string(), 1 + bare.len());
        }
    }
    none
}
