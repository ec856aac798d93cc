//! Exit codes, the same for every verb (sysexits.h where it has one). Findings never change them.

/// All answered.
pub(crate) const OK: u8 = 0;
/// A line has an `error`, or a test failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage (EX_USAGE).
pub(crate) const USAGE: u8 = 64;
/// A server, the daemon or a file is not reachable (EX_UNAVAILABLE).
pub(crate) const UNAVAILABLE: u8 = 69;
/// Work is left for later (EX_TEMPFAIL).
pub(crate) const TEMPFAIL: u8 = 75;
/// The configuration, a key or a rule is wrong (EX_CONFIG).
pub(crate) const CONFIG: u8 = 78;
