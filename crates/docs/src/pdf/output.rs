//! A file being written: objects in the order in which they are met, each once, numbers from one on.

use super::file::Pdf;
use super::lex::{Dict, Object, is_regular};
use std::collections::{HashMap, VecDeque};
use std::io::Write;

/// The generation of a reference that already has its number in the new file.
const NEW: u16 = u16::MAX;

/// A file being written.
pub(super) struct Output<'p, 'a> {
    pdf: &'p Pdf<'a>,
    out: Vec<u8>,
    /// By number less one; 0 for those that are not written yet.
    offsets: Vec<usize>,
    numbers: HashMap<usize, u32>,
    todo: VecDeque<usize>,
    font: Option<u32>,
}

impl<'p, 'a> Output<'p, 'a> {
    pub(super) fn new(pdf: &'p Pdf<'a>) -> Output<'p, 'a> {
        let out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        Output { pdf, out, offsets: Vec::new(), numbers: HashMap::new(), todo: VecDeque::new(), font: None }
    }

    fn number(&mut self) -> u32 {
        self.offsets.push(0);
        self.offsets.len() as u32
    }

    /// The new number of an object, which is written later.
    pub(super) fn refer(&mut self, nth: usize) -> u32 {
        if let Some(number) = self.numbers.get(&nth) {
            return *number;
        }
        let number = self.number();
        self.numbers.insert(nth, number);
        self.todo.push_back(nth);
        number
    }

    /// The next object to write.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.todo.pop_front()
    }

    fn begin(&mut self, number: u32) {
        if let Some(slot) = self.offsets.get_mut(number as usize - 1) {
            *slot = self.out.len();
        }
        self.out.extend(format!("{number} 0 obj\n").bytes());
    }

    fn write(&mut self, object: &Object) {
        let mut out = std::mem::take(&mut self.out);
        object_to(&mut out, object, &mut |object| match object {
            Object::Ref((number, NEW)) => Some(*number),
            other => self.pdf.nth(other).map(|nth| self.refer(nth)),
        });
        self.out = out;
    }

    pub(super) fn object(&mut self, nth: usize, object: &Object) {
        let number = self.refer(nth);
        self.begin(number);
        self.write(object);
        self.out.extend(b"\nendobj\n");
    }

    /// A stream with its octets as they are.
    pub(super) fn raw_stream(&mut self, nth: usize, dict: Dict, octets: &[u8]) {
        let number = self.refer(nth);
        self.stream(number, dict, octets);
    }

    fn stream(&mut self, number: u32, mut dict: Dict, octets: &[u8]) {
        self.begin(number);
        for key in ["Length", "DL", "F", "FFilter", "FDecodeParms"] {
            dict.remove(key);
        }
        uncrypt(self.pdf, &mut dict);
        dict.set("Length", Object::Int(octets.len() as i64));
        self.write(&Object::Dict(dict));
        self.out.extend(b"\nstream\n");
        self.out.extend(octets);
        self.out.extend(b"\nendstream\nendobj\n");
    }

    /// A stream with other octets.
    pub(super) fn packed_stream(&mut self, nth: usize, mut dict: Dict, octets: &[u8]) {
        for key in ["Filter", "DecodeParms", "DP"] {
            dict.remove(key);
        }
        dict.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        let number = self.refer(nth);
        self.stream(number, dict, &deflated(octets));
    }

    /// A stream that is new; gives a reference to it.
    pub(super) fn extra_stream(&mut self, octets: &[u8]) -> Object {
        let number = self.number();
        let mut dict = Dict::default();
        dict.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        self.stream(number, dict, &deflated(octets));
        Object::Ref((number, NEW))
    }

    /// The font that marks are written in.
    pub(super) fn mark_font(&mut self) -> Object {
        let number = match self.font {
            Some(number) => number,
            None => {
                let number = self.number();
                self.begin(number);
                self.out.extend(HELVETICA);
                self.out.extend(b"\nendobj\n");
                self.font = Some(number);
                number
            }
        };
        Object::Ref((number, NEW))
    }

    pub(super) fn finish(mut self, root: u32, info: Option<u32>) -> Vec<u8> {
        let start = self.out.len();
        tail(&mut self.out, &self.offsets, root, info, start);
        self.out
    }
}

