use super::keys::{RECIPIENT_PREFIX, wrap_key};
use super::*;

fn pair() -> (OpeningKey, Recipient) {
    OpeningKey::generate()
}

fn message(len: usize) -> RawMessage {
    RawMessage::new((0..len).map(|i| (i % 251) as u8).collect())
}

fn error(file: &[u8], key: &OpeningKey) -> Option<SealError> {
    open(file, key).err()
}

#[test]
fn every_recipient_opens_and_nobody_else() {
    let pairs: Vec<_> = (0..3).map(|_| pair()).collect();
    let recipients: Vec<Recipient> = pairs.iter().map(|(_, r)| r.clone()).collect();
    for len in [0, 1, 15, 16, 17, 70_000] {
        let sealed = seal(&message(len), &recipients, b"ticket 7").expect("sealed");
        assert_eq!(sealed.label(), b"ticket 7");
        for (key, _) in &pairs {
            let opened = open(sealed.as_bytes(), key).expect("opened");
            let mut out = Vec::new();
            opened.disclose_to(&mut out).expect("memory");
            assert_eq!(out, message(len).expose());
        }
        assert_eq!(error(sealed.as_bytes(), &pair().0), Some(SealError::WrongKey));
    }
}

#[test]
fn nothing_of_the_message_stands_in_the_file() {
    let (_, recipient) = pair();
    let secret = b"4111 1111 1111 1111";
    let sealed = seal(&RawMessage::new(secret.to_vec()), std::slice::from_ref(&recipient), b"").expect("sealed");
    assert!(!sealed.as_bytes().windows(4).any(|w| secret.windows(4).any(|s| s == w)));
    let again = seal(&RawMessage::new(secret.to_vec()), &[recipient], b"").expect("sealed");
    assert_ne!(sealed.as_bytes(), again.as_bytes());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (key, recipient) = pair();
    let sealed = seal(&message(40), &[recipient], b"label").expect("sealed").into_bytes();
    for at in 0..sealed.len() {
        let mut file = sealed.clone();
        file[at] ^= 1;
        let got = error(&file, &key).unwrap_or_else(|| panic!("octet {at} was flipped and nobody noticed"));
        let want: &[SealError] = match at {
            0..16 => &[SealError::NotSealed],
            16..18 => &[SealError::Version],
            // Lengths and counts move everything behind them.
            18..20 | 25 => &[SealError::Truncated, SealError::Altered, SealError::WrongKey],
            26..34 => &[SealError::WrongKey],
            114..122 => &[SealError::Truncated],
            _ => &[SealError::Altered],
        };
        assert!(want.contains(&got), "octet {at}: {got:?}");
    }
}

#[test]
fn every_other_length_is_noticed() {
    let (key, recipient) = pair();
    let sealed = seal(&message(40), &[recipient], b"label").expect("sealed").into_bytes();
    for len in 0..sealed.len() {
        let want = if len == 0 { SealError::NotSealed } else { SealError::Truncated };
        assert_eq!(error(&sealed[..len], &key), Some(want), "{len}");
        assert!(Sealed::from_stored(sealed[..len].to_vec()).is_err());
    }
    let longer = [sealed.as_slice(), b"x"].concat();
    assert_eq!(error(&longer, &key), Some(SealError::Truncated));
    assert!(Sealed::from_stored(sealed).is_ok());
    assert_eq!(error(b"lazaret-sealed-v2\nanything", &key), Some(SealError::Version));
}

#[test]
fn a_label_cannot_be_exchanged() {
    let (key, recipient) = pair();
    let sealed = seal(&message(40), &[recipient], b"ticket 7").expect("sealed").into_bytes();
    let at = sealed.windows(8).position(|w| w == b"ticket 7").expect("there");
    let mut file = sealed;
    file[at + 7] = b'8';
    assert_eq!(error(&file, &key), Some(SealError::Altered));
}

#[test]
fn limits_hold() {
    let (_, recipient) = pair();
    let to = |n: usize| vec![recipient.clone(); n];
    let got = |n: usize, label: usize| seal(&message(1), &to(n), &vec![0; label]).err();
    assert_eq!(got(0, 0), Some(SealError::NoRecipient));
    assert_eq!(got(RECIPIENTS_MAX - 1, 0), None);
    assert_eq!(got(RECIPIENTS_MAX, 0), None);
    assert_eq!(got(RECIPIENTS_MAX + 1, 0), Some(SealError::TooManyRecipients));
    assert_eq!(got(1, LABEL_BYTES_MAX - 1), None);
    assert_eq!(got(1, LABEL_BYTES_MAX), None);
    assert_eq!(got(1, LABEL_BYTES_MAX + 1), Some(SealError::LabelTooLong));
}

#[test]
fn keys_survive_being_typed() {
    let (key, recipient) = pair();
    let public = recipient.to_string();
    assert!(public.starts_with("lzq1"));
    assert_eq!(Recipient::parse(&format!("  {}\n", public.to_uppercase())).as_ref(), Ok(&recipient));
    let private = key.reveal_once();
    assert!(private.starts_with("LAZARET-QUARANTINE-KEY-1"));
    let again = OpeningKey::parse(&private.to_lowercase()).expect("the same key");
    assert_eq!(again.recipient(), &recipient);
    assert_eq!(Recipient::parse(&private), Err(KeyError::Private));
    assert!(!format!("{key:?}").contains(&private[24..40]));
}

#[test]
fn every_typing_error_is_noticed() {
    let (_, recipient) = pair();
    let public = recipient.to_string();
    for at in 4..public.len() {
        let mut typed: Vec<u8> = public.clone().into_bytes();
        typed[at] = if typed[at] == b'a' { b'b' } else { b'a' };
        let typed = String::from_utf8(typed).expect("letters");
        // The last letter also holds padding bits, and a wrong one there is a wrong length.
        assert!(matches!(Recipient::parse(&typed), Err(KeyError::Check | KeyError::Length)), "{at}");
    }
    let cases = [
        ("age1qx", KeyError::Prefix { expected: "lzq1" }),
        ("", KeyError::Prefix { expected: "lzq1" }),
        ("lzq1", KeyError::Length),
        ("lzq1ab1d", KeyError::Letter { at: 3 }),
        ("lzq1é", KeyError::Letter { at: 1 }),
    ];
    for (text, want) in cases {
        assert_eq!(Recipient::parse(text), Err(want), "{text}");
    }
    let weak = wrap_key(RECIPIENT_PREFIX, &[0; 32]);
    assert_eq!(Recipient::parse(&weak), Err(KeyError::Weak));
}
