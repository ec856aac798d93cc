//! The files of a message: values are taken out where they stand, what was written is read and scanned again, and only a
//! file in which nothing is left becomes [`ClearedOctets`].

use super::Pipeline;
use super::examine::{Examined, outside_cuts, scanned};
use crate::documents::{self, Answered, Documents, Helped, Helper, Question};
use crate::mark::{self, Words};
use crate::redact::{self, Coded, Cut, Values};
use crate::text::ClearedOctets;
use crate::tree::{Attached, Home, Message, OwnFile, Text};
use crate::{Cleared, Opaque, OpaqueWhy, Outcome, Profile, Reason};
use encoding_rs::WINDOWS_1252;
use lazaret_docs::{Content, Document, Edit, File, Format};
use lazaret_scan::{Action, Placement};
use std::ops::Range;
use zeroize::Zeroizing;

/// How often a file is rewritten before it counts as one that keeps a residue.
const ROUNDS_MAX: usize = 3;
/// Bytes of a text that stands for a file which cannot be rewritten.
const STAND_IN_BYTES_MAX: usize = 4 << 20;
/// The first line of such a text.
const STAND_IN: &str = "[The text of this file. Its format could not be rewritten, so the file itself is left out.]";

/// The attachment in whose file a text stands, if the ticket shows it there alone. Names are shown beside it.
pub(super) fn of_file(read: &Message, text: &Text) -> Option<usize> {
    let is_name = matches!(text.home, Home::AttachmentName(_));
    let of = |attached: &Attached| belongs(attached.path.as_str(), text.path.as_str());
    read.attachments.iter().position(of).filter(|_| !is_name)
}

/// What is to be done with the file of an attachment.
#[derive(Default)]
pub(super) struct Plan {
    /// By path below the file.
    edits: Vec<Edit>,
    /// All of its texts, redacted, for where it cannot be rewritten.
    stand_in: Zeroizing<String>,
    /// Something in it asks for all of it to be left out.
    withheld: bool,
    /// Something is to be taken out of it.
    cut: bool,
    /// It cannot be passed on as a file, since a part of it that the ticket does not show may not be passed on.
    text_only: bool,
}

/// Why a file is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Its format is only read.
    Unwritable,
    /// What was taken out is still there.
    Residue,
}

impl Pipeline {
    /// What is to be changed in each file, from the cuts in the texts that were read from it.
    pub(super) fn plan_files(
        &self,
        read: &Message,
        seen: &[Examined],
        cuts: &[Vec<Cut>],
        overfull: &[bool],
        opaque: &[Opaque],
        words: &Words,
    ) -> Vec<Plan> {
        let of_attachment = read.attachments.iter().zip(overfull);
        let mut plans: Vec<Plan> =
            of_attachment.map(|(_, overfull)| Plan { withheld: *overfull, ..Plan::default() }).collect();
        for ((text, seen), cuts) in read.texts.iter().zip(seen).zip(cuts) {
            // By path and not by home: what the ticket does not show, a header of an enclosed message say, is in its file.
            let of = |attached: &Attached| belongs(attached.path.as_str(), text.path.as_str());
            let Some(at) = read.attachments.iter().position(of) else { continue };
            let (Some(plan), Some(attached)) = (plans.get_mut(at), read.attachments.get(at)) else { continue };
            let is_own = matches!(text.home, Home::Member(_) | Home::Attachment(_)) && attached.is_document;
            match text.path.as_str().strip_prefix(attached.path.as_str()).filter(|_| is_own) {
                Some(path) => self.plan_text(plan, path, text, seen, cuts, words),
                None => {
                    plan.cut |= !cuts.is_empty() && !matches!(text.home, Home::AttachmentName(_));
                    plan.withheld |= is_withheld(seen);
                }
            }
        }
        for (plan, attached) in plans.iter_mut().zip(&read.attachments) {
            for unread in opaque.iter().filter(|unread| unread.action >= Action::Redact) {
                match below(attached.path.as_str(), unread.part.as_str()) {
                    Some(path) if attached.is_document => plan.remove(path),
                    _ => plan.text_only |= belongs(attached.path.as_str(), unread.part.as_str()),
                }
            }
            // Files that stand in a text as lines are known here alone.
            plan.text_only |= read.files.iter().any(|file| file.within == attached.path);
            plan.settle();
            plan.cut |= !plan.edits.is_empty();
        }
        plans
    }

