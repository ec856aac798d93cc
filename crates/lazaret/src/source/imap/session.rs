//! The command layer: one command, its untagged responses, its tagged status, one deadline.
//!
//! Below stands async-imap's reader; its convenience calls are not used, because they take a refusal or a lost connection
//! for an empty success. Commands are written here, so that no library ever holds or logs a password.
//!
//! **Invariant:** a session that was left in the middle of a command (error, deadline, cancelled future) is never used
//! again: `busy` is set before the first octet is written and cleared by our own tagged status alone.

use super::super::error::{ErrorKind, Reply, SourceError};
use super::bounded::{Bounded, Budget, Exceeded};
use super::status::{Caps, reply, verdict};
use async_imap::Client;
use async_imap::imap_proto::{Capability, MailboxDatum, Outcome, Response, ResponseCode, Status};
use std::future::Future as _;
use std::io;
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

/// What an everyday command may be answered with.
pub(super) const BUDGET: Budget =
    Budget { literal_bytes_max: 64 * 1024, line_bytes_max: 256 * 1024, bytes_max: 16 * 1024 * 1024 };

/// Untagged responses to an everyday command.
const RESPONSES_MAX: u32 = 20_000;

/// Time for an everyday command.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a command is about and how much it may take.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Our words for its failure.
    pub(super) what: &'static str,
    /// Kind of a `NO` without a code that says more.
    pub(super) refusal: ErrorKind,
    /// Bounds of the answer.
    pub(super) budget: Budget,
    /// Untagged responses.
    pub(super) responses_max: u32,
    /// From the first octet sent to the tagged status.
    pub(super) deadline: Duration,
}

impl Step {
    pub(super) const fn new(what: &'static str, refusal: ErrorKind) -> Step {
        Step { what, refusal, budget: BUDGET, responses_max: RESPONSES_MAX, deadline: DEADLINE }
    }

    pub(super) fn fails(&self, kind: ErrorKind) -> SourceError {
        SourceError::new(kind, self.what)
    }
}

