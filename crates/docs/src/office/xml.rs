//! XML with offsets: what stands where in an XML part, token by token, and the part written anew.

use crate::mapped::{Change, Mapped, joined, splice};
use crate::{Limits, Unwritable, Why};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::ops::Range;

/// A start tag, an empty element's too.
pub(crate) struct Tag<'a> {
    /// Its prefix; empty if it has none.
    pub(crate) prefix: &'a str,
    /// Its name without the prefix: namespaces have several addresses (Transitional and Strict), local names do not.
    pub(crate) local: &'a str,
    /// Where it stands, from `<` to behind `>`.
    pub(crate) at: Range<usize>,
    pub(crate) is_empty: bool,
    pub(crate) attributes: Vec<Attribute<'a>>,
}

/// An attribute.
pub(crate) struct Attribute<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
    /// As it stands, with its entities.
    pub(crate) raw: &'a str,
    /// Where the value stands, without quotes.
    pub(crate) at: Range<usize>,
    /// Where its name begins.
    pub(crate) from: usize,
}

impl<'a> Tag<'a> {
    /// The value of the attribute of this local name, as it stands.
    pub(crate) fn raw(&self, local: &str) -> Option<&'a str> {
        self.attributes.iter().find(|a| a.local == local).map(|a| a.raw)
    }

    /// The same, entities resolved.
    pub(crate) fn value(&self, local: &str) -> Option<String> {
        self.raw(local).map(unescaped)
    }

    /// The attribute of this local name.
    pub(crate) fn attribute(&self, local: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|a| a.local == local)
    }
}

/// What a walk meets.
pub(crate) enum Token<'t, 'a> {
    Start(&'t Tag<'a>),
    /// The end of an element, an empty one's too: its local name and where the tag stands.
    End(&'a str, Range<usize>),
    /// Text that stands as it is, and where from.
    Text(&'a str, usize),
    /// A character that a reference stands for.
    Reference(String, Range<usize>),
    /// A comment or a processing instruction: what is in it, and where from.
    Aside(&'a str, usize),
}

/// The octets of an XML part as UTF-8, and whether they were that already.
pub(crate) fn decoded(octets: &[u8]) -> (std::borrow::Cow<'_, str>, bool) {
    let head = octets.get(..octets.len().min(200)).unwrap_or_default();
    let charset = match head {
        [0xef, 0xbb, 0xbf, ..] => encoding_rs::UTF_8,
        [0xff, 0xfe, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xfe, 0xff, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => declared(head).unwrap_or(encoding_rs::UTF_8),
    };
    let (text, charset, _) = charset.decode(octets);
    let is_same = charset == encoding_rs::UTF_8 && text.len() == octets.len();
    (text, is_same)
}

/// The charset that an XML declaration names.
fn declared(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = std::str::from_utf8(head.get(..head.iter().position(|b| *b == b'>')?)?).ok()?;
    let rest = head.strip_prefix("<?xml")?.split_once("encoding")?.1;
    let label = rest.trim_start_matches([' ', '=', '\t']).get(1..)?.split(['"', '\'']).next()?;
    encoding_rs::Encoding::for_label(label.as_bytes())
}

/// Walks an XML text. What is not well-formed in small ways (unmatched ends, stray ampersands) is taken as it is.
///
/// # Errors
/// [`Why::Malformed`] where no tag can be read any more or entities are declared, [`Why::OverLimit`] beyond the depth of
/// elements or the number of attributes. What came before has been seen.
pub(crate) fn walk<'a>(
    source: &'a str,
    limits: &Limits,
    mut see: impl FnMut(Token<'_, 'a>) -> Result<(), Why>,
) -> Result<(), Why> {
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event().map_err(|_| Why::Malformed)?;
        let end = usize::try_from(reader.buffer_position()).map_err(|_| Why::OverLimit)?;
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > limits.depth_max {
                    return Err(Why::OverLimit);
                }
                see(Token::Start(&tag(source, &start, end, false, limits)?))?;
            }
            Event::Empty(start) => {
                let tag = tag(source, &start, end, true, limits)?;
                see(Token::Start(&tag))?;
                see(Token::End(tag.local, end..end))?;
            }
            Event::End(name) => {
                depth = depth.saturating_sub(1);
                let at = offset(source, &name).unwrap_or(end).saturating_sub(2);
                let name = source.get(at + 2..at + 2 + name.len()).unwrap_or_default();
                see(Token::End(split_name(name.trim_ascii_end()).1, at..end))?;
            }
            Event::Text(text) => see_text(source, &text, |text, at| see(Token::Text(text, at)))?,
            Event::CData(text) => see_text(source, &text, |text, at| see(Token::Text(text, at)))?,
            Event::Comment(text) => see_text(source, &text, |text, at| see(Token::Aside(text, at)))?,
            Event::PI(text) => see_text(source, &text, |text, at| see(Token::Aside(text, at)))?,
            Event::GeneralRef(name) => {
                let at = offset(source, &name).unwrap_or(1).saturating_sub(1);
                let raw = source.get(at..end).unwrap_or_default();
                match reference(raw) {
                    Some(text) => see(Token::Reference(text, at..end))?,
                    None => see(Token::Text(raw, at))?,
                }
            }
            // Entities are never expanded: a part that declares some is not read.
            Event::DocType(text) if text.to_ascii_uppercase().contains("<!ENTITY") => return Err(Why::Malformed),
            Event::DocType(_) | Event::Decl(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}

fn see_text<'a>(
    source: &'a str,
    text: &str,
    mut see: impl FnMut(&'a str, usize) -> Result<(), Why>,
) -> Result<(), Why> {
    let at = offset(source, text).ok_or(Why::Malformed)?;
    see(source.get(at..at + text.len()).unwrap_or_default(), at)
}

fn tag<'a>(
    source: &'a str,
    start: &BytesStart<'_>,
    end: usize,
    is_empty: bool,
    limits: &Limits,
) -> Result<Tag<'a>, Why> {
    let at = offset(source, start).ok_or(Why::Malformed)?;
    let name = source.get(at..at + start.name().as_ref().len()).unwrap_or_default();
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Why::Malformed)?;
        if attributes.len() >= limits.attributes_max {
            return Err(Why::OverLimit);
        }
        let range = |part: &str| offset(source, part).map(|at| at..at + part.len()).ok_or(Why::Malformed);
        let key = range(attribute.key.as_ref())?;
        let at = match attribute.value.is_empty() {
            true => key.end..key.end,
            false => range(&attribute.value)?,
        };
        let from = key.start;
        let (prefix, local) = split_name(source.get(key).unwrap_or_default());
        attributes.push(Attribute { prefix, local, raw: source.get(at.clone()).unwrap_or_default(), at, from });
    }
    let (prefix, local) = split_name(name);
    Ok(Tag { prefix, local, at: at.saturating_sub(1)..end, is_empty, attributes })
}

