//! Development commands: `cargo xtask test`, `bench`, `fuzz`, `mutants`, `package`, `docs` and `generate`. Nothing of this ships.

mod bench;
mod docs;
mod e2e;
mod fuzz;
mod generate;
mod mutants;
mod package;
mod process;
mod servers;
mod stages;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development commands of Lazaret")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything that must hold: formatting, lints, unit tests, and the daemon against real servers.
    Test(stages::Args),
    /// What it costs, as ratios against a named peer measured in the same run.
    Bench(bench::Args),
    /// Random input for what reads foreign text, looking for what must not happen.
    Fuzz(fuzz::Args),
    /// Small changes to validators and judges, which the tests must notice.
    Mutants(mutants::Args),
    /// The Debian package.
    Package(package::Args),
    /// Documents that are made from the code: deploy/CONFIG.md.
    Docs(docs::Args),
    /// A seeded mailbox with the truth about it.
    Generate(generate::Args),
}

fn main() -> ExitCode {
    process::stop_all_on_signals();
    let result = match Cli::parse().command {
        Command::Test(args) => stages::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Docs(args) => docs::run(&args),
        Command::Generate(args) => generate::run(&args).map(|mailbox| {
            let planted: usize = mailbox.messages.iter().map(|m| m.pii.len()).sum();
            println!("{} messages, {} bytes, {planted} values planted", mailbox.messages.len(), mailbox.bytes);
        }),
    };
    process::stop_all();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            // 69 (EX_UNAVAILABLE): the machine lacks something; nothing was found wrong with the code.
            let unavailable = error.downcast_ref::<process::Unavailable>().is_some();
            ExitCode::from(if unavailable { 69 } else { 1 })
        }
    }
}
