//! Members that stand one behind the other as they are: what `ar` and `cpio` have in common.

use crate::reading::Reading;
use crate::text::charset;
use crate::{File, Format, Why};

/// A member.
pub(super) struct Item<'o> {
    pub(super) name: String,
    /// What its header holds besides numbers.
    pub(super) note: String,
    pub(super) data: &'o [u8],
    /// Are there as many octets as its header says?
    pub(super) is_whole: bool,
}

/// What a walk gave.
#[derive(Default)]
pub(super) struct Walked<'o> {
    pub(super) items: Vec<Item<'o>>,
    /// Where the archive ends.
    pub(super) end: usize,
    /// Are there more members than may be read?
    pub(super) is_cut: bool,
}

/// Gives the members, and what stands behind the last.
pub(super) fn give(at: &str, octets: &[u8], walked: &Walked<'_>, reading: &mut Reading<'_>) {
    let content: usize = walked.items.iter().map(|item| item.data.len()).sum();
    reading.decoded(walked.end.saturating_sub(content) as u64);
    for (nth, item) in walked.items.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        let size = item.data.len() as u64;
        if !item.note.is_empty() {
            reading.text(&format!("{at}/header"), "text/plain", item.note.clone(), 0);
        }
        if !reading.budget.member() {
            reading.text(&format!("{at}/name"), "text/plain", item.name.clone(), 0);
            reading.opaque(&at, Format::Unknown.media_type(), Why::OverLimit, size);
        } else if item.is_whole {
            reading.member(&at, &item.name, "", item.data);
        } else {
            // What is there of one that is cut off is read beside it.
            reading.text(&format!("{at}/name"), "text/plain", item.name.clone(), 0);
            reading.opaque(&at, Format::Unknown.media_type(), Why::Malformed, 0);
            let part = File { octets: item.data, name: "", media_type: "", passwords: reading.passwords };
            reading.embedded(&format!("{at}~2"), &part);
        }
    }
    let rest = octets.get(walked.end..).unwrap_or_default();
    if walked.is_cut {
        reading.opaque(&format!("{at}!rest"), Format::Unknown.media_type(), Why::OverLimit, rest.len() as u64);
    } else if rest.iter().all(|b| *b == 0) {
        reading.decoded(rest.len() as u64);
    } else {
        let part = File { octets: rest, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!trailing"), &part);
    }
}

/// Octets of a name as text.
pub(super) fn words(octets: &[u8]) -> String {
    charset::decode_short(octets, charset::latin1).replace('\0', " ").trim().to_owned()
}
