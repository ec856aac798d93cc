//! One card written in every way that reaches a scanner of plain text, and credentials as customers write them, each with
//! sentences that only sound alike.

mod common;

use common::found;
use lazaret_scan::Action;

#[test]
fn one_card_in_many_forms() {
    let forms = [
        "4929123345678908",
        "4929 1233 4567 8908",
        "4929-1233-4567-8908",
        "4929.1233.4567.8908",
        "4929\u{a0}1233\u{a0}4567\u{a0}8908",
        "4929\u{202f}1233\u{202f}4567\u{202f}8908",
        "4929\u{2007}1233\u{2007}4567\u{2007}8908",
        "4929\u{2013}1233\u{2013}4567\u{2013}8908",
        "4929\u{2011}1233\u{2011}4567\u{2011}8908",
        "4929_1233_4567_8908",
        "4929/1233/4567/8908",
        "4929  1233  4567  8908",
        "49291233\u{200b}45678908",
        "49291233\u{ad}45678908",
        "４９２９１２３３４５６７８９０８",
        "٤٩٢٩١٢٣٣٤٥٦٧٨٩٠٨",
        "49291233\n45678908",
        "49291233\n> 45678908",
        "4 9 2 9 1 2 3 3 4 5 6 7 8 9 0 8",
        "4929l233456789O8",
    ];
    for form in forms {
        let text = format!("my card {form} thanks");
        assert_eq!(found(&text, 60), [("payment-card".to_owned(), form)], "{form}");
    }
    let glued = "my card4929123345678908exp0127 thanks";
    assert_eq!(found(glued, 60), [("payment-card".to_owned(), "4929123345678908")]);
    // base64 of "card 4929123345678908"
    let encoded = "see Y2FyZCA0OTI5MTIzMzQ1Njc4OTA4 thanks";
    assert_eq!(found(encoded, 60), [("payment-card".to_owned(), "Y2FyZCA0OTI5MTIzMzQ1Njc4OTA4")]);
}

/// What a policy would take out of a text.
fn acted(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let scan = common::RULES.scan(text, &lazaret_scan::Hints::default());
    let read = |m: lazaret_scan::Match| {
        let rule = common::RULES.rule(m.rule).expect("a rule of the set");
        (common::SHIPPED.action(rule, m.score) >= Action::Redact).then(|| (rule.id.clone(), m.span))
    };
    scan.matches.into_iter().filter_map(read).collect()
}

/// One card that nobody published, in 25 forms, and numbers of other kinds in each of them.
#[test]
fn card_forms_and_their_twins() {
    let rows = include_str!("../../../fixtures/scan/card-forms.jsonl");
    let mut forms = 0;
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let read = |key: &str| row[key].as_str().expect("text").to_owned();
        let (text, value) = (read("text"), read("value"));
        let start = text.find(&value).expect("the value is in the text");
        let whole = |span: &std::ops::Range<usize>| span.start <= start && start + value.len() <= span.end;
        assert!(acted(&text).iter().any(|(rule, span)| rule == "payment-card" && whole(span)), "{text:?}");
        let twins = row["twins"].as_array().expect("a list");
        assert!(twins.len() >= 3, "{text}");
        for twin in twins {
            let twin = twin.as_str().expect("text");
            assert_eq!(acted(twin), [], "{twin:?}");
        }
        forms += 1;
    }
    assert_eq!(forms, 25);
}

/// What others have hidden already, and what they write in its place.
#[test]
fn masked_values_are_no_findings() {
    let masked = [
        "card ****1111",
        "card ending in 1111",
        "card **** **** **** 1111",
        "card 4111 11XX XXXX 1111",
        "card 4716-20xx-xxxx-7064",
        "card 471620******7064",
        "SSN XXX-XX-4100",
        "SSN ***-**-4100",
        "IBAN DE89 **** **** **** **** 00",
        "IBAN DE89XXXXXXXXXXXXXX3000",
        "my password is ********",
        "my password is [REDACTED]",
        "password: <redacted>",
        "password: (removed)",
        "password: xxxxxxxx",
        "api_key = \"REDACTED\"",
        "card [payment card \u{2022}\u{2022}\u{2022}\u{2022}1111 \u{b7} C7K2QM4X] exp [card expiry date \u{b7} C7K2QM4Y]",
        "cvv [card security code \u{b7} C7K2QM4X]",
        "IBAN [IBAN \u{2022}\u{2022}\u{2022}\u{2022}3000 \u{b7} C7K2QM4X] and SSN [social security number \u{b7} C7K2QM4X]",
        "card {{card_number}} cvv {{cvv}}",
        "card <CREDIT_CARD>, SSN <US_SSN>",
    ];
    for text in masked {
        assert_eq!(acted(text), [], "{text}");
    }
}