    fn plan_text(&self, plan: &mut Plan, path: &str, text: &Text, seen: &Examined, cuts: &[Cut], words: &Words) {
        let source = scanned(text);
        if is_withheld(seen) {
            plan.remove(path);
            let kind = seen.hits.iter().filter(|hit| hit.action == Action::Withhold).max_by_key(|hit| hit.score);
            let kind = kind.and_then(|hit| self.known(hit.by)).map(|k| mark::kind(k.class, k.entity, words));
            plan.stand_in(path, &mark::withheld(kind.unwrap_or(OpaqueWhy::OverLimit.in_words()), words));
            return;
        }
        let spans = redact::union(source, cuts.to_vec());
        plan.stand_in(path, &redact::replace(source, &spans));
        match seen_in_picture(path).and_then(member) {
            // Nobody paints over a picture: its document goes on without it.
            Some(picture) if !spans.is_empty() => plan.edits.push(Edit::Remove { path: picture.to_owned() }),
            _ => plan.edits.extend(replacements(path, spans)),
        }
    }

    /// Puts the files of attachments into an outcome: as they came where nothing was found, rewritten where something was.
    pub(super) fn put_files(
        &self,
        outcome: &mut Outcome,
        files: &[(Attached, Plan)],
        passwords: &[String],
        values: &Values,
        profile: &Profile,
        documents: &mut dyn Documents,
    ) {
        let mut room = self.limits.files_bytes_max;
        let mut residue = 0;
        for (to, (attached, plan)) in outcome.attachments.iter_mut().zip(files) {
            if plan.withheld {
                to.leave_out();
            }
            if plan.cut || plan.text_only {
                to.action = to.action.max(Action::Redact);
            }
            if to.action >= Action::Withhold {
                continue;
            }
            let file = match to.action {
                Action::Allow | Action::Flag => Ok(self.unchanged(attached, documents)),
                _ if plan.text_only => Err(Trouble::Unwritable),
                _ if attached.is_document && plan.edits.is_empty() => Ok(attached.file.octets.to_vec()),
                _ => self.rewritten(attached, plan, passwords, values, profile, documents),
            };
            let file = match file {
                Err(Trouble::Unwritable) => self.stand_in(to, attached, plan, values, profile),
                other => other,
            };
            match file {
                Ok(octets) if octets.len() <= room => {
                    room -= octets.len();
                    to.file = Some(ClearedOctets::mint(octets));
                }
                Ok(_) => {
                    to.leave_out();
                    to.opaque = Some(OpaqueWhy::OverLimit);
                }
                Err(trouble) => {
                    residue += u32::from(trouble == Trouble::Residue);
                    to.leave_out();
                }
            }
        }
        if residue > 0 {
            outcome.reasons.push(Reason::FileResidue { count: residue });
            outcome.verdict = outcome.verdict.max(crate::Verdict::Redact);
        }
    }

    /// A file in which nothing was found: a picture without its metadata, anything else as it came.
    fn unchanged(&self, attached: &Attached, documents: &mut dyn Documents) -> Vec<u8> {
        let as_it_came = || attached.file.octets.to_vec();
        let is_picture = lazaret_docs::sniff(&attached.file.as_file(&[])).first() == Some(&Format::Picture);
        if !is_picture || !attached.is_document {
            return as_it_came();
        }
        let question = Question { file: attached.file.as_file(&[]), edits: Some(&[]), values: &[] };
        match documents.ask(&question).0 {
            Answered::Written(octets) => octets.to_vec(),
            // Its metadata was read, and holds nothing.
            _ => as_it_came(),
        }
    }

    /// A file with its values taken out, and the proof.
    fn rewritten(
        &self,
        attached: &Attached,
        plan: &Plan,
        passwords: &[String],
        values: &Values,
        profile: &Profile,
        documents: &mut dyn Documents,
    ) -> Result<Vec<u8>, Trouble> {
        let OwnFile { name, media_type, octets } = &*attached.file;
        let mut octets: Zeroizing<Vec<u8>> = octets.clone();
        let spelled = values.spelled();
        let coded = Coded::new(&spelled);
        let mut edits = plan.edits.clone();
        if !attached.is_document {
            // It was read here; the writer has its own way to read it.
            let found = self.found_in(&octets, attached, passwords, (values, &[]), profile, documents)?;
            edits = found.ok_or(Trouble::Unwritable)?;
        }
        for _ in 0..ROUNDS_MAX {
            let file = File { octets: &octets, name: name.expose(), media_type, passwords };
            octets = match documents.ask(&Question { file, edits: Some(&edits), values: &[] }).0 {
                Answered::Written(octets) => octets,
                _ => return Err(Trouble::Unwritable),
            };
            match self.found_in(&octets, attached, passwords, (values, &spelled), profile, documents)? {
                None if coded.stand_in(&octets) => return Err(Trouble::Residue),
                None => return self.proved(octets.to_vec(), values, profile, documents),
                Some(more) => edits = more,
            }
        }
        Err(Trouble::Residue)
    }

