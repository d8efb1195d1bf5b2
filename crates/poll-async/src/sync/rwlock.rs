//! A lock that many tasks may have to read, and one to write.

use core::fmt;
use core::mem;
use std::sync::Arc;

use super::gate::Gate;
use super::held::{Held, Shared, guard_traits};
use super::mutex::TryLockError;
use crate::park::block_on;
use crate::threads::Arc as Counted;

/// A lock that many may have to read, or one to write, over an `await` and on any thread.
///
/// Fair: all get it in the order in which they asked, readers that follow each other together. So a
/// writer waits for no reader that came after it, and a task that reads must not ask to read again
/// before it has let go: if a writer waits in between, both wait for ever. It is not poisoned:
/// after a panic, the next one finds the value as it was left. Waiting works on any executor.
///
/// The value has its own place in memory, and a writer takes it out of the lock. The first reader
/// after a writer puts a count beside it, which is an allocation; the readers that follow share it.
/// That is why [`new`](Self::new) is not `const`; in a static, put a
/// [`LazyLock`](std::sync::LazyLock) around it. The guard of a writer that is leaked takes the
/// value with it.
///
/// Own code and not async-lock's, for the reasons that [`Mutex`](super::Mutex) gives; to write,
/// that one was also measured at nearly three times the cost. Of tokio's there is no `const_new`,
/// and no `map` of guards.
///
/// ```
/// use poll_async::sync::RwLock;
///
/// # async fn answer(_: &str) {}
/// async fn serve(motto: &RwLock<String>) {
///     let motto = motto.read().await; // others read it meanwhile
///     answer(&motto).await;
/// }
///
/// async fn change(motto: &RwLock<String>) {
///     *motto.write().await = "festina lente".to_owned();
/// }
/// ```
pub struct RwLock<T: ?Sized> {
    /// A reader has one permit, a writer has all.
    gate: Gate<Place<T>>,
    permits: u32,
}

/// Where the value is.
#[derive(Debug)]
enum Place<T: ?Sized> {
    /// Here: nobody has looked since it was last written.
    Alone(Box<T>),
    /// Here, and with each that reads.
    Counted(Counted<Box<T>>),
    /// With the one who writes.
    Out,
}

impl<T: ?Sized> Place<T> {
    /// For one more reader.
    fn share(&mut self) -> Option<Counted<Box<T>>> {
        if let Self::Counted(value) = self {
            return Some(Counted::clone(value));
        }
        let Self::Alone(value) = mem::replace(self, Self::Out) else {
            return None;
        };
        let counted = Counted::new(value);
        *self = Self::Counted(Counted::clone(&counted));
        Some(counted)
    }

    /// For the writer: readers let go of the value before they give their permit back.
    fn take(&mut self) -> Option<Box<T>> {
        match mem::replace(self, Self::Out) {
            Self::Alone(value) => Some(value),
            Self::Counted(value) => Counted::try_unwrap(value).ok(),
            Self::Out => None,
        }
    }

    fn put(&mut self, value: Box<T>) {
        *self = Self::Alone(value);
    }
}

impl<T> RwLock<T> {
    /// A lock around `value`, for up to half a billion readers at a time.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self::from(Box::new(value))
    }

    /// A lock around `value`, for up to `max_readers` readers at a time.
    ///
    /// # Panics
    ///
    /// If that is 0, or more than `u32::MAX >> 3`.
    #[must_use]
    pub fn with_max_readers(value: T, max_readers: u32) -> Self {
        assert!(
            (1..=MAX_READERS).contains(&max_readers),
            "a lock has from 1 to {MAX_READERS} readers"
        );
        Self::with_permits(Box::new(value), max_readers)
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If a guard was leaked: the value went with it.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self.gate.into_value().take() {
            Some(value) => *value,
            None => panic!("{LEAKED}"),
        }
    }
}

const MAX_READERS: u32 = u32::MAX >> 3;
const LEAKED: &str = "the value is gone with a guard of the lock that was leaked";

impl<T: ?Sized> RwLock<T> {
    fn with_permits(value: Box<T>, permits: u32) -> Self {
        Self {
            gate: Gate::new(amount(permits), Place::Alone(value)),
            permits,
        }
    }

