//! Content streams (ISO 32000-2, 8 and 9): which characters are shown, and where.

use super::encoding;
use super::file::Pdf;
use super::font::Font;
use super::lex::{Dict, Object};
use super::operations::{Operations, Step};
use crate::Why;
use crate::budget::Budget;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

/// Glyphs of one page. A page of a telephone book has 20,000.
const GLYPHS_MAX: usize = 4 << 20;
/// Pieces of text of one page that have a place of their own.
const RUNS_MAX: usize = 400_000;
/// Saved graphics states; readers take 28 to 512.
const SAVED_MAX: usize = 512;
/// Forms within forms.
const FORM_DEPTH_MAX: usize = 24;
/// Forms drawn, all together: each may be small, and drawn again and again.
const DRAWN_MAX: usize = 50_000;
/// Fonts kept ready.
const FONTS_MAX: usize = 256;
/// Octets of streams kept unpacked.
const STREAMS_BYTES_MAX: usize = 32 << 20;
/// A move between glyphs, in sizes, that may be the gap between words.
const GAP_SIZES: f64 = 0.1;

/// A transformation: `x' = a x + c y + e`, `y' = b x + d y + f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const ONE: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub(super) fn moved(x: f64, y: f64) -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// First this one, then the other.
    pub(super) fn then(self, other: Matrix) -> Matrix {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, other.0);
        Matrix([a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l])
    }

    pub(super) fn at(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    pub(super) fn from(pdf: &Pdf<'_>, object: &Object) -> Option<Matrix> {
        let array = pdf.get(object);
        let mut numbers = array.array()?.iter().map(|n| pdf.get(n).number().unwrap_or(0.0));
        let mut next = || numbers.next();
        Some(Matrix([next()?, next()?, next()?, next()?, next()?, next()?]))
    }
}

/// Whose stream content stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A page: all its streams in a row.
    Page(usize),
    /// A form, a pattern, a glyph.
    Stream(usize),
}

/// An operator that shows text.
#[derive(Clone)]
pub(super) struct Show {
    pub(super) owner: Owner,
    /// From its first operand to its end, in the decoded stream.
    pub(super) place: Range<usize>,
    pub(super) font: Rc<Font>,
    /// From text space at its start to the space of the owner.
    pub(super) matrix: Matrix,
    pub(super) size: f64,
    pub(super) char_space: f64,
    pub(super) word_space: f64,
    pub(super) scale: f64,
    pub(super) is_invisible: bool,
}

/// Glyphs that follow one another without a gap.
pub(super) struct Run {
    /// In [`Scene::glyphs`].
    pub(super) glyphs: Range<usize>,
    pub(super) show: usize,
    /// The first of them, counted from the start of the show.
    pub(super) nth: usize,
    pub(super) start: (f64, f64),
    pub(super) end: (f64, f64),
    pub(super) size: f64,
    /// Of the writing, of length 1.
    pub(super) direction: (f64, f64),
}

/// What a page shows.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) text: String,
    /// Where the text of each glyph begins.
    pub(super) glyphs: Vec<usize>,
    pub(super) runs: Vec<Run>,
    pub(super) shows: Vec<Show>,
    /// Texts that stand in the content and are not shown: alternatives, comments.
    pub(super) notes: Vec<(Owner, String)>,
    pub(super) owners: HashSet<Owner>,
    /// Glyphs without a meaning.
    pub(super) unknown: usize,
    /// Octets of pictures that stand in the content.
    pub(super) inline_picture_bytes: u64,
    pub(super) has_images: bool,
    pub(super) has_vertical: bool,
    pub(super) size_bytes: u64,
    pub(super) why: Option<Why>,
}

