//! What can stand around the digits of a match: so many digits in a row, between such bytes. Nearly every run of digits in
//! a text is none of a rule's, and its neighbours tell that for all rules at once, a bit for each.

use crate::needs::ByteSet;
use crate::text::byte;
use regex_syntax::hir::{Hir, HirKind};
use std::collections::HashMap;

/// Bytes on either side that are looked at.
pub(crate) const REACH: usize = 4;
/// So many digits and more count as one length.
const LENGTH_MAX: usize = 31;
/// Copies of a repeated piece that are told apart; of more, any number is allowed.
const COPIES_MAX: u32 = 40;
/// Characters before or after the digits that are counted.
const LONGEST_MAX: usize = 256;

/// The share of runs of so many digits in mail, roughly: enough to tell the rare from the common.
const LENGTHS: [f32; LENGTH_MAX + 1] = {
    let mut all = [0.001; LENGTH_MAX + 1];
    let (head, _) = all.split_at_mut(11);
    head.copy_from_slice(&[0.0, 0.22, 0.38, 0.06, 0.22, 0.03, 0.04, 0.01, 0.02, 0.005, 0.005]);
    all
};
/// The same for the byte next to digits, and for those behind it.
const NEAREST: [(ByteSet, f32); 6] = [
    (ByteSet::range(b' ', b' '), 0.35),
    (ByteSet::range(b'!', b'/'), 0.25),
    (ByteSet::range(b':', b'@'), 0.10),
    (ByteSet::range(b'A', b'Z'), 0.10),
    (ByteSet::range(b'a', b'z'), 0.10),
    (ByteSet::range(0, b'\n'), 0.10),
];
const NEAR: [(ByteSet, f32); 5] = [
    (ByteSet::range(b'0', b'9'), 0.25),
    (ByteSet::range(b'a', b'z'), 0.40),
    (ByteSet::range(b'A', b'Z'), 0.10),
    (ByteSet::range(b' ', b' '), 0.10),
    (ByteSet::range(b'!', b'/'), 0.15),
];

/// A run of digits and its neighbours, as far as every match has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Around {
    /// Bit n: it can have n digits; the last bit stands for more, too.
    lengths: u32,
    /// The bytes before it, the nearest first; 0 stands for the end of the text.
    before: [ByteSet; REACH],
    after: [ByteSet; REACH],
}

/// The runs of which every match holds one, and how far a match reaches around them.
#[derive(Debug, Default)]
pub(crate) struct Led {
    pub(crate) runs: Vec<Around>,
    /// Bytes before and after; `None`: it can be any number.
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
}

/// Digits that stand between two states.
#[derive(Debug, Clone, Copy)]
struct Place {
    from: usize,
    to: usize,
    /// Fewest and most digits.
    len: (usize, usize),
}

/// A step to another state, over one of these bytes or over none.
#[derive(Debug)]
struct Step {
    over: Option<ByteSet>,
    to: usize,
}

/// An expression as states and steps, to be walked in both directions. Look-around is left out: what passes may be more
/// than what matches, never less.
#[derive(Debug)]
pub(crate) struct Net {
    forward: Vec<Vec<Step>>,
    backward: Vec<Vec<Step>>,
    /// What can stand outside next to a match.
    outside: ByteSet,
}

/// What one side of a run can be.
#[derive(Clone, Copy)]
struct Side {
    /// Bit n: with so many digits that belong to the run.
    counts: u32,
    sets: [ByteSet; REACH],
}

impl Net {
    /// A net of one state.
    pub(crate) fn new(outside: ByteSet) -> Net {
        Net { forward: vec![Vec::new()], backward: vec![Vec::new()], outside }
    }

    /// Of an expression.
    pub(crate) fn of(hir: &Hir) -> Net {
        let mut net = Net::new(ByteSet::WORDS.others());
        net.add(hir, 0);
        net
    }

