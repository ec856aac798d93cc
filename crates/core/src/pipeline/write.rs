//! Writing the ticket's texts: cut, joined, and scanned again before they count as cleared.

use super::Pipeline;
use super::examine::{Examined, outside_cuts, scanned};
use crate::html::Html;
use crate::mark::{self, Words};
use crate::redact::{self, Cut, Values};
use crate::tree::{Field, Home, Message, Source, Text};
use crate::{Attachment, Cleared, Opaque, Outcome, Profile, Raw};
use lazaret_scan::{Action, Placement};

/// A text after redaction, before the second scan.
pub(super) struct Piece {
    pub(super) home: Home,
    pub(super) placement: Placement,
    pub(super) form: Form,
    /// Something was cut out of it.
    pub(super) cut: bool,
    /// It is left out; `form` is the line that says so.
    pub(super) withheld: bool,
}

pub(super) enum Form {
    Plain(String),
    Html(Html),
}

/// All texts of a message after redaction, and its attachments without texts.
pub(super) struct Written {
    pub(super) pieces: Vec<Piece>,
    pub(super) attachments: Vec<Attachment>,
}

impl Pipeline {
    /// Redacts each text that a ticket shows.
    pub(super) fn write(
        &self,
        read: &mut Message,
        seen: &[Examined],
        cuts: Vec<Vec<Cut>>,
        opaque: &[Opaque],
        words: &Words,
    ) -> Written {
        let hidden = self.hidden_kinds(read, seen, words);
        let texts = std::mem::take(&mut read.texts).into_iter().zip(seen).zip(cuts).zip(hidden);
        let pieces = texts
            .filter(|(((text, _), _), _)| !matches!(text.home, Home::Elsewhere | Home::Member(_)))
            .map(|(((text, seen), cuts), hidden)| self.piece(text, seen, cuts, hidden, words))
            .collect();
        let attachments = read
            .attachments
            .iter()
            .map(|attached| {
                let of_part = opaque.iter().filter(|o| o.part == attached.path);
                let left_out = of_part.map(|o| o.action).max().is_some_and(|action| action >= Action::Redact);
                Attachment {
                    part: attached.path.clone(),
                    name: Cleared::default(),
                    media_type: attached.media_type.clone(),
                    size_bytes: attached.size_bytes,
                    action: if left_out { Action::Withhold } else { Action::Allow },
                    text: None,
                    opaque: attached.opaque,
                    file: None,
                    coverage: attached.coverage,
                    content_id: attached.shown.content_id.clone(),
                    inline: attached.shown.inline,
                    charset: attached.shown.charset.clone(),
                }
            })
            .collect();
        Written { pieces, attachments }
    }

    fn piece(&self, text: Text, seen: &Examined, cuts: Vec<Cut>, hidden: Option<&'static str>, words: &Words) -> Piece {
        let kind = match seen.hits.iter().filter(|hit| hit.action == Action::Withhold).max_by_key(|hit| hit.score) {
            Some(hit) => self.known(hit.by).map(|known| mark::kind(known.class, known.entity, words)),
            None if seen.incomplete => Some(crate::OpaqueWhy::OverLimit.in_words()),
            None => hidden,
        };
        if let Some(kind) = kind {
            let form = Form::Plain(mark::withheld(kind, words));
            return Piece { home: text.home, placement: text.placement, form, cut: true, withheld: true };
        }
        let spans = redact::union(scanned(&text), cuts);
        let form = match text.source {
            Source::Plain(raw) => Form::Plain(redact::replace(raw.expose(), &spans)),
            Source::Html(html) if spans.is_empty() => Form::Html(html),
            Source::Html(html) => Form::Html(Html::read(Raw::new(html.replace(&spans)))),
        };
        Piece { home: text.home, placement: text.placement, form, cut: !spans.is_empty(), withheld: false }
    }

    /// Puts display names in; one that still holds something stays empty. Answers whether all are whole.
    pub(super) fn put_names(&self, to: &mut Outcome, written: &Written, values: &Values, profile: &Profile) -> bool {
        let mut whole = true;
        for piece in &written.pieces {
            let Home::Name(field, at) = piece.home else { continue };
            let name = piece.visible();
            if piece.cut && !self.is_clear(name, Placement::Header, values, profile) {
                whole = false;
                continue;
            }
            let list = match field {
                Field::From => &mut to.envelope.from,
                Field::To => &mut to.envelope.to,
                Field::Cc => &mut to.envelope.cc,
                Field::ReplyTo => &mut to.envelope.reply_to,
            };
            if let Some(address) = list.get_mut(at) {
                address.name = Cleared::mint(name.to_owned());
            }
        }
        whole
    }

