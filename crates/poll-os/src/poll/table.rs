//! What the poll(2) engine watches: who is registered, what is polled, and the edges it makes up.

use core::time::Duration;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use poll_api::{Event, Interest, Ready, Token, Trigger};
use sys_poll::{Errno, Flags, PollSet};

/// The registrations of one poller.
///
/// Invariant: `keys[i]` is the number under which `set`'s descriptor `i` was registered, and the
/// entry of that number says `Polled(i)`; index 0 is the bell, whose number nobody registers.
#[derive(Debug)]
pub(crate) struct Table {
    set: PollSet,
    keys: Vec<i32>,
    entries: HashMap<i32, Entry>,
    // Where the next look for reports begins, so that a small buffer serves all sources in turn.
    cursor: usize,
}

#[derive(Debug)]
struct Entry {
    token: Token,
    interest: Interest,
    trigger: Trigger,
    // What it is polled for: as registered, less the directions whose edge was reported since.
    asked: Flags,
    duplicate: Duplicate,
}

/// Where the poller's duplicate of a source is.
#[derive(Debug)]
enum Duplicate {
    /// In the set, at this index.
    Polled(usize),
    /// Kept aside: reported once and to be silent until modified.
    Silent(OwnedFd),
}

const BELL: usize = 0;
const NOBODY: i32 = -1;

impl Table {
    pub(crate) fn new(bell: OwnedFd) -> Self {
        let mut set = PollSet::new();
        set.push(bell, Flags::IN);
        Self {
            set,
            keys: vec![NOBODY],
            entries: HashMap::new(),
            cursor: 0,
        }
    }

    pub(crate) fn register(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<(), Errno> {
        let flags = flags(interest)?;
        if sys_poll::is_always_ready(source)? {
            return Err(Errno::PERM);
        }
        let key = source.as_raw_fd();
        self.forget_stale(key, source)?;
        let Place::Vacant(vacant) = self.entries.entry(key) else {
            return Err(Errno::EXIST);
        };
        let duplicate = sys_poll::duplicate(source)?;
        let index = self.set.len();
        self.set.push(duplicate, flags);
        self.keys.push(key);
        let duplicate = Duplicate::Polled(index);
        vacant.insert(Entry {
            token,
            interest,
            trigger,
            asked: flags,
            duplicate,
        });
        Ok(())
    }

    pub(crate) fn modify(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<(), Errno> {
        let flags = flags(interest)?;
        let key = source.as_raw_fd();
        let entry = self.entries.get_mut(&key).ok_or(Errno::NOENT)?;
        entry.token = token;
        entry.interest = interest;
        entry.trigger = trigger;
        self.ask(key, flags);
        Ok(())
    }

    /// Polls for these directions again, and leaves the others as they are.
    pub(crate) fn rearm(
        &mut self,
        source: BorrowedFd<'_>,
        interest: Interest,
    ) -> Result<(), Errno> {
        let flags = flags(interest)?;
        let key = source.as_raw_fd();
        let entry = self.entries.get(&key).ok_or(Errno::NOENT)?;
        self.ask(key, entry.asked | flags);
        Ok(())
    }

    /// Polls the source registered as `key` for exactly these flags, also if it was silent.
    fn ask(&mut self, key: i32, flags: Flags) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        entry.asked = flags;
        match &entry.duplicate {
            Duplicate::Polled(index) => self.set.set_flags(*index, flags),
            Duplicate::Silent(_) => {
                let polled = Duplicate::Polled(self.set.len());
                if let Duplicate::Silent(fd) = core::mem::replace(&mut entry.duplicate, polled) {
                    self.set.push(fd, flags);
                    self.keys.push(key);
                }
            }
        }
    }

    pub(crate) fn deregister(&mut self, source: BorrowedFd<'_>) -> Result<(), Errno> {
        self.remove(source.as_raw_fd()).ok_or(Errno::NOENT)
    }

    /// poll(2) on everything that is not silent.
    pub(crate) fn poll(&mut self, timeout: Option<Duration>) -> Result<usize, Errno> {
        self.set.poll(timeout)
    }

    /// Moves up to `count` reports into `places`, as far as there is room; says how many, and
    /// whether the bell was among the reports.
    pub(crate) fn take_reports(&mut self, count: usize, places: &mut [Event]) -> (usize, bool) {
        let rung = count > 0 && self.set.reported(BELL) != Flags::EMPTY;
        let mut left = count - usize::from(rung);
        let mut filled = 0;
        // Downwards, because taking one out moves the last one into its place; and after those
        // below the cursor everything from the top, since ones above it may have moved below it
        // meanwhile. A report is forgotten when it is passed on, so none is passed on twice.
        let length = self.keys.len();
        let start = self.cursor.min(length);
        for index in (1..start).rev().chain((1..length).rev()) {
            let Some(place) = places.get_mut(filled).filter(|_| left > 0) else {
                break;
            };
            // Fewer than at the start where silenced ones were taken out.
            if index >= self.keys.len() {
                continue;
            }
            let reported = self.set.reported(index);
            if reported != Flags::EMPTY {
                left -= 1;
                self.cursor = index;
                if let Some(event) = self.report(index, reported) {
                    *place = event;
                    filled += 1;
                }
            }
        }
        (filled, rung)
    }

    /// The event of a report, after which it is forgotten.
    fn report(&mut self, index: usize, reported: Flags) -> Option<Event> {
        let entry = self.entries.get_mut(self.keys.get(index)?)?;
        let event = Event::new(entry.token, ready(reported, hangup(entry.interest)));
        match entry.trigger {
            Trigger::Level => self.set.clear_report(index),
            Trigger::Oneshot => self.silence(index),
            _ => match unreported(entry.asked, reported) {
                Some(rest) => {
                    entry.asked = rest;
                    self.set.set_flags(index, rest);
                }
                None => self.silence(index),
            },
        }
        Some(event)
    }

    /// Keeps the descriptor at `index` aside until it is modified.
    fn silence(&mut self, index: usize) {
        let (key, fd) = self.take_out(index);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.duplicate = Duplicate::Silent(fd);
        }
    }

