//! The text of an XML part of an office document: what flows over runs joined, paragraphs as lines, tables as rows.
//!
//! One walk does for WordprocessingML, DrawingML, PresentationML, OpenDocument, XHTML and data of any vocabulary: elements are
//! told by their local names. An element that is not known still gives its text, and attributes that say something do.

use super::xml::{Attribute, Tag, Token, put, walk};
use crate::mapped::Mapped;
use crate::{Limits, Why};
use std::ops::Range;

/// Columns that an empty cell may stand for.
const COLUMNS_MAX: usize = 16_384;
/// Spaces that one element may stand for.
const SPACES_MAX: usize = 100;

/// The texts of a part: each with what comes behind the part's path, all of one source.
pub(crate) struct Texts {
    pub(crate) texts: Vec<(&'static str, Mapped)>,
    /// Why the part was not read to its end.
    pub(crate) why: Option<Why>,
}

/// What an element is to the flow of text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A line if text stands in it outside of a paragraph.
    Default,
    /// A paragraph.
    Paragraph,
    /// Inside of which all is one line.
    Line,
    Row,
    Cell,
    /// A text of its own, wherever it stands: a text box, a note.
    Aside,
    /// A code of a field, which stands between the runs of its paragraph.
    Code,
    /// Taken out, or moved away, with changes tracked.
    Deleted,
    /// Put in, or moved here, with changes tracked.
    Inserted,
    /// Numbers only may stand in it.
    Numbers,
    /// Nothing in it is text unless it looks like one.
    Structure,
    /// A file in base64.
    Binary,
}

fn role(local: &str) -> Role {
    match local {
        "p" | "h" | "title" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Role::Paragraph,
        "si" | "author" | "definedName" | "text" | "v" | "f" => Role::Line,
        "tr" | "table-row" | "Row" => Role::Row,
        "tc" | "td" | "th" | "Cell" | "table-cell" | "covered-table-cell" => Role::Cell,
        "txbxContent" | "annotation" | "note" | "text-box" | "deletion" | "textbox" => Role::Aside,
        "instrText" | "delInstrText" => Role::Code,
        "binary-data" | "binaryData" | "binData" => Role::Binary,
        "del" | "moveFrom" => Role::Deleted,
        "ins" | "moveTo" => Role::Inserted,
        "numCache" | "numLit" => Role::Numbers,
        "tabs" | "posOffset" | "align" | "pctWidth" | "pctHeight" | "pctPosHOffset" | "pctPosVOffset" => {
            Role::Structure
        }
        _ => Role::Default,
    }
}

/// One text among those that stand within each other.
#[derive(Default)]
struct Frame {
    text: Mapped,
    /// The paragraph as it was before changes that are tracked.
    original: Mapped,
    is_changed: bool,
    /// Rows, cells and paragraphs that are open.
    rows: usize,
    cells: usize,
    paragraphs: usize,
    /// Cells since text was last put in.
    tabs: usize,
    /// Is a gap due before the next text of the cell?
    gap: bool,
}

/// An element that is open.
struct Open {
    role: Role,
    /// Has text been met in it?
    has_text: bool,
    /// Is white space in it text, and not how the XML is set out?
    keeps_space: bool,
    /// What it is called, until its text has begun.
    label: Option<String>,
}

/// The flow of a part's text.
pub(crate) struct Flow {
    frames: Vec<Frame>,
    /// Asides that have ended.
    asides: Mapped,
    codes: Mapped,
    attributes: Mapped,
    stack: Vec<Open>,
    deleted: usize,
    inserted: usize,
    codes_open: usize,
    numbers: usize,
    /// Where files in base64 stand.
    pub(crate) binaries: Vec<Range<usize>>,
    /// Do names of elements stand before their texts?
    has_labels: bool,
}

impl Flow {
    pub(crate) fn new(has_labels: bool) -> Flow {
        Flow {
            frames: vec![Frame::default()],
            asides: Mapped::default(),
            codes: Mapped::default(),
            attributes: Mapped::default(),
            stack: Vec::new(),
            deleted: 0,
            inserted: 0,
            codes_open: 0,
            numbers: 0,
            binaries: Vec::new(),
            has_labels,
        }
    }

    /// The texts of a whole part.
    pub(crate) fn texts(source: &str, limits: &Limits, has_labels: bool) -> Texts {
        let mut flow = Flow::new(has_labels);
        let most = limits.text_bytes_max;
        let why = walk(source, limits, |token| {
            flow.see(&token);
            if flow.size_bytes() > most { Err(Why::OverLimit) } else { Ok(()) }
        });
        Texts { texts: flow.finish(), why: why.err() }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let frames: usize = self.frames.iter().rev().take(2).map(|frame| frame.text.text().len()).sum();
        frames + self.asides.text().len() + self.attributes.text().len()
    }