    /// Can a literal stand in a match behind a byte of its first byte's kind? Where none does, it stands where a run of
    /// letters or digits begins. Of one that no match holds as a whole nothing is known.
    pub(crate) fn is_inner(&self, literal: &str) -> bool {
        let bytes = literal.as_bytes();
        let first = byte(bytes, 0);
        let kinds = [ByteSet::DIGITS, ByteSet::ALPHANUMERIC.and(&ByteSet::DIGITS.others())];
        let Some(kind) = kinds.into_iter().find(|kind| kind.has(first)) else { return true };
        let behind = (0..self.forward.len()).filter(|state| {
            let steps = self.backward.get(*state).into_iter().flatten();
            steps.filter_map(|step| step.over).any(|over| over.and(&kind) != ByteSet::default())
        });
        let follows = |states: Vec<usize>| {
            let mut states = Net::close(&self.forward, states);
            for b in bytes {
                let (small, large) = (b.to_ascii_lowercase(), b.to_ascii_uppercase());
                let both = ByteSet::range(small, small).with(&ByteSet::range(large, large));
                states = Net::advance(&self.forward, &states, &both).0;
            }
            !states.is_empty()
        };
        follows(behind.collect()) || !follows((0..self.forward.len()).collect())
    }

    fn state(&mut self) -> usize {
        self.forward.push(Vec::new());
        self.backward.push(Vec::new());
        self.forward.len() - 1
    }

    fn step(&mut self, from: usize, over: Option<ByteSet>, to: usize) {
        self.forward.get_mut(from).into_iter().for_each(|all| all.push(Step { over, to }));
        self.backward.get_mut(to).into_iter().for_each(|all| all.push(Step { over, to: from }));
    }

    /// A byte of the set behind a state; gives the state behind it.
    pub(crate) fn byte(&mut self, from: usize, set: ByteSet) -> usize {
        let to = self.state();
        self.step(from, Some(set), to);
        to
    }

    /// The second state may follow on the first without a byte.
    pub(crate) fn skip(&mut self, from: usize, to: usize) {
        self.step(from, None, to);
    }

    /// A byte of the set may stand there.
    pub(crate) fn maybe(&mut self, from: usize, set: ByteSet) -> usize {
        let to = self.byte(from, set);
        self.skip(from, to);
        to
    }

    /// Any number of bytes of the set may stand there.
    pub(crate) fn any(&mut self, from: usize, set: ByteSet) -> usize {
        let to = self.state();
        self.skip(from, to);
        self.step(to, Some(set), to);
        to
    }

    /// Adds an expression behind a state. Gives the state behind it, and ways to choose places of which each match passes
    /// one.
    fn add(&mut self, hir: &Hir, from: usize) -> (usize, Vec<Vec<Place>>) {
        let len = |hir: &Hir| {
            let known = hir.properties();
            let (least, most) = (known.minimum_len().unwrap_or(0), known.maximum_len().unwrap_or(LENGTH_MAX));
            (least.min(LENGTH_MAX), most.min(LENGTH_MAX))
        };
        if len(hir).0 > 0 && ByteSet::of(hir).is_within(&ByteSet::DIGITS) {
            let (to, _) = self.add_parts(hir, from);
            return (to, vec![vec![Place { from, to, len: len(hir) }]]);
        }
        self.add_parts(hir, from)
    }

