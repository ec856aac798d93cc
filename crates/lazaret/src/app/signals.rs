//! What the system tells the daemon: SIGTERM and SIGINT end it, SIGHUP has it read its files again.

use tokio::signal::unix::{Signal, SignalKind};

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// End in order.
    End,
    /// Read the files again.
    Reload,
}

/// The handlers. Without that for SIGHUP the signal would end the process.
pub(super) struct Signals {
    term: Option<Signal>,
    hangup: Option<Signal>,
}

impl Signals {
    pub(super) fn new() -> Signals {
        let of = |kind| tokio::signal::unix::signal(kind).ok();
        Signals { term: of(SignalKind::terminate()), hangup: of(SignalKind::hangup()) }
    }

    /// The next one. Several of a kind that came meanwhile count as one.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            () = received(&mut self.term) => Heard::End,
            _ = tokio::signal::ctrl_c() => Heard::End,
            () = received(&mut self.hangup) => Heard::Reload,
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hangup_is_a_reload_and_does_not_end_the_process() {
        let me = rustix::process::getpid();
        let mut signals = Signals::new();
        for (signal, heard) in
            [(rustix::process::Signal::HUP, Heard::Reload), (rustix::process::Signal::TERM, Heard::End)]
        {
            rustix::process::kill_process(me, signal).expect("a signal to this process");
            assert_eq!(signals.next().await, heard);
        }
    }
}
