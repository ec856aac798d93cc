//! Is the address in `From` the one who sent the mail? Read from `Authentication-Results` (RFC 8601), of which anybody may
//! write one, so most of this module is about which to believe.
//!
//! - With an authserv-id: fields are looked at from the top. `Received` fields may stand above if a host of the same
//!   domain as the authserv-id wrote them (hops inside the own border); the first one of a foreign host ends the search,
//!   since what stands below it came in with the mail. Of what is found, the topmost field with the id counts, and those
//!   with the id that follow it without a `Received` or any field of the mail itself between them (a border may write one for
//!   each method). In the block the topmost result of a method wins. Below a hop the topmost field alone counts, since
//!   what follows it may have come in with the mail.
//! - Gmail: the topmost field, if it bears the id `mx.google.com`.
//! - Exchange Online: the topmost field of all, if it has no id and holds a result, which is how that service writes it.
//!
//! RFC 8601 section 5 has the border remove fields that came in with its own id. A border that writes a field into every
//! mail, above its own `Received`, needs not do so for this reading; one that leaves mail without a field must.

use crate::classify::Header;
use crate::parse::fields::unfold;
use crate::{Proof, ProofMode};

/// Most fields that are looked at.
const FIELDS_MAX: usize = 200;

/// Longest value of one field that is read, in octets.
const VALUE_BYTES_MAX: usize = 16 * 1024;

/// Results of one method for a message.
struct Outcome {
    method: String,
    result: String,
    /// `ptype.property` and value, in lower case.
    properties: Vec<(String, String)>,
}

/// One field.
#[derive(Default)]
struct Results {
    id: Option<String>,
    outcomes: Vec<Outcome>,
}

/// Judges the sender whose domain is given (in lower case).
pub(crate) fn read(header: &Header<'_>, mode: &ProofMode, from_domain: &str) -> Proof {
    let outcomes = match mode {
        ProofMode::None => return Proof::None,
        ProofMode::AuthservId(id) => block(header, id, false),
        ProofMode::Gmail => block(header, "mx.google.com", true),
        ProofMode::ExchangeOnline => exchange_online(header),
    };
    judge(&outcomes, from_domain)
}

fn judge(outcomes: &[Outcome], from_domain: &str) -> Proof {
    let all = |method: &'static str| outcomes.iter().filter(move |o| o.method == method);
    let property = |o: &Outcome, name: &str| o.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    if let Some(dmarc) = all("dmarc").next() {
        let same = property(dmarc, "header.from").is_none_or(|d| domain_of(&d) == from_domain);
        match dmarc.result.as_str() {
            "pass" if same => return Proof::Pass,
            "pass" => return Proof::None,
            "fail" => return Proof::Fail,
            _ => {}
        }
    }
    let dkim = all("dkim").filter(|o| o.result == "pass").any(|o| {
        property(o, "header.d").or_else(|| property(o, "header.i")).is_some_and(|d| aligned(domain_of(&d), from_domain))
    });
    // Several SPF results are of several identities; only the topmost on the envelope sender counts.
    let spf = all("spf").find(|o| property(o, "smtp.mailfrom").is_some()).is_some_and(|o| {
        o.result == "pass" && property(o, "smtp.mailfrom").is_some_and(|d| aligned(domain_of(&d), from_domain))
    });
    if dkim || spf { Proof::Pass } else { Proof::None }
}

fn domain_of(value: &str) -> &str {
    value.rsplit_once('@').map_or(value, |(_, d)| d)
}

/// Top-level domains, and second-level ones such as `co.uk`, as far as their form tells.
fn is_suffix(domain: &str) -> bool {
    match domain.split_once('.') {
        None => true,
        Some((second, top)) => top.len() == 2 && second.len() <= 3,
    }
}

/// Relaxed alignment (RFC 7489 3.1): equal, or one is a parent of the other and is itself no top-level domain.
fn aligned(a: &str, b: &str) -> bool {
    let under = |child: &str, parent: &str| {
        !is_suffix(parent) && child.strip_suffix(parent).is_some_and(|head| head.ends_with('.'))
    };
    !a.is_empty() && (a == b || under(a, b) || under(b, a))
}

fn block(header: &Header<'_>, id: &str, topmost_only: bool) -> Vec<Outcome> {
    let mut out: Vec<Outcome> = Vec::new();
    let (mut inside, mut below_a_hop) = (false, false);
    for (name, value) in header.fields().take(FIELDS_MAX) {
        match name.as_str() {
            "authentication-results" => {
                let results = parse(value);
                if results.id.as_deref().is_some_and(|i| i.eq_ignore_ascii_case(id)) {
                    inside = true;
                    out.extend(results.outcomes);
                    // Below a hop the next one may be the first field of the mail itself.
                    if topmost_only || below_a_hop {
                        break;
                    }
                } else if inside || topmost_only {
                    break;
                }
            }
            "received" if inside || !is_own_hop(value, id) => break,
            "received" => below_a_hop = true,
            // Of the mail itself: the border's block is over.
            "from" | "to" | "subject" | "date" | "message-id" | "mime-version" | "content-type" | "dkim-signature"
                if inside =>
            {
                break;
            }
            _ => {}
        }
    }
    first_wins(out)
}

