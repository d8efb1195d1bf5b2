//! Connecting and accepting: names, refusals, deadlines, queues, and no descriptors left.

use core::net::SocketAddr;
use std::io::ErrorKind;
use std::sync::Arc;

use poll_async::net::{
    TcpListener, TcpSocket, TcpStream, UnixListener, UnixSeqpacket, UnixSeqpacketListener,
    UnixStream, lookup_host,
};
use poll_async::runtime::Handle;
use poll_async::spawn;
use poll_async::task::yield_now;

use crate::stage::{ANY_PORT, TempPath, each, give_up_after};

/// An address that nobody listens on, though it is bound.
fn nobody() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::v4().unwrap();
    socket.bind(ANY_PORT.parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[test]
fn addresses_cost_no_thread_and_names_are_resolved() {
    each(|| async {
        let text = lookup_host("127.0.0.1:7").await.unwrap();
        assert_eq!(text.collect::<Vec<_>>(), ["127.0.0.1:7".parse().unwrap()]);
        assert_eq!(Handle::current().metrics().blocking_threads, 0);
        // Not every machine knows this name.
        let known = std::net::ToSocketAddrs::to_socket_addrs(&("localhost", 7));
        let local = lookup_host("localhost:7").await;
        assert_eq!(local.is_ok(), known.is_ok());
        for address in local.into_iter().flatten() {
            assert!(address.ip().is_loopback() && address.port() == 7);
        }
        assert_eq!(Handle::current().metrics().blocking_threads, 1);
        let wrong = lookup_host("localhost").await.err().unwrap();
        assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn addresses_are_tried_in_their_order() {
    each(|| async {
        let (_socket, refusing) = nobody();
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let good = listener.local_addr().unwrap();
        let stream = TcpStream::connect([refusing, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        // The first address is taken.
        let other = TcpListener::bind([good, ANY_PORT.parse().unwrap()])
            .await
            .unwrap();
        assert_ne!(other.local_addr().unwrap(), good);
        let none: &[SocketAddr] = &[];
        let error = TcpStream::connect(none).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_connection_that_is_refused_says_so() {
    each(|| async {
        let (_socket, address) = nobody();
        let error = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let path = TempPath::new();
        let error = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_socket_with_options_connects_and_listens() {
    each(|| async {
        let socket = TcpSocket::for_addr(ANY_PORT.parse().unwrap()).unwrap();
        socket.get_ref().set_reuse_address(true).unwrap();
        socket.bind(ANY_PORT.parse().unwrap()).unwrap();
        let listener = socket.listen(16).unwrap();
        let client = TcpSocket::v4().unwrap();
        client.get_ref().set_ttl(9).unwrap();
        client.bind(ANY_PORT.parse().unwrap()).unwrap();
        let local = client.local_addr().unwrap();
        let client = client
            .connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        assert_eq!(client.get_ref().ttl().unwrap(), 9);
        assert_eq!(listener.accept().await.unwrap().1, local);
    });
}

#[test]
fn unix_listeners_of_both_kinds_accept() {
    each(|| async {
        let path = TempPath::new();
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).await.unwrap();
        let (server, _peer) = listener.accept().await.unwrap();
        client.write_all(b"hello").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 5);

        let path = TempPath::new();
        let Ok(listener) = UnixSeqpacketListener::bind(&path) else {
            return;
        };
        let client = UnixSeqpacket::connect(&path).await.unwrap();
        let (server, _peer) = listener.accept().await.unwrap();
        client.send(b"one").await.unwrap();
        client.send(b"three").await.unwrap();
        assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 3);
        assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 5);
        drop(client);
        assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn of_several_tasks_that_accept_each_connection_goes_to_one() {
    each(|| async {
        let listener = Arc::new(TcpListener::bind(ANY_PORT).await.unwrap());
        let address = listener.local_addr().unwrap();
        let accepting: Vec<_> = (0..8)
            .map(|_| {
                let listener = Arc::clone(&listener);
                spawn(async move { listener.accept().await.unwrap().1 })
            })
            .collect();
        for _ in 0..4 {
            yield_now().await;
        }
        let mut wanted = Vec::new();
        let mut clients = Vec::new();
        for _ in 0..8 {
            let client = TcpStream::connect(address).await.unwrap();
            wanted.push(client.local_addr().unwrap());
            clients.push(client);
        }
        let mut accepted = Vec::new();
        for task in accepting {
            accepted.push(task.await.unwrap());
        }
        accepted.sort();
        wanted.sort();
        assert_eq!(accepted, wanted);
    });
}

#[test]
fn an_accept_that_is_dropped_loses_no_connection() {
    each(|| async {
        for polls in 0..4 {
            let listener = TcpListener::bind(ANY_PORT).await.unwrap();
            let address = listener.local_addr().unwrap();
            let connecting = spawn(async move {
                for _ in 0..20 {
                    let client = TcpStream::connect(address).await.unwrap();
                    // Until it was accepted.
                    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
                }
            });
            for _ in 0..20 {
                let accepted = match give_up_after(polls, listener.accept()).await {
                    Some(accepted) => accepted,
                    None => listener.accept().await,
                };
                drop(accepted.unwrap());
            }
            connecting.await.unwrap();
        }
    });
}

#[test]
fn the_poll_function_accepts_too() {
    each(|| async {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connecting = spawn(async move {
            yield_now().await;
            TcpStream::connect(address).await.unwrap()
        });
        let accept = |context: &mut core::task::Context<'_>| listener.poll_accept(context);
        let (_server, peer) = core::future::poll_fn(accept).await.unwrap();
        let client = connecting.await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    });
}
