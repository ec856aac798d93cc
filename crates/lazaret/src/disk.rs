//! How much room a volume has.

use std::path::Path;

/// Octets free for us on the volume of `path`; `None` if it cannot be told.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}