/// The topmost result of a method; of DKIM there may be one for each signature, in one field.
fn first_wins(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut out: Vec<Outcome> = Vec::new();
    for outcome in outcomes {
        let repeated = matches!(outcome.method.as_str(), "dkim" | "spf");
        if repeated || !out.iter().any(|o| o.method == outcome.method) {
            out.push(outcome);
        }
    }
    out
}

/// Did a host of the border write this `Received`? Its `by` is in the domain of the authserv-id, or is an address, as in
/// Google's inner hops.
fn is_own_hop(value: &[u8], id: &str) -> bool {
    let text = strip_comments(&unfold(value.get(..VALUE_BYTES_MAX).unwrap_or(value)));
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("by") {
            let host = words.next().unwrap_or_default().trim_end_matches(';').to_ascii_lowercase();
            let id = id.to_ascii_lowercase();
            let inner = host.parse::<std::net::IpAddr>().is_ok() && id == "mx.google.com";
            let parent = |d: &str| d.split_once('.').map(|(_, p)| p.to_owned()).filter(|p| !is_suffix(p));
            let siblings = parent(&host).is_some() && parent(&host) == parent(&id);
            return inner || host == id || siblings || aligned(&host, &id);
        }
    }
    false
}

fn exchange_online(header: &Header<'_>) -> Vec<Outcome> {
    let Some(value) = header.all("authentication-results").next() else { return Vec::new() };
    let results = parse(value);
    let known = results.outcomes.iter().any(|o| matches!(o.method.as_str(), "spf" | "dkim" | "dmarc" | "compauth"));
    if results.id.is_none() && known { results.outcomes } else { Vec::new() }
}

/// Takes one value apart (RFC 8601 2.2).
fn parse(value: &[u8]) -> Results {
    let text = strip_comments(&unfold(value.get(..VALUE_BYTES_MAX).unwrap_or(value)));
    let mut results = Results::default();
    for (index, segment) in split_unquoted(&text, ';').into_iter().enumerate() {
        let pairs = pairs(segment);
        match pairs.split_first() {
            Some(((id, None), _)) if index == 0 => results.id = Some(id.to_ascii_lowercase()),
            Some(((method, Some(result)), rest)) => {
                let method = method.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
                let properties = rest
                    .iter()
                    .filter_map(|(n, v)| Some((n.to_ascii_lowercase(), v.as_deref()?.to_ascii_lowercase())))
                    .collect();
                results.outcomes.push(Outcome { method, result: result.to_ascii_lowercase(), properties });
            }
            _ => {}
        }
    }
    results
}

/// Words of a segment: `name=value`, or a word alone; blanks around the equals sign are allowed, values may be quoted.
fn pairs(segment: &str) -> Vec<(String, Option<String>)> {
    let mut out: Vec<(String, Option<String>)> = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut value_next) = (false, false);
    let mut chars = segment.chars().chain([' ']);
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => word.extend(chars.next()),
            '=' if !quoted && !value_next => {
                if word.is_empty() {
                    word = out.pop().map(|(w, _)| w).unwrap_or_default();
                }
                out.push((std::mem::take(&mut word), None));
                value_next = true;
            }
            c if c.is_whitespace() && !quoted => {
                if word.is_empty() {
                    continue;
                }
                let word = std::mem::take(&mut word);
                match out.last_mut() {
                    Some(last) if value_next => last.1 = Some(word),
                    _ => out.push((word, None)),
                }
                value_next = false;
            }
            c => word.push(c),
        }
    }
    out
}

fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// Comments out; quoted strings stay.
fn strip_comments(text: &str) -> String {
    let (mut depth, mut quoted) = (0_u32, false);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next();
                if depth == 0 {
                    out.push(c);
                    out.extend(next);
                }
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                out.push(c);
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                out.push(' ');
            }
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::gate::survey;

    fn proof(header: &str, mode: &ProofMode, from: &str) -> Proof {
        let octets = header.replace('\n', "\r\n");
        let layout = survey(octets.as_bytes(), &Limits::default());
        read(&Header::new(&layout, layout.nodes.first()), mode, from)
    }

    #[test]
    fn who_is_believed_and_what_it_says() {
        let id = ProofMode::AuthservId("mx.acme.example".to_owned());
        let exchange = ProofMode::ExchangeOnline;
        let own = "Received: from a by mx.acme.example with ESMTP; x\n";
        let foreign = "Received: from b by mail.evil.example; x\n";
        let pass = "Authentication-Results: mx.acme.example; dmarc=pass header.from=c.example\n";
        let cases: Vec<(&str, String, &ProofMode, Proof)> = vec![
            ("plain pass", format!("{pass}{own}From: a@c.example\n"), &id, Proof::Pass),
            ("below an own hop", format!("{own}{pass}From: a@c.example\n"), &id, Proof::Pass),
            ("forged below a foreign hop", format!("{own}{foreign}{pass}"), &id, Proof::None),
            ("below a foreign hop", format!("{foreign}{pass}"), &id, Proof::None),
            ("forged second", format!("Authentication-Results: mx.acme.example; dmarc=fail header.from=c.example\n{own}{pass}"), &id, Proof::Fail),
            ("forged, after the own block", format!("Authentication-Results: mx.acme.example; spf=none\n{own}{pass}"), &id, Proof::None),
            ("forged, right below the only own one", format!("{own}Authentication-Results: mx.acme.example; spf=none\n{pass}From: a@c.example\n"), &id, Proof::None),
            ("another id", "Authentication-Results: mx.other.example; dmarc=pass\n".into(), &id, Proof::None),
            ("another's from", "Authentication-Results: mx.acme.example; dmarc=pass header.from=d.example\n".into(), &id, Proof::None),
            ("mode none", pass.into(), &ProofMode::None, Proof::None),
            ("dkim aligned", "Authentication-Results: mx.acme.example; dkim=pass (ok; yes) header.d=mail.c.example\n".into(), &id, Proof::Pass),
            ("dkim not aligned", "Authentication-Results: mx.acme.example; dkim=pass header.d=c.example.evil.example\n".into(), &id, Proof::None),
            ("dkim of a suffix without dot", "Authentication-Results: mx.acme.example; dkim=pass header.d=notc.example\n".into(), &id, Proof::None),
            ("dkim of a top-level domain", "Authentication-Results: mx.acme.example; dkim=pass header.d=example\n".into(), &id, Proof::None),
            ("dkim of co.uk", "Authentication-Results: mx.acme.example; dkim=pass header.d=co.uk\n".into(), &id, Proof::None),
            ("spf aligned", "Authentication-Results: mx.acme.example 1; spf=pass smtp.mailfrom=x@c.example\n".into(), &id, Proof::Pass),
            ("spf of helo", "Authentication-Results: mx.acme.example; spf=pass smtp.helo=c.example\n".into(), &id, Proof::None),
            ("spf failed", "Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=x@c.example\n".into(), &id, Proof::None),
            ("dmarc fail beats dkim", "Authentication-Results: mx.acme.example; dkim=pass header.d=c.example; dmarc=fail\n".into(), &id, Proof::Fail),
            ("one field a method", "Authentication-Results: mx.acme.example; spf=softfail smtp.mailfrom=c.example\nAuthentication-Results: mx.acme.example; dkim=pass header.d=c.example\n".into(), &id, Proof::Pass),
            ("quoted and commented", "Authentication-Results: (x) \"mx.acme.example\"; dkim = pass (dmarc=fail; \\) (x)) header.d = \"c.example\"\n".into(), &id, Proof::Pass),
            ("gmail", "Delivered-To: x\nReceived: by 2002:a05:1::1 with SMTP id 1; x\nX-Received: by 1\nReceived: from m by mx.google.com; x\nAuthentication-Results: mx.google.com;\n dkim=pass header.i=@c.example; dmarc=pass (p=NONE) header.from=c.example\n".into(), &ProofMode::Gmail, Proof::Pass),
            ("gmail forged", "Received: from m by mx.google.com; x\nAuthentication-Results: mx.google.com; spf=none\nAuthentication-Results: mx.google.com; dmarc=pass\n".into(), &ProofMode::Gmail, Proof::None),
            ("exchange", "Received: from x by y.outlook.com; x\nAuthentication-Results: spf=pass (sender IP is 1.2.3.4)\n smtp.mailfrom=c.example; dkim=pass (signature was verified)\n header.d=c.example;dmarc=pass action=none header.from=c.example;compauth=pass reason=100\n".into(), &exchange, Proof::Pass),
            ("exchange, foreign on top", "Authentication-Results: mx.evil.example; x=y\nAuthentication-Results: dmarc=pass\n".into(), &exchange, Proof::None),
            ("nonsense", "Authentication-Results: ;;;=;\"\n".into(), &id, Proof::None),
        ];
        for (what, header, mode, want) in cases {
            assert_eq!(proof(&header, mode, "c.example"), want, "{what}");
        }
    }
}
