//! Cancellation: who is reached, who is not, and futures that are dropped.

use core::future::{pending, ready};
use core::task::Poll;
use std::sync::Arc;
use std::thread;

use poll_async::sync::CancellationToken;
use poll_async::task::yield_now;

use crate::drive::{Task, block_on};
use crate::stage::within_limit;
use crate::victims::drop_each;

#[test]
fn cancelling_reaches_all_that_come_from_a_token_and_nobody_else() {
    let root = CancellationToken::new();
    let (left, right) = (root.child_token(), root.child_token());
    let below = left.child_token();
    let mut waits = Task::new(below.cancelled());
    assert!(waits.poll().is_pending());
    left.cancel();
    assert!(waits.is_woken() && waits.poll().is_ready());
    assert!(left.is_cancelled() && below.is_cancelled());
    assert!(!root.is_cancelled() && !right.is_cancelled());
    assert!(left.child_token().is_cancelled());
    root.cancel();
    assert!(right.is_cancelled());
    block_on(right.cancelled());
}

#[test]
fn a_token_that_is_dropped_cancels_nothing_and_cuts_nothing_off() {
    let root = CancellationToken::new();
    let middle = root.child_token();
    let below = middle.child_token();
    drop(middle);
    assert!(!below.is_cancelled());
    root.cancel();
    assert!(below.is_cancelled());

    let root = CancellationToken::new();
    let child = root.child_token();
    drop(root);
    assert!(!child.is_cancelled());
    child.cancel();
    assert!(child.is_cancelled());
}

#[test]
fn a_clone_is_the_same_token() {
    let token = CancellationToken::new();
    let clone = token.clone();
    drop(token.clone());
    clone.cancel();
    assert!(token.is_cancelled());
}

#[test]
fn a_very_long_line_of_tokens_is_cancelled_and_dropped() {
    let root = CancellationToken::new();
    let mut line = vec![root.clone()];
    for at in 0..100_000 {
        line.push(line[at].child_token());
    }
    root.cancel();
    assert!(line.iter().all(CancellationToken::is_cancelled));
    drop(line);

    let mut last = CancellationToken::new();
    for _ in 0..100_000 {
        last = last.child_token();
    }
    assert!(!last.is_cancelled());
}

#[test]
fn a_future_runs_until_the_token_is_cancelled() {
    let token = CancellationToken::new();
    assert_eq!(block_on(token.run_until_cancelled(ready(1))), Some(1));
    let mut runs = Task::new(token.run_until_cancelled(pending::<u8>()));
    assert!(runs.poll().is_pending());
    token.cancel();
    assert!(runs.is_woken());
    assert_eq!(runs.poll(), Poll::Ready(None));
    assert_eq!(
        block_on(token.clone().run_until_cancelled_owned(ready(1))),
        None
    );
}

#[test]
fn a_result_that_came_with_the_end_is_kept() {
    let token = CancellationToken::new();
    let mut runs = Task::new(token.run_until_cancelled(async {
        yield_now().await;
        1
    }));
    assert!(runs.poll().is_pending());
    token.cancel();
    assert_eq!(runs.poll(), Poll::Ready(Some(1)));
}

#[test]
fn a_guard_cancels_unless_it_is_disarmed() {
    let token = CancellationToken::new();
    let kept = token.clone().drop_guard().disarm();
    assert!(!token.is_cancelled());
    drop(kept.drop_guard());
    assert!(token.is_cancelled());
}

#[test]
fn no_wake_up_is_lost_with_a_future() {
    drop_each(
        |token: &CancellationToken| {
            let waits = || Task::new(token.cancelled());
            let owned = || Task::new(token.child_token().cancelled_owned());
            let runs = || {
                Task::new(async {
                    assert_eq!(token.run_until_cancelled(pending::<()>()).await, None);
                })
            };
            let other = Task::new(async {
                yield_now().await;
                yield_now().await;
                token.cancel();
            });
            // Twice, for one of them is dropped.
            let again = Task::new(async {
                yield_now().await;
                yield_now().await;
                yield_now().await;
                token.cancel();
            });
            vec![waits(), owned(), runs(), waits(), other, again]
        },
        CancellationToken::new,
        |token| assert!(token.is_cancelled()),
    );
}

#[test]
fn threads_that_wait_are_all_reached() {
    within_limit(|| {
        for _ in 0..100 {
            let root = Arc::new(CancellationToken::new());
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let token = root.child_token();
                    thread::spawn(move || block_on(token.child_token().cancelled_owned()))
                })
                .collect();
            root.cancel();
            for thread in threads {
                thread.join().unwrap();
            }
        }
    });
}