    pub(crate) fn finish(mut self) -> Vec<(&'static str, Mapped)> {
        while self.frames.len() > 1 {
            self.leave_frame();
        }
        let mut text = self.frames.pop().unwrap_or_default().text;
        for more in [self.asides, self.codes] {
            line_end(&mut text);
            text.append(more);
        }
        vec![("", text), ("/attributes", self.attributes)]
    }

    /// Begins a line.
    pub(crate) fn line(&mut self) {
        line_end(&mut self.frame().text);
    }

    pub(crate) fn see(&mut self, token: &Token<'_, '_>) {
        match token {
            Token::Start(tag) => self.start(tag),
            Token::End(..) => self.end(),
            Token::Text(text, at) => self.text(text, *at),
            Token::Reference(text, at) => self.put(|to| to.coded(text, at.clone())),
            Token::Aside(text, at) if !text.trim().is_empty() => {
                put(&mut self.attributes, text, *at);
                self.attributes.made("\n");
            }
            Token::Aside(..) => {}
        }
    }

    /// The end of the text so far, if nothing stands aside just now.
    pub(crate) fn position(&self) -> Option<usize> {
        match self.frames.as_slice() {
            [frame] => Some(frame.text.text().len()),
            _ => None,
        }
    }

    /// The end of the text of attributes so far.
    pub(crate) fn attributes_position(&self) -> usize {
        self.attributes.text().len()
    }

    /// A span of the text of attributes.
    pub(crate) fn attributes_so_far(&self, span: Range<usize>) -> &str {
        self.attributes.text().get(span).unwrap_or_default()
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        // There is one: it was put in above.
        self.frames.get_mut(last).expect("a frame")
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let role = match role(tag.local) {
            // Properties of a row or of a run say that it is new or gone in the same words.
            Role::Deleted | Role::Inserted if tag.is_empty => Role::Structure,
            role => role,
        };
        let in_structure = self.stack.last().is_some_and(|open| open.role == Role::Structure);
        let keeps_space = match tag.local {
            "t" | "delText" | "instrText" | "delInstrText" | "span" | "a" | "b" | "i" | "em" | "strong" => true,
            "p" | "h" => matches!(tag.prefix, "text" | ""),
            _ => false,
        };
        let label = (self.has_labels && !matches!(tag.prefix, "vt")).then(|| tag.local.to_owned());
        self.stack.push(Open { role, has_text: false, keeps_space, label });
        match role {
            Role::Paragraph | Role::Line => {
                self.frame().paragraphs += 1;
                if role == Role::Paragraph && !self.frame().text.is_at_line_start() && self.frame().cells == 0 {
                    // A paragraph in a paragraph begins a line.
                    if self.frame().paragraphs > 1 {
                        self.frame().text.made("\n");
                    }
                }
            }
            Role::Row => self.frame().rows += 1,
            Role::Cell => self.cell(tag),
            Role::Aside => self.frames.push(Frame::default()),
            Role::Code => self.codes_open += 1,
            Role::Deleted => self.deleted += 1,
            Role::Inserted => self.inserted += 1,
            Role::Numbers => self.numbers += 1,
            Role::Default | Role::Structure | Role::Binary => {}
        }
        if !in_structure {
            self.character(tag);
        }
        self.label(tag);
        self.attributes(tag);
    }

    fn cell(&mut self, tag: &Tag<'_>) {
        let repeated = tag.raw("number-columns-repeated").and_then(|n| n.parse().ok()).unwrap_or(1);
        let frame = self.frame();
        if frame.cells == 0 {
            frame.tabs = (frame.tabs + repeated).min(COLUMNS_MAX);
            frame.gap = false;
        }
        frame.cells += 1;
    }

    /// Elements that stand for characters.
    fn character(&mut self, tag: &Tag<'_>) {
        let in_cell = self.frame().cells > 0;
        match tag.local {
            "tab" | "ptab" => self.put(|to| to.made(if in_cell { " " } else { "\t" })),
            "br" | "cr" | "line-break" => self.put(|to| to.made(if in_cell { " " } else { "\n" })),
            "noBreakHyphen" => self.put(|to| to.fixed("-", tag.at.clone(), "")),
            "s" if tag.prefix == "text" => {
                let count = tag.raw("c").and_then(|n| n.parse().ok()).unwrap_or(1).min(SPACES_MAX);
                self.put(|to| to.made(&" ".repeat(count)));
            }
            "sym" if tag.is_empty => {
                let code = tag.raw("char").and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let shown = code.and_then(char::from_u32).filter(|c| !c.is_control());
                if let Some(c) = shown {
                    self.put(|to| to.fixed(c.encode_utf8(&mut [0; 4]), tag.at.clone(), ""));
                }
            }
            "fldChar" => line_end(&mut self.codes),
            _ => {}
        }
    }

