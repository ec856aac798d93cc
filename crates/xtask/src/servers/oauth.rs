//! Bearer tokens (JWT, HS256) that Dovecot checks by itself, so that XOAUTH2 needs no identity provider.

use crate::process::quiet;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Signs the tokens of a test server that lives for minutes on loopback.
const KEY: &str = "a key of a test server, which opens nothing";

/// Lays the key where Dovecot looks: authorized party, algorithm, key id.
pub(super) fn install_key(dir: &Path) -> Result<()> {
    let place = dir.join("default/HS256");
    std::fs::create_dir_all(&place)?;
    Ok(std::fs::write(place.join("default"), STANDARD.encode(KEY))?)
}

pub(super) fn dovecot_settings(keys: &Path) -> String {
    format!(
        "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/\nusername_attribute = email\nissuers = https://login.example.test\n",
        keys.display()
    )
}

/// A token that says `user` is logged in, good for an hour.
pub(super) fn token(user: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?.as_secs();
    let claims = serde_json::json!({
        "iss": "https://login.example.test", "sub": user, "email": user, "iat": now, "nbf": now - 10, "exp": now + 3600,
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let input = tempfile::NamedTempFile::new()?;
    std::fs::write(input.path(), &signed)?;
    let mac = quiet(Command::new("openssl").args(["dgst", "-sha256", "-hmac", KEY, "-binary"]).arg(input.path()))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.stdout)))
}
