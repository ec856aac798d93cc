//! A document from end to end: what it shows, what it says beside, what it carries, what it once was.
//!
//! Reading and rewriting walk alike, and a [`Sink`] takes what is met.

use super::content::{Matrix, Owner, Painter, Scene, Shared};
use super::file::Pdf;
use super::layout::{self, Laid};
use super::lex::{Dict, Object, find};
use super::strings::{self, Lines};
use crate::budget::Budget;
use crate::{File, Limits, Why};
use std::collections::{HashMap, HashSet, VecDeque};

/// Pictures with fewer pixels than this many are ornaments.
const PIXELS_MIN: i64 = 32 * 32;

/// Takes what a walk meets. Paths are whole.
pub(super) trait Sink {
    fn budget(&mut self) -> &mut Budget;
    /// What a page shows.
    fn page(&mut self, at: &str, scene: &Scene, laid: &Laid);
    /// What stands in a page's content and is not shown.
    fn notes(&mut self, at: &str, scene: &Scene);
    fn strings(&mut self, at: &str, lines: &Lines);
    fn opaque(&mut self, at: &str, media_type: &str, why: Why, size_bytes: u64);
    /// A stream that is a file of its own; its place in the list of objects.
    fn embedded(&mut self, at: &str, nth: usize, media_type: &str, octets: &[u8]);
    /// An attached file: the places of its stream and of what names it.
    fn member(&mut self, at: &str, places: (usize, usize), name: &str, media_type: &str, octets: &[u8]);
    fn decoded(&mut self, size_bytes: u64);
}

/// What a stream is for, by who refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Fonts, colours, functions: nothing to read.
    Structure,
    Xmp,
    Xfa,
    Content,
}

/// Walks a file.
pub(super) struct Walk<'p, 'a, 's, S> {
    pdf: &'p mut Pdf<'a>,
    sink: &'s mut S,
    at: &'s str,
    shared: Shared,
    /// Objects whose strings were given.
    told: HashSet<usize>,
    limits: Limits,
    pages_left: usize,
    members: usize,
    pictures: usize,
}

/// A page and what it has from the nodes above it.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) nth: usize,
    pub(super) resources: Object,
}

impl<'p, 'a, 's, S: Sink> Walk<'p, 'a, 's, S> {
    pub(super) fn new(pdf: &'p mut Pdf<'a>, sink: &'s mut S, at: &'s str) -> Self {
        let limits = sink.budget().limits;
        Walk {
            pdf,
            sink,
            at,
            shared: Shared::default(),
            told: HashSet::new(),
            limits,
            pages_left: limits.pages_max,
            members: 0,
            pictures: 0,
        }
    }

    pub(super) fn all(&mut self) {
        self.document();
        let reached = self.reached();
        self.lost_pages("!other", &reached);
        self.members();
        let roles = self.roles();
        self.streams(&roles, &reached);
        self.other_strings("!strings", |nth| reached.contains(&nth));
        for nth in 0..self.pdf.revisions.len() {
            self.revision(nth);
        }
        let every = (0..self.pdf.entries.len()).collect();
        self.lost_pages("!rest", &every);
        self.streams(&roles, &every);
        self.other_strings("!rest", |_| true);
        let why = self.pdf.trouble;
        if let Some(why) = why {
            self.opaque("!rest", why, 0);
        }
    }

    /// Pages that are in no tree of pages.
    fn lost_pages(&mut self, name: &str, which: &HashSet<usize>) {
        let mut number = 0;
        for nth in 0..self.pdf.entries.len() {
            if !which.contains(&nth) || self.pages_left == 0 || self.pdf.is_visited(nth) {
                continue;
            }
            let object = self.pdf.entry(nth);
            let Some(dict) = object.dict().filter(|dict| dict.is("Type", "Page")) else { continue };
            self.pages_left -= 1;
            number += 1;
            self.page(&Page { nth, resources: dict.get("Resources").clone() }, &format!("{name}!page{number}"));
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.at)
    }

