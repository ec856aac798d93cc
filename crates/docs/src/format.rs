//! The formats that are known, and who reads and writes each.

use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Unwritable};
use crate::{archive, legacy, office, pdf, picture, text};

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text in any charset: notes, logs, CSV, JSON, XML, YAML, SQL.
    Text,
    /// HTML.
    Html,
    /// Rich Text Format.
    Rtf,
    /// iCalendar (RFC 5545) and vCard (RFC 6350): folded lines.
    Calendar,
    /// A message (RFC 5322).
    Mail,
    /// Messages in a row (RFC 4155).
    Mbox,
    /// WordprocessingML, with macros and as a template too.
    Docx,
    /// SpreadsheetML.
    Xlsx,
    /// PresentationML.
    Pptx,
    /// OpenDocument: text, sheets, slides, drawings.
    Odf,
    /// OpenDocument as one XML file.
    FlatOdf,
    /// EPUB.
    Epub,
    /// SpreadsheetML in binary records (MS-XLSB).
    Xlsb,
    /// Word before 2007 (MS-DOC).
    Doc,
    /// Excel before 2007 (MS-XLS).
    Xls,
    /// PowerPoint before 2007 (MS-PPT).
    Ppt,
    /// Outlook message (MS-OXMSG).
    Msg,
    /// Any other compound file (MS-CFB), encrypted packages too.
    Compound,
    /// winmail.dat (MS-OXTNEF).
    Tnef,
    /// PDF.
    Pdf,
    /// ZIP.
    Zip,
    /// tar.
    Tar,
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz, lzma.
    Xz,
    /// Zstandard.
    Zstd,
    /// compress (`.Z`).
    Compress,
    /// ar: Debian packages, libraries.
    Ar,
    /// cpio.
    Cpio,
    /// ISO 9660.
    Iso,
    /// 7z.
    SevenZip,
    /// RAR: only named.
    Rar,
    /// A picture.
    Picture,
    /// Anything else.
    Unknown,
}

