//! What blocks, read and written on the threads for closures that block, one call at a time.

use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use crate::runtime::Handle;
use crate::task::JoinHandle;

/// The most that one call moves.
const LARGEST: usize = 256 * 1024;

/// A blocking source, which is away while a call is made on it.
#[derive(Debug)]
pub(crate) struct Blocking<T> {
    state: State<T>,
    /// While the source is here: what was read and not handed out yet, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    is_flushed: bool,
}

#[derive(Debug)]
enum State<T> {
    Here(T),
    Away(JoinHandle<Done<T>>),
    /// A call panicked, or the runtime ended before it was made.
    Lost,
}

#[derive(Debug)]
struct Done<T> {
    inner: T,
    buffer: Vec<u8>,
    result: io::Result<Outcome>,
}

#[derive(Debug)]
enum Outcome {
    Read,
    Written,
    Flushed,
    Sought(SeekFrom, u64),
}

/// Going back over what was read ahead, before something is written at that place.
pub(crate) trait Unread {
    fn unread(&mut self, bytes: usize) -> io::Result<()>;
}

impl<T: Send + 'static> Blocking<T> {
    pub(crate) const fn new(inner: T) -> Self {
        Self {
            state: State::Here(inner),
            buffer: Vec::new(),
            start: 0,
            is_flushed: true,
        }
    }

    /// What was read and not handed out.
    fn unread(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Sends the source away with its buffer.
    fn start(
        &mut self,
        handle: &Handle,
        call: impl FnOnce(&mut T, &mut Vec<u8>) -> io::Result<Outcome> + Send + 'static,
    ) -> io::Result<()> {
        let State::Here(mut inner) = mem::replace(&mut self.state, State::Lost) else {
            return Err(lost());
        };
        let mut buffer = mem::take(&mut self.buffer);
        self.start = 0;
        self.state = State::Away(handle.spawn_blocking(move || {
            let result = call(&mut inner, &mut buffer);
            Done {
                inner,
                buffer,
                result,
            }
        }));
        Ok(())
    }

    /// Waits until the source is here: what came of the call, if it was away.
    fn poll_here(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Outcome>>> {
        match &mut self.state {
            State::Here(_) => Poll::Ready(Ok(None)),
            State::Lost => Poll::Ready(Err(lost())),
            State::Away(call) => {
                let joined = ready!(Pin::new(call).poll(context));
                self.state = State::Lost;
                let done = joined?;
                self.state = State::Here(done.inner);
                self.buffer = done.buffer;
                Poll::Ready(done.result.map(Some))
            }
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>
    where
        T: Read,
    {
        loop {
            let outcome = ready!(self.poll_here(context))?;
            let left = self.buffer.get(self.start..).unwrap_or_default();
            if !left.is_empty() || buffer.is_empty() {
                let count = left.len().min(buffer.len());
                let (into, from) = (buffer.get_mut(..count), left.get(..count));
                if let (Some(into), Some(from)) = (into, from) {
                    into.copy_from_slice(from);
                }
                self.start += count;
                return Poll::Ready(Ok(count));
            }
            if matches!(outcome, Some(Outcome::Read)) {
                return Poll::Ready(Ok(0));
            }
            let room = buffer.len().min(LARGEST);
            self.start(&Handle::try_current()?, move |inner, buffer| {
                buffer.clear();
                buffer.resize(room, 0);
                let result = retry(|| inner.read(buffer));
                buffer.truncate(*result.as_ref().unwrap_or(&0));
                result.map(|_read| Outcome::Read)
            })?;
        }
    }

    /// Takes the bytes and has them written; a failure is told by the next operation.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>>
    where
        T: Write + Unread,
    {
        ready!(self.poll_here(context))?;
        // Before the buffer is touched.
        let handle = Handle::try_current()?;
        let taken = bytes.get(..LARGEST).unwrap_or(bytes);
        let unread = self.unread();
        self.buffer.clear();
        self.buffer.extend_from_slice(taken);
        self.is_flushed = false;
        self.start(&handle, move |inner, buffer| {
            let result = inner.unread(unread).and_then(|()| inner.write_all(buffer));
            buffer.clear();
            result.map(|()| Outcome::Written)
        })?;
        Poll::Ready(Ok(taken.len()))
    }

    /// Waits until all is written, and flushed if the source has a buffer of its own.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        T: Write,
    {
        loop {
            match ready!(self.poll_here(context))? {
                Some(Outcome::Flushed) => self.is_flushed = true,
                _ if self.is_flushed => return Poll::Ready(Ok(())),
                _ => self.start(&Handle::try_current()?, |inner, _| {
                    inner.flush().map(|()| Outcome::Flushed)
                })?,
            }
        }
    }

    pub(crate) fn poll_seek(
        &mut self,
        context: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>>
    where
        T: Seek + Unread,
    {
        loop {
            match ready!(self.poll_here(context))? {
                Some(Outcome::Sought(asked, place)) if asked == to => {
                    return Poll::Ready(Ok(place));
                }
                _ => {
                    let unread = self.unread();
                    self.start(&Handle::try_current()?, move |inner, buffer| {
                        buffer.clear();
                        inner.unread(unread)?;
                        Ok(Outcome::Sought(to, inner.seek(to)?))
                    })?;
                }
            }
        }
    }
}

fn retry<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn lost() -> io::Error {
    io::Error::other("a call on this source panicked, or its runtime ended before it was made")
}

/// Runs a call of the standard library where it may block.
pub(crate) async fn run<R: Send + 'static>(
    call: impl FnOnce() -> io::Result<R> + Send + 'static,
) -> io::Result<R> {
    Handle::try_current()?.spawn_blocking(call).await?
}
