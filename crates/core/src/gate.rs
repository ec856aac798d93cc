//! The structure of a message, read once under every bound: which octets are headers, bodies, preambles and epilogues of
//! which part.
//!
//! This walk is gate and reader in one, on purpose. A gate that counts and a parser that then reads the octets again by
//! rules of its own can disagree on where a part begins, and what the gate did not see the parser recurses into (the
//! MIME library of our choice overflows the stack when it drops some ten thousand nested messages). Here nothing is
//! parsed that was not counted: the walk is iterative, keeps offsets only, looks at each line once, and stops at the first
//! bound that is passed. Messages inside base64 or quoted-printable parts are decoded and walked under the same counters.
//!
//! Boundaries (RFC 2046 5.1.1) are compared with whole lines, so that one that is a prefix of another is never taken for
//! it. What stands before the first and after the last boundary is kept as ranges, since a person may have written there.

use crate::Limits;
use crate::parse::decode::{Transfer, transfer_decode};
use crate::parse::fields::{Structured, structured};
use std::borrow::Cow;
use std::ops::Range;
use zeroize::Zeroizing;

/// A header field: ranges of its name and of its folded value in the source of its node. A line among the fields that is
/// none has an empty name.
#[derive(Debug, Clone)]
pub(crate) struct FieldSpan {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// What a node is for the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A multipart whose boundary was found; its children are its parts.
    Multipart,
    /// An enclosed message; its only child is that message's own entity.
    Message,
    /// Anything else.
    Leaf,
}

/// One entity: a header and a body.
pub(crate) struct Node {
    pub(crate) source: usize,
    pub(crate) children: Vec<usize>,
    pub(crate) fields: Vec<FieldSpan>,
    pub(crate) body: Range<usize>,
    pub(crate) kind: Kind,
    /// `Content-Type`, with the default of its place where there is none.
    pub(crate) content_type: Structured,
    pub(crate) transfer: Transfer,
    /// Text before the first boundary of a multipart.
    pub(crate) preamble: Range<usize>,
    /// Text after the last one.
    pub(crate) epilogue: Range<usize>,
    /// Two fields that contradict each other, so that another reader may see another structure.
    pub(crate) ambiguous: bool,
    depth: usize,
}

/// The whole structure; node 0 is the message itself.
pub(crate) struct Layout<'x> {
    sources: Vec<Octets<'x>>,
    pub(crate) nodes: Vec<Node>,
    /// A bound was passed: the nodes are what was read until then.
    pub(crate) over_limit: bool,
    /// A boundary that was opened is not closed.
    pub(crate) unclosed: bool,
}

enum Octets<'x> {
    Fetched(&'x [u8]),
    Decoded(Zeroizing<Vec<u8>>),
}

impl Layout<'_> {
    /// The octets that the ranges of a node refer to.
    pub(crate) fn octets(&self, node: &Node) -> &[u8] {
        match self.sources.get(node.source) {
            Some(Octets::Fetched(octets)) => octets,
            Some(Octets::Decoded(octets)) => octets,
            None => &[],
        }
    }

    /// Octets of a range of a node.
    pub(crate) fn slice(&self, node: &Node, range: &Range<usize>) -> &[u8] {
        self.octets(node).get(range.clone()).unwrap_or_default()
    }

    /// Values of all fields of a name (in lower case), in order.
    pub(crate) fn values<'a>(&'a self, node: &'a Node, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        node.fields
            .iter()
            .filter(move |f| self.slice(node, &f.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|f| self.slice(node, &f.value))
    }

    /// The body of a node with its transfer encoding undone, and whether that went without trouble.
    pub(crate) fn decoded(&self, node: &Node) -> (Cow<'_, [u8]>, bool) {
        transfer_decode(self.slice(node, &node.body), node.transfer)
    }
}

