//! Strings of objects as lines of text, and back.

use super::encoding;
use super::lex::{Dict, Object};
use std::ops::Range;

/// Lines made of strings, and where each string is: the object and how many strings of it come before.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) places: Vec<(Range<usize>, usize, usize)>,
}

/// Keys whose strings come first in a line: names of fields, before their values.
const NAMES_FIRST: [&[u8]; 4] = [b"T", b"TU", b"TM", b"Title"];

impl Lines {
    /// A line of the strings of an object; `keys` stand before their values.
    pub(super) fn object(&mut self, nth: usize, object: &Object, with_keys: bool) {
        let mut strings: Vec<(usize, &[u8], String)> = Vec::new();
        let mut ordinal = 0;
        each(object, &mut |key, octets, is_own| {
            if let Some(text) = is_own.then(|| readable(octets)).flatten() {
                strings.push((ordinal, key, text));
            }
            ordinal += 1;
        });
        if strings.is_empty() {
            return;
        }
        strings.sort_by_key(|(_, key, _)| !NAMES_FIRST.contains(key));
        for (position, (ordinal, key, text)) in strings.iter().enumerate() {
            if with_keys {
                self.text.push_str(if position > 0 { "\n" } else { "" });
                self.text.push_str(&String::from_utf8_lossy(key));
                self.text.push('\t');
            } else if position > 0 {
                self.text.push('\t');
            }
            let from = self.text.len();
            self.text.push_str(text);
            self.places.push((from..self.text.len(), nth, *ordinal));
        }
        self.text.push('\n');
    }
}

/// Walks the strings of an object, in the order of its dictionaries' keys. Names of attached files have a place of their
/// own: for those the last argument is false.
pub(super) fn each<'o>(object: &'o Object, see: &mut impl FnMut(&'o [u8], &'o [u8], bool)) {
    walk(object, b"", true, see);
}

fn walk<'o>(object: &'o Object, key: &'o [u8], is_own: bool, see: &mut impl FnMut(&'o [u8], &'o [u8], bool)) {
    match object {
        Object::Text(octets) => see(key, octets, is_own),
        Object::Array(items) => items.iter().for_each(|item| walk(item, key, is_own, see)),
        Object::Dict(dict) => walk_dict(dict, see),
        Object::Stream(stream) => walk_dict(&stream.dict, see),
        _ => {}
    }
}

fn walk_dict<'o>(dict: &'o Dict, see: &mut impl FnMut(&'o [u8], &'o [u8], bool)) {
    let name = file_name(dict);
    for (key, value) in &dict.0 {
        let is_own = name.is_none() || value.octets().map(encoding::text) != name;
        walk(value, key, is_own, see);
    }
}

/// The name of an attached file, of a dictionary that has one.
pub(super) fn file_name(dict: &Dict) -> Option<String> {
    let name = ["UF", "F", "Unix", "DOS", "Mac"].iter().find_map(|key| dict.get(key).octets());
    dict.has("EF").then(|| name.map(encoding::text))?
}

/// Replaces strings, in the same order.
pub(super) fn replace(object: &mut Object, with: &mut impl FnMut(&[u8]) -> Option<Vec<u8>>) {
    match object {
        Object::Text(octets) => {
            if let Some(new) = with(octets) {
                *octets = new;
            }
        }
        Object::Array(items) => items.iter_mut().for_each(|item| replace(item, with)),
        Object::Dict(dict) => dict.0.values_mut().for_each(|value| replace(value, with)),
        Object::Stream(stream) => stream.dict.0.values_mut().for_each(|value| replace(value, with)),
        _ => {}
    }
}

/// The text of a string; `None` if it is empty or holds octets, not characters.
pub(super) fn readable(octets: &[u8]) -> Option<String> {
    match characters(octets) {
        Some(text) => Some(text).filter(|text| !text.is_empty()),
        None => Some(printable(octets)).filter(|text| !text.is_empty()),
    }
}

/// The text of a string that holds characters.
pub(super) fn characters(octets: &[u8]) -> Option<String> {
    let text = encoding::text(octets).replace('\r', "\n");
    let odd = text.chars().filter(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || *c == '\u{fffd}').count();
    (odd * 10 <= text.chars().count()).then(|| text.chars().filter(|c| *c != '\0').collect())
}

/// Stretches of ASCII in octets: names in certificates and the like.
pub(super) fn printable(octets: &[u8]) -> String {
    const WORTH: usize = 6;
    let mut out = String::new();
    for stretch in octets.split(|b| !matches!(b, 32..=126)) {
        if stretch.len() >= WORTH {
            out.push_str(if out.is_empty() { "" } else { "\n" });
            out.extend(stretch.iter().map(|b| char::from(*b)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_become_lines_with_names_first() {
        let mut dict = Dict::default();
        dict.set("DA", Object::Text(b"/Helv 0 Tf".to_vec()));
        dict.set("T", Object::Text(b"iban".to_vec()));
        dict.set("V", Object::Text(b"\xfe\xff\x00D\x00E".to_vec()));
        dict.set("ID", Object::Text(vec![1, 2, 3, 4]));
        let mut object = Object::Dict(dict);
        let mut lines = Lines::default();
        lines.object(7, &object, false);
        assert_eq!(lines.text, "iban\t/Helv 0 Tf\tDE\n");
        assert_eq!(lines.places, [(0..4, 7, 2), (5..15, 7, 0), (16..18, 7, 3)]);
        let mut ordinal = 0;
        replace(&mut object, &mut |_| {
            ordinal += 1;
            (ordinal == 4).then(|| b"X".to_vec())
        });
        assert_eq!(object.dict().unwrap().get("V"), &Object::Text(b"X".to_vec()));
    }
}
