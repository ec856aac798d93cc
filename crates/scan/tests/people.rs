//! The count of people in tables, lists and blocks, in every form in which such lists come by mail.

mod common;

use lazaret_scan::{Class, Hints, People, Ruleset};

const NEEDS: [Class; 6] =
    [Class::DateOfBirth, Class::NationalId, Class::HealthId, Class::Address, Class::Phone, Class::Email];
const GIVEN: [&str; 12] =
    ["Mia", "Tim", "Anna", "Omar", "Priya", "Jonas", "Lena", "Pavel", "Noemi", "Kofi", "Yuki", "Sanjay"];
const SURNAMES: [&str; 12] = [
    "Chen",
    "Robinson",
    "Kowalski",
    "Haddad",
    "Sharma",
    "Lindqvist",
    "Vogt",
    "Novak",
    "Moreau",
    "Mensah",
    "Tanaka",
    "Iyer",
];

fn people(text: &str) -> Option<People> {
    let set: &Ruleset = &common::RULES;
    let scan = set.scan(text, &Hints::default());
    let matches: Vec<_> = scan.matches.iter().map(|m| (m.rule, m.span.clone())).collect();
    set.people(text, &matches, &NEEDS)
}

/// Name, date of birth, mail address of somebody.
fn person(nth: usize) -> (String, String, String) {
    let (given, surname) = (GIVEN[nth], SURNAMES[nth]);
    let mail = format!("{}.{}@example.org", given.to_lowercase(), surname.to_lowercase());
    (format!("{given} {surname}"), format!("{:02}/03/2009", nth + 1), mail)
}

fn rows(count: usize, row: impl Fn(&str, &str, &str) -> String) -> String {
    (0..count).map(person).map(|(name, born, mail)| row(&name, &born, &mail)).collect()
}

#[test]
fn people_are_counted_in_every_form() {
    type Form = (&'static str, &'static str, fn(&str, &str, &str) -> String, bool);
    let forms: [Form; 11] = [
        ("csv", "Name,Date of birth,E-mail\n", |n, b, m| format!("{n},{b},{m}\n"), true),
        ("semicolons", "\u{feff}\"Name\";\"Date of birth\"\r\n", |n, b, _| format!("\"{n}\";\"{b}\"\r\n"), true),
        ("tabs", "Date of birth\tName\n", |n, b, _| format!("{b}\t{n}\n"), true),
        ("html", "Name\tDate of birth\t\n", |n, b, _| format!("{n}\t{b}\t\n"), true),
        ("markdown", "| Name | Date of birth |\n|---|---|\n", |n, b, _| format!("| {n} | {b} |\n"), true),
        (
            "drawn",
            "+----+----+\n| Name | Date of birth |\n+----+----+\n",
            |n, b, _| format!("| {n} | {b} |\n+--+--+\n"),
            true,
        ),
        ("aligned", "Name              Date of birth\n", |n, b, _| format!("{n:18}{b}\n"), true),
        ("list", "Please add these:\n\n", |n, b, m| format!("- {n}, born {b}, {m}\n"), false),
        ("quoted", "> Name,Date of birth\n", |n, b, _| format!("> {n},{b}\n"), true),
        ("blocks", "", |n, b, m| format!("Name: {n}\nDate of birth: {b}\nE-mail: {m}\n\n"), true),
        ("ldif", "", |n, _, m| format!("dn: uid={m},o=x\ncn: {n}\nmail: {m}\n\n"), false),
    ];
    for (form, head, row, has_birth) in forms {
        for count in [3, 9, 10, 11] {
            let text = format!("Hello,\n\n{head}{}\nThanks\n", rows(count, row));
            let found = people(&text).unwrap_or_else(|| panic!("{form} {count}: none\n{text}"));
            assert_eq!(found.count as usize, count, "{form}\n{text}");
            assert!(!found.is_timetable, "{form}");
            assert_eq!(found.kinds.first().map(|(c, _)| *c), Some(Class::Person), "{form}");
            let born = found.kinds.iter().any(|(c, _)| *c == Class::DateOfBirth);
            assert!(born || !has_birth, "{form} {:?}", found.kinds);
        }
        assert_eq!(people(&format!("{head}{}", rows(2, row))), None, "{form}");
    }
}

#[test]
fn vcards_are_blocks() {
    let card =
        |n: &str, _: &str, m: &str| format!("BEGIN:VCARD\nVERSION:3.0\nFN:{n}\nEMAIL;TYPE=work:{m}\nEND:VCARD\n");
    assert_eq!(people(&rows(10, card)).map(|p| p.count), Some(10));
}

#[test]
fn one_person_twice_is_one() {
    let row = |n: &str, b: &str, _: &str| format!("{n},{b}\n{n},{b}\n");
    assert_eq!(people(&format!("Name,Date of birth\n{}", rows(5, row))).map(|p| p.count), Some(5));
}

#[test]
fn without_names_two_identifiers_make_a_record() {
    let row = |_: &str, b: &str, m: &str| format!("{m},{b}\n");
    assert_eq!(people(&format!("E-mail,Date of birth\n{}", rows(10, row))).map(|p| p.count), Some(10));
    let alone = |_: &str, _: &str, m: &str| format!("{m}\n");
    assert_eq!(people(&rows(10, alone)), None);
}

#[test]
fn correspondence_is_no_list() {
    let cases: [(&str, String); 8] = [
        (
            "quoted headers",
            rows(12, |n, _, m| format!("From: {n} <{m}>\nTo: Support <help@example.org>\nSent: Monday\n\nHi\n\n")),
        ),
        ("who wrote", rows(12, |n, _, m| format!("On Mon, 3 Mar 2025, {n} <{m}> wrote:\n> yes\n"))),
        ("copies", format!("Cc: {}", rows(12, |n, _, m| format!("{n} <{m}>,\n  ")))),
        ("copies without brackets", format!("To: {}", rows(12, |n, _, m| format!("{n} ({m}); ")))),
        (
            "signatures",
            rows(12, |n, _, m| {
                format!("Thanks!\nRegards\n{n}\nPhone: 0412 345 678\nE-mail: {m}\n\nsome text\nmore text\nand more\n\n")
            }),
        ),
        ("address book below a signature", format!("Bye\n-- \n{}", rows(12, |n, _, m| format!("{n}, {m}\n")))),
        ("names alone", rows(12, |n, _, _| format!("{n}\n"))),
        ("a header row", "Name,Date of birth,E-mail,Phone\n".to_owned()),
    ];
    for (what, text) in cases {
        assert_eq!(people(&text), None, "{what}\n{text}");
    }
}

#[test]
fn names_with_class_codes_are_a_timetable() {
    let rows = |count| rows(count, |n, _, _| format!("{n}\t7B\tMAT101\n"));
    let found = people(&format!("Name\tClass\tCourse\n{}", rows(10))).expect("ten");
    assert!(found.is_timetable);
    assert_eq!(found.count, 10);
    assert_eq!(people(&rows(9)), None);
}

#[test]
fn counts_are_told_to_two_digits() {
    for (count, about) in [(9, 9), (10, 10), (99, 99), (101, 100), (338, 340), (345, 350), (12_499, 12_000)] {
        assert_eq!(lazaret_scan::about(count), about, "{count}");
    }
}
