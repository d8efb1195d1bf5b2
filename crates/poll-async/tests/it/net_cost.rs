//! What sockets cost in system calls, counted in a process of its own, because the count is the
//! process's.

use poll_async::runtime::Builder;
use poll_async::spawn;

use crate::stage::{alone, tcp_pair};

fn waits() -> u64 {
    poll_os::system_calls()
}

fn transfers() -> u64 {
    poll_net::system_calls()
}

#[test]
fn an_echo_is_a_read_a_write_and_a_wait() {
    alone(
        "net_cost::an_echo_is_a_read_a_write_and_a_wait",
        None,
        || {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                const ROUNDS: u64 = 100;
                let (client, server) = tcp_pair().await;
                let echo = spawn(async move {
                    let mut buffer = [0; 64];
                    while let count @ 1.. = server.read(&mut buffer).await.unwrap() {
                        server.write_all(&buffer[..count]).await.unwrap();
                    }
                });
                let mut buffer = [0; 64];
                let mut round = async || {
                    client.write_all(b"hello").await.unwrap();
                    assert_eq!(client.read(&mut buffer).await.unwrap(), 5);
                };
                // Until both have found out that they have to wait.
                round().await;
                let before = (transfers(), waits());
                for _ in 0..ROUNDS {
                    round().await;
                }
                let after = (transfers(), waits());
                // A write and a read for each side, and nothing that would have blocked.
                assert_eq!(after.0 - before.0, 4 * ROUNDS);
                // One wait for each side, and now and then a look between tasks.
                let waited = after.1 - before.1;
                assert!(waited <= 2 * ROUNDS + ROUNDS / 10, "{waited} waits");
                drop(client);
                echo.await.unwrap();
            });
        },
    );
}

#[test]
fn a_socket_is_registered_with_one_call() {
    alone(
        "net_cost::a_socket_is_registered_with_one_call",
        None,
        || {
            let runtime = Builder::new_current_thread().build().unwrap();
            let _entered = runtime.enter();
            let (a, _b) = poll_net::UnixStream::pair().unwrap();
            let before = waits();
            let stream = poll_async::net::UnixStream::from_net(a).unwrap();
            assert_eq!(waits() - before, 1);
            drop(stream);
            assert_eq!(waits() - before, 2);
        },
    );
}
