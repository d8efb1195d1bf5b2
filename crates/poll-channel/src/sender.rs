//! The sending ends.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use crate::channel::{Shared, State};
use crate::error::{SendError, SendTimeoutError, TrySendError};
use crate::sync::{wait_timeout_while, wait_while};

/// The sending end of a channel without bound: cloned freely, used from any thread.
///
/// When the last clone is dropped, the receiver's loop is told, and after the remaining values the
/// receiver finds the channel [`Disconnected`](crate::TryRecvError::Disconnected).
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    pub(crate) fn first(shared: &Arc<Shared<T>>) -> Self {
        let shared = Arc::clone(shared);
        Self { shared }
    }

    /// Sends a value. Never blocks for want of room.
    ///
    /// Wakes the receiver's loop only if the receiver had found the channel empty and nothing was
    /// sent since. That is a system call only if the loop sleeps. Otherwise a send is a push under
    /// a mutex, which is held by others for no longer than a push or an exchange.
    ///
    /// # Errors
    ///
    /// The receiver is gone; the value is in the error.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let state = self.shared.lock();
        if !state.receiver_lives {
            return Err(SendError(value));
        }
        self.shared.push(state, value);
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Self::first(&self.shared)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The sending end of a channel with a capacity: cloned freely, used from any thread.
///
/// Never call a method that blocks on the thread that runs the receiver's loop: nobody would make
/// room, and the thread would wait for itself. [`try_send`](Self::try_send) is for that thread.
///
/// When the last clone is dropped, the receiver's loop is told, as for [`Sender`].
pub struct SyncSender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> SyncSender<T> {
    pub(crate) fn first(shared: &Arc<Shared<T>>) -> Self {
        let shared = Arc::clone(shared);
        Self { shared }
    }

    /// Sends a value, and blocks while the channel is full.
    ///
    /// Wakes the receiver's loop when [`Sender::send`] would. Who gets room first, of several that
    /// wait for it, is up to the system.
    ///
    /// # Errors
    ///
    /// The receiver is gone, or went while this waited; the value is in the error.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut state = self.shared.lock();
        if state.is_full() {
            state.blocked += 1;
            state = wait_while(&self.shared.room, state, |state| state.is_full());
            state.blocked -= 1;
        }
        if !state.receiver_lives {
            return Err(SendError(value));
        }
        self.shared.push(state, value);
        Ok(())
    }

    /// Sends a value if there is room for it now.
    ///
    /// # Errors
    ///
    /// The channel is full, or the receiver is gone; the value is in the error.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let state = self.shared.lock();
        if !state.receiver_lives {
            return Err(TrySendError::Disconnected(value));
        }
        if state.is_full() {
            return Err(TrySendError::Full(value));
        }
        self.shared.push(state, value);
        Ok(())
    }

    /// Sends a value, and blocks while the channel is full, at most for `timeout`.
    ///
    /// Zero looks once; `Duration::MAX` waits as long as it takes.
    ///
    /// # Errors
    ///
    /// The channel was full all the time, or the receiver is gone; the value is in the error.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let mut state = self.shared.lock();
        if state.is_full() {
            state.blocked += 1;
            let full = |state: &mut State<T>| state.is_full();
            state = wait_timeout_while(&self.shared.room, state, timeout, full);
            state.blocked -= 1;
        }
        if !state.receiver_lives {
            return Err(SendTimeoutError::Disconnected(value));
        }
        if state.is_full() {
            return Err(SendTimeoutError::Timeout(value));
        }
        self.shared.push(state, value);
        Ok(())
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Self::first(&self.shared)
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
