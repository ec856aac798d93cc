//! Places in a file, and whether they lie over one another.

use std::ops::Range;

/// Does one of `some`, which are put in order, share an octet with one of `others`?
pub(super) fn overlap(some: &mut Vec<Range<usize>>, others: &[Range<usize>]) -> bool {
    some.retain(|range| !range.is_empty());
    some.sort_by_key(|range| (range.start, range.end));
    // The furthest end up to each.
    let mut ends = Vec::with_capacity(some.len());
    for range in some.iter() {
        ends.push(range.end.max(ends.last().copied().unwrap_or(0)));
    }
    others.iter().filter(|other| !other.is_empty()).any(|other| {
        let before = some.partition_point(|range| range.start < other.end);
        before.checked_sub(1).and_then(|nth| ends.get(nth)).is_some_and(|end| *end > other.start)
    })
}

/// Do two of them, which are put in order, share an octet?
pub(super) fn overlap_themselves(ranges: &mut [Range<usize>]) -> bool {
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.iter().zip(ranges.iter().skip(1)).any(|(one, next)| one.end > next.start)
}

/// Copies what stands in some places, which are in order and may lie over one another, each octet once.
pub(super) fn copy(ranges: &[Range<usize>], from: &[u8], to: &mut [u8]) -> Option<()> {
    let mut done = 0;
    for range in ranges {
        let range = range.start.max(done)..range.end;
        if !range.is_empty() {
            done = range.end;
            to.get_mut(range.clone())?.copy_from_slice(from.get(range)?);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_does_not_overlap() {
        for (some, other, want) in [
            ([0..10, 20..30], 10..20, false),
            ([0..10, 20..30], 9..20, true),
            ([20..30, 0..10], 10..21, true),
            // A long one behind a short one, and empty ones.
            ([0..100, 5..6], 50..51, true),
            ([5..5, 5..5], 0..10, false),
            ([0..10, 20..30], 5..5, false),
        ] {
            assert_eq!(overlap(&mut some.to_vec(), std::slice::from_ref(&other)), want, "{some:?} {other:?}");
        }
        assert!(!overlap_themselves(&mut [5..10, 0..5]));
        assert!(overlap_themselves(&mut [5..10, 0..6]));
    }
}
