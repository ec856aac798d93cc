//! Carriers: stretches of a text that say something in another form, such as base64. What they say is scanned as a text of
//! its own, and what is found there is reported for the bytes that carry it.

mod base64;

use std::ops::Range;
use zeroize::Zeroizing;

/// A stretch of text and what it says.
pub(crate) struct Carrier {
    /// The bytes that carry it.
    pub(crate) span: Range<usize>,
    /// What they say.
    pub(crate) text: Zeroizing<String>,
    /// The term under which findings in it are explained.
    pub(crate) name: &'static str,
}

impl Carrier {
    /// The bytes of the carrying text for bytes of what it says.
    pub(crate) fn source(&self, _span: &Range<usize>) -> Range<usize> {
        self.span.clone()
    }
}

/// The next carrier that begins at or after `from`; go on at the end of its span.
pub(crate) fn next(text: &str, from: usize) -> Option<Carrier> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(run) = base64::next(bytes, at) {
        at = run.end;
        if let Some((span, decoded)) = base64::decode(bytes, &run) {
            return Some(Carrier { span, text: Zeroizing::new(decoded), name: "encoded" });
        }
    }
    None
}
