//! Integration tests: the behaviour that the documentation promises, over loopback.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its sockets has failed"
)]

mod support;

mod accept_gate;
mod ancillary;
mod broken_pipe;
#[cfg(all(feature = "count", target_os = "linux"))]
mod count;
mod emulation;
mod inherited;
#[cfg(target_os = "linux")]
mod linux;
mod options;
mod pipe;
#[cfg(not(target_os = "illumos"))]
mod reuse_port;
#[cfg(not(target_vendor = "apple"))]
mod seqpacket;
mod tcp;
mod udp;
mod udp_batch;
mod unix;
