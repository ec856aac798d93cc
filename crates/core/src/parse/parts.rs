//! The parts of a message: bodies, attachments, enclosed messages, and what cannot be read.

use super::Builder;
use super::decode::{Transfer, decode_charset, plain_reading, uu_begin, uudecode};
use super::opaque::{has_extension, is_charset_text, is_of_mail, is_text, why_opaque};
use crate::gate::{Kind, Node};
use crate::parse::fields::{Structured, message_ids, structured};
use crate::tree::{Attached, Home, OwnFile, Shown, Unread, Written};
use crate::{OpaqueWhy, PartPath, Raw};
use aws_lc_rs::digest;
use encoding_rs::Encoding;
use lazaret_docs::{Coverage, Format};
use lazaret_scan::Placement;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use zeroize::Zeroizing;

/// The path of a file that is no message.
const FILE: &str = "text";

/// A node that waits for its visit.
struct Visit {
    node: usize,
    /// Section number of the node itself.
    own: String,
    /// What the numbers of its parts begin with.
    prefix: String,
    /// The enclosed message it belongs to: an index of `attachments`.
    within: Option<usize>,
    /// Is it a part of a multipart/encrypted?
    encrypted: bool,
    /// Is its header already read, as that of a message?
    header_read: bool,
}

/// A leaf, decoded.
struct Leaf<'a> {
    own: String,
    within: Option<usize>,
    media_type: &'a str,
    charset: Option<&'a str>,
    name: String,
    octets: Cow<'a, [u8]>,
}

