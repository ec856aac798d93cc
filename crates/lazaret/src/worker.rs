//! Workers: kept processes that look at hostile octets, one message at a time, so that the daemon never does.
//!
//! A worker gets rule and policy text and two derived keys over its standard input, octets in frames after that, and
//! answers in frames ([`lazaret_core::wire`]). It has no file, no socket, no environment. What a worker that was taken
//! over can still do is written in ARCHITECTURE.md. Documents it does not read itself: it asks, and the parent passes the
//! question on to a second process that has neither rules nor keys ([`documents`]).

mod child;
mod confine;
mod documents;
mod helpers;
mod pipe;

pub(crate) use child::{documents_main, helper_main, main as child_main};
pub(crate) use helpers::Helpers;

use crate::clock;
use crate::event::{Event, emit};
use documents::Readers;
use helpers::Helping;
use lazaret_core::Limits;
use lazaret_core::pipeline::Setup;
use lazaret_core::wire::{self, Answer, Job, Said};
use pipe::Pipe;
use std::ffi::OsString;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Identifies the build on both ends of the pipe.
pub(crate) const BUILD_ID: &str = concat!(env!("CARGO_PKG_NAME"), "-", env!("CARGO_PKG_VERSION"));

/// Why a job has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// The worker ended while it held the message.
    Died,
    /// It did not answer in time and was killed.
    Hung,
    /// It caught a panic.
    Panicked,
    /// It answered what is no answer.
    Babbled,
    /// No worker could be started: the message is not to blame.
    NotStarted,
    /// The pool is closing: the message is not to blame.
    Closing,
}

impl Death {
    /// Does it count against the message?
    pub(crate) fn is_strike(self) -> bool {
        !matches!(self, Death::NotStarted | Death::Closing)
    }

    /// A word for the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Death::Died => "died",
            Death::Hung => "hung",
            Death::Panicked => "panicked",
            Death::Babbled => "babbled",
            Death::NotStarted => "not-started",
            Death::Closing => "closing",
        }
    }
}

/// What a job is to be done under, the job, and where its answer goes.
type Request = (Arc<Setup>, Job, oneshot::Sender<(Job, Result<Answer, Death>)>);

/// A fixed number of workers behind one queue.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    /// What a job is done under that names nothing else.
    setup: Arc<Setup>,
    /// `None` once the pool is closing.
    queue: Mutex<Option<mpsc::SyncSender<Request>>>,
    slots: Mutex<Vec<JoinHandle<()>>>,
    /// Slots that have started their first worker, or failed to.
    warm: watch::Receiver<usize>,
}

impl Pool {
    /// Starts `count` slots; each starts its worker at once and replaces it when it is retired or dies.
    pub(crate) fn start(setup: Setup, count: usize, helpers: &Helpers) -> Pool {
        let helpers = Arc::new(helpers.clone());
        // A message waits here, in memory, only until a worker is free: the senders bound how many are in flight.
        let (queue, requests) = mpsc::sync_channel::<Request>(64);
        let (warmed, warm) = watch::channel(0);
        let (requests, warmed, first) = (Arc::new(Mutex::new(requests)), Arc::new(warmed), Arc::new(setup));
        let slots = (0..count.max(1))
            .map(|number| {
                let (requests, warmed, setup) = (requests.clone(), warmed.clone(), first.clone());
                let helpers = helpers.clone();
                std::thread::Builder::new()
                    .name(format!("worker-{number}"))
                    .spawn(move || {
                        let readers = Readers::new(number, &setup.limits);
                        let helping = Helping::new(number, &helpers);
                        Slot { number, setup, worker: None, readers, helping }.serve(&requests, &warmed);
                    })
                    .expect("the machine has a thread left at start")
            })
            .collect();
        Pool { inner: Arc::new(Inner { setup: first, queue: Mutex::new(Some(queue)), slots: Mutex::new(slots), warm }) }
    }

    /// One that has no worker and takes no job.
    #[cfg(test)]
    pub(crate) fn closed(setup: Arc<Setup>) -> Pool {
        let (_, warm) = watch::channel(0);
        Pool { inner: Arc::new(Inner { setup, queue: Mutex::new(None), slots: Mutex::default(), warm }) }
    }

    /// Waits until a worker is there (or could not be started): what comes next needs not wait for one.
    pub(crate) async fn warm(&self) {
        // The sender lives as long as the slots; without them there is nothing to wait for.
        let _ = self.inner.warm.clone().wait_for(|slots| *slots > 0).await;
    }

    /// Does a worker start with this setup? Blocking.
    pub(crate) fn accepts(setup: &Arc<Setup>) -> bool {
        Worker::start(setup).map(Worker::end).is_ok()
    }

    /// Has a worker do a job under the setup that the pool was started with. The job comes back, so that its octets can
    /// be sealed or tried again.
    pub(crate) async fn run(&self, job: Job) -> (Job, Result<Answer, Death>) {
        self.run_under(&self.inner.setup, job).await
    }