    fn end(&mut self) {
        let Some(Open { role, has_text, .. }) = self.stack.pop() else { return };
        match role {
            Role::Default if has_text && self.frame().paragraphs == 0 => self.end_line(),
            Role::Default | Role::Structure | Role::Binary => {}
            Role::Paragraph | Role::Line => {
                let frame = self.frame();
                frame.paragraphs = frame.paragraphs.saturating_sub(1);
                self.end_line();
                line_end(&mut self.codes);
            }
            Role::Row => {
                let frame = self.frame();
                frame.rows = frame.rows.saturating_sub(1);
                frame.gap = frame.cells > 0;
                if frame.cells == 0 {
                    frame.tabs = 0;
                    frame.gap = false;
                    line_end(&mut frame.text);
                }
            }
            Role::Cell => {
                let frame = self.frame();
                frame.cells = frame.cells.saturating_sub(1);
                frame.gap = frame.cells > 0;
            }
            Role::Aside => self.leave_frame(),
            Role::Code => self.codes_open = self.codes_open.saturating_sub(1),
            Role::Deleted => self.deleted = self.deleted.saturating_sub(1),
            Role::Inserted => self.inserted = self.inserted.saturating_sub(1),
            Role::Numbers => self.numbers = self.numbers.saturating_sub(1),
        }
    }

    fn end_line(&mut self) {
        let frame = self.frame();
        let original = std::mem::take(&mut frame.original);
        let is_changed = std::mem::take(&mut frame.is_changed);
        if frame.cells > 0 {
            frame.gap = true;
        } else {
            line_end(&mut frame.text);
        }
        // What the paragraph was before is a reading of its own.
        if is_changed && !original.text().is_empty() {
            line_end(&mut self.asides);
            self.asides.append(original);
            line_end(&mut self.asides);
        }
    }

    fn leave_frame(&mut self) {
        if self.frames.len() > 1 {
            self.end_line();
            let frame = self.frames.pop().unwrap_or_default();
            line_end(&mut self.asides);
            self.asides.append(frame.text);
            line_end(&mut self.asides);
        }
    }

    fn text(&mut self, text: &str, at: usize) {
        let is_white = text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
        let mut keeps_space = false;
        if let Some(open) = self.stack.last_mut() {
            if open.role == Role::Binary {
                self.binaries.push(at..at + text.len());
                return;
            }
            open.has_text |= !is_white;
            let label = if is_white { None } else { open.label.take() };
            keeps_space = open.keeps_space;
            let is_number = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
            if open.role == Role::Structure && (is_number || text.bytes().all(|b| b.is_ascii_alphabetic())) {
                return;
            }
            if let Some(label) = label {
                let label = if label == "creator" { "Authors" } else { &label };
                self.put(|to| to.made(&format!("{label}: ")));
            }
        }
        if is_white && (!keeps_space || text.contains('\n') && self.frame().text.is_at_line_start()) {
            return;
        }
        if self.numbers > 0 && text.trim().parse::<f64>().is_ok() {
            return self.put(|to| to.fixed(text, at..at + text.len(), "0"));
        }
        if !text.contains(['\n', '\t', '\r']) {
            return self.put(|to| to.exact(text, at));
        }
        let in_cell = self.frame().cells > 0;
        self.put(|to| {
            let mut at = at;
            for piece in text.split_inclusive(['\n', '\t', '\r']) {
                let (piece, end) = piece.split_at_checked(piece.len().saturating_sub(1)).unwrap_or_default();
                match end {
                    "\n" | "\t" | "\r" => {
                        to.exact(piece, at);
                        let shown = if in_cell || end != "\n" { " " } else { end };
                        to.coded(shown, at + piece.len()..at + piece.len() + 1);
                        at += piece.len() + 1;
                    }
                    _ => {
                        to.exact(piece, at);
                        to.exact(end, at + piece.len());
                    }
                }
            }
        });
    }

