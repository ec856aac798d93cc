//! Font programs, as far as they say what their glyphs mean: the table `cmap` of TrueType, the encoding of CFF.

use std::collections::HashMap;

/// Entries of a table that are looked at.
const ENTRIES_MAX: u32 = 1 << 16;

struct Be<'a>(&'a [u8]);

impl<'a> Be<'a> {
    fn from(&self, at: usize) -> Be<'a> {
        Be(self.0.get(at..).unwrap_or_default())
    }

    fn u8(&self, at: usize) -> Option<u32> {
        self.0.get(at).map(|b| u32::from(*b))
    }

    fn u16(&self, at: usize) -> Option<u32> {
        Some(self.u8(at)? << 8 | self.u8(at + 1)?)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        Some(self.u16(at)? << 16 | self.u16(at + 2)?)
    }
}

/// The subtables of `cmap`: platform, encoding, and the table.
fn subtables(program: &[u8]) -> Vec<(u32, u32, Be<'_>)> {
    let file = Be(program);
    let find = || {
        let count = file.u16(4)?.min(64) as usize;
        (0..count).map(|nth| 12 + 16 * nth).find(|at| program.get(*at..*at + 4) == Some(b"cmap"))
    };
    let Some(offset) = find().and_then(|at| file.u32(at + 8)) else { return Vec::new() };
    let table = file.from(offset as usize);
    let count = table.u16(2).unwrap_or(0).min(32) as usize;
    let one = |nth: usize| {
        let at = 4 + 8 * nth;
        Some((table.u16(at)?, table.u16(at + 2)?, table.from(table.u32(at + 4)? as usize)))
    };
    (0..count).filter_map(one).collect()
}

/// Pairs of code and glyph.
fn pairs(table: &Be<'_>) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    match table.u16(0) {
        Some(0) => found.extend((0..256).filter_map(|code| Some((code, table.u8(6 + code as usize)?)))),
        Some(4) => drop(format4(table, &mut found)),
        Some(6) => {
            let first = table.u16(6).unwrap_or(0);
            let count = table.u16(8).unwrap_or(0);
            found.extend((0..count).filter_map(|n| Some((first + n, table.u16(10 + 2 * n as usize)?))));
        }
        Some(12) => {
            let groups = table.u32(12).unwrap_or(0).min(ENTRIES_MAX);
            for nth in 0..groups as usize {
                let at = 16 + 12 * nth;
                let (Some(first), Some(last), Some(glyph)) = (table.u32(at), table.u32(at + 4), table.u32(at + 8))
                else {
                    break;
                };
                for code in first..=last.min(first.saturating_add(ENTRIES_MAX)) {
                    found.push((code, glyph.saturating_add(code - first)));
                }
                if found.len() > ENTRIES_MAX as usize * 2 {
                    break;
                }
            }
        }
        _ => {}
    }
    found
}

fn format4(table: &Be<'_>, found: &mut Vec<(u32, u32)>) -> Option<()> {
    let twice = table.u16(6)? as usize & !1;
    for nth in (0..twice).step_by(2) {
        let last = table.u16(14 + nth)?;
        let first = table.u16(16 + twice + nth)?;
        let delta = table.u16(16 + 2 * twice + nth)?;
        let range_at = 16 + 3 * twice + nth;
        let range = table.u16(range_at)?;
        for code in first..=last {
            if code == 0xffff || found.len() > ENTRIES_MAX as usize * 2 {
                break;
            }
            let glyph = match range {
                0 => (code + delta) & 0xffff,
                _ => match table.u16(range_at + range as usize + 2 * (code - first) as usize) {
                    Some(glyph) if glyph > 0 => (glyph + delta) & 0xffff,
                    _ => 0,
                },
            };
            if glyph != 0 {
                found.push((code, glyph));
            }
        }
    }
    Some(())
}

/// What the glyphs of a TrueType program mean, by its Unicode table.
pub(super) fn characters_of_glyphs(program: &[u8]) -> HashMap<u32, char> {
    let mut map = HashMap::new();
    for (platform, encoding, table) in subtables(program) {
        if matches!((platform, encoding), (0, _) | (3, 1 | 10)) {
            for (code, glyph) in pairs(&table) {
                if let Some(c) = char::from_u32(code) {
                    map.entry(glyph).or_insert(c);
                }
            }
        }
    }
    map
}

