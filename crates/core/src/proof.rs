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
//! A field that is not well formed (an open or ambiguous quotation or comment, too long, an unknown version) ends the search,
//! and nothing is proven: whoever can lengthen or unbalance what the border writes must not gain by it. Only a failure that
//! was found above it stays.
//!
//! RFC 8601 section 5 has the border remove fields that came in with its own id. A border that writes a field into every
//! mail, above its own `Received`, needs not do so for this reading; one that leaves mail without a field must.

use crate::classify::Header;
use crate::parse::fields::unfold;
use crate::{Proof, ProofMode};

/// Most fields that are looked at.
const FIELDS_MAX: usize = 200;

/// Longest value of one field that is believed, in octets.
const VALUE_BYTES_MAX: usize = 16 * 1024;

/// Results of one method for a message.
struct Outcome {
    method: String,
    result: String,
    /// `ptype.property` and value, in lower case.
    properties: Vec<(String, String)>,
}

impl Outcome {
    fn is_failure(&self) -> bool {
        self.method == "dmarc" && self.result == "fail"
    }
}

/// One field.
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
    if outcomes.iter().any(Outcome::is_failure) {
        return Proof::Fail;
    }
    if let Some(dmarc) = all("dmarc").next() {
        let same = property(dmarc, "header.from").is_none_or(|d| domain_of(&d) == from_domain);
        match dmarc.result.as_str() {
            "pass" if same => return Proof::Pass,
            "pass" => return Proof::None,
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
                let Some(results) = parse(value) else {
                    out.retain(Outcome::is_failure);
                    break;
                };
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

/// The topmost result of a method; of DKIM there may be one for each signature, in one field. A failure of DMARC stays
/// wherever it stands.
fn first_wins(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut out: Vec<Outcome> = Vec::new();
    for outcome in outcomes {
        let repeated = matches!(outcome.method.as_str(), "dkim" | "spf");
        if repeated || outcome.is_failure() || !out.iter().any(|o| o.method == outcome.method) {
            out.push(outcome);
        }
    }
    out
}

/// Did a host of the border write this `Received`? Its `by` is in the domain of the authserv-id, or is an address, as in
/// Google's inner hops.
fn is_own_hop(value: &[u8], id: &str) -> bool {
    let Some(text) = well_formed(value) else { return false };
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
    let Some(results) = parse(value) else { return Vec::new() };
    let known = results.outcomes.iter().any(|o| matches!(o.method.as_str(), "spf" | "dkim" | "dmarc" | "compauth"));
    if results.id.is_none() && known { results.outcomes } else { Vec::new() }
}

/// Takes one value apart (RFC 8601 2.2). `None`: it is not well formed, or of a version that is not known (2.5), and may mean
/// anything.
fn parse(value: &[u8]) -> Option<Results> {
    let text = well_formed(value)?;
    let mut results = Results { id: None, outcomes: Vec::new() };
    for (index, segment) in split_unquoted(&text, ';').into_iter().enumerate() {
        let pairs = pairs(segment)?;
        match pairs.split_first() {
            Some(((id, None), rest)) if index == 0 => {
                if rest.iter().any(|(version, value)| value.is_some() || version != "1") {
                    return None;
                }
                results.id = Some(id.to_ascii_lowercase());
            }
            Some(((method, Some(result)), rest)) => {
                let (method, version) = method.split_once('/').unwrap_or((method, "1"));
                if version.trim() != "1" {
                    continue;
                }
                let method = method.trim().to_ascii_lowercase();
                let properties = rest
                    .iter()
                    .filter_map(|(n, v)| Some((n.to_ascii_lowercase(), v.as_deref()?.to_ascii_lowercase())))
                    .collect();
                results.outcomes.push(Outcome { method, result: result.to_ascii_lowercase(), properties });
            }
            _ => {}
        }
    }
    Some(results)
}

/// Words of a segment: `name=value`, or a word alone; blanks around the equals sign are allowed, values may be quoted.
/// `None` if an equals sign has no name before it or no value behind it.
fn pairs(segment: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut out: Vec<(String, Option<String>)> = Vec::new();
    let mut word = String::new();
    // An empty quotation is a word too.
    let (mut quoted, mut value_next, mut begun) = (false, false, false);
    let mut chars = segment.chars().chain([' ']);
    while let Some(c) = chars.next() {
        match c {
            '"' => (quoted, begun) = (!quoted, true),
            '\\' if quoted => word.extend(chars.next()),
            '=' if !quoted && !value_next => {
                if !begun {
                    word = out.pop().filter(|(_, value)| value.is_none())?.0;
                }
                out.push((std::mem::take(&mut word), None));
                (value_next, begun) = (true, false);
            }
            c if c.is_whitespace() && !quoted => {
                if !std::mem::take(&mut begun) {
                    continue;
                }
                let word = std::mem::take(&mut word);
                match out.last_mut() {
                    Some(last) if value_next => last.1 = Some(word),
                    _ => out.push((word, None)),
                }
                value_next = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    (!value_next).then_some(out)
}

/// Splits outside of quoted strings, in which a backslash escapes the next character (RFC 5322 3.2.4).
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = quoted && c == '\\';
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// The value on one line without its comments; quoted strings stay. `None` if nobody can tell which words are the border's own:
/// it is too long, a comment or a string has no end or no beginning, an escape stands outside of both, or a quotation
/// mark is left open within a comment, as where a border repeats `"x); …"@evil.example` in one without escaping it.
fn well_formed(value: &[u8]) -> Option<String> {
    if value.len() > VALUE_BYTES_MAX {
        return None;
    }
    let text = unfold(value);
    let (mut depth, mut quoted, mut quoted_inside) = (0_u32, false, false);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                out.push(c);
                out.push(chars.next()?);
            }
            '\\' if depth > 0 => drop(chars.next()?),
            '\\' if chars.as_str().starts_with(['(', ')', '"', ';', '\\']) => return None,
            '"' if depth > 0 => quoted_inside = !quoted_inside,
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.checked_sub(1)?;
                if quoted_inside {
                    return None;
                }
                out.push(' ');
            }
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    (depth == 0 && !quoted).then_some(out)
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

    /// A field of results whose value is so many octets shorter than what is believed.
    fn at_length(shorter: usize, end: &str) -> String {
        // The gate takes the blank behind the colon for a part of the value.
        let value = format!(" mx.acme.example; x=y (z){{}};{end}");
        let filler = VALUE_BYTES_MAX - shorter - (value.len() - 2);
        format!("Authentication-Results:{}", value.replace("{}", &" ".repeat(filler)))
    }

    #[test]
    fn who_is_believed_and_what_it_says() {
        const A: &str = "Authentication-Results: mx.acme.example; ";
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
            // What a sender can write into what the border repeats of it.
            ("a result in a quoted address", format!("{A}spf=fail smtp.mailfrom=\"a; dmarc=pass header.from=c.example; x=\"@evil.example; dmarc=fail header.from=c.example\n"), &id, Proof::Fail),
            ("a quotation that is escaped", format!("{A}spf=fail smtp.mailfrom=\"a\\\"; dmarc=pass header.from=c.example; x=\\\"\"@evil.example; dmarc=fail header.from=c.example\n"), &id, Proof::Fail),
            ("a backslash before the end of a quotation", format!("{A}spf=fail smtp.mailfrom=\"a\\\\\"@evil.example; dmarc=fail header.from=c.example; x=\"; dmarc=pass\"\n"), &id, Proof::Fail),
            ("a comment that is never closed", format!("{A}spf=pass smtp.mailfrom=c.example; x=a(b@evil.example; dmarc=fail header.from=c.example\n"), &id, Proof::None),
            ("a quotation that is never closed", format!("{A}spf=pass smtp.mailfrom=c.example; x=\"a; dmarc=fail header.from=c.example\n"), &id, Proof::None),
            ("a backslash outside of quotations", format!("{A}spf=fail smtp.mailfrom=a\\(@evil.example (; dmarc=pass header.from=c.example); x=y); dmarc=fail\n"), &id, Proof::None),
            ("a result in a reason", format!("{A}dkim=fail reason=\"; dmarc=pass header.from=c.example\" header.d=c.example\n"), &id, Proof::None),
            ("a result in a comment", format!("{A}dkim=fail (x; dmarc=pass header.from=c.example;) header.d=c.example\n"), &id, Proof::None),
            ("a quotation within a comment that ends it", format!("{A}spf=fail (domain of \"x); dmarc=pass header.from=c.example; a=b (\"@evil.example)\n"), &id, Proof::None),
            ("a comment within a comment's quotation", format!("{A}spf=pass (domain of \"x(\"@c.example) smtp.mailfrom=c.example\n"), &id, Proof::None),
            ("a quotation in a comment", format!("{A}dkim=pass (key \"a\" \\\" \\)) header.d=c.example\n"), &id, Proof::Pass),
            ("a comment that only ends", format!("{A}spf=fail) smtp.mailfrom=evil.example; dkim=pass header.d=c.example\n"), &id, Proof::None),
            ("a malformed one above a forged one", format!("{A}spf=fail smtp.mailfrom=a(b@evil.example\n{own}{pass}"), &id, Proof::None),
            ("a malformed one below a failure", format!("{A}dmarc=fail header.from=c.example\n{A}spf=pass (\n"), &id, Proof::Fail),
            ("a malformed one of somebody else on top", format!("Authentication-Results: x; a=b(\n{pass}"), &id, Proof::None),
            ("malformed, Exchange", "Authentication-Results: spf=pass smtp.mailfrom=c.example (\n".into(), &exchange, Proof::None),
            ("malformed, Gmail", format!("Authentication-Results: mx.google.com; spf=pass (\n{}", pass.replace("mx.acme.example", "mx.google.com")), &ProofMode::Gmail, Proof::None),
            ("a hop that is malformed", format!("Received: from a (x by mx.acme.example\n{pass}"), &id, Proof::None),
            ("an equals sign more", format!("{A}dkim=pass header.d=evil.example =c.example\n"), &id, Proof::None),
            ("an equals sign without a value", format!("{A}dkim=pass header.d=c.example x=\n"), &id, Proof::None),
            ("an empty value", format!("{A}dkim=pass header.s=\"\" header.d=c.example\n"), &id, Proof::Pass),
            ("base64 and addresses in values", format!("{A}dkim=pass header.b=\"a/+b==\" header.d=c.example; spf=pass smtp.mailfrom=prvs=1=x@evil.example\n"), &id, Proof::Pass),
            ("an address in quotation marks", format!("{A}spf=pass smtp.mailfrom=\"a b\\\"\\\\\"@c.example\n"), &id, Proof::Pass),
            ("a domain within a quoted local part", format!("{A}spf=pass smtp.mailfrom=\"x@c.example\"@evil.example\n"), &id, Proof::None),
            ("as long as may be", at_length(0, "dkim=pass header.d=c.example"), &id, Proof::Pass),
            ("one octet less", at_length(1, "dkim=pass header.d=c.example"), &id, Proof::Pass),
            ("longer by what changes a domain", at_length(0, "dkim=pass header.d=c.example") + ".evil.example\n", &id, Proof::None),
            ("longer by one", at_length(0, "dkim=pass header.d=c.example") + "e", &id, Proof::None),
            // Versions, spelling.
            ("version 1", format!("{}dmarc=pass header.from=c.example\n", A.replace(';', " 1;")), &id, Proof::Pass),
            ("version 2", format!("{}dmarc=pass header.from=c.example\n", A.replace(';', " 2;")), &id, Proof::None),
            ("a method's version", format!("{A}dmarc/1=pass header.from=c.example\n"), &id, Proof::Pass),
            ("a method's other version", format!("{A}dmarc/2=pass header.from=c.example\n"), &id, Proof::None),
            ("capitals", format!("{}DMARC=Pass Header.From=C.Example\n", A.to_uppercase()), &id, Proof::Pass),
            ("id with a version glued on", "Authentication-Results: mx.acme.example/1; dmarc=pass\n".into(), &id, Proof::None),
            ("id that only begins so", "Authentication-Results: mx.acme.example.evil.example; dmarc=pass\n".into(), &id, Proof::None),
            ("folded after the id", "Authentication-Results: mx.acme.example;\n\tdmarc=pass\n\theader.from=c.example\n".into(), &id, Proof::Pass),
            ("none", "Authentication-Results: mx.acme.example; none\n".into(), &id, Proof::None),
            // Methods that prove no sender.
            ("arc", format!("{A}arc=pass header.from=c.example\n"), &id, Proof::None),
            ("smtp auth", format!("{A}auth=pass smtp.auth=a@c.example\n"), &id, Proof::None),
            ("dmarc of a subdomain", format!("{A}dmarc=pass header.from=mail.c.example\n"), &id, Proof::None),
            ("two dmarc results", format!("{A}dmarc=fail header.from=c.example; dmarc=pass header.from=c.example\n"), &id, Proof::Fail),
            ("two dmarc results, the other way", format!("{A}dmarc=pass header.from=c.example; dmarc=fail header.from=c.example\n"), &id, Proof::Fail),
            ("dmarc temperror, dkim passes", format!("{A}dmarc=temperror header.from=c.example; dkim=pass header.d=c.example\n"), &id, Proof::Pass),
            ("bestguesspass", format!("{A}dmarc=bestguesspass header.from=c.example\n"), &id, Proof::None),
            ("arc field", "ARC-Authentication-Results: i=1; mx.acme.example; dmarc=pass\n".into(), &id, Proof::None),
            ("a hop that names us in a comment", format!("Received: from x (by mx.acme.example) by evil.example; x\n{pass}"), &id, Proof::None),
            ("a hop without by", format!("Received: from x; x\n{pass}"), &id, Proof::None),
        ];
        let is = |header: &str, mode: &ProofMode| proof(header, mode, "c.example");
        let wrong = cases.iter().filter(|(_, header, mode, want)| is(header, mode) != *want).map(|(what, ..)| *what);
        assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
