//! The parts of a package, read and written: what every office format does alike.

use super::flow::{Flow, Texts};
use super::package::{Entry, Out, Package};
use super::xml::{Token, changed, decoded, escaped, unescaped, walk};
use crate::budget::Budget;
use crate::mapped::Change;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Limits, Unwritable, Why};
use std::collections::BTreeSet;
use std::ops::Range;

/// What an entry of a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// XML whose text flows.
    Flow,
    /// XML with data: names of elements tell what their texts are.
    Data,
    /// XML that names other entries.
    Links,
    /// XML that the format reads in its own way.
    Own,
    /// A file in its own right.
    File,
    /// A file, and what it tells stands elsewhere too: written packages do without.
    Spare,
    /// The same, unless nothing in it is changed.
    SpareIfChanged,
    /// Only named.
    Opaque(Why),
}

/// An entry's place in the texts of the package.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// Behind the path of the package.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) media_type: String,
}

/// Spans of a text that are to be replaced.
pub(crate) type Spans = Vec<Range<usize>>;

/// An office format made of a package.
pub(crate) trait Office {
    /// What each entry is. The budget is the package's.
    fn slots(&mut self, package: &Package<'_>, budget: &mut Budget) -> Vec<Slot>;

    /// The octets of an entry that the format decrypted; `None` if it did not.
    fn unpacked(&self, nth: usize, budget: &mut Budget) -> Option<Result<Vec<u8>, Why>> {
        let _ = (nth, budget);
        None
    }

    /// The texts of a part of its own kind. `spans` gives what is to be replaced in each, if anything is; then changes of
    /// structure that follow from that come along.
    fn texts(
        &mut self,
        nth: usize,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>);

    /// Changes beyond the end of a part's own source, which are of a part that it shares.
    fn shared(&mut self, source_bytes: usize, changes: Vec<Change>) {
        let _ = (source_bytes, changes);
    }

    /// The part that is shared. It is read after all others.
    fn shared_at(&self) -> Option<usize> {
        None
    }

    /// What the other parts change in it.
    fn shared_changes(&mut self) -> Vec<Change> {
        Vec::new()
    }
}

/// Gives the texts of a package.
pub(crate) fn read(at: &str, media_type: &str, file: &File<'_>, office: &mut dyn Office, reading: &mut Reading<'_>) {
    let size = file.octets.len() as u64;
    let package = match Package::open(file.octets, &mut reading.budget) {
        Ok(package) => package,
        Err(why) => return reading.opaque(at, media_type, why, size),
    };
    reading.decoded(size);
    let slots = office.slots(&package, &mut reading.budget);
    for (nth, entry, slot) in in_order(&package, &slots, office) {
        let path = format!("{at}{}", slot.path);
        if !is_usual(&entry.name) {
            reading.text(&format!("{path}/name"), "text/plain", entry.name.clone(), 0);
        }
        if let Kind::Opaque(why) = slot.kind {
            reading.opaque(&path, &slot.media_type, why, entry.packed.len() as u64);
            if reading.budget.is_watching() && entry.unpacked(&mut reading.budget) == Err(Why::OverLimit) {
                reading.budget.show_failed();
            }
            continue;
        }
        let decrypted = office.unpacked(nth, &mut reading.budget).map(|octets| octets.map(|octets| (octets, 0)));
        match decrypted.unwrap_or_else(|| entry.unpacked(&mut reading.budget)) {
            Ok((octets, left)) => {
                if left > 0 {
                    reading.opaque(&format!("{path}/rest"), "application/octet-stream", Why::Unsupported, left as u64);
                }
                part(&path, nth, slot, entry, &octets, office, reading);
            }
            Err(why) => reading.opaque(&path, &slot.media_type, why, entry.packed.len() as u64),
        }
    }
    for (nth, outside) in package.outside.iter().enumerate() {
        let file = File { octets: outside, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!outside{}", nth + 1), &file);
    }
}

/// Gives the texts of one part.
fn part(
    path: &str,
    nth: usize,
    slot: &Slot,
    entry: &Entry<'_>,
    octets: &[u8],
    office: &mut dyn Office,
    reading: &mut Reading<'_>,
) {
    let mut size = octets.len() as u64;
    let limits = reading.limits();
    let texts = match kind_of(slot, octets) {
        Kind::Flow | Kind::Links => Flow::texts(&decoded(octets).0, &limits, false),
        Kind::Data => Flow::texts(&decoded(octets).0, &limits, true),
        Kind::Own => office.texts(nth, &decoded(octets).0, &mut reading.budget, &mut |_| Spans::new()).0,
        Kind::File | Kind::Spare | Kind::SpareIfChanged | Kind::Opaque(_) => {
            if size == 0 {
                return;
            }
            let media_type = if slot.media_type == "application/octet-stream" { "" } else { &slot.media_type };
            let file = File { octets, name: base_name(&entry.name), media_type, passwords: reading.passwords };
            return reading.embedded(path, &file);
        }
    };
    let is_lost =
        matches!(texts.why, Some(Why::Malformed)) && texts.texts.iter().all(|(_, text)| is_blank(text.text()));
    if is_lost && !octets.iter().all(u8::is_ascii_whitespace) {
        // No XML at all: whatever it is, it is read as that.
        let file = File { octets, name: base_name(&entry.name), media_type: "", passwords: reading.passwords };
        reading.embedded(path, &file);
        return reading.opaque(&format!("{path}/rest"), &slot.media_type, Why::Malformed, 0);
    }
    for (suffix, text) in texts.texts {
        if !is_blank(text.text()) {
            reading.text(&format!("{path}{suffix}"), &slot.media_type, text.into_text(), std::mem::take(&mut size));
        }
    }
    match texts.why {
        Some(why) => reading.opaque(&format!("{path}/rest"), &slot.media_type, why, size),
        None => reading.decoded(size),
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_whitespace())
}

/// What an entry is, now that its octets are known: what is named as XML and is none is a file.
fn kind_of(slot: &Slot, octets: &[u8]) -> Kind {
    let is_xml = || {
        let head = octets.get(..octets.len().min(64)).unwrap_or_default();
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let is_wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'<', ..]);
        is_wide || head.iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| *b == b'<')
    };
    match slot.kind {
        Kind::Flow | Kind::Data | Kind::Links | Kind::Own if !is_xml() => Kind::File,
        kind => kind,
    }
}

