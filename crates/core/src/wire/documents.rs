//! Frames between a worker and the process that reads documents. The parent passes their payloads on as they are: it never
//! decodes an octet of them.

use super::codec::{Code, Cursor, put_octets};
use super::{ANSWER, JOB_BYTES_MAX, WireError, read_frame, write_frame};
use crate::documents::{Answered, Documents, Helped, Helper, Question, Reply};
use lazaret_docs::{Content, Coverage, Document, Edit, File, Limits, Part, Picture, Unwritable, Why};
use std::io::{self, ErrorKind, Read, Write};
use zeroize::Zeroizing;

const QUESTION: u8 = 4;
const REPLY: u8 = 5;
const BOUNDS: u8 = 6;
const HELP: u8 = 7;
const HELPED: u8 = 8;
/// Octets of a reply beside what is unpacked and read.
const REPLY_EXTRA_BYTES: usize = 32 << 20;

/// A payload on its way between two processes. Nothing outside of this crate looks inside.
pub struct Relayed(Zeroizing<Vec<u8>>);

impl Relayed {
    /// The reply of nobody: the reader died of the file, or it was not asked any more.
    pub fn died() -> Relayed {
        Relayed::failed(Why::Malformed)
    }

    /// The reply of nobody: it took too long.
    pub fn too_slow() -> Relayed {
        Relayed::failed(Why::OverLimit)
    }

    fn failed(why: Why) -> Relayed {
        let mut payload = Zeroizing::new(vec![3]);
        why.put(&mut payload);
        Relayed(payload)
    }
}

/// Masked: it is raw.
impl std::fmt::Debug for Relayed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relayed({} bytes)", self.0.len())
    }
}

/// A file on its way to a program that is not ours. Nothing of ours between the worker and that program looks inside.
pub struct Wanted {
    /// Whom it is for.
    pub helper: Helper,
    payload: Zeroizing<Vec<u8>>,
}

impl Wanted {
    /// What the program gets, to be written to its pipe and nothing else.
    pub fn octets(&self) -> &[u8] {
        self.payload.split_first().map_or(&[], |(_, octets)| octets)
    }
}

/// Masked: it is raw.
impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wanted({:?}, {} bytes)", self.helper, self.payload.len())
    }
}

/// What a worker writes: an answer, or a question that comes before it.
#[derive(Debug)]
pub enum Said {
    /// The answer to its job.
    Answer(Box<super::Answer>),
    /// A question to the process that reads documents.
    Question(Relayed),
    /// A question to a helper.
    Help(Wanted),
}

/// Reads what a worker says, an answer of at most so many octets.
///
/// # Errors
/// As [`super::read_answer`].
pub fn read_said(r: &mut impl Read, answer_bytes_max: usize) -> Result<Said, WireError> {
    let (kind, payload) =
        super::read_frame_of(r, &[(ANSWER, answer_bytes_max), (QUESTION, JOB_BYTES_MAX), (HELP, JOB_BYTES_MAX)])?
            .ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
    match kind {
        QUESTION => Ok(Said::Question(Relayed(payload))),
        HELP => {
            let helper = match payload.first() {
                Some(0) => Helper::Recognise,
                Some(1) => Helper::Extract,
                Some(_) => return Err(WireError::Value),
                None => return Err(WireError::Short),
            };
            Ok(Said::Help(Wanted { helper, payload }))
        }
        _ => super::whole(&payload).map(|answer| Said::Answer(Box::new(answer))),
    }
}

/// Passes a question on to the process that reads documents.
///
/// # Errors
/// Those of the pipe.
pub fn write_question(w: &mut impl Write, question: &Relayed) -> io::Result<()> {
    write_frame(w, QUESTION, &question.0, &[])
}

/// Takes its reply.
///
/// # Errors
/// As [`super::read_answer`].
pub fn read_reply(r: &mut impl Read, limits: &Limits) -> Result<Relayed, WireError> {
    let bytes_max = reply_bytes_max(limits);
    let payload = read_frame(r, REPLY, bytes_max)?.ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
    Ok(Relayed(payload))
}

/// Passes a reply on to the worker.
///
/// # Errors
/// Those of the pipe.
pub fn write_reply(w: &mut impl Write, reply: &Relayed) -> io::Result<()> {
    write_frame(w, REPLY, &reply.0, &[])
}