    fn opaque(&mut self, rest: &str, why: Why, size_bytes: u64) {
        let at = self.path(rest);
        self.sink.opaque(&at, "application/pdf", why, size_bytes);
    }

    fn document(&mut self) {
        let (pages, is_cut) = pages(self.pdf, self.pages_left);
        self.pages_left = self.pages_left.saturating_sub(pages.len());
        for (nth, page) in pages.iter().enumerate() {
            self.page(page, &format!("!page{}", nth + 1));
        }
        if is_cut {
            self.opaque(&format!("!page{}", pages.len() + 1), Why::OverLimit, 0);
        }
        let trailer = self.pdf.trailer.clone();
        let info = self.pdf.nth(trailer.get("Info"));
        self.group("!meta", info.into_iter().collect(), true);
        let root = self.pdf.get(trailer.get("Root")).clone_out();
        let Some(root) = root.dict() else { return };
        let nths = |object: &Object| self.pdf.nth(object).into_iter().collect::<Vec<_>>();
        let outline = nths(root.get("Outlines"));
        let mut names = nths(root.get("Names"));
        names.extend(nths(root.get("Dests")));
        let form = self.pdf.get(root.get("AcroForm")).clone_out();
        let mut fields = Vec::new();
        if let Some(form) = form.dict() {
            fields.extend(self.pdf.nth(root.get("AcroForm")));
            let list = self.pdf.get(form.get("Fields"));
            fields.extend(list.array().unwrap_or_default().iter().filter_map(|field| self.pdf.nth(field)));
        }
        self.group("!form", fields, false);
        self.group("!outline", outline, false);
        self.group("!names", names, false);
    }

    fn page(&mut self, page: &Page, name: &str) {
        self.pdf.visit(page.nth);
        let object = self.pdf.entry(page.nth);
        let Some(dict) = object.dict() else { return };
        let resources = self.pdf.get(&page.resources).clone_out();
        let empty = Dict::default();
        let resources = resources.dict().unwrap_or(&empty);
        let annotations = self.annotations(dict);
        let content = content(self.pdf, dict, self.sink.budget());
        let mut painter =
            Painter { pdf: self.pdf, budget: self.sink.budget(), shared: &mut self.shared, scene: Scene::default() };
        painter.scene.why = content.why;
        painter.stream(Owner::Page(page.nth), &content.octets, resources, Matrix::ONE, 0);
        painter.shared.done.extend(content.streams);
        for nth in &annotations {
            appearances(&mut painter, *nth, resources);
        }
        unseen(&mut painter, resources);
        let scene = painter.scene;
        self.show(&scene, name);
        self.group(&format!("{name}/annotations"), annotations, false);
    }

    /// Gives a scene to the sink.
    fn show(&mut self, scene: &Scene, name: &str) {
        let at = self.path(name);
        let (laid, by_content) = layout::lay(scene);
        let size = scene.size_bytes;
        let has_text = laid.text.chars().any(|c| !c.is_whitespace() && c != '\u{fffd}');
        if has_text {
            self.sink.page(&at, scene, &laid);
            if let Some(laid) = by_content {
                self.sink.page(&format!("{at}/columns"), scene, &laid);
            }
        } else {
            self.sink.decoded(size);
            if scene.has_images || scene.inline_picture_bytes > 0 {
                self.sink.opaque(&at, "application/pdf", Why::Picture, scene.inline_picture_bytes);
            }
        }
        if has_text && scene.inline_picture_bytes > PIXELS_MIN as u64 {
            self.sink.opaque(&format!("{at}/picture"), "image/*", Why::Picture, scene.inline_picture_bytes);
        }
        // A bullet or two without a meaning are no loss.
        if scene.unknown * 10 > scene.glyphs.len() && scene.unknown > 2 {
            self.sink.opaque(&format!("{at}/glyphs"), "application/pdf", Why::Unsupported, scene.unknown as u64);
        }
        if let Some(why) = scene.why {
            self.sink.opaque(&format!("{at}/content"), "application/pdf", why, 0);
        }
        if !scene.notes.is_empty() {
            self.sink.notes(&format!("{at}/notes"), scene);
        }
    }

