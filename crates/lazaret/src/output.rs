//! Lines for standard output.

use std::fmt::Arguments;
use std::io::Write;

/// Writes a line to standard output, like `println!`. Where nobody reads any more (`lazaret rules list | head`) the line is
/// dropped and the command goes on: what it has to do besides printing it does.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($words:tt)*) => { $crate::output::line(format_args!($($words)*)) };
}

pub(crate) use say;

pub(crate) fn line(words: Arguments<'_>) {
    let _ = writeln!(std::io::stdout().lock(), "{words}");
}
