//! ZIP (PKWARE APPNOTE): members as the central directory lists them, then those that only local headers know of, and
//! every octet that belongs to none.

mod directory;
mod unpack;
mod write;

pub(crate) use directory::Directory;
pub(crate) use write::rewrite;

use crate::reading::Reading;
use crate::text::charset;
use crate::{File, Format, Why};
use directory::{Entry, State};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let octets = file.octets;
    let directory = Directory::read(octets, reading.limits().members_max);
    if directory.entries.is_empty() && directory.comment.is_empty() && !directory.is_ended {
        reading.opaque(at, Format::Zip.media_type(), Why::Malformed, octets.len() as u64);
        return;
    }
    let packed: usize = directory.entries.iter().filter(|e| e.state == State::Sound).map(|e| e.data.len()).sum();
    let gaps: usize = directory.gaps.iter().map(|gap| gap.len()).sum();
    reading.decoded(octets.len().saturating_sub(gaps).saturating_sub(packed) as u64);
    for (nth, entry) in directory.entries.iter().enumerate() {
        let at = format!("{at}!{}", nth + 1);
        if !reading.budget.member() {
            reading.opaque(&at, Format::Unknown.media_type(), Why::OverLimit, entry.data.len() as u64);
            return;
        }
        member(&at, octets, entry, reading);
    }
    if directory.is_cut {
        reading.opaque(&format!("{at}!rest"), Format::Unknown.media_type(), Why::OverLimit, 0);
    }
    for (word, note) in [("!comment", directory.comment), ("!strays", &directory.strays)] {
        if !note.is_empty() {
            reading.text(&format!("{at}{word}"), "text/plain", words(note), 0);
        }
    }
    for (nth, gap) in directory.gaps.iter().enumerate() {
        let Some(rest) = octets.get(gap.clone()) else { continue };
        // What stands before a ZIP is told by the other reading, if that is the first.
        let is_told = gap.start == 0 && crate::sniff(file).first() != Some(&Format::Zip);
        if rest.iter().all(|b| *b == 0) || is_told {
            reading.decoded(rest.len() as u64);
        } else {
            let rest = File { octets: rest, name: "", media_type: "", passwords: reading.passwords };
            reading.embedded(&format!("{at}!gap{}", nth + 1), &rest);
        }
    }
}

fn member(at: &str, octets: &[u8], entry: &Entry<'_>, reading: &mut Reading<'_>) {
    let name = entry.name();
    let size = entry.data.len() as u64;
    for (word, note) in [("comment", entry.comment), ("local", entry.other_name()), ("extra", entry.odd_extra())] {
        if !note.is_empty() {
            reading.text(&format!("{at}/{word}"), "text/plain", words(note), 0);
        }
    }
    if entry.is_folder() || entry.state != State::Sound {
        reading.text(&format!("{at}/name"), "text/plain", name.into_owned(), 0);
        if entry.state != State::Sound {
            reading.opaque(at, Format::Unknown.media_type(), Why::Malformed, size);
        }
        return;
    }
    let (content, trouble) = unpack::unpack(octets, entry, &mut reading.budget, reading.passwords);
    match trouble {
        None => reading.member(at, &name, "", &content),
        Some(why) => {
            reading.text(&format!("{at}/name"), "text/plain", name.clone().into_owned(), 0);
            reading.opaque(at, Format::Unknown.media_type(), why, size);
            if !content.is_empty() && why == Why::Malformed {
                let part = File { octets: &content, name: &name, media_type: "", passwords: reading.passwords };
                reading.embedded(&format!("{at}~2"), &part);
            }
        }
    }
}

/// Octets of a comment as text.
fn words(octets: &[u8]) -> String {
    charset::decode_short(octets, cp437).into_owned()
}

/// IBM code page 437, in which names stand that do not say otherwise (APPNOTE D.1).
fn cp437(octets: &[u8]) -> String {
    const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    let high: Vec<char> = HIGH.chars().collect();
    let one = |b: &u8| match b.checked_sub(0x80) {
        Some(n) => high.get(usize::from(n)).copied().unwrap_or('?'),
        None => char::from(*b),
    };
    octets.iter().map(one).collect()
}

#[cfg(test)]
pub(crate) mod tests;
