//! The audit trail: who asked for what, and what came of it. It is only ever appended to, at its end.
//!
//! Every record names the hash of the one before it, and its own hash is an HMAC under a key of the keyring: who has the
//! disk alone can neither change a record nor write the rest of the chain anew. The newest sequence number and hash also
//! stand in the record of counts, so that a cut end shows; who puts back an older copy of the whole store is found out by
//! a *head*, `SEQ:HASH`, that was noted elsewhere (journal, status). Records are erased after [`AUDIT_SECS_MAX`]; the
//! record that says so names the last one that went, so that the chain still has its beginning.
//!
//! What a record holds: ids of this machine's users, words of our own, ticket references, keyed ids. Nothing of a message.

use crate::codec::{Family, Key, tail};
use crate::error::StoreError;
use crate::keys::{KeyBytes, hex, short_mac, unhex};
use crate::model::{AuditEntry, AuditHead, AuditProblem, AuditRecord, AuditVerdict};
use crate::state::State;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Seconds for which a record is kept: 366 days.
pub const AUDIT_SECS_MAX: i64 = 366 * 86_400;
/// The outcome of a record that cannot be read.
pub const AUDIT_UNREADABLE: &str = "unreadable";
/// Records read at once.
const PAGE_MAX: usize = 1_000;
/// Records erased at once.
const EXPIRE_MAX: usize = 10_000;
/// Octets of each word of a record.
const WORD_BYTES_MAX: usize = 200;
/// Who the daemon is in its own trail.
const DAEMON: &str = "lazaret";
/// The verb of the record that stands for those that were erased.
const EXPIRED: &str = "audit expire";
/// What the first record names as the one before it.
const BEGINNING: [u8; 32] = [0; 32];

/// A record on the disk; its number is in its key too, which its encryption is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    record: AuditRecord,
    previous: String,
    hash: String,
}

fn key(seq: u64) -> Key {
    Key::new(Family::Audit, &[&seq.to_be_bytes()])
}

fn chain_key(state: &State) -> KeyBytes {
    Zeroizing::new(short_mac(&state.vault.keyring.tenant_key, &[b"lazaret audit chain v1"]))
}

fn hash(chain: &KeyBytes, previous: &[u8; 32], record: &AuditRecord) -> [u8; 32] {
    let AuditRecord { seq, at, uid, name, verb, object, outcome } = record;
    let numbers = [seq.to_be_bytes(), at.to_be_bytes(), u64::from(*uid).to_be_bytes()].concat();
    short_mac(chain, &[previous, &numbers, name.as_bytes(), verb.as_bytes(), object.as_bytes(), outcome.as_bytes()])
}

/// Appends a record. Answers its place.
pub(crate) fn append(state: &mut State, entry: AuditEntry, now: i64) -> Result<AuditHead, StoreError> {
    let AuditEntry { uid, name, verb, object, outcome } = entry;
    if [&name, &verb, &object, &outcome].iter().any(|word| word.len() > WORD_BYTES_MAX) {
        return Err(StoreError::State { kind: "audit", id: verb, state: "too long" });
    }
    let at = state.clock(now);
    let record = AuditRecord { seq: state.tally.audit_seq + 1, at, uid, name, verb, object, outcome };
    let previous = state.tally.audit_hash;
    let hash = hash(&chain_key(state), &previous, &record);
    let seq = record.seq;
    let stored = Stored { record, previous: hex(&previous), hash: hex(&hash) };
    state.put_fresh(key(seq), None, &stored)?;
    (state.tally.audit_seq, state.tally.audit_hash) = (seq, hash);
    Ok(head(state))
}

/// The newest record.
pub(crate) fn head(state: &State) -> AuditHead {
    AuditHead { seq: state.tally.audit_seq, hash: hex(&state.tally.audit_hash) }
}

/// A record with the hashes of the one before and its own.
type Linked = (AuditRecord, String, String);

/// A page of the trail from a number on.
pub(crate) struct Page {
    /// Number by key, and the record, if it is whole and its hash is right.
    pub(crate) rows: Vec<(u64, Option<Linked>)>,
    /// The end of the trail at this moment.
    pub(crate) head: AuditHead,
}

impl Page {
    /// The number that the next page begins with.
    pub(crate) fn next(&self) -> Option<u64> {
        self.rows.last().filter(|_| self.rows.len() == PAGE_MAX).map(|(seq, _)| seq.saturating_add(1))
    }

    /// The records; one that cannot be read has its number and nothing else.
    pub(crate) fn into_records(self) -> Vec<AuditRecord> {
        let unread = |seq| AuditRecord {
            seq,
            at: 0,
            uid: 0,
            name: String::new(),
            verb: String::new(),
            object: String::new(),
            outcome: AUDIT_UNREADABLE.into(),
        };
        self.rows.into_iter().map(|(seq, row)| row.map_or_else(|| unread(seq), |(record, ..)| record)).collect()
    }
}

pub(crate) fn page(state: &mut State, from: u64) -> Page {
    let keys = state.scan_from(&Key::new(Family::Audit, &[]), key(from).into_bytes(), PAGE_MAX);
    let chain = chain_key(state);
    let rows =
        keys.iter().filter_map(|at| tail::<8>(at)).map(u64::from_be_bytes).map(|seq| (seq, read(state, &chain, seq)));
    let rows = rows.collect();
    Page { rows, head: head(state) }
}

