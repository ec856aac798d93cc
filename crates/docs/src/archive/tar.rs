//! tar: old, ustar, PAX (POSIX.1-2001), GNU. Links and devices are named and never followed.

mod walk;
mod write;

pub(crate) use walk::is_header;
pub(crate) use write::rewrite;

use crate::reading::Reading;
use crate::text::charset;
use crate::{File, Format, Why};
use std::collections::BTreeSet;
use walk::{Item, Kind, Walk};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let octets = file.octets;
    let (walk, items) = items(octets, reading.limits().members_max);
    let content: usize = items.iter().filter(|item| item.is_whole()).map(|item| item.data.len()).sum();
    let owners = owners(&items);
    reading.decoded((walk.at.saturating_sub(content)) as u64);
    for (nth, item) in items.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if !reading.budget.member() {
            reading.opaque(&at, Format::Unknown.media_type(), Why::OverLimit, item.data.len() as u64);
            return;
        }
        member(&at, octets, item, reading);
    }
    if walk.is_cut {
        reading.opaque(&format!("{at}!rest"), Format::Unknown.media_type(), Why::OverLimit, 0);
    }
    if !owners.is_empty() {
        reading.text(&format!("{at}!owners"), "text/plain", owners, 0);
    }
    if !walk.notes.is_empty() {
        reading.text(&format!("{at}!notes"), "text/plain", walk.notes.clone(), 0);
    }
    let rest = octets.get(walk.at..).unwrap_or_default();
    if rest.iter().all(|b| *b == 0) {
        reading.decoded(rest.len() as u64);
    } else {
        let part = File { octets: rest, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!trailing"), &part);
    }
}

/// The members. Where a PAX header and the plain one tell different sizes, members as the plain ones tell them follow.
fn items<'o>(octets: &'o [u8], members_max: usize) -> (Walk<'o>, Vec<Item<'o>>) {
    let mut walk = Walk::new(octets, true);
    let mut items = walk.all(members_max);
    if walk.sizes_differ {
        let seen: BTreeSet<(usize, usize)> = items.iter().map(|item| (item.data.start, item.data.end)).collect();
        let mut other = Walk::new(octets, false);
        let rest = members_max.saturating_sub(items.len());
        let more = other.all(members_max).into_iter().filter(|item| !seen.contains(&(item.data.start, item.data.end)));
        items.extend(more.take(rest));
        walk.at = walk.at.max(other.at);
    }
    (walk, items)
}

fn member(at: &str, octets: &[u8], item: &Item<'_>, reading: &mut Reading<'_>) {
    let size = item.data.len() as u64;
    let name = words(&item.name);
    let link = words(&item.link);
    if !link.is_empty() {
        reading.text(&format!("{at}/link"), "text/plain", link, 0);
    }
    let data = octets.get(item.data.clone()).unwrap_or_default();
    match item.kind {
        Kind::File if item.is_whole() => reading.member(at, &name, "", data),
        Kind::File | Kind::Sparse => {
            reading.text(&format!("{at}/name"), "text/plain", name, 0);
            // The pieces of a sparse file stand behind one another; a file that is cut off has what is there.
            let why = if item.kind == Kind::Sparse { Why::Unsupported } else { Why::Malformed };
            reading.opaque(at, Format::Unknown.media_type(), why, size);
            if !data.is_empty() {
                let part = File { octets: data, name: "", media_type: "", passwords: reading.passwords };
                reading.embedded(&format!("{at}~2"), &part);
            }
        }
        Kind::Other => {
            reading.text(&format!("{at}/name"), "text/plain", name, 0);
            if !data.is_empty() {
                reading.embedded(at, &File { octets: data, name: "", media_type: "", passwords: reading.passwords });
            }
        }
    }
}

fn words(octets: &[u8]) -> String {
    charset::decode_short(octets, charset::latin1).into_owned()
}

/// Names of owners and groups, each once, a line each.
fn owners(items: &[Item<'_>]) -> String {
    let names: BTreeSet<&[u8]> = items.iter().flat_map(|item| item.owners).filter(|name| !name.is_empty()).collect();
    let mut out = String::new();
    for name in names {
        out.push_str(&words(name).replace('\n', " "));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
