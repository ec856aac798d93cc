//! One pass over an RTF file: the state of each group, and where its text and data go.

use super::destinations::{Destination, Kind, Out, character, destination, picture, structure};
use super::token::{Token, token};
use crate::Unwritable;
use crate::legacy::codepage::Charset;
use crate::mapped::{Change, Mapped};
use std::collections::HashMap;
use std::ops::Range;

/// Fallback characters after `\u` that readers may be told to skip. Who wants to skip more hides text, so it is shown.
const FALLBACK_CHARS_MAX: i32 = 8;
/// Octets that a number in hex may take to pass as one.
const HASH_BYTES_MAX: usize = 48;

/// An RTF file being walked, then walked.
pub(super) struct Walk<'f> {
    octets: &'f [u8],
    at: usize,
    groups: Vec<Group>,
    depth_max: usize,
    /// Groups that are open beyond the depth: they share the state of the deepest.
    too_deep: usize,
    /// In the order of [`Out::ALL`].
    pub(super) outs: [Mapped; 8],
    pub(super) data: Vec<Data>,
    /// Places of text that directly follows a control word, in order.
    pub(super) joints: Vec<usize>,
    page: Charset,
    fonts: HashMap<i32, Charset>,
    default_font: i32,
    /// The font that the font table is at.
    defining: i32,
    /// First octets of a character that is not complete, and where they stand.
    pending: (Vec<u8>, Range<usize>),
    /// First half of a surrogate pair.
    high: Option<(u16, Range<usize>)>,
    joint: Option<usize>,
}

#[derive(Clone, Copy)]
struct Group {
    start: usize,
    holds: Holds,
    uc: i32,
    charset: Option<Charset>,
    is_fonts: bool,
    /// `\*` has been seen, and no word since.
    is_starred: bool,
    /// Its destination begins with it.
    is_entered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text(Out),
    /// The number of the data.
    Data(usize),
    Nothing,
}

/// Octets in a file, in hex or as they are.
pub(super) struct Data {
    pub(super) kind: Kind,
    pub(super) media_type: &'static str,
    /// The group with its braces.
    pub(super) group: Range<usize>,
    /// Where the octets stand; are they in hex?
    spans: Vec<(Range<usize>, bool)>,
}

impl<'f> Walk<'f> {
    pub(super) fn new(octets: &'f [u8], depth_max: usize) -> Walk<'f> {
        let outside = Group {
            start: 0,
            holds: Holds::Text(Out::Other),
            uc: 1,
            charset: None,
            is_fonts: false,
            is_starred: false,
            is_entered: false,
        };
        Walk {
            octets,
            at: 0,
            groups: vec![outside],
            depth_max,
            too_deep: 0,
            outs: Default::default(),
            data: Vec::new(),
            joints: Vec::new(),
            page: Charset::LATIN,
            fonts: HashMap::new(),
            default_font: 0,
            defining: 0,
            pending: (Vec::new(), 0..0),
            high: None,
            joint: None,
        }
    }

    /// Walks to the end.
    pub(super) fn whole(mut self) -> Walk<'f> {
        while let Some((token, next)) = token(self.octets, self.at) {
            let span = self.at..next;
            self.at = next;
            match token {
                Token::Plain(octet) => self.octet(octet, span, true),
                Token::Octet(octet) => self.octet(octet, span, false),
                Token::Break => {}
                Token::Open => self.open(span.start),
                Token::Close => self.close(span.end),
                Token::Symbol(symbol) => self.symbol(symbol, span),
                Token::Word(word, number, has_space) => {
                    self.joint = (!has_space).then_some(span.end);
                    self.word(word, number, span);
                }
            }
        }
        self.flush();
        while self.groups.len() > 1 {
            self.close(self.octets.len());
        }
        self
    }

    fn group(&mut self) -> &mut Group {
        let last = self.groups.len().saturating_sub(1);
        self.groups.get_mut(last).expect("the outermost group is never closed")
    }

