//! Sentences with and without a value.

use super::*;

fn find(text: &str) -> Vec<&str> {
    let lower = text.to_lowercase();
    let words = ["password", "passwort", "mot de passe", "pwd", "pw", "pass", "パスワード"];
    let Some((at, word)) =
        words.iter().filter_map(|w| lower.find(w).map(|at| (at, *w))).min_by_key(|(at, w)| (*at, usize::MAX - w.len()))
    else {
        return Vec::new();
    };
    let word = at..at + word.len();
    if !is_word(text, &word) {
        return Vec::new();
    }
    read(text, word, Wanted::Password).iter().filter_map(|f| text.get(f.span.clone())).collect()
}

#[test]
fn values() {
    let cases = [
        ("my password is Winter2024!", "Winter2024!"),
        ("password: hunter2", "hunter2"),
        ("Passwort: Geheim123!", "Geheim123!"),
        ("Mot de passe : Soleil2023", "Soleil2023"),
        ("pw - Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("The password for the portal is now Kangaroo77 thanks", "Kangaroo77"),
        ("Username jdoe Password Summer!23", "Summer!23"),
        ("Password:\nSummer!23\n", "Summer!23"),
        ("password for the portal: Kangaroo77.", "Kangaroo77"),
        ("{\"password\": \"a b c\"}", "a b c"),
        ("dbPassword=xyzzy", "xyzzy"),
        ("DB_PASSWORD=8ae31cacf141669ddfb5da", "8ae31cacf141669ddfb5da"),
        ("Password=P@ssw0rd1;Server=x", "P@ssw0rd1"),
        ("Password: sunshine", "sunshine"),
        ("my password is \"sunshine\"", "sunshine"),
        ("ssh root@10.0.0.1 password toor99", "toor99"),
        ("**Password:** Summer!23", "Summer!23"),
        ("password: 8ThyF#1*@96%x", "8ThyF#1*@96%x"),
        ("パスワード:Sakura123", "Sakura123"),
        ("パスワードはSakura123です", "Sakura123"),
        ("password = 12345678", "12345678"),
        ("my password's now Harbor_6612", "Harbor_6612"),
        ("the admin password, which is Gravel#Moon3", "Gravel#Moon3"),
        ("the pass for the router = b1g-tuna-stew", "b1g-tuna-stew"),
    ];
    for (text, value) in cases {
        assert_eq!(find(text), [value], "{text}");
    }
}

#[test]
fn sentences_without_a_value() {
    let cases = [
        "I forgot my password",
        "my password's expired",
        "the password, which is required",
        "token is [#9f86d081 in the subject",
        "my password is not working",
        "please reset the password",
        "Password: required field",
        "Password: required",
        "password policy: 12 characters",
        "password is required",
        "the password is incorrect, the page shows Error 1234",
        "The password page is blank, I never receive the password reset link.",
        "password: ********",
        "password: {{password}}",
        "password: <password>",
        "password=$PASSWORD",
        "password=${PASS}",
        "password: [password · QKDAM7AX]",
        "my password is [password · QKDAM7AX].",
        "password reset for INV-2026-123456 is late",
        "password manager is KeePass2",
        "passwordless login is Fido2",
        "password = getPassword()",
        "password = user.password",
        "password == other",
        "pass: 3/5 tests?",
        "the password is 8 characters",
        "Cannot log in: password https://example.com/reset2",
    ];
    for text in cases {
        assert_eq!(find(text), [""; 0], "{text}");
    }
}
