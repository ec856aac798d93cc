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

use reader::Reader;
use std::borrow::Cow;
use std::ops::Range;

/// The way from the text of a document back to its source.
#[derive(Default)]
pub struct Map {
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

/// Pieces are many where a text is all entities, so they are kept small. A text is at most some MiB long
/// (`Limits::text_bytes_max`), far below what 32 bits hold.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Reads a document; never fails, linear in its length. Its text is the visible text, then the hidden text (comments,
/// attributes, what styles hide), each block on lines of its own.
pub fn read(source: &str) -> (String, Map) {
    let mut reader = Reader::new(source);
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
    (visible.text, Map { pieces: visible.pieces, visible_bytes, quotes })
}

impl Map {
    /// How much of the text, from its start, a reader sees; in bytes.
    pub fn visible_bytes(&self) -> usize {
        self.visible_bytes
    }

    /// Ranges of the visible text that quote another mail, in order, in bytes.
    pub fn quotes(&self) -> &[Range<usize>] {
        &self.quotes
    }

    /// Does anything in the source stand behind a span of the text?
    pub(crate) fn covers(&self, span: &Range<usize>) -> bool {
        let first = self.pieces.partition_point(|p| p.text().end <= span.start);
        self.pieces.get(first).is_some_and(|piece| piece.text().start < span.end)
    }

    /// The document, whose source this is, with each span of its text replaced by its mark (escaped); it still renders.
    /// Spans are disjoint and ordered.
    pub fn replace(&self, source: &str, spans: &[(Range<usize>, &str)]) -> String {
        let mut edits: Vec<(Range<usize>, Cow<'_, str>)> = Vec::new();
        for (span, mark) in spans {
            let first = self.pieces.partition_point(|p| p.text().end <= span.start);
            let touched = self.pieces.get(first..).unwrap_or_default().iter().take_while(|p| p.text().start < span.end);
            let mut marked = false;
            for piece in touched {
                let (text, place) = (piece.text(), piece.source());
                let range = if piece.literal {
                    let cut = |at: usize| place.start + at.clamp(text.start, text.end) - text.start;
                    cut(span.start)..cut(span.end)
                } else {
                    place
                };
                let mark = if marked { Cow::Borrowed("") } else { escape(mark, piece.place) };
                marked = true;
                edits.push((range, mark));
            }
        }
        edits.sort_by_key(|(range, _)| (range.start, range.end));
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

    fn sides(source: &str) -> (String, String) {
        let (text, map) = read(source);
        let (visible, hidden) = text.split_at(map.visible_bytes);
        (visible.to_owned(), hidden.trim().to_owned())
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
            assert_eq!(sides(html), (visible.to_owned(), hidden.to_owned()), "{html}");
        }
    }

    #[test]
    fn quoted_mail_is_known_by_its_element() {
        let source =
            "<div>mine</div><div class=\"gmail_quote\"><div>On x wrote:</div><blockquote>old</blockquote></div>end";
        let (text, map) = read(source);
        assert_eq!(map.quotes().iter().map(|quote| &text[quote.clone()]).collect::<Vec<_>>(), ["On x wrote:\nold\n"]);
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
            let (text, map) = read(source);
            let at = text.find(value).expect("is in the text");
            assert_eq!(map.replace(source, &[(at..at + value.len(), "[m]")]), want);
        }
    }

    #[test]
    fn a_mark_cannot_break_out() {
        for (source, value) in [("<a title='4111'>x</a>", "4111"), ("<!--4111-->x", "4111"), ("<p>4111</p>", "4111")] {
            let (text, map) = read(source);
            let at = text.find(value).expect("is in the text");
            let out = map.replace(source, &[(at..at + value.len(), "'\"--><b>")]);
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
            let (text, map) = read(&source);
            prop_assert_eq!(map.replace(&source, &[]), source.clone());
            let mut end = 0;
            for piece in &map.pieces {
                prop_assert!(piece.text().start >= end);
                end = piece.text().end;
                let text = text.get(piece.text());
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
            let (text, map) = read(&source);
            let spans: Vec<_> = text.match_indices("4111").map(|(at, v)| (at..at + v.len(), "[m]")).collect();
            let out = map.replace(&source, &spans);
            let (again, _) = read(&out);
            prop_assert!(!again.contains("4111"), "{:?} -> {:?}", source, out);
            prop_assert_eq!(again.matches("[m]").count(), spans.len(), "{:?} -> {:?}", source, out);
        }
    }

    #[test]
    fn garbage_is_linear() {
        for unit in
            ["<div>", "<", "</", "<!--", "<a b='", "&", "<script>", "<p hidden>", "\"", "<pre>", "<textarea>", "<b a="]
        {
            let (text, _) = read(&unit.repeat(200_000));
            assert!(text.len() <= unit.len() * 200_000 + 200_000);
        }
    }
}
