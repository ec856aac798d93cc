//! What the processes that look at hostile octets give up: files, network, other processes, and almost every system call.
//!
//! Each step is taken where the kernel has it; what is missing is told to the parent, which says so loudly. The limits of the
//! parent (wall time, sizes of frames) hold in any case.

use crate::event::{Event, emit};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use lazaret_core::Limits;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
use std::collections::BTreeMap;
use std::path::Path;
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

/// Folders and files that a program of the system reads to start and to work.
const SYSTEM: [&str; 4] = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache"];
/// What the kernel starts before a program, to load its libraries.
const LOADERS: [&str; 2] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

/// Gives up what is not needed, for good. `cpu_secs_max` is processor time from now on, if it is bounded for good.
pub(crate) fn confine(limits: &Limits, cpu_secs_max: Option<u64>) -> Confinement {
    bound(limits.worker_bytes_max, 16, cpu_secs_max);
    shut()
}

/// The same before a program that is not ours: it may be started, and read what belongs to the system.
pub(crate) fn confine_program(program: &Path, bytes_max: u64, cpu_secs_max: u64) -> Confinement {
    bound(bytes_max, 64, Some(cpu_secs_max));
    shut_but_for(program)
}

fn bound(bytes_max: u64, files_max: u64, cpu_secs_max: Option<u64>) {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A killed daemon takes its workers with it.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let bounds = [
        (Resource::As, bytes_max),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, files_max),
        (Resource::Nproc, 0),
    ];
    for (resource, value) in bounds.into_iter().chain(cpu_secs_max.map(|secs| (Resource::Cpu, secs))) {
        let _ = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    }
}

/// Landlock and the filter, for this thread and all that it starts.
pub(crate) fn shut() -> Confinement {
    Confinement { landlock: landlock(None).unwrap_or(false), seccomp: seccomp(CALLS, &[]).is_some() }
}

fn shut_but_for(program: &Path) -> Confinement {
    let landlock = landlock(Some(program)).unwrap_or(false);
    Confinement { landlock, seccomp: seccomp(CALLS, PROGRAM_CALLS).is_some() }
}

/// No file, no port, no signal to anybody else: a set of rules without an exception but what a program of the system reads.
fn landlock(program: Option<&Path>) -> Option<bool> {
    const KNOWN: ABI = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(KNOWN)).ok()?;
    let ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN)).ok()?.scope(Scope::from_all(KNOWN)).ok()?;
    let mut ruleset = ruleset.create().ok()?;
    if let Some(program) = program {
        let reading: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
        let starting: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::Execute;
        ruleset = ruleset.add_rules(path_beneath_rules(SYSTEM, reading)).ok()?;
        ruleset = ruleset.add_rules(path_beneath_rules(LOADERS, starting)).ok()?;
        ruleset = ruleset.add_rules(path_beneath_rules([program], starting)).ok()?;
    }
    let status = ruleset.restrict_self().ok()?;
    // Networks and signals came later than files; the filter holds for those.
    Some(status.ruleset != RulesetStatus::NotEnforced)
}

/// The calls that computing on three pipes takes. Everything else fails with EPERM: another process, a socket, a file, a
/// look into others, a filter of one's own.
fn seccomp(base: &[i64], more: &[i64]) -> Option<()> {
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> = base.iter().map(|call| (*call, Vec::new())).collect();
    // Memory, but none that code can be put into.
    let writable = || {
        let exec = libc::PROT_EXEC as u64;
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(exec), 0).ok()?;
        SeccompRule::new(vec![condition]).ok()
    };
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![writable()?]);
    }
    // The code of a program and of its libraries is mapped from files.
    calls.extend(more.iter().map(|call| (*call, Vec::new())));
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

/// What a program of the system takes besides, to start and to read its own data.
const PROGRAM_CALLS: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_mmap,
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_fcntl,
    // Is this a terminal? Nothing else can be asked of three pipes and of files that are only read.
    libc::SYS_ioctl,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
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

    #[test]
    fn a_program_reads_the_system_and_nothing_else() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let inside = std::thread::spawn(move || {
            let confinement = shut_but_for(Path::new("/bin/cat"));
            let reading = (std::fs::read("/usr/bin/env").is_ok(), std::fs::read_dir("/usr").is_ok());
            (confinement, reading, attempts(port))
        });
        let (confinement, reading, inside) = inside.join().expect("it ends by itself");
        assert_eq!(confinement, Confinement { landlock: true, seccomp: true });
        assert_eq!(reading, (true, true));
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
