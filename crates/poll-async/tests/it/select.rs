//! `select!`: what it polls, what it hands over, and what a handler may do.

use core::cell::{Cell, RefCell};
use core::future::{pending, poll_fn, ready};
use core::pin::pin;
use core::task::Poll;

use poll_async::select;
use poll_async::sync::Semaphore;
use poll_async::task::yield_now;

use crate::drive::{Task, block_on};

/// Ready with the poll after `polls` of them, each of which wakes.
async fn after<T>(polls: usize, value: T) -> T {
    for _ in 0..polls {
        yield_now().await;
    }
    value
}

#[test]
fn the_first_that_is_done_is_handled_and_the_others_are_dropped() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire().unwrap();
    let number = block_on(async {
        select! {
            number = after(2, 1) => number + 10,
            _ = semaphore.acquire() => panic!("it is held"),
            () = pending() => unreachable!(),
        }
    });
    assert_eq!(number, 11);
    drop(held);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn biased_takes_the_first_that_is_ready_and_random_takes_each() {
    let mut seen = [0; 3];
    for _ in 0..300 {
        block_on(async {
            select! {
                biased;
                () = pending() => unreachable!(),
                () = ready(()) => (),
                () = ready(()) => panic!("the second comes before the third"),
            }
            select! {
                () = ready(()) => seen[0] += 1,
                () = ready(()) => seen[1] += 1,
                () = ready(()) => seen[2] += 1,
            };
        });
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

#[test]
fn an_output_that_does_not_match_disables_its_branch() {
    let handled = block_on(async {
        select! {
            biased;
            Some(_) = ready(None::<u8>) => 1,
            Ok::<u8, u8>(value) = after(1, Err(2)) => value,
            value = after(3, 7) => value,
        }
    });
    assert_eq!(handled, 7);
}

#[test]
fn else_runs_when_all_are_disabled() {
    let number = block_on(async {
        select! {
            Some(value) = after(1, None) => value,
            1 = ready(2) => 3,
            () = pending(), if false => 4,
            else => 5,
        }
    });
    assert_eq!(number, 5);
    assert_eq!(
        block_on(async {
            select! { else => 6 }
        }),
        6
    );
}

#[test]
#[should_panic(expected = "all branches are disabled and there is no `else` branch")]
fn without_else_it_panics_when_all_are_disabled() {
    block_on(async {
        select! { Some(()) = ready(None) => {} }
    });
}

#[test]
fn conditions_come_before_futures_which_are_made_also_if_disabled_and_not_polled() {
    let order = RefCell::new(Vec::new());
    let say = |what| order.borrow_mut().push(what);
    let condition = |what, is_true: bool| {
        say(what);
        is_true
    };
    let made = |what| {
        say(what);
        async { say("polled") }
    };
    block_on(async {
        select! {
            () = made("first made"), if condition("first asked", false) => {}
            () = made("second made"), if condition("second asked", true) => say("handled"),
        }
    });
    let order = order.into_inner();
    let expected = [
        "first asked",
        "second asked",
        "first made",
        "second made",
        "polled",
        "handled",
    ];
    assert_eq!(order, expected);
}

#[test]
fn a_handler_may_leave_the_function_and_loops_and_wait() {
    async fn leaves(what: u8) -> Result<&'static str, String> {
        for round in 0.. {
            select! {
                biased;
                0 = ready(what) => return Ok("returned"),
                1 = ready(what) => if round == 2 { break } else { continue },
                2 = ready(what) => Err("failed")?,
                3 = ready(what) => {
                    yield_now().await;
                    return Ok("waited");
                }
                _ = ready(what) => unreachable!(),
            }
        }
        Ok("broke off")
    }
    assert_eq!(block_on(leaves(0)).unwrap(), "returned");
    assert_eq!(block_on(leaves(1)).unwrap(), "broke off");
    assert_eq!(block_on(leaves(2)).unwrap_err(), "failed");
    assert_eq!(block_on(leaves(3)).unwrap(), "waited");
}

#[test]
fn futures_by_reference_go_on_and_handlers_change_what_futures_had() {
    let total = block_on(async {
        let mut slow = pin!(after(5, 100));
        let mut quick = Box::pin(after(0, 1));
        let mut total = 0;
        loop {
            select! {
                biased;
                number = &mut quick => {
                    quick = Box::pin(after(1, 1));
                    total += number;
                }
                number = slow.as_mut() => break total + number,
            }
        }
    });
    assert!((101..=110).contains(&total), "{total}");
}

/// Neither copied nor cloned.
#[derive(Debug, PartialEq)]
struct Whole(String);

#[test]
fn patterns_take_change_and_borrow_the_output() {
    block_on(async {
        let whole = || Whole("one".to_owned());
        let taken = select! { Some(Whole(text)) = ready(Some(whole())) => text };
        assert_eq!(taken, "one");
        let changed = select! {
            (mut text, 1..=5) = ready(("a".to_owned(), 3)) => {
                text.push('b');
                text
            }
        };
        assert_eq!(changed, "ab");
        let length = select! { Some(ref whole) = ready(Some(whole())) => whole.0.len() };
        assert_eq!(length, 3);
        let grown = select! {
            Some(Whole(ref mut text)) = ready(Some(whole())) => { text.push('!'); text.clone() }
        };
        assert_eq!(grown, "one!");
        let bound = select! { whole @ Whole(_) = ready(whole()) => whole };
        assert_eq!(bound, whole());
        select! { Ok(()) | Err(()) = ready(Err::<(), ()>(())) => {} }
        let words = ["a", "b"];
        let first = select! { &[first, ..] = ready(&words) => first };
        assert_eq!(first, "a");
        let text = select! { "b" = ready(words[1]) => 1, _ = ready(()), if false => 2 };
        assert_eq!(text, 1);
    });
}

#[test]
fn what_an_expression_borrows_lives_as_long_as_its_future() {
    let seen = block_on(async {
        select! {
            number = &mut Box::pin(after(2, 5)) => number,
            () = &mut Box::pin(pending()) => 0,
        }
    });
    assert_eq!(seen, 5);
}

#[test]
fn a_select_in_a_select_and_in_a_spawned_future() {
    fn is_send<T>(future: impl Future<Output = T> + Send) -> impl Future<Output = T> {
        future
    }
    let both = is_send(async {
        select! {
            inner = async { select! { value = ready(1) => value, () = pending() => 0 } } => inner,
            () = pending() => 0,
        }
    });
    assert_eq!(block_on(both), 1);
}

#[test]
fn all_that_wait_are_woken_through_the_one_task() {
    let (first, second) = (Semaphore::new(0), Semaphore::new(0));
    let mut task = Task::new(async {
        select! {
            _ = first.acquire() => 1,
            _ = second.acquire() => 2,
        }
    });
    assert!(task.poll().is_pending());
    second.add_permits(1);
    assert!(task.is_woken());
    assert_eq!(task.poll(), Poll::Ready(2));
}

#[test]
fn many_branches() {
    let polls = Cell::new(0);
    let never = || {
        poll_fn(|_| {
            polls.set(polls.get() + 1);
            Poll::<()>::Pending
        })
    };
    let last = block_on(async {
        select! {
            biased;
            () = never() => 0, () = never() => 1, () = never() => 2, () = never() => 3,
            () = never() => 4, () = never() => 5, () = never() => 6, () = never() => 7,
            () = never() => 8, () = never() => 9, () = never() => 10, () = never() => 11,
            () = never() => 12, () = never() => 13, () = never() => 14, () = never() => 15,
            () = never() => 16, () = never() => 17, () = never() => 18, () = never() => 19,
            () = never() => 20, () = never() => 21, () = never() => 22, () = ready(()) => 23,
        }
    });
    assert_eq!((last, polls.get()), (23, 23));
}
