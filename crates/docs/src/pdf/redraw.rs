//! Content written again, without some of its glyphs.

use super::content::Matrix;
use super::encoding;
use super::lex::{Dict, Object};
use super::operations::{Operations, Step};
use super::output::{object_to, real, text_to};
use super::write::{Hit, width};
use crate::Unwritable;
use std::collections::BTreeMap;

/// The name of the font that marks are written in.
pub(super) const FONT: &str = "LzMark";
/// Marks are pressed into the room that there is, but stay readable.
const NARROWEST: f64 = 0.35;

/// The content without the glyphs of `hits`, without comments and without texts in property lists.
pub(super) fn content(octets: &[u8], depth_max: usize, hits: &BTreeMap<usize, Hit>) -> Result<Vec<u8>, Unwritable> {
    let mut out: Vec<u8> = Vec::with_capacity(octets.len());
    let has_marks = hits.values().any(|hit| !hit.marks.is_empty());
    if has_marks {
        out.extend(b"q\n");
    }
    let mut operations = Operations::new(octets, depth_max, true);
    let mut mark_out = Vec::new();
    let (mut saved, mut is_text, mut done) = (0usize, false, 0usize);
    while let Some(step) = operations.next() {
        let Operations { lexer, operands } = &mut operations;
        match step {
            Step::Picture { place, .. } => {
                out.extend(octets.get(place).unwrap_or_default());
                out.push(b'\n');
            }
            Step::Operator(operator, place) => {
                let from = place.start;
                let has_comment = lexer.comments.as_ref().is_some_and(|all| all.iter().any(|c| c.start > from));
                lexer.comments.iter_mut().for_each(Vec::clear);
                match operator {
                    b"q" => saved += 1,
                    // One too many would undo the state that the marks need.
                    b"Q" if saved == 0 => continue,
                    b"Q" => saved -= 1,
                    b"BT" => is_text = true,
                    b"ET" => is_text = false,
                    b"d0" | b"d1" if has_marks => return Err(Unwritable::NoSuchPlace),
                    _ => {}
                }
                if let Some(hit) = hits.get(&from) {
                    show_again(&mut out, operator, operands, hit);
                    marks(&mut mark_out, operands.last(), hit);
                    done += 1;
                } else if matches!(operator, b"BDC" | b"DP") || has_comment {
                    operands.iter_mut().for_each(strip);
                    write(&mut out, operands, operator);
                } else {
                    out.extend(octets.get(place).unwrap_or_default());
                    out.push(b'\n');
                }
            }
        }
    }
    if done < hits.len() {
        return Err(Unwritable::NoSuchPlace);
    }
    if has_marks {
        if is_text {
            out.extend(b"ET\n");
        }
        out.extend(b"Q\n".repeat(saved + 1));
        out.extend(mark_out);
    }
    Ok(out)
}

fn write(out: &mut Vec<u8>, operands: &[Object], operator: &[u8]) {
    for operand in operands {
        object_to(out, operand, &mut |_| None);
        out.push(b' ');
    }
    out.extend(operator);
    out.push(b'\n');
}

/// Leaves the texts of a property list out.
fn strip(object: &mut Object) {
    if let Object::Dict(Dict(entries)) = object {
        entries.retain(|_, value| !matches!(value, Object::Text(_) | Object::Array(_) | Object::Dict(_)));
    }
}

