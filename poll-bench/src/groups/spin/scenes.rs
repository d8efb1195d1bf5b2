//! The scenes on a runtime: something begins on a worker, and then a task keeps that worker.

use core::hint;
use core::pin::pin;
use core::time::Duration;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, ThreadId};
use std::time::Instant;

use super::FOR_EVER;
use crate::peers::runtimes::Runtime;

/// What waits while the worker is kept.
#[derive(Clone, Copy)]
pub(super) enum Scene {
    /// A timer that was set on it.
    Timer,
    /// A socket that was read from on it, and found empty.
    Socket,
    /// A task that was started on it.
    Queued,
}

/// How long the timer's sleep is.
pub(super) const SLEEP: Duration = Duration::from_millis(2);
/// How long after the spinning has begun the write to the socket is.
pub(super) const WRITE_AFTER: Duration = Duration::from_millis(1);
// How often the two tasks may be found on different workers.
const ATTEMPTS: usize = 1_000;

/// What the two tasks tell each other.
#[derive(Default)]
struct Told {
    begun_on: Mutex<Option<ThreadId>>,
    is_served: AtomicBool,
}

impl Told {
    fn begin(&self) {
        let mut begun_on = self.begun_on.lock().unwrap_or_else(PoisonError::into_inner);
        *begun_on = Some(thread::current().id());
    }

    fn begun_on(&self) -> Option<ThreadId> {
        *self.begun_on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> Instant {
        let now = Instant::now();
        self.is_served.store(true, Ordering::Release);
        now
    }
}

/// Keeps this thread until `is_served`, or for ever.
pub(super) fn spin(is_served: &AtomicBool) {
    let start = Instant::now();
    while !is_served.load(Ordering::Acquire) && start.elapsed() < FOR_EVER {
        hint::spin_loop();
    }
}

/// How long what began on the worker had to wait.
pub(super) fn latency<R: Runtime>(
    runtime: &R,
    scene: Scene,
    stream: &mut Option<R::Stream>,
    theirs: &mut TcpStream,
) -> io::Result<Duration> {
    for _ in 0..ATTEMPTS {
        let found = match scene {
            Scene::Timer => {
                let task = runtime.start(timer::<R>());
                runtime.block_on(async { R::joined(task.await) })??
            }
            Scene::Queued => {
                let task = runtime.start(queued::<R>());
                Some(runtime.block_on(async { R::joined(task.await) })??)
            }
            Scene::Socket => {
                let ours = stream
                    .take()
                    .ok_or_else(|| io::Error::other("no connection"))?;
                let (go, may_go) = mpsc::channel();
                let task = runtime.start(socket::<R>(ours, go));
                may_go.recv().map_err(io::Error::other)?;
                thread::sleep(WRITE_AFTER);
                let start = Instant::now();
                theirs.write_all(b"!")?;
                let (ours, served) = runtime.block_on(async { R::joined(task.await) })??;
                *stream = Some(ours);
                served.map(|served| served.saturating_duration_since(start))
            }
        };
        if let Some(latency) = found {
            return Ok(latency);
        }
    }
    Err(io::Error::other("two tasks are never on the same worker"))
}

// Waits until the other task has begun; whether that was on this worker.
async fn has_begun_here<R: Runtime>(told: &Told) -> bool {
    loop {
        if let Some(thread) = told.begun_on() {
            return thread == thread::current().id();
        }
        R::yield_now().await;
    }
}

async fn timer<R: Runtime>() -> io::Result<Option<Duration>> {
    let told = Arc::new(Told::default());
    let teller = Arc::clone(&told);
    let sleeper = R::spawn(async move {
        let due = Instant::now() + SLEEP;
        let sleep = pin!(R::sleep(SLEEP));
        // It is registered in this same poll.
        teller.begin();
        sleep.await;
        let late = teller.served().checked_duration_since(due);
        late.ok_or_else(|| io::Error::other("a sleep was too short"))
    });
    let is_here = has_begun_here::<R>(&told).await;
    if is_here {
        spin(&told.is_served);
    }
    let late = R::joined(sleeper.await)??;
    Ok(is_here.then_some(late))
}

async fn socket<R: Runtime>(
    mut stream: R::Stream,
    go: mpsc::Sender<()>,
) -> io::Result<(R::Stream, Option<Instant>)> {
    let told = Arc::new(Told::default());
    let teller = Arc::clone(&told);
    let reader = R::spawn(async move {
        let mut buffer = [0; 8];
        teller.begin();
        let read = R::read(&mut stream, &mut buffer).await?;
        let served = teller.served();
        match read {
            1 => Ok((stream, served)),
            other => Err(io::Error::other(format!(
                "{other} bytes were read, not one"
            ))),
        }
    });
    let is_here = has_begun_here::<R>(&told).await;
    // Nothing is written before this.
    go.send(()).map_err(io::Error::other)?;
    if is_here {
        spin(&told.is_served);
    }
    let (stream, served) = R::joined(reader.await)??;
    Ok((stream, is_here.then_some(served)))
}

async fn queued<R: Runtime>() -> io::Result<Duration> {
    let told = Arc::new(Told::default());
    let teller = Arc::clone(&told);
    let start = Instant::now();
    let task = R::spawn(async move { teller.served() });
    spin(&told.is_served);
    Ok(R::joined(task.await)?.saturating_duration_since(start))
}
