//! What a wait that finds something allocates: nothing.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::time::Duration;
use std::alloc::System;
use std::io::Read;

use poll_loop::{Interest, Notifications, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, On, on_every_engine, pair, send};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting the allocations of each thread.
struct Counting;

#[expect(unsafe_code, reason = "a global allocator is unsafe by its trait")]
// SAFETY: GlobalAlloc wants blocks that fit their layouts and stay theirs until they are freed.
// - every method passes its arguments to `System`, which is such an allocator, and returns what
//   it returns.
// - the counter is a constant-initialised `Cell` without a destructor, so using it allocates
//   nothing and works at any time of a thread's life.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: `alloc` wants a layout of non-zero size.
        // - this method's caller promises the same, by the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `dealloc` wants a block of this allocator with its layout.
        // - this method's caller promises the same, and all blocks came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(during: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    during();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(Box::new(1))), 1);
}

#[test]
fn a_wait_that_finds_something_allocates_nothing_after_start_up() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (here, there) = pair();
        registrar
            .register(&here, Interest::READABLE, Trigger::Level)
            .unwrap();
        let (sender, mut receiver) = registrar.channel().unwrap();
        let mut notifications = Notifications::with_capacity(16);
        let mut round = || {
            let mut allocated = 0;
            send(&there);
            sender.send(1).unwrap();
            poller.set_timeout(Duration::ZERO).unwrap();
            registrar.set_timeout(Duration::ZERO).unwrap();
            let mut seen = 0;
            while seen < 4 {
                let wait = || poller.wait(&mut notifications, LONG).unwrap();
                allocated += allocations(wait);
                assert!(!notifications.is_empty());
                seen += notifications.iter().count();
            }
            (&here).read_exact(&mut [0]).unwrap();
            assert_eq!(receiver.try_iter().count(), 1);
            allocated
        };
        // Tables grow at first, and the wheel has one for each magnitude of deadlines.
        let mut stretch = || -> u64 { (0..1_000).map(|_| round()).sum() };
        let stretches: Vec<_> = (0..10).map(|_| stretch()).take_while(|n| *n > 0).collect();
        assert!(
            stretches.len() < 10,
            "each of them allocates: {stretches:?}"
        );
    }
    on_every_engine!(test);
}
