//! One walk over the blocks of a tar.

use crate::text::charset;
use std::borrow::Cow;
use std::ops::Range;

/// Everything stands in blocks of this many octets.
pub(super) const BLOCK: usize = 512;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A file with holes: its map is not followed.
    Sparse,
    /// Folders, links, devices, labels.
    Other,
}

/// A member.
pub(super) struct Item<'o> {
    pub(super) name: Cow<'o, [u8]>,
    pub(super) link: Cow<'o, [u8]>,
    pub(super) kind: Kind,
    /// Names of its owner and group.
    pub(super) owners: [&'o [u8]; 2],
    /// Headers of names and attributes before its own one.
    pub(super) before: Range<usize>,
    /// Is a header of the whole archive among them?
    pub(super) has_global: bool,
    pub(super) header: usize,
    pub(super) data: Range<usize>,
    /// What the header says, whether it is there or not.
    declared: u64,
    /// Records of its PAX header.
    pub(super) records: Vec<(&'o [u8], &'o [u8])>,
}

impl Item<'_> {
    pub(super) fn is_whole(&self) -> bool {
        self.kind == Kind::File && self.data.len() as u64 == self.declared
    }
}

/// A walk.
pub(super) struct Walk<'o> {
    octets: &'o [u8],
    /// Do sizes in PAX headers count?
    by_pax: bool,
    pub(super) at: usize,
    pub(super) sizes_differ: bool,
    pub(super) is_cut: bool,
    /// Comments and other attributes in words, a line each.
    pub(super) notes: String,
}

/// What has been read for the next member.
#[derive(Default)]
struct Ahead<'o> {
    from: Option<usize>,
    name: Option<&'o [u8]>,
    link: Option<&'o [u8]>,
    records: Vec<(&'o [u8], &'o [u8])>,
    has_global: bool,
}

/// Is this a header? Its checksum is right; that is all that old ones have.
pub(crate) fn is_header(octets: &[u8]) -> bool {
    let Some(block) = octets.get(..BLOCK) else { return false };
    let Some(told) = octal(block.get(148..156).unwrap_or_default()) else { return false };
    let (mut sum, mut signed) = (0u64, 0i64);
    for (at, octet) in block.iter().enumerate() {
        let octet = if (148..156).contains(&at) { b' ' } else { *octet };
        sum += u64::from(octet);
        signed += i64::from(octet as i8);
    }
    let is_empty = block.iter().all(|b| *b == 0);
    !is_empty && block.first() != Some(&0) && (sum == told || i64::try_from(told) == Ok(signed))
}

/// A number in octal digits, or in base 256 where its first bit is set (GNU).
fn octal(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let start = u64::from(first & 0x3f);
        return rest.iter().try_fold(start, |n, b| n.checked_mul(256)?.checked_add(u64::from(*b)));
    }
    let digits: Vec<u8> = field.iter().copied().skip_while(|b| *b == b' ').take_while(u8::is_ascii_digit).collect();
    if digits.is_empty() {
        return field.iter().all(|b| matches!(b, 0 | b' ')).then_some(0);
    }
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}

/// A text that ends at a zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

impl<'o> Walk<'o> {
    pub(super) fn new(octets: &'o [u8], by_pax: bool) -> Walk<'o> {
        Walk { octets, by_pax, at: 0, sizes_differ: false, is_cut: false, notes: String::new() }
    }

    /// Members, at most so many.
    pub(super) fn all(&mut self, members_max: usize) -> Vec<Item<'o>> {
        let mut items = Vec::new();
        let mut ahead = Ahead::default();
        // Each turn takes a block at least.
        loop {
            let rest = self.octets.get(self.at..).unwrap_or_default();
            if rest.len() >= BLOCK && rest.iter().take(BLOCK).all(|b| *b == 0) {
                // Blocks of zeros end the archive; some programs add archives behind them.
                let zeros = rest.iter().take_while(|b| **b == 0).count() / BLOCK * BLOCK;
                if !is_header(rest.get(zeros..).unwrap_or_default()) {
                    self.at += zeros.min(2 * BLOCK);
                    return items;
                }
                self.at += zeros;
                continue;
            }
            if !is_header(rest) {
                return items;
            }
            if items.len() >= members_max {
                self.is_cut = true;
                return items;
            }
            items.extend(self.one(&mut ahead));
        }
    }

