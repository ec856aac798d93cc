//! Asking what attachments say, and having them rewritten. Formats are read in another process than rules and keys are in
//! ([`Asking`](crate::wire::Asking)); here is what is asked and answered, and nobody outside of this crate sees what is in
//! either.

use crate::OpaqueWhy;
use crate::redact::Coded;
use lazaret_docs::{Content, Document, Edit, File, Limits, Part, Picture, Unwritable, Why};
use std::fmt;
use zeroize::Zeroizing;

/// One question about one file.
pub struct Question<'a> {
    pub(crate) file: File<'a>,
    /// Set: rewrite it so. Else it is to be read.
    pub(crate) edits: Option<&'a [Edit]>,
    /// Of a file to be read: whether one of these stands in a stream that is unpacked on the way, in whatever encoding.
    pub(crate) values: &'a [String],
}

/// The answer to a question.
pub struct Reply(pub(crate) Answered);

/// What an answer can be.
pub(crate) enum Answered {
    /// To reading.
    Read(Document),
    /// To rewriting.
    Written(Zeroizing<Vec<u8>>),
    /// It cannot be rewritten.
    Unwritable(Unwritable),
    /// Nobody answered: the reader died of the file, or took too long.
    Failed(Why),
}

/// Masked: both hold raw content.
impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({} octets)", self.file.octets.len())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Answered::Read(_) => "Reply(read)",
            Answered::Written(_) => "Reply(written)",
            Answered::Unwritable(_) => "Reply(unwritable)",
            Answered::Failed(_) => "Reply(failed)",
        })
    }
}

/// A program that is not ours and that is asked what it makes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helper {
    /// What letters are to be seen in a picture.
    Recognise,
    /// What text is in a PDF: the second opinion on one that was rewritten.
    Extract,
}

/// What a helper made of a file.
#[derive(Clone, PartialEq, Eq)]
pub enum Helped {
    /// Text as it came, not yet known to be UTF-8.
    Text(Zeroizing<Vec<u8>>),
    /// There is no such helper here.
    Absent,
    /// It gave up, died, took too long or said too much.
    Failed,
}

/// Masked: texts are raw.
impl fmt::Debug for Helped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Helped::Text(_) => "Helped(text)",
            Helped::Absent => "Helped(absent)",
            Helped::Failed => "Helped(failed)",
        })
    }
}

/// Reads and rewrites documents. It does not fail: a file that cannot be read is an answer.
pub trait Documents {
    /// Answers one question.
    fn ask(&mut self, question: &Question<'_>) -> Reply;

    /// Has a helper look at a file.
    fn help(&mut self, helper: Helper, octets: &[u8]) -> Helped {
        let (_, _) = (helper, octets);
        Helped::Absent
    }
}

/// Reads documents in this process: for development, tests, and the inside of the process that does nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess(pub Limits);

impl Documents for InProcess {
    fn ask(&mut self, question: &Question<'_>) -> Reply {
        Reply(match question.edits {
            None if question.values.is_empty() => Answered::Read(lazaret_docs::read(&question.file, &self.0)),
            None => {
                let coded = Coded::new(question.values);
                let watch = move |octets: &[u8]| coded.stand_in(octets);
                Answered::Read(lazaret_docs::read_watched(&question.file, &self.0, watch))
            }
            Some(edits) => match lazaret_docs::rewrite(&question.file, &self.0, edits) {
                Ok(octets) => Answered::Written(Zeroizing::new(octets)),
                Err(why) => Answered::Unwritable(why),
            },
        })
    }
}

/// Has a file read, with a look for values in what it packs, and the letters in its pictures recognised, where
/// somebody can. A reader that died of it leaves one opaque part.
pub(crate) fn read(documents: &mut dyn Documents, file: File<'_>, values: &[String]) -> Result<Document, OpaqueWhy> {
    match documents.ask(&Question { file, edits: None, values }).0 {
        Answered::Read(document) => Ok(recognised(documents, document)),
        Answered::Failed(why) => Err(why.into()),
        Answered::Written(_) | Answered::Unwritable(_) => Err(OpaqueWhy::Malformed),
    }
}

/// Puts what is seen in pictures beside them. A picture that was looked at is no longer opaque.
fn recognised(documents: &mut dyn Documents, mut document: Document) -> Document {
    for Picture { path, octets } in std::mem::take(&mut document.pictures) {
        let octets = Zeroizing::new(octets);
        match documents.help(Helper::Recognise, &octets) {
            Helped::Text(text) => add_seen(&mut document, &path, &String::from_utf8_lossy(&text)),
            Helped::Failed => {}
            Helped::Absent => break,
        }
    }
    document
}

fn add_seen(document: &mut Document, path: &str, text: &str) {
    let is_picture = |part: &Part| part.path == path && part.content == Content::Opaque(Why::Picture);
    let Some(at) = document.parts.iter().position(is_picture) else { return };
    let Some(part) = document.parts.get_mut(at) else { return };
    part.content = Content::Text(String::new());
    let coverage = &mut document.coverage;
    coverage.unexamined_bytes = coverage.unexamined_bytes.saturating_sub(part.size_bytes);
    coverage.scanned_bytes += part.size_bytes;
    let text = text.replace('\u{c}', "").trim().to_owned();
    let path = format!("{path}!seen");
    let seen = Part { path, media_type: "text/plain".into(), content: Content::Text(text), size_bytes: 0 };
    document.parts.insert(at + 1, seen);
}

impl From<Why> for OpaqueWhy {
    fn from(why: Why) -> OpaqueWhy {
        match why {
            Why::Picture => OpaqueWhy::Picture,
            Why::Encrypted => OpaqueWhy::Encrypted,
            Why::Unsupported => OpaqueWhy::Unsupported,
            Why::Malformed => OpaqueWhy::Malformed,
            Why::OverLimit => OpaqueWhy::OverLimit,
        }
    }
}
