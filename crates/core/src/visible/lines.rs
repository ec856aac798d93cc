//! The lines of a plain text: which were written now, which are quoted, which sign.
//!
//! Every line gets a kind; then, from the top, the first place after which nothing new is written cuts the rest off. Where
//! somebody answers between the lines of a quotation, the quotation stays, since the answers say little without it.

use super::signs::{attribution, header_block, is_attribution, is_delimiter, is_device, is_quote, is_separator};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Text,
    /// `> …`
    Quote,
    /// `On … wrote:`
    Attribution,
    /// `--`, `____`, `****`
    Delimiter,
    /// `-----Original Message-----`, `Begin forwarded message:`
    Separator,
    /// `From: …`, in a block that is the header of a mail.
    Header,
    /// `Sent from my …`
    Device,
}

/// The text without quotes and signature.
pub(super) fn reply(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\u{a0}', " ");
    let lines: Vec<&str> = text.lines().collect();
    let mut kinds = kinds(&lines);
    let bare = |l: &str| is_attribution(l.trim_start_matches(['>', ' ']).trim());
    if kinds.iter().all(|k| matches!(k, Kind::Quote | Kind::Blank)) && !lines.iter().any(|l| bare(l)) {
        // Nothing but a quotation, and nothing that says it is one: it is all there is.
        return text.trim().to_owned();
    }
    signature(&mut kinds);
    let kept = kept(&kinds);
    let body: Vec<&str> = lines.iter().zip(&kept).filter(|(_, keep)| **keep).map(|(line, _)| *line).collect();
    body.join("\n").trim().to_owned()
}

/// For each line: is it part of what was written now?
fn kept(kinds: &[Kind]) -> Vec<bool> {
    let mut keep: Vec<bool> = kinds.iter().map(|k| !matches!(k, Kind::Device | Kind::Delimiter)).collect();
    let first_text = kinds.iter().position(|k| *k == Kind::Text);
    let last = |kind: Kind| kinds.iter().rposition(|k| *k == kind);
    let (last_text, last_quote) = (last(Kind::Text), last(Kind::Quote));
    let written_before = |at: usize| first_text.is_some_and(|t| t < at);
    let written_from = |at: usize| last_text.is_some_and(|t| t >= at);
    let run = |from: usize, good: fn(&Kind) -> bool| kinds.iter().skip(from).take_while(|k| good(k)).count();
    let mut at = 0;
    while let Some(&kind) = kinds.get(at) {
        match kind {
            Kind::Attribution | Kind::Separator | Kind::Header => {
                let marker = run(at, |k| matches!(k, Kind::Attribution | Kind::Separator | Kind::Header | Kind::Blank));
                let quotes = run(at + marker, |k| matches!(k, Kind::Quote | Kind::Blank));
                let tail = at + marker + quotes;
                let quoted = kinds.iter().skip(at + marker).take(quotes).any(|k| *k == Kind::Quote);
                if written_before(at) && !(quoted && written_from(tail)) {
                    drop_from(&mut keep, at, usize::MAX);
                    return keep;
                }
                drop_from(&mut keep, at, marker);
                if !written_before(at) && quoted && written_from(tail) && last_quote.is_none_or(|q| q < tail) {
                    // The answer stands below what it answers.
                    drop_from(&mut keep, at, marker + quotes);
                }
                at += marker;
            }
            Kind::Quote => {
                let quotes = run(at, |k| matches!(k, Kind::Quote | Kind::Blank));
                if !written_from(at + quotes) {
                    // A quotation at the end, with or without a line that says whose it is.
                    drop_from(&mut keep, at, usize::MAX);
                    return keep;
                }
                at += quotes;
            }
            _ => at += 1,
        }
    }
    keep
}

fn drop_from(keep: &mut [bool], at: usize, count: usize) {
    keep.iter_mut().skip(at).take(count).for_each(|k| *k = false);
}

/// Marks what follows a delimiter as part of it where it is a signature: short, or a quotation after it.
fn signature(kinds: &mut [Kind]) {
    /// Longer ones are text under a rule.
    const SIGNATURE_LINES_MAX: usize = 12;
    let Some(first_text) = kinds.iter().position(|k| *k == Kind::Text) else { return };
    let ends = |k: &Kind| matches!(k, Kind::Attribution | Kind::Separator | Kind::Header);
    // From below: lines of text until the next mail begins, so that each line is looked at once.
    let (mut lines, mut end, mut found) = (0, kinds.len(), None);
    for (at, kind) in kinds.iter().enumerate().skip(first_text).rev() {
        match kind {
            Kind::Text => lines += 1,
            Kind::Delimiter if lines <= SIGNATURE_LINES_MAX => found = Some((at, end)),
            kind if ends(kind) => (lines, end) = (0, at),
            _ => {}
        }
    }
    let Some((at, end)) = found else { return };
    for kind in kinds.iter_mut().take(end).skip(at).filter(|k| matches!(k, Kind::Text | Kind::Quote)) {
        *kind = Kind::Delimiter;
    }
}

