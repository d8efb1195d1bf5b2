//! The hand-written epoll loops: what a library is measured against.

use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::{Peer, WAKER};
use crate::echo::{BUFFER, EVENTS, Idiom, Served};
use crate::sys::{self, Epoll, epoll_event};

/// Edge-triggered epoll; the waker is an eventfd that is never read.
pub(crate) type Raw = Loop<{ sys::EDGE }>;
/// Level-triggered epoll.
pub(crate) type RawLevel = Loop<{ sys::LEVEL }>;

/// Epoll with these flags for each source.
pub(crate) struct Loop<const FLAGS: u32> {
    epoll: Epoll,
    events: Vec<epoll_event>,
}

impl<'fd, const FLAGS: u32> Peer<'fd> for Loop<FLAGS> {
    type Waker = Arc<OwnedFd>;

    fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            epoll: Epoll::new()?,
            events: vec![sys::NO_EVENT; capacity],
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.epoll.add(source, FLAGS, word(token)?)
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        self.epoll.delete(source)
    }

    // Closing the descriptor does it.
    fn forget(&mut self, _source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        Ok(())
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        let timeout_ms = timeout.map_or(-1, |timeout| {
            i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
        });
        let filled = self.epoll.wait(&mut self.events, timeout_ms)?;
        let mut seen = 0;
        for event in self.events.iter().take(filled) {
            see(usize::try_from(event.u64).unwrap_or(usize::MAX))?;
            seen += 1;
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        let eventfd = sys::eventfd()?;
        self.epoll.add(eventfd.as_fd(), sys::EDGE, word(WAKER)?)?;
        Ok(Arc::new(eventfd))
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        sys::signal(waker)
    }
}

fn word(token: usize) -> io::Result<u64> {
    u64::try_from(token).map_err(io::Error::other)
}

/// Level-triggered: one read per event, whatever is left is reported again.
pub(crate) fn serve_level(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let mut server = Server::new(streams, sys::LEVEL)?;
    let mut events = [sys::NO_EVENT; EVENTS];
    let mut buffer = [0; BUFFER];
    let (mut echoed, mut waits) = (0, 0);
    while echoed < bytes {
        let filled = server.epoll.wait(&mut events, -1)?;
        waits += 1;
        for event in &events[..filled] {
            let descriptor = sys::descriptor_of(event);
            let read = sys::recv(descriptor, &mut buffer);
            if read <= 0 {
                if server.all_gone(descriptor, read)? {
                    return Ok(Served::after(waits));
                }
                continue;
            }
            if sys::send(descriptor, &buffer, read) != read {
                return Err(io::Error::last_os_error());
            }
            echoed += read.unsigned_abs();
        }
    }
    Ok(Served::after(waits))
}

/// Edge-triggered: reads until there is no more, or until one read does not fill the buffer.
pub(crate) fn serve_edge(
    streams: Vec<TcpStream>,
    bytes: usize,
    idiom: Idiom,
) -> io::Result<Served> {
    let mut server = Server::new(streams, sys::EDGE)?;
    let mut events = [sys::NO_EVENT; EVENTS];
    let mut buffer = [0; BUFFER];
    let (mut echoed, mut waits) = (0, 0);
    while echoed < bytes {
        let filled = server.epoll.wait(&mut events, -1)?;
        waits += 1;
        for event in &events[..filled] {
            let descriptor = sys::descriptor_of(event);
            loop {
                let read = sys::recv(descriptor, &mut buffer);
                if read <= 0 {
                    if server.all_gone(descriptor, read)? {
                        return Ok(Served::after(waits));
                    }
                    break;
                }
                if sys::send(descriptor, &buffer, read) != read {
                    return Err(io::Error::last_os_error());
                }
                let read = read.unsigned_abs();
                echoed += read;
                if idiom == Idiom::Short && read < buffer.len() {
                    break;
                }
            }
        }
    }
    Ok(Served::after(waits))
}

// What both loops share off their hot path.
struct Server {
    epoll: Epoll,
    streams: Vec<TcpStream>,
    open: usize,
}

impl Server {
    fn new(streams: Vec<TcpStream>, flags: u32) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        for stream in &streams {
            epoll.add(stream.as_fd(), flags, sys::word_of(stream.as_fd()))?;
        }
        let open = streams.len();
        Ok(Self {
            epoll,
            streams,
            open,
        })
    }

    // A read gave nothing: the end, a false report, or an error. Says whether nobody is left.
    #[cold]
    fn all_gone(&mut self, descriptor: i32, read: isize) -> io::Result<bool> {
        if read < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock => Ok(false),
                _ => Err(error),
            };
        }
        // An end stays ready when level-triggered, so it is not to be watched any longer.
        if let Some(stream) = self.streams.iter().find(|s| s.as_raw_fd() == descriptor) {
            self.epoll.delete(stream.as_fd())?;
        }
        self.open -= 1;
        Ok(self.open == 0)
    }
}
