//! The client of the self-test.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::{panic, thread};

use examples::fetch::{counter, fetch};

const CONNECTIONS: usize = 16;
const REQUESTS: usize = 100;

/// Asks on several connections at once, many times on each, and streams a body there and back.
pub(crate) fn client(address: SocketAddr) -> Result<()> {
    let mut connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| connect(address))
        .collect::<Result<_>>()?;
    for _ in 0..REQUESTS {
        for connection in &mut connections {
            let request = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
            connection.get_mut().write_all(request)?;
        }
        for connection in &mut connections {
            assert_eq!(response(connection)?, "Hello, world!\n");
        }
    }
    let body: String = (0..100_000).map(|number| format!("{number}\n")).collect();
    let mut receiver = connect(address)?;
    let mut sender = receiver.get_ref().try_clone()?;
    let sent = body.clone();
    let sending = thread::spawn(move || {
        let head = format!(
            "POST /echo HTTP/1.0\r\nContent-Length: {}\r\n\r\n",
            sent.len()
        );
        sender.write_all(head.as_bytes())?;
        sender.write_all(sent.as_bytes())
    });
    assert!(response(&mut receiver)? == body, "the echo of a long body");
    let ended = sending.join();
    ended.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
    let requests = counter(&fetch(address, "/counters")?, "requests");
    println!("{requests} requests");
    assert_eq!(requests, (CONNECTIONS * REQUESTS + 2) as u64);
    Ok(())
}

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(BufReader::new(stream))
}

/// The body of the next response.
fn response(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut len = 0;
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            len = value.trim_end().parse().map_err(Error::other)?;
        }
    }
    let mut body = vec![0; len];
    connection.read_exact(&mut body)?;
    String::from_utf8(body).map_err(Error::other)
}
