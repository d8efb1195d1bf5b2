//! mio 1.2, in its own idioms, and the program that poll-mio is measured with as well.

/// The peer, its name and its echo server, over a crate with mio's interface.
macro_rules! on_mio {
    ($peer:ident, $mio:ident) => {
        use core::time::Duration;
        use std::io;
        use std::net::TcpStream;
        use std::os::fd::{AsRawFd, BorrowedFd};
        use std::sync::Arc;

        use $mio::unix::SourceFd;
        use $mio::{Events, Interest, Poll, Token, Waker};

        use $crate::echo::{BUFFER, EVENTS, Idiom, Served, answer};
        use $crate::peers::{Peer, WAKER};

        /// A poller with its event buffer.
        pub(crate) struct $peer {
            poll: Poll,
            events: Events,
        }

        impl<'fd> Peer<'fd> for $peer {
            type Waker = Arc<Waker>;

            fn new(capacity: usize) -> io::Result<Self> {
                Ok(Self {
                    poll: Poll::new()?,
                    events: Events::with_capacity(capacity),
                })
            }

            fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
                let mut source = SourceFd(&source.as_raw_fd());
                self.poll
                    .registry()
                    .register(&mut source, Token(token), Interest::READABLE)
            }

            fn deregister(&mut self, source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
                self.poll
                    .registry()
                    .deregister(&mut SourceFd(&source.as_raw_fd()))
            }

            fn turn(
                &mut self,
                timeout: Option<Duration>,
                mut see: impl FnMut(usize) -> io::Result<()>,
            ) -> io::Result<u64> {
                self.poll.poll(&mut self.events, timeout)?;
                let mut seen = 0;
                for event in &self.events {
                    see(event.token().0)?;
                    seen += 1;
                }
                Ok(seen)
            }

            fn waker(&mut self) -> io::Result<Self::Waker> {
                Waker::new(self.poll.registry(), Token(WAKER)).map(Arc::new)
            }

            fn wake(waker: &Self::Waker) -> io::Result<()> {
                waker.wake()
            }
        }

        /// The echo server.
        pub(crate) fn serve(
            streams: Vec<TcpStream>,
            bytes: usize,
            idiom: Idiom,
        ) -> io::Result<Served> {
            let mut poll = Poll::new()?;
            let mut events = Events::with_capacity(EVENTS);
            let mut served = Served::of(streams.len());
            let mut connections = Vec::with_capacity(streams.len());
            for (token, stream) in streams.into_iter().enumerate() {
                let mut stream = $mio::net::TcpStream::from_std(stream);
                poll.registry()
                    .register(&mut stream, Token(token), Interest::READABLE)?;
                connections.push(stream);
            }
            let mut buffer = [0; BUFFER];
            while served.goes_on(bytes) {
                poll.poll(&mut events, None)?;
                served.waits += 1;
                for event in &events {
                    let Some(connection) = connections.get_mut(event.token().0) else {
                        continue;
                    };
                    match answer(connection, &mut buffer, idiom)? {
                        Some(read) => served.echoed(read),
                        None => {
                            poll.registry().deregister(connection)?;
                            served.open -= 1;
                        }
                    }
                }
            }
            Ok(served)
        }
    };
}

pub(super) use on_mio;

on_mio!(Mio, mio);
