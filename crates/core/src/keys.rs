//! Keys that the core works with; each is 32 bytes, each has one purpose, none opens the store.

use crate::{Digest, RawMessage};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<[u8; 32]>);

        impl $name {
            /// Takes key material over.
            pub fn new(bytes: [u8; 32]) -> $name {
                $name(Zeroizing::new(bytes))
            }

            #[allow(dead_code, reason = "not every key goes to a worker")]
            pub(crate) fn expose(&self) -> &[u8; 32] {
                &self.0
            }

            /// HMAC-SHA-256 (RFC 2104) over the parts, each with its length before it, so that no two lists of parts
            /// give the same input.
            pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
                mac(&self.0, parts)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

key! {
    /// Keys K2 (the identity of a message by its octets) and the digests of findings.
    DigestKey
}
key! {
    /// Keys the tags of marks.
    MarkKey
}
key! {
    /// Keys what is kept of the values of one conversation.
    ThreadKey
}
key! {
    /// Keys the tokens in our Message-IDs and the header of our own copies.
    TokenKey
}

impl DigestKey {
    /// K2: the keyed hash of a message's octets.
    pub fn digest(&self, message: &RawMessage) -> Digest {
        Digest(self.mac(&[b"k2", message.expose()]))
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}
