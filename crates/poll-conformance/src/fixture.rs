//! What the suite must be told about an engine and its sources.

use core::time::Duration;
use std::io;

use poll_api::{Clock, Engine, Register, Token, Trigger};

/// How long the suite waits unless a fixture says otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The registering half of a fixture's engine.
pub type Registry<F> = <<F as Fixture>::Engine as Engine>::Registry;

/// The error of a fixture's engine.
pub type EngineError<F> = <<F as Fixture>::Engine as Engine>::Error;

/// Delivers a signal, or what the engine knows instead, to the thread that asked for it.
pub type Interrupter = Box<dyn Fn() + Send + Sync>;

/// An engine, its sources, and what can be done to them.
///
/// The first half is required. The provided methods say that the engine or the platform lacks
/// something; each test that needs it is then skipped with a printed reason. Methods panic when
/// they cannot do what they promise, which fails the test.
pub trait Fixture: Send + Sync + 'static {
    /// The engine under test.
    type Engine: Engine<Registry: Register<Self::Source>>;
    /// What it watches: one type for all kinds of sources. Dropping a source closes it.
    type Source: Send + Sync + 'static;
    /// The monotonic clock that measures waits.
    type Clock: Clock;

    /// The engine's name in the report.
    fn name(&self) -> &str;

    /// A new engine.
    fn engine(&self) -> Self::Engine;

    /// A clock that runs at the speed of the engine's timeouts.
    fn clock(&self) -> Self::Clock;

    /// Two connected byte streams that do not block.
    fn pair(&self) -> (Self::Source, Self::Source);

    /// Reads what is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when nothing is; else the source's error.
    fn read(&self, source: &Self::Source, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes what fits.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when nothing fits; else the source's error.
    fn write(&self, source: &Self::Source, bytes: &[u8]) -> io::Result<usize>;

    /// How long the suite waits for what must happen; a test may take ten times as long.
    ///
    /// It only ends what would hang: a machine that emulates another one, or stands still now and
    /// then, needs seconds for what is done in an instant elsewhere.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Whether the kernel beneath rounds waits up to whole milliseconds although the engine
    /// declares that it need not: one that is old, or a sandbox.
    fn rounds_waits_up(&self) -> bool {
        false
    }

    /// A second handle to the same source, as `dup` makes one.
    fn duplicate(&self, _source: &Self::Source) -> Option<Self::Source> {
        None
    }

    /// Ends the writing half of a stream.
    fn shutdown_write(&self, _source: &Self::Source) -> Option<()> {
        None
    }

    /// Whether dropping a stream with unread data resets the connection, so that the other end
    /// has a pending error.
    fn resets(&self) -> bool {
        false
    }

    /// Sends one out-of-band byte through a stream.
    fn write_urgent(&self, _source: &Self::Source) -> Option<()> {
        None
    }

    /// A stream whose connect is in progress, or has just failed, and is refused.
    fn refused(&self) -> Option<Self::Source> {
        None
    }

    /// Two connected datagram sockets that do not block.
    fn datagrams(&self) -> Option<(Self::Source, Self::Source)> {
        None
    }

    /// A listener that does not block.
    fn listener(&self) -> Option<Self::Source> {
        None
    }

    /// A new stream to `listener`.
    fn connect(&self, _listener: &Self::Source) -> Option<Self::Source> {
        None
    }

    /// The next connection of `listener`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when none waits; else the listener's error.
    fn accept(&self, _listener: &Self::Source) -> io::Result<Self::Source> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A source the engine must refuse, such as a regular file.
    fn unwatchable(&self) -> Option<Self::Source> {
        None
    }

    /// A way for other threads to interrupt the waits of the calling thread.
    fn interrupter(&self) -> Option<Interrupter> {
        None
    }

    /// Lets the next wait of `engine`, by the calling thread, fail.
    fn fail_next_wait(&self, _engine: &Self::Engine) -> Option<()> {
        None
    }

    /// Stops the process and has it continued from outside, as a shell's job control does.
    fn stop_and_continue(&self) -> Option<()> {
        None
    }

    /// Registers `inner` with `outer`, with an interest in readable; `None` when the types do not
    /// allow it.
    fn nest(
        &self,
        _outer: &Registry<Self>,
        _inner: &Self::Engine,
        _token: Token,
        _trigger: Trigger,
    ) -> Option<Result<(), EngineError<Self>>>
    where
        Self: Sized,
    {
        None
    }

    /// Deregisters `inner` from `outer`.
    fn unnest(
        &self,
        _outer: &Registry<Self>,
        _inner: &Self::Engine,
    ) -> Option<Result<(), EngineError<Self>>>
    where
        Self: Sized,
    {
        None
    }
}
