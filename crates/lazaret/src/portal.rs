//! The link to the upload portal: a JWT (RFC 7519) signed with Ed25519 (RFC 8037), so that any portal can verify it with
//! the public key alone. It names a ticket and allows an upload for some hours; it holds nothing personal and opens nothing.

use aws_lc_rs::digest::{SHA256, digest};
#[cfg(test)]
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lazaret_store::TicketRef;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What stands in a portal URL where the token goes.
pub(crate) const PLACEHOLDER: &str = "{token}";
/// Longest token that is looked at.
#[cfg(test)]
const TOKEN_BYTES_MAX: usize = 4096;
/// What the link allows.
const SCOPE: &str = "upload";

/// Makes links to one portal.
pub(crate) struct Portal {
    key: Ed25519KeyPair,
    kid: String,
    url: String,
    tenant: String,
    lifetime: Duration,
}

/// What a token says (RFC 7519 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// `lazaret`.
    pub(crate) iss: String,
    /// Origin of the portal: scheme, host and port.
    pub(crate) aud: String,
    /// The ticket's reference.
    pub(crate) sub: String,
    /// Tenant.
    pub(crate) tenant: String,
    /// When it was made, in seconds since 1970.
    pub(crate) iat: i64,
    /// When it ends, in seconds since 1970.
    pub(crate) exp: i64,
    /// Its own id, so that a portal can allow it once.
    pub(crate) jti: String,
    /// `upload`.
    pub(crate) scope: String,
}

/// A link and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The URL with the token in it.
    pub(crate) url: String,
    /// End, in seconds since 1970.
    pub(crate) until: i64,
}

/// The key or the URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortalError {
    /// Not an Ed25519 seed.
    #[error("the portal's signing key is not usable")]
    Key,
    /// No `{token}` in it, or no scheme and host.
    #[error("the portal address needs https:// (or http://), a host, and {{token}} once")]
    Url,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

impl Portal {
    /// Takes the seed of the signing key and the URL as configured.
    pub(crate) fn new(seed: &[u8; 32], url: &str, tenant: &str, lifetime: Duration) -> Result<Portal, PortalError> {
        if url.matches(PLACEHOLDER).count() != 1 || origin(url).is_none() {
            return Err(PortalError::Url);
        }
        let key = key_pair(seed)?;
        let kid = thumbprint(key.public_key().as_ref());
        Ok(Portal { key, kid, url: url.to_owned(), tenant: tenant.to_owned(), lifetime })
    }

    /// Where the portal is, without a token: for those who type the reference.
    pub(crate) fn base(&self) -> &str {
        let before = self.url.split_once(PLACEHOLDER).map_or(self.url.as_str(), |(before, _)| before);
        match before.find(['?', '#']) {
            Some(end) => before.get(..end).unwrap_or(before),
            None => before.trim_end_matches('/'),
        }
    }

    /// A link for a ticket. `unique` makes its `jti`: the same reply rendered twice has the same one.
    pub(crate) fn link(&self, ticket: &TicketRef, unique: &str, now: i64) -> Link {
        let until = now.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX));
        let claims = Claims {
            iss: "lazaret".to_owned(),
            aud: origin(&self.url).unwrap_or_default().to_owned(),
            sub: ticket.0.clone(),
            tenant: self.tenant.clone(),
            iat: now,
            exp: until,
            jti: unique.to_owned(),
            scope: SCOPE.to_owned(),
        };
        Link { url: self.url.replace(PLACEHOLDER, &self.sign(&claims)), until }
    }

    fn sign(&self, claims: &Claims) -> String {
        let header = Header { alg: "EdDSA", kid: &self.kid, typ: "JWT" };
        let mut token = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature.as_ref()));
        token
    }
}

/// The public key as a JWK set (RFC 7517), for the portal to verify links with.
pub(crate) fn jwks(seed: &[u8; 32]) -> Result<serde_json::Value, PortalError> {
    let key = key_pair(seed)?;
    let public = key.public_key().as_ref();
    Ok(serde_json::json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": thumbprint(public), "x": URL_SAFE_NO_PAD.encode(public),
    }] }))
}