/// Is an entry's name one that a program gave: words and numbers of the format?
fn is_usual(name: &str) -> bool {
    let letters = |part: &str| {
        let stem = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - stem.len() <= 5 && stem.bytes().all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b))
    };
    let known = ["Object ", "Configurations2/", "docProps/", "_rels/", "[Content_Types].xml", "Pictures/"];
    known.iter().any(|known| name.starts_with(known) || name.contains("/_rels/"))
        || name.split(['/', '.']).all(|part| part.len() <= 40 && letters(part))
}

pub(crate) fn base_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Writes a package with changes.
pub(crate) fn rewrite(
    at: &str,
    file: &File<'_>,
    office: &mut dyn Office,
    writing: &mut Writing<'_>,
) -> Result<Vec<u8>, Unwritable> {
    let package = Package::open(file.octets, &mut writing.budget).map_err(|_| Unwritable::Unreadable)?;
    if package.is_ambiguous {
        return Err(Unwritable::Ambiguous);
    }
    let slots = office.slots(&package, &mut writing.budget);
    for nth in 0..package.outside.len() {
        // What stands outside is not kept.
        writing.left_out(&format!("{at}!outside{}", nth + 1));
    }
    let mut dropped = BTreeSet::new();
    for (entry, slot) in package.entries.iter().zip(&slots) {
        let path = format!("{at}{}", slot.path);
        let is_dropped = match slot.kind {
            Kind::Spare => true,
            Kind::SpareIfChanged => writing.touches(&path),
            _ => false,
        };
        if is_dropped {
            writing.left_out(&path);
            dropped.insert(entry.name.to_ascii_lowercase());
        }
    }
    let mut changes = vec![None; slots.len()];
    // Which strings no cell uses, only all sheets can tell.
    let shared = office.shared_at();
    let needs_all =
        shared.and_then(|nth| slots.get(nth)).is_some_and(|slot| writing.touches(&format!("{at}{}", slot.path)));
    for (nth, entry, slot) in in_order(&package, &slots, office) {
        let path = format!("{at}{}", slot.path);
        let more = if shared == Some(nth) { office.shared_changes() } else { Vec::new() };
        let is_kept = !dropped.contains(&entry.name.to_ascii_lowercase());
        let is_touched = writing.touches(&path)
            || slot.kind == Kind::Links && !dropped.is_empty()
            || slot.kind == Kind::Own && needs_all
            || !more.is_empty();
        if is_kept && is_touched {
            let octets = rewritten(&path, nth, slot, entry, &dropped, more, office, writing)?;
            if let Some(change) = changes.get_mut(nth) {
                *change = Some(octets);
            }
        }
    }
    let mut out = Out::default();
    for (entry, change) in package.entries.iter().zip(&changes) {
        match change {
            _ if dropped.contains(&entry.name.to_ascii_lowercase()) => {}
            Some(octets) => out.changed(entry, octets)?,
            None => out.kept(entry)?,
        }
    }
    out.finish()
}

/// The entries with their slots, the shared one last.
fn in_order<'p, 'a>(
    package: &'p Package<'a>,
    slots: &'p [Slot],
    office: &dyn Office,
) -> Vec<(usize, &'p Entry<'a>, &'p Slot)> {
    let mut all: Vec<_> =
        package.entries.iter().zip(slots).enumerate().map(|(nth, (entry, slot))| (nth, entry, slot)).collect();
    let shared = office.shared_at();
    all.sort_by_key(|(nth, ..)| Some(*nth) == shared);
    all
}

