//! Rewriting: a fresh file of one revision, with what its pages show, without what was to go.
//!
//! Text is taken out of the content itself, glyph by glyph, and the rest stays where it is. What no reader shows (old
//! revisions, objects without references, thumbnails, private data of programs, XMP, signatures that no longer hold) is
//! left out.

use super::content::{Owner, Scene, Show};
use super::encoding;
use super::file::Pdf;
use super::layout::Laid;
use super::lex::{Dict, Object};
use super::output::Output;
use super::strings::{self, Lines};
use super::walk::{self, Page, Sink, Walk};
use super::{redraw, widths};
use crate::budget::Budget;
use crate::writing::{Writing, replaced};
use crate::{File, Unwritable, Why};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// Values from this length on are taken out wherever else they stand.
const VALUE_CHARS_MIN: usize = 5;
/// Values times octets of text that are searched for them.
const SEARCH_MAX: u64 = 4 << 30;

/// Glyphs that go from one operator, and marks that come instead.
pub(super) struct Hit {
    pub(super) show: Show,
    /// Counted from the first glyph of the operator.
    pub(super) glyphs: BTreeSet<usize>,
    /// In the place of a glyph.
    pub(super) marks: BTreeMap<usize, String>,
}

/// All that changes.
#[derive(Default)]
pub(super) struct Changes {
    /// By the place of the operator in its stream.
    pub(super) hits: BTreeMap<Owner, BTreeMap<usize, Hit>>,
    /// By object, and by the number of strings of it that come before.
    pub(super) strings: HashMap<usize, BTreeMap<usize, Vec<u8>>>,
    /// Streams with other octets.
    pub(super) streams: HashMap<usize, Vec<u8>>,
    /// New names of attached files, by what names them and by old name.
    pub(super) names: HashMap<usize, Vec<(String, String)>>,
}

/// Rewrites a file.
pub(super) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let limits = writing.budget.limits;
    let passwords = writing.passwords;
    let open = |budget: &mut Budget| {
        let pdf = Pdf::open(file.octets, budget, passwords);
        let is_sealed = pdf.crypt.as_ref().is_some_and(|crypt| !crypt.is_open());
        let is_doubtful = is_sealed || pdf.trouble.is_some() || pdf.entries.is_empty();
        if is_doubtful { Err(Unwritable::Unreadable) } else { Ok(pdf) }
    };
    // First: which values go. Then: where they stand.
    let mut budget = Budget::new(&limits);
    let mut pdf = open(&mut budget)?;
    let mut values = Values { budget, writing, found: BTreeMap::new() };
    Walk::new(&mut pdf, &mut values, at).all();
    let values = values.found;
    // What stands between objects is in no object: what is assembled has none of it.
    let _ = writing.edits(&format!("{at}{}", super::LOOSE));
    let mut pdf = open(&mut writing.budget)?;
    let changes = Changes::default();
    let search_left = SEARCH_MAX;
    let mut writer = Writer { at, writing, values, changes, strip: HashSet::new(), failed: None, search_left };
    Walk::new(&mut pdf, &mut writer, at).all();
    if let Some(why) = writer.failed {
        return Err(why);
    }
    let (changes, strip) = (writer.changes, writer.strip);
    assemble(&pdf, &changes, &strip, &mut writing.budget)
}

/// Collects the values that edits take out.
struct Values<'w, 'x> {
    budget: Budget,
    writing: &'w mut Writing<'x>,
    found: BTreeMap<String, String>,
}

impl Values<'_, '_> {
    fn take(&mut self, at: &str, text: &str) {
        for (span, with) in self.writing.edits(at) {
            if let Some(value) = text.get(span.clone()).map(str::trim)
                && value.chars().count() >= VALUE_CHARS_MIN
            {
                self.found.entry(value.to_owned()).or_insert_with(|| (*with).to_owned());
            }
        }
    }
}

impl Sink for Values<'_, '_> {
    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn page(&mut self, at: &str, _scene: &Scene, laid: &Laid) {
        self.take(at, &laid.text);
    }

    fn notes(&mut self, at: &str, scene: &Scene) {
        self.take(at, &walk::note_lines(scene).0);
    }

