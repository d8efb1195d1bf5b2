//! An engine without descriptors: in-memory streams, a clock that may be turned by hand, and a
//! script that says what goes wrong.
//!
//! A [`Machine`] is the system that streams and engines live in. All its state is in one mutex
//! (`kernel.rs`), and readiness is computed from it, never stored.

mod clock;
mod engine;
mod fixture;
mod kernel;
mod registry;
mod sabotage;
mod script;
mod socket;
mod waker;

use std::sync::Arc;

pub use clock::{ManualClock, ScriptedClock};
pub use engine::{Full, Kind, Plain, ScriptedEngine, ScriptedEvents};
pub use fixture::ScriptedFixture;
pub use registry::ScriptedRegistry;
pub use sabotage::Sabotage;
pub use script::{Call, Script};
pub use socket::Socket;
pub use waker::ScriptedWaker;

use kernel::Kernel;

/// A system in memory: where streams and engines come from.
#[derive(Clone, Debug)]
pub struct Machine {
    kernel: Arc<Kernel>,
}

impl Machine {
    /// A machine on the system's monotonic clock.
    #[must_use]
    pub fn new() -> Self {
        Self::build(ScriptedClock::real(), None)
    }

    /// A machine whose time passes only when `clock` is advanced.
    #[must_use]
    pub fn with_clock(clock: &ManualClock) -> Self {
        Self::build(ScriptedClock::Manual(clock.clone()), None)
    }

    /// A machine with one defect, for tests of tests.
    #[must_use]
    pub fn sabotaged(sabotage: Sabotage) -> Self {
        Self::build(ScriptedClock::real(), Some(sabotage))
    }

    /// A machine that keeps the contract to the letter and no more: each wake that ends a sleep
    /// is reported once more by the next wait.
    #[must_use]
    pub fn literal() -> Self {
        let machine = Self::new();
        machine.kernel.lock().repeats_wakes = true;
        machine
    }

    fn build(clock: ScriptedClock, sabotage: Option<Sabotage>) -> Self {
        let kernel = Arc::new(Kernel::new(clock, sabotage));
        kernel.follow_clock();
        Self { kernel }
    }

    /// The clock of this machine.
    #[must_use]
    pub fn clock(&self) -> ScriptedClock {
        self.kernel.clock.clone()
    }

    /// A new engine.
    #[must_use]
    pub fn engine<K: Kind>(&self) -> ScriptedEngine<K> {
        ScriptedEngine::new(&self.kernel)
    }

    /// Two connected streams.
    #[must_use]
    pub fn pair(&self) -> (Socket, Socket) {
        let (one, other) = self.kernel.lock().add_pair();
        (
            Socket::new(&self.kernel, one),
            Socket::new(&self.kernel, other),
        )
    }

    /// Two connected datagram sockets.
    #[must_use]
    pub fn datagrams(&self) -> (Socket, Socket) {
        let mut state = self.kernel.lock();
        let (one, other) = state.add_pair();
        state.make_datagrams((one, other));
        drop(state);
        (
            Socket::new(&self.kernel, one),
            Socket::new(&self.kernel, other),
        )
    }

    /// A listener; [`Socket::connect`] and [`Socket::accept`] are its two sides.
    #[must_use]
    pub fn listener(&self) -> Socket {
        let listener = self.kernel.lock().add_listener();
        Socket::new(&self.kernel, listener)
    }

    /// A stream whose connect was refused.
    #[must_use]
    pub fn refused(&self) -> Socket {
        let refused = self.kernel.lock().add_refused();
        Socket::new(&self.kernel, refused)
    }

    /// Something that can be read and written, and not watched, as a regular file.
    #[must_use]
    pub fn file(&self) -> Socket {
        let file = self.kernel.lock().add_file();
        Socket::new(&self.kernel, file)
    }

    /// Interrupts all waits, as signals do; none of them ends.
    pub fn interrupt(&self) {
        self.kernel.lock().interruptions += 1;
        self.kernel.bell.notify_all();
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}