    /// The same under another setup: a worker that was started with a different one is replaced first. So a job is done
    /// under one setup from its beginning to its end, whatever is loaded meanwhile.
    pub(crate) async fn run_under(&self, setup: &Arc<Setup>, job: Job) -> (Job, Result<Answer, Death>) {
        let (reply, answer) = oneshot::channel();
        let mut request = (setup.clone(), job, reply);
        loop {
            let queue = unpoisoned(&self.inner.queue).clone();
            let Some(queue) = queue else { return (request.1, Err(Death::Closing)) };
            match queue.try_send(request) {
                Ok(()) => break,
                Err(mpsc::TrySendError::Full(back)) => {
                    request = back;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(mpsc::TrySendError::Disconnected((_, job, _))) => return (job, Err(Death::Closing)),
            }
        }
        answer.await.expect("a slot answers every request that it takes")
    }

    /// Ends the workers and waits for them; the jobs that they hold are answered first. No child outlives the daemon.
    pub(crate) async fn close(&self) {
        drop(unpoisoned(&self.inner.queue).take());
        let slots: Vec<JoinHandle<()>> = std::mem::take(&mut *unpoisoned(&self.inner.slots));
        let join = tokio::task::spawn_blocking(|| slots.into_iter().for_each(|slot| drop(slot.join())));
        let _ = join.await;
    }
}

/// What stands behind a lock is whole at every moment; a panic elsewhere is no reason to stop.
fn unpoisoned<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One place for a worker.
struct Slot {
    number: usize,
    setup: Arc<Setup>,
    worker: Option<Worker>,
    readers: Readers,
    helping: Helping,
}

impl Slot {
    fn serve(mut self, requests: &Mutex<mpsc::Receiver<Request>>, warmed: &watch::Sender<usize>) {
        self.worker = self.spawn().ok();
        warmed.send_modify(|slots| *slots += 1);
        self.readers.renew();
        loop {
            // The lock is held while waiting: the other slots wait for it in turn.
            let request = unpoisoned(requests).recv();
            let Ok((setup, job, reply)) = request else { return };
            self.follow(setup);
            let answer = self.work(&job);
            // The asker may have given up; then nobody wants the answer.
            let _ = reply.send((job, answer));
            if self.worker.is_none() {
                self.worker = self.spawn().ok();
            }
            self.readers.renew();
            self.helping.renew();
        }
    }

    /// Goes on under the setup of the next job.
    fn follow(&mut self, setup: Arc<Setup>) {
        if Arc::ptr_eq(&self.setup, &setup) {
            return;
        }
        if self.setup.limits != setup.limits {
            self.readers = Readers::new(self.number, &setup.limits);
        }
        self.setup = setup;
        if let Some(worker) = self.worker.take() {
            emit(Event::WorkerRetired { slot: self.number, messages: worker.messages, why: "reload" });
            worker.end();
        }
    }

    fn work(&mut self, job: &Job) -> Result<Answer, Death> {
        let mut worker = match self.worker.take() {
            Some(worker) if worker.today == clock::today() => worker,
            Some(worker) => {
                // Exceptions end by the day that a worker was told at its start.
                worker.end();
                self.spawn().map_err(|()| Death::NotStarted)?
            }
            None => self.spawn().map_err(|_| Death::NotStarted)?,
        };
        let answer = worker.ask(job, &self.setup.limits, &mut self.readers, &mut self.helping);
        worker.messages += 1;
        let stderr_bytes = worker.drain_stderr();
        if stderr_bytes > 0 {
            emit(Event::WorkerStderr { slot: self.number, bytes: stderr_bytes });
        }
        let why = match &answer {
            Err(death) => Some(death.as_str()),
            Ok(_) => worker.is_spent(&self.setup.limits),
        };
        match why {
            Some(why) => {
                emit(Event::WorkerRetired { slot: self.number, messages: worker.messages, why });
                worker.end();
            }
            None => self.worker = Some(worker),
        }
        answer
    }

