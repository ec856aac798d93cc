//! TLS of everything we speak: rustls with aws-lc-rs, TLS 1.2 and 1.3, names always checked.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::Path;
use std::sync::Arc;

/// Octets that a CA file may have.
const CA_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why there is no TLS configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsError {
    /// The file of certificate authorities cannot be read.
    #[error("ca_file cannot be read, or is larger than 4 MiB")]
    Unreadable,
    /// It holds no usable certificate, or one that is broken.
    #[error("ca_file holds no certificate in PEM form, or a damaged one")]
    NoCertificate,
    /// The platform's certificate authorities are not to be had.
    #[error("the certificate authorities of this machine cannot be loaded; name a ca_file")]
    Platform,
}

/// Client side: trusts the authorities in `ca_file` and no others, or the platform's where none is named.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    let builder = rustls::ClientConfig::builder();
    let config = match ca_file {
        None => builder.with_platform_verifier().map_err(|_| TlsError::Platform)?.with_no_client_auth(),
        Some(path) => builder.with_root_certificates(authorities(path)?).with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

fn authorities(path: &Path) -> Result<rustls::RootCertStore, TlsError> {
    let known_size = std::fs::metadata(path).map_err(|_| TlsError::Unreadable)?;
    if !known_size.is_file() || known_size.len() > CA_FILE_BYTES_MAX {
        return Err(TlsError::Unreadable);
    }
    let pem = std::fs::read(path).map_err(|_| TlsError::Unreadable)?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| TlsError::NoCertificate)?;
        roots.add(certificate).map_err(|_| TlsError::NoCertificate)?;
    }
    if roots.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_must_hold_certificates() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let good = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate").cert.pem();
        let torn = good.replacen("MII", "!!!", 1);
        let cases: [(&str, &str, Option<TlsError>); 4] = [
            ("good.pem", &good, None),
            ("empty.pem", "", Some(TlsError::NoCertificate)),
            ("torn.pem", &torn, Some(TlsError::NoCertificate)),
            ("text.pem", "no certificate here\n", Some(TlsError::NoCertificate)),
        ];
        for (name, text, expected) in cases {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            assert_eq!(client_config(Some(&path)).err(), expected, "{name}");
        }
        assert_eq!(client_config(Some(&dir.path().join("absent"))).err(), Some(TlsError::Unreadable));
        assert_eq!(client_config(Some(dir.path())).err(), Some(TlsError::Unreadable));
    }
}
