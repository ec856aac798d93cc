//! Private keys as they arrive in mail: several together, interrupted, cut off.

mod common;

use common::found;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
const BODY: &str = "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7";

#[test]
fn nothing_of_a_block_is_left() {
    let whole = format!("{BEGIN}\n{BODY}\n{END}");
    let between = ["*", "...", "[x]", "and so on", "", "x,", "> ", "=20"];
    for foreign in between {
        let block = format!("{BEGIN}\n{BODY}\n{foreign}\n{BODY},\n{foreign}\n{END}");
        let text = format!("Hello\n\n{block}\n\nThanks");
        assert_eq!(found(&text, 60), [("private-key".to_owned(), &*block)], "{foreign:?}");
    }
    // A block that is cut right after one that is not.
    let cut = format!("{BEGIN}\n{BODY}\n* {BODY}");
    let text = format!("{whole}\n{cut}\n\nThanks");
    let wanted = [("private-key".to_owned(), &*whole), ("private-key-cut".to_owned(), &*cut)];
    assert_eq!(found(&text, 60), wanted);
}
