//! Child processes: servers that never outlive this program, and commands that must succeed.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Something that this machine lacks: reported with exit code 69.
#[derive(Debug)]
pub(crate) struct Unavailable(pub(crate) String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

/// What is to be stopped and removed whichever way this program ends.
static LIVE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static SCRATCH: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How long a server may take to end after SIGTERM.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// A running server; dropping it stops it. Should this program be killed, the kernel sends the server SIGTERM.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    child: Child,
}

impl Server {
    /// Starts `command`; its output is thrown away.
    pub(crate) fn spawn(name: &'static str, command: &Command) -> Result<Server> {
        Server::start(name, command, None)
    }

    /// Starts `command`; its output is appended to a file.
    pub(crate) fn spawn_logged(name: &'static str, command: &Command, log: &Path) -> Result<Server> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        Server::start(name, command, Some(file))
    }

    fn start(name: &'static str, command: &Command, log: Option<File>) -> Result<Server> {
        let mut wrapped = Command::new("setpriv");
        wrapped.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(key, value),
                None => wrapped.env_remove(key),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            wrapped.current_dir(dir);
        }
        wrapped.stdin(Stdio::null());
        match log {
            Some(file) => wrapped.stdout(file.try_clone()?).stderr(file),
            None => wrapped.stdout(Stdio::null()).stderr(Stdio::null()),
        };
        let child = wrapped.spawn().with_context(|| format!("cannot start {name}"))?;
        lock(&LIVE).push(child.id());
        Ok(Server { name, child })
    }

    /// Fails with the server's name if it has ended.
    pub(crate) fn alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended early: {status}", self.name),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal).with_context(|| format!("cannot signal {}", self.name))
    }

    /// Waits for the end; `None` if it still runs after `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<std::process::ExitStatus>> {
        wait(&mut self.child, limit)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = send(self.child.id(), Signal::TERM);
        if !matches!(wait(&mut self.child, STOP_WAIT), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let id = self.child.id();
        lock(&LIVE).retain(|p| *p != id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn send(id: u32, signal: Signal) -> rustix::io::Result<()> {
    match i32::try_from(id).ok().and_then(Pid::from_raw) {
        Some(pid) => kill_process(pid, signal),
        None => Ok(()),
    }
}

fn wait(child: &mut Child, limit: Duration) -> Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ctrl-C and SIGTERM stop what was started, remove what was made, and end this program with 130.
pub(crate) fn stop_all_on_signals() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            eprintln!("\nstopped by a signal");
            stop_all();
            #[expect(clippy::disallowed_methods, reason = "the end of a signal's path; servers are stopped above")]
            std::process::exit(130);
        });
    });
}

/// Stops every server that still runs, and removes scratch directories.
pub(crate) fn stop_all() {
    let live = std::mem::take(&mut *lock(&LIVE));
    for id in &live {
        let _ = send(*id, Signal::TERM);
    }
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end && live.iter().any(|id| PathBuf::from(format!("/proc/{id}/fd/0")).exists()) {
        std::thread::sleep(Duration::from_millis(20));
    }
    for dir in std::mem::take(&mut *lock(&SCRATCH)) {
        // Children of a server may write for a moment longer than it lives.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&dir).is_ok() || !dir.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A scratch directory that others may enter: servers run as users of their own. Removed at the end.
pub(crate) fn scratch(label: &str) -> Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::Builder::new().prefix(&format!("lazaret-{label}-")).tempdir()?;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
    lock(&SCRATCH).push(dir.path().into());
    Ok(dir)
}

/// Runs a command whose output is shown; it must succeed.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// Runs a command quietly; it must succeed, else its last lines are in the error.
pub(crate) fn quiet(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}\n{}{}", line(command), output.status, tail(&output.stdout), tail(&output.stderr));
    }
    Ok(output)
}

/// The last twenty lines of some output.
pub(crate) fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].iter().map(|l| format!("  {l}\n")).collect()
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn line(command: &Command) -> String {
    let mut out = name(command);
    for arg in command.get_args() {
        out.push(' ');
        out.push_str(&arg.to_string_lossy());
    }
    out
}

/// Runs a command with its output taken, and ends it after `limit`: a hang is a failure, not a wait for ever.
pub(crate) fn bounded(command: &mut Command, limit: Duration) -> Result<Output> {
    let (out, err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(err.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot run {}", name(command)))?;
    let status = wait(&mut child, limit)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let (stdout, stderr) = (whole(out)?, whole(err)?);
    match status {
        Some(status) => Ok(Output { status, stdout, stderr }),
        None => bail!("`{}` still ran after {} s\n{}", line(command), limit.as_secs(), tail(&stderr)),
    }
}

fn whole(mut file: File) -> Result<Vec<u8>> {
    use std::io::{Read, Seek};
    let mut out = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut out)?;
    Ok(out)
}

/// Asks `ready` every 10 ms until it says yes; fails after `limit`, naming what was waited for.
pub(crate) fn until(what: &str, limit: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + limit;
    while !ready()? {
        if Instant::now() >= end {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Is this the superuser? Servers that switch users need one.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_server_has_ended() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let mut server = Server::spawn("sleep", &command).expect("started");
        server.alive().expect("runs");
        let id = server.id();
        drop(server);
        assert!(!PathBuf::from(format!("/proc/{id}")).exists());
    }

    #[test]
    fn waiting_in_vain_says_for_what() {
        let error = until("the tide", Duration::from_millis(20), || Ok(false)).expect_err("nothing came");
        assert!(error.to_string().contains("the tide"));
    }

    #[test]
    fn a_failed_command_brings_its_last_lines() {
        let error = quiet(Command::new("sh").args(["-c", "echo why; exit 3"])).expect_err("failed");
        assert!(error.to_string().contains("why"), "{error}");
    }
}
