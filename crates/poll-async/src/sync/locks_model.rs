//! The model: every interleaving of those who take and give permits, meet, and cancel.
//!
//! What is explored is who sleeps while somebody should have woken it, and whether two have what
//! only one may have. A lost wake-up is a deadlock, which loom reports.

use core::future::poll_fn;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{Barrier, CancellationToken, Mutex, OnceCell, RingBuffer, RwLock, Semaphore};
use crate::park::block_on;

/// Explores up to three preemptions, for those models whose every interleaving takes too long.
fn bounded(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Polls `future` once and drops it.
fn abandon<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn loom_a_mutex_is_one_at_a_time_and_wakes_the_next() {
    bounded(|| {
        let mutex = Arc::new(Mutex::new(0));
        let inside = Arc::new(AtomicUsize::new(0));
        let threads = [(); 2].map(|()| {
            let (mutex, inside) = (Arc::clone(&mutex), Arc::clone(&inside));
            thread::spawn(move || {
                block_on(async {
                    let mut guard = mutex.lock().await;
                    assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                    *guard += 1;
                    inside.fetch_sub(1, Ordering::Relaxed);
                });
            })
        });
        *block_on(mutex.lock()) += 1;
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*mutex.try_lock().unwrap(), 3);
    });
}

#[test]
fn loom_a_permit_that_met_a_dropped_future_goes_to_the_next() {
    bounded(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let held = Arc::clone(&semaphore).try_acquire_owned().unwrap();
        let leaves = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || drop(abandon(semaphore.acquire())))
        };
        let gives = thread::spawn(move || drop(held));
        drop(block_on(semaphore.acquire()).unwrap());
        for thread in [leaves, gives] {
            thread.join().unwrap();
        }
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn loom_who_waits_for_permits_learns_of_the_end() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let thread = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.close())
        };
        assert!(block_on(semaphore.acquire()).is_err());
        thread.join().unwrap();
    });
}

#[test]
fn loom_readers_and_a_writer_see_the_value_whole() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(0));
        let reads = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let guard = block_on(lock.read());
                assert!(*guard == 0 || *guard == 2);
            })
        };
        let writes = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let mut guard = block_on(lock.write());
                *guard += 1;
                *guard += 1;
                assert_eq!(*guard.downgrade(), 2);
            })
        };
        assert!(*block_on(lock.read()) != 1);
        for thread in [reads, writes] {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_a_barrier_lets_all_go_and_one_leads() {
    bounded(|| {
        let barrier = Arc::new(Barrier::new(3));
        let threads = [(); 2].map(|()| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || block_on(barrier.wait()).is_leader())
        });
        let mut leaders = usize::from(block_on(barrier.wait()).is_leader());
        for thread in threads {
            leaders += usize::from(thread.join().unwrap());
        }
        assert_eq!(leaders, 1);
    });
}

/// A value in whose making another thread may run.
async fn made(value: u8) -> u8 {
    thread::yield_now();
    value
}

#[test]
fn loom_a_cell_is_filled_once_also_if_one_gives_up() {
    bounded(|| {
        let cell = Arc::new(OnceCell::new());
        let gives_up = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || {
                let slow = async {
                    let mut is_first = true;
                    poll_fn(move |_| match core::mem::take(&mut is_first) {
                        true => Poll::Pending,
                        false => Poll::Ready(1),
                    })
                    .await
                };
                let _polled = abandon(cell.get_or_init(|| slow));
                *block_on(cell.get_or_init(|| made(2)))
            })
        };
        let value = *block_on(cell.get_or_init(|| made(3)));
        assert_eq!(gives_up.join().unwrap(), value);
    });
}

#[test]
fn loom_cancelling_reaches_a_child_that_is_made_meanwhile() {
    loom::model(|| {
        let token = CancellationToken::new();
        let thread = {
            let child = token.child_token();
            thread::spawn(move || {
                let below = child.child_token();
                drop(child);
                block_on(below.cancelled());
            })
        };
        token.cancel();
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_full_ring_hands_each_value_over_and_ends() {
    bounded(|| {
        let ring = Arc::new(RingBuffer::new(1));
        let threads = [1, 2].map(|value| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || block_on(ring.send(value)).unwrap())
        });
        let mut sum = block_on(ring.recv()).unwrap();
        sum += block_on(ring.recv()).unwrap();
        assert_eq!(sum, 3);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_a_value_that_met_a_dropped_receiver_is_received_by_the_next() {
    bounded(|| {
        let ring = Arc::new(RingBuffer::new(1));
        let leaves = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || match abandon(ring.recv()) {
                Poll::Ready(value) => value,
                Poll::Pending => None,
            })
        };
        let sends = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                block_on(ring.send(1)).unwrap();
                ring.close();
            })
        };
        let received = block_on(ring.recv());
        let other = leaves.join().unwrap();
        assert_eq!(received.or(other), Some(1));
        sends.join().unwrap();
    });
}
