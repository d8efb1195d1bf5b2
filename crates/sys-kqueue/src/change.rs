//! What is asked of kqueue: changes of registrations, made by one constructor for each filter.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::process::Pid;

use crate::event::{Event, Filter, Flags};
use crate::notes::{IoNotes, ProcessNotes, TimerNotes, UserNotes, VnodeNotes};
use crate::{target, timer};

/// One change of a registration, in the form the kernel takes.
///
/// The flags say what to do: [`Flags::ADD`], with how it shall report beside it, `DELETE`,
/// `ENABLE`, `DISABLE`. A registration is known by its filter and what it watches; adding it again
/// changes it. A change borrows the descriptor it names, so a list of changes cannot outlive its
/// sources.
///
/// # Examples
///
/// ```
/// # #[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd",
/// #     target_os = "openbsd", target_os = "dragonfly"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::os::fd::AsFd;
/// use sys_kqueue::{Change, Event, Flags, Kqueue};
///
/// let (stream, _peer) = std::os::unix::net::UnixStream::pair()?;
/// let how = Flags::ADD | Flags::CLEAR;
/// let changes = [
///     Change::read(stream.as_fd(), how, 7),
///     Change::write(stream.as_fd(), how, 7),
/// ];
/// let mut receipts = [Event::default(); 2];
/// assert_eq!(Kqueue::new()?.apply(&changes, &mut receipts)?, 2);
/// assert!(receipts.iter().all(|it| it.receipt() == Some(Ok(()))));
/// # Ok(())
/// # }
/// # #[cfg(not(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd",
/// #     target_os = "openbsd", target_os = "dragonfly")))]
/// # fn main() {}
/// ```
///
/// Manual: kqueue(2)
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Change<'fd> {
    event: Event,
    source: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> Change<'fd> {
    /// When `source` can be read.
    #[doc(alias = "EVFILT_READ")]
    #[must_use]
    pub fn read(source: BorrowedFd<'fd>, flags: Flags, udata: usize) -> Self {
        Self::on_descriptor(source, Filter::READ, flags, udata)
    }

    /// When `source`, a socket, has at least `bytes` bytes to be read.
    #[doc(alias = "NOTE_LOWAT")]
    #[must_use]
    pub fn read_at_least(source: BorrowedFd<'fd>, bytes: u32, flags: Flags, udata: usize) -> Self {
        Self::read(source, flags, udata)
            .with_fflags(IoNotes::LOWAT.bits())
            .with_data(i64::from(bytes))
    }

    /// When `source` can be written.
    #[doc(alias = "EVFILT_WRITE")]
    #[must_use]
    pub fn write(source: BorrowedFd<'fd>, flags: Flags, udata: usize) -> Self {
        Self::on_descriptor(source, Filter::WRITE, flags, udata)
    }

    /// When `source`, a socket, has room for at least `bytes` bytes.
    #[doc(alias = "NOTE_LOWAT")]
    #[must_use]
    pub fn write_at_least(source: BorrowedFd<'fd>, bytes: u32, flags: Flags, udata: usize) -> Self {
        Self::write(source, flags, udata)
            .with_fflags(IoNotes::LOWAT.bits())
            .with_data(i64::from(bytes))
    }

    /// When `source` has out-of-band data; none where the system cannot tell.
    ///
    /// # Platform notes
    ///
    /// Apple, OpenBSD, DragonFly.
    #[doc(alias = "EVFILT_EXCEPT")]
    #[doc(alias = "NOTE_OOB")]
    #[must_use]
    pub fn out_of_band(source: BorrowedFd<'fd>, flags: Flags, udata: usize) -> Option<Self> {
        let (filter, notes) = (Filter::EXCEPT?, IoNotes::OOB?);
        Some(Self::on_descriptor(source, filter, flags, udata).with_fflags(notes.bits()))
    }

    /// When the send buffer of `source` is empty; none where the system cannot tell.
    ///
    /// # Platform notes
    ///
    /// FreeBSD, NetBSD.
    #[doc(alias = "EVFILT_EMPTY")]
    #[must_use]
    pub fn empty(source: BorrowedFd<'fd>, flags: Flags, udata: usize) -> Option<Self> {
        Some(Self::on_descriptor(source, Filter::EMPTY?, flags, udata))
    }

    /// When one of `notes` happens to the file behind `source`.
    #[doc(alias = "EVFILT_VNODE")]
    #[must_use]
    pub fn vnode(source: BorrowedFd<'fd>, notes: VnodeNotes, flags: Flags, udata: usize) -> Self {
        Self::on_descriptor(source, Filter::VNODE, flags, udata).with_fflags(notes.bits())
    }

    /// When one of `notes` happens to the process behind `source`, a process descriptor; none
    /// where the system has none.
    ///
    /// # Platform notes
    ///
    /// FreeBSD, with `EXIT` only.
    #[doc(alias = "EVFILT_PROCDESC")]
    #[must_use]
    pub fn process_descriptor(
        source: BorrowedFd<'fd>,
        notes: ProcessNotes,
        flags: Flags,
        udata: usize,
    ) -> Option<Self> {
        let change = Self::on_descriptor(source, Filter::PROCDESC?, flags, udata);
        Some(change.with_fflags(notes.bits()))
    }

    /// A change with any filter that watches a descriptor, known to this crate or not.
    #[must_use]
    pub fn on_descriptor(
        source: BorrowedFd<'fd>,
        filter: Filter,
        flags: Flags,
        udata: usize,
    ) -> Self {
        // An open descriptor is not negative; if it were, the kernel would say `EBADF`.
        let ident = usize::try_from(source.as_raw_fd()).unwrap_or(usize::MAX);
        Self::on_ident(ident, filter, flags, udata)
    }

    fn on_ident(ident: usize, filter: Filter, flags: Flags, udata: usize) -> Self {
        let event = Event {
            ident,
            filter: filter.raw(),
            flags: target::flags_to_raw(flags.bits()),
            udata,
            ..Event::default()
        };
        Self {
            event,
            source: PhantomData,
        }
    }

    /// Adds bits to the filter's own flags.
    #[must_use]
    pub const fn with_fflags(mut self, fflags: u32) -> Self {
        self.event.fflags |= fflags;
        self
    }

    /// Sets the filter's own number, saturating where the system's field is narrower.
    #[must_use]
    pub fn with_data(mut self, data: i64) -> Self {
        self.event.data = target::data_to_raw(data);
        self
    }

    /// Sets the extensions of FreeBSD's `struct kevent`; none on other systems.
    #[must_use]
    pub fn with_ext(mut self, ext: [u64; 4]) -> Option<Self> {
        self.event.ext = target::ext_to_raw(ext)?;
        Some(self)
    }

    /// The change as the kernel will read it.
    #[must_use]
    pub const fn as_event(&self) -> &Event {
        &self.event
    }

    /// The same change, to be answered with a receipt.
    pub(crate) fn with_receipt(&self) -> Event {
        let mut event = self.event;
        event.flags |= target::flags_to_raw(Flags::RECEIPT.bits());
        event
    }
}

