//! What all operations share: calls are made again when interrupted, addresses get their type.

use core::net::SocketAddr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use sys_socket::{Address, Errno, UnixAddr};

/// How many connections a listener queues if nobody says otherwise; the system may allow fewer.
pub(crate) const BACKLOG: i32 = 4096;

/// Makes a call, and makes it again if a signal handler interrupted it.
///
/// An interrupted call has done nothing, and a non-blocking one was about to return anyway.
// A loop, so that what the call captures stays in registers: handing the closure on to a rare path
// of its own would write it to memory each time.
#[inline]
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
    loop {
        match call() {
            Ok(value) => return Ok(value),
            Err(Errno::INTR) => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// The rare part of [`retry`].
#[cold]
fn failed(error: Errno) -> io::Error {
    error.into()
}

/// As many of the buffers as the system takes in one call, which is then a short one.
#[inline]
pub(crate) fn head<T>(buffers: &[T]) -> &[T] {
    buffers.get(..sys_socket::MAX_BUFFERS).unwrap_or(buffers)
}

/// As [`head`], for buffers to write to.
#[inline]
pub(crate) fn head_mut<T>(buffers: &mut [T]) -> &mut [T] {
    let len = buffers.len().min(sys_socket::MAX_BUFFERS);
    buffers.split_at_mut(len).0
}

/// Connects, or starts to.
///
/// After an interruption the connection goes on in the background; asking again tells what became
/// of it, and also starts it if the system had not done so.
pub(crate) fn connect(socket: &OwnedFd, address: &Address) -> io::Result<()> {
    let mut result = sys_socket::connect(socket, address);
    let mut interrupted = false;
    while result == Err(Errno::INTR) {
        interrupted = true;
        result = sys_socket::connect(socket, address);
    }
    started(result, interrupted)
}

/// Whether a connection was made or is on its way, after a call that was made again or not.
fn started(result: Result<(), Errno>, was_interrupted: bool) -> io::Result<()> {
    match result {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(()),
        Err(Errno::ALREADY | Errno::ISCONN) if was_interrupted => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a connection that was started has been made; its error is returned once.
pub(crate) fn finish_connect(socket: &OwnedFd) -> io::Result<bool> {
    // The error first: a connection that failed has no peer, as one in progress has none.
    if let Some(error) = sys_socket::take_error(socket)? {
        return Err(error.into());
    }
    match sys_socket::peer_addr(socket) {
        Ok(_peer) => Ok(true),
        Err(Errno::NOTCONN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes a connection from the queue.
pub(crate) fn accept(listener: &OwnedFd) -> io::Result<(OwnedFd, Address)> {
    retry(|| sys_socket::accept(listener))
}

/// Takes the pending error as a value.
pub(crate) fn take_error(socket: &OwnedFd) -> io::Result<Option<io::Error>> {
    Ok(sys_socket::take_error(socket)?.map(io::Error::from))
}

/// The address as an internet address; another family is an error.
#[inline]
pub(crate) fn inet(address: &Address) -> io::Result<SocketAddr> {
    address.inet().ok_or_else(|| Errno::AFNOSUPPORT.into())
}

/// The address as a Unix address; another family is an error.
#[inline]
pub(crate) fn unix(address: &Address) -> io::Result<UnixAddr> {
    address.unix().ok_or_else(|| Errno::AFNOSUPPORT.into())
}

/// Makes a descriptor of the standard library non-blocking, and its writes free of signals.
pub(crate) fn adopt(socket: OwnedFd) -> io::Result<OwnedFd> {
    sys_socket::set_non_blocking(socket.as_fd(), true)?;
    sys_socket::suppress_signal(socket.as_fd())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::{head, head_mut, retry, started};
    use std::io::ErrorKind;
    use sys_socket::{Errno, MAX_BUFFERS};

    #[test]
    fn an_interrupted_call_is_made_again_and_other_errors_are_returned() {
        let mut results = [Err(Errno::INTR), Err(Errno::INTR), Ok(7)].into_iter();
        assert_eq!(retry(|| results.next().unwrap()).unwrap(), 7);
        let error = retry(|| Err::<(), _>(Errno::AGAIN)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_connection_counts_as_started_when_an_interrupted_call_had_started_it() {
        for (result, first, again) in [
            (Ok(()), true, true),
            (Err(Errno::INPROGRESS), true, true),
            (Err(Errno::ALREADY), false, true),
            (Err(Errno::ISCONN), false, true),
            (Err(Errno::CONNREFUSED), false, false),
            (Err(Errno::AGAIN), false, false),
        ] {
            assert_eq!(started(result, false).is_ok(), first, "{result:?}");
            assert_eq!(started(result, true).is_ok(), again, "{result:?}");
        }
    }

    #[test]
    fn no_more_buffers_than_the_system_takes_are_passed_on() {
        for count in [0, 1, MAX_BUFFERS - 1, MAX_BUFFERS, MAX_BUFFERS + 1] {
            let mut buffers = vec![0_u8; count];
            assert_eq!(head(&buffers).len(), count.min(MAX_BUFFERS));
            assert_eq!(head_mut(&mut buffers).len(), count.min(MAX_BUFFERS));
        }
    }
}
