//! PresentationML.

use super::ooxml::Ooxml;
use super::parts;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable};

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    parts::read(at, Format::Pptx.or_declared(file), file, &mut Ooxml::default(), reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    parts::rewrite(at, file, &mut Ooxml::default(), writing)
}
