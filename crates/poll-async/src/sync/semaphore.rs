//! Permits that tasks wait for.

use core::error::Error;
use core::fmt;
use core::mem;
use std::sync::Arc;

use super::gate::{Closed, Gate};
use super::permits::Refused;

/// A number of permits, which tasks take, hold and give back: so many of something at a time.
///
/// Fair: permits go to the task that has waited longest, also if it asked for many, and nobody
/// passes it. Waiting works on any executor. A permit that is dropped goes back.
///
/// Own code and not a crate's, because those of crates let newcomers pass those who wait, or have
/// no permits in numbers.
///
/// ```
/// use poll_async::sync::Semaphore;
///
/// # async fn fetch() {}
/// // At most eight at a time, however many tasks run this.
/// static SLOTS: Semaphore = Semaphore::const_new(8);
///
/// async fn fetch_politely() {
///     let _slot = SLOTS.acquire().await.expect("it is never closed");
///     fetch().await;
/// }
/// ```
pub struct Semaphore {
    gate: Gate<()>,
}

impl Semaphore {
    /// As many permits as there can be.
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    /// A semaphore with `permits` permits; with none, all wait until some are
    /// [added](Self::add_permits).
    ///
    /// # Panics
    ///
    /// If that is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[must_use]
    pub fn new(permits: usize) -> Self {
        assert!(permits <= Self::MAX_PERMITS, "{TOO_MANY}");
        Self {
            gate: Gate::new(permits, ()),
        }
    }

    /// [`new`](Self::new), for a static.
    ///
    /// # Panics
    ///
    /// If that is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[cfg(not(all(test, loom)))]
    #[must_use]
    pub const fn const_new(permits: usize) -> Self {
        assert!(permits <= Self::MAX_PERMITS, "{}", TOO_MANY);
        Self {
            gate: Gate::new(permits, ()),
        }
    }

    /// How many permits could be had at once: none while somebody waits.
    #[must_use]
    pub fn available_permits(&self) -> usize {
        self.gate.available()
    }

    /// Adds `permits` new ones.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS) then.
    pub fn add_permits(&self, permits: usize) {
        let sum = self.gate.available().saturating_add(permits);
        assert!(sum <= Self::MAX_PERMITS, "{TOO_MANY}");
        self.gate.release(permits, |()| {});
    }

    /// Takes up to `permits` of those away that nobody has, and says how many those were.
    pub fn forget_permits(&self, permits: usize) -> usize {
        self.gate.forget(permits)
    }

    /// Waits for a permit.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue, and no permit.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is [closed](Self::close), also later.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.acquire_many(1).await
    }

    /// Waits for `permits` permits, all at once. While they are not there, those who came later
    /// wait too. If there will never be so many, they wait for ever.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue, and no permit.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is [closed](Self::close), also later.
    pub async fn acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let permits = amount(permits);
        self.gate.acquire(permits, |()| {}).await?;
        Ok(SemaphorePermit {
            semaphore: self,
            permits,
        })
    }

    /// [`acquire`](Self::acquire), with a permit that shares the semaphore instead of borrowing it.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue, and no permit.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is [closed](Self::close), also later.
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.acquire_many_owned(1).await
    }

    /// [`acquire_many`](Self::acquire_many), with permits that share the semaphore instead of
    /// borrowing it.
    ///
    /// Cancel-safe: a future that is dropped loses its place in the queue, and no permit.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is [closed](Self::close), also later.
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        let permits = amount(permits);
        self.gate.acquire(permits, |()| {}).await?;
        Ok(OwnedSemaphorePermit {
            semaphore: self,
            permits,
        })
    }

    /// Takes a permit if there is one and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`] says why there is none.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `permits` permits if there are so many and nobody waits for them.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`] says why there are none.
    pub fn try_acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let permits = amount(permits);
        self.gate.try_acquire(permits, |()| {})?;
        Ok(SemaphorePermit {
            semaphore: self,
            permits,
        })
    }

    /// [`try_acquire`](Self::try_acquire), with a permit that shares the semaphore.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`] says why there is none.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many), with permits that share the semaphore.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`] says why there are none.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        let permits = amount(permits);
        self.gate.try_acquire(permits, |()| {})?;
        Ok(OwnedSemaphorePermit {
            semaphore: self,
            permits,
        })
    }

    /// Gives no more permits, for good: those who wait and those who come get an error. Permits
    /// that were given stay good.
    pub fn close(&self) {
        self.gate.close();
    }

    /// Whether it was [closed](Self::close).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.gate.is_closed()
    }
}

const TOO_MANY: &str = "a semaphore cannot have more permits than MAX_PERMITS";

/// More than fit a `usize` are more than there can be.
fn amount(permits: u32) -> usize {
    usize::try_from(permits).unwrap_or(usize::MAX)
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

/// Permits of a [`Semaphore`], which go back when this is dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped goes back at once"]
#[clippy::has_significant_drop]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl SemaphorePermit<'_> {
    /// Keeps the permits from going back: the semaphore has so many fewer for good, or until
    /// others are [added](Semaphore::add_permits).
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Adds the permits of `other`, of the same semaphore.
    ///
    /// # Panics
    ///
    /// If `other` is of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        let is_same = core::ptr::eq(self.semaphore, other.semaphore);
        assert!(is_same, "{OTHERS}");
        self.permits += mem::take(&mut other.permits);
    }

    /// Makes a permit of its own of `permits` of these; none if there are not so many.
    #[must_use = "permits that are dropped go back at once"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.permits = self.permits.checked_sub(permits)?;
        Some(Self {
            semaphore: self.semaphore,
            permits,
        })
    }

    /// How many these are.
    #[must_use]
    pub const fn num_permits(&self) -> usize {
        self.permits
    }
}

const OTHERS: &str = "permits of different semaphores cannot be merged";

impl Drop for SemaphorePermit<'_> {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.gate.release(self.permits, |()| {});
        }
    }
}

/// Permits of a [`Semaphore`] that they share, which go back when this is dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped goes back at once"]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

impl OwnedSemaphorePermit {
    /// Keeps the permits from going back, as [`SemaphorePermit::forget`].
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Adds the permits of `other`, of the same semaphore.
    ///
    /// # Panics
    ///
    /// If `other` is of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        let is_same = Arc::ptr_eq(&self.semaphore, &other.semaphore);
        assert!(is_same, "{OTHERS}");
        self.permits += mem::take(&mut other.permits);
    }

    /// Makes a permit of its own of `permits` of these; none if there are not so many.
    #[must_use = "permits that are dropped go back at once"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.permits = self.permits.checked_sub(permits)?;
        Some(Self {
            semaphore: Arc::clone(&self.semaphore),
            permits,
        })
    }

    /// How many these are.
    #[must_use]
    pub const fn num_permits(&self) -> usize {
        self.permits
    }

    /// The semaphore that they are of.
    #[must_use]
    pub const fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}

impl Drop for OwnedSemaphorePermit {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.gate.release(self.permits, |()| {});
        }
    }
}

/// The semaphore is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcquireError(());

impl From<Closed> for AcquireError {
    fn from(_: Closed) -> Self {
        Self(())
    }
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore is closed")
    }
}

impl Error for AcquireError {}

/// There is no permit at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// The semaphore is closed.
    Closed,
    /// There are too few, or others wait for them.
    NoPermits,
}

impl From<Refused> for TryAcquireError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Self::Closed,
            Refused::Empty => Self::NoPermits,
        }
    }
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the semaphore is closed",
            Self::NoPermits => "no permits are available",
        })
    }
}

impl Error for TryAcquireError {}
