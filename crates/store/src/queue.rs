//! The replies that wait, in memory: when which is due, and how to take a change back.

use std::collections::{BTreeSet, HashMap};

/// The replies that are not over, in memory; every change can be undone until the group is written.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) waits: HashMap<u64, Wait>,
    /// Those not leased, by their time.
    pub(crate) ready: BTreeSet<(i64, u64)>,
    undo: Vec<(u64, Option<Wait>)>,
    request_began: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) due_at: i64,
    pub(crate) queued_at: i64,
    pub(crate) leased: bool,
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
            self.ready.remove(&(before.due_at, id));
        }
        if let Some(wait) = wait.filter(|w| !w.leased) {
            self.ready.insert((wait.due_at, id));
        }
        before
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
        let wait = |due_at| Some(Wait { due_at, queued_at: 0, leased: false });
        queue.set(1, wait(5));
        queue.keep();
        queue.begin_request();
        queue.set(1, None);
        queue.set(2, wait(6));
        queue.set(2, wait(7));
        queue.undo_request();
        assert_eq!(queue.ready.iter().copied().collect::<Vec<_>>(), [(5, 1)]);
        queue.begin_request();
        queue.set(1, wait(8));
        queue.begin_request();
        queue.set(3, wait(9));
        queue.undo_group();
        assert_eq!((queue.ready.iter().copied().collect::<Vec<_>>(), queue.waits.len()), (vec![(5, 1)], 1));
    }
}
