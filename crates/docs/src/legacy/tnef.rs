//! winmail.dat (MS-OXTNEF).

use super::bytes::{Bytes, until_nul, utf16};
use super::codepage::Charset;
use super::compound::Rest;
use super::mapi::{OBJECT, Properties, Property, STRING8};
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};

const SIGNATURE: u32 = 0x223e_9f78;
/// Values of a property that has many.
const VALUES_MAX: usize = 100_000;

/// A stream being taken apart.
struct Stream {
    message: Properties,
    recipients: Vec<Properties>,
    attachments: Vec<Attachment>,
    /// Attributes of old, as lines.
    lines: String,
}

#[derive(Default)]
struct Attachment {
    properties: Option<Properties>,
    title: String,
    data: Option<Vec<u8>>,
    picture: Option<Vec<u8>>,
    /// The name that it had on its way.
    transport: String,
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    if file.octets.u32(0) != Some(SIGNATURE) {
        return reading.opaque(at, Format::Tnef.or_declared(file), Why::Malformed, file.octets.len() as u64);
    }
    let before = reading.covered();
    let mut rest = Rest::new(at);
    let charset = code_page(file.octets).unwrap_or(Charset::LATIN);
    let mut stream = Stream {
        message: Properties::new(charset),
        recipients: Vec::new(),
        attachments: Vec::new(),
        lines: String::new(),
    };
    let mut at_octet = 6;
    while let Some((attribute, length)) = head(file.octets, at_octet) {
        let data = file.octets.part(at_octet + 9, length);
        stream.attribute(attribute, data, charset, &mut rest);
        at_octet = at_octet.saturating_add(9 + 2).saturating_add(length);
    }
    rest.strings(Bytes::from(file.octets, at_octet));
    stream.message.read(at, &stream.recipients, reading);
    if !stream.lines.is_empty() {
        reading.text(&format!("{at}!attributes"), "text/plain", stream.lines, 0);
    }
    for attachment in stream.attachments {
        let at = rest.member();
        if reading.budget.member() {
            attachment.read(&at, charset, reading);
        } else {
            let size = attachment.data.map_or(0, |data| data.len());
            reading.opaque(&at, "application/octet-stream", Why::OverLimit, size as u64);
        }
    }
    rest.finish(reading);
    reading.decoded((file.octets.len() as u64).saturating_sub(reading.covered() - before));
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// An attribute and how long it is; `None` where no attribute is.
fn head(octets: &[u8], at: usize) -> Option<(u32, usize)> {
    octets.u8(at).filter(|level| matches!(level, 1 | 2))?;
    let attribute = octets.u32(at + 1)?;
    // Types are numbers up to 9, with the one for octets as it is.
    (attribute >> 16 <= 0x0f).then_some(())?;
    Some((attribute & 0xffff, octets.size(at + 5)?))
}

fn code_page(octets: &[u8]) -> Option<Charset> {
    let mut at = 6;
    while let Some((attribute, length)) = head(octets, at) {
        if attribute == 0x9007 {
            return octets.u32(at + 9).filter(|page| *page != 0).map(Charset::of_page);
        }
        at = at.saturating_add(11).saturating_add(length);
    }
    None
}

impl Stream {
    fn attribute(&mut self, attribute: u32, data: &[u8], charset: Charset, rest: &mut Rest<'_>) {
        let text = || charset.decode(until_nul(data)).trim().to_owned();
        match attribute {
            0x9003 => {
                let mut at = 0;
                properties(data, &mut at, &mut self.message);
                rest.strings(Bytes::from(data, at));
            }
            0x9004 => {
                let count = data.size(0).unwrap_or(0);
                let mut at = 4;
                for _ in 0..count {
                    let mut recipient = Properties::new(charset);
                    if at >= data.len() || !properties(data, &mut at, &mut recipient) {
                        break;
                    }
                    self.recipients.push(recipient);
                }
                rest.strings(Bytes::from(data, at));
            }
            0x9002 => self.attachments.push(Attachment::default()),
            0x8010 => self.attachment(|a| !a.title.is_empty()).title = text(),
            0x800f => self.attachment(|a| a.data.is_some()).data = Some(data.to_vec()),
            0x8011 => self.attachment(|a| a.picture.is_some()).picture = Some(data.to_vec()),
            0x9001 => self.attachment(|_| false).transport = text(),
            0x9005 => {
                let mut found = Properties::new(charset);
                let mut at = 0;
                properties(data, &mut at, &mut found);
                rest.strings(Bytes::from(data, at));
                self.attachment(|a| a.properties.is_some()).properties = Some(found);
            }
            0x800c => {
                let octets = data.to_vec();
                self.message.list.push(Property { id: 0x1000, kind: STRING8, name: String::new(), octets });
            }
            0x8005 | 0x8006 | 0x8007 | 0x8012 | 0x8013 | 0x8020 | 0x0006 | 0x0007 => {
                self.lines.extend(date(data).map(|date| date + "\n"));
            }
            // From, of the oldest kind: a structure with name and address.
            0x8000 | 0x0000 | 0x0001 => self.lines.push_str(&super::strings::strings(data)),
            0x8004 | 0x8008 | 0x8009 | 0x800a | 0x800b | 0x8018 | 0x8019 | 0x9006 | 0x0002 | 0x0009 => {
                self.lines.push_str(&text());
                self.lines.push('\n');
            }
            0x9007 | 0x9008 | 0x800d => {}
            _ => rest.strings(data),
        }
    }

