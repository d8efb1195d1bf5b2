//! Lines from peers that may be hostile, for programs on poll-async.

use std::io::{self, ErrorKind};

use poll_async::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// The next line, without its end and without what a terminal would not print; none at the end.
///
/// Not cancel-safe: what was read of a line is lost.
///
/// # Errors
///
/// * `InvalidData`: the line has more than `limit` bytes, which is as many as are remembered.
/// * Those of reading.
pub async fn next_line(
    input: &mut (impl AsyncBufRead + Unpin),
    limit: usize,
) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut limited = input.take(limit as u64);
    let len = limited.read_until(b'\n', &mut line).await?;
    if len == limit && line.last() != Some(&b'\n') {
        let error = format!("a line of more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, error));
    }
    let text = String::from_utf8_lossy(&line);
    let text = text.chars().filter(|char| !char.is_control()).collect();
    Ok((len > 0).then_some(text))
}
