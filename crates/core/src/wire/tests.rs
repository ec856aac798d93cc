use super::*;
use crate::message::ReturnPath;
use crate::{
    Addr, Address, Attachment, Class, Cleared, DigestKey, Envelope, Facts, Finding, Fingerprint, Fingerprints,
    HeaderField, Limits, MarkKey, Opaque, OpaqueWhy, PartPath, Proof, ProofMode, Reason, Remembered, Reporter,
    TermPrint, ThreadDigest, ThreadKey, ValueDigest, Verdict, Why,
};
use lazaret_scan::{Action, Placement};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,20}"
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 0..4)
}

fn cleared() -> impl Strategy<Value = Cleared> {
    text().prop_map(Cleared::mint)
}

fn path() -> impl Strategy<Value = PartPath> {
    text().prop_map(PartPath::new)
}

fn pick<T: Copy + std::fmt::Debug>(all: &'static [T]) -> impl Strategy<Value = T> {
    (0..all.len()).prop_map(|i| all[i])
}

fn action() -> impl Strategy<Value = Action> {
    pick(&Action::ALL)
}

fn class() -> impl Strategy<Value = lazaret_scan::Class> {
    pick(lazaret_scan::Class::ALL)
}

fn why() -> impl Strategy<Value = OpaqueWhy> {
    pick(&[
        OpaqueWhy::Picture,
        OpaqueWhy::Signature,
        OpaqueWhy::Encrypted,
        OpaqueWhy::Unsupported,
        OpaqueWhy::Malformed,
        OpaqueWhy::OverLimit,
    ])
}

fn addr() -> impl Strategy<Value = Addr> {
    "[a-zA-Z.+]{1,12}@[a-z]{1,9}\\.example".prop_map(|a| Addr::parse(&a).expect("good by its pattern"))
}

fn addresses() -> impl Strategy<Value = Vec<Address>> {
    proptest::collection::vec(
        (cleared(), proptest::option::of(addr())).prop_map(|(name, addr)| Address { name, addr }),
        0..3,
    )
}

fn return_path() -> impl Strategy<Value = ReturnPath> {
    prop_oneof![Just(ReturnPath::Unknown), Just(ReturnPath::Null), addr().prop_map(ReturnPath::Addr)]
}

