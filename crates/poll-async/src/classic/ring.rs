//! A queue with a bound.

use core::future::pending;

use crate::sync;

/// A queue that holds so many values and no more, for any number of tasks at both ends.
#[derive(Debug)]
pub struct RingBuffer<T>(sync::RingBuffer<T>);

impl<T> RingBuffer<T> {
    /// A queue of `bound` values.
    ///
    /// # Panics
    ///
    /// If `bound` is zero: nothing could ever be sent.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self(sync::RingBuffer::new(bound))
    }

    /// Appends `value`, and waits for room before.
    ///
    /// Cancel-safe: if it is dropped, the value was not sent.
    pub async fn send(&self, value: T) {
        // Refused only by a ring that was closed, which nobody can do with this one.
        drop(self.0.send(value).await);
    }

    /// Takes the oldest value, and waits for one before.
    ///
    /// Cancel-safe: if it is dropped, no value is lost.
    pub async fn recv(&self) -> T {
        match self.0.recv().await {
            Some(value) => value,
            // Of a ring that was closed, as above.
            None => pending().await,
        }
    }
}
