//! What sends beside the mailboxes, begun anew whenever the set that runs is exchanged.

use crate::deliveries::Deliveries;
use crate::event::{Event, emit};
use crate::ingest::Context;
use crate::live::Current;
use crate::outbox::Outbox;
use lazaret_store::Store;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Two senders, each on its own, so that a sink that is slow to end holds no reply up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sending {
    Replies,
    Deliveries,
}

impl Sending {
    /// Sends under what is in force, and begins anew after every exchange, when what is being sent is finished.
    pub(super) async fn run(
        self,
        context: Arc<Current<Context>>,
        mut exchanged: watch::Receiver<()>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            exchanged.mark_unchanged();
            let now = context.get();
            let (end, told) = watch::channel(false);
            let running = self.start(&now, told);
            let again = tokio::select! {
                more = exchanged.changed() => more.is_ok(),
                _ = stop.wait_for(|stop| *stop) => false,
            };
            let _ = end.send(true);
            if let Some(running) = running {
                let _ = running.await;
            }
            if !again {
                return;
            }
            self.free(&now.store).await;
        }
    }

    fn start(self, context: &Context, told: watch::Receiver<bool>) -> Option<JoinHandle<()>> {
        match self {
            Sending::Replies => Outbox::of(context).map(|outbox| tokio::spawn(outbox.run(told))),
            Sending::Deliveries => Deliveries::of(context).map(|deliveries| tokio::spawn(deliveries.run(told))),
        }
    }

    /// Sends what is due now and ends.
    pub(super) async fn until_idle(self, context: &Context) {
        match self {
            Sending::Replies => {
                if let Some(outbox) = Outbox::of(context) {
                    outbox.run_until_idle().await;
                }
            }
            Sending::Deliveries => {
                if let Some(deliveries) = Deliveries::of(context) {
                    deliveries.run_until_idle().await;
                }
            }
        }
    }

    /// What the lanes had not begun is free again.
    pub(super) async fn free(self, store: &Store) {
        let freed = match self {
            Sending::Replies => store.end_leases().await,
            Sending::Deliveries => store.end_delivery_leases().await,
        };
        if let Err(error) = freed {
            emit(Event::StoreFailed { kind: error.to_string() });
        }
    }
}
