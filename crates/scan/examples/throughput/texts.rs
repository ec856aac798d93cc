//! Texts and rules that are made up, the same on every run.

/// Numerical Recipes' generator: enough to vary text.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of(&mut self, alphabet: &str, n: usize) -> String {
        (0..n).filter_map(|_| alphabet.as_bytes().get(self.below(alphabet.len())).map(|b| char::from(*b))).collect()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.below(all.len())).copied().unwrap_or_default()
    }
}

const DIGITS: &str = "0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn repeat(bytes: usize, mut piece: impl FnMut(usize) -> String) -> String {
    let mut text = String::with_capacity(bytes + 256);
    let mut nth = 0;
    while text.len() < bytes {
        text.push_str(&piece(nth));
        nth += 1;
    }
    text
}

/// Sentences of a support mail.
pub(crate) fn prose(bytes: usize) -> String {
    let mut dice = Dice(3);
    let words = [
        "the",
        "printer",
        "invoice",
        "since",
        "order",
        "please",
        "reset",
        "account",
        "screen",
        "server",
        "before",
        "update",
        "cannot",
        "shows",
        "number",
        "Tuesday",
        "token",
        "card",
        "settings",
        "after",
        "again",
        "reference",
    ];
    repeat(bytes, |nth| match nth % 12 {
        11 => format!("{}.\n", dice.of(DIGITS, 5)),
        _ => format!("{} ", dice.pick(&words)),
    })
}

