//! Little-endian numbers and texts at places that may not be there.

/// Reads at an offset; `None` beyond the end.
pub(crate) trait Bytes {
    /// A part that is cut where the octets end.
    fn part(&self, at: usize, len: usize) -> &[u8];
    /// The rest from an offset on.
    fn from(&self, at: usize) -> &[u8];
    /// One octet.
    fn u8(&self, at: usize) -> Option<u8>;
    /// Two octets.
    fn u16(&self, at: usize) -> Option<u16>;
    /// Four octets.
    fn u32(&self, at: usize) -> Option<u32>;
    /// Eight octets.
    fn u64(&self, at: usize) -> Option<u64>;
    /// Four octets that count or place something.
    fn size(&self, at: usize) -> Option<usize>;
}

impl Bytes for [u8] {
    fn part(&self, at: usize, len: usize) -> &[u8] {
        let rest = Bytes::from(self, at);
        rest.get(..len).unwrap_or(rest)
    }

    fn from(&self, at: usize) -> &[u8] {
        self.get(at..).unwrap_or_default()
    }

    fn u8(&self, at: usize) -> Option<u8> {
        self.get(at).copied()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        fixed(self, at).map(u16::from_le_bytes)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        fixed(self, at).map(u32::from_le_bytes)
    }

    fn u64(&self, at: usize) -> Option<u64> {
        fixed(self, at).map(u64::from_le_bytes)
    }

    fn size(&self, at: usize) -> Option<usize> {
        self.u32(at).and_then(|n| usize::try_from(n).ok())
    }
}

fn fixed<const N: usize>(octets: &[u8], at: usize) -> Option<[u8; N]> {
    octets.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// UTF-16LE; a lone surrogate becomes U+FFFD, an odd octet at the end goes.
pub(crate) fn utf16(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).filter_map(|two| two.u16(0));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The same up to the first NUL.
pub(crate) fn utf16_z(octets: &[u8]) -> String {
    let mut text = utf16(octets);
    text.truncate(text.find('\0').unwrap_or(text.len()));
    text
}

/// Octets up to the first NUL.
pub(crate) fn until_nul(octets: &[u8]) -> &[u8] {
    octets.split(|b| *b == 0).next().unwrap_or_default()
}

/// A time as the days of 100 ns since 1601 (FILETIME), in UTC; `None` for none at all.
pub(crate) fn filetime(ticks: u64) -> Option<String> {
    const SECONDS_1601_TO_1970: i64 = 11_644_473_600;
    if ticks == 0 || ticks > i64::MAX as u64 {
        return None;
    }
    Some(time((ticks / 10_000_000) as i64 - SECONDS_1601_TO_1970))
}

/// A time as seconds since 1970, in UTC: `2020-02-29 12:30:00`.
pub(crate) fn time(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_end_is_nothing() {
        let octets: &[u8] = &[1, 2, 3, 4, 5];
        assert_eq!((octets.u16(3), octets.u16(4), octets.u32(2)), (Some(0x504), None, None));
        assert_eq!((octets.part(3, 9), octets.part(9, 1)), (&[4u8, 5][..], &[][..]));
        assert_eq!(octets.u32(usize::MAX), None);
    }

    #[test]
    fn times_are_civil() {
        let cases: [(i64, &str); 4] = [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (1_735_689_599, "2024-12-31 23:59:59"),
        ];
        for (seconds, want) in cases {
            assert_eq!(time(seconds), want);
        }
        assert_eq!(filetime(116_444_736_000_000_000), Some("1970-01-01 00:00:00".into()));
        assert_eq!(filetime(0), None);
        assert!(filetime(u64::MAX / 2).is_some());
    }
}
