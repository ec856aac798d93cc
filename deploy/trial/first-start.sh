#!/bin/sh
# The trial's daemon: makes a configuration at the first start, then runs.
set -eu
if [ ! -e /etc/lazaret/lazaret.toml ]; then
  umask 077
  until [ -e /tls/ca.pem ] && [ -e /tls/ready ]; do sleep 1; done
  echo "$TRIAL_PASSWORD" >/tmp/password
  lazaret init --offline --mailbox support --address support@desk.example.test --imap-host mail --ca-file /tls/ca.pem --user support \
    --password-file /tmp/password --smtp-host mail --quarantine-key-out /etc/lazaret/private-quarantine-key.trial
  rm /tmp/password
  sed -i 's/^mode = "observe"/mode = "enforce"/; s/^# start = "now"/start = "all"/; s/^# poll_interval = "30s"/poll_interval = "2s"/' \
    /etc/lazaret/lazaret.toml
fi
until lazaret check; do sleep 1; done
exec lazaret run
