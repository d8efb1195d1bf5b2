//! A small HTTP server in the interface of async_io: tasks, streams, a channel, a lock and a ring,
//! with the time limits and signals of the runtime that they are on.
//!
//! Each connection is a task, which answers one request with how many there have been. It takes no
//! bodies and keeps no connection; `http_server` does.
//!
//! ```text
//! classic_http --port 8080
//! ```
//!
//! With `--self-test` it is its own clients, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to its user"
)]

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};
use std::thread;

use examples::arguments::Arguments;
use examples::fetch::fetch;
use examples::self_test;
use httparse::{EMPTY_HEADER, Request, Status};
use poll_async::classic::{
    AsyncMutex, AsyncReceiver, Listener, RingBuffer, Stream, async_channel, async_spawn, runtime,
};
use poll_async::select;
use poll_async::signal::Signals;
use poll_async::time::timeout;
use poll_os::Signal;

/// How many connections there are at once; the others wait in the system's queue.
const PLACES: usize = 1000;
/// The longest head of a request, and the most headers in it.
const LONGEST: usize = 8192;
const HEADERS: usize = 64;
/// How long a client may take from its connection to the end of its answer.
const LIMIT: Duration = Duration::from_secs(10);
/// Clients of the self-test at once.
const CLIENTS: usize = 32;

/// How often each thing happened, by its name.
type Tally = BTreeMap<&'static str, u64>;

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port: u16 = line.value("--port", if is_test { 0 } else { 8080 })?;
    line.finish()?;
    // Before there is a runtime: it is used first inside.
    let listener = Listener::bind(&format!("127.0.0.1:{port}"))?;
    let address = listener.local_addr()?;
    println!("http://{address}");
    let tally = match is_test {
        true => self_test::against(move || be_clients(address), || run(listener))?,
        false => run(listener)?,
    };
    for (what, count) in tally {
        println!("{count} × {what}");
    }
    Ok(())
}

/// Serves until it is told to stop, and then until the last client has its answer.
fn run(listener: Listener) -> io::Result<Tally> {
    // Tasks have no results here, so it comes another way.
    let (tell, told) = mpsc::channel();
    runtime(async move {
        // Refused by nobody: who waits for it is below.
        drop(tell.send(serve(listener).await));
    });
    told.recv().map_err(io::Error::other)?
}

async fn serve(mut listener: Listener) -> io::Result<Tally> {
    let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    let visits = Arc::new(AsyncMutex::new(0));
    let places = Arc::new(RingBuffer::new(PLACES));
    let (outcomes, seen) = async_channel();
    let (tell, told) = mpsc::channel();
    let counting = async_spawn(async move {
        drop(tell.send(count(&seen).await));
    });
    loop {
        // A place that was taken for nothing is lost with the loop.
        let next = async {
            places.send(()).await;
            listener.accept().await
        };
        let accepted = select! {
            accepted = next => accepted,
            signal = stop.recv() => {
                signal?;
                break;
            }
        };
        let stream = match accepted {
            Ok(stream) => stream,
            // Of one connection, or for want of descriptors: then the next attempt waits a while.
            Err(error) => {
                eprintln!("a connection is lost: {error}");
                places.recv().await;
                continue;
            }
        };
        let (visits, place, outcomes) = (visits.clone(), places.clone(), outcomes.clone());
        drop(async_spawn(async move {
            let outcome = match timeout(LIMIT, answer(&stream, &visits)).await {
                Ok(Ok(status)) => status,
                Ok(Err(_gone)) => "gone",
                Err(_elapsed) => "too slow",
            };
            // Refused by nobody: it is received until the last sender is gone.
            let _sent = outcomes.send(outcome).await;
            place.recv().await;
        }));
    }
    // Whoever comes now is told so, and does not wait in a queue that nobody looks at.
    drop(listener);
    // The tasks that still answer have the other senders.
    drop(outcomes);
    counting.await;
    told.recv().map_err(io::Error::other)
}

async fn count(outcomes: &AsyncReceiver<&'static str>) -> Tally {
    let mut tally = Tally::new();
    while let Ok(outcome) = outcomes.receive().await {
        *tally.entry(outcome).or_default() += 1;
    }
    tally
}

/// Answers one request, and says with which status.
async fn answer(stream: &Stream, visits: &AsyncMutex<u64>) -> io::Result<&'static str> {
    let status = read_head(stream).await?;
    let body = match status {
        "200 OK" => {
            let mut visits = visits.lock().await;
            *visits += 1;
            format!("visitor {}\n", *visits)
        }
        _ => format!("{status}\n"),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nAllow: GET\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(status)
}

/// Reads the head of a request: the status that it deserves.
async fn read_head(stream: &Stream) -> io::Result<&'static str> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while head.len() < LONGEST {
        match stream.read(&mut buffer).await? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&buffer[..count]),
        }
        let mut headers = [EMPTY_HEADER; HEADERS];
        let mut request = Request::new(&mut headers);
        match request.parse(&head) {
            Ok(Status::Partial) => {}
            Ok(Status::Complete(_)) if request.method == Some("GET") => return Ok("200 OK"),
            Ok(Status::Complete(_)) => return Ok("405 Method Not Allowed"),
            Err(httparse::Error::TooManyHeaders) => break,
            Err(_) => return Ok("400 Bad Request"),
        }
    }
    Ok("431 Request Header Fields Too Large")
}

/// Every client is another visitor, whoever else says nonsense meanwhile.
fn be_clients(address: SocketAddr) -> io::Result<()> {
    let visit = move || fetch(address, "/");
    let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(visit)).collect();
    let long = format!("GET /{}", "a".repeat(LONGEST - 5));
    for (said, status) in [
        ("nonsense\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\n\r\n", "405"),
        (&long, "431"),
        ("GET / HTTP", ""),
    ] {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(said.as_bytes())?;
        if status.is_empty() {
            continue;
        }
        let mut heard = String::new();
        stream.read_to_string(&mut heard)?;
        if !heard.starts_with(&format!("HTTP/1.1 {status} ")) {
            return Err(io::Error::new(ErrorKind::InvalidData, heard));
        }
    }
    let mut visitors = Vec::<usize>::new();
    for client in clients {
        let body = client.join().map_err(|_panic| ErrorKind::Other)??;
        let number = body.trim_start_matches("visitor ").trim_end().parse();
        visitors.push(number.map_err(io::Error::other)?);
    }
    visitors.sort_unstable();
    match visitors.into_iter().eq(1..=CLIENTS) {
        true => Ok(()),
        false => Err(io::Error::other("somebody was counted twice")),
    }
}
