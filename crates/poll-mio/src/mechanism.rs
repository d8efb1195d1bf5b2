//! Which engine of poll-os this crate runs on: the target's own, or poll(2) by a configuration.

use poll_os::engine::Backend;

#[cfg(not(mio_unsupported_force_poll_poll))]
pub(crate) use poll_os::engine::Native as Mechanism;
#[cfg(mio_unsupported_force_poll_poll)]
pub(crate) use poll_os::poll::PollTwo as Mechanism;

/// A report in the form of the system.
pub(crate) type Raw = <Mechanism as Backend>::Raw;
/// The registering half below ours.
pub(crate) type EngineRegistry = poll_os::engine::Registry<Mechanism>;