    fn strings(&mut self, at: &str, lines: &Lines) {
        self.take(at, &lines.text);
    }

    fn opaque(&mut self, _at: &str, _media_type: &str, _why: Why, _size_bytes: u64) {}

    fn embedded(&mut self, _at: &str, _nth: usize, _media_type: &str, _octets: &[u8]) {}

    fn member(&mut self, at: &str, _places: (usize, usize), name: &str, _media_type: &str, _octets: &[u8]) {
        self.take(&format!("{at}/name"), name);
    }

    fn decoded(&mut self, _size_bytes: u64) {}
}

/// Turns edits of texts into changes of objects.
struct Writer<'w, 'x> {
    at: &'w str,
    writing: &'w mut Writing<'x>,
    /// What goes, and what comes instead.
    values: BTreeMap<String, String>,
    changes: Changes,
    /// Content whose notes go.
    strip: HashSet<Owner>,
    failed: Option<Unwritable>,
    search_left: u64,
}

type Edits = Vec<(Range<usize>, String)>;

impl Writer<'_, '_> {
    fn fail(&mut self, why: Unwritable) {
        self.failed = self.failed.or(Some(why));
    }

    /// The edits of a text, and the places where values stand that go elsewhere.
    fn edits(&mut self, at: &str, text: &str) -> Edits {
        let mut edits: Edits =
            self.writing.edits(at).iter().map(|(span, with)| (span.clone(), (*with).to_owned())).collect();
        if edits.iter().any(|(span, _)| text.get(span.clone()).is_none()) {
            self.fail(Unwritable::NoSuchPlace);
            return Edits::new();
        }
        let cost = self.values.len() as u64 * text.len() as u64;
        if cost > self.search_left {
            return edits;
        }
        self.search_left -= cost;
        let own = edits.len();
        for (value, with) in &self.values {
            for (start, _) in text.match_indices(value.as_str()) {
                let span = start..start + value.len();
                let beside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let is_part = beside(text.get(..span.start).and_then(|t| t.chars().next_back()))
                    || beside(text.get(span.end..).and_then(|t| t.chars().next()));
                if !is_part {
                    edits.push((span, with.clone()));
                }
            }
        }
        // Those asked for win; of others the first.
        let mut order: Vec<usize> = (0..edits.len()).collect();
        order.sort_by_key(|nth| edits.get(*nth).map_or((0, true), |(span, _)| (span.start, *nth >= own)));
        let asked: Vec<Range<usize>> = edits.iter().take(own).map(|(span, _)| span.clone()).collect();
        let mut asked = asked;
        asked.sort_by_key(|span| span.start);
        let mut kept = Edits::new();
        let mut end = 0;
        for nth in order {
            let Some((span, with)) = edits.get(nth) else { continue };
            let after = asked.partition_point(|other| other.end <= span.start);
            let meets = nth >= own && asked.get(after).is_some_and(|other| other.start < span.end);
            if span.start >= end && !meets {
                end = span.end;
                kept.push((span.clone(), with.clone()));
            }
        }
        kept
    }

    /// Is a path one of what is left out as a whole?
    fn is_dropped(&self, at: &str) -> bool {
        let rest = at.strip_prefix(self.at).unwrap_or(at);
        rest.starts_with("!revision") || rest.starts_with("!rest")
    }