/// Sees every response to a command, the tagged status too.
pub(super) type Listener<'a> = &'a mut (dyn FnMut(&Response<'_>) + Send);

/// What the server told in passing.
#[derive(Default)]
pub(super) struct Told {
    /// What it can do.
    pub(super) caps: Option<Caps>,
    /// Was that told by the answer to the last command?
    pub(super) is_fresh: bool,
    /// Messages in the open folder.
    pub(super) exists: Option<u32>,
    /// Did messages come since the folder was opened?
    pub(super) grown: bool,
}

type Stream = Bounded<TlsStream<TcpStream>>;

/// One connection.
pub(super) struct Session {
    client: Client<Stream>,
    commands: u64,
    busy: bool,
    /// No step may take longer, whatever it asks for.
    deadline_max: Duration,
    /// What the server told in passing.
    pub(super) told: Told,
}

/// What a response is to the command in progress.
enum Answer {
    Ours(Result<(), SourceError>),
    Continue,
    Bye(Reply),
    Other,
}

impl Session {
    /// Reads the greeting. A session that is authenticated already (PREAUTH) is refused: nothing proves whose it is.
    pub(super) async fn greet(stream: TlsStream<TcpStream>, deadline_max: Duration) -> Result<Session, SourceError> {
        let step = Step::new("the server did not greet as IMAP servers do", ErrorKind::Unavailable);
        let client = Client::new(Bounded::new(stream, step.budget));
        let mut session = Session { client, commands: 0, busy: true, deadline_max, told: Told::default() };
        let told = &mut session.told;
        let greeting = read(&mut session.client, &step, |response| match response {
            Response::Data { status: Status::Ok, outcome } => {
                told.learn(outcome);
                Ok(())
            }
            Response::Data { status: Status::Bye, outcome } => {
                Err(SourceError::refused(ErrorKind::Unavailable, step.what, reply("BYE", outcome)))
            }
            Response::Data { status: Status::PreAuth, .. } => Err(SourceError::new(
                ErrorKind::Protocol,
                "the server offers a session without a login (PREAUTH), which is refused",
            )),
            _ => Err(step.fails(ErrorKind::Protocol)),
        });
        timeout(step.deadline.min(deadline_max), greeting)
            .await
            .map_err(|_| step.fails(ErrorKind::Timeout))??
            .ok_or(step.fails(ErrorKind::Unavailable))??;
        session.busy = false;
        Ok(session)
    }

    /// May it take a command?
    pub(super) fn is_ready(&self) -> bool {
        !self.busy
    }

    /// Runs a command to its tagged OK. `continuations` are sent one by one as the server asks for them.
    pub(super) async fn run(
        &mut self,
        step: Step,
        command: &str,
        continuations: &[&[u8]],
        on: Listener<'_>,
    ) -> Result<(), SourceError> {
        let deadline = step.deadline.min(self.deadline_max);
        let exchange = async {
            let tag = self.begin(&step)?;
            self.send(&step, &[tag.as_bytes(), b" ", command.as_bytes()]).await?;
            self.answers(&step, &tag, continuations, on).await
        };
        timeout(deadline, exchange).await.map_err(|_| step.fails(ErrorKind::Timeout))?
    }

    /// Runs commands that carry one literal each, all sent before the first answer is awaited (LITERAL+ needed). The
    /// outer error is that of the connection, the inner ones are the server's refusals.
    pub(super) async fn run_literals(
        &mut self,
        step: Step,
        commands: &[(String, &[u8])],
        on: &mut (dyn FnMut(usize, &Response<'_>) + Send),
    ) -> Result<Vec<Result<(), SourceError>>, SourceError> {
        let deadline = step.deadline.min(self.deadline_max);
        let exchange = async {
            let mut tags = Vec::with_capacity(commands.len());
            self.begin(&step)?;
            for (command, literal) in commands {
                let tag = self.tag();
                let length = format!(" {{{}+}}\r\n", literal.len());
                let head = [tag.as_bytes(), b" ", command.as_bytes(), length.as_bytes(), literal];
                self.send(&step, &head).await?;
                tags.push(tag);
            }
            let mut results = Vec::with_capacity(tags.len());
            for (index, tag) in tags.iter().enumerate() {
                self.busy = true;
                let result = self.answers(&step, tag, &[], &mut |response| on(index, response)).await;
                if self.busy {
                    return result.map(|()| results);
                }
                results.push(result);
            }
            Ok(results)
        };
        timeout(deadline, exchange).await.map_err(|_| step.fails(ErrorKind::Timeout))?
    }

    /// Waits for the folder to change (RFC 2177), `wait` at most; true if it did.
    pub(super) async fn idle(&mut self, wait: Duration) -> Result<bool, SourceError> {
        let step = Step {
            responses_max: u32::MAX,
            deadline: self.deadline_max.min(Duration::from_secs(15)),
            ..Step::new("waiting for new mail (IDLE) failed", ErrorKind::Unavailable)
        };
        let late = || step.fails(ErrorKind::Timeout);
        let tag = self.begin(&step)?;
        timeout(step.deadline, async {
            self.send(&step, &[tag.as_bytes(), b" IDLE"]).await?;
            self.idling(&step, &tag).await
        })
        .await
        .map_err(|_| late())??;
        // Keep-alive lines (`* OK Still here`) must not start the time anew: one deadline around all of it.
        let told = &mut self.told;
        let client = &mut self.client;
        let waited = timeout(wait, async {
            while !told.grown {
                let ended = read(client, &step, |response| {
                    told.notice(response);
                    matches!(response, Response::Done { .. } | Response::Data { status: Status::Bye, .. })
                });
                if ended.await? != Some(false) {
                    return Err(step.fails(ErrorKind::Unavailable));
                }
            }
            Ok(())
        })
        .await;
        if let Ok(Err(error)) = waited {
            return Err(error);
        }
        timeout(step.deadline, async {
            self.send(&step, &[b"DONE"]).await?;
            self.answers(&step, &tag, &[], &mut |_| ()).await
        })
        .await
        .map_err(|_| late())??;
        Ok(self.told.grown)
    }

    /// Reads until the server says that it idles.
    async fn idling(&mut self, step: &Step, tag: &str) -> Result<(), SourceError> {
        loop {
            match self.answer(step, tag, &mut |_| ()).await? {
                Some(Answer::Continue) => return Ok(()),
                Some(Answer::Ours(result)) => return result.and(Err(step.fails(ErrorKind::Protocol))),
                Some(Answer::Other) => (),
                Some(Answer::Bye(_)) | None => return Err(step.fails(ErrorKind::Unavailable)),
            }
        }
    }

    fn begin(&mut self, step: &Step) -> Result<String, SourceError> {
        if self.busy {
            return Err(step.fails(ErrorKind::Unavailable));
        }
        self.busy = true;
        self.told.is_fresh = false;
        self.client.get_mut().allow(step.budget);
        Ok(self.tag())
    }

    fn tag(&mut self) -> String {
        self.commands += 1;
        format!("L{}", self.commands)
    }

    /// Writes a line; its pieces are joined, so that it leaves in one piece.
    async fn send(&mut self, step: &Step, pieces: &[&[u8]]) -> Result<(), SourceError> {
        let mut line = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum::<usize>() + 2));
        for piece in pieces {
            line.extend_from_slice(piece);
        }
        line.extend_from_slice(b"\r\n");
        let stream = self.client.get_mut();
        let sent = match stream.write_all(&line).await {
            Ok(()) => stream.flush().await,
            failed => failed,
        };
        sent.map_err(|_| step.fails(ErrorKind::Unavailable))
    }

    /// Reads until our tagged status.
    async fn answers(
        &mut self,
        step: &Step,
        tag: &str,
        continuations: &[&[u8]],
        on: Listener<'_>,
    ) -> Result<(), SourceError> {
        let mut continuations = continuations.iter();
        let mut bye = None;
        for _ in 0..=step.responses_max {
            match self.answer(step, tag, on).await? {
                Some(Answer::Ours(result)) => return result,
                Some(Answer::Continue) => match continuations.next() {
                    Some(octets) => self.send(step, &[octets]).await?,
                    None => return Err(step.fails(ErrorKind::Protocol)),
                },
                Some(Answer::Bye(reply)) => bye = Some(reply),
                Some(Answer::Other) => (),
                None => {
                    return Err(match bye {
                        Some(reply) => SourceError::refused(ErrorKind::Unavailable, step.what, reply),
                        None => step.fails(ErrorKind::Unavailable),
                    });
                }
            }
        }
        Err(step.fails(ErrorKind::Limit))
    }

    /// Reads one response and says what it is; `None` at the end of the stream.
    async fn answer(&mut self, step: &Step, tag: &str, on: Listener<'_>) -> Result<Option<Answer>, SourceError> {
        let told = &mut self.told;
        let answer = read(&mut self.client, step, |response| {
            match response {
                Response::Done { tag: theirs, status, outcome } if theirs.0 == tag => {
                    told.learn(outcome);
                    on(response);
                    return Answer::Ours(verdict(step, status, outcome));
                }
                // The status of a command that is not ours, or not any more: no reason to believe anything from it.
                Response::Done { .. } => (),
                Response::Continue(_) => return Answer::Continue,
                Response::Data { status: Status::Bye, outcome } => return Answer::Bye(reply("BYE", outcome)),
                other => {
                    told.notice(other);
                    on(other);
                }
            }
            Answer::Other
        })
        .await?;
        if let Some(Answer::Ours(_)) = answer {
            self.busy = false;
        }
        Ok(answer)
    }
}

impl Told {
    fn notice(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.grown |= self.exists.is_some_and(|known| known < *count);
                self.exists = Some(*count);
            }
            Response::Expunge(_) => self.exists = self.exists.map(|known| known.saturating_sub(1)),
            Response::Capabilities(list) => self.hear(list),
            Response::Data { outcome, .. } => self.learn(outcome),
            _ => (),
        }
    }

    fn learn(&mut self, outcome: &Outcome<'_>) {
        if let Some(ResponseCode::Capabilities(list)) = &outcome.code {
            self.hear(list);
        }
    }

    fn hear(&mut self, list: &[Capability<'_>]) {
        self.caps = Some(Caps::read(list));
        self.is_fresh = true;
    }
}

/// Reads the next response and looks at it; `None` at the end of the stream. The text of the library's errors holds what
/// the server sent, so only their kind is looked at. Its parser slices text at fixed octets, so a panic there is one more
/// bad answer.
async fn read<T>(
    client: &mut Client<Stream>,
    step: &Step,
    look: impl FnOnce(&Response<'_>) -> T,
) -> Result<Option<T>, SourceError> {
    let mut reading = std::pin::pin!(client.read_response());
    let result = std::future::poll_fn(|context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| reading.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await;
    let error = match result {
        Some(Ok(response)) => return Ok(response.map(|response| look(response.parsed()))),
        Some(Err(error)) => error,
        None => return Err(step.fails(ErrorKind::Protocol)),
    };
    let exceeded = error.get_ref().is_some_and(|inner| inner.is::<Exceeded>());
    Err(step.fails(match error.kind() {
        _ if exceeded => ErrorKind::Limit,
        io::ErrorKind::Other | io::ErrorKind::InvalidData => ErrorKind::Protocol,
        _ => ErrorKind::Unavailable,
    }))
}