fn envelope() -> impl Strategy<Value = Envelope> {
    let people = (addresses(), addresses(), addresses(), addresses(), return_path());
    let ids = (any::<Option<i64>>(), proptest::option::of(text()), proptest::option::of(text()), texts(), texts());
    (people, ids).prop_map(
        |((from, to, cc, reply_to, return_path), (date, message_id, in_reply_to, references, subject_refs))| Envelope {
            from,
            to,
            cc,
            reply_to,
            return_path,
            date,
            message_id,
            in_reply_to,
            references,
            subject_refs,
        },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    (text(), class(), text(), path(), 0usize..99, 0usize..99, any::<u8>(), action(), text()).prop_map(
        |(rule, class, entity, part, start, len, score, action, tag)| Finding {
            rule,
            class,
            entity,
            part,
            span: start..start + len,
            score,
            action,
            tag,
        },
    )
}

fn fingerprints() -> impl Strategy<Value = Fingerprints> {
    let term = (text(), any::<i16>(), any::<Option<u16>>());
    let terms = proptest::collection::vec(term.prop_map(|(name, points, word)| TermPrint { name, points, word }), 0..4);
    let places = pick(&[Placement::Body, Placement::Header, Placement::Name, Placement::Attachment]);
    let counts = (any::<u32>(), any::<u8>(), any::<u32>());
    let one = (text(), class(), places, terms, action(), proptest::option::of(pick(&Why::ALL)), counts).prop_map(
        |(rule, class, placement, terms, action, why_not, (form, score, count))| Fingerprint {
            rule,
            class,
            form,
            placement,
            score,
            terms,
            action,
            why_not,
            count,
        },
    );
    (proptest::collection::vec(one, 0..4), any::<u32>()).prop_map(|(all, dropped)| Fingerprints { all, dropped })
}

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (text(), class(), text(), any::<u32>(), action())
            .prop_map(|(rule, class, entity, count, action)| Reason::Found { rule, class, entity, count, action }),
        (why(), any::<u32>(), action()).prop_map(|(why, count, action)| Reason::Unexamined { why, count, action }),
        Just(Reason::WholeEncrypted),
        Just(Reason::Residue),
        Just(Reason::Poison),
        Just(Reason::OverSize),
        Just(Reason::OverLimit),
        Just(Reason::Released),
        any::<u32>().prop_map(|count| Reason::FileResidue { count }),
        (any::<u32>(), texts(), action()).prop_map(|(about, kinds, action)| Reason::Records { about, kinds, action }),
    ]
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (
        path(),
        cleared(),
        text(),
        any::<u64>(),
        action(),
        proptest::option::of(cleared()),
        proptest::option::of(why()),
        proptest::option::of(any::<[u8; 9]>()),
    )
        .prop_map(|(part, name, media_type, size_bytes, action, text, opaque, file)| Attachment {
            part,
            name,
            media_type,
            size_bytes,
            action,
            text,
            opaque,
            file: file.map(|octets| crate::ClearedOctets::mint(octets.to_vec())),
            coverage: crate::Coverage { scanned_bytes: size_bytes, decoded_bytes: 1, unexamined_bytes: 2 },
            content_id: opaque.map(|why| why.as_str().to_owned()),
            inline: opaque.is_some(),
            charset: opaque.map(|why| why.as_str().to_owned()),
        })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let lists = (
        proptest::collection::vec(reason(), 0..4),
        proptest::collection::vec(finding(), 0..4),
        proptest::collection::vec(
            (path(), why(), action()).prop_map(|(part, why, action)| Opaque { part, why, action }),
            0..4,
        ),
        proptest::collection::vec(attachment(), 0..3),
    );
    let facts = (
        pick(&[Class::Human, Class::Auto, Class::Bounce, Class::List, Class::Own, Class::Report]),
        pick(&[Proof::Pass, Proof::Fail, Proof::None]),
        pick(&Verdict::ALL),
        envelope(),
        proptest::option::of(addr()),
        any::<(bool, bool, bool, u32)>(),
    );
    let words =
        (fingerprints(), cleared(), cleared(), proptest::option::of(cleared()), proptest::option::of(text()), texts());
    (lists, facts, words).prop_map(|(lists, facts, words)| {
        let (reasons, findings, opaque, attachments) = lists;
        let (class, proof, verdict, envelope, customer, (staff, keep_nothing, junk, hops)) = facts;
        let (fingerprints, subject, text, html, language, bounced_ids) = words;
        let own_copy = language.clone();
        let headers = vec![HeaderField { name: "X-Field".into(), value: subject.clone() }];
        let mut outcome = Outcome {
            class,
            staff,
            proof,
            envelope,
            customer,
            verdict,
            reasons,
            findings,
            fingerprints,
            opaque,
            subject,
            text,
            html,
            attachments,
            headers,
            headers_left_out: hops,
            keep_nothing,
            language,
            own_copy,
            bounced_ids,
            junk,
            hops,
            remembered: Remembered { values: vec![ValueDigest([hops as u8; 16])], facts: Facts::from_bits(hops as u8) },
        };
        if verdict >= Verdict::Quarantine {
            outcome.drop_text();
        }
        outcome
    })
}

fn profile() -> impl Strategy<Value = Profile> {
    let proof = prop_oneof![
        Just(ProofMode::None),
        text().prop_map(ProofMode::AuthservId),
        Just(ProofMode::Gmail),
        Just(ProofMode::ExchangeOnline)
    ];
    let reporter =
        (text(), any::<bool>()).prop_map(|(from, customer_in_reply_to)| Reporter { from, customer_in_reply_to });
    (text(), texts(), texts(), proptest::collection::vec(reporter, 0..3), proof, texts(), text()).prop_map(
        |(mailbox, own, staff, reporters, proof, countries, language)| Profile {
            mailbox,
            own,
            staff,
            reporters,
            proof,
            countries,
            language,
        },
    )
}

fn kind() -> impl Strategy<Value = (u8, String, Option<u64>, Option<String>)> {
    (0u8..7, text(), any::<Option<u64>>(), proptest::option::of(text()))
}

fn job_kind((which, file, index, password): (u8, String, Option<u64>, Option<String>)) -> JobKind {
    match which {
        0 => JobKind::Process,
        1 => JobKind::Parse { file, index },
        2 => JobKind::Extract { file, index, password: password.map(Raw::new) },
        3 => JobKind::Scan { file, index, show: if password.is_some() { Show::Masked } else { Show::Revealed } },
        4 => {
            let show = Explain { reveal: password.is_some(), digests: index.is_some() };
            JobKind::Explain { file, index, show }
        }
        5 => JobKind::Release,
        _ => JobKind::ScanText { id: file },
    }
}