    /// A rewritten file; a PDF that somebody else's reader finds nothing in either, where there is one.
    fn proved(
        &self,
        octets: Vec<u8>,
        values: &Values,
        profile: &Profile,
        documents: &mut dyn Documents,
    ) -> Result<Vec<u8>, Trouble> {
        let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
        if !lazaret_docs::sniff(&file).contains(&Format::Pdf) {
            return Ok(octets);
        }
        match documents.help(Helper::Extract, &octets) {
            Helped::Absent => Ok(octets),
            Helped::Failed => Err(Trouble::Unwritable),
            Helped::Text(text) => {
                let is_clear = self.is_clear(&String::from_utf8_lossy(&text), Placement::Attachment, values, profile);
                if is_clear { Ok(octets) } else { Err(Trouble::Residue) }
            }
        }
    }

    /// What is still to be taken out of a file, if anything is. What cannot be taken out is a residue; so is a value in a
    /// stream from which no text is read, where those are looked for (`spelled`).
    fn found_in(
        &self,
        octets: &[u8],
        attached: &Attached,
        passwords: &[String],
        (values, spelled): (&Values, &[String]),
        profile: &Profile,
        documents: &mut dyn Documents,
    ) -> Result<Option<Vec<Edit>>, Trouble> {
        let OwnFile { name, media_type, .. } = &*attached.file;
        let file = File { octets, name: name.expose(), media_type, passwords };
        let Document { parts, watched, .. } =
            documents::read(documents, file, spelled).map_err(|_| Trouble::Residue)?;
        let mut edits = Vec::new();
        for part in &parts {
            let text = match &part.content {
                Content::Text(text) => text,
                Content::Opaque(why) if self.unexamined((*why).into()) >= Action::Redact => {
                    return Err(Trouble::Residue);
                }
                Content::Opaque(_) => continue,
            };
            let is_name = part.path.ends_with("/name");
            let placement = if is_name { Placement::Name } else { Placement::Attachment };
            let seen = self.examine_text(text, placement, &profile.countries);
            if seen.incomplete {
                return Err(Trouble::Residue);
            }
            let mut cuts = outside_cuts(text, values);
            for hit in seen.hits.iter().filter(|hit| hit.action >= Action::Redact) {
                if hit.action > Action::Redact {
                    return Err(Trouble::Residue);
                }
                let Some(known) = self.known(hit.by) else { continue };
                // Its tag would tell nothing: the same value elsewhere has been marked by now.
                let mark = mark::withheld(
                    mark::kind(known.class, known.entity, mark::words(&profile.language)),
                    mark::ENGLISH,
                );
                cuts.push(Cut { span: hit.span.clone(), score: hit.score, action: hit.action, mark: mark.into() });
            }
            edits.extend(replacements(&part.path, redact::union(text, cuts)));
        }
        // Where something is left to be taken out, this is not the last look.
        if watched && edits.is_empty() {
            return Err(Trouble::Residue);
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    /// The redacted text in place of a file that cannot be rewritten.
    fn stand_in(
        &self,
        to: &mut crate::Attachment,
        attached: &Attached,
        plan: &Plan,
        values: &Values,
        profile: &Profile,
    ) -> Result<Vec<u8>, Trouble> {
        let own = to.text.as_ref().map(Cleared::as_str).filter(|_| !attached.is_document);
        let text = own.unwrap_or(&plan.stand_in);
        if text.trim().is_empty() || text.len() > STAND_IN_BYTES_MAX {
            return Err(Trouble::Unwritable);
        }
        let is_text =
            own.is_some() && (attached.media_type.starts_with("text/") || !attached.media_type.starts_with("message/"));
        let text = if is_text { text.to_owned() } else { format!("{STAND_IN}\n\n{text}") };
        if !self.is_clear(&text, Placement::Attachment, values, profile) {
            return Err(Trouble::Residue);
        }
        let is_pdf = lazaret_docs::sniff(&attached.file.as_file(&[])).first() == Some(&Format::Pdf);
        // Other letters would become question marks in a PDF without fonts of its own.
        if !is_text && is_pdf && !WINDOWS_1252.encode(&text).2 {
            return Ok(lazaret_docs::pdf_of_text(&text));
        }
        if !is_text {
            to.name = Cleared::mint(format!("{}.txt", to.name.as_str()));
            to.media_type = "text/plain".to_owned();
        }
        to.charset = Some("UTF-8".to_owned());
        Ok(text.into_bytes())
    }
}

impl Plan {
    /// Leaves a member out: the innermost file that a path lies in, else all.
    fn remove(&mut self, path: &str) {
        match member(path) {
            Some(path) => self.edits.push(Edit::Remove { path: path.to_owned() }),
            None => self.withheld = true,
        }
    }

    fn stand_in(&mut self, path: &str, text: &str) {
        if self.stand_in.len() + text.len() > STAND_IN_BYTES_MAX {
            return;
        }
        if !self.stand_in.is_empty() {
            self.stand_in.push_str("\n\n");
        }
        if !path.is_empty() {
            self.stand_in.push_str(&format!("[{path}]\n"));
        }
        self.stand_in.push_str(text.trim_end());
    }

    /// Each removal once, and no edits within what is removed.
    fn settle(&mut self) {
        let mut removed: Vec<String> = Vec::new();
        for edit in &self.edits {
            if let Edit::Remove { path } = edit
                && !removed.contains(path)
            {
                removed.push(path.clone());
            }
        }
        let outer = |path: &str| removed.iter().any(|of| of != path && below(of, path).is_some());
        let mut kept: Vec<Edit> = Vec::new();
        for edit in std::mem::take(&mut self.edits) {
            let gone = match &edit {
                Edit::Remove { path } => outer(path) || kept.contains(&edit),
                Edit::Replace { path, .. } => removed.iter().any(|of| below(of, path).is_some()),
            };
            if !gone {
                kept.push(edit);
            }
        }
        self.edits = kept;
    }
}

fn replacements(path: &str, spans: Vec<(Range<usize>, String)>) -> impl Iterator<Item = Edit> {
    spans.into_iter().map(move |(span, with)| Edit::Replace { path: path.to_owned(), span, with })
}

/// The path of the picture that a text is seen in: as a code, or as letters.
fn seen_in_picture(path: &str) -> Option<&str> {
    let (picture, text) = path.rsplit_once('!')?;
    let is_code = text.strip_prefix("code").is_some_and(|nth| nth.bytes().all(|b| b.is_ascii_digit()));
    (is_code || text == "seen").then_some(picture)
}

/// Is all of a text to be left out?
fn is_withheld(seen: &Examined) -> bool {
    seen.incomplete || seen.hits.iter().any(|hit| hit.action >= Action::Withhold)
}

/// The rest of a path, if it is that of a thing or of something in it.
fn below<'a>(of: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(of).filter(|rest| rest.is_empty() || rest.starts_with(['!', '/', '~']))
}

/// Is a path that of a part, or of something in it, its numbered parts included?
fn belongs(part: &str, path: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with(['!', '/', '~', '.']))
}

