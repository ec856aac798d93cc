//! Raw text is no `str`, by no way of borrowing.
fn takes(_: &str) {}

fn main() {
    let raw = lazaret_core::Raw::new(String::from("x"));
    takes(&raw);
    takes(raw.as_ref());
}
