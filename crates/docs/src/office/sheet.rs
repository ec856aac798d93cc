//! Sheets of SpreadsheetML: rows as lines, cells in their columns.

use super::flow::{Flow, Texts};
use super::package::Package;
use super::parts::{Slot, Spans};
use crate::budget::Budget;
use crate::mapped::Change;

/// What sheets share: strings and formats.
#[derive(Default)]
pub(crate) struct Book {
    strings_at: Option<usize>,
    changes: Vec<Change>,
}

impl Book {
    pub(crate) fn open(&mut self, package: &Package<'_>, slots: &[Slot], budget: &mut Budget) {
        let _ = (package, slots, budget);
    }

    pub(crate) fn texts(
        &mut self,
        nth: usize,
        source: &str,
        budget: &mut Budget,
        spans: &mut dyn FnMut(&str) -> Spans,
    ) -> (Texts, Vec<Change>) {
        let _ = (nth, spans);
        (Flow::texts(source, &budget.limits, false), Vec::new())
    }

    pub(crate) fn shared(&mut self, source_bytes: usize, changes: Vec<Change>) {
        let moved = |(at, with): Change| (at.start - source_bytes..at.end - source_bytes, with);
        self.changes.extend(changes.into_iter().map(moved));
    }

    pub(crate) fn shared_part(&mut self) -> Option<(usize, Vec<Change>)> {
        Some((self.strings_at?, std::mem::take(&mut self.changes)))
    }
}
