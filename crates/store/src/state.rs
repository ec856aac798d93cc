//! What the owner thread works on: the tree, and over it what the present group of requests has changed.
//!
//! A request reads its own writes and those of the requests before it in the group, so two copies in one group are
//! decided like two copies on two days. If it fails, its writes are dropped and the others' stay. Nothing is encrypted
//! or written until the group ends: a record that ten requests changed is written once.

use crate::blob::{BlobId, Blobs};
use crate::codec::{Family, Key, tail};
use crate::error::StoreError;
use crate::keys::KeyBytes;
use crate::model::{ReplyLimits, TicketRef};
use crate::queue::Queue;
use crate::record::{BlobRef, Body, OVERHEAD_BYTES_MAX, Parsed, Vault};
use crate::tree::{Tree, VALUE_BYTES_MAX};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap};
use zeroize::Zeroizing;

/// Ticket keys that are kept at hand.
const TICKET_KEYS_MAX: usize = 4096;
/// Octets of a named record.
const NAMED_BYTES_MAX: usize = 64 << 20;

/// Counts and clocks that survive; one record, written once a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    pub(crate) tickets: u64,
    pub(crate) verdicts: [u64; 4],
    pub(crate) duplicates: u64,
    pub(crate) claimed: u64,
    pub(crate) unacknowledged: u64,
    pub(crate) accepted: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
    pub(crate) sealed: u64,
    /// Replies that a limit held back.
    pub(crate) limited: u64,
    /// Deliveries accepted, and failed.
    pub(crate) delivered: u64,
    pub(crate) undelivered: u64,
    /// Latest time ever given, in seconds since 1970: a clock set back opens no window again.
    pub(crate) clock_max: i64,
    /// Number and hash of the newest record of the audit trail.
    pub(crate) audit_seq: u64,
    pub(crate) audit_hash: [u8; 32],
    /// Since when replies wait for the operator.
    pub(crate) breaker_open_since: Option<i64>,
    #[serde(skip)]
    pub(crate) commits: u64,
}

#[derive(Clone)]
enum Write {
    Remove,
    /// An index entry: no value.
    Mark,
    Put {
        hint: u8,
        owner: Option<TicketRef>,
        content: Zeroizing<Vec<u8>>,
        /// Is the key known to be new? Then no blob file can be behind it.
        fresh: bool,
    },
}

pub(crate) struct State {
    pub(crate) tree: Tree,
    pub(crate) blobs: Blobs,
    pub(crate) vault: Vault,
    pub(crate) limits: ReplyLimits,
    /// Free octets on the disk below which nothing new is taken in.
    pub(crate) disk_reserve_bytes: u64,
    pub(crate) tally: Tally,
    /// Replies.
    pub(crate) queue: Queue,
    /// Deliveries.
    pub(crate) deliveries: Queue,
    pub(crate) syncs: u64,
    /// Time that syncs of the index took, in microseconds.
    pub(crate) sync_micros: u64,
    group: BTreeMap<Key, Write>,
    group_bytes: usize,
    request: BTreeMap<Key, Write>,
    tally_before_group: Tally,
    tally_before_request: Tally,
    ticket_keys: HashMap<TicketRef, KeyBytes>,
    /// Blob files whose references are removed: to be unlinked once that is durable.
    dead: Vec<BlobId>,
    /// Unlinked ones, whose tombstones can go.
    buried: Vec<BlobId>,
}

impl State {
    pub(crate) fn new(tree: Tree, blobs: Blobs, vault: Vault, limits: ReplyLimits, disk_reserve_bytes: u64) -> State {
        State {
            tree,
            blobs,
            vault,
            limits,
            disk_reserve_bytes,
            tally: Tally::default(),
            queue: Queue::default(),
            deliveries: Queue::default(),
            syncs: 0,
            sync_micros: 0,
            group: BTreeMap::new(),
            group_bytes: 0,
            request: BTreeMap::new(),
            tally_before_group: Tally::default(),
            tally_before_request: Tally::default(),
            ticket_keys: HashMap::new(),
            dead: Vec::new(),
            buried: Vec::new(),
        }
    }

    // ---- requests and groups

    pub(crate) fn begin_request(&mut self) {
        self.request.clear();
        self.tally_before_request = self.tally.clone();
        self.queue.begin_request();
        self.deliveries.begin_request();
    }