/// Reads the structure. Never fails: what is beyond a bound ends the walk and is said in `over_limit`.
pub(crate) fn survey<'x>(octets: &'x [u8], limits: &Limits) -> Layout<'x> {
    let mut layout =
        Layout { sources: vec![Octets::Fetched(octets)], nodes: Vec::new(), over_limit: false, unclosed: false };
    let too_large = octets.len() as u64 > limits.message_bytes_max;
    let mut walk = Walk { limits, nodes: Vec::new(), encoded: Vec::new(), over: false, unclosed: false };
    // Of an over-size message the header alone is read.
    let view = if too_large { octets.get(..limits.header_bytes_max).unwrap_or(octets) } else { octets };
    walk.source(view, 0, None, 0);
    let mut decoded_octets = 0_u64;
    let mut next = 0;
    while let (false, Some(&at)) = (walk.over || too_large, walk.encoded.get(next)) {
        next += 1;
        let Some(node) = walk.nodes.get(at) else { break };
        let depth = node.depth;
        layout.nodes = std::mem::take(&mut walk.nodes);
        let inner = layout.nodes.get(at).map(|n| layout.decoded(n).0.into_owned()).unwrap_or_default();
        walk.nodes = std::mem::take(&mut layout.nodes);
        decoded_octets += inner.len() as u64;
        if decoded_octets > limits.message_bytes_max {
            walk.over = true;
            break;
        }
        let inner = Zeroizing::new(inner);
        walk.source(&inner, layout.sources.len(), Some(at), depth + 1);
        layout.sources.push(Octets::Decoded(inner));
    }
    layout.nodes = walk.nodes;
    layout.over_limit = walk.over || too_large;
    layout.unclosed = walk.unclosed;
    layout
}

struct Open {
    node: usize,
    boundary: Vec<u8>,
    digest: bool,
    /// Number of live nodes when it was opened, itself included.
    live: usize,
}

struct Walk<'l> {
    limits: &'l Limits,
    nodes: Vec<Node>,
    /// Enclosed messages in an encoding, still to be walked.
    encoded: Vec<usize>,
    over: bool,
    unclosed: bool,
}

/// What the octets after a point belong to, until the next boundary.
#[derive(Clone, Copy)]
enum Region {
    /// The body of the innermost live node.
    Body,
    Preamble(usize),
    Epilogue(usize),
}

struct Delimiter {
    open: usize,
    closing: bool,
    /// Start of the line.
    start: usize,
    /// Start of the next one.
    end: usize,
}