/// The codes of a symbolic TrueType font whose glyphs its Unicode table knows as well.
pub(super) fn symbol_codes(program: &[u8]) -> Vec<(u8, char)> {
    let meanings = characters_of_glyphs(program);
    let mut found = Vec::new();
    for (platform, encoding, table) in subtables(program) {
        if matches!((platform, encoding), (1, 0) | (3, 0)) {
            for (code, glyph) in pairs(&table) {
                let code = if (0xf000..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
                if let (Ok(code), Some(c)) = (u8::try_from(code), meanings.get(&glyph)) {
                    found.push((code, *c));
                }
            }
        }
    }
    found
}

/// The codes of a CFF program with the names of their glyphs (Adobe Technical Note 5176).
pub(super) fn cff_encoding(program: &[u8]) -> Vec<(u8, String)> {
    encoding(program).unwrap_or_default()
}

/// Where the items of an index stand, and where it ends.
fn index(program: &[u8], at: usize) -> Option<(Vec<(usize, usize)>, usize)> {
    let be = Be(program).from(at);
    let count = be.u16(0)? as usize;
    if count == 0 {
        return Some((Vec::new(), at + 2));
    }
    let size = be.u8(2)? as usize;
    if !(1..=4).contains(&size) {
        return None;
    }
    let offset = |nth: usize| (0..size).try_fold(0usize, |n, k| Some(n << 8 | be.u8(3 + nth * size + k)? as usize));
    let data = at + 2 + (count + 1) * size;
    let items: Option<Vec<(usize, usize)>> =
        (0..count).map(|nth| Some((data + offset(nth)?, data + offset(nth + 1)?))).collect();
    Some((items?, data + offset(count)?))
}

fn encoding(program: &[u8]) -> Option<Vec<(u8, String)>> {
    let header = *program.get(2)? as usize;
    let (_, at) = index(program, header)?;
    let (tops, at) = index(program, at)?;
    let (strings, _) = index(program, at)?;
    let (start, end) = *tops.first()?;
    let top = top_dict(program.get(start..end)?);
    let number = |key: u32| top.get(&key).copied().unwrap_or(0);
    let (charset, encoding, glyphs) = (number(15), number(16), number(17));
    // The standard encodings say nothing new, a CID font has none.
    if encoding <= 1 || charset <= 2 || top.contains_key(&(12 << 8 | 30)) {
        return None;
    }
    let count = Be(program).u16(glyphs as usize)?;
    let names = charset_of(&Be(program).from(charset as usize), count)?;
    let name = |glyph: usize| {
        let sid = *names.get(glyph)? as usize;
        match sid.checked_sub(391) {
            Some(nth) => {
                let (start, end) = *strings.get(nth)?;
                Some(String::from_utf8_lossy(program.get(start..end)?).into_owned())
            }
            None => STANDARD_STRINGS.split(' ').nth(sid).map(str::to_owned),
        }
    };
    let table = Be(program).from(encoding as usize);
    let mut found = Vec::new();
    let entries = table.u8(1)? as usize;
    let mut glyph = 1usize;
    for nth in 0..entries {
        match table.u8(0)? & 127 {
            0 => {
                found.extend(name(glyph).and_then(|name| Some((table.u8(2 + nth)? as u8, name))));
                glyph += 1;
            }
            _ => {
                let (first, left) = (table.u8(2 + 2 * nth)?, table.u8(3 + 2 * nth)?);
                for code in first..=(first + left).min(255) {
                    found.extend(name(glyph).map(|name| (code as u8, name)));
                    glyph += 1;
                }
            }
        }
    }
    Some(found)
}

fn charset_of(table: &Be<'_>, count: u32) -> Option<Vec<u32>> {
    let mut names = vec![0];
    let format = table.u8(0)?;
    let mut at = 1;
    while (names.len() as u32) < count {
        let first = table.u16(at)?;
        let left = match format {
            0 => 0,
            1 => table.u8(at + 2)?,
            _ => table.u16(at + 2)?,
        };
        at += 2 + format.min(2) as usize;
        names.extend((first..=first + left).take(count as usize));
    }
    Some(names)
}

/// The last operand of each operator.
fn top_dict(octets: &[u8]) -> HashMap<u32, u32> {
    let be = Be(octets);
    let mut dict = HashMap::new();
    let (mut at, mut operand) = (0, 0i64);
    while let Some(first) = be.u8(at) {
        at += 1;
        match first {
            12 => {
                dict.insert(12 << 8 | be.u8(at).unwrap_or(0), u32::try_from(operand).unwrap_or(0));
                at += 1;
            }
            0..=21 => drop(dict.insert(first, u32::try_from(operand).unwrap_or(0))),
            28 => {
                operand = i64::from(be.u16(at).unwrap_or(0) as i16);
                at += 2;
            }
            29 => {
                operand = i64::from(be.u32(at).unwrap_or(0) as i32);
                at += 4;
            }
            30 => {
                while be.u8(at).is_some_and(|b| b & 15 != 15) {
                    at += 1;
                }
                at += 1;
            }
            32..=246 => operand = i64::from(first) - 139,
            247..=250 => {
                operand = i64::from((first - 247) * 256 + be.u8(at).unwrap_or(0) + 108);
                at += 1;
            }
            251..=254 => {
                operand = -i64::from((first - 251) * 256 + be.u8(at).unwrap_or(0)) - 108;
                at += 1;
            }
            _ => {}
        }
    }
    dict
}

/// Names that every CFF program may use, by number (appendix A).
static STANDARD_STRINGS: &str = "\
    .notdef space exclam quotedbl numbersign dollar percent ampersand quoteright parenleft parenright asterisk \
    plus comma hyphen period slash zero one two three four five six seven eight nine colon semicolon less equal \
    greater question at A B C D E F G H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright \
    asciicircum underscore quoteleft a b c d e f g h i j k l m n o p q r s t u v w x y z braceleft bar braceright \
    asciitilde exclamdown cent sterling fraction yen florin section currency quotesingle quotedblleft \
    guillemotleft guilsinglleft guilsinglright fi fl endash dagger daggerdbl periodcentered paragraph bullet \
    quotesinglbase quotedblbase quotedblright guillemotright ellipsis perthousand questiondown grave acute \
    circumflex tilde macron breve dotaccent dieresis ring cedilla hungarumlaut ogonek caron emdash AE ordfeminine \
    Lslash Oslash OE ordmasculine ae dotlessi lslash oslash oe germandbls onesuperior logicalnot mu trademark Eth \
    onehalf plusminus Thorn onequarter divide brokenbar degree thorn threequarters twosuperior registered minus \
    eth multiply threesuperior copyright Aacute Acircumflex Adieresis Agrave Aring Atilde Ccedilla Eacute \
    Ecircumflex Edieresis Egrave Iacute Icircumflex Idieresis Igrave Ntilde Oacute Ocircumflex Odieresis Ograve \
    Otilde Scaron Uacute Ucircumflex Udieresis Ugrave Yacute Ydieresis Zcaron aacute acircumflex adieresis agrave \
    aring atilde ccedilla eacute ecircumflex edieresis egrave iacute icircumflex idieresis igrave ntilde oacute \
    ocircumflex odieresis ograve otilde scaron uacute ucircumflex udieresis ugrave yacute ydieresis zcaron \
    exclamsmall Hungarumlautsmall dollaroldstyle dollarsuperior ampersandsmall Acutesmall parenleftsuperior \
    parenrightsuperior twodotenleader onedotenleader zerooldstyle oneoldstyle twooldstyle threeoldstyle \
    fouroldstyle fiveoldstyle sixoldstyle sevenoldstyle eightoldstyle nineoldstyle commasuperior \
    threequartersemdash periodsuperior questionsmall asuperior bsuperior centsuperior dsuperior esuperior \
    isuperior lsuperior msuperior nsuperior osuperior rsuperior ssuperior tsuperior ff ffi ffl parenleftinferior \
    parenrightinferior Circumflexsmall hyphensuperior Gravesmall Asmall Bsmall Csmall Dsmall Esmall Fsmall Gsmall \
    Hsmall Ismall Jsmall Ksmall Lsmall Msmall Nsmall Osmall Psmall Qsmall Rsmall Ssmall Tsmall Usmall Vsmall \
    Wsmall Xsmall Ysmall Zsmall colonmonetary onefitted rupiah Tildesmall exclamdownsmall centoldstyle Lslashsmall \
    Scaronsmall Zcaronsmall Dieresissmall Brevesmall Caronsmall Dotaccentsmall Macronsmall figuredash \
    hypheninferior Ogoneksmall Ringsmall Cedillasmall questiondownsmall oneeighth threeeighths fiveeighths \
    seveneighths onethird twothirds zerosuperior foursuperior fivesuperior sixsuperior sevensuperior eightsuperior \
    ninesuperior zeroinferior oneinferior twoinferior threeinferior fourinferior fiveinferior sixinferior \
    seveninferior eightinferior nineinferior centinferior dollarinferior periodinferior commainferior Agravesmall \
    Aacutesmall Acircumflexsmall Atildesmall Adieresissmall Aringsmall AEsmall Ccedillasmall Egravesmall \
    Eacutesmall Ecircumflexsmall Edieresissmall Igravesmall Iacutesmall Icircumflexsmall Idieresissmall Ethsmall \
    Ntildesmall Ogravesmall Oacutesmall Ocircumflexsmall Otildesmall Odieresissmall OEsmall Oslashsmall \
    Ugravesmall Uacutesmall Ucircumflexsmall Udieresissmall Yacutesmall Thornsmall Ydieresissmall 001.000 001.001 \
    001.002 001.003 Black Bold Book Light Medium Regular Roman Semibold \
    ";
