//! The synchronisation types of the state machines: the real ones, or those of the model in this
//! crate's own tests; crates above it, with models of their own, take it as it is.

#[cfg(not(all(test, loom)))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicUsize};
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize};
#[cfg(all(test, loom))]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};

pub(crate) use core::sync::atomic::Ordering;

/// The mutex at once if nobody has it.
#[cfg(not(all(test, loom)))]
pub(crate) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    use std::sync::TryLockError;

    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Never at once: loom lets a thread that tries wait for the mutex, and so finds deadlocks that
/// do not exist.
#[cfg(all(test, loom))]
pub(crate) fn try_lock<T>(_mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    None
}
