//! A server that stops in order: a signal ends the accepting, then all connections are told, those
//! in the middle of a job have until a deadline, and what is left then is cut and named.
//!
//! A job is a line with a number: so many milliseconds of work. To try: `nc 127.0.0.1 7000`.
//!
//! ```text
//! graceful_shutdown --port 7000 --workers 2 --stop-ms 5000
//! ```
//!
//! With `--self-test` it starts itself, and stops that.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use examples::arguments::Arguments;
use examples::next_line::next_line;
use examples::server_process::ServerProcess;
use examples::{descriptors, receive, workers};
use poll_async::io::BufReader;
use poll_async::net::{TcpListener, TcpStream};
use poll_async::select;
use poll_async::signal::{Signal, Signals};
use poll_async::sync::CancellationToken;
use poll_async::task::{Id, JoinError, JoinSet};
use poll_async::time::{Instant, sleep, sleep_until};

/// The longest line, in bytes.
const LINE: usize = 64;

/// A connection, as others see it.
#[derive(Debug)]
struct Client {
    peer: SocketAddr,
    /// What it works on, in milliseconds; zero between two jobs.
    job: AtomicU64,
}

/// The connections.
#[derive(Default)]
struct Clients {
    tasks: JoinSet<io::Result<u64>>,
    known: HashMap<Id, Arc<Client>>,
    came: u64,
    jobs: u64,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("graceful_shutdown: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", 7000)?;
    let workers = line.value("--workers", 1)?;
    let stop = Duration::from_millis(line.value("--stop-ms", 5_000)?);
    line.finish()?;
    if is_test {
        return test_oneself(workers);
    }
    descriptors::make_all_room();
    let runtime = workers::runtime(workers)?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    // As a task, so that it runs on a worker, beside the connections.
    runtime.block_on(runtime.spawn(serve(address, stop)))?
}

async fn serve(address: SocketAddr, limit: Duration) -> io::Result<()> {
    let signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    let listener = TcpListener::bind_addr(address)?;
    println!("jobs on {}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let mut clients = Clients::default();
    loop {
        select! {
            signal = signals.recv() => {
                signal?;
                break;
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => clients.add(stream, peer, stop.clone()),
                Err(error) => eprintln!("graceful_shutdown: accept: {error}"),
            },
            // One that has ended is forgotten at once, not at the end of the program.
            Some((id, ended)) = clients.tasks.join_next_with_id() => clients.end(id, ended),
        }
    }
    // Who comes now is refused by the system, and can go to another server.
    drop(listener);
    let (left, limit_ms) = (clients.tasks.len(), limit.as_millis());
    println!("stopping: {left} connections have {limit_ms} ms");
    stop.cancel();
    let deadline = Instant::now() + limit;
    loop {
        select! {
            next = clients.tasks.join_next_with_id() => match next {
                Some((id, ended)) => clients.end(id, ended),
                None => break,
            },
            () = sleep_until(deadline) => break,
            // Whoever asks twice does not want to wait.
            _ = signals.recv() => break,
        }
    }
    let cut = clients.cut().await;
    let Clients { came, jobs, .. } = clients;
    println!("{came} connections, {jobs} jobs done, {cut} cut");
    Ok(())
}

impl Clients {
    fn add(&mut self, stream: TcpStream, peer: SocketAddr, stop: CancellationToken) {
        let job = AtomicU64::new(0);
        let client = Arc::new(Client { peer, job });
        let task = self.tasks.spawn(work(stream, Arc::clone(&client), stop));
        self.known.insert(task.id(), client);
        self.came += 1;
    }

    fn end(&mut self, id: Id, ended: Result<io::Result<u64>, JoinError>) {
        let client = self.known.remove(&id);
        match ended {
            Ok(Ok(jobs)) => self.jobs += jobs,
            // A client that went away, or a defect of ours, which ends that client alone.
            Ok(Err(error)) => eprintln!("{}: {error}", Named(client.as_deref())),
            Err(error) => eprintln!("{}: {error}", Named(client.as_deref())),
        }
    }

    /// Ends those that are left, and says which: how many.
    async fn cut(&mut self) -> usize {
        self.tasks.abort_all();
        let mut cut = 0;
        while let Some((id, ended)) = self.tasks.join_next_with_id().await {
            if ended.as_ref().is_err_and(JoinError::is_cancelled) {
                println!("cut: {}", Named(self.known.remove(&id).as_deref()));
                cut += 1;
            } else {
                self.end(id, ended);
            }
        }
        cut
    }
}

/// The jobs of one client, until it has no more or is told to stop between two: how many.
async fn work(stream: TcpStream, client: Arc<Client>, stop: CancellationToken) -> io::Result<u64> {
    let mut input = BufReader::new(&stream);
    let mut jobs = 0;
    // What has begun is not given up: only the wait for the next line is.
    while let Some(line) = stop.run_until_cancelled(next_line(&mut input, LINE)).await {
        let Some(line) = line? else {
            return Ok(jobs);
        };
        let Ok(millis) = line.parse() else {
            stream.write_all(b"how many milliseconds?\n").await?;
            continue;
        };
        client.job.store(millis, Relaxed);
        stream.write_all(b"begun\n").await?;
        sleep(Duration::from_millis(millis)).await;
        stream.write_all(b"done\n").await?;
        client.job.store(0, Relaxed);
        jobs += 1;
    }
    stream.write_all(b"good bye\n").await?;
    Ok(jobs)
}

/// A client in a message.
struct Named<'a>(Option<&'a Client>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Client { peer, job }) = self.0 else {
            return f.write_str("a connection");
        };
        match job.load(Relaxed) {
            0 => write!(f, "{peer}"),
            millis => write!(f, "{peer}, in a job of {millis} ms"),
        }
    }
}