impl Builder<'_> {
    /// Visits every part, in the order in which they stand.
    pub(super) fn parts(&mut self) {
        let layout = self.layout;
        let mut waiting = vec![Visit {
            node: 0,
            own: "1".to_owned(),
            prefix: String::new(),
            within: None,
            encrypted: false,
            header_read: true,
        }];
        let mut first_leaf = true;
        while let Some(visit) = waiting.pop() {
            let Some(node) = layout.nodes.get(visit.node) else { continue };
            if !visit.header_read {
                // A description, and what else a person may have put there.
                self.other_fields(node, &format!("{}/", visit.own), &[]);
            }
            if node.ambiguous {
                self.ambiguous(node, &visit.own);
            }
            match node.kind {
                Kind::Multipart => self.multipart(node, &visit, &mut waiting),
                Kind::Message => self.enclosed(node, visit, &mut waiting),
                Kind::Leaf => {
                    self.leaf(node, visit, first_leaf);
                    first_leaf = false;
                }
            }
        }
    }

    fn multipart(&mut self, node: &Node, visit: &Visit, waiting: &mut Vec<Visit>) {
        let encrypted = visit.encrypted || node.content_type.value == "multipart/encrypted";
        self.whole_encrypted |= encrypted && visit.header_read;
        for (index, &child) in node.children.iter().enumerate().rev() {
            let own = join(&visit.prefix, index + 1);
            waiting.push(Visit {
                node: child,
                prefix: own.clone(),
                own,
                within: visit.within,
                encrypted,
                header_read: false,
            });
        }
        for (range, name) in [(&node.preamble, "preamble"), (&node.epilogue, "epilogue")] {
            let text = decode_charset(self.layout.slice(node, range), None).0;
            let path = if visit.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", visit.prefix) };
            if text.to_ascii_lowercase().contains("content-transfer-encoding:") {
                // Parts outside of the boundaries: some readers show them, and they are not decoded here.
                self.defect("stray-parts");
                self.opaque.push((PartPath::new(path.as_str()), OpaqueWhy::Malformed));
            }
            self.text(path, Home::Elsewhere, Placement::Body, text);
        }
    }

    /// An enclosed message: an attachment whose text is its header and all its bodies.
    fn enclosed(&mut self, node: &Node, visit: Visit, waiting: &mut Vec<Visit>) {
        let layout = self.layout;
        let (octets, clean) = layout.decoded(node);
        if !clean {
            self.defect("bad-encoding");
        }
        let attachment = visit.within.unwrap_or_else(|| self.attach(node, &visit.own, &octets, None));
        let Some(&child) = node.children.first() else { return };
        if let Some(inner) = layout.nodes.get(child) {
            self.enclosed_header(inner, &visit.own, attachment);
        }
        let own = join(&visit.own, 1);
        let within = Some(attachment);
        waiting.push(Visit {
            node: child,
            own,
            prefix: visit.own,
            within,
            encrypted: visit.encrypted,
            header_read: true,
        });
    }

    /// Attaches a text that stands where no attachment should, so that it is on the ticket all the same.
    pub(super) fn attach_text(&mut self, path: &str, text: String) {
        let index = self.attachments.len();
        self.attachments.push(Attached {
            path: PartPath::new(path),
            media_type: "text/plain".to_owned(),
            size_bytes: text.len() as u64,
            opaque: None,
            sha256: sha256(text.as_bytes()),
            coverage: Coverage { scanned_bytes: text.len() as u64, ..Coverage::default() },
            file: own_file("", "text/plain", text.as_bytes()),
            is_document: false,
            shown: Shown::default(),
        });
        self.text(path, Home::Attachment(index), Placement::Attachment, text);
    }

    fn attach(&mut self, node: &Node, own: &str, octets: &[u8], opaque: Option<OpaqueWhy>) -> usize {
        let index = self.attachments.len();
        let name = self.name_of(node);
        let media_type = node.content_type.value.clone();
        let size_bytes = octets.len() as u64;
        self.attachments.push(Attached {
            path: PartPath::new(own),
            size_bytes,
            opaque,
            sha256: sha256(octets),
            // A document says by itself what became of it.
            coverage: match opaque {
                Some(_) => Coverage { unexamined_bytes: size_bytes, ..Coverage::default() },
                None => Coverage { scanned_bytes: size_bytes, ..Coverage::default() },
            },
            file: own_file(&name, &media_type, octets),
            shown: self.shown(node),
            media_type,
            is_document: false,
        });
        self.text(format!("{own}/name"), Home::AttachmentName(index), Placement::Name, name);
        index
    }

    /// File name: of the disposition, else of the type.
    fn name_of(&self, node: &Node) -> String {
        let disposition = self.disposition(node);
        let name = disposition.param("filename").or_else(|| node.content_type.param("name"));
        name.or_else(|| node.content_type.param("filename")).unwrap_or_default().trim().to_owned()
    }

    fn shown(&self, node: &Node) -> Shown {
        let charset = node.content_type.param("charset").and_then(|label| Encoding::for_label(label.as_bytes()));
        Shown {
            content_id: self.layout.values(node, "content-id").next().and_then(|value| message_ids(value, 1).pop()),
            inline: self.disposition(node).value == "inline",
            charset: charset.map(|encoding| encoding.name().to_owned()),
        }
    }

    fn disposition(&self, node: &Node) -> Structured {
        self.layout.values(node, "content-disposition").next().map(structured).unwrap_or_default()
    }

    fn leaf(&mut self, node: &Node, visit: Visit, first: bool) {
        let layout = self.layout;
        let own = visit.own;
        let (octets, clean) = layout.decoded(node);
        if !clean {
            self.defect("bad-encoding");
            // What is not in the encoding was perhaps not meant to be.
            let raw = decode_charset(layout.slice(node, &node.body), None).0;
            self.text(format!("{own}/raw"), Home::Elsewhere, Placement::Body, raw);
        }
        // A multipart without its boundary (RFC 2046 5.1.1) is no body that readers show, and still text: an attachment.
        let broken = node.content_type.value.starts_with("multipart/");
        if broken {
            self.defect("no-boundary");
        }
        let media_type = if broken { "text/plain" } else { node.content_type.value.as_str() };
        let name = self.name_of(node);
        let disposition = self.disposition(node).value;
        let attachment = broken
            || !matches!(media_type, "text/plain" | "text/html")
            || !matches!(disposition.as_str(), "" | "inline")
            || (!first && disposition.is_empty() && !name.is_empty());
        let mut opaque = why_opaque(media_type, &name, &octets);
        let is_document =
            !visit.encrypted && (attachment || opaque.is_some()) && is_document(media_type, &name, &octets, opaque);
        if is_document {
            opaque = None;
        }
        if visit.encrypted && opaque != Some(OpaqueWhy::Signature) {
            opaque = Some(OpaqueWhy::Encrypted);
        }
        if opaque.is_none() && !is_document && octets.len() > self.limits.text_bytes_max {
            opaque = Some(OpaqueWhy::OverLimit);
        }
        self.whole_encrypted |= visit.header_read && opaque == Some(OpaqueWhy::Encrypted);
        let leaf =
            Leaf { own, within: visit.within, media_type, charset: node.content_type.param("charset"), name, octets };
        if let Some(why) = opaque {
            self.opaque.push((PartPath::new(leaf.own.as_str()), why));
            // Signatures are let through unseen; what calls itself one and can be read is read.
            if why == OpaqueWhy::Signature && is_text(&leaf.octets) && leaf.octets.len() <= self.limits.text_bytes_max {
                let text = decode_charset(&leaf.octets, None).0;
                self.text(format!("{}/raw", leaf.own), Home::Elsewhere, Placement::Attachment, text);
            }
        }
        if is_document {
            self.document(node, leaf, visit.header_read);
            return;
        }
        match (leaf.within, opaque) {
            (None, None) if !attachment => self.body(leaf),
            (None, _) => {
                let index = self.attach(node, &leaf.own, &leaf.octets, opaque);
                if opaque.is_none() {
                    self.leaf_text(leaf, Home::Attachment(index), Placement::Attachment);
                }
            }
            (Some(index), None) => {
                let name = leaf.name.clone();
                self.text(format!("{}/name", leaf.own), Home::Attachment(index), Placement::Name, name);
                self.leaf_text(leaf, Home::Attachment(index), Placement::Attachment);
            }
            (Some(index), Some(_)) => {
                self.text(format!("{}/name", leaf.own), Home::Attachment(index), Placement::Name, leaf.name);
            }
        }
    }

    /// A file without a message around it.
    pub(super) fn file(&mut self, name: &str, octets: &[u8]) {
        let media_type = "application/octet-stream";
        let mut opaque = why_opaque(media_type, name, octets);
        let is_document = is_document(media_type, name, octets, opaque);
        if !is_document && opaque.is_none() && octets.len() > self.limits.text_bytes_max {
            opaque = Some(OpaqueWhy::OverLimit);
        }
        let path = PartPath::new(FILE);
        let (size_bytes, file) = (octets.len() as u64, own_file(name, media_type, octets));
        let mut coverage = Coverage::default();
        match (is_document, opaque) {
            (true, _) => self.unread.push(Unread {
                path: path.clone(),
                attachment: Some(0),
                is_attachment: true,
                is_whole: false,
                file: file.clone(),
            }),
            (false, Some(why)) => {
                coverage.unexamined_bytes = size_bytes;
                self.opaque.push((path.clone(), why));
            }
            (false, None) => {
                coverage.scanned_bytes = size_bytes;
                let text = decode_charset(octets, None).0;
                let page = octets.get(..512).unwrap_or(octets).trim_ascii_start().to_ascii_lowercase();
                match page.starts_with(b"<!doctype html") || page.starts_with(b"<html") {
                    true => self.html(FILE, Home::Attachment(0), Placement::Attachment, text),
                    false => self.text(FILE, Home::Attachment(0), Placement::Attachment, text),
                }
            }
        }
        let opaque = opaque.filter(|_| !is_document);
        let media_type = media_type.to_owned();
        let (sha256, shown) = (sha256(octets), Shown::default());
        self.attachments.push(Attached {
            path,
            media_type,
            size_bytes,
            opaque,
            sha256,
            file,
            coverage,
            is_document,
            shown,
        });
    }

    /// A leaf in a format that others read.
    fn document(&mut self, node: &Node, leaf: Leaf<'_>, is_whole: bool) {
        let (attachment, file) = match leaf.within {
            Some(index) => {
                let file = own_file(&leaf.name, leaf.media_type, &leaf.octets);
                self.text(format!("{}/name", leaf.own), Home::Attachment(index), Placement::Name, leaf.name);
                (index, file)
            }
            None => {
                let index = self.attach(node, &leaf.own, &leaf.octets, None);
                let attached = self.attachments.get_mut(index);
                let file = attached.map(|attached| {
                    attached.coverage = Coverage::default();
                    attached.is_document = true;
                    attached.file.clone()
                });
                (index, file.unwrap_or_else(|| own_file("", leaf.media_type, &leaf.octets)))
            }
        };
        let (attachment, is_attachment) = (Some(attachment), leaf.within.is_none());
        self.unread.push(Unread { path: PartPath::new(leaf.own), attachment, is_attachment, is_whole, file });
    }

    fn body(&mut self, leaf: Leaf<'_>) {
        let name = leaf.name.clone();
        self.text(format!("{}/name", leaf.own), Home::Elsewhere, Placement::Name, name);
        let home = if leaf.media_type == "text/html" { Home::Html } else { Home::Body };
        self.leaf_text(leaf, home, Placement::Body);
    }

    /// The text of a leaf, in its charset.
    fn leaf_text(&mut self, leaf: Leaf<'_>, home: Home, placement: Placement) {
        let Leaf { own, media_type, charset, octets, name, .. } = leaf;
        let (text, good) = decode_charset(&octets, charset);
        if !good {
            self.defect("bad-charset");
            let other = decode_charset(&octets, None).0;
            if other != text {
                self.reading(&own, placement, other, false);
            }
        }
        let page = ["html", "htm", "xhtml", "svg"].iter().any(|e| has_extension(&name, e));
        let page = matches!(media_type, "text/html" | "application/xhtml+xml" | "image/svg+xml")
            || page && media_type != "text/plain";
        if let Some(plain) = plain_reading(&octets, charset, &text) {
            self.reading(&own, placement, plain, page);
        }
        if matches!(media_type, "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers") {
            let ids = text.lines().filter_map(super::id_field);
            self.enclosed_ids.extend(ids.flat_map(|v| message_ids(v.as_bytes(), 1)));
        }
        if page {
            self.html(own, home, placement, text);
            return;
        }
        if let Some(span) = pgp_message(&text) {
            self.opaque.push((PartPath::new(own.as_str()), OpaqueWhy::Encrypted));
            let whole = text.trim().len() == text.get(span.clone()).map_or(0, |block| block.trim().len());
            self.whole_encrypted |= whole && home == Home::Body && self.layout.nodes.len() == 1;
            self.files.push(Written { within: PartPath::new(own.as_str()), path: PartPath::new(own.as_str()), span });
        }
        self.uuencoded(&own, &text);
        self.text(own, home, placement, text);
    }

    /// Files written into the text itself (`begin 644 name`).
    fn uuencoded(&mut self, own: &str, text: &str) {
        /// Enough for every real mail.
        const FILES_MAX: usize = 100;
        let mut count = 0;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let length = rest.find('\n').map_or(rest.len(), |n| n + 1);
            let line = rest.get(..length).unwrap_or_default().trim_ascii_end().as_bytes();
            let file = (line.starts_with(b"begin ") && uu_begin(line).is_some()).then(|| uudecode(rest.as_bytes()));
            let Some((file, name)) = file.flatten() else {
                at += length;
                continue;
            };
            count += 1;
            if count > FILES_MAX {
                self.over_limit = true;
                return;
            }
            let path = format!("{own}!{count}");
            let span = at..at + uu_end(rest);
            at = span.end;
            self.files.push(Written { within: PartPath::new(own), path: PartPath::new(path.as_str()), span });
            self.text(format!("{path}/name"), Home::Elsewhere, Placement::Name, name.clone());
            let media_type = "application/octet-stream";
            let opaque = why_opaque(media_type, &name, &file);
            if is_document(media_type, &name, &file, opaque) {
                let file = own_file(&name, media_type, &file);
                let path = PartPath::new(path);
                self.unread.push(Unread { path, attachment: None, is_attachment: false, is_whole: false, file });
                continue;
            }
            match opaque {
                None => self.text(path, Home::Elsewhere, Placement::Attachment, decode_charset(&file, None).0),
                Some(why) => self.opaque.push((PartPath::new(path), why)),
            }
        }
    }

    /// A part whose header contradicts itself is also read as it stands and in the encodings it may be in.
    fn ambiguous(&mut self, node: &Node, own: &str) {
        self.defect("mime-ambiguous");
        let layout = self.layout;
        let raw = layout.slice(node, &node.body);
        let page = node.content_type.value == "text/html";
        // The parts of a multipart are shown as they are decoded, so what its octets hold besides is on no ticket.
        let shown = node.kind != Kind::Multipart;
        // Each encoding once, however often it is named.
        let mut transfers: Vec<Transfer> = Vec::new();
        for value in layout.values(node, "content-transfer-encoding") {
            transfers.push(Transfer::parse(value));
            if shown && !Transfer::is_regular(value) {
                transfers.extend([Transfer::QuotedPrintable, Transfer::Base64]);
            }
            transfers.sort_unstable();
            transfers.dedup();
        }
        for transfer in transfers.into_iter().filter(|transfer| *transfer != Transfer::Identity) {
            let (octets, _) = super::decode::transfer_decode(raw, transfer);
            if octets != raw && is_charset_text(&octets) {
                let text = decode_charset(&octets, None).0;
                match shown {
                    true => self.reading(own, Placement::Body, text, page),
                    false => self.text(format!("{own}/raw"), Home::Elsewhere, Placement::Body, text),
                }
            }
        }
        self.text(format!("{own}/raw"), Home::Elsewhere, Placement::Body, decode_charset(raw, None).0);
    }
}

