//! A reload: files are loaded and checked beside what runs, then everything is exchanged at once, or nothing.

use super::App;
use super::mailboxes::Mailboxes;
use crate::event::{Event, emit};
use crate::ingest::Context;
use crate::live::{Complaints, Current, Set};
use crate::socket::SocketContext;
use crate::worker::Pool;
use sd_notify::NotifyState;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// Who asked hears what came of it.
pub(crate) type Asked = oneshot::Sender<Value>;

/// A set that is being loaded, and who waits for it.
pub(super) struct Loading {
    loading: JoinHandle<Result<Set, Complaints>>,
    asked: Option<Asked>,
}

impl Loading {
    /// Begins; the daemon goes on meanwhile.
    pub(super) fn begin(app: &App, asked: Option<Asked>) -> Loading {
        let state = [NotifyState::Reloading];
        let now = NotifyState::monotonic_usec_now().ok();
        let state: Vec<NotifyState<'_>> = state.into_iter().chain(now).collect();
        let _ = sd_notify::notify(&state);
        let (set, keys) = (app.set.get(), app.store.keys().clone());
        let load = move || {
            let next = set.reload()?;
            match Pool::accepts(&Arc::new(next.setup(&keys))) {
                true => Ok(next),
                false => Err(next.not_by_a_worker()),
            }
        };
        Loading { loading: tokio::task::spawn_blocking(load), asked }
    }

    /// Waits until it is loaded. Cancelling this loses nothing.
    pub(super) async fn done(this: &mut Option<Loading>) -> Result<Set, Complaints> {
        match this {
            Some(this) => (&mut this.loading).await.unwrap_or_else(|_| Err(Complaints::default())),
            None => std::future::pending().await,
        }
    }
}

/// What a reload exchanges.
pub(super) struct Parts {
    pub(super) context: Arc<Current<Context>>,
    pub(super) socket: Arc<Current<SocketContext>>,
    pub(super) mailboxes: Mailboxes,
    /// Told of every exchange.
    pub(super) exchanged: watch::Sender<()>,
}

/// Accepts or refuses what was loaded, and tells who asked.
pub(super) async fn finish(app: &App, parts: &mut Parts, loaded: Result<Set, Complaints>, asked: Option<Loading>) {
    let asked = asked.and_then(|loading| loading.asked);
    // Who asked by the socket is recorded there.
    let by_signal = asked.is_none();
    let noted = !by_signal || super::note(&app.store, "reload", "allowed").await.is_ok();
    let answer = match loaded {
        Ok(next) if noted => accept(app, parts, next).await,
        Ok(next) => next.not_recorded().answer(),
        Err(complaints) => {
            app.status.reload_refused(complaints.len());
            emit(Event::ReloadRefused { complaints: complaints.len() });
            complaints.answer()
        }
    };
    if by_signal {
        let outcome = if answer["accepted"] == true { "done" } else { "failed" };
        // It has happened; that it cannot be recorded is in the log.
        let _ = super::note(&app.store, "reload", outcome).await;
    }
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    if let Some(asked) = asked {
        // Who asked may be gone.
        let _ = asked.send(answer);
    }
}

async fn accept(app: &App, parts: &mut Parts, next: Set) -> Value {
    let before = app.set.get();
    let changes = before.changes(&next);
    next.keep();
    let config = next.config.clone();
    if let Err(error) = app.store.set_bounds(config.disk_reserve_bytes, App::reply_limits(&config)).await {
        // A store that is closed has nothing to be bound.
        emit(Event::StoreFailed { kind: error.to_string() });
    }
    app.status.reloaded(&config);
    app.status.rules(&next.material.short_hash());
    let context = parts.context.get().of_set(&next);
    parts.socket.set(parts.socket.get().of_context(&context));
    parts.context.set(context);
    app.set.set(next);
    let moved = parts.mailboxes.go_on_with(&config.mailboxes);
    parts.exchanged.send_replace(());
    let rules = parts.context.get().rules.clone();
    emit(Event::Reloaded { changes: changes.len(), rules: &rules });
    json!({ "accepted": true, "changed": changes, "mailboxes": moved.to_json(), "rules": rules })
}
