//! From octets to a flat list of texts and facts.
//!
//! The structure comes from [`crate::gate`], already within bounds. What is added here is meaning: which parts are bodies
//! and which are attachments, their text in its charset, what has no text and why, and the facts of the header. Every
//! text that a person may have written is in the list, shown or not; where two readings of the same octets are plausible
//! (a charset that lies, a broken encoding) both are.
//!
//! Section numbers are those of IMAP (RFC 3501 6.4.5): the body of a message without parts is `1`; an enclosed message at
//! `2` has `2.1`, `2.2`, or `2.1` alone.

pub(crate) mod decode;
mod envelope;
pub(crate) mod fields;
mod kept;
mod opaque;
mod parts;

use crate::gate::{self, Layout};
use crate::html::Html;
use crate::tree::{Attached, Defect, Field, Home, Kept, Message, Reading, Source, Text, Unread, Written};
use crate::{Addr, Class, Envelope, Limits, OpaqueWhy, PartPath, Profile, Proof, Raw, RawMessage};
use crate::{classify, proof, visible};
use lazaret_scan::Placement;
use std::collections::{BTreeMap, HashMap};
use zeroize::Zeroizing;

/// Reads a message. Never fails: what is wrong with it is in the answer.
pub(crate) fn read(message: &RawMessage, profile: &Profile, limits: &Limits) -> Message {
    let layout = gate::survey(message.expose(), limits);
    let mut builder = Builder::new(&layout, limits);
    builder.over_limit = layout.over_limit;
    builder.header();
    if !builder.over_limit {
        builder.parts();
    }
    builder.finish(profile)
}

/// What has been found so far.
pub(crate) struct Builder<'l> {
    layout: &'l Layout<'l>,
    limits: &'l Limits,
    envelope: Envelope,
    written: Vec<(Field, Raw)>,
    kept: Vec<Kept>,
    fields_left_out: u32,
    files: Vec<Written>,
    readings: Vec<Reading>,
    texts: Vec<Text>,
    attachments: Vec<Attached>,
    opaque: Vec<(PartPath, OpaqueWhy)>,
    unread: Vec<Unread>,
    defects: Vec<Defect>,
    /// Message-IDs of enclosed messages and headers.
    enclosed_ids: Vec<String>,
    over_limit: bool,
    whole_encrypted: bool,
    /// Number of `From` fields.
    froms: usize,
    /// How many texts a path was asked for.
    paths: HashMap<String, usize>,
}

