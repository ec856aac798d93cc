//! Writes a tar anew: headers stay as they are but for what is changed in them.

use super::walk::{BLOCK, Item, Kind};
use super::{items, owners, words};
use crate::writing::{Writing, replaced};
use crate::{File, Unwritable};
use std::collections::BTreeMap;

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let octets = file.octets;
    let (walk, items) = items(octets, writing.budget.limits.members_max);
    if walk.sizes_differ {
        return Err(Unwritable::Ambiguous);
    }
    if walk.is_cut {
        return Err(Unwritable::Unreadable);
    }
    let owners = new_owners(&format!("{at}!owners"), &items, writing)?;
    writing.left_out(&format!("{at}!notes"));
    writing.left_out(&format!("{at}!trailing"));
    let mut out = Vec::with_capacity(octets.len());
    for (nth, item) in items.iter().enumerate() {
        member(&format!("{at}!{}", nth + 1), octets, item, &owners, writing, &mut out)?;
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    Ok(out)
}

/// Names of owners that change, and what they become.
fn new_owners(at: &str, items: &[Item<'_>], writing: &mut Writing<'_>) -> Result<BTreeMap<String, String>, Unwritable> {
    let old = owners(items);
    let new = replaced(&old, writing.edits(at))?;
    if old.lines().count() != new.lines().count() {
        return Err(Unwritable::NoSuchPlace);
    }
    let pairs = old.lines().zip(new.lines()).filter(|(old, new)| old != new);
    Ok(pairs.map(|(old, new)| (old.to_owned(), new.to_owned())).collect())
}

fn member(
    at: &str,
    octets: &[u8],
    item: &Item<'_>,
    owners: &BTreeMap<String, String>,
    writing: &mut Writing<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    if writing.is_removed(at) {
        writing.left_out(at);
        return Ok(());
    }
    let data = octets.get(item.data.clone()).unwrap_or_default();
    if item.kind == Kind::File && !item.is_whole() || item.kind == Kind::Sparse && writing.touches(at) {
        return Err(Unwritable::Unreadable);
    }
    let (old_name, old_link) = (words(&item.name), words(&item.link));
    let link = replaced(&old_link, writing.edits(&format!("{at}/link")))?;
    let new = match item.kind {
        Kind::File => writing.member(at, &old_name, "", data)?,
        _ => {
            let name = replaced(&old_name, writing.edits(&format!("{at}/name")))?;
            let part = File { octets: data, name: "", media_type: "", passwords: writing.passwords };
            Some((name, writing.embedded(at, &part)?))
        }
    };
    let Some((name, content)) = new else { return Ok(()) };
    let has_new_owner = item.owners.iter().any(|owner| owners.contains_key(&words(owner).replace('\n', " ")));
    let has_notes = item.has_global || item.records.iter().any(|(key, _)| !is_kept(key));
    let is_same = name == old_name && link == old_link && content == data && !has_new_owner && !has_notes;
    let old = octets.get(item.header..item.header + BLOCK).ok_or(Unwritable::Unreadable)?;
    if is_same {
        out.extend_from_slice(octets.get(item.before.clone()).unwrap_or_default());
        out.extend_from_slice(old);
    } else if item.kind == Kind::Sparse {
        return Err(Unwritable::Format);
    } else {
        header(item, old, &name, &link, content.len(), owners, out)?;
    }
    out.extend_from_slice(&content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    Ok(())
}

/// PAX records that stay when a header is written anew.
fn is_kept(key: &[u8]) -> bool {
    let kept: [&[u8]; 10] =
        [b"mtime", b"atime", b"ctime", b"uid", b"gid", b"path", b"linkpath", b"size", b"uname", b"gname"];
    kept.contains(&key) || key.starts_with(b"GNU.sparse.")
}

/// A header for what has changed; what does not fit into it stands in a PAX header before.
fn header(
    item: &Item<'_>,
    old: &[u8],
    name: &str,
    link: &str,
    size: usize,
    owners: &BTreeMap<String, String>,
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    let mut block = old.to_vec();
    let mut put = |from: usize, field: &[u8], room: usize| -> Result<(), Unwritable> {
        let place = block.get_mut(from..from + room).ok_or(Unwritable::Unreadable)?;
        place.fill(0);
        for (to, octet) in place.iter_mut().zip(field) {
            *to = *octet;
        }
        Ok(())
    };
    let mut records: Vec<(&str, String)> = Vec::new();
    for (key, word) in [(b"mtime", "mtime"), (b"atime", "atime"), (b"ctime", "ctime")] {
        if let Some((_, value)) = item.records.iter().find(|(k, _)| k == key) {
            records.push((word, words(value)));
        }
    }
    let is_ustar = old.get(257..264) == Some(b"ustar\x0000");
    put(0, name.as_bytes(), 100)?;
    if is_ustar {
        put(345, b"", 155)?;
    }
    if name.len() > 100 {
        records.push(("path", name.to_owned()));
    }
    put(157, link.as_bytes(), 100)?;
    if link.len() > 100 {
        records.push(("linkpath", link.to_owned()));
    }
    let size_field = format!("{size:011o}");
    if item.kind != Kind::Other || size > 0 {
        put(124, size_field.as_bytes(), 12)?;
    }
    for (owner, (from, word)) in item.owners.iter().zip([(265, "uname"), (297, "gname")]) {
        let old_owner = words(owner);
        let Some(new) = owners.get(&old_owner.replace('\n', " ")) else {
            if item.records.iter().any(|(key, _)| *key == word.as_bytes()) {
                records.push((word, old_owner));
            }
            continue;
        };
        put(from, new.as_bytes(), 32)?;
        if new.len() > 31 {
            records.push((word, new.clone()));
        }
    }
    checksum(&mut block)?;
    if !records.is_empty() {
        let body: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
        let mut before = vec![0; BLOCK];
        for (from, field) in [
            (0, &b"PaxHeader"[..]),
            (100, b"0000644\0"),
            (108, b"0000000\0"),
            (116, b"0000000\0"),
            (124, format!("{:011o}", body.len()).as_bytes()),
            (136, b"00000000000"),
            (156, b"x"),
            (257, b"ustar\x0000"),
        ] {
            let place = before.get_mut(from..from + field.len()).ok_or(Unwritable::Unreadable)?;
            place.copy_from_slice(field);
        }
        checksum(&mut before)?;
        out.extend(before);
        out.extend(body);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.extend(block);
    Ok(())
}

/// A record says its own length.
fn record(key: &str, value: &str) -> Vec<u8> {
    let bare = key.len() + value.len() + 3;
    let mut length = bare + 1;
    while length != bare + length.to_string().len() {
        length = bare + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

fn checksum(block: &mut [u8]) -> Result<(), Unwritable> {
    let field = block.get_mut(148..156).ok_or(Unwritable::Unreadable)?;
    field.fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    let field = block.get_mut(148..155).ok_or(Unwritable::Unreadable)?;
    field.copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Ok(())
}
