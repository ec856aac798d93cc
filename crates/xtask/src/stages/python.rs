//! Python environments of the stages, below `target/`.

use crate::{process, workspace};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Releases of the writers and readers of documents that stand beside ours.
pub(crate) const WRITERS: &[&str] =
    &["python-docx==1.2.0", "openpyxl==3.1.5", "python-pptx==1.0.2", "pypdf==7.1.1", "reportlab==5.1.0"];

/// The interpreter of an environment that has these releases.
pub(crate) fn environment(name: &str, releases: &[&str]) -> Result<PathBuf> {
    let folder = workspace::target().join(name);
    let python = folder.join("bin/python");
    if !python.exists() {
        process::quiet(Command::new("python3").arg("-m").arg("venv").arg(&folder))
            .context("cannot make a Python environment; the Debian package python3-venv brings what it needs")?;
    }
    process::quiet(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(releases),
    )
    .with_context(|| process::Unavailable(format!("cannot install {} with pip", releases.join(", "))))?;
    Ok(python)
}
