//! What is left of the limits while a file is read.

use crate::{Limits, Why};
use std::io::Read;

/// Octets that are unpacked before the ratio is looked at again.
const STEP_BYTES: usize = 1 << 16;

/// What is left.
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    inflated_left: u64,
    members_left: usize,
    cells_left: usize,
    pixels_left: u64,
    key_rounds_left: usize,
    watch: Option<Watch>,
    watched: bool,
}

/// Is shown what is unpacked.
type Watch = Box<dyn Fn(&[u8]) -> bool>;

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Budget {
        Budget {
            limits: *limits,
            inflated_left: limits.inflated_bytes_max,
            members_left: limits.members_max,
            cells_left: limits.cells_max,
            pixels_left: limits.total_pixels_max,
            key_rounds_left: limits.key_rounds_max,
            watch: None,
            watched: false,
        }
    }

    /// From here on it is shown what is unpacked.
    pub(crate) fn set_watch(&mut self, watch: Watch) {
        self.watch = Some(watch);
    }

    /// Shows it some octets.
    pub(crate) fn show(&mut self, octets: &[u8]) {
        let watch = self.watch.as_ref().filter(|_| !self.watched);
        self.watched |= watch.is_some_and(|watch| watch(octets));
    }

    pub(crate) fn is_watching(&self) -> bool {
        self.watch.is_some() && !self.watched
    }

    /// It could not be shown all: that counts as found.
    pub(crate) fn show_failed(&mut self) {
        self.watched |= self.watch.is_some();
    }

    /// Did it find something?
    pub(crate) fn watched(&self) -> bool {
        self.watched
    }

    /// Counts a member; false if it is one too many.
    pub(crate) fn member(&mut self) -> bool {
        take(&mut self.members_left, 1)
    }

    /// Counts cells; false if there are too many.
    pub(crate) fn cells(&mut self, count: usize) -> bool {
        take(&mut self.cells_left, count)
    }

    /// Counts pixels of a picture; false if there are too many.
    pub(crate) fn pixels(&mut self, count: u64) -> bool {
        let left = self.pixels_left.checked_sub(count);
        self.pixels_left = left.unwrap_or(0);
        left.is_some()
    }

    /// Counts rounds of hashing; false if there are too many.
    pub(crate) fn key_rounds(&mut self, count: usize) -> bool {
        take(&mut self.key_rounds_left, count)
    }

    /// Unpacks a stream to its end. Sizes that it declares are not asked for: what comes out is counted.
    ///
    /// `packed_bytes` is what it takes in its container.
    ///
    /// # Errors
    /// [`Why::OverLimit`] beyond a limit, [`Why::Malformed`] if the decoder gives up; what came out before is lost.
    pub(crate) fn inflate(&mut self, stream: impl Read, packed_bytes: u64) -> Result<Vec<u8>, Why> {
        match self.inflate_some(stream, packed_bytes) {
            (octets, None) => Ok(octets),
            (_, Some(why)) => Err(why),
        }
    }

    /// The same, with what came out before the trouble.
    pub(crate) fn inflate_some(&mut self, mut stream: impl Read, packed_bytes: u64) -> (Vec<u8>, Option<Why>) {
        let by_ratio = packed_bytes.saturating_mul(self.limits.inflated_ratio_max).max(self.limits.ratio_free_bytes);
        let most = self.inflated_left.min(by_ratio);
        let mut octets = Vec::new();
        let mut step = vec![0; STEP_BYTES];
        let why = loop {
            let count = match stream.read(&mut step) {
                Ok(0) => break None,
                Ok(count) => count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == std::io::ErrorKind::OutOfMemory => break Some(Why::OverLimit),
                Err(_) => break Some(Why::Malformed),
            };
            if octets.len() as u64 + count as u64 > most {
                break Some(Why::OverLimit);
            }
            octets.extend_from_slice(step.get(..count).unwrap_or_default());
        };
        self.inflated_left = self.inflated_left.saturating_sub(octets.len() as u64);
        self.show(&octets);
        (octets, why)
    }

    /// Counts octets that a library unpacked by itself; false if there are too many.
    pub(crate) fn inflated(&mut self, bytes: u64) -> bool {
        let left = self.inflated_left.checked_sub(bytes);
        self.inflated_left = left.unwrap_or(0);
        left.is_some()
    }
}

fn take(left: &mut usize, count: usize) -> bool {
    let rest = left.checked_sub(count);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacked_octets_are_counted() {
        let limits =
            Limits { inflated_bytes_max: 100, ratio_free_bytes: 50, inflated_ratio_max: 10, ..Limits::default() };
        let why = |bytes: u64, packed: u64| Budget::new(&limits).inflate(std::io::repeat(7).take(bytes), packed).err();
        // By ratio, by what any ratio may give, by the sum.
        for (packed, most) in [(6, 60), (1, 50), (1000, 100)] {
            assert_eq!(
                [why(most - 1, packed), why(most, packed), why(most + 1, packed)],
                [None, None, Some(Why::OverLimit)]
            );
        }
        let mut budget = Budget::new(&limits);
        assert!(budget.inflate(std::io::repeat(7).take(60), 100).is_ok());
        assert!(budget.inflate(std::io::repeat(7).take(41), 100).is_err());
    }

    #[test]
    fn members_and_cells_are_counted() {
        let limits =
            Limits { members_max: 2, cells_max: 10, total_pixels_max: 5, key_rounds_max: 7, ..Limits::default() };
        let mut budget = Budget::new(&limits);
        assert_eq!([budget.member(), budget.member(), budget.member()], [true, true, false]);
        assert_eq!([budget.key_rounds(6), budget.key_rounds(1), budget.key_rounds(1)], [true, true, false]);
        assert_eq!([budget.pixels(4), budget.pixels(1), budget.pixels(1)], [true, true, false]);
        assert_eq!([budget.cells(9), budget.cells(1), budget.cells(1)], [true, true, false]);
    }
}
