//! Anything else: named, and nothing more.

use crate::reading::Reading;
use crate::sniff::media_type_of_unknown;
use crate::writing::Writing;
use crate::{File, Unwritable, Why};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let media_type = media_type_of_unknown(file);
    reading.opaque(at, media_type, Why::Unsupported, file.octets.len() as u64);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}
