//! What may go to another thread, and what may not.

use core::cell::Cell;
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use poll_async::net::TcpStream;
use poll_async::runtime::{Builder, Handle, Runtime};
use poll_async::sync::{
    Barrier, CancellationToken, Mutex, MutexGuard, OnceCell, OwnedMutexGuard, OwnedRwLockReadGuard,
    OwnedRwLockWriteGuard, OwnedSemaphorePermit, RingBuffer, RwLock, RwLockReadGuard,
    RwLockWriteGuard, Semaphore, SemaphorePermit,
};
use poll_async::task::{AbortHandle, JoinHandle};
use poll_async::time::{Interval, Sleep};
use static_assertions::{assert_impl_all, assert_not_impl_any};

// A mutex makes shared what can only be moved; its guard is as shared as the value.
assert_impl_all!(Mutex<Cell<u8>>: Send, Sync);
assert_impl_all!(MutexGuard<'static, Cell<u8>>: Send);
assert_impl_all!(OwnedMutexGuard<Cell<u8>>: Send);
assert_impl_all!(MutexGuard<'static, u8>: Send, Sync);
assert_not_impl_any!(MutexGuard<'static, Cell<u8>>: Sync);
assert_not_impl_any!(OwnedMutexGuard<Cell<u8>>: Sync);
assert_not_impl_any!(Mutex<Rc<u8>>: Send, Sync);

// Readers look at the same time.
assert_impl_all!(RwLock<u8>: Send, Sync);
assert_not_impl_any!(RwLock<Cell<u8>>: Sync);
assert_not_impl_any!(RwLock<Rc<u8>>: Send, Sync);
assert_impl_all!(RwLockReadGuard<'static, u8>: Send, Sync);
assert_impl_all!(RwLockWriteGuard<'static, u8>: Send, Sync);
assert_impl_all!(OwnedRwLockReadGuard<u8>: Send, Sync);
assert_impl_all!(OwnedRwLockWriteGuard<u8>: Send, Sync);

assert_impl_all!(Semaphore: Send, Sync);
assert_impl_all!(SemaphorePermit<'static>: Send, Sync);
assert_impl_all!(OwnedSemaphorePermit: Send, Sync);
assert_impl_all!(Barrier: Send, Sync);
// Values only pass through it.
assert_impl_all!(RingBuffer<Cell<u8>>: Send, Sync);
assert_not_impl_any!(RingBuffer<Rc<u8>>: Send, Sync);
assert_impl_all!(CancellationToken: Send, Sync);
assert_impl_all!(OnceCell<u8>: Send, Sync);
assert_not_impl_any!(OnceCell<Cell<u8>>: Sync);

// What crosses a `catch_unwind` in servers and in tests of others.
assert_impl_all!(Runtime: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Handle: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Builder: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(JoinHandle<Rc<u8>>: UnwindSafe, RefUnwindSafe, Unpin);
assert_impl_all!(AbortHandle: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(TcpStream: Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
assert_impl_all!(Sleep: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Interval: Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);

fn is_send(_: &impl Send) {}

#[test]
fn what_waits_may_go_to_another_thread() {
    let (mutex, lock, semaphore) = (Mutex::new(1), RwLock::new(1), Semaphore::new(1));
    let (barrier, token, cell) = (Barrier::new(1), CancellationToken::new(), OnceCell::new());
    is_send(&mutex.lock());
    is_send(&lock.read());
    is_send(&lock.write());
    is_send(&semaphore.acquire());
    is_send(&barrier.wait());
    is_send(&token.cancelled());
    is_send(&cell.get_or_init(|| async { 1 }));
}
