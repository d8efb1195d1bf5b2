//! The program of the guide that mio and verypoll share, unchanged but for the crate's name: it
//! accepts whoever has come within a tenth of a second, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]
#![expect(clippy::std_instead_of_core, reason = "as the guide has it")]
#![expect(clippy::never_loop, reason = "the guide's loop has one turn")]
#![expect(clippy::unwrap_used, reason = "the guide's address is a good one")]

use std::io;

use std::time::Duration;

use mio::net::TcpListener;

use mio::{Events, Interest, Poll, Token};

fn main() -> io::Result<()> {
    let mut poll = Poll::new()?;

    let mut events = Events::with_capacity(128);

    let address = "127.0.0.1:0".parse().unwrap();

    let mut listener = TcpListener::bind(address)?;

    const SERVER: Token = Token(0);

    poll.registry()
        .register(&mut listener, SERVER, Interest::READABLE)?;

    // Start our event loop.
    loop {
        // Poll the OS for events, waiting at most 100 milliseconds.
        poll.poll(&mut events, Some(Duration::from_millis(100)))?;

        // Process each event.
        for event in events.iter() {
            // We can use the token we previously provided to `register` to
            // determine for which type the event is.
            match event.token() {
                SERVER => loop {
                    // One or more connections are ready, so we'll attempt to
                    // accept them (in a loop).
                    match listener.accept() {
                        Ok((connection, address)) => {
                            println!("Got a connection from: {}", address);

                            drop(connection);
                        }
                        // A "would block error" is returned if the operation
                        // is not ready, so we'll stop trying to accept
                        // connections.
                        Err(ref err) if would_block(err) => break,
                        Err(err) => return Err(err),
                    }
                },

                _ => unreachable!(),
            }
        }

        return Ok(());
    }

    fn would_block(err: &io::Error) -> bool {
        err.kind() == io::ErrorKind::WouldBlock
    }
}
