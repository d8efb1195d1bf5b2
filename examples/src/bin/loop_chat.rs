//! A line chat: what a client says, all others hear, and itself too, as an echo.
//!
//! One thread waits and forwards; a pool of workers accepts, reads, speaks and registers. Every
//! source is registered for one notification, so that one worker has it: who has finished with it
//! registers it anew.
//!
//! ```text
//! loop_chat --port 7000 --workers 4
//! ```
//!
//! With `--self-test` it is its own clients, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{panic, thread};

use examples::arguments::Arguments;
use examples::self_test;
use poll_codec::{LineEnding, LineReader, ReadStop};
use poll_loop::{Id, Interest, Notification, Notifications, Poller, Registrar, Signal, Trigger};

/// The longest line.
const LINE: usize = 1024;
/// What a client may leave unread before it is shown the door.
const UNREAD: usize = 64 * 1024;

/// A client: workers share it, each part behind a lock of its own.
struct Client {
    stream: TcpStream,
    lines: Mutex<LineReader>,
    unsent: Mutex<Vec<u8>>,
}

/// What the workers share.
struct Room {
    registrar: Registrar,
    listener: TcpListener,
    listener_id: Id,
    clients: Mutex<HashMap<Id, Arc<Client>>>,
}

fn main() -> Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    let workers = line.value("--workers", 4)?;
    line.finish()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!("chat on {address}, {workers} workers");
    if is_test {
        return self_test::against(move || be_clients(address), || serve(listener, workers));
    }
    serve(listener, workers)
}

fn serve(listener: TcpListener, workers: usize) -> Result<()> {
    let mut poller = Poller::new()?;
    let registrar = poller.registrar().clone();
    let stop = registrar.signals([Signal::TERMINATE, Signal::INTERRUPT])?;
    listener.set_nonblocking(true)?;
    let listener_id = registrar.register(&listener, Interest::READABLE, Trigger::Oneshot)?;
    let room = Arc::new(Room {
        registrar,
        listener,
        listener_id,
        clients: Mutex::default(),
    });
    let (to_workers, notified) = channel();
    let notified = Arc::new(Mutex::new(notified));
    let pool: Vec<_> = (0..workers.max(1))
        .map(|_| {
            let (room, notified) = (Arc::clone(&room), Arc::clone(&notified));
            thread::spawn(move || room.work(&notified))
        })
        .collect();
    let waited = wait(&mut poller, stop.id(), &to_workers);
    // Without a sender the workers end.
    drop(to_workers);
    for worker in pool {
        let ended = worker.join();
        ended.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
    }
    waited
}

/// Forwards what is notified, until a signal comes.
fn wait(poller: &mut Poller, stop: Id, workers: &Sender<Notification>) -> Result<()> {
    let mut notifications = Notifications::with_capacity(256);
    loop {
        poller.wait(&mut notifications, None)?;
        for notification in &notifications {
            if notification.id == stop || workers.send(notification).is_err() {
                return Ok(());
            }
        }
    }
}

impl Room {
    fn work(&self, notified: &Mutex<Receiver<Notification>>) -> Result<()> {
        loop {
            let next = lock(notified).recv();
            let Ok(notification) = next else {
                return Ok(());
            };
            if notification.id == self.listener_id {
                self.accept()?;
                continue;
            }
            // Who left in the meantime has no notifications any more, but for this copy.
            let client = lock(&self.clients).get(&notification.id).cloned();
            if let Some(client) = client
                && self.serve(notification.id, &client).is_err()
            {
                self.leave(notification.id);
            }
        }
    }

