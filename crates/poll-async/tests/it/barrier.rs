//! Barriers: how many, again and again, and futures that are dropped.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Poll;
use std::sync::Arc;
use std::thread;

use poll_async::sync::Barrier;

use crate::drive::{Task, block_on};

#[test]
fn the_last_leads_and_lets_all_go_and_so_the_next_time() {
    let barrier = Barrier::new(3);
    for _ in 0..3 {
        let mut tasks: Vec<_> = (0..3).map(|_| Task::new(barrier.wait())).collect();
        assert!(tasks[0].poll().is_pending() && tasks[1].poll().is_pending());
        let Poll::Ready(result) = tasks[2].poll() else {
            panic!("all have come");
        };
        assert!(result.is_leader());
        for task in &mut tasks[..2] {
            assert!(task.is_woken());
            let Poll::Ready(result) = task.poll() else {
                panic!("all have come");
            };
            assert!(!result.is_leader());
        }
    }
}

#[test]
fn a_barrier_for_none_or_one_stops_nobody() {
    assert!(block_on(Barrier::new(0).wait()).is_leader());
    assert!(block_on(Barrier::new(1).wait()).is_leader());
}

#[test]
fn a_future_that_is_dropped_has_not_come_unless_all_had() {
    let barrier = Barrier::new(2);
    for polls in 0..3 {
        let mut gone = Task::new(barrier.wait());
        (0..polls).for_each(|_| assert!(gone.poll().is_pending()));
        drop(gone);
        let mut first = Task::new(barrier.wait());
        assert!(first.poll().is_pending(), "after {polls} polls");
        assert!(block_on(barrier.wait()).is_leader());
        drop(first); // it was let go, and does not come back for the next time
    }
    let mut next = Task::new(barrier.wait());
    assert!(next.poll().is_pending());
    assert!(block_on(barrier.wait()).is_leader());
    assert!(next.is_woken() && next.poll().is_ready());
}

#[test]
fn threads_are_never_more_than_a_round_apart() {
    const ROUNDS: usize = 500;
    let barrier = Arc::new(Barrier::new(3));
    let (came, leaders) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (barrier, came) = (Arc::clone(&barrier), Arc::clone(&came));
            let leaders = Arc::clone(&leaders);
            thread::spawn(move || {
                for round in 1..=ROUNDS {
                    came.fetch_add(1, Ordering::SeqCst);
                    let result = block_on(barrier.wait());
                    assert!(came.load(Ordering::SeqCst) >= 3 * round);
                    leaders.fetch_add(usize::from(result.is_leader()), Ordering::SeqCst);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(leaders.load(Ordering::SeqCst), ROUNDS);
}
