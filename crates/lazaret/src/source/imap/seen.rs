//! What a FETCH response tells of one message.

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};

/// One response; nothing in it is copied.
pub(super) struct Seen<'a> {
    pub(super) uid: u32,
    pub(super) size: Option<u32>,
    pub(super) body: Option<&'a [u8]>,
    pub(super) header: Option<&'a [u8]>,
    /// It holds an item that the parser could not make sense of.
    pub(super) is_unreadable: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn read(response: &'a Response<'_>) -> Option<Seen<'a>> {
        let Response::Fetch(_, attributes) = response else { return None };
        let mut seen = Seen { uid: 0, size: None, body: None, header: None, is_unreadable: false };
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(uid) => seen.uid = *uid,
                AttributeValue::Rfc822Size(size) => seen.size = Some(*size),
                AttributeValue::BodySection { section: None, index: None, data } => seen.body = data.as_deref(),
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Header)),
                    index: None | Some(0),
                    data,
                } => seen.header = data.as_deref(),
                AttributeValue::Unknown => seen.is_unreadable = true,
                _ => (),
            }
        }
        (seen.uid != 0).then_some(seen)
    }
}
