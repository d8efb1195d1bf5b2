//! Shared pieces of the examples: command lines, engines by name, runtimes by the number of their
//! workers, the console, what a server has counted, terminals, lines of limited length, streams
//! that do not wait for ever, an HTTP load client, and server processes that are always ended.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod console;
pub mod counted;
pub mod descriptors;
pub mod engine;
pub mod fetch;
pub mod load;
pub mod next_line;
pub mod patient;
pub mod receive;
pub mod self_test;
pub mod server_process;
pub mod tty;
pub mod workers;
