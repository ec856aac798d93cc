//! The sample mailbox; the files and what each shows are in `fixtures/demo`.

/// One mail.
pub(super) struct Mail {
    /// File name; names sort in the order of arrival.
    pub(super) name: &'static str,
    octets: &'static [u8],
}

impl Mail {
    /// Does it quote a reply of ours?
    pub(super) fn is_follow_up(&self) -> bool {
        find(self.octets, b"{{reply-id:").is_some()
    }

    /// The octets, with `{{reply-id:NAME}}` replaced by the id of our reply to that mail.
    pub(super) fn octets(&self, replies: &[(String, String)]) -> Vec<u8> {
        let mut out = self.octets.to_vec();
        while let Some(at) = find(&out, b"{{reply-id:") {
            let Some(len) = find(&out[at..], b"}}") else { break };
            let name = String::from_utf8_lossy(&out[at + 11..at + len]).into_owned();
            let answered = MAILS.iter().find(|m| m.name.trim_end_matches(".eml") == name).and_then(Mail::message_id);
            let reply = replies.iter().find(|(to, _)| Some(to) == answered.as_ref()).map(|(_, id)| id.as_str());
            out.splice(at..at + len + 2, reply.unwrap_or("unknown@lazaret-demo.example").bytes());
        }
        out
    }

    fn message_id(&self) -> Option<String> {
        let text = String::from_utf8_lossy(self.octets);
        let line = text
            .lines()
            .find(|l| l.len() > 11 && l.is_char_boundary(11) && l[..11].eq_ignore_ascii_case("message-id:"))?;
        Some(line[11..].trim().trim_matches(['<', '>']).to_owned())
    }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}

macro_rules! mails {
    ($($name:literal)*) => {
        /// All mails in order of arrival.
        pub(super) const MAILS: &[Mail] = &[$(Mail {
            name: $name,
            octets: include_bytes!(concat!("../../../../../fixtures/demo/", $name)),
        },)*];
    };
}

mails! {
    "01-clean.eml"
    "02-card-plain.eml"
    "03-card-html.eml"
    "04-iban-refund.eml"
    "05-password-english.eml"
    "06-password-german.eml"
    "07-password-french.eml"
    "08-aws-key.eml"
    "09-private-key.eml"
    "10-card-security-code.eml"
    "11-spreadsheet.eml"
    "12-signature-picture.eml"
    "13-pgp-signed.eml"
    "14-bounce.eml"
    "15-out-of-office.eml"
    "16-newsletter.eml"
    "17-follow-up.eml"
    "18-copy-of-clean.eml"
    "19-html-only-spanish.eml"
    "20-french-clean.eml"
    "21-japanese.eml"
    "22-portuguese.eml"
    "23-pgp-encrypted.eml"
    "24-csv-records.eml"
    "25-forwarded-ssn.eml"
    "26-from-staff.eml"
    "27-contact-details.eml"
    "28-look-alikes.eml"
    "29-quoted-tax-number.eml"
    "30-national-insurance.eml"
    "31-test-card.eml"
    "32-unproven-sender.eml"
}

#[cfg(test)]
mod tests {
    use super::MAILS;

    #[test]
    fn every_bundled_mail_is_listed_in_order() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/demo");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .expect("the fixtures are there")
            .map(|e| e.expect("it is readable").file_name().to_string_lossy().into_owned())
            .filter(|n| n.ends_with(".eml"))
            .collect();
        files.sort();
        assert_eq!(files, MAILS.iter().map(|m| m.name).collect::<Vec<_>>());
        assert!(MAILS.len() >= 25);
    }
}
