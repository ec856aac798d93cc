//! ISO 9660, with the longer names of Joliet and Rock Ridge. Only read. What belongs to no file is read as well.

mod walk;

use crate::reading::Reading;
use crate::{File, Format, Why};
use std::collections::BTreeSet;
use std::ops::Range;
use walk::{Entry, Walk};

/// Places between files that are read, each by itself; more are one that is not.
const GAPS_MAX: usize = 100;

pub(crate) use walk::is_iso;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let octets = file.octets;
    let mut walk = Walk::new(octets, reading.limits().members_max);
    walk.all();
    let (entries, volume, is_cut) = (walk.entries, walk.volume, walk.is_cut);
    let mut used = walk.used;
    reading.decoded(length(&merged(&mut used)));
    if !volume.is_empty() {
        reading.text(&format!("{at}!volume"), "text/plain", volume, 0);
    }
    // The same octets stand in the folders of each kind of names.
    let mut seen = BTreeSet::new();
    for (nth, entry) in entries.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if !entry.link.is_empty() {
            reading.text(&format!("{at}/link"), "text/plain", entry.link.clone(), 0);
        }
        let is_new = !entry.is_folder && seen.insert((entry.data.start, entry.data.end));
        used.push(entry.data.clone());
        if entry.is_folder || !is_new {
            reading.text(&format!("{at}/name"), "text/plain", entry.name.clone(), 0);
            continue;
        }
        member(&at, octets, entry, reading);
    }
    if is_cut {
        reading.opaque(&format!("{at}!rest"), Format::Unknown.media_type(), Why::OverLimit, 0);
    }
    gaps(at, octets, &mut used, reading);
}

fn member(at: &str, octets: &[u8], entry: &Entry, reading: &mut Reading<'_>) {
    let data = octets.get(entry.data.clone()).unwrap_or_default();
    // Files may lie over one another: what they are together counts as unpacked.
    let why = if !reading.budget.member() || !reading.budget.inflated(data.len() as u64) {
        Why::OverLimit
    } else if entry.is_interleaved {
        Why::Unsupported
    } else if !entry.is_whole {
        Why::Malformed
    } else {
        reading.member(at, &entry.name, "", data);
        return;
    };
    reading.text(&format!("{at}/name"), "text/plain", entry.name.clone(), 0);
    let is_read = why == Why::Malformed && !data.is_empty();
    let size = if is_read { 0 } else { data.len() as u64 };
    reading.opaque(at, Format::Unknown.media_type(), why, size);
    if is_read {
        reading.embedded(
            &format!("{at}~2"),
            &File { octets: data, name: "", media_type: "", passwords: reading.passwords },
        );
    }
}

/// What no file and no folder has.
fn gaps(at: &str, octets: &[u8], used: &mut [Range<usize>], reading: &mut Reading<'_>) {
    let mut from = 0;
    let mut found = Vec::new();
    let all = merged(used);
    for range in all.iter().cloned().chain(std::iter::once(octets.len()..octets.len())) {
        let gap = octets.get(from..range.start).unwrap_or_default();
        from = range.end.max(from);
        let is_zero = |b: &u8| *b == 0;
        let start = gap.iter().take_while(|b| is_zero(b)).count();
        let end = gap.len() - gap.iter().rev().take_while(|b| is_zero(b)).count();
        let text = gap.get(start..end).unwrap_or_default();
        reading.decoded((gap.len() - text.len()) as u64);
        if !text.is_empty() {
            found.push(text);
        }
    }
    for (nth, octets) in found.iter().take(GAPS_MAX).enumerate() {
        let part = File { octets, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!gap{}", nth + 1), &part);
    }
    let rest: usize = found.iter().skip(GAPS_MAX).map(|gap| gap.len()).sum();
    if rest > 0 {
        reading.opaque(&format!("{at}!gaps"), Format::Unknown.media_type(), Why::OverLimit, rest as u64);
    }
}

/// The same places, in order, none over another.
fn merged(ranges: &mut [Range<usize>]) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        match out.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => out.push(range.clone()),
        }
    }
    out
}

fn length(ranges: &[Range<usize>]) -> u64 {
    ranges.iter().map(|range| range.len() as u64).sum()
}

#[cfg(test)]
mod tests;
