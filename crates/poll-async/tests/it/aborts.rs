//! Aborts of tasks that have just begun, or have ended.

use core::future::pending;

use poll_async::spawn;
use poll_async::sync::oneshot;
use poll_async::task::{AbortHandle, JoinError, JoinHandle, yield_now};

use crate::executor::kinds;

#[test]
fn a_task_that_is_aborted_in_its_first_poll_does_not_wait() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        runtime.block_on(async {
            let (sender, receiver) = oneshot::channel::<AbortHandle>();
            let task = spawn(async move {
                receiver.await.unwrap().abort();
                pending::<()>().await;
            });
            sender.send(task.abort_handle()).unwrap();
            assert!(task.await.unwrap_err().is_cancelled());
        });
        assert_eq!(runtime.metrics().alive_tasks, 0);
    }
}

#[test]
fn a_handle_that_is_left_of_a_task_does_not_abort_another_one() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        runtime.block_on(spawn_in_a_task()).unwrap();
        assert_eq!(runtime.metrics().alive_tasks, 0);
    }
}

/// From a task, so that those that begin have the slots of those that have ended.
async fn spawn_in_a_task() -> Result<(), JoinError> {
    spawn(async {
        for waits in [false, true] {
            let ended = spawn(async move {
                if waits {
                    yield_now().await;
                }
            });
            let left = ended.abort_handle();
            ended.await.unwrap();
            assert!(left.is_finished());
            // As many as a worker has slots at hand, and more.
            let tasks: Vec<_> = (0..100).map(|_| spawn(pending::<()>())).collect();
            yield_now().await;
            left.abort();
            yield_now().await;
            assert!(left.is_finished());
            assert!(tasks.iter().all(|task| !task.is_finished()));
            tasks.iter().for_each(JoinHandle::abort);
            for task in tasks {
                assert!(task.await.unwrap_err().is_cancelled());
            }
        }
    })
    .await
}
