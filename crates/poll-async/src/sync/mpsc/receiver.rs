//! The receiving ends: what both have, and what one of a channel with a bound has besides.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::Stream;

use super::ends::Rx;
use super::error::TryRecvError;
use crate::park::block_on;

/// Receiving, for a type around an [`Rx`].
macro_rules! receives {
    ($type:ident) => {
        impl<T> $type<T> {
            /// Receives a value; `None` when no sender and nothing sent is left.
            ///
            /// Cancel-safe: a value is taken only when this returns it.
            #[inline]
            pub async fn recv(&mut self) -> Option<T> {
                poll_fn(|context| self.poll_recv(context)).await
            }

            /// Receives at least one and at most `limit` values, behind those that `buffer` has,
            /// and says how many: all that can be had without waiting. Zero at the end, and if
            /// `limit` is zero.
            ///
            /// One step for many values, where [`recv`](Self::recv) takes one for each.
            ///
            /// Cancel-safe: values are taken only when this returns.
            pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                poll_fn(|context| self.poll_recv_many(context, buffer, limit)).await
            }

            /// Receives a value if there is one.
            ///
            /// # Errors
            ///
            /// * [`TryRecvError::Empty`]: there is nothing now.
            /// * [`TryRecvError::Disconnected`]: nothing will come any more.
            #[inline]
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.0.try_recv()
            }

            /// Receives a value and blocks the thread until there is one: for code that is not
            /// async. In a task it would keep others, and perhaps the sender, from running.
            pub fn blocking_recv(&mut self) -> Option<T> {
                block_on(self.recv())
            }

            /// [`recv_many`](Self::recv_many), which blocks the thread: for code that is not async.
            pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                block_on(self.recv_many(buffer, limit))
            }

            /// Receives a value, or has the task woken when there is one.
            ///
            /// Of several tasks that call this, the last one is woken.
            #[inline]
            pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
                self.0.poll_recv(context)
            }

            /// [`recv_many`](Self::recv_many), or has the task woken when there is something.
            pub fn poll_recv_many(
                &mut self,
                context: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> Poll<usize> {
                self.0.poll_recv_many(context, buffer, limit)
            }

            /// Whether nothing can be sent any more: after [`close`](Self::close), or without
            /// senders.
            #[must_use]
            pub fn is_closed(&self) -> bool {
                self.0.is_closed()
            }

            /// Whether nothing waits to be received.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many values wait to be received.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// How many senders there are.
            #[must_use]
            pub fn sender_strong_count(&self) -> usize {
                self.0.shared.lock().senders
            }

            /// How many weak senders there are.
            #[must_use]
            pub fn sender_weak_count(&self) -> usize {
                self.0.shared.lock().weak
            }
        }

        // A value is never pinned.
        impl<T> Unpin for $type<T> {}

        /// The values until the end; like [`recv`](Self::recv).
        impl<T> Stream for $type<T> {
            type Item = T;

            fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
                self.get_mut().poll_recv(context)
            }
        }

        impl<T> fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    };
}

/// The receiving end of a channel with a bound.
///
/// When it is dropped, so are the values that are left, and sending is an error.
///
/// # Cost
///
/// It takes all that is queued at once, so that it meets the senders once for each batch. What it
/// took still takes room until it is received, one by one.
///
/// # Memory
///
/// The channel has two queues, each as large as the largest batch lately. When the receiver waits,
/// each keeps memory for as many values as fit into 2 KiB, or for 32, and the rest is given back.
pub struct Receiver<T>(pub(super) Rx<T>);

receives!(Receiver);

impl<T> Receiver<T> {
    /// Ends sending: who waits for room gets none.
    ///
    /// What was sent before is still received, and so is what is sent with permits: there is no end
    /// until the last of them is used or dropped.
    pub fn close(&mut self) {
        self.0.shared.close();
    }

    /// How many values there is room for now, as [`Sender::capacity`](super::Sender::capacity).
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.shared.room(&self.0.shared.lock())
    }

    /// How many values the channel holds at most.
    #[must_use]
    pub fn max_capacity(&self) -> usize {
        self.0.shared.capacity
    }
}

/// The receiving end of a channel without bound.
///
/// When it is dropped, so are the values that are left, and sending is an error.
///
/// Memory: see [`Receiver`](Receiver#memory).
pub struct UnboundedReceiver<T>(pub(super) Rx<T>);

receives!(UnboundedReceiver);

impl<T> UnboundedReceiver<T> {
    /// Ends sending: what was sent before is still received.
    pub fn close(&mut self) {
        self.0.shared.close();
    }
}