impl<'l> Builder<'l> {
    fn new(layout: &'l Layout<'l>, limits: &'l Limits) -> Builder<'l> {
        Builder {
            layout,
            limits,
            envelope: Envelope::default(),
            written: Vec::new(),
            kept: Vec::new(),
            fields_left_out: 0,
            files: Vec::new(),
            readings: Vec::new(),
            texts: Vec::new(),
            attachments: Vec::new(),
            opaque: Vec::new(),
            unread: Vec::new(),
            defects: Vec::new(),
            enclosed_ids: Vec::new(),
            over_limit: false,
            whole_encrypted: false,
            froms: 0,
            paths: HashMap::new(),
        }
    }

    fn defect(&mut self, kind: &'static str) {
        if !self.defects.iter().any(|d| d.kind == kind) {
            self.defects.push(Defect { kind });
        }
    }

    /// Adds a text unless there is nothing in it.
    fn text(&mut self, path: impl Into<String>, home: Home, placement: Placement, text: String) {
        if !text.trim().is_empty() {
            self.push(path.into(), home, placement, Source::Plain(Raw::new(text)));
        }
    }

    fn html(&mut self, path: impl Into<String>, home: Home, placement: Placement, source: String) {
        self.push(path.into(), home, placement, Source::Html(Html::read(Raw::new(source))));
    }

    /// Adds another reading of the octets of a part, as its `/raw`: scanned, not shown.
    fn reading(&mut self, own: &str, placement: Placement, text: String, page: bool) {
        let count = self.texts.len();
        let path = format!("{own}/raw");
        match page {
            true => self.html(path, Home::Elsewhere, placement, text),
            false => self.text(path, Home::Elsewhere, placement, text),
        }
        let added = self.texts.get(count..).unwrap_or_default().iter().map(|text| text.path.clone());
        self.readings.extend(added.map(|path| Reading { path, of: own.to_owned() }));
    }

    /// A path names one text: what would be the second under it is numbered.
    fn push(&mut self, path: String, home: Home, placement: Placement, source: Source) {
        let count = self.paths.entry(path.clone()).and_modify(|n| *n += 1).or_insert(1);
        let path = if *count == 1 { path } else { format!("{path}.{count}") };
        self.texts.push(Text { path: PartPath::new(path), home, placement, source });
    }

    fn finish(mut self, profile: &Profile) -> Message {
        if self.layout.unclosed {
            self.defect("unclosed-boundary");
        }
        if self.over_limit {
            self.defect("over-limit");
        }
        let root = self.layout.nodes.first();
        let header = classify::Header::new(self.layout, root);
        let from = match self.envelope.from.as_slice() {
            [one] if self.froms == 1 => one.addr.clone(),
            _ => None,
        };
        let proof = from.as_ref().map_or(Proof::None, |from| proof::read(&header, &profile.proof, from.domain()));
        let seen = visible::of(&self.texts);
        let class = classify::class(&header, &self.envelope, from.as_ref(), profile, &self.texts);
        let bounced_ids = if class == Class::Bounce { self.bounced_ids(&header) } else { Vec::new() };
        let staff =
            proof == Proof::Pass && from.as_ref().is_some_and(|f| profile.staff.iter().any(|d| d == f.domain()));
        Message {
            class,
            staff,
            proof,
            customer: self.customer(from, proof, profile),
            language: visible::language(&seen),
            own_copy: own_copy(&header),
            junk: classify::is_junk(&header),
            hops: header.all("received").count().try_into().unwrap_or(u32::MAX),
            bounced_ids,
            envelope: self.envelope,
            texts: self.texts,
            attachments: self.attachments,
            opaque: self.opaque,
            unread: self.unread,
            types: BTreeMap::new(),
            passwords: Zeroizing::default(),
            files: self.files,
            readings: self.readings,
            defects: self.defects,
            whole_encrypted: self.whole_encrypted,
            over_limit: self.over_limit,
            written: self.written,
            kept: self.kept,
            fields_left_out: self.fields_left_out,
        }
    }

    /// The person the ticket is for: the one sender; or, for a product that reports on behalf of users and whose mail is
    /// proven, the one address in `Reply-To`.
    fn customer(&self, from: Option<Addr>, proof: Proof, profile: &Profile) -> Option<Addr> {
        let from = from?;
        let reporter = profile.reporters.iter().find(|r| r.from.eq_ignore_ascii_case(from.as_str()));
        match (reporter, self.envelope.reply_to.as_slice()) {
            (Some(r), [one]) if r.customer_in_reply_to && proof == Proof::Pass => one.addr.clone(),
            _ => Some(from),
        }
    }

    /// Message-IDs of what came back: from enclosed messages and headers, else from lines of the text that look like one.
    fn bounced_ids(&self, header: &classify::Header<'_>) -> Vec<String> {
        /// A bounce tells of one mail; a few more are headers quoted twice.
        const BOUNCED_IDS_MAX: usize = 20;
        let mut ids = self.enclosed_ids.clone();
        if ids.is_empty() {
            for text in &self.texts {
                let Source::Plain(text) = &text.source else { continue };
                let lines = text.expose().lines().map(|l| l.trim_start_matches(['>', ' ', '\t']));
                ids.extend(lines.filter_map(id_field).flat_map(|v| fields::message_ids(v.as_bytes(), 1)));
            }
        }
        if ids.is_empty() {
            ids.extend(
                header.all("in-reply-to").chain(header.all("references")).flat_map(|v| fields::message_ids(v, 5)),
            );
        }
        let own = self.envelope.message_id.as_ref();
        let mut out: Vec<String> = Vec::new();
        for id in ids {
            if out.len() < BOUNCED_IDS_MAX && own != Some(&id) && !out.contains(&id) {
                out.push(id);
            }
        }
        out
    }
}

/// The value of a line that is a Message-ID or Resent-Message-ID field.
fn id_field(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    ["message-id", "resent-message-id"].iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(value)
}

/// The value of the header of our own copies, if there is exactly one and it is no longer than ours.
fn own_copy(header: &classify::Header<'_>) -> Option<String> {
    const OWN_COPY_BYTES_MAX: usize = 512;
    let mut all = header.all("x-lazaret-copy");
    let value = fields::unfold(all.next()?);
    let good = all.next().is_none() && value.len() <= OWN_COPY_BYTES_MAX && value.bytes().all(|b| b.is_ascii_graphic());
    good.then_some(value)
}

/// A file that is no message, as the one attachment `text` of an empty one.
pub(crate) fn read_file(name: &str, message: &RawMessage, limits: &Limits) -> Message {
    let layout = gate::survey(&[], limits);
    let mut builder = Builder::new(&layout, limits);
    builder.file(name, message.expose());
    builder.finish(&Profile::default())
}

#[cfg(test)]
mod tests;
