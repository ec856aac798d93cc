//! One support mail: header, text, attachments, and the truth about what was planted in it.

use super::files::{self, Kind};
use super::pii::{self, wrapped};
use super::prose::{self, CLOSING, FIRST, LAST, OPENING, paragraphs};
use super::rng::Rng;
use super::{Decoy, Pii, Truth, TruthFile};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const DOMAINS: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "students.example.edu",
    "uni.example.edu",
    "firma.example.de",
    "boutique.example.fr",
    "shop.example.co.uk",
];
const QUEUES: &[&str] =
    &["support@desk.example.test", "billing@desk.example.test", "help@desk.example.test", "it@desk.example.test"];
/// The name under which the mailbox's own server writes Authentication-Results.
pub(crate) const AUTHSERV_ID: &str = "mx.desk.example.test";

/// What one mailbox is made with.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    pub(crate) messages: usize,
    pub(crate) attachments: bool,
    pub(crate) pii_share: f64,
    /// `Date` of the first mail, seconds since 1970; each next one is 37 s later.
    pub(crate) start: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Alternative,
    Html,
}

impl Style {
    fn name(self) -> &'static str {
        match self {
            Style::Plain => "plain",
            Style::Alternative => "alt",
            Style::Html => "html",
        }
    }
}

struct Attached {
    kind: Kind,
    size: usize,
    lines: Vec<String>,
}

/// Message number `i`. `ids` are the Message-IDs so far.
pub(crate) fn message(rng: &mut Rng, i: usize, mix: &Mix, ids: &mut Vec<String>) -> (Vec<u8>, Truth) {
    let name = format!("{} {}", rng.pick(FIRST), rng.pick(LAST));
    let k = rng.below((mix.messages / 4).max(8));
    let domain = DOMAINS[k % DOMAINS.len()];
    let sender = format!("user{k:05}@{domain}");
    let to = rng.pick(QUEUES);
    let id = format!("<{}.{i}@{domain}>", rng.hex(12));
    let subject = prose::subject(rng);
    let date = rfc5322_date(mix.start + 37 * i as i64);
    let auto = rng.chance(0.03);
    let reply = !ids.is_empty() && rng.chance(0.3);

    let length = rng.lognormal(7.7, 0.8).min(60_000.0) as usize;
    let mut body = vec![rng.pick(OPENING).to_string()];
    body.extend(paragraphs(rng, length));
    body.push(format!("{}\n{name}\n{} | {sender}", rng.pick(CLOSING), prose::phone(rng)));
    let quoted_length = rng.lognormal(7.6, 0.6).min(40_000.0) as usize;
    let mut quoted = if reply { paragraphs(rng, quoted_length) } else { Vec::new() };
    let mut attached = attachments(rng, mix);
    let style = rng.weighted(&[(Style::Plain, 38), (Style::Alternative, 50), (Style::Html, 12)]);

    let planted = plant(rng, mix, style, &mut body, &mut quoted, &mut attached);
    let mut decoys = Vec::new();
    if planted.is_empty() && rng.chance(0.25) {
        let (kind, value, line) = pii::decoy(rng);
        body.insert(rng.between(1, body.len()), line);
        decoys.push(Decoy { kind: kind.into(), value });
    }

    let charset = rng.weighted(&[("utf-8", 80), ("iso-8859-1", 8), ("windows-1252", 12)]);
    let plain = plain_text(&body, &quoted, &date);
    let html = html_text(&body, &quoted, charset);
    let mut root = match style {
        Style::Plain => leaf(rng, &plain, "text/plain", charset),
        Style::Html => leaf(rng, &html, "text/html", charset),
        Style::Alternative => {
            let parts = [leaf(rng, &plain, "text/plain", charset), leaf(rng, &html, "text/html", charset)];
            multipart(rng, "alternative", &parts)
        }
    };
    let mut names = Vec::new();
    if !attached.is_empty() {
        let mut parts = vec![root];
        for one in &attached {
            let (part, name) = attachment_part(rng, i, one);
            parts.push(part);
            names.push(TruthFile { kind: one.kind.extension().into(), name });
        }
        root = multipart(rng, "mixed", &parts);
    }
    if rng.chance(0.03) {
        let note = leaf(rng, "See the forwarded message.\n", "text/plain", charset);
        let mut inner = format!(
            "Content-Type: message/rfc822\nContent-Disposition: attachment\n\nFrom: a@example.com\nTo: b@example.com\n\
             Subject: forwarded\nDate: {date}\nMIME-Version: 1.0\n"
        )
        .into_bytes();
        inner.extend_from_slice(&root);
        root = multipart(rng, "mixed", &[note, inner]);
    }

    let mut raw = trace_fields(rng, &sender, to, &date);
    let from = if name.is_ascii() { format!("\"{name}\" <{sender}>") } else { format!("{} <{sender}>", word(&name)) };
    let shown = if subject.is_ascii() { subject } else { word(&subject) };
    raw.push_str(&format!("From: {from}\nTo: {to}\nSubject: {shown}\nDate: {date}\nMessage-ID: {id}\n"));
    if reply {
        let recent = &ids[ids.len().saturating_sub(200)..];
        let parent = &recent[rng.below(recent.len())];
        raw.push_str(&format!("In-Reply-To: {parent}\nReferences: {parent}\n"));
    }
    if auto {
        raw.push_str(rng.pick(&[
            "Auto-Submitted: auto-replied\n",
            "Precedence: bulk\n",
            "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
        ]));
    }
    raw.push_str("MIME-Version: 1.0\n");
    let mut raw = raw.into_bytes();
    raw.extend_from_slice(&root);
    ids.push(id.clone());
    let truth = Truth {
        id: i,
        file: format!("{i:06}.eml"),
        bytes: raw.len(),
        message_id: id.trim_matches(['<', '>']).into(),
        from: sender,
        to: to.into(),
        style: style.name().into(),
        charset: charset.into(),
        attachments: names,
        reply,
        auto,
        reply_due: !auto,
        copy_of: None,
        pii: planted,
        decoys,
    };
    (raw, truth)
}

