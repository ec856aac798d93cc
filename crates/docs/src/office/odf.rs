//! OpenDocument packages: text, sheets, slides, drawings (ODF 1.3).

use super::crypt::{Opened, encrypted_entries};
use super::flow::{Flow, Texts};
use super::ooxml::with_xml;
use super::package::Package;
use super::parts::{self, Kind, Office, Slot, Spans};
use super::sheet::is_hit;
use super::xml::{Tag, Token, walk};
use crate::budget::Budget;
use crate::mapped::Change;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::HashMap;
use std::ops::Range;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    parts::read(at, Format::Odf.or_declared(file), file, &mut Odf::new(file), reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    parts::rewrite(at, file, &mut Odf::new(file), writing)
}

struct Odf<'a> {
    passwords: &'a [String],
    opened: Opened,
}

impl<'a> Odf<'a> {
    fn new(file: &File<'a>) -> Odf<'a> {
        Odf { passwords: file.passwords, opened: Opened::default() }
    }
}

/// What entries are, by the end of their names or by the folder that they are in. The first that fits counts.
const NAMES: &[(&str, &str, Kind)] = &[
    ("mimetype", "mimetype", Kind::File),
    ("META-INF/manifest.xml", "manifest", Kind::Links),
    ("META-INF/documentsignatures.xml", "signature#", Kind::Spare),
    ("META-INF/macrosignatures.xml", "signature#", Kind::Spare),
    ("Thumbnails/", "thumbnail", Kind::Spare),
    ("ObjectReplacements/", "preview#", Kind::Spare),
    ("layout-cache", "layout", Kind::Spare),
    ("content.xml", "content#", Kind::Own),
    ("styles.xml", "styles#", Kind::Own),
    ("meta.xml", "meta#", Kind::Data),
    ("settings.xml", "settings#", Kind::Data),
    ("Basic/", "macro#", Kind::Flow),
];

impl Office for Odf<'_> {
    fn slots(&mut self, package: &Package<'_>, budget: &mut Budget) -> Vec<Slot> {
        let mut types = HashMap::new();
        with_xml(package, "META-INF/manifest.xml", budget, |token| {
            if let Token::Start(tag) = token
                && let (Some(name), Some(media_type)) = (tag.value("full-path"), tag.value("media-type"))
            {
                types.insert(name, media_type.to_ascii_lowercase());
            }
        });
        let encrypted = encrypted_entries(package, budget);
        let passwords = self.passwords.get(..budget.limits.passwords_max).unwrap_or(self.passwords);
        self.opened = Opened::new(package, &encrypted, passwords, budget);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let entries = package.entries.iter().enumerate();
        let slots = entries.map(|(nth, entry)| {
            let name = entry.name.as_str();
            let known = NAMES.iter().find(|(part, ..)| match part.ends_with('/') {
                true => name.starts_with(part),
                false => name == *part || name.ends_with(part) && name.ends_with(&format!("/{part}")),
            });
            let is_xml = [".xml", ".rdf", ".xlb", ".xdl"].iter().any(|end| name.ends_with(end));
            let (word, kind) = match known {
                Some((_, word, kind)) => (*word, *kind),
                None if is_xml => ("part#", Kind::Flow),
                None => ("", Kind::File),
            };
            let count = counts.entry(word).or_default();
            *count += 1;
            let path = match (word.strip_suffix('#'), *count) {
                _ if word.is_empty() => format!("!{}", nth + 1),
                (None, 1) => format!("!{word}"),
                (None, count) => format!("!{word}{count}"),
                // The document's own parts have no number: those of objects in it come after.
                (Some(many), _) if name == format!("{many}.xml") => format!("!{many}"),
                (Some(many), count) => format!("!{many}{count}"),
            };
            let is_closed = encrypted.contains_key(name) && !self.opened.has(nth);
            let kind = if is_closed { Kind::Opaque(Why::Encrypted) } else { kind };
            let media_type = types.get(name).filter(|found| !found.is_empty()).cloned();
            let otherwise = if is_xml { "application/xml" } else { "application/octet-stream" };
            Slot { path, kind, media_type: media_type.unwrap_or_else(|| otherwise.to_owned()) }
        });
        slots.collect()
    }

    fn unpacked(&self, nth: usize, budget: &mut Budget) -> Option<Result<Vec<u8>, Why>> {
        self.opened.unpacked(nth, budget)
    }

    fn texts(
        &mut self,
        _nth: usize,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        let content = content(source, budget, spans);
        (content.texts, content.firm)
    }
}

