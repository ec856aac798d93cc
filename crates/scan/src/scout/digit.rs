//! The digit scout: runs of digit groups, and every stretch of groups whose digits add up to a length some rule wants.
//! No expression is involved: numeric rules driven by expressions cost ten times as much.

use crate::text::{before, byte, next_digit};

/// Gaps between groups, as bits.
pub(crate) const SPACE: u8 = 1;
/// `-`
pub(crate) const HYPHEN: u8 = 2;
/// `.`
pub(crate) const DOT: u8 = 4;
/// `/`
pub(crate) const SLASH: u8 = 8;
/// `_`
pub(crate) const UNDERSCORE: u8 = 16;
/// A line end, with a quote prefix or without.
pub(crate) const NEWLINE: u8 = 32;
/// `(` or `)`
pub(crate) const PAREN: u8 = 64;
/// More than one character.
pub(crate) const WIDE: u8 = 128;
/// Gaps that cost points.
pub(crate) const ODD: u8 = DOT | SLASH | UNDERSCORE | NEWLINE | WIDE;

/// Does a gap tie its groups together, as in dates, versions and ids?
pub(crate) fn is_joined(gap: u8) -> bool {
    gap != 0 && gap & (SPACE | NEWLINE | PAREN) == 0
}

/// Characters of a gap within a line at most.
const GAP_CHARS_MAX: usize = 3;
/// Characters of a quote prefix at most.
pub(crate) const QUOTE_CHARS_MAX: usize = 8;
/// Groups of a run that are held at once; a longer run is looked at in pieces that overlap.
pub(crate) const GROUPS_MAX: usize = 4_096;

/// The bit of a separator.
pub(crate) fn separator(byte: u8) -> Option<u8> {
    Some(match byte {
        b' ' | b'\t' => SPACE,
        b'-' => HYPHEN,
        b'.' => DOT,
        b'/' => SLASH,
        b'_' => UNDERSCORE,
        b'(' | b')' => PAREN,
        _ => return None,
    })
}

/// Sizes of groups as one number, four bits each.
pub(crate) fn signature(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().fold(0, |all, size| all << 4 | size.min(15))
}

/// Digits without anything between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Bits of the gap before it; 0 for the first of a run.
    pub(crate) gap: u8,
    /// Letters that stand for digits in it.
    pub(crate) lookalikes: u8,
}

impl Group {
    /// How many digits.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The digit for which a letter stands when digits are on both its sides.
pub(crate) fn lookalike(byte: u8) -> Option<u8> {
    match byte {
        b'O' | b'o' => Some(b'0'),
        b'I' | b'l' => Some(b'1'),
        _ => None,
    }
}

/// Fills `groups` with the next run from `from` on and answers where to go on; `None` at the end of the text.
pub(crate) fn next_run(bytes: &[u8], from: usize, groups: &mut Vec<Group>, held_back: usize) -> Option<usize> {
    groups.clear();
    let mut start = next_digit(bytes, from);
    let mut gap = 0;
    if start >= bytes.len() {
        return None;
    }
    loop {
        let (end, lookalikes) = group_end(bytes, start);
        groups.push(Group { start, end, gap, lookalikes });
        let Some((bits, next)) = read_gap(bytes, end) else { return Some(end) };
        if groups.len() == GROUPS_MAX {
            return groups.get(GROUPS_MAX.saturating_sub(held_back)).map(|g| g.start).or(Some(end));
        }
        (gap, start) = (bits, next);
    }
}

fn group_end(bytes: &[u8], start: usize) -> (usize, u8) {
    let (mut at, mut lookalikes) = (start, 0_u8);
    loop {
        let b = byte(bytes, at);
        if b.is_ascii_digit() {
            at += 1;
        } else if lookalike(b).is_some() && before(bytes, at).is_ascii_digit() && byte(bytes, at + 1).is_ascii_digit() {
            lookalikes = lookalikes.saturating_add(1);
            at += 1;
        } else {
            return (at, lookalikes);
        }
    }
}

/// The gap at `at`, if a digit follows it.
fn read_gap(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let (mut bits, mut next) = (0, at);
    for _ in 0..GAP_CHARS_MAX {
        let Some(bit) = separator(byte(bytes, next)) else { break };
        bits |= bit;
        next += 1;
    }
    if next - at > 1 && bits & PAREN == 0 {
        bits |= WIDE;
    }
    if matches!(byte(bytes, next), b'\r' | b'\n') {
        next += usize::from(byte(bytes, next) == b'\r');
        if byte(bytes, next) != b'\n' {
            return None;
        }
        next += 1;
        let quote = bytes.iter().skip(next).take(QUOTE_CHARS_MAX).take_while(|b| matches!(b, b'>' | b' ')).count();
        next += quote;
        bits |= NEWLINE;
    }
    (next > at && byte(bytes, next).is_ascii_digit()).then_some((bits, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<Vec<(usize, usize, u8)>> {
        let (mut groups, mut at, mut all) = (Vec::new(), 0, Vec::new());
        while let Some(next) = next_run(text.as_bytes(), at, &mut groups, 24) {
            all.push(groups.iter().map(|g| (g.start, g.end, g.gap)).collect());
            at = next;
        }
        all
    }

    #[test]
    fn table() {
        assert_eq!(runs("no digits at all, not one of them"), Vec::<Vec<_>>::new());
        assert_eq!(runs("12-34 5,6"), [vec![(0, 2, 0), (3, 5, HYPHEN), (6, 7, SPACE)], vec![(8, 9, 0)]]);
        assert_eq!(runs("1\n> 2"), [vec![(0, 1, 0), (4, 5, NEWLINE)]]);
        assert_eq!(runs("1\r\n2"), [vec![(0, 1, 0), (3, 4, NEWLINE)]]);
        assert_eq!(runs("1  2"), [vec![(0, 1, 0), (3, 4, SPACE | WIDE)]]);
        assert_eq!(runs("1    2"), [vec![(0, 1, 0)], vec![(5, 6, 0)]]);
        assert_eq!(runs("(02) 5550"), [vec![(1, 3, 0), (5, 9, PAREN | SPACE)]]);
        assert_eq!(runs("4O1 x O12"), [vec![(0, 3, 0)], vec![(7, 9, 0)]]);
    }

    #[test]
    fn long_runs_come_in_overlapping_pieces() {
        for (groups, pieces) in [(GROUPS_MAX - 1, 1), (GROUPS_MAX, 1), (GROUPS_MAX + 1, 2)] {
            assert_eq!(runs(&"1 ".repeat(groups)).len(), pieces, "{groups} groups");
        }
    }
}
