//! What robots write, in the languages they write it in. All texts are in lower case.

/// A reply or a forwarded mail, by its subject.
pub(super) fn is_answer(subject: &str) -> bool {
    const PREFIXES: [&str; 16] =
        ["re", "fw", "fwd", "aw", "wg", "tr", "rv", "res", "enc", "sv", "vs", "vb", "vl", "antw", "odp", "doorst"];
    subject
        .split_once(':')
        .is_some_and(|(head, _)| PREFIXES.contains(&head.trim().trim_end_matches(|c: char| "[]0123456789".contains(c))))
}

/// Words of a subject that say that mail did not arrive.
pub(super) fn says_bounce(subject: &str) -> bool {
    const WORDS: [&str; 74] = [
        // English
        "[bounce]",
        "message you sent blocked",
        "error sending your mail",
        "not member article",
        "rejected article",
        "undelivered",
        "mail could not be",
        "message could not be sent",
        "warning: message",
        "could not deliver",
        "undeliver",
        "delivery status notification",
        "delivery notification",
        "delivery fail",
        "delivery has failed",
        "delivery failure",
        "failure notice",
        "failed delivery",
        "returned mail",
        "mail returned",
        "returned to sender",
        "returning message to sender",
        "could not be delivered",
        "could not send message",
        "not be delivered",
        "mail delivery status",
        "delivery status",
        "non-delivery",
        "nondeliverable",
        "non delivery",
        "delivery problem",
        "delivery error",
        "delivery delayed",
        "mail status report",
        "mail system error",
        "user unknown",
        "unknown recipient",
        "postmaster notify",
        "message delivery has failed",
        "rejected mail",
        "mail failure",
        "bounced",
        "delivery report",
        // German, French, Spanish, Portuguese, Italian, Dutch
        "unzustellbar",
        "nicht zustellbar",
        "zustellung fehlgeschlagen",
        "rückläufer",
        "zustellbericht",
        "zustellungsfehler",
        "nicht zugestellt",
        "non remis",
        "échec de la remise",
        "non distribuable",
        "échec de distribution",
        "courrier non délivré",
        "no se puede entregar",
        "no entregado",
        "no se ha podido entregar",
        "error de entrega",
        "não entregue",
        "não foi possível entregar",
        "falha na entrega",
        "mancato recapito",
        "non recapitabile",
        "consegna non riuscita",
        "onbestelbaar",
        "niet afgeleverd",
        // Scandinavian, Polish, Russian, Czech, Turkish
        "kunne ikke leveres",
        "kan inte levereras",
        "nie dostarczono",
        "недоставлен",
        "не доставлен",
        "nedoručiteln",
        "teslim edilemedi",
    ];
    const EAST_ASIAN: [&str; 12] = [
        "配信不能",
        "配信エラー",
        "メールエラー",
        "エラー通知",
        "送信エラー",
        "届けられません",
        "返送",
        "配信できません",
        "退信",
        "无法投递",
        "無法傳遞",
        "배달되지",
    ];
    WORDS.iter().chain(&EAST_ASIAN).any(|w| subject.contains(w))
}

/// Does a text say so, as mail systems do?
pub(super) fn tells_failure(body: &str) -> bool {
    const WORDS: [&str; 48] = [
        "mailbox is full",
        "mailbox full",
        "quota exceeded",
        "over quota",
        "host unknown",
        "unrouteable address",
        "address rejected",
        "recipient rejected",
        "relay access denied",
        "blocked by",
        "could not send",
        "is not a member",
        "has been delayed",
        "couldn't deliver",
        "could not be delivered",
        "couldn't be delivered",
        "was not delivered",
        "not delivered",
        "delivery failed",
        "delivery has failed",
        "delivery to the following",
        "failed to deliver",
        "unable to deliver",
        "undeliverable",
        "i wasn't able to deliver",
        "permanent error",
        "permanent fatal error",
        "permanent failure",
        "transcript of session",
        "user unknown",
        "unknown user",
        "mailbox unavailable",
        "no such user",
        "does not exist",
        "diagnostic-code:",
        "final-recipient:",
        "action: failed",
        "reporting-mta:",
        "returned message",
        "original message follows",
        "mail system",
        "smtp error",
        "remote server",
        "status: 5.",
        "message could not",
        "did not reach the following",
        "delivery error",
        "sorry, we were unable",
    ];
    const OTHERS: [&str; 12] = [
        "konnte nicht zugestellt",
        "nicht zustellbar",
        "n'a pas pu être",
        "no se pudo entregar",
        "não pôde ser entregue",
        "non è stato possibile",
        "не удалось доставить",
        "не может быть доставлен",
        "送信できません",
        "配信できません",
        "届きません",
        "届けることができません",
    ];
    if WORDS.iter().chain(&OTHERS).any(|w| body.contains(w)) {
        return true;
    }
    has_reply_code(body)
}

/// What only systems write: fields of a report, a transcript, a copy of the mail below a line that says so.
pub(super) fn tells_failure_as_systems_do(body: &str) -> bool {
    const WORDS: [&str; 17] = [
        "diagnostic-code:",
        "final-recipient:",
        "reporting-mta:",
        "action: failed",
        "original-recipient:",
        "transcript of session",
        "below this line is a copy",
        "below is a copy",
        "this is a copy of the message",
        "original message follows",
        "smtp error",
        "remote host said",
        "permanent error",
        "permanent fatal error",
        "unrouteable address",
        "message header follows",
        "returned message below",
    ];
    WORDS.iter().any(|w| body.contains(w)) || has_reply_code(body)
}

/// A reply code with its enhanced code (RFC 3463): `550 5.1.1`.
fn has_reply_code(body: &str) -> bool {
    body.match_indices(" 5.").chain(body.match_indices("-5.")).any(|(at, _)| {
        let before = body.get(at.saturating_sub(3)..at).unwrap_or_default();
        let after = body.get(at + 3..).unwrap_or_default();
        before.len() == 3
            && before.bytes().all(|b| b.is_ascii_digit())
            && after.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Subjects of absence notes. Only where they begin so: people write of such notes too.
pub(super) fn says_automatic(subject: &str) -> bool {
    const STARTS: [&str; 33] = [
        "auto:",
        "auto reply",
        "auto-reply",
        "autoreply",
        "automatic reply",
        "auto response",
        "auto-response",
        "autoresponse",
        "autorespons",
        "automated reply",
        "automated response",
        "out of office",
        "out of the office",
        "out-of-office",
        "vacation:",
        "vacation reply",
        "automatische antwort",
        "abwesenheit",
        "automatisch antwoord",
        "afwezig",
        "réponse automatique",
        "absence du bureau",
        "respuesta automática",
        "respuesta automatica",
        "fuera de la oficina",
        "resposta automática",
        "fora do escritório",
        "risposta automatica",
        "fuori sede",
        "automatiskt svar",
        "autosvar",
        "автоответ",
        "自動応答",
    ];
    const EAST: [&str; 5] = ["自動返信", "自动回复", "自動回覆", "자동 응답", "odpowiedź automatyczna"];
    let bare = subject.trim_start_matches("re: ");
    // `Re: Auto: …` is what a person's mail program makes of a receipt, ours for one.
    let answers_receipt = bare.len() < subject.len() && bare.starts_with("auto:");
    !answers_receipt && STARTS.iter().chain(&EAST).any(|s| bare.starts_with(s))
}