impl Format {
    /// Its media type; of a family the first.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain",
            Format::Html => "text/html",
            Format::Rtf => "application/rtf",
            Format::Calendar => "text/calendar",
            Format::Mail => "message/rfc822",
            Format::Mbox => "application/mbox",
            Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Format::Odf => "application/vnd.oasis.opendocument.text",
            Format::FlatOdf => "application/vnd.oasis.opendocument.text-flat-xml",
            Format::Epub => "application/epub+zip",
            Format::Xlsb => "application/vnd.ms-excel.sheet.binary.macroenabled.12",
            Format::Doc => "application/msword",
            Format::Xls => "application/vnd.ms-excel",
            Format::Ppt => "application/vnd.ms-powerpoint",
            Format::Msg => "application/vnd.ms-outlook",
            Format::Compound => "application/x-ole-storage",
            Format::Tnef => "application/ms-tnef",
            Format::Pdf => "application/pdf",
            Format::Zip => "application/zip",
            Format::Tar => "application/x-tar",
            Format::Gzip => "application/gzip",
            Format::Bzip2 => "application/x-bzip2",
            Format::Xz => "application/x-xz",
            Format::Zstd => "application/zstd",
            Format::Compress => "application/x-compress",
            Format::Ar => "application/x-archive",
            Format::Cpio => "application/x-cpio",
            Format::Iso => "application/x-iso9660-image",
            Format::SevenZip => "application/x-7z-compressed",
            Format::Rar => "application/vnd.rar",
            Format::Picture => "image/*",
            Format::Unknown => "application/octet-stream",
        }
    }

    /// Can other files be in it?
    pub fn is_container(self) -> bool {
        match self {
            Format::Text
            | Format::Html
            | Format::Rtf
            | Format::Calendar
            | Format::FlatOdf
            | Format::Picture
            | Format::Unknown => false,
            Format::Mail
            | Format::Mbox
            | Format::Docx
            | Format::Xlsx
            | Format::Pptx
            | Format::Odf
            | Format::Epub
            | Format::Xlsb
            | Format::Doc
            | Format::Xls
            | Format::Ppt
            | Format::Msg
            | Format::Compound
            | Format::Tnef
            | Format::Pdf
            | Format::Zip
            | Format::Tar
            | Format::Gzip
            | Format::Bzip2
            | Format::Xz
            | Format::Zstd
            | Format::Compress
            | Format::Ar
            | Format::Cpio
            | Format::Iso
            | Format::SevenZip
            | Format::Rar => true,
        }
    }

    pub(crate) fn read(self, at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
        match self {
            Format::Text => text::plain::read(at, file, reading),
            Format::Html => text::html::read(at, file, reading),
            Format::Rtf => text::rtf::read(at, file, reading),
            Format::Calendar => text::folded::read(at, file, reading),
            Format::Mail => text::mail::read(at, file, reading),
            Format::Mbox => text::mbox::read(at, file, reading),
            Format::Docx => office::docx::read(at, file, reading),
            Format::Xlsx => office::xlsx::read(at, file, reading),
            Format::Pptx => office::pptx::read(at, file, reading),
            Format::Odf => office::odf::read(at, file, reading),
            Format::FlatOdf => office::flat::read(at, file, reading),
            Format::Epub => office::epub::read(at, file, reading),
            Format::Xlsb => legacy::xlsb::read(at, file, reading),
            Format::Doc => legacy::doc::read(at, file, reading),
            Format::Xls => legacy::xls::read(at, file, reading),
            Format::Ppt => legacy::ppt::read(at, file, reading),
            Format::Msg => legacy::msg::read(at, file, reading),
            Format::Compound => legacy::compound::read(at, file, reading),
            Format::Tnef => legacy::tnef::read(at, file, reading),
            Format::Pdf => pdf::read(at, file, reading),
            Format::Zip => archive::zip::read(at, file, reading),
            Format::Tar => archive::tar::read(at, file, reading),
            Format::Ar => archive::ar::read(at, file, reading),
            Format::Cpio => archive::cpio::read(at, file, reading),
            Format::Iso => archive::iso::read(at, file, reading),
            Format::SevenZip => archive::seven::read(at, file, reading),
            Format::Rar => archive::rar::read(at, file, reading),
            Format::Picture => picture::read(at, file, reading),
            Format::Unknown => text::unknown::read(at, file, reading),
            Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd | Format::Compress => {
                archive::stream::read(at, file, self, reading)
            }
        }
    }

    pub(crate) fn rewrite(self, at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
        match self {
            Format::Text => text::plain::rewrite(at, file, writing),
            Format::Html => text::html::rewrite(at, file, writing),
            Format::Rtf => text::rtf::rewrite(at, file, writing),
            Format::Calendar => text::folded::rewrite(at, file, writing),
            Format::Mail => text::mail::rewrite(at, file, writing),
            Format::Mbox => text::mbox::rewrite(at, file, writing),
            Format::Docx => office::docx::rewrite(at, file, writing),
            Format::Xlsx => office::xlsx::rewrite(at, file, writing),
            Format::Pptx => office::pptx::rewrite(at, file, writing),
            Format::Odf => office::odf::rewrite(at, file, writing),
            Format::FlatOdf => office::flat::rewrite(at, file, writing),
            Format::Epub => office::epub::rewrite(at, file, writing),
            Format::Xlsb => legacy::xlsb::rewrite(at, file, writing),
            Format::Doc => legacy::doc::rewrite(at, file, writing),
            Format::Xls => legacy::xls::rewrite(at, file, writing),
            Format::Ppt => legacy::ppt::rewrite(at, file, writing),
            Format::Msg => legacy::msg::rewrite(at, file, writing),
            Format::Compound => legacy::compound::rewrite(at, file, writing),
            Format::Tnef => legacy::tnef::rewrite(at, file, writing),
            Format::Pdf => pdf::rewrite(at, file, writing),
            Format::Zip => archive::zip::rewrite(at, file, writing),
            Format::Tar => archive::tar::rewrite(at, file, writing),
            // Only read.
            Format::Ar | Format::Cpio | Format::Iso | Format::Rar => Err(Unwritable::Format),
            Format::SevenZip => archive::seven::rewrite(at, file, writing),
            Format::Picture => picture::rewrite(at, file, writing),
            Format::Unknown => text::unknown::rewrite(at, file, writing),
            Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd | Format::Compress => {
                archive::stream::rewrite(at, file, self, writing)
            }
        }
    }
}
