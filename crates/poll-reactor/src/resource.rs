//! What a service may own: how a resource is read, and how it is written.

use core::fmt;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::os::fd::AsFd;

use poll_api::{Instant, Interest, Ready, Trigger};

/// Something pollable that a service may own: a listener, a stream, a socket, a pipe, a device.
///
/// The runtime owns its resources. When the engine says that one is ready, the runtime asks it for
/// one [`step`](Self::step) after another, and hands each event to the service
/// ([`Handle::event`](crate::Handle::event)). A service never has to drain anything: what is left
/// after one event comes with the next one.
///
/// The types of this crate cover what most programs need: [`Listener`](crate::Listener),
/// [`Stream`](crate::Stream), [`Source`](crate::Source), [`Target`](crate::Target),
/// [`Datagrams`](crate::Datagrams), [`Watched`](crate::Watched), and `Signals` and `ChildExit` of
/// poll-os. A program's own implements this, and [`Sink`] if it can be sent to.
///
/// # Contract
///
/// * Nothing blocks: the descriptor is in non-blocking mode, or is only read when it is ready.
/// * The descriptor stays the same one from registration until the resource is handed back.
///
/// # Examples
///
/// A resource of a program's own, whose events are readings of a sensor:
///
/// ```
/// use core::time::Duration;
/// use poll_net::UnixDatagram;
/// use poll_reactor::{
///     Context, Error, Handle, Id, Io, Limit, Released, Resource, Runtime, Service, Step,
/// };
/// use std::io;
/// use std::os::fd::{AsFd, BorrowedFd};
///
/// struct Sensor(UnixDatagram);
///
/// impl AsFd for Sensor {
///     fn as_fd(&self) -> BorrowedFd<'_> {
///         self.0.as_fd()
///     }
/// }
///
/// impl Resource for Sensor {
///     type Event<'a> = &'a str; // in the runtime's buffer
///
///     fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<&'buffer str>> {
///         let buffer = io.into_buffer();
///         let len = self.0.recv(buffer)?; // `WouldBlock`: nothing more for now
///         Ok(match str::from_utf8(&buffer[..len]) {
///             Ok(reading) => Step::Event(reading),
///             Err(_) => Step::Again, // noise
///         })
///     }
/// }
///
/// #[derive(Default)]
/// struct Log(Vec<String>);
///
/// impl Service for Log {
///     type Command = ();
///     type Timer = ();
/// }
///
/// impl Handle<Sensor> for Log {
///     fn event(&mut self, _: Id<Sensor>, reading: &str, _: &mut Context<'_, Self>) {
///         self.0.push(reading.to_owned());
///     }
///
///     fn failed(
///         &mut self,
///         _: Id<Sensor>,
///         _: Released<Sensor>,
///         error: Error,
///         _: &mut Context<'_, Self>,
///     ) {
///         self.0.push(error.to_string());
///     }
/// }
///
/// let (sensor, probe) = UnixDatagram::pair()?;
/// let mut runtime = Runtime::new(Log::default())?;
/// runtime.register(Sensor(sensor))?;
/// probe.send(b"21.5")?;
/// probe.send(b"\xff")?;
/// probe.send(b"21.6")?;
/// while runtime.service().0.len() < 2 {
///     let _ = runtime.turn(Limit::Never)?;
/// }
/// assert_eq!(runtime.service().0, ["21.5", "21.6"]);
/// # Ok::<(), io::Error>(())
/// ```
pub trait Resource: AsFd + 'static {
    /// What the service is told. It may borrow from the buffer that [`Io`] lends.
    type Event<'a>;

    /// Whether the engine reports changes, or the state as long as it lasts.
    ///
    /// [`Trigger::Edge`] is cheaper, and asks that steps go on until nothing is left; the runtime
    /// sees to that. [`Trigger::Level`] is for sources that a step does not drain: the runtime
    /// takes one step for each report. [`Trigger::Oneshot`] counts as `Level`.
    const TRIGGER: Trigger = Trigger::Edge;

    /// Whether a read stops before urgent data, although there is more behind it, as TCP's does.
    ///
    /// Then the engine is asked for urgent data too, where edges are native and it can tell, so
    /// that a short read is not taken for the last one.
    const STOPS_AT_URGENT: bool = false;

    /// What the resource waits for, besides room for what was sent.
    ///
    /// Asked at registration, after each step, and after the service had the resource by
    /// [`Context::get_mut`](crate::Context::get_mut). None: it waits for nothing now, and no step
    /// is taken. What it waits for anew is reported if it is so already.
    fn interest(&self) -> Option<Interest> {
        Some(Interest::READABLE)
    }

    /// Whether no operation ever blocks, as on a regular file: then the engine does not watch it,
    /// and it is always ready. Asked once, at registration.
    ///
    /// Engines differ in what they make of regular files: epoll refuses them, poll(2) reports them
    /// always, kqueue until they were read to their end.
    fn never_blocks(&self) -> bool {
        false
    }

    /// One operation on the resource that is ready: an accept, a read, a look.
    ///
    /// # Errors
    ///
    /// The resource has failed: the runtime takes it out and hands it back with the error
    /// ([`Handle::failed`](crate::Handle::failed)). `WouldBlock` is [`Step::Pending`] and no
    /// failure, `Interrupted` is [`Step::Again`].
    fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>>;
}

