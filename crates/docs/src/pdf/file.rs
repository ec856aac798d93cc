//! The file (ISO 32000-2, 7.5): every object that stands in it, in every revision, and which of them count.
//!
//! Objects are found by looking for them, not by the cross-reference alone: what no reference reaches is text of the file
//! too. The cross-reference then says which of several objects of a number is meant.

use super::crypt::{Crypt, Method};
use super::filter::{self, Decoded};
use super::lex::{Dict, Id, Item, Lexer, Object, Stream, find, is_space};
use crate::budget::Budget;
use crate::text::charset::decode_as;
use crate::{Limits, Why};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Deref, Range};
use std::rc::Rc;

/// Objects kept parsed, in octets of their source; beyond that they are read again.
const CACHE_BYTES_MAX: usize = 4 << 20;
/// References to references that are followed.
const HOPS_MAX: usize = 8;
/// Older revisions that are walked as documents; what others hold is read without order.
const REVISIONS_MAX: usize = 10;

/// An object that stands in the file.
pub(super) struct Entry {
    pub(super) id: Id,
    place: Place,
    /// Of the octets of a stream in the file.
    stream: Option<Range<usize>>,
}

enum Place {
    /// In the file, from its header on.
    File { header: usize, body: Range<usize> },
    /// In an object stream.
    Packed { stream: usize, body: Range<usize> },
}

/// Which objects count: by number, the place in the list of all.
pub(super) type View = HashMap<u32, usize>;

/// A file.
pub(super) struct Pdf<'a> {
    octets: &'a [u8],
    limits: Limits,
    pub(super) entries: Vec<Entry>,
    /// Object streams, unpacked, with their numbers.
    packed: Vec<(u32, Vec<u8>)>,
    pub(super) view: View,
    pub(super) trailer: Dict,
    /// The older revisions, oldest first.
    pub(super) revisions: Vec<(View, Dict)>,
    pub(super) crypt: Option<Crypt>,
    encrypt_number: Option<u32>,
    /// Was something left out at a limit, or unreadable?
    pub(super) trouble: Option<Why>,
    cache: RefCell<HashMap<usize, Rc<Object>>>,
    cached_bytes: Cell<usize>,
    visited: RefCell<Vec<bool>>,
}

/// An object behind a reference, or here.
pub(super) enum Got<'x> {
    Here(&'x Object),
    There(Rc<Object>),
}

impl Deref for Got<'_> {
    type Target = Object;

    fn deref(&self) -> &Object {
        match self {
            Got::Here(object) => object,
            Got::There(object) => object,
        }
    }
}