impl Walk<'_> {
    /// Walks one source: a message under `parent`, or the message itself.
    fn source(&mut self, bytes: &[u8], source: usize, parent: Option<usize>, depth: usize) {
        let mut open: Vec<Open> = Vec::new();
        let mut live: Vec<usize> = Vec::new();
        let mut region = Region::Body;
        let (mut at, mut from) = (0, 0);
        let mut entity = Some((parent, false, depth));
        loop {
            if let Some((parent, digest, depth)) = entity.take() {
                let Some((start, multipart)) = self.entity(bytes, source, at, parent, digest, depth, &open, &mut live)
                else {
                    return;
                };
                at = start;
                from = start;
                region = Region::Body;
                if let Some((node, boundary)) = multipart {
                    let digest = self.nodes.get(node).is_some_and(|n| n.content_type.value == "multipart/digest");
                    open.push(Open { node, boundary, digest, live: live.len() });
                    region = Region::Preamble(node);
                }
            }
            let Some(delimiter) = next_delimiter(bytes, at, &open, None) else {
                self.unclosed |= !open.is_empty();
                self.end_region(region, from, bytes.len());
                for node in live {
                    self.end_body(node, bytes.len());
                }
                return;
            };
            let end = before_line_end(bytes, delimiter.start).max(from);
            self.end_region(region, from, end);
            let Some(target) = open.get(delimiter.open) else { return };
            let (node, digest, keep) = (target.node, target.digest, target.live);
            for node in live.drain(keep.min(live.len())..) {
                self.end_body(node, end);
            }
            at = delimiter.end;
            from = at;
            if delimiter.closing {
                open.truncate(delimiter.open);
                region = Region::Epilogue(node);
            } else {
                open.truncate(delimiter.open + 1);
                let depth = self.nodes.get(node).map_or(0, |n| n.depth) + 1;
                entity = Some((Some(node), digest, depth));
            }
        }
    }

    fn end_body(&mut self, node: usize, end: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.body.end = end.max(node.body.start);
        }
    }

    fn end_region(&mut self, region: Region, from: usize, end: usize) {
        let range = from..end.max(from);
        match region {
            Region::Body => {}
            Region::Preamble(node) => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.preamble = range;
                }
            }
            Region::Epilogue(node) => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.epilogue = range;
                }
            }
        }
    }

    /// Reads the header at `at`, and those of messages that are enclosed there one in another. Answers where the body
    /// starts, with node and boundary if it is a multipart; `None` when a bound was passed.
    #[expect(clippy::too_many_arguments, clippy::type_complexity, reason = "one step of the walk, split for size only")]
    fn entity(
        &mut self,
        bytes: &[u8],
        source: usize,
        mut at: usize,
        mut parent: Option<usize>,
        mut digest: bool,
        mut depth: usize,
        open: &[Open],
        live: &mut Vec<usize>,
    ) -> Option<(usize, Option<(usize, Vec<u8>)>)> {
        loop {
            let (fields, start, complete) = header(bytes, at, open, self.limits);
            self.over |= !complete;
            let mut node = node(bytes, fields, source, start, bytes.len(), digest, depth);
            let id = self.nodes.len();
            // The message itself is no part.
            self.over |= id > self.limits.parts_max;
            let boundary = node.content_type.param("boundary").unwrap_or_default().trim_end().as_bytes().to_vec();
            let multipart = node.content_type.value.starts_with("multipart/") && !boundary.is_empty();
            let message = is_message(&node.content_type.value);
            let found = multipart && has_boundary(bytes, start, &boundary, open);
            if message && node.transfer == Transfer::Identity {
                node.kind = Kind::Message;
            } else if found {
                node.kind = Kind::Multipart;
            }
            let nests = message || found;
            self.over |= nests && depth >= self.limits.nesting_depth_max;
            if message && node.transfer != Transfer::Identity {
                node.kind = Kind::Message;
                self.encoded.push(id);
            }
            let enclosed = node.kind == Kind::Message && node.transfer == Transfer::Identity;
            self.nodes.push(node);
            live.push(id);
            if let Some(parent) = parent.and_then(|p| self.nodes.get_mut(p)) {
                parent.children.push(id);
            }
            if self.over {
                return None;
            }
            if !enclosed {
                return Some((start, found.then_some((id, boundary))));
            }
            (at, parent, digest, depth) = (start, Some(id), false, depth + 1);
        }
    }
}

fn is_message(media_type: &str) -> bool {
    matches!(media_type, "message/rfc822" | "message/global" | "message/news")
}

fn node(
    bytes: &[u8],
    fields: Vec<FieldSpan>,
    source: usize,
    start: usize,
    end: usize,
    digest: bool,
    depth: usize,
) -> Node {
    let all = |name: &str| {
        fields
            .iter()
            .filter(|f| bytes.get(f.name.clone()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())))
            .filter_map(|f| bytes.get(f.value.clone()))
            .collect::<Vec<_>>()
    };
    let types = all("content-type");
    let transfers = all("content-transfer-encoding");
    let mut content_type = types.first().map(|v| structured(v)).unwrap_or_default();
    let typed = content_type.value.contains('/');
    if !typed {
        content_type.value = if digest { "message/rfc822" } else { "text/plain" }.to_owned();
    }
    let transfer = transfers.first().map(|v| Transfer::parse(v)).unwrap_or_default();
    let ambiguous = types.iter().skip(1).any(|v| Some(v) != types.first())
        || transfers.iter().skip(1).any(|v| Transfer::parse(v) != transfer)
        // Of a multipart nobody undoes an encoding.
        || !content_type.value.starts_with("multipart/") && transfers.iter().any(|v| !Transfer::is_regular(v))
        || ["boundary", "charset"].iter().any(|name| contradicts(&content_type, name));
    Node {
        source,
        children: Vec::new(),
        fields,
        body: start..end,
        kind: Kind::Leaf,
        content_type,
        transfer,
        preamble: start..start,
        epilogue: end..end,
        ambiguous,
        depth,
    }
}

