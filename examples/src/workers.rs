//! A runtime of as many workers as the command line asks for.

use std::io;

use poll_async::runtime::{Builder, Runtime};

/// With one worker, the runtime is this thread's, which is the worker while it waits in it; with
/// more, each is a thread.
///
/// # Errors
///
/// `InvalidInput`: there are no workers, or more than 4096. And those of the system, which has no
/// descriptors or threads left.
pub fn runtime(workers: usize) -> io::Result<Runtime> {
    match workers {
        1 => Builder::new_current_thread().build(),
        _ => Builder::new_multi_thread().worker_threads(workers).build(),
    }
}
