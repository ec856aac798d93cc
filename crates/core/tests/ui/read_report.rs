//! A report has no accessor: it can only be written out.
fn main() {
    let report = std::hint::black_box(None::<lazaret_core::report::Report>).unwrap();
    let _ = report.expose();
    let _ = report.0;
}