/// Writes an operator that shows text without some of its glyphs; the others stay where they are.
fn show_again(out: &mut Vec<u8>, operator: &[u8], operands: &[Object], hit: &Hit) {
    match operator {
        b"'" => out.extend(b"T*\n"),
        b"\"" => {
            let number = |nth: usize| operands.get(nth).and_then(Object::number).unwrap_or(0.0);
            out.extend(format!("{} Tw {} Tc T*\n", real(number(0)), real(number(1))).bytes());
        }
        _ => {}
    }
    out.push(b'[');
    let mut moved = 0.0;
    let mut kept: Vec<u8> = Vec::new();
    each_glyph(operands.last(), hit, &mut |piece| match piece {
        Piece::Glyph { nth, octets, .. } if !hit.glyphs.contains(&nth) => {
            if moved != 0.0 {
                out.extend(real(moved).bytes());
                moved = 0.0;
            }
            kept.extend(octets);
        }
        other => {
            if !kept.is_empty() {
                text_to(out, &kept);
                kept.clear();
            }
            moved += match other {
                Piece::Move(by) => by,
                Piece::Glyph { way, .. } if hit.show.size != 0.0 => -way / hit.show.size * 1000.0,
                Piece::Glyph { .. } => 0.0,
            };
        }
    });
    if !kept.is_empty() {
        text_to(out, &kept);
    }
    if moved != 0.0 {
        out.extend(real(moved).bytes());
    }
    out.extend(b"] TJ\n");
}

enum Piece<'o> {
    /// A glyph: its code, the way from the start of the text, the way to the next one.
    Glyph {
        nth: usize,
        octets: &'o [u8],
        along: f64,
        way: f64,
    },
    Move(f64),
}

fn each_glyph<'o>(operand: Option<&'o Object>, hit: &Hit, see: &mut impl FnMut(Piece<'o>)) {
    let items = match operand {
        Some(Object::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return,
    };
    let show = &hit.show;
    let (mut nth, mut along) = (0, 0.0);
    let mut text = String::new();
    for item in items {
        let Object::Text(octets) = item else {
            let by = item.number().unwrap_or(0.0);
            along -= by / 1000.0 * show.size;
            see(Piece::Move(by));
            continue;
        };
        let mut rest = octets.as_slice();
        while let Some(glyph) = show.font.glyph(rest, &mut text) {
            text.clear();
            let (code, tail) = rest.split_at_checked(glyph.length).unwrap_or((rest, &[]));
            rest = tail;
            let spaces = show.char_space + if glyph.is_space { show.word_space } else { 0.0 };
            let way = glyph.advance * show.size + spaces;
            see(Piece::Glyph { nth, octets: code, along, way });
            along += way;
            nth += 1;
        }
    }
}

/// Writes marks where the glyphs were.
fn marks(out: &mut Vec<u8>, operand: Option<&Object>, hit: &Hit) {
    let show = &hit.show;
    for (first, mark) in &hit.marks {
        let Some((along, room)) = room(operand, hit, *first) else { continue };
        let text = encoding::win_ansi(mark);
        let wide = width(&text) * show.size.abs();
        let narrow = if wide > 0.0 { (room * show.scale.abs() / wide).clamp(NARROWEST, 1.0) } else { 1.0 };
        let (x, y) = if show.font.is_vertical { (0.0, along) } else { (along * show.scale, 0.0) };
        let [a, b, c, d, e, f] = Matrix([show.size * narrow, 0.0, 0.0, show.size, x, y]).then(show.matrix).0;
        if a * d - b * c == 0.0 {
            continue;
        }
        let mode = if show.is_invisible { 3 } else { 0 };
        let numbers = [a, b, c, d, e, f].map(real).join(" ");
        out.extend(format!("q 0 g BT {mode} Tr 0 Tc 0 Tw 100 Tz 0 Ts /{FONT} 1 Tf {numbers} Tm ").bytes());
        text_to(out, &text);
        out.extend(b" Tj ET Q\n");
    }
}

/// Where a mark begins in its text, and how much room the glyphs leave that went with it.
fn room(operand: Option<&Object>, hit: &Hit, first: usize) -> Option<(f64, f64)> {
    let next = hit.marks.range(first + 1..).next().map_or(usize::MAX, |(nth, _)| *nth);
    let mut start = None;
    let mut end = 0.0;
    let mut is_over = false;
    each_glyph(operand, hit, &mut |piece| {
        if let Piece::Glyph { nth, along, way, .. } = piece
            && nth >= first
            && !is_over
        {
            if hit.glyphs.contains(&nth) && nth < next {
                start.get_or_insert(along);
                end = along + way;
            } else {
                is_over = true;
            }
        }
    });
    start.map(|start| (start, (end - start).abs()))
}
