//! Keys of the one tree. A family is one octet; what follows sorts as it should be read. No address, name or Message-ID
//! stands in one: only keyed hashes, numbers, random ids and ticket references.

use crate::model::TicketRef;

/// Families of records and of index entries. Index entries have an empty value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Family {
    /// What the store is: proves that tree and keyring belong together; holds the epoch.
    Meta = b'M',
    /// Counts, the latest time seen, the breaker.
    Tally = b'C',
    /// State of a folder.
    Folder = b'f',
    /// K1.
    Handle = b'k',
    /// Index: K1 whose source is not done.
    Unacknowledged = b'u',
    /// K2.
    Digest = b'h',
    /// Key of a ticket.
    TicketKey = b'K',
    /// Ticket.
    Ticket = b't',
    /// Index: tickets by time.
    ByTime = b'l',
    /// Message of a ticket.
    Message = b'm',
    /// File of an attachment.
    File = b'a',
    /// What is known of a sealed original.
    Quarantine = b'q',
    /// The sealed original itself.
    Sealed = b's',
    /// Index: sealed originals by their end.
    ByEnd = b'x',
    /// Reply.
    Outbox = b'o',
    /// Index: replies that are not finished.
    Waiting = b'w',
    /// Delivery to a sink.
    Delivery = b'v',
    /// Index: deliveries that are not finished.
    Delivering = b'y',
    /// Index: deliveries by time.
    DeliveryTime = b'c',
    /// Index: deliveries of a ticket.
    DeliveryTicket = b'g',
    /// Counters of replies.
    Window = b'r',
    /// Fingerprints of a message's candidates, by time.
    Fingerprint = b'p',
    /// Index: messages that were too large to fetch.
    Held = b'H',
    /// What people said of them.
    Feedback = b'j',
    /// Record of the audit trail, by number.
    Audit = b'A',
    /// Small named record.
    Named = b'n',
    /// What the messages of a ticket tell later ones.
    Thread = b'd',
    /// Message-ID that leads to such a record.
    ThreadId = b'i',
    /// Index: such records by their end.
    ThreadEnd = b'e',
    /// Index: blob files in use.
    Blob = b'b',
    /// Index: blob files to be unlinked.
    Tombstone = b'z',
}

impl Family {
    /// The word for errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Family::Meta => "meta",
            Family::Tally => "tally",
            Family::Folder => "folder",
            Family::Handle => "handle",
            Family::Unacknowledged => "unacknowledged",
            Family::Digest => "digest",
            Family::TicketKey => "ticket-key",
            Family::Ticket => "ticket",
            Family::ByTime => "by-time",
            Family::Message => "message",
            Family::File => "file",
            Family::Quarantine => "quarantine",
            Family::Sealed => "sealed",
            Family::ByEnd => "by-end",
            Family::Outbox => "outbox",
            Family::Waiting => "waiting",
            Family::Delivery => "delivery",
            Family::Delivering => "delivering",
            Family::DeliveryTime => "delivery-time",
            Family::DeliveryTicket => "delivery-ticket",
            Family::Window => "window",
            Family::Fingerprint => "fingerprint",
            Family::Held => "held",
            Family::Feedback => "feedback",
            Family::Audit => "audit",
            Family::Named => "named",
            Family::Thread => "thread",
            Family::ThreadId => "thread-id",
            Family::ThreadEnd => "thread-end",
            Family::Blob => "blob",
            Family::Tombstone => "tombstone",
        }
    }
}

/// A key of the tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", crate::keys::hex(&self.0))
    }
}

impl Key {
    /// A key, or the prefix of keys, of these parts.
    pub(crate) fn new(family: Family, parts: &[&[u8]]) -> Key {
        let mut key = vec![family as u8];
        parts.iter().for_each(|part| key.extend_from_slice(part));
        Key(key)
    }

    /// A key that was read from the tree.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Key {
        Key(bytes.to_vec())
    }

    /// The key of the same parts in another family.
    pub(crate) fn of(&self, family: Family) -> Key {
        let mut key = self.clone();
        key.0.splice(..self.0.len().min(1), [family as u8]);
        key
    }

    pub(crate) fn ticket(family: Family, ticket: &TicketRef) -> Key {
        Key::new(family, &[ticket.0.as_bytes()])
    }

    pub(crate) fn message(ticket: &TicketRef, message: u32) -> Key {
        Key::new(Family::Message, &[ticket.0.as_bytes(), &message.to_be_bytes()])
    }

    /// The file of the n-th attachment of a message.
    pub(crate) fn file(ticket: &TicketRef, message: u32, attachment: u32) -> Key {
        Key::new(Family::File, &[ticket.0.as_bytes(), &message.to_be_bytes(), &attachment.to_be_bytes()])
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// What follows the family, in hexadecimal: an id for errors.
    pub(crate) fn id(&self) -> String {
        crate::keys::hex(self.0.get(1..).unwrap_or_default())
    }
}

/// Seconds since 1970 as octets that sort as the numbers do, also before 1970.
pub(crate) fn sortable(at: i64) -> [u8; 8] {
    ((at as u64) ^ (1 << 63)).to_be_bytes()
}

/// The way back from [`sortable`].
pub(crate) fn unsortable(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

/// The last N octets of a key.
pub(crate) fn tail<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
    key.last_chunk::<N>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_sort_as_numbers(a: i64, b: i64) {
            prop_assert_eq!(a.cmp(&b), sortable(a).cmp(&sortable(b)));
            prop_assert_eq!(unsortable(sortable(a)), a);
        }

        #[test]
        fn messages_of_a_ticket_sort_by_number_and_stay_among_themselves(a: u32, b: u32, x in "[A-Z2-7]{4}", y in "[A-Z2-7]{4}") {
            let (first, second) = (TicketRef(format!("LZ-AAAA-{x}")), TicketRef(format!("LZ-AAAA-{y}")));
            let (ka, kb) = (Key::message(&first, a), Key::message(&first, b));
            prop_assert_eq!(a.cmp(&b), ka.cmp(&kb));
            prop_assert_eq!(tail::<4>(ka.as_bytes()).map(u32::from_be_bytes), Some(a));
            let prefix = Key::ticket(Family::Message, &second);
            prop_assert_eq!(ka.as_bytes().starts_with(prefix.as_bytes()), x == y);
        }
    }
}