fn attachments(rng: &mut Rng, mix: &Mix) -> Vec<Attached> {
    let mut out = Vec::new();
    if mix.attachments && rng.chance(0.35) {
        let count = if rng.chance(0.8) { 1 } else { rng.between(2, 4) };
        for _ in 0..count {
            let kind = rng.weighted(&[
                (Kind::Png, 32),
                (Kind::Pdf, 27),
                (Kind::Docx, 12),
                (Kind::Xlsx, 9),
                (Kind::Zip, 5),
                (Kind::Csv, 9),
                (Kind::Txt, 6),
            ]);
            let size = rng.lognormal(10.55, 1.4).clamp(1500.0, 4_500_000.0) as usize;
            out.push(Attached { kind, size, lines: Vec::new() });
        }
        if rng.chance(0.012) {
            out[0].kind = rng.pick(&[Kind::Png, Kind::Pdf, Kind::Zip]);
            out[0].size = 5_000_000;
        }
    }
    out
}

/// Puts values into the body, the quoted text or an attachment, and says which and where.
fn plant(
    rng: &mut Rng,
    mix: &Mix,
    style: Style,
    body: &mut Vec<String>,
    quoted: &mut Vec<String>,
    attached: &mut [Attached],
) -> Vec<Pii> {
    let mut out = Vec::new();
    if !rng.chance(mix.pii_share) {
        return out;
    }
    let readable: Vec<usize> = (0..attached.len()).filter(|&n| attached[n].kind != Kind::Png).collect();
    for _ in 0..rng.weighted(&[(1, 75), (2, 20), (5, 5)]) {
        let p = pii::planted(rng);
        let quoted_weight = if quoted.is_empty() { 0 } else { 2 };
        let spot = rng.below(5 + quoted_weight + 3 * readable.len());
        let (place, value) = if spot < 5 {
            body.insert(rng.between(1, body.len()), p.line);
            (format!("body/{}", style.name()), p.value)
        } else if spot < 5 + quoted_weight {
            let at = rng.below(quoted.len() + 1);
            quoted.insert(at, p.line);
            (format!("quoted/{}", style.name()), p.value)
        } else {
            let one = &mut attached[readable[(spot - 5 - quoted_weight) / 3]];
            one.lines.push(p.line);
            let table = matches!(one.kind, Kind::Csv | Kind::Xlsx | Kind::Zip);
            let value = if table { p.value.replace(',', ";") } else { p.value };
            (format!("attachment/{}", one.kind.extension()), value)
        };
        out.push(Pii { kind: p.kind.into(), value, place });
    }
    out
}

