//! Channels with many senders.

mod both;
mod bounded;
mod cancel;
mod programs;
mod threads;
