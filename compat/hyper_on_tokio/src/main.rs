//! An HTTP server of hyper on tokio, which runs on poll-io's engine through `compat/mio`.
//!
//! ```text
//! hyper-on-tokio --port 8080
//! ```
//!
//! `/slow` is answered after a while, `/bytes/N` with N bytes, and a POST with its own body.
//!
//! With `--self-test` a blocking client of the standard library asks it over many connections, and
//! it ends.

use std::convert::Infallible;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Connections of the self-test at once, and requests on each.
const CONNECTIONS: usize = 32;
const REQUESTS: usize = 200;

/// The longest body, either way.
const LONGEST: usize = 16 << 20;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match arguments[..] {
        ["--self-test"] => runtime.block_on(test_oneself()),
        ["--port", port] => {
            let port = port.parse().map_err(io::Error::other)?;
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
                println!("http://{}", listener.local_addr()?);
                let mut stop = signal(SignalKind::terminate())?;
                tokio::select! {
                    never = serve(listener) => never,
                    _ = stop.recv() => Ok(()),
                    result = tokio::signal::ctrl_c() => result,
                }
            })
        }
        _ => Err(io::Error::other(
            "usage: hyper-on-tokio --port N | --self-test",
        )),
    }
}

/// Answers everybody for ever.
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _peer) = listener.accept().await?;
        tokio::spawn(async move {
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = connection.await {
                eprintln!("a connection ended: {error}");
            }
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::POST {
        // Also fails when the client goes away in the middle, and then nobody gets the answer.
        return Ok(match Limited::new(request, LONGEST).collect().await {
            Ok(body) => Response::new(Full::new(body.to_bytes())),
            Err(_too_long) => refusal(StatusCode::PAYLOAD_TOO_LARGE),
        });
    }
    let path = request.uri().path();
    if path == "/slow" {
        // A timer of the runtime, which the poller's timeout serves.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(match path.strip_prefix("/bytes/").map(str::parse) {
        Some(Ok(count @ ..=LONGEST)) => Response::new(Full::from(bytes(count))),
        Some(_) => refusal(StatusCode::NOT_FOUND),
        None => Response::new(Full::from(format!("hello, {}\n", request.uri()))),
    })
}

/// From 0 to 250 and again: a prime number of them, so that a piece in the wrong place shows.
fn bytes(count: usize) -> Vec<u8> {
    (0..251).cycle().take(count).collect()
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// The server, and its clients on threads of their own.
async fn test_oneself() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (done, finished) = oneshot::channel();
    thread::spawn(move || {
        // The receiver is gone only if the server has failed, which it says itself.
        drop(done.send(be_clients(address)));
    });
    tokio::select! {
        never = serve(listener) => never,
        result = finished => {
            let answers = result.map_err(io::Error::other)??;
            println!("{answers} answers over {CONNECTIONS} connections, each as expected");
            Ok(())
        }
    }
}

fn be_clients(address: SocketAddr) -> io::Result<usize> {
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|number| thread::spawn(move || be_client(address, number)))
        .collect();
    let mut answers = 0;
    for client in clients {
        let ended = client.join();
        answers += ended.map_err(|_panic| io::Error::other("a client panicked"))??;
    }
    Ok(answers)
}

/// Asks on one connection, one request after the other, and checks each answer.
fn be_client(address: SocketAddr, number: usize) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    for request in 0..REQUESTS {
        let path = match request % 50 {
            0 => "/slow".to_owned(),
            _ => format!("/{number}/{request}"),
        };
        write!(stream, "GET {path} HTTP/1.1\r\nhost: here\r\n\r\n")?;
        let body = read_answer(&mut answers)?;
        if body != format!("hello, {path}\n") {
            return Err(io::Error::other(format!("{path} got {body:?}")));
        }
    }
    Ok(REQUESTS)
}

/// The body of the next answer, which has to be a good one.
fn read_answer(answers: &mut impl BufRead) -> io::Result<String> {
    let mut length = 0;
    let mut line = String::new();
    answers.read_line(&mut line)?;
    if line.trim_end() != "HTTP/1.1 200 OK" {
        return Err(io::Error::other(format!("an answer begins with {line:?}")));
    }
    loop {
        line.clear();
        answers.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body)?;
    String::from_utf8(body).map_err(io::Error::other)
}
