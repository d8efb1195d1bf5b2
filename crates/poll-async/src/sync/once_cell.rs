//! A value that is made once, by a task.

use core::convert::Infallible;
use core::error::Error;
use core::fmt;
use std::sync::OnceLock;

use super::semaphore::{Semaphore, SemaphorePermit, TryAcquireError};

/// A cell whose value is made once, asynchronously, by the first that needs it; the others wait.
///
/// Waiting works on any executor. Own code: it is the standard library's
/// [`OnceLock`] with a [`Semaphore`] for those who wait.
///
/// ```
/// use poll_async::sync::OnceCell;
///
/// # struct Pool;
/// # async fn connect() -> Result<Pool, std::io::Error> { Ok(Pool) }
/// static POOL: OnceCell<Pool> = OnceCell::const_new();
///
/// async fn pool() -> Result<&'static Pool, std::io::Error> {
///     POOL.get_or_try_init(connect).await
/// }
/// ```
pub struct OnceCell<T> {
    value: OnceLock<T>,
    /// One permit, for the one who makes the value; closed when it is made.
    turn: Semaphore,
}

impl<T> OnceCell<T> {
    /// An empty cell.
    #[must_use]
    pub fn new() -> Self {
        Self {
            value: OnceLock::new(),
            turn: Semaphore::new(1),
        }
    }

    /// [`new`](Self::new), for a static.
    #[cfg(not(all(test, loom)))]
    #[must_use]
    pub const fn const_new() -> Self {
        Self {
            value: OnceLock::new(),
            turn: Semaphore::const_new(1),
        }
    }

    /// A cell with `value` if there is one.
    #[must_use]
    pub fn new_with(value: Option<T>) -> Self {
        value.map_or_else(Self::new, Self::from)
    }

    /// Whether there is a value.
    #[must_use]
    pub fn initialized(&self) -> bool {
        self.value.get().is_some()
    }

    /// The value, if it is made.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The value, if it is made, to be changed.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// [`SetError`] gives `value` back if there is one already, or if one is being made.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.turn.try_acquire() {
            Ok(turn) => {
                self.fill(value, turn);
                Ok(())
            }
            Err(TryAcquireError::NoPermits) => Err(SetError::InitializingError(value)),
            Err(TryAcquireError::Closed) => Err(SetError::AlreadyInitializedError(value)),
        }
    }

    /// The value; if there is none, `init` makes it. While one task makes it, others wait for it.
    ///
    /// Cancel-safe: if the future is dropped while `init` runs, or if that panics, the next one
    /// that waits calls its own.
    pub async fn get_or_init<F, Fut>(&self, init: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        let made = self.get_or_try_init(|| async { Ok::<T, Infallible>(init().await) });
        match made.await {
            Ok(value) => value,
        }
    }

    /// The value; if there is none, `init` makes it, or fails. While one task makes it, others wait
    /// for it; after a failure, the next one that waits calls its own `init`.
    ///
    /// Cancel-safe: if the future is dropped while `init` runs, or if that panics, the next one
    /// that waits calls its own.
    ///
    /// # Errors
    ///
    /// That of `init`.
    pub async fn get_or_try_init<E, F, Fut>(&self, init: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        if let Ok(turn) = self.turn.acquire().await {
            let value = init().await?;
            return Ok(self.fill(value, turn));
        }
        match self.value.get() {
            Some(value) => Ok(value),
            None => unreachable!("it is closed after the value is there"),
        }
    }

    /// Whoever has the turn is the only one who sets the value.
    fn fill(&self, value: T, turn: SemaphorePermit<'_>) -> &T {
        let value = self.value.get_or_init(|| value);
        self.turn.close();
        turn.forget();
        value
    }

    /// The value, if it was made.
    #[must_use]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out; the next one makes another.
    pub fn take(&mut self) -> Option<T> {
        core::mem::take(self).into_inner()
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        let turn = Semaphore::new(0);
        turn.close();
        Self {
            value: OnceLock::from(value),
            turn,
        }
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell")
            .field("value", &self.get())
            .finish()
    }
}

/// The value of a [`OnceCell`] could not be set; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetError<T> {
    /// There is one already.
    AlreadyInitializedError(T),
    /// One is being made.
    InitializingError(T),
}

impl<T> SetError<T> {
    /// Whether there is one already.
    #[must_use]
    pub const fn is_already_init_err(&self) -> bool {
        matches!(self, Self::AlreadyInitializedError(_))
    }

    /// Whether one is being made.
    #[must_use]
    pub const fn is_initializing_err(&self) -> bool {
        matches!(self, Self::InitializingError(_))
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitializedError(_) => "the cell has a value already",
            Self::InitializingError(_) => "the value of the cell is being made",
        })
    }
}

impl<T: fmt::Debug> Error for SetError<T> {}