/// The octets that an entry has from now on; `more` changes of it come from other parts.
#[allow(clippy::too_many_arguments)]
fn rewritten(
    path: &str,
    nth: usize,
    slot: &Slot,
    entry: &Entry<'_>,
    dropped: &BTreeSet<String>,
    more: Vec<Change>,
    office: &mut dyn Office,
    writing: &mut Writing<'_>,
) -> Result<Vec<u8>, Unwritable> {
    if office.unpacked(nth, &mut writing.budget).is_some() {
        return Err(Unwritable::Format);
    }
    if let Kind::Opaque(_) = slot.kind {
        return if writing.is_removed(path) { Ok(Vec::new()) } else { Err(Unwritable::Format) };
    }
    let (octets, left) = entry.unpacked(&mut writing.budget).map_err(|_| Unwritable::Unreadable)?;
    if left > 0 {
        writing.left_out(&format!("{path}/rest"));
    }
    let kind = kind_of(slot, &octets);
    if matches!(kind, Kind::File | Kind::Spare | Kind::SpareIfChanged) {
        if writing.is_removed(path) {
            writing.left_out(path);
            return Ok(Vec::new());
        }
        let media_type = if slot.media_type == "application/octet-stream" { "" } else { &slot.media_type };
        let file = File { octets: &octets, name: base_name(&entry.name), media_type, passwords: writing.passwords };
        return writing.embedded(path, &file);
    }
    let (source, _) = decoded(&octets);
    let limits = writing.budget.limits;
    let (texts, mut firm) = match kind {
        Kind::Own => {
            let mut spans = |suffix: &str| {
                let edits = writing.edits(&format!("{path}{suffix}"));
                edits.iter().map(|(span, _)| span.clone()).collect()
            };
            let mut budget = Budget::new(&limits);
            office.texts(nth, &source, &mut budget, &mut spans)
        }
        kind => (Flow::texts(&source, &limits, kind == Kind::Data), Vec::new()),
    };
    if texts.why.is_some() {
        return Err(Unwritable::Unreadable);
    }
    if kind == Kind::Links && !dropped.is_empty() {
        firm.extend(unlinked(&source, &entry.name, dropped, &limits));
    }
    let encode = |text: &str| escaped(text);
    let encode_link = |text: &str| escaped(&as_link(text));
    let mut soft = more;
    for (suffix, text) in &texts.texts {
        let own = format!("{path}{suffix}");
        if writing.is_removed(&own) {
            let all = [(0..text.text().len(), "")];
            let _ = writing.edits(&own);
            soft.extend(text.changes(&all, encode)?);
            continue;
        }
        let edits = writing.edits(&own);
        soft.extend(match kind {
            Kind::Links => text.changes(edits, encode_link)?,
            _ => text.changes(edits, encode)?,
        });
    }
    let beyond: Vec<Change>;
    (beyond, soft) = soft.into_iter().partition(|(at, _)| at.start >= source.len() && !at.is_empty());
    office.shared(source.len(), beyond);
    changed(&source, soft, firm)
}

/// Text as it may stand in the address that a link has.
fn as_link(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        match b {
            b if b.is_ascii_alphanumeric() || b"-._~@:/?#=&+".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// Takes the elements out that name entries which are left out.
fn unlinked(source: &str, name: &str, dropped: &BTreeSet<String>, limits: &Limits) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut open: Option<usize> = None;
    // Problems show when the texts of the part are taken.
    let _ = walk(source, limits, |token| {
        match token {
            Token::Start(tag) => {
                let target = match tag.local {
                    "Relationship" => tag.raw("Target").map(|target| resolved(name, &unescaped(target))),
                    "Override" => tag.raw("PartName").map(|name| unescaped(name).trim_start_matches('/').to_owned()),
                    "file-entry" => tag.raw("full-path").map(unescaped),
                    "item" => tag.raw("href").map(|target| joined_path(folder(name), &unescaped(target))),
                    _ => None,
                };
                if target.is_some_and(|target| dropped.contains(&target.to_ascii_lowercase())) {
                    match tag.is_empty {
                        true => changes.push((tag.at.clone(), Vec::new())),
                        false => open = Some(tag.at.start),
                    }
                }
            }
            Token::End(_, at) if !at.is_empty() => {
                if let Some(start) = open.take() {
                    changes.push((start..at.end, Vec::new()));
                }
            }
            _ => {}
        }
        Ok(())
    });
    changes
}

/// The name of the entry that a relationship of a part points to.
pub(crate) fn resolved(rels: &str, target: &str) -> String {
    // `a/_rels/b.xml.rels` tells of `a/b.xml`.
    joined_path(folder(rels).strip_suffix("_rels/").unwrap_or_default(), target)
}

/// The folder of an entry, with the slash.
pub(crate) fn folder(name: &str) -> &str {
    name.get(..name.len() - base_name(name).len()).unwrap_or_default()
}

/// A path relative to a folder.
pub(crate) fn joined_path(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
