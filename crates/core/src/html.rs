//! HTML: its text, visible and hidden, with a map back to its source.
//!
//! No tree is built: a tokenizer walks the source once, and each stretch of text it meets goes to the visible or the hidden
//! side together with the place it came from. Redaction then edits those places and nothing else, so what it does not
//! touch renders as before. There is no recursion and no stack: an element that a style hides is followed by counting
//! start and end tags of its own name.
//!
//! Hidden is what a reader does not see and a forwarder still sends: comments, attributes, scripts, styles, elements
//! that are not displayed. It is scanned like the rest.

mod reader;
mod side;
mod words;

use crate::Raw;
use reader::Reader;
use std::borrow::Cow;
use std::ops::Range;

/// An HTML document and the text that is scanned in its place.
pub(crate) struct Html {
    source: Raw,
    text: Raw,
    /// Ordered by their place in the text.
    pieces: Vec<Piece>,
    visible_bytes: usize,
    /// Ranges of the visible text that quote another mail.
    quotes: Vec<Range<usize>>,
}

/// A stretch of text and its place in the source.
#[derive(Clone, Copy)]
struct Piece {
    text: u32,
    text_bytes: u32,
    source: u32,
    source_bytes: u32,
    place: Place,
    /// Does each byte of the text stand in the source as it is? Otherwise the source is replaced as a whole.
    literal: bool,
}

/// What has to be escaped where a piece stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// An attribute's value; the octet is its quote, 0 for none.
    Attribute(u8),
    /// Comments, scripts and styles: nothing may end them early.
    Verbatim,
}

impl Piece {
    fn text(&self) -> Range<usize> {
        self.text as usize..self.text as usize + self.text_bytes as usize
    }

    fn source(&self) -> Range<usize> {
        self.source as usize..self.source as usize + self.source_bytes as usize
    }
}

