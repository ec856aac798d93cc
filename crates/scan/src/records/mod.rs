//! What is more than one value: names out of lists, columns of tables, records of people, rules made of rules.

mod column;
mod composite;
mod people;
mod table;
mod words;

pub use people::{People, about};

pub(crate) use column::{Column, Headed, Shape, header_words};
pub(crate) use composite::{Composite, Made, Reach, TERM};
pub(crate) use table::tables;
pub(crate) use words::{Dictionary, List, Next, Words, is_shipped_list};

use crate::compiled::{Compiled, Kind};
use crate::engine::{Match, Memory};
use crate::{Class, RuleInfo, RuleIx, SourceFile};
use std::ops::Range;

/// What the rules of these kinds need while a text is scanned.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// `None` if no dictionary rule is loaded.
    words: Option<Words>,
    /// Rules of kind `column`.
    columns: Vec<RuleIx>,
    /// Rules of kind `composite`.
    made: Vec<Made>,
}

/// What one of these rules found, before its score is summed.
pub(crate) struct Found {
    pub(crate) rule: RuleIx,
    pub(crate) span: Range<usize>,
}

impl Index {
    /// Builds the index. Word lists are those of `files` whose names end in `.txt`, beside the shipped ones.
    /// Answers what is wrong with which rule.
    pub(crate) fn new(
        rules: &[Compiled],
        infos: &[RuleInfo],
        files: &[SourceFile<'_>],
    ) -> Result<Index, Vec<(usize, String)>> {
        let dictionaries = rules.iter().enumerate().filter_map(|(at, rule)| match &rule.kind {
            Kind::Dictionary(dictionary) => Some((at, &**dictionary)),
            _ => None,
        });
        let is_column = |(rule, _): &(&Compiled, u16)| matches!(rule.kind, Kind::Column(_));
        let columns = rules.iter().zip(0..).filter(is_column).map(|(_, at)| RuleIx(at)).collect();
        Ok(Index { words: Words::new(dictionaries, files)?, columns, made: Made::all(rules, infos)? })
    }

    /// Applies composite rules to matches by start; answers whether anything changed.
    pub(crate) fn compose(
        &self,
        infos: &[RuleInfo],
        text: &str,
        memory: Option<&dyn Memory>,
        matches: &mut Vec<Match>,
    ) -> bool {
        !self.made.is_empty() && composite::apply(&self.made, infos, text, memory, matches)
    }

    /// Classes that composite rules look for in other texts of a message, or in earlier messages.
    pub(crate) fn classes_beyond(&self, in_thread: bool) -> impl Iterator<Item = Class> {
        self.made.iter().flat_map(move |made| made.classes_beyond(in_thread))
    }

    /// Does the composite rule `of` look at what `rule` finds?
    pub(crate) fn has_member(&self, of: RuleIx, rule: RuleIx) -> bool {
        self.made.iter().any(|made| made.has_member(of, rule))
    }

    /// What dictionary rules find in a text; nothing to do if there are none.
    pub(crate) fn words(&self, text: &str) -> Vec<Found> {
        self.words.as_ref().map(|words| words.find(text)).unwrap_or_default()
    }
}
