//! Where words and lines begin and end in a text, as bit masks: what counts as near is measured in them.

use crate::blocks::{self, BLOCK};

/// The breaks of one text, a bit for each byte.
#[derive(Debug, Default)]
pub(crate) struct Breaks {
    /// A byte that is no white space, behind one that is.
    begins: Vec<u64>,
    /// White space behind a byte that is none.
    ends: Vec<u64>,
    /// Line ends.
    lines: Vec<u64>,
}

impl Breaks {
    pub(crate) fn of(text: &str) -> Breaks {
        let bytes = text.as_bytes();
        let mut breaks = Breaks::default();
        let mut was_white = 0;
        // A word may begin at the very end: there is a bit for it.
        for at in (0..=bytes.len()).step_by(BLOCK) {
            let block = blocks::block(bytes, at);
            let white =
                blocks::mask(&block, |b| (b == b' ') | (b == b'\n') | (b == b'\t') | (b == b'\r') | (b == b'\x0c'));
            let before = white << 1 | was_white;
            was_white = white >> (BLOCK - 1);
            breaks.begins.push(!white & before);
            breaks.ends.push(white & !before);
            breaks.lines.push(blocks::mask(&block, |b| b == b'\n'));
        }
        breaks
    }

    /// How far back from `at`, but not before `least`, so many words and line ends reach.
    pub(super) fn back(&self, at: usize, least: usize, words: Option<usize>, lines: usize) -> usize {
        let word = words.and_then(|words| last(&self.begins, at, least, words));
        let line = at.checked_sub(1).and_then(|at| last(&self.lines, at, least, lines)).map(|end| end + 1);
        least.max(word.unwrap_or(0)).max(line.unwrap_or(0))
    }

    /// How far on from `at`, but not beyond `most`, so many words and line ends reach.
    pub(super) fn on(&self, at: usize, most: usize, words: Option<usize>, lines: usize) -> usize {
        let word = words.and_then(|words| next(&self.ends, at, most, words));
        let line = next(&self.lines, at, most, lines);
        most.min(word.unwrap_or(most)).min(line.unwrap_or(most))
    }
}

/// The bit at or before `at` that has so many behind it, looked for down to `least`.
fn last(masks: &[u64], at: usize, least: usize, skip: usize) -> Option<usize> {
    let mut block = at / BLOCK;
    let mut mask = masks.get(block)? & u64::MAX >> (BLOCK - 1 - at % BLOCK);
    let mut left = skip;
    loop {
        while mask != 0 {
            let bit = BLOCK - 1 - mask.leading_zeros() as usize;
            if left == 0 {
                return Some(block * BLOCK + bit);
            }
            left -= 1;
            mask ^= 1 << bit;
        }
        if block * BLOCK <= least {
            return None;
        }
        block -= 1;
        mask = *masks.get(block)?;
    }
}

/// The bit at or behind `at` that has so many before it, looked for up to `most`.
fn next(masks: &[u64], at: usize, most: usize, skip: usize) -> Option<usize> {
    let mut block = at / BLOCK;
    let mut mask = masks.get(block)? & u64::MAX << (at % BLOCK);
    let mut left = skip;
    loop {
        while mask != 0 {
            if left == 0 {
                return Some(block * BLOCK + mask.trailing_zeros() as usize);
            }
            left -= 1;
            mask &= mask - 1;
        }
        block += 1;
        if block * BLOCK >= most {
            return None;
        }
        mask = *masks.get(block)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{before, byte};

    /// The same byte by byte.
    fn plain(bytes: &[u8], at: usize, words: usize, lines: usize) -> (usize, usize) {
        let (mut start, mut seen, mut ends) = (at, 0, 0);
        while start > at.saturating_sub(100) {
            let b = before(bytes, start);
            ends += usize::from(b == b'\n');
            seen += usize::from(b.is_ascii_whitespace() && !byte(bytes, start).is_ascii_whitespace());
            if ends > lines || seen > words {
                break;
            }
            start -= 1;
        }
        let mut end = at;
        (seen, ends) = (0, 0);
        while end < (at + 100).min(bytes.len()) {
            let b = byte(bytes, end);
            ends += usize::from(b == b'\n');
            seen += usize::from(b.is_ascii_whitespace() && !before(bytes, end).is_ascii_whitespace());
            if ends > lines || seen > words {
                break;
            }
            end += 1;
        }
        (start, end)
    }

    #[test]
    fn masks_measure_as_bytes_do() {
        let texts = ["", " ", "a", "one two\nthree\n\nfour  five\t\tsix\r\nseven \n eight ", &"ab c\n".repeat(64)];
        for text in texts {
            let breaks = Breaks::of(text);
            for at in 0..=text.len() {
                for (words, lines) in [(0, 0), (1, 1), (2, 0), (3, 1), (9, 7), (30, 40)] {
                    let most = (at + 100).min(text.len());
                    let found = (
                        breaks.back(at, at.saturating_sub(100), Some(words), lines),
                        breaks.on(at, most, Some(words), lines),
                    );
                    assert_eq!(found, plain(text.as_bytes(), at, words, lines), "{at} {words} {lines} {text:?}");
                }
            }
        }
    }
}
