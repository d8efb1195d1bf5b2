#![doc = include_str!("../README.md")]
#![no_std]
#![cfg(unix)]

extern crate alloc;

#[cfg(feature = "count")]
mod count;
mod event;
mod poll_set;
mod source;
#[expect(
    unsafe_code,
    reason = "an array for the kernel that borrows from its own neighbour"
)]
mod sys;
mod target;
mod timeout;
mod wake_pipe;

pub use rustix::fd;
pub use rustix::io::Errno;

#[cfg(feature = "count")]
pub use count::system_calls;
pub use event::Flags;
pub use poll_set::PollSet;
pub use source::{duplicate, is_always_ready, is_same_file};
pub use target::{HANGUPS, NANOSECOND_WAITS};
pub use wake_pipe::WakePipe;
