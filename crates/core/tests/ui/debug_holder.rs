//! What holds a message cannot derive what would show it.
#[derive(Debug)]
struct Fetched {
    uid: u32,
    message: lazaret_core::RawMessage,
}

fn main() {
    let fetched = Fetched { uid: 1, message: lazaret_core::RawMessage::new(Vec::new()) };
    println!("{fetched:?}");
}
