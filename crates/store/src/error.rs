//! What can go wrong: at the start, each with the reason and the mend, and later. No text of a message is ever in one.

use std::path::PathBuf;

/// Why the store did not open. `Display` says the reason and the mend on one line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state directory is not there.
    #[error(
        "state directory {dir} does not exist; create it for the user who runs the daemon: install -d -m 0700 {dir} (systemd: StateDirectory=lazaret)", dir = .dir.display()
    )]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// The state directory is no directory, or nothing can be written there.
    #[error("state directory {dir} cannot be used: {why}; make it a writable directory on a local disk", dir = .dir.display())]
    NotWritable {
        /// The directory.
        dir: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Somebody else owns the state directory.
    #[error(
        "state directory {dir} belongs to user {owner}, but this process runs as user {user}; chown -R {user} {dir}, or run as its owner", dir = .dir.display()
    )]
    NotOwned {
        /// The directory.
        dir: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// Ours.
        user: u32,
    },
    /// Another process holds the store.
    #[error(
        "the store in {dir} is in use by another process; stop that daemon, or use its socket (lazaret status)", dir = .dir.display()
    )]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// The root key is not the one that the store was made with.
    #[error(
        "the store in {dir} was made with store key {expected}, but store_key names key {given}; give the right key back (nothing was touched); without it the store cannot be read", dir = .dir.display()
    )]
    WrongKey {
        /// The directory.
        dir: PathBuf,
        /// Fingerprint of the key that it was made with.
        expected: String,
        /// Fingerprint of the key given.
        given: String,
    },
    /// The store belongs to another tenant.
    #[error(
        "the store in {dir} was made for another tenant than `{given}`; set `tenant` as it was, or use another state directory", dir = .dir.display()
    )]
    OtherTenant {
        /// The directory.
        dir: PathBuf,
        /// The tenant of the configuration.
        given: String,
    },
    /// Too little space.
    #[error(
        "only {free_mib} MiB are free for {dir}, but {reserve_mib} MiB are the reserve; free some space, or lower the reserve (with a reserve of 0 the ballast file in the state directory is given up so that the store opens even on a full disk)", dir = .dir.display(), free_mib = .free_bytes >> 20, reserve_mib = .reserve_bytes >> 20
    )]
    DiskFull {
        /// The directory.
        dir: PathBuf,
        /// Octets free.
        free_bytes: u64,
        /// Octets wanted.
        reserve_bytes: u64,
    },
    /// Something cannot be read back.
    #[error("the store in {dir} is damaged: {what}; restore the state directory from a backup (the mail server still holds what was not acknowledged)", dir = .dir.display())]
    Corrupt {
        /// The directory.
        dir: PathBuf,
        /// What; ids and kinds only.
        what: String,
    },
    /// Written by a version that this one does not know.
    #[error("the store in {dir} has format {found}, but this program reads up to {known}; install the newer program again", dir = .dir.display())]
    UnknownVersion {
        /// The directory.
        dir: PathBuf,
        /// What it says.
        found: String,
        /// What is known.
        known: u8,
    },
    /// Opening took too long.
    #[error("the store in {dir} did not open within {secs} seconds; check the disk (dmesg), then start again or restore from a backup", dir = .dir.display())]
    Hangs {
        /// The directory.
        dir: PathBuf,
        /// How long was waited.
        secs: u64,
    },
    /// The system refused something.
    #[error("{what} in {dir}: {why}; check the disk and its rights", dir = .dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        why: std::io::Error,
    },
}

/// What kind of trouble, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenErrorKind {
    /// The configuration or the rights of the directory: exit 78.
    Config,
    /// The key: exit 78.
    Key,
    /// Another process holds it: exit 69.
    Locked,
    /// No space: exit 69.
    Full,
    /// Damage, or a version from the future: exit 69.
    Damaged,
    /// The system: exit 69.
    Io,
}

impl OpenError {
    /// What kind of trouble.
    pub fn kind(&self) -> OpenErrorKind {
        match self {
            OpenError::Missing { .. }
            | OpenError::NotWritable { .. }
            | OpenError::NotOwned { .. }
            | OpenError::OtherTenant { .. } => OpenErrorKind::Config,
            OpenError::WrongKey { .. } => OpenErrorKind::Key,
            OpenError::Locked { .. } => OpenErrorKind::Locked,
            OpenError::DiskFull { .. } => OpenErrorKind::Full,
            OpenError::Corrupt { .. } | OpenError::UnknownVersion { .. } => OpenErrorKind::Damaged,
            OpenError::Hangs { .. } | OpenError::Io { .. } => OpenErrorKind::Io,
        }
    }
}

/// Why a request was not done. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is closed, or its thread ended.
    #[error("the store is closed")]
    Closed,
    /// The request made the store's thread panic; others were not harmed.
    #[error("the store failed on this request")]
    Failed,
    /// Less than the reserve is free: intake stops, all else goes on.
    #[error("only {} MiB are free on the disk of the store, below its reserve; intake stops until space is freed", .free_bytes >> 20)]
    DiskFull {
        /// Octets free.
        free_bytes: u64,
    },
    /// A record or blob does not read back.
    #[error("record {kind} {id} cannot be read back: {why}")]
    Corrupt {
        /// Kind of record.
        kind: &'static str,
        /// Its id: a reference, a digest or a number; never an address.
        id: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Written by a version that this one does not know.
    #[error("record {kind} has format {found}, which this program does not know")]
    UnknownVersion {
        /// Kind of record.
        kind: &'static str,
        /// Its format.
        found: u8,
    },
    /// There is no such thing.
    #[error("no {kind} {id}")]
    NotFound {
        /// Kind of record.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It is not in a state in which this can be done.
    #[error("{kind} {id} is {state}")]
    State {
        /// Kind of record.
        kind: &'static str,
        /// Which.
        id: String,
        /// Its state.
        state: &'static str,
    },
    /// The octets given are not those that were sealed.
    #[error("the message given is not the one that was sealed under this id")]
    DigestMismatch,
    /// The system refused to read or write a file.
    #[error("{what} failed: {kind}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        kind: std::io::ErrorKind,
    },
}

impl StoreError {
    /// Can the same request succeed later without a change by a person?
    pub fn is_temporary(&self) -> bool {
        matches!(self, StoreError::DiskFull { .. } | StoreError::Io { .. })
    }

    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
        move |e| StoreError::Io { what, kind: e.kind() }
    }
}
