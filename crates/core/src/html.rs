//! HTML: its text, visible and hidden, with a map back to its source.
//!
//! No tree is built: a tokenizer walks the source once, and each stretch of text it meets goes to the visible or the hidden
//! side together with the place it came from. Redaction then edits those places and nothing else, so what it does not
//! touch renders as before. There is no recursion and no stack: an element that a style hides is followed by counting
//! start and end tags of its own name.
//!
//! Hidden is what a reader does not see and a forwarder still sends: comments, attributes, scripts, styles, elements
//! that are not displayed. It is scanned like the rest.

use crate::Raw;
use std::borrow::Cow;
use std::ops::Range;

/// An HTML document and the text that is scanned in its place.
pub(crate) struct Html {
    source: Raw,
    text: Raw,
    /// Ordered by their place in the text.
    pieces: Vec<Piece>,
    visible_bytes: usize,
    /// Ranges of the visible text that quote another mail.
    quotes: Vec<Range<usize>>,
}

/// A stretch of text and its place in the source.
#[derive(Clone, Copy)]
struct Piece {
    text: usize,
    text_bytes: usize,
    source: usize,
    source_bytes: usize,
    place: Place,
    /// Does each byte of the text stand in the source as it is? Otherwise the source is replaced as a whole.
    literal: bool,
}

/// What has to be escaped where a piece stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// An attribute's value; the octet is its quote, 0 for none.
    Attribute(u8),
    /// Comments, scripts and styles: nothing may end them early.
    Verbatim,
}

impl Html {
    /// Reads a document; never fails, linear in its length.
    pub(crate) fn read(source: Raw) -> Html {
        let mut reader = Reader::new(source.expose());
        reader.run();
        let Reader { mut visible, hidden, mut quotes, quote_start, .. } = reader;
        quotes.extend(quote_start.map(|start| start..visible.text.len()));
        let visible_bytes = visible.text.len();
        if !visible.text.is_empty() && !hidden.text.is_empty() && !visible.text.ends_with('\n') {
            visible.text.push('\n');
        }
        let shift = visible.text.len();
        visible.text.push_str(&hidden.text);
        visible.pieces.extend(hidden.pieces.into_iter().map(|p| Piece { text: p.text + shift, ..p }));
        Html { text: Raw::new(visible.text), pieces: visible.pieces, visible_bytes, quotes, source }
    }

    /// Visible text, then hidden text (comments, attributes, what styles hide), each block on lines of its own.
    pub(crate) fn text(&self) -> &Raw {
        &self.text
    }

    /// The part of `text` that a reader sees.
    pub(crate) fn visible(&self) -> &str {
        self.text.expose().get(..self.visible_bytes).unwrap_or_default()
    }

    /// What a reader sees, without the blocks that quote another mail.
    pub(crate) fn unquoted(&self) -> String {
        let mut out = String::new();
        let mut at = 0;
        for quote in &self.quotes {
            out.push_str(self.visible().get(at..quote.start).unwrap_or_default());
            at = quote.end.max(at);
        }
        out.push_str(self.visible().get(at..).unwrap_or_default());
        out
    }

    /// The document as it came.
    pub(crate) fn source(&self) -> &Raw {
        &self.source
    }

    /// The document with each span of `text` replaced by its mark (escaped); it still renders.
    /// Spans are disjoint and ordered.
    pub(crate) fn replace(&self, spans: &[(Range<usize>, String)]) -> String {
        let mut edits: Vec<(Range<usize>, Cow<'_, str>)> = Vec::new();
        for (span, mark) in spans {
            let first = self.pieces.partition_point(|p| p.text + p.text_bytes <= span.start);
            let touched = self.pieces.get(first..).unwrap_or_default().iter().take_while(|p| p.text < span.end);
            let mut marked = false;
            for piece in touched {
                let whole = piece.source..piece.source + piece.source_bytes;
                let range = if piece.literal {
                    let cut =
                        |at: usize| piece.source + at.clamp(piece.text, piece.text + piece.text_bytes) - piece.text;
                    cut(span.start)..cut(span.end)
                } else {
                    whole
                };
                let mark = if marked { Cow::Borrowed("") } else { escape(mark, piece.place) };
                marked = true;
                edits.push((range, mark));
            }
        }
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let source = self.source.expose();
        let mut out = String::with_capacity(source.len());
        let mut at = 0;
        for (range, mark) in edits {
            // Two spans that touch one entity: its source goes once, both marks stay.
            out.push_str(source.get(at..range.start).unwrap_or_default());
            out.push_str(&mark);
            at = at.max(range.end);
        }
        out.push_str(source.get(at..).unwrap_or_default());
        out
    }
}

/// A mark made safe for its place.
fn escape(mark: &str, place: Place) -> Cow<'_, str> {
    match place {
        Place::Text => html_escape::encode_text(mark),
        Place::Attribute(b'"') => html_escape::encode_double_quoted_attribute(mark),
        Place::Attribute(b'\'') => html_escape::encode_single_quoted_attribute(mark),
        Place::Attribute(_) => html_escape::encode_unquoted_attribute(mark),
        Place::Verbatim => Cow::Owned(mark.replace(['<', '>', '&', '"', '\'', '\\', '`'], "").replace("--", "- ")),
    }
}

