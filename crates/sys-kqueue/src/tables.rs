//! The numbers that differ between the systems that have kqueue.
//!
//! The tables of all systems are compiled for the unit tests, which hold them against the C
//! programs in `tests/abi`; those in turn are compiled with each system's own headers.

#[cfg(test)]
mod tests;

/// How a system numbers its filters; the names are those of C without `EVFILT_`.
#[derive(Clone, Copy)]
pub(crate) struct Filters {
    pub(crate) read: i32,
    pub(crate) write: i32,
    pub(crate) aio: i32,
    pub(crate) vnode: i32,
    pub(crate) proc: i32,
    pub(crate) signal: i32,
    pub(crate) timer: i32,
    pub(crate) user: i32,
    pub(crate) except: Option<i32>,
    pub(crate) fs: Option<i32>,
    pub(crate) empty: Option<i32>,
    pub(crate) procdesc: Option<i32>,
    pub(crate) lio: Option<i32>,
    pub(crate) sendfile: Option<i32>,
    pub(crate) jail: Option<i32>,
    pub(crate) jaildesc: Option<i32>,
    pub(crate) machport: Option<i32>,
    pub(crate) vm: Option<i32>,
    pub(crate) device: Option<i32>,
}

/// Flags that not all systems have, as C names them after `EV_`.
#[derive(Clone, Copy)]
pub(crate) struct FlagBits {
    pub(crate) forceoneshot: Option<u32>,
    pub(crate) keepudata: Option<u32>,
    pub(crate) udata_specific: Option<u32>,
    pub(crate) vanished: Option<u32>,
    pub(crate) poll: Option<u32>,
    pub(crate) nodata: Option<u32>,
    pub(crate) hup: Option<u32>,
}

/// Notes on reading and writing that not all systems have, as C names them after `NOTE_`.
#[derive(Clone, Copy)]
pub(crate) struct IoBits {
    pub(crate) oob: Option<u32>,
    pub(crate) file_poll: Option<u32>,
    pub(crate) eof: Option<u32>,
}

/// Notes on files that not all systems have.
#[derive(Clone, Copy)]
pub(crate) struct VnodeBits {
    pub(crate) open: Option<u32>,
    pub(crate) close: Option<u32>,
    pub(crate) close_write: Option<u32>,
    pub(crate) read: Option<u32>,
    pub(crate) truncate: Option<u32>,
    pub(crate) none: Option<u32>,
    pub(crate) funlock: Option<u32>,
    pub(crate) lease_downgrade: Option<u32>,
    pub(crate) lease_release: Option<u32>,
}

/// Notes on processes that not all systems have.
#[derive(Clone, Copy)]
pub(crate) struct ProcessBits {
    pub(crate) signal: Option<u32>,
    pub(crate) exitstatus: Option<u32>,
    pub(crate) exit_detail: Option<u32>,
}

/// The notes of timers.
#[derive(Clone, Copy)]
pub(crate) struct TimerBits {
    pub(crate) units: &'static [Unit],
    pub(crate) absolute: Option<u32>,
    pub(crate) critical: Option<u32>,
    pub(crate) background: Option<u32>,
    pub(crate) continuous: Option<u32>,
    pub(crate) machtime: Option<u32>,
}

/// A unit in which a timer can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) nanos: u64,
    pub(crate) fflags: u32,
}

/// All of a system's numbers.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) filters: Filters,
    pub(crate) flags: FlagBits,
    pub(crate) io: IoBits,
    pub(crate) vnode: VnodeBits,
    pub(crate) process: ProcessBits,
    pub(crate) timer: TimerBits,
}

/// What all but NetBSD agree on, and nothing that only some have.
const COMMON: Table = Table {
    filters: Filters {
        read: -1,
        write: -2,
        aio: -3,
        vnode: -4,
        proc: -5,
        signal: -6,
        timer: -7,
        // Every system has it, each under a number of its own.
        user: 0,
        except: None,
        fs: None,
        empty: None,
        procdesc: None,
        lio: None,
        sendfile: None,
        jail: None,
        jaildesc: None,
        machport: None,
        vm: None,
        device: None,
    },
    flags: FlagBits {
        forceoneshot: None,
        keepudata: None,
        udata_specific: None,
        vanished: None,
        poll: None,
        nodata: None,
        hup: None,
    },
    io: IoBits {
        oob: None,
        file_poll: None,
        eof: None,
    },
    vnode: VnodeBits {
        open: None,
        close: None,
        close_write: None,
        read: None,
        truncate: None,
        none: None,
        funlock: None,
        lease_downgrade: None,
        lease_release: None,
    },
    process: ProcessBits {
        signal: None,
        exitstatus: None,
        exit_detail: None,
    },
    timer: TimerBits {
        units: &[MILLISECONDS],
        absolute: None,
        critical: None,
        background: None,
        continuous: None,
        machtime: None,
    },
};

