//! What the tests share: a runtime with a limit of time, a pair of streams, single polls.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread::spawn;
use std::time::Duration;

use asio::{Connector, Listener, Stream, runtime};

/// How long any test waits for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Runs `main` and all that it spawns, which have to come to their end within [`LIMIT`].
pub(crate) fn run(main: impl Future<Output = ()> + Send + 'static) {
    within_limit(|| runtime(main));
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

/// A listener on a free port, and its address in words.
pub(crate) fn listener() -> (Listener, String) {
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Two ends of a connection.
pub(crate) async fn pair() -> (Stream, Stream) {
    let (mut listener, address) = listener();
    let client = Connector::connect(&address).unwrap();
    (client, listener.accept().await.unwrap())
}

/// Reads until there are `count` bytes, or the end.
pub(crate) async fn read(stream: &Stream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let mut read = 0;
    while read < count {
        match stream.read(&mut bytes[read..]).await.unwrap() {
            0 => break,
            more => read += more,
        }
    }
    bytes.truncate(read);
    bytes
}

/// Polls `future`, and wakes nobody for it.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
