//! Tasks on one thread, as cheap as they can be: what is measured is what they wait for.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(super) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Polls the tasks that are woken, in turn, until all are done.
pub(super) fn run(tasks: Vec<Task<'_>>) -> io::Result<()> {
    let mut left: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let woken = Arc::new(Woken(AtomicBool::new(true)));
            let waker = Waker::from(Arc::clone(&woken));
            Some((task, woken, waker))
        })
        .collect();
    loop {
        let (mut any_left, mut any_woken) = (false, false);
        for place in &mut left {
            let Some((task, woken, waker)) = place else {
                continue;
            };
            any_left = true;
            if !woken.0.swap(false, Ordering::Relaxed) {
                continue;
            }
            any_woken = true;
            if task
                .as_mut()
                .poll(&mut Context::from_waker(waker))
                .is_ready()
            {
                *place = None;
            }
        }
        if !any_left {
            return Ok(());
        }
        if !any_woken {
            return Err(io::Error::other("a task waits for ever"));
        }
    }
}

/// Lets the other tasks run.
pub(super) async fn yield_now() {
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