fn split_name(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Where a piece that was borrowed from `source` stands in it.
fn offset(source: &str, part: &str) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(source.as_ptr() as usize)?;
    (at + part.len() <= source.len()).then_some(at)
}

/// What `&name;` stands for.
fn reference(raw: &str) -> Option<String> {
    let name = raw.strip_prefix('&')?.strip_suffix(';')?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => {
            let text = html_escape::decode_html_entities(raw);
            return (text != raw).then(|| text.into_owned());
        }
    };
    char::from_u32(code?).map(String::from)
}

/// Text as it stands in XML, put into `to` piece by piece.
pub(crate) fn put(to: &mut Mapped, raw: &str, at: usize) {
    let (mut rest, mut at) = (raw, at);
    while let Some(amp) = rest.find('&') {
        let (before, from) = rest.split_at_checked(amp).unwrap_or_default();
        to.exact(before, at);
        at += before.len();
        // The longest name of an entity has 31 characters.
        let end = from.bytes().take(40).position(|b| b == b';').map_or(1, |end| end + 1);
        let (raw, after) = from.split_at_checked(end).unwrap_or((from, ""));
        match reference(raw) {
            Some(text) => to.coded(&text, at..at + raw.len()),
            None => to.exact(raw, at),
        }
        at += raw.len();
        rest = after;
    }
    to.exact(rest, at);
}

/// Text as it stands in XML, entities resolved.
pub(crate) fn unescaped(raw: &str) -> String {
    let mut text = Mapped::default();
    put(&mut text, raw, 0);
    text.into_text()
}

/// Text as it may stand in XML, between tags and in attributes. What XML cannot say is left out.
pub(crate) fn escaped(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => {}
            c => out.push(c),
        }
    }
    out.into_bytes()
}

/// An XML part with changes made, in UTF-8.
///
/// `firm` changes are of structure: others that fall into them are gone with it.
pub(crate) fn changed(source: &str, soft: Vec<Change>, firm: Vec<Change>) -> Result<Vec<u8>, Unwritable> {
    let firm = joined(firm);
    let in_firm = |at: &Range<usize>| {
        let next = firm.partition_point(|(range, _)| range.end <= at.start);
        firm.get(next).is_some_and(|(range, _)| at.start < range.end && range.start <= at.start)
    };
    let mut all: Vec<Change> = joined(soft).into_iter().filter(|(at, _)| !in_firm(at)).collect();
    all.extend(firm.iter().cloned());
    all.extend(as_utf8(source));
    splice(source.as_bytes(), &joined(all))
}

