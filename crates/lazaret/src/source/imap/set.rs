//! Sets of UIDs as IMAP writes them (RFC 3501 9, `sequence-set`).

use std::fmt::Write as _;

/// Octets of one set on the wire; servers must take lines of 8,192 (RFC 7162 4), many old ones take 1,000 and more.
const SET_BYTES_MAX: usize = 4_000;

/// Cuts ascending UIDs into sets that one command can hold: (how many UIDs, the set).
pub(super) fn cut(uids: &[u32], uids_max: usize) -> Vec<(usize, String)> {
    let mut sets: Vec<(usize, String)> = Vec::new();
    let mut rest = uids;
    while !rest.is_empty() {
        let mut text = String::new();
        let mut taken = 0usize;
        while let Some((first, run)) = leading_run(rest, uids_max - taken) {
            if text.len() > SET_BYTES_MAX - 22 {
                break;
            }
            let last = first + (run as u32 - 1);
            let comma = if text.is_empty() { "" } else { "," };
            let _ = match run {
                1 => write!(text, "{comma}{first}"),
                _ => write!(text, "{comma}{first}:{last}"),
            };
            taken += run;
            rest = rest.get(run..).unwrap_or_default();
        }
        sets.push((taken, text));
    }
    sets
}

/// First UID and length of the run of consecutive UIDs that `uids` begins with, `max` at most.
fn leading_run(uids: &[u32], max: usize) -> Option<(u32, usize)> {
    let first = *uids.first()?;
    if max == 0 {
        return None;
    }
    let run = uids.windows(2).take(max - 1).take_while(|pair| pair[0].checked_add(1) == Some(pair[1])).count() + 1;
    Some((first, run))
}

/// Ascending, each once, no 0 (which is no UID).
pub(super) fn sorted(uids: &[u32]) -> Vec<u32> {
    let mut uids: Vec<u32> = uids.iter().copied().filter(|uid| *uid != 0).collect();
    uids.sort_unstable();
    uids.dedup();
    uids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        type Case<'a> = (&'a [u32], usize, &'a [(usize, &'a str)]);
        let cases: [Case<'_>; 7] = [
            (&[], 10, &[]),
            (&[7], 10, &[(1, "7")]),
            (&[1, 2, 3, 5, 9, 10], 10, &[(6, "1:3,5,9:10")]),
            (&[1, 2, 3, 5, 9, 10], 2, &[(2, "1:2"), (2, "3,5"), (2, "9:10")]),
            (&[1, 2, 3], 3, &[(3, "1:3")]),
            (&[1, 2, 3], 1, &[(1, "1"), (1, "2"), (1, "3")]),
            (&[u32::MAX - 1, u32::MAX], 9, &[(2, "4294967294:4294967295")]),
        ];
        for (uids, max, expected) in cases {
            let sets = cut(uids, max);
            let sets: Vec<(usize, &str)> = sets.iter().map(|(count, set)| (*count, set.as_str())).collect();
            assert_eq!(sets, expected, "{uids:?} by {max}");
        }
    }

    #[test]
    fn a_set_fits_a_line() {
        let uids: Vec<u32> = (0..5_000).map(|n| 4_000_000_000 + 2 * n).collect();
        let sets = cut(&uids, 1_000_000);
        assert_eq!(sets.iter().map(|(count, _)| count).sum::<usize>(), uids.len());
        assert!(sets.iter().all(|(count, set)| *count > 0 && set.len() <= SET_BYTES_MAX));
    }

    #[test]
    fn sorting_drops_doubles_and_zero() {
        assert_eq!(sorted(&[5, 0, 3, 5, 1]), [1, 3, 5]);
    }
}
