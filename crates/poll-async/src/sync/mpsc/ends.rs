//! What both kinds of channel have alike: the counted handle of a sender, and the receiver.

use core::future::poll_fn;
use core::mem;
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;
use std::sync::Arc;

use super::error::TryRecvError;
use super::shared::{Found, Shared, UNBOUNDED};
use crate::sync::queue::Key;
use crate::task::budget::poll_proceed;

/// A sender: the channel ends when the last one is dropped.
#[derive(Debug)]
pub(super) struct Tx<T>(pub(super) Arc<Shared<T>>);

/// What becomes a sender again if there still is one.
#[derive(Debug)]
pub(super) struct WeakTx<T>(Arc<Shared<T>>);

/// The receiver.
#[derive(Debug)]
pub(super) struct Rx<T> {
    pub(super) shared: Arc<Shared<T>>,
    /// Taken from the queue and not received yet.
    taken: VecDeque<T>,
}

pub(super) fn ends<T>(capacity: usize) -> (Tx<T>, Rx<T>) {
    let shared = Arc::new(Shared::new(capacity));
    let receiver = Rx {
        shared: Arc::clone(&shared),
        taken: VecDeque::new(),
    };
    (Tx(shared), receiver)
}

impl<T> Tx<T> {
    /// Waits until the receiver is gone or has closed the channel.
    pub(super) async fn closed(&self) {
        let mut watch = Watch {
            shared: &self.0,
            key: None,
        };
        poll_fn(|context| watch.shared.poll_closed(&mut watch.key, context)).await;
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> WeakTx<T> {
        self.0.lock().weak += 1;
        WeakTx(Arc::clone(&self.0))
    }
}

impl<T> Clone for Tx<T> {
    fn clone(&self) -> Self {
        self.0.add_sender();
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Tx<T> {
    fn drop(&mut self) {
        self.0.remove_sender();
    }
}

/// Waits for the end; leaves when it is dropped.
struct Watch<'a, T> {
    shared: &'a Shared<T>,
    key: Option<Key>,
}

impl<T> Drop for Watch<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shared.look_away(key);
        }
    }
}

impl<T> WeakTx<T> {
    pub(super) fn upgrade(&self) -> Option<Tx<T>> {
        self.0.upgrade().then(|| Tx(Arc::clone(&self.0)))
    }

    pub(super) fn shared(&self) -> &Shared<T> {
        &self.0
    }
}

impl<T> Clone for WeakTx<T> {
    fn clone(&self) -> Self {
        self.0.lock().weak += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for WeakTx<T> {
    fn drop(&mut self) {
        self.0.lock().weak -= 1;
    }
}

impl<T> Rx<T> {
    /// The memory for so many values stays while the channel is empty: enough for the channels that
    /// are bounded by a few hundred small values, and little for one that is idle.
    const KEPT: usize = {
        let size = if size_of::<T>() == 0 {
            1
        } else {
            size_of::<T>()
        };
        if size < 64 { 2048 / size } else { 32 }
    };

    #[inline]
    pub(super) fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let unit = ready!(poll_proceed(context));
        if self.taken.is_empty() {
            ready!(self.poll_take(context));
        }
        unit.made_progress();
        Poll::Ready(self.pop())
    }

    pub(super) fn poll_recv_many(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        if limit == 0 {
            return Poll::Ready(0);
        }
        let unit = ready!(poll_proceed(context));
        if self.taken.is_empty() {
            ready!(self.poll_take(context));
        }
        unit.made_progress();
        let count = limit.min(self.taken.len());
        buffer.extend(self.taken.drain(..count));
        self.received(count);
        Poll::Ready(count)
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        if self.taken.is_empty() {
            let found = self.shared.take(&mut self.shared.lock(), &mut self.taken);
            match found {
                Found::Values => {}
                Found::Nothing => return Err(TryRecvError::Empty),
                Found::End => return Err(TryRecvError::Disconnected),
            }
        }
        self.pop().ok_or(TryRecvError::Empty)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.lock().is_closed()
    }

    pub(super) fn len(&self) -> usize {
        self.shared.lock().queue.len() + self.taken.len()
    }

    fn poll_take(&mut self, context: &Context<'_>) -> Poll<()> {
        self.shared.poll_take(&mut self.taken, Self::KEPT, context)
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        let value = self.taken.pop_front()?;
        self.received(1);
        Some(value)
    }

    #[inline]
    fn received(&self, count: usize) {
        if self.shared.capacity != UNBOUNDED {
            self.shared.received(count);
        }
    }
}

impl<T> Drop for Rx<T> {
    fn drop(&mut self) {
        self.shared.remove_receiver();
        // After those were woken who wait, for a destructor may panic.
        drop(mem::take(&mut self.taken));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::task::{Context, Poll, Waker};

    use super::{Rx, ends};
    use crate::task::budget;

    #[test]
    fn who_waits_after_a_burst_keeps_little_memory() {
        let (sender, mut receiver) = ends(usize::MAX);
        let mut context = Context::from_waker(Waker::noop());
        for round in 0..2 {
            (0..10_000).for_each(|number| sender.0.try_send(number).unwrap());
            assert_eq!(
                receiver.poll_recv(&mut context),
                Poll::Ready(Some(0)),
                "{round}"
            );
            sender.0.try_send(10_000).unwrap();
            while receiver.poll_recv(&mut context).is_ready() {}
            assert!(receiver.taken.capacity() <= Rx::<u32>::KEPT);
            assert!(sender.0.lock().queue.capacity() <= Rx::<u32>::KEPT);
        }
    }

    #[test]
    fn a_receiver_that_used_the_budget_up_waits_and_loses_nothing() {
        let (sender, mut receiver) = ends(usize::MAX);
        (0..4).for_each(|number| sender.0.try_send(number).unwrap());
        let mut context = Context::from_waker(Waker::noop());
        let mut buffer = Vec::new();
        budget::with(Some(2), || {
            assert_eq!(receiver.poll_recv(&mut context), Poll::Ready(Some(0)));
            assert_eq!(
                receiver.poll_recv_many(&mut context, &mut buffer, 2),
                Poll::Ready(2)
            );
            assert!(receiver.poll_recv(&mut context).is_pending());
            assert!(
                receiver
                    .poll_recv_many(&mut context, &mut buffer, 2)
                    .is_pending()
            );
        });
        assert_eq!((buffer, receiver.try_recv()), (vec![1, 2], Ok(3)));
        budget::with(Some(1), || {
            // Waiting costs nothing.
            assert!((0..5).all(|_| receiver.poll_recv(&mut context).is_pending()));
            sender.0.try_send(4).unwrap();
            assert_eq!(receiver.poll_recv(&mut context), Poll::Ready(Some(4)));
        });
    }
}
