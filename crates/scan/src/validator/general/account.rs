//! Numbers of bank accounts and branches outside of the IBAN.

use crate::validator::sums::weighted;

use super::digits;

fn passes(canonical: &str, weights: &[u32], by: u32) -> bool {
    digits(canonical).is_some_and(|d| d.len() == weights.len() && weighted(&d, weights).is_multiple_of(by))
}

/// US routing transit number (ABA): a district of the Federal Reserve, and 3-7-1.
pub(super) fn aba(canonical: &str) -> bool {
    let district = canonical.get(..2).and_then(|d| d.parse::<u32>().ok()).unwrap_or(99);
    let is_district = matches!(district, 1..=12 | 21..=32 | 61..=72 | 80);
    is_district && passes(canonical, &[3, 7, 1, 3, 7, 1, 3, 7, 1], 10)
}

/// Mexico: 18 digits, 3-7-1 modulo 10 each.
pub(super) fn clabe(canonical: &str) -> bool {
    let Some(all) = digits(canonical).filter(|d| d.len() == 18) else { return false };
    let sum: u32 = all.iter().zip([3, 7, 1].into_iter().cycle()).take(17).map(|(d, w)| d * w % 10).sum();
    all.last() == Some(&((10 - sum % 10) % 10)) && canonical.bytes().any(|b| b != b'0')
}

/// Argentina: bank and branch with a check digit, account with another.
pub(super) fn cbu(canonical: &str) -> bool {
    let Some((bank, account)) = canonical.split_at_checked(8) else { return false };
    let varied = canonical.bytes().any(|b| b != b'0');
    varied
        && passes(bank, &[7, 1, 3, 9, 7, 1, 3, 1], 10)
        && passes(account, &[3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3, 1], 10)
}

/// Australian bank-state-branch number: the bank, then the state in the third digit.
pub(super) fn bsb(canonical: &str) -> bool {
    const BANKS: &str = " 01 03 06 08 10 11 12 13 14 15 16 18 19 20 21 22 23 24 25 26 27 28 29 30 31 33 34 35 36 40 41 42 43 44 45 46 47 48 51 52 \
        53 54 55 57 58 59 61 63 64 65 66 67 68 69 70 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 ";
    let bank = canonical.get(..2).unwrap_or_default();
    canonical.len() == 6 && bank.len() == 2 && BANKS.contains(&format!(" {bank} ")) && canonical != "999999"
}

/// New Zealand: bank, branch, account, suffix. Only banks that exist; modulo 11 for the banks that most accounts are with,
/// over the branch too for accounts below 990000. Other banks have checks of their own, which are not asked for.
pub(super) fn new_zealand(canonical: &str) -> bool {
    let bank = canonical.get(..2).and_then(|b| b.parse::<u32>().ok()).unwrap_or(0);
    let branch = canonical.get(2..6).and_then(|b| b.parse::<u32>().ok()).unwrap_or(0);
    let is_bank = matches!(bank, 1..=6 | 8..=31 | 33 | 35 | 38 | 88);
    let account = canonical.get(6..13).unwrap_or_default();
    let is_summed = matches!(bank, 1..=6 | 10..=24 | 27 | 30 | 35 | 38);
    let with_branch = account.parse::<u32>().is_ok_and(|a| a < 990_000);
    let weights: &[u32] =
        if with_branch { &[6, 3, 7, 9, 0, 10, 5, 8, 4, 2, 1] } else { &[0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1] };
    let is_right = canonical.get(2..13).is_some_and(|number| passes(number, weights, 11));
    is_bank && branch > 0 && matches!(canonical.len(), 15 | 16) && account != "0000000" && (is_right || !is_summed)
}

/// Business identifier code (ISO 9362): bank, country, place, branch.
pub(super) fn bic(value: &str) -> bool {
    const COUNTRIES: &str = " AD AE AF AG AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BW BY BZ CA CD CG CH CI CL CM CN CO CR CU \
        CV CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FO FR GA GB GD GE GF GG GH GI GL GM GN GP GR GT GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT \
        JE JM JO JP KE KG KH KR KW KY KZ LA LB LC LI LK LR LT LU LV LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP \
        NZ OM PA PE PF PG PH PK PL PR PS PT PY QA RE RO RS RU RW SA SC SD SE SG SI SK SL SM SN SR SV SY SZ TD TG TH TJ TN TR TT TW TZ UA UG US UY UZ \
        VA VE VG VN WS XK YE ZA ZM ZW ";
    let country = value.get(4..6).unwrap_or_default().to_ascii_uppercase();
    matches!(value.len(), 8 | 11) && country.len() == 2 && COUNTRIES.contains(&format!(" {country} "))
}

/// An account number behind a word for it: five to twenty digits, and not one digit again and again.
pub(super) fn any(value: &str) -> bool {
    let all: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
    (5..=20).contains(&all.len()) && all.iter().any(|d| Some(d) != all.first())
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 7] = [
            (super::aba, &["121042882", "021000021"], &["121042883", "991042882", "12104288", "000000000"]),
            (
                super::clabe,
                &["002010077777777771", "032180000118359719"],
                &["032180000118359710", "000000000000000000", "03218000011835971"],
            ),
            (
                super::cbu,
                &["2850590940090418135201"],
                &["2850590940090418135202", "2850590840090418135201", "0000000000000000000000", ""],
            ),
            (super::bsb, &["062000", "733123"], &["000000", "999999", "06200", "502000"]),
            (
                super::new_zealand,
                &["010902006838900", "3112310012345000"],
                &["070902006838900", "010242010019500", "0109020068389", "010000006838900", "010902000000000"],
            ),
            (super::bic, &["DEUTDEFF", "NEDSZAJJXXX", "deutdeff500"], &["DEUTXXFF", "DEUTDEF", "DEUTDEFF50", ""]),
            (super::any, &["12345678", "12-34 567"], &["1234", "0000000", ""]),
        ];
        for (nth, (check, good, bad)) in cases.into_iter().enumerate() {
            good.iter().for_each(|v| assert!(check(v), "{nth}: {v}"));
            bad.iter().for_each(|v| assert!(!check(v), "{nth}: {v}"));
        }
    }
}
