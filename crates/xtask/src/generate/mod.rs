//! The seeded mailbox generator: support mail with planted personal data and the truth about it. Tests and benches need
//! mailboxes of any size whose right answer is known; the same arguments give the same bytes.

pub(crate) mod checksum;
mod files;
pub(crate) mod mail;
pub(crate) mod pii;
mod prose;
pub(crate) mod rng;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Write a seeded mailbox as a Maildir, and truth.json beside it.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Args {
    /// How many messages, copies not counted.
    #[arg(long, default_value_t = 1000)]
    pub(crate) messages: usize,
    /// Seed: the same arguments give the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Directory to make: DIR/maildir/{cur,new,tmp} and DIR/truth.json.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// How many byte-identical copies of early messages to add at the end.
    #[arg(long, default_value_t = 0)]
    pub(crate) copies: usize,
    /// Share of messages with planted personal data, 0 to 1.
    #[arg(long, default_value_t = 0.15)]
    pub(crate) pii_share: f64,
    /// Leave attachments out.
    #[arg(long)]
    pub(crate) no_attachments: bool,
    /// Lines end with CR LF, as on the wire.
    #[arg(long)]
    pub(crate) crlf: bool,
    /// Date of the first message in seconds since 1970.
    #[arg(long, default_value_t = 1_772_000_000)]
    pub(crate) start: i64,
}

/// truth.json.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) seed: u64,
    pub(crate) bytes: usize,
    pub(crate) messages: Vec<Truth>,
}

/// What is true of one message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Truth {
    pub(crate) id: usize,
    pub(crate) file: String,
    pub(crate) bytes: usize,
    /// Without angle brackets.
    pub(crate) message_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) style: String,
    pub(crate) charset: String,
    pub(crate) attachments: Vec<TruthFile>,
    pub(crate) reply: bool,
    pub(crate) auto: bool,
    /// Is an answer to be sent?
    pub(crate) reply_due: bool,
    /// The message this one is a byte-identical copy of.
    pub(crate) copy_of: Option<usize>,
    pub(crate) pii: Vec<Pii>,
    pub(crate) decoys: Vec<Decoy>,
}

/// An attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TruthFile {
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// A planted value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pii {
    pub(crate) kind: String,
    /// As written; of a private key its first line of base64.
    pub(crate) value: String,
    /// `body/STYLE`, `quoted/STYLE` or `attachment/KIND`.
    pub(crate) place: String,
}

/// A look-alike that must pass.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decoy {
    pub(crate) kind: String,
    pub(crate) value: String,
}

/// Writes the mailbox; answers its truth.
pub(crate) fn run(args: &Args) -> Result<Mailbox> {
    if args.messages > 1_000_000 || args.copies > args.messages {
        bail!("at most 1,000,000 messages, and at most as many copies as messages");
    }
    let folder = args.out.join("maildir");
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(folder.join(sub)).with_context(|| format!("cannot make {}", folder.join(sub).display()))?;
    }
    let mix = mail::Mix {
        messages: args.messages,
        attachments: !args.no_attachments,
        pii_share: args.pii_share,
        start: args.start,
    };
    let mut rng = rng::Rng::new(args.seed);
    let (mut ids, mut messages) = (Vec::new(), Vec::new());
    for i in 0..args.messages {
        let (raw, mut truth) = mail::message(&mut rng, i, &mix, &mut ids);
        let raw = if args.crlf { crlf(&raw) } else { raw };
        truth.bytes = raw.len();
        write(&folder, &truth.file, &raw)?;
        messages.push(truth);
    }
    for copy in 0..args.copies {
        let original = copy * args.messages / args.copies;
        let mut truth = messages[original].clone();
        let raw = fs::read(folder.join("new").join(&truth.file)).context("cannot read a message back")?;
        truth.id = args.messages + copy;
        truth.file = format!("{:06}.eml", truth.id);
        truth.copy_of = Some(original);
        truth.reply_due = false;
        write(&folder, &truth.file, &raw)?;
        messages.push(truth);
    }
    let mailbox = Mailbox { seed: args.seed, bytes: messages.iter().map(|m| m.bytes).sum(), messages };
    fs::write(args.out.join("truth.json"), serde_json::to_vec(&mailbox)?).context("cannot write truth.json")?;
    Ok(mailbox)
}

fn write(folder: &Path, name: &str, raw: &[u8]) -> Result<()> {
    fs::write(folder.join("new").join(name), raw).with_context(|| format!("cannot write {name}"))
}

fn crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 40);
    let mut last = 0;
    for &b in raw {
        if b == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(b);
        last = b;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(seed: u64, crlf: bool) -> (tempfile::TempDir, Mailbox) {
        let dir = tempfile::tempdir().expect("temporary directory");
        let args = Args {
            messages: 120,
            seed,
            out: dir.path().into(),
            copies: 5,
            pii_share: 0.5,
            no_attachments: false,
            crlf,
            start: 1_772_000_000,
        };
        let mailbox = run(&args).expect("generated");
        (dir, mailbox)
    }

    fn files(dir: &tempfile::TempDir) -> Vec<(String, Vec<u8>)> {
        let mut out: Vec<_> = fs::read_dir(dir.path().join("maildir/new"))
            .expect("folder")
            .map(|e| e.expect("entry").path())
            .map(|p| (p.file_name().expect("name").to_string_lossy().into_owned(), fs::read(&p).expect("readable")))
            .collect();
        out.sort();
        out
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes() {
        let ((a, _x), (b, _y), (c, _z)) = (make(3, false), make(3, false), make(4, false));
        assert_eq!(files(&a), files(&b));
        assert_eq!(fs::read(a.path().join("truth.json")).unwrap(), fs::read(b.path().join("truth.json")).unwrap());
        assert_ne!(files(&a), files(&c));
    }

    #[test]
    fn copies_are_byte_identical_and_get_no_reply() {
        let (dir, mailbox) = make(5, false);
        let files = files(&dir);
        let copies: Vec<_> = mailbox.messages.iter().filter(|m| m.copy_of.is_some()).collect();
        assert_eq!((files.len(), copies.len()), (125, 5));
        for m in copies {
            assert_eq!(files[m.id].1, files[m.copy_of.unwrap()].1);
            assert!(!m.reply_due);
        }
    }

    #[test]
    fn values_planted_in_plain_bodies_stand_there() {
        let (dir, mailbox) = make(6, false);
        let mut seen = 0;
        for (m, (_, raw)) in mailbox.messages.iter().zip(files(&dir)) {
            let text = String::from_utf8_lossy(&raw).replace("=\n", "");
            for p in m.pii.iter().filter(|p| p.place == "body/plain" && text.contains("Encoding: 8bit")) {
                if m.attachments.is_empty() {
                    assert!(text.contains(&p.value), "{} {}", m.file, p.kind);
                    seen += 1;
                }
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn wire_line_ends() {
        let (dir, _) = make(7, true);
        for (name, raw) in files(&dir) {
            assert!(raw.iter().zip(raw.iter().skip(1)).all(|(a, b)| *b != b'\n' || *a == b'\r'), "{name}");
        }
        assert_eq!(crlf(b"a\r\nb\n"), b"a\r\nb\r\n");
    }
}
