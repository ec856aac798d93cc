//! Texts of BIFF records, which go on in the next record in the middle of a character's run.

use crate::legacy::bytes::{Bytes, utf16};
use crate::legacy::codepage::Charset;

/// A record with those that continue it.
pub(super) struct Continued<'r> {
    pieces: &'r [&'r [u8]],
    at: usize,
}

impl<'r> Continued<'r> {
    pub(super) fn new(pieces: &'r [&'r [u8]]) -> Continued<'r> {
        Continued { pieces, at: 0 }
    }

    fn piece(&self) -> &'r [u8] {
        self.pieces.first().map_or(&[][..], |piece| Bytes::from(*piece, self.at))
    }

    /// Moves on to the next record at the end of one; false at the end of all.
    fn more(&mut self) -> bool {
        while self.piece().is_empty() {
            match self.pieces.split_first() {
                Some((_, rest)) if !rest.is_empty() => (self.pieces, self.at) = (rest, 0),
                _ => return false,
            }
        }
        true
    }

    fn bytes(&mut self, mut count: usize) {
        while count > 0 && self.more() {
            let step = count.min(self.piece().len());
            self.at += step;
            count -= step;
        }
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        let mut number = 0;
        for nth in 0..size {
            self.more().then_some(())?;
            number |= usize::from(self.piece().u8(0)?) << (8 * nth);
            self.at += 1;
        }
        Some(number)
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.bytes(count);
    }

    /// The next text of BIFF8 (XLUnicodeRichExtendedString); `length_bytes` is the size of its length.
    pub(super) fn text(&mut self, length_bytes: usize) -> Option<String> {
        let count = self.number(length_bytes)?;
        let flags = self.number(1)?;
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let text = self.characters(count, flags & 1 != 0);
        // Phonetic text is in the extra octets.
        let phonetic = self.phonetic(runs * 4, extra);
        Some(text + &phonetic)
    }

    /// So many characters; each record begins with how wide its own are.
    pub(super) fn characters(&mut self, mut count: usize, mut is_wide: bool) -> String {
        let mut text = String::new();
        while count > 0 {
            if self.piece().is_empty() {
                if !self.more() {
                    break;
                }
                is_wide = self.number(1).unwrap_or(0) & 1 != 0;
            }
            let width = if is_wide { 2 } else { 1 };
            let here = self.piece().part(0, count.saturating_mul(width));
            let taken = here.len() / width;
            if is_wide {
                text.push_str(&utf16(here));
            } else {
                text.extend(here.iter().map(|b| char::from(*b)));
            }
            // Half a character at the end of a record is lost.
            self.at += here.len().max(1);
            count -= taken.min(count);
        }
        text
    }

    fn phonetic(&mut self, skipped: usize, extra: usize) -> String {
        self.bytes(skipped);
        let piece = self.piece();
        let here = piece.part(0, extra);
        let text = match (here.u16(0), here.u16(10)) {
            (Some(1), Some(count)) if count > 0 => utf16(here.part(14, usize::from(count) * 2)),
            _ => String::new(),
        };
        self.bytes(extra);
        text
    }
}

/// A text in one record, as its version has it.
pub(super) fn text(octets: &[u8], length_bytes: usize, is_old: bool, charset: Charset) -> String {
    if !is_old {
        return Continued::new(&[octets]).text(length_bytes).unwrap_or_default();
    }
    let count = match length_bytes {
        1 => octets.u8(0).map(usize::from),
        _ => octets.u16(0).map(usize::from),
    };
    charset.decode(octets.part(length_bytes, count.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_on_in_the_next_record() {
        let first: &[u8] = &[5, 0, 0, b'a', b'b'];
        let second: &[u8] = &[1, b'c', 0, 0xe4, 0x04, b'e', 0, 2, 0, 0, b'x'];
        let third: &[u8] = &[0, b'y'];
        let pieces = [first, second, third];
        let mut texts = Continued::new(&pieces);
        assert_eq!(texts.text(2).as_deref(), Some("abcӤe"));
        assert_eq!(texts.text(2).as_deref(), Some("xy"));
        assert_eq!(texts.text(2), None);
        // A length beyond the end gives what is there.
        assert_eq!(Continued::new(&[&[0xff, 0xff, 0, b'q'][..]]).text(2).as_deref(), Some("q"));
        assert_eq!(Continued::new(&[]).text(2), None);
    }

    #[test]
    fn runs_and_phonetic_text_are_passed() {
        let rich: &[u8] = &[1, 0, 8, 1, 0, b'a', 9, 9, 9, 9, 1, 0, 0, b'b'];
        let pieces = [rich];
        let mut texts = Continued::new(&pieces);
        assert_eq!((texts.text(2), texts.text(2)), (Some("a".into()), Some("b".into())));
    }
}
