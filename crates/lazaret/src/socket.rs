//! The local socket: how every other command asks the daemon. The store is never opened twice.
//!
//! One request a connection: a JSON line, for a release followed by the message's octets. The answer is JSON lines, for
//! an export the sealed octets after its line, and always a last line `{"end":true}` or `{"error":…,"code":…}`, so that a
//! cut answer is never taken for a whole one.
//!
//! Anybody on the machine may connect (mode 0666); the kernel says who it is, and [`roles`] what they may do.
//!
//! **Invariant:** everything is bounded: the request, its time, the number of callers. What is sent is redacted text,
//! facts, or ciphertext.

mod answer;
pub(crate) use answer::{dates, value};
pub(crate) mod roles;
mod trail;
mod verbs;

use crate::app::Asked;
use crate::config::{Config, Principal, Role};
use crate::event::{Event, emit};
use crate::ingest::Context;
use crate::live::Current;
use crate::status::Status;
use answer::Answer;
use lazaret_core::RawMessage;
use lazaret_store::{Judgement, Store, TicketRef};
use roles::{Accounts, Caller};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};
use trail::{Denials, Who};
use verbs::{Trail, Verb};

/// Name of the socket in the runtime directory.
pub(crate) const SOCKET_NAME: &str = "lazaret.sock";
/// A longer request line is refused.
pub(crate) const REQUEST_BYTES_MAX: usize = 64 << 10;
/// Callers at once.
const CALLERS_MAX: usize = 32;
/// Time for the request line, for looking things up, and for each piece of the answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// Time for the octets of a release, and for processing it again behind what is in the queue.
const RELEASE_DEADLINE: Duration = Duration::from_secs(120);
/// Time for the fingerprints of 90 days.
const STORED_DEADLINE: Duration = Duration::from_secs(600);
/// Time for loading all files and running every example, behind a reload that is under way.
const RELOAD_DEADLINE: Duration = Duration::from_secs(240);
/// Within this time a second officer must ask for the same release.
const FOUR_EYES: Duration = Duration::from_secs(15 * 60);

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", deny_unknown_fields)]
pub(crate) enum Request {
    /// How it fares.
    #[serde(rename = "status")]
    Status {},
    /// What enforcing would have done.
    #[serde(rename = "observe report")]
    ObserveReport {},
    /// Mail that was judged while observing is judged again, and enforced.
    #[serde(rename = "observe enforce")]
    ObserveEnforce {
        /// Of this mailbox alone.
        mailbox: Option<String>,
        /// Else it is only counted.
        yes: bool,
    },
    /// Everything that is counted, as a scraper reads it.
    #[serde(rename = "metrics")]
    Metrics {},
    /// Tickets, newest first.
    #[serde(rename = "ticket list")]
    TicketList {
        /// At most so many.
        limit: u32,
    },
    /// One ticket.
    #[serde(rename = "ticket show")]
    TicketShow {
        /// Its reference.
        ticket: String,
    },
    /// One ticket with everything that is known of it.
    #[serde(rename = "ticket export")]
    TicketExport {
        /// Its reference.
        ticket: String,
    },
    /// What rules looked at in the messages of one ticket.
    #[serde(rename = "ticket explain")]
    TicketExplain {
        /// Its reference.
        ticket: String,
    },
    /// What a person says of one of these candidates.
    #[serde(rename = "ticket feedback")]
    TicketFeedback {
        /// Its reference.
        ticket: String,
        /// The candidate's number; 0: of what no rule looked at.
        number: u32,
        /// What is said.
        judgement: Judgement,
    },
    /// What rules looked at in all messages of some days, without their tickets.
    #[serde(rename = "rules stored")]
    RulesStored {
        /// So many days back.
        days: u32,
    },
    /// Sealed originals.
    #[serde(rename = "quarantine list")]
    QuarantineList {
        /// At most so many.
        limit: u32,
    },
    /// One sealed original, without its octets.
    #[serde(rename = "quarantine show")]
    QuarantineShow {
        /// Its id.
        id: String,
    },
    /// One sealed original with its octets, still ciphertext.
    #[serde(rename = "quarantine export")]
    QuarantineExport {
        /// Its id.
        id: String,
    },
    /// The plain message follows; it is processed again.
    #[serde(rename = "quarantine release")]
    QuarantineRelease {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
        /// Octets that follow the line.
        size_bytes: u64,
    },
    /// Mail that was too large to fetch.
    #[serde(rename = "held list")]
    HeldList {
        /// At most so many.
        limit: u32,
    },
    /// It is fetched and processed after all.
    #[serde(rename = "held release")]
    HeldRelease {
        /// Reference of its ticket.
        ticket: String,
        /// Why.
        reason: String,
    },
    /// Replies, newest first.
    #[serde(rename = "outbox list")]
    OutboxList {
        /// At most so many.
        limit: u32,
    },
    /// Closes the breaker: replies that wait go out.
    #[serde(rename = "outbox resume")]
    OutboxResume {},
    /// Another try of one entry, or of every delivery that failed.
    #[serde(rename = "outbox retry")]
    OutboxRetry {
        /// Its id; `None`: every delivery that failed.
        id: Option<String>,
    },
    /// Reads configuration, rules, policy and templates again.
    #[serde(rename = "reload")]
    Reload {},
    /// Records of the audit trail, newest first.
    #[serde(rename = "audit list")]
    AuditList {
        /// At most so many.
        limit: u32,
        /// Not older than this, in seconds since 1970.
        since: Option<i64>,
        /// Of this user, by name or number.
        actor: Option<String>,
        /// About this ticket.
        ticket: Option<String>,
    },
    /// Is the audit trail whole?
    #[serde(rename = "audit verify")]
    AuditVerify {
        /// A head that was noted elsewhere, `SEQ:HASH`.
        head: Option<String>,
    },
    /// Public keys of portal links.
    #[serde(rename = "keys portal")]
    KeysPortal {},
}