impl<'a> Pdf<'a> {
    /// Finds the objects.
    pub(super) fn open(octets: &'a [u8], budget: &mut Budget, passwords: &[String]) -> Pdf<'a> {
        let limits = budget.limits;
        let mut pdf = Pdf {
            octets,
            limits,
            entries: Vec::new(),
            packed: Vec::new(),
            view: View::new(),
            trailer: Dict::default(),
            revisions: Vec::new(),
            crypt: None,
            encrypt_number: None,
            trouble: None,
            cache: RefCell::default(),
            cached_bytes: Cell::new(0),
            visited: RefCell::default(),
        };
        let object_streams = pdf.scan();
        let mut sections = Sections::new(&pdf, budget);
        let chains = sections.chains();
        let trailers: Vec<Dict> = chains.iter().map(|chain| chain.trailer.clone()).collect();
        pdf.trailer = trailers.last().cloned().unwrap_or_default();
        pdf.open_crypt(passwords);
        if pdf.crypt.as_ref().is_some_and(|crypt| !crypt.is_open() && crypt.strings != Method::None) {
            return pdf;
        }
        pdf.unpack(&object_streams, budget);
        pdf.choose(chains);
        pdf.visited = RefCell::new(vec![false; pdf.entries.len()]);
        pdf
    }

    /// Every object in the file, one after the other; those that are object streams are named.
    fn scan(&mut self) -> Vec<usize> {
        let mut found: Vec<(Id, usize, usize)> = Vec::new();
        let mut lengths: HashMap<u32, usize> = HashMap::new();
        let mut at = 0;
        while let Some(hit) = find(self.octets, b"obj", at) {
            at = hit + 3;
            if let Some((id, start)) = header_before(self.octets, hit) {
                lengths.insert(id.0, at);
                found.push((id, start, at));
            }
        }
        let mut object_streams = Vec::new();
        let mut free_from = 0;
        // An object without an end must not hide those behind it; looking again costs, so only for a while.
        let mut lost_left = self.octets.len().saturating_mul(2);
        let mut ends = Ends { octets: self.octets, stream: Some(0), object: Some(0) };
        for (id, header, body) in found {
            if body <= free_from {
                continue;
            }
            if self.entries.len() >= self.limits.objects_max {
                self.trouble = Some(Why::OverLimit);
                break;
            }
            let mut lexer = self.lexer(self.octets, body);
            let object = lexer.object();
            if lexer.is_cut {
                self.trouble = Some(Why::OverLimit);
            }
            let mut end = lexer.at;
            if end >= self.octets.len() && lost_left > 0 {
                lost_left = lost_left.saturating_sub(end - body);
                end = body;
            }
            let stream = match &object {
                Some(Object::Dict(dict)) => stream_start(self.octets, end).map(|start| {
                    let length = match dict.get("Length") {
                        Object::Ref((number, _)) => {
                            lengths.get(number).and_then(|at| self.lexer(self.octets, *at).object()?.int())
                        }
                        other => other.int(),
                    };
                    let range = ends.of_stream(start, length);
                    end = range.end;
                    range
                }),
                _ => None,
            };
            free_from = end;
            if let (Some(Object::Dict(dict)), Some(_)) = (&object, &stream)
                && dict.is("Type", "ObjStm")
            {
                object_streams.push(self.entries.len());
            }
            self.entries.push(Entry { id, place: Place::File { header, body: body..end }, stream });
        }
        object_streams
    }

    /// Comments between objects, and what follows the last end of file: no reader shows it, every editor does.
    pub(super) fn loose(&self) -> String {
        let last = memchr::memmem::rfind(self.octets, b"%%EOF");
        let tail_at = last.map_or(self.octets.len(), |at| at + 5);
        let mut out = String::new();
        let mut from = 0;
        let ends = std::iter::once((tail_at, tail_at));
        let bodies = self.entries.iter().filter_map(|entry| match &entry.place {
            Place::File { header, body } => Some((*header, body.end)),
            Place::Packed { .. } => None,
        });
        for (start, end) in bodies.chain(ends) {
            for line in self.octets.get(from..start).unwrap_or_default().split(|b| matches!(b, b'\n' | b'\r')) {
                let line = line.trim_ascii();
                let says = line.iter().filter(|b| b.is_ascii_alphanumeric()).count() >= 4;
                if line.starts_with(b"%") && says && !line.starts_with(b"%PDF-") {
                    out.push_str(&decode_as(line, None).text);
                    out.push('\n');
                }
            }
            from = from.max(end);
        }
        let tail = self.octets.get(tail_at.max(from)..).unwrap_or_default();
        let is_blank = |b: &u8| b.is_ascii_whitespace() || *b == 0;
        if !tail.iter().all(is_blank) {
            out.push_str(&decode_as(tail, None).text);
        }
        out
    }

    fn lexer<'o>(&self, octets: &'o [u8], at: usize) -> Lexer<'o> {
        Lexer::new(octets, at, self.limits.depth_max, self.limits.cells_max)
    }

    fn open_crypt(&mut self, passwords: &[String]) {
        let encrypt = match self.trailer.get("Encrypt") {
            Object::Null => return,
            Object::Ref((number, _)) => {
                self.encrypt_number = Some(*number);
                self.entries.iter().rposition(|entry| entry.id.0 == *number).and_then(|nth| self.parse(nth))
            }
            other => Some(other.clone()),
        };
        let id = match self.trailer.get("ID") {
            Object::Array(items) => items.first().and_then(Object::octets).unwrap_or_default().to_vec(),
            Object::Ref((number, _)) => {
                let nth = self.entries.iter().rposition(|entry| entry.id.0 == *number);
                let array = nth.and_then(|nth| self.parse(nth));
                array.and_then(|array| array.array()?.first()?.octets().map(<[u8]>::to_vec)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let dict = encrypt.as_ref().and_then(Object::dict).cloned().unwrap_or_default();
        self.crypt = Some(Crypt::open(&dict, &id, passwords));
    }

    /// The objects in object streams, each beside its stream's own order in the file.
    fn unpack(&mut self, object_streams: &[usize], budget: &mut Budget) {
        for container in object_streams {
            let Some(Object::Stream(stream)) = self.parse(*container) else { continue };
            let decoded = self.decode(&stream, budget);
            self.trouble = self.trouble.or(decoded.why);
            let first = stream.dict.get("First").int().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let mut lexer = self.lexer(&decoded.octets, 0);
            lexer.has_refs = false;
            let mut heads: Vec<(u32, usize)> = Vec::new();
            while lexer.at < first {
                let (Some(number), Some(offset)) = (lexer.object(), lexer.object()) else { break };
                let (Some(number), Some(offset)) = (number.int(), offset.int()) else { break };
                let (Ok(number), Ok(offset)) = (u32::try_from(number), usize::try_from(offset)) else { continue };
                if self.entries.len() + heads.len() >= self.limits.objects_max {
                    self.trouble = Some(Why::OverLimit);
                    break;
                }
                heads.push((number, first.saturating_add(offset)));
            }
            let nth = self.packed.len();
            for (number, start) in &heads {
                let body = *start..decoded.octets.len().max(*start);
                self.entries.push(Entry { id: (*number, 0), place: Place::Packed { stream: nth, body }, stream: None });
            }
            self.packed.push((stream.id.0, decoded.octets));
        }
    }

    /// Which objects count, by the cross-reference where there is a good one.
    fn choose(&mut self, chains: Vec<Chain>) {
        let mut by_header: HashMap<usize, usize> = HashMap::new();
        let mut by_number: HashMap<u32, usize> = HashMap::new();
        for (nth, entry) in self.entries.iter().enumerate() {
            if let Place::File { header, .. } = entry.place {
                by_header.insert(header, nth);
            }
            by_number.insert(entry.id.0, nth);
        }
        let mut in_container: HashMap<(u32, u32), usize> = HashMap::new();
        for (nth, entry) in self.entries.iter().enumerate() {
            if let Place::Packed { stream, .. } = entry.place
                && let Some((container, _)) = self.packed.get(stream)
            {
                in_container.insert((*container, entry.id.0), nth);
            }
        }
        let views: Vec<(View, Dict)> = chains
            .into_iter()
            .map(|chain| {
                let find = |(number, place): (&u32, &Where)| {
                    let nth = match place {
                        Where::At(at) => by_header.get(at).filter(|nth| self.number_of(**nth) == Some(*number)),
                        Where::In(container) => in_container.get(&(*container, *number)),
                        Where::Free => return None,
                    };
                    Some((*number, *nth.or_else(|| by_number.get(number))?))
                };
                (chain.places.iter().filter_map(find).collect(), chain.trailer)
            })
            .collect();
        let mut revisions = views;
        if let Some((view, trailer)) = revisions.pop() {
            self.view = view;
            self.trailer = trailer;
        }
        if !self.has_pages() {
            self.rebuild(by_number);
        }
        let current = &self.view;
        revisions.retain(|(view, _)| view.iter().any(|(number, nth)| current.get(number) != Some(nth)));
        self.revisions = revisions;
    }

    fn number_of(&self, nth: usize) -> Option<u32> {
        self.entries.get(nth).map(|entry| entry.id.0)
    }

    fn has_pages(&self) -> bool {
        let root = self.get(self.trailer.get("Root"));
        root.dict().is_some_and(|root| self.get(root.get("Pages")).dict().is_some())
    }

    /// Without a cross-reference that leads to pages: the last object of each number counts.
    fn rebuild(&mut self, by_number: HashMap<u32, usize>) {
        self.view = by_number;
        if self.has_pages() {
            return;
        }
        let catalog = (0..self.entries.len()).rev().find_map(|nth| {
            let object = self.parse(nth)?;
            let is_catalog = object.dict()?.is("Type", "Catalog");
            is_catalog.then(|| self.entries.get(nth).map(|entry| entry.id)).flatten()
        });
        if let Some(id) = catalog {
            self.trailer.set("Root", Object::Ref(id));
        }
    }

    /// Parses an object, its strings decrypted.
    fn parse(&self, nth: usize) -> Option<Object> {
        let entry = self.entries.get(nth)?;
        match &entry.place {
            Place::Packed { stream, body } => {
                let (_, octets) = self.packed.get(*stream)?;
                self.lexer(octets, body.start).object()
            }
            Place::File { body, .. } => {
                let octets = self.octets.get(..body.end)?;
                let mut object = self.lexer(octets, body.start).object()?;
                if let Some(crypt) = &self.crypt
                    && self.encrypt_number != Some(entry.id.0)
                {
                    decrypt_strings(&mut object, crypt, entry.id);
                }
                match (object, &entry.stream) {
                    (Object::Dict(dict), Some(raw)) => {
                        Some(Object::Stream(Box::new(Stream { dict, raw: raw.clone(), id: entry.id })))
                    }
                    (object, _) => Some(object),
                }
            }
        }
    }

    /// An object by its place in the list.
    pub(super) fn entry(&self, nth: usize) -> Rc<Object> {
        if let Some(object) = self.cache.borrow().get(&nth) {
            return object.clone();
        }
        let object = Rc::new(self.parse(nth).unwrap_or(Object::Null));
        let size = match self.entries.get(nth).map(|entry| (&entry.place, &entry.stream)) {
            Some((Place::File { body, .. }, stream)) => {
                body.len() - stream.as_ref().map_or(0, Range::len).min(body.len())
            }
            _ => 512,
        };
        let mut cache = self.cache.borrow_mut();
        if self.cached_bytes.get() + size > CACHE_BYTES_MAX {
            cache.clear();
            self.cached_bytes.set(0);
        }
        self.cached_bytes.set(self.cached_bytes.get() + size);
        cache.insert(nth, object.clone());
        object
    }

    /// Where the object behind a reference stands in the list.
    pub(super) fn nth(&self, object: &Object) -> Option<usize> {
        match object {
            Object::Ref((number, _)) => self.view.get(number).copied(),
            _ => None,
        }
    }

    /// The object itself, behind references.
    pub(super) fn get<'x>(&self, object: &'x Object) -> Got<'x> {
        let Object::Ref(_) = object else { return Got::Here(object) };
        let mut nth = self.nth(object);
        for _ in 0..HOPS_MAX {
            let Some(at) = nth else { break };
            self.visit(at);
            let found = self.entry(at);
            match &*found {
                Object::Ref(_) => nth = self.nth(&found),
                _ => return Got::There(found),
            }
        }
        Got::Here(&Object::Null)
    }

    /// Says that an object was met.
    pub(super) fn visit(&self, nth: usize) {
        if let Some(slot) = self.visited.borrow_mut().get_mut(nth) {
            *slot = true;
        }
    }

    pub(super) fn is_visited(&self, nth: usize) -> bool {
        self.visited.borrow().get(nth).copied().unwrap_or(true)
    }

    /// The octets of a stream as they stand in the file, decrypted.
    pub(super) fn raw(&self, stream: &Stream) -> Vec<u8> {
        let raw = self.octets.get(stream.raw.clone()).unwrap_or_default();
        let Some(crypt) = &self.crypt else { return raw.to_vec() };
        crypt.decrypt(raw, stream.id, self.method(crypt, &stream.dict))
    }

    /// How a stream is encrypted.
    fn method(&self, crypt: &Crypt, dict: &Dict) -> Method {
        if dict.is("Type", "XRef") || (crypt.is_metadata_clear && dict.is("Type", "Metadata")) {
            return Method::None;
        }
        if let Some((_, params)) = self.filters(dict).iter().find(|(name, _)| name == b"Crypt") {
            return params.get("Name").name().map_or(Method::None, |name| crypt.named(name));
        }
        match dict.is("Type", "EmbeddedFile") {
            true => crypt.files,
            false => crypt.streams,
        }
    }

    /// Is it encrypted with a key that no password gave?
    pub(super) fn is_sealed(&self, stream: &Stream) -> bool {
        self.crypt.as_ref().is_some_and(|crypt| !crypt.is_open() && self.method(crypt, &stream.dict) != Method::None)
    }

    /// The octets of a stream, its filters undone as far as they give octets.
    pub(super) fn decode(&self, stream: &Stream, budget: &mut Budget) -> Decoded {
        filter::decode(self.raw(stream), &self.filters(&stream.dict), budget)
    }

    fn filters(&self, dict: &Dict) -> Vec<(Vec<u8>, Dict)> {
        let either = |long: &str, short: &str| {
            self.get(if dict.has(long) { dict.get(long) } else { dict.get(short) }).clone_out()
        };
        let names = match either("Filter", "F") {
            Object::Array(names) => names,
            Object::Null => Vec::new(),
            one => vec![one],
        };
        let params = match either("DecodeParms", "DP") {
            Object::Array(params) => params,
            one => vec![one],
        };
        let mut params = params.iter();
        names
            .iter()
            .map(|name| {
                let own = params.next().and_then(|own| self.get(own).dict().cloned()).unwrap_or_default();
                (self.get(name).name().unwrap_or_default().to_vec(), own)
            })
            .collect()
    }
}