    fn accept(&self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.enter(stream)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // A client that has left again, or no descriptor for it: the next notification.
                Err(_) => break,
            }
        }
        let (interest, trigger) = (Interest::READABLE, Trigger::Oneshot);
        self.registrar
            .reregister(self.listener_id, &self.listener, interest, trigger)
    }

    fn enter(&self, stream: TcpStream) -> Result<()> {
        stream.set_nonblocking(true)?;
        let client = Client {
            stream,
            lines: Mutex::new(LineReader::new(LineEnding::LfOrCrLf, LINE)),
            unsent: Mutex::default(),
        };
        // Under the lock, since the first notification may overtake the id.
        let mut clients = lock(&self.clients);
        let (interest, trigger) = (Interest::READABLE, Trigger::Oneshot);
        let id = self.registrar.register(&client.stream, interest, trigger)?;
        clients.insert(id, Arc::new(client));
        Ok(())
    }

    fn leave(&self, id: Id) {
        if let Some(client) = lock(&self.clients).remove(&id) {
            // Other workers may hold the stream for a moment: nothing of it comes any more.
            self.registrar.deregister(id, &client.stream).unwrap_or(());
        }
    }

    /// Hears a client and lets all others hear it.
    fn serve(&self, id: Id, client: &Client) -> Result<()> {
        client.flush()?;
        let mut said = Vec::new();
        // Held until all have heard it, so that what one client says stays in order: who lets it
        // hear something registers it anew, and another worker may come for its next lines.
        let mut lines = lock(&client.lines);
        let mut stream = &client.stream;
        let stop = lines.read_from(&mut stream)?.stop;
        while let Some(line) = lines.next_line_bytes() {
            let line = line.map_err(|error| io::Error::other(error.to_string()))?;
            said.extend_from_slice(line);
            said.push(b'\n');
        }
        if !said.is_empty() {
            self.say(&said);
        }
        drop(lines);
        if stop == ReadStop::End {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.expect(id, client)
    }

    fn say(&self, said: &[u8]) {
        let everybody: Vec<_> = lock(&self.clients)
            .iter()
            .map(|(id, client)| (*id, Arc::clone(client)))
            .collect();
        for (id, client) in everybody {
            if client
                .hear(said)
                .and_then(|()| self.expect(id, &client))
                .is_err()
            {
                self.leave(id);
            }
        }
    }

    /// Registers a client anew, which reports at once what has come meanwhile.
    fn expect(&self, id: Id, client: &Client) -> Result<()> {
        let unsent = lock(&client.unsent);
        let interest = if unsent.is_empty() {
            Interest::READABLE
        } else {
            Interest::READABLE.add(Interest::WRITABLE)
        };
        self.registrar
            .reregister(id, &client.stream, interest, Trigger::Oneshot)
    }
}

impl Client {
    fn hear(&self, said: &[u8]) -> Result<()> {
        let mut unsent = lock(&self.unsent);
        unsent.extend_from_slice(said);
        if unsent.len() > UNREAD {
            return Err(ErrorKind::OutOfMemory.into());
        }
        drop(unsent);
        self.flush()
    }

    fn flush(&self) -> Result<()> {
        let mut unsent = lock(&self.unsent);
        while !unsent.is_empty() {
            match (&self.stream).write(&unsent) {
                Ok(sent) => drop(unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Several clients that each say some lines, and hear every line of everybody.
fn be_clients(address: SocketAddr) -> Result<()> {
    const CLIENTS: usize = 8;
    const LINES: usize = 50;
    let streams: Vec<_> = (0..CLIENTS)
        .map(|_| TcpStream::connect(address))
        .collect::<Result<_>>()?;
    // All are in the room once each has heard its own greeting and those after it.
    let mut readers = Vec::new();
    for (number, stream) in streams.iter().enumerate() {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        (&*stream).write_all(format!("hello of {number}\n").as_bytes())?;
        let mut reader = BufReader::new(stream.try_clone()?);
        while next_line(&mut reader)? != format!("hello of {number}\n") {}
        readers.push(reader);
    }
    let talk = streams.into_iter().enumerate().map(|(number, stream)| {
        thread::spawn(move || -> Result<()> {
            for line in 0..LINES {
                (&stream).write_all(format!("{number} says {line}\n").as_bytes())?;
            }
            Ok(())
        })
    });
    let talk: Vec<_> = talk.collect();
    for reader in &mut readers {
        let mut next = [0; CLIENTS];
        while next.iter().sum::<usize>() < CLIENTS * LINES {
            let line = next_line(reader)?;
            if let Some((number, said)) = line.trim_end().split_once(" says ") {
                let number: usize = number.parse().unwrap_or(CLIENTS);
                assert_eq!(said, next[number].to_string(), "of {number}");
                next[number] += 1;
            }
        }
    }
    for talker in talk {
        let ended = talker.join();
        ended.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
    }
    println!("{CLIENTS} clients heard {} lines each", CLIENTS * LINES);
    Ok(())
}

fn next_line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}
