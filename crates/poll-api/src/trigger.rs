//! How often a registration reports what is ready.

/// How often a registration reports what is ready.
///
/// Chosen per registration. `Edge` is the default because it costs no system call after the
/// registration itself; the other two exist for code that wants simpler rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// Reports each change to ready once.
    ///
    /// After an event, use the source until an operation returns `WouldBlock`, or until a read
    /// returns fewer bytes than the buffer holds; if the event says that the peer will send no more
    /// ([`Ready::is_read_closed`](crate::Ready::is_read_closed)), read to the end, since no event
    /// follows it. Stopping earlier means that no further event comes until something new happens.
    /// A `modify` reports the present readiness again.
    ///
    /// On an engine without native edges ([`Capabilities::edge`](crate::Capabilities::edge) is
    /// false) the report is made once and comes again after
    /// [`Register::rearm`](crate::Register::rearm), which [`Registered`](crate::Registered) calls
    /// by itself.
    #[default]
    Edge,
    /// Reports in every wait, as long as the source is ready.
    Level,
    /// Reports once and is then silent until modified; the registration itself stays.
    ///
    /// Errors and hang-ups are silent as well until then.
    Oneshot,
}
