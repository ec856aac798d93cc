//! Text in any charset: notes, logs, CSV, JSON, XML, YAML, SQL.

use crate::reading::Reading;
use crate::writing::{Writing, replaced};
use crate::{File, Unwritable, Why};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let size = file.octets.len() as u64;
    match std::str::from_utf8(file.octets) {
        Ok(text) => reading.text(at, "text/plain", text.to_owned(), size),
        Err(_) => reading.opaque(at, "text/plain", Why::Malformed, size),
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let text = std::str::from_utf8(file.octets).map_err(|_| Unwritable::Unreadable)?;
    replaced(text, writing.edits(at)).map(String::into_bytes)
}
