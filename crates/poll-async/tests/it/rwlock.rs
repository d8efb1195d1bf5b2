//! Read-write locks: order, guards, and futures that are dropped.

use core::task::Poll;
use std::sync::Arc;
use std::thread;

use poll_async::sync::RwLock;
use poll_async::task::yield_now;

use crate::drive::{Task, block_on};
use crate::victims::drop_each;

#[test]
fn readers_share_and_a_writer_is_alone() {
    let lock = RwLock::new(1);
    let (first, second) = (block_on(lock.read()), lock.try_read().unwrap());
    assert_eq!((*first, *second), (1, 1));
    assert!(lock.try_write().is_err());
    drop(first);
    assert!(lock.try_write().is_err());
    drop(second);
    let mut writer = lock.try_write().unwrap();
    *writer = 2;
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    drop(writer);
    assert_eq!(*lock.blocking_read(), 2);
    *lock.blocking_write() = 3;
    assert_eq!(lock.into_inner(), 3);
}

#[test]
fn readers_after_a_writer_wait_for_it_and_then_come_together() {
    let lock = RwLock::new(0);
    let reader = lock.try_read().unwrap();
    let mut writer = Task::new(lock.write());
    let mut readers = [Task::new(lock.read()), Task::new(lock.read())];
    assert!(writer.poll().is_pending());
    assert!(readers.iter_mut().all(|reader| reader.poll().is_pending()));
    assert!(lock.try_read().is_err());
    drop(reader);
    assert!(writer.is_woken() && readers.iter().all(|reader| !reader.is_woken()));
    let Poll::Ready(mut guard) = writer.poll() else {
        panic!("nobody reads");
    };
    *guard = 1;
    drop(guard);
    let guards = readers.map(|mut reader| match reader.poll() {
        Poll::Ready(guard) => *guard,
        Poll::Pending => panic!("nobody writes"),
    });
    assert_eq!(guards, [1, 1]);
}

#[test]
fn a_writer_that_goes_on_reading_lets_readers_in_and_no_writer() {
    let lock = Arc::new(RwLock::new(0));
    let mut writer = lock.try_write().unwrap();
    *writer = 1;
    let mut reads = Task::new(lock.read());
    let mut writes = Task::new(lock.write());
    assert!(reads.poll().is_pending() && writes.poll().is_pending());
    let reader = writer.downgrade();
    let Poll::Ready(other) = reads.poll() else {
        panic!("nobody writes");
    };
    assert_eq!((*reader, *other), (1, 1));
    drop(reader);
    assert!(!writes.is_woken());
    drop(other);
    assert!(writes.is_woken());
    drop(writes);

    let owned = Arc::clone(&lock).try_write_owned().unwrap().downgrade();
    assert_eq!((*owned, lock.try_read().is_ok()), (1, true));
}

#[test]
fn owned_guards_keep_their_lock_and_go_to_other_threads() {
    let lock = Arc::new(RwLock::new(String::new()));
    block_on(Arc::clone(&lock).write_owned()).push('a');
    let reader = block_on(Arc::clone(&lock).read_owned());
    let second = Arc::clone(&lock).try_read_owned().unwrap();
    assert!(Arc::clone(&lock).try_write_owned().is_err());
    drop(lock);
    let seen = thread::spawn(move || reader.len()).join().unwrap();
    assert_eq!((seen, second.as_str()), (1, "a"));
}

#[test]
fn no_more_readers_than_were_allowed() {
    let lock = RwLock::with_max_readers(0, 2);
    let _two = (lock.try_read().unwrap(), lock.try_read().unwrap());
    assert!(lock.try_read().is_err());
}

#[test]
#[should_panic(expected = "a lock has from 1 to")]
fn a_lock_without_readers_is_refused() {
    drop(RwLock::with_max_readers(0, 0));
}

#[test]
fn the_value_is_lent_without_locking_whether_it_was_read_or_not() {
    let mut lock = RwLock::from(vec![1]);
    lock.get_mut().push(2);
    assert_eq!(lock.try_read().unwrap().len(), 2);
    lock.get_mut().push(3);
    assert_eq!(format!("{lock:?}"), "RwLock { data: [1, 2, 3] }");
    let writer = lock.try_write().unwrap();
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked> }");
    drop(writer);
    let words: RwLock<str> = RwLock::from(Box::<str>::from("here"));
    assert_eq!(&*words.try_read().unwrap(), "here");
}

#[test]
fn no_lock_and_no_wake_up_is_lost_with_a_future() {
    drop_each(
        |lock: &Arc<RwLock<u32>>| {
            let read = || {
                Task::new(async {
                    let guard = lock.read().await;
                    yield_now().await;
                    assert_eq!(*guard % 2, 0, "a writer is half through");
                })
            };
            let write = || {
                Task::new(async {
                    let mut guard = lock.write().await;
                    *guard += 2;
                    yield_now().await;
                    let guard = guard.downgrade();
                    yield_now().await;
                    assert_eq!(*guard % 2, 0);
                })
            };
            let owned = || {
                Task::new(async {
                    let read = Arc::clone(lock).read_owned().await;
                    yield_now().await;
                    drop(read);
                    *Arc::clone(lock).write_owned().await += 2;
                })
            };
            vec![read(), write(), read(), owned(), read(), write()]
        },
        || Arc::new(RwLock::new(0)),
        |lock| assert!(lock.try_write().is_ok()),
    );
}

#[test]
fn threads_read_what_threads_write_whole() {
    let lock = Arc::new(RwLock::new((0, 0)));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                for _ in 0..1000 {
                    {
                        let mut guard = block_on(lock.write());
                        guard.0 += 1;
                        // The others run in between, and find the lock taken.
                        thread::yield_now();
                        guard.1 += 1;
                    }
                    let guard = block_on(lock.read());
                    assert_eq!(guard.0, guard.1);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(lock.blocking_read().0, 3000);
}