/// The path up to its last number: the innermost file within a file.
fn member(path: &str) -> Option<&str> {
    let mut end = None;
    let mut at = 0;
    for piece in path.split_inclusive(['!', '/', '~']) {
        let name = piece.trim_end_matches(['!', '/', '~']);
        // What stands after `~` is another reading, no member.
        let is_number = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        let is_member = path.get(..at).is_some_and(|head| head.ends_with('!'));
        if is_number && is_member {
            end = Some(at + name.len());
        }
        at += piece.len();
    }
    path.get(..end?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_by_numbers() {
        for (path, want) in [
            ("", None),
            ("!document", None),
            ("~2", None),
            ("!2", Some("!2")),
            ("!2/name", Some("!2")),
            ("!2!sheet1", Some("!2")),
            ("!2!3!document", Some("!2!3")),
            ("!12!exif", Some("!12")),
            ("!document!4", Some("!document!4")),
        ] {
            assert_eq!(member(path), want, "{path}");
        }
    }

    #[test]
    fn what_is_seen_in_a_picture_is_told_by_its_path() {
        for (path, want) in [
            ("!code1", Some("")),
            ("!2!code12", Some("!2")),
            ("!document!4!seen", Some("!document!4")),
            ("!code1/name", None),
            ("!codes", None),
            ("", None),
            ("!document", None),
        ] {
            assert_eq!(seen_in_picture(path), want, "{path}");
        }
    }
}