    /// The attachment that an attribute belongs to: the last, or a new one if that has it already.
    fn attachment(&mut self, has: impl Fn(&Attachment) -> bool) -> &mut Attachment {
        if self.attachments.last().is_none_or(has) {
            self.attachments.push(Attachment::default());
        }
        let last = self.attachments.len().saturating_sub(1);
        self.attachments.get_mut(last).expect("one has just been put in if there was none")
    }
}

fn date(data: &[u8]) -> Option<String> {
    let part = |nth: usize| data.u16(2 * nth);
    let (year, month, day) = (part(0)?, part(1)?, part(2)?);
    Some(format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", part(3)?, part(4)?, part(5)?))
}

impl Attachment {
    fn read(self, at: &str, charset: Charset, reading: &mut Reading<'_>) {
        let properties = self.properties.unwrap_or_else(|| Properties::new(charset));
        properties.read_attachment(at, reading);
        let named = properties.attachment_name();
        let name = if named.is_empty() { &self.title } else { &named };
        let others = [&self.title, &self.transport].map(|other| if other == name { "" } else { other }).join("\n");
        if !others.trim().is_empty() {
            reading.text(&format!("{at}!names"), "text/plain", others, 0);
        }
        if let Some(picture) = &self.picture {
            reading.embedded(
                &format!("{at}!icon"),
                &File { octets: picture, name: "", media_type: "image/wmf", passwords: reading.passwords },
            );
        }
        // What MAPI says is the whole; the old attribute then holds it too, or nothing.
        let object = properties.attached().map(|property| match property.kind {
            OBJECT => Bytes::from(property.octets.as_slice(), 16),
            _ => property.octets.as_slice(),
        });
        let data = self.data.unwrap_or_default();
        match object {
            Some(object) if !object.is_empty() => {
                reading.member(at, name, "", object);
                if !data.is_empty() && data != object {
                    reading.embedded(
                        &format!("{at}!data"),
                        &File { octets: &data, name: "", media_type: "", passwords: reading.passwords },
                    );
                }
            }
            _ => reading.member(at, name, "", &data),
        }
    }
}

/// Reads a list of properties at a place and moves on behind it; false if it breaks off.
fn properties(data: &[u8], at: &mut usize, out: &mut Properties) -> bool {
    let Some(count) = data.size(*at) else { return false };
    *at += 4;
    for _ in 0..count {
        if property(data, at, out).is_none() {
            return false;
        }
    }
    true
}

fn property(data: &[u8], at: &mut usize, out: &mut Properties) -> Option<()> {
    let (kind, id) = (data.u16(*at)?, data.u16(*at + 2)?);
    *at += 4;
    let mut name = String::new();
    if id >= 0x8000 {
        let is_named = data.u32(*at + 16)? == 1;
        let length = data.size(*at + 20)?;
        *at += 24;
        if is_named {
            name = utf16(data.get(*at..at.checked_add(length)?)?).trim_matches('\0').to_owned();
            *at += length.next_multiple_of(4);
        }
    }
    let is_long = matches!(kind & 0xfff, 0x0d | 0x1e | 0x1f | 0x102);
    let values = if is_long || kind & 0x1000 != 0 { data.size(*at)? } else { 1 };
    if is_long || kind & 0x1000 != 0 {
        *at += 4;
    }
    if values > VALUES_MAX {
        return None;
    }
    for _ in 0..values {
        let length = match kind & 0xfff {
            _ if is_long => {
                *at += 4;
                data.size(*at - 4)?
            }
            0x02 if kind & 0x1000 != 0 => 2,
            0x02..=0x04 | 0x0a | 0x0b => 4,
            0x05..=0x07 | 0x14 | 0x40 => 8,
            0x48 => 16,
            _ => return None,
        };
        let octets = data.get(*at..at.checked_add(length)?)?.to_vec();
        *at += if is_long { length.next_multiple_of(4) } else { length };
        out.list.push(Property { id, kind, name: name.clone(), octets });
    }
    if values > 0 && kind == 0x1002 {
        *at = at.next_multiple_of(4);
    }
    Some(())
}
