//! PowerPoint before 2007 (MS-PPT): slides, notes, masters, and what earlier saves left behind.

use super::blips::{Drawings, record};
use super::bytes::{Bytes, utf16};
use super::cfb::Storage;
use super::compound::{self, Rest};
use super::crypt::rc4::Key;
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
    const KNOWN: [&str; 4] = ["PowerPoint Document", "Current User", "Pictures", "EncryptedSummary"];
    let mut rest = Rest::new(at);
    let mut stream = storage.stream("PowerPoint Document").unwrap_or_default();
    let user = storage.stream("Current User").unwrap_or_default();
    let pictures = storage.stream("Pictures").unwrap_or_default();
    rest.strings(&user);
    let places = Places::new(&stream, user.size(16).unwrap_or(usize::MAX));
    let is_encrypted = user.u32(12) == Some(0xf3d1_c4df) || places.session.is_some();
    let key = if is_encrypted { places.open(&mut stream, reading.passwords) } else { None };
    if is_encrypted && key.is_none() {
        let size = stream.len() + pictures.len();
        reading.opaque(at, Format::Ppt.media_type(), Why::Encrypted, size as u64);
    } else {
        presentation(at, &stream, &places, &mut rest, reading);
    }
    if is_encrypted {
        if key.is_some() && !pictures.is_empty() {
            // Each field of a picture is encrypted for itself.
            reading.opaque(&format!("{at}!pictures"), "image/*", Why::Picture, pictures.len() as u64);
        }
        rest.encrypted_summary(storage, key.as_ref(), reading);
    } else {
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
    /// The number of what tells how it is encrypted.
    session: Option<u32>,
}

impl Places {
    fn new(stream: &[u8], last_edit: usize) -> Places {
        let mut places = Places { by_number: HashMap::new(), document: 0, session: None };
        let mut edit = last_edit;
        for nth in 0..EDITS_MAX {
            let Some((_, USER_EDIT, length)) = record(stream, edit) else { break };
            if nth == 0 {
                places.document = stream.u32(edit + 8 + 16).unwrap_or(0);
                places.session = stream.u32(edit + 8 + 28).filter(|_| length >= 0x20);
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

    /// Decrypts everything that has a number; `None` if no password fits.
    fn open(&self, stream: &mut [u8], passwords: &[String]) -> Option<Key> {
        let session = self.session?;
        let at = *self.by_number.get(&session)?;
        let (_, _, length) = record(stream, at)?;
        let key = Key::find(stream.part(at + 8, length), passwords)?;
        let mut numbers: Vec<(u32, usize)> = self.by_number.iter().map(|(number, place)| (*number, *place)).collect();
        numbers.sort_unstable();
        // Places that overlap would cost more than the stream.
        let mut left = stream.len();
        for (number, place) in numbers.into_iter().filter(|(number, _)| *number != session) {
            let mut head = stream.part(place, 8).to_vec();
            key.apply(number, &mut head);
            let Some((_, _, length)) = record(&head, 0) else { continue };
            let end = place.saturating_add(8).saturating_add(length).min(stream.len());
            let Some(octets) = stream.get_mut(place..end) else { continue };
            left = left.checked_sub(octets.len())?;
            key.apply(number, octets);
        }
        Some(key)
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

#[cfg(test)]
mod tests {
    use super::super::blips::tests::made;
    use super::super::cfb::tests::compound;
    use super::super::crypt::rc4::tests::info;
    use super::*;
    use crate::{Content, Limits};

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    /// A presentation of one slide with notes; encrypted if there is a password.
    fn presentation(password: Option<&str>) -> Vec<u8> {
        let slide = made(0x0f, SLIDE, &made(0x0f, 0x040c, &made(0, TEXT_WIDE, &wide("Größe\rzweite"))));
        let notes = made(0x0f, NOTES, &made(0, TEXT_NARROW, b"caf\xe9"));
        let place = made(0, SLIDE_PLACE, &[&2u32.to_le_bytes()[..], &[0; 16]].concat());
        let list = made(0x0f, SLIDE_LIST, &[place, made(0, TEXT_NARROW, b"outline")].concat());
        let document = made(0x0f, DOCUMENT, &[list, made(0, STRING, &wide("a string"))].concat());
        let mut parts = vec![document, slide, notes];
        let mut session = Vec::new();
        if let Some(password) = password {
            let (info, key) = info(password, true);
            parts.iter_mut().zip(1..).for_each(|(part, number)| key.apply(number, part));
            session = made(0x0f, 0x2f14, &info);
        }
        parts.push(session);
        let mut stream = Vec::new();
        let mut directory = (1u32 | 4 << 20).to_le_bytes().to_vec();
        for part in parts {
            directory.extend((stream.len() as u32).to_le_bytes());
            stream.extend(part);
        }
        let directory_at = stream.len() as u32;
        stream.extend(made(0, 0x1772, &directory));
        let edit_at = stream.len() as u32;
        let mut edit = vec![0; if password.is_some() { 32 } else { 28 }];
        edit[12..16].copy_from_slice(&directory_at.to_le_bytes());
        edit[16..20].copy_from_slice(&1u32.to_le_bytes());
        if password.is_some() {
            edit[28..32].copy_from_slice(&4u32.to_le_bytes());
        }
        stream.extend(made(0, USER_EDIT, &edit));
        let user = [&[0; 16][..], &edit_at.to_le_bytes()].concat();
        compound(&[("PowerPoint Document", &stream), ("Current User", &user)])
    }

    fn texts(octets: &[u8], passwords: &[String]) -> Vec<(String, String)> {
        let file = File { octets, name: "", media_type: "", passwords };
        let parts = crate::read(&file, &Limits::default()).parts;
        let text = |part: crate::Part| match part.content {
            Content::Text(text) => (part.path, text),
            Content::Opaque(why) => (part.path, why.as_str().to_owned()),
        };
        parts.into_iter().map(text).collect()
    }

    #[test]
    fn slides_notes_and_the_rest() {
        let want = [("!slide1", "outline\nGröße\nzweite\n"), ("!notes1", "café\n"), ("!document", "a string\n")];
        let want = want.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(texts(&presentation(None), &[])[..3], want);
        let encrypted = presentation(Some("secret"));
        assert_eq!(texts(&encrypted, &["secret".into()])[..3], want);
        assert_eq!(texts(&encrypted, &[])[0], (String::new(), "encrypted".to_owned()));
    }
}
