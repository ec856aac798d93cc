//! The one place that asks for the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC; 0 for a clock before that.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

/// A moment (seconds since 1970) as RFC 3339 in UTC.
pub(crate) fn rfc3339(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| "-".into(), |t| t.to_string())
}

/// Its day in UTC, `YYYY-MM-DD`.
pub(crate) fn day(at: i64) -> String {
    rfc3339(at).split('T').next().unwrap_or_default().to_owned()
}

/// Today in UTC.
pub(crate) fn today() -> String {
    day(now())
}
