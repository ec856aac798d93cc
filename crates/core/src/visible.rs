//! What a person wrote into a reply, without what the mail program quoted and without the signature.

mod lines;
mod signs;

use crate::tree::{Home, Source, Text};

/// The visible part of the bodies: of the plain text, else of the HTML.
pub(crate) fn of(texts: &[Text]) -> String {
    let plain = texts.iter().filter(|t| t.home == Home::Body).filter_map(|t| match &t.source {
        Source::Plain(raw) => Some(raw.expose()),
        Source::Html(_) => None,
    });
    let plain: Vec<&str> = plain.filter(|p| !p.trim().is_empty()).collect();
    if !plain.is_empty() {
        return lines::reply(&plain.join("\n"));
    }
    let pages = texts.iter().filter(|t| t.home == Home::Html).filter_map(|t| match &t.source {
        Source::Html(page) => Some(page.unquoted()),
        Source::Plain(_) => None,
    });
    lines::reply(&pages.collect::<Vec<_>>().join("\n"))
}

/// ISO 639-1 code of the language of a text; `None` for short texts and where it is not clear.
pub(crate) fn language(text: &str) -> Option<String> {
    /// Below this the guess is no better than chance.
    const LETTERS_MIN: usize = 40;
    /// Enough to tell, and what a long text costs.
    const CHARS_MAX: usize = 1_500;
    let text: String = text.chars().take(CHARS_MAX).collect();
    if text.chars().filter(|c| c.is_alphabetic()).count() < LETTERS_MIN {
        return None;
    }
    let info = whatlang::detect(&text).filter(whatlang::Info::is_reliable)?;
    let code = info.lang().code();
    ISO_639.iter().find(|(three, _)| *three == code).map(|(_, two)| (*two).to_owned())
}

/// What whatlang names by ISO 639-3, in ISO 639-1.
const ISO_639: [(&str, &str); 69] = [
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];