/// A resource that can be sent bytes to: [`Context::send`](crate::Context::send).
pub trait Sink: Resource {
    /// Whether a write that takes less than it was offered shows that the next one would block.
    ///
    /// So it is with sockets and pipes, which saves a call. False is right for anything: then
    /// writing goes on until it would block.
    const SHORT_WRITE_IS_LAST: bool = false;

    /// Writes some of `buffers`, which are not empty, in their order, and returns how many bytes.
    ///
    /// # Errors
    ///
    /// * `WouldBlock`: nothing can be written now; the engine will say when.
    /// * Anything else: the resource has failed. What can still be read is read first.
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// What came of one step.
///
/// A program whose resource says [`Last`](Self::Last) or [`Pending`](Self::Pending) while there is
/// more loses nothing with [`Trigger::Level`], and waits in vain with [`Trigger::Edge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// The service is told. There may be more: the next step follows in this turn, or in the next
    /// one if other resources are due.
    Event(T),
    /// The service is told, and nothing more is there: the next step follows the engine's report.
    Last(T),
    /// The service is told, and nothing will come any more: no step follows until
    /// [`Context::resume`](crate::Context::resume).
    End(T),
    /// Nothing to tell yet, and there may be more: the next step follows.
    Again,
    /// Nothing is there: the next step follows the engine's report.
    Pending,
    /// Nothing is there before this instant: the next step follows then.
    Until(Instant),
}

/// What a step has at hand: the runtime's buffer, the time, and what the engine reported.
pub struct Io<'buffer, 'turn> {
    pub(crate) buffer: &'buffer mut [u8],
    pub(crate) ready: Ready,
    pub(crate) now: &'turn mut dyn Now,
    pub(crate) read: &'turn mut u64,
}

/// Tells the time of this turn.
pub(crate) trait Now {
    fn now(&mut self) -> Instant;
}

/// What one read returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'buffer> {
    /// The bytes; none at the end of the input.
    pub bytes: &'buffer [u8],
    /// Whether the read shows that nothing more is there: it returned less than there was room
    /// for, and the engine reported neither the end nor urgent data. True of sockets and pipes,
    /// not of terminals, which return a line at a time.
    pub is_last: bool,
}

/// With these, a short read is not the last one.
const MORE: Ready = Ready::READ_CLOSED
    .add(Ready::HANGUP)
    .add(Ready::ERROR)
    .add(Ready::PRIORITY);

impl<'buffer> Io<'buffer, '_> {
    /// What the engine reported since the last step that found nothing.
    #[must_use]
    pub const fn ready(&self) -> Ready {
        self.ready
    }

    /// The present instant: the clock is read once in a turn, if somebody asks.
    pub fn now(&mut self) -> Instant {
        self.now.now()
    }

    /// The buffer, for operations other than [`read`](Self::read).
    #[must_use]
    pub const fn into_buffer(self) -> &'buffer mut [u8] {
        self.buffer
    }

    /// Reads from `source` once, into the buffer; nothing if that would block. A signal does not
    /// interrupt it.
    ///
    /// # Errors
    ///
    /// Those of `source`, but for `WouldBlock` and `Interrupted`.
    pub fn read(self, source: &mut (impl Read + ?Sized)) -> io::Result<Option<Received<'buffer>>> {
        loop {
            match source.read(self.buffer) {
                Ok(count) => {
                    // A reader that claims more than there is room for is not believed.
                    let count = count.min(self.buffer.len());
                    *self.read += count as u64;
                    let is_last = count < self.buffer.len() && !self.ready.intersects(MORE);
                    let bytes = self.buffer.get(..count).unwrap_or_default();
                    return Ok(Some(Received { bytes, is_last }));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Debug for Io<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("ready", &self.ready)
            .field("buffer", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
