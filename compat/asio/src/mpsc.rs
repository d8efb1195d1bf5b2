//! Channels without a bound, whose senders do not wait.

use std::sync::mpsc::SendError;

use poll_async::classic;

pub use poll_async::classic::AsyncReceiver;

/// A channel: what is sent is received in order, by one task at a time.
#[must_use]
pub fn async_channel<T>() -> (AsyncSender<T>, AsyncReceiver<T>) {
    let (sender, receiver) = classic::async_channel();
    (AsyncSender(sender), receiver)
}

/// The sending half of a channel; clones send to the same one.
#[derive(Debug)]
pub struct AsyncSender<T>(classic::AsyncSender<T>);

impl<T> AsyncSender<T> {
    /// Sends `value`, from tasks and from everywhere else. It never waits.
    ///
    /// # Errors
    ///
    /// The receiver is gone; the value comes back.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send_now(value)
    }
}

impl<T> Clone for AsyncSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
