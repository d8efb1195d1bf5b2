//! Ways for tasks to talk to each other and to share: they wait without a thread, and work on any
//! executor.

mod barrier;
pub mod broadcast;
mod cancellation_token;
mod gate;
mod held;
mod listeners;
#[cfg(test)]
#[cfg(loom)]
mod locks_model;
mod look;
pub mod mpsc;
mod mutex;
mod notify;
mod once_cell;
pub mod oneshot;
mod permits;
mod queue;
mod ring_buffer;
mod rwlock;
mod semaphore;
mod wakes;
pub mod watch;

pub use barrier::{Barrier, BarrierWaitResult};
pub use cancellation_token::{CancellationToken, DropGuard};
pub use mutex::{Mutex, MutexGuard, OwnedMutexGuard, TryLockError};
pub use notify::{Notified, Notify, OwnedNotified};
pub use once_cell::{OnceCell, SetError};
pub use ring_buffer::RingBuffer;
pub use rwlock::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
pub use semaphore::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};
