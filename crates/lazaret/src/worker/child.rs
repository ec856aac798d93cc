//! The inside of a worker process.

use lazaret_core::pipeline::Pipeline;
use lazaret_core::wire::{self, Answer, Job, JobKind};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};
use std::io::{BufReader, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Reads the setup, says that it is ready, answers jobs until its input ends.
pub(crate) fn main() -> ExitCode {
    let mut input = BufReader::with_capacity(1 << 16, std::io::stdin());
    let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout());
    let Ok(setup) = wire::read_setup(&mut input) else { return ExitCode::from(crate::exit::USAGE) };
    let limits = setup.limits;
    confine(&limits);
    let pipeline = match Pipeline::new(&setup) {
        Ok((pipeline, _)) => pipeline,
        Err(_) => {
            let _ = wire::write_answer(&mut output, &Answer::SetupFailed).and_then(|()| output.flush());
            return ExitCode::from(crate::exit::CONFIG);
        }
    };
    let mut answer = Answer::Ready { build_id: setup.build_id.clone() };
    loop {
        if wire::write_answer(&mut output, &answer).and_then(|()| output.flush()).is_err() {
            return ExitCode::from(crate::exit::UNAVAILABLE);
        }
        let job = match wire::read_job(&mut input) {
            Ok(Some(job)) => job,
            Ok(None) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::from(crate::exit::USAGE),
        };
        allow_cpu(limits.cpu_secs_max);
        answer = catch_unwind(AssertUnwindSafe(|| answer_to(&pipeline, job, &limits))).unwrap_or(Answer::Panicked);
    }
}

fn answer_to(pipeline: &Pipeline, job: Job, limits: &lazaret_core::Limits) -> Answer {
    let Job { kind, profile, thread, message } = job;
    let thread = thread.as_ref();
    match kind {
        JobKind::Process => Answer::Outcome(Box::new(pipeline.process_in(&message, &profile, thread))),
        JobKind::Release => Answer::Outcome(Box::new(pipeline.release(&message, &profile, thread))),
        JobKind::Parse { file, index } => {
            Answer::Report(lazaret_core::report::parse(&file, index, &message, &profile, limits))
        }
        JobKind::Extract { file, index, password } => {
            let _ = password; // encrypted documents are read with the attachment work
            Answer::Report(lazaret_core::report::extract(&file, index, &message, &profile, limits))
        }
        JobKind::Scan { file, index, show } => Answer::Report(pipeline.scan(&file, index, &message, &profile, show)),
        JobKind::Explain { file, index, show } => {
            Answer::Report(pipeline.explain(&file, index, &message, &profile, show))
        }
        JobKind::ScanText { id } => Answer::Report(pipeline.scan_text(&id, &message)),
    }
}

/// Gives up what a worker does not need. Failing here is not fatal by itself: the limits of the parent (wall time,
/// frame size) hold in any case. Landlock and seccomp belong here.
fn confine(limits: &lazaret_core::Limits) {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A killed daemon takes its workers with it.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    for (resource, value) in
        [(Resource::As, limits.worker_bytes_max), (Resource::Core, 0), (Resource::Fsize, 0), (Resource::Nofile, 16)]
    {
        let _ = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    }
}

/// Allows so much processor time from now on; beyond it the kernel ends the process (SIGXCPU).
fn allow_cpu(secs: u64) {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec.max(0) as u64;
    let hard = getrlimit(Resource::Cpu).maximum;
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(used + 1 + secs), maximum: hard });
}
