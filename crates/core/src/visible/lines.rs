//! The lines of a plain text: which were written now, which are quoted, which sign.
//!
//! Every line gets a kind; then, from the top, the first place after which nothing new is written cuts the rest off. Where
//! somebody answers between the lines of a quotation, the quotation stays, since the answers say little without it.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Text,
    /// `> …`
    Quote,
    /// `On … wrote:`
    Attribution,
    /// `--`, `____`, `****`
    Delimiter,
    /// `-----Original Message-----`, `Begin forwarded message:`
    Separator,
    /// `From: …`, in a block that is the header of a mail.
    Header,
    /// `Sent from my …`
    Device,
}

/// The text without quotes and signature.
pub(super) fn reply(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\u{a0}', " ");
    let lines: Vec<&str> = text.lines().collect();
    let mut kinds = kinds(&lines);
    let bare = |l: &str| is_attribution(l.trim_start_matches(['>', ' ']).trim());
    if kinds.iter().all(|k| matches!(k, Kind::Quote | Kind::Blank)) && !lines.iter().any(|l| bare(l)) {
        // Nothing but a quotation, and nothing that says it is one: it is all there is.
        return text.trim().to_owned();
    }
    signature(&mut kinds);
    let kept = kept(&kinds);
    let body: Vec<&str> = lines.iter().zip(&kept).filter(|(_, keep)| **keep).map(|(line, _)| *line).collect();
    body.join("\n").trim().to_owned()
}

/// For each line: is it part of what was written now?
fn kept(kinds: &[Kind]) -> Vec<bool> {
    let mut keep: Vec<bool> = kinds.iter().map(|k| !matches!(k, Kind::Device | Kind::Delimiter)).collect();
    let first_text = kinds.iter().position(|k| *k == Kind::Text);
    let last = |kind: Kind| kinds.iter().rposition(|k| *k == kind);
    let (last_text, last_quote) = (last(Kind::Text), last(Kind::Quote));
    let written_before = |at: usize| first_text.is_some_and(|t| t < at);
    let written_from = |at: usize| last_text.is_some_and(|t| t >= at);
    let run = |from: usize, good: fn(&Kind) -> bool| kinds.iter().skip(from).take_while(|k| good(k)).count();
    let mut at = 0;
    while let Some(&kind) = kinds.get(at) {
        match kind {
            Kind::Attribution | Kind::Separator | Kind::Header => {
                let marker = run(at, |k| matches!(k, Kind::Attribution | Kind::Separator | Kind::Header | Kind::Blank));
                let quotes = run(at + marker, |k| matches!(k, Kind::Quote | Kind::Blank));
                let tail = at + marker + quotes;
                let quoted = kinds.iter().skip(at + marker).take(quotes).any(|k| *k == Kind::Quote);
                if written_before(at) && !(quoted && written_from(tail)) {
                    drop_from(&mut keep, at, usize::MAX);
                    return keep;
                }
                drop_from(&mut keep, at, marker);
                if !written_before(at) && quoted && written_from(tail) && last_quote.is_none_or(|q| q < tail) {
                    // The answer stands below what it answers.
                    drop_from(&mut keep, at, marker + quotes);
                }
                at += marker;
            }
            Kind::Quote => {
                let quotes = run(at, |k| matches!(k, Kind::Quote | Kind::Blank));
                if !written_from(at + quotes) {
                    // A quotation at the end, with or without a line that says whose it is.
                    drop_from(&mut keep, at, usize::MAX);
                    return keep;
                }
                at += quotes;
            }
            _ => at += 1,
        }
    }
    keep
}

fn drop_from(keep: &mut [bool], at: usize, count: usize) {
    keep.iter_mut().skip(at).take(count).for_each(|k| *k = false);
}

/// Marks what follows a delimiter as part of it where it is a signature: short, or a quotation after it.
fn signature(kinds: &mut [Kind]) {
    /// Longer ones are text under a rule.
    const SIGNATURE_LINES_MAX: usize = 12;
    let Some(first_text) = kinds.iter().position(|k| *k == Kind::Text) else { return };
    let ends = |k: &Kind| matches!(k, Kind::Attribution | Kind::Separator | Kind::Header);
    // From below: lines of text until the next mail begins, so that each line is looked at once.
    let (mut lines, mut end, mut found) = (0, kinds.len(), None);
    for (at, kind) in kinds.iter().enumerate().skip(first_text).rev() {
        match kind {
            Kind::Text => lines += 1,
            Kind::Delimiter if lines <= SIGNATURE_LINES_MAX => found = Some((at, end)),
            kind if ends(kind) => (lines, end) = (0, at),
            _ => {}
        }
    }
    let Some((at, end)) = found else { return };
    for kind in kinds.iter_mut().take(end).skip(at).filter(|k| matches!(k, Kind::Text | Kind::Quote)) {
        *kind = Kind::Delimiter;
    }
}