/// Tells the worker what a helper made of its file.
///
/// # Errors
/// Those of the pipe.
pub fn write_helped(w: &mut impl Write, helped: &Helped) -> io::Result<()> {
    match helped {
        Helped::Text(text) => write_frame(w, HELPED, &[0], text),
        Helped::Absent => write_frame(w, HELPED, &[1], &[]),
        Helped::Failed => write_frame(w, HELPED, &[2], &[]),
    }
}

fn reply_bytes_max(limits: &Limits) -> usize {
    let unpacked = usize::try_from(limits.inflated_bytes_max).unwrap_or(usize::MAX);
    limits.total_text_bytes_max.max(unpacked).saturating_add(REPLY_EXTRA_BYTES)
}

/// Tells the process that reads documents its bounds: its own, those of processor time in seconds and memory in bytes, and
/// those of documents.
///
/// # Errors
/// Those of the pipe.
pub fn write_bounds(w: &mut impl Write, limits: &crate::Limits) -> io::Result<()> {
    let mut payload = Vec::new();
    limits.put(&mut payload);
    write_frame(w, BOUNDS, &payload, &[])
}

/// Reads them.
///
/// # Errors
/// As [`super::read_setup`].
pub fn read_bounds(r: &mut impl Read) -> Result<crate::Limits, WireError> {
    let payload = read_frame(r, BOUNDS, 1 << 16)?.ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
    super::whole(&payload)
}

/// Asks the process that reads documents, by way of the parent: what a worker has for [`Documents`].
pub struct Asking<'p, R, W> {
    reader: &'p mut R,
    writer: &'p mut W,
    limits: Limits,
    broken: bool,
}

impl<'p, R: Read, W: Write> Asking<'p, R, W> {
    /// The two ends on which jobs come and answers go.
    pub fn new(reader: &'p mut R, writer: &'p mut W, limits: Limits) -> Asking<'p, R, W> {
        Asking { reader, writer, limits, broken: false }
    }

    fn exchange(&mut self, question: &Question<'_>) -> Result<Reply, WireError> {
        let mut payload = Zeroizing::new(Vec::new());
        let File { octets, name, media_type, passwords } = question.file;
        question.edits.map(<[Edit]>::to_vec).put(&mut payload);
        put_octets(name.as_bytes(), &mut payload);
        put_octets(media_type.as_bytes(), &mut payload);
        passwords.to_vec().put(&mut payload);
        question.values.to_vec().put(&mut payload);
        // The file is the rest of the payload.
        let error = |e: io::Error| WireError::Io(e.kind());
        write_frame(self.writer, QUESTION, &payload, octets).and_then(|()| self.writer.flush()).map_err(error)?;
        let payload = read_frame(self.reader, REPLY, reply_bytes_max(&self.limits))?
            .ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
        take_reply(&payload)
    }

    fn exchange_help(&mut self, helper: Helper, octets: &[u8]) -> Result<Helped, WireError> {
        let error = |e: io::Error| WireError::Io(e.kind());
        write_frame(self.writer, HELP, &[helper as u8], octets).and_then(|()| self.writer.flush()).map_err(error)?;
        let payload = read_frame(self.reader, HELPED, reply_bytes_max(&self.limits))?
            .ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
        match payload.split_first() {
            Some((0, text)) => Ok(Helped::Text(Zeroizing::new(text.to_vec()))),
            Some((1, [])) => Ok(Helped::Absent),
            Some((2, [])) => Ok(Helped::Failed),
            Some(_) => Err(WireError::Value),
            None => Err(WireError::Short),
        }
    }
}

impl<R: Read, W: Write> Documents for Asking<'_, R, W> {
    fn ask(&mut self, question: &Question<'_>) -> Reply {
        let failed = Reply(Answered::Failed(Why::Malformed));
        if self.broken {
            return failed;
        }
        // After an error nothing tells where the next frame begins.
        self.exchange(question).unwrap_or_else(|_| {
            self.broken = true;
            failed
        })
    }

    fn help(&mut self, helper: Helper, octets: &[u8]) -> Helped {
        if self.broken {
            return Helped::Failed;
        }
        self.exchange_help(helper, octets).unwrap_or_else(|_| {
            self.broken = true;
            Helped::Failed
        })
    }
}

