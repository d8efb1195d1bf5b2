//! Mutexes: order, guards, and futures that are dropped.

use core::fmt::{self, Display};
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::thread;

use poll_async::sync::{Mutex, MutexGuard, OwnedMutexGuard};
use poll_async::task::yield_now;

use crate::drive::{Task, block_on, poll_once};
use crate::victims::drop_each;

#[test]
fn one_at_a_time_and_in_order() {
    let mutex = Mutex::new(Vec::new());
    let mut guard = mutex.try_lock().unwrap();
    let mut tasks: Vec<_> = (1..4)
        .map(|number| {
            let mutex = &mutex;
            Task::new(async move { mutex.lock().await.push(number) })
        })
        .collect();
    for task in &mut tasks {
        assert!(task.poll().is_pending());
    }
    guard.push(0);
    assert!(mutex.try_lock().is_err());
    drop(guard);
    // It is the first one's that waits, though it has not run since.
    assert!(mutex.try_lock().is_err());
    for task in &mut tasks {
        assert!(task.is_woken() && task.poll().is_ready());
    }
    drop(tasks);
    assert_eq!(mutex.into_inner(), [0, 1, 2, 3]);
}

#[test]
fn a_guard_lends_the_value_and_shows_it() {
    let mut mutex = Mutex::from(5);
    *mutex.get_mut() += 1;
    let mut guard = mutex.try_lock().unwrap();
    *guard += 1;
    assert_eq!(format!("{guard} {guard:?}"), "7 7");
    assert!(core::ptr::eq(MutexGuard::mutex(&guard), &raw const mutex));
    assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
    drop(guard);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 7 }");
    assert_eq!(*mutex.blocking_lock(), 7);
    assert_eq!(Mutex::<u8>::default().into_inner(), 0);
}

#[test]
fn an_owned_guard_keeps_its_mutex() {
    let mutex = Arc::new(Mutex::new(1));
    let guard = block_on(Arc::clone(&mutex).lock_owned());
    assert!(Arc::clone(&mutex).try_lock_owned().is_err());
    assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
    let weak = Arc::downgrade(&mutex);
    drop(mutex);
    let mut moved = thread::spawn(move || guard).join().unwrap();
    *moved += 1;
    assert_eq!((*moved, weak.strong_count()), (2, 1));
    let mutex = weak.upgrade().unwrap();
    drop(moved);
    assert_eq!(*mutex.blocking_lock_owned(), 2);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_value_of_unknown_size_can_be_locked() {
    let value: Box<dyn Display> = Box::new("here");
    let mutex: Mutex<dyn Display> = Mutex::from(value);
    assert_eq!(block_on(mutex.lock()).to_string(), "here");
    let words: Mutex<[u8]> = Mutex::from(vec![1, 2].into_boxed_slice());
    words.try_lock().unwrap()[0] = 3;
    assert_eq!(*words.try_lock().unwrap(), [3, 2]);
}

#[test]
fn a_panic_leaves_the_mutex_open_and_the_value_as_it_was() {
    let mutex = Mutex::new(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        *mutex.try_lock().unwrap() = 2;
        let _guard = mutex.try_lock().unwrap();
        panic!("with the lock");
    }));
    assert!(panicked.is_err());
    assert_eq!(*mutex.try_lock().unwrap(), 2);
}

#[test]
#[should_panic(expected = "leaked")]
fn the_value_goes_with_a_guard_that_is_leaked() {
    let mut mutex = Mutex::new(1);
    core::mem::forget(mutex.try_lock().unwrap());
    mutex.get_mut();
}

#[test]
fn no_lock_and_no_wake_up_is_lost_with_a_future() {
    drop_each(
        |mutex: &Arc<Mutex<u32>>| {
            let borrowed = || {
                Task::new(async {
                    let mut guard = mutex.lock().await;
                    *guard += 1;
                    yield_now().await;
                    *guard -= 1;
                })
            };
            let owned = || {
                Task::new(async {
                    let mut guard = Arc::clone(mutex).lock_owned().await;
                    yield_now().await;
                    *guard += 0;
                })
            };
            vec![borrowed(), owned(), borrowed(), owned()]
        },
        || Arc::new(Mutex::new(0)),
        |mutex| {
            let count = *mutex.try_lock().unwrap();
            assert!(count <= 1, "only the one that was dropped did half of it");
        },
    );
}

/// A value whose destructor locks the mutex that it was in.
struct Curious(Arc<Mutex<Option<Self>>>);

impl Drop for Curious {
    fn drop(&mut self) {
        // Locked by the guard through which it was taken out, but free of our own lock.
        assert!(self.0.try_lock().is_err());
    }
}

impl fmt::Debug for Curious {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Curious")
    }
}

#[test]
fn a_destructor_may_look_at_the_mutex() {
    let mutex = Arc::new(Mutex::new(None));
    *mutex.try_lock().unwrap() = Some(Curious(Arc::clone(&mutex)));
    let mut guard = mutex.try_lock().unwrap();
    *guard = None;
}

#[test]
fn a_lock_that_is_free_is_had_with_the_first_poll() {
    let mutex = Mutex::new(());
    assert!(poll_once(&mut Box::pin(mutex.lock())).is_ready());
}

#[test]
fn threads_count_to_the_sum() {
    let mutex = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let mutex = Arc::clone(&mutex);
            thread::spawn(move || {
                for _ in 0..2000 {
                    let mut guard = block_on(mutex.lock());
                    let seen = *guard;
                    block_on(yield_now());
                    *guard = seen + 1;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(*mutex.blocking_lock(), 6000);
}
