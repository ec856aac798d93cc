//! Documents: reads attachments of every kind as text, and rewrites them with values taken out.
//!
//! This crate knows formats and nothing else: no rules, no keys, no mail. It runs in a process of its own that has neither
//! and dies with its message, so a document that takes its reader over reaches one document. That is why it is a crate:
//! the compiler keeps rules and keys out of its reach.
//!
//! [`read`] turns a file into a flat list of [`Part`]s: a text each, or the reason why there is none. [`rewrite`] reads the
//! same file again and replaces spans of those texts where they stand in the source. Both walk a file in the same way and
//! order, so a path names the same text in both. Neither fails on hostile input: trouble is a part that says so, and what
//! cannot be written with certainty is [`Unwritable`].
//!
//! Paths are made of numbers and fixed words alone, never of a text of the file: `!2` is the second member, `!2/name` its
//! name, `!sheet1` the first sheet, `` the file itself.
#![deny(clippy::indexing_slicing, clippy::string_slice)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used))]

mod archive;
mod budget;
mod format;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod html;
mod legacy;
pub mod limits;
mod mapped;
mod office;
mod pdf;
mod picture;
mod reading;
mod sniff;
mod text;
mod types;
mod writing;

pub use format::Format;
pub use limits::Limits;
pub use pdf::pdf_of_text;
pub use sniff::sniff;
pub use types::{Content, Coverage, Document, Edit, File, Part, Picture, Unwritable, Why};

/// Reads a file: every text in it, every member of it, and what has no text.
pub fn read(file: &File<'_>, limits: &Limits) -> Document {
    let mut reading = reading::Reading::new(limits, file.passwords);
    reading.file("", file);
    reading.finish()
}

/// The same; besides, `watch` is shown every stream that is unpacked on the way and every member, whether a text is read from
/// it or not. Once it has answered `true` it is asked no more, and [`Document::watched`] says so.
pub fn read_watched(file: &File<'_>, limits: &Limits, watch: impl Fn(&[u8]) -> bool + 'static) -> Document {
    let mut reading = reading::Reading::new(limits, file.passwords);
    reading.budget.set_watch(Box::new(watch));
    reading.file("", file);
    reading.finish()
}

/// Replaces spans of the texts that [`read`] gave, in the same file; removes the members that edits name.
///
/// The answer is a file of the same format in which nothing else has changed, except that what readers do not see (old
/// revisions, thumbnails, metadata of pictures) may be left out. With no edits it is the file without those.
///
/// # Errors
/// [`Unwritable`] if the format is only read, if the file has several readings, or if an edit does not fit.
pub fn rewrite(file: &File<'_>, limits: &Limits, edits: &[Edit]) -> Result<Vec<u8>, Unwritable> {
    writing::Writing::new(limits, file.passwords, edits)?.whole(file)
}
