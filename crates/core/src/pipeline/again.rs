//! Redaction once more, where the second look still finds something: a mark parts what was glued to a value, and what then
//! stands alone may be a value of its own.

use super::Pipeline;
use super::examine::{By, outside_cuts};
use super::write::{Form, Piece, Written};
use crate::html::Html;
use crate::mark::{self, Words};
use crate::redact::{self, Cut, Values};
use crate::{Digest, Profile, Raw};
use lazaret_scan::{Action, Class};
use zeroize::Zeroizing;

/// How often a message is redacted again before it counts as one that keeps a residue.
pub(super) const ROUNDS_MAX: usize = 3;

impl Pipeline {
    /// Takes out what the pieces still hold. Answers whether anything was. What asks for more than to be taken out stays, and
    /// so does the residue: the verdict was given without it. Findings are not added to: their spans count in the text as it
    /// came, and the mark on the ticket says what was there.
    pub(super) fn redact_again(
        &self,
        written: &mut Written,
        values: &mut Values,
        digest: &Digest,
        profile: &Profile,
    ) -> bool {
        let words = mark::words(&profile.language);
        let mut cuts: Vec<Vec<Cut>> = Vec::new();
        for piece in &written.pieces {
            cuts.push(match piece.withheld {
                true => Vec::new(),
                false => self.cuts_again(piece, values, digest, words, profile),
            });
        }
        values.build();
        let mut changed = false;
        for (piece, mut cuts) in written.pieces.iter_mut().zip(cuts).filter(|(piece, _)| !piece.withheld) {
            cuts.extend(outside_cuts(piece.scanned(), values));
            if !cuts.is_empty() {
                changed = true;
                piece.take_out(cuts);
            }
        }
        changed
    }

    fn cuts_again(
        &self,
        piece: &Piece,
        values: &mut Values,
        digest: &Digest,
        words: &Words,
        profile: &Profile,
    ) -> Vec<Cut> {
        let text = piece.scanned();
        let mut cuts = Vec::new();
        for hit in self.examine_text(text, piece.placement, &profile.countries).hits {
            let (Some(known), By::Rule(ix)) = (self.known(hit.by), hit.by) else { continue };
            if hit.action != Action::Redact || known.class == Class::BulkRecords {
                continue;
            }
            let value = text.get(hit.span.clone()).unwrap_or_default();
            let canonical = self.rules.canonical(ix, value);
            let tag = mark::tag(&self.mark_key, known.class, known.entity, &canonical, digest);
            let kind = mark::kind(known.class, known.entity, words);
            let mark = mark::mark(kind, self.rules.tail(ix, value).as_deref(), &tag).into();
            let value = Zeroizing::new(value.to_owned());
            let cut = Cut { span: hit.span, score: hit.score, action: hit.action, mark };
            values.add(&value, &cut);
            values.add_canonical(&canonical);
            cuts.push(cut);
        }
        cuts
    }
}

impl Piece {
    fn take_out(&mut self, cuts: Vec<Cut>) {
        let spans = redact::union(self.scanned(), cuts);
        self.cut |= !spans.is_empty();
        self.form = match &self.form {
            Form::Plain(text) => Form::Plain(redact::replace(text, &spans)),
            Form::Html(html) => Form::Html(Html::read(Raw::new(html.replace(&spans)))),
        };
    }
}
