//! Streams of bytes: in both directions, or in one.

use core::convert::Infallible;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Interest, Trigger};

use crate::bytes::{Input, Output};
use crate::resource::{Io, Received, Resource, Sink, Step};

/// What a stream tells its service.
///
/// # Examples
///
/// Lines out of what was received, with poll-codec. The slice is all that there is for now and not
/// all that there will be, so it is read by `read_once_from`, which does not look for an end:
///
/// ```
/// use poll_codec::{LineEnding, LineReader};
///
/// fn received(mut bytes: &[u8], lines: &mut LineReader) -> std::io::Result<()> {
///     while !bytes.is_empty() {
///         lines.read_once_from(&mut bytes)?;
///         while let Some(line) = lines.next_line() {
///             match line {
///                 Ok(line) => println!("{line}"),
///                 Err(error) => println!("no line: {error}"), // too long, or no UTF-8
///             }
///         }
///     }
///     Ok(())
/// }
/// # let mut lines = LineReader::new(LineEnding::LfOrCrLf, 8);
/// # received(b"one\ntw", &mut lines)?;
/// # received(b"o\nmore than eight\n", &mut lines)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent<'buffer> {
    /// The connection has been made; of a [`Stream::connecting`] only, before anything else.
    Connected,
    /// Bytes, in the runtime's buffer: at least one.
    Received(&'buffer [u8]),
    /// The input has ended: the peer has closed its half, a file is at its end. Sending still
    /// works, if it did before. Nothing follows until
    /// [`Context::resume`](crate::Context::resume), so a service mostly closes the stream
    /// ([`Context::close`](crate::Context::close)).
    End,
}

/// A stream in both directions: a TCP or Unix connection, a terminal, a device.
///
/// It has to be in non-blocking mode, as those of poll-net are. [`Input`] lists what it can be of.
#[derive(Debug)]
pub struct Stream<S> {
    stream: S,
    is_connecting: bool,
}

impl<S: Input + Output> Stream<S> {
    /// A stream that is connected, or needs no connection.
    #[must_use]
    pub const fn new(stream: S) -> Self {
        Self {
            stream,
            is_connecting: false,
        }
    }

    /// A stream whose connection is being made. Its first event is [`StreamEvent::Connected`]; what
    /// is sent before waits for it. It fails, with
    /// [`Operation::Read`](crate::Operation::Read), if the connection does; how long that may take
    /// is a timer of the service.
    #[must_use]
    pub const fn connecting(stream: S) -> Self {
        Self {
            stream,
            is_connecting: true,
        }
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: Input + Output> Resource for Stream<S> {
    type Event<'a> = StreamEvent<'a>;
    const TRIGGER: Trigger = trigger_of::<S>();
    const STOPS_AT_URGENT: bool = S::STOPS_AT_URGENT;

    fn interest(&self) -> Option<Interest> {
        match self.is_connecting {
            true => Some(Interest::READABLE | Interest::WRITABLE),
            false => Some(Interest::READABLE),
        }
    }

    fn never_blocks(&self) -> bool {
        self.stream.never_blocks()
    }

    fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        if self.is_connecting {
            if !self.stream.finish_connect()? {
                return Ok(Step::Pending);
            }
            self.is_connecting = false;
            return Ok(Step::Event(StreamEvent::Connected));
        }
        read(&mut self.stream, io)
    }
}

impl<S: Input + Output> Sink for Stream<S> {
    const SHORT_WRITE_IS_LAST: bool = S::SHORT_WRITE_IS_LAST;

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        // Steps, which tell of the connection, are not taken while the stream is paused or closed.
        if self.is_connecting && !self.stream.finish_connect()? {
            return Err(ErrorKind::WouldBlock.into());
        }
        write(&mut self.stream, buffers)
    }
}

/// A stream that is only read: a pipe, a child's output, a regular file. [`Input`] lists what it
/// can be of, and says how a child's output becomes non-blocking.
///
/// It tells [`StreamEvent::Received`] and [`StreamEvent::End`], never
/// [`StreamEvent::Connected`].
#[derive(Debug)]
pub struct Source<S> {
    source: S,
}

impl<S: Input> Source<S> {
    /// A stream to be read.
    #[must_use]
    pub const fn new(source: S) -> Self {
        Self { source }
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.source
    }

    /// The stream back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.source
    }
}

impl<S: Input> Resource for Source<S> {
    type Event<'a> = StreamEvent<'a>;
    const TRIGGER: Trigger = trigger_of::<S>();
    const STOPS_AT_URGENT: bool = S::STOPS_AT_URGENT;

    fn never_blocks(&self) -> bool {
        self.source.never_blocks()
    }

    fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        read(&mut self.source, io)
    }
}

/// A stream that is only written: a pipe, a child's input.
///
/// It has no events: in [`Handle::event`](crate::Handle::event) `match event {}` says so. That
/// nobody reads it any more is known once something is sent. [`Output`] lists what it can be of.
#[derive(Debug)]
pub struct Target<S> {
    target: S,
}

impl<S: Output> Target<S> {
    /// A stream to be written.
    #[must_use]
    pub const fn new(target: S) -> Self {
        Self { target }
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.target
    }

    /// The stream back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.target
    }
}

impl<S: Output> Resource for Target<S> {
    type Event<'a> = Infallible;

    fn interest(&self) -> Option<Interest> {
        None
    }

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        Ok(Step::Pending)
    }
}

impl<S: Output> Sink for Target<S> {
    const SHORT_WRITE_IS_LAST: bool = S::SHORT_WRITE_IS_LAST;

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        write(&mut self.target, buffers)
    }
}

macro_rules! descriptor {
    ($($type:ident, $field:ident);*) => {$(
        impl<S: AsFd> AsFd for $type<S> {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.$field.as_fd()
            }
        }
    )*};
}

descriptor!(Stream, stream; Source, source; Target, target);

const fn trigger_of<S: Input>() -> Trigger {
    match S::SHORT_READ_IS_LAST && !S::STOPS_AT_DESCRIPTORS {
        true => Trigger::Edge,
        false => Trigger::Level,
    }
}

fn read<'buffer, S: Input>(
    source: &mut S,
    io: Io<'buffer, '_>,
) -> io::Result<Step<StreamEvent<'buffer>>> {
    let source: &mut dyn Read = source;
    let has_failed = io.ready().is_error();
    Ok(match io.read(source)? {
        None => Step::Pending,
        Some(Received { bytes: [], .. }) => Step::End(StreamEvent::End),
        // The engine reports the rest, of whatever is not sure to be drained and will stay.
        Some(Received { bytes, is_last }) if is_last || !S::SHORT_READ_IS_LAST && !has_failed => {
            Step::Last(StreamEvent::Received(bytes))
        }
        Some(Received { bytes, .. }) => Step::Event(StreamEvent::Received(bytes)),
    })
}

fn write(target: &mut impl Output, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    match buffers {
        // The cheaper call.
        [buffer] => target.write(buffer),
        _ => target.write_vectored(buffers),
    }
}
