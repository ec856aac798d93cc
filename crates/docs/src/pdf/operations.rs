//! The operators of a content stream with their operands. Who reads a page and who writes it again walk it by this, so that
//! both mean the same places.

use super::lex::{Item, Lexer, Object, find, is_space};
use std::ops::Range;

/// Operands of one operator; what comes before is no operand of it.
const OPERANDS_MAX: usize = 64;
/// Depth of an operand at most, whatever the limits allow: none that means something is deeper.
const DEPTH_MAX: usize = 32;
/// Objects in the operands of one stream.
const NODES_MAX: usize = 1 << 18;

/// A content stream under way.
pub(super) struct Operations<'o> {
    pub(super) lexer: Lexer<'o>,
    /// Those of the step that was given last.
    pub(super) operands: Vec<Object>,
}

/// One thing that a content stream does, and the octets that say so, operands included.
pub(super) enum Step<'o> {
    Operator(&'o [u8], Range<usize>),
    /// A picture in line, and the size of its data.
    Picture {
        place: Range<usize>,
        size_bytes: u64,
    },
}

impl<'o> Operations<'o> {
    /// `has_comments`: their places are kept in the lexer.
    pub(super) fn new(octets: &'o [u8], depth_max: usize, has_comments: bool) -> Operations<'o> {
        let mut lexer = Lexer::new(octets, 0, depth_max.min(DEPTH_MAX), NODES_MAX);
        lexer.has_refs = false;
        lexer.comments = has_comments.then(Vec::new);
        Operations { lexer, operands: Vec::new() }
    }

    /// The next step; operands without an operator at the end are passed over.
    pub(super) fn next(&mut self) -> Option<Step<'o>> {
        self.operands.clear();
        let mut start = None;
        loop {
            self.lexer.skip_space();
            let at = self.lexer.at;
            match self.lexer.next() {
                Item::Operand(object) => {
                    if self.operands.len() >= OPERANDS_MAX {
                        self.operands.clear();
                        start = None;
                    }
                    start.get_or_insert(at);
                    self.operands.push(object);
                }
                Item::Operator(b"BI") => {
                    self.operands.clear();
                    let size_bytes = inline_image(&mut self.lexer);
                    return Some(Step::Picture { place: at..self.lexer.at, size_bytes });
                }
                Item::Operator(operator) => {
                    return Some(Step::Operator(operator, start.unwrap_or(at)..self.lexer.at));
                }
                Item::End => return None,
            }
        }
    }
}

/// Skips `BI … ID … EI` behind its first word: what is between is a picture. Gives its size.
fn inline_image(lexer: &mut Lexer<'_>) -> u64 {
    loop {
        match lexer.next() {
            Item::Operator(b"ID") => break,
            Item::Operand(_) | Item::Operator(_) => {}
            Item::End => return 0,
        }
    }
    let start = lexer.at + 1;
    let mut at = start;
    let octets = lexer.octets;
    // The end is an `EI` between spaces, with nothing but text after it.
    let end = loop {
        let Some(hit) = find(octets, b"EI", at) else { break octets.len() };
        at = hit + 2;
        let before = hit.checked_sub(1).and_then(|n| octets.get(n)).copied().is_none_or(is_space);
        let after = octets.get(at..).unwrap_or_default();
        let is_end = after.first().copied().is_none_or(is_space);
        let is_text = after.iter().take(12).all(|b| matches!(b, 9 | 10 | 13 | 32..=126));
        if before && is_end && is_text {
            break hit;
        }
    };
    lexer.at = (end + 2).min(octets.len());
    end.saturating_sub(start) as u64
}
