//! Giving way to other tasks.

use core::future::poll_fn;
use core::task::Poll;

/// Lets other tasks run, and those that wait for events, before this one goes on.
///
/// The task is queued behind those that are ready. It works on any executor: its waker is called
/// before `Pending` is returned.
///
/// Cancel-safe: there is nothing to lose.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