    /// Puts text in, where it belongs by what is open.
    fn put(&mut self, with: impl Fn(&mut Mapped)) {
        if self.codes_open > 0 {
            return with(&mut self.codes);
        }
        let (deleted, inserted) = (self.deleted > 0, self.inserted > 0);
        let frame = self.frame();
        let tabs = std::mem::take(&mut frame.tabs);
        let gap = std::mem::take(&mut frame.gap);
        if tabs > 0 {
            // The first cell of a row has no tab before it.
            let is_first = frame.text.is_at_line_start();
            frame.text.made(&"\t".repeat(tabs - usize::from(is_first)));
        } else if gap {
            frame.text.made(" ");
        }
        if !deleted {
            with(&mut frame.text);
        }
        if !inserted {
            with(&mut frame.original);
        }
        frame.is_changed |= deleted || inserted;
    }

    /// What a text is called stands before it, where only that tells what it is.
    fn label(&mut self, tag: &Tag<'_>) {
        if !matches!(tag.local, "property" | "user-defined" | "docVar" | "config-item") {
            return;
        }
        let Some(name) = tag.attribute("name") else { return };
        let (raw, at) = (name.raw, name.at.clone());
        if let Some(open) = self.stack.last_mut() {
            open.label = None;
        }
        line_end(&mut self.frame().text);
        self.put(|to| {
            put(to, raw, at.start);
            to.made(": ");
        });
        if let Some(value) = tag.attribute("val") {
            self.put(|to| put(to, value.raw, value.at.start));
            line_end(&mut self.frame().text);
        }
    }

    fn attributes(&mut self, tag: &Tag<'_>) {
        for attribute in &tag.attributes {
            if matches!((tag.local, attribute.local), ("n" | "d", "v")) {
                // Items of pivot caches that can be nothing but a number or a date.
                let then = if tag.local == "n" { "0" } else { "1900-01-01T00:00:00" };
                self.attributes.fixed(attribute.raw, attribute.at.clone(), then);
                self.attributes.made("\n");
            } else if says_something(tag, attribute) {
                put(&mut self.attributes, attribute.raw, attribute.at.start);
                self.attributes.made("\n");
            }
        }
    }
}

fn line_end(text: &mut Mapped) {
    if !text.is_at_line_start() {
        text.made("\n");
    }
}

/// Is the value of an attribute text that somebody wrote, or could it hold some?
fn says_something(tag: &Tag<'_>, attribute: &Attribute<'_>) -> bool {
    let value = attribute.raw;
    if value.is_empty() || attribute.prefix == "xmlns" || attribute.local == "xmlns" {
        return false;
    }
    match (tag.local, attribute.local) {
        ("property" | "user-defined" | "docVar" | "config-item", "name") => return false,
        ("docVar", "val") => return false,
        ("Relationship", "Target") => return tag.raw("TargetMode") == Some("External"),
        ("Relationship" | "Override" | "Default" | "lsdException", _) => return false,
        ("alias" | "tag" | "default" | "statusText" | "helpText" | "listEntry" | "result" | "category", "val") => {
            return true;
        }
        ("s", "v") | ("listItem", "value") => return true,
        // Programs call a picture by the name of the file that it was put in from.
        (
            "cNvPr" | "docPr" | "frame" | "imagedata" | "sheet" | "definedName" | "tableColumn" | "cacheField"
            | "table" | "author" | "cmAuthor",
            "name",
        ) => {
            return true;
        }
        _ => {}
    }
    match attribute.local {
        "descr" | "title" | "alt" | "displayText" | "author" | "initials" | "tooltip" | "display" | "displayName"
        | "prompt" | "promptTitle" | "error" | "errorTitle" | "instr" | "userId" | "string" | "string-value"
        | "caption" | "label" | "comment" | "description" | "subject" | "keywords" | "creator" | "location"
        | "userName" | "codeName" | "formula" | "message" | "content" | "lastEdited" => {
            value.chars().any(char::is_alphanumeric)
        }
        "style" | "path" | "d" | "points" | "coordsize" | "coordorigin" | "adj" | "viewBox" | "Ignorable"
        | "Requires" | "schemaLocation" | "uri" | "gfxdata" | "ProgID" | "enhanced-path" | "media-type"
        | "full-path" | "panose1" | "sqref" | "spans" | "equationxml" | "rules" | "vertices" | "dashstyle"
        | "transform" | "paraId" | "textId" | "checksum" | "modifyVerifier" | "hashValue" | "saltValue" => false,
        _ if matches!(attribute.prefix, "fo" | "svg" | "style" | "number" | "loext") => false,
        _ => looks_written(attribute.local, value),
    }
}

