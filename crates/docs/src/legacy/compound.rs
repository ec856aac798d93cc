//! Compound files: what they hold is told by the streams in them, and what nobody understands is searched for text.

use super::bytes::Bytes;
use super::cfb::{Compound, Storage};
use super::crypt::rc4::{Key, summaries};
use super::strings::strings;
use super::{crypt, doc, msg, ole, ppt, properties, vba, xls};
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};

/// Streams that hold encrypted property sets.
const ENCRYPTED_SUMMARIES: [&str; 2] = ["EncryptedSummary", "encryption"];
/// Folders within folders that are followed.
const DEPTH_MAX: usize = 32;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    match Compound::open(file.octets, &reading.limits()) {
        Ok(compound) => {
            let before = reading.covered();
            storage(at, &compound.root(), reading);
            let remains = strings(&compound.unused());
            if !remains.is_empty() {
                reading.text(&format!("{at}!remains"), "text/plain", remains, 0);
            }
            // Tables and gaps.
            reading.decoded((file.octets.len() as u64).saturating_sub(reading.covered() - before));
        }
        Err(why) => {
            let text = strings(file.octets);
            if !text.is_empty() {
                reading.text(&format!("{at}!strings"), "text/plain", text, 0);
            }
            reading.opaque(at, Format::Compound.or_declared(file), why, file.octets.len() as u64);
        }
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// Reads a folder as what its streams say it is.
pub(super) fn storage(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    if storage.depth() > DEPTH_MAX {
        return reading.opaque(at, Format::Compound.media_type(), Why::OverLimit, 0);
    }
    if storage.has("__properties_version1.0") {
        msg::storage(at, storage, reading);
    } else if storage.has("WordDocument") {
        doc::storage(at, storage, reading);
    } else if storage.has("PowerPoint Document") {
        ppt::storage(at, storage, reading);
    } else if storage.has("Workbook") || storage.has("Book") {
        xls::storage(at, storage, reading);
    } else if storage.has("EncryptedPackage") {
        crypt::package(at, storage, reading);
        let mut rest = Rest::new(at);
        rest.storage(storage, &["EncryptionInfo", "EncryptedPackage"], reading);
        rest.finish(reading);
    } else {
        let mut rest = Rest::new(at);
        rest.storage(storage, &[], reading);
        rest.finish(reading);
    }
}

/// What is left of a folder when its format has taken what it knows.
pub(super) struct Rest<'a> {
    at: &'a str,
    members: usize,
    macros: usize,
    meta: (String, u64),
    /// Texts that stand in octets of no known structure.
    strings: (String, u64),
}