#[test]
fn test_values_are_named_as_such() {
    for text in ["4111 1111 1111 1111", "card 378282246310005", "AKIAIOSFODNN7EXAMPLE", "SSN 078-05-1120"] {
        let all = found(text, 30);
        assert!(!all.is_empty() && all.iter().all(|(rule, _)| rule == "test-value"), "{text}: {all:?}");
    }
}

/// A sentence, what must be gone from it, and sentences like it that hold nothing.
const SENTENCES: &[(&str, &[&str], &[&str])] = &[
    (
        "my password is Winter2024!",
        &["Winter2024!"],
        &["I forgot my password", "my password is not working", "my password is wrong again, see error 1234"],
    ),
    (
        "login: jdoe / pass: hunter2",
        &["hunter2"],
        &["login / pass dialog", "the pass: see below", "a boarding pass, 2 bags"],
    ),
    ("pw - Tr0ub4dor&3", &["Tr0ub4dor&3"], &["pw - please reset", "pw reset", "new pw needed"]),
    (
        "Username jdoe Password Summer!23",
        &["Summer!23"],
        &["Username and Password fields", "Username Password Login", "Password Manager 2024"],
    ),
    (
        "Username: jdoe\nPassword: Summer!23",
        &["Summer!23"],
        &["Username: jdoe\nPassword: ", "Username:\nPassword:\nLogin", "Password: required field"],
    ),
    (
        "The password for the portal is now Kangaroo77 thanks",
        &["Kangaroo77"],
        &[
            "The password for the portal is now expired",
            "The password for the portal is wrong",
            "The password for the portal is missing",
        ],
    ),
    (
        "Mot de passe : Soleil2023",
        &["Soleil2023"],
        &["Mot de passe oublié", "Mot de passe : obligatorio", "le mot de passe est incorrect"],
    ),
    (
        "Passwort: Geheim123!",
        &["Geheim123!"],
        &["Passwort vergessen", "Passwort: erforderlich", "das Passwort ist falsch"],
    ),
    (
        "contraseña: Verano24!",
        &["Verano24!"],
        &["la contraseña es incorrecta", "contraseña: ********", "cambiar contraseña"],
    ),
    (
        "パスワード：Sakura123",
        &["Sakura123"],
        &["パスワードを忘れました", "パスワード：********", "パスワードは必須です"],
    ),
    (
        "user/pass is admin/s3cr3t!",
        &["s3cr3t!"],
        &["user/pass dialog appears", "user/pass is wrong", "user/pass is required"],
    ),
    (
        "Username | Password\njdoe | hunter2!",
        &["hunter2!"],
        &["Username | Password\n", "Username | Password\n--- | ---\n", "Password | Repeat"],
    ),
    (
        "https://bob:s3cr3tpw@db.example.com/x",
        &["s3cr3tpw"],
        &["https://db.example.com:8080/x", "https://bob@db.example.com/x", "https://bob:****@db.example.com/x"],
    ),
    (
        "Server=db1;User Id=sa;Password=P@ssw0rd1;",
        &["P@ssw0rd1"],
        &["Server=db1;User Id=sa;Password=;", "Server=db1;Password=****;", "Server=db1;Integrated Security=true"],
    ),
    (
        "Authorization: Basic am9lOmh1bnRlcjI=",
        &["am9lOmh1bnRlcjI="],
        &["Authorization: Basic", "basic subscription plan", "Authorization: Basic {{token}}"],
    ),
    (
        "recovery codes: 8f3a-1b2c 77aa-91be 4c1d-aa02 91bb-0c3e",
        &["8f3a-1b2c", "91bb-0c3e"],
        &["I lost my recovery codes", "recovery codes: see the attached file", "print the backup codes now"],
    ),
    (
        "Your one-time code is 482913",
        &["482913"],
        &["the one-time code is attached", "the one-time code never arrives", "code is missing, error 482913"],
    ),
    (
        "curl -u admin:letmein9 https://db.example.com/",
        &["letmein9"],
        &["curl https://db.example.com/", "curl -o out https://db.example.com:8443/", "curl fails with error 7"],
    ),
    (
        "ssh root@10.0.0.1 password toor99",
        &["toor99"],
        &["ssh root@10.0.0.1 password prompt", "ssh password authentication", "ssh asks for the password twice"],
    ),
    (
        "PIN for the alarm is 4471",
        &["4471"],
        &["PIN pad is broken", "the PIN is wrong", "PIN for the alarm is missing"],
    ),
    ("password=hunter2secret99", &["hunter2secret99"], &["password=", "password=true", "password=$PASSWORD"]),
    (
        "DB_PASSWORD=8ae31cacf141669ddfb5da",
        &["8ae31cacf141669ddfb5da"],
        &["DB_PASSWORD=", "DB_PASSWORD is not set", "DB_PASSWORD=${DB_PASSWORD}"],
    ),
    (
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
        &["JBSWY3DPEHPK3PXP"],
        &["otpauth is a scheme", "totp", "secret santa"],
    ),
    // And some more of the same kind.
    ("hasło: Wiosna24", &["Wiosna24"], &["hasło jest niepoprawne", "zapomniałem hasło", "hasło: ****"]),
    (
        "our own mark stays",
        &[],
        &[
            "password: [password · QKDAM7AX]",
            "card [payment card ••••1111 · C7K2QM4X]",
            "my password is [password · QKDAM7AX].",
        ],
    ),
    ("password policy", &[], &["password policy: 12 characters", "password length: 12", "password must have 1 digit"]),
];

