//! Fonts (ISO 32000-2, 9): what the codes of a string mean and how wide their glyphs are.

use super::cmap::{CMap, code};
use super::encoding::{self, Base};
use super::file::Pdf;
use super::lex::{Dict, Item, Lexer, Object};
use super::program;
use super::widths::{self, Widths};
use crate::budget::Budget;
use encoding_rs::Encoding;
use std::collections::HashMap;

/// Octets of a CMap that are looked at; those of fonts for all of Unicode have less.
const CMAP_BYTES_MAX: usize = 4 << 20;
/// Octets of the clear part of a Type 1 font program.
const TYPE1_HEAD_BYTES: usize = 64 << 10;

/// A font, ready to read strings.
pub(super) struct Font {
    to_unicode: Option<CMap>,
    kind: Kind,
    /// In thousandths of the size, by code or CID.
    widths: HashMap<u32, f32>,
    default_width: f32,
    standard: Option<&'static Widths>,
    /// What a unit of a width is worth, in sizes.
    unit: f64,
    pub(super) is_vertical: bool,
}

enum Kind {
    /// One octet a code; is the meaning certain?
    Simple(Vec<Option<(String, bool)>>),
    /// Codes by a CMap.
    Composite { codes: Codes, by_glyph: Option<HashMap<u32, char>> },
}

enum Codes {
    /// Two octets, the CID itself.
    Identity,
    /// UTF-16.
    Unicode,
    /// A charset of Windows or Unix.
    Charset(&'static Encoding),
    Embedded(Box<CMap>),
    /// A predefined one that is not known: two octets.
    Unknown,
}

/// A glyph of a string.
#[derive(Clone, Copy)]
pub(super) struct Glyph {
    /// Octets of its code.
    pub(super) length: usize,
    /// The way to the next one, in sizes.
    pub(super) advance: f64,
    /// The octet 32, which word spacing is added to.
    pub(super) is_space: bool,
    /// Is its meaning certain?
    pub(super) is_known: bool,
}

impl Font {
    /// What stands in for a font that is missing.
    pub(super) fn missing() -> Font {
        let table = Base::WinAnsi.table().into_iter().map(|c| c.map(|c| (c.to_string(), true))).collect();
        Font {
            to_unicode: None,
            kind: Kind::Simple(table),
            widths: HashMap::new(),
            default_width: 500.0,
            standard: Some(&widths::HELVETICA),
            unit: 0.001,
            is_vertical: false,
        }
    }

    pub(super) fn read(pdf: &Pdf<'_>, dict: &Dict, budget: &mut Budget) -> Font {
        let subtype = pdf.get(dict.get("Subtype"));
        let mut font = match subtype.name() {
            Some(b"Type0") => composite(pdf, dict, budget),
            _ => simple(pdf, dict, budget),
        };
        font.to_unicode = cmap(pdf, dict.get("ToUnicode"), budget).filter(CMap::has_texts);
        font
    }

    /// The glyph that a string begins with; its characters are added to `text`. `None` at the end.
    pub(super) fn glyph(&self, octets: &[u8], text: &mut String) -> Option<Glyph> {
        let first = *octets.first()?;
        match &self.kind {
            Kind::Simple(table) => {
                let code = u32::from(first);
                let own = table.get(usize::from(first)).and_then(Option::as_ref);
                let is_known = match &self.to_unicode {
                    Some(map) if map.text(code, text) => true,
                    _ => match own {
                        Some((own, is_certain)) => {
                            text.push_str(own);
                            *is_certain
                        }
                        None => {
                            text.push('\u{fffd}');
                            false
                        }
                    },
                };
                let width = self.widths.get(&code).copied().map(f64::from).or_else(|| self.standard_width(own));
                let advance = width.unwrap_or(f64::from(self.default_width)) * self.unit;
                Some(Glyph { length: 1, advance, is_space: first == b' ', is_known })
            }
            Kind::Composite { codes, by_glyph } => {
                let length = codes.length(octets);
                let whole = octets.get(..length).unwrap_or(octets);
                let value = code(whole);
                let cid = match codes {
                    Codes::Embedded(map) => map.cid(value).unwrap_or(value),
                    _ => value,
                };
                let is_known = match &self.to_unicode {
                    Some(map) if map.text(value, text) => true,
                    _ => match codes.text(whole, text) {
                        true => true,
                        false => match by_glyph.as_ref().and_then(|map| map.get(&cid)) {
                            Some(c) => {
                                text.push(*c);
                                true
                            }
                            None => {
                                text.push('\u{fffd}');
                                false
                            }
                        },
                    },
                };
                let width = self.widths.get(&cid).copied().unwrap_or(self.default_width);
                let advance = f64::from(width) * self.unit;
                Some(Glyph { length: length.max(1), advance, is_space: whole == b" ", is_known })
            }
        }
    }

