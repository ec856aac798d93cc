//! Packages of Office Open XML (ECMA-376): which part is what, told by content types, else by names.

use super::flow::Texts;
use super::package::Package;
use super::parts::{Kind, Office, Slot, Spans, base_name, folder, resolved};
use super::sheet::Book;
use super::xml::{Token, decoded, walk};
use crate::Why;
use crate::budget::Budget;
use crate::mapped::Change;
use std::collections::{BTreeMap, HashMap};

/// Words in a content type, the word in the path, what it is. The first that fits counts. In the second column a name that ends
/// in `#` is one of many.
const TYPES: &[(&str, &str, Kind)] = &[
    ("wordprocessingml.document.main", "document", Kind::Flow),
    ("wordprocessingml.template.main", "document", Kind::Flow),
    ("ms-word.document.macroenabled.main", "document", Kind::Flow),
    ("ms-word.template.macroenabledtemplate.main", "document", Kind::Flow),
    ("document.glossary", "glossary", Kind::Flow),
    ("wordprocessingml.header", "header#", Kind::Flow),
    ("wordprocessingml.footer", "footer#", Kind::Flow),
    ("wordprocessingml.footnotes", "footnotes", Kind::Flow),
    ("wordprocessingml.endnotes", "endnotes", Kind::Flow),
    ("wordprocessingml.comments+", "comments", Kind::Flow),
    ("threadedcomments", "threaded#", Kind::Flow),
    ("presentationml.commentauthors", "authors", Kind::Flow),
    ("powerpoint.authors", "authors", Kind::Flow),
    ("comments", "comments#", Kind::Flow),
    ("person", "people", Kind::Flow),
    ("people", "people", Kind::Flow),
    ("settings+", "settings#", Kind::Flow),
    ("core-properties", "meta", Kind::Data),
    ("extended-properties", "properties", Kind::Data),
    ("custom-properties", "custom", Kind::Data),
    ("customxmlproperties", "dataproperties#", Kind::Flow),
    ("sharedstrings", "strings", Kind::Own),
    ("worksheet+", "sheet#", Kind::Own),
    ("macrosheet", "sheet#", Kind::Own),
    ("dialogsheet", "sheet#", Kind::Own),
    ("chartsheet", "chartsheet#", Kind::Flow),
    ("sheet.main", "workbook", Kind::Own),
    ("sheet.macroenabled.main", "workbook", Kind::Own),
    ("excel.template.macroenabled.main", "workbook", Kind::Own),
    ("excel.addin.macroenabled.main", "workbook", Kind::Own),
    ("spreadsheetml.template.main", "workbook", Kind::Own),
    ("calcchain", "calcchain", Kind::Spare),
    ("pivotcachedefinition", "pivot#", Kind::Flow),
    ("pivotcacherecords", "records#", Kind::Flow),
    ("pivottable", "pivottable#", Kind::Flow),
    ("externallink", "external#", Kind::Flow),
    ("spreadsheetml.table+", "table#", Kind::Flow),
    ("querytable", "query#", Kind::Flow),
    ("connections", "connections", Kind::Flow),
    ("slidelayout", "layout#", Kind::Flow),
    ("slidemaster", "master#", Kind::Flow),
    ("notesslide", "notes#", Kind::Flow),
    ("notesmaster", "notesmaster#", Kind::Flow),
    ("handoutmaster", "handout#", Kind::Flow),
    ("presentationml.slide+", "slide#", Kind::Flow),
    ("presentation.main", "presentation", Kind::Flow),
    ("presentation.macroenabled.main", "presentation", Kind::Flow),
    ("slideshow.main", "presentation", Kind::Flow),
    ("slideshow.macroenabled.main", "presentation", Kind::Flow),
    ("presentationml.template.main", "presentation", Kind::Flow),
    ("powerpoint.template.macroenabled.main", "presentation", Kind::Flow),
    ("presentationml.tags", "tags#", Kind::Flow),
    ("drawingml.chart", "chart#", Kind::Flow),
    ("diagramdata", "diagram#", Kind::Flow),
    ("drawing+", "drawing#", Kind::Flow),
    ("vmldrawing", "vml#", Kind::Flow),
    ("relationships+", "rels#", Kind::Links),
    ("digital-signature", "signature#", Kind::Spare),
    ("vbaproject", "macros", Kind::SpareIfChanged),
];