/// Does a value look like words, an address or a number of somebody, rather than a name or a size of the format?
fn looks_written(local: &str, value: &str) -> bool {
    if value.starts_with("http://schemas.") || value.starts_with("http://purl.oclc.org/") || is_guid(value) {
        return false;
    }
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_size = matches!(local, "cx" | "cy" | "x" | "y" | "id" | "idx" | "off" | "rsid" | "connectId" | "val");
    value.contains('@')
        || value.contains('%') && letters + digits >= 8
        || value.contains("://")
        || !value.is_ascii()
        || value.contains(' ') && letters >= 4
        // Keys and numbers of accounts mix letters and digits; identifiers of the format are short or hexadecimal.
        || digits >= 3 && letters >= 2 && value.len() >= 12 && !value.bytes().all(|b| b.is_ascii_hexdigit())
        || digits >= if is_size { 11 } else { 8 } && letters < digits
}

fn is_guid(value: &str) -> bool {
    let inner = value.trim_start_matches('{').trim_end_matches('}');
    inner.len() == 36 && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> (String, String) {
        let got = Flow::texts(source, &Limits::default(), false);
        assert_eq!(got.why, None);
        let mut texts = got.texts.into_iter().map(|(_, mapped)| mapped.into_text());
        (texts.next().unwrap(), texts.next().unwrap())
    }

    #[test]
    fn text_flows() {
        let cases: &[(&str, &str, &str)] = &[
            (
                "runs join",
                "<w:p><w:r><w:t>41</w:t></w:r>\n<w:r><w:rPr/><w:t>11 &amp; x</w:t></w:r></w:p>",
                "4111 & x\n",
            ),
            (
                "tables are rows",
                "<tbl><tr><tc><p><t>a</t></p><p><t>b</t></p></tc><tc><p/></tc><tc><p><t>c</t></p></tc></tr></tbl>",
                "a b\t\tc\n",
            ),
            (
                "tables in tables stay in their cell",
                "<tr><tc><p><t>a</t></p><tbl><tr><tc><p><t>x</t></p></tc><tc><p><t>y</t></p></tc></tr></tbl></tc><tc><p><t>b</t></p></tc></tr>",
                "a x y\tb\n",
            ),
            (
                "text boxes stand aside",
                "<p><r><t>41</t></r><r><txbxContent><p><t>box</t></p></txbxContent></r><r><t>11</t></r></p>",
                "4111\nbox\n",
            ),
            (
                "changes give two readings",
                "<p><r><t>4</t></r><del><r><delText>2</delText></r></del><ins><r><t>1</t></r></ins><r><t>11</t></r></p>",
                "4111\n4211\n",
            ),
            (
                "codes of fields join among themselves",
                "<p><r><t>a</t></r><r><fldChar/></r><r><instrText>MAIL x</instrText></r><r><instrText>y</instrText></r><r><fldChar/></r><r><t>b</t></r></p>",
                "ab\nMAIL xy\n",
            ),
            (
                "characters as elements",
                "<p><t>4</t><noBreakHyphen/><t>1</t><tab/><t>x</t><br/><t>y</t></p>",
                "4-1\tx\ny\n",
            ),
            ("stops of tabs are none", "<p><pPr><tabs><tab/></tabs></pPr><t>x</t></p>", "x\n"),
            ("unknown elements are lines", "<a><b>x</b><c>y</c></a>", "x\ny\n"),
            ("sizes are no text", "<p><posOffset>123456</posOffset><t>x</t></p>", "x\n"),
            (
                "sheets of OpenDocument",
                "<table-row><table-cell/><table-cell number-columns-repeated=\"2\"/><table-cell><p>x</p></table-cell></table-row>",
                "\t\t\tx\n",
            ),
        ];
        for (what, source, want) in cases {
            assert_eq!(texts(source).0, *want, "{what}");
        }
    }

    #[test]
    fn attributes_that_say_something_are_text() {
        let cases: &[(&str, &str)] = &[
            ("<docPr id='1' descr='photo of x' name='P'/>", "photo of x\nP\n"),
            ("<a cx='123456789' w='12' style='x:y z:abcd'/>", ""),
            ("<Relationship Target='mailto:a@b.example' TargetMode='External'/>", "mailto:a@b.example\n"),
            ("<Relationship Target='slides/slide1.xml'/>", ""),
            ("<x unknown='078-05-1120'/>", "078-05-1120\n"),
            ("<x unknown='{28A0092B-C50C-407E-A947-70E740481C1C}'/>", ""),
            ("<s v='x'/><n v='1'/>", "x\n1\n"),
            ("<!-- note --><a/>", " note \n"),
        ];
        for (source, want) in cases {
            assert_eq!(texts(source).1, *want, "{source}");
        }
    }
}