    fn annotations(&self, page: &Dict) -> Vec<usize> {
        let list = self.pdf.get(page.get("Annots"));
        let list = list.array().unwrap_or_default();
        list.iter().take(self.limits.objects_max).filter_map(|annotation| self.pdf.nth(annotation)).collect()
    }

    /// The strings of objects and of all that they refer to, pages and what was given before aside.
    fn group(&mut self, name: &str, from: Vec<usize>, with_keys: bool) {
        let mut lines = Lines::default();
        let mut todo: VecDeque<usize> = from.into();
        while let Some(nth) = todo.pop_front() {
            let object = self.pdf.entry(nth);
            if object.dict().is_some_and(is_page_node) || !self.told.insert(nth) {
                continue;
            }
            self.pdf.visit(nth);
            lines.object(nth, &object, with_keys);
            // Children before those who come next, so that a field stands with its widgets.
            let mut next = Vec::new();
            references(&object, &mut |key, id| {
                if !matches!(key, b"Parent" | b"P" | b"StructParent" | b"Dest" | b"D" | b"Font" | b"Prev") {
                    next.extend(self.pdf.view.get(&id.0).copied());
                }
            });
            next.into_iter().rev().for_each(|nth| todo.push_front(nth));
        }
        if !lines.text.is_empty() {
            let at = self.path(name);
            self.sink.strings(&at, &lines);
        }
    }

    fn other_strings(&mut self, name: &str, is_meant: impl Fn(usize) -> bool) {
        let mut lines = Lines::default();
        for nth in 0..self.pdf.entries.len() {
            if is_meant(nth) && self.told.insert(nth) {
                let object = self.pdf.entry(nth);
                // Of the file's own structure: the ID, the keys of encryption.
                let is_structure =
                    object.dict().is_some_and(|dict| dict.is("Type", "XRef") || dict.has("StmF") || is_lock(dict));
                if !is_structure {
                    lines.object(nth, &object, false);
                }
            }
        }
        if !lines.text.is_empty() {
            let at = self.path(name);
            self.sink.strings(&at, &lines);
        }
    }

    /// Every object that the current revision reaches.
    fn reached(&self) -> HashSet<usize> {
        let mut reached = HashSet::new();
        let mut todo: Vec<usize> = Vec::new();
        references(&Object::Dict(self.pdf.trailer.clone()), &mut |_, id| todo.extend(self.pdf.view.get(&id.0)));
        while let Some(nth) = todo.pop() {
            if reached.insert(nth) {
                references(&self.pdf.entry(nth), &mut |_, id| todo.extend(self.pdf.view.get(&id.0)));
            }
        }
        reached
    }

    /// What streams are for.
    fn roles(&self) -> HashMap<usize, Role> {
        let mut roles = HashMap::new();
        for nth in 0..self.pdf.entries.len() {
            references(&self.pdf.entry(nth), &mut |key, id| {
                let role = match key {
                    b"FontFile" | b"FontFile2" | b"FontFile3" | b"ToUnicode" | b"CIDSet" | b"CIDToGIDMap"
                    | b"Encoding" | b"DestOutputProfile" | b"Function" | b"Functions" | b"Shading" | b"ColorSpace"
                    | b"TR" | b"TR2" | b"BG" | b"UCR" | b"HT" | b"TintTransform" | b"Indexed" | b"ICCBased"
                    | b"Separation" | b"DeviceN" | b"CS" => Role::Structure,
                    b"Metadata" => Role::Xmp,
                    b"XFA" => Role::Xfa,
                    b"Contents" => Role::Content,
                    _ => return,
                };
                if let Some(target) = self.pdf.view.get(&id.0) {
                    roles.insert(*target, role);
                }
            });
        }
        roles
    }

