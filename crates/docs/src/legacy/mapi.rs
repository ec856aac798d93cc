//! Messages as Outlook has them (MS-OXCMSG): properties, recipients, attachments; MSG and TNEF carry the same.

mod rtf;

use super::bytes::{Bytes, filetime, until_nul, utf16};
use super::codepage::Charset;
use crate::reading::Reading;
use crate::{File, Why};

/// Types of properties (MS-OXCDATA 2.11.1).
pub(crate) const STRING8: u16 = 0x1e;
pub(crate) const UNICODE: u16 = 0x1f;
pub(crate) const BINARY: u16 = 0x102;
pub(crate) const OBJECT: u16 = 0x0d;
pub(crate) const TIME: u16 = 0x40;

const BODY: u16 = 0x1000;
const RTF: u16 = 0x1009;
const HTML: u16 = 0x1013;
const HEADERS: u16 = 0x7d;
const ATTACHED: u16 = 0x3701;
const INTERNET_PAGE: u16 = 0x3fde;
const MESSAGE_PAGE: u16 = 0x3ffd;

/// What heads a message, in the order in which it is shown.
const HEAD: [(u16, &str); 20] = [
    (0x0c1a, "from"),
    (0x0c1f, "from"),
    (0x5d01, "from"),
    (0x0042, "on behalf of"),
    (0x0065, "on behalf of"),
    (0x5d02, "on behalf of"),
    (0x0e04, "to"),
    (0x0e03, "cc"),
    (0x0e02, "bcc"),
    (0x0050, "reply to"),
    (0x0037, "subject"),
    (0x0039, "date"),
    (0x0e06, "received"),
    (0x1035, "message id"),
    (0x1042, "in reply to"),
    (0x1039, "references"),
    (0x3001, "name"),
    (0x3003, "address"),
    (0x39fe, "address"),
    (0x3a20, "transmitted as"),
];
/// Names of an attachment, the best first.
const NAMES: [u16; 3] = [0x3707, 0x3704, 0x3001];

/// A property.
pub(crate) struct Property {
    pub(crate) id: u16,
    pub(crate) kind: u16,
    /// Of a named property.
    pub(crate) name: String,
    /// Its value; one that is an object is kept elsewhere.
    pub(crate) octets: Vec<u8>,
}

/// The properties of a message, of a recipient, of an attachment.
pub(crate) struct Properties {
    pub(crate) list: Vec<Property>,
    /// Of texts in octets.
    pub(crate) charset: Charset,
}

impl Properties {
    pub(crate) fn new(charset: Charset) -> Properties {
        Properties { list: Vec::new(), charset }
    }

    pub(crate) fn get(&self, id: u16) -> Option<&Property> {
        self.list.iter().find(|property| property.id == id)
    }

    fn number(&self, id: u16) -> Option<u32> {
        self.get(id).and_then(|property| property.octets.u32(0))
    }

    /// The charset that a message says its texts are in.
    pub(crate) fn own_charset(&self) -> Option<Charset> {
        self.number(MESSAGE_PAGE).or_else(|| self.number(INTERNET_PAGE)).filter(|page| *page != 0).map(Charset::of_page)
    }

