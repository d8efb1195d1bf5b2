//! hyper's runtime traits: I/O, timers, executor.

use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};

use hyper::rt::{Executor, Read, ReadBufCursor, Sleep, Timer, Write};
use pin_project_lite::pin_project;

use crate::runtime::{Handle, NoRuntime};
use crate::time::{self, Instant};

pin_project! {
    /// A stream with the traits of futures-io, as hyper wants it.
    ///
    /// ```no_run
    /// use poll_async::compat::{HyperIo, HyperTimer};
    /// use poll_async::net::TcpListener;
    ///
    /// # async fn serve() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:8080").await?;
    /// let (stream, _peer) = listener.accept().await?;
    /// let stream = HyperIo::new(stream);
    /// // hyper::server::conn::http1::Builder::new()
    /// //     .timer(HyperTimer)
    /// //     .serve_connection(stream, service)
    /// # drop((stream, HyperTimer));
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct HyperIo<T> {
        #[pin]
        inner: T,
    }
}

impl<T> HyperIo<T> {
    /// Wraps a stream.
    #[must_use]
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The stream, to change it.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// The stream, as it was: after an upgrade, for example.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: futures_io::AsyncRead> Read for HyperIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // The room of a cursor may be read into only by unsafe code, so what was read is copied
        // once. The place for it is the thread's: zeroing one for each read would cost more.
        let mut place = PLACE.take();
        place.resize(PLACE_LEN, 0);
        let wanted = place.len().min(buffer.remaining());
        let room = place.get_mut(..wanted).unwrap_or_default();
        let read = self.project().inner.poll_read(context, room);
        if let Poll::Ready(Ok(count)) = read {
            buffer.put_slice(room.get(..count).unwrap_or_default());
        }
        PLACE.set(place);
        read.map_ok(drop)
    }
}

const PLACE_LEN: usize = 16 * 1024;

thread_local! {
    // Empty while one is read into: a stream that reads from another one makes its own.
    static PLACE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl<T: futures_io::AsyncWrite> Write for HyperIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(context, buffer)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(context, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(context)
    }
}

/// Spawns hyper's tasks in a runtime.
#[derive(Clone, Debug)]
pub struct HyperExecutor {
    handle: Handle,
}

impl HyperExecutor {
    /// For the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] outside of one.
    pub fn try_current() -> Result<Self, NoRuntime> {
        Handle::try_current().map(Self::from)
    }
}

impl From<Handle> for HyperExecutor {
    fn from(handle: Handle) -> Self {
        Self { handle }
    }
}

impl<F> Executor<F> for HyperExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        drop(self.handle.spawn(future));
    }
}

/// Has hyper's timers fire in the runtime that the connection is polled in.
#[derive(Clone, Copy, Debug, Default)]
pub struct HyperTimer;

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(HyperSleep {
            sleep: time::sleep(duration),
        })
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: std::time::Instant) {
        match sleep.as_mut().downcast_mut_pin::<HyperSleep>() {
            Some(known) => {
                let left = deadline.saturating_duration_since(self.now());
                known.project().sleep.reset(Instant::now() + left);
            }
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

pin_project! {
    /// A sleep of hyper's.
    struct HyperSleep {
        #[pin]
        sleep: time::Sleep,
    }
}

impl Future for HyperSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(context)
    }
}

impl Sleep for HyperSleep {}
