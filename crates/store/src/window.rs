//! How many replies went out in the last day, hour or minute: pure arithmetic. A window is counted in slices, and the
//! slice that is partly outside counts whole, so never more than the limit fall into any real window; time that is set
//! back counts as the latest seen.

use serde::{Deserialize, Serialize};

/// What is counted, and over which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Span {
    /// 24 hours.
    Day = b'd',
    /// 60 minutes.
    Hour = b'h',
    /// 60 seconds.
    Minute = b'm',
}

impl Span {
    /// Slices of a window.
    const SLICES: i64 = 12;

    pub(crate) fn secs(self) -> i64 {
        match self {
            Span::Day => 86_400,
            Span::Hour => 3_600,
            Span::Minute => 60,
        }
    }

    fn slice(self, now: i64) -> i64 {
        now.div_euclid(self.secs() / Span::SLICES)
    }
}

/// Counts of the slices of one window, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Latest time seen, in seconds since 1970.
    pub(crate) at: i64,
    slices: Vec<(i64, u32)>,
    /// Notices that wait for room in it: what comes later does not go before them.
    #[serde(default)]
    pub(crate) held: u32,
}

impl Window {
    fn advance(&mut self, span: Span, now: i64) -> i64 {
        self.at = self.at.max(now);
        let slice = span.slice(self.at);
        self.slices.retain(|(s, _)| *s >= slice - Span::SLICES);
        slice
    }

    /// How many in the window that ends now.
    pub(crate) fn count(&mut self, span: Span, now: i64) -> u32 {
        self.advance(span, now);
        self.slices.iter().fold(0, |sum: u32, (_, count)| sum.saturating_add(*count))
    }

    /// When fewer than `max` are in the window, if nothing is added: now, or when slices have passed out of it.
    pub(crate) fn frees_at(&mut self, span: Span, now: i64, max: u32) -> i64 {
        let mut count = self.count(span, now);
        let mut at = self.at;
        for (slice, gone) in &self.slices {
            if count < max {
                break;
            }
            count = count.saturating_sub(*gone);
            at = (slice + Span::SLICES + 1).saturating_mul(span.secs() / Span::SLICES);
        }
        at
    }

    /// Counts one.
    pub(crate) fn add(&mut self, span: Span, now: i64) {
        let slice = self.advance(span, now);
        match self.slices.last_mut() {
            Some((last, count)) if *last == slice => *count = count.saturating_add(1),
            _ => self.slices.push((slice, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_holds_at_one_less_at_it_and_one_more() {
        for (span, limit) in [(Span::Day, 10), (Span::Hour, 100), (Span::Minute, 300)] {
            let mut window = Window::default();
            let now = 1_800_000_000;
            for n in 0..=limit {
                assert_eq!(window.count(span, now), n, "{span:?}");
                window.add(span, now);
            }
            assert_eq!(window.count(span, now + span.secs() - 1), limit + 1, "{span:?} still inside");
            assert_eq!(window.count(span, now + span.secs() * 13 / 12 + 1), 0, "{span:?} outside");
        }
    }

    #[test]
    fn it_says_when_there_is_room_again() {
        for (span, now) in [(Span::Day, 1_800_000_000), (Span::Hour, 1_800_000_123), (Span::Minute, 1_800_000_059)] {
            let mut window = Window::default();
            assert_eq!(window.frees_at(span, now, 1), now, "nothing is in it");
            (0..3).for_each(|_| window.add(span, now));
            window.add(span, now + span.secs() / 2);
            for max in 1..=5 {
                let mut later = window.clone();
                let at = later.frees_at(span, now + span.secs() / 2, max);
                assert!(later.count(span, at) < max, "{span:?} {max}");
                assert_eq!(window.clone().count(span, at - 1) >= max, max <= 4, "{span:?} {max}: not before");
            }
        }
    }

    proptest! {
        /// Whatever the clock does, no window of real (monotone) time ever has more than the limit.
        #[test]
        fn no_window_has_more_than_the_limit(
            steps in prop::collection::vec((-4_000i64..4_000, any::<bool>()), 1..300), limit in 1u32..6,
        ) {
            let span = Span::Hour;
            let (mut window, mut clock, mut seen) = (Window::default(), 1_800_000_000i64, i64::MIN);
            let mut sent: Vec<i64> = Vec::new();
            for (step, small) in steps {
                clock += if small { step / 50 } else { step };
                seen = seen.max(clock);
                if window.count(span, clock) < limit {
                    window.add(span, clock);
                    sent.push(seen);
                }
            }
            for at in &sent {
                let inside = sent.iter().filter(|t| (at - span.secs() + 1..=*at).contains(t)).count();
                prop_assert!(inside <= limit as usize, "{inside} in an hour");
            }
        }

        /// And it does not hold back for ever: after a window and a slice all is free again.
        #[test]
        fn a_window_frees_itself(times in prop::collection::vec(0i64..100_000, 1..100)) {
            for span in [Span::Day, Span::Hour, Span::Minute] {
                let mut window = Window::default();
                times.iter().for_each(|t| window.add(span, *t));
                let end = times.iter().max().copied().unwrap_or_default() + span.secs() * 13 / 12 + 1;
                prop_assert_eq!(window.count(span, end), 0);
            }
        }
    }
}
