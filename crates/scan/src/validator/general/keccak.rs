//! Keccak-256 as Ethereum and Monero use it: the sponge before NIST changed its padding (SHA-3 pads with 6, this with 1).

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];
/// Bytes that one permutation takes in.
const RATE: usize = 136;

/// Lane (x, y) of the state, both modulo 5.
fn lane(state: &[u64; 25], x: usize, y: usize) -> u64 {
    state.get(x % 5 + 5 * (y % 5)).copied().unwrap_or(0)
}

fn permute(state: &mut [u64; 25]) {
    for round in ROUNDS {
        let column = |x: usize| (0..5).fold(0, |all, y| all ^ lane(state, x, y));
        let columns = [column(0), column(1), column(2), column(3), column(4)];
        let column = |x: usize| columns.get(x % 5).copied().unwrap_or(0);
        for (at, cell) in state.iter_mut().enumerate() {
            *cell ^= column(at + 4) ^ column(at + 1).rotate_left(1);
        }
        // Rho and pi: along the walk (x, y) -> (y, 2x + 3y) the rotation grows by the triangular numbers.
        let mut moved = *state;
        let (mut x, mut y) = (1, 0);
        for t in 0..24_u32 {
            let turned = lane(state, x, y).rotate_left((t + 1) * (t + 2) / 2 % 64);
            (x, y) = (y, (2 * x + 3 * y) % 5);
            if let Some(cell) = moved.get_mut(x + 5 * y) {
                *cell = turned;
            }
        }
        for (at, cell) in state.iter_mut().enumerate() {
            let (x, y) = (at % 5, at / 5);
            *cell = lane(&moved, x, y) ^ (!lane(&moved, x + 1, y) & lane(&moved, x + 2, y));
        }
        let [first, ..] = state;
        *first ^= round;
    }
}

/// The digest of a short message.
pub(super) fn keccak256(message: &[u8]) -> [u8; 32] {
    let mut padded = message.to_vec();
    padded.push(1);
    padded.resize(padded.len().div_ceil(RATE) * RATE, 0);
    if let Some(last) = padded.last_mut() {
        *last |= 0x80;
    }
    let mut state = [0_u64; 25];
    for block in padded.chunks(RATE) {
        for (cell, bytes) in state.iter_mut().zip(block.chunks_exact(8)) {
            *cell ^= bytes.iter().rev().fold(0, |all, b| all << 8 | u64::from(*b));
        }
        permute(&mut state);
    }
    let mut out = [0; 32];
    for (cell, byte) in out.iter_mut().zip(state.iter().flat_map(|lane| lane.to_le_bytes())) {
        *cell = byte;
    }
    out
}

#[cfg(test)]
mod tests {
    /// Digests as published for Keccak-256 (empty message, "abc"), and one longer than a block.
    #[test]
    fn table() {
        let hex = |message: &[u8]| super::keccak256(message).iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(b""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        assert_eq!(hex(b"abc"), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        assert_ne!(hex(&[0; 136]), hex(&[0; 137]));
    }
}