/// Processes a released message again: id, octets, stated reason → a line for the officer, or why not.
pub(crate) type Release = Arc<
    dyn Fn(String, RawMessage, String) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync,
>;

/// Takes in held mail after all: ticket, stated reason → a line for the officer, or why not.
pub(crate) type ReleaseHeld =
    Arc<dyn Fn(TicketRef, String) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// What the socket answers from.
pub(crate) struct SocketContext {
    /// The store.
    pub(crate) store: Store,
    /// The configuration.
    pub(crate) config: Arc<Config>,
    /// How the daemon fares.
    pub(crate) status: Arc<Status>,
    /// Short hash of the rules and the policy in force.
    pub(crate) rules: String,
    /// Wakes deliveries.
    pub(crate) nudge_deliveries: tokio::sync::watch::Sender<()>,
    /// Wakes the outbox.
    pub(crate) nudge: Arc<tokio::sync::Notify>,
    /// Asks for a reload.
    pub(crate) reload: mpsc::Sender<Asked>,
    /// Do the files say something else than what runs? Blocking.
    pub(crate) differs: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Processes a released message again.
    pub(crate) release: Release,
    /// Takes in held mail.
    pub(crate) release_held: ReleaseHeld,
}

impl SocketContext {
    /// The same parts under what another context has.
    pub(crate) fn of_context(&self, context: &Context) -> SocketContext {
        SocketContext {
            store: self.store.clone(),
            config: context.config.clone(),
            status: self.status.clone(),
            rules: context.rules.clone(),
            nudge: self.nudge.clone(),
            nudge_deliveries: self.nudge_deliveries.clone(),
            reload: self.reload.clone(),
            differs: self.differs.clone(),
            release: self.release.clone(),
            release_held: self.release_held.clone(),
        }
    }
}

/// Why the socket cannot be opened. `Display` says what and the mend.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Another daemon answers there.
    #[error("another daemon answers at {path}; stop it, or give this one its own runtime_dir")]
    InUse {
        /// Path of the socket.
        path: PathBuf,
    },
    /// The system refused.
    #[error("the socket {path} cannot be opened ({why}); is runtime_dir there and writable for this user?")]
    Io {
        /// Path of the socket.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
}

/// Opens the socket, in place of one that a dead daemon left.
pub(crate) fn listen(config: &Config) -> Result<UnixListener, ListenError> {
    let path = config.runtime_dir.join(SOCKET_NAME);
    let io = |why| ListenError::Io { path: path.clone(), why };
    if !config.runtime_dir.exists() {
        std::fs::create_dir_all(&config.runtime_dir).map_err(io)?;
        // Whatever the umask says: who may ask what is decided by role, not by path.
        std::fs::set_permissions(&config.runtime_dir, std::fs::Permissions::from_mode(0o755)).map_err(io)?;
    }
    if std::os::unix::net::UnixStream::connect(&path).is_ok() {
        return Err(ListenError::InUse { path });
    }
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(io)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).map_err(io)?;
    Ok(listener)
}

/// All callers share this.
struct Server {
    context: Arc<Current<SocketContext>>,
    /// Releases that wait for a second officer: id and who asked first, when.
    first_eyes: Mutex<HashMap<String, (u32, Instant)>>,
    denials: Denials,
}

