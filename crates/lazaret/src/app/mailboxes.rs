//! The tasks of the mailboxes: begun, kept, drained and begun again as the configuration says.

use crate::config::Mailbox;
use crate::ingest::{self, Context, Ended};
use crate::keys;
use crate::live::Current;
use crate::source::Source;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// All that are pulled.
pub(super) struct Mailboxes {
    context: Arc<Current<Context>>,
    once: bool,
    tasks: JoinSet<Ended>,
    running: Vec<Running>,
}

/// One task.
struct Running {
    mailbox: Mailbox,
    stop: watch::Sender<bool>,
    /// Closed once it has ended.
    alive: watch::Receiver<()>,
}

impl Running {
    fn has_ended(&self) -> bool {
        self.alive.has_changed().is_err()
    }
}

/// What became of the mailboxes at a reload, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    added: Vec<String>,
    restarted: Vec<String>,
    removed: Vec<String>,
    kept: Vec<String>,
}

impl Moved {
    pub(super) fn to_json(&self) -> Value {
        json!({ "added": self.added, "restarted": self.restarted, "removed": self.removed, "kept": self.kept })
    }
}

impl Mailboxes {
    pub(super) fn new(context: Arc<Current<Context>>, once: bool) -> Mailboxes {
        Mailboxes { context, once, tasks: JoinSet::new(), running: Vec::new() }
    }

    /// Goes on with these mailboxes. One that is as before keeps its connection; one that is gone or differs finishes what
    /// it has in flight; one that is new or differs begins when those have ended, since it may pull what they pulled.
    pub(super) fn go_on_with(&mut self, wanted: &[Mailbox]) -> Moved {
        let mut moved = Moved::default();
        let mut ending = Vec::new();
        let mut before = Vec::new();
        for running in std::mem::take(&mut self.running) {
            before.push(running.mailbox.name.clone());
            if wanted.contains(&running.mailbox) && !running.has_ended() {
                moved.kept.push(running.mailbox.name.clone());
                self.running.push(running);
                continue;
            }
            // One that has ended hears nothing any more.
            let _ = running.stop.send(true);
            if !wanted.iter().any(|m| m.name == running.mailbox.name) {
                moved.removed.push(running.mailbox.name.clone());
            }
            ending.push(running.alive);
        }
        for mailbox in wanted {
            if moved.kept.contains(&mailbox.name) {
                continue;
            }
            let list = if before.contains(&mailbox.name) { &mut moved.restarted } else { &mut moved.added };
            list.push(mailbox.name.clone());
            self.begin(mailbox.clone(), ending.clone());
        }
        moved
    }

    fn begin(&mut self, mailbox: Mailbox, after: Vec<watch::Receiver<()>>) {
        let (stop, mut told) = watch::channel(false);
        let (living, alive) = watch::channel(());
        let context = self.context.clone();
        let source = Source::open(&mailbox, keys::secrets()).with_state(&context.get().config.state_dir);
        self.running.push(Running { mailbox: mailbox.clone(), stop, alive });
        let once = self.once;
        self.tasks.spawn(async move {
            let _living = living;
            let ended = async {
                for mut alive in after {
                    // Closed is what is waited for.
                    while alive.changed().await.is_ok() {}
                }
            };
            tokio::select! {
                () = ended => {}
                _ = told.wait_for(|stop| *stop) => return Ended::Stopped,
            }
            ingest::run(context, mailbox, source, once, told).await
        });
    }

    /// The end of the next one; `None` if none runs.
    pub(super) async fn next(&mut self) -> Option<Result<Ended, JoinError>> {
        self.tasks.join_next().await
    }

    /// Tells all to end, and does not wait.
    pub(super) fn stop(&self) {
        for running in &self.running {
            let _ = running.stop.send(true);
        }
    }

    /// Ends those that are left.
    pub(super) fn abort(&mut self) {
        self.tasks.abort_all();
    }
}