impl Got<'_> {
    pub(super) fn clone_out(&self) -> Object {
        (**self).clone()
    }
}

fn decrypt_strings(object: &mut Object, crypt: &Crypt, id: Id) {
    match object {
        Object::Text(octets) => *octets = crypt.decrypt(octets, id, crypt.strings),
        Object::Array(items) => items.iter_mut().for_each(|item| decrypt_strings(item, crypt, id)),
        Object::Dict(dict) => {
            // The octets of a signature are in the clear.
            let is_signature = dict.has("ByteRange");
            for (key, value) in &mut dict.0 {
                if !(is_signature && key == b"Contents") {
                    decrypt_strings(value, crypt, id);
                }
            }
        }
        _ => {}
    }
}

/// The number and generation before `obj`, and where they begin.
fn header_before(octets: &[u8], obj: usize) -> Option<(Id, usize)> {
    let back = |mut at: usize, is: fn(u8) -> bool, most: usize| {
        let start = at;
        while at > 0 && start - at < most && octets.get(at - 1).copied().is_some_and(is) {
            at -= 1;
        }
        (at < start).then_some(at)
    };
    let is_digit = |b: u8| b.is_ascii_digit();
    let number = |range: Range<usize>| std::str::from_utf8(octets.get(range)?).ok()?.parse::<u32>().ok();
    let generation_end = back(obj, is_space, 16).unwrap_or(obj);
    let generation = back(generation_end, is_digit, 5)?;
    let number_end = back(generation, is_space, 16)?;
    let start = back(number_end, is_digit, 10)?;
    let id = (number(start..number_end)?, u16::try_from(number(generation..generation_end)?).ok()?);
    Some((id, start))
}