/// Texts that make a scanner work, each with its name.
pub(crate) fn adversarial(bytes: usize) -> Vec<(&'static str, String)> {
    let mut dice = Dice(5);
    let anchors = [
        "AKIA",
        "ghp_",
        "sk_live_",
        "xoxb-",
        "glpat-",
        "-----BEGIN ",
        "://",
        "$2y$",
        "SG.",
        "npm_",
        "eyJ",
        "password",
        "token",
        "key",
        "AIza",
        "dop_v1_",
    ];
    vec![
        ("digits of 1 1 1", repeat(bytes, |_| "1 ".into())),
        ("digits of 1-1-1-", repeat(bytes, |_| "1-".into())),
        ("random single digits", repeat(bytes, |_| dice.of(DIGITS, 1) + " ")),
        ("random groups of four", repeat(bytes, |_| dice.of(DIGITS, 4) + " ")),
        ("random groups of three with hyphens", repeat(bytes, |_| dice.of(DIGITS, 3) + "-")),
        ("one run of digits", dice.of(DIGITS, bytes)),
        ("nine digits a line", repeat(bytes, |_| dice.of(DIGITS, 9) + "\n")),
        (
            "near-miss cards",
            repeat(bytes, |_| {
                format!(
                    "4{} {} {} {}, ",
                    dice.of(DIGITS, 3),
                    dice.of(DIGITS, 4),
                    dice.of(DIGITS, 4),
                    dice.of(DIGITS, 4)
                )
            }),
        ),
        ("card words and numbers", repeat(bytes, |_| format!("card 4{} ", dice.of(DIGITS, 15)))),
        ("1,2,3", repeat(bytes, |nth| format!("{},", nth % 1_000))),
        ("pw= repeated", repeat(bytes, |_| "pw=".into())),
        ("password repeated", repeat(bytes, |_| "password ".into())),
        ("password: words", repeat(bytes, |_| "password: is wrong\n".into())),
        ("password is repeated", repeat(bytes, |_| "password is ".into())),
        ("pw, repeated", repeat(bytes, |_| "pw,".into())),
        ("user/pass repeated", repeat(bytes, |_| "user/pass ".into())),
        ("secret(\" repeated", repeat(bytes, |_| "secret(\"".into())),
        ("key: repeated", repeat(bytes, |_| "key: ".into())),
        ("recovery codes repeated", repeat(bytes, |_| "recovery codes ".into())),
        ("keywords in pipes", repeat(bytes, |_| "password | ".into())),
        ("table of keywords", repeat(bytes, |_| "password | password |\n".into())),
        ("keyword lines with a comma", repeat(bytes, |_| "password,\n".into())),
        ("header and keyword lines", repeat(bytes, |_| "user,password\n".into())),
        ("JSON passwords", repeat(bytes, |_| "\"password\":\"x\",".into())),
        ("a keyword a line", repeat(bytes, |_| "password\n".into())),
        ("keywords without blanks", repeat(bytes, |_| "password".into())),
        ("keywords and hyphens", repeat(bytes, |_| "password-token-secret-".into())),
        ("names and keywords", repeat(bytes, |_| "my password for the portal of the team ".into())),
        ("runs of @", repeat(bytes, |_| "@".into())),
        ("a@a.", repeat(bytes, |_| "a@a.".into())),
        ("base64 in lines", repeat(bytes, |_| dice.of(BASE64, 76) + "\n")),
        ("base64 in one line", dice.of(BASE64, bytes)),
        ("hex words", repeat(bytes, |_| dice.of("0123456789abcdef", 40) + " ")),
        ("capitals and digits", repeat(bytes, |_| dice.of("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 9) + " ")),
        ("one letter, no spaces", repeat(bytes, |_| "a".into())),
        ("table pipes", repeat(bytes, |_| "| a | 12 | b |".into())),
        ("only pipes", repeat(bytes, |_| "|".into())),
        ("anchors repeated", repeat(bytes, |_| dice.pick(&anchors).into())),
        ("anchors in words", repeat(bytes, |_| format!("{} ", dice.pick(&anchors)))),
        ("begin repeated", repeat(bytes, |_| "-----BEGIN PRIVATE KEY-----\n".into())),
        ("Cyrillic", repeat(bytes, |_| "пароль от карты и слово ".into())),
        ("Japanese", repeat(bytes, |_| "私のパスワードとカードは".into())),
        ("zero-width", repeat(bytes, |_| "1\u{200b}2\u{200b} ".into())),
        ("marks", repeat(bytes, |_| "[password · QKDAM7AX] ".into())),
    ]
}

/// Rules of the kinds that are shipped, with prefixes, lengths and words that are made up.
pub(crate) fn rules(count: usize) -> String {
    let mut dice = Dice(7);
    let letters = "abcdefghijklmnopqrstuvwxyz";
    (0..count).map(|nth| rule(nth, &mut dice, letters)).collect()
}

fn rule(nth: usize, dice: &mut Dice, letters: &str) -> String {
    let word = dice.of(letters, 6);
    match nth % 5 {
        0..=2 => {
            let prefix = dice.of(letters, 4);
            format!(
                "[[rule]]\nid = \"token-{nth}\"\nclass = \"secret\"\nkind = \"regex\"\npattern = '{prefix}_[A-Za-z0-9]{{32}}'\n\
                 score = {{ base = 90 }}\n{}\n",
                examples(&format!("{prefix}_{}", "a1B2".repeat(8)))
            )
        }
        3 => {
            let length = 8 + dice.below(5);
            let first = dice.below(9) + 1;
            format!(
                "[[rule]]\nid = \"number-{nth}\"\nclass = \"national_id\"\nkind = \"digits\"\nlengths = [{length}]\n\
                 prefixes = [{{ from = \"{first}\" }}]\ncontext = {{ near = [\"{word}\", \"{word} number\"], required = true }}\n\
                 score = {{ base = 40, near = 30 }}\n{}\n",
                examples(&format!("{word} {first}{}", "1".repeat(length - 1)))
            )
        }
        _ => {
            let letter = dice.of(&letters.to_uppercase(), 1);
            format!(
                "[[rule]]\nid = \"shape-{nth}\"\nclass = \"passport\"\nkind = \"token\"\nshapes = [\"{letter}{}\"]\n\
                 context = {{ near = [\"{word}\"] }}\nscore = {{ base = 20, near = 40 }}\n{}\n",
                "9".repeat(6 + nth % 4),
                examples(&format!("{word} {letter}{}", "1".repeat(6 + nth % 4)))
            )
        }
    }
}

fn examples(text: &str) -> String {
    format!("test = [{{ text = \"{text}\", find = [\"{text}\"] }}, {{ text = \"no\", find = [] }}]\n")
}
