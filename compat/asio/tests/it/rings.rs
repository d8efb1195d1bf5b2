//! The ring.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use asio::{RingBuffer, async_channel, async_spawn};

use crate::stage::{poll_once, run};

#[test]
fn a_ring_holds_its_bound_and_then_makes_wait() {
    for bound in [1, 4, 5, 6, 100] {
        run(async move {
            let ring = Arc::new(RingBuffer::new(bound));
            for i in 0..bound {
                assert!(poll_once(pin!(ring.send(i))).is_ready(), "{i} of {bound}");
            }
            let sender = Arc::clone(&ring);
            let (began, beginning) = async_channel();
            let late = async_spawn(async move {
                let mut late = pin!(sender.send(bound));
                assert!(poll_once(late.as_mut()).is_pending(), "{bound}");
                began.send(()).unwrap();
                late.await;
            });
            beginning.receive().await.unwrap();
            for i in 0..=bound {
                assert_eq!(ring.recv().await, i);
            }
            late.await;
        });
    }
}

#[test]
fn an_empty_ring_makes_wait_for_the_next_value() {
    run(async {
        let ring = Arc::new(RingBuffer::new(3));
        let receiver = Arc::clone(&ring);
        let (began, beginning) = async_channel();
        let waiting = async_spawn(async move {
            let mut receive = pin!(receiver.recv());
            assert_eq!(poll_once(receive.as_mut()), Poll::Pending);
            began.send(()).unwrap();
            assert_eq!(receive.await, "value");
        });
        beginning.receive().await.unwrap();
        ring.send("value").await;
        waiting.await;
    });
}

#[test]
fn many_senders_and_receivers_pass_each_value_once() {
    const SENDERS: usize = 4;
    const EACH: usize = 1000;
    run(async {
        let ring = Arc::new(RingBuffer::new(2));
        let (passed, sums) = async_channel();
        for i in 0..SENDERS {
            let sender = Arc::clone(&ring);
            drop(async_spawn(async move {
                for j in 0..EACH {
                    sender.send(i * EACH + j).await;
                }
            }));
            let receiver = Arc::clone(&ring);
            let passed = passed.clone();
            drop(async_spawn(async move {
                for _ in 0..EACH {
                    passed.send(receiver.recv().await).unwrap();
                }
            }));
        }
        drop(passed);
        let mut values = Vec::new();
        while let Ok(value) = sums.receive().await {
            values.push(value);
        }
        values.sort_unstable();
        assert!(values.into_iter().eq(0..SENDERS * EACH));
    });
}
