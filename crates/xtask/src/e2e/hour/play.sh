#!/bin/bash
# An operator's first hour on a machine with Dovecot and Postfix. Every `lazaret` below is a command of the README or the runbook.
#
# From outside: CONF (folder of the configuration), DESK (an empty folder: the operator's desk), ELSEWHERE (another: the machine of
# the privacy officer), MAILS (how many mails wait in INBOX), IMAP_PORT, SMTP_PORT, IMAP_USER, IMAP_PASSWORD, CA, IMAP (imap.py),
# INIT (further options of `lazaret init`). The package itself is installed and started by the stage `boot`.
set -Eeuo pipefail
trap 'trouble; echo "line $LINENO: $BASH_COMMAND" >&2; exit 1' ERR
# Conditions in functions that are themselves conditions would not trip the trap: each step is a command of its own.
did() { echo "did: $*"; }
imap() { python3 "$IMAP" "$@"; }
# Not grep -q: it would end before what writes to it.
has() { grep -F -- "$1" >/dev/null || { echo "not there: $1" >&2; return 1; }; }
lacks() { ! grep -F -- "$1" >/dev/null || { echo "still there: $1" >&2; return 1; }; }
# Waits until the command holds; half a minute at most.
until_holds() { for _ in $(seq 150); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; echo "in vain: $*" >&2; "$@"; }
holds() { local want=$1; shift; "$@" | has "$want"; }
count_is() { [ "$(imap count "$1")" = "$2" ]; }
# The ticket of a subject.
ticket_of() { lazaret ticket list --limit 10000 | awk -v s="$1" 'index($0, s) { print $1; exit }'; }

lazaret() { command lazaret --config "$CONF/lazaret.toml" "$@"; }
# Should this script be killed, the kernel ends the daemon.
start() { setpriv --pdeathsig TERM -- lazaret --config "$CONF/lazaret.toml" run >"$DESK/log" 2>&1 & daemon=$!; trap 'kill "$daemon"; wait "$daemon" || true' EXIT; }
trouble() { [ ! -f "$DESK/log" ] || tail -20 "$DESK/log" >&2; }
mail() { # NAME SUBJECT TEXT: a customer writes
  printf 'Return-Path: <kim@customer.example>\nAuthentication-Results: mx.desk.example.test; dkim=pass header.d=customer.example;\n\tdmarc=pass header.from=customer.example\nFrom: Kim <kim@customer.example>\nTo: support@desk.example.test\nSubject: %s\nDate: %s\nMessage-ID: <%s@customer.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n' \
    "$2" "$(date -R)" "$1" "$3" >"$DESK/$1.eml"
  imap append INBOX "$DESK/$1.eml"
}
cd "$DESK"

# ── init
(umask 077; echo "$IMAP_PASSWORD" >password)
# shellcheck disable=SC2086
command lazaret init "$CONF" --mailbox support --address support@desk.example.test --address help@desk.example.test \
  --imap-host localhost --imap-port "$IMAP_PORT" --ca-file "$CA" --user "$IMAP_USER" --password-file password \
  --smtp-host localhost --smtp-port "$SMTP_PORT" --quarantine-key-out "$ELSEWHERE/quarantine.key" ${INIT:-} >init.out
has "logged in" <init.out
lacks "$(cat "$ELSEWHERE/quarantine.key")" <init.out
sed -i 's/^# start = "now"/start = "all"/; s/^# sender_proof = "none"/sender_proof = "authserv-id:mx.desk.example.test"/
  s/^# poll_interval = "30s"/poll_interval = "1s"/' "$CONF/lazaret.toml"
lazaret check >check.out
did "made configuration and keys, logged in, checked"

# ── observe
start
until_holds lazaret status
until_holds holds "$MAILS message(s) judged while observing" lazaret observe report
until_holds holds "all that was there was judged" lazaret observe report
lazaret observe report >report.out
has "enforcing would have" <report.out
has "replies that would have gone" <report.out
count_is INBOX "$MAILS"
count_is Lazaret/Clean 0
holds "nothing is sealed" lazaret quarantine list
holds "no replies" lazaret outbox list
did "observed $MAILS mails, read the report: $(sed -n 2p report.out | tr -s ' ')"