impl Change<'static> {
    /// When one of `notes` happens to a process.
    ///
    /// A process that is not a child may be gone and its number used again; where that matters,
    /// FreeBSD has [`process_descriptor`](Self::process_descriptor).
    #[doc(alias = "EVFILT_PROC")]
    #[must_use]
    pub fn process(process: Pid, notes: ProcessNotes, flags: Flags, udata: usize) -> Self {
        // A `Pid` is positive; a number that no process has makes the kernel say `ESRCH`.
        let ident = usize::try_from(process.as_raw_nonzero().get()).unwrap_or(usize::MAX);
        Self::on_ident(ident, Filter::PROC, flags, udata).with_fflags(notes.bits())
    }

    /// When this process is sent `signal`, also when it ignores or blocks it.
    ///
    /// The signal takes its usual effect besides: to only see it, ignore it first.
    #[doc(alias = "EVFILT_SIGNAL")]
    #[must_use]
    pub fn signal(signal: i32, flags: Flags, udata: usize) -> Self {
        // A negative number becomes one that no signal has: OpenBSD says `EINVAL`, the others take
        // it and never report it.
        let ident = usize::try_from(signal).unwrap_or(usize::MAX);
        Self::on_ident(ident, Filter::SIGNAL, flags, udata)
    }

    /// When `period` has passed, and again each time it has; once with [`Flags::ONESHOT`].
    ///
    /// `ident` is the caller's number of the timer, in a space of its own. The period is exact
    /// where the system has a unit for it, else rounded up; one too long for the system's field
    /// saturates, which may be more than the kernel takes (`EINVAL`).
    ///
    /// # Platform notes
    ///
    /// DragonFly, OpenBSD before 7.4 and NetBSD before 10 have milliseconds only. On DragonFly the
    /// period is rounded up to them. The kernels of the other two do not know the flag of a finer
    /// unit and may take its number for milliseconds: use whole milliseconds if you run on them.
    #[doc(alias = "EVFILT_TIMER")]
    #[must_use]
    pub fn timer(ident: usize, period: Duration, flags: Flags, udata: usize) -> Self {
        let (unit, count) = timer::units(period, target::TIMER.units, target::DATA_MAX);
        Self::on_ident(ident, Filter::TIMER, flags, udata)
            .with_fflags(unit)
            .with_data(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// When the system's clock shows `since_epoch`; none where timers cannot be absolute.
    ///
    /// # Platform notes
    ///
    /// Not on DragonFly.
    #[doc(alias = "NOTE_ABSTIME")]
    #[doc(alias = "NOTE_ABSOLUTE")]
    #[must_use]
    pub fn timer_at(
        ident: usize,
        since_epoch: Duration,
        flags: Flags,
        udata: usize,
    ) -> Option<Self> {
        let absolute = TimerNotes::ABSOLUTE?;
        Some(Self::timer(ident, since_epoch, flags, udata).with_fflags(absolute.bits()))
    }

    /// A user event: registered, changed or triggered as flags and notes say.
    ///
    /// `ident` is the caller's number of the event, in a space of its own. For a wake-up see
    /// [`UserEvent`](crate::UserEvent).
    #[doc(alias = "EVFILT_USER")]
    #[must_use]
    pub fn user(ident: usize, notes: UserNotes, flags: Flags, udata: usize) -> Self {
        Self::on_ident(ident, Filter::USER, flags, udata).with_fflags(notes.bits())
    }

    /// When file systems are mounted, unmounted, or stop answering; none where the system cannot
    /// tell.
    ///
    /// # Platform notes
    ///
    /// Not on OpenBSD.
    #[doc(alias = "EVFILT_FS")]
    #[must_use]
    pub fn file_systems(flags: Flags, udata: usize) -> Option<Self> {
        Some(Self::on_ident(0, Filter::FS?, flags, udata))
    }

    /// When a message waits at a Mach port or port set; none where the system has none.
    ///
    /// # Platform notes
    ///
    /// Apple.
    #[doc(alias = "EVFILT_MACHPORT")]
    #[must_use]
    pub fn mach_port(port: u32, flags: Flags, udata: usize) -> Option<Self> {
        let filter = Filter::MACHPORT?;
        Some(Self::on_ident(
            usize::try_from(port).ok()?,
            filter,
            flags,
            udata,
        ))
    }

    /// A change with any filter that does not watch a descriptor, known to this crate or not;
    /// none for the others, which [`on_descriptor`](Self::on_descriptor) makes.
    ///
    /// The filters for asynchronous operations (`AIO`, `LIO`) are registered by the operation,
    /// not by a change; they can be deleted by one.
    #[must_use]
    pub fn on_number(ident: usize, filter: Filter, flags: Flags, udata: usize) -> Option<Self> {
        (!filter.watches_descriptor()).then(|| Self::on_ident(ident, filter, flags, udata))
    }
}

impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Change").field(&self.event).finish()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Change;
    use crate::target::{DATA_MAX, TIMER};
    use crate::{Filter, Flags, Pid, ProcessNotes, UserNotes, VnodeNotes};
    use core::time::Duration;
    use rustix::fd::{AsFd, AsRawFd};

    fn parts(change: &Change<'_>) -> (usize, Filter, u32, i64, usize) {
        let event = change.as_event();
        assert_eq!(event.flags(), Flags::ADD | Flags::CLEAR);
        (
            event.ident(),
            event.filter(),
            event.fflags(),
            event.data(),
            event.udata(),
        )
    }

    #[test]
    fn a_constructor_fills_in_what_its_filter_wants() {
        let how = Flags::ADD | Flags::CLEAR;
        let kqueue = crate::Kqueue::new().unwrap();
        let fd = kqueue.as_fd();
        let number = usize::try_from(fd.as_raw_fd()).unwrap();
        let init = Pid::from_raw(1).unwrap();
        let max = usize::MAX;
        for (change, expected) in [
            (
                Change::read(fd, how, max),
                (number, Filter::READ, 0, 0, max),
            ),
            (Change::write(fd, how, 0), (number, Filter::WRITE, 0, 0, 0)),
            (
                Change::read_at_least(fd, 9, how, 1),
                (number, Filter::READ, 1, 9, 1),
            ),
            (
                Change::write_at_least(fd, u32::MAX, how, 1),
                (number, Filter::WRITE, 1, i64::from(u32::MAX), 1),
            ),
            (
                Change::vnode(fd, VnodeNotes::RENAME, how, 1),
                (number, Filter::VNODE, 0x20, 0, 1),
            ),
            (
                Change::process(init, ProcessNotes::EXIT, how, 2),
                (1, Filter::PROC, 0x8000_0000, 0, 2),
            ),
            (Change::signal(30, how, 3), (30, Filter::SIGNAL, 0, 0, 3)),
            (Change::signal(-1, how, 3), (max, Filter::SIGNAL, 0, 0, 3)),
            (
                Change::timer(max, Duration::from_millis(5), how, 4),
                (max, Filter::TIMER, 0, 5, 4),
            ),
            (
                Change::user(6, UserNotes::TRIGGER, how, 5),
                (6, Filter::USER, 0x100_0000, 0, 5),
            ),
        ] {
            assert_eq!(parts(&change), expected, "{change:?}");
        }
    }

    #[test]
    fn a_filter_that_the_system_lacks_gives_no_change() {
        let kqueue = crate::Kqueue::new().unwrap();
        let (fd, how) = (kqueue.as_fd(), Flags::ADD);
        let notes = ProcessNotes::EXIT;
        for (change, filter) in [
            (Change::out_of_band(fd, how, 0), Filter::EXCEPT),
            (Change::empty(fd, how, 0), Filter::EMPTY),
            (
                Change::process_descriptor(fd, notes, how, 0),
                Filter::PROCDESC,
            ),
            (Change::file_systems(how, 0), Filter::FS),
            (Change::mach_port(3, how, 0), Filter::MACHPORT),
        ] {
            assert_eq!(change.map(|it| it.as_event().filter()), filter);
        }
    }

    #[test]
    fn a_number_cannot_stand_for_a_descriptor() {
        let how = Flags::ADD;
        assert!(Change::on_number(0, Filter::READ, how, 0).is_none());
        assert!(Change::on_number(0, Filter::VNODE, how, 0).is_none());
        assert!(Change::on_number(0, Filter::AIO, how, 0).is_some());
    }

    #[test]
    fn an_absolute_timer_has_its_flag_beside_the_unit() {
        let at = Duration::new(1, 1);
        let relative = Change::timer(0, at, Flags::ADD, 0);
        let absolute = Change::timer_at(0, at, Flags::ADD, 0);
        let bits = absolute.map(|it| it.as_event().fflags() & !relative.as_event().fflags());
        assert_eq!(bits, TIMER.absolute);
        let longest = Change::timer(0, Duration::MAX, Flags::ADD, 0);
        assert_eq!(longest.as_event().data().unsigned_abs(), DATA_MAX);
    }

    #[test]
    fn only_the_receipt_is_added_to_the_flags() {
        let change = Change::user(1, UserNotes::EMPTY, Flags::ADD | Flags::DISPATCH, 0);
        let receipt = change.with_receipt();
        let flags = Flags::ADD | Flags::DISPATCH | Flags::RECEIPT;
        assert_eq!((receipt.flags(), receipt.receipt()), (flags, None));
    }
}
