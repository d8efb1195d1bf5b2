//! The echo server on a runtime: a task for each connection, with a buffer of its own.

use std::io;
use std::net::TcpStream;

use super::Runtime;
use crate::echo::{BUFFER, Served};

/// Echoes until all peers are gone; how many messages that are is up to them.
pub(crate) fn serve<R: Runtime>(runtime: &R, streams: Vec<TcpStream>) -> io::Result<Served> {
    let task = runtime.start(async move {
        let mut tasks = Vec::with_capacity(streams.len());
        for stream in streams {
            tasks.push(R::spawn(echo::<R>(R::stream(stream)?)));
        }
        for task in tasks {
            R::joined(task.await)??;
        }
        io::Result::Ok(())
    });
    runtime.block_on(async { R::joined(task.await) })??;
    // It waits out of sight.
    Ok(Served::after(0))
}

/// Echoes until the peer is gone.
pub(crate) async fn echo<R: Runtime>(mut stream: R::Stream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        let read = R::read(&mut stream, &mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        R::write_all(&mut stream, &buffer[..read]).await?;
    }
}