/// Answers callers until told to stop.
pub(crate) async fn serve(
    listener: UnixListener,
    context: Arc<Current<SocketContext>>,
    mut shutdown: watch::Receiver<bool>,
) {
    let path = context.get().config.runtime_dir.join(SOCKET_NAME);
    let server = Arc::new(Server { context, first_eyes: Mutex::default(), denials: Denials::default() });
    let places = Arc::new(Semaphore::new(CALLERS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = shutdown.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely; that passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            let mut stream = stream;
            let line = format!("{}\n", answer::error("too many callers at once; try again", crate::exit::TEMPFAIL));
            // Not waited for: a caller that does not read must not hold the others up.
            let _ = stream.try_write(line.as_bytes());
            let _ = stream.shutdown().await;
            continue;
        };
        let server = server.clone();
        tokio::spawn(async move {
            server.call(stream).await;
            drop(place);
        });
    }
    let _ = std::fs::remove_file(path);
}

impl Server {
    async fn call(&self, stream: UnixStream) {
        let Ok(peer) = stream.peer_cred() else { return };
        let caller = Caller { uid: peer.uid(), gid: peer.gid() };
        let (read, write) = stream.into_split();
        let mut read = BufReader::new(read);
        let mut answer = Answer::new(write, DEADLINE);
        let outcome = match request(&mut read).await {
            Ok(request) => self.answer(request, caller, &mut read, &mut answer).await,
            Err(why) => Err(Failure::usage(why)),
        };
        // A caller that went away hears nothing more; that is its own affair.
        let _ = match outcome {
            Ok(()) => answer.end().await,
            Err(failure) => answer.fail(&failure).await,
        };
    }

    async fn answer(
        &self,
        request: Request,
        caller: Caller,
        read: &mut (impl AsyncReadExt + Unpin),
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        // One caller is answered under one configuration.
        let context = self.context.get();
        let config = &context.config;
        let own = rustix::process::geteuid().as_raw();
        let accounts = Accounts::read();
        let held = roles::roles(caller, own, &config.operator.roles, &accounts);
        let (verb, who, object) = (request.row(), Who::new(caller, &accounts), request.object());
        if !verb.needs.is_empty() && !verb.needs.iter().any(|role| held.contains(role)) {
            trail::denied(&context, &self.denials, &who, verb, object).await;
            return Err(Failure::denied(verb, &who, &config.operator.roles));
        }
        if verb.trail != Trail::Nothing {
            trail::record(&context, &who, verb, object.clone(), "allowed").await?;
        }
        let done = self.perform(&context, request, caller, &held, read, answer).await;
        if verb.trail == Trail::Change {
            let outcome = if done.is_ok() { "done" } else { "failed" };
            // It has happened; that it cannot be recorded is in the log.
            let _ = trail::record(&context, &who, verb, object, outcome).await;
        }
        done
    }

    async fn perform(
        &self,
        context: &SocketContext,
        request: Request,
        caller: Caller,
        held: &[Role],
        read: &mut (impl AsyncReadExt + Unpin),
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        if let Request::QuarantineRelease { id, reason, size_bytes } = request {
            return self.release(context, (id, reason, size_bytes), caller, read, answer).await;
        }
        if let Request::HeldRelease { ticket, reason } = request {
            return release_held(context, &ticket, reason, caller, answer).await;
        }
        let late = |_| Failure::unavailable("the store did not answer in time");
        // Everything else is one look into the store; these read page after page, each in its own time.
        let most = match request {
            Request::RulesStored { .. }
            | Request::ObserveReport {}
            | Request::ObserveEnforce { .. }
            | Request::AuditList { .. }
            | Request::AuditVerify { .. } => STORED_DEADLINE,
            Request::Reload {} => RELOAD_DEADLINE,
            _ => DEADLINE * 3,
        };
        timeout(most, answer.request(context, &request, caller, held)).await.map_err(late)?
    }