    /// Takes a descriptor out of the set; the last one moves to its index.
    fn take_out(&mut self, index: usize) -> (i32, OwnedFd) {
        let fd = self.set.swap_remove(index);
        let key = self.keys.swap_remove(index);
        if let Some(moved) = self
            .keys
            .get(index)
            .and_then(|key| self.entries.get_mut(key))
        {
            moved.duplicate = Duplicate::Polled(index);
        }
        (key, fd)
    }

    fn remove(&mut self, key: i32) -> Option<()> {
        let entry = self.entries.remove(&key)?;
        if let Duplicate::Polled(index) = entry.duplicate {
            drop(self.take_out(index));
        }
        Some(())
    }

    /// Drops the entry of a source that was closed without being deregistered and whose number
    /// `source` has now.
    fn forget_stale(&mut self, key: i32, source: BorrowedFd<'_>) -> Result<(), Errno> {
        let same = match self.entries.get(&key).map(|entry| &entry.duplicate) {
            None => true,
            Some(Duplicate::Polled(index)) => sys_poll::is_same_file(self.set.fd(*index), source)?,
            Some(Duplicate::Silent(fd)) => sys_poll::is_same_file(fd, source)?,
        };
        if !same {
            self.remove(key);
        }
        Ok(())
    }
}

/// What to ask of poll for an interest.
fn flags(interest: Interest) -> Result<Flags, Errno> {
    if interest.is_aio() || interest.is_lio() {
        return Err(Errno::OPNOTSUPP);
    }
    let when = |asked: bool, flags: Flags| if asked { flags } else { Flags::EMPTY };
    Ok(when(interest.is_readable(), Flags::IN | Flags::RDHUP)
        | when(interest.is_writable(), Flags::OUT)
        | when(interest.is_priority(), Flags::PRI))
}

/// What is still to be asked after an edge: the directions that were not reported, or nothing at
/// all once the source hung up or failed, because that is reported whatever is asked.
fn unreported(asked: Flags, reported: Flags) -> Option<Flags> {
    if reported.intersects(Flags::HUP | Flags::ERR | Flags::NVAL) {
        return None;
    }
    let directions = [Flags::IN | Flags::RDHUP, Flags::OUT, Flags::PRI];
    let seen = directions
        .into_iter()
        .filter(|direction| reported.intersects(*direction));
    let rest = seen.fold(asked.bits(), |rest, direction| rest & !direction.bits());
    Some(Flags::from_bits(rest))
}

/// What POLLHUP means to a registration with this interest.
fn hangup(interest: Interest) -> Ready {
    if sys_poll::HANGUPS {
        Ready::HANGUP | Ready::READ_CLOSED | Ready::WRITE_CLOSED
    } else {
        ends(interest)
    }
}

/// What POLLHUP means where it may be the end of either direction: the end of all that are waited
/// for. A waiter that is not told may sleep for ever; one that is told for nothing tries in vain.
fn ends(interest: Interest) -> Ready {
    match (interest.is_readable(), interest.is_writable()) {
        (true, true) => Ready::READ_CLOSED | Ready::WRITE_CLOSED,
        (false, true) => Ready::WRITE_CLOSED,
        (_, false) => Ready::READ_CLOSED,
    }
}

/// What poll's flags mean; the table stands at each predicate of [`Ready`].
fn ready(flags: Flags, hangup: Ready) -> Ready {
    let when = |any: Flags, ready: Ready| Ready::when(flags.intersects(any), ready);
    when(Flags::IN, Ready::READABLE)
        | when(Flags::OUT, Ready::WRITABLE)
        | when(Flags::RDHUP, Ready::READ_CLOSED)
        | when(Flags::ERR, Ready::WRITE_CLOSED)
        | when(Flags::HUP, hangup)
        | when(Flags::ERR | Flags::NVAL, Ready::ERROR)
        | when(Flags::PRI, Ready::PRIORITY)
}

#[cfg(test)]
mod tests {
    use super::{ends, hangup, ready};
    use poll_api::{Interest, Ready};
    use sys_poll::Flags;

    const BOTH_ENDS: Ready = Ready::READ_CLOSED.add(Ready::WRITE_CLOSED);

    #[test]
    fn an_unclear_hang_up_is_the_end_of_each_direction_that_is_waited_for() {
        let (read, write) = (Interest::READABLE, Interest::WRITABLE);
        for (interest, expected) in [
            (read, Ready::READ_CLOSED),
            (write, Ready::WRITE_CLOSED),
            (read | write, BOTH_ENDS),
            (read | Interest::PRIORITY, Ready::READ_CLOSED),
            (Interest::PRIORITY, Ready::READ_CLOSED),
            (Interest::HANGUP, Ready::READ_CLOSED),
            (write | Interest::HANGUP, Ready::WRITE_CLOSED),
        ] {
            let seen = ready(Flags::HUP | Flags::IN, ends(interest));
            assert_eq!(seen, expected | Ready::READABLE, "{interest:?}");
        }
    }

    #[test]
    fn a_hang_up_is_told_only_where_it_is_declared() {
        let told = hangup(Interest::READABLE);
        assert_eq!(told.is_hangup(), sys_poll::HANGUPS);
        assert!(told.is_read_closed());
    }
}