/// Is a parameter given twice, with two values?
fn contradicts(content_type: &Structured, name: &str) -> bool {
    let mut values = content_type.params.iter().filter(|(n, _)| n == name).map(|(_, v)| v);
    values.next().is_some_and(|first| values.any(|v| v != first))
}

/// Fields from `at` on, where the body starts, and whether the header is within the bounds.
fn header(bytes: &[u8], mut at: usize, open: &[Open], limits: &Limits) -> (Vec<FieldSpan>, usize, bool) {
    let first = at;
    let mut fields: Vec<FieldSpan> = Vec::new();
    loop {
        // A line that does not end within the bound is not looked for beyond it.
        let horizon = (first + limits.header_bytes_max + 2).min(bytes.len());
        let rest = bytes.get(at..horizon).unwrap_or_default();
        if rest.is_empty() {
            return (fields, at, at - first <= limits.header_bytes_max);
        }
        let length = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default();
        let content = trim_line_end(line);
        if content.is_empty() {
            return (fields, at + length, at - first <= limits.header_bytes_max);
        }
        if line.starts_with(b"--") && matches_open(content, open, None).is_some() {
            return (fields, at, at - first <= limits.header_bytes_max);
        }
        let folded = content.first().is_some_and(|&b| b == b' ' || b == b'\t');
        if folded && !fields.is_empty() {
            if let Some(last) = fields.last_mut() {
                last.value.end = at + content.len();
            }
        } else if at == first && (content.starts_with(b"From ") || content.starts_with(b">From ")) {
            // The separator of an mbox, left in by many tools.
        } else if let Some(colon) = field_colon(content) {
            let name = content.get(..colon).unwrap_or_default().trim_ascii_end().len();
            fields.push(FieldSpan { name: at..at + name, value: at + colon + 1..at + content.len() });
        } else if !fields.is_empty() || is_mail_field(next_line(bytes, at + length, horizon)) {
            fields.push(FieldSpan { name: at..at, value: at..at + content.len() });
        } else {
            // No header at all: everything is body.
            return (fields, at, true);
        }
        at += length;
        if at - first > limits.header_bytes_max || fields.len() > limits.header_fields_max {
            return (fields, at, false);
        }
    }
}

/// Position of the colon if the line is a field: a name of visible ASCII (RFC 5322 3.6.8), blanks before the colon allowed.
fn field_colon(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(|&b| b.is_ascii_graphic())).then_some(colon)
}

fn next_line(bytes: &[u8], at: usize, horizon: usize) -> &[u8] {
    let rest = bytes.get(at..horizon).unwrap_or_default();
    rest.get(..rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())).unwrap_or_default()
}

/// Is it a field that hardly anything but mail begins with?
fn is_mail_field(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 9] = [
        b"from",
        b"subject",
        b"date",
        b"received",
        b"return-path",
        b"message-id",
        b"mime-version",
        b"content-type",
        b"delivered-to",
    ];
    let name = field_colon(line).and_then(|colon| line.get(..colon)).unwrap_or_default().trim_ascii_end();
    NAMES.iter().any(|n| name.eq_ignore_ascii_case(n))
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The end of the line before a line start: the line end before a boundary belongs to the boundary.
fn before_line_end(bytes: &[u8], start: usize) -> usize {
    let head = bytes.get(..start).unwrap_or_default();
    trim_line_end(head).len()
}

/// Is the line, without its end, a boundary of an open multipart? Innermost first; closing or not. `extra` stands for one
/// more, inside all of them.
fn matches_open(line: &[u8], open: &[Open], extra: Option<&[u8]>) -> Option<(usize, bool)> {
    let rest = line.strip_prefix(b"--")?.trim_ascii_end();
    let boundaries = open.iter().map(|o| o.boundary.as_slice()).enumerate().rev();
    extra.map(|b| (open.len(), b)).into_iter().chain(boundaries).find_map(|(at, boundary)| {
        match rest.strip_prefix(boundary)? {
            b"" => Some((at, false)),
            b"--" => Some((at, true)),
            _ => None,
        }
    })
}

