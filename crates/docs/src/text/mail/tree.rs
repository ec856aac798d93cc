//! The parts of a message: where their headers and bodies stand.

use super::fields;
use memchr::memmem;
use std::ops::Range;

/// Parts within parts, deeper ones are not opened.
const DEPTH_MAX: usize = 20;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Multipart,
    Leaf,
    /// Text before the first and behind the last part.
    Loose,
    TooDeep,
}

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Base64,
    Quoted,
}

/// A part.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// With the line of its boundary, if it has one.
    pub(super) outer: Range<usize>,
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
    pub(super) media_type: String,
    pub(super) charset: Option<String>,
    pub(super) name: String,
    pub(super) coding: Coding,
    /// Where the name of the coding stands, if it is told.
    pub(super) coding_at: Option<Range<usize>>,
    /// Do fields contradict each other?
    pub(super) is_ambiguous: bool,
    /// Does its header say nothing but type and coding?
    pub(super) is_plain: bool,
    /// Is it one of several?
    pub(super) has_siblings: bool,
    depth: usize,
    boundary: Option<Vec<u8>>,
}

/// The message itself and its parts, each before what is in it; one more than asked for if there are more.
pub(super) fn nodes(octets: &[u8], members_max: usize) -> Vec<Node> {
    let mut done: Vec<Node> = Vec::new();
    let mut stack = vec![node(octets, 0..octets.len(), 0..octets.len(), 0)];
    while let Some(node) = stack.pop() {
        if done.len() > members_max {
            break;
        }
        let room = (members_max + 1).saturating_sub(done.len());
        let parts = match (&node.boundary, node.kind) {
            (Some(boundary), Kind::Multipart) => split(octets, node.body.clone(), boundary, node.depth + 1, room),
            _ => Vec::new(),
        };
        done.push(node);
        stack.extend(parts.into_iter().rev());
    }
    done
}

fn node(octets: &[u8], outer: Range<usize>, within: Range<usize>, depth: usize) -> Node {
    let (header, body) = fields::split(octets, &within);
    let fields = fields::Known::read(octets, &header);
    let is_multipart = fields.media_type.starts_with("multipart/") && fields.boundary.is_some();
    let kind = match () {
        () if is_multipart && depth >= DEPTH_MAX => Kind::TooDeep,
        () if is_multipart => Kind::Multipart,
        () => Kind::Leaf,
    };
    let coding = match fields.coding.as_str() {
        // What holds parts is not coded itself.
        _ if kind == Kind::Multipart => Coding::Plain,
        "base64" => Coding::Base64,
        "quoted-printable" => Coding::Quoted,
        _ => Coding::Plain,
    };
    Node {
        kind,
        outer,
        header,
        body,
        media_type: fields.media_type,
        charset: fields.charset,
        name: fields.name,
        coding,
        coding_at: fields.coding_at,
        is_ambiguous: fields.is_ambiguous,
        is_plain: fields.is_plain,
        has_siblings: false,
        depth,
        boundary: fields.boundary,
    }
}

/// Splits a body at its boundary.
fn split(octets: &[u8], body: Range<usize>, boundary: &[u8], depth: usize, room: usize) -> Vec<Node> {
    let marker = [b"--", boundary].concat();
    let mut parts = Vec::new();
    // Where the current part begins: its boundary line and what follows it.
    let (mut line_at, mut start) = (body.start, body.start);
    let mut is_loose = true;
    let text = octets.get(body.clone()).unwrap_or_default();
    for found in memmem::find_iter(text, &marker) {
        let at = body.start + found;
        let before = octets.get(body.start..at).unwrap_or_default();
        let is_line_start = before.is_empty() || before.ends_with(b"\n");
        let after = octets.get(at + marker.len()..body.end).unwrap_or_default();
        let is_last = after.starts_with(b"--");
        let tail = if is_last { after.get(2..).unwrap_or_default() } else { after };
        // A longer boundary may begin in the same way.
        let is_whole = tail.first().is_none_or(u8::is_ascii_whitespace);
        if at < start || !is_line_start || !is_whole && !is_last {
            continue;
        }
        let end = line_end_before(octets, start, at);
        parts.push(part(octets, line_at..at, start..end, depth, is_loose));
        if parts.len() > room {
            return parts;
        }
        line_at = at;
        let line = memchr::memchr(b'\n', after).map_or(after.len(), |n| n + 1);
        start = at + marker.len() + line;
        is_loose = is_last;
    }
    parts.push(part(octets, line_at..body.end, start.min(body.end)..body.end, depth, is_loose));
    let real = parts.iter().filter(|part| part.kind != Kind::Loose).count();
    for part in &mut parts {
        part.has_siblings = real > 1;
    }
    // What stands around is told only if it is there.
    parts.retain(|part| part.kind != Kind::Loose || !part.body.is_empty());
    parts
}

/// The line break before a boundary belongs to it.
fn line_end_before(octets: &[u8], start: usize, at: usize) -> usize {
    match octets.get(start..at) {
        Some(rest) if rest.ends_with(b"\r\n") => at - 2,
        Some(rest) if rest.ends_with(b"\n") => at - 1,
        _ => at.max(start),
    }
}

fn part(octets: &[u8], outer: Range<usize>, within: Range<usize>, depth: usize, is_loose: bool) -> Node {
    let within = within.start.min(within.end)..within.end;
    if !is_loose {
        return node(octets, outer, within, depth);
    }
    let empty = within.start..within.start;
    Node { kind: Kind::Loose, body: within, header: empty.clone(), ..node(octets, outer, empty, depth) }
}