/// The same for parts whose content type says nothing: words in their names.
const NAMES: &[(&str, &str, Kind)] = &[
    ("[content_types].xml", "types", Kind::Links),
    (".rels", "rels#", Kind::Links),
    ("docprops/thumbnail", "thumbnail", Kind::Spare),
    ("docprops/core.xml", "meta", Kind::Data),
    ("docprops/app.xml", "properties", Kind::Data),
    ("docprops/custom.xml", "custom", Kind::Data),
    ("_xmlsignatures/", "signature#", Kind::Spare),
    ("word/document", "document", Kind::Flow),
    ("word/header", "header#", Kind::Flow),
    ("word/footer", "footer#", Kind::Flow),
    ("word/footnotes", "footnotes", Kind::Flow),
    ("word/endnotes", "endnotes", Kind::Flow),
    ("word/comments", "comments#", Kind::Flow),
    ("xl/workbook.xml", "workbook", Kind::Own),
    ("xl/worksheets/", "sheet#", Kind::Own),
    ("xl/sharedstrings", "strings", Kind::Own),
    ("ppt/presentation.xml", "presentation", Kind::Flow),
    ("ppt/slides/", "slide#", Kind::Flow),
    ("ppt/notesslides/", "notes#", Kind::Flow),
    ("customxml/item", "data#", Kind::Data),
    ("thumbnail", "thumbnail", Kind::Spare),
    ("vbaproject.bin", "macros", Kind::SpareIfChanged),
];

/// A package of Word, Excel or PowerPoint.
#[derive(Default)]
pub(crate) struct Ooxml {
    book: Book,
}

impl Office for Ooxml {
    fn slots(&mut self, package: &Package<'_>, budget: &mut Budget) -> Vec<Slot> {
        let types = content_types(package, budget);
        let kinds: Vec<(String, &str, Kind)> =
            package.entries.iter().map(|entry| classified(&entry.name, entry.is_folder(), &types)).collect();
        let order = order(package, &kinds, budget);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut slots: Vec<Option<Slot>> = vec![None; kinds.len()];
        let rest: Vec<usize> = (0..kinds.len()).filter(|nth| !order.contains(nth)).collect();
        for nth in order.into_iter().chain(rest) {
            let Some((media_type, word, kind)) = kinds.get(nth) else { continue };
            let path = match word.strip_suffix('#') {
                _ if word.is_empty() => format!("!{}", nth + 1),
                many => {
                    let count = counts.entry(word).or_default();
                    *count += 1;
                    match (many, *count) {
                        (Some(many), count) => format!("!{many}{count}"),
                        (None, 1) => format!("!{word}"),
                        (None, count) => format!("!{word}{count}"),
                    }
                }
            };
            if let Some(slot) = slots.get_mut(nth) {
                *slot = Some(Slot { path, kind: *kind, media_type: media_type.clone() });
            }
        }
        let slots: Vec<Slot> = slots.into_iter().flatten().collect();
        self.book.open(package, &slots, budget);
        slots
    }

    fn texts(
        &mut self,
        nth: usize,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        self.book.texts(nth, source, budget, spans)
    }

    fn shared(&mut self, source_bytes: usize, changes: Vec<Change>) {
        self.book.shared(source_bytes, changes);
    }

    fn shared_at(&self) -> Option<usize> {
        self.book.shared_at()
    }

    fn shared_changes(&mut self) -> Vec<Change> {
        self.book.shared_changes()
    }
}

/// What an entry is: its content type, the word in its path (none: its number), its kind.
fn classified(name: &str, is_folder: bool, types: &ContentTypes) -> (String, &'static str, Kind) {
    let lower = name.to_ascii_lowercase();
    let content_type = types.of(&lower);
    let by_type = TYPES.iter().find(|(needle, ..)| content_type.contains(needle));
    let by_name = || NAMES.iter().find(|(needle, ..)| lower.contains(needle));
    let is_xml = content_type.ends_with("xml") || [".xml", ".rels", ".vml"].iter().any(|end| lower.ends_with(end));
    let media_type = match content_type {
        "" if is_xml => "application/xml",
        "" => "application/octet-stream",
        known => known,
    };
    let media_type = media_type.to_owned();
    match by_type.or_else(by_name) {
        // Signatures and pictures of the first page are no XML.
        Some((_, word, kind @ (Kind::Spare | Kind::SpareIfChanged))) => (media_type, word, *kind),
        Some((_, word, kind)) if is_xml => (media_type, word, *kind),
        _ if is_folder => (media_type, "", Kind::File),
        _ if is_xml && !content_type.contains("xhtml") && !content_type.contains("html") => {
            (media_type, "part#", Kind::Flow)
        }
        _ => (media_type, "", Kind::File),
    }
}

