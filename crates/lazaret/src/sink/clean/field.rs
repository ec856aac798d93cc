//! Header fields as octets: one line each, folded, all ASCII (RFC 5322 2.2.3, RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lazaret_store::AddressView;
use lettre::Address;
use lettre::message::header::{Cc, From, Header, Headers, ReplyTo, Sender, To};
use lettre::message::{Mailbox, Mailboxes};

/// Octets of a line that is folded where it can be (RFC 5322 2.1.1), and bound of one with encoded words (RFC 2047 2).
const LINE_BYTES: usize = 76;
/// Octets of a word that is written as it stands; a longer one could not be folded below the 998 of RFC 5322 2.1.1.
pub(super) const WORD_BYTES_MAX: usize = 800;
/// Octets of UTF-8 in one encoded word, and the fewest that are worth one.
const ENCODED_BYTES: (usize, usize) = (45, 15);
/// What an encoded word has around its letters.
const AROUND: (&str, &str) = ("=?utf-8?B?", "?=");
/// Longest subject and longest name, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 400;
/// Stands where the original had no usable address (RFC 2606 reserves the domain).
pub(super) const NO_ADDRESS: (&str, &str) = ("unknown", "lazaret.invalid");

/// A field of text.
pub(super) fn text(name: &str, value: &str) -> String {
    let mut out = Lines { out: format!("{name}:"), used: name.len() + 1, is_first: true };
    let mut encoded: Vec<&str> = Vec::new();
    for word in value.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let is_plain =
            word.bytes().all(|b| b.is_ascii_graphic()) && word.len() <= WORD_BYTES_MAX && !word.contains("=?");
        if !is_plain {
            encoded.push(word);
            continue;
        }
        out.encoded(&std::mem::take(&mut encoded));
        out.word(word);
    }
    out.encoded(&encoded);
    format!("{}\r\n", out.out)
}

struct Lines {
    out: String,
    used: usize,
    is_first: bool,
}

impl Lines {
    fn word(&mut self, word: &str) {
        // Nothing but the name on the first line confuses some readers.
        if self.used + 1 + word.len() > LINE_BYTES && !self.is_first {
            self.fold();
        }
        self.out.push(' ');
        self.out.push_str(word);
        self.used += 1 + word.len();
        self.is_first = false;
    }

    fn fold(&mut self) {
        self.out.push_str("\r\n");
        self.used = 0;
    }

    /// Words that cannot stand as they are. Blanks between encoded words count for nothing, so theirs are encoded too.
    fn encoded(&mut self, words: &[&str]) {
        let all = words.join(" ");
        let mut rest = all.as_str();
        while !rest.is_empty() {
            let room = |used: usize| LINE_BYTES.saturating_sub(used + 1 + AROUND.0.len() + AROUND.1.len()) / 4 * 3;
            if room(self.used) < ENCODED_BYTES.1 {
                self.fold();
            }
            let most = room(self.used).min(ENCODED_BYTES.0).min(rest.len());
            let end = (1..=most).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
            let (piece, more) = rest.split_at(end);
            self.word(&format!("{}{}{}", AROUND.0, STANDARD.encode(piece), AROUND.1));
            rest = more;
        }
    }
}

/// One line, bounded. `=?` would be taken for an encoded word and decoded once more: a way to smuggle text past the scan.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    line.replace("=?", "= ?").trim().to_owned()
}

/// A field of addresses, `Sender` with its first; nothing for none.
pub(super) fn addresses(name: &str, views: &[AddressView]) -> String {
    let all = mailboxes(views);
    let lower = name.to_ascii_lowercase();
    if all.is_empty() {
        return String::new();
    }
    let list: Mailboxes = all.clone().into();
    match lower.as_str() {
        "from" => one(From::from(list)),
        "to" => one(To::from(list)),
        "cc" => one(Cc::from(list)),
        "reply-to" => one(ReplyTo::from(list)),
        _ => all.into_iter().next().map_or_else(String::new, |first| one(Sender::from(first))),
    }
}

/// A header of lettre's, as it writes it.
pub(super) fn one<H: Header>(header: H) -> String {
    let mut headers = Headers::new();
    headers.set(header);
    headers.to_string()
}

fn mailboxes(views: &[AddressView]) -> Vec<Mailbox> {
    let one = |view: &AddressView| {
        let name = one_line(&view.name, TEXT_CHARS_MAX);
        match view.address.parse::<Address>().ok().filter(|_| view.address.is_ascii()) {
            Some(address) => Some(Mailbox::new(Some(name).filter(|n| !n.is_empty()), address)),
            // What is no address, or one that an IMAP server without UTF-8 would refuse, is shown as a name.
            None => {
                let shown = one_line(&format!("{name} {}", view.address), TEXT_CHARS_MAX);
                (!shown.is_empty()).then(|| Mailbox::new(Some(shown), nobody()))
            }
        }
    };
    views.iter().filter_map(one).collect()
}

fn nobody() -> Address {
    Address::new_dangerous(NO_ADDRESS.0, NO_ADDRESS.1)
}

/// `Name <address>` taken apart; nothing where it is no single address.
pub(super) fn mailbox(value: &str) -> Option<AddressView> {
    let (name, address) = match value.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
        None => ("", value.trim()),
    };
    address.parse::<Address>().ok()?;
    Some(AddressView { name: name.replace('\\', ""), address: address.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_and_encoded() {
        let rows: &[(&str, &str)] = &[
            ("one two", "X-A: one two\r\n"),
            ("  one\t two\r\nBcc: x@y ", "X-A: one two Bcc: x@y\r\n"),
            ("", "X-A:\r\n"),
            ("a zw\u{f6}lf \u{f6} b", "X-A: a =?utf-8?B?enfDtmxmIMO2?= b\r\n"),
            ("=?utf-8?B?YQ==?=", "X-A: =?utf-8?B?PT91dGYtOD9CP1lRPT0/PQ==?=\r\n"),
        ];
        for (value, want) in rows {
            assert_eq!(text("X-A", value), *want);
        }
        let long = "word \u{1f600}\u{f6} ".repeat(200) + &"x".repeat(2_000);
        let field = text("X-Name", &long);
        assert!(field.is_ascii() && field.lines().all(|line| line.len() <= LINE_BYTES), "{field}");
        assert!(field.lines().skip(1).all(|line| line.starts_with(' ')));
        for (bytes, encoded) in [(WORD_BYTES_MAX - 1, false), (WORD_BYTES_MAX, false), (WORD_BYTES_MAX + 1, true)] {
            assert_eq!(text("X-A", &"x".repeat(bytes)).contains("=?"), encoded, "{bytes}");
        }
    }

    #[test]
    fn a_sender_is_one_address() {
        let view = |name: &str, address: &str| Some(AddressView { name: name.into(), address: address.into() });
        let rows = [
            ("a@b.example", view("", "a@b.example")),
            ("Mia <a@b.example>", view("Mia", "a@b.example")),
            ("\"Moss, Mia\" <a@b.example>", view("Moss, Mia", "a@b.example")),
            ("a@b.example, c@d.example", None),
            ("nobody", None),
            ("", None),
        ];
        for (value, want) in rows {
            assert_eq!(mailbox(value), want, "{value}");
        }
    }
}
