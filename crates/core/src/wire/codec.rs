//! How each type stands in a frame: numbers big-endian, texts and lists with their length (u32) before them, enums as
//! one octet. Every list grows as its elements are read, and a count that the rest of the payload cannot hold is refused.

use super::{Answer, JobKind, WireError};
use crate::message::ReturnPath;
use crate::pipeline::{Explain, Setup, Show};
use crate::report::Report;
use crate::{
    Addr, Address, Attachment, Class, Cleared, ClearedOctets, DigestKey, Envelope, Facts, Finding, Fingerprint,
    Fingerprints, HeaderField, Limits, MarkKey, Opaque, OpaqueWhy, Outcome, PartPath, Profile, Proof, ProofMode, Raw,
    Reason, Remembered, Reporter, TermPrint, Thread, ThreadDigest, ThreadKey, ValueDigest, Verdict, Why,
};
use lazaret_scan::{Action, Placement};
use std::ops::Range;

/// How much larger in memory than in a frame a list may be. Texts, the smallest of what comes in long lists, are six times
/// as large when they are empty; reasons without fields are larger still, but a message has few.
const GROWTH_MAX: usize = 12;

/// What is left of a payload.
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Cursor<'a> {
        Cursor(payload)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn octets(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(WireError::Short)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        <[u8; N]>::try_from(self.octets(N)?).map_err(|_| WireError::Short)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, WireError> {
        let len = u32::take(self)? as usize;
        std::str::from_utf8(self.octets(len)?).map_err(|_| WireError::Value)
    }

    /// What [`put_octets`] put.
    pub(super) fn block(&mut self) -> Result<&'a [u8], WireError> {
        let len = u32::take(self)? as usize;
        self.octets(len)
    }
}

/// A value that stands in frames.
pub(super) trait Code: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
    /// Takes it off the front.
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError>;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Code for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
                Ok(<$number>::from_be_bytes(from.array()?))
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 i16 i64);

/// Structs field by field, in this order.
macro_rules! records {
    ($($name:ident { $($field:ident)* })*) => {$(
        impl Code for $name {
            fn put(&self, out: &mut Vec<u8>) {
                // Taken apart, so that a field added to the struct and not here does not compile.
                let $name { $($field),* } = self;
                $($field.put(out);)*
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
                Ok($name { $($field: Code::take(from)?),* })
            }
        }
    )*};
}

pub(super) use records;

/// Enums without fields: the position in a list.
macro_rules! words {
    ($($name:ty = [$($variant:path)*];)*) => {$(
        impl Code for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let mut number = 0u8;
                $(if matches!(self, $variant) { out.push(number); } number += 1;)*
                let _ = number;
                // Names every variant: one that is added does not compile until it is listed.
                match self { $($variant => {})* }
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
                let all: &[$name] = &[$($variant),*];
                all.get(usize::from(u8::take(from)?)).copied().ok_or(WireError::Value)
            }
        }
    )*};
}

pub(super) use words;

records! {
    Envelope { from to cc reply_to return_path date message_id in_reply_to references subject_refs }
    Address { name addr }
    Finding { rule class entity part span score action tag }
    Fingerprint { rule class form placement score terms action why_not count }
    Fingerprints { all dropped }
    TermPrint { name points word }
    Opaque { part why action }
    Attachment { part name media_type size_bytes action text opaque file coverage content_id inline charset }
    HeaderField { name value }
    Profile { mailbox own staff reporters proof countries language }
    Reporter { from customer_in_reply_to }
    Setup { build_id rules policy accepted limits digest_key mark_key today }
    Explain { reveal digests }
    Remembered { values facts }
    Thread { key values facts }
    Limits {
        message_bytes_max header_bytes_max header_fields_max addresses_max parts_max nesting_depth_max text_bytes_max
        findings_max answer_bytes_max cpu_secs_max wall_secs_max worker_bytes_max worker_retire_bytes worker_messages_max
        document_secs_max documents_secs_max files_bytes_max documents
    }
}

words! {
    Class = [Class::Human Class::Auto Class::Bounce Class::List Class::Own Class::Report];
    Proof = [Proof::Pass Proof::Fail Proof::None];
    Verdict = [Verdict::Allow Verdict::Redact Verdict::Quarantine Verdict::Reject];
    Action = [Action::Allow Action::Flag Action::Redact Action::Withhold Action::Quarantine Action::Reject];
    OpaqueWhy = [
        OpaqueWhy::Picture OpaqueWhy::Signature OpaqueWhy::Encrypted OpaqueWhy::Unsupported OpaqueWhy::Malformed
        OpaqueWhy::OverLimit
    ];
    Placement = [Placement::Body Placement::Header Placement::Name Placement::Attachment];
    Why = [
        Why::Checksum Why::Context Why::Country Why::Score Why::Overlap Why::Mark Why::Composite Why::Policy Why::Shadow
        Why::Exception
    ];
    Show = [Show::Places Show::Masked Show::Revealed];
}

impl Code for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::Value),
        }
    }
}

