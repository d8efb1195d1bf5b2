//! A service of two kinds of resources.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use poll_net::{TcpListener, TcpStream};
use poll_reactor::{
    Context, Error, Handle, Id, Listener, Released, Runtime, Service, Stream, StreamEvent,
};

struct Echo;

impl Service for Echo {
    type Command = ();
    type Timer = ();
}

impl Handle<Listener<TcpListener>> for Echo {
    fn event(
        &mut self,
        _id: Id<Listener<TcpListener>>,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        context: &mut Context<'_, Self>,
    ) {
        if let Ok((stream, _)) = accepted {
            context.register(Stream::new(stream)).unwrap();
        }
    }

    fn failed(
        &mut self,
        _id: Id<Listener<TcpListener>>,
        _released: Released<Listener<TcpListener>>,
        error: Error,
        _context: &mut Context<'_, Self>,
    ) {
        panic!("{error}");
    }
}

impl Handle<Stream<TcpStream>> for Echo {
    fn event(
        &mut self,
        id: Id<Stream<TcpStream>>,
        event: StreamEvent<'_>,
        context: &mut Context<'_, Self>,
    ) {
        match event {
            StreamEvent::Received(bytes) => context.send(id, bytes).unwrap(),
            StreamEvent::End => assert!(context.close(id)),
            StreamEvent::Connected => unreachable!("it was accepted"),
        }
    }

    fn failed(
        &mut self,
        _id: Id<Stream<TcpStream>>,
        _released: Released<Stream<TcpStream>>,
        _error: Error,
        _context: &mut Context<'_, Self>,
    ) {
    }
}

#[test]
fn what_is_sent_comes_back() {
    let mut runtime = Runtime::new(Echo).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.register(Listener::new(listener)).unwrap();
    let controller = runtime.controller();
    let client = std::thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let mut buffer = [0; 5];
        for _ in 0..100 {
            stream.write_all(b"hello").unwrap();
            stream.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"hello");
        }
        drop(stream);
        controller.shut_down(Duration::from_secs(1)).unwrap();
    });
    assert!(runtime.run().is_ok());
    client.join().unwrap();
}
