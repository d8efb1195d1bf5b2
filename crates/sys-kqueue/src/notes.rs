//! The notes of each filter (`fflags`): what to look for and what was found.

use crate::target::{IO, PROCESS, TIMER, VNODE};

bit_set! {
    /// Notes of the filters on what can be read and written.
    ///
    /// Manual: kqueue(2)
    IoNotes {
        /// Ready means at least as many bytes as `data` says.
        #[doc(alias = "NOTE_LOWAT")]
        LOWAT = 0x1;
    }
    some systems {
        /// Out-of-band data, of the filter for exceptional conditions.
        #[doc(alias = "NOTE_OOB")]
        OOB = IO.oob;
        /// Behave as poll(2) does: a file is always ready. FreeBSD.
        #[doc(alias = "NOTE_FILE_POLL")]
        FILE_POLL = IO.file_poll;
        /// Report the end of a file although nothing was ever written past it. OpenBSD.
        #[doc(alias = "NOTE_EOF")]
        EOF = IO.eof;
    }
}

bit_set! {
    /// What happened to a file.
    ///
    /// Manual: kqueue(2)
    VnodeNotes {
        /// Its name was removed.
        #[doc(alias = "NOTE_DELETE")]
        DELETE = 0x1;
        /// Its contents were written.
        #[doc(alias = "NOTE_WRITE")]
        WRITE = 0x2;
        /// It grew.
        #[doc(alias = "NOTE_EXTEND")]
        EXTEND = 0x4;
        /// Its attributes changed.
        #[doc(alias = "NOTE_ATTRIB")]
        ATTRIB = 0x8;
        /// Its count of names changed.
        #[doc(alias = "NOTE_LINK")]
        LINK = 0x10;
        /// It was renamed.
        #[doc(alias = "NOTE_RENAME")]
        RENAME = 0x20;
        /// Access to it was revoked, or its file system unmounted.
        #[doc(alias = "NOTE_REVOKE")]
        REVOKE = 0x40;
    }
    some systems {
        /// It was opened. FreeBSD, NetBSD.
        #[doc(alias = "NOTE_OPEN")]
        OPEN = VNODE.open;
        /// It was closed by one who could not write. FreeBSD, NetBSD.
        #[doc(alias = "NOTE_CLOSE")]
        CLOSE = VNODE.close;
        /// It was closed by one who could write. FreeBSD, NetBSD.
        #[doc(alias = "NOTE_CLOSE_WRITE")]
        CLOSE_WRITE = VNODE.close_write;
        /// It was read. FreeBSD, NetBSD.
        #[doc(alias = "NOTE_READ")]
        READ = VNODE.read;
        /// It was truncated. OpenBSD.
        #[doc(alias = "NOTE_TRUNCATE")]
        TRUNCATE = VNODE.truncate;
        /// Nothing in particular: only to test for readability. Apple.
        #[doc(alias = "NOTE_NONE")]
        NONE = VNODE.none;
        /// A flock(2) on it was released. Apple.
        #[doc(alias = "NOTE_FUNLOCK")]
        FUNLOCK = VNODE.funlock;
        /// The downgrade of a lease is asked for. Apple.
        #[doc(alias = "NOTE_LEASE_DOWNGRADE")]
        LEASE_DOWNGRADE = VNODE.lease_downgrade;
        /// The release of a lease is asked for. Apple.
        #[doc(alias = "NOTE_LEASE_RELEASE")]
        LEASE_RELEASE = VNODE.lease_release;
    }
}

bit_set! {
    /// What happened to a process.
    ///
    /// Manual: kqueue(2)
    ProcessNotes {
        /// It ended.
        #[doc(alias = "NOTE_EXIT")]
        EXIT = 0x8000_0000;
        /// It forked.
        #[doc(alias = "NOTE_FORK")]
        FORK = 0x4000_0000;
        /// It executed another program.
        #[doc(alias = "NOTE_EXEC")]
        EXEC = 0x2000_0000;
        /// Follow it into its children; not supported by Apple since 10.5.
        #[doc(alias = "NOTE_TRACK")]
        TRACK = 0x1;
        /// A child could not be followed.
        #[doc(alias = "NOTE_TRACKERR")]
        TRACKERR = 0x2;
        /// This is a child of the process that is followed; `data` has the parent.
        #[doc(alias = "NOTE_CHILD")]
        CHILD = 0x4;
    }
    some systems {
        /// It was sent a signal. Apple.
        #[doc(alias = "NOTE_SIGNAL")]
        SIGNAL = PROCESS.signal;
        /// Report the exit status with the exit, for children. Apple; elsewhere it always is.
        #[doc(alias = "NOTE_EXITSTATUS")]
        EXITSTATUS = PROCESS.exitstatus;
        /// Report why it ended with the exit. Apple.
        #[doc(alias = "NOTE_EXIT_DETAIL")]
        EXIT_DETAIL = PROCESS.exit_detail;
    }
}

bit_set! {
    /// How a timer runs, besides its unit, which [`Change::timer`](crate::Change::timer) chooses.
    ///
    /// Manual: kqueue(2)
    TimerNotes {}
    some systems {
        /// The time is since the Epoch and not from now. All but DragonFly.
        #[doc(alias = "NOTE_ABSTIME")]
        #[doc(alias = "NOTE_ABSOLUTE")]
        ABSOLUTE = TIMER.absolute;
        /// Delay it as little as possible. Apple.
        #[doc(alias = "NOTE_CRITICAL")]
        CRITICAL = TIMER.critical;
        /// Delay it as much as saves power. Apple.
        #[doc(alias = "NOTE_BACKGROUND")]
        BACKGROUND = TIMER.background;
        /// The clock goes on while the system sleeps. Apple.
        #[doc(alias = "NOTE_MACH_CONTINUOUS_TIME")]
        CONTINUOUS = TIMER.continuous;
        /// The unit is that of mach_absolute_time. Apple.
        #[doc(alias = "NOTE_MACHTIME")]
        MACHTIME = TIMER.machtime;
    }
}

bit_set! {
    /// What to do to a user event; the low 24 bits are the user's.
    ///
    /// Manual: kqueue(2)
    UserNotes {
        /// The user's bits become the given ones.
        #[doc(alias = "NOTE_FFCOPY")]
        COPY = 0xc000_0000;
        /// The given bits are set among the user's.
        #[doc(alias = "NOTE_FFOR")]
        OR = 0x8000_0000;
        /// The user's bits are masked with the given ones.
        #[doc(alias = "NOTE_FFAND")]
        AND = 0x4000_0000;
        /// The event fires.
        #[doc(alias = "NOTE_TRIGGER")]
        TRIGGER = 0x100_0000;
    }
    some systems {}
}

impl UserNotes {
    /// The bits that are the user's.
    #[doc(alias = "NOTE_FFLAGSMASK")]
    pub const USER_BITS: Self = Self::from_bits(0xff_ffff);
}
