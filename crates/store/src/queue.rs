//! The replies, or the deliveries, that wait, in memory: when which is due, and how to take a change back.

use std::collections::{BTreeSet, HashMap};

/// Those that are not over, in memory; every change can be undone until the group is written.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) waits: HashMap<u64, Wait>,
    /// Those not leased, by their lane and their time.
    pub(crate) ready: BTreeSet<(u64, i64, u64)>,
    undo: Vec<(u64, Option<Wait>)>,
    request_began: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) due_at: i64,
    pub(crate) queued_at: i64,
    pub(crate) leased: bool,
    /// What waits apart: the sink of a delivery; 0 for replies.
    pub(crate) lane: u64,
}

impl Queue {
    pub(crate) fn set(&mut self, id: u64, wait: Option<Wait>) {
        let before = self.put(id, wait);
        self.undo.push((id, before));
    }

    fn put(&mut self, id: u64, wait: Option<Wait>) -> Option<Wait> {
        let before = match wait {
            Some(wait) => self.waits.insert(id, wait),
            None => self.waits.remove(&id),
        };
        if let Some(before) = before {
            self.ready.remove(&(before.lane, before.due_at, id));
        }
        if let Some(wait) = wait.filter(|w| !w.leased) {
            self.ready.insert((wait.lane, wait.due_at, id));
        }
        before
    }

    /// Those of a lane that are due and not leased, oldest first.
    pub(crate) fn due(&self, lane: u64, now: i64) -> Vec<u64> {
        self.ready.range((lane, i64::MIN, 0)..=(lane, now, u64::MAX)).map(|(_, _, id)| *id).collect()
    }

    /// When the next of a lane that is not leased is due.
    pub(crate) fn next_due(&self, lane: u64) -> Option<i64> {
        self.ready.range((lane, i64::MIN, 0)..=(lane, i64::MAX, u64::MAX)).next().map(|(_, at, _)| *at)
    }

    /// At most so many that were put in before that time and are not leased.
    pub(crate) fn old(&self, before: i64, max: usize) -> Vec<u64> {
        let old = self.waits.iter().filter(|(_, wait)| !wait.leased && wait.queued_at < before);
        old.map(|(id, _)| *id).take(max).collect()
    }

    /// Ends all leases.
    pub(crate) fn end_leases(&mut self) {
        let leased: Vec<(u64, Wait)> = self.waits.iter().filter(|(_, w)| w.leased).map(|(id, w)| (*id, *w)).collect();
        leased.into_iter().for_each(|(id, wait)| self.set(id, Some(Wait { leased: false, ..wait })));
    }

    pub(crate) fn begin_request(&mut self) {
        self.request_began = self.undo.len();
    }

    pub(crate) fn undo_request(&mut self) {
        while self.undo.len() > self.request_began
            && let Some((id, before)) = self.undo.pop()
        {
            self.put(id, before);
        }
    }

    pub(crate) fn undo_group(&mut self) {
        self.request_began = 0;
        self.undo_request();
    }

    pub(crate) fn keep(&mut self) {
        self.undo.clear();
        self.request_began = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_fails_leaves_the_queue_as_it_was() {
        let mut queue = Queue::default();
        let wait = |due_at| Some(Wait { due_at, queued_at: 0, leased: false, lane: 0 });
        queue.set(1, wait(5));
        queue.keep();
        queue.begin_request();
        queue.set(1, None);
        queue.set(2, wait(6));
        queue.set(2, wait(7));
        queue.undo_request();
        assert_eq!(queue.ready.iter().copied().collect::<Vec<_>>(), [(0, 5, 1)]);
        queue.begin_request();
        queue.set(1, wait(8));
        queue.begin_request();
        queue.set(3, wait(9));
        queue.undo_group();
        assert_eq!((queue.ready.iter().copied().collect::<Vec<_>>(), queue.waits.len()), (vec![(0, 5, 1)], 1));
    }

    #[test]
    fn lanes_are_due_apart() {
        let mut queue = Queue::default();
        for (id, lane, due_at, leased) in [(1, 7, 5, false), (2, 7, 4, false), (3, 7, 1, true), (4, 8, 9, false)] {
            queue.set(id, Some(Wait { due_at, queued_at: due_at, leased, lane }));
        }
        for (lane, now, due) in [(7, 3, vec![]), (7, 4, vec![2]), (7, 5, vec![2, 1]), (8, 8, vec![]), (8, 9, vec![4])] {
            assert_eq!(queue.due(lane, now), due, "{lane} {now}");
        }
        assert_eq!((queue.next_due(7), queue.next_due(8), queue.next_due(9)), (Some(4), Some(9), None));
        assert_eq!((queue.old(5, 9), queue.old(4, 9)), (vec![2], vec![]));
        queue.end_leases();
        assert_eq!(queue.due(7, 5), [3, 2, 1]);
    }
}
