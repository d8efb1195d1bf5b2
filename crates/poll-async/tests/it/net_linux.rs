//! What can be seen on Linux alone: a full queue, descriptors, the process at the other end.

use core::time::Duration;
use std::io::ErrorKind;

use poll_async::net::{TcpSocket, TcpStream, UdpSocket, UnixStream};
use poll_async::time::Instant;

use crate::stage::{ANY_PORT, alone, each, runtimes, tcp_pair};

// Other systems answer a full queue with a reset.
#[test]
fn a_connection_that_nobody_answers_ends_in_time() {
    each(|| async {
        let socket = TcpSocket::v4().unwrap();
        socket.bind(ANY_PORT.parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        let (started, error) = loop {
            let started = Instant::now();
            let limit = Duration::from_millis(50);
            match TcpStream::connect_timeout(address, limit).await {
                Ok(stream) => queued.push(stream),
                Err(error) => break (started, error),
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(started.elapsed() >= Duration::from_millis(50));
        assert!(!queued.is_empty());
    });
}

#[test]
fn the_process_at_the_other_end_is_known() {
    each(|| async {
        let (a, _b) = UnixStream::pair().unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(a.peer_credentials().unwrap().pid, Some(own));
    });
}

#[test]
fn no_descriptor_is_left_when_the_sockets_and_the_runtime_are_gone() {
    alone(
        "net_linux::no_descriptor_is_left_when_the_sockets_and_the_runtime_are_gone",
        None,
        || {
            let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
            let before = open();
            for runtime in runtimes() {
                runtime.block_on(async {
                    let (client, server) = tcp_pair().await;
                    let (read, write) = client.into_split();
                    poll_async::spawn(async move { read.get_ref().read(&mut [0; 8]).await });
                    let refused = TcpStream::connect("127.0.0.1:1").await;
                    assert!(refused.is_err());
                    let (_a, _b) = UnixStream::pair().unwrap();
                    let waiting = poll_async::spawn(async move { server.read(&mut [0; 8]).await });
                    poll_async::task::yield_now().await;
                    waiting.abort();
                    drop(write);
                    let _left = UdpSocket::bind(ANY_PORT).await.unwrap();
                    assert!(open() > before);
                });
            }
            assert_eq!(open(), before);
        },
    );
}
