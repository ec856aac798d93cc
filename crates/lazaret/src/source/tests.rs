//! Sources against peers: scripted ones for faults, a real server where one is named.

mod faults;
mod maildir;
mod peer;
mod real;

#[test]
fn batches_keep_to_both_bounds() {
    use super::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, batches};
    let half = BATCH_BYTES_MAX / 2;
    let many: Vec<(u32, u64)> = (1..=130).map(|uid| (uid, 10)).collect();
    assert_eq!(
        batches(&many, 1_000).iter().map(Vec::len).collect::<Vec<_>>(),
        [BATCH_MESSAGES_MAX, BATCH_MESSAGES_MAX, 2]
    );
    type Case<'a> = (&'a [(u32, u64)], usize, &'a [&'a [u32]]);
    let cases: [Case<'_>; 7] = [
        (&[], 64, &[]),
        (&[(1, 1), (2, 1), (3, 1)], 2, &[&[1, 2], &[3]]),
        (&[(1, 1), (2, 1)], 0, &[&[1], &[2]]),
        (&[(1, half), (2, half - 1)], 64, &[&[1, 2]]),
        (&[(1, half), (2, half)], 64, &[&[1, 2]]),
        (&[(1, half), (2, half + 1)], 64, &[&[1], &[2]]),
        (&[(1, 1), (2, u64::MAX), (3, 1), (4, 1)], 64, &[&[1], &[2], &[3, 4]]),
    ];
    for (sizes, messages_max, expected) in cases {
        assert_eq!(batches(sizes, messages_max), expected, "{sizes:?}");
    }
}
