//! Pictures with values in them, made by programs of others, go through the daemon: letters, a QR code, and a PDF whose
//! rewritten form a second reader looks at.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::needles::Needles;
use crate::generate::checksum::{iban_check, luhn_digit};
use crate::process::{self, quiet};
use crate::servers::Lab;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use std::process::Command;

/// Bank and account of an IBAN that stands in no documentation: those are known as test values.
const BBAN: &str = "370400440641287953";
/// How a PNG begins in base64.
const PNG_CODED: &[u8] = b"iVBORw0KGgo";

pub(super) fn run(lab: &Lab) -> Result<String> {
    let mut card = "492917384650928".to_owned();
    card.push(luhn_digit(&card));
    let groups: Vec<&str> = (0..4).filter_map(|n| card.get(4 * n..4 * n + 4)).collect();
    let scratch = process::scratch("pictures")?;
    let pdf = scratch.path().join("card.pdf");
    std::fs::write(&pdf, page(&format!("My credit card is {}", groups.join(" "))))?;
    let letters = scratch.path().join("card");
    quiet(Command::new("pdftoppm").args(["-png", "-r", "150", "-singlefile"]).arg(&pdf).arg(&letters))?;
    let iban = format!("DE{}{BBAN}", iban_check("DE", BBAN));
    let code = scratch.path().join("code.png");
    quiet(
        Command::new("qrencode").arg("-o").arg(&code).arg(format!("BCD\n002\n1\nSCT\n\nAnn Smith\n{iban}\nEUR12.30")),
    )?;
    let account = lab.dovecot.account("pictures", '/')?;
    let files = [
        ("card.png", "image/png", letters.with_extension("png")),
        ("code.png", "image/png", code),
        ("card.pdf", "application/pdf", pdf),
    ];
    for (n, (name, media_type, path)) in files.iter().enumerate() {
        account.deliver(&format!("{}.picture", 1_000_000_000 + n), mail(n, name, media_type, path)?.as_bytes())?;
    }
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::None)?;
    let helpers = "\n[helpers]\ntesseract = \"/usr/bin/tesseract\"\npdftotext = \"/usr/bin/pdftotext\"\n";
    home.write_config(&(home.read_config()? + helpers))?;
    home.once()?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?;
    drop(daemon);
    ensure(messages(&tickets).count() == 3, || format!("{} messages of 3", messages(&tickets).count()))?;
    for message in messages(&tickets) {
        ensure(message["verdict"] == "redact", || format!("a value was not seen: {message}\n{}", home.log_tail()))?;
        ensure(!message.to_string().contains("\"picture\""), || format!("a picture was not examined: {message}"))?;
    }
    let needles = Needles::new(&[("card".to_owned(), card), ("iban".to_owned(), iban)])?;
    let copies = account.mails("Lazaret/Clean")?;
    ensure(copies.len() == 3, || format!("{} clean copies of 3", copies.len()))?;
    for copy in copies {
        needles.absent("a clean copy", &copy)?;
        // No search finds what is painted: the picture itself must be gone.
        let holds_png = copy.windows(PNG_CODED.len()).any(|octets| octets == PNG_CODED);
        ensure(!holds_png, || "a clean copy holds a picture with a value".into())?;
    }
    Ok("a card as letters, an IBAN in a QR code, a PDF read twice".into())
}

fn mail(n: usize, name: &str, media_type: &str, path: &Path) -> Result<String> {
    let coded = STANDARD.encode(std::fs::read(path).with_context(|| path.display().to_string())?);
    let lines: Vec<String> =
        coded.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    Ok(format!(
        "Return-Path: <p{n}@example.com>\r\nFrom: Ann <p{n}@example.com>\r\nTo: support@desk.example.test\r\nSubject: a file\r\nDate: {}\r\n\
         Message-ID: <picture{n}@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: {media_type}; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        super::hostile::date(),
        lines.join("\r\n")
    ))
}

/// A page with one line of text.
fn page(text: &str) -> Vec<u8> {
    let content = format!("BT /F 18 Tf 20 40 Td ({text}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 420 90]>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let (mut out, mut places) = (b"%PDF-1.4\n".to_vec(), Vec::new());
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let start = out.len();
    out.extend(b"xref\n0 6\n0000000000 65535 f \n");
    out.extend(places.iter().flat_map(|at| format!("{at:010} 00000 n \n").into_bytes()));
    out.extend(format!("trailer\n<</Root 1 0 R/Size 6>>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}
