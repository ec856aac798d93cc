//! Where the text of a group goes.

/// A text of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Out {
    Body,
    Headers,
    Notes,
    Comments,
    Fields,
    Html,
    Meta,
    Other,
}

impl Out {
    pub(super) const ALL: [Out; 8] =
        [Out::Body, Out::Headers, Out::Notes, Out::Comments, Out::Fields, Out::Html, Out::Meta, Out::Other];

    /// Below the file.
    pub(super) fn path(self) -> &'static str {
        match self {
            Out::Body => "",
            Out::Headers => "!headers",
            Out::Notes => "!footnotes",
            Out::Comments => "!comments",
            Out::Fields => "!fields",
            Out::Html => "!html",
            Out::Meta => "!meta",
            Out::Other => "!other",
        }
    }
}

/// What stored octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `\pict`.
    Picture,
    /// `\objdata`: an OLE 1.0 object.
    Object,
    /// Anything else in hex.
    Stored,
}

/// What a group holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    Text(Out),
    /// The same; the word is put before it.
    Named(Out),
    /// `\fonttbl`.
    Fonts,
    Data(Kind),
    /// A number in hex, if it is one.
    Hash,
}

/// The destination that a control word begins; `None` if it begins none.
pub(super) fn destination(word: &str) -> Option<Destination> {
    use Destination::{Data, Fonts, Hash, Named, Text};
    Some(match word {
        "rtf" | "ud" | "shptxt" | "dptxbxtext" | "listtext" | "pntext" | "fldrslt" | "nesttableprops" | "result" => {
            Text(Out::Body)
        }
        "fonttbl" => Fonts,
        "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf" => {
            Text(Out::Headers)
        }
        "footnote" | "ftnsep" | "ftnsepc" | "ftncn" | "aftnsep" | "aftnsepc" | "aftncn" => Text(Out::Notes),
        "annotation" | "atnid" | "atnauthor" | "atnicn" => Text(Out::Comments),
        "fldinst" | "ffname" | "ffdeftext" | "ffhelptext" | "ffstattext" | "ffentrymcr" | "ffexitmcr" | "ffl"
        | "ffformat" => Text(Out::Fields),
        "htmltag" | "mhtmltag" => Text(Out::Html),
        "title" | "subject" | "author" | "manager" | "company" | "operator" | "category" | "keywords" | "comment"
        | "doccomm" | "hlinkbase" | "propname" | "staticval" | "linkval" | "docvar" | "template" | "generator"
        | "revtbl" | "protusertbl" | "xmlnstbl" => Named(Out::Meta),
        "info" | "userprops" => Text(Out::Meta),
        "pict" => Data(Kind::Picture),
        "objdata" => Data(Kind::Object),
        "datastore" | "themedata" | "colorschememapping" | "datafield" | "fontfile" | "objalias" | "objsect" => {
            Data(Kind::Stored)
        }
        "blipuid" | "panose" => Hash,
        "stylesheet" | "colortbl" | "listtable" | "listoverridetable" | "filetbl" | "bkmkstart" | "bkmkend" | "sn"
        | "sv" | "sp" | "xe" | "tc" | "leveltext" | "levelnumbers" | "listname" | "pntxta" | "pntxtb" => {
            Text(Out::Other)
        }
        _ => return None,
    })
}

/// The type of a picture that a control word tells.
pub(super) fn picture(word: &str) -> Option<&'static str> {
    Some(match word {
        "pngblip" => "image/png",
        "jpegblip" => "image/jpeg",
        "emfblip" => "image/emf",
        "wmetafile" => "image/wmf",
        "dibitmap" | "wbitmap" => "image/bmp",
        "macpict" => "image/pict",
        _ => return None,
    })
}

/// A character that a control word stands for.
pub(super) fn character(word: &str) -> Option<&'static str> {
    Some(match word {
        "emdash" => "\u{2014}",
        "endash" => "\u{2013}",
        "lquote" => "\u{2018}",
        "rquote" => "\u{2019}",
        "ldblquote" => "\u{201c}",
        "rdblquote" => "\u{201d}",
        "bullet" => "\u{2022}",
        "emspace" => "\u{2003}",
        "enspace" => "\u{2002}",
        "qmspace" => "\u{2005}",
        "zwj" => "\u{200d}",
        "zwnj" => "\u{200c}",
        "zwbo" | "zwnbo" => "\u{200b}",
        _ => return None,
    })
}

/// A line end or tab that structure stands for.
pub(super) fn structure(word: &str) -> Option<&'static str> {
    Some(match word {
        "par" | "line" | "sect" | "page" | "column" | "row" | "nestrow" | "softline" | "softpage" | "lbr" => "\n",
        "tab" | "cell" | "nestcell" => "\t",
        _ => return None,
    })
}
