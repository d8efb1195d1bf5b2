//! Which types are read and written as bytes, and what a short read of one says.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

/// What bytes can be read from without blocking: sockets, pipes, files, terminals.
///
/// Descriptors have to be in non-blocking mode. The standard library has no way to set that for the
/// pipes of a child: `poll_net::pipe::Receiver::try_from(child_stdout)` takes one over and does.
/// Nor should one's own standard output be set so, which belongs to other processes too; a thread
/// that is sent the text is better.
///
/// Not the standard library's `Stdin`, which has a buffer that no engine knows of: duplicate its
/// descriptor into a `File`.
pub trait Input: Read + AsFd + 'static {
    /// Whether a read that returns less than there was room for shows that nothing more is there.
    ///
    /// So it is with sockets and pipes, which the engine then watches for changes only. With
    /// terminals, devices and files it is not, so the engine reports them for as long as there is
    /// something; false is right for anything.
    const SHORT_READ_IS_LAST: bool = false;

    /// Whether a read stops before urgent data, although there is more behind it, as TCP's does.
    const STOPS_AT_URGENT: bool = false;

    /// Whether a read stops behind what a descriptor was passed with, although there is more, as
    /// that of a Unix socket does: then the engine reports it for as long as there is something,
    /// and a short read ends the look all the same.
    const STOPS_AT_DESCRIPTORS: bool = false;

    /// Whether reading never blocks, as of a regular file; asked once, at registration.
    fn never_blocks(&self) -> bool {
        false
    }
}

/// What bytes can be written to without blocking.
///
/// Descriptors have to be in non-blocking mode: `poll_net::pipe::Sender::try_from(child_stdin)`
/// takes the pipe to a child over and sets it. The exception is a regular file, which never blocks.
pub trait Output: Write + AsFd + 'static {
    /// Whether a write that takes less than it was offered shows that the next one would block.
    ///
    /// So it is with sockets and pipes, if vectors are written as a whole. With files and whatever
    /// has its own idea of a good length it is not; false is right for anything.
    const SHORT_WRITE_IS_LAST: bool = false;

    /// Whether the connection has been made; asked of a
    /// [`Stream::connecting`](crate::Stream::connecting).
    ///
    /// # Errors
    ///
    /// It failed.
    fn finish_connect(&self) -> io::Result<bool> {
        Ok(true)
    }
}

macro_rules! sockets {
    ($($socket:ty: $is_tcp:literal),*) => {$(
        impl Input for $socket {
            const SHORT_READ_IS_LAST: bool = true;
            const STOPS_AT_URGENT: bool = $is_tcp;
            const STOPS_AT_DESCRIPTORS: bool = !$is_tcp;
        }
        impl Output for $socket {
            const SHORT_WRITE_IS_LAST: bool = true;

            fn finish_connect(&self) -> io::Result<bool> {
                Self::finish_connect(self)
            }
        }
    )*};
}

macro_rules! inputs {
    ($($input:ty),*) => {$(
        impl Input for $input {
            const SHORT_READ_IS_LAST: bool = true;
        }
    )*};
}

macro_rules! outputs {
    ($($output:ty),*) => {$(
        impl Output for $output {
            const SHORT_WRITE_IS_LAST: bool = true;
        }
    )*};
}

sockets!(poll_net::TcpStream: true, poll_net::UnixStream: false);
// They have no such question: those of the standard library connect before they exist.
impl Input for std::net::TcpStream {
    const SHORT_READ_IS_LAST: bool = true;
    const STOPS_AT_URGENT: bool = true;
}
impl Input for std::os::unix::net::UnixStream {
    const SHORT_READ_IS_LAST: bool = true;
    const STOPS_AT_DESCRIPTORS: bool = true;
}
inputs!(
    poll_net::pipe::Receiver,
    io::PipeReader,
    std::process::ChildStdout,
    std::process::ChildStderr
);
impl Input for File {
    /// One system call.
    fn never_blocks(&self) -> bool {
        self.metadata().is_ok_and(|metadata| metadata.is_file())
    }
}

outputs!(
    std::net::TcpStream,
    std::os::unix::net::UnixStream,
    poll_net::pipe::Sender,
    io::PipeWriter,
    std::process::ChildStdin
);
impl Output for File {}
