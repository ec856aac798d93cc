//! RTF: what is read, and that nothing of what is replaced is left.

#![allow(clippy::unwrap_used)]

use lazaret_docs::{Content, Edit, File, Limits, Unwritable, read, rewrite};

fn file(octets: &[u8]) -> File<'_> {
    File { octets, name: "a.rtf", media_type: "", passwords: &[] }
}

fn parts(octets: &[u8]) -> Vec<(String, Content)> {
    read(&file(octets), &Limits::default()).parts.into_iter().map(|part| (part.path, part.content)).collect()
}

fn text(octets: &[u8], path: &str) -> String {
    let found = parts(octets).into_iter().find(|(has, _)| has == path);
    match found {
        Some((_, Content::Text(text))) => text,
        _ => panic!("{path} is no text"),
    }
}

#[test]
fn bodies_are_read() {
    let cases: &[(&[u8], &str)] = &[
        (b"{\\rtf1 plain\\par two\\line three}", "plain\ntwo\nthree"),
        (b"{\\rtf1 a\\tab b\\cell c\\cell\\row d}", "a\tb\tc\t\nd"),
        (b"{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2}", "Привет"),
        (b"{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset161 A;}{\\f1\\fcharset0 B;}}\\f0 \\'e1\\f1 \\'e1}", "αá"),
        // A character of two octets, also with the second as itself.
        (b"{\\rtf1\\ansi\\ansicpg932 \\'83\\'65\\'83e}", "テテ"),
        (b"{\\rtf1\\ansi\\ansicpg1252 \xe9\\'e9}", "éé"),
        (b"{\\rtf1\\u8364 ?5}", "€5"),
        (b"{\\rtf1\\uc0\\u8364 5}", "€5"),
        (b"{\\rtf1\\uc2\\u8364 \\'83\\'655}", "€5"),
        (b"{\\rtf1\\u-10179?\\u-8704?}", "😀"),
        (b"{\\rtf1\\u8364\\par x}", "€\nx"),
        // Who skips many characters hides text.
        (b"{\\rtf1\\uc30\\u65 hidden}", "Ahidden"),
        (b"{\\rtf1 {\\v unseen}{\\deleted gone}}", "unseengone"),
        (b"{\\rtf1 \\{\\}\\\\\\~\\_x\\-y}", "{}\\\u{a0}\u{2011}x\u{ad}y"),
        (b"{\\rtf1 {\\upr{ascii}{\\*\\ud{\\u228?}}}}", "asciiä"),
        (b"{\\rtf1 a{\\field{\\*\\fldinst HYPERLINK x}{\\fldrslt shown}}b}", "ashownb"),
        (b"{\\rtf1 open {group", "open group"),
        (b"{\\rtf1 a}}}}{b", "a"),
        (b"{\\rtf1 {\\*\\shpinst{\\shptxt box}}}", "box"),
        (b"{\\rtf1", ""),
    ];
    for (octets, want) in cases {
        assert_eq!(text(octets, ""), *want, "{}", String::from_utf8_lossy(octets));
    }
}

#[test]
fn what_stands_beside_the_body_is_read() {
    let octets = b"{\\rtf1{\\info{\\title T}{\\author A. Writer}{\\*\\company C}}{\\header head\\par}{\\footer foot}\
        body{\\footnote note}{\\*\\annotation{\\*\\atnauthor Z}remark}{\\field{\\*\\fldinst HYPERLINK \"mailto:a@b.c\"}{\\fldrslt x}}\
        {\\*\\unknown kept}{\\*\\userprops{\\propname P}{\\staticval V}}{\\*\\htmltag64 <p>}{\\*\\docvar{name}{value}}\
        }trailing";
    let cases = [
        ("", "bodyx"),
        ("!meta", "title\tT\nauthor\tA. Writer\ncompany\tC\npropname\tP\nstaticval\tV\ndocvar\tnamevalue\n"),
        ("!headers", "head\nfoot\n"),
        ("!footnotes", "note\n"),
        ("!comments", "Z\nremark\n"),
        ("!fields", "HYPERLINK \"mailto:a@b.c\"\n"),
        ("!html", "<p>"),
        ("!other", "kept\ntrailing"),
    ];
    for (path, want) in cases {
        assert_eq!(text(octets, path), want, "{path}");
    }
}

