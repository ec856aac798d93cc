//! What each rule costs on a text: for those who write rules, not for scans.

use super::walk::{Budget, Trace, Walk};
use super::{Hints, Limits};
use crate::carrier::Allowance;
use crate::{RuleIx, Ruleset};

/// What one rule did in one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Places that led to it: anchors, runs of digits, numbers.
    pub hits: usize,
    /// Times its expression ran.
    pub windows: usize,
    /// Bytes of the windows that its expression ran over; not counted where it begins at its anchor.
    pub bytes: usize,
    /// Candidates that were weighed.
    pub judged: usize,
    /// Findings, before overlaps are settled.
    pub found: usize,
}

impl Ruleset {
    /// The work of each rule on `text`, in the order of the rules; slower than a scan.
    #[doc(hidden)]
    pub fn work(&self, text: &str) -> Vec<Work> {
        let limits = Limits::default();
        let decoded = Allowance::of(text.len());
        let budget = Budget { candidates: limits.candidates_max, work: usize::MAX, decoded, incomplete: None };
        let works = vec![Work::default(); self.compiled.len()];
        let hints = Hints::default();
        let mut walk =
            Walk { set: self, hints: &hints, only: None, budget, trace: Trace::Off, works, found: Vec::new() };
        walk.text(text);
        let Walk { mut works, found, .. } = walk;
        for RuleIx(rule) in found.iter().map(|f| f.this.rule) {
            if let Some(work) = works.get_mut(usize::from(rule)) {
                work.found += 1;
            }
        }
        works
    }
}
