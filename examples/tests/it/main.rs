//! The examples as processes, driven over real sockets.
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that is skipped says so"
)]

mod chat;
mod classic;
mod exhaustion;
mod hyper;
mod key_value;
mod many;
mod programs;
mod proxy;
mod requests;
mod services;
mod slow;
mod stop;
mod support;
mod tools;
mod vanish;
