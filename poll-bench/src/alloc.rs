//! The allocator of the bench: the system's, with a counter in front.

#![expect(
    unsafe_code,
    reason = "`GlobalAlloc` is an unsafe trait; counting allocations needs an allocator"
)]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

thread_local! {
    // Per thread, so that a peer's helper thread or the harness does not blur a measurement; a
    // plain value with a constant start, so that reading it never allocates.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    // Below zero for a thread that frees what others asked for.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

/// How often this thread asked for memory since it started.
pub(crate) fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

/// How much memory this thread has asked for and not given back.
pub(crate) fn bytes() -> u64 {
    u64::try_from(BYTES.with(Cell::get)).unwrap_or(0)
}

fn note(more: usize, less: usize) {
    ALLOCATIONS.with(|count| count.set(count.get() + u64::from(more > 0)));
    // Sizes of allocations fit `isize`, by the contract of `Layout`.
    let change = more.wrapping_sub(less).cast_signed();
    BYTES.with(|bytes| bytes.set(bytes.get() + change));
}

/// The system's allocator, counted.
pub(crate) struct Counting;

// SAFETY: `GlobalAlloc` asks for what `System` gives, and that no call unwinds.
// * Every method passes its arguments unchanged to the method of the same name of `System` and
//   returns what that returned.
// * `note` touches two `Cell`s in constant-initialised thread-local storage: it neither
//   allocates nor has a destructor, so it can neither recurse nor fail during thread exit.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: `System::alloc` asks for a layout of non-zero size.
        // * The caller of this method promises exactly that, by the same trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: `System::dealloc` asks for memory that `System` allocated with this layout.
        // * The caller promises it of this allocator, whose memory is all from `System`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: `System::realloc` asks for memory of `System` with this layout and a non-zero
        // new size that does not overflow when rounded up.
        // * The caller promises it of this allocator, whose memory is all from `System`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::allocations;

    #[test]
    fn a_box_counts_one_and_arithmetic_none() {
        let before = allocations();
        let boxed = core::hint::black_box(Box::new(1_u64));
        let after_box = allocations();
        let sum = core::hint::black_box(*boxed + 1);
        assert_eq!(after_box - before, 1);
        assert_eq!(allocations() - after_box, 0, "{sum}");
    }
}
