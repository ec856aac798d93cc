//! What is more than one value: names out of lists, columns of tables, records of people, rules made of rules.

mod words;

pub(crate) use words::{Dictionary, List, Next, Words, is_shipped_list};

use crate::compiled::{Compiled, Kind};
use crate::{RuleIx, SourceFile};
use std::ops::Range;

/// What the rules of these kinds need while a text is scanned.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// `None` if no dictionary rule is loaded.
    words: Option<Words>,
}

/// What one of these rules found, before its score is summed.
pub(crate) struct Found {
    pub(crate) rule: RuleIx,
    pub(crate) span: Range<usize>,
}

impl Index {
    /// Builds the index. Word lists are those of `files` whose names end in `.txt`, beside the shipped ones.
    /// Answers what is wrong with which rule.
    pub(crate) fn new(rules: &[Compiled], files: &[SourceFile<'_>]) -> Result<Index, Vec<(usize, String)>> {
        let dictionaries = rules.iter().enumerate().filter_map(|(at, rule)| match &rule.kind {
            Kind::Dictionary(dictionary) => Some((at, &**dictionary)),
            _ => None,
        });
        Ok(Index { words: Words::new(dictionaries, files)? })
    }

    /// What dictionary rules find in a text; nothing to do if there are none.
    pub(crate) fn words(&self, text: &str) -> Vec<Found> {
        self.words.as_ref().map(|words| words.find(text)).unwrap_or_default()
    }
}
