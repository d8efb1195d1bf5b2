//! What a wait, a registration and a wake allocate: nothing.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::time::Duration;
use std::alloc::System;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Interest, Token, Trigger};

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
fn wait_register_and_wake_allocate_nothing_after_start_up() {
    let no_growth = 0;
    assert_eq!(steady(poll_os::Poll::new().unwrap()), no_growth);
    assert_eq!(steady(poll_os::poll::Poll::new().unwrap()), no_growth);
}

/// The allocations of a thousand rounds, after one round that lets tables grow.
fn steady<B: Backend>(mut poll: Poll<B>) -> u64 {
    let mut events = Events::with_capacity(8);
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let waker = Waker::new(poll.registry(), Token(9)).unwrap();
    let mut round = || {
        let registry = poll.registry();
        registry
            .register(&a, Token(1), Interest::READABLE, Trigger::Level)
            .unwrap();
        registry
            .modify(&a, Token(2), Interest::READABLE, Trigger::Edge)
            .unwrap();
        b.write_all(b"x").unwrap();
        waker.wake().unwrap();
        waker.clone().wake().unwrap();
        poll.wait(&mut events, None).unwrap();
        a.read_exact(&mut [0]).unwrap();
        assert_eq!(events.iter().count(), 2);
        poll.wait(&mut events, Some(Duration::from_micros(1)))
            .unwrap();
        poll.registry().deregister(&a).unwrap();
    };
    round();
    allocations(|| (0..1_000).for_each(|_| round()))
}
