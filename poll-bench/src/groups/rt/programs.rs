//! The programs, each the same on every runtime; each returns a sum that tells that it was done.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::peers::runtimes::Runtime;

/// A task and its end, one after the other.
pub(super) async fn spawn_and_join<R: Runtime>(count: u64) -> io::Result<u64> {
    let mut sum = 0;
    for value in 0..count {
        sum += R::joined(R::spawn(async move { value }).await)?;
    }
    Ok(sum)
}

/// All tasks first, then their ends.
pub(super) async fn spawn_many<R: Runtime>(count: u64) -> io::Result<u64> {
    let tasks: Vec<_> = (0..count)
        .map(|value| R::spawn(async move { value }))
        .collect();
    let mut sum = 0;
    for task in tasks {
        sum += R::joined(task.await)?;
    }
    Ok(sum)
}

/// So many tasks that let each other run.
pub(super) async fn yields<R: Runtime>(tasks: u64, each: u64) -> io::Result<u64> {
    let yielding = move || async move {
        for _ in 0..each {
            R::yield_now().await;
        }
        each
    };
    let tasks: Vec<_> = (0..tasks).map(|_| R::spawn(yielding())).collect();
    let mut sum = 0;
    for task in tasks {
        sum += R::joined(task.await)?;
    }
    Ok(sum)
}

/// A value there and back, through two queues with room for one.
pub(super) async fn ping_pong<R: Runtime>(count: u64) -> io::Result<u64> {
    let (there, mut asked) = R::channel(1);
    let (back, mut answers) = R::channel(1);
    let pong = R::spawn(async move {
        for _ in 0..count {
            let value = R::receive(&mut asked).await?;
            R::send(&back, value + 1).await?;
        }
        io::Result::Ok(())
    });
    let mut value = 0;
    for _ in 0..count {
        R::send(&there, value).await?;
        value = R::receive(&mut answers).await?;
    }
    R::joined(pong.await)??;
    Ok(value)
}

/// A new task for each, which is asked and answers through channels for one value.
pub(super) async fn ask<R: Runtime>(count: u64) -> io::Result<u64> {
    let mut sum = 0;
    for value in 0..count {
        let (question, asked) = R::once();
        let (answer, answered) = R::once();
        let task = R::spawn(async move {
            let value = R::receive_once(asked).await?;
            R::send_once(answer, value)
        });
        R::send_once(question, value)?;
        sum += R::receive_once(answered).await?;
        R::joined(task.await)??;
    }
    Ok(sum)
}

/// So many tasks that add to the same number, and let others run after each time.
pub(super) async fn adding<R: Runtime>(tasks: u64, each: u64) -> io::Result<u64> {
    let sum = Arc::new(R::mutex());
    let adding = |sum: Arc<R::Mutex>| async move {
        for _ in 0..each {
            let _so_far = R::add(&sum, 1).await;
            R::yield_now().await;
        }
    };
    let tasks: Vec<_> = (0..tasks)
        .map(|_| R::spawn(adding(Arc::clone(&sum))))
        .collect();
    for task in tasks {
        R::joined(task.await)?;
    }
    Ok(R::add(&sum, 0).await)
}

/// So many tasks that send, each the same number of values, and one that receives.
pub(super) async fn queue<R: Runtime>(senders: u64, each: u64) -> io::Result<u64> {
    let (sender, mut receiver) = R::channel(128);
    let tasks: Vec<_> = (0..senders)
        .map(|_| {
            let sender = sender.clone();
            R::spawn(async move {
                for value in 0..each {
                    R::send(&sender, value).await?;
                }
                io::Result::Ok(())
            })
        })
        .collect();
    drop(sender);
    let mut sum = 0;
    for _ in 0..senders * each {
        sum += R::receive(&mut receiver).await?;
    }
    for task in tasks {
        R::joined(task.await)??;
    }
    Ok(sum)
}

/// Timers that are outstanding, the oldest first.
pub(super) type Outstanding<R> = VecDeque<Pin<Box<<R as Runtime>::Sleep>>>;

// Later than any run ends, so that none expires.
const LATER: Duration = Duration::from_secs(3600);
// How many of them between two turns of the runtime.
const TURN: u64 = 100;

/// Sets timers, each polled once, and drops the oldest where there are more than `outstanding`.
/// Returns how many of them were registered.
pub(super) async fn sleeps<R: Runtime>(
    mut timers: Outstanding<R>,
    outstanding: usize,
    count: u64,
) -> (Outstanding<R>, u64) {
    let mut registered = 0;
    let mut left = count;
    while left > 0 {
        let now = left.min(TURN);
        left -= now;
        poll_fn(|context| {
            for _ in 0..now {
                let mut sleep = Box::pin(R::sleep(LATER));
                registered += u64::from(sleep.as_mut().poll(context).is_pending());
                timers.push_back(sleep);
                if timers.len() > outstanding {
                    drop(timers.pop_front());
                }
            }
            Poll::Ready(())
        })
        .await;
        R::yield_now().await;
    }
    (timers, registered)
}