    fn add_parts(&mut self, hir: &Hir, from: usize) -> (usize, Vec<Vec<Place>>) {
        let mut choices = Vec::new();
        let mut at = from;
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                for b in &literal.0 {
                    let was = at;
                    at = self.byte(at, ByteSet::range(*b, *b));
                    if b.is_ascii_digit() {
                        choices.push(vec![Place { from: was, to: at, len: (1, 1) }]);
                    }
                }
            }
            HirKind::Class(_) => at = self.byte(at, ByteSet::of(hir)),
            HirKind::Capture(capture) => return self.add(&capture.sub, from),
            HirKind::Concat(parts) => {
                for part in parts {
                    let (to, own) = self.add(part, at);
                    at = to;
                    choices.extend(own);
                }
            }
            HirKind::Repetition(rep) => {
                for nth in 0..rep.min.min(COPIES_MAX) {
                    let (to, own) = self.add(&rep.sub, at);
                    at = to;
                    if nth == 0 || nth + 1 == rep.min {
                        choices.extend(own);
                    }
                }
                match rep.max.map(|max| max - rep.min).filter(|more| *more + rep.min <= COPIES_MAX) {
                    Some(more) => {
                        let end = self.state();
                        for _ in 0..more {
                            self.step(at, None, end);
                            at = self.add(&rep.sub, at).0;
                        }
                        self.step(at, None, end);
                        at = end;
                    }
                    None => {
                        let start = self.state();
                        self.step(at, None, start);
                        let (to, _) = self.add(&rep.sub, start);
                        self.step(to, None, start);
                        at = start;
                    }
                }
            }
            HirKind::Alternation(branches) => {
                let end = self.state();
                let mut both = [Some(Vec::new()), Some(Vec::new())];
                for branch in branches {
                    let (to, own) = self.add(branch, at);
                    self.step(to, None, end);
                    for (all, own) in both.iter_mut().zip([own.first(), own.last()]) {
                        *all = all.take().zip(own).map(|(all, own)| [all.as_slice(), own.as_slice()].concat());
                    }
                }
                at = end;
                choices.extend(both.into_iter().flatten());
            }
        }
        (at, choices)
    }

    /// These states and all that are reached from them without a byte. They are few: a list is enough.
    fn close(steps: &[Vec<Step>], mut states: Vec<usize>) -> Vec<usize> {
        let mut nth = 0;
        while let Some(state) = states.get(nth).copied() {
            for step in steps.get(state).into_iter().flatten().filter(|s| s.over.is_none()) {
                if !states.contains(&step.to) {
                    states.push(step.to);
                }
            }
            nth += 1;
        }
        states
    }

    /// The states behind one byte of the set, and what that byte can be.
    fn advance(steps: &[Vec<Step>], states: &[usize], within: &ByteSet) -> (Vec<usize>, ByteSet) {
        let (mut next, mut all) = (Vec::new(), ByteSet::default());
        for step in states.iter().filter_map(|state| steps.get(*state)).flatten() {
            let over = step.over.unwrap_or_default().and(within);
            if over != ByteSet::default() {
                all = all.with(&over);
                if !next.contains(&step.to) {
                    next.push(step.to);
                }
            }
        }
        (Net::close(steps, next), all)
    }

    /// What can stand on one side of digits, for each number of digits more that belong to the run.
    fn side(&self, steps: &[Vec<Step>], from: usize, end: usize) -> Vec<Side> {
        let others = ByteSet::DIGITS.others();
        let mut level = Net::close(steps, vec![from]);
        let mut sides: Vec<Side> = Vec::new();
        // So many rounds reach every state, however long the run.
        for count in 0..LENGTH_MAX + steps.len() {
            let may_end = level.contains(&end) || Net::advance(steps, &level, &others).1 != ByteSet::default();
            if may_end {
                let (counts, sets) = (1 << count.min(LENGTH_MAX), self.beside(steps, &level, end, others));
                match sides.iter_mut().find(|side| side.sets == sets) {
                    Some(side) => side.counts |= counts,
                    None => sides.push(Side { counts, sets }),
                }
            }
            level = Net::advance(steps, &level, &ByteSet::DIGITS).0;
            if level.is_empty() {
                break;
            }
        }
        sides
    }

    /// The bytes that can stand next to one of these states, the nearest within a set.
    fn beside(&self, steps: &[Vec<Step>], states: &[usize], end: usize, first: ByteSet) -> [ByteSet; REACH] {
        let (mut states, mut is_over) = (states.to_vec(), false);
        let mut sets = [ByteSet::ALL; REACH];
        for (nth, set) in sets.iter_mut().enumerate() {
            let within = if nth == 0 { first } else { ByteSet::ALL };
            let (next, over) = Net::advance(steps, &states, &within);
            let may_end = states.contains(&end);
            if !is_over {
                *set = if may_end { over.with(&self.outside) } else { over };
            }
            is_over |= may_end;
            states = next;
        }
        sets
    }

    /// Most bytes from a state to an end.
    fn longest(steps: &[Vec<Step>], from: usize) -> Option<usize> {
        let mut level = Net::close(steps, vec![from]);
        for count in 0..LONGEST_MAX {
            level = Net::advance(steps, &level, &ByteSet::ALL).0;
            if level.is_empty() {
                return Some(count);
            }
        }
        None
    }

    /// What stands around the digits of a place.
    fn around(&self, place: Place, end: usize) -> Vec<Around> {
        let left = self.side(&self.backward, place.from, 0);
        let right = self.side(&self.forward, place.to, end);
        let bits = |mask: u32| (0..=LENGTH_MAX).filter(move |n| mask >> n & 1 == 1);
        let mut all: Vec<Around> = Vec::new();
        for (left, right) in left.iter().flat_map(|l| right.iter().map(move |r| (l, r))) {
            let mut lengths = 0;
            for (before, after) in bits(left.counts).flat_map(|l| bits(right.counts).map(move |r| (l, r))) {
                for own in place.len.0..=place.len.1 {
                    lengths |= 1 << (before + own + after).min(LENGTH_MAX);
                }
            }
            all.push(Around { lengths, before: left.sets, after: right.sets });
        }
        all
    }

    /// What stands around digits of which the first is behind a state.
    pub(crate) fn around_first(&self, state: usize, end: usize) -> Vec<Around> {
        let left = self.side(&self.backward, state, 0).into_iter().filter(|left| left.counts & 1 == 1);
        let right: Vec<Side> = self.side(&self.forward, state, end);
        let right = right.iter().filter(|right| right.counts != 1);
        let around =
            |(left, right): (Side, &Side)| Around { lengths: right.counts & !1, before: left.sets, after: right.sets };
        left.flat_map(|left| right.clone().map(move |right| (left, right))).map(around).collect()
    }
}

