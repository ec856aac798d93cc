//! Writes a message anew: fields and bodies are replaced where they stand.

use super::tree::{Coding, Kind, Node};
use super::{fields, member_at, tree};
use crate::mapped::splice;
use crate::text::{sections, transfer};
use crate::writing::Writing;
use crate::{File, Unwritable};
use std::ops::Range;

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let octets = file.octets;
    let nodes = tree::nodes(octets, writing.budget.limits.members_max);
    let mut changes: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    // What is in a part that is left out is left out too.
    let mut gone = 0;
    for (nth, node) in nodes.iter().enumerate() {
        let member = member_at(at, nth);
        if node.outer.start < gone {
            writing.left_out(&member);
            continue;
        }
        // The message as a whole has no place of its own.
        let is_removed = (nth > 0 || node.kind != Kind::Multipart) && writing.is_removed(&member);
        if is_removed {
            writing.left_out(&member);
            if nth > 0 && node.has_siblings {
                gone = node.outer.end;
                changes.push((node.outer.clone(), Vec::new()));
                continue;
            }
            if node.kind != Kind::Multipart {
                changes.push((node.body.clone(), Vec::new()));
            } else {
                return Err(Unwritable::Format);
            }
        }
        let header_at = if nth == 0 { format!("{at}!header") } else { format!("{member}/header") };
        let mut header = octets.get(node.header.clone()).unwrap_or_default().to_vec();
        let edits = writing.edits(&header_at);
        if !edits.is_empty() {
            let sections = fields::sections(&header, &(0..header.len()));
            header =
                sections::rewritten(&header, sections.into_iter(), edits, |code, text| fields::encode(*code, text))?;
        }
        let is_body = !matches!(node.kind, Kind::Multipart | Kind::TooDeep);
        if is_body && !is_removed && writing.touches(&member) {
            let raw = octets.get(node.body.clone()).unwrap_or_default();
            let (body, coding) = body(&member, raw, node, writing)?;
            if coding != node.coding {
                header = with_coding(octets, node, header)?;
            }
            changes.push((node.body.clone(), body));
        }
        changes.push((node.header.clone(), header));
    }
    changes.sort_by_key(|(at, _)| (at.start, at.end));
    splice(octets, &changes)
}

/// The new body and how it is coded.
fn body(at: &str, raw: &[u8], node: &Node, writing: &mut Writing<'_>) -> Result<(Vec<u8>, Coding), Unwritable> {
    if node.is_ambiguous || node.coding == Coding::Base64 && transfer::has_junk(raw) {
        return Err(Unwritable::Ambiguous);
    }
    let content = node.decode(raw);
    let media_type = node.declared(raw);
    let part = File { octets: &content, name: &node.name, media_type: &media_type, passwords: writing.passwords };
    let new = writing.embedded(at, &part)?;
    let end: &[u8] = if memchr::memmem::find(raw, b"\r\n").is_some() { b"\r\n" } else { b"\n" };
    Ok(match node.coding {
        Coding::Base64 => {
            let mut coded = transfer::to_base64(&new, 76, end);
            if raw.ends_with(b"\n") {
                coded.extend_from_slice(end);
            }
            (coded, Coding::Base64)
        }
        Coding::Quoted => (transfer::to_quoted_printable(&new, end), Coding::Quoted),
        // Octets beyond ASCII have come where none were.
        Coding::Plain if raw.is_ascii() && !new.is_ascii() => {
            (transfer::to_quoted_printable(&new, end), Coding::Quoted)
        }
        Coding::Plain => (new, Coding::Plain),
    })
}

/// A header that says quoted-printable. It must be as it was but for that.
fn with_coding(octets: &[u8], node: &Node, header: Vec<u8>) -> Result<Vec<u8>, Unwritable> {
    const WORD: &[u8] = b"quoted-printable";
    let old = octets.get(node.header.clone()).unwrap_or_default();
    let end: &[u8] = if old.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    match &node.coding_at {
        Some(at) => {
            // Found anew: other fields may have changed before it.
            let told = fields::Known::read(&header, &(0..header.len())).coding_at.ok_or(Unwritable::NoSuchPlace)?;
            debug_assert_eq!(told.len(), at.len());
            splice(&header, &[(told, WORD.to_vec())])
        }
        None if header.is_empty() => Err(Unwritable::Format),
        None => Ok([header.as_slice(), b"Content-Transfer-Encoding: ", WORD, end].concat()),
    }
}
