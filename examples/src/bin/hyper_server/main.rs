//! An HTTP server of hyper on poll-async, on one worker or several: keep-alive, bodies that stream
//! both ways, limits of time, and an end that finishes what is in flight.
//!
//! ```text
//! hyper_server --port 8080 --workers 2
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

mod asking;
mod service;

use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::time::Duration;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use examples::arguments::Arguments;
use examples::patient::Patient;
use examples::{descriptors, self_test, workers};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use poll_async::compat::{HyperIo, HyperTimer};
use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::Runtime;
use poll_async::select;
use poll_async::signal::{Signal, Signals};
use poll_async::sync::CancellationToken;

use crate::service::Service;

/// How long what may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// From a response, or the beginning, to the last byte of the next head.
    head: Duration,
    /// Without a byte in either direction.
    stall: Duration,
    /// For what is in flight when the server is told to stop.
    stop: Duration,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hyper_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 8080 })?;
    let host: IpAddr = line.value("--host", [127, 0, 0, 1].into())?;
    let workers = line.value("--workers", 1)?;
    let mut limit = |name, default| line.value(name, default).map(Duration::from_millis);
    let limits = Limits {
        head: limit("--head-ms", 10_000)?,
        stall: limit("--stall-ms", 30_000)?,
        stop: limit("--stop-ms", 5_000)?,
    };
    line.finish()?;
    // Each connection is a descriptor; the listener takes care of what comes beyond the limit.
    descriptors::make_all_room();

    let runtime = workers::runtime(workers)?;
    let address = SocketAddr::new(host, port);
    let listener = runtime.block_on(async { TcpListener::bind_addr(address) });
    let listener =
        listener.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
    let address = listener.local_addr()?;
    println!("http://{address}/ on {workers} workers of poll-async");
    if is_test {
        return self_test::against(
            move || asking::client(address),
            || run(runtime, listener, limits),
        );
    }
    run(runtime, listener, limits)
}

/// Serves until it is told to stop, and then until nothing is in flight or the time is over.
fn run(runtime: Runtime, listener: TcpListener, limits: Limits) -> io::Result<()> {
    let service = Arc::new(Service::new(runtime.handle().clone()));
    // As a task, so that it runs on a worker, beside the connections.
    let serving = runtime.spawn(serve(listener, limits, Arc::clone(&service)));
    runtime.block_on(serving)??;
    if let Err(error) = runtime.shutdown_graceful(limits.stop) {
        eprintln!("hyper_server: {error}");
    }
    println!("{}", service.to_json());
    Ok(())
}

/// Accepts connections until a signal comes, and has each end with what is in flight then.
async fn serve(listener: TcpListener, limits: Limits, service: Arc<Service>) -> io::Result<()> {
    // Dropped at the end of this function: a second signal ends the process, as by default.
    let signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    let stop = CancellationToken::new();
    loop {
        let accepted = select! {
            signal = signals.recv() => {
                signal?;
                stop.cancel();
                return Ok(());
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _peer)) => {
                let talk = talk(stream, limits, Arc::clone(&service), stop.clone());
                poll_async::spawn(talk);
            }
            // One that has gone again, or no room for it: accepting goes on when there is.
            Err(error) => service.count_error(&error),
        }
    }
}

/// One connection, from its first request to its last.
async fn talk(stream: TcpStream, limits: Limits, service: Arc<Service>, stop: CancellationToken) {
    let _open = service.connected();
    // A small response is one write, which nothing else is to be waited for.
    if let Err(error) = stream.set_nodelay(true) {
        return service.count_error(&error);
    }
    let connection = http1::Builder::new()
        .timer(HyperTimer)
        .header_read_timeout(limits.head)
        // Who has said all may still want to hear the answer.
        .half_close(true)
        .serve_connection(
            // hyper limits the time of heads, this that of bodies, and of responses nobody reads.
            HyperIo::new(Patient::new(stream, limits.stall)),
            service_fn(|request| service.answer(request)),
        );
    let mut connection = pin!(connection);
    let ended = select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        service.count_error(&error);
    }
}
