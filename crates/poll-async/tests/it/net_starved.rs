//! A server that has no descriptors left.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::fs::File;
use std::sync::Arc;

use poll_async::net::TcpListener;
use poll_async::runtime::Handle;
use poll_async::spawn;
use poll_async::time::sleep;

use crate::stage::{ANY_PORT, alone, each};

#[test]
fn a_server_without_descriptors_neither_spins_nor_forgets_its_clients() {
    let name = "net_starved::a_server_without_descriptors_neither_spins_nor_forgets_its_clients";
    alone(name, Some(64), || {
        each(|| starve_and_recover(false));
        each(|| starve_and_recover(true));
    });
}

/// A server whose accept fails for want of descriptors, until there are some again; it accepts with
/// the poll function or as a future.
async fn starve_and_recover(by_polling: bool) {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    let clients: Vec<_> = (0..5)
        .map(|_| poll_net::TcpStream::connect(address).unwrap())
        .collect();
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    assert!(!hoard.is_empty());
    let failures = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&failures);
    let server = spawn(async move {
        let mut accepted = Vec::new();
        while accepted.len() < 5 {
            let result = match by_polling {
                false => listener.accept().await,
                true => {
                    let accept =
                        |context: &mut core::task::Context<'_>| listener.poll_accept(context);
                    core::future::poll_fn(accept).await
                }
            };
            match result {
                Ok(connection) => accepted.push(connection),
                Err(_exhausted) => {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    });
    let polls = || Handle::current().metrics().polls;
    let before = polls();
    sleep(Duration::from_millis(400)).await;
    // A pause is slept, and not spent in asking.
    assert!(polls() - before < 50, "{} polls", polls() - before);
    let seen = failures.load(Ordering::SeqCst);
    // After 0, 50, 150 and 350 ms, each pause up to an eighth longer, and more of them if this
    // thread was kept from its sleep's end; without pauses it would be thousands.
    assert!((2..50).contains(&seen), "{seen} failures");
    drop(hoard);
    // Without any new client.
    server.await.unwrap();
    drop(clients);
}
