//! The echo servers on a runtime: a task for each connection, with a buffer of its own.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Runtime;
use crate::echo::Served;

/// Echoes until all peers are gone; how many messages that are is up to them.
pub(crate) fn serve<R: Runtime>(runtime: &R, streams: Vec<TcpStream>) -> io::Result<Served> {
    let task = runtime.start(async move {
        let mut tasks = Vec::with_capacity(streams.len());
        for stream in streams {
            tasks.push(R::spawn(R::echo(R::stream(stream)?)));
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

/// Accepts so many connections, echoes on each until it is reset, and ends when all are.
pub(crate) fn serve_accepting<R: Runtime>(
    runtime: &R,
    listener: poll_net::TcpListener,
    connections: u64,
) -> io::Result<()> {
    let task = runtime.start(async move {
        let mut listener = R::listener(listener.into())?;
        let ended = Arc::new(AtomicU64::new(0));
        for _ in 0..connections {
            let stream = R::accept(&mut listener).await?;
            let ended = Arc::clone(&ended);
            R::detach(R::spawn(async move {
                match R::echo(stream).await {
                    Err(error) if error.kind() != ErrorKind::ConnectionReset => return Err(error),
                    _ => {}
                }
                ended.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }));
        }
        while ended.load(Ordering::Relaxed) < connections {
            R::sleep(core::time::Duration::from_millis(1)).await;
        }
        io::Result::Ok(())
    });
    runtime.block_on(async { R::joined(task.await) })?
}
