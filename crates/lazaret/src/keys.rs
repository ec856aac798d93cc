//! From a reference to a secret: systemd credentials and files. No error holds a byte of what was read.

use crate::config::SecretRef;
use crate::exit;
use crate::source::{SecretUnreadable, Secrets};
use base64::Engine as _;
use lazaret_store::RootKey;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where the shipped unit loads credentials from.
pub(crate) const CREDENTIALS_DIR: &str = "/etc/lazaret/credentials";
/// A larger secret is none.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Why a secret is not to be had. `Display` says what and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// The process has no credentials.
    #[error(
        "credential {name:?} is not there: $CREDENTIALS_DIRECTORY is not set and /etc/lazaret/credentials/{name} cannot be seen; start by systemd with LoadCredential={name}:PATH, or use file:PATH"
    )]
    NoCredentials {
        /// Name of the credential.
        name: String,
    },
    /// No such file.
    #[error("{path} is not there; check the spelling, or make it")]
    Missing {
        /// Path.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("{path} cannot be read ({kind}); let this user read it: chown $USER {path}")]
    Unreadable {
        /// Path.
        path: PathBuf,
        /// Kind of I/O error.
        kind: std::io::ErrorKind,
    },
    /// Directory, device, pipe.
    #[error("{path} is no regular file; name a file that holds the secret alone")]
    NotAFile {
        /// Path.
        path: PathBuf,
    },
    /// Others may read or write it.
    #[error("{path} has mode {mode:04o}, others can read or write it; chmod 600 {path}")]
    Mode {
        /// Path.
        path: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// A third user owns it.
    #[error("{path} belongs to user {uid}; it must belong to this user or root: chown root {path}")]
    Owner {
        /// Path.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// It is empty, too long or no text.
    #[error("{path} holds no usable secret ({why}); write the secret alone, on one line")]
    Content {
        /// Path.
        path: PathBuf,
        /// What is wrong, without a byte of it.
        why: &'static str,
    },
    /// Not 32 bytes.
    #[error(
        "{path} holds no store key; it must be 64 hexadecimal digits or 32 bytes in base64. A store that is there opens with its own key only: give that back. For a new store: head -c 32 /dev/urandom | base64 > {path}"
    )]
    NoStoreKey {
        /// Path.
        path: PathBuf,
    },
}

/// Reads a secret: one line of text, a line break at its end does not belong to it.
pub(crate) fn secret(reference: &SecretRef) -> Result<Zeroizing<String>, KeyError> {
    read(reference).map(|(secret, _)| secret)
}

/// How sources read theirs, at every login. Why one cannot be read is said by `check`.
pub(crate) fn secrets() -> Secrets {
    Arc::new(|reference| secret(reference).map_err(|_| SecretUnreadable))
}

/// Reads the store's root key: 64 hexadecimal digits, or 32 bytes in base64.
pub(crate) fn store_key(reference: &SecretRef) -> Result<RootKey, KeyError> {
    let (secret, path) = read(reference)?;
    let key = decode_key(&secret).ok_or(KeyError::NoStoreKey { path })?;
    Ok(RootKey::new(*key))
}

/// Reads a file that holds a secret, under the same rules.
pub(crate) fn secret_file(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    read(&SecretRef::File(path.to_owned())).map(|(secret, _)| secret)
}

/// The exit code for a store that does not open: what only an operator can mend is configuration, what passes is not.
pub(crate) fn store_exit(error: &lazaret_store::OpenError) -> u8 {
    use lazaret_store::OpenErrorKind as Kind;
    match error.kind() {
        Kind::Config | Kind::Key => exit::CONFIG,
        Kind::Locked | Kind::Full | Kind::Damaged | Kind::Io => exit::UNAVAILABLE,
    }
}

