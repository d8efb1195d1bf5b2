#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// First, because the modules of the suite list their tests with it.
#[macro_use]
mod case;

mod capabilities;
mod fixture;
mod interruption;
mod nesting;
mod ownership;
mod readiness;
mod registration;
mod report;
pub mod scripted;
mod stage;
mod threads;
mod time;
mod tokens;
mod triggers;
mod waiting;
mod waking;

pub use case::{Case, Skip, Verdict};
pub use fixture::{EngineError, Fixture, Interrupter, Registry};
pub use report::{Failure, Report, Skipped, cases, pinned_cases, run, run_only, run_pinned};
