//! A TCP proxy: whoever connects talks to another server, both ways at once. When one side has said
//! all, the other side is told, and may still answer.
//!
//! ```text
//! async_proxy --port 7000 --to 127.0.0.1:8080 --workers 2
//! ```
//!
//! With `--self-test` it is its own server and clients, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use examples::arguments::Arguments;
use examples::patient::Patient;
use examples::{descriptors, self_test, workers};
use poll_async::io::{AsyncReadExt, copy, copy_bidirectional};
use poll_async::net::{TcpListener, TcpStream, lookup_host};
use poll_async::runtime::{LocalRuntime, Runtime};
use poll_async::select;
use poll_async::signal::{Signal, Signals};
use poll_async::sync::{OwnedSemaphorePermit, Semaphore};
use poll_async::task::JoinSet;
use poll_async::time::timeout;

/// What the command line asks for.
#[derive(Clone, Debug)]
struct Options {
    /// The server, by address or by name.
    to: String,
    /// How many may be connected at the same time; others wait in the listener's queue.
    connections: usize,
    /// For the connection to the server.
    connect: Duration,
    /// Without a byte in either direction.
    idle: Duration,
    /// For what is connected when the proxy is told to stop.
    stop: Duration,
}

/// What was done so far.
#[derive(Debug, Default)]
struct Totals {
    connections: u64,
    ended: u64,
    there: u64,
    back: u64,
    failures: BTreeMap<String, u64>,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    let workers = line.value("--workers", 1)?;
    let to = line.value("--to", "127.0.0.1:8080".to_owned())?;
    let connections = line.value("--connections", 10_000)?;
    let mut limit = |name, default| line.value(name, default).map(Duration::from_millis);
    let mut options = Options {
        to,
        connections,
        connect: limit("--connect-ms", 3_000)?,
        idle: limit("--idle-ms", 300_000)?,
        stop: limit("--stop-ms", 5_000)?,
    };
    line.finish()?;
    // Each connection is two descriptors; the listener takes care of what comes beyond the limit.
    descriptors::make_all_room();

    let runtime = workers::runtime(workers)?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = runtime.block_on(async { TcpListener::bind_addr(address) })?;
    let address = listener.local_addr()?;
    if is_test {
        let server = std::net::TcpListener::bind("127.0.0.1:0")?;
        options.to = server.local_addr()?.to_string();
        println!("{address} to {} on {workers} workers", options.to);
        let client = move || LocalRuntime::new()?.block_on(be_both_sides(server, address));
        return self_test::against(client, || run(runtime, listener, options));
    }
    // Each connection asks anew; this one sees whether there is anything to ask for.
    if let Err(error) = runtime.block_on(lookup_host(options.to.as_str())) {
        let error = format!("--to {}: {error}", options.to);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
    }
    println!("{address} to {} on {workers} workers", options.to);
    run(runtime, listener, options)
}

/// Serves until it is told to stop, and then until all have ended or the time is over.
fn run(runtime: Runtime, listener: TcpListener, options: Options) -> io::Result<()> {
    let stop = options.stop;
    let totals = Arc::new(Mutex::new(Totals::default()));
    // As a task, so that it runs on a worker, beside the connections.
    let serving = runtime.spawn(serve(listener, Arc::new(options), Arc::clone(&totals)));
    runtime.block_on(serving)??;
    let left = lock(&totals).left();
    println!("no more connections, {left} are left");
    if let Err(error) = runtime.shutdown_graceful(stop) {
        eprintln!("async_proxy: {error}");
    }
    let totals = lock(&totals);
    let (connections, cut) = (totals.connections, totals.left());
    let (there, back) = (totals.there, totals.back);
    println!("{connections} connections, {there} bytes there, {back} back, {cut} cut");
    for (failure, count) in &totals.failures {
        println!("{count} failed: {failure}");
    }
    Ok(())
}

