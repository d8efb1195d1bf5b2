//! `join!` and `try_join!`.

use core::cell::RefCell;
use core::future::{pending, poll_fn, ready};
use core::task::Poll;

use poll_async::sync::Semaphore;
use poll_async::task::yield_now;
use poll_async::{join, try_join};

use crate::drive::{Task, block_on};

#[test]
fn all_outputs_come_in_the_order_they_are_written_in() {
    let semaphore = Semaphore::new(0);
    let mut task = Task::new(async {
        join!(
            async {
                semaphore.acquire().await.unwrap().forget();
                "waited"
            },
            ready(2),
            async {
                yield_now().await;
                Box::new(3)
            },
        )
    });
    assert!(task.poll().is_pending());
    assert!(task.poll().is_pending());
    semaphore.add_permits(1);
    assert!(task.is_woken());
    assert_eq!(task.poll(), Poll::Ready(("waited", 2, Box::new(3))));
}

#[test]
fn none_and_one_are_tuples_too() {
    block_on(async {
        let () = join!();
        let nothing: Result<(), ()> = try_join!();
        assert_eq!(nothing, Ok(()));
        assert_eq!(join!(ready(1)), (1,));
        assert_eq!(try_join!(biased; ready(Ok::<u8, ()>(1))), Ok((1,)));
    });
}

/// In which order three futures are polled, three times.
fn order(is_biased: bool) -> String {
    let order = RefCell::new(String::new());
    let name = |name: char| {
        let mut polls = 0;
        let order = &order;
        poll_fn(move |context| {
            order.borrow_mut().push(name);
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
    };
    block_on(async {
        if is_biased {
            join!(biased; name('a'), name('b'), name('c'));
        } else {
            join!(name('a'), name('b'), name('c'));
        }
    });
    order.into_inner()
}

#[test]
fn each_is_the_first_in_turn_unless_biased() {
    assert_eq!(order(false), "abcbcacab");
    assert_eq!(order(true), "abcabcabc");
}

#[test]
fn a_future_that_is_done_is_not_polled_again() {
    block_on(async {
        let (first, second) = join!(ready(1), async {
            yield_now().await;
            yield_now().await;
            2
        });
        assert_eq!((first, second), (1, 2));
    });
}

#[test]
fn the_first_error_ends_it_and_the_others_are_dropped() {
    let semaphore = Semaphore::new(1);
    let failed: Result<((), u8, ()), &str> = block_on(async {
        try_join!(
            async {
                let _held = semaphore.acquire().await;
                pending().await
            },
            ready(Ok(1)),
            async {
                yield_now().await;
                Err("failed")
            },
        )
    });
    assert_eq!(failed, Err("failed"));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn values_come_when_all_succeeded() {
    let values = block_on(async {
        try_join!(ready(Ok::<_, ()>(1)), async {
            yield_now().await;
            Ok("two")
        })
    });
    assert_eq!(values, Ok((1, "two")));
}

#[test]
fn a_question_mark_may_follow() {
    async fn both() -> Result<u8, String> {
        let (first, second) = try_join!(ready(Ok(1)), ready(Err::<u8, _>("no")))?;
        Ok(first + second)
    }
    assert_eq!(block_on(both()), Err("no".to_owned()));
}
