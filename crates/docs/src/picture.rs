//! Pictures, sounds and films: metadata and what QR codes and bar codes say is text, the rest is opaque. Rewritten they have
//! no metadata, and not an octet of what is seen is touched: a picture whose codes are to be changed is not rewritten.

mod chunks;
mod codes;
mod exif;
mod gif;
mod heif;
mod jpeg;
mod other;
mod png;
mod ranges;
mod tiff;
mod webp;

use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Unwritable, Why};

/// Pictures that stand behind one another in a file, as cameras write them; more are one.
const PICTURES_MAX: usize = 50;

/// What is known of a picture.
#[derive(Default)]
struct Found<'o> {
    media_type: &'static str,
    /// Lines of names and values.
    text: String,
    /// What stands behind its end.
    rest: &'o [u8],
    /// Smaller pictures within its metadata, in octets.
    thumbnails: Vec<usize>,
    /// How it is to be turned (EXIF 4.6.5): 1 is not at all.
    orientation: u16,
}

impl Found<'_> {
    /// A name and a value.
    fn line(&mut self, name: &str, value: &str) {
        let value = value.trim_matches(['\0', ' ', '\r', '\n']);
        if !value.is_empty() {
            self.text.push_str(name);
            self.text.push_str(": ");
            self.text.push_str(value);
            self.text.push('\n');
        }
    }

    /// Octets of a comment or of an unknown block, if they may be a text.
    fn note(&mut self, name: &str, octets: &[u8]) {
        let octets = octets.trim_ascii();
        let letters = octets.iter().filter(|b| b.is_ascii_graphic() || **b >= 0x80 || **b == b' ').count();
        if octets.len() >= 4 && letters * 10 >= octets.len() * 9 {
            self.line(name, &words(octets));
        } else if octets.len() >= 4 {
            self.line(name, &printable(octets));
        }
    }

    fn xmp(&mut self, packet: &[u8]) {
        self.line("XMP", &String::from_utf8_lossy(packet));
    }
}

fn words(octets: &[u8]) -> String {
    crate::text::charset::decode_short(octets, crate::text::charset::latin1).into_owned()
}

/// Runs of characters in octets that are no text.
fn printable(octets: &[u8]) -> String {
    /// Shorter ones are chance.
    const RUN_MIN: usize = 6;
    let runs = octets.split(|b| !(b.is_ascii_graphic() || *b == b' ')).filter(|run| run.trim_ascii().len() >= RUN_MIN);
    runs.map(|run| String::from_utf8_lossy(run).trim().to_owned()).collect::<Vec<_>>().join("\n")
}

fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = match octets {
        [0xff, 0xd8, 0xff, ..] => jpeg::inspect(octets),
        [0x89, b'P', b'N', b'G', ..] => png::inspect(octets),
        [b'G', b'I', b'F', b'8', ..] => gif::inspect(octets),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::inspect(octets),
        _ => other::inspect(octets),
    };
    found.orientation = if (1..=8).contains(&found.orientation) { found.orientation } else { 1 };
    found
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let first = inspect(file.octets);
    let (media_type, mut text, mut thumbnails) = (first.media_type, first.text, first.thumbnails);
    let mut rest = first.rest;
    for _ in 1..PICTURES_MAX {
        let is_picture = crate::sniff(&File { octets: rest, ..*file }).first() == Some(&crate::Format::Picture);
        if !is_picture || rest.is_empty() {
            break;
        }
        let next = inspect(rest);
        text.push_str(&next.text);
        thumbnails.extend(next.thumbnails);
        thumbnails.push(rest.len() - next.rest.len());
        rest = next.rest;
    }
    let picture = file.octets.get(..file.octets.len() - rest.len()).unwrap_or_default();
    let codes = codes_in(file.octets, reading);
    match &codes {
        Some(_) if is_seen(media_type) => reading.picture(at, media_type, picture),
        // Nobody looks at one that is too large: it is a picture like any other that nobody looked at.
        _ => reading.opaque(at, media_type, Why::Picture, picture.len() as u64),
    }
    for (nth, text) in codes.into_iter().flatten().enumerate() {
        reading.text(&format!("{at}!code{}", nth + 1), "text/plain", text, 0);
    }
    if !text.is_empty() {
        reading.text(&format!("{at}!exif"), "text/plain", text, 0);
    }
    for nth in 1..=thumbnails.len().min(PICTURES_MAX) {
        reading.opaque(&format!("{at}!thumbnail{nth}"), "image/*", Why::Picture, 0);
    }
    // An archive behind a picture is another reading of the file.
    let is_told = crate::sniff(file).len() > 1;
    if is_told || rest.iter().all(|b| matches!(b, 0 | b'\r' | b'\n')) {
        reading.decoded(rest.len() as u64);
    } else if rest.starts_with(b"\xff\xd8\xff")
        || crate::sniff(&File { octets: rest, ..*file }).first() == Some(&crate::Format::Picture)
    {
        reading.opaque(&format!("{at}!trailing"), "image/*", Why::Picture, rest.len() as u64);
    } else {
        let part = File { octets: rest, name: "", media_type: "", passwords: reading.passwords };
        reading.embedded(&format!("{at}!trailing"), &part);
    }
}

/// Can a recogniser of letters be expected to read the format?
fn is_seen(media_type: &str) -> bool {
    ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"].contains(&media_type)
}

/// What its codes say; `None` if it has too many pixels to look for them.
fn codes_in(octets: &[u8], reading: &mut Reading<'_>) -> Option<Vec<String>> {
    let Some(pixels) = codes::pixels(octets) else { return Some(Vec::new()) };
    if pixels > reading.limits().pixels_max || !reading.budget.pixels(pixels) {
        return None;
    }
    codes::find(octets, &reading.limits())
}

/// Leaves metadata out; there is nothing to be replaced.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let octets = file.octets;
    let mut seen = (1..=codes::CODES_MAX).map(|nth| format!("{at}!code{nth}")).chain([format!("{at}!seen")]);
    if seen.any(|path| writing.touches(&path)) {
        return Err(Unwritable::Format);
    }
    let orientation = inspect(octets).orientation;
    let out = match octets {
        [0xff, 0xd8, 0xff, ..] => jpeg::strip(octets, orientation),
        [0x89, b'P', b'N', b'G', ..] => png::strip(octets, orientation),
        [b'G', b'I', b'F', b'8', ..] => gif::strip(octets),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::strip(octets, orientation),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => tiff::strip(octets),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm' | b'a', b'e' | b'i' | b'v', b'i' | b'f', ..] => {
            heif::strip(octets)
        }
        _ => return Err(Unwritable::Format),
    };
    writing.left_out(&format!("{at}!exif"));
    writing.left_out(&format!("{at}!trailing"));
    for nth in 1..=PICTURES_MAX {
        writing.left_out(&format!("{at}!thumbnail{nth}"));
    }
    out.ok_or(Unwritable::Unreadable)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_still;