    fn standard_width(&self, own: Option<&(String, bool)>) -> Option<f64> {
        let widths = self.standard?;
        let code = encoding::win_ansi(&own?.0).first().copied()?;
        widths.get(usize::from(code).checked_sub(32)?).copied().filter(|w| *w > 0).map(f64::from)
    }
}

impl Codes {
    fn length(&self, octets: &[u8]) -> usize {
        let two = octets.len().min(2);
        match self {
            Codes::Identity | Codes::Unknown => two,
            Codes::Unicode => match octets.first() {
                Some(0xd8..=0xdb) => octets.len().min(4),
                _ => two,
            },
            Codes::Charset(encoding) => match octets.first() {
                Some(0x00..=0x80) => 1,
                Some(0xa0..=0xdf) if *encoding == encoding_rs::SHIFT_JIS => 1,
                _ => two,
            },
            Codes::Embedded(map) => map.code_length(octets),
        }
    }

    fn text(&self, octets: &[u8], out: &mut String) -> bool {
        let encoding = match self {
            Codes::Unicode => encoding_rs::UTF_16BE,
            Codes::Charset(encoding) => encoding,
            Codes::Identity | Codes::Unknown | Codes::Embedded(_) => return false,
        };
        match encoding.decode_without_bom_handling(octets) {
            (text, false) => {
                out.push_str(&text);
                true
            }
            _ => false,
        }
    }

