//! What the tests of sockets share: runtimes, a limit of time, connections, futures that give up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;
use core::time::Duration;
use std::env;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread::spawn;

use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::{Builder, Runtime};
use poll_async::time::timeout;

/// How long any test waits for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// A runtime of each kind.
pub(crate) fn runtimes() -> [Runtime; 2] {
    let two = Builder::new_multi_thread().worker_threads(2);
    [Builder::new_current_thread().build(), two.build()].map(Result::unwrap)
}

/// Runs `test` as a task in a runtime of each kind, for at most [`LIMIT`].
pub(crate) fn each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    for runtime in runtimes() {
        let task = runtime.spawn(test());
        let joined = runtime.block_on(async { timeout(LIMIT, task).await });
        match joined {
            Ok(Ok(())) => {}
            Ok(Err(failed)) => resume_unwind(failed.into_panic()),
            Err(_elapsed) => panic!("nothing within {LIMIT:?} in {runtime:?}"),
        }
    }
}

/// Calls `test` on a thread of its own, which has to come to its end within [`LIMIT`].
pub(crate) fn within_limit(test: impl FnOnce() + Send + 'static) {
    let (running, ended) = mpsc::channel::<()>();
    let thread = spawn(move || {
        let _running = running;
        test();
    });
    let timed_out = Err(mpsc::RecvTimeoutError::Timeout);
    assert_ne!(ended.recv_timeout(LIMIT), timed_out, "it hangs");
    thread.join().unwrap_or_else(|panic| resume_unwind(panic));
}

/// Two connected streams: the client's and the server's.
pub(crate) async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let client = client.await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

/// Polls `future` at most `polls` times, each time that it is woken, and drops it then.
pub(crate) async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // The last poll was in vain.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs the test called `name` alone in a process of its own, and `test` in there, with at most
/// `descriptors` open at once if given.
#[cfg_attr(
    kqueue_emulation,
    expect(dead_code, reason = "the emulated kernel is not alone in a process")
)]
pub(crate) fn alone(name: &str, descriptors: Option<u32>, test: impl FnOnce()) {
    const CHILD: &str = "POLL_ASYNC_ALONE";
    if env::var(CHILD).is_ok_and(|running| running == name) {
        return test();
    }
    let limit = descriptors.map_or(String::new(), |limit| format!("ulimit -n {limit} && "));
    let output = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("{limit}exec \"$0\" \"$@\""))
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(CHILD, name)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "the child did not run: {text}");
}

/// A path in the temporary directory that no other test uses, removed when dropped.
pub(crate) struct TempPath(PathBuf);

impl TempPath {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("poll-async-{}-{number}", std::process::id());
        Self(env::temp_dir().join(name))
    }
}

impl AsRef<Path> for TempPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        // A test that never made the path has nothing to remove.
        drop(std::fs::remove_file(&self.0));
    }
}