fn kinds(lines: &[&str]) -> Vec<Kind> {
    /// Nobody writes more; below, quotations are still known by their marks.
    const LINES_MAX: usize = 10_000;
    let plain = |l: &str| match l.trim() {
        "" => Kind::Blank,
        l if is_quote(l) => Kind::Quote,
        _ => Kind::Text,
    };
    let mut kinds: Vec<Kind> =
        lines.iter().enumerate().map(|(at, l)| if at < LINES_MAX { alone(l) } else { plain(l) }).collect();
    let mut at = 0;
    while at < lines.len().min(LINES_MAX) {
        let here = kinds.get(at).copied();
        let rest = lines.get(at..).unwrap_or_default();
        let span = match here {
            Some(Kind::Text) => attribution(rest)
                .map(|n| (n, Kind::Attribution))
                .or_else(|| header_block(rest).map(|n| (n, Kind::Header))),
            _ => None,
        };
        match span {
            Some((count, kind)) => {
                kinds.iter_mut().skip(at).take(count).for_each(|k| *k = kind);
                // A rule right above a header is part of it.
                if kind == Kind::Header {
                    let above = kinds.iter_mut().take(at).rev().find(|k| **k != Kind::Blank);
                    if let Some(above) = above.filter(|k| **k == Kind::Delimiter) {
                        *above = Kind::Header;
                    }
                }
                at += count;
            }
            None => at += 1,
        }
    }
    kinds
}

/// The kind of a line looked at alone.
fn alone(line: &str) -> Kind {
    let line = line.trim();
    if line.is_empty() {
        Kind::Blank
    } else if is_quote(line) {
        Kind::Quote
    } else if is_separator(line) {
        Kind::Separator
    } else if is_delimiter(line) {
        Kind::Delimiter
    } else if is_device(line) {
        Kind::Device
    } else {
        Kind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_now() {
        let cases = [
            ("plain", "Hello\n\nthere", "Hello\n\nthere"),
            ("top post", "Yes.\n\nOn 3 May 2021, Ann Lee wrote:\n> Works?\n", "Yes."),
            ("no marks", "Yes.\n\nOn 3 May 2021, Ann Lee <a@b.example> wrote:\n\nWorks?\n", "Yes."),
            ("two lines", "Ja.\n\nAm 3. Mai 2021 um 10:11 schrieb Ann Lee\n<a@b.example>:\n> Geht es?", "Ja."),
            ("bottom post", "On 3 May 2021 Ann wrote:\n> Works?\n\nYes.", "Yes."),
            ("between", "On 3 May 2021 Ann wrote:\n> One?\nYes.\n> Two?\nNo.", "> One?\nYes.\n> Two?\nNo."),
            ("quote at the end", "Sure\n\n> old\n> older\n", "Sure"),
            ("only quotes", "> a\n>> b\n", "> a\n>> b"),
            ("only a quoted mail", "> On 3 May 2021 Ann wrote:\n>> b\n", ""),
            ("no blank line above", "Fine.\nOn 3 May 2021, Ann Lee <a@b.example> wrote:\n> b\n", "Fine."),
            ("outlook", "Done\n\n-----Original Message-----\nFrom: A\nSent: B\n\nold", "Done"),
            ("header block", "Fait\n\nDe : Ann\nEnvoyé : lundi\nÀ : Bob\nObjet : x\n\nancien", "Fait"),
            ("signature", "Text\n-- \nAnn Lee\nAcme", "Text"),
            ("device", "Ok\n\nSent from my iPhone", "Ok"),
            (
                "rule and long text",
                "Title\n=====\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm",
                "Title\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm",
            ),
            ("not a block", "From: the start it was slow\nIt is still.", "From: the start it was slow\nIt is still."),
            ("not an attribution", "My boss wrote a list:\n1. x", "My boss wrote a list:\n1. x"),
            (
                "forwarded alone",
                "---------- Forwarded message ----------\nFrom: A\nDate: B\nTo: C\n\nthe text",
                "the text",
            ),
        ];
        for (what, text, want) in cases {
            assert_eq!(reply(text), want, "{what}");
        }
    }

    #[test]
    fn long_texts_are_linear() {
        for unit in ["From: a\n", "> q\n", "On 1 wrote\n", "--\nx\n", "a 1\n"] {
            assert!(reply(&unit.repeat(50_000)).len() <= unit.len() * 50_000);
        }
    }
}
