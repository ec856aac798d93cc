//! A pipe with a deadline: reading and writing block until it, not beyond.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

/// Room of a pipe: what an unprivileged process may ask for on Linux unless the system says otherwise.
const PIPE_BYTES: usize = 1 << 20;

/// One end of a pipe, not blocking by itself.
pub(super) struct Pipe {
    fd: OwnedFd,
    deadline: Instant,
    timed_out: bool,
    at_end: bool,
}

impl Pipe {
    /// Takes an end over. Its deadline is now.
    pub(super) fn new(fd: OwnedFd) -> io::Result<Pipe> {
        let flags = fcntl_getfl(&fd)?;
        fcntl_setfl(&fd, flags | OFlags::NONBLOCK)?;
        // A message fits into the pipe as a rule, and the two ends need not take turns for every 64 KiB of it. Where the
        // system does not allow so much the pipe keeps its size.
        let _ = rustix::pipe::fcntl_setpipe_size(&fd, PIPE_BYTES);
        Ok(Pipe { fd, deadline: Instant::now(), timed_out: false, at_end: false })
    }

    /// Sets the moment after which everything fails with `TimedOut`.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
        self.timed_out = false;
    }

    /// Did an operation run into the deadline?
    pub(super) fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// Has the other end closed?
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Reads what is there without waiting, at most 1 MiB, and answers how much it was.
    pub(super) fn drain(&mut self) -> usize {
        let mut scrap = [0; 4096];
        let mut total = 0;
        while total < 1 << 20 {
            match rustix::io::read(&self.fd, &mut scrap) {
                Ok(0) | Err(_) => break,
                Ok(n) => total += n,
            }
        }
        total
    }

    fn wait(&mut self, flags: PollFlags) -> io::Result<()> {
        if wait_until(&self.fd, flags, self.deadline)? {
            return Ok(());
        }
        self.timed_out = true;
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// Waits until something is ready; `false` if it is not by the deadline.
pub(super) fn wait_until(fd: &impl AsFd, flags: PollFlags, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let left = Timespec { tv_sec: left.as_secs() as _, tv_nsec: left.subsec_nanos() as _ };
        match poll(&mut [PollFd::new(fd, flags)], Some(&left)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(e) => return Err(e.into()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.fd, &mut *buffer) {
                Ok(0) => {
                    self.at_end = !buffer.is_empty();
                    return Ok(0);
                }
                Ok(n) => return Ok(n),
                Err(rustix::io::Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.fd, bytes) {
                Ok(n) => return Ok(n),
                Err(rustix::io::Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
