//! Integration tests: the behaviour that the documentation promises, over scripts and sockets.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its streams has failed"
)]
#![expect(
    clippy::let_underscore_must_use,
    reason = "many tests look at what came, and not at why the call stopped"
)]

mod cuts;
mod frame_writer;
mod frames;
mod lines;
mod memory;
mod script;
mod sockets;
