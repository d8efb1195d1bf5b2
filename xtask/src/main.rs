//! The project's commands; this file only dispatches.
fn main() {}
