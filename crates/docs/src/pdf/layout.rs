//! From glyphs on a page to lines of text.
//!
//! Content mostly stands in the order of reading. Where it does not (labels first, then values), rows are made by place,
//! unless the page has columns of prose, whose lines stand beside each other by chance.

use super::content::{Run, Scene};
use std::collections::BTreeMap;
use std::ops::Range;

/// Baselines that are no further apart, in sizes, are one.
const BASELINE_SIZES: f64 = 0.4;
/// A gap that parts words, in sizes.
const WORD_SIZES: f64 = 0.15;
/// A gap that parts cells.
const CELL_SIZES: f64 = 1.5;
/// Characters of a line of prose in a column.
const PROSE_CHARS: usize = 24;
/// Runs back that may be the same text drawn twice, for a bold look.
const TWINS_BACK: usize = 4;

/// Lines, and which glyphs they are made of.
#[derive(Default)]
pub(super) struct Laid {
    pub(super) text: String,
    /// In the order of the text: stretches of it and the glyphs that are it.
    pub(super) pieces: Vec<(Range<usize>, Range<usize>)>,
    /// Glyphs in the text, and glyphs that are drawn over them once more.
    pub(super) twins: Vec<(Range<usize>, Range<usize>)>,
}

/// Rows, each with its runs.
type Rows = Vec<Vec<usize>>;

struct Line {
    runs: Vec<usize>,
    /// The height of the baseline, by the direction of the writing.
    height: f64,
    size: f64,
    chars: usize,
}

/// Puts a page's glyphs into lines. Where rows were made by place, the lines in the order of the content are given as well:
/// nobody can tell a table from columns for sure.
pub(super) fn lay(scene: &Scene) -> (Laid, Option<Laid>) {
    let mut by_direction: BTreeMap<(usize, i64), Vec<Line>> = BTreeMap::new();
    let mut firsts: BTreeMap<i64, usize> = BTreeMap::new();
    let mut last = None;
    for (nth, run) in scene.runs.iter().enumerate() {
        let angle = (run.direction.1.atan2(run.direction.0).to_degrees() / 2.0).round() as i64;
        let first = *firsts.entry(angle).or_insert(nth);
        let lines = by_direction.entry((first, angle)).or_default();
        let height = height(run);
        let chars = scene.glyphs(&run.glyphs).chars().filter(|c| !c.is_whitespace()).count();
        match lines.last_mut() {
            Some(line) if last == Some(angle) && near(line.height, line.size, height, run.size) => {
                line.runs.push(nth);
                line.chars += chars;
                line.size = line.size.max(run.size);
            }
            _ => lines.push(Line { runs: vec![nth], height, size: run.size, chars }),
        }
        last = Some(angle);
    }
    let groups: Vec<(Vec<Line>, Option<Rows>)> = by_direction
        .into_values()
        .map(|lines| {
            let rows = rows(&lines);
            (lines, rows)
        })
        .collect();
    let by_content = write_all(scene, groups.iter().flat_map(|(lines, _)| lines).map(|line| line.runs.clone()));
    if groups.iter().all(|(_, rows)| rows.is_none()) {
        return (by_content, None);
    }
    let by_place = groups.into_iter().flat_map(|(lines, rows)| match rows {
        Some(rows) => rows,
        None => lines.into_iter().map(|line| line.runs).collect(),
    });
    (write_all(scene, by_place), Some(by_content))
}

fn write_all(scene: &Scene, lines: impl Iterator<Item = Vec<usize>>) -> Laid {
    let mut laid = Laid::default();
    lines.for_each(|runs| write(scene, runs, &mut laid));
    laid
}

fn along(run: &Run, point: (f64, f64)) -> f64 {
    point.0 * run.direction.0 + point.1 * run.direction.1
}

fn height(run: &Run) -> f64 {
    run.start.1 * run.direction.0 - run.start.0 * run.direction.1
}

fn near(a: f64, a_size: f64, b: f64, b_size: f64) -> bool {
    (a - b).abs() <= BASELINE_SIZES * a_size.max(b_size)
}

/// The rows that lines make, each with its runs; `None` if the order of the content will do.
fn rows(lines: &[Line]) -> Option<Rows> {
    let mut by_height: Vec<usize> = (0..lines.len()).collect();
    let height = |nth: &usize| lines.get(*nth).map_or(0.0, |line| line.height);
    by_height.sort_by(|a, b| height(b).total_cmp(&height(a)));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut of_row: Option<(f64, f64)> = None;
    for nth in by_height {
        let Some(line) = lines.get(nth) else { continue };
        match (of_row, rows.last_mut()) {
            (Some((at, size)), Some(row)) if near(at, size.min(line.size), line.height, size.min(line.size)) => {
                row.push(nth)
            }
            _ => {
                rows.push(vec![nth]);
                of_row = Some((line.height, line.size));
            }
        }
    }
    let is_torn = |row: &&Vec<usize>| {
        let (low, high) = (row.iter().min(), row.iter().max());
        row.len() > 1 && low.zip(high).is_some_and(|(low, high)| high - low >= row.len())
    };
    let torn: Vec<&Vec<usize>> = rows.iter().filter(is_torn).collect();
    let is_prose = |row: &&&Vec<usize>| {
        let mut chars: Vec<usize> = row.iter().filter_map(|nth| lines.get(*nth)).map(|line| line.chars).collect();
        chars.sort_unstable();
        chars.iter().rev().nth(1).is_some_and(|second| *second >= PROSE_CHARS)
    };
    let prose = torn.iter().filter(is_prose).count();
    if torn.is_empty() || prose * 2 >= torn.len() {
        return None;
    }
    let rows = rows.iter();
    let rows = rows
        .map(|row| row.iter().filter_map(|nth| lines.get(*nth)).flat_map(|line| line.runs.iter().copied()).collect());
    Some(rows.collect())
}

