//! Where things lie in the checkout.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Cargo's target directory.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Tests this binary in place of the one that is built here.
pub(crate) fn use_binary(path: PathBuf) {
    let _ = BINARY.set(path);
}

/// The binary under test.
pub(crate) fn lazaret() -> PathBuf {
    BINARY.get().cloned().unwrap_or_else(|| target().join("release/lazaret"))
}
