//! Pipes: bytes written to one end are read from the other.

use core::fmt;
use std::io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout};

use crate::call::{self, retry};
use crate::descriptor::{descriptor, read_through, write_through};

/// Creates a pipe, both ends non-blocking and close-on-exec.
///
/// One system call.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`: no descriptors are left in the process or the system, or the user's limit
/// for pipes is reached.
///
/// # Platform notes
///
/// Apple's systems have no call that does it all at once: a `fork` and `exec` on another thread
/// in between inherits the descriptors.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// let (mut sender, mut receiver) = poll_net::pipe::pipe()?;
/// sender.write_all(b"hello")?;
/// let mut buffer = [0; 8];
/// assert_eq!(receiver.read(&mut buffer)?, 5);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: pipe2(2)
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (receiver, sender) = sys_socket::pipe()?;
    Ok((Sender { fd: sender }, Receiver { fd: receiver }))
}

/// The end of a pipe that is written to.
///
/// Up to `PIPE_BUF` bytes (4096 on Linux) are written together or not at all (`WouldBlock`).
/// After the last receiver is gone, writing gives `EPIPE` **and raises `SIGPIPE`**, for which
/// pipes have no flag: the standard library's start-up code ignores the signal, programs without
/// it must do so themselves.
///
/// Manual: pipe(7)
pub struct Sender {
    fd: OwnedFd,
}

/// The end of a pipe that is read from; reads return zero once the last sender is gone.
///
/// Manual: pipe(7)
pub struct Receiver {
    fd: OwnedFd,
}

descriptor!(Sender);
descriptor!(Receiver);
write_through!(Sender);
read_through!(Receiver);

impl Write for &Sender {
    #[inline]
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        retry(|| sys_socket::write(&self.fd, buffer))
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        retry(|| sys_socket::write_vectored(&self.fd, call::head(buffers)))
    }

    /// Does nothing: there is no buffer in between.
    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for &Receiver {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::read(&self.fd, buffer))
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let buffers = call::head_mut(buffers);
        retry(|| sys_socket::read_vectored(&self.fd, buffers))
    }
}

/// An end that the standard library made is taken over, and made non-blocking.
macro_rules! takes_over {
    ($($other:ident => $end:ident),*) => { $(
        impl TryFrom<$other> for $end {
            type Error = io::Error;

            /// Takes the end over and makes it non-blocking: one or two system calls. The other
            /// end, which may be another process's, keeps its mode.
            ///
            /// # Errors
            ///
            /// None on an open descriptor.
            fn try_from(other: $other) -> io::Result<Self> {
                let end = Self { fd: other.into() };
                end.set_nonblocking(true)?;
                Ok(end)
            }
        }
    )* };
}

takes_over!(
    PipeWriter => Sender,
    ChildStdin => Sender,
    PipeReader => Receiver,
    ChildStdout => Receiver,
    ChildStderr => Receiver
);

impl From<Sender> for PipeWriter {
    /// Hands the end over as it is, non-blocking.
    fn from(end: Sender) -> Self {
        end.fd.into()
    }
}

impl From<Receiver> for PipeReader {
    /// Hands the end over as it is, non-blocking.
    fn from(end: Receiver) -> Self {
        end.fd.into()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fd = self.fd.as_raw_fd();
        f.debug_struct("Sender").field("fd", &fd).finish()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fd = self.fd.as_raw_fd();
        f.debug_struct("Receiver").field("fd", &fd).finish()
    }
}
