//! Channels without a bound.

use std::sync::mpsc::{RecvError, SendError, TryRecvError};

use crate::sync::{Mutex, mpsc};

/// A channel: what is sent is received in order, by one task at a time.
#[must_use]
pub fn async_channel<T>() -> (AsyncSender<T>, AsyncReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let receiver = Mutex::new(receiver);
    (AsyncSender(sender), AsyncReceiver(receiver))
}

/// The sending half of a channel; clones send to the same one.
#[derive(Debug)]
pub struct AsyncSender<T>(mpsc::UnboundedSender<T>);

impl<T> AsyncSender<T> {
    /// Sends `value`. It never waits; it is `async` because the interface has it so.
    ///
    /// # Errors
    ///
    /// The receiver is gone; the value comes back.
    #[expect(clippy::unused_async, reason = "the signature is not ours to choose")]
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.send_now(value)
    }

    /// As [`send`](Self::send), for what is not `async`: destructors, closures, other threads.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_now(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value).map_err(|refused| SendError(refused.0))
    }
}

impl<T> Clone for AsyncSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The receiving half of a channel.
#[derive(Debug)]
pub struct AsyncReceiver<T>(Mutex<mpsc::UnboundedReceiver<T>>);

impl<T> AsyncReceiver<T> {
    /// Receives a value that has been sent, if there is one for this task: while another one waits
    /// in [`receive`](Self::receive), it is empty.
    ///
    /// # Errors
    ///
    /// `Empty`; or `Disconnected`: and all senders are gone.
    pub fn try_receive(&self) -> Result<T, TryRecvError> {
        let mut receiver = self.0.try_lock().map_err(|_waiting| TryRecvError::Empty)?;
        receiver.try_recv().map_err(|error| match error {
            mpsc::TryRecvError::Empty => TryRecvError::Empty,
            mpsc::TryRecvError::Disconnected => TryRecvError::Disconnected,
        })
    }

    /// Waits for a value. Of several tasks that wait, the first that came is the first served.
    ///
    /// # Errors
    ///
    /// All senders are gone, and all values were received.
    ///
    /// Cancel-safe: if it is dropped, no value is lost.
    pub async fn receive(&self) -> Result<T, RecvError> {
        self.0.lock().await.recv().await.ok_or(RecvError)
    }
}