/// One side of the text.
#[derive(Default)]
struct Side {
    text: String,
    pieces: Vec<Piece>,
}

impl Side {
    fn break_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn push(&mut self, text: &str, source: Range<usize>, place: Place) {
        if let Some(last) = self.pieces.last_mut()
            && last.literal
            && last.place == place
            && last.source + last.source_bytes == source.start
            && last.text + last.text_bytes == self.text.len()
        {
            last.text_bytes += text.len();
            last.source_bytes += text.len();
        } else if !text.is_empty() {
            self.piece(text, source, place, true);
        }
        self.text.push_str(text);
    }

    /// Adds a stretch of the source: entities decoded where they are read, runs of white space made one blank.
    fn add(&mut self, source: &str, range: Range<usize>, place: Place, keep_space: bool) {
        let Some(text) = source.get(range.clone()) else { return };
        let entities = place != Place::Verbatim;
        let special = |c: char| (entities && c == '&') || (!keep_space && c.is_ascii_whitespace());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let plain = rest.find(special).unwrap_or(rest.len());
            self.push(rest.get(..plain).unwrap_or_default(), range.start + at..range.start + at + plain, place);
            at += plain;
            let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) else { return };
            let start = range.start + at;
            if rest.starts_with('&') {
                let (decoded, length) = entity(rest);
                if length == 1 {
                    self.push("&", start..start + 1, place);
                } else {
                    self.push_whole(&decoded, start..start + length, place);
                }
                at += length;
            } else {
                let length = rest.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len());
                if self.text.is_empty() || self.text.ends_with(['\n', ' ', '\t']) {
                    // At the start of a line a blank is not seen.
                } else if length == 1 && rest.starts_with(' ') {
                    self.push(" ", start..start + 1, place);
                } else {
                    self.push_whole(" ", start..start + length, place);
                }
                at += length;
            }
        }
    }

    /// Text that stands for all of its source.
    fn push_whole(&mut self, text: &str, source: Range<usize>, place: Place) {
        if !text.is_empty() {
            self.piece(text, source, place, false);
        }
        self.text.push_str(text);
    }

    fn piece(&mut self, text: &str, source: Range<usize>, place: Place, literal: bool) {
        self.pieces.push(Piece {
            text: self.text.len(),
            text_bytes: text.len(),
            source: source.start,
            source_bytes: source.len(),
            place,
            literal,
        });
    }
}

/// The text and length of the character reference that a text starts with; `&` and 1 if it is none.
fn entity(text: &str) -> (String, usize) {
    /// The longest name is 33 octets.
    const NAME_BYTES_MAX: usize = 40;
    let none = ("&".to_owned(), 1);
    let bytes = text.as_bytes();
    let run = |from: usize, good: fn(&u8) -> bool| {
        bytes.get(from..).unwrap_or_default().iter().take(NAME_BYTES_MAX).take_while(|b| good(b)).count()
    };
    let closed = |length: usize| if bytes.get(length) == Some(&b';') { length + 1 } else { length };
    if bytes.get(1) == Some(&b'#') {
        // Browsers read these without the semicolon too.
        let hex = matches!(bytes.get(2), Some(b'x' | b'X'));
        let from = if hex { 3 } else { 2 };
        let digits = run(from, if hex { u8::is_ascii_hexdigit } else { u8::is_ascii_digit });
        let number = text.get(from..from + digits).unwrap_or_default().trim_start_matches('0');
        let code = u32::from_str_radix(number, if hex { 16 } else { 10 }).ok();
        return match code.and_then(char::from_u32).filter(|c| *c != '\0') {
            Some(c) => (c.to_string(), closed(from + digits)),
            None => none,
        };
    }
    let name = run(1, u8::is_ascii_alphanumeric);
    if bytes.get(1 + name) == Some(&b';') {
        let whole = text.get(..name + 2).unwrap_or_default();
        let decoded = html_escape::decode_html_entities(whole);
        return if decoded == whole { none } else { (decoded.into_owned(), name + 2) };
    }
    for (bare, c) in [("nbsp", '\u{a0}'), ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')] {
        if text.get(1..1 + bare.len()) == Some(bare) {
            return (c.to_string(), 1 + bare.len());
        }
    }
    none
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
    visible: Side,
    hidden: Side,
    /// The element that hides what it holds: its name, and how many of that name are open.
    hiding: Option<(String, usize)>,
    /// The same for an element that quotes.
    quoting: Option<(String, usize)>,
    quote_start: Option<usize>,
    quotes: Vec<Range<usize>>,
    preformatted: usize,
}

