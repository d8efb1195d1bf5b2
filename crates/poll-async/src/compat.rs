//! The I/O and runtime traits of others, each by a feature: `tokio`, `hyper`.

#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "hyper")]
pub use hyper::{HyperExecutor, HyperIo, HyperTimer};
#[cfg(feature = "tokio")]
pub use tokio::Compat;
