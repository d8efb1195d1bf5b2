//! Growth by a quarter instead of double: a few more moves for at most a quarter of idle memory.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

/// Makes room for one more.
pub(crate) fn grow<T>(vector: &mut Vec<T>) {
    if vector.len() == vector.capacity() {
        vector.reserve_exact(step(vector.len()));
    }
}

/// Makes room for one more.
pub(crate) fn grow_heap<T: Ord>(heap: &mut BinaryHeap<T>) {
    if heap.len() == heap.capacity() {
        heap.reserve_exact(step(heap.len()));
    }
}

fn step(len: usize) -> usize {
    (len / 4).max(4)
}
