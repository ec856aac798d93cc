//! A stream that refuses what is too large before it is buffered.
//!
//! The reader above holds a literal in one piece and grows its buffer as the server asks. So the bounds are kept here,
//! below it, on the octets as they come in: length of a line, announced length of a literal, octets of one command.
//! What ends a line in `{digits}` is taken for a literal even inside free text; that errs towards refusing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bounds of what one command may be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// Octets of one literal.
    pub(super) literal_bytes_max: u64,
    /// Octets of one line, without literals.
    pub(super) line_bytes_max: u64,
    /// Octets in all.
    pub(super) bytes_max: u64,
}

/// A bound that tripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Exceeded {
    /// A literal was announced that is too large.
    #[error("literal too large")]
    Literal,
    /// A line does not end.
    #[error("line too long")]
    Line,
    /// Too much for one command.
    #[error("answer too large")]
    Total,
}

/// Longest end of a line that matters: `{18446744073709551615+}` and CR.
const TAIL_BYTES: usize = 24;

/// Counts what comes in.
#[derive(Debug)]
pub(super) struct Bounded<S> {
    inner: S,
    meter: Meter,
}

#[derive(Debug)]
struct Meter {
    budget: Budget,
    total_bytes: u64,
    line_bytes: u64,
    literal_left: u64,
    tail: Vec<u8>,
}

impl<S> Bounded<S> {
    pub(super) fn new(inner: S, budget: Budget) -> Bounded<S> {
        let meter =
            Meter { budget, total_bytes: 0, line_bytes: 0, literal_left: 0, tail: Vec::with_capacity(2 * TAIL_BYTES) };
        Bounded { inner, meter }
    }

    /// A new command begins.
    pub(super) fn allow(&mut self, budget: Budget) {
        self.meter.budget = budget;
        self.meter.total_bytes = 0;
    }
}

impl Meter {
    fn take(&mut self, mut octets: &[u8]) -> Result<(), Exceeded> {
        self.total_bytes = self.total_bytes.saturating_add(octets.len() as u64);
        if self.total_bytes > self.budget.bytes_max {
            return Err(Exceeded::Total);
        }
        while !octets.is_empty() {
            if self.literal_left > 0 {
                let skipped = usize::try_from(self.literal_left).unwrap_or(usize::MAX).min(octets.len());
                self.literal_left -= skipped as u64;
                octets = octets.get(skipped..).unwrap_or_default();
                continue;
            }
            match octets.iter().position(|octet| *octet == b'\n') {
                None => {
                    self.line(octets)?;
                    return Ok(());
                }
                Some(end) => {
                    let (line, rest) = octets.split_at(end);
                    self.line(line)?;
                    octets = rest.get(1..).unwrap_or_default();
                    self.literal_left = announced(&self.tail).map_or(Ok(0), |announced| match announced {
                        Some(bytes) if bytes <= self.budget.literal_bytes_max => Ok(bytes),
                        _ => Err(Exceeded::Literal),
                    })?;
                    self.tail.clear();
                    if self.literal_left == 0 {
                        self.line_bytes = 0;
                    }
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, octets: &[u8]) -> Result<(), Exceeded> {
        self.line_bytes = self.line_bytes.saturating_add(octets.len() as u64);
        if self.line_bytes > self.budget.line_bytes_max {
            return Err(Exceeded::Line);
        }
        let kept = octets.get(octets.len().saturating_sub(TAIL_BYTES)..).unwrap_or(octets);
        self.tail.extend_from_slice(kept);
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
        Ok(())
    }
}

/// Does the line end in a literal's announcement? `Some(None)`: yes, of a length beyond 64 bits.
fn announced(tail: &[u8]) -> Option<Option<u64>> {
    let tail = tail.strip_suffix(b"\r").unwrap_or(tail).strip_suffix(b"}")?;
    let tail = tail.strip_suffix(b"+").or_else(|| tail.strip_suffix(b"-")).unwrap_or(tail);
    let digits = tail.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
    let (before, digits) = tail.split_at(tail.len() - digits);
    if digits.is_empty() {
        return None;
    }
    match before.last() {
        Some(b'{') => Some(std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok())),
        // Nothing but digits in what was kept: longer than any length.
        None => Some(None),
        Some(_) => None,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let read = buf.filled().get(before..).unwrap_or_default();
        Poll::Ready(this.meter.take(read).map_err(io::Error::other))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { literal_bytes_max: 10, line_bytes_max: 40, bytes_max: 100 };

    /// The same octets at once and one by one must be judged alike.
    fn both_ways(octets: &[u8]) -> Option<Exceeded> {
        let mut whole = Bounded::new((), BUDGET).meter;
        let mut bytewise = Bounded::new((), BUDGET).meter;
        let at_once = whole.take(octets).err();
        let one_by_one = octets.iter().find_map(|octet| bytewise.take(std::slice::from_ref(octet)).err());
        assert_eq!(at_once.is_some(), one_by_one.is_some());
        one_by_one
    }

    #[test]
    fn bounds_at_one_less_exact_and_one_more() {
        let line = |length: usize| format!("{}\r\n", "x".repeat(length - 1)).into_bytes();
        let literal = |length: usize| format!("* X {{{length}}}\r\n{})\r\n", "\n".repeat(length)).into_bytes();
        let total = |length: usize| "x\r\n".repeat(length).into_bytes().into_iter().take(length).collect::<Vec<_>>();
        let cases: Vec<(Vec<u8>, Option<Exceeded>)> = vec![
            (line(39), None),
            (line(40), None),
            (line(41), Some(Exceeded::Line)),
            (literal(9), None),
            (literal(10), None),
            (literal(11), Some(Exceeded::Literal)),
            (total(99), None),
            (total(100), None),
            (total(101), Some(Exceeded::Total)),
            (b"* X {4294967296}\r\n".to_vec(), Some(Exceeded::Literal)),
            (b"* X {99999999999999999999999}\r\n".to_vec(), Some(Exceeded::Literal)),
            (b"* X {99999999999999999999999999999}\r\n".to_vec(), Some(Exceeded::Literal)),
            (b"* X {11+}\r\n".to_vec(), Some(Exceeded::Literal)),
            (b"* X {11}\n".to_vec(), Some(Exceeded::Literal)),
            (b"* X {11} \r\n{}\r\n}\r\n{x1}\r\n".to_vec(), None),
            (b"* A {3}\r\n\n\n\n {3}\r\n\n\n\n)\r\n".to_vec(), None),
        ];
        for (octets, expected) in cases {
            assert_eq!(both_ways(&octets), expected, "{}", String::from_utf8_lossy(&octets));
        }
    }

    #[test]
    fn a_new_command_has_a_new_allowance() {
        let mut stream = Bounded::new((), BUDGET);
        for _ in 0..10 {
            stream.allow(BUDGET);
            assert_eq!(stream.meter.take(&b"x\r\n".repeat(30)), Ok(()));
        }
    }
}
