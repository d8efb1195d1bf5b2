#![doc = include_str!("../README.md")]
#![no_std]
#![cfg(any(target_os = "linux", target_os = "android"))]

mod busy_poll;
#[cfg(feature = "count")]
mod count;
mod epoll;
mod event;
mod eventfd;
#[expect(unsafe_code, reason = "the system calls that rustix hides or lacks")]
mod sys;
mod target;
mod timeout;

pub use rustix::fd;
pub use rustix::io::Errno;

pub use busy_poll::BusyPoll;
#[cfg(feature = "count")]
pub use count::system_calls;
pub use epoll::Epoll;
pub use event::{Event, Flags};
pub use eventfd::EventFd;
