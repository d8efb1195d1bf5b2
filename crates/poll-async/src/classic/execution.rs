//! Running tasks; all of it is in [`classic`](super) too.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::panic::resume_unwind;

use crate::runtime::Runtime;
use crate::task::{JoinError, JoinHandle};

/// Runs `main_task` and all that it spawns, on as many threads as there are processors: it returns
/// when the last task has ended.
///
/// # Panics
///
/// With `main_task`, once the others have ended; and if the system has no descriptors or threads
/// for a runtime.
pub fn runtime(main_task: impl Future<Output = ()> + Send + 'static) {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    };
    let main_task = runtime.spawn(main_task);
    let joined = runtime.block_on(main_task);
    // It has no deadline, and so no error.
    let _all_in_time = runtime.shutdown_graceful(Duration::MAX);
    if let Err(Ok(payload)) = joined.map_err(JoinError::try_into_panic) {
        resume_unwind(payload);
    }
}

/// Runs `f` as a task beside the others. Dropping what this returns leaves the task alone.
///
/// # Panics
///
/// Outside of a runtime.
pub fn async_spawn(f: impl Future<Output = ()> + Send + 'static) -> JoinFuture {
    JoinFuture {
        handle: crate::spawn(f),
    }
}

/// The end of a task, for any task to wait for.
///
/// Dropping it leaves the task alone.
///
/// Cancel-safe.
#[derive(Debug)]
pub struct JoinFuture {
    handle: JoinHandle<()>,
}

impl Future for JoinFuture {
    type Output = ();

    /// # Panics
    ///
    /// With the task, if that panicked.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let joined = ready!(Pin::new(&mut self.handle).poll(context));
        if let Err(Ok(payload)) = joined.map_err(JoinError::try_into_panic) {
            resume_unwind(payload);
        }
        Poll::Ready(())
    }
}

impl Drop for JoinFuture {
    /// Leaves the task alone: so does dropping its handle, and this says so where it is looked for.
    fn drop(&mut self) {}
}
