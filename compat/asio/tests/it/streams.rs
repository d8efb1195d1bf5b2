//! Listeners, connections.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::Poll;

use asio::{AsyncMutex, Connector, Listener, async_spawn};
use poll_async::join;

use crate::stage::{LIMIT, listener, pair, poll_once, read, run};

#[test]
fn what_a_client_writes_is_read_and_then_comes_the_end() {
    run(async {
        let (mut listener, address) = listener();
        let client = Connector::connect(&address).unwrap();
        let server = listener.accept().await.unwrap();
        assert_eq!(client.write(b"hello").await.unwrap(), 5);
        assert_eq!(read(&server, 5).await, b"hello");
        drop(client);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn more_is_written_than_fits_to_a_peer_that_only_reads() {
    const SIZE: usize = 20 << 20;
    run(async {
        let (client, server) = pair().await;
        let writing = async_spawn(async move {
            // 251 is prime, so that nothing that is lost or out of place looks like something else.
            let bytes: Vec<u8> = (0..=250).cycle().take(SIZE).collect();
            client.write_all(&bytes).await.unwrap();
        });
        let bytes = read(&server, SIZE + 1).await;
        assert!(bytes.into_iter().eq((0..=250).cycle().take(SIZE)));
        writing.await;
    });
}

#[test]
fn a_server_answers_many_clients_and_counts_them_under_a_lock() {
    const CLIENTS: usize = 200;
    run(async {
        let (mut listener, address) = listener();
        let served = Arc::new(AsyncMutex::new(0));
        let counter = Arc::clone(&served);
        let server = async_spawn(async move {
            for _ in 0..CLIENTS {
                let stream = listener.accept().await.unwrap();
                let counter = Arc::clone(&counter);
                drop(async_spawn(async move {
                    let said = read(&stream, 4).await;
                    let mut count = counter.lock().await;
                    // The guard is held while it waits.
                    stream.write_all(&said).await.unwrap();
                    *count += 1;
                }));
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|i| {
                let said = u32::try_from(i).unwrap().to_be_bytes();
                let stream = Connector::connect(&address).unwrap();
                async_spawn(async move {
                    stream.write_all(&said).await.unwrap();
                    // The answer, and the end.
                    assert_eq!(read(&stream, 5).await, said);
                })
            })
            .collect();
        for client in clients {
            client.await;
        }
        server.await;
        assert_eq!(*served.lock().await, CLIENTS);
    });
}

#[test]
fn one_task_waits_for_two_streams() {
    run(async {
        let ((a, far_a), (b, far_b)) = join!(pair(), pair());
        let speaking = async_spawn(async move {
            // The one that is asked last speaks first.
            far_b.write_all(b"b").await.unwrap();
            assert_eq!(read(&far_b, 1).await, b"!");
            far_a.write_all(b"a").await.unwrap();
        });
        let (from_a, ()) = join!(read(&a, 1), async {
            assert_eq!(read(&b, 1).await, b"b");
            b.write_all(b"!").await.unwrap();
        });
        assert_eq!(from_a, b"a");
        speaking.await;
    });
}

#[test]
fn two_tasks_share_a_stream() {
    run(async {
        let (client, server) = pair().await;
        let shared = Arc::new(client);
        let reader = Arc::clone(&shared);
        let reading = async_spawn(async move { assert_eq!(read(&reader, 1).await, b"2") });
        let writing = async_spawn(async move { shared.write_all(b"1").await.unwrap() });
        assert_eq!(read(&server, 1).await, b"1");
        server.write_all(b"2").await.unwrap();
        reading.await;
        writing.await;
    });
}

#[test]
fn operations_that_were_given_up_lose_nothing() {
    run(async {
        let (mut listener, address) = listener();
        assert!(poll_once(pin!(listener.accept())).is_pending());
        let client = Connector::connect(&address).unwrap();
        let server = listener.accept().await.unwrap();
        for i in 0..10 {
            let mut buffer = [0; 8];
            let mut given_up = Box::pin(server.read(&mut buffer));
            assert!(poll_once(given_up.as_mut()).is_pending());
            client.write_all(&[i; 8]).await.unwrap();
            drop(given_up);
            assert_eq!(read(&server, 8).await, [i; 8]);
        }
    });
}

#[test]
fn what_is_no_address_is_an_error() {
    for address in [
        "",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:99999",
        "[::]:8080\n",
    ] {
        let error = Listener::bind(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{address:?}");
        let error = Connector::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{address:?}");
    }
    let (_listener, address) = listener();
    let error = Listener::bind(&address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn a_connection_that_cannot_be_made_is_told_by_its_first_operation() {
    run(async {
        let (listener, address) = listener();
        drop(listener);
        let stream = Connector::connect(&address).unwrap();
        let error = stream.write_all(b"hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn writing_all_to_a_peer_that_is_gone_has_an_end() {
    run(async {
        let (client, server) = pair().await;
        drop(server);
        let bytes = vec![0; 1 << 20];
        let mut written = Ok(());
        while written.is_ok() {
            written = client.write_all(&bytes).await;
        }
        let kind = written.unwrap_err().kind();
        assert!(
            matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
            "{kind}"
        );
    });
}

#[test]
fn sockets_are_made_before_the_runtime() {
    let (mut listener, address) = listener();
    let client = Connector::connect(&address).unwrap();
    // Outside there is nobody to wait for it.
    assert!(matches!(
        poll_once(pin!(client.read(&mut [0]))),
        Poll::Ready(Err(_))
    ));
    run(async move {
        let server = listener.accept().await.unwrap();
        server.write_all(b"hello").await.unwrap();
        assert_eq!(read(&client, 5).await, b"hello");
    });
}

#[test]
fn a_stream_of_an_earlier_runtime_says_so_instead_of_waiting() {
    let (sender, receiver) = mpsc::channel();
    run(async move {
        let (client, server) = pair().await;
        client.write_all(b"1").await.unwrap();
        assert_eq!(read(&server, 1).await, b"1");
        client.write_all(b"2").await.unwrap();
        sender.send((client, server)).unwrap();
    });
    let (client, server) = receiver.recv_timeout(LIMIT).unwrap();
    run(async move {
        client.write_all(b"3").await.unwrap();
        assert_eq!(read(&server, 2).await, b"23");
        assert!(server.read(&mut [0]).await.is_err());
    });
}