/// Helvetica, as every reader has it.
pub(super) const HELVETICA: &[u8] = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

/// The cross-reference and the trailer.
pub(super) fn tail(out: &mut Vec<u8>, offsets: &[usize], root: u32, info: Option<u32>, start: usize) {
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let info = info.map(|info| format!("/Info {info} 0 R")).unwrap_or_default();
    out.extend(
        format!("trailer\n<</Size {}/Root {root} 0 R{info}>>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1).bytes(),
    );
}

pub(super) fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    // A vector takes whatever is written.
    let _ = encoder.write_all(octets);
    encoder.finish().unwrap_or_default()
}

/// Leaves out the filter that says how a stream was encrypted.
fn uncrypt(pdf: &Pdf<'_>, dict: &mut Dict) {
    let is_crypt = |name: &Object| pdf.get(name).name() == Some(b"Crypt");
    match pdf.get(dict.get("Filter")).clone_out() {
        Object::Name(name) if name == b"Crypt" => {
            dict.remove("Filter");
            dict.remove("DecodeParms");
        }
        Object::Array(names) if names.iter().any(is_crypt) => {
            let params = pdf.get(dict.get("DecodeParms")).clone_out();
            let params = params.array().unwrap_or_default();
            let keep: Vec<usize> =
                (0..names.len()).filter(|nth| names.get(*nth).is_some_and(|name| !is_crypt(name))).collect();
            let pick =
                |from: &[Object]| keep.iter().map(|nth| from.get(*nth).cloned().unwrap_or(Object::Null)).collect();
            dict.set("Filter", Object::Array(pick(&names)));
            dict.set("DecodeParms", Object::Array(pick(params)));
        }
        _ => {}
    }
}

/// Writes an object; `number` gives the new numbers of references.
pub(super) fn object_to(out: &mut Vec<u8>, object: &Object, number: &mut impl FnMut(&Object) -> Option<u32>) {
    match object {
        Object::Null => out.extend(b"null"),
        Object::Bool(is) => out.extend(if *is { &b"true"[..] } else { b"false" }),
        Object::Int(n) => out.extend(n.to_string().bytes()),
        Object::Real(n) => out.extend(real(*n).bytes()),
        Object::Name(name) => name_to(out, name),
        Object::Text(octets) => text_to(out, octets),
        Object::Array(items) => {
            out.push(b'[');
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(b' ');
                }
                object_to(out, item, number);
            }
            out.push(b']');
        }
        Object::Dict(dict) => {
            out.extend(b"<<");
            for (key, value) in &dict.0 {
                name_to(out, key);
                out.push(b' ');
                object_to(out, value, number);
            }
            out.extend(b">>");
        }
        Object::Stream(stream) => object_to(out, &Object::Dict(stream.dict.clone()), number),
        Object::Ref(_) => match number(object) {
            Some(number) => out.extend(format!("{number} 0 R").bytes()),
            None => out.extend(b"null"),
        },
    }
}

/// A number with as many digits as matter.
pub(super) fn real(n: f64) -> String {
    if !n.is_finite() {
        return "0".to_owned();
    }
    let digits = format!("{n:.5}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    if digits == "-0" { "0".to_owned() } else { digits.to_owned() }
}

fn name_to(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for octet in name {
        if is_regular(*octet) && *octet != b'#' && (33..=126).contains(octet) {
            out.push(*octet);
        } else {
            out.extend(format!("#{octet:02X}").bytes());
        }
    }
}

/// A string: as characters if most are, else in hexadecimal.
pub(super) fn text_to(out: &mut Vec<u8>, octets: &[u8]) {
    let is_plain = octets.iter().all(|b| matches!(b, 32..=126));
    if !is_plain {
        out.push(b'<');
        for octet in octets {
            out.extend(format!("{octet:02X}").bytes());
        }
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for octet in octets {
        if matches!(octet, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(*octet);
    }
    out.push(b')');
}