/// Is a leaf to be read by others, who know its format? What is text alone is read here, in its declared charset; so is
/// what mail itself encrypts and signs.
fn is_document(media_type: &str, name: &str, octets: &[u8], opaque: Option<OpaqueWhy>) -> bool {
    if is_of_mail(media_type, octets) {
        return false;
    }
    // Reports on mail are text whatever they look like.
    let is_report = media_type.starts_with("message/") || media_type == "text/rfc822-headers";
    let file = lazaret_docs::File { octets, name, media_type, passwords: &[] };
    let formats = lazaret_docs::sniff(&file);
    // What begins like a picture and reads as text is text.
    let is_text = matches!(*formats, [Format::Text | Format::Html | Format::Unknown | Format::Picture]);
    opaque.is_some() || !is_report && !is_text
}

fn own_file(name: &str, media_type: &str, octets: &[u8]) -> Rc<OwnFile> {
    let (name, media_type) = (Raw::new(name.to_owned()), media_type.to_owned());
    Rc::new(OwnFile { name, media_type, octets: Zeroizing::new(octets.to_vec()) })
}

/// From the first armoured message in a text to the end of the last one, or of the text.
fn pgp_message(text: &str) -> Option<Range<usize>> {
    const END: &str = "-----END PGP MESSAGE-----";
    let start = text.find("-----BEGIN PGP MESSAGE-----")?;
    let end = text.get(start..)?.rfind(END).map_or(text.len(), |at| start + at + END.len());
    Some(start..end)
}

/// Length of the uuencoded file that a text begins with, its last line included.
fn uu_end(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\r', '\n']) == "end" {
            break;
        }
    }
    at
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest::digest(&digest::SHA256, octets).as_ref()) {
        *to = *from;
    }
    out
}

fn join(prefix: &str, number: usize) -> String {
    if prefix.is_empty() { number.to_string() } else { format!("{prefix}.{number}") }
}