#[test]
fn what_is_stored_is_a_member() {
    let octets = b"{\\rtf1 {\\pict\\pngblip 68656c6c\r\n6f20776f726c64}{\\*\\datastore\\bin5 a{b}c}{\\*\\themedata 3c783e}after}";
    assert_eq!(text(octets, ""), "after");
    assert_eq!(text(octets, "!1"), "hello world");
    assert_eq!(text(octets, "!2"), "a{b}c");
    assert_eq!(text(octets, "!3"), "<x>");
}

#[test]
fn deep_groups_end() {
    for (open, close) in [(200_000, 0), (0, 200_000), (100_000, 100_000)] {
        let octets = [b"{\\rtf1 ".to_vec(), b"{a".repeat(open), b"}".repeat(close), b"{\\b end".to_vec()].concat();
        assert!(
            parts(&octets).iter().any(|(_, content)| matches!(content, Content::Text(text) if text.contains("end")))
        );
    }
}

/// Replaces every occurrence of values in every text, as a caller would.
fn redacted(octets: &[u8], values: &[&str]) -> Result<Vec<u8>, Unwritable> {
    let mut edits = Vec::new();
    for (path, content) in parts(octets) {
        let Content::Text(text) = content else { continue };
        for value in values {
            for (start, _) in text.match_indices(value) {
                let (path, span) = (path.clone(), start..start + value.len());
                edits.push(Edit::Replace { path, span, with: "[x]".into() });
            }
        }
    }
    rewrite(&file(octets), &Limits::default(), &edits)
}

#[test]
fn spans_are_replaced_where_they_stand() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("{\\rtf1 card 4111 end}", &["4111"], "{\\rtf1 card [x] end}"),
        // Split by formatting: the first place gets the mark, the formatting stays.
        ("{\\rtf1 41{\\b 11}\\i 22\\i0 .}", &["411122"], "{\\rtf1 [x]{\\b }\\i \\i0 .}"),
        ("{\\rtf1 M\\'fcller!}", &["Müller"], "{\\rtf1 [x]!}"),
        ("{\\rtf1 \\u1055?\\u1056 ?x}", &["ПР"], "{\\rtf1 [x]x}"),
        ("{\\rtf1 a\\cell 41\\cell 11\\row}", &["41\t11"], "{\\rtf1 a\\cell [x]\\cell \\row}"),
        // Text right behind a control word must not become part of it.
        ("{\\rtf1\\b(41)\\b0.}", &["(41)"], "{\\rtf1\\b [x]\\b0.}"),
        ("{\\rtf1\\b(41)5}", &["(41)"], "{\\rtf1\\b [x]5}"),
        (
            "{\\rtf1{\\info{\\author Zed}}{\\*\\unknown Zed}Zed}",
            &["Zed"],
            "{\\rtf1{\\info{\\author [x]}}{\\*\\unknown [x]}[x]}",
        ),
        ("{\\rtf1{\\*\\themedata 5a6564}}", &["Zed"], "{\\rtf1{\\*\\themedata 5b785d}}"),
    ];
    for (source, values, want) in cases {
        let got = redacted(source.as_bytes(), values).map(|octets| String::from_utf8_lossy(&octets).into_owned());
        assert_eq!(got.as_deref(), Ok(*want), "{source}");
    }
    let edit = |with: &str| [Edit::Replace { path: String::new(), span: 0..1, with: with.into() }];
    for (with, want) in [
        ("a{b}\\c", "{\\rtf1 a\\{b\\}\\\\c}"),
        ("ä", "{\\rtf1 {\\uc0\\u228 }}"),
        ("😀", "{\\rtf1 {\\uc0\\u-10179\\u-8704 }}"),
        ("a\nb\tc", "{\\rtf1 a\\line b\\tab c}"),
    ] {
        let got = rewrite(&file(b"{\\rtf1 Q}"), &Limits::default(), &edit(with)).unwrap();
        assert_eq!(String::from_utf8_lossy(&got), want);
        assert_eq!(text(&got, ""), with);
    }
}

