//! Programs that are not ours and look at what a message brought: tesseract sees letters in pictures, pdftotext is the
//! second opinion on a PDF that was rewritten. Each is started for one file, in a stage that gives up everything but
//! reading system folders ([`super::confine`]), gets the file by a pipe and answers by a pipe. One that hangs, dies or
//! says too much costs itself: its file counts as one that it did not look at.

use super::Started;
use super::pipe::wait_until;
use crate::event::{Event, emit};
use lazaret_core::documents::{Helped, Helper};
use lazaret_core::wire::Wanted;
use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Address space of a helper.
const BYTES_MAX: u64 = 1 << 30;
/// Processor time and wall time of a helper.
const SECS_MAX: u64 = 20;
/// Wall time of all helpers of one message.
const MESSAGE_SECS_MAX: u64 = 60;
/// Octets of the text of a picture.
const SEEN_BYTES_MAX: usize = 1 << 20;
/// Octets of pictures that the process that reads documents gives back of one file, to be looked at.
const PICTURES_BYTES_MAX: usize = 64 << 20;
/// Octets that are read at once.
const STEP_BYTES: usize = 64 << 10;

/// Which programs there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Helpers {
    /// Recognises letters in pictures; `None`: nobody does.
    pub(crate) tesseract: Option<PathBuf>,
    /// In these languages, as tesseract calls them.
    pub(crate) languages: Vec<String>,
    /// Extracts the text of a PDF; `None`: only our own reader does.
    pub(crate) pdftotext: Option<PathBuf>,
}

impl Helpers {
    /// The limits under which documents are read for these helpers: pictures come back if somebody looks at them.
    pub(crate) fn limits(&self, mut limits: lazaret_core::Limits) -> lazaret_core::Limits {
        limits.documents.kept_pictures_bytes_max = if self.tesseract.is_some() { PICTURES_BYTES_MAX } else { 0 };
        limits
    }

    /// A program in the stage that confines it, and the most octets that it may answer.
    fn command(&self, helper: Helper, text_bytes_max: usize) -> Option<(Command, usize)> {
        match helper {
            Helper::Recognise => {
                let languages = self.languages.join("+");
                let arguments = ["stdin", "stdout", "-l", &languages];
                Some((staged(self.tesseract.as_deref()?, &arguments), SEEN_BYTES_MAX))
            }
            Helper::Extract => {
                let arguments = ["-q", "-enc", "UTF-8", "-", "-"];
                Some((staged(self.pdftotext.as_deref()?, &arguments), text_bytes_max))
            }
        }
    }

    /// The languages that tesseract has, by its own word; the reason why it does not say.
    pub(crate) fn languages_there(&self) -> Option<Result<Vec<String>, &'static str>> {
        let command = staged(self.tesseract.as_deref()?, &["--list-langs"]);
        let deadline = Instant::now() + Duration::from_secs(SECS_MAX);
        Some(look(command, &[], SEEN_BYTES_MAX, deadline).map(|text| {
            // The first line says where they are.
            String::from_utf8_lossy(&text).lines().skip(1).map(|line| line.trim().to_owned()).collect()
        }))
    }

    /// Does pdftotext start, as it will be started?
    pub(crate) fn pdftotext_starts(&self) -> Option<Result<(), &'static str>> {
        let command = staged(self.pdftotext.as_deref()?, &["-v"]);
        Some(look(command, &[], SEEN_BYTES_MAX, Instant::now() + Duration::from_secs(SECS_MAX)).map(drop))
    }
}

/// A program, to be started by the stage of ours that confines itself first.
fn staged(program: &Path, arguments: &[&str]) -> Command {
    let mut command =
        super::own(&[OsString::from("helper"), BYTES_MAX.to_string().into(), SECS_MAX.to_string().into()]);
    command.arg(program).args(arguments);
    command
}

/// The helpers of a slot, and what is left of the time of a message.
pub(super) struct Helping {
    slot: usize,
    helpers: Arc<Helpers>,
    left: Duration,
}

impl Helping {
    pub(super) fn new(slot: usize, helpers: &Arc<Helpers>) -> Helping {
        Helping { slot, helpers: helpers.clone(), left: Duration::from_secs(MESSAGE_SECS_MAX) }
    }

    /// Gets ready for the next message.
    pub(super) fn renew(&mut self) {
        self.left = Duration::from_secs(MESSAGE_SECS_MAX);
    }