impl Code for usize {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as u64).put(out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        usize::try_from(u64::take(from)?).map_err(|_| WireError::Value)
    }
}

pub(super) fn put_octets(octets: &[u8], out: &mut Vec<u8>) {
    // No text comes near 4 GiB (a message is far smaller). One that did would be cut here and end in an error there.
    let len = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    len.put(out);
    out.extend_from_slice(octets.get(..len as usize).unwrap_or_default());
}

impl Code for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(str::to_owned)
    }
}

impl<T: Code> Code for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Code> Code for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        count.put(out);
        self.iter().take(count as usize).for_each(|value| value.put(out));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        let count = u32::take(from)?;
        // Some values take one octet here and fifty in memory: a worker that was taken over must not fill the parent.
        if (count as usize).saturating_mul(size_of::<T>()) > from.rest().len().saturating_mul(GROWTH_MAX) {
            return Err(WireError::Short);
        }
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(T::take(from)?);
        }
        Ok(values)
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

impl Code for Range<usize> {
    fn put(&self, out: &mut Vec<u8>) {
        self.start.put(out);
        self.end.put(out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        let span = usize::take(from)?..usize::take(from)?;
        if span.start <= span.end { Ok(span) } else { Err(WireError::Value) }
    }
}

macro_rules! keys {
    ($($name:ident)*) => {$(
        impl Code for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.expose());
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
                from.array().map($name::new)
            }
        }
    )*};
}

keys!(DigestKey MarkKey ThreadKey);

impl Code for Facts {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.bits());
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        u8::take(from).map(Facts::from_bits)
    }
}

impl Code for ValueDigest {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.array().map(ValueDigest)
    }
}

impl Code for ThreadDigest {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.array().map(ThreadDigest)
    }
}

impl Code for Raw {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.expose().as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(|text| Raw::new(text.to_owned()))
    }
}

/// The second and last place where cleared text is minted: the other side cleared it.
impl Code for Cleared {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_str().as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(|text| Cleared::mint(text.to_owned()))
    }
}

/// And files: the other side proved that nothing is left in them.
impl Code for ClearedOctets {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        let len = u32::take(from)? as usize;
        from.octets(len).map(|octets| ClearedOctets::mint(octets.to_vec()))
    }
}

impl Code for PartPath {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_str().as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(PartPath::new)
    }
}

impl Code for lazaret_scan::Class {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_str().as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        lazaret_scan::Class::from_name(from.text()?).ok_or(WireError::Value)
    }
}

/// Addresses are checked again on this side; what is none counts as absent, so nothing is ever sent there.
impl Code for Option<Addr> {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.as_ref().map_or("", Addr::as_str).as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(Addr::parse)
    }
}

impl Code for ReturnPath {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ReturnPath::Unknown => out.push(0),
            ReturnPath::Null => out.push(1),
            ReturnPath::Addr(addr) => {
                out.push(2);
                put_octets(addr.as_str().as_bytes(), out);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        match u8::take(from)? {
            0 => Ok(ReturnPath::Unknown),
            1 => Ok(ReturnPath::Null),
            2 => Ok(Addr::parse(from.text()?).map_or(ReturnPath::Unknown, ReturnPath::Addr)),
            _ => Err(WireError::Value),
        }
    }
}

impl Code for ProofMode {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ProofMode::None => out.push(0),
            ProofMode::AuthservId(id) => {
                out.push(1);
                id.put(out);
            }
            ProofMode::Gmail => out.push(2),
            ProofMode::ExchangeOnline => out.push(3),
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        match u8::take(from)? {
            0 => Ok(ProofMode::None),
            1 => Ok(ProofMode::AuthservId(Code::take(from)?)),
            2 => Ok(ProofMode::Gmail),
            3 => Ok(ProofMode::ExchangeOnline),
            _ => Err(WireError::Value),
        }
    }
}

impl Code for Reason {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Reason::Found { rule, class, entity, count, action } => {
                out.push(0);
                rule.put(out);
                class.put(out);
                entity.put(out);
                count.put(out);
                action.put(out);
            }
            Reason::Unexamined { why, count, action } => {
                out.push(1);
                why.put(out);
                count.put(out);
                action.put(out);
            }
            Reason::WholeEncrypted => out.push(2),
            Reason::Residue => out.push(3),
            Reason::Poison => out.push(4),
            Reason::OverSize => out.push(5),
            Reason::OverLimit => out.push(6),
            Reason::Released => out.push(7),
            Reason::FileResidue { count } => {
                out.push(9);
                count.put(out);
            }
            Reason::Records { about, kinds, action } => {
                out.push(8);
                about.put(out);
                kinds.put(out);
                action.put(out);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(match u8::take(from)? {
            0 => Reason::Found {
                rule: Code::take(from)?,
                class: Code::take(from)?,
                entity: Code::take(from)?,
                count: Code::take(from)?,
                action: Code::take(from)?,
            },
            1 => Reason::Unexamined { why: Code::take(from)?, count: Code::take(from)?, action: Code::take(from)? },
            2 => Reason::WholeEncrypted,
            3 => Reason::Residue,
            4 => Reason::Poison,
            5 => Reason::OverSize,
            6 => Reason::OverLimit,
            7 => Reason::Released,
            8 => Reason::Records { about: Code::take(from)?, kinds: Code::take(from)?, action: Code::take(from)? },
            9 => Reason::FileResidue { count: Code::take(from)? },
            _ => return Err(WireError::Value),
        })
    }
}

