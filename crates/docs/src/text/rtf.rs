//! Rich Text Format (RTF 1.9.1, MS-OXRTFEX): what is seen, what stands beside it, and what is stored in it.

mod destinations;
mod token;
mod walk;

use crate::legacy::ole;
use crate::mapped::splice;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use destinations::{Kind, Out};
use walk::{Data, Walk};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let media_type = Format::Rtf.or_declared(file);
    let walk = Walk::new(file.octets, reading.limits().depth_max).whole();
    let stored: usize = walk.data.iter().map(Data::source_bytes).sum();
    reading.decoded(stored as u64);
    let mut size = file.octets.len().saturating_sub(stored) as u64;
    for (out, text) in Out::ALL.iter().zip(walk.outs) {
        // The body is there even if it is empty.
        if *out == Out::Body || !text.text().trim().is_empty() {
            let media_type = if *out == Out::Body { media_type } else { "text/plain" };
            reading.text(&format!("{at}{}", out.path()), media_type, text.into_text(), std::mem::take(&mut size));
        }
    }
    for (nth, data) in walk.data.iter().enumerate() {
        let at = member(at, nth);
        if !reading.budget.member() {
            reading.opaque(&at, "application/octet-stream", Why::OverLimit, data.source_bytes() as u64 / 2);
            continue;
        }
        let octets = data.decoded(file.octets);
        match data.kind {
            Kind::Object => ole::embedded(&at, &octets, reading),
            Kind::Picture | Kind::Stored => {
                reading.embedded(
                    &at,
                    &File { octets: &octets, name: "", media_type: data.media_type, passwords: reading.passwords },
                );
            }
        }
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let walk = Walk::new(file.octets, writing.budget.limits.depth_max).whole();
    let mut changes = Vec::new();
    for (out, text) in Out::ALL.iter().zip(&walk.outs) {
        changes.extend(text.changes(writing.edits(&format!("{at}{}", out.path())), escaped)?);
    }
    for (start, octets) in changes.iter_mut().map(|(span, octets)| (span.start, octets)) {
        // Nothing parts the text from the control word before it: what comes instead could become part of that.
        if walk.joints.binary_search(&start).is_ok() {
            octets.insert(0, b' ');
        }
    }
    for (nth, data) in walk.data.iter().enumerate() {
        let at = member(at, nth);
        if writing.is_removed(&at) {
            changes.push((data.group.clone(), Vec::new()));
        } else if writing.touches(&at) {
            if data.kind == Kind::Object {
                return Err(Unwritable::Format);
            }
            let octets = data.decoded(file.octets);
            let inner = File { octets: &octets, name: "", media_type: data.media_type, passwords: writing.passwords };
            changes.extend(data.replaced(&writing.embedded(&at, &inner)?)?);
        }
    }
    changes.sort_by_key(|(span, _)| span.start);
    splice(file.octets, &changes)
}

fn member(at: &str, nth: usize) -> String {
    format!("{at}!{}", nth + 1)
}

/// Text as RTF has it; what is not ASCII in a group of its own, so that no fallback is due.
fn escaped(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '{' | '}' => out.extend(['\\', c]),
            '\n' => out.push_str("\\line "),
            '\t' => out.push_str("\\tab "),
            ' '..='~' => out.push(c),
            _ if c.is_control() => {}
            _ => {
                out.push_str("{\\uc0");
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{}", *unit as i16));
                }
                out.push_str(" }");
            }
        }
    }
    out.into_bytes()
}
