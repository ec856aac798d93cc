//! An error that holds raw text cannot end in a panic message.
fn main() {
    let answer: Result<u32, lazaret_core::Raw> = Err(lazaret_core::Raw::new(String::from("x")));
    let _ = answer.unwrap();
}
