//! Frames between parent and worker, and between the command line and its workers.
//!
//! ```text
//! "LZR" version 1 · kind 1 · payload length u32 · payload
//! ```
//! Numbers are big-endian. A frame of another magic, version or kind, one longer than its limit, and a payload that does
//! not decode to its last octet are errors, never half a value. Reading reserves memory only as octets arrive, so a length
//! that lies costs nothing.
//!
//! Besides redaction this is the one place that mints [`Cleared`](crate::Cleared): an answer's texts were cleared on the
//! other side. A worker that was taken over could lie about that; what keeps such a lie small is written in
//! ARCHITECTURE.md. An outcome whose verdict leaves no text and which holds one all the same is refused here.

mod codec;
mod documents;

use crate::pipeline::{Explain, Setup, Show};
use crate::report::Report;
use crate::{Outcome, Profile, Raw, RawMessage, Thread};
use codec::{Code, Cursor};
pub use documents::{
    Asking, Relayed, Said, Wanted, answer_question, read_bounds, read_reply, read_said, write_bounds, write_helped,
    write_question, write_reply,
};
use std::io::{self, ErrorKind, Read, Write};
use zeroize::Zeroizing;

const MAGIC: [u8; 4] = *b"LZR\x01";
const HEAD_LEN: usize = 9;
/// Octets of a setup (rules, policy, keys) at most.
pub const SETUP_BYTES_MAX: usize = 32 << 20;
/// Octets of a job at most; the limit of what is fetched is far below.
pub const JOB_BYTES_MAX: usize = 512 << 20;
/// Memory that is reserved before the first octet of a payload has arrived.
const RESERVE_BYTES: usize = 256 << 10;

/// One job for a worker.
pub struct Job {
    /// What to do.
    pub kind: JobKind,
    /// The mailbox's facts.
    pub profile: Profile,
    /// What earlier messages of its conversation left.
    pub thread: Option<Thread>,
    /// The octets to look at.
    pub message: RawMessage,
}

/// What a worker can do.
pub enum JobKind {
    /// The pipeline.
    Process,
    /// The pipeline, for a message that an officer released: nothing in it asks for quarantine or refusal any more.
    Release,
    /// The verb `redact`: the pipeline over a message, or over a file that is none as its one attachment.
    Redact {
        /// The argument as given.
        file: String,
        /// For encrypted documents.
        password: Option<Raw>,
    },
    /// The verb `parse`.
    Parse {
        /// The argument as given.
        file: String,
        /// Number of the message in an mbox or Maildir.
        index: Option<u64>,
    },
    /// The verb `extract`.
    Extract {
        /// The argument as given.
        file: String,
        /// Number of the message in an mbox or Maildir.
        index: Option<u64>,
        /// For encrypted documents.
        password: Option<Raw>,
    },
    /// The verb `scan` over a file.
    Scan {
        /// The argument as given.
        file: String,
        /// Number of the message in an mbox or Maildir.
        index: Option<u64>,
        /// What the line shows beside places.
        show: Show,
    },
    /// The verb `rules explain` over a file.
    Explain {
        /// The argument as given.
        file: String,
        /// Number of the message in an mbox or Maildir.
        index: Option<u64>,
        /// What the line shows beside scores.
        show: Explain,
    },
    /// The verb `scan` over one `{"id","text"}`; the message is the text in UTF-8.
    ScanText {
        /// The line's id.
        id: String,
    },
}

/// What a worker answers.
pub enum Answer {
    /// The setup is loaded.
    Ready {
        /// Of the worker's own binary.
        build_id: String,
        /// What it has given up, in bits that only its two ends know.
        confined: u8,
    },
    /// Rules or policy did not load.
    SetupFailed,
    /// To [`JobKind::Process`].
    Outcome(Box<Outcome>),
    /// To the verbs.
    Report(Report),
    /// A panic was caught; the worker is to be replaced.
    Panicked,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Answer::Ready { .. } => "Ready",
            Answer::SetupFailed => "SetupFailed",
            Answer::Outcome(_) => "Outcome(..)",
            Answer::Report(_) => "Report(..)",
            Answer::Panicked => "Panicked",
        })
    }
}

/// Why a frame could not be read. It carries nothing of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Reading failed, or ended within a frame.
    #[error("reading a frame failed ({0})")]
    Io(ErrorKind),
    /// Another magic or version.
    #[error("not a frame of this version")]
    Magic,
    /// A frame of another kind than the reader waits for.
    #[error("a frame of an unexpected kind")]
    Kind,
    /// Longer than its limit.
    #[error("a frame longer than its limit")]
    TooLong,
    /// The payload ends within a value.
    #[error("a payload that ends within a value")]
    Short,
    /// The payload goes on after its value.
    #[error("a payload longer than its value")]
    Trailing,
    /// A value that does not exist.
    #[error("a payload with a value that does not exist")]
    Value,
}

const SETUP: u8 = 1;
const JOB: u8 = 2;
const ANSWER: u8 = 3;

/// Writes the first frame to a worker.
pub fn write_setup(w: &mut impl Write, setup: &Setup) -> io::Result<()> {
    let mut payload = Zeroizing::new(Vec::new());
    setup.put(&mut payload);
    write_frame(w, SETUP, &payload, &[])
}