/// How long anything in the self-test may take.
const LONG: Duration = Duration::from_secs(20);
const HOUR: &str = "3600000\n";

fn test_oneself(workers: usize) -> io::Result<()> {
    let launch = |limit_ms: &str| {
        let mut command = Command::new(ServerProcess::program("graceful_shutdown")?);
        command.args(["--workers", &workers.to_string(), "--stop-ms", limit_ms]);
        ServerProcess::start(command)
    };
    let begin = |server: &ServerProcess, job: &str| {
        let mut stream = std::net::TcpStream::connect(server.address())?;
        stream.set_read_timeout(Some(LONG))?;
        stream.write_all(job.as_bytes())?;
        assert_eq!(receive::exactly(&mut stream, 6, LONG)?, b"begun\n");
        io::Result::Ok(stream)
    };
    let ends = |mut server: ServerProcess| {
        let status = server.wait(LONG)?;
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
        io::Result::Ok(())
    };

    // Who asks twice does not wait for an hour.
    let mut server = launch("3600000")?;
    let _endless = begin(&server, HOUR)?;
    server.signal(Signal::INTERRUPT)?;
    assert_eq!(server.line()?, "stopping: 1 connections have 3600000 ms");
    server.signal(Signal::INTERRUPT)?;
    ends(server)?;

    let mut server = launch("2000")?;
    let mut idle = begin(&server, "0\n")?;
    assert_eq!(receive::exactly(&mut idle, 5, LONG)?, b"done\n");
    let mut short = begin(&server, "100\n")?;
    let mut endless = begin(&server, HOUR)?;
    server.signal(Signal::TERMINATE)?;
    println!("{}", server.line()?);
    assert!(std::net::TcpStream::connect(server.address()).is_err());
    for (stream, last_words) in [
        (&mut idle, "good bye\n"),
        (&mut short, "done\ngood bye\n"),
        (&mut endless, ""),
    ] {
        let mut heard = String::new();
        stream.read_to_string(&mut heard)?;
        assert_eq!(heard, last_words);
    }
    let cut = server.line()?;
    let expected = format!("cut: {}, in a job of 3600000 ms", endless.local_addr()?);
    assert_eq!(cut, expected);
    println!("{cut}\n{}", server.line()?);
    ends(server)
}