/// Where the octets of a stream begin, if a dictionary that ends at `at` has one.
fn stream_start(octets: &[u8], at: usize) -> Option<usize> {
    let gap = octets.get(at..)?.iter().take_while(|b| is_space(**b)).count();
    let rest = octets.get(at + gap..)?.strip_prefix(b"stream")?;
    let after = at + gap + 6;
    Some(match rest {
        [b'\r', b'\n', ..] => after + 2,
        [b'\n' | b'\r', ..] => after + 1,
        _ => after,
    })
}

/// Ends of streams: looked for once, however many streams lie about their length.
struct Ends<'a> {
    octets: &'a [u8],
    stream: Option<usize>,
    object: Option<usize>,
}

impl Ends<'_> {
    fn of_stream(&mut self, start: usize, length: Option<i64>) -> Range<usize> {
        if let Some(end) = length.and_then(|n| start.checked_add(usize::try_from(n).ok()?))
            && let Some(rest) = self.octets.get(end..)
        {
            let gap = rest.iter().take(8).take_while(|b| is_space(**b)).count();
            if rest.get(gap..).is_some_and(|rest| rest.starts_with(b"endstream")) {
                return start..end;
            }
        }
        if self.stream.is_some_and(|at| at < start) {
            self.stream = find(self.octets, b"endstream", start);
        }
        let end = self.stream.unwrap_or_else(|| {
            if self.object.is_some_and(|at| at < start) {
                self.object = find(self.octets, b"endobj", start);
            }
            self.object.unwrap_or(self.octets.len())
        });
        let end = match self.octets.get(start..end) {
            Some([.., b'\r', b'\n']) => end - 2,
            Some([.., b'\n' | b'\r']) => end - 1,
            _ => end,
        };
        start..end.max(start)
    }
}