    fn spawn(&self) -> Result<Worker, ()> {
        match Worker::start(&self.setup) {
            Ok(worker) => {
                emit(Event::WorkerStarted { slot: self.number });
                worker.confinement.complain();
                Ok(worker)
            }
            Err(kind) => {
                emit(Event::WorkerFailed { slot: self.number, kind });
                Err(())
            }
        }
    }
}

/// A process of ours with its pipes.
struct Started {
    child: Child,
    /// Taken to close it.
    input: Option<Pipe>,
    output: Pipe,
    errors: Pipe,
}

/// The running binary again, even if the file was replaced or removed meanwhile, with nothing but three pipes.
fn own(arguments: &[OsString]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(arguments).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(mut command: Command) -> Result<Started, String> {
    let mut child = command.spawn().map_err(|e| e.kind().to_string())?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(input), Some(output), Some(errors)) = pipes else { return Err("no pipes".into()) };
    let pipe = |fd| Pipe::new(fd).map_err(|e| e.kind().to_string());
    let (input, output, errors) = (pipe(input.into())?, pipe(output.into())?, pipe(errors.into())?);
    Ok(Started { child, input: Some(input), output, errors })
}

/// A running worker process.
struct Worker {
    child: Child,
    input: Pipe,
    output: Pipe,
    errors: Pipe,
    messages: u32,
    /// The day in UTC that it goes by.
    today: String,
    /// What it could give up.
    confinement: confine::Confinement,
}

impl Worker {
    fn start(setup: &Setup) -> Result<Worker, String> {
        let Started { child, input, output, errors } = start(own(&["worker".into()]))?;
        let input = input.ok_or("no pipes")?;
        let setup = Setup { today: clock::today(), ..setup.clone() };
        let mut worker = Worker {
            child,
            input,
            output,
            errors,
            messages: 0,
            today: setup.today.clone(),
            confinement: confine::Confinement::default(),
        };
        match worker.greet(&setup) {
            Ok(()) => Ok(worker),
            Err(kind) => {
                worker.end();
                Err(kind)
            }
        }
    }

    fn greet(&mut self, setup: &Setup) -> Result<(), String> {
        self.set_deadline(Duration::from_secs(30));
        wire::write_setup(&mut self.input, setup).map_err(|e| e.kind().to_string())?;
        match wire::read_answer(&mut self.output, 4096) {
            Ok(Answer::Ready { build_id, confined }) if build_id == setup.build_id => {
                self.confinement = confine::Confinement::from_bits(confined);
                Ok(())
            }
            Ok(Answer::Ready { .. }) => Err("another build answered".into()),
            Ok(Answer::SetupFailed) => Err("the rules or the policy do not load in a worker".into()),
            Ok(_) | Err(_) => Err("no greeting".into()),
        }
    }

    fn ask(
        &mut self,
        job: &Job,
        limits: &Limits,
        readers: &mut Readers,
        helping: &mut Helping,
    ) -> Result<Answer, Death> {
        let mut deadline = Instant::now() + Duration::from_secs(limits.wall_secs_max);
        self.set_deadline_at(deadline);
        if let Err(error) = wire::write_job(&mut self.input, job) {
            return Err(if error.kind() == std::io::ErrorKind::TimedOut { Death::Hung } else { Death::Died });
        }
        loop {
            match wire::read_said(&mut self.output, limits.answer_bytes_max) {
                Ok(Said::Answer(answer)) => {
                    return match *answer {
                        Answer::Panicked => Err(Death::Panicked),
                        Answer::Ready { .. } | Answer::SetupFailed => Err(Death::Babbled),
                        answer => Ok(answer),
                    };
                }
                // The clock of the worker stands still while others read; theirs is bounded too.
                Ok(Said::Question(question)) => {
                    let asked = Instant::now();
                    let reply = readers.ask(&question);
                    deadline += asked.elapsed();
                    self.reply(deadline, |input| wire::write_reply(input, &reply))?;
                }
                Ok(Said::Help(wanted)) => {
                    let asked = Instant::now();
                    let helped = helping.help(&wanted, limits.documents.text_bytes_max);
                    deadline += asked.elapsed();
                    self.reply(deadline, |input| wire::write_helped(input, &helped))?;
                }
                Err(_) if self.output.timed_out() => return Err(Death::Hung),
                Err(_) if self.output.at_end() => return Err(Death::Died),
                Err(_) => return Err(Death::Babbled),
            }
        }
    }

    fn reply(&mut self, deadline: Instant, write: impl FnOnce(&mut Pipe) -> io::Result<()>) -> Result<(), Death> {
        self.set_deadline_at(deadline);
        write(&mut self.input).map_err(|_| if self.input.timed_out() { Death::Hung } else { Death::Died })
    }

    fn set_deadline(&mut self, from_now: Duration) {
        self.set_deadline_at(Instant::now() + from_now);
    }

    fn set_deadline_at(&mut self, deadline: Instant) {
        self.input.set_deadline(deadline);
        self.output.set_deadline(deadline);
    }

    /// Counts what stands in standard error and throws it away: it may hold anything.
    fn drain_stderr(&mut self) -> usize {
        self.errors.drain()
    }

    /// Why this worker gets no further message, if it does not.
    fn is_spent(&self, limits: &Limits) -> Option<&'static str> {
        if self.messages >= limits.worker_messages_max {
            return Some("messages");
        }
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).ok()?;
        let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
        (pages * rustix::param::page_size() as u64 > limits.worker_retire_bytes).then_some("memory")
    }

    fn end(mut self) {
        // It may be dead already; reaping is what matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
