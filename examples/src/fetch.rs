//! Fetching one page from a server, and a number from its counters.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(10);

/// The body of `path`, on a connection of its own.
///
/// # Errors
///
/// The server cannot be reached, is silent for ten seconds, or does not answer 200.
pub fn fetch(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    match response.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        _ => Err(Error::new(ErrorKind::InvalidData, response)),
    }
}

/// The number called `name` in the JSON of `/counters`; zero if it is not there, as errors that
/// have not happened.
#[must_use]
pub fn counter(json: &str, name: &str) -> u64 {
    let name = format!("\"{name}\":");
    let rest = json.split_once(&name).map_or("", |(_, rest)| rest);
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let digits = end.map_or(rest, |end| &rest[..end]);
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::counter;

    #[test]
    fn a_counter_is_found_by_its_whole_name() {
        let json = "{\"all_requests\":9,\"requests\":12,\"errors\":{\"reset\":3}}";
        for (name, value) in [("requests", 12), ("reset", 3), ("equests", 0), ("none", 0)] {
            assert_eq!(counter(json, name), value, "{name}");
        }
    }
}
