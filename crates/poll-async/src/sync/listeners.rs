//! Tasks that wait for the same thing, and are all told when it happens.

use core::task::{Context, Waker};

use super::look::{Look, keep};
use super::queue::{Key, Queue};
use super::wakes::Wakes;

/// The wakers of those who wait; a place without one belongs to a task that was told.
#[derive(Debug)]
pub(super) struct Listeners(Queue<Option<Waker>>);

impl Listeners {
    pub(super) const fn new() -> Self {
        Self(Queue::new())
    }

    /// Has the task told next time. `key` is its place from one time to the next, until it is
    /// [removed](Self::remove).
    pub(super) fn listen<R>(
        &mut self,
        key: &mut Option<Key>,
        waker: &mut Option<Waker>,
        context: &Context<'_>,
    ) -> Look<R> {
        if let Some(slot) = key
            .and_then(|key| self.0.get(key))
            .filter(|slot| slot.is_some())
        {
            return keep(slot, waker, context);
        }
        if waker.is_none() {
            return Look::NeedsWaker;
        }
        if let Some(key) = key.take() {
            // Its waker went when the task was told.
            let _none = self.0.remove(key);
        }
        *key = Some(self.0.push(waker.take()));
        Look::Waits
    }

    /// Tells all.
    pub(super) fn tell(&mut self, wakes: &mut Wakes) {
        while let Some(slot) = self.0.pop() {
            if let Some(waker) = slot.take() {
                wakes.push(waker);
            }
        }
    }

    /// Ends the ownership of a place. The waker is for the caller to drop.
    #[must_use = "a waker is dropped after the lock is open"]
    pub(super) fn remove(&mut self, key: Key) -> Option<Waker> {
        self.0.remove(key).flatten()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::task::{Context, Waker};

    use super::{Listeners, Look, Wakes};

    #[test]
    fn one_that_listens_again_has_one_place() {
        let mut listeners = Listeners::new();
        let context = Context::from_waker(Waker::noop());
        let mut other = None;
        let listen = |listeners: &mut Listeners, key: &mut _| {
            let looked: Look<()> =
                listeners.listen(key, &mut Some(Waker::noop().clone()), &context);
            assert!(matches!(looked, Look::Waits));
        };
        let mut key = None;
        listen(&mut listeners, &mut key);
        listen(&mut listeners, &mut other);
        let first = key;
        for _ in 0..3 {
            listeners.tell(&mut Wakes::new());
            listen(&mut listeners, &mut key);
            assert_eq!(key, first);
            listen(&mut listeners, &mut key);
            assert_eq!(key, first);
        }
    }
}