    async fn release(
        &self,
        context: &SocketContext,
        (id, reason, size_bytes): (String, String, u64),
        caller: Caller,
        read: &mut (impl AsyncReadExt + Unpin),
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let id = answer::quarantine_id(&id)?;
        let reason = stated(&reason)?;
        let max = context.config.limits.message_bytes_max;
        if size_bytes == 0 || size_bytes > max {
            return Err(Failure::usage(format!("the message must have 1 to {max} bytes")));
        }
        let mut octets = Vec::new();
        let body = timeout(RELEASE_DEADLINE, read.take(size_bytes).read_to_end(&mut octets)).await;
        let message = RawMessage::new(octets);
        if !matches!(body, Ok(Ok(_))) || message.len() as u64 != size_bytes {
            return Err(Failure::usage("the message was cut short"));
        }
        emit(Event::QuarantineAccess { uid: caller.uid, verb: "quarantine release", id: &id });
        if context.config.quarantine.four_eyes && !self.is_second(&id, caller) {
            let line = "noted; another officer must release the same message within 15 minutes";
            return Err(Failure::new(line, crate::exit::TEMPFAIL));
        }
        let work = (context.release)(id.clone(), message, reason);
        match timeout(RELEASE_DEADLINE, work).await {
            Ok(Ok(line)) => {
                answer.line(&serde_json::json!({ "id": id, "released": line })).await.map_err(|_| Failure::gone())
            }
            Ok(Err(why)) => Err(Failure::new(why, crate::exit::FAILED)),
            Err(_) => Err(Failure::unavailable("processing it again took too long; see lazaret status")),
        }
    }

    /// Did another officer ask for the same release a short while ago? Else notes that this one did.
    fn is_second(&self, id: &str, caller: Caller) -> bool {
        let mut waiting = self.first_eyes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.retain(|_, (_, at)| at.elapsed() < FOUR_EYES);
        match waiting.get(id) {
            Some((uid, _)) if *uid != caller.uid => waiting.remove(id).is_some(),
            _ => {
                waiting.insert(id.to_owned(), (caller.uid, Instant::now()));
                false
            }
        }
    }
}

/// Why a request was not answered: words of our own, and the caller's exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>, code: u8) -> Failure {
        Failure { message: message.into(), code }
    }

    fn usage(message: impl Into<String>) -> Failure {
        Failure::new(message, crate::exit::USAGE)
    }

    fn unavailable(message: impl Into<String>) -> Failure {
        Failure::new(message, crate::exit::UNAVAILABLE)
    }

    fn gone() -> Failure {
        Failure::unavailable("the caller went away")
    }

    /// Says which role is needed, and who has it.
    fn denied(verb: Verb, who: &Who, given: &[(Role, Principal)]) -> Failure {
        let words: Vec<_> = verb.needs.iter().map(|r| roles::word(*r)).collect();
        let have = given.iter().filter(|(role, _)| verb.needs.contains(role));
        let have: Vec<String> = have.map(|(_, principal)| roles::principal(principal)).collect();
        let have = if have.is_empty() { "nobody but root".to_owned() } else { have.join(", ") };
        let message = format!(
            "`{}` needs the role {}, which {} does not have; operator.roles in lazaret.toml gives it to {have}",
            verb.name,
            words.join(" or "),
            who.name
        );
        Failure::new(message, crate::exit::FAILED)
    }
}

async fn release_held(
    context: &SocketContext,
    ticket: &str,
    reason: String,
    caller: Caller,
    answer: &mut Answer,
) -> Result<(), Failure> {
    let (ticket, reason) = (answer::ticket_ref(ticket)?, stated(&reason)?);
    emit(Event::QuarantineAccess { uid: caller.uid, verb: "held release", id: &ticket.0 });
    match timeout(RELEASE_DEADLINE, (context.release_held)(ticket.clone(), reason)).await {
        Ok(Ok(line)) => {
            let line = serde_json::json!({ "ticket": ticket.0, "released": line });
            answer.line(&line).await.map_err(|_| Failure::gone())
        }
        Ok(Err(why)) => Err(Failure::new(why, crate::exit::FAILED)),
        Err(_) => Err(Failure::unavailable("fetching and processing it took too long; see lazaret status")),
    }
}

/// A reason as it is kept: it stands in the ticket and is read by people.
fn stated(reason: &str) -> Result<String, Failure> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 || reason.chars().any(char::is_control) {
        return Err(Failure::usage("a release needs a reason of 1 to 500 characters"));
    }
    Ok(reason.to_owned())
}

/// Reads the request line. What is wrong with it is said without repeating it.
async fn request(read: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Request, &'static str> {
    let mut line = Vec::new();
    let limited = timeout(DEADLINE, read.take(REQUEST_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)).await;
    match limited {
        Err(_) => return Err("no request came in time"),
        Ok(Err(_)) => return Err("the request could not be read"),
        Ok(Ok(_)) if line.len() > REQUEST_BYTES_MAX => return Err("the request is too long"),
        Ok(Ok(_)) if line.last() != Some(&b'\n') => return Err("the request has no end"),
        Ok(Ok(_)) => {}
    }
    serde_json::from_slice(&line)
        .map_err(|_| "the request is not one that is known; are daemon and command of one version?")
}

/// Path of the socket.
pub(crate) fn path(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join(SOCKET_NAME)
}

#[cfg(test)]
mod tests;
