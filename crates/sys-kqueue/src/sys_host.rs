//! A stand-in for the kernel, for unit tests on systems without kqueue: user events and receipts,
//! as FreeBSD has them.

extern crate std;

use core::cell::RefCell;
use core::time::Duration;
use std::vec::Vec;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::{Change, Event, Filter, Flags, UserNotes, target};

/// What is registered, and whether it was triggered.
struct Knote {
    event: Event,
    triggered: bool,
}

std::thread_local! {
    // One kqueue for each test, as each test has a thread.
    static KNOTES: RefCell<Vec<Knote>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn kqueue() -> Result<OwnedFd, Errno> {
    count();
    KNOTES.take();
    // Any descriptor will do: nothing is ever asked of it.
    rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC)
}

pub(crate) fn kevent(
    _kqueue: BorrowedFd<'_>,
    changes: &[Change<'_>],
    events: &mut [Event],
    _timeout: Option<Duration>,
) -> Result<usize, Errno> {
    count();
    let changes: Vec<Event> = changes.iter().map(|it| *it.as_event()).collect();
    KNOTES.with_borrow_mut(|knotes| match apply(knotes, &changes, events)? {
        0 => Ok(collect(knotes, events)),
        receipts => Ok(receipts),
    })
}

pub(crate) fn kevent_in_place(_kqueue: BorrowedFd<'_>, list: &mut [Event]) -> Result<usize, Errno> {
    count();
    let changes = list.to_vec();
    KNOTES.with_borrow_mut(|knotes| apply(knotes, &changes, list))
}

fn apply(
    knotes: &mut Vec<Knote>,
    changes: &[Event],
    receipts: &mut [Event],
) -> Result<usize, Errno> {
    let mut written = 0;
    for change in changes {
        let result = apply_one(knotes, change);
        if result.is_ok() && !change.flags().contains(Flags::RECEIPT) {
            continue;
        }
        let Some(entry) = receipts.get_mut(written) else {
            return result.map(|()| written);
        };
        *entry = *change;
        entry.flags = target::flags_to_raw(Flags::ERROR.bits());
        entry.data = result.map_or_else(|it| i64::from(it.raw_os_error()), |()| 0);
        written += 1;
    }
    Ok(written)
}

fn apply_one(knotes: &mut Vec<Knote>, change: &Event) -> Result<(), Errno> {
    let same = |it: &Knote| (it.event.filter, it.event.ident) == (change.filter, change.ident);
    let flags = change.flags();
    if change.filter() != Filter::USER {
        return Err(Errno::INVAL);
    }
    if flags.contains(Flags::ADD) && !knotes.iter().any(same) {
        let event = Event {
            fflags: 0,
            ..*change
        };
        knotes.push(Knote {
            event,
            triggered: false,
        });
    }
    if flags.contains(Flags::DELETE) {
        let index = knotes.iter().position(same).ok_or(Errno::NOENT)?;
        knotes.remove(index);
        return Ok(());
    }
    let knote = knotes.iter_mut().find(|it| same(it)).ok_or(Errno::NOENT)?;
    knote.event.udata = change.udata;
    knote.triggered |= change.fflags & UserNotes::TRIGGER.bits() != 0;
    // FreeBSD forgets the trigger if the change that triggers has `CLEAR`.
    knote.triggered &= !flags.contains(Flags::CLEAR);
    Ok(())
}

fn collect(knotes: &mut Vec<Knote>, events: &mut [Event]) -> usize {
    let mut ready: Vec<_> = knotes.iter_mut().filter(|it| it.triggered).collect();
    ready.truncate(events.len());
    for (entry, knote) in events.iter_mut().zip(&mut ready) {
        *entry = knote.event;
        knote.triggered = !knote.event.flags().contains(Flags::CLEAR);
    }
    let count = ready.len();
    knotes.retain(|it| !(it.triggered && it.event.flags().contains(Flags::ONESHOT)));
    count
}

#[cfg(feature = "count")]
use crate::count::one as count;

#[cfg(not(feature = "count"))]
const fn count() {}
