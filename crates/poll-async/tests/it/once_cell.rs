//! Cells that are filled once.

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::task::Poll;
use std::panic::catch_unwind;

use poll_async::sync::{OnceCell, SetError};
use poll_async::task::yield_now;

use crate::drive::{Task, block_on};
use crate::victims::drop_each;

#[test]
fn one_makes_the_value_and_the_others_wait_for_it() {
    let (cell, calls) = (OnceCell::new(), Cell::new(0));
    let make = || {
        cell.get_or_init(|| async {
            calls.set(calls.get() + 1);
            yield_now().await;
            7
        })
    };
    let (mut first, mut second) = (Task::new(make()), Task::new(make()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert_eq!((cell.get(), cell.initialized()), (None, false));
    assert_eq!(cell.set(8), Err(SetError::InitializingError(8)));
    assert_eq!(first.poll(), Poll::Ready(&7));
    assert!(second.is_woken());
    assert_eq!(second.poll(), Poll::Ready(&7));
    assert_eq!(calls.get(), 1);
    let error = cell.set(8).unwrap_err();
    assert!(error.is_already_init_err() && !error.is_initializing_err());
}

#[test]
fn after_a_failure_the_next_one_tries() {
    let cell = OnceCell::new();
    let mut fails = Task::new(cell.get_or_try_init(|| async {
        yield_now().await;
        Err("no")
    }));
    let mut tries = Task::new(cell.get_or_try_init(|| async { Ok::<u8, &str>(1) }));
    assert!(fails.poll().is_pending() && tries.poll().is_pending());
    assert_eq!(fails.poll(), Poll::Ready(Err("no")));
    assert!(tries.is_woken());
    assert_eq!(tries.poll(), Poll::Ready(Ok(&1)));
}

#[test]
fn after_a_panic_the_next_one_tries() {
    let cell = OnceCell::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        block_on(cell.get_or_init(|| async { panic!("in the making") }))
    }));
    assert!(panicked.is_err());
    assert_eq!(block_on(cell.get_or_init(|| async { 1 })), &1);
}

#[test]
fn a_cell_is_set_taken_and_compared() {
    let mut cell = OnceCell::new_with(None);
    assert_eq!(cell.set(1), Ok(()));
    assert_eq!(block_on(cell.get_or_init(|| async { 2 })), &1);
    *cell.get_mut().unwrap() += 1;
    assert_eq!(cell, OnceCell::from(2));
    assert_eq!(cell.clone().into_inner(), Some(2));
    assert_eq!(
        OnceCell::new_with(Some(2)).set(3),
        Err(SetError::AlreadyInitializedError(3))
    );
    assert_eq!(cell.take(), Some(2));
    assert_eq!(block_on(cell.get_or_init(|| async { 4 })), &4);
}

#[test]
fn no_turn_and_no_wake_up_is_lost_with_a_future() {
    drop_each(
        |cell: &OnceCell<u8>| {
            let task = || {
                Task::new(async {
                    let value = cell.get_or_init(|| async {
                        yield_now().await;
                        yield_now().await;
                        1
                    });
                    assert_eq!(value.await, &1);
                })
            };
            vec![task(), task(), task()]
        },
        OnceCell::new,
        |cell| assert_eq!(cell.get(), Some(&1)),
    );
}