impl<'a> Rest<'a> {
    pub(super) fn new(at: &'a str) -> Rest<'a> {
        Rest { at, members: 0, macros: 0, meta: (String::new(), 0), strings: (String::new(), 0) }
    }

    /// Where the next member stands.
    pub(super) fn member(&mut self) -> String {
        self.members += 1;
        format!("{}!{}", self.at, self.members)
    }

    /// Adds octets that are searched for text.
    pub(super) fn strings(&mut self, octets: &[u8]) {
        self.strings.0.push_str(&strings(octets));
        self.strings.1 += octets.len() as u64;
    }

    /// Adds text that was found in passing; its octets are counted elsewhere.
    pub(super) fn text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.strings.0.push_str(text.trim_end());
            self.strings.0.push('\n');
        }
    }

    /// Reads pictures of drawings as members.
    pub(super) fn drawings(&mut self, drawings: &super::blips::Drawings<'_>, reading: &mut Reading<'_>) {
        self.text(&drawings.texts);
        for picture in &drawings.pictures {
            let at = self.member();
            if reading.budget.member() {
                picture.read(&at, reading);
            } else {
                reading.opaque(&at, "image/*", Why::OverLimit, picture.stored_bytes());
            }
        }
    }

    /// Reads a folder, but for streams of the names that are known.
    pub(super) fn storage(&mut self, storage: &Storage<'_>, known: &[&str], reading: &mut Reading<'_>) {
        for (name, octets) in storage.contents() {
            if !known.iter().chain(&ENCRYPTED_SUMMARIES).any(|known| known.eq_ignore_ascii_case(name)) {
                self.stream(name, &octets, reading);
            }
        }
        for (name, inner) in storage.storages() {
            if inner.depth() > DEPTH_MAX {
                reading.opaque(&self.member(), Format::Compound.media_type(), Why::OverLimit, 0);
            } else if name.eq_ignore_ascii_case("VBA") {
                self.macros(&inner, reading);
            } else if is_object(&inner) {
                let at = self.member();
                if reading.budget.member() {
                    super::compound::storage(&at, &inner, reading);
                } else {
                    reading.opaque(&at, Format::Compound.media_type(), Why::OverLimit, 0);
                }
            } else {
                self.text(name);
                self.storage(&inner, &[], reading);
            }
        }
    }

    fn stream(&mut self, name: &str, octets: &[u8], reading: &mut Reading<'_>) {
        if octets.starts_with(b"\xfe\xff\0\0") || octets.starts_with(b"\xfe\xff\x01\0") {
            self.meta.0.push_str(&properties::lines(octets));
            self.meta.1 += octets.len() as u64;
        } else if name.eq_ignore_ascii_case("\u{1}Ole10Native") {
            let at = self.member();
            if reading.budget.member() {
                ole::native(&at, octets, reading);
            } else {
                reading.opaque(&at, "application/x-oleobject", Why::OverLimit, octets.len() as u64);
            }
        } else if is_file(octets) && reading.budget.member() {
            let at = self.member();
            reading.embedded(&at, &File { octets, name: "", media_type: "", passwords: reading.passwords });
        } else {
            self.strings(octets);
        }
    }

    /// Reads property sets that are encrypted with the rest.
    pub(super) fn encrypted_summary(&mut self, storage: &Storage<'_>, key: Option<&Key>, reading: &mut Reading<'_>) {
        for name in ENCRYPTED_SUMMARIES {
            match (storage.stream(name), key) {
                (Some(stream), Some(key)) => {
                    self.meta.1 += stream.len() as u64;
                    for properties in summaries(&stream, key) {
                        self.meta.0.push_str(&properties::lines(&properties));
                    }
                }
                (Some(stream), None) => {
                    let at = format!("{}!meta", self.at);
                    reading.opaque(&at, "application/x-ole-storage", Why::Encrypted, stream.len() as u64);
                }
                (None, _) => {}
            }
        }
    }

    fn macros(&mut self, storage: &Storage<'_>, reading: &mut Reading<'_>) {
        for (source, size) in vba::sources(storage, &mut reading.budget).unwrap_or_default() {
            self.macros += 1;
            reading.text(&format!("{}!macro{}", self.at, self.macros), "text/x-vba", source, size as u64);
        }
        // Names of modules, and the source that is compiled.
        for (name, octets) in storage.contents() {
            self.text(name);
            self.strings(&octets);
        }
    }

    /// Puts in what has been gathered.
    pub(super) fn finish(self, reading: &mut Reading<'_>) {
        for (path, (text, size)) in [("!meta", self.meta), ("!strings", self.strings)] {
            if text.trim().is_empty() {
                reading.decoded(size);
            } else {
                reading.text(&format!("{}{path}", self.at), "text/plain", text, size);
            }
        }
    }
}

/// Is a folder a document of its own?
fn is_object(storage: &Storage<'_>) -> bool {
    let streams =
        ["WordDocument", "Workbook", "Book", "PowerPoint Document", "__properties_version1.0", "\u{1}Ole10Native"];
    let packages = ["Package", "CONTENTS", "EncryptedPackage"];
    streams.iter().chain(&packages).any(|name| storage.has(name))
}

/// Are octets a file that is more than text?
fn is_file(octets: &[u8]) -> bool {
    let formats = crate::sniff(&File { octets, name: "", media_type: "", passwords: &[] });
    octets.u32(0).is_some() && formats.iter().any(|format| !matches!(format, Format::Text | Format::Unknown))
}