fn kinds(lines: &[&str]) -> Vec<Kind> {
    /// Nobody writes more; below, quotations are still known by their marks.
    const LINES_MAX: usize = 10_000;
    let plain = |l: &str| match l.trim() {
        "" => Kind::Blank,
        l if is_quote(l) => Kind::Quote,
        _ => Kind::Text,
    };
    let mut kinds: Vec<Kind> =
        lines.iter().enumerate().map(|(at, l)| if at < LINES_MAX { alone(l) } else { plain(l) }).collect();
    let mut at = 0;
    while at < lines.len().min(LINES_MAX) {
        let here = kinds.get(at).copied();
        let rest = lines.get(at..).unwrap_or_default();
        let span = match here {
            Some(Kind::Text) => attribution(rest)
                .map(|n| (n, Kind::Attribution))
                .or_else(|| header_block(rest).map(|n| (n, Kind::Header))),
            _ => None,
        };
        match span {
            Some((count, kind)) => {
                kinds.iter_mut().skip(at).take(count).for_each(|k| *k = kind);
                // A rule right above a header is part of it.
                if kind == Kind::Header {
                    let above = kinds.iter_mut().take(at).rev().find(|k| **k != Kind::Blank);
                    if let Some(above) = above.filter(|k| **k == Kind::Delimiter) {
                        *above = Kind::Header;
                    }
                }
                at += count;
            }
            None => at += 1,
        }
    }
    kinds
}

/// The kind of a line looked at alone.
fn alone(line: &str) -> Kind {
    let line = line.trim();
    if line.is_empty() {
        Kind::Blank
    } else if is_quote(line) {
        Kind::Quote
    } else if is_separator(line) {
        Kind::Separator
    } else if is_delimiter(line) {
        Kind::Delimiter
    } else if is_device(line) {
        Kind::Device
    } else {
        Kind::Text
    }
}

/// `>`, also with the initials that some programs put before it.
fn is_quote(line: &str) -> bool {
    let initials = line.chars().take(3).take_while(char::is_ascii_uppercase).count();
    line.get(initials..).is_some_and(|rest| rest.starts_with('>'))
}

/// Nothing but two or more of one sort of rule.
fn is_delimiter(line: &str) -> bool {
    let rule = |c: char| matches!(c, '-' | '_' | '=' | '*' | '~' | '#' | '+' | '\u{2014}' | '\u{2013}' | '\u{2500}');
    let tracker = line == "\u{1427}";
    tracker || (line.chars().count() >= 2 && line.chars().all(rule))
}

/// A line that names what follows as another mail.
fn is_separator(line: &str) -> bool {
    const WORDS: [&str; 32] = [
        "original message",
        "forwarded message",
        "begin forwarded message",
        "reply message",
        "ursprüngliche nachricht",
        "originalnachricht",
        "weitergeleitete nachricht",
        "original-nachricht",
        "message d'origine",
        "message original",
        "message transféré",
        "mensaje original",
        "mensaje reenviado",
        "mensagem original",
        "mensagem encaminhada",
        "messaggio originale",
        "messaggio inoltrato",
        "oorspronkelijk bericht",
        "doorgestuurd bericht",
        "originalmeddelande",
        "opprinnelig melding",
        "oprindelig meddelelse",
        "alkuperäinen viesti",
        "wiadomość oryginalna",
        "oryginalna wiadomość",
        "původní zpráva",
        "исходное сообщение",
        "пересылаемое сообщение",
        "orijinal mesaj",
        "元のメッセージ",
        "原始邮件",
        "转发邮件",
    ];
    if line.len() > 200 {
        return false;
    }
    let lower = line.to_lowercase();
    let ruled = lower.starts_with(['-', '_', '*', '=']) || lower.ends_with(['-', '_', ':', '=']);
    let inner = lower.trim_matches(|c: char| matches!(c, '-' | '_' | '*' | '=' | ':' | ' ' | '>'));
    ruled && WORDS.iter().any(|w| inner == *w || inner.starts_with(&format!("{w} from")))
}

/// What telephones and programs add of themselves.
fn is_device(line: &str) -> bool {
    const STARTS: [&str; 26] = [
        "sent from my ",
        "sent from mail for",
        "sent from outlook",
        "sent from yahoo",
        "sent from a ",
        "sent via ",
        "sent with ",
        "get outlook for",
        "von meinem ",
        "gesendet von ",
        "gesendet mit ",
        "diese nachricht wurde von mein",
        "envoyé de mon",
        "envoyé depuis",
        "envoyé à partir",
        "enviado desde mi",
        "enviado do meu",
        "enviado de mi",
        "inviato da",
        "inviato dal mio",
        "verzonden vanaf",
        "verstuurd vanaf",
        "sendt fra ",
        "skickat från",
        "wysłane z",
        "отправлено с",
    ];
    if line.len() > 200 {
        return false;
    }
    let lower = line.trim_start_matches(['*', '_', '-', ' ']).to_lowercase();
    lower.chars().count() <= 90 && STARTS.iter().any(|s| lower.starts_with(s)) || lower.ends_with("iphoneから送信")
}

