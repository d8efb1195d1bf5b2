#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod driver;
mod error;
mod letters;
mod limit;
mod mailbox;
mod remote;
mod sync;
mod trace;

pub use driver::{Budget, Driver, Due};
pub use error::PostError;
pub use limit::Limit;
pub use poll_channel::{Ping, ReadyRegistry};
pub use poll_timer::TimerKey;
pub use remote::Remote;
