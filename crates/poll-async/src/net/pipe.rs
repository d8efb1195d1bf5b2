//! Pipes.

use std::io::{self, PipeReader, PipeWriter};
use std::process::{ChildStderr, ChildStdin, ChildStdout};

use poll_net::pipe::{Receiver, Sender};

use super::sockets::socket;
use super::streams::{reads, writes};
use crate::io::AsyncFd;
use crate::io::source::Direction;

/// The end of a pipe that is written to.
///
/// Up to `PIPE_BUF` bytes (4096 on Linux) are written together or not at all. Closing by the trait
/// flushes, which is nothing; **the reader is told the end when this is dropped**. After the
/// reader has gone, writing raises `SIGPIPE` unless the program ignores it, as Rust's do.
#[derive(Debug)]
pub struct PipeSender {
    io: AsyncFd<Sender>,
}

/// The end of a pipe that is read from.
#[derive(Debug)]
pub struct PipeReceiver {
    io: AsyncFd<Receiver>,
}

/// A pipe, with both ends in the runtime that this thread is in.
///
/// To give one end to a child process, make the pipe with [`std::io::pipe`], and take the other one
/// over with `from_std`.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`: no descriptors are left, or the user's limit for pipes is reached. And as
/// [`AsyncFd::new`].
///
/// ```
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let (sender, receiver) = poll_async::net::pipe()?;
/// sender.write_all(b"hello").await?;
/// drop(sender);
/// let mut buffer = [0; 16];
/// assert_eq!(receiver.read(&mut buffer).await?, 5);
/// assert_eq!(receiver.read(&mut buffer).await?, 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: pipe(2)
pub fn pipe() -> io::Result<(PipeSender, PipeReceiver)> {
    let (sender, receiver) = poll_net::pipe::pipe()?;
    let sender = PipeSender::from_net(sender)?;
    Ok((sender, PipeReceiver::from_net(receiver)?))
}

socket!(PipeSender, Sender, WRITABLE);
socket!(PipeReceiver, Receiver, READABLE);
writes!(
    PipeSender,
    Sender,
    "* `EPIPE`: the last reader has gone.",
    "write(2)",
    |_sender| Ok(())
);
reads!(
    PipeReceiver,
    Receiver,
    "* None that belong to pipes.",
    "read(2)"
);

/// Taking over the ends that the standard library makes.
macro_rules! takes_over {
    ($type:ident, $net:ty { $($name:ident: $other:ty),* }) => {
        impl $type { $(
            #[doc = concat!("Takes over a `", stringify!($other), "`: it becomes non-blocking,")]
            /// and is registered with the runtime that this thread is in. The other end keeps its
            /// mode.
            ///
            /// # Errors
            ///
            /// As [`AsyncFd::new`].
            pub fn $name(end: $other) -> io::Result<Self> {
                Self::from_net(<$net>::try_from(end)?)
            }
        )* }
    };
}

takes_over!(
    PipeSender,
    Sender {
        from_std: PipeWriter,
        from_child_stdin: ChildStdin
    }
);
takes_over!(
    PipeReceiver,
    Receiver {
        from_std: PipeReader,
        from_child_stdout: ChildStdout,
        from_child_stderr: ChildStderr
    }
);