/// A piece of a line: glyphs, or what stands between them.
enum Atom {
    Glyphs(Range<usize>),
    Gap(&'static str),
}

fn write(scene: &Scene, mut runs: Vec<usize>, laid: &mut Laid) {
    let run = |nth: &usize| scene.runs.get(*nth);
    let start = |nth: &usize| run(nth).map_or(0.0, |run| along(run, run.start));
    runs.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let mut atoms: Vec<Atom> = Vec::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut has_right_to_left = false;
    for nth in runs {
        let Some(this) = run(&nth) else { continue };
        let text = scene.glyphs(&this.glyphs);
        if text.is_empty() {
            continue;
        }
        let twin = kept.iter().rev().take(TWINS_BACK).filter_map(run).find(|other| {
            (along(this, this.start) - along(this, other.start)).abs() < WORD_SIZES * this.size
                && scene.glyphs(&other.glyphs) == text
        });
        if let Some(twin) = twin {
            laid.twins.push((twin.glyphs.clone(), this.glyphs.clone()));
            continue;
        }
        if let Some(before) = kept.last().and_then(run) {
            let gap = along(this, this.start) - along(this, before.end);
            let size = this.size.max(before.size);
            let has_space =
                scene.glyphs(&before.glyphs).ends_with(char::is_whitespace) || text.starts_with(char::is_whitespace);
            if gap > CELL_SIZES * size {
                atoms.push(Atom::Gap("\t"));
            } else if gap > WORD_SIZES * size && !has_space {
                atoms.push(Atom::Gap(" "));
            }
        }
        has_right_to_left |= !text.is_ascii() && text.chars().any(is_right_to_left);
        atoms.push(Atom::Glyphs(this.glyphs.clone()));
        kept.push(nth);
    }
    if has_right_to_left {
        atoms = logical(scene, atoms);
    }
    let before = laid.text.len();
    for atom in atoms {
        match atom {
            Atom::Gap(gap) => laid.text.push_str(gap),
            Atom::Glyphs(glyphs) => {
                let from = laid.text.len();
                laid.text.push_str(scene.glyphs(&glyphs));
                let piece = from..laid.text.len();
                match laid.pieces.last_mut() {
                    Some((text, last)) if text.end == from && last.end == glyphs.start => {
                        text.end = piece.end;
                        last.end = glyphs.end;
                    }
                    _ => laid.pieces.push((piece, glyphs)),
                }
            }
        }
    }
    if laid.text.len() > before {
        laid.text.push('\n');
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}') && !is_number(c)
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Right,
    Left,
    Neutral,
}

/// From the order of looking, left to right, to the order of reading.
fn logical(scene: &Scene, atoms: Vec<Atom>) -> Vec<Atom> {
    let mut single: Vec<(Class, Atom)> = Vec::new();
    for atom in atoms {
        match atom {
            Atom::Gap(gap) => single.push((Class::Neutral, Atom::Gap(gap))),
            Atom::Glyphs(range) => {
                for nth in range {
                    let text = scene.glyph(nth);
                    let class = if text.chars().any(is_right_to_left) {
                        Class::Right
                    } else if text.chars().any(|c| c.is_alphabetic() || is_number(c)) {
                        Class::Left
                    } else {
                        Class::Neutral
                    };
                    single.push((class, Atom::Glyphs(nth..nth + 1)));
                }
            }
        }
    }
    let count = |class: Class| single.iter().filter(|(of, _)| *of == class).count();
    let base = if count(Class::Right) >= count(Class::Left) { Class::Right } else { Class::Left };
    if base == Class::Right {
        single.reverse();
    }
    // What runs against the line is turned around in itself.
    let against = if base == Class::Right { Class::Left } else { Class::Right };
    let mut at = 0;
    while at < single.len() {
        let class = |nth: usize| single.get(nth).map(|(class, _)| *class);
        if class(at) != Some(against) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut next = end;
        while let Some(class) = class(next).filter(|class| *class != base) {
            next += 1;
            if class == against {
                end = next;
            }
        }
        if let Some(stretch) = single.get_mut(at..end) {
            stretch.reverse();
        }
        at = next;
    }
    single.into_iter().map(|(_, atom)| atom).collect()
}
