//! The tokenizer: one walk over the source, no tree, no stack.

use super::Place;
use super::side::Side;
use super::words::{BLOCK, COSMETIC, QUOTE_CLASS, VOID};
use std::ops::Range;

pub(super) struct Reader<'s> {
    source: &'s str,
    at: usize,
    pub(super) visible: Side,
    pub(super) hidden: Side,
    /// The element that hides what it holds: its name, and how many of that name are open.
    hiding: Option<(String, usize)>,
    /// The same for an element that quotes.
    quoting: Option<(String, usize)>,
    pub(super) quote_start: Option<usize>,
    pub(super) quotes: Vec<Range<usize>>,
    preformatted: usize,
}

/// A start tag's attribute: ranges in the source, and the quote of the value.
struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
    quote: u8,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str) -> Reader<'s> {
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

    pub(super) fn run(&mut self) {
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
                    let (end, after) = self.comment_end(start + 4);
                    self.verbatim(start + 4..end);
                    self.at = after;
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

    /// Where the text of a comment ends and what follows it begins (HTML 13.2.5.43 and on): `-->`, `--!>`, and at once in
    /// `<!-->` and `<!--->`.
    fn comment_end(&self, from: usize) -> (usize, usize) {
        let rest = self.source.get(from..).unwrap_or_default();
        for short in [">", "->"] {
            if rest.starts_with(short) {
                return (from, from + short.len());
            }
        }
        let mut at = from;
        loop {
            let end = self.find(at, "--");
            let after = self.source.get(end..).unwrap_or_default();
            match ["-->", "--!>"].iter().find(|e| after.starts_with(**e)) {
                Some(e) => return (end, end + e.len()),
                None if after.is_empty() => return (end, end),
                None => at = end + 1,
            }
        }
    }

    /// The name of an element is no text, unless it is none that an element has.
    fn odd_name(&mut self, range: Range<usize>) {
        /// Longer names are values in angle brackets.
        const NAME_BYTES_MAX: usize = 20;
        /// `h1`, and names that programs make up.
        const DIGITS_MAX: usize = 2;
        let name = self.slice(range.clone());
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':'))
            && name.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX;
        if !plain || name.len() > NAME_BYTES_MAX {
            self.verbatim(range);
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
        self.odd_name(self.at + 2..after);
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
        self.odd_name(self.at + 1..after);
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
        // A style is read where it holds text or an address.
        let telling = name.eq_ignore_ascii_case("style") && (value.contains("content") || value.contains("url("));
        let cosmetic =
            !telling && COSMETIC.iter().any(|c| name.eq_ignore_ascii_case(c)) && is_short_of_digits(name, value);
        if value.is_empty() || cosmetic || is_picture(value) {
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

/// Looks have few digits; styles have many, and none in a row.
fn is_short_of_digits(name: &str, value: &str) -> bool {
    const DIGITS_MAX: usize = 8;
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    match name.eq_ignore_ascii_case("style") {
        true => value.split([';', ':', ',', '(', ')']).all(|part| digits(part) <= DIGITS_MAX),
        false => digits(value) <= DIGITS_MAX,
    }
}

/// A picture within the page: nothing but its octets in base64.
fn is_picture(value: &str) -> bool {
    let Some((head, data)) = value.split_once(";base64,") else { return false };
    head.get(..11).is_some_and(|v| v.eq_ignore_ascii_case("data:image/"))
        && head.len() <= 40
        && data.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=%".contains(&b) || b.is_ascii_whitespace())
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