/// Pieces are many where a text is all entities, so they are kept small. A part is at most some MiB long
/// (`Limits::text_bytes_max`), far below what 32 bits hold.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Html {
    /// Reads a document; never fails, linear in its length.
    pub(crate) fn read(source: Raw) -> Html {
        let mut reader = Reader::new(source.expose());
        reader.run();
        let Reader { mut visible, hidden, mut quotes, quote_start, .. } = reader;
        quotes.extend(quote_start.map(|start| start..visible.text.len()));
        let visible_bytes = visible.text.len();
        if !visible.text.is_empty() && !hidden.text.is_empty() && !visible.text.ends_with('\n') {
            visible.text.push('\n');
        }
        let shift = narrow(visible.text.len());
        visible.text.push_str(&hidden.text);
        visible.pieces.extend(hidden.pieces.into_iter().map(|p| Piece { text: p.text.saturating_add(shift), ..p }));
        Html { text: Raw::new(visible.text), pieces: visible.pieces, visible_bytes, quotes, source }
    }

    /// Visible text, then hidden text (comments, attributes, what styles hide), each block on lines of its own.
    pub(crate) fn text(&self) -> &Raw {
        &self.text
    }

    /// The part of `text` that a reader sees.
    pub(crate) fn visible(&self) -> &str {
        self.text.expose().get(..self.visible_bytes).unwrap_or_default()
    }

    /// What a reader sees, without the blocks that quote another mail.
    pub(crate) fn unquoted(&self) -> String {
        let mut out = String::new();
        let mut at = 0;
        for quote in &self.quotes {
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
        let mut edits: Vec<(Range<usize>, Cow<'_, str>)> = Vec::new();
        for (span, mark) in spans {
            let first = self.pieces.partition_point(|p| p.text().end <= span.start);
            let touched = self.pieces.get(first..).unwrap_or_default().iter().take_while(|p| p.text().start < span.end);
            let mut marked = false;
            for piece in touched {
                let (text, source) = (piece.text(), piece.source());
                let range = if piece.literal {
                    let cut = |at: usize| source.start + at.clamp(text.start, text.end) - text.start;
                    cut(span.start)..cut(span.end)
                } else {
                    source
                };
                let mark = if marked { Cow::Borrowed("") } else { escape(mark, piece.place) };
                marked = true;
                edits.push((range, mark));
            }
        }
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let source = self.source.expose();
        let mut out = String::with_capacity(source.len());
        let mut at = 0;
        for (range, mark) in edits {
            // Two spans that touch one entity: its source goes once, both marks stay.
            out.push_str(source.get(at..range.start).unwrap_or_default());
            out.push_str(&mark);
            at = at.max(range.end);
        }
        out.push_str(source.get(at..).unwrap_or_default());
        out
    }
}

/// A mark made safe for its place.
fn escape(mark: &str, place: Place) -> Cow<'_, str> {
    match place {
        Place::Text => html_escape::encode_text(mark),
        Place::Attribute(b'"') => html_escape::encode_double_quoted_attribute(mark),
        Place::Attribute(b'\'') => html_escape::encode_single_quoted_attribute(mark),
        Place::Attribute(_) => html_escape::encode_unquoted_attribute(mark),
        Place::Verbatim => Cow::Owned(mark.replace(['<', '>', '&', '"', '\'', '\\', '`'], "").replace("--", "- ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(html: &str) -> (String, String) {
        let html = Html::read(Raw::new(html.to_owned()));
        (
            html.visible().to_owned(),
            html.text().expose().get(html.visible_bytes..).unwrap_or_default().trim().to_owned(),
        )
    }

    #[test]
    fn what_a_reader_sees_and_what_not() {
        let cases = [
            ("<p>Hello <b>wor</b>ld</p><p>Bye</p>", "Hello world\nBye\n", ""),
            ("4111<span>11</span><i>11</i>", "41111111", ""),
            ("&#52;1&#x31;1 &amp; &nbsp;x &unknown; &", "4111 & \u{a0}x &unknown; &", ""),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a\tb\t\n", ""),
            ("a<!-- secret -->b", "ab", "secret"),
            ("<img alt='a 4111' src=x.png>", "", "a 4111\nx.png"),
            ("<div style='display: none'>in<div>ner</div></div>out", "out", "in\nner"),
            ("<p hidden>h</p>v", "v", "h"),
            ("<span style=\"font-size:0px\">z</span><span style=\"font-size:0.9em\">s</span>", "s", "z"),
            ("<font style='color:#fff;background:#ffffff'>w</font>x", "x", "w"),
            ("<script>var a = '<b>';</script>t", "t", "var a = '<b>';"),
            ("<head><title>T &lt;</title></head><body>b", "b", "T <"),
            ("1 < 2 <3", "1 < 2 <3", ""),
            ("a  \r\n b", "a b", ""),
            ("<pre>a\n b</pre>", "a\n b\n", ""),
            ("<a title=4111>x", "x", "4111"),
            ("<a 4111-1111>x</a>", "x", "4111-1111"),
            // Where comments end, and entities where some readers see text.
            ("<!-->a-->b", "a-->b", ""),
            ("<!--->a", "a", ""),
            ("<!--a--!>b", "b", "a"),
            ("<!--a--b---->c", "c", "a--b--"),
            ("<!--a", "", "a"),
            ("<![CDATA[&#52;1]]>", "", "[CDATA[41]]"),
            ("<math><xmp>&#52;1</xmp></math>", "", "41"),
            ("&#x000000000000000000000000000000000000000000000034;1", "41", ""),
            // What is no element, and what is no look and no picture.
            ("<ghp_16C7e42F292c>x", "x", "ghp_16C7e42F292c"),
            ("<h1>a</h1><o:p>b</o:p>", "a\nb", ""),
            ("</x4111-1111>y", "y", "x4111-1111"),
            ("<b class=411111111>x</b>", "x", "411111111"),
            ("<b class=41111111>x</b>", "x", ""),
            ("<b style=\"font-family:'4111 11111'\">x</b>", "x", "font-family:'4111 11111'"),
            ("<b style='margin:10px 20px 30px 40px;color:rgb(255,255,255)'>x</b>", "x", ""),
            ("<img src='data:image/png;base64,AAAA4111'>x", "x", ""),
            ("<img src='data:image/,4111'>x", "x", "data:image/,4111"),
            ("<b title='data:image/png;base64,41 11!'>x</b>", "x", "data:image/png;base64,41 11!"),
        ];
        for (html, visible, hidden) in cases {
            assert_eq!(text(html), (visible.to_owned(), hidden.to_owned()), "{html}");
        }
    }

    #[test]
    fn quoted_mail_is_known_by_its_element() {
        let html =
            "<div>mine</div><div class=\"gmail_quote\"><div>On x wrote:</div><blockquote>old</blockquote></div>end";
        assert_eq!(Html::read(Raw::new(html.to_owned())).unquoted(), "mine\nend");
    }

    #[test]
    fn values_are_replaced_in_their_place() {
        let cases = [
            ("<p>No 4111<b>11</b>1 now</p>", "4111111", "<p>No [m]<b></b> now</p>"),
            ("<p>&#52;111</p>", "4111", "<p>[m]</p>"),
            ("<a title=\"n 4111\">x</a>", "4111", "<a title=\"n [m]\">x</a>"),
            ("<a title=4111>x</a>", "4111", "<a title=&#x5B;m&#x5D;>x</a>"),
            ("a <!-- 4111 -->", "4111", "a <!-- [m] -->"),
        ];
        for (source, value, want) in cases {
            let html = Html::read(Raw::new(source.to_owned()));
            let at = html.text().expose().find(value).expect("is in the text");
            assert_eq!(html.replace(&[(at..at + value.len(), "[m]".to_owned())]), want);
        }
    }

    #[test]
    fn a_mark_cannot_break_out() {
        for (source, value) in [("<a title='4111'>x</a>", "4111"), ("<!--4111-->x", "4111"), ("<p>4111</p>", "4111")] {
            let html = Html::read(Raw::new(source.to_owned()));
            let at = html.text().expose().find(value).expect("is in the text");
            let out = html.replace(&[(at..at + value.len(), "'\"--><b>".to_owned())]);
            assert!(!out.contains("<b>"), "{out}");
        }
    }

    /// Pieces of HTML that meet each other in every way.
    fn fragments() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "<p>",
            "</p>",
            "<b",
            " a=",
            "\"",
            "'",
            "4111",
            "&#52;",
            "&#5",
            ";",
            "&amp;",
            "&",
            "<script>",
            "</script>",
            "<td>",
            " ",
            "\n",
            "é",
            "x",
            "<div hidden>",
            "</div>",
            "=",
            "/",
            "<pre>",
            "<!",
            "?",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
    }

    proptest! {
        #[test]
        fn any_string_maps_inside_itself(source in prop_oneof![any::<String>(), fragments()]) {
            let html = Html::read(Raw::new(source.clone()));
            prop_assert_eq!(html.replace(&[]), source.clone());
            let mut end = 0;
            for piece in &html.pieces {
                prop_assert!(piece.text().start >= end);
                end = piece.text().end;
                let text = html.text().expose().get(piece.text());
                prop_assert!(text.is_some());
                let place = source.get(piece.source());
                prop_assert!(place.is_some());
                if piece.literal {
                    prop_assert_eq!(text, place);
                }
            }
        }

        #[test]
        fn what_is_replaced_is_gone(source in fragments()) {
            let html = Html::read(Raw::new(source.clone()));
            let text = html.text().expose();
            let spans: Vec<_> = text.match_indices("4111").map(|(at, v)| (at..at + v.len(), "[m]".to_owned())).collect();
            let out = html.replace(&spans);
            let again = Html::read(Raw::new(out.clone()));
            prop_assert!(!again.text().expose().contains("4111"), "{:?} -> {:?}", source, out);
            prop_assert_eq!(again.text().expose().matches("[m]").count(), spans.len(), "{:?} -> {:?}", source, out);
        }
    }

    #[test]
    fn garbage_is_linear() {
        for unit in
            ["<div>", "<", "</", "<!--", "<a b='", "&", "<script>", "<p hidden>", "\"", "<pre>", "<textarea>", "<b a="]
        {
            let html = Html::read(Raw::new(unit.repeat(200_000)));
            assert!(html.text().len() <= unit.len() * 200_000 + 200_000);
        }
    }
}