// The unit without a flag, on every system and of every age.
const MILLISECONDS: Unit = unit(1_000_000, 0);

const fn unit(nanos: u64, fflags: u32) -> Unit {
    Unit { nanos, fflags }
}

#[cfg(any(target_vendor = "apple", kqueue_emulation = "apple", test))]
pub(crate) const APPLE: Table = Table {
    filters: Filters {
        user: -10,
        except: Some(-15),
        fs: Some(-9),
        lio: Some(-19),
        machport: Some(-8),
        vm: Some(-12),
        ..COMMON.filters
    },
    flags: FlagBits {
        udata_specific: Some(0x100),
        vanished: Some(0x200),
        poll: Some(0x1000),
        ..COMMON.flags
    },
    io: IoBits {
        oob: Some(0x2),
        ..COMMON.io
    },
    vnode: VnodeBits {
        none: Some(0x80),
        funlock: Some(0x100),
        lease_downgrade: Some(0x200),
        lease_release: Some(0x400),
        ..COMMON.vnode
    },
    process: ProcessBits {
        signal: Some(0x800_0000),
        exitstatus: Some(0x400_0000),
        exit_detail: Some(0x200_0000),
    },
    timer: TimerBits {
        units: &[
            MILLISECONDS,
            unit(1_000, 0x2),
            unit(1, 0x4),
            unit(1_000_000_000, 0x1),
        ],
        absolute: Some(0x8),
        critical: Some(0x20),
        background: Some(0x40),
        continuous: Some(0x80),
        machtime: Some(0x100),
    },
};

#[cfg(any(
    target_os = "freebsd",
    all(kqueue_emulation, not(kqueue_emulation = "apple")),
    test
))]
pub(crate) const FREEBSD: Table = Table {
    filters: Filters {
        user: -11,
        fs: Some(-9),
        empty: Some(-13),
        procdesc: Some(-8),
        lio: Some(-10),
        sendfile: Some(-12),
        jail: Some(-14),
        jaildesc: Some(-15),
        ..COMMON.filters
    },
    flags: FlagBits {
        forceoneshot: Some(0x100),
        keepudata: Some(0x200),
        ..COMMON.flags
    },
    io: IoBits {
        file_poll: Some(0x2),
        ..COMMON.io
    },
    vnode: OPEN_AND_CLOSE,
    timer: TimerBits {
        units: &[
            MILLISECONDS,
            unit(1_000, 0x4),
            unit(1, 0x8),
            unit(1_000_000_000, 0x1),
        ],
        absolute: Some(0x10),
        ..COMMON.timer
    },
    ..COMMON
};

#[cfg(any(target_os = "netbsd", test))]
pub(crate) const NETBSD: Table = Table {
    filters: Filters {
        read: 0,
        write: 1,
        aio: 2,
        vnode: 3,
        proc: 4,
        signal: 5,
        timer: 6,
        fs: Some(7),
        user: 8,
        empty: Some(9),
        ..COMMON.filters
    },
    vnode: OPEN_AND_CLOSE,
    timer: COUNTED_UNITS,
    ..COMMON
};

#[cfg(any(target_os = "openbsd", test))]
pub(crate) const OPENBSD: Table = Table {
    filters: Filters {
        user: -10,
        except: Some(-9),
        device: Some(-8),
        ..COMMON.filters
    },
    io: IoBits {
        oob: Some(0x4),
        eof: Some(0x2),
        ..COMMON.io
    },
    vnode: VnodeBits {
        truncate: Some(0x80),
        ..COMMON.vnode
    },
    timer: COUNTED_UNITS,
    ..COMMON
};

#[cfg(any(target_os = "dragonfly", test))]
pub(crate) const DRAGONFLY: Table = Table {
    filters: Filters {
        user: -9,
        except: Some(-8),
        fs: Some(-10),
        ..COMMON.filters
    },
    flags: FlagBits {
        nodata: Some(0x1000),
        hup: Some(0x800),
        ..COMMON.flags
    },
    io: IoBits {
        oob: Some(0x2),
        ..COMMON.io
    },
    ..COMMON
};

#[cfg(any(
    target_os = "freebsd",
    target_os = "netbsd",
    all(kqueue_emulation, not(kqueue_emulation = "apple")),
    test
))]
const OPEN_AND_CLOSE: VnodeBits = VnodeBits {
    open: Some(0x80),
    close: Some(0x100),
    close_write: Some(0x200),
    read: Some(0x400),
    ..COMMON.vnode
};

#[cfg(any(target_os = "netbsd", target_os = "openbsd", test))]
const COUNTED_UNITS: TimerBits = TimerBits {
    units: &[
        MILLISECONDS,
        unit(1_000, 0x2),
        unit(1, 0x3),
        unit(1_000_000_000, 0x1),
    ],
    absolute: Some(0x10),
    ..COMMON.timer
};
