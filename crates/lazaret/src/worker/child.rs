//! The inside of a worker process, and of one that reads documents.

use super::confine::{confine, confine_program};
use lazaret_core::documents::{Documents, InProcess};
use lazaret_core::pipeline::Pipeline;
use lazaret_core::wire::{self, Answer, Asking, Job, JobKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Reads the setup, says that it is ready, answers jobs until its input ends.
pub(crate) fn main() -> ExitCode {
    let mut input = BufReader::with_capacity(1 << 16, std::io::stdin());
    let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout());
    let Ok(setup) = wire::read_setup(&mut input) else { return ExitCode::from(crate::exit::USAGE) };
    let limits = setup.limits;
    let confined = confine(&limits, None).bits();
    let pipeline = match Pipeline::new(&setup) {
        Ok((pipeline, _)) => pipeline,
        Err(_) => {
            let _ = wire::write_answer(&mut output, &Answer::SetupFailed).and_then(|()| output.flush());
            return ExitCode::from(crate::exit::CONFIG);
        }
    };
    let mut answer = Answer::Ready { build_id: setup.build_id.clone(), confined };
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
        let mut documents = Asking::new(&mut input, &mut output, limits.documents);
        let answered = AssertUnwindSafe(|| answer_to(&pipeline, job, &limits, &mut documents));
        answer = catch_unwind(answered).unwrap_or(Answer::Panicked);
    }
}

/// The process that reads documents: no rules, no keys, questions until its input ends. It dies of what it cannot read.
pub(crate) fn documents_main() -> ExitCode {
    let mut input = BufReader::with_capacity(1 << 16, std::io::stdin());
    let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout());
    let Ok(limits) = wire::read_bounds(&mut input) else { return ExitCode::from(crate::exit::USAGE) };
    confine(&limits, Some(limits.documents_secs_max));
    let mut documents = InProcess(limits.documents);
    loop {
        match wire::answer_question(&mut input, &mut output, &mut documents) {
            Ok(true) => {}
            Ok(false) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::from(crate::exit::USAGE),
        }
    }
}

/// The stage before a program that is not ours: `helper BYTES SECONDS PROGRAM ARGUMENT…`. It gives up what the program does
/// not need, then becomes the program. Where something cannot be given up, the program is not started.
pub(crate) fn helper_main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(2);
    let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
    let (Some(bytes_max), Some(secs_max)) = (number(), number()) else { return ExitCode::from(crate::exit::USAGE) };
    let Some(program) = arguments.next().map(PathBuf::from) else { return ExitCode::from(crate::exit::USAGE) };
    let confinement = confine_program(&program, bytes_max, secs_max);
    if !(confinement.landlock && confinement.seccomp) {
        return ExitCode::from(crate::exit::UNAVAILABLE);
    }
    // OpenMP would start threads, which are not allowed.
    let _ = Command::new(program).args(arguments).env_clear().env("OMP_THREAD_LIMIT", "1").exec();
    ExitCode::from(crate::exit::UNAVAILABLE)
}

fn answer_to(pipeline: &Pipeline, job: Job, limits: &lazaret_core::Limits, documents: &mut dyn Documents) -> Answer {
    let Job { kind, profile, thread, message } = job;
    let thread = thread.as_ref();
    match kind {
        JobKind::Process => Answer::Outcome(Box::new(pipeline.process_in(&message, &profile, thread, documents))),
        JobKind::Release => Answer::Outcome(Box::new(pipeline.release(&message, &profile, thread, documents))),
        JobKind::Redact { file, password } => {
            Answer::Outcome(Box::new(pipeline.redact(&file, &message, &profile, password.as_ref(), documents)))
        }
        JobKind::Parse { file, index } => {
            Answer::Report(lazaret_core::report::parse(&file, index, &message, &profile, limits))
        }
        JobKind::Extract { file, index, password } => {
            Answer::Report(pipeline.extract(&file, index, &message, &profile, password.as_ref(), documents))
        }
        JobKind::Scan { file, index, show } => {
            Answer::Report(pipeline.scan(&file, index, &message, &profile, show, documents))
        }
        JobKind::Explain { file, index, show } => {
            Answer::Report(pipeline.explain(&file, index, &message, &profile, show, documents))
        }
        JobKind::ScanText { id } => Answer::Report(pipeline.scan_text(&id, &message)),
    }
}

/// Allows so much processor time from now on; beyond it the kernel ends the process (SIGXCPU).
fn allow_cpu(secs: u64) {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec.max(0) as u64;
    let hard = getrlimit(Resource::Cpu).maximum;
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(used + 1 + secs), maximum: hard });
}
