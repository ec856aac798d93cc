//! Text in any charset: notes, logs, CSV, JSON, XML, YAML, SQL. It stays as it stands.

use crate::reading::Reading;
use crate::text::charset;
use crate::writing::Writing;
use crate::{File, Unwritable, Why};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let size = file.octets.len();
    // A character takes at most four octets of a charset, and no text is shorter than half its octets.
    if size / 4 > reading.limits().text_bytes_max {
        reading.opaque(at, media_type(file), Why::OverLimit, size as u64);
        return;
    }
    reading.text(at, media_type(file), charset::decode(file).text, size as u64);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    charset::decode(file).rewritten(file.octets, writing.edits(at))
}

/// What kind of text it is, by its declaration or its name.
fn media_type<'a>(file: &File<'a>) -> &'a str {
    const BY_NAME: [(&str, &str); 9] = [
        (".csv", "text/csv"),
        (".tsv", "text/tab-separated-values"),
        (".json", "application/json"),
        (".xml", "application/xml"),
        (".svg", "image/svg+xml"),
        (".yaml", "application/yaml"),
        (".yml", "application/yaml"),
        (".sql", "application/sql"),
        (".md", "text/markdown"),
    ];
    let declared = file.media_type.split(';').next().unwrap_or_default().trim_end();
    if declared.starts_with("text/") || ["json", "xml", "yaml", "sql"].iter().any(|word| declared.ends_with(word)) {
        return declared;
    }
    let name = file.name.to_ascii_lowercase();
    BY_NAME.iter().find(|(end, _)| name.ends_with(end)).map_or("text/plain", |(_, media_type)| media_type)
}
