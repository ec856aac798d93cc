//! The package and its unit for real: a container is booted with this machine's /usr, the package is installed and
//! configured, the unit is started, mail goes through, ordinary users ask; then the package is upgraded under the running
//! daemon, which goes on, is restarted, removed and purged.

use super::Verdict;
use crate::process::{self, quiet};
use crate::{package, workspace};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Exposure that `systemd-analyze security` may rate the unit at most, in tenths.
const EXPOSURE_TENTHS_MAX: u32 = 12;
/// Booting, working and halting together.
const BOOT_WAIT: Duration = Duration::from_secs(240);

pub(super) fn run() -> Result<Verdict> {
    let unit = workspace::root().join("deploy/lazaret.service");
    quiet(
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", &format!("--threshold={EXPOSURE_TENTHS_MAX}")])
            .arg(&unit),
    )
    .context("the unit is not as tight as it has to be")?;
    if !process::is_root() {
        return Ok(Verdict::NotRun("systemd-nspawn needs root; the unit's rating was checked".into()));
    }
    let scratch = process::scratch("boot")?;
    let root = scratch.path().join("root");
    make_root(&root)?;
    install(&root)?;
    packages(&root.join("test"))?;
    // Whatever the package puts under /usr goes here.
    let upper = scratch.path().join("usr");
    fs::create_dir_all(&upper)?;

    let mut nspawn = Command::new("systemd-nspawn");
    nspawn
        .args(["--quiet", "--register=no", "--keep-unit", "--link-journal=no", "--console=pipe", "--boot"])
        .arg(format!("--directory={}", root.display()))
        .arg(format!("--overlay=/usr:{}:/usr", upper.display()))
        .args(["systemd.unit=boot-test.target", "systemd.show_status=no"]);
    let output = process::bounded(&mut nspawn, BOOT_WAIT);
    let report = fs::read_to_string(root.join("test/report")).unwrap_or_default();
    if report.is_empty() {
        let why = match output {
            Ok(output) => {
                format!("the container did not boot ({}): {}", output.status, process::tail(&output.stdout).trim())
            }
            Err(error) => format!("the container did not boot: {error:#}"),
        };
        return Ok(Verdict::NotRun(why));
    }
    let lines: Vec<_> = report.lines().collect();
    let failed = lines.iter().any(|l| !l.starts_with("ok "));
    if failed || lines.last() != Some(&"ok done") {
        let log = fs::read(root.join("test/log")).unwrap_or_default();
        bail!("in the container:\n{report}\n{}", String::from_utf8_lossy(&log[log.len().saturating_sub(8000)..]));
    }
    Ok(Verdict::Passed(format!("{} steps in a booted container", lines.len())))
}

/// A root directory with this machine's configuration, but none of its units and secrets.
fn make_root(root: &Path) -> Result<()> {
    for dir in ["usr/lib", "var", "tmp", "root", "run", "proc", "sys", "dev", "srv", "test"] {
        fs::create_dir_all(root.join(dir))?;
    }
    // nspawn looks for this before it mounts /usr.
    fs::copy("/usr/lib/os-release", root.join("usr/lib/os-release"))?;
    for link in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{link}"), root.join(link))?;
    }
    quiet(Command::new("cp").args(["-a", "/etc"]).arg(root.join("etc")))?;
    quiet(Command::new("rm").arg("-rf").arg(root.join("etc/systemd/system")).args([
        root.join("etc/ssh"),
        root.join("etc/ssl/private"),
        root.join("etc/shadow"),
        root.join("etc/resolv.conf"),
        root.join("etc/lazaret"),
    ]))?;
    fs::create_dir_all(root.join("var/lib"))?;
    quiet(Command::new("cp").args(["-a", "/var/lib/dpkg"]).arg(root.join("var/lib/dpkg")))?;
    fs::write(root.join("etc/shadow"), "root:*:19000:0:99999:7:::\n")?;
    fs::write(root.join("etc/machine-id"), "")?;
    fs::write(root.join("etc/hostname"), "lazaret-boot-test\n")?;
    Ok(())
}