impl Around {
    /// So many digits or more, anywhere.
    fn run(length: usize) -> Around {
        Around {
            lengths: u32::MAX << length.min(LENGTH_MAX),
            before: [ByteSet::ALL; REACH],
            after: [ByteSet::ALL; REACH],
        }
    }

    /// Has it so many digits, and never another number of them?
    pub(crate) fn has_length_only(&self, length: usize) -> bool {
        self.lengths == 1 << length.min(LENGTH_MAX)
    }

    /// One for several: what any of them can have.
    pub(crate) fn either(all: Vec<Around>) -> Option<Around> {
        all.into_iter().reduce(|a, b| {
            let side = |a: &[ByteSet; REACH], b: &[ByteSet; REACH]| {
                let mut both = *a;
                both.iter_mut().zip(b).for_each(|(all, own)| *all = all.with(own));
                both
            };
            Around {
                lengths: a.lengths | b.lengths,
                before: side(&a.before, &b.before),
                after: side(&a.after, &b.after),
            }
        })
    }

    /// The share of runs of digits that look like it, roughly.
    fn share(&self) -> f32 {
        let lengths = LENGTHS.iter().enumerate().filter(|(n, _)| self.lengths >> n & 1 == 1).map(|(_, share)| share);
        let side = |sets: &[ByteSet; REACH]| {
            let [nearest, others @ ..] = sets;
            nearest.share(&NEAREST) * others.iter().map(|set| set.share(&NEAR)).product::<f32>()
        };
        lengths.sum::<f32>() * side(&self.before) * side(&self.after)
    }
}

impl Led {
    /// The runs of digits by which matches of an expression are best told, if every match has so many in a row.
    pub(crate) fn of(hir: &Hir, length: usize) -> Led {
        let mut net = Net::new(ByteSet::WORDS.others());
        let (end, choices) = net.add(hir, 0);
        let told = choices.into_iter().map(|places| {
            let runs: Vec<Around> = places.iter().flat_map(|place| net.around(*place, end)).collect();
            (runs.iter().map(Around::share).sum::<f32>(), places, runs)
        });
        let Some((_, places, runs)) = told.min_by(|a, b| a.0.total_cmp(&b.0)) else {
            return Led { runs: vec![Around::run(length)], ..Led::default() };
        };
        let most = |steps: &[Vec<Step>], state: fn(&Place) -> usize| {
            places.iter().map(|place| Net::longest(steps, state(place))).try_fold(0, |most, own| Some(most.max(own?)))
        };
        let (before, after) = (most(&net.backward, |p| p.from), most(&net.forward, |p| p.to));
        Led { runs, before, after }
    }
}

/// Whom runs of digits lead to, a bit for each.
#[derive(Debug)]
pub(crate) struct Masks<T> {
    of: Vec<T>,
    /// Words of bits in a mask.
    width: usize,
    /// Bytes that no set tells apart have one class.
    classes: Vec<u8>,
    /// Masks by length …
    lengths: Vec<u64>,
    /// … and by class of the bytes before and after.
    before: [Vec<u64>; REACH],
    after: [Vec<u64>; REACH],
}

impl<T> Default for Masks<T> {
    fn default() -> Masks<T> {
        Masks::new(Vec::new())
    }
}