    /// Attached files, by what names them.
    fn members(&mut self) {
        for nth in 0..self.pdf.entries.len() {
            let object = self.pdf.entry(nth);
            let mut found = Vec::new();
            file_names(&object, &mut |dict| {
                let files = self.pdf.get(dict.get("EF"));
                let name = strings::file_name(dict);
                for file in files.dict().into_iter().flat_map(|files| files.0.values()) {
                    found.extend(self.pdf.nth(file).map(|file| (file, name.clone().unwrap_or_default())));
                }
            });
            for (file, name) in found {
                self.member(file, nth, &name);
            }
        }
    }

    fn member(&mut self, nth: usize, names: usize, name: &str) {
        if !self.shared.done.insert(nth) {
            return;
        }
        self.pdf.visit(nth);
        let object = self.pdf.entry(nth);
        let Some(stream) = object.stream() else { return };
        self.members += 1;
        let at = self.path(&format!("!{}", self.members));
        let subtype = self.pdf.get(stream.dict.get("Subtype"));
        let media_type = String::from_utf8_lossy(subtype.name().unwrap_or_default()).to_lowercase();
        if self.pdf.is_sealed(stream) {
            self.sink.opaque(&at, &media_type, Why::Encrypted, stream.raw.len() as u64);
            return;
        }
        if !self.sink.budget().member() {
            self.sink.opaque(&at, &media_type, Why::OverLimit, stream.raw.len() as u64);
            return;
        }
        let decoded = self.pdf.decode(stream, self.sink.budget());
        self.sink.member(&at, (nth, names), name, &media_type, &decoded.octets);
        if let Some(why) = decoded.why {
            self.sink.opaque(&format!("{at}/content"), &media_type, why, 0);
        }
    }

    /// Streams that nobody has read yet.
    fn streams(&mut self, roles: &HashMap<usize, Role>, which: &HashSet<usize>) {
        let mut scene = Scene::default();
        for nth in 0..self.pdf.entries.len() {
            if !which.contains(&nth) || self.shared.done.contains(&nth) {
                continue;
            }
            let object = self.pdf.entry(nth);
            let Some(stream) = object.stream() else { continue };
            self.shared.done.insert(nth);
            let size = stream.raw.len() as u64;
            let dict = &stream.dict;
            let is = |key: &str, names: &[&str]| names.iter().any(|name| dict.is(key, name));
            let role = roles.get(&nth).copied();
            let is_structure = is("Type", &["XRef", "ObjStm", "CMap"])
                || is("Subtype", &["Type1C", "CIDFontType0C", "OpenType"])
                || dict.has("FunctionType")
                || dict.has("ShadingType")
                || dict.has("Length1")
                || (dict.has("N") && !dict.has("Type"))
                // The hints of a linearized file.
                || (dict.get("S").int().is_some() && !dict.has("Type"))
                || role == Some(Role::Structure);
            if is_structure {
                self.sink.decoded(size);
                continue;
            }
            if self.pdf.is_sealed(stream) {
                self.opaque(&format!("!stream{}", nth + 1), Why::Encrypted, size);
                continue;
            }
            if dict.is("Subtype", "Image")
                || (dict.has("Width") && dict.has("Height"))
                || is("Filter", &["DCTDecode", "JPXDecode"])
            {
                self.picture(nth, dict, size);
                continue;
            }
            if dict.is("Type", "EmbeddedFile") {
                self.shared.done.remove(&nth);
                self.member(nth, nth, "");
                continue;
            }
            let is_content = is("Subtype", &["Form"]) || dict.has("PatternType") || role == Some(Role::Content);
            let decoded = self.pdf.decode(stream, self.sink.budget());
            if let Some(why) = decoded.why {
                self.opaque(&format!("!stream{}", nth + 1), why, size);
            }
            if is_content || (role.is_none() && looks_like_content(&decoded.octets)) {
                let empty = Dict::default();
                let own = self.pdf.get(dict.get("Resources")).clone_out();
                let mut painter =
                    Painter { pdf: self.pdf, budget: self.sink.budget(), shared: &mut self.shared, scene };
                let resources = own.dict().unwrap_or(&empty);
                painter.stream(Owner::Stream(nth), &decoded.octets, resources, Matrix::ONE, 0);
                scene = painter.scene;
                continue;
            }
            let (name, media_type) = match role {
                Some(Role::Xmp) => ("!meta!", "application/rdf+xml"),
                Some(Role::Xfa) => ("!form!", "application/xml"),
                _ => ("!stream", ""),
            };
            let at = self.path(&format!("{name}{}", nth + 1));
            if decoded.octets.is_empty() {
                self.sink.decoded(size);
            } else if !self.sink.budget().member() {
                self.sink.opaque(&at, media_type, Why::OverLimit, size);
            } else {
                self.sink.embedded(&at, nth, media_type, &decoded.octets);
            }
        }
        if !scene.owners.is_empty() {
            let name = if which.len() == self.pdf.entries.len() { "!rest/content" } else { "!other" };
            self.show(&scene, name);
        }
    }

