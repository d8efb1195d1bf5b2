#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod park;
pub mod sync;
pub mod task;
mod threads;
