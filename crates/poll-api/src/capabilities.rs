//! What an engine declares about itself.

/// What an engine declares about itself, as a constant.
///
/// Code above an engine may branch on these and on nothing else. The conformance suite tests
/// every declared value, true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// [`Trigger::Edge`](crate::Trigger::Edge) is native: each change is reported, with no help
    /// from the caller. Where false, an edge is reported once and again after
    /// [`rearm`](crate::Register::rearm).
    pub edge: bool,
    /// [`Interest::PRIORITY`](crate::Interest::PRIORITY) can be watched.
    pub priority: bool,
    /// [`Ready::HANGUP`](crate::Ready::HANGUP) is reported when both directions are closed, for
    /// any interest. Where false, it is never reported, and each interest is told the end of its
    /// own direction: one in reading [`Ready::READ_CLOSED`](crate::Ready::READ_CLOSED), one in
    /// writing [`Ready::WRITE_CLOSED`](crate::Ready::WRITE_CLOSED), one in both is told both, and
    /// one in neither `READ_CLOSED`.
    pub hangups: bool,
    /// The poller is itself a source that other pollers can watch.
    pub nestable: bool,
    /// A registration made while another thread waits is seen without waking that thread.
    pub registers_while_waiting: bool,
    /// Waits shorter than a millisecond are not rounded up to one where the kernel allows it.
    pub nanosecond_waits: bool,
    /// The engine keeps the source open until it is deregistered, even if the caller closes it.
    pub pins_source: bool,
    /// A second `register` and a `modify` without registration are refused; where false, they
    /// behave like each other: the registration is replaced or made.
    pub tracks_registrations: bool,
}

impl Capabilities {
    /// Everything false: the start for an engine's constant.
    pub const NONE: Self = Self {
        edge: false,
        priority: false,
        hangups: false,
        nestable: false,
        registers_while_waiting: false,
        nanosecond_waits: false,
        pins_source: false,
        tracks_registrations: false,
    };
}