fn next_delimiter(bytes: &[u8], mut at: usize, open: &[Open], extra: Option<&[u8]>) -> Option<Delimiter> {
    if open.is_empty() && extra.is_none() {
        return None;
    }
    loop {
        let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
        if rest.starts_with(b"--") {
            let length = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |n| n + 1);
            let line = trim_line_end(rest.get(..length)?);
            if let Some((open, closing)) = matches_open(line, open, extra) {
                return Some(Delimiter { open, closing, start: at, end: at + length });
            }
            at += length;
        } else {
            at += rest.iter().position(|&b| b == b'\n')? + 1;
        }
    }
}

/// Does a multipart have its boundary at all, before one of those it stands in? What is passed over here the walk passes
/// over once more, and nothing else, so it stays linear.
fn has_boundary(bytes: &[u8], at: usize, boundary: &[u8], open: &[Open]) -> bool {
    next_delimiter(bytes, at, open, Some(boundary)).is_some_and(|d| d.open == open.len() && !d.closing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `kind depth: body` of every node.
    fn shape(mail: &str) -> Vec<String> {
        let layout = survey(mail.as_bytes(), &Limits::default());
        let body = |n: &Node| String::from_utf8_lossy(layout.slice(n, &n.body)).replace('\n', "|");
        layout.nodes.iter().map(|n| format!("{:?} {}: {}", n.kind, n.depth, body(n))).collect()
    }

    #[test]
    fn boundaries_are_whole_lines() {
        let outer = "Content-Type: multipart/mixed; boundary=a\n\n";
        let cases: &[(&str, &[&str])] = &[
            ("--a\n\none\n--a--\nend", &["one"]),
            ("--a\n\none\n--ab\n--a \t\n\ntwo\n--a--", &["one|--ab", "two"]),
            ("--a\n\none --a\n--a--more\n--a--\n", &["one --a|--a--more"]),
            ("--a\n--a\n\ntwo\n--a--\n", &["", "two"]),
            ("--a\n\nopen", &["open"]),
            ("--a\n\none\n--a--\n--a\n\nafter\n", &["one"]),
        ];
        for (body, want) in cases {
            let shape = shape(&format!("{outer}{body}"));
            let leaves: Vec<&str> = shape.iter().filter_map(|s| s.strip_prefix("Leaf 1: ")).collect();
            assert_eq!(leaves, *want, "{body}");
        }
    }

    #[test]
    fn an_outer_boundary_ends_everything_inside() {
        let mail = "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nin\n--o\n\nnext\n--o--\n";
        assert_eq!(shape(mail).get(3..).unwrap_or_default(), ["Leaf 3: in", "Leaf 1: next"]);
    }

    proptest! {
        #[test]
        fn ranges_lie_within_and_children_within_parents(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "Content-Type: multipart/mixed; boundary=a\n", "Content-Type: message/rfc822\n", "\n", "--a\n", "--a--\n", "x", ": ", " ",
                "Content-Type: multipart/digest; boundary=\"b c\"\r\n", "--b c\r\n", "\r\n",
            ]), 0..60)
        ) {
            let mail = pieces.concat();
            let layout = survey(mail.as_bytes(), &Limits::default());
            for node in &layout.nodes {
                prop_assert!(node.body.start <= node.body.end && node.body.end <= mail.len());
                for range in [&node.preamble, &node.epilogue] {
                    prop_assert!(range.start <= range.end && range.end <= mail.len());
                }
                for child in node.children.iter().filter_map(|&c| layout.nodes.get(c)) {
                    prop_assert!(child.body.end <= node.body.end);
                    prop_assert!(child.depth == node.depth + 1);
                }
            }
        }
    }
}
