//! A panic must not print what it was about: slicing a string off a character boundary prints the string.

use std::io::Write;
use std::sync::Once;

/// Installs a hook that prints the place of a panic and nothing else. Called first thing in every process of ours.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let mut err = std::io::stderr().lock();
            // Nothing can be done if standard error is gone.
            let _ = match info.location() {
                Some(at) => writeln!(err, "lazaret: internal error at {}:{}:{}", at.file(), at.line(), at.column()),
                None => writeln!(err, "lazaret: internal error"),
            };
        }));
    });
}