fn plain_text(body: &[String], quoted: &[String], date: &str) -> String {
    let mut out = body.join("\n\n") + "\n";
    if !quoted.is_empty() {
        out.push_str(&format!("\nOn {date}, Support wrote:\n"));
        for paragraph in quoted {
            for line in paragraph.split('\n') {
                out.push_str(&format!("> {line}\n"));
            }
            out.push_str("> \n");
        }
        out.push('\n');
    }
    out
}

fn html_text(body: &[String], quoted: &[String], charset: &str) -> String {
    let escaped = |p: &String| {
        p.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\n', "<br>\n")
    };
    let mut out = format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset={charset}\"><style>p.MsoNormal {{margin:0cm;\
         font-size:11.0pt;font-family:\"Calibri\",sans-serif;}} a:link {{color:#0563C1;text-decoration:underline;}}</style></head>\
         <body lang=\"EN-GB\" link=\"#0563C1\"><div class=\"WordSection1\">\n"
    );
    for paragraph in body {
        out.push_str(&format!(
            "<p class=\"MsoNormal\"><span style=\"color:#1F497D\">{}</span></p>\n",
            escaped(paragraph)
        ));
    }
    if !quoted.is_empty() {
        out.push_str("<blockquote style=\"border-left:1px solid #ccc\">\n");
        for paragraph in quoted {
            out.push_str(&format!("<p>{}</p>\n", escaped(paragraph)));
        }
        out.push_str("</blockquote>\n");
    }
    out.push_str("</div></body></html>\n");
    out
}

/// `text` in `charset`; what it cannot hold becomes `?`.
pub(crate) fn encode(text: &str, charset: &str) -> Vec<u8> {
    if charset == "utf-8" {
        return text.as_bytes().to_vec();
    }
    text.chars()
        .map(|c| match c {
            '–' if charset == "windows-1252" => 0x96,
            '’' if charset == "windows-1252" => 0x92,
            '€' if charset == "windows-1252" => 0x80,
            c => u8::try_from(u32::from(c)).unwrap_or(b'?'),
        })
        .collect()
}

fn leaf(rng: &mut Rng, text: &str, media_type: &str, charset: &str) -> Vec<u8> {
    let data = encode(text, charset);
    let mut encoding = rng.weighted(&[("8bit", 25), ("quoted-printable", 50), ("base64", 25)]);
    if encoding == "8bit" && data.split(|b| *b == b'\n').any(|line| line.len() > 990) {
        encoding = "quoted-printable";
    }
    let mut out = format!("Content-Type: {media_type}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n")
        .into_bytes();
    match encoding {
        "8bit" => out.extend_from_slice(&data),
        "base64" => out.extend_from_slice(&base64_lines(&data)),
        _ => out.extend_from_slice(&quoted_printable(&data)),
    }
    out
}

fn base64_lines(data: &[u8]) -> Vec<u8> {
    (wrapped(&STANDARD.encode(data), 76).join("\n") + "\n").into_bytes()
}

/// Quoted-printable (RFC 2045, 6.7), lines of at most 76.
fn quoted_printable(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + data.len() / 8);
    for (n, line) in data.split(|b| *b == b'\n').enumerate() {
        if n > 0 {
            out.push(b'\n');
        }
        let mut width = 0;
        for (i, &b) in line.iter().enumerate() {
            let at_end = i + 1 == line.len() && (b == b' ' || b == b'\t');
            let plain = (b' '..=b'~').contains(&b) && b != b'=' && !at_end;
            let needs = if plain { 1 } else { 3 };
            if width + needs > 75 {
                out.extend_from_slice(b"=\n");
                width = 0;
            }
            if plain {
                out.push(b);
            } else {
                out.extend_from_slice(format!("={b:02X}").as_bytes());
            }
            width += needs;
        }
    }
    out
}

fn multipart(rng: &mut Rng, subtype: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let boundary = format!("=_{}", rng.hex(24));
    let mut out = format!(
        "Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\n\nThis is a multi-part message in MIME format.\n"
    )
    .into_bytes();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\n").as_bytes());
        out.extend_from_slice(part);
        if !part.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    out.extend_from_slice(format!("--{boundary}--\n").as_bytes());
    out
}