    /// Puts subject, bodies and attachments in. Answers `false`, and leaves all of them out, if one still holds something.
    pub(super) fn put_texts(&self, to: &mut Outcome, written: &Written, values: &Values, profile: &Profile) -> bool {
        let Written { pieces, attachments } = written;
        let of = |home: Home| pieces.iter().filter(move |piece| piece.home == home);
        let subject = join(of(Home::Subject).map(Piece::visible), " ");
        let mut text = join(of(Home::Body).map(Piece::visible), "\n\n");
        if text.trim().is_empty() {
            text = join(of(Home::Html).map(Piece::visible), "\n\n");
        }
        let left_out = of(Home::Body).chain(of(Home::Html)).any(|piece| piece.withheld);
        let html = (of(Home::Html).next().is_some() && !left_out).then(|| join_html(of(Home::Html)));
        let attachments: Vec<Attachment> = attachments
            .iter()
            .cloned()
            .enumerate()
            .map(|(at, attached)| {
                let texts: Vec<&Piece> = of(Home::Attachment(at)).collect();
                let names: Vec<&Piece> = of(Home::AttachmentName(at)).collect();
                fill(attached, &names, &texts)
            })
            .collect();
        let clear = |text: &str, placement| self.is_clear(text, placement, values, profile);
        // A header field that still holds something is left out alone.
        let of_ticket = || pieces.iter().filter(|piece| !matches!(piece.home, Home::Header(_)));
        // What was neither cut nor joined is what was scanned; it needs no second look.
        let rewritten =
            of_ticket().any(|piece| piece.cut) || of(Home::Subject).count() > 1 || of(Home::Body).count() > 1;
        // Pages in a row render as one.
        let joined = html.as_ref().filter(|_| of(Home::Html).count() > 1).map(|all| Html::read(Raw::new(all.clone())));
        let all_clear = joined.is_none_or(|page| clear(page.text().expose(), Placement::Body))
            && attachments.iter().all(|attached| clear(&attached.media_type, Placement::Name))
            && (!rewritten
                || clear(&subject, Placement::Header)
                    && clear(&text, Placement::Body)
                    && of_ticket().all(|piece| clear(piece.scanned(), piece.placement)));
        if all_clear {
            to.subject = Cleared::mint(subject);
            to.text = Cleared::mint(text);
            to.html = html.map(Cleared::mint);
            to.attachments = attachments;
        }
        all_clear
    }

    /// The second look, on what was written: no finding that would be taken out, no value that was.
    pub(super) fn is_clear(&self, text: &str, placement: Placement, values: &Values, profile: &Profile) -> bool {
        let seen = self.examine_text(text, placement, &profile.countries);
        let found = seen.hits.iter().any(|hit| hit.action >= Action::Redact);
        !found && !seen.incomplete && outside_cuts(text, values).is_empty()
    }
}

impl Piece {
    /// Its text; for HTML what a reader sees.
    pub(super) fn visible(&self) -> &str {
        match &self.form {
            Form::Plain(text) => text,
            Form::Html(html) => html.visible(),
        }
    }

    /// Its text; for HTML also what a reader does not see.
    pub(super) fn scanned(&self) -> &str {
        match &self.form {
            Form::Plain(text) => text,
            Form::Html(html) => html.text().expose(),
        }
    }
}

/// An attachment with its name, text and action. The texts are not cleared yet: who calls this scans them.
fn fill(mut attached: Attachment, names: &[&Piece], texts: &[&Piece]) -> Attachment {
    attached.name = Cleared::mint(join(names.iter().map(|piece| piece.visible()), " "));
    if texts.iter().any(|piece| piece.withheld) {
        attached.action = Action::Withhold;
    } else if names.iter().chain(texts).any(|piece| piece.cut) {
        attached.action = attached.action.max(Action::Redact);
    }
    if attached.action < Action::Withhold && !texts.is_empty() {
        let text = match texts {
            // A document that is declared as HTML stays one.
            [Piece { form: Form::Html(html), .. }] if attached.media_type == "text/html" => {
                html.source().expose().to_owned()
            }
            _ => join(texts.iter().map(|piece| piece.visible()), "\n\n"),
        };
        attached.text = Some(Cleared::mint(text));
    }
    attached
}

fn join<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> String {
    let mut out = String::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !out.is_empty() {
            out.truncate(out.trim_end().len());
            out.push_str(between);
        }
        out.push_str(text);
    }
    out
}

fn join_html<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let mut out = String::new();
    for piece in pieces {
        if !out.is_empty() {
            out.push('\n');
        }
        if let Form::Html(html) = &piece.form {
            out.push_str(html.source().expose());
        }
    }
    out
}

/// Ids and references are facts, but a sender writes them: one that holds a value that was taken out goes with it.
pub(super) fn screen_facts(outcome: &mut Outcome, values: &Values) {
    let good = |text: &String| !values.touch(text);
    let envelope = &mut outcome.envelope;
    envelope.message_id = envelope.message_id.take().filter(good);
    envelope.in_reply_to = envelope.in_reply_to.take().filter(good);
    envelope.references.retain(good);
    envelope.subject_refs.retain(good);
    outcome.bounced_ids.retain(good);
    for attachment in &mut outcome.attachments {
        attachment.content_id = attachment.content_id.take().filter(good);
    }
    // Ours are short and of few characters; whether one is ours the parent tells by its key.
    let is_token = |text: &String| text.len() <= 250 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    outcome.own_copy = outcome.own_copy.take().filter(|text| is_token(text) && good(text));
}