/// Answers one question in this process. `false` at the end of the input.
///
/// # Errors
/// A frame that is none.
pub fn answer_question(
    r: &mut impl Read,
    w: &mut impl Write,
    documents: &mut dyn Documents,
) -> Result<bool, WireError> {
    let Some(payload) = read_frame(r, QUESTION, JOB_BYTES_MAX)? else { return Ok(false) };
    let mut cursor = Cursor::new(&payload);
    let edits: Option<Vec<Edit>> = Code::take(&mut cursor)?;
    let (name, media_type) = (cursor.text()?, cursor.text()?);
    let passwords: Zeroizing<Vec<String>> = Zeroizing::new(Code::take(&mut cursor)?);
    let values: Zeroizing<Vec<String>> = Zeroizing::new(Code::take(&mut cursor)?);
    let file = File { octets: cursor.rest(), name, media_type, passwords: &passwords };
    let reply = documents.ask(&Question { file, edits: edits.as_deref(), values: &values });
    let mut payload = Zeroizing::new(Vec::new());
    put_reply(&reply, &mut payload);
    write_frame(w, REPLY, &payload, &[]).and_then(|()| w.flush()).map_err(|e| WireError::Io(e.kind()))?;
    Ok(true)
}

fn put_reply(reply: &Reply, out: &mut Vec<u8>) {
    match &reply.0 {
        Answered::Read(document) => {
            out.push(0);
            document.put(out);
        }
        Answered::Written(octets) => {
            out.push(1);
            out.extend_from_slice(octets);
        }
        Answered::Unwritable(why) => {
            out.push(2);
            why.put(out);
        }
        Answered::Failed(why) => {
            out.push(3);
            why.put(out);
        }
    }
}

fn take_reply(payload: &[u8]) -> Result<Reply, WireError> {
    let (kind, rest) = payload.split_first().ok_or(WireError::Short)?;
    Ok(Reply(match kind {
        0 => Answered::Read(super::whole(rest)?),
        1 => Answered::Written(Zeroizing::new(rest.to_vec())),
        2 => Answered::Unwritable(super::whole(rest)?),
        3 => Answered::Failed(super::whole(rest)?),
        _ => return Err(WireError::Value),
    }))
}

super::codec::records! {
    Document { parts coverage pictures watched }
    Part { path media_type content size_bytes }
    Coverage { scanned_bytes decoded_bytes unexamined_bytes }
}

super::codec::words! {
    Why = [Why::Picture Why::Encrypted Why::Unsupported Why::Malformed Why::OverLimit];
    Unwritable = [Unwritable::Format Unwritable::Ambiguous Unwritable::NoSuchPlace Unwritable::Unreadable];
}