#[test]
fn members_are_removed() {
    let octets = b"{\\rtf1 a{\\*\\shppict{\\pict\\pngblip 89504e47}}b{\\pict\\wmetafile8\\bin3 }}}}c}";
    let remove = |nth: usize| [Edit::Remove { path: format!("!{nth}") }];
    let first = rewrite(&file(octets), &Limits::default(), &remove(1)).unwrap();
    assert_eq!(first, b"{\\rtf1 a{\\*\\shppict}b{\\pict\\wmetafile8\\bin3 }}}}c}");
    let second = rewrite(&file(octets), &Limits::default(), &remove(2)).unwrap();
    assert_eq!(second, b"{\\rtf1 a{\\*\\shppict{\\pict\\pngblip 89504e47}}bc}");
    assert_eq!(rewrite(&file(octets), &Limits::default(), &remove(3)), Err(Unwritable::NoSuchPlace));
    assert_eq!(rewrite(&file(octets), &Limits::default(), &[]).as_deref(), Ok(&octets[..]));
}

#[test]
fn nothing_is_left_of_what_is_replaced() {
    let value = "DE02500105170137075030";
    let coded = |each: &dyn Fn(char) -> String| value.chars().map(each).collect::<String>();
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let forms = [
        value.to_owned(),
        coded(&|c| format!("\\'{:02x}", c as u32)),
        coded(&|c| format!("\\u{}?", c as u32)),
        coded(&|c| format!("\\uc0\\u{}\\uc1 ", c as u32)),
        coded(&|c| format!("{{\\b {c}}}")),
        coded(&|c| format!("{c}\r\n")),
        coded(&|c| format!("\\f0\\fs24 {c}")),
    ];
    let places = [
        "{\\rtf1 a @ b}",
        "{\\rtf1{\\info{\\title @}{\\doccomm @}{\\*\\userprops{\\propname n}{\\staticval @}}}x}",
        "{\\rtf1{\\header @}{\\footerf @}{\\footnote @}x}",
        "{\\rtf1{\\*\\annotation @}{\\*\\atnauthor @}x}",
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"@\"}{\\fldrslt @}}}",
        "{\\rtf1{\\v @}{\\deleted @}{\\*\\bkmkstart @}x}",
        "{\\rtf1{\\*\\shpinst{\\sp{\\sn a}{\\sv @}}{\\shptxt @}}x}",
        "{\\rtf1{\\*\\unknown{\\*\\inner @}}x}@",
        "{\\rtf1{\\fonttbl{\\f0 @;}}{\\stylesheet{\\s1 @;}}{\\*\\htmltag64 <a href=\"@\">}x}",
        "{\\rtf1{\\object{\\*\\objclass @}{\\result @}}{\\*\\docvar{a}{@}}x}",
    ];
    for place in places {
        for form in &forms {
            let source = place.replace('@', form);
            let got = redacted(source.as_bytes(), &[value]).expect(&source);
            let all = String::from_utf8_lossy(&got).into_owned();
            let squeezed: String = all.chars().filter(char::is_ascii_alphanumeric).collect();
            assert!(!all.contains(value) && !squeezed.contains(value) && !all.contains(&hex), "{source}\n{all}");
            for (path, content) in parts(&got) {
                assert!(!matches!(&content, Content::Text(text) if text.contains(value)), "{path} of {all}");
            }
            let marks = place.matches('@').count();
            assert_eq!(all.matches("[x]").count(), marks, "{source}\n{all}");
        }
    }
    // Stored in hex.
    let source = format!("{{\\rtf1{{\\*\\datastore {hex}}}x}}");
    let got = String::from_utf8(redacted(source.as_bytes(), &[value]).unwrap()).unwrap();
    assert!(!got.contains(&hex), "{got}");
}