    fn picture(&mut self, nth: usize, dict: &Dict, size: u64) {
        let side = |key: &str| self.pdf.get(dict.get(key)).int().unwrap_or(0).clamp(0, 1 << 20);
        if side("Width") * side("Height") < PIXELS_MIN {
            self.sink.decoded(size);
            return;
        }
        self.pictures += 1;
        let at = self.path(&format!("!image{}", self.pictures));
        let object = self.pdf.entry(nth);
        let is_jpeg = self.pdf.get(dict.get("Filter")).name() == Some(b"DCTDecode")
            || self
                .pdf
                .get(dict.get("Filter"))
                .array()
                .is_some_and(|filters| filters.last().is_some_and(|last| last.name() == Some(b"DCTDecode")));
        match object.stream() {
            Some(stream) if is_jpeg && self.sink.budget().member() => {
                let decoded = self.pdf.decode(stream, self.sink.budget());
                self.sink.embedded(&at, nth, "image/jpeg", &decoded.octets);
            }
            _ => self.sink.opaque(&at, "image/*", Why::Picture, size),
        }
    }

    /// Pages of an older revision that are not what they are now.
    fn revision(&mut self, nth: usize) {
        let Some((view, trailer)) = self.pdf.revisions.get_mut(nth) else { return };
        let (view, trailer) = (std::mem::take(view), std::mem::take(trailer));
        let view = std::mem::replace(&mut self.pdf.view, view);
        let trailer = std::mem::replace(&mut self.pdf.trailer, trailer);
        let (pages, _) = pages(self.pdf, self.limits.pages_max);
        for (number, page) in pages.iter().enumerate() {
            let object = self.pdf.entry(page.nth);
            let Some(dict) = object.dict() else { continue };
            let is_read = content_streams(self.pdf, dict).iter().all(|nth| self.shared.done.contains(nth));
            if is_read && self.annotations(dict).iter().all(|nth| self.told.contains(nth)) {
                continue;
            }
            if self.pages_left == 0 {
                self.opaque(&format!("!revision{}", nth + 1), Why::OverLimit, 0);
                break;
            }
            self.pages_left -= 1;
            self.page(page, &format!("!revision{}!page{}", nth + 1, number + 1));
        }
        self.pdf.view = view;
        self.pdf.trailer = trailer;
    }
}

/// Is it the dictionary of an encryption?
fn is_lock(dict: &Dict) -> bool {
    dict.is("Filter", "Standard") && dict.has("O") && dict.has("U")
}

fn is_page_node(dict: &Dict) -> bool {
    dict.is("Type", "Page") || dict.is("Type", "Pages") || dict.is("Type", "Catalog")
}

