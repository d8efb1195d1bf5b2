//! The program of async_io's documentation, with a server and a client for its code.

use std::net::SocketAddr;
use std::sync::Arc;

use asio::{AsyncMutex, Listener, RingBuffer, async_channel, async_spawn, connect, execution};

use crate::stage::within_limit;

async fn async_main() {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let (sender, receiver) = async_channel();
    let ring = Arc::new(RingBuffer::new(2));
    let served = Arc::new(AsyncMutex::new(0));
    let heard = Arc::clone(&ring);
    let counter = Arc::clone(&served);
    let server = async_spawn(async move {
        for _ in 0..3 {
            let stream = listener.accept().await.unwrap();
            let mut buffer = [0; 16];
            let count = stream.read(&mut buffer).await.unwrap();
            heard.send(buffer[..count].to_vec()).await;
            *counter.lock().await += 1;
        }
        sender.send("done").unwrap();
    });
    for i in 1_u8..=3 {
        let stream = connect(&address).unwrap();
        stream.write_all(&[i; 3]).await.unwrap();
        assert_eq!(ring.recv().await, [i; 3]);
    }
    assert_eq!(receiver.receive().await, Ok("done"));
    server.await;
    assert_eq!(*served.lock().await, 3);
}
fn main() {
    execution::runtime(async_main());
}

#[test]
fn it_runs() {
    within_limit(main);
}
