//! What a worker is told of the mailbox that a message came from.

use serde::{Deserialize, Serialize};

/// Which authentication results are believed (RFC 8601 section 5: only those that the own border wrote).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum ProofMode {
    /// None at all.
    #[default]
    None,
    /// `Authentication-Results` with this authserv-id, above the first foreign `Received`.
    AuthservId(String),
    /// Gmail: authserv-id `mx.google.com`.
    Gmail,
    /// Exchange Online: the topmost header, which has no authserv-id.
    ExchangeOnline,
}

/// A product that reports on behalf of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporter {
    /// Its `From` address.
    pub from: String,
    /// Is the customer the address in `Reply-To`?
    pub customer_in_reply_to: bool,
}

/// Facts of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Profile {
    /// Its name in the configuration.
    pub mailbox: String,
    /// All addresses under which it receives, in lower case.
    pub own: Vec<String>,
    /// Domains of staff, in lower case.
    pub staff: Vec<String>,
    /// Products that report for users.
    pub reporters: Vec<Reporter>,
    /// What proves a sender.
    pub proof: ProofMode,
    /// Countries (ISO 3166-1 alpha-2) whose identifiers are expected.
    pub countries: Vec<String>,
    /// Language (ISO 639-1) of marks and replies where the mail's own is not known.
    pub language: String,
}
