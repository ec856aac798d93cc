//! What the messages of a conversation tell each other, without a word of them: keyed digests of values that were found,
//! and facts such as "a user name was sent".
//!
//! A worker digests a value under the key of marks ([`ValueDigest`]). What is kept of it for a conversation is that digest
//! under a key of the conversation ([`ThreadKey`]), so that equal values of two conversations look different at rest. A
//! later message of the conversation gets the key and the digests with its job ([`Thread`]).

use crate::MarkKey;
use crate::keys::ThreadKey;
use lazaret_scan::Class;
use std::collections::HashSet;
use std::ops::BitOr;

/// Values of one message that are remembered at most.
pub const MESSAGE_VALUES_MAX: usize = 64;
/// Values of a conversation that are kept; the newest win.
pub const THREAD_VALUES_MAX: usize = 256;

/// The keyed digest of a value and its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueDigest(pub [u8; 16]);

/// The same under the key of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadDigest(pub [u8; 8]);

/// What was sent, without what it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts(u8);

impl Facts {
    /// A user name.
    pub const USER_NAME: Facts = Facts(1);
    /// A part that is encrypted.
    pub const ENCRYPTED: Facts = Facts(2);
    /// That a password, or the rest of one, comes separately.
    pub const PASSWORD_FOLLOWS: Facts = Facts(4);
    const ALL: u8 = 7;

    /// From what [`bits`](Facts::bits) gave; bits that mean nothing are dropped.
    pub fn from_bits(bits: u8) -> Facts {
        Facts(bits & Facts::ALL)
    }

    /// One bit a fact.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Is none of them known?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is one of `others` known?
    pub fn has(self, others: Facts) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Facts {
    type Output = Facts;

    fn bitor(self, other: Facts) -> Facts {
        Facts(self.0 | other.0)
    }
}

/// What one message leaves for later ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// At most [`MESSAGE_VALUES_MAX`], by digest.
    pub values: Vec<ValueDigest>,
    /// What was sent.
    pub facts: Facts,
}

impl Remembered {
    /// Is there nothing to remember?
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.facts.is_empty()
    }
}

/// What earlier messages of a conversation left.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Under which the digests are.
    pub key: ThreadKey,
    /// At most [`THREAD_VALUES_MAX`].
    pub values: Vec<ThreadDigest>,
    /// What was sent.
    pub facts: Facts,
}

impl MarkKey {
    /// The key of a conversation, which is told by the reference of its ticket.
    pub fn thread(&self, ticket: &str) -> ThreadKey {
        ThreadKey::new(self.mac(&[b"thread", ticket.as_bytes()]))
    }

    /// The digest of a value in its canonical form.
    pub(crate) fn value_digest(&self, class: Class, canonical: &str) -> ValueDigest {
        ValueDigest(first(&self.mac(&[b"thread-value", class.as_str().as_bytes(), canonical.as_bytes()])))
    }
}

impl ThreadKey {
    /// What is kept of a value.
    pub fn digest(&self, value: &ValueDigest) -> ThreadDigest {
        ThreadDigest(first(&self.mac(&[&value.0])))
    }
}

fn first<const N: usize>(mac: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(mac).for_each(|(to, from)| *to = *from);
    out
}

/// The values of a conversation, to look candidates up in.
pub(crate) struct Recall<'a> {
    mark_key: &'a MarkKey,
    key: &'a ThreadKey,
    values: HashSet<ThreadDigest>,
}

impl<'a> Recall<'a> {
    pub(crate) fn new(mark_key: &'a MarkKey, thread: &'a Thread) -> Recall<'a> {
        Recall { mark_key, key: &thread.key, values: thread.values.iter().copied().collect() }
    }

    pub(crate) fn knows(&self, class: Class, canonical: &str) -> bool {
        let digest = || self.key.digest(&self.mark_key.value_digest(class, canonical));
        !self.values.is_empty() && self.values.contains(&digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_again_in_its_conversation_only() {
        let mark_key = MarkKey::new([3; 32]);
        let card = mark_key.value_digest(Class::CreditCard, "4929123345678908");
        let thread = |ticket: &str| {
            let key = mark_key.thread(ticket);
            Thread { values: vec![mark_key.thread("LZ-AAAA-AAAA").digest(&card)], key, facts: Facts::default() }
        };
        let (same, other) = (thread("LZ-AAAA-AAAA"), thread("LZ-BBBB-BBBB"));
        assert!(Recall::new(&mark_key, &same).knows(Class::CreditCard, "4929123345678908"));
        assert!(!Recall::new(&mark_key, &same).knows(Class::BankAccount, "4929123345678908"));
        assert!(!Recall::new(&mark_key, &same).knows(Class::CreditCard, "4929123345678909"));
        assert!(!Recall::new(&mark_key, &other).knows(Class::CreditCard, "4929123345678908"));
        assert!(!Recall::new(&MarkKey::new([4; 32]), &same).knows(Class::CreditCard, "4929123345678908"));
    }

    #[test]
    fn facts_are_bits() {
        let both = Facts::USER_NAME | Facts::ENCRYPTED;
        assert!(both.has(Facts::USER_NAME) && !both.has(Facts::PASSWORD_FOLLOWS) && !both.is_empty());
        assert_eq!(Facts::from_bits(0xf8 | both.bits()), both);
    }
}