impl Scene {
    /// The text of a glyph.
    pub(super) fn glyph(&self, nth: usize) -> &str {
        let start = self.glyphs.get(nth).copied().unwrap_or(self.text.len());
        let end = self.glyphs.get(nth + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    /// The text of glyphs in a row.
    pub(super) fn glyphs(&self, range: &Range<usize>) -> &str {
        let start = self.glyphs.get(range.start).copied().unwrap_or(self.text.len());
        let end = self.glyphs.get(range.end).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }
}

/// What is kept from page to page.
#[derive(Default)]
pub(super) struct Shared {
    fonts: HashMap<usize, Rc<Font>>,
    streams: HashMap<usize, Rc<Vec<u8>>>,
    streams_bytes: usize,
    drawn: usize,
    drawn_bytes: u64,
    /// Every font by its name in resources: for content that nothing refers to.
    pub(super) by_name: HashMap<Vec<u8>, Rc<Font>>,
    /// Streams that have been read as content.
    pub(super) done: HashSet<usize>,
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    char_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
    mode: i64,
}

/// Reads content.
pub(super) struct Painter<'p, 'a, 'b> {
    pub(super) pdf: &'p Pdf<'a>,
    pub(super) budget: &'b mut Budget,
    pub(super) shared: &'b mut Shared,
    pub(super) scene: Scene,
}

/// One stream being read.
struct Sheet<'d> {
    owner: Owner,
    resources: &'d Dict,
    /// From the owner's space to the page's.
    outer: Matrix,
    depth: usize,
    state: State,
    saved: Vec<State>,
    saved_beyond: usize,
    text: Matrix,
    line: Matrix,
    fonts: HashMap<Vec<u8>, Rc<Font>>,
    /// Marked content: where the text was when it began, and what it should read.
    marked: Vec<Option<(usize, String)>>,
}

