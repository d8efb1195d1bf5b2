//! A server and its client in one process, for programs that show that they work.

use std::io::Result;
use std::{panic, process, thread};

use poll_os::Signal;
use sys_process::{Pid, kill};

/// Runs `serve` on this thread and `client` on another one, and hands back what `serve` does once
/// the client is done and has ended it, as an operator would: with `SIGTERM`.
///
/// # Errors
///
/// Those of the server, and then those of the client.
///
/// # Panics
///
/// When the client does.
pub fn against<T>(
    client: impl FnOnce() -> Result<()> + Send + 'static,
    serve: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let client = thread::spawn(move || {
        // Also when the client panics.
        let _end = EndThisProcess;
        client()
    });
    let served = serve()?;
    let tested = client.join();
    tested.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
    Ok(served)
}

struct EndThisProcess;

impl Drop for EndThisProcess {
    fn drop(&mut self) {
        let own = i32::try_from(process::id()).ok().and_then(Pid::from_raw);
        if let Some(own) = own {
            // A process may always signal itself.
            kill(own, Signal::TERMINATE).unwrap_or(());
        }
    }
}