fn attachment_part(rng: &mut Rng, i: usize, one: &Attached) -> (Vec<u8>, String) {
    let text = matches!(one.kind, Kind::Txt | Kind::Csv);
    let size = if text { one.size } else { one.size / 4 * 3 };
    let data = files::make(rng, one.kind, size, &one.lines);
    let stem = rng.pick(&["scan", "Übersicht", "invoice", "screenshot", "list of students", "contract"]);
    let name = format!("{stem}-{i}.{}", one.kind.extension());
    let disposition = if name.is_ascii() {
        format!("attachment; filename=\"{name}\"")
    } else {
        format!("attachment; filename*=utf-8''{}", name.replace('Ü', "%C3%9C").replace(' ', "%20"))
    };
    let short_lines = data.split(|b| *b == b'\n').all(|line| line.len() < 990);
    let plain = one.kind == Kind::Txt && rng.chance(0.3) && short_lines;
    let mut out = format!(
        "Content-Type: {}\nContent-Disposition: {disposition}\nContent-Transfer-Encoding: {}\n\n",
        one.kind.media_type(),
        if plain { "8bit" } else { "base64" }
    )
    .into_bytes();
    out.extend_from_slice(&if plain { data } else { base64_lines(&data) });
    (out, name)
}

/// What servers on the way wrote.
fn trace_fields(rng: &mut Rng, sender: &str, to: &str, date: &str) -> String {
    let domain = sender.split('@').nth(1).unwrap_or_default();
    let mut out = format!("Return-Path: <{sender}>\nDelivered-To: {to}\n");
    if rng.chance(0.8) {
        out.push_str(&format!(
            "Authentication-Results: {AUTHSERV_ID}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender};\n\tdmarc=pass header.from={domain}\n"
        ));
    }
    for h in 0..rng.between(2, 6) {
        out.push_str(&format!(
            "Received: from mx{h}.example.net (mx{h}.example.net [192.0.2.{}])\n\tby mx{}.desk.example.test (Postfix) with ESMTPS id {}\n\
             \tfor <{to}>; {date}\n",
            rng.between(1, 255),
            h + 1,
            rng.hex(10).to_uppercase(),
        ));
    }
    if rng.chance(0.8) {
        let signature = wrapped(&STANDARD.encode(rng.bytes(256)), 70).join("\n\t ");
        let hash = STANDARD.encode(rng.bytes(32));
        out.push_str(&format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\n\th=from:to:subject:date:message-id; bh={hash};\n\
             \tb={signature}\n"
        ));
    }
    if rng.chance(0.4) {
        let noise: Vec<_> = (0..rng.between(4, 24)).map(|_| rng.hex(70)).collect();
        out.push_str(&format!(
            "X-MS-Exchange-Organization-AuthAs: Anonymous\nX-MS-Exchange-CrossTenant-Id: {}\nX-Microsoft-Antispam-Message-Info: {}\n",
            rng.hex(32),
            noise.join("\n ")
        ));
    }
    out
}

/// An encoded word (RFC 2047) or several, each of at most 45 bytes of text.
fn word(text: &str) -> String {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|w| w.len() + c.len_utf8() > 45) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.push(c);
        }
    }
    let encoded: Vec<_> = words.iter().map(|w| format!("=?utf-8?b?{}?=", STANDARD.encode(w))).collect();
    encoded.join("\n ")
}

/// A date of RFC 5322 in UTC.
pub(crate) fn rfc5322_date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days.rem_euclid(7) as usize];
    let (year, month, day) = civil(days);
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1];
    format!("{weekday}, {day:02} {month} {year} {:02}:{:02}:{:02} +0000", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's algorithm).
fn civil(days: i64) -> (i64, usize, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month as usize, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_772_000_000, "Wed, 25 Feb 2026 06:13:20 +0000"),
        ] {
            assert_eq!(rfc5322_date(seconds), date);
        }
    }

    #[test]
    fn quoted_printable_of_edges() {
        for (data, encoded) in [("a b", "a b"), ("é=", "=C3=A9=3D"), ("end \nx", "end=20\nx")] {
            assert_eq!(quoted_printable(data.as_bytes()), encoded.as_bytes(), "{data}");
        }
        let long = quoted_printable(&[b'x'; 200]);
        assert!(long.split(|b| *b == b'\n').all(|line| line.len() <= 76));
    }

    #[test]
    fn charsets() {
        assert_eq!(encode("é–Ł", "iso-8859-1"), [0xe9, b'?', b'?']);
        assert_eq!(encode("é–Ł", "windows-1252"), [0xe9, 0x96, b'?']);
    }

    #[test]
    fn long_names_fold_into_several_words() {
        let folded = word(&"Müller-".repeat(20));
        assert!(folded.lines().all(|l| l.len() <= 76) && folded.lines().count() > 2);
    }
}
