//! `cargo xtask package`: the Debian package, by cargo-deb; what it takes from the code (manual pages, completions, schemas,
//! licences) is made first.

use crate::process::quiet;
use crate::workspace::{self, cargo};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// cargo-deb of this version; another one that is installed is not used.
const CARGO_DEB: &str = "3.8.0";

/// The package, and where it goes.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where the package is written [default: target/debian].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Package this binary in place of one built here.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.binary {
        Some(binary) => workspace::use_binary(std::path::absolute(binary)?),
        None => workspace::build()?,
    }
    let out = args.out.clone().unwrap_or_else(|| workspace::target().join("debian"));
    fs::create_dir_all(&out)?;
    println!("{}", Builder::new()?.build(&out, None)?.display());
    Ok(())
}

/// Everything is ready to be packed.
pub(crate) struct Builder {
    cargo_deb: PathBuf,
}

impl Builder {
    /// Finds or installs cargo-deb, and makes what is not in the checkout.
    pub(crate) fn new() -> Result<Builder> {
        let cargo_deb = cargo_deb()?;
        let folder = workspace::target().join("release/package");
        fs::create_dir_all(&folder)?;
        // Pages of verbs that are no more must not stay.
        for made in ["man", "completions", "schema"] {
            let _ = fs::remove_dir_all(folder.join(made));
        }
        quiet(Command::new(workspace::lazaret()).arg("manual").arg(&folder))?;
        fs::copy(workspace::lazaret(), folder.join("lazaret")).context("the binary is not built")?;
        quiet(Command::new("strip").arg("--strip-unneeded").arg(folder.join("lazaret")))?;
        for page in pages(&folder.join("man"))? {
            quiet(Command::new("gzip").args(["--best", "--no-name", "--force"]).arg(page))?;
        }
        let (copyright, texts) = licences()?;
        fs::write(folder.join("copyright"), copyright)?;
        fs::write(folder.join("licences.txt"), texts)?;
        fs::write(folder.join("changelog"), changelog())?;
        Ok(Builder { cargo_deb })
    }

    /// Packs; a version other than the workspace's for tests of upgrades.
    pub(crate) fn build(&self, out: &Path, version: Option<&str>) -> Result<PathBuf> {
        let mut command = Command::new(&self.cargo_deb);
        command.args(["--no-build", "--no-strip", "--fast", "--locked", "--package", "lazaret", "--output"]).arg(out);
        if let Some(version) = version {
            command.args(["--deb-version", version]);
        }
        let printed = quiet(command.current_dir(workspace::root()))?;
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        printed.lines().last().map(PathBuf::from).filter(|p| p.is_file()).context("cargo-deb named no package")
    }
}

/// Manual pages, whatever their section.
fn pages(man: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for section in fs::read_dir(man)? {
        for page in fs::read_dir(section?.path())? {
            out.push(page?.path());
        }
    }
    Ok(out)
}

/// The pinned cargo-deb: on the path, or beside the other programs that this checkout built for itself.
fn cargo_deb() -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let own = root.join("bin/cargo-deb");
    for program in [PathBuf::from("cargo-deb"), own.clone()] {
        let output = Command::new(&program).arg("--version").output();
        if output.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).trim().ends_with(CARGO_DEB)) {
            return Ok(program);
        }
    }
    // Without optimisation it is built in half the time, and packs as fast: the packing is done by xz.
    let install = ["install", "cargo-deb", "--version", CARGO_DEB, "--locked", "--debug", "--no-default-features"];
    quiet(Command::new(cargo()).args(install).args(["--quiet", "--force", "--root"]).arg(&root).current_dir("/"))
        .context("cargo-deb could not be installed")?;
    Ok(own)
}

/// One entry in Debian's form; the history is git's.
fn changelog() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let date = quiet(Command::new("git").args(["log", "-1", "--format=%aD"]).current_dir(workspace::root()))
        .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
        .unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 +0000".into());
    format!(
        "lazaret ({version}-1) unstable; urgency=medium\n\n  * Built from the checkout of that day.\n\n \
         -- The Lazaret developers <lazaret@lazaret.example>  {date}\n"
    )
}

/// The copyright file, and the texts of all licences of what is linked: each once, with the crates that carry it.
fn licences() -> Result<(String, String)> {
    let tree = ["tree", "--package", "lazaret", "--locked", "--edges=normal", "--prefix=none", "--format={p}"];
    let tree = quiet(Command::new(cargo()).args(tree).current_dir(workspace::root()))?;
    let tree = String::from_utf8(tree.stdout).context("cargo tree gave no text")?;
    let linked: Vec<&str> = tree.lines().filter(|l| !l.contains("(/")).map(|l| l.trim_end_matches(" (*)")).collect();
    let metadata = quiet(
        Command::new(cargo()).args(["metadata", "--format-version=1", "--locked"]).current_dir(workspace::root()),
    )?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let mut copyright = String::from(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: lazaret\n\n\
         Files: *\nCopyright: 2026 the authors of Lazaret\nLicense: none\n No licence has been chosen for Lazaret itself. The \
         crates that are linked into it, with their\n own licences, follow; the texts are in licences.txt beside this \
         file.\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let name = format!("{} v{}", text("name"), text("version"));
        if !linked.iter().any(|l| *l == name || *l == format!("{name} (proc-macro)")) {
            continue;
        }
        let authors: Vec<&str> =
            package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let authors = if authors.is_empty() { format!("the authors of {}", text("name")) } else { authors.join(", ") };
        let licence = text("license").replace('/', " or ").replace("  ", " ");
        if licence.is_empty() {
            bail!("{name} has no licence");
        }
        let _ = write!(
            copyright,
            "\nFiles: {}-{}/*\nCopyright: {authors}\nLicense: {}\nComment: {}\n",
            text("name"),
            text("version"),
            licence.replace(" OR ", " or ").replace(" AND ", " and "),
            text("repository")
        );
        for licence in files(Path::new(text("manifest_path")))? {
            texts.entry(licence).or_default().push(name.clone());
        }
    }
    let mut all = String::from("Licences of the crates that are linked into lazaret.\n");
    for (text, names) in texts {
        let _ = write!(all, "\n{}\n{}\n\n{}\n", "-".repeat(72), names.join(", "), text.trim());
    }
    Ok((copyright, all))
}

/// Texts of the licence files beside a manifest.
fn files(manifest: &Path) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(manifest.parent().context("no folder")?)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().to_uppercase()).unwrap_or_default();
        if path.is_file() && ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|n| name.starts_with(n)) {
            out.push(String::from_utf8_lossy(&fs::read(path)?).into_owned());
        }
    }
    Ok(out)
}