/// Checks a token as a portal has to: signature, algorithm, audience, scope and time.
#[cfg(test)]
pub(crate) fn verify(token: &str, seed: &[u8; 32], aud: &str, now: i64) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= TOKEN_BYTES_MAX)?;
    let (header, claims) = signed.split_once('.')?;
    let public = key_pair(seed).ok()?.public_key().as_ref().to_vec();
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ED25519, &public).verify(signed.as_bytes(), &signature).ok()?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let good =
        header.alg == "EdDSA" && claims.aud == aud && claims.scope == SCOPE && claims.iat <= now && now < claims.exp;
    good.then_some(claims)
}

fn key_pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, PortalError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| PortalError::Key)
}

/// RFC 7638: the hash of the required members in lexical order.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

fn encode(value: &impl Serialize) -> String {
    // Serialising a struct of strings and numbers into memory has no way to fail.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.find(['/', '?', '#']).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    let good = !host.is_empty() && !host.contains(['{', '@', ' ']);
    good.then(|| url.get(..url.len() - rest.len() + host.len())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [7; 32];
    const URL: &str = "https://portal.acme.example/upload?t={token}";

    fn portal() -> Portal {
        Portal::new(&SEED, URL, "acme", Duration::from_secs(72 * 3600)).expect("the test's own key and address")
    }

    fn token() -> String {
        let link = portal().link(&TicketRef("LZ-7K2Q-M4XD".into()), "00ff", 1_000);
        link.url.strip_prefix("https://portal.acme.example/upload?t=").expect("the address before the token").to_owned()
    }

    #[test]
    fn a_link_verifies_within_its_time_only() {
        let aud = "https://portal.acme.example";
        let claims = verify(&token(), &SEED, aud, 1_000).expect("fresh");
        assert_eq!((claims.sub.as_str(), claims.scope.as_str()), ("LZ-7K2Q-M4XD", "upload"));
        assert_eq!(claims.exp, 1_000 + 259_200);
        assert!(verify(&token(), &SEED, aud, 260_199).is_some());
        assert!(verify(&token(), &SEED, aud, 260_200).is_none());
        assert!(verify(&token(), &SEED, aud, 999).is_none());
        assert!(verify(&token(), &SEED, "https://other.example", 1_000).is_none());
        assert!(verify(&token(), &[8; 32], aud, 1_000).is_none());
    }

    #[test]
    fn any_changed_octet_is_refused() {
        let good = token();
        for i in 0..good.len() {
            let mut bad = good.clone().into_bytes();
            bad[i] = if bad[i] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).expect("ASCII");
            assert!(verify(&bad, &SEED, "https://portal.acme.example", 1_000).is_none(), "octet {i}");
        }
        for bad in ["", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(verify(bad, &SEED, "https://portal.acme.example", 1_000).is_none());
        }
    }

    #[test]
    fn addresses_and_their_base() {
        for (url, base) in [
            (URL, Some("https://portal.acme.example/upload")),
            ("https://p.example/u/{token}", Some("https://p.example/u")),
            ("https://p.example/#{token}", Some("https://p.example/")),
            ("https://p.example/upload", None),
            ("https://p.example/{token}/{token}", None),
            ("ftp://p.example/{token}", None),
            ("https://{token}/", None),
            ("", None),
        ] {
            let made = Portal::new(&SEED, url, "t", Duration::from_secs(1)).ok();
            assert_eq!(made.as_ref().map(Portal::base), base, "{url}");
        }
    }

    /// The key and its thumbprint of RFC 8037 appendix A.
    #[test]
    fn published_vector() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("the RFC's text");
        let jwks = jwks(&seed.try_into().expect("32 octets")).expect("a key");
        assert_eq!(jwks["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(jwks["keys"][0]["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