/// As JSON: a table that grows with the formats, and goes over once in the life of a process.
impl Code for Limits {
    fn put(&self, out: &mut Vec<u8>) {
        serde_json::to_string(self).unwrap_or_default().put(out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        serde_json::from_str(from.text()?).map_err(|_| WireError::Value)
    }
}

impl Code for Picture {
    fn put(&self, out: &mut Vec<u8>) {
        self.path.put(out);
        put_octets(&self.octets, out);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(Picture { path: Code::take(from)?, octets: from.block()?.to_vec() })
    }
}

impl Code for Content {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Content::Text(text) => {
                out.push(0);
                text.put(out);
            }
            Content::Opaque(why) => {
                out.push(1);
                why.put(out);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(match u8::take(from)? {
            0 => Content::Text(Code::take(from)?),
            1 => Content::Opaque(Code::take(from)?),
            _ => return Err(WireError::Value),
        })
    }
}

impl Code for Edit {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Edit::Replace { path, span, with } => {
                out.push(0);
                path.put(out);
                span.put(out);
                with.put(out);
            }
            Edit::Remove { path } => {
                out.push(1);
                path.put(out);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, WireError> {
        Ok(match u8::take(from)? {
            0 => Edit::Replace { path: Code::take(from)?, span: Code::take(from)?, with: Code::take(from)? },
            1 => Edit::Remove { path: Code::take(from)? },
            _ => return Err(WireError::Value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::InProcess;

    /// Both ends in one: what is written is answered at once.
    #[test]
    fn a_question_is_answered_across_two_pipes() {
        let passwords = ["a".to_owned()];
        let file = File { octets: b"card 4111", name: "a.txt", media_type: "text/plain", passwords: &passwords };
        let edit = Edit::Replace { path: String::new(), span: 5..9, with: "X".into() };
        for (edits, bad) in
            [(None, false), (Some(vec![edit.clone()]), false), (Some(vec![Edit::Remove { path: "!9".into() }]), true)]
        {
            // The question as the worker writes it.
            let (mut nothing, mut asked): (&[u8], Vec<u8>) = (&[], Vec::new());
            let question = Question { file, edits: edits.as_deref(), values: &[] };
            let lost = Asking::new(&mut nothing, &mut asked, Limits::default()).ask(&question);
            assert!(matches!(lost.0, Answered::Failed(Why::Malformed)), "no reply came");
            // Passed on by the parent, answered by the reader.
            let Ok(Said::Question(relayed)) = read_said(&mut asked.as_slice(), 10) else { panic!("a question") };
            let (mut to_reader, mut from_reader) = (Vec::new(), Vec::new());
            write_question(&mut to_reader, &relayed).unwrap();
            let answered = answer_question(&mut to_reader.as_slice(), &mut from_reader, &mut InProcess::default());
            assert_eq!(answered, Ok(true));
            let relayed = read_reply(&mut from_reader.as_slice(), &Limits::default()).unwrap();
            let mut back = Vec::new();
            write_reply(&mut back, &relayed).unwrap();
            let (mut back, mut out) = (back.as_slice(), Vec::new());
            let reply = Asking::new(&mut back, &mut out, Limits::default()).ask(&question);
            match (reply.0, edits) {
                (Answered::Read(document), None) => assert_eq!(document.parts.len(), 1),
                (Answered::Written(octets), Some(_)) => assert_eq!((&**octets, bad), (&b"card X"[..], false)),
                (Answered::Unwritable(why), Some(_)) => assert_eq!((why, bad), (Unwritable::NoSuchPlace, true)),
                _ => panic!("another answer"),
            }
        }
    }

    #[test]
    fn helpers_are_asked_across_two_pipes() {
        for (helper, helped) in [
            (Helper::Recognise, Helped::Text(Zeroizing::new(b"4111 \xff".to_vec()))),
            (Helper::Extract, Helped::Text(Zeroizing::default())),
            (Helper::Recognise, Helped::Absent),
            (Helper::Extract, Helped::Failed),
        ] {
            let (mut nothing, mut asked): (&[u8], Vec<u8>) = (&[], Vec::new());
            let lost = Asking::new(&mut nothing, &mut asked, Limits::default()).help(helper, b"picture");
            assert_eq!(lost, Helped::Failed, "nobody answered");
            let Ok(Said::Help(wanted)) = read_said(&mut asked.as_slice(), 10) else { panic!("a question") };
            assert_eq!((wanted.helper, wanted.octets()), (helper, &b"picture"[..]));
            let mut back = Vec::new();
            write_helped(&mut back, &helped).unwrap();
            let (mut back, mut out) = (back.as_slice(), Vec::new());
            assert_eq!(Asking::new(&mut back, &mut out, Limits::default()).help(helper, b"picture"), helped);
        }
        for bad in [&[][..], &[9]] {
            let mut frame = Vec::new();
            write_frame(&mut frame, HELP, bad, &[]).unwrap();
            assert!(read_said(&mut frame.as_slice(), 10).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_nobody_answered_is_opaque() {
        for (relayed, why) in [(Relayed::died(), Why::Malformed), (Relayed::too_slow(), Why::OverLimit)] {
            let Ok(Reply(Answered::Failed(found))) = take_reply(&relayed.0) else { panic!("a reply") };
            assert_eq!(found, why);
        }
        for bad in [&[][..], &[9], &[0, 0, 0], &[3], &[3, 9], &[3, 0, 0]] {
            assert!(take_reply(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bounds_come_across() {
        let limits = crate::Limits { cpu_secs_max: 3, ..crate::Limits::default() };
        let mut frame = Vec::new();
        write_bounds(&mut frame, &limits).unwrap();
        assert_eq!(read_bounds(&mut frame.as_slice()), Ok(limits));
    }
}
