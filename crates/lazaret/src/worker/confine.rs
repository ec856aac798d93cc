//! What the processes that look at hostile octets give up: files, network, other processes, and almost every system call.
//!
//! Each step is taken where the kernel has it; what is missing is told to the parent, which says so loudly. The limits of the
//! parent (wall time, sizes of frames) hold in any case.

use crate::event::{Event, emit};
use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use lazaret_core::Limits;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
use std::collections::BTreeMap;
use std::sync::Once;

/// What was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Confinement {
    /// No file can be opened (Landlock).
    pub(crate) landlock: bool,
    /// Hardly a system call is left (seccomp).
    pub(crate) seccomp: bool,
}

impl Confinement {
    pub(crate) fn bits(self) -> u8 {
        u8::from(self.landlock) | u8::from(self.seccomp) << 1
    }

    pub(crate) fn from_bits(bits: u8) -> Confinement {
        Confinement { landlock: bits & 1 != 0, seccomp: bits & 2 != 0 }
    }

    /// Says once what is missing.
    pub(crate) fn complain(self) {
        static ONCE: Once = Once::new();
        if self.landlock && self.seccomp {
            return;
        }
        let Confinement { landlock, seccomp } = self;
        ONCE.call_once(|| emit(Event::Unconfined { landlock, seccomp }));
    }
}

/// Gives up what is not needed, for good. `cpu_secs_max` is processor time from now on, if it is bounded for good.
pub(crate) fn confine(limits: &Limits, cpu_secs_max: Option<u64>) -> Confinement {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A killed daemon takes its workers with it.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let bounds = [
        (Resource::As, limits.worker_bytes_max),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 16),
        (Resource::Nproc, 0),
    ];
    for (resource, value) in bounds.into_iter().chain(cpu_secs_max.map(|secs| (Resource::Cpu, secs))) {
        let _ = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    }
    shut()
}

/// Landlock and the filter, for this thread and all that it starts.
pub(crate) fn shut() -> Confinement {
    Confinement { landlock: landlock().unwrap_or(false), seccomp: seccomp().is_some() }
}

/// No file, no port, no signal to anybody else: a set of rules without an exception.
fn landlock() -> Option<bool> {
    const KNOWN: ABI = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(KNOWN)).ok()?;
    let ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN)).ok()?.scope(Scope::from_all(KNOWN)).ok()?;
    let status = ruleset.create().ok()?.restrict_self().ok()?;
    // Networks and signals came later than files; the filter holds for those.
    Some(status.ruleset != RulesetStatus::NotEnforced)
}

/// The calls that computing on three pipes takes. Everything else fails with EPERM: another process, a socket, a file, a
/// look into others, a filter of one's own.
fn seccomp() -> Option<()> {
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    // Memory, but none that code can be put into.
    let writable = || {
        let exec = libc::PROT_EXEC as u64;
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(exec), 0).ok()?;
        SeccompRule::new(vec![condition]).ok()
    };
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![writable()?]);
    }
    let arch = std::env::consts::ARCH.try_into().ok()?;
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(calls, refuse, SeccompAction::Allow, arch).ok()?;
    let program: seccompiler::BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}

const CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_ppoll,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getpid,
    libc::SYS_gettid,
    // An abort sends itself a signal; Landlock keeps signals within.
    libc::SYS_tgkill,
    // Processor time is allowed message by message; the kernel raises no limit for those without privileges.
    libc::SYS_prlimit64,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    /// Everything that a taken-over worker would like to do, as far as it can be done without `unsafe`.
    fn attempts(port: u16) -> Vec<(&'static str, std::io::Result<()>)> {
        vec![
            ("open", std::fs::File::open("/etc/passwd").map(drop)),
            ("create", std::fs::File::create("/tmp/lazaret-confined").map(drop)),
            ("list", std::fs::read_dir("/").map(drop)),
            ("remove", std::fs::remove_file("/tmp/lazaret-confined")),
            ("connect", TcpStream::connect(("127.0.0.1", port)).map(drop)),
            ("datagram", UdpSocket::bind("127.0.0.1:0").map(drop)),
            ("unix socket", UnixStream::connect("/run/lazaret").map(drop)),
            ("exec", Command::new("/bin/true").spawn().map(drop)),
            ("thread", std::thread::Builder::new().spawn(|| {}).map(drop)),
            ("ptrace", nix::sys::ptrace::traceme().map_err(std::io::Error::from)),
            ("attach", nix::sys::ptrace::attach(nix::unistd::Pid::this()).map_err(std::io::Error::from)),
        ]
    }

    #[test]
    fn from_inside_nothing_can_be_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let outside = attempts_of_one(port);
        assert!(outside.iter().any(|(what, ok)| *what == "connect" && *ok), "outside it can: {outside:?}");
        // The filter and Landlock bind the thread that asks for them.
        let inside = std::thread::spawn(move || (shut(), attempts(port))).join().expect("it ends by itself");
        let (confinement, inside) = inside;
        assert!(confinement.seccomp, "this kernel has no seccomp filters");
        for (what, result) in inside {
            let kind = result.err().map(|error| error.kind());
            assert_eq!(kind, Some(ErrorKind::PermissionDenied), "{what}");
        }
    }

    /// What is possible outside: reading a file, connecting.
    fn attempts_of_one(port: u16) -> Vec<(&'static str, bool)> {
        vec![
            ("open", std::fs::File::open("/etc/passwd").is_ok()),
            ("connect", TcpStream::connect(("127.0.0.1", port)).is_ok()),
        ]
    }

    #[test]
    fn what_is_given_up_is_told_in_bits() {
        for bits in 0..4 {
            assert_eq!(Confinement::from_bits(bits).bits(), bits);
        }
    }
}
