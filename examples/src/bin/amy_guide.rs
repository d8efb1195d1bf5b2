//! The program of amy's guide on poll-loop: one thread waits, another one registers and handles,
//! and a client drives them. Each wait finds exactly what the program expects.
//!
//! The numbers are the steps, the same in all three threads.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use poll_codec::{LineEnding, LineReader, ReadStop};
use poll_loop::{Interest, Notification, Notifications, Poller, Registrar, Trigger};

const LINE: &str = "Hello, World!\n";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let poller = Poller::new()?;
    let registrar = poller.registrar().clone();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;

    let (to_worker, notified) = channel();
    let (to_poller, worked) = channel();
    let (to_client, told) = channel();
    let from_worker = to_client.clone();
    let threads = [
        thread::spawn(move || work(&registrar, &notified, &listener, &from_worker, &to_poller)),
        thread::spawn(move || poll(poller, &to_worker, &worked, &to_client)),
        thread::spawn(move || be_client(address, &told)),
    ];
    for thread in threads {
        let ended = thread.join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    println!("a line went there and back through a poller and a worker");
    Ok(())
}

/// Forwards each notification to the worker.
fn poll(
    mut poller: Poller,
    worker: &Sender<Notification>,
    worked: &Receiver<()>,
    client: &Sender<()>,
) -> Result<()> {
    let mut notifications = Notifications::with_capacity(16);
    // 1 a connection, 2 its line, 3 room to answer.
    for (step, id) in [(1, 1), (2, 2), (3, 2)] {
        poller.wait(&mut notifications, Some(PATIENCE))?;
        let found: Vec<_> = notifications.iter().collect();
        assert_eq!(found.len(), 1, "in step {step}");
        assert_eq!(found[0].id.as_u64(), id);
        assert_eq!(found[0].ready().is_writable(), step == 3);
        send(worker, found[0])?;
        // So that each wait has one thing to find.
        receive(worked)?;
    }
    // 4 nothing more, until the client ends.
    poller.wait(&mut notifications, Some(Duration::from_millis(20)))?;
    assert!(notifications.is_empty());
    send(client, ())
}

/// Registers, and handles what the poller forwards.
fn work(
    registrar: &Registrar,
    notified: &Receiver<Notification>,
    listener: &TcpListener,
    client: &Sender<()>,
    poller: &Sender<()>,
) -> Result<()> {
    let listener_id = registrar.register(listener, Interest::READABLE, Trigger::Edge)?;

    // 1 a connection.
    assert_eq!(receive(notified)?.id, listener_id);
    let (mut socket, _) = listener.accept()?;
    socket.set_nonblocking(true)?;
    let id = registrar.register(&socket, Interest::READABLE, Trigger::Edge)?;
    let more = listener.accept();
    assert!(more.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    send(client, ())?;
    send(poller, ())?;

    // 2 its line.
    assert_eq!(receive(notified)?.id, id);
    let mut lines = LineReader::new(LineEnding::Lf, 1024);
    let received = lines.read_from(&mut socket)?;
    assert_eq!(
        (received.bytes, received.stop),
        (LINE.len(), ReadStop::WouldBlock)
    );
    let text = match lines.next_line() {
        Some(Ok(line)) => format!("{line}\n"),
        other => panic!("{other:?}"),
    };
    registrar.reregister(id, &socket, Interest::WRITABLE, Trigger::Edge)?;
    send(poller, ())?;

    // 3 room to answer.
    assert_eq!(receive(notified)?.id, id);
    socket.write_all(text.as_bytes())?;
    send(poller, ())?;

    // 4 nothing more: what was registered by borrow is deregistered before it is closed.
    registrar.deregister(id, &socket)?;
    registrar.deregister(listener_id, listener)
}

/// Sends a line and expects it back, on a socket that blocks.
fn be_client(address: SocketAddr, told: &Receiver<()>) -> Result<()> {
    // 1 connects.
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    receive(told)?;
    // 2 and 3 sends a line and reads it.
    socket.write_all(LINE.as_bytes())?;
    let mut echo = vec![0; LINE.len()];
    socket.read_exact(&mut echo)?;
    assert_eq!(echo, LINE.as_bytes());
    // 4 ends.
    receive(told)
}

fn send<T>(to: &Sender<T>, value: T) -> Result<()> {
    to.send(value).map_err(|_gone| ErrorKind::BrokenPipe.into())
}

fn receive<T>(from: &Receiver<T>) -> Result<T> {
    let received = from.recv_timeout(PATIENCE);
    received.map_err(|error| match error {
        RecvTimeoutError::Timeout => Error::from(ErrorKind::TimedOut),
        RecvTimeoutError::Disconnected => ErrorKind::BrokenPipe.into(),
    })
}
