//! What belongs to the thread it was made on, for runtimes of one thread among others that have
//! more: checked each time, and so as good as what may be sent.

#![expect(
    unsafe_code,
    reason = "programs are written once for all runtimes, and ask of tasks that they can be sent"
)]

use core::pin::Pin;
use core::task::{Context, Poll};
use std::process;

thread_local! {
    // Its address is that of the thread.
    static PLACE: u8 = const { 0 };
}

fn here() -> usize {
    PLACE.with(|place| core::ptr::from_ref(place).addr())
}

/// Something that is used, and dropped, on this thread only.
pub(crate) struct Local<T> {
    home: usize,
    value: T,
}

// SAFETY: `Send` asks that a value may be used and dropped by another thread.
// * It never is: `get`, `poll` and the destructor are the ways to the value, and each asks first
//   whether this is the thread it was made on; on another one the program ends.
// * The address of a thread-local is another one in each thread that lives. It may come again when
//   its thread has ended, and then nobody else is left to use the value.
unsafe impl<T> Send for Local<T> {}

impl<T> Local<T> {
    /// Makes `value` this thread's.
    pub(super) fn new(value: T) -> Self {
        Self {
            home: here(),
            value,
        }
    }

    /// The value, on its thread.
    pub(super) fn get(&mut self) -> &mut T {
        self.check();
        &mut self.value
    }

    // No panic, which would drop the value.
    fn check(&self) {
        if self.home != here() {
            process::abort();
        }
    }
}

impl<F: Future> Future for Local<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `map_unchecked_mut` asks that what is returned does not move while the whole is
        // pinned, and is a part of it.
        // * `get` returns the field, and nothing moves out of it: `get` needs a `Local` that is not
        //   pinned, and the destructor looks at `home` only.
        let future = unsafe { self.map_unchecked_mut(Self::get) };
        future.poll(context)
    }
}

impl<T> Drop for Local<T> {
    fn drop(&mut self) {
        self.check();
    }
}
