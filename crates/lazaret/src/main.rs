//! The daemon and its command line: sockets, clock, processes and configuration.
//!
//! Reading order: `ingest.rs` (the life of a message), `app.rs` (how the parts are put together), `worker.rs` (the wall
//! to the processes that look at hostile octets), `outbox.rs` (what leaves).

mod alerts;
mod app;
mod cli;
mod clock;
mod commands;
mod config;
mod deliveries;
mod diagnostics;
mod disk;
mod event;
mod exit;
mod files;
mod http;
mod ingest;
mod keys;
mod live;
mod manual;
mod metrics;
mod observed;
mod outbox;
mod output;
mod panic;
mod portal;
mod progress;
mod rules;
mod schema;
mod sink;
mod socket;
mod source;
mod status;
mod templates;
#[cfg(test)]
mod testing;
mod tls;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    panic::install();
    // A worker needs nothing of what follows: no runtime, no log, no TLS, no environment.
    let verb = std::env::args_os().nth(1);
    if verb.as_ref().is_some_and(|verb| verb == "worker") {
        return worker::child_main();
    }
    if verb.as_ref().is_some_and(|verb| verb == "documents") {
        return worker::documents_main();
    }
    if verb.is_some_and(|verb| verb == "helper") {
        return worker::helper_main();
    }
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Everything that speaks TLS uses this one provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(commands::dispatch(cli));
            // A blocked name look-up must not keep the process.
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            ExitCode::from(code)
        }
        Err(error) => {
            eprintln!("lazaret: no runtime: {}", error.kind());
            ExitCode::from(exit::UNAVAILABLE)
        }
    }
}