    fn out(&mut self) -> Option<&mut Mapped> {
        match self.group().holds {
            Holds::Text(out) => self.outs.get_mut(out as usize),
            _ => None,
        }
    }

    fn open(&mut self, start: usize) {
        self.flush();
        if self.groups.len() > self.depth_max {
            self.too_deep += 1;
            return;
        }
        let inner = Group { start, is_starred: false, is_entered: false, ..*self.group() };
        self.groups.push(inner);
    }

    fn close(&mut self, end: usize) {
        self.flush();
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        if self.groups.len() < 2 {
            return;
        }
        let Some(closed) = self.groups.pop() else { return };
        if !closed.is_entered {
            return;
        }
        match closed.holds {
            Holds::Data(nth) => {
                if let Some(data) = self.data.get_mut(nth) {
                    data.group = closed.start..end;
                }
            }
            Holds::Text(out) => self.end_line(out),
            Holds::Nothing => {}
        }
    }

    /// What a destination holds is a line of its own, but in the body and in HTML, which go on.
    fn end_line(&mut self, out: Out) {
        if out != Out::Body
            && out != Out::Html
            && let Some(text) = self.outs.get_mut(out as usize)
            && !text.text().is_empty()
            && !text.text().ends_with('\n')
        {
            text.made("\n");
        }
    }

