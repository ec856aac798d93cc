//! What the tests of archives share.

use crate::{Content, File, Limits, Why};

/// Paths and texts, or words for why there is none.
pub(super) fn told(octets: &[u8]) -> Vec<(String, String)> {
    let document = crate::read(&File { octets, name: "", media_type: "", passwords: &[] }, &Limits::default());
    let one = |content: Content| match content {
        Content::Text(text) => text,
        Content::Opaque(why) => why.as_str().to_owned(),
    };
    document.parts.into_iter().map(|part| (part.path, one(part.content))).collect()
}

/// An archive with so many members is read whole at that limit and above, and below is said not to be.
pub(super) fn bounded(octets: &[u8], members: usize) {
    for (members_max, is_over) in [(members - 1, true), (members, false), (members + 1, false)] {
        let limits = Limits { members_max, ..Limits::default() };
        let document = crate::read(&File { octets, name: "", media_type: "", passwords: &[] }, &limits);
        let over = document.parts.iter().any(|part| part.content == Content::Opaque(Why::OverLimit));
        assert_eq!(over, is_over, "{members_max}");
    }
}
