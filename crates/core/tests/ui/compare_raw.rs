//! Raw text cannot be compared: an assertion that fails would show it.
fn main() {
    let (a, b) = (lazaret_core::Raw::new(String::from("x")), lazaret_core::Raw::new(String::from("y")));
    assert_eq!(a, b);
}