/// Number of lines of the attribution that the lines begin with.
fn attribution(lines: &[&str]) -> Option<usize> {
    const LINES_MAX: usize = 4;
    const CHARS_MAX: usize = 320;
    let mut joined = String::new();
    for (at, line) in lines.iter().take(LINES_MAX).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_quote(line) && at > 0 && !line.contains(':') && joined.is_empty() {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
        if joined.chars().count() > CHARS_MAX {
            return None;
        }
        if is_attribution(&joined) {
            // Text may stand right above, without a blank line: then the attribution begins below it.
            let starts_below = || lines.iter().take(at + 1).skip(1).any(|l| starts_attribution(l));
            let complete_below = || at > 0 && is_attribution(lines.get(1..=at).unwrap_or_default().join(" ").trim());
            let starts = starts_attribution(lines.first().copied().unwrap_or_default());
            return (starts || !starts_below() && !complete_below()).then_some(at + 1);
        }
    }
    None
}

/// Begins a line as attributions begin?
fn starts_attribution(line: &str) -> bool {
    const STARTS: [&str; 18] = [
        "on ",
        "le ",
        "am ",
        "den ",
        "op ",
        "em ",
        "el ",
        "il ",
        "in data ",
        "il giorno ",
        "w dniu ",
        "dnia ",
        "på ",
        "dne ",
        "pe ",
        "tarihinde ",
        "в ",
        "在 ",
    ];
    let line = line.trim().to_lowercase();
    STARTS.iter().any(|s| line.starts_with(s)) && line.chars().any(|c| c.is_ascii_digit()) || starts_with_date(&line)
}

fn is_attribution(line: &str) -> bool {
    if !line.ends_with([':', '：']) && !line.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    const VERBS: [&str; 34] = [
        "wrote",
        "writes",
        "schrieb",
        "schreibt",
        "a écrit",
        "écrivait",
        "a ecrit",
        "escribió",
        "escribio",
        "escreveu",
        "ha scritto",
        "scrisse",
        "schreef",
        "geschreven",
        "skrev",
        "kirjoitti",
        "napisał",
        "napisała",
        "пишет",
        "написал",
        "написав",
        "пише",
        "yazdı",
        "写道",
        "寫道",
        "のメール",
        "書きました",
        "님이 작성",
        "írta",
        "a scris",
        "napsal",
        "έγραψε",
        "reageerde",
        "kirjutas",
    ];
    let lower = line.to_lowercase();
    let dated = lower.chars().any(|c| c.is_ascii_digit()) || lower.contains('@') || lower.contains('<');
    let ends = lower.ends_with([':', '：']);
    if ends && dated && VERBS.iter().any(|v| lower.contains(v)) {
        return true;
    }
    let date_first = starts_with_date(&lower);
    // `2016-03-03 17:21 GMT+01:00 Some One`, `30.09.2017, 18.30, "John" <…>:`
    date_first && (ends && (lower.contains('<') || lower.contains('"')) || is_iso_stamp(&lower))
}

fn starts_with_date(line: &str) -> bool {
    let head: String = line.chars().take(10).collect();
    let digits = head.chars().filter(char::is_ascii_digit).count();
    digits >= 6
        && head.starts_with(|c: char| c.is_ascii_digit())
        && head.chars().all(|c| c.is_ascii_digit() || "-./, ".contains(c))
}

/// `YYYY-MM-DD HH:MM` and a zone, then a name and nothing else.
fn is_iso_stamp(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let date = words.next().is_some_and(|w| w.len() == 10 && w.split('-').count() == 3);
    let time = words.next().is_some_and(|w| w.contains(':') && w.len() <= 8);
    let zone = words.next().is_some_and(|w| w.starts_with("gmt") || w.starts_with("utc") || w.starts_with(['+', '-']));
    date && time && zone && (1..=6).contains(&words.count())
}

/// Number of lines of the mail header that the lines begin with: who, and two more of when, to whom and what.
fn header_block(lines: &[&str]) -> Option<usize> {
    const LINES_MAX: usize = 14;
    let first = label(lines.first()?)?;
    if !matches!(first, Label::From) {
        // Some programs put the date or the subject first; then the sender has to come next.
        let second = lines.iter().take(LINES_MAX).skip(1).find(|l| !l.trim().is_empty()).and_then(|l| label(l));
        if !matches!(second, Some(Label::From)) {
            return None;
        }
    }
    let mut others = 0;
    let mut count = 0;
    for (at, line) in lines.iter().take(LINES_MAX).enumerate() {
        match label(line) {
            Some(_) => {
                others += usize::from(at > 0);
                count = at + 1;
            }
            None if line.trim().is_empty() => {
                if others >= 2 {
                    break;
                }
            }
            // A folded value.
            None => count = at + 1,
        }
    }
    (others >= 2).then_some(count)
}

