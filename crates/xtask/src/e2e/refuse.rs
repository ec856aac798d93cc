//! What the daemon does not start with: each time one readable reason, and the mailbox untouched.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies};
use super::hostile::plain;
use crate::process::{self, quiet};
use crate::servers::Lab;
use anyhow::Result;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("refuse", '/')?;
    account
        .deliver("1000000000.mail", &plain("refuse@example.com", "cu@example.com", "Question", "", "A question."))?;
    let before = account.fingerprint()?;
    let spec = [MailboxSpec::all("support", &account)];
    let home = Home::new(lab, "observe", &spec, Replies::None)?;
    let key = home.path("store-key");
    let good = fs::read_to_string(&key)?;

    fs::remove_file(&key)?;
    refused(&home, "a missing key", 78, &["store-key"])?;
    home.secret("store-key", "not a key")?;
    refused(&home, "a key that is none", 78, &["store-key"])?;
    home.secret("store-key", good.trim())?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644))?;
    refused(&home, "a world-readable key", 78, &["store-key", "chmod"])?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    home.once()?;
    home.secret("store-key", &good.trim().chars().rev().collect::<String>())?;
    refused(&home, "another key than the store's", 78, &["key"])?;
    home.secret("store-key", good.trim())?;

    let daemon = home.daemon()?;
    refused(&home, "a store that another daemon holds", 69, &["state"])?;
    drop(daemon);
    let full = full_disk(&home)?;
    ensure(account.fingerprint()? == before, || "a refused start changed the mailbox".into())?;
    Ok(format!("six reasons{full}"))
}

/// `run --once` must end with `code` and say all `words`.
fn refused(home: &Home, what: &str, code: i32, words: &[&str]) -> Result<()> {
    let output = home.run(&["run", "--once"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    ensure(output.status.code() == Some(code), || format!("{what}: ended with {}, not {code}\n{said}", output.status))?;
    for word in words {
        ensure(said.contains(word), || format!("{what}: no word of `{word}`:\n{said}"))?;
    }
    ensure(!said.contains("panicked"), || format!("{what}: a panic is no readable reason:\n{said}"))
}

/// A state directory on a volume without room. Needs a mount, so root; else it says so.
fn full_disk(home: &Home) -> Result<&'static str> {
    if !process::is_root() {
        return Ok(" (a full disk not tried: not root)");
    }
    let small = home.path("small");
    fs::create_dir_all(&small)?;
    quiet(Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&small))?;
    let mounted = Mounted(&small);
    fs::set_permissions(&small, fs::Permissions::from_mode(0o700))?;
    let config = home.read_config()?;
    let state = home.state_dir().display().to_string();
    home.write_config(
        &config.replace(&format!("state_dir = \"{state}\""), &format!("state_dir = \"{}\"", small.display())),
    )?;
    // Filled to the last block: writing fails at some point, which is what is wanted.
    let _ = fs::write(small.join("filler"), vec![1u8; 8 << 20]);
    refused(home, "a full disk", 69, &["small"])?;
    home.write_config(&config)?;
    drop(mounted);
    Ok("")
}

struct Mounted<'a>(&'a std::path::Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