/// What makes a declaration of another charset one of UTF-8.
fn as_utf8(source: &str) -> Option<Change> {
    let head = source.get(..source.find('>')?)?;
    let from = head.strip_prefix("<?xml")?.find("encoding")? + 5;
    let label = head.get(from..)?;
    let start = from + label.find(['"', '\''])? + 1;
    let end = start + head.get(start..)?.find(['"', '\''])?;
    let is_utf8 = head.get(start..end)?.eq_ignore_ascii_case("utf-8");
    (!is_utf8).then(|| (start..end, b"UTF-8".to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(source: &str, limits: &Limits) -> (String, Result<(), Why>) {
        let mut out = String::new();
        let end = walk(source, limits, |token| {
            match token {
                Token::Start(tag) => {
                    assert!(source[tag.at.clone()].starts_with('<') && source[tag.at.clone()].ends_with('>'));
                    out.push_str(&format!("<{}", tag.local));
                    for a in &tag.attributes {
                        assert_eq!(&source[a.at.clone()], a.raw);
                        out.push_str(&format!(" {}={}", a.local, a.raw));
                    }
                    out.push('>');
                }
                Token::End(name, at) => {
                    assert!(at.is_empty() || source[at.clone()].starts_with("</"), "{at:?}");
                    out.push_str(&format!("</{name}>"));
                }
                Token::Text(text, at) => {
                    assert!(source[at..].starts_with(text));
                    out.push_str(text);
                }
                Token::Reference(text, at) => {
                    assert!(source[at.clone()].starts_with('&') && source[at].ends_with(';'));
                    out.push_str(&format!("({text})"));
                }
                Token::Aside(text, at) => {
                    assert!(source[at..].starts_with(text));
                    out.push_str(&format!("[{text}]"));
                }
            }
            Ok(())
        });
        (out, end)
    }

    #[test]
    fn tokens_tell_where_they_stand() {
        let cases: &[(&str, &str, Result<(), Why>)] = &[
            ("<?xml version=\"1.0\"?><w:p a='1' r:b=\"x&amp;y\"/>", "<p a=1 b=x&amp;y></p>", Ok(())),
            ("<a>x &amp; &#52;&#x31; &what; y & z</a>", "<a>x (&) (4)(1) &what; y & z</a>", Ok(())),
            ("<a><![CDATA[<4>]]><!--c--><?p i?></a >", "<a><4>[c][p i]</a>", Ok(())),
            ("<a></b></a></a>", "<a></b></a></a>", Ok(())),
            ("<!DOCTYPE html><a/>", "<a></a>", Ok(())),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "", Err(Why::Malformed)),
            ("<a b=''><b", "<a b=>", Err(Why::Malformed)),
            ("<a><b><c/></b></a>", "<a><b><c></c></b></a>", Ok(())),
            ("<a><b><d><e></e></d></b></a>", "<a><b><d>", Err(Why::OverLimit)),
            ("<a a='' b='' c='' d=''/>", "", Err(Why::OverLimit)),
        ];
        let limits = Limits { depth_max: 3, attributes_max: 3, ..Limits::default() };
        for (source, want, end) in cases {
            assert_eq!(seen(source, &limits), ((*want).to_owned(), *end), "{source}");
        }
    }

    #[test]
    fn text_goes_in_and_out() {
        let raw = "a&lt;b &amp;&#x41; &; & &nosuch; é";
        assert_eq!(unescaped(raw), "a<b &A &; & &nosuch; é");
        assert_eq!(escaped("a<b>&\"\u{1}\t\u{ffff}é"), "a&lt;b&gt;&amp;&quot; é".as_bytes());
    }

    #[test]
    fn charsets_are_read_and_leave() {
        let source = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>é</a>";
        let mut octets = vec![0xff, 0xfe];
        octets.extend(source.encode_utf16().flat_map(u16::to_le_bytes));
        let (text, is_same) = decoded(&octets);
        assert_eq!((text.as_ref(), is_same), (source, false));
        let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>";
        assert_eq!(decoded(latin).0, "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>");
        let got = changed(source, vec![(42..44, b"[x]".to_vec())], vec![]);
        assert_eq!(got, Ok(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>[x]</a>".to_vec()));
    }

    #[test]
    fn structure_wins_over_text() {
        let got = changed("<a b='1'>2</a>", vec![(6..7, b"x".to_vec()), (9..10, b"y".to_vec())], vec![(3..8, vec![])]);
        assert_eq!(got, Ok(b"<a >y</a>".to_vec()));
    }
}