/// The content types of parts, names in lower case.
#[derive(Default)]
struct ContentTypes {
    by_extension: BTreeMap<String, String>,
    by_name: BTreeMap<String, String>,
}

impl ContentTypes {
    fn of(&self, name: &str) -> &str {
        let extension = base_name(name).rsplit_once('.').map_or("", |(_, extension)| extension);
        self.by_name.get(name).or_else(|| self.by_extension.get(extension)).map_or("", String::as_str)
    }
}

fn content_types(package: &Package<'_>, budget: &mut Budget) -> ContentTypes {
    let mut types = ContentTypes::default();
    with_xml(package, "[Content_Types].xml", budget, |token| {
        if let Token::Start(tag) = token {
            let key = tag.value(if tag.local == "Default" { "Extension" } else { "PartName" });
            if let (Some(key), Some(value)) = (key, tag.value("ContentType")) {
                let key = key.trim_start_matches('/').to_ascii_lowercase();
                let map = if tag.local == "Default" { &mut types.by_extension } else { &mut types.by_name };
                map.insert(key, value.to_ascii_lowercase());
            }
        }
    });
    types
}

/// Sees the tokens of an entry; what is wrong with it shows when its texts are taken.
pub(crate) fn with_xml(package: &Package<'_>, name: &str, budget: &mut Budget, mut see: impl FnMut(Token<'_, '_>)) {
    let entry = package.position(name).and_then(|nth| package.entries.get(nth));
    if let Some((octets, _)) = entry.and_then(|entry| entry.unpacked(budget).ok()) {
        let limits = budget.limits;
        let _: Result<(), Why> = walk(&decoded(&octets).0, &limits, |token| {
            see(token);
            Ok(())
        });
    }
}

/// The targets of a part's relationships by their ids, as names of entries.
pub(crate) fn relationships(package: &Package<'_>, part: &str, budget: &mut Budget) -> BTreeMap<String, String> {
    let rels = format!("{}_rels/{}.rels", folder(part), base_name(part));
    let mut targets = BTreeMap::new();
    with_xml(package, &rels, budget, |token| {
        if let Token::Start(tag) = token
            && let (Some(id), Some(target)) = (tag.value("Id"), tag.value("Target"))
        {
            targets.insert(id, resolved(&rels, &target));
        }
    });
    targets
}

/// The entries that a workbook or presentation puts in an order: its sheets or slides.
fn order(package: &Package<'_>, kinds: &[(String, &str, Kind)], budget: &mut Budget) -> Vec<usize> {
    let is_main = |(_, word, _): &(String, &str, Kind)| matches!(*word, "workbook" | "presentation");
    let Some(main) = kinds.iter().position(is_main).and_then(|nth| package.entries.get(nth)) else {
        return Vec::new();
    };
    let targets = relationships(package, &main.name, budget);
    let mut ids = Vec::new();
    with_xml(package, &main.name, budget, |token| {
        if let Token::Start(tag) = token
            && matches!(tag.local, "sheet" | "sldId")
            && let Some(id) = tag.attributes.iter().find(|a| a.local == "id" && !a.prefix.is_empty())
        {
            ids.push(id.raw.to_owned());
        }
    });
    let names: HashMap<String, usize> =
        package.entries.iter().enumerate().map(|(nth, entry)| (entry.name.to_ascii_lowercase(), nth)).collect();
    let mut order: Vec<usize> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for nth in ids.iter().filter_map(|id| names.get(&targets.get(id)?.to_ascii_lowercase())) {
        if seen.insert(*nth) {
            order.push(*nth);
        }
    }
    order
}
