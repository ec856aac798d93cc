//! The syntax of PDF (ISO 32000-2, 7.2 and 7.3): objects, and the operators of content streams.

use std::collections::BTreeMap;
use std::ops::Range;

/// Number and generation of an object.
pub(super) type Id = (u32, u16);

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    Stream(Box<Stream>),
    Ref(Id),
}

/// A dictionary. A key that stands twice keeps its last value, as readers do; what it hides stands under an empty name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dict(pub(super) BTreeMap<Vec<u8>, Object>);

/// A stream: its dictionary, and where in the file its octets stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stream {
    pub(super) dict: Dict,
    pub(super) raw: Range<usize>,
    pub(super) id: Id,
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Object::Int(n) => Some(*n as f64),
            Object::Real(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Object::Int(n) => Some(*n),
            Object::Real(n) => Some(*n as i64),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn octets(&self) -> Option<&[u8]> {
        match self {
            Object::Text(octets) => Some(octets),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Option<&[Object]> {
        match self {
            Object::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A dictionary, of a stream too.
    pub(super) fn dict(&self) -> Option<&Dict> {
        match self {
            Object::Dict(dict) => Some(dict),
            Object::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    pub(super) fn stream(&self) -> Option<&Stream> {
        match self {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }
}

impl Dict {
    /// The value of a key; null if there is none.
    pub(super) fn get(&self, key: &str) -> &Object {
        self.0.get(key.as_bytes()).unwrap_or(&Object::Null)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key.as_bytes())
    }

    pub(super) fn is(&self, key: &str, name: &str) -> bool {
        self.get(key).name() == Some(name.as_bytes())
    }

    pub(super) fn set(&mut self, key: &str, value: Object) {
        self.0.insert(key.as_bytes().to_vec(), value);
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key.as_bytes());
    }
}

pub(super) fn is_space(octet: u8) -> bool {
    matches!(octet, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(octet: u8) -> bool {
    matches!(octet, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

pub(super) fn is_regular(octet: u8) -> bool {
    !is_space(octet) && !is_delimiter(octet)
}

/// What comes next.
pub(super) enum Item<'a> {
    Operand(Object),
    Operator(&'a [u8]),
    End,
}

/// Reads objects and operators one after the other. Never fails: what is broken is skipped.
pub(super) struct Lexer<'a> {
    pub(super) octets: &'a [u8],
    pub(super) at: usize,
    /// Are there references? Not in content streams.
    pub(super) has_refs: bool,
    /// Where comments stand, if somebody wants to know.
    pub(super) comments: Option<Vec<Range<usize>>>,
    /// Was an object cut at a bound?
    pub(super) is_cut: bool,
    depth_max: usize,
    nodes_left: usize,
}

impl<'a> Lexer<'a> {
    /// From `at` on; objects are no deeper than `depth_max` and have no more than `nodes_max` objects in them.
    pub(super) fn new(octets: &'a [u8], at: usize, depth_max: usize, nodes_max: usize) -> Lexer<'a> {
        Lexer { octets, at, has_refs: true, comments: None, is_cut: false, depth_max, nodes_left: nodes_max }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(octet) = self.peek() {
            if octet == b'%' {
                let start = self.at;
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
                if let Some(comments) = &mut self.comments {
                    comments.push(start..self.at);
                }
            } else if is_space(octet) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next object or operator.
    pub(super) fn next(&mut self) -> Item<'a> {
        self.item(0)
    }

    /// The next object; `None` if an operator or the end comes.
    pub(super) fn object(&mut self) -> Option<Object> {
        match self.item(0) {
            Item::Operand(object) => Some(object),
            _ => None,
        }
    }

    fn item(&mut self, depth: usize) -> Item<'a> {
        loop {
            self.skip_space();
            let Some(octet) = self.peek() else { return Item::End };
            let object = match octet {
                b'(' => Object::Text(self.literal()),
                b'<' if self.octets.get(self.at + 1) == Some(&b'<') => self.nested(depth, Lexer::dict),
                b'<' => Object::Text(self.hex()),
                b'/' => Object::Name(self.name()),
                b'[' => self.nested(depth, Lexer::array),
                b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(),
                _ if is_delimiter(octet) => {
                    self.at += 1;
                    continue;
                }
                _ => match self.word() {
                    b"true" => Object::Bool(true),
                    b"false" => Object::Bool(false),
                    b"null" => Object::Null,
                    word => return Item::Operator(word),
                },
            };
            return Item::Operand(object);
        }
    }

    fn nested(&mut self, depth: usize, read: fn(&mut Lexer<'a>, usize) -> Object) -> Object {
        if depth >= self.depth_max {
            self.at += 1;
            self.is_cut = true;
            return Object::Null;
        }
        read(self, depth + 1)
    }

    fn array(&mut self, depth: usize) -> Object {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            let before = self.at;
            match self.peek() {
                None => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            match self.item(depth) {
                Item::Operand(object) => self.keep(|| items.push(object)),
                Item::Operator(b"obj" | b"endobj" | b"endstream" | b"stream") => {
                    self.at = before;
                    break;
                }
                Item::Operator(_) => {}
                Item::End => break,
            }
        }
        Object::Array(items)
    }

    fn dict(&mut self, depth: usize) -> Object {
        self.at += 2;
        let mut dict = Dict::default();
        loop {
            self.skip_space();
            let before = self.at;
            match self.peek() {
                None => break,
                Some(b'>') => {
                    self.at += 1;
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                    }
                    break;
                }
                _ => {}
            }
            let key = match self.item(depth) {
                Item::Operand(Object::Name(key)) => key,
                Item::Operand(_) => continue,
                Item::Operator(b"obj" | b"endobj" | b"endstream" | b"stream") => {
                    self.at = before;
                    break;
                }
                Item::Operator(_) => continue,
                Item::End => break,
            };
            self.skip_space();
            let before = self.at;
            if matches!(self.peek(), Some(b'>') if self.octets.get(self.at + 1) == Some(&b'>')) {
                self.keep(|| drop(dict.0.insert(key, Object::Null)));
                continue;
            }
            match self.item(depth) {
                Item::Operand(value) => self.keep(|| put(&mut dict, key, value)),
                Item::Operator(b"obj" | b"endobj" | b"endstream" | b"stream") => {
                    self.at = before;
                    break;
                }
                Item::Operator(_) => {}
                Item::End => break,
            }
        }
        Object::Dict(dict)
    }

    fn keep(&mut self, put: impl FnOnce()) {
        match self.nodes_left.checked_sub(1) {
            Some(left) => {
                self.nodes_left = left;
                put();
            }
            None => self.is_cut = true,
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        self.octets.get(start..self.at).unwrap_or_default()
    }

    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let raw = self.word();
        if !raw.contains(&b'#') {
            return raw.to_vec();
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((first, tail)) = rest.split_first() {
            rest = tail;
            if let (b'#', [a, b, more @ ..]) = (*first, tail)
                && let (Some(a), Some(b)) = (digit(*a), digit(*b))
            {
                name.push(a << 4 | b);
                rest = more;
            } else {
                name.push(*first);
            }
        }
        name
    }

    /// A number; with `has_refs` a reference too. Readers take nearly anything for one.
    fn number(&mut self) -> Object {
        let start = self.at;
        let (mut is_negative, mut is_real) = (false, false);
        let (mut whole, mut scale) = (0f64, 1f64);
        let mut int = Some(0i64);
        while let Some(octet) = self.peek() {
            match octet {
                b'-' if self.at == start => is_negative = true,
                b'+' | b'-' => {}
                b'.' if is_real => break,
                b'.' => is_real = true,
                b'0'..=b'9' => {
                    let digit = octet - b'0';
                    if is_real {
                        scale /= 10.0;
                        whole += f64::from(digit) * scale;
                    } else {
                        whole = whole * 10.0 + f64::from(digit);
                        int = int.and_then(|n| n.checked_mul(10)?.checked_add(i64::from(digit)));
                    }
                }
                _ => break,
            }
            self.at += 1;
        }
        if self.at == start {
            self.at += 1;
            return Object::Null;
        }
        // `12abc` is no number and two operators, but a broken word.
        if is_real {
            return Object::Real(if is_negative { -whole } else { whole });
        }
        match int {
            Some(n) if self.has_refs && !is_negative => self.reference(n).unwrap_or(Object::Int(n)),
            Some(n) => Object::Int(if is_negative { -n } else { n }),
            None => Object::Real(if is_negative { -whole } else { whole }),
        }
    }

    fn reference(&mut self, number: i64) -> Option<Object> {
        let number = u32::try_from(number).ok()?;
        let back = self.at;
        let found = self.reference_tail(number);
        if found.is_none() {
            self.at = back;
        }
        found
    }

    fn reference_tail(&mut self, number: u32) -> Option<Object> {
        self.blank()?;
        let generation = self.digits()?;
        self.blank()?;
        if self.peek() != Some(b'R') || self.octets.get(self.at + 1).copied().is_some_and(is_regular) {
            return None;
        }
        self.at += 1;
        Some(Object::Ref((number, u16::try_from(generation).ok()?)))
    }

    fn blank(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A whole number without a sign, of at most ten digits.
    pub(super) fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        let mut n = 0u64;
        while let Some(octet @ b'0'..=b'9') = self.peek() {
            if self.at - start >= 10 {
                return None;
            }
            n = n * 10 + u64::from(octet - b'0');
            self.at += 1;
        }
        (self.at > start).then_some(n)
    }

    fn literal(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1usize;
        while let Some(octet) = self.peek() {
            self.at += 1;
            match octet {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(octet);
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(octet) = self.peek() else { return };
        self.at += 1;
        let meant = match octet {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return,
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return;
            }
            b'0'..=b'7' => {
                let mut code = u16::from(octet - b'0');
                for _ in 0..2 {
                    let Some(octet @ b'0'..=b'7') = self.peek() else { break };
                    code = code * 8 + u16::from(octet - b'0');
                    self.at += 1;
                }
                (code & 0xff) as u8
            }
            other => other,
        };
        text.push(meant);
    }

    fn hex(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        let mut high = None;
        while let Some(octet) = self.peek() {
            self.at += 1;
            if octet == b'>' {
                break;
            }
            let Some(digit) = digit(octet) else { continue };
            match high.take() {
                None => high = Some(digit),
                Some(high) => text.push(high << 4 | digit),
            }
        }
        text.extend(high.map(|high| high << 4));
        text
    }
}

fn put(dict: &mut Dict, key: Vec<u8>, value: Object) {
    if let Some(hidden) = dict.0.insert(key, value) {
        let all = dict.0.entry(Vec::new()).or_insert_with(|| Object::Array(Vec::new()));
        if let Object::Array(items) = all {
            items.push(hidden);
        }
    }
}

/// The value of a hexadecimal digit.
pub(super) fn digit(octet: u8) -> Option<u8> {
    (octet as char).to_digit(16).map(|digit| digit as u8)
}

/// Where `what` stands first, from `from` on.
pub(super) fn find(octets: &[u8], what: &[u8], from: usize) -> Option<usize> {
    Some(from + memchr::memmem::find(octets.get(from..)?, what)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(source: &[u8]) -> Option<Object> {
        Lexer::new(source, 0, 20, 100).object()
    }

    #[test]
    fn objects_are_read() {
        let text = |s: &[u8]| Some(Object::Text(s.to_vec()));
        let cases: [(&[u8], Option<Object>); 15] = [
            (b"12", Some(Object::Int(12))),
            (b"-.5", Some(Object::Real(-0.5))),
            (b"--5", Some(Object::Int(-5))),
            (b"3 0 R", Some(Object::Ref((3, 0)))),
            (b"3 0 RG", Some(Object::Int(3))),
            (b"(a(b)c\\)\\n\\101\\\r\nx)", text(b"a(b)c)\nAx")),
            (b"<4 1 4>", text(b"A@")),
            (b"/A#20B", Some(Object::Name(b"A B".to_vec()))),
            (
                b"[1 (x) /y]",
                Some(Object::Array(vec![Object::Int(1), Object::Text(b"x".to_vec()), Object::Name(b"y".to_vec())])),
            ),
            (b"% c\n null", Some(Object::Null)),
            (b"[1 2 endobj", Some(Object::Array(vec![Object::Int(1), Object::Int(2)]))),
            (b"(open", text(b"open")),
            (b"endobj", None),
            (b"", None),
            (b"4611686018427387904", Some(Object::Int(1 << 62))),
        ];
        for (source, want) in cases {
            assert_eq!(one(source), want, "{}", String::from_utf8_lossy(source));
        }
        let dict = one(b"<</A 1/B<</C(x)>>/A 2 /D>>").unwrap();
        let dict = dict.dict().unwrap();
        assert_eq!(dict.get("A"), &Object::Int(2));
        assert_eq!(dict.get("B").dict().unwrap().get("C"), &Object::Text(b"x".to_vec()));
        assert_eq!(dict.get(""), &Object::Array(vec![Object::Int(1)]), "what a second key hides is kept");
    }

    #[test]
    fn depth_and_count_are_bounded() {
        for (depth, is_cut) in [(19, false), (20, false), (21, true), (10_380, true)] {
            let source = "[".repeat(depth) + &"]".repeat(depth);
            let mut lexer = Lexer::new(source.as_bytes(), 0, 20, 100_000);
            let _ = lexer.object();
            assert_eq!(lexer.is_cut, is_cut, "{depth}");
        }
        for (count, is_cut) in [(99, false), (100, false), (101, true)] {
            let source = format!("[{}]", "1 ".repeat(count));
            let mut lexer = Lexer::new(source.as_bytes(), 0, 20, 100);
            let _ = lexer.object();
            assert_eq!(lexer.is_cut, is_cut, "{count}");
        }
    }
}
