//! Texts in octets that nobody understands: runs of printable characters.

/// Characters that make a run worth showing.
const RUN_CHARS: usize = 6;

/// Every run of printable characters, a line each: ASCII or UTF-8, and UTF-16LE of the alphabets.
pub(crate) fn strings(octets: &[u8]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
        let narrow = narrow_run(rest);
        let wide = if narrow < RUN_CHARS { wide_run(rest) } else { 0 };
        if narrow >= RUN_CHARS {
            push(&mut out, &String::from_utf8_lossy(rest.get(..narrow).unwrap_or_default()));
            at += narrow;
        } else if wide >= RUN_CHARS {
            push(&mut out, &super::bytes::utf16(rest.get(..wide * 2).unwrap_or_default()));
            at += wide * 2;
        } else {
            // A run that is too short to show: what of it is wide starts one octet later at the latest.
            at += narrow.saturating_sub(1).max(1);
        }
    }
    out
}

fn push(out: &mut String, run: &str) {
    let run = run.trim();
    if run.chars().count() >= RUN_CHARS {
        out.push_str(run);
        out.push('\n');
    }
}

/// Octets of ASCII and UTF-8 letters from the start on.
fn narrow_run(octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(first) = octets.get(at) {
        at += match first {
            0x20..=0x7e | b'\t' => 1,
            0xc2..=0xf4 => {
                let len = if *first < 0xe0 { 2 } else { 3 + usize::from(*first >= 0xf0) };
                match octets.get(at..at + len).map(std::str::from_utf8) {
                    Some(Ok(letter)) if letter.chars().all(|c| !c.is_control()) => len,
                    _ => break,
                }
            }
            _ => break,
        };
    }
    at
}

/// Characters of UTF-16LE from the start on: Latin to Arabic, punctuation and currency.
fn wide_run(octets: &[u8]) -> usize {
    let is_text = |pair: &&[u8]| match pair {
        [low, 0] => matches!(low, 0x20..=0x7e | b'\t' | 0xa0..=0xff),
        [low, 0x01..=0x06 | 0x1e | 0x1f] => *low != 0,
        [low, 0x20] => matches!(low, 0x10..=0x3a | 0xa0..=0xbf),
        _ => false,
    };
    octets.chunks_exact(2).take_while(is_text).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn runs_are_lines() {
        let mut octets = b"\x00\x01short\x00longer run\xff".to_vec();
        octets.extend(wide("wide текст"));
        octets.extend(b"\x00\x00\x01");
        octets.extend("größer".as_bytes());
        assert_eq!(strings(&octets), "longer run\nwide текст\ngrößer\n");
    }

    #[test]
    fn a_narrow_octet_before_a_wide_run_costs_nothing() {
        let mut octets = b"abc".to_vec();
        octets.extend(wide("4111 1111"));
        assert!(strings(&octets).contains("4111 1111"), "{}", strings(&octets));
        assert_eq!(strings(&[]), "");
    }
}
