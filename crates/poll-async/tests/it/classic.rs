//! The interface of async_io, by its own names.

use core::future::Future;
use core::net::SocketAddr;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, SendError, TryRecvError};

use poll_async::classic::{
    AsyncGuard, AsyncMutex, AsyncReceiver, AsyncSender, JoinFuture, Listener, RingBuffer, Stream,
    async_channel, async_spawn, connect, runtime,
};
use poll_async::time::sleep;

/// Each function with the type that the interface gives it; it has only to compile.
#[expect(dead_code, reason = "it has only to compile")]
async fn signatures(stream: &Stream, listener: &mut Listener) {
    let _given: fn(&SocketAddr) -> Result<Stream, io::Error> = connect;
    let _given: fn(&str) -> io::Result<Listener> = Listener::bind;
    let _given: Result<Stream, io::Error> = listener.accept().await;
    let _given: Result<usize, io::Error> = stream.read(&mut [0]).await;
    let _given: Result<usize, io::Error> = stream.write(&[0]).await;
    let _given: Result<(), io::Error> = stream.write_all(&[0]).await;
    let _given: fn() -> (AsyncSender<u8>, AsyncReceiver<u8>) = async_channel::<u8>;
    let (sender, receiver) = async_channel::<u8>();
    let _given: Result<(), SendError<u8>> = sender.send(1).await;
    let _given: Result<u8, RecvError> = receiver.receive().await;
    let _given: Result<u8, TryRecvError> = receiver.try_receive();
    let _given: fn(u8) -> AsyncMutex<u8> = AsyncMutex::new;
    let mutex = AsyncMutex::new(0_u8);
    let mut guard: AsyncGuard<'_, u8> = mutex.lock().await;
    *guard += *guard;
    let ring: RingBuffer<u8> = RingBuffer::new(1);
    let (): () = ring.send(1).await;
    let _given: u8 = ring.recv().await;
    let _given: JoinFuture = async_spawn(async {});
}

/// Runs `main`, which has to come to its end.
fn run<F: Future<Output = ()> + Send + 'static>(main: impl FnOnce(Arc<AtomicUsize>) -> F) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    runtime(main(Arc::clone(&count)));
    count.load(Ordering::SeqCst)
}

#[test]
fn the_runtime_returns_when_the_last_task_has_ended() {
    let ended = run(|count| async move {
        for i in 0..10 {
            let count = Arc::clone(&count);
            drop(async_spawn(async move {
                let inner = async_spawn(async move {
                    sleep(Duration::from_millis(i)).await;
                    count.fetch_add(1, Ordering::SeqCst);
                });
                drop(inner);
            }));
        }
    });
    assert_eq!(ended, 10);
}

#[test]
fn any_task_waits_for_the_end_of_any() {
    let seen = run(|count| async move {
        let inner = Arc::clone(&count);
        let join = async_spawn(async move {
            sleep(Duration::from_millis(5)).await;
            inner.store(1, Ordering::SeqCst);
        });
        async_spawn(async move {
            join.await;
            assert_eq!(count.swap(2, Ordering::SeqCst), 1);
        })
        .await;
    });
    assert_eq!(seen, 2);
}

#[test]
fn a_panic_ends_its_task_and_those_that_wait_for_it() {
    let others = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&others);
    let failed = catch_unwind(AssertUnwindSafe(|| {
        runtime(async move {
            drop(async_spawn(async move {
                sleep(Duration::from_millis(1)).await;
                count.fetch_add(1, Ordering::SeqCst);
            }));
            async_spawn(async { panic!("seven") }).await;
        });
    }));
    assert_eq!(others.load(Ordering::SeqCst), 1);
    assert_eq!(*failed.unwrap_err().downcast::<&str>().unwrap(), "seven");
}

#[test]
fn a_stream_that_is_not_connected_yet_carries_all() {
    const SIZE: usize = 20 << 20;
    let received = run(|count| async move {
        let mut listener = Listener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stream = connect(&address).unwrap();
        let writer = async_spawn(async move {
            stream.write_all(&vec![7; SIZE]).await.unwrap();
        });
        let stream = listener.accept().await.unwrap();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match stream.read(&mut buffer).await.unwrap() {
                0 => break,
                read => count.fetch_add(read, Ordering::SeqCst),
            };
        }
        writer.await;
    });
    assert_eq!(received, SIZE);
}

#[test]
fn errors_of_addresses_and_connections_are_told() {
    run(|_count| async {
        let wrong = Listener::bind("no address").unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
        let nobody = connect(&SocketAddr::from(([127, 0, 0, 1], 1))).unwrap();
        let refused = nobody.read(&mut [0]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        // It is told once; what comes after it has an end too.
        drop(nobody.write(&[0]).await);
    });
    let outside = connect(&SocketAddr::from(([127, 0, 0, 1], 1)));
    assert!(outside.is_err());
}

#[test]
fn a_channel_tells_empty_from_over_on_both_ends() {
    run(|_count| async {
        let (sender, receiver) = async_channel();
        assert_eq!(receiver.try_receive(), Err(TryRecvError::Empty));
        let other = sender.clone();
        let task = async_spawn(async move { other.send(1).await.unwrap() });
        assert_eq!(receiver.receive().await, Ok(1));
        task.await;
        sender.send(2).await.unwrap();
        drop(sender);
        assert_eq!(receiver.try_receive(), Ok(2));
        assert_eq!(receiver.try_receive(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.receive().await, Err(RecvError));
        let (sender, receiver) = async_channel();
        drop(receiver);
        assert_eq!(sender.send(3).await, Err(SendError(3)));
    });
}

#[test]
fn a_ring_holds_its_bound_and_makes_wait_beyond_it() {
    let sent = run(|count| async move {
        let ring = Arc::new(RingBuffer::new(3));
        let sender = Arc::clone(&ring);
        let filled = Arc::clone(&count);
        let task = async_spawn(async move {
            for i in 0..10 {
                sender.send(i).await;
                filled.fetch_add(1, Ordering::SeqCst);
            }
        });
        sleep(Duration::from_millis(20)).await;
        assert!(count.load(Ordering::SeqCst) <= 3);
        for i in 0..10 {
            assert_eq!(ring.recv().await, i);
        }
        task.await;
    });
    assert_eq!(sent, 10);
}

#[test]
fn a_guard_that_waits_keeps_others_out() {
    let sum = run(|count| async move {
        let mutex = Arc::new(AsyncMutex::new(0));
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let mutex = Arc::clone(&mutex);
                async_spawn(async move {
                    let mut guard = mutex.lock().await;
                    let before = *guard;
                    sleep(Duration::from_micros(200)).await;
                    *guard = before + 1;
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
        count.store(*mutex.lock().await, Ordering::SeqCst);
    });
    assert_eq!(sum, 10);
}
