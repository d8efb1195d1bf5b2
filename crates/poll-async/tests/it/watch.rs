//! A task that does not give its thread back holds up nothing else.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, mpsc};

use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::{Builder, Runtime};
use poll_async::{spawn, time};

/// Ends a test that would hang otherwise.
const LONG: Duration = Duration::from_secs(20);

fn two() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// Spins until it is told, or the value is dropped.
struct Spinner(Arc<AtomicBool>);

impl Spinner {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn spin(&self) -> impl FnOnce() + Clone + Send + use<> {
        let is_over = Arc::clone(&self.0);
        move || {
            while !is_over.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_timer_of_a_worker_that_spins_fires() {
    let runtime = two();
    let spinner = Spinner::new();
    let (sender, receiver) = mpsc::channel();
    let spin = spinner.spin();
    runtime.spawn(async move {
        // Set on this worker, by a task that is polled here.
        let start = time::Instant::now();
        spawn(async move {
            time::sleep(Duration::from_millis(5)).await;
            sender.send(start.elapsed()).unwrap();
        });
        time::sleep(Duration::from_micros(100)).await;
        spin();
    });
    let took = receiver.recv_timeout(LONG).unwrap();
    assert!(took >= Duration::from_millis(5));
}

#[test]
fn the_task_that_a_spinning_one_made_ready_runs() {
    let runtime = two();
    let spinner = Spinner::new();
    let (sender, receiver) = mpsc::channel();
    let spin = spinner.spin();
    runtime.spawn(async move {
        // To run next on this worker, which does not come to it.
        spawn(async move { sender.send(()).unwrap() });
        spin();
    });
    receiver.recv_timeout(LONG).unwrap();
}

#[test]
fn tasks_behind_a_spinning_one_run() {
    let runtime = two();
    let spinner = Spinner::new();
    let (sender, receiver) = mpsc::channel();
    let spin = spinner.spin();
    runtime.spawn(async move {
        for i in 0..100 {
            let sender = sender.clone();
            spawn(async move { sender.send(i).unwrap() });
        }
        spin();
    });
    let mut seen: Vec<i32> = (0..100)
        .map(|_| receiver.recv_timeout(LONG).unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn sockets_go_on_while_a_task_spins() {
    let runtime = two();
    let spinner = Spinner::new();
    let (sender, receiver) = mpsc::channel();
    let spin = spinner.spin();
    runtime.spawn(async move {
        let listener = TcpListener::bind_addr(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 64];
            loop {
                match stream.read(&mut buffer).await.unwrap() {
                    0 => break,
                    count => stream.write_all(&buffer[..count]).await.unwrap(),
                }
            }
        });
        let stream = TcpStream::connect_addr(address).await.unwrap();
        spawn(async move {
            let mut buffer = [0; 64];
            for round in 0..200_u32 {
                stream.write_all(&round.to_be_bytes()).await.unwrap();
                assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
                if round == 20 {
                    // From here on one of the workers is not there.
                    let spin = spin.clone();
                    spawn(async move { spin() });
                }
            }
            sender.send(()).unwrap();
        });
    });
    receiver.recv_timeout(LONG).unwrap();
}

#[test]
fn the_one_that_took_over_is_not_needed_later() {
    let runtime = two();
    let (sender, receiver) = mpsc::channel();
    for _ in 0..20 {
        let spinner = Spinner::new();
        let (spin, sender) = (spinner.spin(), sender.clone());
        runtime.spawn(async move { spin() });
        runtime.spawn(async move {
            time::sleep(Duration::from_millis(1)).await;
            sender.send(()).unwrap();
        });
        receiver.recv_timeout(LONG).unwrap();
        drop(spinner);
        // Both are free again: one more round that needs no spinning.
        runtime.block_on(async {
            spawn(time::sleep(Duration::from_micros(200)))
                .await
                .unwrap();
        });
    }
}

#[test]
fn blocking_in_place_leaves_the_worker_to_others() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let value = runtime.block_on(async {
        let two = Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        let waits = two.spawn(async move {
            let other = spawn(async move { sender.send(7).unwrap() });
            let value = poll_async::block_in_place(|| receiver.recv_timeout(LONG).unwrap());
            other.await.unwrap();
            value
        });
        let value = waits.await.unwrap();
        two.shutdown_background();
        value
    });
    assert_eq!(value, 7);
}