impl<T> Masks<T> {
    pub(crate) fn new(all: Vec<(Around, T)>) -> Masks<T> {
        let width = all.len().div_ceil(64);
        let sets = || all.iter().flat_map(|(around, _)| around.before.iter().chain(&around.after));
        let mut kinds: HashMap<Vec<bool>, usize> = HashMap::new();
        let classes: Vec<u8> = (0..=u8::MAX)
            .map(|b| {
                let kind: Vec<bool> = sets().map(|set| set.has(b)).collect();
                let fresh = kinds.len();
                u8::try_from(*kinds.entry(kind).or_insert(fresh)).unwrap_or(u8::MAX)
            })
            .collect();
        let table = |rows: usize, has: &dyn Fn(usize, &Around) -> bool| {
            let mut cells = vec![0_u64; rows * width];
            for (row, cells) in cells.chunks_mut(width.max(1)).enumerate() {
                for (at, _) in all.iter().enumerate().filter(|(_, (around, _))| has(row, around)) {
                    cells.get_mut(at / 64).into_iter().for_each(|cell| *cell |= 1 << (at % 64));
                }
            }
            cells
        };
        // A byte of each class stands for it.
        let sample = |class: usize| classes.iter().zip(0..=u8::MAX).find(|(c, _)| usize::from(**c) == class);
        let by_class = |of: &dyn Fn(&Around) -> ByteSet| {
            table(kinds.len(), &|class, around| sample(class).is_some_and(|(_, b)| of(around).has(b)))
        };
        let side = |of: fn(&Around) -> &[ByteSet; REACH]| {
            std::array::from_fn(|nth| by_class(&|around| of(around).get(nth).copied().unwrap_or_default()))
        };
        let lengths = table(LENGTH_MAX + 1, &|length, around| around.lengths >> length & 1 == 1);
        let (before, after) = (side(|a| &a.before), side(|a| &a.after));
        Masks { width, classes, lengths, before, after, of: all.into_iter().map(|(_, of)| of).collect() }
    }

