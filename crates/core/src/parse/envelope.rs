//! The header of the message: addresses, ids and date for the envelope, and every value that a person may have written as
//! a text to scan.

use super::Builder;
use super::fields::{addresses, date, message_ids, unfold, words};
use crate::gate::Node;
use crate::message::ReturnPath;
use crate::tree::{Field, Home};
use crate::{Addr, Address, Cleared, Raw};
use lazaret_scan::Placement;

/// Most message ids that are kept of `References`.
const REFERENCES_MAX: usize = 100;

/// Helpdesk tags and references of ours that are kept of a subject.
const SUBJECT_REFS_MAX: usize = 10;

impl Builder<'_> {
    /// Reads the header of the message itself.
    pub(super) fn header(&mut self) {
        let layout = self.layout;
        let Some(root) = layout.nodes.first() else { return };
        if root.fields.is_empty() {
            self.defect("no-header");
        }
        self.mailboxes(root);
        let first = |name: &'static str| layout.values(root, name).next();
        self.envelope.return_path = first("return-path").map_or(ReturnPath::Unknown, return_path);
        self.envelope.date = first("date").and_then(date);
        if first("date").is_some() && self.envelope.date.is_none() {
            self.defect("bad-date");
        }
        self.envelope.message_id = first("message-id").and_then(|v| message_ids(v, 1).pop());
        self.envelope.in_reply_to = first("in-reply-to").and_then(|v| message_ids(v, 1).pop());
        let mut references: Vec<String> =
            layout.values(root, "references").flat_map(|v| message_ids(v, 4096)).collect();
        if references.len() > REFERENCES_MAX {
            // The first names the thread, the last ones what is answered.
            references.drain(1..references.len() - (REFERENCES_MAX - 1));
        }
        self.envelope.references = references;
        let subject = first("subject").map(words).unwrap_or_default();
        self.envelope.subject_refs = subject_refs(&subject);
        self.text("header/subject", Home::Subject, Placement::Header, subject);
        for extra in layout.values(root, "subject").skip(1) {
            self.defect("duplicate-field");
            self.text("header/subject", Home::Elsewhere, Placement::Header, words(extra));
        }
        self.stray_lines(root);
        self.kept_fields(root);
    }

    fn mailboxes(&mut self, root: &Node) {
        let layout = self.layout;
        let mut left = self.limits.addresses_max;
        for (name, field) in [("from", Field::From), ("reply-to", Field::ReplyTo), ("to", Field::To), ("cc", Field::Cc)]
        {
            let mut count = 0;
            for value in layout.values(root, name) {
                self.froms += usize::from(field == Field::From);
                let (found, groups, complete) = addresses(value, left);
                left -= found.len();
                if !complete {
                    self.over_limit = true;
                }
                for group in groups {
                    self.text(format!("header/{name}/group"), Home::Elsewhere, Placement::Header, group);
                }
                for mailbox in found {
                    let path = format!("header/{name}");
                    let addr = Addr::parse(&mailbox.address);
                    if addr.is_none() && !mailbox.address.is_empty() {
                        // Not kept on the ticket, so it has to be read here.
                        self.text(
                            format!("{path}/address"),
                            Home::Elsewhere,
                            Placement::Header,
                            mailbox.address.clone(),
                        );
                    }
                    self.text(path, Home::Name(field, count), Placement::Header, mailbox.name);
                    self.written.push((field, Raw::new(mailbox.address)));
                    let list = match field {
                        Field::From => &mut self.envelope.from,
                        Field::To => &mut self.envelope.to,
                        Field::Cc => &mut self.envelope.cc,
                        Field::ReplyTo => &mut self.envelope.reply_to,
                    };
                    list.push(Address { name: Cleared::default(), addr });
                    count += 1;
                }
            }
        }
    }

    /// Lines in the header that are no fields: a text whose writer forgot the blank line before it.
    fn stray_lines(&mut self, root: &Node) {
        let layout = self.layout;
        let stray = root.fields.iter().filter(|f| f.name.is_empty()).map(|f| layout.slice(root, &f.value));
        let lines: Vec<String> = stray.map(unfold).collect();
        if !lines.is_empty() {
            self.defect("bad-header");
            self.attach_text("header/lines", lines.join("\n"));
        }
    }

    /// The fields of a header that are not shown and are no machinery, as texts to scan.
    pub(super) fn other_fields(&mut self, node: &Node, prefix: &str, shown: &[&str]) {
        let layout = self.layout;
        for field in &node.fields {
            let mut name = String::from_utf8_lossy(layout.slice(node, &field.name)).to_ascii_lowercase();
            if name.is_empty() {
                name.push_str("line");
            }
            if shown.contains(&name.as_str()) || is_machinery(&name) {
                continue;
            }
            let value = words(layout.slice(node, &field.value));
            self.text(format!("{prefix}{name}"), Home::Elsewhere, Placement::Header, value);
        }
    }

    /// The header of an enclosed message, as a reader wants to see it.
    pub(super) fn enclosed_header(&mut self, node: &Node, own: &str, attachment: usize) {
        let layout = self.layout;
        let shown = ["from", "to", "cc", "reply-to", "date", "subject"];
        let mut text = String::new();
        for (name, label) in shown.iter().zip(["From", "To", "Cc", "Reply-To", "Date", "Subject"]) {
            for value in layout.values(node, name) {
                text.push_str(&format!("{label}: {}\n", words(value)));
            }
        }
        self.text(format!("{own}/header"), Home::Attachment(attachment), Placement::Header, text);
        self.other_fields(node, &format!("{own}/header/"), &shown);
        for name in ["message-id", "resent-message-id"] {
            self.enclosed_ids.extend(layout.values(node, name).flat_map(|v| message_ids(v, 1)).take(1));
        }
    }
}

