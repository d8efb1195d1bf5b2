//! Child processes: waiting for their end, and talking to them.

use std::io;
use std::process::{Command, ExitStatus, Output, Stdio};

use poll_api::Interest;
use poll_os::ChildExit;

use crate::io::{AsyncFd, AsyncReadExt};
use crate::net::{PipeReceiver, PipeSender};
use crate::runtime::Handle;

/// A child process, whose end can be waited for, and whose piped ends are in the runtime.
///
/// Dropping it leaves the child running, unless [`kill_on_drop`](Self::kill_on_drop) says
/// otherwise; the runtime reaps it when it ends. No other child is touched.
///
/// ```
/// use poll_async::process::Child;
/// use std::process::{Command, Stdio};
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let mut cat = Command::new("cat");
/// cat.stdin(Stdio::piped()).stdout(Stdio::piped());
/// let mut child = Child::spawn(&mut cat)?;
/// if let Some(stdin) = child.stdin.take() {
///     stdin.write_all(b"hello").await?;
/// }
/// let output = child.wait_with_output().await?;
/// assert!(output.status.success());
/// assert_eq!(output.stdout, b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Child {
    /// What is written to the child, if [`Command::stdin`] was piped.
    pub stdin: Option<PipeSender>,
    /// What the child writes, if [`Command::stdout`] was piped.
    pub stdout: Option<PipeReceiver>,
    /// What the child writes, if [`Command::stderr`] was piped.
    pub stderr: Option<PipeReceiver>,
    // None once its end is known, or inside of drop.
    running: Option<Running>,
    status: Option<ExitStatus>,
    id: u32,
    kills_on_drop: bool,
    handle: Handle,
}

#[derive(Debug)]
struct Running {
    child: std::process::Child,
    exit: AsyncFd<ChildExit>,
}

impl Running {
    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let Self { child, exit } = self;
        let ask = |exit: &ChildExit| match exit.try_status() {
            Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
            // Some systems cannot say how a child ended that ended early: waiting for it can.
            Ok(Some(_)) | Err(_) => child.try_wait()?.ok_or(io::ErrorKind::WouldBlock.into()),
        };
        exit.read_with(ask).await
    }
}

impl Child {
    /// Starts a child, and watches it in the runtime that this thread is in.
    ///
    /// The standard library starts it, which takes a moment in which this thread does nothing else.
    ///
    /// # Errors
    ///
    /// * As [`Command::spawn`].
    /// * If it cannot be watched, it is killed and reaped: `EMFILE`, `ENFILE`: no descriptors are
    ///   left; `ECHILD`: the program ignores `SIGCHLD`; and as [`AsyncFd::new`].
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let handle = Handle::try_current()?;
        let mut child = command.spawn()?;
        match Self::watch(&mut child, handle) {
            Ok((mut watched, exit)) => {
                watched.running = Some(Running { child, exit });
                Ok(watched)
            }
            Err(error) => {
                // It has ended already if these fail.
                drop(child.kill());
                drop(child.wait());
                Err(error)
            }
        }
    }

    fn watch(
        child: &mut std::process::Child,
        handle: Handle,
    ) -> io::Result<(Self, AsyncFd<ChildExit>)> {
        let exit = AsyncFd::with_interest(ChildExit::new(child)?, Interest::READABLE)?;
        let watched = Self {
            stdin: child
                .stdin
                .take()
                .map(PipeSender::from_child_stdin)
                .transpose()?,
            stdout: child
                .stdout
                .take()
                .map(PipeReceiver::from_child_stdout)
                .transpose()?,
            stderr: child
                .stderr
                .take()
                .map(PipeReceiver::from_child_stderr)
                .transpose()?,
            running: None,
            status: None,
            id: child.id(),
            kills_on_drop: false,
            handle,
        };
        Ok((watched, exit))
    }

    /// The process id. Once the end of the child was told here, the system may give the number to
    /// another process.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Has the child killed when this is dropped before its end was told.
    pub const fn kill_on_drop(&mut self, kills: bool) {
        self.kills_on_drop = kills;
    }

    /// Waits for the end of the child, which is reaped then; later calls tell the same again.
    ///
    /// What is left of [`stdin`](Self::stdin) is dropped first, so that a child that reads to the
    /// end comes to it. A child that writes more than fits into a pipe waits for a reader:
    /// [`wait_with_output`](Self::wait_with_output) is one.
    ///
    /// # Errors
    ///
    /// `ECHILD`: something else has reaped the child. And if the runtime has ended.
    ///
    /// Cancel-safe: if it is dropped, the end was not told; `stdin` is gone.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        if let Some(running) = &mut self.running {
            let status = running.wait().await?;
            self.ended(status);
        }
        self.status.ok_or_else(gone)
    }

    /// How the child ended, if it has: reaped as by [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// `ECHILD`: something else has reaped the child.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if let Some(running) = &mut self.running
            && let Some(status) = running.child.try_wait()?
        {
            self.ended(status);
        }
        Ok(self.status)
    }

    fn ended(&mut self, status: ExitStatus) {
        self.status = Some(status);
        self.running = None;
    }

    /// Kills the child (`SIGKILL`). Its end is still to be waited for. One that has ended is left
    /// alone.
    ///
    /// # Errors
    ///
    /// `EPERM`: it runs as somebody else.
    pub fn start_kill(&mut self) -> io::Result<()> {
        match &mut self.running {
            Some(running) => running.child.kill(),
            None => Ok(()),
        }
    }

    /// Kills the child and waits for its end.
    ///
    /// # Errors
    ///
    /// As [`start_kill`](Self::start_kill) and [`wait`](Self::wait).
    ///
    /// Cancel-safe: the child is killed, and may be waited for.
    pub async fn kill(&mut self) -> io::Result<ExitStatus> {
        self.start_kill()?;
        self.wait().await
    }

    /// Reads all that the child writes to its piped ends, and waits for its end.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// Not cancel-safe: what was read is lost.
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        drop(self.stdin.take());
        let (out, err) = (self.stdout.take(), self.stderr.take());
        let (stdout, stderr) = crate::try_join!(read_all(out), read_all(err))?;
        let status = self.wait().await?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

async fn read_all(receiver: Option<PipeReceiver>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut receiver) = receiver {
        receiver.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn gone() -> io::Error {
    io::Error::other("the end of this child was not told")
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        if self.kills_on_drop {
            // It may have ended meanwhile, and then there is nothing to kill.
            drop(running.child.kill());
        }
        // Whether it ends in time or not: nobody is left to be told.
        drop(
            self.handle
                .spawn(async move { running.wait().await.map(drop) }),
        );
    }
}

/// Runs a command to its end, with nothing to read, and collects what it writes, whatever the
/// command says of its ends. If this is dropped before, the child is killed.
///
/// # Errors
///
/// As [`Child::spawn`] and [`Child::wait_with_output`].
pub async fn output(command: &mut Command) -> io::Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::spawn(command)?;
    child.kill_on_drop(true);
    child.wait_with_output().await
}

/// Runs a command to its end. If this is dropped before, the child is killed.
///
/// # Errors
///
/// As [`Child::spawn`] and [`Child::wait`].
pub async fn status(command: &mut Command) -> io::Result<ExitStatus> {
    let mut child = Child::spawn(command)?;
    child.kill_on_drop(true);
    child.wait().await
}
