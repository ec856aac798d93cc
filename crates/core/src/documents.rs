//! Asking what attachments say, and having them rewritten. Formats are read in another process than rules and keys are in
//! ([`Asking`](crate::wire::Asking)); here is what is asked and answered, and nobody outside of this crate sees what is in
//! either.

use crate::OpaqueWhy;
use crate::redact::Coded;
use lazaret_docs::{Document, Edit, File, Limits, Unwritable, Why};
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

/// Reads and rewrites documents. It does not fail: a file that cannot be read is an answer.
pub trait Documents {
    /// Answers one question.
    fn ask(&mut self, question: &Question<'_>) -> Reply;
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

/// Has a file read, with a look for values in what it packs. A reader that died of it leaves one opaque part.
pub(crate) fn read(documents: &mut dyn Documents, file: File<'_>, values: &[String]) -> Result<Document, OpaqueWhy> {
    match documents.ask(&Question { file, edits: None, values }).0 {
        Answered::Read(document) => Ok(document),
        Answered::Failed(why) => Err(why.into()),
        Answered::Written(_) | Answered::Unwritable(_) => Err(OpaqueWhy::Malformed),
    }
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
