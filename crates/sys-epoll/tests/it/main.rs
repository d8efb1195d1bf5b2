//! The behaviour of sys-epoll on a real kernel.
#![cfg(any(target_os = "linux", target_os = "android"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod epoll;
mod eventfd;