/// Reads the first frame.
pub fn read_setup(r: &mut impl Read) -> Result<Setup, WireError> {
    let payload = read_frame(r, SETUP, SETUP_BYTES_MAX)?.ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
    whole(&payload)
}

/// Writes a job.
pub fn write_job(w: &mut impl Write, job: &Job) -> io::Result<()> {
    let mut facts = Zeroizing::new(Vec::new());
    job.kind.put(&mut facts);
    job.profile.put(&mut facts);
    job.thread.put(&mut facts);
    write_frame(w, JOB, &facts, job.message.expose())
}

/// Reads a job; `None` where the input ends between two frames.
pub fn read_job(r: &mut impl Read) -> Result<Option<Job>, WireError> {
    let Some(payload) = read_frame(r, JOB, JOB_BYTES_MAX)? else { return Ok(None) };
    let mut cursor = Cursor::new(&payload);
    let (kind, profile) = (JobKind::take(&mut cursor)?, Profile::take(&mut cursor)?);
    let thread = Code::take(&mut cursor)?;
    // The message is the rest of the payload: it needs no length of its own.
    let message = RawMessage::new(cursor.rest().to_vec());
    Ok(Some(Job { kind, profile, thread, message }))
}

/// Writes an answer.
pub fn write_answer(w: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let mut payload = Zeroizing::new(Vec::new());
    answer.put(&mut payload);
    write_frame(w, ANSWER, &payload, &[])
}

/// Reads an answer of at most so many octets.
pub fn read_answer(r: &mut impl Read, answer_bytes_max: usize) -> Result<Answer, WireError> {
    let payload = read_frame(r, ANSWER, answer_bytes_max)?.ok_or(WireError::Io(ErrorKind::UnexpectedEof))?;
    whole(&payload)
}

fn whole<T: Code>(payload: &[u8]) -> Result<T, WireError> {
    let mut cursor = Cursor::new(payload);
    let value = T::take(&mut cursor)?;
    if cursor.rest().is_empty() { Ok(value) } else { Err(WireError::Trailing) }
}

fn write_frame(w: &mut impl Write, kind: u8, payload: &[u8], tail: &[u8]) -> io::Result<()> {
    let len = payload.len().checked_add(tail.len()).and_then(|n| u32::try_from(n).ok());
    let len = len.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "a frame of more than 4 GiB"))?;
    // One write for all that is small: the other side wakes up once.
    let mut head = Zeroizing::new(Vec::with_capacity(HEAD_LEN + payload.len()));
    head.extend_from_slice(&MAGIC);
    head.push(kind);
    head.extend_from_slice(&len.to_be_bytes());
    head.extend_from_slice(payload);
    w.write_all(&head)?;
    w.write_all(tail)
}

/// The payload of the next frame; `None` at an end between frames.
fn read_frame(r: &mut impl Read, kind: u8, bytes_max: usize) -> Result<Option<Zeroizing<Vec<u8>>>, WireError> {
    Ok(read_frame_of(r, &[(kind, bytes_max)])?.map(|(_, payload)| payload))
}

/// The kind of a frame and its payload.
type Frame = (u8, Zeroizing<Vec<u8>>);

/// The same for one of several kinds, each with its limit.
fn read_frame_of(r: &mut impl Read, kinds: &[(u8, usize)]) -> Result<Option<Frame>, WireError> {
    let mut head = [0; HEAD_LEN];
    if !fill(r, &mut head)? {
        return Ok(None);
    }
    let [m0, m1, m2, m3, got, len @ ..] = head;
    if [m0, m1, m2, m3] != MAGIC {
        return Err(WireError::Magic);
    }
    let Some((_, bytes_max)) = kinds.iter().find(|(kind, _)| *kind == got) else { return Err(WireError::Kind) };
    let len = u32::from_be_bytes(len) as usize;
    if len > *bytes_max {
        return Err(WireError::TooLong);
    }
    read_payload(r, len).map(|payload| Some((got, payload)))
}

/// Fills a buffer; `false` if the input ended before its first octet.
fn fill(r: &mut impl Read, mut buffer: &mut [u8]) -> Result<bool, WireError> {
    let whole = buffer.len();
    while !buffer.is_empty() {
        match r.read(buffer) {
            Ok(0) if buffer.len() == whole => return Ok(false),
            Ok(0) => return Err(WireError::Io(ErrorKind::UnexpectedEof)),
            Ok(n) => buffer = buffer.get_mut(n..).ok_or(WireError::Io(ErrorKind::Other))?,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(WireError::Io(e.kind())),
        }
    }
    Ok(true)
}

/// Reads so many octets into memory that grows with what arrives. A buffer that was outgrown is wiped.
fn read_payload(r: &mut impl Read, len: usize) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let mut payload = Zeroizing::new(vec![0; len.min(RESERVE_BYTES)]);
    let mut got = 0;
    loop {
        let free = payload.get_mut(got..).unwrap_or_default();
        if !free.is_empty() && !fill(r, free)? {
            return Err(WireError::Io(ErrorKind::UnexpectedEof));
        }
        got = payload.len();
        if got == len {
            return Ok(payload);
        }
        let room = len.min(got.saturating_mul(4));
        let mut larger = Zeroizing::new(Vec::with_capacity(room));
        larger.extend_from_slice(&payload);
        larger.resize(room, 0);
        payload = larger;
    }
}

#[cfg(test)]
mod tests;
