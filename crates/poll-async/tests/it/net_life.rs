//! Sockets and runtimes: made outside of one, used from another one, left when it has ended.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;

use poll_api::Interest;
use poll_async::io::AsyncFd;
use poll_async::net::{
    TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSeqpacket, UnixStream,
    lookup_host, pipe,
};
use poll_async::runtime::{Builder, NoRuntime, Runtime};
use poll_async::spawn;
use poll_async::task::yield_now;
use poll_async::time::timeout;

use crate::stage::{ANY_PORT, LIMIT, TempPath, each, give_up_after, runtimes, tcp_pair};

/// Whether an error says that there is no runtime.
fn says_no_runtime<T>(result: std::io::Result<T>) -> bool {
    let error = result.err().unwrap();
    error.get_ref().is_some_and(|inner| inner.is::<NoRuntime>())
}

/// Polls a future that need not wait, in no runtime.
fn outside<F: Future>(future: F) -> F::Output {
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match core::pin::pin!(future).poll(&mut context) {
        core::task::Poll::Ready(output) => output,
        core::task::Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn outside_of_a_runtime_no_socket_is_made_and_nothing_panics() {
    assert!(says_no_runtime(outside(TcpListener::bind(ANY_PORT))));
    let listener = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    assert!(says_no_runtime(outside(TcpStream::connect(address))));
    assert!(says_no_runtime(TcpListener::from_std(listener)));
    assert!(says_no_runtime(outside(UdpSocket::bind(ANY_PORT))));
    assert!(says_no_runtime(outside(lookup_host("localhost:1"))));
    assert!(says_no_runtime(UnixStream::pair()));
    assert!(says_no_runtime(UnixDatagram::unbound()));
    assert!(says_no_runtime(pipe()));
    let path = TempPath::new();
    assert!(says_no_runtime(UnixListener::bind(&path)));
    // Not every system has them.
    if poll_net::UnixSeqpacket::pair().is_ok() {
        assert!(says_no_runtime(UnixSeqpacket::pair()));
    }
}

#[test]
fn what_waits_when_its_runtime_ends_is_told() {
    for runtime in runtimes() {
        let (client, server) = runtime.block_on(tcp_pair());
        let server = Arc::new(server);
        let waiting = {
            let server = Arc::clone(&server);
            let other = Runtime::new().unwrap();
            thread::spawn(move || {
                other.block_on(async { timeout(LIMIT, server.read(&mut [0; 8])).await })
            })
        };
        // What is there is still read afterwards.
        runtime.block_on(async { poll_async::time::sleep(Duration::from_millis(20)).await });
        drop(runtime);
        let result = waiting.join().unwrap().unwrap();
        let error = result.unwrap_err();
        assert!(error.to_string().contains("has ended"), "{error}");
        outside(client.write(b"late")).unwrap();
        let mut buffer = [0; 8];
        let read = loop {
            // The loopback delivers within the call, but nothing promises that.
            match outside(server.read(&mut buffer)) {
                Err(error) => assert!(error.to_string().contains("has ended")),
                Ok(count) => break count,
            }
        };
        assert_eq!(&buffer[..read], b"late");
        assert!(outside(server.readable()).is_err());
    }
}

#[test]
fn a_listener_whose_runtime_has_ended_says_so() {
    for runtime in runtimes() {
        let listener = runtime.block_on(TcpListener::bind(ANY_PORT)).unwrap();
        drop(runtime);
        let error = outside(listener.accept()).unwrap_err();
        assert!(error.to_string().contains("has ended"), "{error}");
        let again = Runtime::new().unwrap();
        let _entered = again.enter();
        let listener = TcpListener::from_net(listener.into_net().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = again.block_on(async {
            let _client = TcpStream::connect(address).await.unwrap();
            listener.accept().await.map(drop)
        });
        accepted.unwrap();
    }
}

#[test]
fn a_socket_is_used_from_another_runtime_and_from_none() {
    for other in runtimes() {
        let two = Builder::new_multi_thread().worker_threads(2);
        let home = two.build().unwrap();
        let (client, server) = home.block_on(tcp_pair());
        let echo = other.spawn(async move {
            let mut buffer = [0; 64];
            while let count @ 1.. = server.read(&mut buffer).await.unwrap() {
                server.write_all(&buffer[..count]).await.unwrap();
            }
        });
        let asking = home.spawn(async move {
            for round in 1..100 {
                client.write_all(&vec![1; round % 60 + 1]).await.unwrap();
                let mut left = round % 60 + 1;
                while left > 0 {
                    left -= client.read(&mut [0; 64]).await.unwrap();
                }
            }
        });
        let both = async {
            asking.await.unwrap();
            echo.await.unwrap();
        };
        let done = other.block_on(async { timeout(LIMIT, both).await });
        assert!(done.is_ok());
    }
}

#[test]
fn connections_belong_to_the_runtime_of_their_listener() {
    let home = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let away = Runtime::new().unwrap();
    let listener = home.block_on(TcpListener::bind(ANY_PORT)).unwrap();
    let address = listener.local_addr().unwrap();
    let client = home.block_on(TcpStream::connect(address)).unwrap();
    let (server, _peer) = away.block_on(listener.accept()).unwrap();
    drop(away);
    let reading = home.spawn(async move { timeout(LIMIT, server.read(&mut [0; 8])).await });
    home.block_on(async {
        // It waits, for which it needs its runtime.
        poll_async::time::sleep(Duration::from_millis(5)).await;
        client.write_all(b"hello").await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap().unwrap(), 5);
    });
}

#[test]
fn a_descriptor_cannot_be_registered_twice() {
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    let (_sender, receiver) = poll_net::pipe::pipe().unwrap();
    let first = AsyncFd::new(&receiver).unwrap();
    if let Err(error) = AsyncFd::new(&receiver) {
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
    drop(first);
    AsyncFd::new(&receiver).unwrap();
}

#[test]
fn what_would_wait_for_a_direction_that_is_not_watched_fails() {
    for runtime in runtimes() {
        let _entered = runtime.enter();
        let (a, b) = poll_net::UnixStream::pair().unwrap();
        let reader = AsyncFd::with_interest(a, Interest::READABLE).unwrap();
        let read = |mut stream: &poll_net::UnixStream| Read::read(&mut stream, &mut [0; 8]);
        let write = |mut stream: &poll_net::UnixStream| Write::write(&mut stream, &[0; 4096]);
        let error = loop {
            match outside(reader.write_with(write)) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        (&b).write_all(b"x").unwrap();
        assert_eq!(runtime.block_on(reader.read_with(read)).unwrap(), 1);
    }
}

#[test]
fn an_operation_that_a_socket_does_not_have_waits_as_its_own_do() {
    each(|| async {
        let (a, b) = tcp_pair().await;
        let read = |mut inner: &poll_net::TcpStream| {
            let mut buffer = [0; 16];
            let len = inner.read(&mut buffer)?;
            Ok(buffer[..len].to_vec())
        };
        let nothing = b.try_read_with(read).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        assert!(give_up_after(1, b.readable()).await.is_none());
        let reader = spawn(async move { b.read_with(read).await });
        yield_now().await;
        assert!(!reader.is_finished());
        let write = |mut inner: &poll_net::TcpStream| inner.write(b"hello");
        assert_eq!(a.write_with(write).await.unwrap(), 5);
        assert_eq!(reader.await.unwrap().unwrap(), b"hello");
        assert_eq!(a.try_write_with(write).unwrap(), 5);
    });
}

#[test]
fn an_operation_in_the_other_direction_of_a_pipe_does_not_wait_for_ever() {
    each(|| async {
        let (_sender, receiver) = pipe().unwrap();
        let never = receiver.write_with(|_| Err::<(), _>(ErrorKind::WouldBlock.into()));
        let error = never.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    });
}
