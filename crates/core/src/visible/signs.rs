//! What single lines say: that a quotation begins, that the writer is done, that another mail follows.

/// `>`, also with the initials that some programs put before it.
pub(super) fn is_quote(line: &str) -> bool {
    let initials = line.chars().take(3).take_while(char::is_ascii_uppercase).count();
    line.get(initials..).is_some_and(|rest| rest.starts_with('>'))
}

/// Nothing but two or more of one sort of rule.
pub(super) fn is_delimiter(line: &str) -> bool {
    let rule = |c: char| matches!(c, '-' | '_' | '=' | '*' | '~' | '#' | '+' | '\u{2014}' | '\u{2013}' | '\u{2500}');
    let tracker = line == "\u{1427}";
    tracker || (line.chars().count() >= 2 && line.chars().all(rule))
}

/// A line that names what follows as another mail.
pub(super) fn is_separator(line: &str) -> bool {
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
pub(super) fn is_device(line: &str) -> bool {
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
pub(super) fn attribution(lines: &[&str]) -> Option<usize> {
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

pub(super) fn is_attribution(line: &str) -> bool {
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
pub(super) fn header_block(lines: &[&str]) -> Option<usize> {
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