/// References in an object, each with the key it stands under.
pub(super) fn references<'o>(object: &'o Object, see: &mut impl FnMut(&'o [u8], super::lex::Id)) {
    fn walk<'o>(object: &'o Object, key: &'o [u8], see: &mut impl FnMut(&'o [u8], super::lex::Id)) {
        match object {
            Object::Ref(id) => see(key, *id),
            Object::Array(items) => {
                // A colour space says in its first item what it is.
                let key = items.first().and_then(Object::name).unwrap_or(key);
                items.iter().for_each(|item| walk(item, key, see));
            }
            Object::Dict(dict) => dict.0.iter().for_each(|(key, value)| walk(value, key, see)),
            Object::Stream(stream) => stream.dict.0.iter().for_each(|(key, value)| walk(value, key, see)),
            _ => {}
        }
    }
    walk(object, b"", see);
}

/// Dictionaries that name attached files.
fn file_names<'o>(object: &'o Object, see: &mut impl FnMut(&'o Dict)) {
    match object {
        Object::Array(items) => items.iter().for_each(|item| file_names(item, see)),
        Object::Dict(dict) => {
            if dict.has("EF") {
                see(dict);
            }
            dict.0.values().for_each(|value| file_names(value, see));
        }
        _ => {}
    }
}

/// The pages in their order; and were there more than `most`?
pub(super) fn pages(pdf: &Pdf<'_>, most: usize) -> (Vec<Page>, bool) {
    let mut pages = Vec::new();
    let root = pdf.get(pdf.trailer.get("Root"));
    let Some(root) = root.dict() else { return (pages, false) };
    let mut seen = HashSet::new();
    let mut todo: Vec<(usize, Object)> =
        pdf.nth(root.get("Pages")).map(|nth| (nth, Object::Null)).into_iter().collect();
    while let Some((nth, above)) = todo.pop() {
        if !seen.insert(nth) {
            continue;
        }
        pdf.visit(nth);
        let object = pdf.entry(nth);
        let Some(dict) = object.dict() else { continue };
        let resources = if dict.has("Resources") { dict.get("Resources").clone() } else { above };
        let kids = pdf.get(dict.get("Kids"));
        match kids.array() {
            Some(kids) => {
                let kids: Vec<usize> = kids.iter().filter_map(|kid| pdf.nth(kid)).collect();
                todo.extend(kids.into_iter().rev().map(|kid| (kid, resources.clone())));
            }
            None if pages.len() >= most => return (pages, true),
            None => pages.push(Page { nth, resources }),
        }
    }
    (pages, false)
}

/// The streams of a page's content.
pub(super) fn content_streams(pdf: &Pdf<'_>, page: &Dict) -> Vec<usize> {
    let contents = page.get("Contents");
    match &*pdf.get(contents) {
        Object::Array(items) => items.iter().filter_map(|item| pdf.nth(item)).collect(),
        _ => pdf.nth(contents).into_iter().collect(),
    }
}

/// A page's content in a row.
pub(super) struct Content {
    pub(super) octets: Vec<u8>,
    streams: Vec<usize>,
    pub(super) why: Option<Why>,
}

pub(super) fn content(pdf: &Pdf<'_>, page: &Dict, budget: &mut Budget) -> Content {
    let mut content = Content { octets: Vec::new(), streams: content_streams(pdf, page), why: None };
    for nth in &content.streams {
        pdf.visit(*nth);
        let object = pdf.entry(*nth);
        let Some(stream) = object.stream() else { continue };
        let decoded = pdf.decode(stream, budget);
        content.why = content.why.or(decoded.why);
        content.octets.extend(decoded.octets);
        content.octets.push(b'\n');
    }
    content
}

