//! Brazil: people, companies, voters, social security, health.

use super::sums::weighted;
use super::{digits, exactly};

/// Two check digits mod 11, where ten is written 0: weights end with 2 before the first and before the second.
fn two(body: &[u32], given: [u32; 2], first: &[u32], second: &[u32]) -> bool {
    let digit = |sum: u32| (11 - sum % 11) % 11 % 10;
    let one = digit(weighted(body, first));
    let with_one: Vec<u32> = body.iter().copied().chain([one]).collect();
    given == [one, digit(weighted(&with_one, second))]
}

/// Cadastro de Pessoas Físicas (Receita Federal).
pub(super) fn cpf(canonical: &str) -> bool {
    let Some([body @ .., one, two_]) = exactly::<11>(canonical) else { return false };
    body.iter().any(|d| *d > 0)
        && two(&body, [one, two_], &[10, 9, 8, 7, 6, 5, 4, 3, 2], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// Cadastro Nacional da Pessoa Jurídica; from July 2026 with letters in the first twelve places, each worth its ASCII code
/// less 48 (Instrução Normativa RFB 2.229/2024).
pub(super) fn cnpj(canonical: &str) -> bool {
    let values: Vec<u32> = canonical.bytes().map(|b| u32::from(b.wrapping_sub(b'0'))).collect();
    let Some((body, [one, two_])) = values.split_last_chunk::<2>() else { return false };
    let is_formed = body.len() == 12
        && canonical.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && *one < 10
        && *two_ < 10
        && body.iter().any(|v| *v > 0);
    is_formed
        && two(body, [*one, *two_], &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// Número de Identificação Social (PIS, PASEP, NIT).
pub(super) fn pis(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<11>(canonical) else { return false };
    (11 - weighted(&body, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == check
}

/// Título de eleitor: number, state, two check digits (Resolução TSE 20.132/1998).
pub(super) fn titulo(canonical: &str) -> bool {
    let Some([a, b, c, d, e, f, g, h, s1, s2, one, two_]) = exactly::<12>(canonical) else { return false };
    let state = s1 * 10 + s2;
    let digit = |sum: u32| match sum % 11 {
        0 if state == 1 || state == 2 => 1,
        10 => 0,
        rest => rest,
    };
    let first = digit(weighted(&[a, b, c, d, e, f, g, h], &[2, 3, 4, 5, 6, 7, 8, 9]));
    (1..=28).contains(&state) && first == one && digit(weighted(&[s1, s2, first], &[7, 8, 9])) == two_
}

/// Cartão Nacional de Saúde: weights 15 to 1, mod 11.
pub(super) fn cns(canonical: &str) -> bool {
    let Some(digits) = digits(canonical).filter(|d| d.len() == 15) else { return false };
    let sum: u32 = digits.iter().zip((1..=15).rev()).map(|(d, w)| d * w).sum();
    matches!(digits.first(), Some(1 | 2 | 7 | 8 | 9)) && sum.is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        type Good = (fn(&str) -> bool, &'static [&'static str]);
        let good: [Good; 5] = [
            (cpf, &["45074952883", "36084852955"]),
            (cnpj, &["40341711923773", "12ABC34501DE35"]),
            (pis, &["11734868850"]),
            (titulo, &["820576590701", "006817502852"]),
            (cns, &["703639020943476"]),
        ];
        for (check, all) in good {
            for text in all {
                assert!(check(text), "{text}");
                let last = text.len() - 1;
                let other = if text.ends_with('5') { "6" } else { "5" };
                assert!(!check(&format!("{}{other}", text.get(..last).expect("ASCII"))), "{text}");
                assert!(!check(text.get(..last).expect("ASCII")), "{text}");
            }
        }
        assert!(!cpf("00000000000") && !cnpj("00000000000000") && !titulo("820576592901"));
        assert!(!cns("303639020943476"));
    }
}
