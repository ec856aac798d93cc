//! One file being read: what has been found, and what is left of the limits.

use crate::budget::Budget;
use crate::types::{Content, Coverage, Document, File, Part, Picture, Why};
use crate::{Format, Limits, sniff};

/// A file that is being read. Readers of formats put their parts in.
pub(crate) struct Reading<'r> {
    pub(crate) budget: Budget,
    pub(crate) passwords: &'r [String],
    parts: Vec<Part>,
    coverage: Coverage,
    pictures: Vec<Picture>,
    pictures_left: usize,
    text_left: usize,
    depth: usize,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(limits: &Limits, passwords: &'r [String]) -> Reading<'r> {
        Reading {
            budget: Budget::new(limits),
            passwords: passwords.get(..limits.passwords_max).unwrap_or(passwords),
            parts: Vec::new(),
            coverage: Coverage::default(),
            pictures: Vec::new(),
            pictures_left: limits.kept_pictures_bytes_max,
            text_left: limits.total_text_bytes_max,
            depth: 0,
        }
    }

    pub(crate) fn finish(self) -> Document {
        let watched = self.budget.watched();
        Document { parts: self.parts, coverage: self.coverage, pictures: self.pictures, watched }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.budget.limits
    }

    /// Reads a file in every way that its octets allow. Readings after the first stand at `at~2`, `at~3`.
    pub(crate) fn file(&mut self, at: &str, file: &File<'_>) {
        if self.depth > 0 {
            self.budget.show(file.octets);
        }
        for (nth, format) in sniff(file).into_iter().enumerate() {
            let at = if nth == 0 { at.to_owned() } else { format!("{at}~{}", nth + 1) };
            let from = self.parts.len();
            format.read(&at, file, self);
            if self.parts.len() == from {
                // Nothing in it at all is an answer too.
                self.decoded(file.octets.len() as u64);
                self.push(at, format.media_type(), Content::Text(String::new()), file.octets.len() as u64);
            }
        }
    }

    /// Reads a member of a file, and its name.
    pub(crate) fn member(&mut self, at: &str, name: &str, media_type: &str, octets: &[u8]) {
        if !name.is_empty() {
            self.push(format!("{at}/name"), "text/plain", Content::Text(name.to_owned()), 0);
        }
        self.embedded(at, &File { octets, name, media_type, passwords: self.passwords });
    }

    /// The same without a name of its own.
    pub(crate) fn embedded(&mut self, at: &str, file: &File<'_>) {
        if self.depth >= self.budget.limits.nesting_depth_max {
            // Plain texts and pictures are no further level.
            let formats = sniff(file);
            if formats.iter().any(|format| format.is_container()) {
                let media_type = formats.first().map_or("application/octet-stream", |f| f.media_type());
                self.opaque(at, media_type, Why::OverLimit, file.octets.len() as u64);
                return;
            }
        }
        self.depth += 1;
        self.file(at, file);
        self.depth -= 1;
    }

    /// Adds a text; `size_bytes` are the octets that gave it.
    pub(crate) fn text(&mut self, at: &str, media_type: &str, text: String, size_bytes: u64) {
        let most = self.budget.limits.text_bytes_max.min(self.text_left);
        if text.len() > most {
            self.opaque(at, media_type, Why::OverLimit, size_bytes);
            return;
        }
        self.text_left -= text.len();
        self.coverage.scanned_bytes += size_bytes;
        self.push(at.to_owned(), media_type, Content::Text(text), size_bytes);
    }

    /// Names what has no text.
    pub(crate) fn opaque(&mut self, at: &str, media_type: &str, why: Why, size_bytes: u64) {
        self.coverage.unexamined_bytes += size_bytes;
        self.push(at.to_owned(), media_type, Content::Opaque(why), size_bytes);
    }

    /// Names a picture as opaque, and keeps it for who can see what is in it, if there is room.
    pub(crate) fn picture(&mut self, at: &str, media_type: &str, octets: &[u8]) {
        self.opaque(at, media_type, Why::Picture, octets.len() as u64);
        if let Some(left) = self.pictures_left.checked_sub(octets.len()) {
            self.pictures_left = left;
            self.pictures.push(Picture { path: at.to_owned(), octets: octets.to_vec() });
        }
    }

    /// Counts octets of structure, or of a container whose members are counted themselves.
    pub(crate) fn decoded(&mut self, size_bytes: u64) {
        self.coverage.decoded_bytes += size_bytes;
    }

    /// Octets that have been counted so far, as whatever.
    pub(crate) fn covered(&self) -> u64 {
        let Coverage { scanned_bytes, decoded_bytes, unexamined_bytes } = self.coverage;
        scanned_bytes + decoded_bytes + unexamined_bytes
    }

    fn push(&mut self, path: String, media_type: &str, content: Content, size_bytes: u64) {
        let most = self.budget.limits.parts_max;
        match self.parts.len() {
            n if n < most => {
                self.parts.push(Part { path, media_type: media_type.to_owned(), content, size_bytes });
            }
            n if n == most => {
                let content = Content::Opaque(Why::OverLimit);
                self.parts.push(Part { path: "!rest".into(), media_type: media_type.to_owned(), content, size_bytes });
            }
            _ => {}
        }
    }
}

impl Format {
    /// The type that a part of this format is reported as.
    pub(crate) fn or_declared<'a>(self, file: &File<'a>) -> &'a str {
        if file.media_type.is_empty() { self.media_type() } else { file.media_type }
    }
}
