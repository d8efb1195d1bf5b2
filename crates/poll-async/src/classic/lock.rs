//! A lock.

use core::ops::{Deref, DerefMut};

use crate::sync::{Mutex, MutexGuard};

/// A value that one task at a time has: see [`Mutex`].
#[derive(Debug, Default)]
pub struct AsyncMutex<T>(Mutex<T>);

impl<T> AsyncMutex<T> {
    /// A lock around `value`.
    pub fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits until the value is free. First come, first served.
    ///
    /// Cancel-safe: who leaves gives its place in the queue up.
    pub async fn lock(&self) -> AsyncGuard<'_, T> {
        AsyncGuard(self.0.lock().await)
    }
}

/// Access to the value of an [`AsyncMutex`], which is free again when this is dropped.
#[derive(Debug)]
#[must_use = "the value is free again when this is dropped"]
pub struct AsyncGuard<'a, T>(MutexGuard<'a, T>);

impl<T> Deref for AsyncGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for AsyncGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