async fn serve(
    listener: TcpListener,
    options: Arc<Options>,
    totals: Arc<Mutex<Totals>>,
) -> io::Result<()> {
    // Dropped at the end of this function: a second signal ends the process, as by default.
    let signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    let seats = Arc::new(Semaphore::new(options.connections));
    loop {
        let accepted = select! {
            signal = signals.recv() => return signal.map(drop),
            accepted = accept(&listener, &seats) => accepted,
        };
        match accepted {
            Ok((client, seat)) => {
                lock(&totals).connections += 1;
                let (options, totals) = (Arc::clone(&options), Arc::clone(&totals));
                poll_async::spawn(async move {
                    let connected = connect(client, &options).await;
                    lock(&totals).end(connected);
                    drop(seat);
                });
            }
            // One that has gone again, or no room for it: accepting goes on when there is.
            Err(error) => lock(&totals).fail(&error),
        }
    }
}

/// The next client, once there is a seat for it.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let seat = Arc::clone(seats).acquire_owned().await;
    let seat = seat.map_err(io::Error::other)?;
    let (client, _address) = listener.accept().await?;
    Ok((client, seat))
}

/// One client and its connection to the server, to the end of both: how many bytes went there, and
/// how many back.
async fn connect(client: TcpStream, options: &Options) -> io::Result<(u64, u64)> {
    let server = TcpStream::connect_timeout(options.to.as_str(), options.connect).await?;
    // What comes is passed on at once.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut client = Patient::new(client, options.idle);
    let mut server = Patient::new(server, options.idle);
    copy_bidirectional(&mut client, &mut server).await
}

impl Totals {
    const fn left(&self) -> u64 {
        self.connections - self.ended
    }

    fn end(&mut self, connected: io::Result<(u64, u64)>) {
        self.ended += 1;
        match connected {
            Ok((there, back)) => {
                self.there += there;
                self.back += back;
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &io::Error) {
        *self.failures.entry(error.to_string()).or_default() += 1;
    }
}

fn lock(totals: &Mutex<Totals>) -> MutexGuard<'_, Totals> {
    totals.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long anything in the self-test may take.
const LONG: Duration = Duration::from_secs(20);

/// The server and the clients of the self-test.
async fn be_both_sides(server: std::net::TcpListener, proxy: SocketAddr) -> io::Result<()> {
    const CLIENTS: usize = 50;
    let server = TcpListener::from_std(server)?;
    let serving = poll_async::spawn(be_server(server));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(timeout(LONG, talk(proxy, number)));
    }
    while let Some(client) = clients.join_next().await {
        client???;
    }
    println!("{CLIENTS} clients had their own words back, and the last one after their end");

    serving.abort();
    // Ended, and so its listener closed.
    drop(serving.await);
    let mut refused = TcpStream::connect(proxy).await?;
    let end = timeout(LONG, refused.read_to_end(&mut Vec::new())).await?;
    assert!(!matches!(end, Ok(1..)), "an answer of nobody");
    println!("without a server, a client is sent away");
    Ok(())
}

/// Returns what it hears, and says good bye to those that have ended.
async fn be_server(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _proxy) = listener.accept().await?;
        poll_async::spawn(async move {
            copy(&stream, &stream).await?;
            stream.write_all(b"good bye").await
        });
    }
}

/// Says much, ends, and hears the same and the server's last word.
async fn talk(proxy: SocketAddr, number: usize) -> io::Result<()> {
    let stream = TcpStream::connect(proxy).await?;
    let words = format!("words of client {number}\n")
        .repeat(10_000)
        .into_bytes();
    let mut heard = Vec::new();
    poll_async::try_join!(
        async {
            stream.write_all(&words).await?;
            stream.shutdown(std::net::Shutdown::Write)
        },
        async { (&stream).read_to_end(&mut heard).await },
    )?;
    assert!(heard.strip_suffix(b"good bye") == Some(&words));
    Ok(())
}
