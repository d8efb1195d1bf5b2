#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod classic;
#[cfg(any(feature = "hyper", feature = "tokio"))]
pub mod compat;
pub mod fs;
pub mod io;
mod macros;
pub mod net;
mod park;
pub mod process;
mod random;
pub mod runtime;
pub mod signal;
pub mod sync;
pub mod task;
mod threads;
pub mod time;

#[doc(hidden)]
pub use macros::private as __private;
#[cfg(feature = "macros")]
pub use poll_async_macros::{main, test};
pub use runtime::{block_in_place, spawn, spawn_blocking, spawn_local};
