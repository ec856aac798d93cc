//! The processes that read documents: started ahead, without rules and keys, for one message each. A hostile document costs
//! the one that reads it; the message goes on, and the part is named as one that could not be examined.

use super::Started;
use crate::event::{Event, emit};
use lazaret_core::Limits;
use lazaret_core::wire::{self, Relayed};
use std::time::{Duration, Instant};

/// Readers that may die of one message; after that its other documents are not examined.
const DEATHS_MAX: u32 = 3;

/// The reader of a slot, and what is left of the time of a message.
pub(super) struct Readers {
    slot: usize,
    limits: Limits,
    reader: Option<Reader>,
    left: Duration,
    deaths: u32,
}

impl Readers {
    pub(super) fn new(slot: usize, limits: &Limits) -> Readers {
        let left = Duration::from_secs(limits.documents_secs_max);
        Readers { slot, limits: *limits, reader: None, left, deaths: 0 }
    }

    /// Gets ready for the next message: a reader that was asked ends, a fresh one is started ahead.
    pub(super) fn renew(&mut self) {
        self.left = Duration::from_secs(self.limits.documents_secs_max);
        self.deaths = 0;
        self.reader = self.reader.take().filter(|reader| !reader.asked);
        if self.reader.is_none() {
            self.reader = self.start();
        }
    }

    /// Passes a question on and brings the reply back. It does not fail: a reader that dies or takes too long is a reply.
    pub(super) fn ask(&mut self, question: &Relayed) -> Relayed {
        if self.left.is_zero() || self.deaths >= DEATHS_MAX {
            return Relayed::too_slow();
        }
        let Some(mut reader) = self.reader.take().or_else(|| self.start()) else { return Relayed::died() };
        let begun = Instant::now();
        let reply = reader.ask(question, &self.limits, begun + self.left.min(self.of_one()));
        self.left = self.left.saturating_sub(begun.elapsed());
        let how = match reply {
            Ok(reply) => {
                self.reader = Some(reader);
                return reply;
            }
            Err(how) => how,
        };
        self.deaths += 1;
        emit(Event::DocumentStrike { slot: self.slot, strikes: self.deaths, how });
        match how {
            "hung" => Relayed::too_slow(),
            _ => Relayed::died(),
        }
    }

    fn of_one(&self) -> Duration {
        Duration::from_secs(self.limits.document_secs_max)
    }

    fn start(&self) -> Option<Reader> {
        match Reader::start(&self.limits) {
            Ok(reader) => Some(reader),
            Err(kind) => {
                emit(Event::WorkerFailed { slot: self.slot, kind });
                None
            }
        }
    }
}

/// A running process. It ends with this value.
struct Reader {
    process: Started,
    asked: bool,
}

impl Reader {
    /// Does not wait until it is ready: the first question does.
    fn start(limits: &Limits) -> Result<Reader, String> {
        let process = super::start(super::own(&["documents".into()]))?;
        let mut reader = Reader { process, asked: false };
        let input = reader.process.input.as_mut().ok_or("no pipes")?;
        input.set_deadline(Instant::now() + Duration::from_secs(30));
        wire::write_bounds(input, limits).map_err(|e| e.kind().to_string())?;
        Ok(reader)
    }

    fn ask(&mut self, question: &Relayed, limits: &Limits, deadline: Instant) -> Result<Relayed, &'static str> {
        self.asked = true;
        let Started { input: Some(input), output, .. } = &mut self.process else { return Err("died") };
        input.set_deadline(deadline);
        output.set_deadline(deadline);
        if wire::write_question(input, question).is_err() {
            return Err(if input.timed_out() { "hung" } else { "died" });
        }
        match wire::read_reply(output, &limits.documents) {
            Ok(reply) => Ok(reply),
            Err(_) if output.timed_out() => Err("hung"),
            Err(_) if output.at_end() => Err("died"),
            Err(_) => Err("babbled"),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
    }
}
