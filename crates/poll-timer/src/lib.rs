#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod chunks;
mod expiry;
mod grow;
mod levels;
#[cfg(test)]
mod memory;
mod near;
mod place;
mod slots;
mod wheel;

pub use expiry::{Expired, Expiry};
pub use slots::TimerKey;
pub use wheel::TimerWheel;
