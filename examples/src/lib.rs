//! Shared pieces of the examples: command lines, engines by name, and the load client.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod engine;