    fn text(&self, property: &Property) -> Option<String> {
        let text = match property.kind & 0xfff {
            STRING8 => self.charset.decode(&property.octets),
            UNICODE => utf16(&property.octets),
            TIME => filetime(property.octets.u64(0)?)?,
            _ => return None,
        };
        let text = text.trim_matches('\0').to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The name of an attachment.
    pub(crate) fn attachment_name(&self) -> String {
        let mut texts = NAMES.iter().filter_map(|id| self.text(self.get(*id)?));
        texts.next().unwrap_or_default()
    }

    /// The size of all values.
    fn bytes(&self) -> u64 {
        self.list.iter().map(|property| property.octets.len() as u64).sum()
    }

    /// Lines of what heads a message.
    fn head(&self, out: &mut String) {
        for (id, name) in HEAD {
            for text in self.list.iter().filter(|property| property.id == id).filter_map(|property| self.text(property))
            {
                out.extend([name, "\t", &text, "\n"]);
            }
        }
    }

    /// Every other text.
    fn others(&self, out: &mut String) {
        let is_shown =
            |id: u16| HEAD.iter().any(|(known, _)| *known == id) || [BODY, RTF, HTML, HEADERS, ATTACHED].contains(&id);
        for property in self.list.iter().filter(|property| !is_shown(property.id)) {
            if let Some(text) = self.text(property) {
                out.extend([property.name.as_str(), "\t", text.trim(), "\n"]);
            } else if property.kind & 0xfff == BINARY {
                let found = super::strings::strings(&property.octets);
                if !found.is_empty() {
                    out.extend([property.name.as_str(), "\t", &found]);
                }
            }
        }
    }

    /// Puts a message in: head, bodies, other texts. `recipients` have properties of their own.
    pub(crate) fn read(&self, at: &str, recipients: &[Properties], reading: &mut Reading<'_>) {
        let mut head = String::new();
        self.head(&mut head);
        recipients.iter().for_each(|recipient| recipient.head(&mut head));
        let mut others = String::new();
        self.others(&mut others);
        recipients.iter().for_each(|recipient| recipient.others(&mut others));
        let mut bodies = 0;
        let all = self.bytes() + recipients.iter().map(Properties::bytes).sum::<u64>();
        let head_at = reading.covered();
        for property in &self.list {
            let (path, media_type) = match property.id {
                BODY => ("!text", "text/plain"),
                HTML => ("!html", "text/html"),
                RTF => ("!rtf", "application/rtf"),
                HEADERS => ("!transport", "text/plain"),
                _ => continue,
            };
            bodies += 1;
            let at = if bodies > 8 { format!("{at}{path}{bodies}") } else { format!("{at}{path}") };
            self.body(&at, media_type, property, reading);
        }
        let left = all.saturating_sub(reading.covered() - head_at);
        reading.text(&format!("{at}!head"), "text/plain", head, left);
        if !others.trim().is_empty() {
            reading.text(&format!("{at}!properties"), "text/plain", others, 0);
        }
    }

    fn body(&self, at: &str, media_type: &str, property: &Property, reading: &mut Reading<'_>) {
        let size = property.octets.len() as u64;
        match (property.id, self.text(property)) {
            (RTF, _) => match rtf::unpacked(&property.octets, &mut reading.budget) {
                Ok(octets) => {
                    reading.decoded(size);
                    reading.embedded(at, &File { octets: &octets, name: "", media_type, passwords: reading.passwords });
                }
                Err(why) => reading.opaque(at, media_type, why, size),
            },
            (HTML, text) => {
                let page = self.number(INTERNET_PAGE).filter(|page| *page != 0).map(Charset::of_page);
                let octets = until_nul(&property.octets);
                let text = text.unwrap_or_else(|| match std::str::from_utf8(octets) {
                    Ok(text) => text.to_owned(),
                    Err(_) => page.unwrap_or(self.charset).decode(octets),
                });
                reading.embedded(
                    at,
                    &File { octets: text.as_bytes(), name: "a.html", media_type, passwords: reading.passwords },
                );
            }
            (_, Some(text)) => reading.text(at, media_type, text, size),
            (_, None) if property.octets.iter().all(|b| *b == 0) => reading.decoded(size),
            (_, None) => reading.opaque(at, media_type, Why::Malformed, size),
        }
    }

    /// Puts the texts of an attachment in; its content stands elsewhere.
    pub(crate) fn read_attachment(&self, at: &str, reading: &mut Reading<'_>) {
        let mut text = String::new();
        self.head(&mut text);
        self.others(&mut text);
        let content: u64 = self.list.iter().filter(|p| p.id == ATTACHED).map(|p| p.octets.len() as u64).sum();
        let size = self.bytes().saturating_sub(content);
        if text.trim().is_empty() {
            reading.decoded(size);
        } else {
            reading.text(&format!("{at}!properties"), "text/plain", text, size);
        }
    }

    /// The content of an attachment that is no object.
    pub(crate) fn attached(&self) -> Option<&Property> {
        self.list.iter().find(|property| property.id == ATTACHED)
    }
}