    fn take_out(&mut self, scene: &Scene, laid: &Laid, span: &Range<usize>, with: &str) {
        let first = laid.pieces.partition_point(|(text, _)| text.end <= span.start);
        let mut mark = Some(with.to_owned());
        let mut gone: Vec<usize> = Vec::new();
        let pieces = laid.pieces.get(first..).unwrap_or_default();
        for (text, glyphs) in pieces.iter().take_while(|(text, _)| text.start < span.end) {
            let base = scene.glyphs.get(glyphs.start).copied().unwrap_or(0);
            let from = scene.glyphs.get(glyphs.clone()).unwrap_or_default();
            // The glyph that the span begins in.
            let offset = span.start.saturating_sub(text.start) + base;
            let begin = glyphs.start + from.partition_point(|start| *start <= offset).saturating_sub(1);
            for nth in begin..glyphs.end {
                let start = scene.glyphs.get(nth).copied().unwrap_or(base) - base + text.start;
                let glyph = scene.glyph(nth);
                let end = start + glyph.len();
                if start >= span.end {
                    break;
                }
                if end <= span.start && !glyph.is_empty() {
                    continue;
                }
                // Of a ligature, what is not meant stays as text.
                let head = glyph.get(..span.start.saturating_sub(start)).unwrap_or_default();
                let tail = glyph.get(span.end.saturating_sub(start).min(glyph.len())..).unwrap_or_default();
                let instead = match mark.take() {
                    Some(mark) => Some(format!("{head}{mark}{tail}")),
                    None => Some(tail.to_owned()).filter(|tail| !tail.is_empty()),
                };
                self.take_glyph(scene, nth, instead);
                gone.push(nth);
            }
        }
        if gone.is_empty() {
            self.fail(Unwritable::NoSuchPlace);
        }
        for (kept, twin) in &laid.twins {
            for nth in gone.iter().filter(|nth| kept.contains(nth)) {
                self.take_glyph(scene, twin.start + (nth - kept.start), None);
            }
        }
    }

    fn take_glyph(&mut self, scene: &Scene, glyph: usize, mark: Option<String>) {
        let nth = scene.runs.partition_point(|run| run.glyphs.end <= glyph);
        let Some(run) = scene.runs.get(nth).filter(|run| run.glyphs.contains(&glyph)) else {
            self.fail(Unwritable::NoSuchPlace);
            return;
        };
        let Some(show) = scene.shows.get(run.show) else { return };
        if show.is_invisible && (scene.has_images || scene.inline_picture_bytes > 0) {
            // The text lies under a picture that shows it.
            self.fail(Unwritable::Ambiguous);
            return;
        }
        let owner = self.changes.hits.entry(show.owner).or_default();
        let hit = owner.entry(show.place.start).or_insert_with(|| Hit {
            show: show.clone(),
            glyphs: BTreeSet::new(),
            marks: BTreeMap::new(),
        });
        let nth = run.nth + (glyph - run.glyphs.start);
        if hit.glyphs.insert(nth)
            && let Some(mark) = mark.filter(|mark| !mark.is_empty())
        {
            hit.marks.insert(nth, mark);
        }
    }

    fn change_strings(&mut self, lines: &Lines, edits: &Edits) {
        let mut by_place: BTreeMap<usize, Edits> = BTreeMap::new();
        for (span, with) in edits {
            let first = lines.places.partition_point(|(text, ..)| text.end <= span.start);
            let hit = lines.places.iter().enumerate().skip(first).take_while(|(_, (text, ..))| text.start < span.end);
            let mut with = Some(with.clone());
            for (nth, (text, ..)) in hit {
                let part = span.start.max(text.start) - text.start..span.end.min(text.end) - text.start;
                by_place.entry(nth).or_default().push((part, with.take().unwrap_or_default()));
            }
            if with.is_some() {
                self.fail(Unwritable::NoSuchPlace);
            }
        }
        for (nth, edits) in by_place {
            let Some((text, object, ordinal)) = lines.places.get(nth) else { continue };
            let text = lines.text.get(text.clone()).unwrap_or_default();
            let edits: Vec<(Range<usize>, &str)> =
                edits.iter().map(|(span, with)| (span.clone(), with.as_str())).collect();
            match replaced(text, &edits) {
                Ok(text) => {
                    let strings = self.changes.strings.entry(*object).or_default();
                    strings.insert(*ordinal, encoding::text_string(&text));
                }
                Err(why) => self.fail(why),
            }
        }
    }
}

impl Sink for Writer<'_, '_> {
    fn budget(&mut self) -> &mut Budget {
        &mut self.writing.budget
    }

    fn page(&mut self, at: &str, scene: &Scene, laid: &Laid) {
        let edits = self.edits(at, &laid.text);
        if edits.is_empty() || self.is_dropped(at) {
            return;
        }
        if scene.why.is_some() {
            self.fail(Unwritable::Unreadable);
            return;
        }
        for (span, with) in &edits {
            self.take_out(scene, laid, span, with);
        }
    }