    /// Answers whether the request changed anything.
    pub(crate) fn accept_request(&mut self) -> bool {
        let changed = !self.request.is_empty() || self.tally != self.tally_before_request;
        let size = |write: &Write| if let Write::Put { content, .. } = write { content.len() } else { 0 };
        self.group_bytes += self.request.values().map(size).sum::<usize>();
        // Not `append`: that rebuilds the whole map for every request.
        while let Some((key, write)) = self.request.pop_first() {
            self.group.insert(key, write);
        }
        changed
    }

    pub(crate) fn reject_request(&mut self) {
        self.request.clear();
        self.tally = self.tally_before_request.clone();
        self.queue.undo_request();
        self.deliveries.undo_request();
    }

    /// Octets that the group holds.
    pub(crate) fn group_bytes(&self) -> usize {
        self.group_bytes
    }

    /// Drops what the group changed: nothing of it was written.
    pub(crate) fn reject_group(&mut self) {
        self.group.clear();
        self.group_bytes = 0;
        self.tally = self.tally_before_group.clone();
        self.queue.undo_group();
        self.deliveries.undo_group();
    }

    /// Encrypts and writes the group: blob files first, durable and, if they are sealed originals, read back; then one
    /// batch. It counts after [`State::sync`].
    pub(crate) fn write_group(&mut self) -> Result<(), StoreError> {
        if self.tally != self.tally_before_group {
            let content = encode(&self.tally)?;
            self.group.insert(Key::new(Family::Tally, &[]), Write::Put { hint: 0, owner: None, content, fresh: true });
        }
        self.blobs.begin_group();
        let mut plan = Plan::default();
        // Stays readable meanwhile: keys of tickets that the group made are looked up in it.
        let group = std::mem::take(&mut self.group);
        for (key, write) in &group {
            if key.as_bytes().first() == Some(&(Family::TicketKey as u8)) {
                self.group.insert(key.clone(), write.clone());
            }
        }
        for (key, write) in &group {
            self.plan(key, write, &mut plan)?;
        }
        self.group.clear();
        self.group_bytes = 0;
        self.syncs += self.blobs.write_group(&plan.files).map_err(StoreError::io("writing a blob file"))?;
        for (key, owner, blob) in &plan.read_back {
            if let Err(e) = self.read_blob(Family::Sealed, key, blob, owner.as_ref()) {
                plan.files.iter().for_each(|(id, _)| drop(self.blobs.unlink(*id)));
                return Err(e);
            }
        }
        for id in std::mem::take(&mut self.buried) {
            plan.values.push((Key::new(Family::Tombstone, &[&id.to_bytes()]).into_bytes(), None));
        }
        self.tree.apply(plan.values.into_iter());
        self.dead.append(&mut plan.dead);
        self.tally_before_group = self.tally.clone();
        self.queue.keep();
        self.deliveries.keep();
        Ok(())
    }

    fn plan(&mut self, key: &Key, write: &Write, plan: &mut Plan) -> Result<(), StoreError> {
        // A blob file of the value that is replaced or removed is no longer referred to.
        if !matches!(write, Write::Mark | Write::Put { fresh: true, .. })
            && let Some(old) = self.blob_on_disk(key)?
        {
            plan.values.push((Key::new(Family::Blob, &[&old.id.to_bytes()]).into_bytes(), None));
            plan.values.push((Key::new(Family::Tombstone, &[&old.id.to_bytes()]).into_bytes(), Some(Vec::new())));
            plan.dead.push(old.id);
        }
        let value = match write {
            Write::Remove => None,
            Write::Mark => Some(Vec::new()),
            Write::Put { hint, owner, content, .. } => {
                let ticket_key = owner.as_ref().map(|ticket| self.ticket_key(ticket)).transpose()?;
                let under = owner.as_ref().zip(ticket_key.as_ref());
                if content.len() + OVERHEAD_BYTES_MAX <= VALUE_BYTES_MAX {
                    Some(self.vault.seal(key, *hint, Body::Inline, under, content))
                } else {
                    let blob = BlobRef::new(self.blobs.next_id(), content);
                    let value = self.vault.seal(key, *hint, Body::Blob, under, &blob.to_bytes());
                    plan.files.push((blob.id, self.vault.seal_blob(key, under, content)));
                    plan.values.push((Key::new(Family::Blob, &[&blob.id.to_bytes()]).into_bytes(), Some(Vec::new())));
                    if key.as_bytes().first() == Some(&(Family::Sealed as u8)) {
                        plan.read_back.push((key.clone(), ticket_key, blob));
                    }
                    Some(value)
                }
            }
        };
        plan.values.push((key.as_bytes().to_vec(), value));
        Ok(())
    }