fn return_path(value: &[u8]) -> ReturnPath {
    let text = unfold(value);
    let inner = text.trim().trim_start_matches('<').split('>').next().unwrap_or_default().trim().to_owned();
    if inner.is_empty() {
        return ReturnPath::Null;
    }
    Addr::parse(&inner).map_or(ReturnPath::Unknown, ReturnPath::Addr)
}

/// Tags such as `[#123]`, `[Ticket#2024-17]`, `[example.com #42]`, and references of ours, `LZ-7K2Q-M4XD`.
fn subject_refs(subject: &str) -> Vec<String> {
    let mut refs: Vec<String> = Vec::new();
    for part in subject.split('[').skip(1) {
        let Some((inner, _)) = part.split_once(']') else { continue };
        let digits = inner.rsplit(['#', ':']).next().unwrap_or_default().trim();
        let numbered = inner.contains('#') && digits.starts_with(|c: char| c.is_ascii_digit());
        if numbered && inner.len() <= 64 && digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            refs.push(format!("[{inner}]"));
        }
    }
    let is_tail = |c: char| matches!(c, 'A'..='Z' | '2'..='7');
    let upper = subject.to_ascii_uppercase();
    for (at, _) in upper.match_indices("LZ-") {
        let reference = upper.get(at..at + 12).filter(|r| {
            let mut parts = r.split('-').skip(1);
            parts.all(|p| p.len() == 4 && p.chars().all(is_tail))
        });
        let whole =
            |at: usize| !upper.get(at..).and_then(|r| r.chars().next()).is_some_and(|c| c.is_ascii_alphanumeric());
        if let Some(reference) = reference.filter(|_| whole(at + 12)) {
            refs.push(reference.to_owned());
        }
    }
    let mut out: Vec<String> = Vec::new();
    for reference in refs {
        if out.len() < SUBJECT_REFS_MAX && !out.contains(&reference) {
            out.push(reference);
        }
    }
    out
}

/// Fields that programs write for programs: signatures, traces, ids, scores. What a person types is never in them, and
/// their long runs of hexadecimal and base64 would drown real findings.
pub(super) fn is_machinery(name: &str) -> bool {
    const NAMES: [&str; 40] = [
        "received",
        "return-path",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
        "content-language",
        "content-length",
        "lines",
        "status",
        "x-status",
        "x-uid",
        "x-keywords",
        "precedence",
        "auto-submitted",
        "authentication-results",
        "dkim-signature",
        "domainkey-signature",
        "received-spf",
        "feedback-id",
        "thread-index",
        "user-agent",
        "x-mailer",
        "importance",
        "x-priority",
        "x-lazaret-copy",
        "x-received",
        "x-google-smtp-source",
        "x-gm-message-state",
        "x-spam-status",
        "x-mimeole",
        "autocrypt",
    ];
    const PREFIXES: [&str; 14] = [
        "arc-",
        "list-",
        "x-ms-",
        "x-microsoft-",
        "x-forefront-",
        "x-exchange-",
        "x-google-dkim-",
        "x-spam-",
        "x-virus-",
        "x-dkim",
        "x-proofpoint-",
        "x-mimecast-",
        "x-ses-",
        "x-sg-",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|p| name.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_helpdesks_and_our_references() {
        let cases: &[(&str, &[&str])] = &[
            ("Re: [#123] printer", &["[#123]"]),
            ("[example.com #42] x [Ticket#2024-17]", &["[example.com #42]", "[Ticket#2024-17]"]),
            ("[urgent] no tag", &[]),
            ("Auto: we have your message [LZ-7K2Q-M4XD]", &["LZ-7K2Q-M4XD"]),
            ("re lz-7k2q-m4xd again LZ-7K2Q-M4XD", &["LZ-7K2Q-M4XD"]),
            ("LZ-7K2Q-M4XDX LZ-1K2Q-M4XD LZ-7K2Q", &[]),
        ];
        for (subject, want) in cases {
            assert_eq!(subject_refs(subject), *want, "{subject}");
        }
    }

    #[test]
    fn return_paths() {
        let addr = |a: &str| ReturnPath::Addr(Addr::parse(a).expect("is one"));
        let cases: &[(&[u8], ReturnPath)] = &[
            (b" <>", ReturnPath::Null),
            (b" <a@example.org>", addr("a@example.org")),
            (b" a@example.org", addr("a@example.org")),
            (b" <MAILER-DAEMON>", ReturnPath::Unknown),
        ];
        for (value, want) in cases {
            assert_eq!(return_path(value), *want);
        }
    }
}