    fn notes(&mut self, at: &str, scene: &Scene) {
        let (text, places) = walk::note_lines(scene);
        let edits = self.edits(at, &text);
        for (span, _) in &edits {
            let hit = places.iter().filter(|(place, _)| place.start < span.end && span.start < place.end);
            self.strip.extend(hit.map(|(_, owner)| *owner));
        }
        if !edits.is_empty() && scene.why.is_some() {
            self.fail(Unwritable::Unreadable);
        }
    }

    fn strings(&mut self, at: &str, lines: &Lines) {
        let edits = self.edits(at, &lines.text);
        if !self.is_dropped(at) {
            self.change_strings(lines, &edits);
        }
    }

    fn opaque(&mut self, at: &str, _media_type: &str, why: Why, _size_bytes: u64) {
        let is_removed = self.writing.is_removed(at);
        if self.is_dropped(at) {
            return;
        }
        if is_removed {
            self.fail(Unwritable::NoSuchPlace);
        }
        // Other readers may get further than this one.
        if matches!(why, Why::Malformed | Why::OverLimit) {
            self.fail(Unwritable::Unreadable);
        }
    }

    fn embedded(&mut self, at: &str, nth: usize, media_type: &str, octets: &[u8]) {
        if self.writing.is_removed(at) {
            self.changes.streams.insert(nth, Vec::new());
            return;
        }
        if self.is_dropped(at) && !self.writing.touches(at) {
            return;
        }
        let passwords = self.writing.passwords;
        match self.writing.embedded(at, &walk::file_of(octets, media_type, passwords)) {
            Ok(new) if new != octets => drop(self.changes.streams.insert(nth, new)),
            Ok(_) => {}
            Err(why) => self.fail(why),
        }
    }

    fn member(&mut self, at: &str, places: (usize, usize), name: &str, media_type: &str, octets: &[u8]) {
        match self.writing.member(at, name, media_type, octets) {
            Ok(Some((new_name, new))) => {
                if new != octets {
                    self.changes.streams.insert(places.0, new);
                }
                let new_name = self.values.iter().fold(new_name, |name, (value, with)| name.replace(value, with));
                if new_name != name {
                    self.changes.names.entry(places.1).or_default().push((name.to_owned(), new_name));
                }
            }
            Ok(None) => {
                self.changes.streams.insert(places.0, Vec::new());
                self.changes.names.entry(places.1).or_default().push((name.to_owned(), "removed".to_owned()));
            }
            Err(why) => self.fail(why),
        }
    }

    fn decoded(&mut self, _size_bytes: u64) {}
}

/// What keys hold that no reader shows, or that no longer holds.
const DROPPED: [&str; 7] = ["PieceInfo", "Thumb", "Metadata", "Perms", "DSS", "Legal", "SigFlags"];