    fn symbol(&mut self, symbol: u8, span: Range<usize>) {
        self.flush();
        match symbol {
            b'*' => self.group().is_starred = true,
            b'\\' | b'{' | b'}' => self.coded(&char::from(symbol).to_string(), span),
            b'~' => self.coded("\u{a0}", span),
            b'-' => self.coded("\u{ad}", span),
            b'_' => self.coded("\u{2011}", span),
            b'\r' | b'\n' => self.made("\n"),
            b'\t' => self.made("\t"),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>, span: Range<usize>) {
        if word != "u" {
            self.flush();
        }
        let is_starred = std::mem::take(&mut self.group().is_starred);
        match (word, number) {
            ("u", Some(number)) => self.unicode(number, span),
            ("bin", Some(count)) => self.binary(count, span.start),
            ("uc", Some(count)) => self.group().uc = count,
            ("ansicpg", Some(page)) if page > 0 => self.page = Charset::of_page(page as u32),
            ("mac", _) => self.page = Charset::of_page(10000),
            ("pc", None) => self.page = Charset::of_page(437),
            ("pca", _) => self.page = Charset::of_page(850),
            ("deff", Some(font)) => self.default_font = font,
            ("plain", _) => self.group().charset = self.fonts.get(&self.default_font).copied(),
            ("f", Some(font)) if self.group().is_fonts => self.defining = font,
            ("f", Some(font)) => self.group().charset = self.fonts.get(&font).copied(),
            ("fcharset", Some(charset)) if self.group().is_fonts => self.font(Charset::of_font(charset as u32)),
            ("cpg", Some(page)) if self.group().is_fonts => self.font(Some(Charset::of_page(page as u32))),
            _ => self.other_word(word, is_starred, span),
        }
    }

    fn other_word(&mut self, word: &str, is_starred: bool, span: Range<usize>) {
        if let Some(text) = character(word) {
            self.coded(text, span);
        } else if let Some(text) = structure(word) {
            self.made(text);
        } else if let Some(destination) = destination(word) {
            self.enter(destination, word);
        } else if is_starred {
            // A destination that is not known: its text is shown all the same. Groups of a picture are no part of its hex.
            self.group().is_entered = true;
            self.end_line(Out::Other);
            self.group().holds = Holds::Text(Out::Other);
        } else if let (Some(media_type), Holds::Data(nth)) = (picture(word), self.group().holds)
            && let Some(data) = self.data.get_mut(nth)
        {
            data.media_type = media_type;
        }
    }

    fn enter(&mut self, destination: Destination, word: &str) {
        self.group().is_entered = true;
        if let Destination::Text(out) | Destination::Named(out) = destination {
            self.end_line(out);
        }
        let holds = match destination {
            Destination::Text(out) => Holds::Text(out),
            Destination::Named(out) => {
                if let Some(text) = self.outs.get_mut(out as usize) {
                    text.made(word);
                    text.made("\t");
                }
                Holds::Text(out)
            }
            Destination::Fonts => {
                self.group().is_fonts = true;
                Holds::Text(Out::Other)
            }
            Destination::Data(kind) => {
                let group = self.group().start..self.octets.len();
                self.data.push(Data { kind, media_type: "", group, spans: Vec::new() });
                Holds::Data(self.data.len() - 1)
            }
            Destination::Hash if self.is_hash() => Holds::Nothing,
            Destination::Hash => Holds::Text(Out::Other),
        };
        // The body is where its parent is: text in a header stays there.
        let is_inside = holds == Holds::Text(Out::Body) && word != "rtf";
        match self.group().holds {
            Holds::Text(Out::Headers | Out::Notes | Out::Comments | Out::Body) if is_inside => {}
            _ => self.group().holds = holds,
        }
    }

    fn is_hash(&self) -> bool {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let inner = rest.iter().take(HASH_BYTES_MAX).take_while(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace());
        rest.get(inner.count()) == Some(&b'}')
    }

    fn font(&mut self, charset: Option<Charset>) {
        match charset {
            Some(charset) => drop(self.fonts.insert(self.defining, charset)),
            None => drop(self.fonts.remove(&self.defining)),
        }
        // Its name is in it as well.
        self.group().charset = charset;
    }

    fn charset(&mut self) -> Charset {
        self.group().charset.unwrap_or(self.page)
    }

    /// An octet of text or data; `is_plain` if it stands for itself.
    fn octet(&mut self, octet: u8, span: Range<usize>, is_plain: bool) {
        match self.group().holds {
            Holds::Nothing => return,
            Holds::Data(nth) if is_plain => return self.hex(nth, span),
            Holds::Data(_) => return,
            Holds::Text(_) => {}
        }
        let charset = self.charset();
        let first = self.pending.0.first().copied();
        if let Some(first) = first {
            self.pending.0.push(octet);
            self.pending.1.end = span.end;
            if self.pending.0.len() >= charset.length(first) {
                self.flush();
            }
        } else if charset.length(octet) > 1 {
            self.high = None;
            self.pending = (vec![octet], span);
        } else if is_plain && matches!(octet, b' '..=b'~') {
            self.run(span.start);
        } else if octet >= b' ' || octet == b'\t' {
            let text = charset.decode(&[octet]);
            self.coded(&text, span);
        }
    }

    /// Text in ASCII, which stands for itself.
    fn run(&mut self, start: usize) {
        self.high = None;
        let rest = self.octets.get(start..).unwrap_or_default();
        let is_run = |b: &&u8| matches!(b, b' '..=b'~') && !matches!(b, b'\\' | b'{' | b'}');
        // A lone octet may stand for itself that would not in a run: a `\` at the end of the file.
        let end = start + rest.iter().take_while(is_run).count().max(1);
        self.joined(start);
        self.at = end;
        if let Some(text) = self.octets.get(start..end).and_then(|run| std::str::from_utf8(run).ok())
            && let Some(out) = self.out()
        {
            out.exact(text, start);
        }
    }

    fn joined(&mut self, start: usize) {
        if self.joint.take() == Some(start) {
            self.joints.push(start);
        }
    }

    fn coded(&mut self, text: &str, span: Range<usize>) {
        self.joined(span.start);
        self.high = None;
        if let Some(out) = self.out() {
            out.coded(text, span);
        }
    }

    fn made(&mut self, text: &str) {
        if let Some(out) = self.out() {
            out.made(text);
        }
    }

    /// Gives up on waiting for the rest of a character.
    fn flush(&mut self) {
        self.high = None;
        if !self.pending.0.is_empty() {
            let (octets, span) = std::mem::take(&mut self.pending);
            let text = self.charset().decode(&octets);
            self.coded(&text, span);
        }
    }

    fn unicode(&mut self, number: i32, span: Range<usize>) {
        let before = self.high.take();
        self.flush();
        let start = span.start;
        let end = self.fallback();
        // Characters beyond 16 bits are written as one number by some.
        let number = if number < 0 { number.wrapping_add(0x1_0000) } else { number } as u32;
        match (number, before) {
            (0xd800..=0xdbff, _) => self.high = Some((number as u16, start..end)),
            (0xdc00..=0xdfff, Some((high, from))) => {
                let text: String = char::decode_utf16([high, number as u16]).filter_map(Result::ok).collect();
                self.coded(&text, from.start..end);
            }
            // Symbol fonts show the octet behind the private character.
            (0xf020..=0xf07e, _) => self.coded(&char::from((number - 0xf000) as u8).to_string(), start..end),
            (0..0x20, _) => {}
            _ => {
                let c = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.coded(c.encode_utf8(&mut [0; 4]), start..end);
            }
        }
    }

    /// Skips what stands in for a character where Unicode is not known; says where it ends.
    fn fallback(&mut self) -> usize {
        let count = self.group().uc;
        let mut end = self.at;
        if (1..=FALLBACK_CHARS_MAX).contains(&count) {
            let mut left = count;
            while left > 0 {
                match token(self.octets, self.at) {
                    Some((Token::Break, next)) => self.at = next,
                    Some((Token::Plain(_) | Token::Octet(_) | Token::Symbol(_), next)) => {
                        left -= 1;
                        (self.at, end) = (next, next);
                    }
                    _ => break,
                }
            }
        }
        self.at = end;
        end
    }

    fn binary(&mut self, count: i32, start: usize) {
        let count = usize::try_from(count).unwrap_or(0);
        let end = self.at.saturating_add(count).min(self.octets.len());
        let span = self.at..end;
        let nth = match self.group().holds {
            Holds::Data(nth) => nth,
            _ => {
                // Octets where none are expected are kept as data of their own; removing them removes no more.
                self.data.push(Data { kind: Kind::Stored, media_type: "", group: start..end, spans: Vec::new() });
                self.data.len() - 1
            }
        };
        if let Some(data) = self.data.get_mut(nth) {
            data.spans.push((span, false));
        }
        self.at = end;
    }

    fn hex(&mut self, nth: usize, span: Range<usize>) {
        let rest = self.octets.get(span.start..).unwrap_or_default();
        let end = span.start + rest.iter().take_while(|b| !matches!(b, b'\\' | b'{' | b'}')).count().max(1);
        self.at = end;
        if let Some(data) = self.data.get_mut(nth) {
            data.spans.push((span.start..end, true));
        }
    }
}

impl Data {
    /// Octets of the file that code it.
    pub(super) fn source_bytes(&self) -> usize {
        self.spans.iter().map(|(span, _)| span.len()).sum()
    }

    /// The octets that are stored.
    pub(super) fn decoded(&self, source: &[u8]) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.source_bytes() / 2);
        let mut high = None;
        for (span, is_hex) in &self.spans {
            let coded = source.get(span.clone()).unwrap_or_default();
            if !is_hex {
                octets.extend_from_slice(coded);
                continue;
            }
            for digit in coded.iter().filter_map(|b| char::from(*b).to_digit(16)) {
                match high.take() {
                    None => high = Some(digit),
                    Some(high) => octets.push((high * 16 + digit) as u8),
                }
            }
        }
        octets
    }

    /// Other octets in their place, in hex.
    ///
    /// # Errors
    /// [`Unwritable::Format`] where they are not in hex.
    pub(super) fn replaced(&self, octets: &[u8]) -> Result<Vec<Change>, Unwritable> {
        if self.spans.iter().any(|(_, is_hex)| !is_hex) {
            return Err(Unwritable::Format);
        }
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digit = |n: u8| DIGITS.get(usize::from(n & 15)).map_or(b'0', |c| *c as u8);
        let mut hex = Some(octets.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect::<Vec<u8>>());
        Ok(self.spans.iter().map(|(span, _)| (span.clone(), hex.take().unwrap_or_default())).collect())
    }
}
