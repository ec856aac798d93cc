//! HTML.

use crate::reading::Reading;
use crate::text::charset;
use crate::writing::Writing;
use crate::{File, Unwritable, Why, html};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let size = file.octets.len() as u64;
    let source = charset::decode(file).text;
    if source.len() > reading.limits().text_bytes_max {
        reading.opaque(at, "text/html", Why::OverLimit, size);
        return;
    }
    reading.text(at, "text/html", html::read(&source).0, size);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let edits = writing.edits(at);
    if edits.is_empty() {
        return Ok(file.octets.to_vec());
    }
    let decoded = charset::decode(file);
    let (text, map) = html::read(&decoded.text);
    if edits.iter().any(|(span, _)| text.get(span.clone()).is_none() || !map.covers(span)) {
        return Err(Unwritable::NoSuchPlace);
    }
    Ok(decoded.encoded_html(file.octets, &map.replace(&decoded.text, edits)))
}
