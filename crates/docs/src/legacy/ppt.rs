//! PowerPoint before 2007 (MS-PPT): slides, notes, masters, and what earlier saves left behind.

use super::blips::{Drawings, record};
use super::bytes::{Bytes, utf16};
use super::cfb::Storage;
use super::compound::{self, Rest};
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::{BTreeMap, HashMap};

const DOCUMENT: u16 = 1000;
const SLIDE: u16 = 1006;
const NOTES: u16 = 1008;
const USER_EDIT: u16 = 0x0ff5;
const SLIDE_LIST: u16 = 0x0ff0;
const SLIDE_PLACE: u16 = 0x03f3;
const TEXT_WIDE: u16 = 0x0fa0;
const TEXT_NARROW: u16 = 0x0fa8;
const STRING: u16 = 0x0fba;
const OBJECT: u16 = 0x1011;
const TAG_DATA: u16 = 0x138b;
/// Saves that are followed back.
const EDITS_MAX: usize = 10_000;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    compound::read(at, file, reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// Reads a folder with a presentation in it.
pub(super) fn storage(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    const KNOWN: [&str; 3] = ["PowerPoint Document", "Current User", "Pictures"];
    let mut rest = Rest::new(at);
    let stream = storage.stream("PowerPoint Document").unwrap_or_default();
    let user = storage.stream("Current User").unwrap_or_default();
    let pictures = storage.stream("Pictures").unwrap_or_default();
    rest.strings(&user);
    let places = Places::new(&stream, user.size(16).unwrap_or(usize::MAX));
    if user.u32(12) == Some(0xf3d1_c4df) || places.is_encrypted {
        let size = stream.len() + pictures.len();
        reading.opaque(at, Format::Ppt.media_type(), Why::Encrypted, size as u64);
    } else {
        presentation(at, &stream, &places, &mut rest, reading);
        let mut drawings = Drawings::default();
        drawings.walk(&pictures);
        rest.drawings(&drawings, reading);
    }
    rest.storage(storage, &KNOWN, reading);
    rest.finish(reading);
}

/// Where the parts of the last save stand, by their numbers.
struct Places {
    by_number: HashMap<u32, usize>,
    document: u32,
    is_encrypted: bool,
}

impl Places {
    fn new(stream: &[u8], last_edit: usize) -> Places {
        let mut places = Places { by_number: HashMap::new(), document: 0, is_encrypted: false };
        let mut edit = last_edit;
        for nth in 0..EDITS_MAX {
            let Some((_, USER_EDIT, length)) = record(stream, edit) else { break };
            if nth == 0 {
                places.document = stream.u32(edit + 8 + 16).unwrap_or(0);
                places.is_encrypted = length >= 0x20;
            }
            places.directory(stream, stream.size(edit + 8 + 12).unwrap_or(usize::MAX));
            // Earlier saves stand before.
            match stream.size(edit + 8 + 8) {
                Some(earlier) if earlier != 0 && earlier < edit => edit = earlier,
                _ => break,
            }
        }
        places
    }

    /// Numbers in a row, then their places; a later save has been here before an earlier one.
    fn directory(&mut self, stream: &[u8], at: usize) {
        let Some((_, 0x1772, length)) = record(stream, at) else { return };
        let data = stream.part(at + 8, length);
        let mut at = 0;
        while let Some(head) = data.u32(at) {
            at += 4;
            for number in (head & 0xf_ffff..).take((head >> 20) as usize) {
                let Some(place) = data.size(at) else { return };
                self.by_number.entry(number).or_insert(place);
                at += 4;
            }
        }
    }
}

/// The texts of a presentation by what they belong to.
#[derive(Default)]
struct Texts {
    slides: BTreeMap<usize, String>,
    notes: BTreeMap<usize, String>,
    masters: String,
    document: String,
    /// Of slides that the last save does not name.
    earlier: String,
    /// Octets that hold text.
    size: u64,
}

fn presentation(at: &str, stream: &[u8], places: &Places, rest: &mut Rest<'_>, reading: &mut Reading<'_>) {
    let mut texts = Texts::default();
    let mut objects: Vec<(u16, &[u8])> = Vec::new();
    let mut drawings = Drawings::default();
    let document = places.by_number.get(&places.document).copied();
    let numbers = slide_numbers(stream, document, places, &mut texts);
    let mut notes = 0;
    let mut place = 0;
    while let Some((version, kind, length)) = record(stream, place) {
        let data = stream.part(place + 8, length);
        let out = match kind {
            SLIDE => match numbers.get(&place) {
                Some(nth) => texts.slides.entry(*nth).or_default(),
                None => &mut texts.earlier,
            },
            NOTES => {
                notes += 1;
                texts.notes.entry(notes).or_default()
            }
            DOCUMENT if document.is_none_or(|live| live == place) => &mut texts.document,
            DOCUMENT => &mut texts.earlier,
            1016 | 4041 => &mut texts.masters,
            _ => &mut texts.document,
        };
        let whole = stream.part(place, length.saturating_add(8));
        texts.size += walk(if version & 15 == 15 { data } else { whole }, out, &mut objects, &mut drawings, rest);
        place = place.saturating_add(8).saturating_add(length);
    }
    // What no record reaches.
    rest.strings(Bytes::from(stream, place));
    let mut size = std::mem::take(&mut texts.size);
    reading.decoded((stream.len() as u64).saturating_sub(size));
    let named = |kind: &'static str, texts: BTreeMap<usize, String>| {
        texts.into_iter().map(move |(nth, text)| (format!("!{kind}{nth}"), text))
    };
    let others = [("!masters", texts.masters), ("!document", texts.document), ("!earlier", texts.earlier)];
    let others = others.into_iter().map(|(path, text)| (path.to_owned(), text));
    for (path, text) in named("slide", texts.slides).chain(named("notes", texts.notes)).chain(others) {
        if !text.trim().is_empty() {
            reading.text(&format!("{at}{path}"), Format::Ppt.media_type(), text, std::mem::take(&mut size));
        }
    }
    rest.drawings(&drawings, reading);
    for (instance, data) in objects {
        object(&rest.member(), instance, data, reading);
    }
}