fn read(reference: &SecretRef) -> Result<(Zeroizing<String>, PathBuf), KeyError> {
    let (path, credential) = match reference {
        SecretRef::File(path) => (path.clone(), false),
        SecretRef::Credential(name) => match std::env::var_os("CREDENTIALS_DIRECTORY").filter(|d| !d.is_empty()) {
            Some(dir) => (given(Path::new(&dir), name), true),
            None => (by_hand(name)?, false),
        },
    };
    let octets = octets(&path, credential)?;
    let why = |why| KeyError::Content { path: path.clone(), why };
    let text = std::str::from_utf8(&octets).map_err(|_| why("not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(why("empty"));
    }
    if text.contains(['\n', '\r', '\0']) {
        return Err(why("more than one line"));
    }
    Ok((Zeroizing::new(text.to_owned()), path))
}

/// A credential that was loaded under its own name, or by the shipped unit with the whole folder: systemd then puts the
/// name of the line before that of the file.
fn given(dir: &Path, name: &str) -> PathBuf {
    let (own, folder) = (dir.join(name), dir.join(format!("lazaret_{name}")));
    if !own.exists() && folder.exists() { folder } else { own }
}

/// A command that is run by hand finds credentials where the shipped unit loads them from.
fn by_hand(name: &str) -> Result<PathBuf, KeyError> {
    let path = Path::new(CREDENTIALS_DIR).join(name);
    if path.exists() { Ok(path) } else { Err(KeyError::NoCredentials { name: name.to_owned() }) }
}

/// Opens first and asks the open file what it is, so that nobody can swap it in between.
fn octets(path: &Path, credential: bool) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => KeyError::Missing { path: path.to_owned() },
        kind => KeyError::Unreadable { path: path.to_owned(), kind },
    };
    // Opening a pipe without a writer would wait for ever.
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(KeyError::NotAFile { path: path.to_owned() });
    }
    let mode = meta.mode() & 0o7777;
    // systemd keeps its credentials in a directory of the service alone and gives them 0400 or 0440.
    let forbidden = if credential { 0o037 } else { 0o077 };
    if mode & forbidden != 0 {
        return Err(KeyError::Mode { path: path.to_owned(), mode });
    }
    let own = rustix::process::geteuid().as_raw();
    // root, who checks by hand what another user will run, may read what that user owns.
    if own != 0 && meta.uid() != own && meta.uid() != 0 {
        return Err(KeyError::Owner { path: path.to_owned(), uid: meta.uid() });
    }
    if meta.len() > SECRET_BYTES_MAX {
        return Err(KeyError::Content { path: path.to_owned(), why: "too long" });
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(meta.len() as usize + 1));
    file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut octets).map_err(unreadable)?;
    Ok(octets)
}

fn decode_key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.trim();
    let mut key = Zeroizing::new([0u8; 32]);
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        return Some(key);
    }
    let octets = Zeroizing::new(base64::engine::general_purpose::STANDARD.decode(text).ok()?);
    key.copy_from_slice(octets.get(..32).filter(|_| octets.len() == 32)?);
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(dir: &Path, name: &str, content: &[u8], mode: u32) -> SecretRef {
        let path = dir.join(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode set");
        SecretRef::File(path)
    }

    #[test]
    fn modes() {
        let dir = tempfile::tempdir().expect("a directory");
        for (mode, good) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o644, false),
            (0o602, false),
            (0o620, false),
            (0o700, true),
        ] {
            let got = secret(&file(dir.path(), &format!("m{mode:o}"), b"s3cret\n", mode));
            assert_eq!(got.is_ok(), good, "{mode:o}");
            if let Err(e) = got {
                assert!(e.to_string().contains("chmod 600 "), "{e}");
            }
        }
    }

    #[test]
    fn contents() {
        let dir = tempfile::tempdir().expect("a directory");
        let long = "x".repeat(SECRET_BYTES_MAX as usize);
        let too_long = format!("{long}y");
        let cases: [(&[u8], Option<&str>); 8] = [
            (b"s3cret", Some("s3cret")),
            (b"s3cret\r\n", Some("s3cret")),
            (b" s3cret ", Some(" s3cret ")),
            (b"", None),
            (b"\n", None),
            (b"a\nb\n", None),
            (b"\xff\xfe", None),
            (too_long.as_bytes(), None),
        ];
        for (content, want) in cases {
            let got = secret(&file(dir.path(), "c", content, 0o600));
            assert_eq!(got.as_ref().ok().map(|s| s.as_str()), want);
            if let Err(e) = got {
                assert!(!e.to_string().contains("s3cret"));
            }
        }
        assert!(secret(&file(dir.path(), "l", long.as_bytes(), 0o600)).is_ok(), "at the limit");
    }

    #[test]
    fn what_is_no_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("absent");
        assert_eq!(secret(&SecretRef::File(path.clone())).err(), Some(KeyError::Missing { path }));
        let path = dir.path().to_owned();
        assert_eq!(secret(&SecretRef::File(path.clone())).err(), Some(KeyError::NotAFile { path }));
    }

    #[test]
    fn credentials_come_one_by_one_or_by_the_folder() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| given(dir.path(), name).strip_prefix(dir.path()).map(Path::to_owned);
        assert_eq!(at("imap"), Ok("imap".into()), "the complaint names what was asked for");
        std::fs::write(dir.path().join("lazaret_imap"), "a").expect("written");
        assert_eq!(at("imap"), Ok("lazaret_imap".into()));
        std::fs::write(dir.path().join("imap"), "b").expect("written");
        assert_eq!(at("imap"), Ok("imap".into()), "the one that was named wins");
    }

    #[test]
    fn store_keys() {
        let hex = "00".repeat(31) + "ff";
        let base64 = base64::engine::general_purpose::STANDARD.encode([7u8; 32]);
        for (text, good) in [
            (hex.as_str(), true),
            (&hex.to_uppercase(), true),
            (base64.as_str(), true),
            (&hex[1..], false),
            (&format!("{hex}0"), false),
            ("", false),
            ("c2hvcnQ=", false),
            (&hex.replace('f', "g"), false),
        ] {
            assert_eq!(decode_key(text).is_some(), good, "{} characters", text.len());
        }
        assert_eq!(decode_key(&hex).map(|k| k[31]), Some(255));
    }
}
