//! The runtime, and what tasks share, from outside: the latter driven by hand and by threads, for
//! which no runtime is needed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "macros")]
mod attributes;
mod auto_traits;
mod barrier;
mod broadcast;
mod cancellation_token;
mod drive;
mod embed;
mod executor;
mod join;
mod mpsc;
mod mutex;
mod notify;
mod once_cell;
mod oneshot;
mod ring_buffer;
mod rwlock;
mod select;
mod semaphore;
mod task_local;
mod victims;
mod wakers;
mod watch;
mod watch_channel;