    fn blob_on_disk(&mut self, key: &Key) -> Result<Option<BlobRef>, StoreError> {
        let Some(value) = self.tree.get(key.as_bytes()).filter(|value| !value.is_empty()) else { return Ok(None) };
        let parsed = Parsed::new(Family::Blob, &value)?;
        if parsed.body == Body::Inline {
            return Ok(None);
        }
        let owner = parsed.owner.as_ref().map(|ticket| self.ticket_key(ticket)).transpose()?;
        let content = self.vault.open(Family::Blob, key, &parsed, owner.as_ref())?;
        Ok(BlobRef::from_bytes(&content))
    }

    /// Makes durable all that was written, then unlinks what nothing refers to any more.
    pub(crate) fn sync(&mut self) {
        let began = std::time::Instant::now();
        self.tree.sync();
        self.sync_micros += u64::try_from(began.elapsed().as_micros()).unwrap_or(0);
        self.syncs += 1;
        for id in std::mem::take(&mut self.dead) {
            // Its tombstone stays if the system refuses: the next start tries again.
            if self.blobs.unlink(id).is_ok() {
                self.buried.push(id);
            }
        }
    }

    // ---- records

    fn pending(&self, key: &Key) -> Option<&Write> {
        self.request.get(key).or_else(|| self.group.get(key))
    }

    /// Does the key exist?
    pub(crate) fn has(&self, key: &Key) -> bool {
        match self.pending(key) {
            Some(write) => !matches!(write, Write::Remove),
            None => self.tree.get(key.as_bytes()).is_some(),
        }
    }

    /// The hint of a record, without decrypting it.
    pub(crate) fn hint(&self, family: Family, key: &Key) -> Result<Option<u8>, StoreError> {
        match self.pending(key) {
            Some(Write::Put { hint, .. }) => Ok(Some(*hint)),
            Some(_) => Ok(None),
            None => {
                let Some(value) = self.tree.get(key.as_bytes()) else { return Ok(None) };
                Parsed::new(family, &value).map(|parsed| Some(parsed.hint))
            }
        }
    }

