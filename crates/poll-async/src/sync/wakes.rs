//! Wakers that are to be called when the lock under which they were found is open again.

use core::task::Waker;

/// Collects wakers under a lock; they are called when it is dropped, which has to be after the
/// lock's guard. One waker needs no memory.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    first: Option<Waker>,
    more: Vec<Waker>,
}

impl Wakes {
    pub(super) const fn new() -> Self {
        Self {
            first: None,
            more: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.more.push(waker);
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        if let Some(waker) = self.first.take() {
            waker.wake();
        }
        for waker in self.more.drain(..) {
            waker.wake();
        }
    }
}
