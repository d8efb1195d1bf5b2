//! How a registration of ours becomes changes of kqueue's, and its receipts a result.

use std::os::fd::BorrowedFd;

use poll_api::{Interest, Ready, Token, Trigger};
use sys_kqueue::{Change, Errno, Event, Filter, Flags, Kqueue};

use crate::change::Operation;

/// The most changes one operation takes: each filter is deleted, and added again if wanted.
///
/// Deleting first makes the outcome independent of what was there: a kernel that finds the
/// registration keeps its old flags, so that an addition alone could not change a trigger.
pub(super) const LONGEST: usize = 6;

/// The changes of one or several operations, for one system call.
#[derive(Debug)]
pub(super) struct Changes<'fd, const N: usize> {
    list: [Change<'fd>; N],
    receipts: [Event; N],
    len: usize,
    interrupted: bool,
}

/// Which changes belong to one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    start: usize,
    end: usize,
}

impl<'fd, const N: usize> Changes<'fd, N> {
    /// No change yet; `filler` is any source that lives long enough.
    pub(super) fn new(filler: BorrowedFd<'fd>) -> Self {
        Self {
            list: [Change::read(filler, Flags::DELETE, 0); N],
            receipts: [Event::BLANK; N],
            len: 0,
            interrupted: false,
        }
    }

    /// Appends the changes of one operation: [`LONGEST`] at most.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP`: the interest has something that the system's kqueue cannot watch.
    pub(super) fn add(
        &mut self,
        source: BorrowedFd<'fd>,
        operation: Operation,
    ) -> Result<Range, Errno> {
        let wanted = match operation {
            Operation::Register(token, interest, trigger)
            | Operation::Modify(token, interest, trigger) => {
                Some(wanted(source, token, interest, trigger)?)
            }
            Operation::Deregister => None,
        };
        let start = self.len;
        self.push(Change::read(source, Flags::DELETE, 0));
        self.push(Change::write(source, Flags::DELETE, 0));
        if let Some(change) = Change::out_of_band(source, Flags::DELETE, 0) {
            self.push(change);
        }
        for change in wanted.into_iter().flatten().flatten() {
            self.push(change);
        }
        Ok(Range {
            start,
            end: self.len,
        })
    }

    fn push(&mut self, change: Change<'fd>) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = change;
            self.len += 1;
        }
    }

    /// Applies everything in one system call.
    ///
    /// # Errors
    ///
    /// The call itself failed: `EBADF`, `ENOMEM`.
    pub(super) fn apply(&mut self, kqueue: &Kqueue) -> Result<(), Errno> {
        let list = self.list.get(..self.len).unwrap_or_default();
        loop {
            match kqueue.apply(list, &mut self.receipts) {
                // EINTR: everything was applied, says kqueue(2), but the receipts may be missing.
                // Deleting and adding once more gives the same outcome, and receipts; what they
                // say of the deletions is no news then.
                Err(Errno::INTR) => self.interrupted = true,
                result => return result.map(drop),
            }
        }
    }

    /// How one operation went, by its receipts.
    pub(super) fn verdict(&self, range: Range, operation: Operation) -> Result<(), Errno> {
        let list = self.list.get(range.start..range.end).unwrap_or_default();
        let receipts = self
            .receipts
            .get(range.start..range.end)
            .unwrap_or_default();
        let mut deleted = Err(Errno::NOENT);
        for (change, receipt) in list.iter().zip(receipts) {
            let result = receipt.receipt().unwrap_or(Ok(()));
            let adds = change.as_event().flags().contains(Flags::ADD);
            match (adds, result) {
                (false, Ok(())) => deleted = Ok(()),
                // ENOENT: this filter was not registered. EINVAL: the kernel is older than the
                // filter. Others (EBADF) also come for the additions, or for all filters.
                (false, Err(Errno::NOENT | Errno::INVAL)) => {}
                (false, Err(error)) if deleted == Err(Errno::NOENT) => deleted = Err(error),
                (false, Err(_later)) => {}
                (true, Ok(())) => {}
                (true, Err(error)) => return Err(error),
            }
        }
        match operation {
            Operation::Deregister if self.interrupted => match deleted {
                Err(Errno::NOENT) => Ok(()),
                deleted => deleted,
            },
            Operation::Deregister => deleted,
            Operation::Register(..) | Operation::Modify(..) => Ok(()),
        }
    }

    /// Whether a later operation is about the same source, and so began by deleting what this one
    /// made.
    pub(super) fn is_replaced(&self, range: Range) -> bool {
        let ident = |change: &Change<'_>| change.as_event().ident();
        let source = self.list.get(range.start).map(ident);
        let later = self.list.get(range.end..self.len).unwrap_or_default();
        later.iter().any(|change| Some(ident(change)) == source)
    }
}

/// The additions that an interest asks for, at most one for each filter.
fn wanted(
    source: BorrowedFd<'_>,
    token: Token,
    interest: Interest,
    trigger: Trigger,
) -> Result<[Option<Change<'_>>; 3], Errno> {
    if interest.is_aio() || interest.is_lio() {
        return Err(Errno::OPNOTSUPP);
    }
    let flags = Flags::ADD
        | match trigger {
            Trigger::Level => Flags::EMPTY,
            Trigger::Oneshot => Flags::DISPATCH,
            _ => Flags::CLEAR,
        };
    let udata = token.0;
    let read = interest
        .is_readable()
        .then(|| Change::read(source, flags, udata));
    let write = interest
        .is_writable()
        .then(|| Change::write(source, flags, udata));
    let priority = match interest.is_priority() {
        true => Some(Change::out_of_band(source, flags, udata).ok_or(Errno::OPNOTSUPP)?),
        false => None,
    };
    // An end is reported whatever the low-water mark is, so the highest one leaves nothing else.
    // Not all kernels let the filter for exceptional conditions report it.
    let nothing_else = read.is_none() && write.is_none();
    let hangup = nothing_else.then(|| Change::read_at_least(source, u32::MAX, flags, udata));
    Ok([read.or(hangup), write, priority])
}

/// What a report means, and the error it carries; the table stands at each predicate of
/// [`Ready`].
pub(super) fn ready(raw: &Event) -> (Ready, i32) {
    let filter = raw.filter();
    let ended = raw.flags().contains(Flags::EOF);
    let code = if ended {
        i32::try_from(raw.fflags()).unwrap_or(0)
    } else {
        0
    };
    let direction = if filter == Filter::READ {
        Ready::READABLE | Ready::when(ended, Ready::READ_CLOSED)
    } else if filter == Filter::WRITE {
        Ready::WRITABLE | Ready::when(ended, Ready::WRITE_CLOSED)
    } else if filter == Filter::USER {
        Ready::READABLE
    } else if filter == Filter::AIO {
        Ready::AIO
    } else if Some(filter) == Filter::LIO {
        Ready::LIO
    } else if Some(filter) == Filter::EXCEPT {
        // With the end, the notes are the error and no condition.
        if ended {
            Ready::READ_CLOSED
        } else {
            Ready::PRIORITY
        }
    } else {
        Ready::EMPTY
    };
    (direction | Ready::when(code != 0, Ready::ERROR), code)
}
