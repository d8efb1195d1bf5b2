#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use poll_os::{
    Capabilities, Change, ChildExit, Clock, Engine, Event, EventBuffer, Events, Instant, Interest,
    Iter, Monotonic, Poll, Ready, Register, RegisterError, Registered, Registry, Signal, Signals,
    Token, Trigger, Wake, Waker,
};

/// Every engine of this target by name, and the types generic over them; see `poll-os`.
pub mod os {
    pub use poll_os::*;
}

/// Non-blocking sockets and pipes; see `poll-net`.
#[cfg(feature = "net")]
pub mod net {
    pub use poll_net::*;
}

/// Channels whose receiver is an event source, and ready sets; see `poll-channel`.
#[cfg(feature = "channel")]
pub mod channel {
    pub use poll_channel::*;
}

/// Lines and length-prefixed frames over non-blocking streams; see `poll-codec`.
#[cfg(feature = "codec")]
pub mod codec {
    pub use poll_codec::*;
}

/// Timers as a data structure, whose clock is yours; see `poll-timer`.
#[cfg(feature = "timer")]
pub mod timer {
    pub use poll_timer::*;
}

/// One turn of an event loop, over any engine and any clock; see `poll-driver`.
#[cfg(feature = "driver")]
pub mod driver {
    pub use poll_driver::*;
}

/// A poller that waits on one thread and is registered with from any; see `poll-loop`.
#[cfg(feature = "event-loop")]
pub mod event_loop {
    pub use poll_loop::*;
}

/// Concurrent I/O without `async`: services, resources and their runtime; see `poll-reactor`.
#[cfg(feature = "reactor")]
pub mod reactor {
    pub use poll_reactor::*;
}

/// An async runtime: tasks, timers, sockets, channels and locks; see `poll-async`.
#[cfg(feature = "runtime")]
pub mod runtime {
    // Its module `runtime` would have to be named twice.
    pub use poll_async::runtime::*;
    pub use poll_async::*;
}

/// mio's interface over the core; see `poll-mio`.
#[cfg(feature = "mio")]
pub mod mio {
    pub use poll_mio::*;
}

/// The guide: from the first poll upwards.
pub mod guide {
    /// Chapter 1: the first poll.
    #[cfg_attr(feature = "net", doc = include_str!("../guide/first_poll.md"))]
    #[cfg_attr(not(feature = "net"), doc = "Its programs need the feature `net`.")]
    pub mod first_poll {}

    /// Chapter 2: threads around a loop.
    #[cfg_attr(feature = "event-loop", doc = include_str!("../guide/event_loop.md"))]
    #[cfg_attr(
        not(feature = "event-loop"),
        doc = "Its programs need the feature `event-loop`."
    )]
    pub mod event_loop {}

    /// Chapter 3: a service and the resources it owns.
    #[cfg_attr(feature = "reactor", doc = include_str!("../guide/reactor.md"))]
    #[cfg_attr(
        not(feature = "reactor"),
        doc = "Its programs need the feature `reactor`."
    )]
    pub mod reactor {}

    /// Chapter 4: the async runtime.
    #[cfg_attr(feature = "runtime", doc = include_str!("../guide/runtime.md"))]
    #[cfg_attr(
        not(feature = "runtime"),
        doc = "Its programs need the feature `runtime`."
    )]
    pub mod runtime {}

    /// Chapter 5: around a runtime: tests, figures, hosts.
    #[cfg_attr(feature = "runtime", doc = include_str!("../guide/around_runtime.md"))]
    #[cfg_attr(
        not(feature = "runtime"),
        doc = "Its programs need the feature `runtime`."
    )]
    pub mod around_runtime {}

    /// Moving from amy, mio-extras or calloop.
    #[cfg_attr(feature = "event-loop", doc = include_str!("../guide/from_amy.md"))]
    #[cfg_attr(
        not(feature = "event-loop"),
        doc = "Its programs need the feature `event-loop`."
    )]
    pub mod from_amy {}

    /// Moving from async_io, whose crate is `asio`.
    #[cfg_attr(feature = "runtime", doc = include_str!("../guide/from_async_io.md"))]
    #[cfg_attr(
        not(feature = "runtime"),
        doc = "Its programs need the feature `runtime`."
    )]
    pub mod from_async_io {}

    /// Moving from io-reactor or event-manager.
    #[cfg_attr(feature = "reactor", doc = include_str!("../guide/from_io_reactor.md"))]
    #[cfg_attr(
        not(feature = "reactor"),
        doc = "Its programs need the feature `reactor`."
    )]
    pub mod from_io_reactor {}

    /// Moving from mio or verypoll.
    #[cfg_attr(feature = "mio", doc = include_str!("../guide/from_mio.md"))]
    #[cfg_attr(not(feature = "mio"), doc = "Its programs need the feature `mio`.")]
    pub mod from_mio {}

    /// Moving from tokio or smol.
    #[cfg_attr(feature = "runtime", doc = include_str!("../guide/from_tokio.md"))]
    #[cfg_attr(
        not(feature = "runtime"),
        doc = "Its programs need the feature `runtime`."
    )]
    pub mod from_tokio {}
}
