//! The fields of the message's own header that its copy keeps beside those of the envelope, in their order, within bounds.

use super::Builder;
use super::envelope::is_machinery;
use super::fields::words;
use crate::Raw;
use crate::gate::Node;
use crate::outcome::{HEADER_FIELDS_MAX, HEADERS_BYTES_MAX, is_field_name};
use crate::tree::{Home, Kept, KeptValue};
use lazaret_scan::Placement;

/// Fields that a copy has from the envelope.
const OF_ENVELOPE: [&str; 9] =
    ["from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"];
/// Those of them that a message has once (RFC 5322 3.6); of the others all are read.
const ONCE: [&str; 3] = ["subject", "date", "message-id"];

impl Builder<'_> {
    /// Reads the fields that are not of the envelope: what people write is scanned, and all that is to be kept is remembered.
    pub(super) fn kept_fields(&mut self, root: &Node) {
        let layout = self.layout;
        let (mut count, mut left) = (0, HEADERS_BYTES_MAX);
        for field in &root.fields {
            let name = String::from_utf8_lossy(layout.slice(root, &field.name)).into_owned();
            let lower = name.to_ascii_lowercase();
            if OF_ENVELOPE.contains(&lower.as_str()) {
                let seen = self.kept.iter().any(|kept| kept.name.eq_ignore_ascii_case(&name));
                match seen {
                    false => self.kept.push(Kept { name, value: KeptValue::Envelope }),
                    true => self.fields_left_out += u32::from(ONCE.contains(&lower.as_str())),
                }
                continue;
            }
            // Lines among the fields are attached, since their writer meant them to be read.
            if name.is_empty() {
                continue;
            }
            let value = words(layout.slice(root, &field.value));
            if value.trim().is_empty() {
                continue;
            }
            let fits = count < HEADER_FIELDS_MAX && value.len() <= left;
            let is_wanted = !is_of_its_way(&lower);
            let is_kept = is_wanted && fits && is_field_name(&name) && is_decoded(&value);
            self.fields_left_out += u32::from(is_wanted && !is_kept);
            if is_kept {
                count += 1;
                left -= value.len();
            }
            match (is_machinery(&lower), is_kept) {
                (true, false) => {}
                (true, true) => self.kept.push(Kept { name, value: KeptValue::Machinery(Raw::new(value)) }),
                (false, false) => self.text(format!("header/{lower}"), Home::Elsewhere, Placement::Header, value),
                (false, true) => {
                    let home = Home::Header(self.kept.len());
                    self.kept.push(Kept { name, value: KeptValue::Text });
                    self.text(format!("header/{lower}"), home, Placement::Header, value);
                }
            }
        }
    }
}

/// Was every encoded word of it understood? What was not cannot be scanned.
fn is_decoded(value: &str) -> bool {
    !value.contains("=?") && !value.contains(char::REPLACEMENT_CHARACTER) && !value.contains('\0')
}

/// Fields that say how the message went, not what it is. Of a copy they would be untrue, or do harm:
/// - traces (`Received`, `Resent-…`) name hosts and networks of people, and belong to another way;
/// - `Return-Path` and `Delivered-To` are written at delivery; one that stands there already stops a mail as a loop;
/// - signatures and results of their checks (`DKIM-Signature`, `ARC-…`, `Authentication-Results`) are of other octets;
/// - `Content-…` and `MIME-Version` are those of the copy; `X-Lazaret-…` are ours alone;
/// - who was a blind recipient was never to be read;
/// - a receipt (`Disposition-Notification-To` and its kin) would go out when an agent opens the copy;
/// - what a mail store notes (`Status`, `X-UID`) is of that store, and stamps of gateways are codes that nobody can examine.
fn is_of_its_way(name: &str) -> bool {
    const NAMES: [&str; 39] = [
        "received",
        "x-received",
        "received-spf",
        "return-path",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
        "x-envelope-from",
        "apparently-to",
        "original-recipient",
        "errors-to",
        "dkim-signature",
        "domainkey-signature",
        "authentication-results",
        "authentication-results-original",
        "x-original-authentication-results",
        "autocrypt",
        "mime-version",
        "bcc",
        "x-bcc",
        "disposition-notification-to",
        "disposition-notification-options",
        "return-receipt-to",
        "return-receipt-requested",
        "read-receipt-to",
        "x-confirm-reading-to",
        "generate-delivery-report",
        "status",
        "x-status",
        "x-uid",
        "x-uidl",
        "x-keywords",
        "x-imap",
        "x-imapbase",
        "x-gm-message-state",
        "x-gm-thrid",
        "x-gmail-labels",
        "lines",
    ];
    const PREFIXES: [&str; 15] = [
        "arc-",
        "resent-",
        "content-",
        "x-lazaret-",
        "x-dkim",
        "x-google-dkim-",
        "x-google-smtp-",
        "x-ms-exchange-",
        "x-microsoft-antispam",
        "x-forefront-",
        "x-proofpoint-",
        "x-mimecast-",
        "x-ses-",
        "x-sg-",
        "x-mozilla-",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
