//! What kqueue reports, as the kernel writes it.

use core::fmt;

use rustix::io::Errno;

use crate::target::{self, FILTERS, FLAGS, RawData, RawExt, RawFilter, RawFlags};

/// What is watched: a number that differs between the systems.
///
/// A filter that only some systems have is an `Option`, so that portable code can ask.
///
/// Manual: kqueue(2)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filter(RawFilter);

impl Filter {
    /// A descriptor can be read.
    #[doc(alias = "EVFILT_READ")]
    pub const READ: Self = Self::new(FILTERS.read);
    /// A descriptor can be written.
    #[doc(alias = "EVFILT_WRITE")]
    pub const WRITE: Self = Self::new(FILTERS.write);
    /// A POSIX asynchronous operation completed.
    #[doc(alias = "EVFILT_AIO")]
    pub const AIO: Self = Self::new(FILTERS.aio);
    /// Something happened to a file.
    #[doc(alias = "EVFILT_VNODE")]
    pub const VNODE: Self = Self::new(FILTERS.vnode);
    /// Something happened to a process.
    #[doc(alias = "EVFILT_PROC")]
    pub const PROC: Self = Self::new(FILTERS.proc);
    /// A signal was sent to this process.
    #[doc(alias = "EVFILT_SIGNAL")]
    pub const SIGNAL: Self = Self::new(FILTERS.signal);
    /// A time has come.
    #[doc(alias = "EVFILT_TIMER")]
    pub const TIMER: Self = Self::new(FILTERS.timer);
    /// The program itself says so. Newer than the rest: NetBSD 10 and OpenBSD 7.8; older kernels
    /// answer `EINVAL`.
    #[doc(alias = "EVFILT_USER")]
    pub const USER: Self = Self::new(FILTERS.user);
    /// An exceptional condition of a descriptor. Apple, OpenBSD, DragonFly.
    #[doc(alias = "EVFILT_EXCEPT")]
    pub const EXCEPT: Option<Self> = Self::some(FILTERS.except);
    /// File systems come and go. Apple, FreeBSD, NetBSD, DragonFly.
    #[doc(alias = "EVFILT_FS")]
    pub const FS: Option<Self> = Self::some(FILTERS.fs);
    /// The send buffer of a socket is empty. FreeBSD, NetBSD since version 10: an older kernel
    /// says `EINVAL`.
    #[doc(alias = "EVFILT_EMPTY")]
    pub const EMPTY: Option<Self> = Self::some(FILTERS.empty);
    /// Something happened to a process, by its descriptor. FreeBSD.
    #[doc(alias = "EVFILT_PROCDESC")]
    pub const PROCDESC: Option<Self> = Self::some(FILTERS.procdesc);
    /// A list of asynchronous operations completed. FreeBSD, Apple.
    #[doc(alias = "EVFILT_LIO")]
    pub const LIO: Option<Self> = Self::some(FILTERS.lio);
    /// Reserved for sendfile(2). FreeBSD.
    #[doc(alias = "EVFILT_SENDFILE")]
    pub const SENDFILE: Option<Self> = Self::some(FILTERS.sendfile);
    /// Something happened to a jail. FreeBSD 15.
    #[doc(alias = "EVFILT_JAIL")]
    pub const JAIL: Option<Self> = Self::some(FILTERS.jail);
    /// Something happened to a jail, by its descriptor. FreeBSD 15.
    #[doc(alias = "EVFILT_JAILDESC")]
    pub const JAILDESC: Option<Self> = Self::some(FILTERS.jaildesc);
    /// A message waits at a Mach port. Apple.
    #[doc(alias = "EVFILT_MACHPORT")]
    pub const MACHPORT: Option<Self> = Self::some(FILTERS.machport);
    /// Memory runs short. Apple.
    #[doc(alias = "EVFILT_VM")]
    pub const VM: Option<Self> = Self::some(FILTERS.vm);
    /// A device changed. OpenBSD.
    #[doc(alias = "EVFILT_DEVICE")]
    pub const DEVICE: Option<Self> = Self::some(FILTERS.device);

    const NAMES: [(Option<Self>, &str); 19] = [
        (Some(Self::READ), "READ"),
        (Some(Self::WRITE), "WRITE"),
        (Some(Self::AIO), "AIO"),
        (Some(Self::VNODE), "VNODE"),
        (Some(Self::PROC), "PROC"),
        (Some(Self::SIGNAL), "SIGNAL"),
        (Some(Self::TIMER), "TIMER"),
        (Some(Self::USER), "USER"),
        (Self::EXCEPT, "EXCEPT"),
        (Self::FS, "FS"),
        (Self::EMPTY, "EMPTY"),
        (Self::PROCDESC, "PROCDESC"),
        (Self::LIO, "LIO"),
        (Self::SENDFILE, "SENDFILE"),
        (Self::JAIL, "JAIL"),
        (Self::JAILDESC, "JAILDESC"),
        (Self::MACHPORT, "MACHPORT"),
        (Self::VM, "VM"),
        (Self::DEVICE, "DEVICE"),
    ];