/// Where each slide stands, by the list of slides of the last save; texts of the outline stand in that list.
fn slide_numbers(stream: &[u8], document: Option<usize>, places: &Places, texts: &mut Texts) -> HashMap<usize, usize> {
    let mut numbers = HashMap::new();
    let Some((_, DOCUMENT, length)) = document.and_then(|at| record(stream, at)) else {
        // Without a list slides are in the order in which they stand.
        let mut at = 0;
        while let Some((_, kind, length)) = record(stream, at) {
            if kind == SLIDE {
                numbers.insert(at, numbers.len() + 1);
            }
            at = at.saturating_add(8).saturating_add(length);
        }
        return numbers;
    };
    let data = stream.part(document.unwrap_or(0) + 8, length);
    let mut at = 0;
    while let Some((version, kind, length)) = record(data, at) {
        if kind == SLIDE_LIST && version >> 4 == 0 {
            let list = data.part(at + 8, length);
            let mut inner = 0;
            while let Some((_, kind, length)) = record(list, inner) {
                let atom = list.part(inner + 8, length);
                if kind == SLIDE_PLACE {
                    let place = atom.u32(0).and_then(|number| places.by_number.get(&number));
                    numbers.insert(place.copied().unwrap_or(usize::MAX - numbers.len()), numbers.len() + 1);
                } else if let Some(text) = atom_text(kind, atom) {
                    texts.slides.entry(numbers.len()).or_default().push_str(&text);
                }
                inner = inner.saturating_add(8).saturating_add(length);
            }
        }
        at = at.saturating_add(8).saturating_add(length);
    }
    numbers
}

/// Takes the texts of all records, into containers; says how many octets hold them.
fn walk<'s>(
    octets: &'s [u8],
    out: &mut String,
    objects: &mut Vec<(u16, &'s [u8])>,
    drawings: &mut Drawings<'s>,
    rest: &mut Rest<'_>,
) -> u64 {
    let mut size = 0;
    // Data of tags are records of their own.
    let mut todo = vec![octets];
    let mut is_outer = true;
    while let Some(octets) = todo.pop() {
        let mut at = 0;
        while let Some((version, kind, length)) = record(octets, at) {
            let data = octets.part(at + 8, length);
            at += 8;
            // The outline of slides has been taken with its slides.
            if version & 15 == 15 && !(kind == SLIDE_LIST && version >> 4 == 0) {
                continue;
            }
            at = at.saturating_add(length);
            match kind {
                SLIDE_LIST => {}
                OBJECT => objects.push((version >> 4, data)),
                TAG_DATA if is_outer => todo.push(data),
                0xf00b | 0xf121 | 0xf122 => drawings.options(usize::from(version >> 4), data),
                0xf000.. => {}
                _ => match atom_text(kind, data) {
                    Some(text) => {
                        size += data.len() as u64;
                        out.push_str(&text);
                    }
                    None => rest.text(&super::strings::strings(data)),
                },
            }
        }
        is_outer = false;
    }
    size
}

fn atom_text(kind: u16, data: &[u8]) -> Option<String> {
    let raw = match kind {
        TEXT_WIDE | STRING => utf16(data),
        TEXT_NARROW => data.iter().map(|b| char::from(*b)).collect(),
        _ => return None,
    };
    let mut text: String = raw
        .chars()
        .map(|c| if matches!(c, '\r' | '\u{b}') { '\n' } else { c })
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    text.push('\n');
    Some(text)
}

/// An embedded object or the project of macros: a compound file, mostly packed.
fn object(at: &str, instance: u16, data: &[u8], reading: &mut Reading<'_>) {
    let unpacked = match instance {
        1 => {
            let packed = Bytes::from(data, 4);
            reading.budget.inflate_some(flate2::read::ZlibDecoder::new(packed), packed.len() as u64)
        }
        _ => (data.to_vec(), None),
    };
    match unpacked {
        (octets, None) if reading.budget.member() => {
            reading.embedded(at, &File { octets: &octets, name: "", media_type: "", passwords: reading.passwords });
        }
        (_, why) => reading.opaque(at, Format::Compound.media_type(), why.unwrap_or(Why::OverLimit), data.len() as u64),
    }
}
