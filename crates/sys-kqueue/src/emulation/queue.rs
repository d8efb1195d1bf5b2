//! What stands behind an emulated kqueue: its knotes, and the epoll instance that says which of
//! them may have something to report.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, PollFd, PollFlags, epoll, eventfd, poll};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::knote::Knote;
use super::script::{Profile, ReceiptFlags};
use crate::event::{Event, Flags};
use crate::target;
use crate::timeout::seconds_and_nanos;

/// What stands behind a kqueue.
///
/// Each knote has a descriptor of its own that is readable while the knote may have something to
/// report. The kqueue watches those for their level, so whoever polls the kqueue sees what is in
/// it. Calls look and change under the lock, and sleep without it.
pub(super) struct Queue {
    profile: Profile,
    /// Never ready; in the kqueue's epoll instance only to know that instance again.
    witness: OwnedFd,
    state: Mutex<State>,
}

struct State {
    knotes: Vec<Knote>,
    /// The id that was given last; the witness has zero.
    last_id: u64,
}

impl Queue {
    pub(super) fn new(kqueue: BorrowedFd<'_>, profile: Profile) -> Result<Self, Errno> {
        let witness = eventfd(0, EventfdFlags::CLOEXEC)?;
        epoll::add(kqueue, &witness, id(0), epoll::EventFlags::empty())?;
        Ok(Self {
            profile,
            witness,
            state: Mutex::new(State {
                knotes: Vec::new(),
                last_id: 0,
            }),
        })
    }

    /// Whether this is the queue of that descriptor.
    pub(super) fn is_behind(&self, kqueue: BorrowedFd<'_>) -> bool {
        epoll::modify(kqueue, &self.witness, id(0), epoll::EventFlags::empty()).is_ok()
    }

    /// Makes the changes but for those at the places of `refused`, and returns the number of
    /// receipts.
    ///
    /// # Errors
    ///
    /// That of the first change that failed where there is no room for its receipt.
    pub(super) fn apply(
        &self,
        kqueue: BorrowedFd<'_>,
        changes: &[Event],
        refused: &[(usize, Errno)],
        receipts: &mut [Event],
    ) -> Result<usize, Errno> {
        let mut state = self.lock();
        let mut written = 0;
        for (place, change) in changes.iter().enumerate() {
            let result = match refused.iter().find(|(refused, _)| *refused == place) {
                Some((_, error)) => Err(*error),
                None => self.change(&mut state, kqueue, change),
            };
            if result.is_ok() && !change.flags().contains(Flags::RECEIPT) {
                continue;
            }
            let Some(entry) = receipts.get_mut(written) else {
                return result.map(|()| written);
            };
            *entry = self.receipt(change, result);
            written += 1;
        }
        Ok(written)
    }

    fn receipt(&self, change: &Event, result: Result<(), Errno>) -> Event {
        let flags = match self.profile.receipt_flags {
            ReceiptFlags::Replaced => Flags::ERROR,
            ReceiptFlags::Joined => change.flags() | Flags::ERROR,
        };
        let code = result.map_or_else(|error| error.raw_os_error().into(), |()| 0);
        Event {
            flags: target::flags_to_raw(flags.bits()),
            data: target::data_to_raw(code),
            ..*change
        }
    }

    fn change(
        &self,
        state: &mut State,
        kqueue: BorrowedFd<'_>,
        change: &Event,
    ) -> Result<(), Errno> {
        let flags = change.flags();
        let place = state.place(kqueue, change)?;
        if flags.contains(Flags::DELETE) {
            state.remove(kqueue, place.ok_or(Errno::NOENT)?);
            return Ok(());
        }
        let place = match place {
            Some(place) => {
                let knote = state.knotes.get_mut(place).ok_or(Errno::NOENT)?;
                knote.touch(change)?;
                place
            }
            None if flags.contains(Flags::ADD) => self.add(state, kqueue, change)?,
            None => return Err(Errno::NOENT),
        };
        let knote = state.knotes.get_mut(place).ok_or(Errno::NOENT)?;
        // Adding what is there enables nothing, whatever the manuals say: kernels differ.
        if flags.contains(Flags::ENABLE) {
            knote.enable(kqueue, true)?;
        } else if flags.contains(Flags::DISABLE) {
            knote.enable(kqueue, false)?;
        }
        Ok(())
    }