    /// Reads the header at this place and steps over its data.
    fn one(&mut self, ahead: &mut Ahead<'o>) -> Option<Item<'o>> {
        let header = self.at;
        let block = self.octets.get(header..header + BLOCK)?;
        let field = |range: Range<usize>| block.get(range).unwrap_or_default();
        let kind = block.get(156).copied().unwrap_or(0);
        let plain = octal(field(124..136)).unwrap_or(0);
        let is_ahead = matches!(kind, b'L' | b'K' | b'x' | b'g' | b'X');
        // Links and devices have no data, whatever their size says.
        let has_data = is_ahead || !matches!(kind, b'1'..=b'6');
        let told = self.told_size(ahead).filter(|_| !is_ahead);
        if has_data && told.is_some_and(|told| told != plain && plain != 0) {
            self.sizes_differ = true;
        }
        let size = if has_data { told.filter(|_| self.by_pax).unwrap_or(plain) } else { 0 };
        let start = header + BLOCK;
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).min(self.octets.len());
        let data = start.min(end)..end;
        self.at = end.checked_next_multiple_of(BLOCK).unwrap_or(end).min(self.octets.len());
        if is_ahead {
            ahead.from.get_or_insert(header);
            self.take_ahead(kind, data, ahead);
            return None;
        }
        let ahead = std::mem::take(ahead);
        let record = |key: &[u8]| ahead.records.iter().rev().find(|(k, _)| *k == key).map(|(_, value)| *value);
        let is_ustar = field(257..262) == b"ustar";
        // Old GNU headers have times where ustar has the folder.
        let prefix = if is_ustar && field(262..264) == b"\x0000" { text(field(345..500)) } else { &[] };
        let own_name = text(field(0..100));
        let name = record(b"path").or(record(b"GNU.sparse.name")).or(ahead.name).map(Cow::Borrowed);
        let name = name.unwrap_or_else(|| match prefix.is_empty() {
            true => Cow::Borrowed(own_name),
            false => Cow::Owned([prefix, b"/", own_name].concat()),
        });
        let link = record(b"linkpath").or(ahead.link).unwrap_or(text(field(157..257)));
        let is_sparse = kind == b'S' || ahead.records.iter().any(|(key, _)| key.starts_with(b"GNU.sparse."));
        let kind = match kind {
            _ if is_sparse => Kind::Sparse,
            0 | b'0' | b'7' if !name.ends_with(b"/") => Kind::File,
            _ => Kind::Other,
        };
        let owner = |key: &[u8], range| record(key).unwrap_or(if is_ustar { text(field(range)) } else { &[] });
        Some(Item {
            owners: [owner(b"uname", 265..297), owner(b"gname", 297..329)],
            link: Cow::Borrowed(link),
            name,
            kind,
            before: ahead.from.unwrap_or(header)..header,
            has_global: ahead.has_global,
            header,
            data,
            declared: size,
            records: ahead.records,
        })
    }

    fn told_size(&self, ahead: &Ahead<'o>) -> Option<u64> {
        let (_, size) = ahead.records.iter().rev().find(|(key, _)| *key == b"size")?;
        std::str::from_utf8(size).ok()?.parse().ok()
    }

    fn take_ahead(&mut self, kind: u8, data: Range<usize>, ahead: &mut Ahead<'o>) {
        let data = self.octets.get(data).unwrap_or_default();
        match kind {
            b'L' => ahead.name = Some(text(data)),
            b'K' => ahead.link = Some(text(data)),
            _ => {
                let records = records(data);
                for (key, value) in &records {
                    if !is_structure(key) {
                        let pair = [*key, b"=", *value].concat();
                        self.notes.push_str(&charset::decode_short(&pair, charset::latin1));
                        self.notes.push('\n');
                    }
                }
                if kind == b'g' {
                    ahead.has_global = true;
                } else {
                    ahead.records.extend(records);
                }
            }
        }
    }
}

/// Records that are told elsewhere or are numbers.
fn is_structure(key: &[u8]) -> bool {
    let plain: [&[u8]; 10] =
        [b"path", b"linkpath", b"size", b"uname", b"gname", b"mtime", b"atime", b"ctime", b"uid", b"gid"];
    plain.contains(&key) || key.starts_with(b"GNU.sparse.")
}

/// Records of a PAX header: length, blank, key, equals sign, value, line feed.
fn records(mut data: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut out = Vec::new();
    while let Some(blank) = memchr::memchr(b' ', data) {
        let length = data.get(..blank).and_then(|n| std::str::from_utf8(n).ok()).and_then(|n| n.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| data.get(blank + 1..length)) else { break };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(equals) = memchr::memchr(b'=', record) {
            out.push((record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default()));
        }
        data = data.get(length.unwrap_or(data.len())..).unwrap_or_default();
    }
    out
}
