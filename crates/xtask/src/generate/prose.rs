//! Support prose: sentence patterns with varying words, numbers and references, so that text is as varied as mail's.

use super::checksum::luhn;
use super::rng::Rng;

pub(crate) const FIRST: &[&str] = &[
    "Olivia", "Liam", "Noah", "Emma", "Amelia", "Oliver", "Ava", "Ethan", "Sofia", "Lucas", "Mia", "Mateo", "Zoë",
    "Hugo", "Chloé", "Jürgen", "Léa", "Søren", "Björn", "Aisha", "Omar", "Priya", "Arjun", "Wei", "Mei", "Hiro",
    "Yuki", "Fatima", "Ahmed", "Grace", "Daniel", "Hannah", "Jack", "Ruby", "Isla", "Archie", "Freya", "Elena",
    "Marco", "Giulia", "Pedro", "Inês", "Kasia", "Piotr", "Anya", "Dmitri", "Thabo", "Naledi", "Kiri", "Tama", "Nora",
    "Finn",
];
pub(crate) const LAST: &[&str] = &[
    "Smith",
    "Jones",
    "Müller",
    "García",
    "Nguyen",
    "Patel",
    "Kowalski",
    "Rossi",
    "Dubois",
    "Johansson",
    "O'Brien",
    "Kim",
    "Singh",
    "Chen",
    "Brown",
    "Silva",
    "Novák",
    "Ivanova",
    "Andersen",
    "Haddad",
    "Okafor",
    "Tanaka",
    "Williams",
    "Taylor",
    "Davies",
    "Evans",
    "Walker",
    "Wright",
    "Thompson",
    "White",
    "Hughes",
    "Edwards",
    "Green",
    "Hall",
    "Lewis",
    "Clarke",
    "Young",
    "King",
    "Scott",
];
pub(crate) const NOUN: &[&str] = &[
    "invoice",
    "dashboard",
    "printer",
    "mailbox",
    "subscription",
    "laptop",
    "calendar",
    "export",
    "report",
    "portal",
    "licence",
    "network",
    "server",
    "account",
    "order",
    "shipment",
    "refund",
    "course",
    "timetable",
    "transcript",
    "enrolment",
    "receipt",
    "certificate",
    "backup",
    "database",
    "browser",
    "phone",
    "headset",
    "monitor",
    "keyboard",
    "form",
    "contract",
    "delivery",
    "payment",
    "login",
    "session",
    "token",
    "link",
    "page",
];
const VERB: &[&str] = &[
    "fails",
    "stops",
    "hangs",
    "crashes",
    "shows",
    "returns",
    "rejects",
    "ignores",
    "loses",
    "duplicates",
    "delays",
    "deletes",
    "reopens",
    "blocks",
    "corrupts",
    "expires",
    "changes",
    "breaks",
    "restarts",
    "updates",
];
const ADJECTIVE: &[&str] = &[
    "new",
    "old",
    "shared",
    "broken",
    "slow",
    "wrong",
    "missing",
    "recent",
    "weekly",
    "internal",
    "external",
    "temporary",
    "annual",
    "urgent",
    "important",
    "unexpected",
    "empty",
    "blank",
    "unknown",
    "second",
    "first",
    "last",
    "other",
];
pub(crate) const PARTICIPLE: &[&str] = &[
    "restored",
    "delivered",
    "opened",
    "fixed",
    "approved",
    "renewed",
    "cancelled",
    "checked",
    "found",
    "replaced",
    "corrected",
];
const DAY: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "weekend", "morning", "evening"];
pub(crate) const OPENING: &[&str] =
    &["Hello team,", "Hi,", "Dear support,", "Good morning,", "Hello,", "To whom it may concern,", "Hey folks,"];