impl Painter<'_, '_, '_> {
    /// The decoded octets of a stream, kept for a while.
    pub(super) fn octets(&mut self, nth: usize) -> Option<Rc<Vec<u8>>> {
        if let Some(octets) = self.shared.streams.get(&nth) {
            return Some(octets.clone());
        }
        let object = self.pdf.entry(nth);
        let stream = object.stream()?;
        let decoded = self.pdf.decode(stream, self.budget);
        self.scene.why = self.scene.why.or(decoded.why);
        if decoded.picture.is_some() {
            return None;
        }
        let octets = Rc::new(decoded.octets);
        if self.shared.streams_bytes + octets.len() > STREAMS_BYTES_MAX {
            self.shared.streams.clear();
            self.shared.streams_bytes = 0;
        }
        self.shared.streams_bytes += octets.len();
        self.shared.streams.insert(nth, octets.clone());
        Some(octets)
    }

    /// Reads a form at its place.
    pub(super) fn form(&mut self, nth: usize, resources: &Dict, outer: Matrix, depth: usize) {
        if depth > FORM_DEPTH_MAX {
            self.scene.why = self.scene.why.or(Some(Why::OverLimit));
            return;
        }
        let object = self.pdf.entry(nth);
        let Some(stream) = object.stream() else { return };
        self.pdf.visit(nth);
        self.shared.done.insert(nth);
        let matrix = Matrix::from(self.pdf, stream.dict.get("Matrix")).unwrap_or(Matrix::ONE);
        let own = self.pdf.get(stream.dict.get("Resources"));
        let resources = own.dict().unwrap_or(resources);
        if let Some(octets) = self.octets(nth) {
            self.stream(Owner::Stream(nth), &octets, resources, matrix.then(outer), depth);
        }
    }

    /// Reads a stream.
    pub(super) fn stream(&mut self, owner: Owner, octets: &[u8], resources: &Dict, outer: Matrix, depth: usize) {
        // A form that is drawn again and again costs again and again.
        self.shared.drawn += 1;
        self.shared.drawn_bytes += octets.len() as u64;
        if self.shared.drawn > DRAWN_MAX || self.shared.drawn_bytes > self.budget.limits.inflated_bytes_max {
            self.scene.why = self.scene.why.or(Some(Why::OverLimit));
            return;
        }
        let is_new = self.scene.owners.insert(owner);
        self.scene.size_bytes += if is_new { octets.len() as u64 } else { 0 };
        let state = State {
            ctm: Matrix::ONE,
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        };
        let mut sheet = Sheet {
            owner,
            resources,
            outer,
            depth,
            state,
            saved: Vec::new(),
            saved_beyond: 0,
            text: Matrix::ONE,
            line: Matrix::ONE,
            fonts: HashMap::new(),
            marked: Vec::new(),
        };
        let limits = self.budget.limits;
        let mut operations = Operations::new(octets, limits.depth_max, is_new);
        while let Some(step) = operations.next() {
            match step {
                Step::Operator(operator, place) => self.operator(&mut sheet, operator, &operations.operands, place),
                Step::Picture { size_bytes, .. } => self.scene.inline_picture_bytes += size_bytes,
            }
            if self.scene.why == Some(Why::OverLimit) {
                break;
            }
        }
        let lexer = operations.lexer;
        if lexer.is_cut {
            self.scene.why = self.scene.why.or(Some(Why::OverLimit));
        }
        for comment in lexer.comments.unwrap_or_default() {
            let comment = octets.get(comment.start + 1..comment.end).unwrap_or_default();
            if comment.iter().any(|b| b.is_ascii_alphanumeric()) {
                self.scene.notes.push((owner, String::from_utf8_lossy(comment).into_owned()));
            }
        }
    }

    fn operator(&mut self, sheet: &mut Sheet<'_>, operator: &[u8], operands: &[Object], place: Range<usize>) {
        let number = |nth: usize| operands.get(nth).and_then(Object::number).unwrap_or(0.0);
        let six = || Matrix([number(0), number(1), number(2), number(3), number(4), number(5)]);
        match operator {
            b"q" => {
                if sheet.saved.len() < SAVED_MAX {
                    sheet.saved.push(sheet.state.clone());
                } else {
                    sheet.saved_beyond += 1;
                }
            }
            b"Q" => {
                if sheet.saved_beyond > 0 {
                    sheet.saved_beyond -= 1;
                } else if let Some(state) = sheet.saved.pop() {
                    sheet.state = state;
                }
            }
            b"cm" => sheet.state.ctm = six().then(sheet.state.ctm),
            b"BT" => {
                sheet.text = Matrix::ONE;
                sheet.line = Matrix::ONE;
            }
            b"Tc" => sheet.state.char_space = number(0),
            b"Tw" => sheet.state.word_space = number(0),
            b"Tz" => sheet.state.scale = number(0) / 100.0,
            b"TL" => sheet.state.leading = number(0),
            b"Ts" => sheet.state.rise = number(0),
            b"Tr" => sheet.state.mode = operands.first().and_then(Object::int).unwrap_or(0),
            b"Tf" => {
                if let Some(name) = operands.first().and_then(Object::name) {
                    sheet.state.font = Some(self.font(sheet, name));
                }
                sheet.state.size = number(1);
            }
            b"gs" => self.graphics_state(sheet, operands),
            b"Td" => sheet.go(number(0), number(1)),
            b"TD" => {
                sheet.state.leading = -number(1);
                sheet.go(number(0), number(1));
            }
            b"Tm" => {
                sheet.line = six();
                sheet.text = sheet.line;
            }
            b"T*" => sheet.go(0.0, -sheet.state.leading),
            b"Tj" | b"TJ" => self.show(sheet, operands.last(), place),
            b"'" => {
                sheet.go(0.0, -sheet.state.leading);
                self.show(sheet, operands.last(), place);
            }
            b"\"" => {
                sheet.state.word_space = number(0);
                sheet.state.char_space = number(1);
                sheet.go(0.0, -sheet.state.leading);
                self.show(sheet, operands.last(), place);
            }
            b"Do" => self.draw(sheet, operands),
            b"BDC" | b"BMC" => self.begin_marked(sheet, operands),
            b"DP" => drop(self.property_texts(sheet.owner, operands, false)),
            b"EMC" => self.end_marked(sheet),
            _ => {}
        }
    }

    fn font(&mut self, sheet: &mut Sheet<'_>, name: &[u8]) -> Rc<Font> {
        if let Some(font) = sheet.fonts.get(name) {
            return font.clone();
        }
        let fonts = self.pdf.get(sheet.resources.get("Font"));
        let found = fonts.dict().and_then(|fonts| fonts.0.get(name));
        let font = match found {
            Some(object) => self.load(object),
            None => self.shared.by_name.get(name).cloned().unwrap_or_else(|| Rc::new(Font::missing())),
        };
        if self.shared.by_name.len() < FONTS_MAX {
            self.shared.by_name.insert(name.to_vec(), font.clone());
        }
        if sheet.fonts.len() < FONTS_MAX {
            sheet.fonts.insert(name.to_vec(), font.clone());
        }
        font
    }

    fn load(&mut self, object: &Object) -> Rc<Font> {
        let nth = self.pdf.nth(object);
        if let Some(font) = nth.and_then(|nth| self.shared.fonts.get(&nth)) {
            return font.clone();
        }
        let got = self.pdf.get(object);
        let font = Rc::new(match got.dict() {
            Some(dict) => Font::read(self.pdf, dict, self.budget),
            None => Font::missing(),
        });
        if let Some(nth) = nth {
            if self.shared.fonts.len() >= FONTS_MAX {
                self.shared.fonts.clear();
            }
            self.shared.fonts.insert(nth, font.clone());
        }
        font
    }

    fn graphics_state(&mut self, sheet: &mut Sheet<'_>, operands: &[Object]) {
        let states = self.pdf.get(sheet.resources.get("ExtGState"));
        let name = operands.first().and_then(Object::name);
        let Some(state) = states.dict().zip(name).and_then(|(states, name)| states.0.get(name)) else { return };
        let state = self.pdf.get(state);
        let Some(dict) = state.dict() else { return };
        if let Some([font, size]) = self.pdf.get(dict.get("Font")).array() {
            sheet.state.font = Some(self.load(font));
            sheet.state.size = size.number().unwrap_or(0.0);
        }
    }

    fn draw(&mut self, sheet: &mut Sheet<'_>, operands: &[Object]) {
        let objects = self.pdf.get(sheet.resources.get("XObject"));
        let name = operands.first().and_then(Object::name);
        let Some(object) = objects.dict().zip(name).and_then(|(objects, name)| objects.0.get(name)) else { return };
        let Some(nth) = self.pdf.nth(object) else { return };
        let entry = self.pdf.entry(nth);
        self.pdf.visit(nth);
        let Some(dict) = entry.dict() else { return };
        match self.pdf.get(dict.get("Subtype")).name() {
            Some(b"Image") => self.scene.has_images = true,
            _ => self.form(nth, sheet.resources, sheet.state.ctm.then(sheet.outer), sheet.depth + 1),
        }
    }

    fn begin_marked(&mut self, sheet: &mut Sheet<'_>, operands: &[Object]) {
        let actual = self.property_texts(sheet.owner, operands, true);
        if sheet.marked.len() < SAVED_MAX {
            sheet.marked.push(actual.map(|text| (self.scene.glyphs.len(), text)));
        }
    }

    /// The texts in a property list that stands in the content; what it should read instead is given back.
    fn property_texts(&mut self, owner: Owner, operands: &[Object], takes_actual: bool) -> Option<String> {
        let Some(Object::Dict(dict)) = operands.get(1) else { return None };
        let mut actual = None;
        let mut todo: Vec<(&[u8], &Object)> = dict.0.iter().map(|(key, value)| (key.as_slice(), value)).collect();
        while let Some((key, value)) = todo.pop() {
            match value {
                Object::Text(octets) if takes_actual && key == b"ActualText" => actual = Some(encoding::text(octets)),
                Object::Text(octets) => self.scene.notes.push((owner, encoding::text(octets))),
                Object::Array(items) => todo.extend(items.iter().map(|item| (key, item))),
                Object::Dict(dict) => todo.extend(dict.0.iter().map(|(key, value)| (key.as_slice(), value))),
                _ => {}
            }
        }
        actual
    }

    /// Glyphs that mean nothing get the text that stands for them; any other text is a note.
    fn end_marked(&mut self, sheet: &mut Sheet<'_>) {
        let Some(Some((first, actual))) = sheet.marked.pop() else { return };
        let from = self.scene.glyphs.get(first).copied().unwrap_or(self.scene.text.len());
        let shown = self.scene.text.get(from..).unwrap_or_default();
        if !shown.is_empty() && shown.chars().all(|c| c == '\u{fffd}' || c.is_whitespace()) {
            self.scene.unknown = self.scene.unknown.saturating_sub(shown.chars().filter(|c| *c == '\u{fffd}').count());
            self.scene.text.truncate(from);
            self.scene.text.push_str(&actual);
            let end = self.scene.text.len();
            if let Some(rest) = self.scene.glyphs.get_mut(first + 1..) {
                rest.fill(end);
            }
            return;
        }
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        if letters(shown) != letters(&actual) {
            self.scene.notes.push((sheet.owner, actual));
        }
    }

    fn show(&mut self, sheet: &mut Sheet<'_>, operand: Option<&Object>, place: Range<usize>) {
        let one;
        let items = match operand {
            Some(Object::Array(items)) => items.as_slice(),
            Some(text @ Object::Text(_)) => {
                one = [text.clone()];
                &one
            }
            _ => return,
        };
        let state = &sheet.state;
        let font = state.font.clone().unwrap_or_else(|| Rc::new(Font::missing()));
        self.scene.has_vertical |= font.is_vertical;
        let show = self.scene.shows.len();
        let to_owner = sheet.text.then(state.ctm);
        let to_page = to_owner.then(sheet.outer);
        let mut along = 0.0;
        let mut count = 0;
        let mut run: Option<(usize, usize, f64)> = None;
        for item in items {
            match item {
                Object::Text(octets) => {
                    let mut rest = octets.as_slice();
                    while let Some(glyph) = {
                        let before = self.scene.text.len();
                        let glyph = font.glyph(rest, &mut self.scene.text);
                        if glyph.is_some() {
                            self.scene.glyphs.push(before);
                        }
                        glyph
                    } {
                        run.get_or_insert((self.scene.glyphs.len() - 1, count, along));
                        self.scene.unknown += usize::from(!glyph.is_known);
                        rest = rest.get(glyph.length..).unwrap_or_default();
                        let spaces = state.char_space + if glyph.is_space { state.word_space } else { 0.0 };
                        along += glyph.advance * state.size + spaces;
                        count += 1;
                    }
                    if self.scene.glyphs.len() > GLYPHS_MAX {
                        self.scene.why = Some(Why::OverLimit);
                    }
                }
                other => {
                    let back = other.number().unwrap_or(0.0) / 1000.0;
                    if back.abs() > GAP_SIZES
                        && let Some(begun) = run.take()
                    {
                        self.run(show, begun, along, state, &font, to_page);
                    }
                    along -= back * state.size;
                }
            }
        }
        if let Some(begun) = run {
            self.run(show, begun, along, state, &font, to_page);
        }
        let (x, y) = if font.is_vertical { (0.0, along) } else { (along * state.scale, 0.0) };
        let (size, scale, is_invisible) = (state.size, state.scale, state.mode == 3);
        let (char_space, word_space) = (state.char_space, state.word_space);
        let matrix = Matrix::moved(0.0, state.rise).then(to_owner);
        sheet.text = Matrix::moved(x, y).then(sheet.text);
        if count > 0 && self.scene.why != Some(Why::OverLimit) {
            let owner = sheet.owner;
            let show = Show { owner, place, font, matrix, size, char_space, word_space, scale, is_invisible };
            self.scene.shows.push(show);
        }
    }

    fn run(
        &mut self,
        show: usize,
        begun: (usize, usize, f64),
        along: f64,
        state: &State,
        font: &Font,
        to_page: Matrix,
    ) {
        let (first, nth, from) = begun;
        if self.scene.runs.len() >= RUNS_MAX || !self.budget.cells(1) {
            self.scene.why = Some(Why::OverLimit);
            return;
        }
        let point = |along: f64| match font.is_vertical {
            true => to_page.at(0.0, along),
            false => to_page.at(along * state.scale, state.rise),
        };
        let (start, end) = (point(from), point(along));
        let [a, b, c, d, ..] = to_page.0;
        let size = (state.size * (c * c + d * d).sqrt()).abs();
        let (ux, uy) = if font.is_vertical { (-c, -d) } else { (a * state.scale.signum(), b * state.scale.signum()) };
        let length = (ux * ux + uy * uy).sqrt();
        let direction = if length > 0.0 && length.is_finite() { (ux / length, uy / length) } else { (1.0, 0.0) };
        let glyphs = first..self.scene.glyphs.len();
        self.scene.runs.push(Run { glyphs, show, nth, start, end, size, direction });
    }
}

impl Sheet<'_> {
    fn go(&mut self, x: f64, y: f64) {
        self.line = Matrix::moved(x, y).then(self.line);
        self.text = self.line;
    }
}
