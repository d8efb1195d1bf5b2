//! The poll(2) engine: every system of this crate, and everything the target's own engine refuses.

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use poll_api::{Capabilities, Event, Interest, Token};
use sys_poll::{Errno, WakePipe};

use crate::backend::{Backend, Cut};
use crate::change::Operation;
use crate::wake::Bit;
use crate::wakers::{self, Wakers};

mod table;
mod turns;

use table::Table;
use turns::{Guard, Queue, Turns};

/// A poller on poll(2); see [`poller::Poll`](crate::Poll) for what it does.
///
/// It works on every system of this crate, and its time grows with the number of registrations, so
/// it is for few sources or for systems without a better engine. It keeps a duplicate of each
/// source, so that a source that is closed while registered stays open until it is deregistered. It
/// has no native edges: an edge is reported once and again after a `modify`, or after
/// [`rearm`](poll_api::Register::rearm), which [`Registered`](poll_api::Registered) calls by
/// itself. A `rearm` for a part of the registered interest leaves the other directions as they are,
/// so that who has read everything is not told again that there is room. A change by another thread
/// while the poller waits interrupts that wait for a moment, so that it holds when the method
/// returns.
///
/// Elsewhere than on Linux and Android it reports no hang-ups, but the ends that `POLLHUP` may mean
/// there: an interest in both directions may be told that both are closed when one is.
pub type Poll = crate::poller::Poll<PollTwo>;
/// The registering half of a [`Poll`].
pub type Registry = crate::registry::Registry<PollTwo>;
/// The buffer that a wait of a [`Poll`] fills.
pub type Events = crate::events::Events<PollTwo>;
/// The events of one wait of a [`Poll`].
pub type Iter<'a> = crate::events::Iter<'a, PollTwo>;
/// The handle that ends a wait of a [`Poll`].
pub type Waker = crate::waker::Waker<PollTwo>;

/// The mechanism: a table that is passed to poll(2) as a whole.
///
/// Manual: poll(2)
#[derive(Debug)]
pub struct PollTwo {
    // Held by the waiting thread for as long as poll(2) runs, because the kernel works on it.
    table: Turns<Table>,
    bell: Arc<Bell>,
}

impl Backend for PollTwo {
    type Raw = Event;
    type Bell = Bell;

    const CAPABILITIES: Capabilities = {
        let mut capabilities = Capabilities::NONE;
        capabilities.priority = true;
        capabilities.hangups = sys_poll::HANGUPS;
        capabilities.nanosecond_waits = sys_poll::NANOSECOND_WAITS;
        capabilities.pins_source = true;
        capabilities.tracks_registrations = true;
        capabilities
    };

    fn new() -> io::Result<Self> {
        let pipe = WakePipe::new()?;
        Ok(Self {
            table: Turns::new(Table::new(sys_poll::duplicate(pipe.reader())?)),
            bell: Arc::new(Bell(pipe)),
        })
    }

    fn bell(&self, _slot: u32, _token: Token) -> io::Result<Arc<Bell>> {
        Ok(Arc::clone(&self.bell))
    }

    fn change(
        &self,
        wakers: &Wakers<Bell>,
        source: BorrowedFd<'_>,
        operation: Operation,
    ) -> io::Result<()> {
        let mut table = self.table(wakers)?;
        match operation {
            Operation::Register(token, interest, trigger) => {
                table.register(source, token, interest, trigger)?;
            }
            Operation::Modify(token, interest, trigger) => {
                table.modify(source, token, interest, trigger)?;
            }
            Operation::Deregister => table.deregister(source)?,
        }
        Ok(())
    }

    fn rearm(
        &self,
        wakers: &Wakers<Bell>,
        source: BorrowedFd<'_>,
        interest: Interest,
    ) -> io::Result<()> {
        Ok(self.table(wakers)?.rearm(source, interest)?)
    }

    fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<Cut, Errno> {
        let (mut table, queue) = self.table.for_wait();
        let disturbed = queue == Queue::Waits;
        let count = table.poll(if disturbed {
            Some(Duration::ZERO)
        } else {
            timeout
        })?;
        let (filled, rung) = table.take_reports(count, events.places());
        events.fill(filled);
        if rung {
            self.bell.hush();
        }
        Ok(if rung || disturbed {
            Cut::Short
        } else {
            Cut::No
        })
    }
}

impl PollTwo {
    /// The table, for a change; a thread that waits is interrupted for it.
    fn table(&self, wakers: &Wakers<Bell>) -> io::Result<Guard<'_, Table>> {
        self.table
            .for_change(|| wakers.wake(Bit::of(wakers::ENGINE), || &self.bell))
    }
}

/// What wakes a parked poller: one pipe for all of its wakers.
#[derive(Debug)]
pub struct Bell(WakePipe);

impl Bell {
    /// Takes back what was rung; that there was nothing is no error.
    fn hush(&self) {
        while let Err(Errno::INTR) = self.0.drain() {}
    }
}

impl wakers::Bell for Bell {
    fn ring(&self) -> io::Result<()> {
        loop {
            match self.0.wake() {
                // Full means readable, which is all that a ring wants.
                Ok(()) | Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
