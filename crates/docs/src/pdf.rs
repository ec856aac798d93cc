//! PDF (ISO 32000-2): every revision of a file, what it shows and what it hides.

mod cmap;
mod content;
mod crypt;
mod encoding;
mod file;
mod filter;
mod font;
mod layout;
mod lex;
mod operations;
mod output;
mod plain;
mod program;
mod redraw;
mod strings;
mod walk;
mod widths;
mod write;

use crate::budget::Budget;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Unwritable, Why};
use content::Scene;
use file::Pdf;
use layout::Laid;
pub use plain::pdf_of_text;
use strings::Lines;
use walk::{Sink, Walk};

/// What stands between objects and behind the end of the file; a file that is written anew has none of it.
const LOOSE: &str = "!loose";

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let passwords = reading.passwords;
    let mut pdf = Pdf::open(file.octets, &mut reading.budget, passwords);
    let size = file.octets.len() as u64;
    if pdf.crypt.as_ref().is_some_and(|crypt| !crypt.is_open() && crypt.strings != crypt::Method::None) {
        reading.opaque(at, crate::Format::Pdf.media_type(), Why::Encrypted, size);
        return;
    }
    if pdf.entries.is_empty() {
        reading.opaque(at, crate::Format::Pdf.media_type(), Why::Malformed, size);
        return;
    }
    reading.decoded(size);
    Walk::new(&mut pdf, &mut Reader { reading }, at).all();
    let loose = pdf.loose();
    if !loose.is_empty() {
        reading.text(&format!("{at}{LOOSE}"), "text/plain", loose, 0);
    }
    show_all(&pdf, &mut reading.budget);
}

/// Shows a watch every stream, whether something leads to it or not.
fn show_all(pdf: &Pdf<'_>, budget: &mut Budget) {
    for nth in 0..pdf.entries.len() {
        if !budget.is_watching() {
            return;
        }
        if let lex::Object::Stream(stream) = &*pdf.entry(nth)
            && pdf.decode(stream, budget).why == Some(Why::OverLimit)
        {
            budget.show_failed();
        }
    }
}

/// Puts what a walk meets into a reading.
struct Reader<'r, 'x> {
    reading: &'r mut Reading<'x>,
}

const PDF: &str = "application/pdf";

impl Sink for Reader<'_, '_> {
    fn budget(&mut self) -> &mut Budget {
        &mut self.reading.budget
    }

    fn page(&mut self, at: &str, scene: &Scene, laid: &Laid) {
        self.reading.text(at, PDF, laid.text.clone(), scene.size_bytes);
    }

    fn notes(&mut self, at: &str, scene: &Scene) {
        self.reading.text(at, PDF, walk::note_lines(scene).0, 0);
    }

    fn strings(&mut self, at: &str, lines: &Lines) {
        self.reading.text(at, PDF, lines.text.clone(), lines.text.len() as u64);
    }

    fn opaque(&mut self, at: &str, media_type: &str, why: Why, size_bytes: u64) {
        self.reading.opaque(at, media_type, why, size_bytes);
    }

    fn embedded(&mut self, at: &str, _nth: usize, media_type: &str, octets: &[u8]) {
        let passwords = self.reading.passwords;
        self.reading.embedded(at, &walk::file_of(octets, media_type, passwords));
    }

    fn member(&mut self, at: &str, _places: (usize, usize), name: &str, media_type: &str, octets: &[u8]) {
        self.reading.member(at, name, media_type, octets);
    }

    fn decoded(&mut self, size_bytes: u64) {
        self.reading.decoded(size_bytes);
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    write::rewrite(at, file, writing)
}
