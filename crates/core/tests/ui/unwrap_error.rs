//! An error that holds raw text cannot end in a panic message. The bound is that of `Result::unwrap`, written out here so
//! that the compiler's words do not depend on whether the sources of the standard library are installed.
fn unwrap<T, E: std::fmt::Debug>(answer: Result<T, E>) -> T {
    answer.unwrap()
}

fn main() {
    let answer: Result<u32, lazaret_core::Raw> = Err(lazaret_core::Raw::new(String::from("x")));
    unwrap(answer);
}
