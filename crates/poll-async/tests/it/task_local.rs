//! Values that belong to a task.

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use poll_async::task::yield_now;
use poll_async::{join, task_local};

use crate::drive::{Task, block_on};

task_local! {
    static NUMBER: u32;
    /// What is shared by a task.
    static SHARED: Arc<()>;
}

#[test]
fn the_value_is_there_in_its_scope_over_waits_and_nowhere_else() {
    assert!(NUMBER.try_get().is_err());
    block_on(NUMBER.scope(1, async {
        assert_eq!(NUMBER.get(), 1);
        yield_now().await;
        assert_eq!(NUMBER.with(|number| number + 1), 2);
        NUMBER.scope(2, async { assert_eq!(NUMBER.get(), 2) }).await;
        assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
        assert_eq!(NUMBER.try_with(|number| *number), Ok(1));
    }));
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn tasks_that_take_turns_have_each_their_own() {
    let task = |number| {
        NUMBER.scope(number, async move {
            for _ in 0..3 {
                yield_now().await;
                assert_eq!(NUMBER.get(), number);
            }
        })
    };
    block_on(async { join!(task(1), task(2), task(3)) });
}

#[test]
fn a_future_takes_its_value_along_to_another_thread() {
    let mut future = Box::pin(NUMBER.scope(5, async {
        yield_now().await;
        NUMBER.get()
    }));
    assert!(crate::drive::poll_once(&mut future).is_pending());
    assert_eq!(thread::spawn(move || block_on(future)).join().unwrap(), 5);
}

/// Notes the number when it is dropped.
struct Notes(Rc<Cell<Option<u32>>>);

impl Drop for Notes {
    fn drop(&mut self) {
        self.0.set(NUMBER.try_get().ok());
    }
}

#[test]
fn what_the_future_drops_sees_the_value_done_or_not() {
    for polls in 0..3 {
        let seen = Rc::new(Cell::new(None));
        let notes = Notes(Rc::clone(&seen));
        let mut task = Task::new(NUMBER.scope(7, async move {
            let _notes = notes;
            yield_now().await;
        }));
        for _ in 0..polls {
            let _polled = task.poll();
        }
        drop(task);
        assert_eq!(seen.get(), Some(7), "after {polls} polls");
        assert!(NUMBER.try_get().is_err());
    }
}

#[test]
fn after_a_panic_the_outer_value_is_back() {
    NUMBER.sync_scope(1, || {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            block_on(NUMBER.scope(2, async { panic!("inside") }))
        }));
        assert!(panicked.is_err());
        assert_eq!(NUMBER.get(), 1);
        let panicked = catch_unwind(|| NUMBER.sync_scope(2, || panic!("inside")));
        assert!(panicked.is_err());
        assert_eq!(NUMBER.get(), 1);
    });
}

#[test]
fn the_value_is_dropped_with_its_future_or_taken_before() {
    let value = Arc::new(());
    block_on(SHARED.scope(Arc::clone(&value), yield_now()));
    drop(SHARED.scope(Arc::clone(&value), yield_now()));
    assert_eq!(Arc::strong_count(&value), 1);
    let mut future = Box::pin(SHARED.scope(Arc::clone(&value), yield_now()));
    assert!(
        future
            .as_mut()
            .take_value()
            .is_some_and(|taken| Arc::ptr_eq(&taken, &value))
    );
    assert!(future.as_mut().take_value().is_none());
}

#[test]
#[should_panic(expected = "a task-local value is there in a scope of it only")]
fn outside_of_a_scope_it_panics() {
    NUMBER.with(|_| ());
}

#[test]
#[should_panic(expected = "cannot begin while the value is looked at")]
fn a_scope_in_a_look_at_the_value_is_refused() {
    NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
}
