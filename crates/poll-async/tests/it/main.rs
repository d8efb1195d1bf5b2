//! The runtime, and what tasks share, from outside: the latter driven by hand and by threads, for
//! which no runtime is needed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "macros")]
mod aborts;
mod attributes;
mod auto_traits;
mod barrier;
mod broadcast;
mod cancellation_token;
mod classic;
mod classic_interface;
mod drive;
mod embed;
mod ends;
mod entered;
mod executor;
mod files;
#[cfg(any(feature = "hyper", feature = "tokio"))]
mod io_compat;
mod io_copy;
mod join;
mod mpsc;
mod mutex;
mod net_accept;
#[cfg(all(feature = "count", target_os = "linux", not(kqueue_emulation)))]
mod net_cost;
mod net_life;
#[cfg(all(target_os = "linux", not(kqueue_emulation)))]
mod net_linux;
mod net_messages;
// The emulated kernel has descriptors of its own.
#[cfg(not(kqueue_emulation))]
mod net_starved;
mod net_streams;
mod notify;
mod once_cell;
mod oneshot;
mod process;
mod ring_buffer;
mod rwlock;
mod select;
mod semaphore;
mod sharing;
mod stage;
mod task_local;
#[cfg(feature = "tracing")]
mod traced;
mod victims;
mod wakers;
mod watch;
mod watch_channel;
