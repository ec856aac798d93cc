//! Private keys as they arrive in mail: several together, interrupted, cut off, quoted, on one line; and what is public.

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

#[test]
fn whatever_the_label_and_the_line_ends() {
    let labels = ["RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "ANY ", ""];
    let ends = ["\n", "\r\n", "\\n", "\n> ", "\n    ", "\n> > "];
    for label in labels {
        for end in ends {
            let block = format!(
                "-----BEGIN {label}PRIVATE KEY-----{end}{BODY}{end}{BODY}=={end}-----END {label}PRIVATE KEY-----"
            );
            let text = format!("key: \"{block}\"");
            assert_eq!(found(&text, 60), [("private-key".to_owned(), &*block)], "{label:?} {end:?}");
        }
    }
    let pgp =
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQOYBFq1w2e3\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----";
    assert_eq!(found(pgp, 60), [("private-key".to_owned(), pgp)]);
}

#[test]
fn a_cut_block_takes_its_body_with_it() {
    for lead in ["\n", "\n-- ", "\n> ", "\n* ", "\\n", "\n\n", " "] {
        for last in ["", "\n", "\n\nThanks\nMia"] {
            let key = format!("{BEGIN}{lead}{BODY}");
            let text = format!("my key\n{key}{last}");
            let all = found(&text, 60);
            assert!(all.iter().any(|(_, value)| value.contains(BODY)), "{lead:?} {last:?}: {all:?}");
        }
    }
}

#[test]
fn what_is_public_is_no_finding() {
    let labels = [
        "CERTIFICATE",
        "PUBLIC KEY",
        "RSA PUBLIC KEY",
        "PGP PUBLIC KEY BLOCK",
        "CERTIFICATE REQUEST",
        "PGP SIGNATURE",
        "X509 CRL",
        "DH PARAMETERS",
    ];
    for label in labels {
        let text = format!("-----BEGIN {label}-----\n{BODY}\n{BODY}\n-----END {label}-----");
        assert_eq!(found(&text, 30), [], "{label}");
    }
    let others = [
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC9Zk3LmN8pR2sT5vW7xY1aB4cD6eF0gHjK mia@host",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIq9Zk3LmN8pR2sT5vW7xY1aB4cD6eF0gHjK mia@host",
        "age1qpzry9x8gf2tvdw0s3jn54khce6mua7lqpzry9x8gf2tvdw0s3jn54khce",
        "PublicKey = q9Zk3LmN8pR2sT5vW7xY1aB4cD6eF0gHjKlM3n4o5p8=",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"q9Zk3LmN8pR2sT5vW7xY1aB4cD6eF0gHjKlM3n4o5p8\"}",
    ];
    for text in others {
        assert_eq!(found(text, 60), [], "{text}");
    }
}

#[test]
fn keys_without_a_frame() {
    let cases = [
        (
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAAC3Nz\nPrivate-Lines: 1\nAAAAIq9Zk3LmN8pR2sT5vW7xY1aB4cD6\nPrivate-MAC: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "putty-private-key",
        ),
        ("Private-Lines: 1\nAAAAIq9Zk3LmN8pR2sT5vW7xY1aB4cD6", "putty-private-lines"),
        ("$ANSIBLE_VAULT;1.1;AES256\n33363965326261303234623463623939\n6433", "ansible-vault"),
        ("kind: Secret\nmetadata:\n  name: db\ndata:\n  password: cGFzczEyMw==\n", "kubernetes-secret-data"),
    ];
    for (text, rule) in cases {
        let all = found(text, 60);
        assert!(all.iter().any(|(id, _)| id == rule), "{rule}: {all:?}");
    }
}
