//! Ways for tasks to talk to each other and to share: they wait without a thread, and work on any
//! executor.