#[test]
fn credentials_in_sentences() {
    for (text, values, twins) in SENTENCES {
        let all = found(text, 60);
        for value in *values {
            assert!(all.iter().any(|(_, v)| v.contains(value)), "{text}: {all:?}");
        }
        for twin in *twins {
            assert_eq!(
                found(twin, 30)
                    .into_iter()
                    .filter(|(r, _)| !["email", "url", "ipv4"].iter().any(|allowed| r.starts_with(allowed)))
                    .collect::<Vec<_>>(),
                [],
                "{twin}"
            );
        }
    }
}

#[test]
fn meeting_codes_are_no_passwords() {
    let text = "Join Zoom Meeting\nMeeting ID: 812 3456 7890\nPasscode: 7a8B9c";
    let codes: Vec<_> = found(text, 30).into_iter().filter(|(rule, _)| !rule.starts_with("phone")).collect();
    let wanted = ["812 3456 7890", "7a8B9c"].map(|v| ("meeting-passcode".to_owned(), v));
    assert_eq!(codes, wanted);
}

#[test]
fn tails_and_canonical_forms() {
    let rules = &common::RULES;
    let ix = |id: &str| {
        let at = rules.rules().iter().position(|r| r.id == id).expect("shipped");
        lazaret_scan::RuleIx(u16::try_from(at).expect("few"))
    };
    let cases: [(&str, &str, &str, Option<&str>); 8] = [
        ("payment-card", "4929 1233-4567 8908", "4929123345678908", Some("8908")),
        ("payment-card", "４９２９１２３３４５６７８９０８", "4929123345678908", Some("8908")),
        ("payment-card", "4929l233456789O8", "4929123345678908", Some("8908")),
        ("card-security-code", "123", "123", None),
        ("iban", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432", Some("5432")),
        ("uk-nino", "AB 12 34 56 C", "AB123456C", None),
        ("email-address", "Mia@Example.COM", "mia@example.com", None),
        ("password", "aB cD", "aB cD", None),
    ];
    for (rule, value, canonical, tail) in cases {
        assert_eq!(rules.canonical(ix(rule), value).as_str(), canonical, "{rule}");
        assert_eq!(rules.tail(ix(rule), value).as_deref(), tail, "{rule}");
    }
    // An encoded card shows nothing of itself.
    assert_eq!(rules.tail(ix("payment-card"), "Y2FyZCA0OTI5MTIzMzQ1Njc4OTA4"), None);
}
