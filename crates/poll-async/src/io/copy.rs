//! Copying from one stream to another, and both ways between two.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use futures_io::{AsyncRead, AsyncWrite};

use crate::task::budget;

/// Room for what was read and is not written yet, in each direction. Larger ones gain little, since
/// the system copies the bytes in any case.
const BUFFER: usize = 16 * 1024;

/// Copies all of `reader` to `writer` until its end, and flushes: how many bytes.
///
/// `writer` is not closed. At most 16 KiB are on the way, in one allocation. The task gives others
/// their turn, also if neither side ever waits.
///
/// # Errors
///
/// Those of reading and writing; `WriteZero` if the writer takes nothing. What was copied by then
/// was copied.
///
/// Not cancel-safe: what was read and not written is lost if it is dropped.
///
/// ```
/// use poll_async::io::{Cursor, copy};
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let mut into = Vec::new();
/// assert_eq!(copy(Cursor::new("hello"), &mut into).await?, 5);
/// assert_eq!(into, b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy<R, W>(reader: R, writer: W) -> io::Result<u64>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut reader, mut writer) = (reader, writer);
    let mut copy = Copy::new();
    poll_fn(|context| copy.poll(context, Pin::new(&mut reader), Pin::new(&mut writer))).await
}

/// Copies both ways between two streams, as a proxy does, until both have ended: how many bytes
/// went from `a` to `b`, and how many from `b` to `a`.
///
/// When one has ended, what it sent is written to the other, which is then closed: a socket's
/// writing direction ends, and the other way goes on. At most 16 KiB are on the way in each
/// direction, in one allocation each.
///
/// Streams of this crate can be passed by mutable reference to a shared one (`&mut &stream`).
///
/// # Errors
///
/// The first one of either direction, which ends both.
///
/// Not cancel-safe: what was read and not written is lost if it is dropped.
///
/// ```no_run
/// use poll_async::io::copy_bidirectional;
/// use poll_async::net::TcpStream;
///
/// # async fn proxy(mut client: TcpStream) -> std::io::Result<()> {
/// let mut server = TcpStream::connect("127.0.0.1:8080").await?;
/// let (sent, received) = copy_bidirectional(&mut client, &mut server).await?;
/// println!("{sent} bytes there, {received} back");
/// # Ok(())
/// # }
/// ```
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let (mut there, mut back) = (Way::new(), Way::new());
    poll_fn(|context| {
        let there = there.poll(context, Pin::new(a), Pin::new(b))?;
        let back = back.poll(context, Pin::new(b), Pin::new(a))?;
        Poll::Ready(Ok((ready!(there), ready!(back))))
    })
    .await
}

/// A copy in progress.
struct Copy {
    buffer: Box<[u8]>,
    // What is in the buffer and not written yet.
    start: usize,
    end: usize,
    copied: u64,
    is_at_end: bool,
    is_flushed: bool,
}

impl Copy {
    fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            copied: 0,
            is_at_end: false,
            is_flushed: true,
        }
    }

    fn poll<R, W>(
        &mut self,
        context: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            while let Some(left @ [_, ..]) = self.buffer.get(self.start..self.end) {
                let written = ready!(writer.as_mut().poll_write(context, left))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.start += written;
                self.copied += written as u64;
                self.is_flushed = false;
            }
            if self.is_at_end {
                ready!(writer.poll_flush(context))?;
                return Poll::Ready(Ok(self.copied));
            }
            // For streams that never wait and do not count.
            let unit = ready!(budget::poll_proceed(context));
            match reader.as_mut().poll_read(context, &mut self.buffer)? {
                Poll::Ready(read) => {
                    unit.made_progress();
                    (self.start, self.end) = (0, read);
                    self.is_at_end = read == 0;
                }
                Poll::Pending => {
                    // Nobody may wait for what stands in a buffer of the writer.
                    if !self.is_flushed {
                        ready!(writer.poll_flush(context))?;
                        self.is_flushed = true;
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

/// One way of two.
enum Way {
    Copying(Copy),
    Closing(u64),
    Ended(u64),
}

impl Way {
    fn new() -> Self {
        Self::Copying(Copy::new())
    }

    fn poll<R, W>(
        &mut self,
        context: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            *self = match self {
                Self::Copying(copy) => Self::Closing(ready!(copy.poll(
                    context,
                    reader.as_mut(),
                    writer.as_mut()
                ))?),
                Self::Closing(copied) => {
                    ready!(writer.as_mut().poll_close(context))?;
                    Self::Ended(*copied)
                }
                Self::Ended(copied) => return Poll::Ready(Ok(*copied)),
            };
        }
    }
}