/// Where an object is, by the cross-reference.
#[derive(Clone, Copy)]
enum Where {
    At(usize),
    In(u32),
    Free,
}

/// A revision: the cross-reference from one `startxref` back.
struct Chain {
    places: BTreeMap<u32, Where>,
    trailer: Dict,
}

struct Section {
    places: Vec<(u32, Where)>,
    trailer: Dict,
}

/// The sections of the cross-reference, each read once.
struct Sections<'p, 'a, 'b> {
    pdf: &'p Pdf<'a>,
    budget: &'b mut Budget,
    /// Octets before `%PDF-`, which offsets do not count.
    shift: usize,
    read: HashMap<usize, Option<Rc<Section>>>,
    by_header: HashMap<usize, usize>,
}

impl<'p, 'a, 'b> Sections<'p, 'a, 'b> {
    fn new(pdf: &'p Pdf<'a>, budget: &'b mut Budget) -> Sections<'p, 'a, 'b> {
        let head = pdf.octets.get(..1024.min(pdf.octets.len())).unwrap_or_default();
        let shift = find(head, b"%PDF-", 0).unwrap_or(0);
        let header = |(nth, entry): (usize, &Entry)| match entry.place {
            Place::File { header, .. } => Some((header, nth)),
            Place::Packed { .. } => None,
        };
        let by_header = pdf.entries.iter().enumerate().filter_map(header).collect();
        Sections { pdf, budget, shift, read: HashMap::new(), by_header }
    }

    /// The revisions that are worth a look, the newest last; one at least, even if there is no cross-reference at all.
    fn chains(&mut self) -> Vec<Chain> {
        let octets = self.pdf.octets;
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(hit) = find(octets, b"startxref", at) {
            at = hit + 9;
            let mut lexer = self.pdf.lexer(octets, at);
            lexer.skip_space();
            match lexer.digits() {
                Some(offset) if offset > 0 => starts.push(offset as usize),
                _ => {}
            }
        }
        starts.dedup();
        let skipped = starts.len().saturating_sub(REVISIONS_MAX + 1);
        let mut chains: Vec<Chain> = starts.iter().skip(skipped).filter_map(|start| self.chain(*start)).collect();
        if chains.is_empty() {
            chains.push(Chain { places: BTreeMap::new(), trailer: self.any_trailer() });
        }
        chains
    }

    fn chain(&mut self, start: usize) -> Option<Chain> {
        let mut chain = Chain { places: BTreeMap::new(), trailer: Dict::default() };
        let mut seen = HashSet::new();
        let mut next = vec![start];
        let mut is_first = true;
        while let Some(at) = next.pop() {
            if !seen.insert(at) || seen.len() > self.pdf.limits.objects_max {
                continue;
            }
            let Some(section) = self.section(at) else {
                if is_first {
                    return None;
                }
                continue;
            };
            for (number, place) in &section.places {
                chain.places.entry(*number).or_insert(*place);
            }
            if is_first {
                chain.trailer = section.trailer.clone();
                is_first = false;
            }
            // The older one is looked at last.
            for key in ["Prev", "XRefStm"] {
                next.extend(section.trailer.get(key).int().and_then(|at| usize::try_from(at).ok()));
            }
        }
        Some(chain)
    }

    fn section(&mut self, at: usize) -> Option<Rc<Section>> {
        if let Some(section) = self.read.get(&at) {
            return section.clone();
        }
        let section = self.table(at + self.shift).or_else(|| self.stream(at + self.shift)).map(Rc::new);
        self.read.insert(at, section.clone());
        section
    }

    fn table(&mut self, at: usize) -> Option<Section> {
        let mut lexer = self.pdf.lexer(self.pdf.octets, at);
        lexer.has_refs = false;
        match lexer.next() {
            Item::Operator(b"xref") => {}
            _ => return None,
        }
        let mut places = Vec::new();
        loop {
            let first = match lexer.next() {
                Item::Operand(Object::Int(first)) => first,
                Item::Operator(b"trailer") => break,
                _ => return None,
            };
            let count = lexer.object()?.int()?;
            for number in first..first.saturating_add(count) {
                lexer.skip_space();
                let Some(offset) = lexer.digits() else { break };
                let _generation = lexer.object()?.int()?;
                let place = match lexer.next() {
                    Item::Operator(b"n") => Where::At(self.header_at(offset as usize)),
                    _ => Where::Free,
                };
                if let Ok(number) = u32::try_from(number) {
                    places.push((number, place));
                }
                if places.len() > self.pdf.limits.objects_max {
                    return None;
                }
            }
        }
        lexer.has_refs = true;
        let trailer = lexer.object()?.dict()?.clone();
        Some(Section { places, trailer })
    }

    /// Offsets often point to the line end before an object.
    fn header_at(&self, offset: usize) -> usize {
        let at = offset.saturating_add(self.shift);
        let gap = self.pdf.octets.get(at..).map_or(0, |rest| rest.iter().take(8).take_while(|b| is_space(**b)).count());
        at + gap
    }

    fn stream(&mut self, at: usize) -> Option<Section> {
        let at = self.header_at(at.saturating_sub(self.shift));
        let nth = *self.by_header.get(&at)?;
        let Some(Object::Stream(stream)) = self.pdf.parse(nth) else { return None };
        if !stream.dict.is("Type", "XRef") {
            return None;
        }
        let octets = self.pdf.decode(&stream, self.budget).octets;
        let widths: Vec<usize> =
            stream.dict.get("W").array()?.iter().map(|w| w.int().unwrap_or(0).clamp(0, 8) as usize).collect();
        let [kind, second, third] = widths.as_slice() else { return None };
        let row = kind + second + third;
        if row == 0 {
            return None;
        }
        let size = stream.dict.get("Size").int().unwrap_or(0);
        let whole = [Object::Int(0), Object::Int(size)];
        let index = stream.dict.get("Index").array().unwrap_or(&whole);
        let mut numbers = index.chunks_exact(2).flat_map(|pair| match pair {
            [first, count] => {
                let first = first.int().unwrap_or(0);
                first..first.saturating_add(count.int().unwrap_or(0))
            }
            _ => 0..0,
        });
        let mut places = Vec::new();
        for row in octets.chunks_exact(row) {
            let (Some(number), (a, rest)) = (numbers.next(), row.split_at_checked(*kind)?) else { break };
            let (b, _) = rest.split_at_checked(*second)?;
            let value = |octets: &[u8]| octets.iter().fold(0u64, |n, octet| n << 8 | u64::from(*octet));
            let place = match if a.is_empty() { 1 } else { value(a) } {
                1 => Where::At(self.header_at(value(b) as usize)),
                2 => Where::In(value(b) as u32),
                _ => Where::Free,
            };
            if let Ok(number) = u32::try_from(number) {
                places.push((number, place));
            }
        }
        Some(Section { places, trailer: stream.dict.clone() })
    }

    /// The last dictionary that looks like a trailer.
    fn any_trailer(&self) -> Dict {
        let octets = self.pdf.octets;
        let mut trailer = Dict::default();
        let mut at = 0;
        while let Some(hit) = find(octets, b"trailer", at) {
            at = hit + 7;
            let mut lexer = self.pdf.lexer(octets, at);
            if let Some(Object::Dict(dict)) = lexer.object() {
                for (key, value) in dict.0 {
                    trailer.0.insert(key, value);
                }
            }
            at = at.max(lexer.at);
        }
        for nth in 0..self.pdf.entries.len() {
            if self.pdf.entries.get(nth).is_some_and(|entry| entry.stream.is_some())
                && let Some(Object::Stream(stream)) = self.pdf.parse(nth)
                && stream.dict.is("Type", "XRef")
            {
                for (key, value) in stream.dict.0 {
                    trailer.0.insert(key, value);
                }
            }
        }
        trailer
    }
}