/// The package, and the same with a higher version.
fn packages(to: &Path) -> Result<()> {
    let builder = package::Builder::new()?;
    let version = env!("CARGO_PKG_VERSION");
    for (name, version) in [("first.deb", version.to_owned()), ("second.deb", format!("{version}+upgrade"))] {
        let made = builder.build(to, Some(&version))?;
        fs::rename(made, to.join(name))?;
    }
    Ok(())
}

/// A configuration, and the unit that runs the test.
fn install(root: &Path) -> Result<()> {
    let units = root.join("etc/systemd/system");
    put(&units.join("lazaret.service.d/maildir.conf"), "[Service]\nReadWritePaths=/srv/mail\n", 0o644)?;
    put(&units.join("boot-test.service"), TEST_UNIT, 0o644)?;
    put(&units.join("boot-test.target"), TEST_TARGET, 0o644)?;
    put(&root.join("test/users.conf"), USERS, 0o644)?;
    put(&root.join("test/run"), SCRIPT, 0o755)?;
    put(&root.join("test/mail.eml"), MAIL, 0o644)?;
    let (_, recipient) = lazaret_core::seal::OpeningKey::generate();
    put(&root.join("test/lazaret/lazaret.toml"), &CONFIG.replace("RECIPIENT", &recipient.to_string()), 0o644)?;
    // What `lazaret init` leaves for a Maildir: no password, so the unit may not insist on one.
    let secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    put(&root.join("test/lazaret/credentials/store-key"), secret, 0o600)?;
    Ok(())
}

