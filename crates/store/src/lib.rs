//! What must survive a crash: the only code that knows the disk.
//!
//! The mail server is the first durable copy of a message, this store the second, and nothing at the source changes
//! before the second is there. One call makes it so: [`Store::commit`] writes ticket, dedupe keys, sealed original and
//! the reply's place in the outbox as one batch. At its answer the ticket exists; before it, nothing has happened.
//!
//! One thread owns the disk. Requests queue up; it takes all that wait, lets each change the state in
//! turn, writes them as one batch with one sync, and answers. So two copies of a mail in one batch are decided by one
//! mind, and a sync is paid once by many. Everything is encrypted before it reaches the disk, under keys that end at a
//! root key which is not here; names in keys are keyed hashes. Small records live in sled, whatever is larger in
//! encrypted files beside it.
//!
//! It is the right store for one daemon on one local disk. For several machines the same verbs go to a database server.
//!
//! # The states of a message
//!
//! + exists, - does not, ? may. The arrow names the function.
//!
//! | state | handle (K1) | K2, ticket | sealed | outbox | at the source | true now |
//! |---|---|---|---|---|---|---|
//! | none | - | - | - | - | untouched | the server is the durable copy |
//! | claimed: [`Store::claim`], [`Store::begin_alone`] | + strikes, epoch | - | - | - | untouched | a crash makes it a suspect, tried alone |
//! | none again: [`Store::release_claims`] | ? strikes | - | - | - | untouched | as none |
//! | **committed**: [`Store::commit`] | + | + | ? | ? | untouched | *at this instant the ticket exists* |
//! | done: [`Store::acknowledged`], [`Store::own`] | + | + | ? | ? | moved, replaced or left | never fetched again |
//!
//! A reply: ready → sending ([`Store::sending`]) → dot-pending ([`Store::dot_pending`], durable before the final dot) →
//! accepted, failed, unknown, or ready again ([`Store::settle`]). At a start, sending becomes ready, and dot-pending
//! becomes unknown and is never sent again.
//!
//! # Invariants
//!
//! - **One ticket for each K2.** Only `commit` makes tickets.
//! - **A batch counts once sled's flush and our own fdatasync have returned.** If one fails, the process aborts.
//! - **A blob file is durable before a record refers to it**, and is unlinked only after no durable record does.
//! - **No value in sled is larger than 4 KiB**; no plain text, address or Message-ID is in a key, a value or a file.
//! - **No key encrypts twice.**

mod admission;
mod audit;
mod blob;
mod codec;
mod commit;
mod deliveries;
mod error;
mod feedback;
mod fingerprints;
mod held;
mod keys;
mod ledger;
mod model;
mod open;
mod outbox;
mod owner;
mod quarantine;
mod queue;
mod record;
mod state;
mod store;
mod thread;
mod tickets;
mod tree;
mod window;

pub use audit::{AUDIT_SECS_MAX, AUDIT_UNREADABLE};
pub use commit::{JOIN_CANDIDATES_MAX, TICKET_MESSAGES_MAX, TICKET_PARTIES_MAX};
pub use deliveries::DELIVERY_AGE_SECS_MAX;
pub use error::{OpenError, OpenErrorKind, StoreError};
pub use feedback::UNSEEN_MAX;
pub use fingerprints::{FINGERPRINT_BYTES_MAX, FINGERPRINT_SECS_MAX};
pub use keys::{PortalSeed, RootKey, StoreKeys};
pub use model::*;
pub use outbox::REPLY_AGE_SECS_MAX;
pub use store::{Options, Store};
pub use thread::THREAD_DAYS;