impl Code for Outcome {
    #[rustfmt::skip]
    fn put(&self, out: &mut Vec<u8>) {
        let Outcome {
            class, staff, proof, envelope, customer, verdict, reasons, findings, fingerprints, opaque, subject, text, html, attachments,
            headers, headers_left_out, keep_nothing, language, own_copy, bounced_ids, junk, hops, remembered,
        } = self;
        class.put(out); staff.put(out); proof.put(out); envelope.put(out); customer.put(out); verdict.put(out);
        reasons.put(out); findings.put(out); fingerprints.put(out); opaque.put(out); subject.put(out); text.put(out); html.put(out);
        attachments.put(out); headers.put(out); headers_left_out.put(out); keep_nothing.put(out); language.put(out); own_copy.put(out); bounced_ids.put(out);
        junk.put(out); hops.put(out); remembered.put(out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        let outcome = Outcome {
            class: Code::take(from)?,
            staff: Code::take(from)?,
            proof: Code::take(from)?,
            envelope: Code::take(from)?,
            customer: Code::take(from)?,
            verdict: Code::take(from)?,
            reasons: Code::take(from)?,
            findings: Code::take(from)?,
            fingerprints: Code::take(from)?,
            opaque: Code::take(from)?,
            subject: Code::take(from)?,
            text: Code::take(from)?,
            html: Code::take(from)?,
            attachments: Code::take(from)?,
            headers: Code::take(from)?,
            headers_left_out: Code::take(from)?,
            keep_nothing: Code::take(from)?,
            language: Code::take(from)?,
            own_copy: Code::take(from)?,
            bounced_ids: Code::take(from)?,
            junk: Code::take(from)?,
            hops: Code::take(from)?,
            remembered: Code::take(from)?,
        };
        let stub_with_text = outcome.verdict >= Verdict::Quarantine && outcome.has_text();
        if stub_with_text { Err(WireError::Value) } else { Ok(outcome) }
    }
}

impl Code for Report {
    fn put(&self, out: &mut Vec<u8>) {
        put_octets(self.expose().as_bytes(), out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        from.text().map(|line| Report::from_line(line.to_owned()))
    }
}

impl Code for JobKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            JobKind::Process => out.push(0),
            JobKind::Parse { file, index } => {
                out.push(1);
                file.put(out);
                index.put(out);
            }
            JobKind::Extract { file, index, password } => {
                out.push(2);
                file.put(out);
                index.put(out);
                password.put(out);
            }
            JobKind::Scan { file, index, show } => {
                out.push(3);
                file.put(out);
                index.put(out);
                show.put(out);
            }
            JobKind::ScanText { id } => {
                out.push(4);
                id.put(out);
            }
            JobKind::Release => out.push(5),
            JobKind::Redact { file, password } => {
                out.push(7);
                file.put(out);
                password.put(out);
            }
            JobKind::Explain { file, index, show } => {
                out.push(6);
                file.put(out);
                index.put(out);
                show.put(out);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(match u8::take(from)? {
            0 => JobKind::Process,
            1 => JobKind::Parse { file: Code::take(from)?, index: Code::take(from)? },
            2 => JobKind::Extract { file: Code::take(from)?, index: Code::take(from)?, password: Code::take(from)? },
            3 => JobKind::Scan { file: Code::take(from)?, index: Code::take(from)?, show: Code::take(from)? },
            4 => JobKind::ScanText { id: Code::take(from)? },
            5 => JobKind::Release,
            7 => JobKind::Redact { file: Code::take(from)?, password: Code::take(from)? },
            6 => JobKind::Explain { file: Code::take(from)?, index: Code::take(from)?, show: Code::take(from)? },
            _ => return Err(WireError::Value),
        })
    }
}

impl Code for Answer {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Answer::Ready { build_id, confined } => {
                out.push(0);
                build_id.put(out);
                confined.put(out);
            }
            Answer::SetupFailed => out.push(1),
            Answer::Outcome(outcome) => {
                out.push(2);
                outcome.put(out);
            }
            Answer::Report(report) => {
                out.push(3);
                report.put(out);
            }
            Answer::Panicked => out.push(4),
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(match u8::take(from)? {
            0 => Answer::Ready { build_id: Code::take(from)?, confined: Code::take(from)? },
            1 => Answer::SetupFailed,
            2 => Answer::Outcome(Box::new(Code::take(from)?)),
            3 => Answer::Report(Code::take(from)?),
            4 => Answer::Panicked,
            _ => return Err(WireError::Value),
        })
    }
}