    /// All of them, in the order of their bits.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.of.iter()
    }

    /// A mask of those that are wanted, to be given to [`Masks::at`].
    pub(crate) fn only(&self, is_wanted: impl Fn(&T) -> bool) -> Vec<u64> {
        let bit = |of: &T| u64::from(is_wanted(of));
        self.of.chunks(64).map(|some| some.iter().rev().fold(0, |mask, of| mask << 1 | bit(of))).collect()
    }

    /// Calls `each` with those who can have these digits, in the order of their bits: of those in `among`, if it is not
    /// empty, and of some in each word of the masks.
    pub(crate) fn at(
        &self,
        bytes: &[u8],
        start: usize,
        end: usize,
        among: &[u64],
        some: impl Fn(usize) -> u64,
        mut each: impl FnMut(&T),
    ) {
        let at = |at: Option<usize>| at.map_or(0, |at| byte(bytes, at));
        let [b0, b1, b2, b3] = &self.before;
        let [a0, a1, a2, a3] = &self.after;
        let length = (end - start).min(LENGTH_MAX) * self.width;
        let lengths = self.lengths.get(length..).unwrap_or_default();
        let (left, right) = (self.row(b0, at(start.checked_sub(1))), self.row(a0, byte(bytes, end)));
        // What is next to the digits rules out nearly all.
        let beside = left.iter().zip(right).map(|(left, right)| left & right);
        for (word, mask) in lengths.iter().zip(beside).map(|(length, beside)| length & beside).enumerate() {
            let mask = mask & among.get(word).copied().unwrap_or(u64::MAX);
            if mask == 0 {
                continue;
            }
            let cell = |row: &[u64]| row.get(word).copied().unwrap_or(0);
            let far = |nth: usize| (at(start.checked_sub(nth + 1)), byte(bytes, end + nth));
            let ((left1, right1), (left2, right2), (left3, right3)) = (far(1), far(2), far(3));
            let mut mask = mask & cell(self.row(b1, left1)) & cell(self.row(a1, right1));
            if mask != 0 {
                mask &= cell(self.row(b2, left2))
                    & cell(self.row(a2, right2))
                    & cell(self.row(b3, left3))
                    & cell(self.row(a3, right3));
            }
            if mask != 0 {
                mask &= some(word);
            }
            while mask != 0 {
                self.of.get(word * 64 + mask.trailing_zeros() as usize).into_iter().for_each(&mut each);
                mask &= mask - 1;
            }
        }
    }

    /// The masks of a byte.
    fn row<'m>(&self, table: &'m [u64], b: u8) -> &'m [u64] {
        let from = usize::from(self.classes.get(usize::from(b)).copied().unwrap_or(0)) * self.width;
        table.get(from..from + self.width).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    fn parse(pattern: &str) -> Hir {
        let whole = format!(r"\b{{start-half}}(?:{pattern})\b{{end-half}}");
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&whole).expect("valid")
    }

    /// The runs of digits of a text that are led to.
    fn led(pattern: &str, text: &str) -> Vec<String> {
        let masks = Masks::new(Led::of(&parse(pattern), 1).runs.into_iter().map(|around| (around, ())).collect());
        let digits = |c: char| c.is_ascii_digit();
        let runs = text.split(|c| !digits(c)).filter(|run| !run.is_empty());
        let at = |run: &str| run.as_ptr() as usize - text.as_ptr() as usize;
        let is_led = |run: &&str| {
            let mut is_led = false;
            masks.at(text.as_bytes(), at(run), at(run) + run.len(), &[], |_| u64::MAX, |()| is_led = true);
            is_led
        };
        runs.filter(is_led).map(str::to_owned).collect()
    }

    #[test]
    fn neighbours_tell() {
        let plate = "[A-HJ-NP-TV-Z]{2}-[0-9]{3}-[A-HJ-NP-TV-Z]{2}";
        let cases: [(&str, &str, &[&str]); 11] = [
            (plate, "AB-123-CD", &["123"]),
            (plate, "(AB-123-CD)", &["123"]),
            (plate, "xAB-123-CD AB-1234-CD AB-123-CDE AB 123-CD IB-123-CD", &[]),
            ("[0-9]{3}x[ab]", "123xa, 1234xa, 12xb, 123xc", &["123"]),
            ("[A-Z0-9]{3}[0-9]{4}", "ABC1234 A1B2345 12345678 1234567", &["1234", "2345", "1234567"]),
            ("(?:[0-9]{4}|x[0-9]{2})y", "1234y x12y 123y", &["1234", "12"]),
            ("(?:20)?[0-9]{2}/", "2024/ 24/ 024/", &["2024", "24"]),
            ("q[0-9]{2}(?:-[0-9]{2})*z", "q12z 12-q34-56", &["12", "34"]),
            ("a1b", "a1b a12b", &["1"]),
            ("[0-9]{40}", &"1".repeat(40), &["1111111111111111111111111111111111111111"]),
            ("[0-9]{40}", "1111", &[]),
        ];
        for (pattern, text, wanted) in cases {
            assert_eq!(led(pattern, text), wanted, "{pattern} in {text}");
        }
    }

    #[test]
    fn literals_within_words() {
        for (pattern, literal, is_inner) in [
            ("[a-z]*(?:hubspot|hapi)=[0-9]", "hapi", true),
            ("(?:hubspot|hapi)=[0-9]", "hapi", false),
            ("[0-9]*pin=[0-9]", "pin", false),
            ("x-?pin=[0-9]", "pin", true),
            ("pin[a-z]{9}", "pin", true),
            ("[a-z]*[0-9]q~", "3q~", false),
            ("[a-z]x", "not in it", true),
        ] {
            assert_eq!(Net::of(&parse(pattern)).is_inner(literal), is_inner, "{literal} in {pattern}");
        }
    }

    proptest! {
        #[test]
        fn no_match_is_without_a_run_that_leads_to_it(text in "[A-C1-3xy .,-]{0,40}") {
            let patterns = [
                "[A-C]{1,2}[ -]?[0-9]{1,2}[ -]?[A-C]{1,3}",
                "(?:[0-9]{2}|[A-C]+[0-9])[ ,.]{0,2}(?:x|yy)",
                "-?[0-9]{1,2}\\.[0-9]{2,3}(?: ?[AB])?",
                "[A-C1-3]{3}[0-9]{2}",
                "(?:[0-9][ -]?){3}x?",
                "(?:x|[0-9]{2})+y[0-9]",
            ];
            for pattern in patterns {
                let regex = Regex::builder().build_from_hir(&parse(pattern)).expect("small");
                for hit in regex.find_iter(&text) {
                    // Cut out, it has the end of the text for a neighbour.
                    let within = text.get(hit.range()).expect("ASCII");
                    prop_assert!(!led(pattern, within).is_empty(), "{} in {}", pattern, text);
                    prop_assert!(!led(pattern, &text).is_empty(), "{} in {}", pattern, text);
                }
            }
        }
    }
}