/// Reads the appearance of an annotation at its place on the page.
fn appearances(painter: &mut Painter<'_, '_, '_>, nth: usize, resources: &Dict) {
    let pdf = painter.pdf;
    let object = pdf.entry(nth);
    let Some(dict) = object.dict() else { return };
    let all = pdf.get(dict.get("AP"));
    let mut forms = Vec::new();
    for value in all.dict().into_iter().flat_map(|all| all.0.values()) {
        let got = pdf.get(value);
        match &*got {
            Object::Dict(states) => forms.extend(states.0.values().filter_map(|state| pdf.nth(state))),
            Object::Stream(_) => forms.extend(pdf.nth(value)),
            _ => {}
        }
    }
    let numbers = |object: &Object| -> Option<[f64; 4]> {
        let array = pdf.get(object);
        let mut numbers = array.array()?.iter().map(|n| pdf.get(n).number().unwrap_or(0.0));
        let (a, b, c, d) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
        Some([a.min(c), b.min(d), a.max(c), b.max(d)])
    };
    for form in forms {
        let entry = pdf.entry(form);
        let Some(stream) = entry.stream() else { continue };
        let matrix = Matrix::from(pdf, stream.dict.get("Matrix")).unwrap_or(Matrix::ONE);
        let place = match (numbers(stream.dict.get("BBox")), numbers(dict.get("Rect"))) {
            (Some([left, bottom, right, top]), Some(rect)) => {
                let corners =
                    [(left, bottom), (right, bottom), (left, top), (right, top)].map(|(x, y)| matrix.at(x, y));
                let least = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).fold(f64::INFINITY, f64::min);
                let most = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
                let (x, y) = (least(|c| c.0), least(|c| c.1));
                let (width, height) = (most(|c| c.0) - x, most(|c| c.1) - y);
                let scale = |rect: f64, own: f64| if own > 0.0 && rect > 0.0 { rect / own } else { 1.0 };
                let (sx, sy) = (scale(rect[2] - rect[0], width), scale(rect[3] - rect[1], height));
                Matrix([sx, 0.0, 0.0, sy, rect[0] - x * sx, rect[1] - y * sy])
            }
            _ => Matrix::ONE,
        };
        painter.form(form, resources, place, 1);
    }
}

/// Forms, patterns and glyphs in the resources that the content did not draw.
fn unseen(painter: &mut Painter<'_, '_, '_>, resources: &Dict) {
    let pdf = painter.pdf;
    let mut found = Vec::new();
    for key in ["XObject", "Pattern"] {
        let all = pdf.get(resources.get(key));
        found.extend(all.dict().into_iter().flat_map(|all| all.0.values()).filter_map(|value| pdf.nth(value)));
    }
    let fonts = pdf.get(resources.get("Font"));
    for font in fonts.dict().into_iter().flat_map(|fonts| fonts.0.values()) {
        let font = pdf.get(font);
        let glyphs = font.dict().map(|font| pdf.get(font.get("CharProcs")));
        let glyphs = glyphs.as_ref().and_then(|glyphs| glyphs.dict());
        found.extend(glyphs.into_iter().flat_map(|glyphs| glyphs.0.values()).filter_map(|glyph| pdf.nth(glyph)));
    }
    for nth in found {
        let object = pdf.entry(nth);
        let Some(stream) = object.stream() else { continue };
        if !painter.shared.done.contains(&nth) && !stream.dict.is("Subtype", "Image") {
            painter.form(nth, resources, Matrix::ONE, 1);
        }
    }
}

fn looks_like_content(octets: &[u8]) -> bool {
    let head = octets.get(..4096).unwrap_or(octets);
    [&b" Tf"[..], b" Tj", b"]TJ", b"] TJ", b")Tj", b" re\n", b" cm\n"]
        .iter()
        .filter(|word| find(head, word, 0).is_some())
        .count()
        > 1
}

/// Lines of notes, each with the owner of the content that it stands in.
pub(super) fn note_lines(scene: &Scene) -> (String, Vec<(std::ops::Range<usize>, Owner)>) {
    let mut text = String::new();
    let mut places = Vec::new();
    for (owner, note) in &scene.notes {
        let from = text.len();
        text.push_str(note);
        places.push((from..text.len(), *owner));
        text.push('\n');
    }
    (text, places)
}

/// A file for whoever reads it.
pub(super) fn file_of<'f>(octets: &'f [u8], media_type: &'f str, passwords: &'f [String]) -> File<'f> {
    File { octets, name: "", media_type, passwords }
}
