#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "std", test))]
extern crate std;

mod capabilities;
mod clock;
mod engine;
mod event;
mod interest;
mod ready;
mod registered;
mod token;
mod trigger;

pub use capabilities::Capabilities;
pub use clock::{Clock, Instant};
pub use engine::{Engine, EventBuffer, Register, Wake};
pub use event::Event;
pub use interest::Interest;
pub use ready::Ready;
pub use registered::{RegisterError, Registered};
pub use token::Token;
pub use trigger::Trigger;
