//! A lock that tasks wait for.

use core::error::Error;
use core::fmt;
use std::sync::Arc;

use super::gate::Gate;
use super::held::{Held, guard_traits};
use super::permits::Refused;
use crate::park::block_on;

/// A lock whose guard may be kept over an `await`, and go to another thread with its task.
///
/// For data alone, without an `await` while it is locked, [`std::sync::Mutex`] does, and is
/// cheaper.
///
/// Fair: the lock goes to the task that has waited longest, and nobody passes it. It is not
/// poisoned: after a panic, the next one finds the value as it was left. Waiting works on any
/// executor.
///
/// The value has its own place in memory, and who locks takes it out of the mutex: an allocation in
/// [`new`](Self::new), none afterwards. That is why `new` is not `const`; in a static, put a
/// [`LazyLock`](std::sync::LazyLock) around it. A guard that is leaked takes the value with it.
///
/// Own code and not async-lock's, because there newcomers pass those who have waited for less than
/// half a millisecond, a task that always gets the lock never gives way to others, and tasks that
/// hold the lock over an `await` were measured at one and a half times the cost; only where nobody
/// waits it is cheaper. Of tokio's there is no `const_new`, and no `map` of guards: a reference to
/// a part, beside the value that it points into, needs unsafe code.
///
/// ```
/// use poll_async::sync::Mutex;
/// use std::sync::Arc;
///
/// # async fn save(_: &Vec<u32>) {}
/// async fn add(list: Arc<Mutex<Vec<u32>>>, value: u32) {
///     let mut list = list.lock().await;
///     list.push(value);
///     save(&list).await; // nobody changes it meanwhile
/// }
/// ```
pub struct Mutex<T: ?Sized> {
    /// One permit; the value is there while nobody has that.
    gate: Gate<Option<Box<T>>>,
}

impl<T> Mutex<T> {
    /// A mutex around `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self::from(Box::new(value))
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If a guard was leaked: the value went with it.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self.gate.into_value() {
            Some(value) => *value,
            None => panic!("{LEAKED}"),
        }
    }
}

const LEAKED: &str = "the value is gone with a guard of the mutex that was leaked";

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        let value = self.gate.acquire(1, Option::take).await;
        MutexGuard {
            mutex: self,
            value: Held::new(value.unwrap_or_default()),
        }
    }

    /// [`lock`](Self::lock), with a guard that shares the mutex instead of borrowing it.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        let value = self.gate.acquire(1, Option::take).await;
        OwnedMutexGuard {
            value: Held::new(value.unwrap_or_default()),
            mutex: self,
        }
    }

    /// [`lock`](Self::lock) for code that is not async: the thread sleeps while it waits.
    ///
    /// On a thread that runs tasks it keeps them waiting too, among them perhaps the one that has
    /// the lock.
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        block_on(self.lock())
    }

    /// [`blocking_lock`](Self::blocking_lock), with a guard that shares the mutex.
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        block_on(self.lock_owned())
    }

    /// Locks it if that can be had at once.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is locked.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let value = self.gate.try_acquire(1, Option::take);
        Ok(MutexGuard {
            mutex: self,
            value: Held::new(value.map_err(TryLockError::from)?),
        })
    }

    /// [`try_lock`](Self::try_lock), with a guard that shares the mutex.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is locked.
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let value = self.gate.try_acquire(1, Option::take);
        Ok(OwnedMutexGuard {
            value: Held::new(value.map_err(TryLockError::from)?),
            mutex: self,
        })
    }

    /// The value, without locking: nobody else can have it.
    ///
    /// # Panics
    ///
    /// If a guard was leaked: the value went with it.
    pub fn get_mut(&mut self) -> &mut T {
        match self.gate.get_mut() {
            Some(value) => value,
            None => panic!("{LEAKED}"),
        }
    }

    fn unlock(&self, value: &mut Held<T>) {
        self.gate.release(1, |place| *place = value.take());
    }
}

impl<T: ?Sized> From<Box<T>> for Mutex<T> {
    /// A mutex around a value that has its memory already, also one of unknown size.
    fn from(value: Box<T>) -> Self {
        Self {
            gate: Gate::new(1, Some(value)),
        }
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => debug.field("data", &&*guard),
            Err(TryLockError(())) => debug.field("data", &format_args!("<locked>")),
        };
        debug.finish()
    }
}

/// The lock of a [`Mutex`], and its value. It is unlocked when this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    value: Held<T>,
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex that is locked.
    #[must_use]
    pub const fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.mutex.unlock(&mut self.value);
    }
}

/// The lock of a [`Mutex`] that it shares, and its value. It is unlocked when this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct OwnedMutexGuard<T: ?Sized> {
    mutex: Arc<Mutex<T>>,
    value: Held<T>,
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// The mutex that is locked.
    #[must_use]
    pub const fn mutex(guard: &Self) -> &Arc<Mutex<T>> {
        &guard.mutex
    }
}

impl<T: ?Sized> Drop for OwnedMutexGuard<T> {
    fn drop(&mut self) {
        self.mutex.unlock(&mut self.value);
    }
}

guard_traits!(MutexGuard<'_, T>, mut);
guard_traits!(OwnedMutexGuard<T>, mut);

/// The lock is not to be had at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryLockError(());

impl From<Refused> for TryLockError {
    fn from(_: Refused) -> Self {
        Self(())
    }
}

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is held by another task")
    }
}

impl Error for TryLockError {}