/// What content of a document gives.
pub(crate) struct Content {
    pub(crate) texts: Texts,
    /// Changes of structure that follow from what is replaced.
    pub(crate) firm: Vec<Change>,
    /// Where files in base64 stand.
    pub(crate) binaries: Vec<Range<usize>>,
}

/// The texts of a part with content. Cells of sheets hold their value in attributes besides the text that is shown.
pub(crate) fn content(source: &str, budget: &mut Budget, spans: &mut dyn FnMut(&str) -> Spans) -> Content {
    let limits = budget.limits;
    let (text_hits, attribute_hits) = (spans(""), spans("/attributes"));
    let mut flow = Flow::new(false);
    let mut cells: Vec<Option<Cell>> = Vec::new();
    let mut firm = Vec::new();
    let why = walk(source, &limits, |token| {
        let is_cell = |local: &str| matches!(local, "table-cell" | "covered-table-cell" | "change-track-table-cell");
        let before = flow.attributes_position();
        match &token {
            Token::Start(tag) if is_cell(tag.local) => {
                if !budget.cells(1) {
                    return Err(Why::OverLimit);
                }
                let start = flow.position();
                flow.see(&token);
                let cell = start.map(|start| Cell::of(tag, start, before..flow.attributes_position(), &flow));
                cells.push(cell.flatten());
            }
            Token::End(local, at) if is_cell(local) => {
                let end = flow.position();
                flow.see(&token);
                if let (Some(Some(cell)), Some(end)) = (cells.pop(), end) {
                    let is_text_hit = is_hit(&text_hits, &(cell.text_start..end));
                    firm.extend(cell.changes(is_text_hit, &attribute_hits, at));
                }
            }
            token => flow.see(token),
        }
        if flow.size_bytes() > limits.text_bytes_max { Err(Why::OverLimit) } else { Ok(()) }
    });
    let binaries = std::mem::take(&mut flow.binaries);
    Content { texts: Texts { texts: flow.finish(), why: why.err() }, firm, binaries }
}

/// A cell with a value.
struct Cell {
    text_start: usize,
    /// Behind its start tag.
    content_start: usize,
    /// Its attributes in the text of attributes.
    attributes: Range<usize>,
    is_empty: bool,
    /// Where its types stand.
    types: Vec<Range<usize>>,
    /// Values, whole with their names.
    values: Vec<Range<usize>>,
    formula: Option<Range<usize>>,
    /// Its formula in the text of attributes.
    formula_text: Range<usize>,
}

impl Cell {
    fn of(tag: &Tag<'_>, text_start: usize, attributes: Range<usize>, flow: &Flow) -> Option<Cell> {
        let whole = |local: &str| tag.attribute(local).map(|a| a.from..a.at.end + 1);
        let values = ["value", "date-value", "time-value", "boolean-value", "currency", "string-value"];
        let values: Vec<_> = values.iter().filter_map(|local| whole(local)).collect();
        let formula = whole("formula");
        if values.is_empty() && formula.is_none() {
            return None;
        }
        let types = tag.attributes.iter().filter(|a| a.local == "value-type").map(|a| a.at.clone()).collect();
        let text = flow.attributes_so_far(attributes.clone());
        let formula_text = tag.value("formula").and_then(|formula| {
            let at = attributes.start + text.find(&formula)?;
            Some(at..at + formula.len())
        });
        Some(Cell {
            text_start,
            content_start: tag.at.end,
            attributes,
            is_empty: tag.is_empty,
            types,
            values,
            formula,
            formula_text: formula_text.unwrap_or(0..0),
        })
    }

    /// Once its text is another, it is no number or date any more, and no formula may make the old one anew.
    fn changes(self, is_text_hit: bool, attribute_hits: &Spans, end: &Range<usize>) -> Vec<Change> {
        let is_attribute_hit = is_hit(attribute_hits, &self.attributes);
        if !is_text_hit && !is_attribute_hit {
            return Vec::new();
        }
        let mut changes: Vec<Change> = self.formula.into_iter().map(|at| (at, Vec::new())).collect();
        let is_formula_hit = is_hit(attribute_hits, &self.formula_text);
        if is_text_hit || !is_formula_hit {
            changes.extend(self.types.into_iter().map(|at| (at, b"string".to_vec())));
            changes.extend(self.values.into_iter().map(|at| (at, Vec::new())));
        }
        if !is_text_hit && !is_formula_hit && !self.is_empty {
            // The value shows through what is shown of it.
            changes.push((self.content_start..end.start, Vec::new()));
        }
        changes
    }
}
