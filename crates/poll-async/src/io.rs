//! Sources of the runtime.

mod async_fd;
pub(crate) mod source;

pub use async_fd::AsyncFd;
