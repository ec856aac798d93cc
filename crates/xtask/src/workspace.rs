//! Where things lie in the checkout, and how the binary under test is built.

use crate::process;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
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

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds the release binary.
pub(crate) fn build() -> Result<()> {
    let args = ["build", "--release", "--locked", "--quiet", "--package", "lazaret"];
    process::show(Command::new(cargo()).args(args).current_dir(root()))
}

/// Tests this binary in place of the one that is built here.
pub(crate) fn use_binary(path: PathBuf) {
    let _ = BINARY.set(path);
}

/// The binary under test.
pub(crate) fn lazaret() -> PathBuf {
    BINARY.get().cloned().unwrap_or_else(|| target().join("release/lazaret"))
}

/// `PATH` with the folder of the binary under test in front.
pub(crate) fn path() -> Result<String> {
    let binary = lazaret();
    let folder = binary.parent().context("the binary has no folder")?;
    Ok(format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default()))
}