/// A start tag's attribute: ranges in the source, and the quote of the value.
struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
    quote: u8,
}

impl<'s> Reader<'s> {
    fn new(source: &'s str) -> Reader<'s> {
        Reader {
            source,
            at: 0,
            visible: Side::default(),
            hidden: Side::default(),
            hiding: None,
            quoting: None,
            quote_start: None,
            quotes: Vec::new(),
            preformatted: 0,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.source.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn slice(&self, range: Range<usize>) -> &'s str {
        self.source.get(range).unwrap_or_default()
    }

    /// Position of a text from `at` on, or the end.
    fn find(&self, at: usize, what: &str) -> usize {
        self.source.get(at..).and_then(|rest| rest.find(what)).map_or(self.source.len(), |n| at + n)
    }

    fn run(&mut self) {
        while self.at < self.source.len() {
            let start = self.at;
            if self.byte(start) != b'<' {
                let end = self.find(start, "<");
                self.text(start..end);
                self.at = end;
                continue;
            }
            match self.byte(start + 1) {
                b'!' if self.slice(start..start + 4) == "<!--" => {
                    let end = self.find(start + 4, "-->");
                    self.verbatim(start + 4..end);
                    self.at = (end + 3).min(self.source.len());
                }
                b'!' | b'?' => {
                    let end = self.find(start + 2, ">");
                    self.verbatim(start + 2..end);
                    self.at = (end + 1).min(self.source.len());
                }
                b'/' if self.byte(start + 2).is_ascii_alphabetic() => self.end_tag(),
                b if b.is_ascii_alphabetic() => self.start_tag(),
                _ => {
                    self.text(start..start + 1);
                    self.at = start + 1;
                }
            }
        }
    }

    fn text(&mut self, range: Range<usize>) {
        let keep = self.preformatted > 0;
        let side = if self.hiding.is_some() { &mut self.hidden } else { &mut self.visible };
        side.add(self.source, range, Place::Text, keep);
    }

    fn verbatim(&mut self, range: Range<usize>) {
        self.hidden.break_line();
        self.hidden.add(self.source, range, Place::Verbatim, true);
        self.hidden.break_line();
    }

    /// End of the name that starts at a position, and the name in lower case.
    fn name(&self, at: usize) -> (String, usize) {
        let rest = self.source.get(at..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
        (rest.get(..length).unwrap_or_default().to_ascii_lowercase(), at + length)
    }

    fn end_tag(&mut self) {
        let (name, after) = self.name(self.at + 2);
        let end = self.find(after, ">");
        if self.slice(after..end).len() > 1 {
            self.verbatim(after..end);
        }
        self.at = (end + 1).min(self.source.len());
        if name == "pre" {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
        self.layout(&name, false);
        if closes(&mut self.hiding, &name) {
            self.hidden.break_line();
        }
        if closes(&mut self.quoting, &name) {
            let end = self.visible.text.len();
            self.quotes.extend(self.quote_start.take().map(|start| start..end));
        }
    }

    fn start_tag(&mut self) {
        let (name, after) = self.name(self.at + 1);
        let (attributes, end, closed) = self.attributes(after);
        self.at = end;
        let void = VOID.contains(&name.as_str()) || closed;
        if name == "pre" {
            self.preformatted += 1;
        }
        self.layout(&name, true);
        for (held, name_is) in [(&mut self.hiding, &name), (&mut self.quoting, &name)] {
            if let Some((of, depth)) = held
                && of == name_is
                && !void
            {
                *depth += 1;
            }
        }
        if !void && self.hiding.is_none() && (self.hides(&attributes) || name == "template") {
            self.hiding = Some((name.clone(), 1));
            self.hidden.break_line();
        }
        if !void && self.quoting.is_none() && self.hiding.is_none() && self.quotes_mail(&name, &attributes) {
            self.quoting = Some((name.clone(), 1));
            self.quote_start = Some(self.visible.text.len());
        }
        for attribute in &attributes {
            self.attribute(attribute);
        }
        if let ("script" | "style" | "xmp" | "noembed" | "noframes" | "title" | "textarea", false) =
            (name.as_str(), closed)
        {
            self.raw_text(&name);
        }
    }

    /// The content of an element in which no tags are read.
    fn raw_text(&mut self, name: &str) {
        let start = self.at;
        let bytes = self.source.as_bytes();
        let mut end = start;
        loop {
            end = self.find(end, "</");
            let candidate = bytes.get(end + 2..end + 2 + name.len());
            if candidate.is_none() {
                end = self.source.len();
                break;
            }
            if candidate.is_some_and(|c| c.eq_ignore_ascii_case(name.as_bytes())) {
                break;
            }
            end += 2;
        }
        match name {
            "textarea" => self.text(start..end),
            "title" => {
                self.hidden.break_line();
                self.hidden.add(self.source, start..end, Place::Text, false);
                self.hidden.break_line();
            }
            _ => self.verbatim(start..end),
        }
        self.at = end;
    }

    /// Attributes from a position on, the end of the tag, and whether it closes itself.
    fn attributes(&self, mut at: usize) -> (Vec<Attribute>, usize, bool) {
        let mut out = Vec::new();
        let mut closed = false;
        loop {
            match self.byte(at) {
                _ if at >= self.source.len() => return (out, self.source.len(), closed),
                b'>' => return (out, at + 1, closed),
                b if b.is_ascii_whitespace() => at += 1,
                b'/' => {
                    closed = self.byte(at + 1) == b'>';
                    at += 1;
                }
                _ => {
                    let (attribute, end) = self.one_attribute(at);
                    out.push(attribute);
                    at = end;
                }
            }
        }
    }

    fn one_attribute(&self, start: usize) -> (Attribute, usize) {
        let bytes = self.source.as_bytes();
        let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
            let rest = bytes.get(from..).unwrap_or_default();
            from + rest.iter().position(|&b| stop(b)).unwrap_or(rest.len())
        };
        // A name may begin with an equals sign.
        let name_end = until(start + 1, &|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/'));
        let equals = until(name_end, &|b| !b.is_ascii_whitespace());
        if self.byte(equals) != b'=' {
            return (Attribute { name: start..name_end, value: name_end..name_end, quote: 0 }, name_end);
        }
        let at = until(equals + 1, &|b| !b.is_ascii_whitespace());
        let quote = self.byte(at);
        if matches!(quote, b'"' | b'\'') {
            let end = until(at + 1, &|b| b == quote);
            let attribute = Attribute { name: start..name_end, value: at + 1..end, quote };
            return (attribute, (end + 1).min(self.source.len()));
        }
        let end = until(at, &|b| b.is_ascii_whitespace() || b == b'>');
        (Attribute { name: start..name_end, value: at..end, quote: 0 }, end)
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let name = self.slice(attribute.name.clone());
        let value = self.slice(attribute.value.clone());
        let is_word = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'-' | b':' | b'_' | b'@' | b'.');
        if !name.bytes().all(is_word) {
            self.verbatim(attribute.name.clone());
        }
        let cosmetic = COSMETIC.iter().any(|c| name.eq_ignore_ascii_case(c));
        let picture = value.get(..11).is_some_and(|v| v.eq_ignore_ascii_case("data:image/"));
        if value.is_empty() || cosmetic || picture {
            return;
        }
        self.hidden.break_line();
        self.hidden.add(self.source, attribute.value.clone(), Place::Attribute(attribute.quote), false);
        self.hidden.break_line();
    }

    /// Line breaks and cells.
    fn layout(&mut self, name: &str, start: bool) {
        let side = if self.hiding.is_some() { &mut self.hidden } else { &mut self.visible };
        match name {
            "br" if start => side.text.push('\n'),
            "td" | "th" if !start && !side.text.is_empty() && !side.text.ends_with(['\n', '\t']) => {
                side.text.push('\t')
            }
            _ if BLOCK.contains(&name) => side.break_line(),
            _ => {}
        }
    }

    /// Is the element not shown?
    fn hides(&self, attributes: &[Attribute]) -> bool {
        attributes.iter().any(|a| {
            let name = self.slice(a.name.clone());
            if name.eq_ignore_ascii_case("hidden") {
                return true;
            }
            if !name.eq_ignore_ascii_case("style") {
                return false;
            }
            let style = self.slice(a.value.clone()).to_ascii_lowercase();
            hides_by_style(&style)
        })
    }

    /// Does the element hold another mail, as mail programs mark it?
    fn quotes_mail(&self, name: &str, attributes: &[Attribute]) -> bool {
        name == "blockquote"
            || attributes.iter().any(|a| {
                let name = self.slice(a.name.clone()).to_ascii_lowercase();
                let value = self.slice(a.value.clone()).to_ascii_lowercase();
                matches!(name.as_str(), "class" | "id")
                    && value.split_ascii_whitespace().any(|v| QUOTE_CLASS.contains(&v) || v.ends_with("gmail_quote"))
            })
    }
}

fn closes(held: &mut Option<(String, usize)>, name: &str) -> bool {
    let Some((of, depth)) = held else { return false };
    if of == name {
        *depth -= 1;
        if *depth == 0 {
            *held = None;
            return true;
        }
    }
    false
}

fn hides_by_style(style: &str) -> bool {
    let mut color = "";
    let mut background = "";
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let value = value.trim().trim_end_matches("!important").trim();
        let zero = || value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').trim().parse() == Ok(0.0);
        match property.trim() {
            "display" if value == "none" => return true,
            "visibility" if matches!(value, "hidden" | "collapse") => return true,
            "font-size" | "opacity" if zero() => return true,
            "mso-hide" if value == "all" => return true,
            "color" => color = value,
            "background" | "background-color" => background = value,
            _ => {}
        }
    }
    // White text is common on dark grounds that an outer element sets; only a ground named beside it counts.
    let white = |v: &str| matches!(v, "white" | "#fff" | "#ffffff" | "rgb(255,255,255)" | "rgb(255, 255, 255)");
    white(color) && white(background)
}

const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

const BLOCK: [&str; 47] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "textarea",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// Attributes that only say how something looks. All others are read: what is in one would be sent on with the page.
const COSMETIC: [&str; 36] = [
    "align",
    "bgcolor",
    "border",
    "bordercolor",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "clear",
    "color",
    "cols",
    "colspan",
    "dir",
    "face",
    "frame",
    "frameborder",
    "height",
    "hspace",
    "http-equiv",
    "lang",
    "link",
    "marginheight",
    "marginwidth",
    "nowrap",
    "rel",
    "rows",
    "rowspan",
    "rules",
    "size",
    "style",
    "target",
    "type",
    "valign",
    "vlink",
    "vspace",
    "width",
];

const QUOTE_CLASS: [&str; 9] = [
    "gmail_quote",
    "gmail_attr",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
    "divrplyfwdmsg",
    "appendonsend",
    "gmail_extra",
    "zmail_extra",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(html: &str) -> (String, String) {
        let html = Html::read(Raw::new(html.to_owned()));
        (
            html.visible().to_owned(),
            html.text().expose().get(html.visible_bytes..).unwrap_or_default().trim().to_owned(),
        )
    }

    #[test]
    fn what_a_reader_sees_and_what_not() {
        let cases = [
            ("<p>Hello <b>wor</b>ld</p><p>Bye</p>", "Hello world\nBye\n", ""),
            ("4111<span>11</span><i>11</i>", "41111111", ""),
            ("&#52;1&#x31;1 &amp; &nbsp;x &unknown; &", "4111 & \u{a0}x &unknown; &", ""),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a\tb\t\n", ""),
            ("a<!-- secret -->b", "ab", "secret"),
            ("<img alt='a 4111' src=x.png>", "", "a 4111\nx.png"),
            ("<div style='display: none'>in<div>ner</div></div>out", "out", "in\nner"),
            ("<p hidden>h</p>v", "v", "h"),
            ("<span style=\"font-size:0px\">z</span><span style=\"font-size:0.9em\">s</span>", "s", "z"),
            ("<font style='color:#fff;background:#ffffff'>w</font>x", "x", "w"),
            ("<script>var a = '<b>';</script>t", "t", "var a = '<b>';"),
            ("<head><title>T &lt;</title></head><body>b", "b", "T <"),
            ("1 < 2 <3", "1 < 2 <3", ""),
            ("a  \r\n b", "a b", ""),
            ("<pre>a\n b</pre>", "a\n b\n", ""),
            ("<a title=4111>x", "x", "4111"),
            ("<a 4111-1111>x</a>", "x", "4111-1111"),
        ];
        for (html, visible, hidden) in cases {
            assert_eq!(text(html), (visible.to_owned(), hidden.to_owned()), "{html}");
        }
    }

    #[test]
    fn quoted_mail_is_known_by_its_element() {
        let html =
            "<div>mine</div><div class=\"gmail_quote\"><div>On x wrote:</div><blockquote>old</blockquote></div>end";
        assert_eq!(Html::read(Raw::new(html.to_owned())).unquoted(), "mine\nend");
    }

    #[test]
    fn values_are_replaced_in_their_place() {
        let cases = [
            ("<p>No 4111<b>11</b>1 now</p>", "4111111", "<p>No [m]<b></b> now</p>"),
            ("<p>&#52;111</p>", "4111", "<p>[m]</p>"),
            ("<a title=\"n 4111\">x</a>", "4111", "<a title=\"n [m]\">x</a>"),
            ("<a title=4111>x</a>", "4111", "<a title=&#x5B;m&#x5D;>x</a>"),
            ("a <!-- 4111 -->", "4111", "a <!-- [m] -->"),
        ];
        for (source, value, want) in cases {
            let html = Html::read(Raw::new(source.to_owned()));
            let at = html.text().expose().find(value).expect("is in the text");
            assert_eq!(html.replace(&[(at..at + value.len(), "[m]".to_owned())]), want);
        }
    }

    #[test]
    fn a_mark_cannot_break_out() {
        for (source, value) in [("<a title='4111'>x</a>", "4111"), ("<!--4111-->x", "4111"), ("<p>4111</p>", "4111")] {
            let html = Html::read(Raw::new(source.to_owned()));
            let at = html.text().expose().find(value).expect("is in the text");
            let out = html.replace(&[(at..at + value.len(), "'\"--><b>".to_owned())]);
            assert!(!out.contains("<b>"), "{out}");
        }
    }

    /// Pieces of HTML that meet each other in every way.
    fn fragments() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "<p>",
            "</p>",
            "<b",
            " a=",
            "\"",
            "'",
            "4111",
            "&#52;",
            "&#5",
            ";",
            "&amp;",
            "&",
            "<script>",
            "</script>",
            "<td>",
            " ",
            "\n",
            "é",
            "x",
            "<div hidden>",
            "</div>",
            "=",
            "/",
            "<pre>",
            "<!",
            "?",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
    }

    proptest! {
        #[test]
        fn any_string_maps_inside_itself(source in prop_oneof![any::<String>(), fragments()]) {
            let html = Html::read(Raw::new(source.clone()));
            prop_assert_eq!(html.replace(&[]), source.clone());
            let mut end = 0;
            for piece in &html.pieces {
                prop_assert!(piece.text >= end);
                end = piece.text + piece.text_bytes;
                prop_assert!(html.text().expose().get(piece.text..end).is_some());
                let place = source.get(piece.source..piece.source + piece.source_bytes);
                prop_assert!(place.is_some());
                if piece.literal {
                    prop_assert_eq!(html.text().expose().get(piece.text..end), place);
                }
            }
        }

        #[test]
        fn what_is_replaced_is_gone(source in fragments()) {
            let html = Html::read(Raw::new(source.clone()));
            let text = html.text().expose();
            let spans: Vec<_> = text.match_indices("4111").map(|(at, v)| (at..at + v.len(), "[m]".to_owned())).collect();
            let out = html.replace(&spans);
            let again = Html::read(Raw::new(out.clone()));
            prop_assert!(!again.text().expose().contains("4111"), "{:?} -> {:?}", source, out);
            prop_assert_eq!(again.text().expose().matches("[m]").count(), spans.len(), "{:?} -> {:?}", source, out);
        }
    }

    #[test]
    fn garbage_is_linear() {
        for unit in
            ["<div>", "<", "</", "<!--", "<a b='", "&", "<script>", "<p hidden>", "\"", "<pre>", "<textarea>", "<b a="]
        {
            let html = Html::read(Raw::new(unit.repeat(200_000)));
            assert!(html.text().len() <= unit.len() * 200_000 + 200_000);
        }
    }
}
