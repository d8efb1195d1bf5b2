//! The interface of async_io, by its own names.

use core::future::Future;
use core::net::SocketAddr;
use core::panic::AssertUnwindSafe;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io::ErrorKind;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, SendError, TryRecvError};
use std::thread::spawn;

use poll_async::classic::{
    AsyncMutex, Listener, RingBuffer, async_channel, async_spawn, connect, runtime,
};
use poll_async::time::sleep;

use crate::stage::within_limit;

/// Runs `main`, which has to come to its end in time; how much it has counted.
fn run<F: Future<Output = ()> + Send + 'static>(
    main: impl FnOnce(Arc<AtomicUsize>) -> F + Send + 'static,
) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    within_limit(move || runtime(main(count)));
    counted.load(Ordering::SeqCst)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
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
}

#[test]
fn sockets_that_were_made_before_the_runtime_are_used_in_it() {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = connect(&address).unwrap();
    // Outside is an error, and nothing is lost by it.
    assert!(matches!(
        poll_once(pin!(client.write(&[1]))),
        Poll::Ready(Err(_))
    ));
    assert!(matches!(
        poll_once(pin!(listener.accept())),
        Poll::Ready(Err(_))
    ));
    let heard = run(move |count| async move {
        let server = listener.accept().await.unwrap();
        assert_eq!(listener.local_addr().unwrap(), address);
        let speaker = async_spawn(async move {
            client.write_all(b"hello").await.unwrap();
        });
        let mut buffer = [0; 16];
        loop {
            match server.read(&mut buffer).await.unwrap() {
                0 => break,
                read => count.fetch_add(read, Ordering::SeqCst),
            };
        }
        speaker.await;
    });
    assert_eq!(heard, 5);
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
        assert_eq!(sender.send_now(4), Err(SendError(4)));
    });
    let (sender, receiver) = async_channel();
    // From no task, to one that waits.
    let thread = spawn(move || sender.send_now(5));
    run(|_count| async move { assert_eq!(receiver.receive().await, Ok(5)) });
    assert_eq!(thread.join().unwrap(), Ok(()));
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
