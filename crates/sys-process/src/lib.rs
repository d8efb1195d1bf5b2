#![doc = include_str!("../README.md")]
#![cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    target_os = "illumos",
    target_os = "solaris",
    target_os = "hurd"
))]

mod kill;
mod limit;
mod listener;
mod mask;
#[cfg(target_os = "linux")]
mod pidfd;
mod reap;
mod record;
mod registry;
mod signal;
#[cfg(target_os = "linux")]
mod signalfd;
#[expect(
    unsafe_code,
    reason = "the system calls that rustix lacks, and the signal handler"
)]
mod sys;
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the system calls of Linux that rustix lacks")]
#[path = "sys/linux.rs"]
mod sys_linux;
mod target;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
mod wait;

pub use rustix::io::Errno;
pub use rustix::process::Pid;

pub use kill::{is_gone, kill, kill_group};
pub use limit::{DescriptorLimit, descriptor_limit, set_descriptor_limit};
pub use listener::{Pending, SignalListener};
pub use mask::{SignalSet, block_signals, set_signal_mask, signal_mask};
#[cfg(target_os = "linux")]
pub use pidfd::PidFd;
pub use reap::reap;
pub use signal::Signal;
#[cfg(target_os = "linux")]
pub use signalfd::{SignalFd, SignalInfo};
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub use wait::{ChildState, WaitFlags, wait};
