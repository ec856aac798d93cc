//! EPUB (EPUB 3.3): chapters in XHTML, metadata, contents.

use super::flow::{Flow, Texts};
use super::ooxml::with_xml;
use super::package::Package;
use super::parts::{self, Kind, Office, Slot, Spans};
use super::xml::Token;
use crate::budget::Budget;
use crate::mapped::Change;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::{BTreeSet, HashMap};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    parts::read(at, Format::Epub.or_declared(file), file, &mut Epub, reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    parts::rewrite(at, file, &mut Epub, writing)
}

struct Epub;

impl Office for Epub {
    fn slots(&mut self, package: &Package<'_>, budget: &mut Budget) -> Vec<Slot> {
        let mut encrypted = BTreeSet::new();
        with_xml(package, "META-INF/encryption.xml", budget, |token| {
            if let Token::Start(tag) = token
                && tag.local == "CipherReference"
            {
                encrypted.extend(tag.value("URI"));
            }
        });
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let entries = package.entries.iter().enumerate();
        let slots = entries.map(|(nth, entry)| {
            let name = entry.name.to_ascii_lowercase();
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let (word, kind, media_type) = match extension {
                _ if name == "mimetype" => ("mimetype", Kind::File, "text/plain"),
                "opf" => ("package", Kind::Data, "application/oebps-package+xml"),
                "ncx" => ("contents", Kind::Flow, "application/x-dtbncx+xml"),
                "xhtml" | "htm" | "html" => ("chapter", Kind::Flow, "application/xhtml+xml"),
                "xml" => ("part", Kind::Flow, "application/xml"),
                _ => ("", Kind::File, "application/octet-stream"),
            };
            let count = counts.entry(word).or_default();
            *count += 1;
            let path = if word.is_empty() { format!("!{}", nth + 1) } else { format!("!{word}{count}") };
            let kind = if encrypted.contains(&entry.name) { Kind::Opaque(Why::Encrypted) } else { kind };
            Slot { path, kind, media_type: media_type.to_owned() }
        });
        slots.collect()
    }

    fn texts(
        &mut self,
        _nth: usize,
        source: &str,
        budget: &mut Budget,
        _spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        (Flow::texts(source, &budget.limits, false), Vec::new())
    }
}
