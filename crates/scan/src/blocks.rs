//! Sixty-four bytes of a text at once, as bit masks: where letters, digits and other scripts stand. What reads words asks
//! these instead of each byte.

/// Bytes of a block: as many as a mask has bits.
pub(crate) const BLOCK: usize = 64;

/// What stands where in a block; bit n for its byte n. Beyond the end of the text stands nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// ASCII letters.
    pub(crate) letters: u64,
    /// ASCII digits.
    pub(crate) digits: u64,
    /// Bytes of characters beyond ASCII.
    pub(crate) high: u64,
}

/// The bytes of the block at `at`, with zeros behind the end of the text.
pub(crate) fn block(bytes: &[u8], at: usize) -> [u8; BLOCK] {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk::<BLOCK>() {
        Some(block) => *block,
        None => {
            let mut padded = [0; BLOCK];
            padded.iter_mut().zip(rest).for_each(|(cell, b)| *cell = *b);
            padded
        }
    }
}

/// The lowest bit of each byte, side by side.
#[inline]
fn gather(flags: &[u8; BLOCK]) -> u64 {
    let (lanes, _) = flags.as_chunks::<8>();
    // Bit n of each byte is the flag of a byte of lane n: a square of bits, to be turned.
    let mut all = lanes.iter().rev().fold(0, |all, lane| all << 1 | u64::from_le_bytes(*lane));
    for (shift, mask) in [(7, 0x00AA_00AA_00AA_00AA), (14, 0x0000_CCCC_0000_CCCC), (28, 0x0000_0000_F0F0_F0F0)] {
        let swapped = (all ^ all >> shift) & mask;
        all ^= swapped ^ swapped << shift;
    }
    all
}

impl Masks {
    /// Of a block.
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Masks {
        Masks {
            letters: mask(block, |b| (b | 0x20).wrapping_sub(b'a') < 26),
            digits: mask(block, |b| b.wrapping_sub(b'0') < 10),
            high: mask(block, |b| b >= 0x80),
        }
    }
}

/// Which bytes of a block are of a kind. Written so that the compiler looks at many bytes at once.
#[inline]
pub(crate) fn mask(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0; BLOCK];
    let mut at = 0;
    #[allow(clippy::indexing_slicing)] // both have BLOCK bytes, which the compiler knows: there is no check left
    while at < BLOCK {
        flags[at] = u8::from(is(block[at]));
        at += 1;
    }
    gather(&flags)
}

/// The bits of a mask from `from` up to `to`, which may lie outside of it.
pub(crate) fn within(mask: u64, from: usize, to: usize) -> u64 {
    let low = if from < BLOCK { mask >> from << from } else { 0 };
    if to < BLOCK { low & !(u64::MAX << to) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_say_what_each_byte_is() {
        let bytes: Vec<u8> = (0..=255).chain((0..777_u32).map(|n| (n.wrapping_mul(0x9E37_79B1) >> 24) as u8)).collect();
        for at in 0..bytes.len() + 2 {
            let masks = Masks::of(&block(&bytes, at));
            for bit in 0..BLOCK {
                let b = bytes.get(at + bit).copied().unwrap_or(0);
                let is = |mask: u64| mask >> bit & 1 == 1;
                assert_eq!(is(masks.letters), b.is_ascii_alphabetic(), "{at} {bit}");
                assert_eq!(is(masks.digits), b.is_ascii_digit(), "{at} {bit}");
                assert_eq!(is(masks.high), !b.is_ascii(), "{at} {bit}");
            }
        }
    }

    #[test]
    fn bits_within_bounds() {
        for (from, to, wanted) in
            [(0, 64, u64::MAX), (0, 99, u64::MAX), (1, 3, 0b110), (63, 64, 1 << 63), (64, 99, 0), (5, 5, 0), (9, 3, 0)]
        {
            assert_eq!(within(u64::MAX, from, to), wanted, "{from}..{to}");
        }
    }
}