pub(crate) const CLOSING: &[&str] = &[
    "Thanks in advance,",
    "Kind regards,",
    "Best,",
    "Many thanks,",
    "Regards,",
    "Cheers,",
    "Mit freundlichen Grüßen,",
    "Cordialement,",
];
const SUBJECT: &[&str] = &[
    "Cannot log in since the {day} update",
    "Invoice {n} is wrong",
    "Refund for order {n}",
    "Printer {n} offline",
    "Re: your ticket about {noun}",
    "Question about {noun}",
    "URGENT: {noun} is down",
    "Password reset does not arrive",
    "Change of address",
    "{noun} shows error {n}",
    "Delivery of {n} late",
    "Feature request: {noun}",
    "Enrolment list for {day}",
    "Fwd: {noun} again",
    "Zugang gesperrt – bitte prüfen",
    "Problème de facturation n° {n}",
    "Account locked after {n} attempts",
    "VPN drops every {day}",
    "Access to shared {noun}",
    "Export of {noun} fails",
];
const SENTENCE: &[&str] = &[
    "Since {day} the {adj} {noun} {verb} whenever I open the {noun}.",
    "I tried to restart the {noun} {n1} times but it still {verb} after about {n1} minutes.",
    "The message says: Error {n4}: the {noun} could not be {pp}, please contact your administrator.",
    "Our order number is {order} and the tracking number is {track}.",
    "Could you please check the {adj} {noun} and tell us when the {noun} will be {pp}?",
    "My colleague {first} had the same problem with the {noun} last {day}.",
    "I have attached the {noun} that you asked for, together with the {adj} {noun}.",
    "We need the {noun} before {day} because the {adj} {noun} depends on it.",
    "You can reach me at {phone} between 9:00 and 17:30 on {day}.",
    "The page https://portal.example.com/{noun}/{n4}?session={hex} only shows a {adj} {noun}.",
    "It worked before version {n1}.{n2}.{n1}, now the {noun} {verb} every time.",
    "Is there a way to see the {adj} {noun} without opening the {noun} first?",
    "On {date} at {n1}:{n2} the {noun} {verb} and nobody on our side had changed anything.",
    "The amount of ${n4}.{n2} was charged twice, the reference is {ref}.",
    "Please do not close this request until the {noun} is {pp}, we have waited {n2} days already.",
    "The log says {uuid} {noun}={n4} status={verb} duration={n4}ms.",
    "Following the steps in the manual, I opened the {noun} settings, chose the {adj} profile and pressed Save.",
    "If the {noun} can't be {pp}, we'd like a refund for the {adj} {noun}.",
    "Das {noun} geht seit {day} nicht mehr, bitte um schnelle Hilfe – wir brauchen es für die Prüfung.",
    "Depuis {day}, la page « {noun} » ne répond plus et l'équipe ne peut pas travailler.",
];

/// A number of `n` digits that fails the Luhn check.
pub(crate) fn bad_luhn(rng: &mut Rng, n: usize) -> String {
    loop {
        let number = format!("{}{}", rng.between(1, 10), rng.digits(n - 1));
        if luhn(&number) != 0 {
            return number;
        }
    }
}

/// A telephone number out of the ranges reserved for examples.
pub(crate) fn phone(rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => format!("+1 202-555-01{}", rng.digits(2)),
        1 => format!("(02) 5550 {}", rng.digits(4)),
        2 => format!("+44 1632 960{}", rng.digits(3)),
        _ => format!("+49 30 23125 {}", rng.digits(3)),
    }
}

/// `pattern` with every `{word}` drawn.
fn fill(rng: &mut Rng, pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 64);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match word {
            "day" => out.push_str(rng.pick(DAY)),
            "noun" => out.push_str(rng.pick(NOUN)),
            "adj" => out.push_str(rng.pick(ADJECTIVE)),
            "verb" => out.push_str(rng.pick(VERB)),
            "pp" => out.push_str(rng.pick(PARTICIPLE)),
            "first" => out.push_str(rng.pick(FIRST)),
            "n" => out.push_str(&rng.between(1000, 99999).to_string()),
            "n1" => out.push_str(&rng.between(2, 20).to_string()),
            "n2" => out.push_str(&rng.between(10, 60).to_string()),
            "n4" => out.push_str(&rng.between(1000, 9999).to_string()),
            "order" => out.push_str(&format!("SO-{}", rng.digits(8))),
            "track" => out.push_str(&format!("1Z{}", bad_luhn(rng, 16))),
            "phone" => out.push_str(&phone(rng)),
            "hex" => out.push_str(&rng.hex(16)),
            "ref" => out.push_str(&format!("INV-2026-{}", rng.digits(6))),
            "date" => out.push_str(&format!("2026-{:02}-{:02}", rng.between(1, 13), rng.between(1, 29))),
            "uuid" => {
                let (a, b, c, d) = (rng.hex(8), rng.hex(4), rng.hex(3), rng.hex(3));
                out.push_str(&format!("{a}-{b}-4{c}-a{d}-{}", rng.hex(12)));
            }
            _ => {}
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

pub(crate) fn subject(rng: &mut Rng) -> String {
    let pattern = rng.pick(SUBJECT);
    fill(rng, pattern)
}

/// Paragraphs of two to six sentences, together about `bytes` long.
pub(crate) fn paragraphs(rng: &mut Rng, bytes: usize) -> Vec<String> {
    let (mut out, mut have) = (Vec::new(), 0);
    while have < bytes {
        let sentences: Vec<_> = (0..rng.between(2, 7))
            .map(|_| {
                let pattern = rng.pick(SENTENCE);
                fill(rng, pattern)
            })
            .collect();
        let paragraph = sentences.join(" ");
        have += paragraph.len() + 2;
        out.push(paragraph);
    }
    out
}
