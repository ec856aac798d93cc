//! Second readings: what a mail client might make of the octets of a part, other than what the ticket shows.
//!
//! A value that only a second reading holds cannot be cut out of the shown text: it stands there in another form (an
//! escape, letters of base64, signs of another charset) and a reader's own program would bring it back. So such a part is
//! not shown at all.

use super::Pipeline;
use super::examine::{Examined, scanned};
use crate::mark::{self, Words};
use crate::tree::{Home, Message, Source, Text};
use lazaret_scan::Action;
use std::collections::HashMap;

impl Pipeline {
    /// For each text of a message what its second readings hold and it does not, in the words of marks.
    pub(super) fn hidden_kinds(&self, read: &Message, seen: &[Examined], words: &Words) -> Vec<Option<&'static str>> {
        let mut kinds = vec![None; read.texts.len()];
        for reading in &read.readings {
            let found = read.texts.iter().zip(seen).find(|(text, _)| text.path == reading.path);
            let Some((other, hits)) = found else { continue };
            let shown: Vec<bool> = read.texts.iter().map(|text| is_shown(text) && is_of(text, &reading.of)).collect();
            let texts = || read.texts.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(text, _)| text);
            let mut values: HashMap<&str, (usize, Option<&'static str>)> = HashMap::new();
            for hit in hits.hits.iter().filter(|hit| hit.action >= Action::Redact) {
                let value = scanned(other).get(hit.span.clone()).unwrap_or_default();
                let kind = self.known(hit.by).map(|known| mark::kind(known.class, known.entity, words));
                let (count, of_value) = values.entry(value).or_default();
                *count += 1;
                *of_value = of_value.or(kind);
            }
            let hidden = values.into_iter().filter(|(value, (count, _))| stands(texts(), value) < *count);
            // The first by name: the order of a map is not the same twice.
            let Some(kind) = hidden.filter_map(|(_, (_, kind))| kind).min() else { continue };
            for (of_text, _) in kinds.iter_mut().zip(&shown).filter(|(_, shown)| **shown) {
                *of_text = of_text.or(Some(kind));
            }
        }
        kinds
    }
}

fn is_shown(text: &Text) -> bool {
    matches!(text.home, Home::Body | Home::Html | Home::Attachment(_))
}

/// Is a text that of a part, or of something within it?
fn is_of(text: &Text, part: &str) -> bool {
    text.path.as_str().strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', '!', '~']))
}

/// How often a value stands in some texts. Of a page its source counts too, since what the value is there is what the page
/// was read from.
fn stands<'a>(texts: impl Iterator<Item = &'a Text>, value: &str) -> usize {
    let count = |text: &str| text.matches(value).count();
    texts
        .map(|text| match &text.source {
            Source::Plain(raw) => count(raw.expose()),
            Source::Html(page) => count(page.text().expose()).max(count(page.source().expose())),
        })
        .sum()
}
