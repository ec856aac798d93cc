//! HTML within the wall: its text, visible and hidden, with the way back to its source ([`lazaret_docs::html`]).

use crate::Raw;
use lazaret_docs::html::{self, Map};
use std::ops::Range;

/// An HTML document and the text that is scanned in its place.
pub(crate) struct Html {
    source: Raw,
    text: Raw,
    map: Map,
}

impl Html {
    /// Reads a document; never fails, linear in its length.
    pub(crate) fn read(source: Raw) -> Html {
        let (text, map) = html::read(source.expose());
        Html { text: Raw::new(text), map, source }
    }

    /// Visible text, then hidden text (comments, attributes, what styles hide), each block on lines of its own.
    pub(crate) fn text(&self) -> &Raw {
        &self.text
    }

    /// The part of `text` that a reader sees.
    pub(crate) fn visible(&self) -> &str {
        self.text.expose().get(..self.map.visible_bytes()).unwrap_or_default()
    }

    /// What a reader sees, without the blocks that quote another mail.
    pub(crate) fn unquoted(&self) -> String {
        let mut out = String::new();
        let mut at = 0;
        for quote in self.map.quotes() {
            out.push_str(self.visible().get(at..quote.start).unwrap_or_default());
            at = quote.end.max(at);
        }
        out.push_str(self.visible().get(at..).unwrap_or_default());
        out
    }

    /// The document as it came.
    pub(crate) fn source(&self) -> &Raw {
        &self.source
    }

    /// The document with each span of `text` replaced by its mark (escaped); it still renders.
    /// Spans are disjoint and ordered.
    pub(crate) fn replace(&self, spans: &[(Range<usize>, String)]) -> String {
        let spans: Vec<_> = spans.iter().map(|(span, mark)| (span.clone(), mark.as_str())).collect();
        self.map.replace(self.source.expose(), &spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_quotes_another_mail_is_left_out() {
        let html =
            "<div>mine</div><div class=\"gmail_quote\"><div>On x wrote:</div><blockquote>old</blockquote></div>end";
        assert_eq!(Html::read(Raw::new(html.to_owned())).unquoted(), "mine\nend");
    }
}
