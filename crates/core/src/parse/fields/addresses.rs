//! Lists of addresses (RFC 5322 3.4), as they are written.

use super::encoded::decode_words;
use super::params::strip_comments;
use super::unfold;

/// A mailbox as written.
pub(crate) struct Mailbox {
    /// Display name, or the comment that stands for one.
    pub(crate) name: String,
    /// Address, or what stands in its place.
    pub(crate) address: String,
}

/// The mailboxes of an address field, groups flattened; at most `max`, and whether that was all. Names of groups are
/// given beside them, since a person wrote them too.
pub(crate) fn addresses(value: &[u8], max: usize) -> (Vec<Mailbox>, Vec<String>, bool) {
    let text = unfold(value);
    let mut reader = Reader { found: Vec::new(), groups: Vec::new(), current: Current::default(), max, complete: true };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => reader.current.quoted(&mut chars),
            '(' => reader.current.comment(&mut chars),
            '<' if reader.current.angle.is_none() => reader.current.angle(&mut chars),
            ',' => reader.end(),
            ';' => reader.end(),
            ':' if reader.current.angle.is_none() && !reader.current.bare.contains('@') => reader.group(),
            c => reader.current.push(c),
        }
    }
    reader.end();
    (reader.found, reader.groups, reader.complete)
}

struct Reader {
    found: Vec<Mailbox>,
    groups: Vec<String>,
    current: Current,
    max: usize,
    complete: bool,
}

/// The mailbox being read.
#[derive(Default)]
struct Current {
    /// What stands before the angle bracket, quotes taken off.
    phrase: String,
    /// The same with its quotes: the address, if no angle bracket comes.
    bare: String,
    comment: String,
    angle: Option<String>,
}

type Chars<'t> = std::iter::Peekable<std::str::Chars<'t>>;

impl Current {
    fn push(&mut self, c: char) {
        self.phrase.push(c);
        self.bare.push(c);
    }

    fn quoted(&mut self, chars: &mut Chars<'_>) {
        self.bare.push('"');
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => {
                    if let Some(c) = chars.next() {
                        self.phrase.push(c);
                        self.bare.extend(['\\', c]);
                    }
                }
                c => self.push(c),
            }
        }
        self.bare.push('"');
    }

    fn comment(&mut self, chars: &mut Chars<'_>) {
        let mut depth = 1_u32;
        if !self.comment.is_empty() {
            self.comment.push(' ');
        }
        while let Some(c) = chars.next() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => return,
                ')' => depth -= 1,
                '\\' => {
                    self.comment.extend(chars.next());
                    continue;
                }
                _ => {}
            }
            self.comment.push(c);
        }
    }

    fn angle(&mut self, chars: &mut Chars<'_>) {
        let mut inner = String::new();
        let mut quoted = false;
        for c in chars.by_ref() {
            match c {
                '"' => quoted = !quoted,
                '<' if !quoted => continue,
                '>' if !quoted => break,
                _ => {}
            }
            inner.push(c);
        }
        while chars.next_if_eq(&'>').is_some() {}
        // A source route (RFC 5322 4.4) says nothing of the mailbox.
        let address = match inner.trim().split_once(':') {
            Some((route, address)) if route.starts_with('@') => address,
            Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => address,
            _ => inner.trim(),
        };
        self.angle = Some(strip_comments(address).split_whitespace().collect());
    }

    fn mailbox(self) -> Option<Mailbox> {
        let clean = |text: &str| decode_words(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let comment = clean(&self.comment);
        let phrase = clean(&self.phrase);
        if let Some(address) = self.angle {
            let name = if phrase.is_empty() { comment } else { phrase };
            return (!name.is_empty() || !address.is_empty()).then_some(Mailbox { name, address });
        }
        if !self.bare.contains('@') {
            let name = if phrase.is_empty() { comment } else { phrase };
            return (!name.is_empty()).then_some(Mailbox { name, address: String::new() });
        }
        // A quoted local part may hold blanks.
        let bare = self.bare.trim();
        if bare.starts_with('"')
            && bare.rsplit_once("\"@").is_some_and(|(_, domain)| !domain.contains(char::is_whitespace))
        {
            return Some(Mailbox { name: comment, address: bare.to_owned() });
        }
        // Blanks around the dots and the at sign are allowed; a blank elsewhere divides a name from an address.
        let squeezed = squeeze(&self.bare);
        let address = squeezed.split(' ').find(|w| w.contains('@')).unwrap_or_default().to_owned();
        let rest = squeezed.split(' ').filter(|w| *w != address).collect::<Vec<_>>().join(" ");
        let name = if rest.is_empty() { comment } else { clean(rest.trim_matches('"')) };
        let address = address.strip_prefix("mailto:").unwrap_or(&address).to_owned();
        Some(Mailbox { name, address })
    }
}

/// Blanks made single, and none around `@` and `.`.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let joins = word.starts_with(['@', '.']) || out.ends_with(['@', '.']);
        if !out.is_empty() && !joins {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

impl Reader {
    fn end(&mut self) {
        if let Some(mailbox) = std::mem::take(&mut self.current).mailbox() {
            if self.found.len() < self.max {
                self.found.push(mailbox);
            } else {
                self.complete = false;
            }
        }
    }

    fn group(&mut self) {
        let group = std::mem::take(&mut self.current);
        let name = decode_words(group.phrase.trim());
        if !name.is_empty() && self.groups.len() < self.max {
            self.groups.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_in_every_form() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("a@b.example", &[("", "a@b.example")]),
            ("Ann Lee <a@b.example>", &[("Ann Lee", "a@b.example")]),
            ("\"Lee, Ann\" <a@b.example>, c@d.example", &[("Lee, Ann", "a@b.example"), ("", "c@d.example")]),
            ("a@b.example (Ann (A.) Lee)", &[("Ann (A.) Lee", "a@b.example")]),
            ("<a@x.example>(b@y.example)", &[("b@y.example", "a@x.example")]),
            (
                "Team: a@b.example, C <c@d.example>;, e@f.example",
                &[("", "a@b.example"), ("C", "c@d.example"), ("", "e@f.example")],
            ),
            ("undisclosed-recipients:;", &[]),
            ("=?utf-8?Q?=C3=84nn=2C_Lee?= <a@b.example>", &[("\u{c4}nn, Lee", "a@b.example")]),
            ("<@r.example,@s.example:a@b.example>", &[("", "a@b.example")]),
            ("<<a@b.example>>", &[("", "a@b.example")]),
            ("a . b @ c . example", &[("", "a.b@c.example")]),
            ("\"a b\"@c.example", &[("", "\"a b\"@c.example")]),
            ("MAILER-DAEMON", &[("MAILER-DAEMON", "")]),
            ("Ann Lee a@b.example", &[("Ann Lee", "a@b.example")]),
            ("Ann <a@b.example", &[("Ann", "a@b.example")]),
            (",,;", &[]),
        ];
        for (text, want) in cases {
            let (found, _, complete) = addresses(text.as_bytes(), 10);
            let got: Vec<(&str, &str)> = found.iter().map(|m| (m.name.as_str(), m.address.as_str())).collect();
            assert_eq!((got.as_slice(), complete), (*want, true), "{text}");
        }
    }
}
