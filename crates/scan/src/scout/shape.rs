//! Which shapes of identifiers can stand where a run of digits begins: by the letters before it, its length, and what
//! follows it. Nearly every run of digits in a text is ruled out by these three.

use super::around::{Around, Masks, Net};
use crate::RuleIx;
use crate::compiled::{Compiled, Kind, Shape, Token};
use crate::needs::ByteSet;

/// A shape of a rule, by its place in the rule's shapes.
pub(crate) type ShapeOf = (RuleIx, usize);

/// The shapes of all rules.
#[derive(Debug, Default)]
pub(crate) struct Shapes(Masks<ShapeOf>);

impl Shapes {
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (RuleIx, &'r Compiled)>) -> Shapes {
        let mut all = Vec::new();
        for (rule, compiled) in rules {
            let Kind::Token(token) = &compiled.kind else { continue };
            for (at, shape) in token.shapes.iter().enumerate() {
                all.extend(around(token, shape).into_iter().map(|around| (around, (rule, at))));
            }
        }
        Shapes(Masks::new(all))
    }

    /// Rules and shapes to try where digits from `start` to `end` begin, in the order of the rules.
    pub(crate) fn at(&self, bytes: &[u8], start: usize, end: usize) -> impl Iterator<Item = ShapeOf> {
        self.0.at(bytes, start, end).copied()
    }
}

/// What stands around the first digits of a shape.
fn around(token: &Token, shape: &[Shape]) -> Vec<Around> {
    let mut net = Net::new(ByteSet::ALPHANUMERIC.others());
    let letters = shape.iter().take_while(|s| **s != Shape::Digit).count();
    let (mut at, mut first) = (0, 0);
    for (nth, shape) in shape.iter().enumerate() {
        // Between the letters of one group nothing stands.
        if nth > 0 && nth >= letters {
            at = gap(&mut net, at, token);
        }
        if nth == letters {
            first = at;
        }
        at = net.byte(at, set(*shape));
    }
    if token.is_open {
        at = net.any(at, ByteSet::ALL);
    }
    net.around_first(first, at)
}

/// What may stand between two characters, as the walk over an identifier takes it.
fn gap(net: &mut Net, from: usize, token: &Token) -> usize {
    let bytes = |bytes: &[u8]| bytes.iter().fold(ByteSet::default(), |all, b| all.with(&ByteSet::range(*b, *b)));
    let to = net.maybe(from, bytes(&token.separators));
    if token.separators.contains(&b' ') {
        let end = net.maybe(from, bytes(b" "));
        let end = net.maybe(end, bytes(b"\r"));
        let end = net.byte(end, bytes(b"\n"));
        let end = net.any(end, bytes(b"> "));
        net.skip(end, to);
    }
    to
}

fn set(shape: Shape) -> ByteSet {
    let upper = ByteSet::range(b'A', b'Z');
    match shape {
        Shape::Upper => upper,
        Shape::Letter => upper.with(&ByteSet::range(b'a', b'z')),
        Shape::Digit => ByteSet::DIGITS,
        Shape::Either => upper.with(&ByteSet::DIGITS),
        Shape::Literal(b) => ByteSet::range(b, b),
    }
}