enum Label {
    From,
    Other,
}

fn label(line: &str) -> Option<Label> {
    const FROM: [&str; 16] = [
        "from",
        "von",
        "de",
        "da",
        "van",
        "fra",
        "från",
        "od",
        "от",
        "lähettäjä",
        "kimden",
        "feladó",
        "差出人",
        "发件人",
        "寄件者",
        "보낸 사람",
    ];
    const OTHER: [&str; 56] = [
        "sent",
        "date",
        "to",
        "cc",
        "subject",
        "reply-to",
        "gesendet",
        "datum",
        "an",
        "betreff",
        "antwort an",
        "envoyé",
        "à",
        "objet",
        "enviado",
        "enviado el",
        "enviada em",
        "fecha",
        "para",
        "asunto",
        "assunto",
        "data",
        "inviato",
        "a",
        "oggetto",
        "verzonden",
        "aan",
        "onderwerp",
        "sendt",
        "dato",
        "til",
        "emne",
        "skickat",
        "till",
        "ämne",
        "wysłano",
        "do",
        "temat",
        "data:",
        "отправлено",
        "дата",
        "кому",
        "тема",
        "lähetetty",
        "vastaanottaja",
        "aihe",
        "gönderilme",
        "kime",
        "konu",
        "送信日時",
        "宛先",
        "件名",
        "发送时间",
        "收件人",
        "主题",
        "받는 사람",
    ];
    let line = line.trim_start_matches(|c: char| c == '*' || c == '>' || c == '_' || c.is_whitespace());
    let line = line.get(..line.floor_char_boundary(60)).unwrap_or_default();
    let (name, _) = line.split_once([':', '：'])?;
    let name = name.trim_matches(|c: char| c == '*' || c == '_' || c.is_whitespace()).to_lowercase();
    if FROM.contains(&name.as_str()) {
        return Some(Label::From);
    }
    OTHER.contains(&name.as_str()).then_some(Label::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_now() {
        let cases = [
            ("plain", "Hello\n\nthere", "Hello\n\nthere"),
            ("top post", "Yes.\n\nOn 3 May 2021, Ann Lee wrote:\n> Works?\n", "Yes."),
            ("no marks", "Yes.\n\nOn 3 May 2021, Ann Lee <a@b.example> wrote:\n\nWorks?\n", "Yes."),
            ("two lines", "Ja.\n\nAm 3. Mai 2021 um 10:11 schrieb Ann Lee\n<a@b.example>:\n> Geht es?", "Ja."),
            ("bottom post", "On 3 May 2021 Ann wrote:\n> Works?\n\nYes.", "Yes."),
            ("between", "On 3 May 2021 Ann wrote:\n> One?\nYes.\n> Two?\nNo.", "> One?\nYes.\n> Two?\nNo."),
            ("quote at the end", "Sure\n\n> old\n> older\n", "Sure"),
            ("only quotes", "> a\n>> b\n", "> a\n>> b"),
            ("only a quoted mail", "> On 3 May 2021 Ann wrote:\n>> b\n", ""),
            ("no blank line above", "Fine.\nOn 3 May 2021, Ann Lee <a@b.example> wrote:\n> b\n", "Fine."),
            ("outlook", "Done\n\n-----Original Message-----\nFrom: A\nSent: B\n\nold", "Done"),
            ("header block", "Fait\n\nDe : Ann\nEnvoyé : lundi\nÀ : Bob\nObjet : x\n\nancien", "Fait"),
            ("signature", "Text\n-- \nAnn Lee\nAcme", "Text"),
            ("device", "Ok\n\nSent from my iPhone", "Ok"),
            (
                "rule and long text",
                "Title\n=====\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm",
                "Title\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm",
            ),
            ("not a block", "From: the start it was slow\nIt is still.", "From: the start it was slow\nIt is still."),
            ("not an attribution", "My boss wrote a list:\n1. x", "My boss wrote a list:\n1. x"),
            (
                "forwarded alone",
                "---------- Forwarded message ----------\nFrom: A\nDate: B\nTo: C\n\nthe text",
                "the text",
            ),
        ];
        for (what, text, want) in cases {
            assert_eq!(reply(text), want, "{what}");
        }
    }

    #[test]
    fn long_texts_are_linear() {
        for unit in ["From: a\n", "> q\n", "On 1 wrote\n", "--\nx\n", "a 1\n"] {
            assert!(reply(&unit.repeat(50_000)).len() <= unit.len() * 50_000);
        }
    }
}