fn read(state: &mut State, chain: &KeyBytes, seq: u64) -> Option<Linked> {
    let Stored { record, previous, hash: own } = state.get(Family::Audit, &key(seq)).ok()??;
    let right = record.seq == seq && hex(&hash(chain, &unhex(&previous)?, &record)) == own;
    right.then_some((record, previous, own))
}

/// Walks the chain, page after page.
pub(crate) struct Walk {
    witness: Option<AuditHead>,
    witnessed: bool,
    records: u64,
    last: Option<(u64, String)>,
    /// The first record and what it names before it.
    first: Option<(u64, String)>,
    /// The last number that was erased by rule, with its hash.
    erased: Option<(u64, String)>,
    problems: Vec<AuditProblem>,
}

impl Walk {
    pub(crate) fn new(witness: Option<AuditHead>) -> Walk {
        let (last, first, erased) = (None, None, None);
        Walk { witness, witnessed: false, records: 0, last, first, erased, problems: Vec::new() }
    }

    fn problem(&mut self, seq: u64, what: &'static str) {
        self.problems.push(AuditProblem { seq, what: what.to_owned() });
    }

    pub(crate) fn step(&mut self, page: &Page) {
        for (seq, row) in &page.rows {
            self.records += 1;
            if let Some((before, _)) = &self.last
                && *seq != before + 1
            {
                self.problem(before + 1, "records are missing from here on");
            }
            let Some((record, previous, hash)) = row else {
                self.problem(*seq, "it was changed, moved here, or written by somebody else");
                // What follows names a hash that is not known any more; its own is right, which the next step sees.
                self.last = Some((*seq, String::new()));
                continue;
            };
            match &self.last {
                None => self.first = Some((*seq, previous.clone())),
                Some((before, known)) if before + 1 == *seq && !known.is_empty() && known != previous => {
                    self.problem(*seq, "it does not follow the one before it");
                }
                Some(_) => {}
            }
            if record.verb == EXPIRED && record.name == DAEMON {
                self.erased = record.object.split_once(':').and_then(|(n, h)| Some((n.parse().ok()?, h.to_owned())));
            }
            if self.witness.as_ref().is_some_and(|w| w.seq == *seq) {
                self.witnessed = true;
                if self.witness.as_ref().is_some_and(|w| w.hash != *hash) {
                    self.problem(*seq, "it is another one than was witnessed");
                }
            }
            self.last = Some((*seq, hash.clone()));
        }
    }

    /// What was found, the trail ending at `head`.
    pub(crate) fn end(mut self, head: &AuditHead) -> AuditVerdict {
        let beginning = (0, hex(&BEGINNING));
        let before = self.erased.clone().unwrap_or(beginning);
        if let Some((first, previous)) = self.first.clone()
            && (first != before.0 + 1 || previous != before.1)
        {
            self.problem(before.0 + 1, "records are missing at the beginning");
        }
        let (last, hash) = self.last.clone().unwrap_or((0, hex(&BEGINNING)));
        if last < head.seq {
            self.problem(last + 1, "records are missing at the end");
        } else if last > head.seq {
            self.problem(head.seq + 1, "a record stands behind the end");
        } else if hash != head.hash && !hash.is_empty() {
            self.problem(last, "it is another one than the store remembers");
        }
        if let Some(witness) = self.witness.clone().filter(|_| !self.witnessed) {
            if witness.seq > last {
                self.problem(last + 1, "the trail ends before the record that was witnessed");
            } else if witness.seq > before.0 {
                self.problem(witness.seq, "the record that was witnessed is not there");
            }
        }
        let first_seq = self.first.map(|(seq, _)| seq);
        self.problems.sort_by_key(|p| p.seq);
        AuditVerdict { records: self.records, first_seq, head: head.clone(), problems: self.problems }
    }
}

/// Erases records whose time is over, and appends the one that stands for them. A day's worth at once, so that this does
/// not write a record an hour.
pub(crate) fn expire(state: &mut State, now: i64) -> Result<(), StoreError> {
    const DAY: i64 = 86_400;
    let keys = state.scan(&Key::new(Family::Audit, &[]), false, EXPIRE_MAX);
    let mut last = None;
    for seq in keys.iter().filter_map(|at| tail::<8>(at)).map(u64::from_be_bytes) {
        // One that cannot be read stays: it is evidence.
        let Ok(Some(stored)) = state.get::<Stored>(Family::Audit, &key(seq)) else { break };
        let age = now.saturating_sub(stored.record.at);
        if age <= AUDIT_SECS_MAX || last.is_none() && age <= AUDIT_SECS_MAX + DAY {
            break;
        }
        state.remove(key(seq));
        last = Some((seq, stored.hash));
    }
    let Some((seq, hash)) = last else { return Ok(()) };
    let entry = AuditEntry {
        uid: rustix::process::geteuid().as_raw(),
        name: DAEMON.into(),
        verb: EXPIRED.into(),
        object: format!("{seq}:{hash}"),
        outcome: "done".into(),
    };
    append(state, entry, now).map(drop)
}