# ── a rule in shadow
mkdir "$CONF/rules"
sed -i 's/^# rules = "rules"/rules = "rules"/' "$CONF/lazaret.toml"
cat >"$CONF/rules/acme.toml" <<'RULE'
[[rule]]
id      = "acme-badge"
class   = "custom"
entity  = "acme_badge"
kind    = "regex"
pattern = 'AB-\d{5}'
mode    = "shadow"
context = { near = ["badge"], within = "line" }
score   = { base = 20, near = 50 }
test    = [
  { text = "My badge AB-20417 does not open the gate", find = ["AB-20417"] },
  { text = "Please block badge AB-33108, it is lost", find = ["AB-33108"] },
  { text = "Order AB-20417 has not arrived", find = [] },
  { text = "The printer is an AB-77120", find = [] },
]
RULE
lazaret rules test >rules-test.out
lazaret check --offline >check.out
lazaret reload >reload.out
has "rules" <reload.out
mail shadow "Locked out since Monday" "Hello, my badge AB-20417 opens no door."
until_holds holds "Locked out since Monday" lazaret ticket list
shadow=$(ticket_of "Locked out since Monday")
lazaret ticket explain "$shadow" >explain.out
has "the rule is in shadow" <explain.out
lazaret rules stats >stats.out
has acme-badge <stats.out
holds AB-20417 lazaret ticket show "$shadow"
did "wrote a rule in shadow, reloaded, saw its hit: $(grep acme-badge stats.out | tr -s ' ')"

# ── turn it on, enforce
sed -i 's/"shadow"/"on"/' "$CONF/rules/acme.toml"
lazaret rules test >rules-test.out
sed -i 's/^mode = "observe"/mode = "enforce"/' "$CONF/lazaret.toml"
lazaret check --offline >check.out
lazaret reload >reload.out
did "turned the rule on, mode enforce, by a reload: $(tr '\n' ';' <reload.out | tr -s ' ')"
mail badge "Another door" "Hello, my badge AB-33108 opens no door either."
until_holds count_is Lazaret/Clean 1
imap read Lazaret/Clean '<badge@customer.example>' >clean.out
lacks AB-33108 <clean.out
has "X-Lazaret-Verdict: redact" <clean.out
lazaret observe enforce >enforce.out
has "nothing was changed" <enforce.out
lazaret observe enforce --yes >enforce.out
until_holds count_is INBOX 0
count_is Lazaret/Clean $((MAILS + 2))
imap read Lazaret/Clean >all.out
lacks AB-20417 <all.out
did "read the clean folder with another client: $(imap count Lazaret/Clean) mails, the badge reads $(grep -om1 '\[.*·.*\]' clean.out)"

# ── one was redacted wrongly
mail wrong "The new printer" "Hello, the badge printer, an AB-77120, prints nothing."
until_holds holds "The new printer" lazaret ticket list
wrong=$(ticket_of "The new printer")
lazaret ticket show "$wrong" >show.out
lacks AB-77120 <show.out
has "verdict: redact" <show.out
until_holds count_is Lazaret/Clean $((MAILS + 3))
lazaret ticket explain "$wrong" >explain.out
number=$(awk '$2 == "acme-badge" { print $1; exit }' explain.out)
lazaret ticket feedback "$wrong" "$number" wrong >feedback.out
lazaret rules stats >stats.out
[ "$(awk '$1 == "acme-badge" { print $(NF - 1) }' stats.out)" = 1 ]
did "found a wrong redaction and said so: $(grep acme-badge explain.out | tr -s ' ')"

printf 'AB-77120' >value
lazaret rules except acme-badge --value-file value --reason "model of our printer" --owner mia --expires 2099-12-31 >except.out
rm value
lacks AB-77120 <"$CONF/rules/exceptions.toml"
lazaret rules test >rules-test.out
lazaret reload >reload.out
id=$(lazaret quarantine list --limit 10000 | awk -v t="$wrong" '$2 == t { print $1; exit }')
lazaret quarantine show "$id" >show.out
has "$wrong" <show.out
lazaret quarantine export "$id" -o "$ELSEWHERE/$id.sealed" >export.out
lacks AB-77120 <"$ELSEWHERE/$id.sealed"
command lazaret quarantine open "$ELSEWHERE/$id.sealed" --key "$ELSEWHERE/quarantine.key" -o "$ELSEWHERE/mail.eml"
has AB-77120 <"$ELSEWHERE/mail.eml"
lazaret quarantine release "$id" --reason "the model of a printer is no badge" <"$ELSEWHERE/mail.eml" >release.out
has "its clean copy is in the folder" <release.out
imap read Lazaret/Clean '<wrong@customer.example>' >clean.out
has AB-77120 <clean.out
holds AB-77120 lazaret ticket show "$wrong"
# Badges are still taken out.
mail after "A third door" "Hello, my badge AB-33109 opens nothing."
until_holds count_is Lazaret/Clean $((MAILS + 5))
imap read Lazaret/Clean '<after@customer.example>' >clean.out
lacks AB-33109 <clean.out
has "X-Lazaret-Verdict: redact" <clean.out
count_is INBOX 0
did "got it back: $(cat release.out)"

# ── the end of the hour
lazaret audit list >audit.out
has "quarantine release" <audit.out
lazaret audit verify >verify.out
has "the audit trail is whole" <verify.out
lazaret status >status.out
lazaret outbox list >outbox.out
did "looked at the audit trail and the status"