fn frame(answer: &Answer) -> Vec<u8> {
    let mut out = Vec::new();
    write_answer(&mut out, answer).expect("memory");
    out
}

fn job_frame(job: &Job) -> Vec<u8> {
    let mut out = Vec::new();
    write_job(&mut out, job).expect("memory");
    out
}

fn thread() -> Option<Thread> {
    let values = vec![ThreadDigest([7; 8]), ThreadDigest([8; 8])];
    Some(Thread { key: ThreadKey::new([5; 32]), values, facts: Facts::ENCRYPTED })
}

fn setup() -> Setup {
    Setup {
        build_id: "lazaret 0.1".into(),
        rules: vec![("cards.toml".into(), "[[rule]]".into()), ("keys.toml".into(), String::new())],
        policy: ("policy.toml".into(), "min_score = {}".into()),
        accepted: true,
        limits: Limits { findings_max: 7, ..Limits::default() },
        digest_key: DigestKey::new([1; 32]),
        mark_key: MarkKey::new([2; 32]),
        today: "2026-03-01".into(),
    }
}

#[test]
fn setups_come_back() {
    let mut out = Vec::new();
    write_setup(&mut out, &setup()).expect("memory");
    let back = read_setup(&mut out.as_slice()).expect("as written");
    let want = setup();
    assert_eq!((back.build_id, back.rules, back.policy), (want.build_id, want.rules, want.policy));
    assert_eq!((back.accepted, back.limits, back.today), (want.accepted, want.limits, want.today));
    assert_eq!(back.digest_key.expose(), want.digest_key.expose());
    assert_eq!(back.mark_key.expose(), want.mark_key.expose());
    for len in 0..out.len() {
        assert!(read_setup(&mut &out[..len]).is_err(), "{len}");
    }
}

#[test]
fn an_end_between_jobs_is_an_end() {
    assert!(matches!(read_job(&mut [].as_slice()), Ok(None)));
    let job = Job {
        kind: JobKind::Process,
        profile: Profile::default(),
        thread: None,
        message: RawMessage::new(vec![7; 10]),
    };
    let two = [job_frame(&job), job_frame(&job)].concat();
    let mut reader = two.as_slice();
    for _ in 0..2 {
        assert_eq!(read_job(&mut reader).ok().flatten().expect("a job").message.expose(), [7; 10]);
    }
    assert!(matches!(read_job(&mut reader), Ok(None)));
    for len in 1..two.len() / 2 {
        assert_eq!(
            read_job(&mut &two[..len]).err(),
            Some(if len < HEAD_LEN + 1 || len < two.len() / 2 {
                WireError::Io(ErrorKind::UnexpectedEof)
            } else {
                WireError::Short
            })
        );
    }
}

#[test]
fn the_limit_of_a_frame_is_exact() {
    let line = "x".repeat(100);
    let out = frame(&Answer::Report(Report::from_line(line.clone())));
    let payload = out.len() - HEAD_LEN;
    assert_eq!(read_answer(&mut out.as_slice(), payload - 1).err(), Some(WireError::TooLong));
    for limit in [payload, payload + 1] {
        match read_answer(&mut out.as_slice(), limit) {
            Ok(Answer::Report(report)) => assert_eq!(report.expose(), line),
            _ => panic!("it fits"),
        }
    }
}

#[test]
fn large_payloads_come_back_whole() {
    for len in [RESERVE_BYTES - 40, RESERVE_BYTES, RESERVE_BYTES * 4 + 3, RESERVE_BYTES * 17] {
        let octets: Vec<u8> = (0..len).map(|i| (i % 253) as u8).collect();
        let job = Job {
            kind: JobKind::Process,
            profile: Profile::default(),
            thread: None,
            message: RawMessage::new(octets.clone()),
        };
        let back = read_job(&mut job_frame(&job).as_slice()).ok().flatten().expect("a job");
        assert!(back.message.expose() == octets, "{len}");
    }
}

#[test]
fn a_length_that_lies_costs_no_memory() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.max(buffer.len());
            Ok(0)
        }
    }
    let mut head = MAGIC.to_vec();
    head.push(JOB);
    head.extend_from_slice(&(JOB_BYTES_MAX as u32).to_be_bytes());
    let mut reader = head.as_slice().chain(Endless(0));
    assert_eq!(read_job(&mut reader).err(), Some(WireError::Io(ErrorKind::UnexpectedEof)));
    assert!(reader.get_ref().1.0 <= RESERVE_BYTES);
    let mut over = MAGIC.to_vec();
    over.push(JOB);
    over.extend_from_slice(&(JOB_BYTES_MAX as u32 + 1).to_be_bytes());
    assert_eq!(read_job(&mut over.as_slice()).err(), Some(WireError::TooLong));
}