    /// Has a program look at a file. It does not fail: what goes wrong is an answer.
    pub(super) fn help(&mut self, wanted: &Wanted, text_bytes_max: usize) -> Helped {
        let Some((command, most)) = self.helpers.command(wanted.helper, text_bytes_max) else {
            return Helped::Absent;
        };
        let begun = Instant::now();
        let deadline = begun + self.left.min(Duration::from_secs(SECS_MAX));
        let text = if self.left.is_zero() { Err("over_limit") } else { look(command, wanted.octets(), most, deadline) };
        self.left = self.left.saturating_sub(begun.elapsed());
        let helper = match wanted.helper {
            Helper::Recognise => "tesseract",
            Helper::Extract => "pdftotext",
        };
        text.map_or_else(
            |how| {
                emit(Event::HelperFailed { slot: self.slot, helper, how });
                Helped::Failed
            },
            Helped::Text,
        )
    }
}

/// Gives a program its input and takes its answer, or the reason why there is none.
fn look(command: Command, octets: &[u8], most: usize, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut running = Running(super::start(command).map_err(|_| "not-started")?);
    let text = running.exchange(octets, most, deadline);
    let status = match text {
        Ok(_) => running.end_by(deadline)?,
        Err(how) => return Err(how),
    };
    match (status.success(), status.code()) {
        (true, _) => text,
        (false, Some(_)) => Err("refused"),
        // The kernel ends what has used up its processor time.
        (false, None) if status.signal() == Some(rustix::process::Signal::XCPU.as_raw()) => Err("hung"),
        (false, None) => Err("died"),
    }
}

/// A program that runs. It ends with this value.
struct Running(Started);

impl Running {
    fn exchange(&mut self, octets: &[u8], most: usize, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let Started { input, output, .. } = &mut self.0;
        if let Some(mut input) = input.take() {
            input.set_deadline(deadline);
            // One that does not want it all may have seen enough; how it ends tells.
            if input.write_all(octets).is_err() && input.timed_out() {
                return Err("hung");
            }
        }
        output.set_deadline(deadline);
        let mut text = Zeroizing::new(Vec::new());
        let mut step = vec![0; STEP_BYTES];
        loop {
            match output.read(&mut step) {
                Ok(0) => return Ok(text),
                Ok(count) if text.len() + count > most => return Err("babbled"),
                Ok(count) => text.extend_from_slice(step.get(..count).unwrap_or_default()),
                Err(_) if output.timed_out() => return Err("hung"),
                Err(_) => return Err("died"),
            }
        }
    }

    fn end_by(&mut self, deadline: Instant) -> Result<ExitStatus, &'static str> {
        let child = &mut self.0.child;
        let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).map_err(|_| "died")?;
        if !wait_until(&process, PollFlags::IN, deadline).map_err(|_| "died")? {
            return Err("hung");
        }
        child.wait().map_err(|_| "died")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.child.kill();
        let _ = self.0.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    fn piped(program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn what_helpers_do_wrong_costs_themselves() {
        type Case = (&'static str, &'static [&'static str], Result<&'static [u8], &'static str>);
        let cases: [Case; 9] = [
            ("/bin/cat", &[], Ok(b"12345678")),
            ("/bin/sh", &["-c", "cat; printf 9"], Ok(b"123456789")),
            ("/bin/sh", &["-c", "cat; printf 90"], Ok(b"1234567890")),
            ("/bin/sh", &["-c", "cat; printf 901"], Err("babbled")),
            ("/usr/bin/yes", &[], Err("babbled")),
            ("/bin/false", &[], Err("refused")),
            ("/bin/sh", &["-c", "kill -9 $$"], Err("died")),
            ("/bin/sh", &["-c", "exec >&-; exec sleep 1000"], Err("hung")),
            ("/nonexistent", &[], Err("not-started")),
        ];
        for (program, arguments, want) in cases {
            let secs = if want == Err("hung") { 1 } else { 60 };
            let deadline = Instant::now() + Duration::from_secs(secs);
            let got = look(piped(program, arguments), b"12345678", 10, deadline);
            assert_eq!(got.as_deref().map(Vec::as_slice).map_err(|how| *how), want, "{program} {arguments:?}");
        }
        // Neither one that never reads nor one that never answers holds up more than its time.
        for script in ["exec sleep 1000", "cat >&2"] {
            let deadline = Instant::now() + Duration::from_secs(1);
            let got = look(piped("/bin/sh", &["-c", script]), &vec![b'a'; 8 << 20], 10, deadline);
            assert_eq!(got.map(drop), Err("hung"), "{script}");
        }
    }

    #[test]
    fn helpers_that_are_not_there_are_absent() {
        let none = Helpers::default();
        assert!(none.command(Helper::Recognise, 1).is_none() && none.command(Helper::Extract, 1).is_none());
        assert!(none.languages_there().is_none() && none.pdftotext_starts().is_none());
    }
}
