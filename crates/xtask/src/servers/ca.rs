//! A certificate authority of one day, and a certificate for loopback.

use crate::process::quiet;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// PEM files.
#[derive(Debug, Clone)]
pub(crate) struct Ca {
    /// The authority's certificate: what a client is told to trust.
    pub(crate) root: PathBuf,
    /// The server's certificate, for `localhost` and 127.0.0.1.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
}

impl Ca {
    pub(crate) fn make(dir: &Path) -> Result<Ca> {
        std::fs::create_dir_all(dir)?;
        let (root, root_key) = (dir.join("ca.pem"), dir.join("ca.key"));
        let (certificate, key, request, extra) =
            (dir.join("server.pem"), dir.join("server.key"), dir.join("server.csr"), dir.join("server.ext"));
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let openssl = || Command::new("openssl");
        quiet(
            openssl()
                .args(["req", "-x509", "-days", "1", "-subj", "/CN=Lazaret test authority"])
                .args(curve)
                .arg("-keyout")
                .arg(&root_key)
                .arg("-out")
                .arg(&root),
        )?;
        quiet(
            openssl()
                .args(["req", "-subj", "/CN=localhost"])
                .args(curve)
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&request),
        )?;
        std::fs::write(
            &extra,
            "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n",
        )?;
        quiet(
            openssl()
                .args(["x509", "-req", "-days", "1", "-CAcreateserial", "-CA"])
                .arg(&root)
                .arg("-CAkey")
                .arg(&root_key)
                .arg("-extfile")
                .arg(&extra)
                .arg("-in")
                .arg(&request)
                .arg("-out")
                .arg(&certificate),
        )?;
        Ok(Ca { root, certificate, key })
    }
}
