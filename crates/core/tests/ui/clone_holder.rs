//! What holds raw text cannot be copied.
#[derive(Clone)]
struct Held {
    text: lazaret_core::Raw,
}

fn main() {
    let held = Held { text: lazaret_core::Raw::new(String::new()) };
    let _ = held.clone();
}