#[test]
fn what_is_no_frame_is_refused() {
    let good = frame(&Answer::Panicked);
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        read_answer(&mut bytes.as_slice(), 100).err()
    };
    assert_eq!(changed(0, b'M'), Some(WireError::Magic));
    assert_eq!(changed(3, 2), Some(WireError::Magic));
    assert_eq!(changed(4, JOB), Some(WireError::Kind));
    assert_eq!(changed(9, 5), Some(WireError::Value));
    assert_eq!(changed(8, 0), Some(WireError::Short));
    let longer = [&good[..8], &[2], &good[9..], &[0]].concat();
    assert_eq!(read_answer(&mut longer.as_slice(), 100).err(), Some(WireError::Trailing));
}

#[test]
fn a_list_is_not_much_larger_than_its_frame() {
    let reasons = |count: usize| {
        let mut outcome = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine);
        outcome.reasons = vec![Reason::Poison; count];
        read_answer(&mut frame(&Answer::Outcome(Box::new(outcome))).as_slice(), 1 << 20).err()
    };
    assert_eq!(reasons(7), None);
    assert_eq!(reasons(10_000), Some(WireError::Short));
}

#[test]
fn a_stub_with_text_is_refused() {
    let mut outcome = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine);
    assert!(read_answer(&mut frame(&Answer::Outcome(Box::new(outcome.clone()))).as_slice(), 1 << 20).is_ok());
    outcome.text = Cleared::mint("left over".into());
    let out = frame(&Answer::Outcome(Box::new(outcome)));
    assert_eq!(read_answer(&mut out.as_slice(), 1 << 20).err(), Some(WireError::Value));
}

proptest! {
    #[test]
    fn outcomes_come_back(outcome in outcome()) {
        let out = frame(&Answer::Outcome(Box::new(outcome.clone())));
        match read_answer(&mut out.as_slice(), 1 << 20) {
            Ok(Answer::Outcome(back)) => prop_assert!(*back == outcome),
            _ => prop_assert!(false, "not an outcome"),
        }
        for len in (0..out.len()).step_by(7) {
            prop_assert!(read_answer(&mut &out[..len], 1 << 20).is_err());
        }
    }

    #[test]
    fn jobs_come_back(kind in kind(), profile in profile(), octets in proptest::collection::vec(any::<u8>(), 0..50)) {
        let job = Job { kind: job_kind(kind.clone()), profile: profile.clone(), thread: thread(), message: RawMessage::new(octets.clone()) };
        let out = job_frame(&job);
        let back = read_job(&mut out.as_slice()).ok().flatten().expect("a job");
        prop_assert_eq!(back.profile, profile);
        prop_assert_eq!(back.message.expose(), octets);
        // A JobKind cannot be compared, since it may hold a password: its frame can.
        let again = Job { kind: back.kind, profile: job.profile, thread: back.thread, message: job.message };
        prop_assert_eq!(job_frame(&again), out);
    }

    #[test]
    fn any_octets_are_answered(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_answer(&mut octets.as_slice(), 1 << 16);
        let _ = read_job(&mut octets.as_slice());
        let _ = read_setup(&mut octets.as_slice());
        for kind in [SETUP, JOB, ANSWER] {
            let mut framed = MAGIC.to_vec();
            framed.push(kind);
            framed.extend_from_slice(&(octets.len() as u32).to_be_bytes());
            framed.extend_from_slice(&octets);
            let _ = read_answer(&mut framed.as_slice(), 1 << 16);
            let _ = read_job(&mut framed.as_slice());
            let _ = read_setup(&mut framed.as_slice());
        }
    }

    #[test]
    fn a_changed_octet_is_a_value_or_an_error(outcome in outcome(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut out = frame(&Answer::Outcome(Box::new(outcome)));
        let at = at.index(out.len());
        out[at] = to;
        if let Ok(Answer::Outcome(back)) = read_answer(&mut out.as_slice(), 1 << 20) {
            // Whatever it is, it is a value: it can be written and read again.
            let again = frame(&Answer::Outcome(back));
            prop_assert!(read_answer(&mut again.as_slice(), 1 << 20).is_ok());
        }
    }
}
