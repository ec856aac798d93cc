//! The secrecy wall: raw mail goes in, cleared text or sealed octets come out.
//!
//! Everything that looks inside a message is in this crate, and nothing else is: it has no socket, no file, no clock, no
//! environment and no log. What it needs from the world is an argument.
//!
//! # The two kinds of text
//!
//! [`Raw`] is text taken from a message and [`RawMessage`] its octets. Neither can be printed, copied, compared,
//! serialised or borrowed as a `str` outside of this crate, and a struct that holds one cannot derive those either. So the
//! daemon can fetch, queue and seal mail, and hand it to a worker, but it cannot log, store or send a word of it.
//!
//! [`Cleared`] is the text that may leave. It is minted in two places: at the end of redaction, when what was written has
//! been scanned a second time ([`pipeline`]), and where the parent reads the answer of a worker that did so ([`wire`]).
//! [`seal::Sealed`] is the other thing that may leave: ciphertext that the daemon itself cannot open. A
//! [`report::Report`] is a line about a file of the operator's own; its one door is meant for standard output.
//!
//! The compile-fail tests in `tests/ui` hold the wall up; the laws in `tests/laws.rs` hold what the types cannot say.
//!
//! # The way of a message
//!
//! `gate` bounds its structure, `parse` turns it into a flat list of texts and facts (`tree`, with `html`, `classify`,
//! `proof`), [`Pipeline::process`] scans each text, `decide` judges, `redact` and `mark` rewrite, and what comes out is an
//! [`Outcome`]. None of these fail: trouble is evidence, and evidence only ever makes the verdict stricter. [`notice`]
//! says whether the mail may be answered, [`token`] makes and knows the ids of our own mail.
#![deny(clippy::indexing_slicing, clippy::string_slice)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used))]

mod base32;
mod classify;
mod decide;
pub mod documents;
pub mod fingerprint;
mod gate;
mod html;
pub mod keys;
pub mod limits;
mod mark;
pub mod message;
pub mod notice;
pub mod outcome;
mod parse;
pub mod pipeline;
pub mod profile;
mod proof;
mod redact;
pub mod report;
pub mod seal;
pub mod text;
pub mod thread;
pub mod token;
mod tree;
mod visible;
pub mod wire;

pub use fingerprint::{Fingerprint, Fingerprints, TermPrint, Why};
pub use keys::{DigestKey, MarkKey, ThreadKey, TokenKey};
pub use lazaret_docs::Coverage;
pub use limits::Limits;
pub use message::{Addr, Address, Class, Digest, Envelope, MessageKey, PartPath, Proof, Verdict};
pub use outcome::{Attachment, Finding, HeaderField, Opaque, OpaqueWhy, Outcome, Reason};
pub use pipeline::{Explain, Pipeline, Setup, Show};
pub use profile::{Profile, ProofMode, Reporter};
pub use text::{Cleared, ClearedOctets, Raw, RawMessage};
pub use thread::{Facts, Remembered, Thread, ThreadDigest, ValueDigest};