fn put(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::create_dir_all(path.parent().context("no parent")?)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

const USERS: &str = "u ann - \"an agent\"\nm ann lazaret-agent\nu bob - \"nobody in particular\"\n";

const CONFIG: &str = r#"mode = "enforce"
store_key = "credential:store-key"
quarantine = { recipients = ["RECIPIENT"] }
poll_interval = "1s"
[[mailbox]]
name = "support"
addresses = ["support@desk.example.test"]
maildir = "/srv/mail"
start = "all"
[replies]
files = "/var/lib/lazaret/replies"
from = "Desk <support@desk.example.test>"
[operator]
roles = { operator = "group:lazaret-op", agent = "group:lazaret-agent" }
"#;

const MAIL: &str = "From: Ann <customer@example.com>\nTo: support@desk.example.test\nSubject: a plain question\n\
Message-ID: <boot@example.com>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\nIs this on?\n";

const TEST_TARGET: &str =
    "[Unit]\nRequires=basic.target dbus.socket boot-test.service\nAfter=basic.target dbus.socket\nAllowIsolate=yes\n";

const TEST_UNIT: &str = "[Unit]\nAfter=basic.target dbus.socket\nSuccessAction=exit-force\nFailureAction=exit-force\n\n\
[Service]\nType=oneshot\nExecStart=/test/run\nStandardOutput=append:/test/log\nStandardError=append:/test/log\nTimeoutStartSec=180\n";

/// Writes `ok STEP` or `FAIL STEP` a line to /test/report.
const SCRIPT: &str = r#"#!/bin/bash
set -x
step() { name=$1; shift; if "$@"; then echo "ok $name" >>/test/report; else echo "FAIL $name ($?)" >>/test/report; fi; }
not() { ! "$@"; }
show() { journalctl --namespace=lazaret --no-pager | tail -40; systemctl status --no-pager --full lazaret.service; }
ask() { user=$1; shift; runuser -u "$user" -- /usr/bin/lazaret "$@"; }
tickets() { for _ in $(seq 60); do [ "$(ask ann ticket list --format json | grep -c '"LZ-')" = "$1" ] && return 0; sleep 0.5; done; show; return 1; }
answered() { for _ in $(seq 60); do [ -n "$(ls /var/lib/lazaret/replies 2>/dev/null)" ] && return 0; sleep 0.5; done; show; return 1; }
start() { systemctl enable --now lazaret.service || { show; return 1; }; }
unharmed() { [ "$(systemctl show -P NRestarts lazaret.service)" = 0 ] && [ "$(systemctl show -P Result lazaret.service)" = success ] || { show; journalctl --no-pager --unit lazaret.service | tail -20; return 1; }; }
daemon() { systemctl show -P MainPID lazaret.service; }
mail() { sed "s/boot@/boot$1@/;s/plain question/plain question $1/;s/this on/this $1 on/" /test/mail.eml >/srv/mail/tmp/$1; chown lazaret: /srv/mail/tmp/$1; mv /srv/mail/tmp/$1 /srv/mail/new/$1; }
children() { cat /proc/"$(daemon)"/task/*/children; }
replaced() { readlink /proc/$1/exe | grep -q '(deleted)$'; }
# Workers of the daemon of before, started after the upgrade: from the file that is gone.
new_workers() {
  for _ in $(seq 20); do
    new=0 old=0
    for p in $(children); do
      # One that has ended has no program any more.
      exe=$(readlink /proc/$p/exe) || continue
      case " $before " in *" $p "*) old=1;; esac
      case "$exe" in *'(deleted)') new=1;; *) old=1;; esac
    done
    [ $new$old = 10 ] && return 0
    sleep 0.5
  done
  return 1
}
left() { find / -xdev -iname '*lazaret*' -not -path '/test/*' -not -path '/srv/*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/var/lib/systemd/*' | sort; find /usr -iname '*lazaret*' | sort; }

echo "ok booted" >/test/report
step "the package installs" dpkg --install /test/first.deb
step "it is not started" not systemctl is-active --quiet lazaret.service
step "it is not enabled" not systemctl is-enabled --quiet lazaret.service
step "the back-up timer is not enabled" not systemctl is-enabled --quiet lazaret-backup.timer
step "the back-up that is none fails" not systemctl start lazaret-backup.service
systemd-sysusers /test/users.conf
install -d -o lazaret -g lazaret -m 0700 /srv/mail /srv/mail/cur /srv/mail/new /srv/mail/tmp
cp -a /test/lazaret/. /etc/lazaret/ && chown root:lazaret /etc/lazaret && chmod 0750 /etc/lazaret && chmod 0700 /etc/lazaret/credentials
step "the unit is ready" start
step "the unit is active" systemctl is-active --quiet lazaret.service
mail 1
step "an agent sees the ticket" tickets 1
step "the customer is answered" answered
step "an agent asks for status" ask ann status
step "who has no role sees no ticket" not ask bob ticket list
step "who has no role sees no sealed mail" not ask bob quarantine list
step "an agent sees no sealed mail" not ask ann quarantine list
step "the state is the daemon's alone" not runuser -u bob -- ls /var/lib/lazaret
step "the log is in a journal of its own" sh -c 'journalctl --namespace=lazaret --no-pager --unit lazaret.service | grep -q .'

pid=$(daemon) before=$(children)
step "the package is upgraded" dpkg --install /test/second.deb
step "the daemon of before goes on" [ "$(daemon)" = "$pid" ]
step "its program is replaced on disk" replaced "$pid"
kill -9 $before
mail 2
step "mail goes through before the restart" tickets 2
step "new workers run the program of before" new_workers
step "it was not restarted by itself" unharmed
step "the unit restarts" systemctl restart lazaret.service
step "the new program runs" not replaced "$(daemon)"
mail 3
step "mail goes through after the restart" tickets 3
step "the unit stops" systemctl stop lazaret.service
step "it was not restarted and ended well" unharmed
systemctl start lazaret.service
step "the package is removed" dpkg --remove lazaret
step "the daemon is stopped" not systemctl is-active --quiet lazaret.service
step "state and configuration stay" test -s /etc/lazaret/lazaret.toml -a -n "$(ls /var/lib/lazaret)"
step "the package is purged" dpkg --purge lazaret
left >/test/left
step "nothing else is left" diff /test/left - <<'EOF'
/etc/lazaret
/etc/systemd/system/lazaret.service.d
/var/lib/lazaret
EOF
step "the keys of the state that stays are left" test -s /etc/lazaret/credentials/store-key
step "no other configuration is left" [ "$(ls -A /etc/lazaret)" = credentials ]
echo "ok done" >>/test/report
"#;