    /// Waits until it may be read.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        let value = self.gate.acquire(1, Place::share).await;
        RwLockReadGuard {
            lock: self,
            value: Shared::new(value.unwrap_or_default()),
        }
    }

    /// [`read`](Self::read), with a guard that shares the lock instead of borrowing it.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn read_owned(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        let value = self.gate.acquire(1, Place::share).await;
        OwnedRwLockReadGuard {
            value: Shared::new(value.unwrap_or_default()),
            lock: self,
        }
    }

    /// Waits until it may be written.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        let value = self.gate.acquire(self.all(), Place::take).await;
        RwLockWriteGuard {
            lock: self,
            value: Held::new(value.unwrap_or_default()),
        }
    }

    /// [`write`](Self::write), with a guard that shares the lock instead of borrowing it.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue.
    pub async fn write_owned(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        let value = self.gate.acquire(self.all(), Place::take).await;
        OwnedRwLockWriteGuard {
            value: Held::new(value.unwrap_or_default()),
            lock: self,
        }
    }

    /// [`read`](Self::read) for code that is not async: the thread sleeps while it waits.
    ///
    /// On a thread that runs tasks it keeps them waiting too, among them perhaps the one that has
    /// the lock.
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        block_on(self.read())
    }

    /// [`write`](Self::write) for code that is not async: the thread sleeps while it waits.
    ///
    /// On a thread that runs tasks it keeps them waiting too, among them perhaps the one that has
    /// the lock.
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        block_on(self.write())
    }

    /// Locks it to read if that can be had at once.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is being written, or if somebody waits.
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let value = self.gate.try_acquire(1, Place::share);
        Ok(RwLockReadGuard {
            lock: self,
            value: Shared::new(value.map_err(TryLockError::from)?),
        })
    }

    /// [`try_read`](Self::try_read), with a guard that shares the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is being written, or if somebody waits.
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        let value = self.gate.try_acquire(1, Place::share);
        Ok(OwnedRwLockReadGuard {
            value: Shared::new(value.map_err(TryLockError::from)?),
            lock: self,
        })
    }

    /// Locks it to write if that can be had at once.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is being read or written.
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let value = self.gate.try_acquire(self.all(), Place::take);
        Ok(RwLockWriteGuard {
            lock: self,
            value: Held::new(value.map_err(TryLockError::from)?),
        })
    }

    /// [`try_write`](Self::try_write), with a guard that shares the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] if it is being read or written.
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        let value = self.gate.try_acquire(self.all(), Place::take);
        Ok(OwnedRwLockWriteGuard {
            value: Held::new(value.map_err(TryLockError::from)?),
            lock: self,
        })
    }

    /// The value, without locking: nobody else can have it.
    ///
    /// # Panics
    ///
    /// If a guard was leaked: the value went with it.
    pub fn get_mut(&mut self) -> &mut T {
        let place = self.gate.get_mut();
        if let Some(value) = place.take() {
            place.put(value);
        }
        match place {
            Place::Alone(value) => value,
            Place::Counted(_) | Place::Out => panic!("{LEAKED}"),
        }
    }

    /// What a writer has.
    fn all(&self) -> usize {
        amount(self.permits)
    }

    fn end_read(&self, value: &mut Shared<T>) {
        value.release();
        self.gate.release(1, |_| {});
    }

    fn end_write(&self, value: &mut Held<T>) {
        // There is none after it was downgraded.
        if let Some(value) = value.take() {
            self.gate.release(self.all(), |place| place.put(value));
        }
    }

    /// Lets other readers in, and lends the value to one who wrote it.
    fn downgrade(&self, value: &mut Held<T>) -> Shared<T> {
        let mut shared = None;
        if let Some(value) = value.take() {
            self.gate.release(self.all() - 1, |place| {
                place.put(value);
                shared = place.share();
            });
        }
        Shared::new(shared)
    }
}

/// The bounds of [`MAX_READERS`] fit every `usize` that a `u32` fits.
fn amount(permits: u32) -> usize {
    usize::try_from(permits).unwrap_or(usize::MAX >> 3)
}

impl<T: ?Sized> From<Box<T>> for RwLock<T> {
    /// A lock around a value that has its memory already, also one of unknown size.
    fn from(value: Box<T>) -> Self {
        Self::with_permits(value, MAX_READERS)
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => debug.field("data", &&*guard),
            Err(_) => debug.field("data", &format_args!("<locked>")),
        };
        debug.finish()
    }
}

/// The lock of an [`RwLock`] to read, until this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    value: Shared<T>,
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.end_read(&mut self.value);
    }
}

/// The lock of an [`RwLock`] that it shares, to read, until this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct OwnedRwLockReadGuard<T: ?Sized> {
    lock: Arc<RwLock<T>>,
    value: Shared<T>,
}

impl<T: ?Sized> Drop for OwnedRwLockReadGuard<T> {
    fn drop(&mut self) {
        self.lock.end_read(&mut self.value);
    }
}

/// The lock of an [`RwLock`] to write, until this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    value: Held<T>,
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Goes on with reading; nobody writes in between. Other readers that wait come in, up to the
    /// next writer.
    pub fn downgrade(mut self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            lock: self.lock,
            value: self.lock.downgrade(&mut self.value),
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.end_write(&mut self.value);
    }
}

/// The lock of an [`RwLock`] that it shares, to write, until this is dropped.
#[must_use = "a guard that is dropped unlocks at once"]
#[clippy::has_significant_drop]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    lock: Arc<RwLock<T>>,
    value: Held<T>,
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// Goes on with reading, as [`RwLockWriteGuard::downgrade`].
    pub fn downgrade(mut self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard {
            lock: Arc::clone(&self.lock),
            value: self.lock.downgrade(&mut self.value),
        }
    }
}

impl<T: ?Sized> Drop for OwnedRwLockWriteGuard<T> {
    fn drop(&mut self) {
        self.lock.end_write(&mut self.value);
    }
}

guard_traits!(RwLockReadGuard<'_, T>);
guard_traits!(OwnedRwLockReadGuard<T>);
guard_traits!(RwLockWriteGuard<'_, T>, mut);
guard_traits!(OwnedRwLockWriteGuard<T>, mut);
