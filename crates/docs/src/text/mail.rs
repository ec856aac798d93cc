//! A message (RFC 5322) and its parts (RFC 2046): header fields decoded, bodies and attachments as members.

mod fields;
mod tree;
mod write;

pub(crate) use write::rewrite;

use crate::reading::Reading;
use crate::text::sections;
use crate::{File, Format, Why};
use std::borrow::Cow;
use tree::{Coding, Kind, Node};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let octets = file.octets;
    let nodes = tree::nodes(octets, reading.limits().members_max);
    let inner: usize = nodes.iter().filter(|node| node.kind != Kind::Multipart).map(|node| node.body.len()).sum();
    reading.decoded(octets.len().saturating_sub(inner) as u64);
    for (nth, node) in nodes.iter().enumerate() {
        let member = member_at(at, nth);
        let header = fields::sections(octets, &node.header).into_iter();
        if nth == 0 {
            reading.text(&format!("{at}!header"), "text/rfc822-headers", sections::text(header), 0);
        } else if !node.header.is_empty() && !node.is_plain {
            reading.text(&format!("{member}/header"), "text/rfc822-headers", sections::text(header), 0);
        }
        body(&member, octets, node, reading);
    }
    if nodes.len() > reading.limits().members_max {
        reading.opaque(&format!("{at}!rest"), Format::Mail.media_type(), Why::OverLimit, 0);
    }
}

/// The body of the message itself is `!1`; parts count on.
fn member_at(at: &str, nth: usize) -> String {
    format!("{at}!{}", nth.max(1))
}

fn body(at: &str, octets: &[u8], node: &Node, reading: &mut Reading<'_>) {
    let raw = octets.get(node.body.clone()).unwrap_or_default();
    match node.kind {
        Kind::Multipart => {}
        Kind::TooDeep => reading.opaque(at, &node.media_type, Why::OverLimit, raw.len() as u64),
        Kind::Loose if raw.trim_ascii().is_empty() => reading.decoded(raw.len() as u64),
        Kind::Loose | Kind::Leaf => {
            if !reading.budget.member() {
                reading.opaque(at, &node.media_type, Why::OverLimit, raw.len() as u64);
                return;
            }
            let (content, media_type) = (node.decode(raw), node.declared(raw));
            let part =
                File { octets: &content, name: &node.name, media_type: &media_type, passwords: reading.passwords };
            reading.embedded(at, &part);
            if node.is_ambiguous || node.coding == Coding::Base64 && crate::text::transfer::has_junk(raw) {
                let part = File { octets: raw, name: "", media_type: "text/plain", passwords: reading.passwords };
                reading.embedded(&format!("{at}~2"), &part);
            }
        }
    }
}

impl Node {
    fn decode<'o>(&self, raw: &'o [u8]) -> Cow<'o, [u8]> {
        match self.coding {
            Coding::Plain => Cow::Borrowed(raw),
            Coding::Base64 => Cow::Owned(crate::text::transfer::base64(raw)),
            Coding::Quoted => Cow::Owned(crate::text::transfer::quoted_printable(raw)),
        }
    }

    /// Its type with its charset. A text of ASCII that names none is to stay one.
    fn declared(&self, raw: &[u8]) -> String {
        match &self.charset {
            Some(charset) => format!("{}; charset={charset}", self.media_type),
            None if self.media_type.starts_with("text/") && raw.is_ascii() => {
                format!("{}; charset=us-ascii", self.media_type)
            }
            None => self.media_type.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