    fn predefined(name: &[u8]) -> Codes {
        let name = String::from_utf8_lossy(name);
        let name = name.trim_end_matches("-H").trim_end_matches("-V");
        match name {
            "Identity" => Codes::Identity,
            "90ms-RKSJ" | "90msp-RKSJ" | "83pv-RKSJ" | "90pv-RKSJ" | "Add-RKSJ" | "Ext-RKSJ" | "RKSJ" => {
                Codes::Charset(encoding_rs::SHIFT_JIS)
            }
            "EUC" => Codes::Charset(encoding_rs::EUC_JP),
            "GB-EUC" | "GBpc-EUC" | "GBK-EUC" | "GBKp-EUC" => Codes::Charset(encoding_rs::GBK),
            "GBK2K" => Codes::Charset(encoding_rs::GB18030),
            "B5pc" | "ETen-B5" | "ETenms-B5" | "HKscs-B5" => Codes::Charset(encoding_rs::BIG5),
            "KSC-EUC" | "KSCms-UHC" | "KSCms-UHC-HW" | "KSCpc-EUC" => Codes::Charset(encoding_rs::EUC_KR),
            _ if name.contains("UCS2") || name.contains("UTF16") => Codes::Unicode,
            _ => Codes::Unknown,
        }
    }
}

fn cmap(pdf: &Pdf<'_>, object: &Object, budget: &mut Budget) -> Option<CMap> {
    let object = pdf.get(object);
    let octets = pdf.decode(object.stream()?, budget).octets;
    Some(CMap::parse(octets.get(..CMAP_BYTES_MAX).unwrap_or(&octets)))
}

fn composite(pdf: &Pdf<'_>, dict: &Dict, budget: &mut Budget) -> Font {
    let encoding = pdf.get(dict.get("Encoding"));
    let mut is_vertical = false;
    let codes = match &*encoding {
        Object::Name(name) => {
            is_vertical = name.ends_with(b"-V");
            Codes::predefined(name)
        }
        Object::Stream(stream) => {
            let octets = pdf.decode(stream, budget).octets;
            let map = CMap::parse(octets.get(..CMAP_BYTES_MAX).unwrap_or(&octets));
            is_vertical = map.is_vertical || stream.dict.get("WMode").int() == Some(1);
            match (map.has_codes(), map.base.as_deref()) {
                (false, Some(base)) => Codes::predefined(base),
                (false, None) => Codes::Identity,
                (true, _) => Codes::Embedded(Box::new(map)),
            }
        }
        _ => Codes::Identity,
    };
    let descendants = pdf.get(dict.get("DescendantFonts"));
    let descendant = descendants.array().and_then(<[Object]>::first).map(|first| pdf.get(first));
    let empty = Dict::default();
    let inner = descendant.as_ref().and_then(|object| object.dict()).unwrap_or(&empty);
    let mut widths = HashMap::new();
    let default_width = if is_vertical {
        // Vertical writing moves down; few fonts say how far for single glyphs.
        let dw2 = pdf.get(inner.get("DW2"));
        dw2.array().and_then(|pair| pair.get(1)?.number()).unwrap_or(-1000.0) as f32
    } else {
        cid_widths(pdf, pdf.get(inner.get("W")).array().unwrap_or_default(), &mut widths);
        pdf.get(inner.get("DW")).number().unwrap_or(1000.0) as f32
    };
    let is_plain = |object: &Object| matches!(object, Object::Null) || object.name() == Some(b"Identity");
    let by_glyph = match (dict.has("ToUnicode"), &codes) {
        (false, Codes::Identity) if is_plain(&pdf.get(inner.get("CIDToGIDMap"))) => {
            let descriptor = pdf.get(inner.get("FontDescriptor"));
            let file = descriptor.dict().map(|descriptor| pdf.get(descriptor.get("FontFile2")));
            let stream = file.as_ref().and_then(|file| file.stream());
            stream.map(|stream| program::characters_of_glyphs(&pdf.decode(stream, budget).octets))
        }
        _ => None,
    };
    Font {
        to_unicode: None,
        kind: Kind::Composite { codes, by_glyph },
        widths,
        default_width,
        standard: None,
        unit: 0.001,
        is_vertical,
    }
}

fn cid_widths(pdf: &Pdf<'_>, items: &[Object], widths: &mut HashMap<u32, f32>) {
    let most = 1 << 16;
    let mut items = items.iter();
    while let (Some(first), Some(second)) = (items.next(), items.next()) {
        let Some(first) = pdf.get(first).int().and_then(|n| u32::try_from(n).ok()) else { continue };
        let second = pdf.get(second);
        if let Some(list) = second.array() {
            for (cid, width) in (first..u32::MAX).zip(list) {
                widths.insert(cid, pdf.get(width).number().unwrap_or(0.0) as f32);
            }
        } else if let Some(last) = second.int().and_then(|n| u32::try_from(n).ok()) {
            let width = items.next().and_then(|width| pdf.get(width).number()).unwrap_or(0.0) as f32;
            for cid in first..=last.min(first.saturating_add(most)) {
                widths.insert(cid, width);
            }
        }
        if widths.len() > most as usize {
            return;
        }
    }
}

fn simple(pdf: &Pdf<'_>, dict: &Dict, budget: &mut Budget) -> Font {
    let name = pdf.get(dict.get("BaseFont"));
    let name = String::from_utf8_lossy(name.name().unwrap_or_default()).into_owned();
    let is_type3 = pdf.get(dict.get("Subtype")).name() == Some(b"Type3");
    let descriptor = pdf.get(dict.get("FontDescriptor"));
    let empty = Dict::default();
    let descriptor = descriptor.dict().unwrap_or(&empty);
    let encoding = pdf.get(dict.get("Encoding"));
    let (named, differences) = match &*encoding {
        Object::Name(name) => (Base::by_name(name), None),
        Object::Dict(encoding) => {
            let base = pdf.get(encoding.get("BaseEncoding"));
            (base.name().and_then(Base::by_name), Some(pdf.get(encoding.get("Differences")).clone_out()))
        }
        _ => (None, None),
    };
    let is_symbol = name.contains("Symbol") && !name.contains("MT,");
    let base = named.unwrap_or(if is_symbol { Base::Symbol } else { Base::Standard });
    let has_program = ["FontFile", "FontFile2", "FontFile3"].iter().any(|key| descriptor.has(key));
    let is_symbolic = pdf.get(descriptor.get("Flags")).int().is_some_and(|flags| flags & 4 != 0);
    // An embedded font without a named encoding has one of its own.
    let is_certain = named.is_some() || !has_program || !is_symbolic;
    let mut table: Vec<Option<(String, bool)>> = match is_type3 {
        true => vec![None; 256],
        false => base.table().into_iter().map(|c| c.map(|c| (c.to_string(), is_certain))).collect(),
    };
    if named.is_none() && has_program && !dict.has("ToUnicode") {
        built_in(pdf, descriptor, &mut table, budget);
    }
    if let Some(Object::Array(items)) = differences {
        let mut at = 0usize;
        for item in &items {
            match &*pdf.get(item) {
                Object::Int(n) => at = usize::try_from(*n).unwrap_or(usize::MAX),
                Object::Name(glyph) => {
                    if let Some(slot) = table.get_mut(at) {
                        *slot = encoding::glyph(&String::from_utf8_lossy(glyph));
                    }
                    at = at.saturating_add(1);
                }
                _ => {}
            }
        }
    }
    let first = pdf.get(dict.get("FirstChar")).int().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let list = pdf.get(dict.get("Widths"));
    let widths: HashMap<u32, f32> = (first..256)
        .zip(list.array().unwrap_or_default())
        .map(|(code, width)| (code, pdf.get(width).number().unwrap_or(0.0) as f32))
        .collect();
    let is_fixed = name.contains("Courier") || pdf.get(descriptor.get("Flags")).int().is_some_and(|f| f & 1 != 0);
    let missing = pdf.get(descriptor.get("MissingWidth")).number();
    let default_width = match (is_fixed && widths.is_empty(), missing) {
        (true, _) => 600.0,
        (false, Some(width)) => width as f32,
        (false, None) => {
            if widths.is_empty() {
                500.0
            } else {
                0.0
            }
        }
    };
    let standard = if widths.is_empty() { widths::standard(&name) } else { None };
    let unit = match is_type3 {
        true => pdf.get(dict.get("FontMatrix")).array().and_then(|m| m.first()?.number()).unwrap_or(0.001),
        false => 0.001,
    };
    Font { to_unicode: None, kind: Kind::Simple(table), widths, default_width, standard, unit, is_vertical: false }
}

/// The encoding that a font program brings along.
fn built_in(pdf: &Pdf<'_>, descriptor: &Dict, table: &mut [Option<(String, bool)>], budget: &mut Budget) {
    let mut octets = |key: &str| {
        let file = pdf.get(descriptor.get(key));
        file.stream().map(|stream| pdf.decode(stream, budget).octets)
    };
    if let Some(program) = octets("FontFile") {
        let head = program.get(..TYPE1_HEAD_BYTES).unwrap_or(&program);
        type1(head, table);
    } else if let Some(program) = octets("FontFile3") {
        for (code, name) in program::cff_encoding(&program) {
            if let Some(slot) = table.get_mut(usize::from(code)) {
                *slot = encoding::glyph(&name);
            }
        }
    } else if let Some(program) = octets("FontFile2") {
        for (code, c) in program::symbol_codes(&program) {
            if let Some(slot) = table.get_mut(usize::from(code)) {
                *slot = Some((c.to_string(), true));
            }
        }
    }
}

/// `dup 65 /A put` in the clear part of a Type 1 font.
fn type1(head: &[u8], table: &mut [Option<(String, bool)>]) {
    let mut lexer = Lexer::new(head, 0, 4, 1000);
    lexer.has_refs = false;
    let mut code = None;
    let mut name: Option<Vec<u8>> = None;
    loop {
        match lexer.next() {
            Item::Operand(Object::Int(n)) => code = usize::try_from(n).ok(),
            Item::Operand(Object::Name(n)) => name = Some(n),
            Item::Operand(_) => {}
            Item::Operator(b"put") => {
                if let (Some(slot), Some(name)) = (code.take().and_then(|code| table.get_mut(code)), name.take()) {
                    *slot = encoding::glyph(&String::from_utf8_lossy(&name));
                }
            }
            Item::Operator(b"eexec") | Item::End => break,
            Item::Operator(_) => {}
        }
    }
}
