//! What a wait, a registration and a wake cost: system calls and allocations, counted.

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

#[cfg(feature = "count")]
mod system_calls {
    //! Counted in a process of its own, because the count is the process's.

    use super::{
        Backend, Duration, Events, Interest, Poll, Token, Trigger, UnixStream, Waker, Write,
    };

    fn alone(name: &str, test: impl FnOnce()) {
        crate::alone::alone(&format!("cost::system_calls::{name}"), test);
    }

    fn calls(during: impl FnOnce()) -> u64 {
        let before = poll_os::system_calls();
        during();
        poll_os::system_calls() - before
    }

    #[test]
    fn a_wait_is_one_and_does_not_grow_with_the_registrations() {
        alone(
            "a_wait_is_one_and_does_not_grow_with_the_registrations",
            || {
                waits(poll_os::Poll::new().unwrap());
                waits(poll_os::poll::Poll::new().unwrap());
            },
        );
    }

    fn waits<B: Backend>(mut poll: Poll<B>) {
        let mut events = Events::with_capacity(8);
        let _waker = Waker::new(poll.registry(), Token(0)).unwrap();
        // A kernel without epoll_pwait2(2) says so once in a process: that call comes on top.
        let first = calls(|| {
            poll.wait(&mut events, Some(Duration::from_nanos(1)))
                .unwrap();
        });
        assert!((1..=2).contains(&first), "{first}");
        let mut pairs = Vec::new();
        for registered in [0, 1, 200] {
            while pairs.len() < registered {
                pairs.push(UnixStream::pair().unwrap());
                let (a, _) = pairs.last().unwrap();
                let registry = poll.registry();
                registry
                    .register(a, Token(1), Interest::READABLE, Trigger::Level)
                    .unwrap();
            }
            if let Some((_, b)) = pairs.first_mut() {
                b.write_all(b"x").unwrap();
            }
            for timeout in [
                Duration::ZERO,
                Duration::from_micros(10),
                Duration::from_millis(1),
            ] {
                let wait = || poll.wait(&mut events, Some(timeout)).unwrap();
                assert_eq!(calls(wait), 1, "{registered} registered, {timeout:?}");
            }
        }
    }

    #[test]
    fn a_wake_of_an_awake_poller_is_none_and_a_burst_on_a_parked_one_is_one() {
        alone(
            "a_wake_of_an_awake_poller_is_none_and_a_burst_on_a_parked_one_is_one",
            || {
                let mut poll = poll_os::Poll::new().unwrap();
                let mut events = poll_os::Events::with_capacity(8);
                let waker = poll_os::Waker::new(poll.registry(), Token(0)).unwrap();
                let other = poll_os::Waker::new(poll.registry(), Token(1)).unwrap();
                let burst = || {
                    for _ in 0..1_000 {
                        waker.wake().unwrap();
                        other.wake().unwrap();
                    }
                };
                assert_eq!(calls(burst), 0);
                assert_eq!(calls(|| poll.wait(&mut events, None).unwrap()), 1);
                assert_eq!(events.len(), 2);
                // Its descriptor is out, so between waits it counts as parked.
                let _descriptor = std::os::fd::AsFd::as_fd(&poll);
                assert_eq!(calls(burst), 1);
                assert_eq!(calls(|| poll.wait(&mut events, None).unwrap()), 1);
                assert_eq!(events.len(), 2);
            },
        );
    }

    #[test]
    fn a_registration_is_one_and_so_is_its_end() {
        alone("a_registration_is_one_and_so_is_its_end", || {
            let poll = poll_os::Poll::new().unwrap();
            let (a, _b) = UnixStream::pair().unwrap();
            let registry = poll.registry();
            let register = || registry.register(&a, Token(1), Interest::READABLE, Trigger::Edge);
            assert_eq!(calls(|| register().unwrap()), 1);
            assert_eq!(calls(|| registry.deregister(&a).unwrap()), 1);
        });
    }

    #[test]
    fn a_registration_with_poll_is_two_and_its_change_and_end_are_none() {
        alone(
            "a_registration_with_poll_is_two_and_its_change_and_end_are_none",
            || {
                let poll = poll_os::poll::Poll::new().unwrap();
                let (a, _b) = UnixStream::pair().unwrap();
                let registry = poll.registry();
                let (interest, trigger) = (Interest::READABLE, Trigger::Edge);
                let register = || registry.register(&a, Token(1), interest, trigger);
                assert_eq!(calls(|| register().unwrap()), 2);
                let modify = || registry.modify(&a, Token(2), interest, trigger);
                assert_eq!(calls(|| modify().unwrap()), 0);
                assert_eq!(calls(|| registry.deregister(&a).unwrap()), 0);
            },
        );
    }
}