    /// The filter with exactly this number.
    #[must_use]
    pub const fn from_raw(raw: RawFilter) -> Self {
        Self(raw)
    }

    /// The number as the kernel has it.
    #[must_use]
    pub const fn raw(self) -> RawFilter {
        self.0
    }

    /// Whether the filter names what it watches by a descriptor.
    #[must_use]
    pub fn watches_descriptor(self) -> bool {
        [Self::READ, Self::WRITE, Self::VNODE].contains(&self)
            || [
                Self::EXCEPT,
                Self::EMPTY,
                Self::PROCDESC,
                Self::SENDFILE,
                Self::JAILDESC,
                Self::DEVICE,
            ]
            .contains(&Some(self))
    }

    const fn new(number: i32) -> Self {
        Self(target::raw_filter(number))
    }

    const fn some(number: Option<i32>) -> Option<Self> {
        match number {
            Some(number) => Some(Self::new(number)),
            None => None,
        }
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(it, _)| *it == Some(*self)) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "Filter({})", self.0),
        }
    }
}

bit_set! {
    /// What to do with a registration, how it reports, and what a report says; bits this crate
    /// has no name for are kept.
    ///
    /// The kernel's field has 16 bits, on NetBSD 32; bits above those of the system are dropped.
    ///
    /// Manual: kqueue(2)
    Flags {
        /// Register, or change the registration there is; enables it too.
        #[doc(alias = "EV_ADD")]
        ADD = 0x1;
        /// End the registration.
        #[doc(alias = "EV_DELETE")]
        DELETE = 0x2;
        /// Report again after `DISABLE` or `DISPATCH`.
        #[doc(alias = "EV_ENABLE")]
        ENABLE = 0x4;
        /// Keep the registration and do not report.
        #[doc(alias = "EV_DISABLE")]
        DISABLE = 0x8;
        /// Report once, then delete the registration.
        #[doc(alias = "EV_ONESHOT")]
        ONESHOT = 0x10;
        /// Report changes instead of states.
        #[doc(alias = "EV_CLEAR")]
        CLEAR = 0x20;
        /// Answer this change with a receipt.
        #[doc(alias = "EV_RECEIPT")]
        RECEIPT = 0x40;
        /// Report once, then disable the registration.
        #[doc(alias = "EV_DISPATCH")]
        DISPATCH = 0x80;
        /// Reserved for the filter.
        #[doc(alias = "EV_FLAG1")]
        FLAG1 = 0x2000;
        /// Reported: this is a receipt, and `data` is an errno or zero.
        #[doc(alias = "EV_ERROR")]
        ERROR = 0x4000;
        /// Reported: the end was reached, or the peer is gone.
        #[doc(alias = "EV_EOF")]
        EOF = 0x8000;
    }
    some systems {
        /// Report at once, then delete the registration. FreeBSD.
        #[doc(alias = "EV_FORCEONESHOT")]
        FORCEONESHOT = FLAGS.forceoneshot;
        /// Leave the user's data as they are. FreeBSD.
        #[doc(alias = "EV_KEEPUDATA")]
        KEEPUDATA = FLAGS.keepudata;
        /// One registration for each value of the user's data. Apple.
        #[doc(alias = "EV_UDATA_SPECIFIC")]
        UDATA_SPECIFIC = FLAGS.udata_specific;
        /// Report that the source has vanished. Apple.
        #[doc(alias = "EV_VANISHED")]
        VANISHED = FLAGS.vanished;
        /// Readable as poll(2) means it. Apple.
        #[doc(alias = "EV_POLL")]
        POLL = FLAGS.poll;
        /// There are no further data. DragonFly.
        #[doc(alias = "EV_NODATA")]
        NODATA = FLAGS.nodata;
        /// Both directions are closed. DragonFly.
        #[doc(alias = "EV_HUP")]
        HUP = FLAGS.hup;
    }
}

/// One report of the kernel.
///
/// It mirrors `struct kevent`, so that a slice of it is filled by the kernel directly. The plain
/// accessors return what the kernel wrote; [`kind`](Self::kind) says what it means.
///
/// Manual: kqueue(2)
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Event {
    pub(crate) ident: usize,
    pub(crate) filter: RawFilter,
    pub(crate) flags: RawFlags,
    pub(crate) fflags: u32,
    pub(crate) data: RawData,
    // A pointer in C. As a number, an event can go to any thread; size and place are the same.
    pub(crate) udata: usize,
    pub(crate) ext: RawExt,
}

