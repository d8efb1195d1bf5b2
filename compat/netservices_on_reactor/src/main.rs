//! Two nodes of netservices with an encrypted session between them, and its tunnel, which run on
//! poll-io's engine through `compat/io-reactor`.
//!
//! It tests itself and ends.

mod node;

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use netservices::tunnel::Tunnel;
use netservices::{Direction, NetAccept, NetConnection, NetTransport};
use reactor::poller::popol::Poller;
use reactor::{Action, Reactor};

use node::{MESSAGE, MESSAGES, Node, Session, session};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    sessions()?;
    tunnel()
}

/// A client sends messages through an encrypted session to a server, which sends them back.
fn sessions() -> Result<(), Box<dyn Error>> {
    let listener = NetAccept::<Session>::bind(&"127.0.0.1:0")?;
    let address: SocketAddr = listener.local_addr();
    let (tell, server_told) = mpsc::channel();
    let mut node = Node::new(tell);
    node.actions.push_back(Action::RegisterListener(listener));
    let server = Reactor::named(node, Poller::new(), "server".to_owned())?;

    let stream = TcpStream::connect_nonblocking(address.into(), LONG)?;
    let session = session(stream, address, Direction::Outbound);
    let transport = NetTransport::with_session(session, Direction::Outbound)?;
    let (tell, client_told) = mpsc::channel();
    let mut node = Node::new(tell);
    node.actions.push_back(Action::RegisterTransport(transport));
    let client = Reactor::named(node, Poller::new(), "client".to_owned())?;

    let bytes = MESSAGE * MESSAGES;
    let came_back = format!("{bytes} bytes came back");
    expect(
        &client_told,
        &["registered 1", "established 1", &came_back, "back 1"],
    )?;
    let ended = [
        "registered 1",
        "registered 2",
        "established 2",
        "ended 2",
        "back 2",
    ];
    expect(&server_told, &ended)?;
    for reactor in [client, server] {
        let controller = reactor.controller();
        controller.shutdown().map_err(|_| "a reactor had ended")?;
        reactor.join().map_err(|_| "a node panicked")?;
    }
    println!("sessions: {bytes} bytes came back, and both nodes shut down");
    Ok(())
}

fn expect(told: &Receiver<String>, expected: &[&str]) -> Result<(), Box<dyn Error>> {
    for expected in expected {
        let found = told.recv_timeout(LONG)?;
        if found != *expected {
            return Err(format!("{found}, instead of {expected}").into());
        }
    }
    Ok(())
}

/// The tunnel waits with a poller of its own.
fn tunnel() -> Result<(), Box<dyn Error>> {
    let far = TcpListener::bind("127.0.0.1:0")?;
    let session = TcpStream::connect(far.local_addr()?)?;
    let (mut far, _) = far.accept()?;
    let mut tunnel = Tunnel::with(session, "127.0.0.1:0").map_err(|(_, error)| error)?;
    let address = tunnel.local_addr()?;
    let running = thread::spawn(move || tunnel.tunnel_once(Poller::new(), LONG));
    let mut near = TcpStream::connect(address)?;
    let mut buffer = [0; 5];
    for _ in 0..3 {
        near.write_all(b"hello")?;
        far.read_exact(&mut buffer)?;
        far.write_all(&buffer)?;
        near.read_exact(&mut buffer)?;
    }
    drop(near);
    let counts = running.join().map_err(|_| "the tunnel panicked")??;
    if counts != (15, 15) || &buffer != b"hello" {
        return Err(format!("the tunnel passed on {counts:?} bytes: {buffer:?}").into());
    }
    println!("tunnel: 15 bytes each way");
    Ok(())
}