    fn add(
        &self,
        state: &mut State,
        kqueue: BorrowedFd<'_>,
        change: &Event,
    ) -> Result<usize, Errno> {
        let is_itself = |source: BorrowedFd<'_>| self.is_behind(source);
        let knote = Knote::new(state.last_id + 1, change, &self.profile, is_itself)?;
        epoll::add(kqueue, knote.signal(), id(knote.id), epoll::EventFlags::IN)?;
        state.last_id = knote.id;
        state.knotes.push(knote);
        Ok(state.knotes.len() - 1)
    }

    /// Waits for events, at most for `timeout`.
    pub(super) fn wait(
        &self,
        kqueue: BorrowedFd<'_>,
        events: &mut [Event],
        timeout: Option<Duration>,
    ) -> Result<usize, Errno> {
        let start = now();
        loop {
            let count = self.lock().collect(kqueue, events)?;
            let passed = now().saturating_sub(start);
            let remaining = timeout.map(|timeout| timeout.saturating_sub(passed));
            if count > 0 || events.is_empty() || remaining == Some(Duration::ZERO) {
                return Ok(count);
            }
            let remaining = remaining.map(timespec);
            let mut readable = [PollFd::from_borrowed_fd(kqueue, PollFlags::IN)];
            poll(&mut readable, remaining.as_ref())?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Where the knote is that `change` means, if it is there.
    ///
    /// A knote whose descriptor was closed is gone, also when its number means another one by now.
    fn place(&mut self, kqueue: BorrowedFd<'_>, change: &Event) -> Result<Option<usize>, Errno> {
        let mut all = self.knotes.iter();
        let place = all.position(|knote| knote.is_about(change));
        let knote = place.and_then(|place| self.knotes.get(place));
        let is_open = knote.is_none_or(Knote::is_open);
        if let (Some(place), false) = (place, is_open) {
            self.remove(kqueue, place);
        }
        if change.filter().watches_descriptor() {
            super::registry::duplicate(change.ident())?;
        }
        Ok(place.filter(|_| is_open))
    }

    fn remove(&mut self, kqueue: BorrowedFd<'_>, place: usize) {
        let knote = self.knotes.remove(place);
        // Closing it would do; it is deleted for the case that another look holds it open.
        epoll::delete(kqueue, knote.signal()).ok();
    }

    /// Puts what is ready into `events`; each knote reports once.
    fn collect(&mut self, kqueue: BorrowedFd<'_>, events: &mut [Event]) -> Result<usize, Errno> {
        let mut filled = 0;
        let mut seen: Vec<u64> = Vec::new();
        while filled < events.len() {
            let mut ready = Vec::with_capacity(events.len() - filled);
            epoll::wait(
                kqueue,
                spare_capacity(&mut ready),
                Some(&timespec(Duration::ZERO)),
            )?;
            ready.retain(|it: &epoll::Event| !seen.contains(&it.data.u64()));
            if ready.is_empty() {
                break;
            }
            for id in ready.iter().map(|it| it.data.u64()) {
                seen.push(id);
                let Some(place) = self.knotes.iter().position(|knote| knote.id == id) else {
                    continue;
                };
                let report = self.report(kqueue, place)?;
                if let (Some(report), Some(entry)) = (report, events.get_mut(filled)) {
                    *entry = report;
                    filled += 1;
                }
            }
        }
        Ok(filled)
    }

    /// The report of one knote, and what that does to it.
    fn report(&mut self, kqueue: BorrowedFd<'_>, place: usize) -> Result<Option<Event>, Errno> {
        let Some(knote) = self.knotes.get_mut(place) else {
            return Ok(None);
        };
        if !knote.is_open() {
            self.remove(kqueue, place);
            return Ok(None);
        }
        let Some(report) = knote.report()? else {
            return Ok(None);
        };
        if report.flags().contains(Flags::ONESHOT) {
            self.remove(kqueue, place);
        } else if report.flags().contains(Flags::DISPATCH) {
            knote.enable(kqueue, false)?;
        }
        Ok(Some(report))
    }
}

pub(super) fn id(id: u64) -> epoll::EventData {
    epoll::EventData::new_u64(id)
}

pub(super) fn timespec(timeout: Duration) -> Timespec {
    let (seconds, nanos) = seconds_and_nanos(timeout, target::WAIT_UNIT);
    Timespec {
        tv_sec: seconds.into(),
        tv_nsec: nanos.into(),
    }
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // Neither is negative on this clock.
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