impl Event {
    /// An event of nothing: what an unused place of a list holds.
    pub const BLANK: Self = Self {
        ident: 0,
        filter: 0,
        flags: 0,
        fflags: 0,
        data: 0,
        udata: 0,
        ext: [0; size_of::<RawExt>() / 8],
    };

    /// What is watched: a descriptor, a process, a signal, or the caller's number.
    #[must_use]
    pub const fn ident(&self) -> usize {
        self.ident
    }

    /// The filter that reports.
    #[must_use]
    pub const fn filter(&self) -> Filter {
        Filter(self.filter)
    }

    /// The flags.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags::from_bits(target::flags_from_raw(self.flags))
    }

    /// The filter's own flags; [`kind`](Self::kind) has them typed.
    #[must_use]
    pub const fn fflags(&self) -> u32 {
        self.fflags
    }

    /// The filter's own number: bytes, a count, a status.
    #[must_use]
    pub fn data(&self) -> i64 {
        target::data_from_raw(self.data)
    }

    /// The user's data given at registration.
    #[must_use]
    pub const fn udata(&self) -> usize {
        self.udata
    }

    /// The extensions of FreeBSD's `struct kevent`; zero elsewhere.
    #[must_use]
    pub const fn ext(&self) -> [u64; 4] {
        target::ext_from_raw(self.ext)
    }

    /// If this is a receipt: whether the change it answers was made.
    ///
    /// The bit `ERROR` is tested, not equality: some systems leave the flags of the change beside
    /// it and some do not.
    #[must_use]
    pub fn receipt(&self) -> Option<Result<(), Errno>> {
        if !self.flags().contains(Flags::ERROR) {
            return None;
        }
        match self.data() {
            0 => Some(Ok(())),
            code => Some(Err(errno(code))),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("ident", &self.ident())
            .field("filter", &self.filter())
            .field("flags", &self.flags())
            .field("fflags", &format_args!("{:#x}", self.fflags()))
            .field("data", &self.data())
            .field("udata", &self.udata())
            .finish()
    }
}

/// An errno from a field that is wider; what does not fit or is none becomes `EIO`.
pub(crate) fn errno(code: i64) -> Errno {
    match u16::try_from(code) {
        Ok(code @ 1..4096) => Errno::from_raw_os_error(i32::from(code)),
        _ => Errno::IO,
    }
}

static_assertions::assert_impl_all!(Event: Send, Sync);

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{Event, Filter, Flags, errno};
    use crate::target;
    use rustix::io::Errno;
    use std::format;

    fn event(flags: u32, data: i64) -> Event {
        Event {
            flags: target::flags_to_raw(flags),
            data: target::data_to_raw(data),
            ..Event::default()
        }
    }

    #[test]
    fn a_receipt_is_told_by_its_bit_and_not_by_equality() {
        for (flags, data, expected) in [
            (0x4000, 0, Some(Ok(()))),
            (0x4041, 0, Some(Ok(()))),
            (0x4001, 2, Some(Err(Errno::NOENT))),
            (0xc000, 9, Some(Err(Errno::BADF))),
            (0x8000, 2, None),
            (0, 0, None),
        ] {
            assert_eq!(event(flags, data).receipt(), expected, "{flags:#x}");
        }
    }

    #[test]
    fn an_errno_outside_its_range_is_an_errno_all_the_same() {
        for code in [i64::MIN, -1, 0, 4096, 65_536, i64::MAX] {
            assert_eq!(errno(code), Errno::IO, "{code}");
        }
        assert_eq!(errno(1), Errno::PERM);
        assert_eq!(errno(4095).raw_os_error(), 4095);
    }

    #[test]
    fn unknown_bits_and_filters_survive() {
        let event = event(0x0801, -5);
        assert_eq!(event.flags().bits(), 0x0801);
        assert_eq!(event.data(), -5);
        assert_eq!(format!("{:?}", event.flags()), "ADD | 0x800");
        assert_eq!(format!("{:?}", Filter::from_raw(77)), "Filter(77)");
        assert_eq!(format!("{:?}", Filter::TIMER), "TIMER");
        assert_eq!(Filter::from_raw(77).raw(), 77);
    }

    #[test]
    fn filters_on_descriptors_are_known() {
        assert!(Filter::READ.watches_descriptor());
        assert!(Filter::PROCDESC.is_none_or(Filter::watches_descriptor));
        assert!(Filter::EXCEPT.is_none_or(Filter::watches_descriptor));
        for filter in [Filter::USER, Filter::TIMER, Filter::SIGNAL, Filter::PROC] {
            assert!(!filter.watches_descriptor(), "{filter:?}");
        }
        assert!(!Filter::from_raw(77).watches_descriptor());
        assert_eq!(Flags::default(), Flags::EMPTY);
    }
}
