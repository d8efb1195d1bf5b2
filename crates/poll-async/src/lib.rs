#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod sync;
pub mod task;
mod threads;