    /// The content of a record, wherever it is.
    pub(crate) fn content(&mut self, family: Family, key: &Key) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        match self.pending(key) {
            Some(Write::Put { content, .. }) => return Ok(Some(content.clone())),
            Some(_) => return Ok(None),
            None => {}
        }
        self.content_on_disk(family, key)
    }

    fn content_on_disk(&mut self, family: Family, key: &Key) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let Some(value) = self.tree.get(key.as_bytes()) else { return Ok(None) };
        let parsed = Parsed::new(family, &value)?;
        let owner = parsed.owner.as_ref().map(|ticket| self.ticket_key(ticket)).transpose()?;
        let content = self.vault.open(family, key, &parsed, owner.as_ref())?;
        if parsed.body == Body::Inline {
            return Ok(Some(content));
        }
        let corrupt = StoreError::Corrupt { kind: family.name(), id: key.id(), why: "its reference is damaged" };
        let blob = BlobRef::from_bytes(&content).ok_or(corrupt)?;
        self.read_blob(family, key, &blob, owner.as_ref()).map(Some)
    }

    /// Reopens, decrypts and compares.
    fn read_blob(
        &self,
        family: Family,
        key: &Key,
        blob: &BlobRef,
        owner: Option<&KeyBytes>,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let corrupt = |why| StoreError::Corrupt { kind: family.name(), id: key.id(), why };
        let file = self.blobs.read(blob.id).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => corrupt("its file is gone"),
            kind => StoreError::Io { what: "reading a blob file", kind },
        })?;
        let content = self.vault.open_blob(key, &file, owner).ok_or_else(|| corrupt("its file does not decrypt"))?;
        if blob.fits(&content) { Ok(Zeroizing::new(content)) } else { Err(corrupt("its file is another one")) }
    }

    /// A record that must be on disk already, past the group: for reading back.
    pub(crate) fn read_back(&mut self, family: Family, key: &Key) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let missing = StoreError::NotFound { kind: family.name(), id: key.id() };
        self.content_on_disk(family, key)?.ok_or(missing)
    }

    pub(crate) fn get<T: DeserializeOwned>(&mut self, family: Family, key: &Key) -> Result<Option<T>, StoreError> {
        let Some(content) = self.content(family, key)? else { return Ok(None) };
        let corrupt = |_| StoreError::Corrupt { kind: family.name(), id: key.id(), why: "it is not understood" };
        serde_json::from_slice(&content).map(Some).map_err(corrupt)
    }

    /// A record that another one refers to.
    pub(crate) fn must<T: DeserializeOwned>(&mut self, family: Family, key: &Key) -> Result<T, StoreError> {
        let missing = StoreError::Corrupt { kind: family.name(), id: key.id(), why: "it is missing" };
        self.get(family, key)?.ok_or(missing)
    }

    /// Puts a record under the tenant's key, or under that of a ticket.
    pub(crate) fn put<T: Serialize>(
        &mut self,
        key: Key,
        owner: Option<&TicketRef>,
        value: &T,
    ) -> Result<(), StoreError> {
        self.put_hinted(key, 0, owner, value)
    }

    pub(crate) fn put_hinted<T: Serialize>(
        &mut self,
        key: Key,
        hint: u8,
        owner: Option<&TicketRef>,
        value: &T,
    ) -> Result<(), StoreError> {
        let content = encode(value)?;
        // These are of a fixed size, far below what goes to a file.
        let fresh = [Family::Handle as u8, Family::Digest as u8].iter().any(|f| key.as_bytes().first() == Some(f));
        self.request.insert(key, Write::Put { hint, owner: owner.cloned(), content, fresh });
        Ok(())
    }

    /// Puts a record under a key that was never used.
    pub(crate) fn put_fresh<T: Serialize>(
        &mut self,
        key: Key,
        owner: Option<&TicketRef>,
        value: &T,
    ) -> Result<(), StoreError> {
        let content = encode(value)?;
        self.request.insert(key, Write::Put { hint: 0, owner: owner.cloned(), content, fresh: true });
        Ok(())
    }

    pub(crate) fn put_bytes(&mut self, key: Key, owner: Option<&TicketRef>, content: Vec<u8>) {
        let content = Zeroizing::new(content);
        let fresh = key.as_bytes().first() == Some(&(Family::TicketKey as u8));
        self.request.insert(key, Write::Put { hint: 0, owner: owner.cloned(), content, fresh });
    }

    pub(crate) fn mark(&mut self, key: Key) {
        self.request.insert(key, Write::Mark);
    }

    pub(crate) fn remove(&mut self, key: Key) {
        self.request.insert(key, Write::Remove);
    }

    /// At most `limit` keys with this prefix, ascending or descending.
    pub(crate) fn scan(&self, prefix: &Key, descending: bool, limit: usize) -> Vec<Vec<u8>> {
        let mut pending: BTreeMap<&[u8], bool> = BTreeMap::new();
        for (key, write) in self.group.iter().chain(&self.request) {
            if key.as_bytes().starts_with(prefix.as_bytes()) {
                pending.insert(key.as_bytes(), !matches!(write, Write::Remove));
            }
        }
        let on_disk = self.tree.scan(prefix.as_bytes()).map(|(key, _)| key.to_vec());
        let kept = |key: &Vec<u8>| !pending.contains_key(key.as_slice());
        let mut keys: Vec<Vec<u8>> = if descending {
            on_disk.rev().filter(kept).take(limit).collect()
        } else {
            on_disk.filter(kept).take(limit).collect()
        };
        keys.extend(pending.iter().filter(|(_, there)| **there).map(|(key, _)| key.to_vec()));
        keys.sort_unstable();
        if descending {
            keys.reverse();
        }
        keys.truncate(limit);
        keys
    }

    /// At most `limit` keys with this prefix from one on, ascending.
    pub(crate) fn scan_from(&self, prefix: &Key, from: Vec<u8>, limit: usize) -> Vec<Vec<u8>> {
        let mut keys: std::collections::BTreeSet<Vec<u8>> = self
            .tree
            .scan_from(&from)
            .map(|key| key.to_vec())
            .take_while(|key| key.starts_with(prefix.as_bytes()))
            .filter(|key| self.pending(&Key::from_bytes(key)).is_none())
            .take(limit)
            .collect();
        for key in self.group.keys().chain(self.request.keys()) {
            let bytes = key.as_bytes();
            let is_there = matches!(self.pending(key), Some(pending) if !matches!(pending, Write::Remove));
            if bytes >= from.as_slice() && bytes.starts_with(prefix.as_bytes()) && is_there {
                keys.insert(bytes.to_vec());
            }
        }
        keys.into_iter().take(limit).collect()
    }

    // ---- keys of tickets

    /// Makes the key of a new ticket.
    pub(crate) fn new_ticket_key(&mut self, ticket: &TicketRef) {
        let key = crate::keys::random_key();
        self.put_bytes(Key::ticket(Family::TicketKey, ticket), None, key.to_vec());
        self.remember_key(ticket, key);
    }

    fn remember_key(&mut self, ticket: &TicketRef, key: KeyBytes) {
        if self.ticket_keys.len() >= TICKET_KEYS_MAX {
            self.ticket_keys.clear();
        }
        self.ticket_keys.insert(ticket.clone(), key);
    }

    fn ticket_key(&mut self, ticket: &TicketRef) -> Result<KeyBytes, StoreError> {
        if let Some(key) = self.ticket_keys.get(ticket) {
            return Ok(key.clone());
        }
        let corrupt = |why| StoreError::Corrupt { kind: Family::TicketKey.name(), id: ticket.0.clone(), why };
        let at = Key::ticket(Family::TicketKey, ticket);
        let content = self.content(Family::TicketKey, &at)?.ok_or_else(|| corrupt("it is missing"))?;
        let bytes: [u8; 32] = content.as_slice().try_into().map_err(|_| corrupt("it is too short"))?;
        self.remember_key(ticket, Zeroizing::new(bytes));
        Ok(Zeroizing::new(bytes))
    }

    // ---- the rest

    /// The later of this time and the latest ever given.
    pub(crate) fn clock(&mut self, now: i64) -> i64 {
        self.tally.clock_max = self.tally.clock_max.max(now);
        self.tally.clock_max
    }

    fn named(&self, name: &str) -> Key {
        let index: [u8; 16] = self.vault.keyring.index(&[b"named", name.as_bytes()]);
        Key::new(Family::Named, &[&index])
    }

    pub(crate) fn remember(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        if bytes.len() > NAMED_BYTES_MAX {
            return Err(StoreError::State { kind: "named", id: name.to_owned(), state: "too large" });
        }
        self.put_bytes(self.named(name), None, bytes);
        Ok(())
    }

    pub(crate) fn recall(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = self.named(name);
        Ok(self.content(Family::Named, &key)?.map(|content| content.to_vec()))
    }

    /// Reads the counts, and finishes what the last process left: tombstones, blob files without reference.
    pub(crate) fn recover(&mut self) -> Result<(), StoreError> {
        self.tally = self.get(Family::Tally, &Key::new(Family::Tally, &[]))?.unwrap_or_default();
        self.tally_before_group = self.tally.clone();
        for key in self.scan(&Key::new(Family::Tombstone, &[]), false, usize::MAX) {
            if let Some(id) = tail::<12>(&key).map(BlobId::from_bytes) {
                self.dead.push(id);
            }
        }
        let used = |id: BlobId| self.tree.get(Key::new(Family::Blob, &[&id.to_bytes()]).as_bytes()).is_some();
        self.blobs.sweep(used).map_err(StoreError::io("collecting blob files"))?;
        Ok(())
    }
}

/// What a group comes to.
#[derive(Default)]
struct Plan {
    values: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    files: Vec<(BlobId, Vec<u8>)>,
    dead: Vec<BlobId>,
    read_back: Vec<(Key, Option<KeyBytes>, BlobRef)>,
}

fn encode<T: Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let corrupt = |_| StoreError::Corrupt { kind: "record", id: String::new(), why: "it cannot be encoded" };
    serde_json::to_vec(value).map(Zeroizing::new).map_err(corrupt)
}
