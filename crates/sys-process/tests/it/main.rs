//! Integration tests; those that change dispositions run in processes of their own.
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
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stderr,
    reason = "what a process of its own said is shown"
)]

mod churn;
mod delivery;
mod disposition;
#[cfg(target_os = "linux")]
mod emulation;
mod foreign;
mod fork;
mod gone;
#[cfg(target_os = "linux")]
mod inheritance;
mod isolated;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
mod wait;
