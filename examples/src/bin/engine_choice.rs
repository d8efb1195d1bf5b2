//! The same program on each engine of the target: what it sees is the same.
//!
//! ```text
//! engine_choice
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};

use examples::engine::EngineName;
use poll_net::UnixStream;
use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Engine, Interest, Registered, Token, Trigger};

const STREAM: Token = Token(1);
const WAKER: Token = Token(2);
const LIMIT: Option<Duration> = Some(Duration::from_secs(10));

fn main() -> io::Result<()> {
    let mut stories = Vec::new();
    for engine in EngineName::ALL {
        let story = match engine {
            EngineName::Native => tell(poll_os::Poll::new()?)?,
            EngineName::Poll => tell(poll_os::poll::Poll::new()?)?,
        };
        println!("{engine}:");
        for line in &story {
            println!("  {line}");
        }
        stories.push(story);
    }
    if stories.iter().any(|story| *story != stories[0]) {
        return Err(io::Error::other("the engines do not agree"));
    }
    println!("all engines agree");
    Ok(())
}

/// A few things that happen to a stream and a waker, as one engine tells them.
///
/// It is written once, for any engine: also for those that report an edge only once
/// ([`Capabilities::edge`](poll_os::Capabilities::edge)), because `Registered` asks such an engine
/// for the next edge whenever a read finds nothing.
fn tell<B: Backend + 'static>(mut poll: Poll<B>) -> io::Result<Vec<String>> {
    let mut events = Events::with_capacity(8);
    let mut story = Vec::new();
    let (near, mut far) = UnixStream::pair()?;
    let registry = poll.registry().clone();
    let mut near = Registered::new(registry, near, STREAM, Interest::READABLE, Trigger::Edge)?;

    let mut wait = |poll: &mut Poll<B>, what: &str| -> io::Result<()> {
        poll.wait(&mut events, LIMIT)?;
        let mut tokens: Vec<usize> = events.iter().map(|event| event.token().0).collect();
        tokens.sort_unstable();
        story.push(format!("{what}: {tokens:?}"));
        Ok(())
    };

    far.write_all(b"hello")?;
    wait(&mut poll, "bytes have come")?;
    expect(near.read(&mut [0; 64])?, 5)?;

    far.write_all(b"again")?;
    wait(&mut poll, "more bytes have come")?;
    expect(near.read(&mut [0; 64])?, 5)?;

    let waker = Waker::new(poll.registry(), WAKER)?;
    std::thread::spawn(move || waker.wake());
    wait(&mut poll, "another thread has woken us")?;

    drop(far);
    wait(&mut poll, "the peer has gone")?;
    expect(near.read(&mut [0; 64])?, 0)?;

    let again = poll
        .registry()
        .register(near.get_ref(), STREAM, Interest::READABLE, Trigger::Edge);
    let refused = again.is_err_and(|error| error.kind() == ErrorKind::AlreadyExists);
    // What engines cannot do alike, they declare.
    expect(
        usize::from(refused),
        usize::from(<Poll<B> as Engine>::CAPABILITIES.tracks_registrations),
    )?;
    Ok(story)
}

fn expect(found: usize, expected: usize) -> io::Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(io::Error::other(format!("{found} instead of {expected}")))
}
