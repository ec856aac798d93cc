//! IBAN (ISO 13616-1): country, its length and structure, and the check digits (ISO 7064 mod 97-10).

use super::bban;

/// Country and structure of the BBAN as in the registry of SWIFT (release 99): `n` digits, `a` letters, `c` either.
const REGISTRY: &[(&str, &str)] = &[
    ("AD", "n8c12"),
    ("AE", "n19"),
    ("AL", "n8c16"),
    ("AT", "n16"),
    ("AZ", "a4c20"),
    ("BA", "n16"),
    ("BE", "n12"),
    ("BG", "a4n6c8"),
    ("BH", "a4c14"),
    ("BI", "n23"),
    ("BR", "n23a1c1"),
    ("BY", "c4n4c16"),
    ("CH", "n5c12"),
    ("CR", "n18"),
    ("CY", "n8c16"),
    ("CZ", "n20"),
    ("DE", "n18"),
    ("DJ", "n23"),
    ("DK", "n14"),
    ("DO", "c4n20"),
    ("EE", "n16"),
    ("EG", "n25"),
    ("ES", "n20"),
    ("FI", "n14"),
    ("FK", "a2n12"),
    ("FO", "n14"),
    ("FR", "n10c11n2"),
    ("GB", "a4n14"),
    ("GE", "a2n16"),
    ("GI", "a4c15"),
    ("GL", "n14"),
    ("GR", "n7c16"),
    ("GT", "c4c20"),
    ("HN", "a4n20"),
    ("HR", "n17"),
    ("HU", "n24"),
    ("IE", "a4n14"),
    ("IL", "n19"),
    ("IQ", "a4n15"),
    ("IS", "n22"),
    ("IT", "a1n10c12"),
    ("JO", "a4n4c18"),
    ("KW", "a4c22"),
    ("KZ", "n3c13"),
    ("LB", "n4c20"),
    ("LC", "a4c24"),
    ("LI", "n5c12"),
    ("LT", "n16"),
    ("LU", "n3c13"),
    ("LV", "a4c13"),
    ("LY", "n21"),
    ("MC", "n10c11n2"),
    ("MD", "c2c18"),
    ("ME", "n18"),
    ("MK", "n3c10n2"),
    ("MN", "n16"),
    ("MR", "n23"),
    ("MT", "a4n5c18"),
    ("MU", "a4n19a3"),
    ("NI", "a4n20"),
    ("NL", "a4n10"),
    ("NO", "n11"),
    ("OM", "n3c16"),
    ("PK", "a4c16"),
    ("PL", "n24"),
    ("PS", "a4c21"),
    ("PT", "n21"),
    ("QA", "a4c21"),
    ("RO", "a4c16"),
    ("RS", "n18"),
    ("RU", "n14c15"),
    ("SA", "n2c18"),
    ("SC", "a4n20a3"),
    ("SD", "n14"),
    ("SE", "n20"),
    ("SI", "n15"),
    ("SK", "n20"),
    ("SM", "a1n10c12"),
    ("SO", "n19"),
    ("ST", "n21"),
    ("SV", "a4n20"),
    ("TL", "n19"),
    ("TN", "n20"),
    ("TR", "n6c16"),
    ("UA", "n6c19"),
    ("VA", "n18"),
    ("VG", "a4n16"),
    ("XK", "n16"),
    ("YE", "a4n4c18"),
];

fn structure(canonical: &str) -> Option<&'static str> {
    let country = canonical.get(..2)?;
    let at = REGISTRY.binary_search_by(|(c, _)| (*c).cmp(country)).ok()?;
    REGISTRY.get(at).map(|(_, structure)| *structure)
}

/// The class letter and count of each field of a structure.
fn fields(structure: &str) -> Vec<(char, usize)> {
    let mut fields: Vec<(char, usize)> = Vec::new();
    for c in structure.chars() {
        match (c.to_digit(10), fields.last_mut()) {
            (Some(d), Some(last)) => last.1 = last.1 * 10 + d as usize,
            _ => fields.push((c, 0)),
        }
    }
    fields
}

/// Characters of an IBAN of the country that `canonical` begins with.
pub(super) fn length(canonical: &str) -> Option<usize> {
    structure(canonical).map(|s| 4 + fields(s).iter().map(|(_, n)| n).sum::<usize>())
}

/// Structure, check digits, and the check within the national part where there is one.
pub(super) fn check(canonical: &str) -> bool {
    is_sound(canonical) && is_sound_within(canonical)
}

/// Right outside, wrong within: numbers that were made up for tests, or typed wrong with luck.
pub(super) fn is_outside_only(canonical: &str) -> bool {
    is_sound(canonical) && !is_sound_within(canonical)
}

fn is_sound(canonical: &str) -> bool {
    structure(canonical).is_some_and(|s| fits(canonical, s)) && remainder(canonical) == Some(1)
}

fn is_sound_within(canonical: &str) -> bool {
    let parts = canonical.get(..2).zip(canonical.get(4..));
    parts.is_some_and(|(country, bban)| bban::check(country, bban))
}

fn fits(canonical: &str, structure: &str) -> bool {
    let mut chars = canonical.chars().skip(2);
    let mut take = |class: char, n: usize| {
        (0..n).all(|_| {
            chars.next().is_some_and(|c| match class {
                'n' => c.is_ascii_digit(),
                'a' => c.is_ascii_uppercase(),
                _ => c.is_ascii_digit() || c.is_ascii_uppercase(),
            })
        })
    };
    take('n', 2) && fields(structure).into_iter().all(|(class, n)| take(class, n)) && chars.next().is_none()
}

fn remainder(canonical: &str) -> Option<u32> {
    // 00, 01 and 99 are never computed as check digits, though they can satisfy the congruence.
    let (head, tail) = canonical.split_at_checked(4)?;
    if head.ends_with("00") || head.ends_with("01") || head.ends_with("99") {
        return None;
    }
    tail.chars().chain(head.chars()).try_fold(0, |rest, c| {
        let value = c.to_digit(36)?;
        Some((rest * if value > 9 { 100 } else { 10 } + value) % 97)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_is_sorted() {
        assert!(REGISTRY.is_sorted());
    }

    #[test]
    fn table() {
        let good = [
            "DE89370400440532013000",
            "GB82WEST12345698765432",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "NL91ABNA0417164300",
            "BR1800360305000010009795493C1",
        ];
        for iban in good {
            assert_eq!(length(iban), Some(iban.len()), "{iban}");
            assert!(check(iban), "{iban}");
        }
        let bad = [
            "DE89370400440532013001",
            "DE8937040044053201300",
            "XX89370400440532013000",
            "DE00123456789012345678",
            "DE",
            // Check digits are right, structure or length is not.
            "DE0537040044053201300A",
            "DE813704004405320130000",
            "DE5137040044053201300",
        ];
        for iban in bad {
            assert!(!check(iban) && !is_outside_only(iban), "{iban}");
        }
        // Belgium's own digits are 34.
        assert!(
            !check("BE05539007547035") && is_outside_only("BE41539007547035") && !is_outside_only("BE68539007547034")
        );
    }
}