/// Writes what the catalog reaches.
fn assemble(
    pdf: &Pdf<'_>,
    changes: &Changes,
    strip: &HashSet<Owner>,
    budget: &mut Budget,
) -> Result<Vec<u8>, Unwritable> {
    let (pages, is_cut) = walk::pages(pdf, budget.limits.pages_max);
    let root = pdf.nth(pdf.trailer.get("Root")).ok_or(Unwritable::Unreadable)?;
    if is_cut || pages.is_empty() {
        return Err(Unwritable::Unreadable);
    }
    let mut pages: HashMap<usize, Page> = pages.into_iter().map(|page| (page.nth, page)).collect();
    let mut output = Output::new(pdf);
    let root = output.refer(root);
    let info = pdf.nth(pdf.trailer.get("Info")).map(|nth| output.refer(nth));
    while let Some(nth) = output.next() {
        let mut object = (*pdf.entry(nth)).clone();
        if let Some(strings) = changes.strings.get(&nth) {
            let mut ordinal = 0;
            strings::replace(&mut object, &mut |_| {
                ordinal += 1;
                strings.get(&(ordinal - 1)).cloned()
            });
        }
        for (name, new_name) in changes.names.get(&nth).into_iter().flatten() {
            rename(&mut object, name, new_name);
        }
        prune(&mut object);
        match object {
            Object::Stream(stream) => {
                let mut dict = stream.dict.clone();
                let own = Owner::Stream(nth);
                if let Some(octets) = changes.streams.get(&nth) {
                    dict.remove("Params");
                    output.packed_stream(nth, dict, octets);
                } else if changes.hits.contains_key(&own) || strip.contains(&own) {
                    let decoded = pdf.decode(&stream, budget);
                    if decoded.why.is_some() || decoded.picture.is_some() {
                        return Err(Unwritable::Unreadable);
                    }
                    let empty = BTreeMap::new();
                    let hits = changes.hits.get(&own).unwrap_or(&empty);
                    let octets = redraw::content(&decoded.octets, budget.limits.depth_max, hits)?;
                    let resources = pdf.get(dict.get("Resources")).clone_out();
                    if !hits.is_empty() {
                        dict.set("Resources", with_font(pdf, &resources, &mut output));
                    }
                    output.packed_stream(nth, dict, &octets);
                } else {
                    output.raw_stream(nth, dict, &pdf.raw(&stream));
                }
            }
            Object::Dict(mut dict) => {
                let own = Owner::Page(nth);
                if changes.hits.contains_key(&own) || strip.contains(&own) {
                    let page = pages.remove(&nth).unwrap_or(Page { nth, resources: dict.get("Resources").clone() });
                    let content = walk::content(pdf, &dict, budget);
                    if content.why.is_some() {
                        return Err(Unwritable::Unreadable);
                    }
                    let empty = BTreeMap::new();
                    let hits = changes.hits.get(&own).unwrap_or(&empty);
                    let octets = redraw::content(&content.octets, budget.limits.depth_max, hits)?;
                    let resources = pdf.get(&page.resources).clone_out();
                    if !hits.is_empty() {
                        dict.set("Resources", with_font(pdf, &resources, &mut output));
                    }
                    dict.set("Contents", output.extra_stream(&octets));
                }
                output.object(nth, &Object::Dict(dict));
            }
            other => output.object(nth, &other),
        }
    }
    Ok(output.finish(root, info))
}

/// Leaves out what no reader shows.
fn prune(object: &mut Object) {
    match object {
        Object::Array(items) => items.iter_mut().for_each(prune),
        Object::Dict(dict) if dict.has("ByteRange") => *object = Object::Null,
        Object::Dict(dict) => prune_dict(dict),
        Object::Stream(stream) => prune_dict(&mut stream.dict),
        _ => {}
    }
}

fn prune_dict(dict: &mut Dict) {
    for key in DROPPED {
        dict.remove(key);
    }
    // What a second key of a name hid.
    dict.remove("");
    if dict.is("FT", "Sig") {
        dict.remove("V");
    }
    dict.0.values_mut().for_each(prune);
}

fn rename(object: &mut Object, name: &str, new_name: &str) {
    match object {
        Object::Array(items) => items.iter_mut().for_each(|item| rename(item, name, new_name)),
        Object::Dict(dict) => {
            if strings::file_name(dict).as_deref() == Some(name) {
                for key in ["UF", "F", "Unix", "DOS", "Mac"] {
                    if dict.has(key) {
                        dict.set(key, Object::Text(encoding::text_string(new_name)));
                    }
                }
            }
            dict.0.values_mut().for_each(|value| rename(value, name, new_name));
        }
        _ => {}
    }
}

/// Resources with the font of the marks.
fn with_font(pdf: &Pdf<'_>, resources: &Object, output: &mut Output<'_, '_>) -> Object {
    let mut resources = resources.dict().cloned().unwrap_or_default();
    let mut fonts = pdf.get(resources.get("Font")).dict().cloned().unwrap_or_default();
    fonts.set(redraw::FONT, output.mark_font());
    resources.set("Font", Object::Dict(fonts));
    Object::Dict(resources)
}

/// The width of a text in Helvetica, in sizes.
pub(super) fn width(text: &[u8]) -> f64 {
    let of = |code: &u8| widths::HELVETICA.get(usize::from(*code).saturating_sub(32)).copied().unwrap_or(0);
    text.iter().map(|code| f64::from(of(code))).sum::<f64>() / 1000.0
}
