//! The receiving end, and what it borrows.

use core::error::Error;
use core::fmt;
use core::future::poll_fn;
use core::ops::Deref;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use super::{CHANGE, ENDED, Shared};
use crate::sync::look::{Look, poll_look};
use crate::sync::queue::Key;
use crate::sync::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{Ordering, RwLockReadGuard, lock, read};

/// The receiving end: sees the latest value, and remembers which one it has seen.
///
/// A clone has seen what the original has.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The version that was seen, without [`ENDED`].
    seen: usize,
    /// The place among those who wait.
    key: Option<Key>,
}

/// All senders are gone, and the last value was seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecvError;

/// The value, borrowed. No sender can change it as long as this lives, and one that tries blocks
/// its thread: keep it short, and over no `await`.
#[must_use = "the value cannot change while it is borrowed"]
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    has_changed: bool,
}

impl<'a, T> Ref<'a, T> {
    pub(super) fn of(shared: &'a Shared<T>) -> Self {
        Self {
            value: read(&shared.value),
            has_changed: false,
        }
    }

    /// Whether the receiver that borrowed it had not seen this value before. Always false for one
    /// that a sender borrowed.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Receiver<T> {
    /// One that has seen the value as it is now.
    pub(super) fn new(shared: &Arc<Shared<T>>) -> Self {
        Self::that_saw(shared, shared.version())
    }

    fn that_saw(shared: &Arc<Shared<T>>, seen: usize) -> Self {
        shared.receivers.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: Arc::clone(shared),
            seen: seen & !ENDED,
            key: None,
        }
    }

    /// The value, without counting it as seen. Blocks the thread while a sender changes it.
    pub fn borrow(&self) -> Ref<'_, T> {
        let value = read(&self.shared.value);
        let has_changed = self.is_behind(self.shared.version());
        Ref { value, has_changed }
    }

    /// The value, which counts as seen. Blocks the thread while a sender changes it.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let value = read(&self.shared.value);
        // The value's version, for it changes only while the value is locked for writing.
        let version = self.shared.version();
        let has_changed = self.is_behind(version);
        self.seen = version & !ENDED;
        Ref { value, has_changed }
    }

    /// Whether there is a value that was not seen.
    ///
    /// # Errors
    ///
    /// All senders are gone.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let version = self.shared.version();
        if version & ENDED == 0 {
            Ok(self.is_behind(version))
        } else {
            Err(RecvError)
        }
    }

    /// Whether all senders are gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.version() & ENDED != 0
    }

    /// Takes the value for one that was not seen.
    pub fn mark_changed(&mut self) {
        self.seen = self.seen.wrapping_sub(CHANGE);
    }

    /// Takes the value as it is now for one that was seen.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.shared.version() & !ENDED;
    }

    /// Waits for a value that was not seen, and counts it as seen; at once if there is one.
    ///
    /// Cancel-safe: the value counts as seen only when this returns.
    ///
    /// # Errors
    ///
    /// All senders are gone, and the last value was seen.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        poll_fn(|context| self.poll_changed(context)).await
    }

    /// Ready when there is a value that was not seen; has the task woken then.
    ///
    /// # Errors
    ///
    /// As [`changed`](Self::changed).
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let changed = ready!(poll_change(&self.shared, self.seen, &mut self.key, context));
        Poll::Ready(changed.map(|version| self.seen = version))
    }

    /// Waits until `is_wanted` says so of the value, which counts as seen then; at once if it does
    /// so of the one that is there.
    ///
    /// `is_wanted` sees the value as it is when it is called, not each one that was sent. No sender
    /// can change the value while it runs.
    ///
    /// Cancel-safe: of all values that were seen so far, `is_wanted` said no.
    ///
    /// # Errors
    ///
    /// All senders are gone, and `is_wanted` did not want the last value.
    pub async fn wait_for(
        &mut self,
        mut is_wanted: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        let Self { shared, seen, key } = self;
        let shared: &Shared<T> = shared;
        loop {
            {
                let value = read(&shared.value);
                let version = shared.version() & !ENDED;
                let has_changed = *seen != version;
                if is_wanted(&value) {
                    *seen = version;
                    return Ok(Ref { value, has_changed });
                }
                *seen = version;
            }
            poll_fn(|context| poll_change(shared, *seen, key, context)).await?;
        }
    }

    /// Whether both watch the same value.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    fn is_behind(&self, version: usize) -> bool {
        version & !ENDED != self.seen
    }
}

/// The version of a value that is not `seen`.
fn poll_change<T>(
    shared: &Shared<T>,
    seen: usize,
    key: &mut Option<Key>,
    context: &mut Context<'_>,
) -> Poll<Result<usize, RecvError>> {
    let unit = ready!(poll_proceed(context));
    let look = || {
        let version = shared.version();
        match version & !ENDED {
            changed if changed != seen => Some(Ok(changed)),
            _ => (version & ENDED != 0).then_some(Err(RecvError)),
        }
    };
    let changed = match look() {
        Some(changed) => changed,
        // Again under the mutex under which senders tell, after they have changed the version.
        None => ready!(poll_look(&shared.listeners, context, |both, waker| {
            match look() {
                Some(changed) => Look::Done(changed),
                None => both.changes.listen(key, waker, context),
            }
        })),
    };
    unit.made_progress();
    Poll::Ready(changed)
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::that_saw(&self.shared, self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut wakes = Wakes::new();
        // Release: what any receiver did before it went is seen by who finds that none is left.
        let is_last = self.shared.receivers.fetch_sub(1, Ordering::Release) == 1;
        if !is_last && self.key.is_none() {
            return;
        }
        let mut both = lock(&self.shared.listeners);
        let left = self.key.and_then(|key| both.changes.remove(key));
        if is_last {
            both.end.tell(&mut wakes);
        }
        drop(both);
        drop(left);
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed")
    }
}

impl Error for RecvError {}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
