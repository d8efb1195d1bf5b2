//! A runtime as a guest in a foreign loop.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use core::cell::Cell;
use core::future::pending;
use core::task::Poll;
use core::time::Duration;
use std::rc::Rc;
use std::sync::mpsc;
use std::{io, thread};

use poll_api::{Interest, Token, Trigger};
use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::{Builder, LocalRuntime};
use poll_async::sync::oneshot;
use poll_async::time::{self, Instant};
use poll_async::{spawn, spawn_local};

const LONG: Duration = Duration::from_secs(20);

/// A foreign loop: a poller of its own, that sleeps on the guest's descriptor.
struct Host {
    poller: poll_os::Poll,
    events: poll_os::Events,
}

impl Host {
    fn of(guest: &LocalRuntime) -> Self {
        let poller = poll_os::Poll::new().unwrap();
        let registry = poller.registry();
        registry
            .register(guest, Token(1), Interest::READABLE, Trigger::Level)
            .unwrap();
        let events = poll_os::Events::with_capacity(8);
        Self { poller, events }
    }

    /// Sleeps until the guest has something to do, and has it done: whether the descriptor told.
    fn turn(&mut self, guest: &LocalRuntime) -> bool {
        let now = Instant::now();
        let deadline = guest.next_deadline();
        let timeout = deadline.map_or(LONG, |deadline| deadline.duration_since(now));
        self.poller.wait(&mut self.events, Some(timeout)).unwrap();
        let told = !self.events.is_empty();
        assert!(told || deadline.is_some(), "the guest was forgotten");
        guest.poll_once(Some(Duration::ZERO)).unwrap();
        told
    }
}

#[test]
fn a_host_sleeps_until_the_next_timer() {
    let guest = LocalRuntime::new().unwrap();
    let mut host = Host::of(&guest);
    let start = Instant::now();
    let task = guest.spawn_local(async {
        for _ in 0..5 {
            time::sleep(Duration::from_millis(2)).await;
        }
    });
    let mut turns = 0;
    while !task.is_finished() {
        host.turn(&guest);
        turns += 1;
    }
    assert!(start.elapsed() >= Duration::from_millis(10));
    assert!(turns < 50, "{turns} turns for five timers");
}

#[test]
fn a_task_that_another_thread_makes_ready_makes_the_descriptor_readable() {
    let guest = LocalRuntime::new().unwrap();
    let mut host = Host::of(&guest);
    let handle = guest.handle().clone();
    // So that nothing is left to do.
    while guest.poll_once(Some(Duration::ZERO)).unwrap().is_ready {}
    assert_eq!(guest.next_deadline(), None);
    let (sender, receiver) = mpsc::channel();
    let other = thread::spawn(move || {
        for i in 0..100 {
            let (done, is_done) = mpsc::channel();
            let sender = sender.clone();
            handle.spawn(async move {
                sender.send(i).unwrap();
                done.send(()).unwrap();
            });
            is_done.recv_timeout(LONG).unwrap();
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 100 {
        host.turn(&guest);
        seen.extend(receiver.try_iter());
    }
    other.join().unwrap();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn what_a_guest_was_blocked_on_does_not_make_it_deaf() {
    let guest = LocalRuntime::new().unwrap();
    let mut host = Host::of(&guest);
    let handle = guest.handle().clone();
    for _ in 0..20 {
        let (sender, receiver) = oneshot::channel();
        let (go, is_left) = mpsc::channel::<()>();
        let handle = handle.clone();
        let other = thread::spawn(move || {
            sender.send(()).unwrap();
            is_left.recv_timeout(LONG).unwrap();
            drop(handle.spawn(async {}));
        });
        guest.block_on(receiver).unwrap();
        assert_eq!(guest.next_deadline(), None);
        go.send(()).unwrap();
        host.turn(&guest);
        other.join().unwrap();
    }
}

#[test]
fn sockets_of_a_guest_make_its_descriptor_readable() {
    let guest = LocalRuntime::new().unwrap();
    let mut host = Host::of(&guest);
    let done = Rc::new(Cell::new(0));
    let seen = Rc::clone(&done);
    guest.spawn_local(async move {
        let listener = TcpListener::bind_addr(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 8];
            while let Ok(1..) = stream.read(&mut buffer).await {
                stream.write_all(b"pong").await.unwrap();
            }
        });
        let stream = TcpStream::connect_addr(address).await.unwrap();
        let mut buffer = [0; 8];
        for _ in 0..10 {
            stream.write_all(b"ping").await.unwrap();
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
            seen.set(seen.get() + 1);
        }
    });
    while done.get() < 10 {
        host.turn(&guest);
    }
}

#[test]
fn the_deadline_is_over_while_tasks_are_ready() {
    let guest = LocalRuntime::new().unwrap();
    assert_eq!(guest.next_deadline(), None);
    guest.spawn_local(async {});
    let deadline = guest.next_deadline().unwrap();
    assert!(deadline <= Instant::now());
    let progress = guest.poll_once(None).unwrap();
    assert_eq!((progress.polled, progress.is_ready), (1, false));
    assert_eq!(guest.next_deadline(), None);
}

#[test]
fn a_runtime_of_one_thread_is_driven_by_turns_too() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let task = runtime.spawn(async { spawn(async { 5 }).await.unwrap() });
    while !task.is_finished() {
        runtime.poll_once(Some(LONG)).unwrap();
    }
    assert_eq!(runtime.block_on(task).unwrap(), 5);
    let several = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let refused = several.poll_once(None).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
}

#[test]
fn a_task_cannot_drive_its_own_runtime() {
    let runtime = Rc::new(LocalRuntime::new().unwrap());
    let inner = Rc::clone(&runtime);
    let refused = runtime.block_on(async move { inner.poll_once(None).unwrap_err().kind() });
    assert_eq!(refused, io::ErrorKind::ResourceBusy);
}

#[test]
fn a_waker_that_outlives_a_local_runtime_does_nothing() {
    struct Told(mpsc::Sender<thread::ThreadId>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }
    let (sender, dropped) = mpsc::channel();
    let (send_waker, wakers) = mpsc::channel();
    let guest = LocalRuntime::new().unwrap();
    let told = Told(sender);
    guest.spawn_local(async move {
        let _told = told;
        core::future::poll_fn(|context| {
            send_waker.send(context.waker().clone()).unwrap();
            Poll::<()>::Pending
        })
        .await;
        pending::<()>().await;
    });
    guest.poll_once(Some(Duration::ZERO)).unwrap();
    let waker = wakers.recv_timeout(LONG).unwrap();
    drop(guest);
    assert_eq!(dropped.try_recv(), Ok(thread::current().id()));
    let other = thread::spawn(move || {
        waker.wake_by_ref();
        drop(waker);
    });
    other.join().unwrap();
    assert!(dropped.try_recv().is_err());
}
