//! The numbers that are named alike everywhere against the libc crate, while compiling.

use sys_kqueue::{Filter, Flags, IoNotes, ProcessNotes, UserNotes, VnodeNotes};

// In constants, so that a check for another system, which runs nothing, compares them too.
const _: () = {
    assert!(Filter::READ.raw() == libc::EVFILT_READ);
    assert!(Filter::WRITE.raw() == libc::EVFILT_WRITE);
    assert!(Filter::AIO.raw() == libc::EVFILT_AIO);
    assert!(Filter::VNODE.raw() == libc::EVFILT_VNODE);
    assert!(Filter::PROC.raw() == libc::EVFILT_PROC);
    assert!(Filter::SIGNAL.raw() == libc::EVFILT_SIGNAL);
    assert!(Filter::TIMER.raw() == libc::EVFILT_TIMER);
    assert!(Filter::USER.raw() == libc::EVFILT_USER);
    assert!(IoNotes::LOWAT.bits() == libc::NOTE_LOWAT);
    assert!(VnodeNotes::DELETE.bits() == libc::NOTE_DELETE);
    assert!(VnodeNotes::REVOKE.bits() == libc::NOTE_REVOKE);
    assert!(ProcessNotes::EXIT.bits() == libc::NOTE_EXIT);
    assert!(ProcessNotes::CHILD.bits() == libc::NOTE_CHILD);
    assert!(UserNotes::TRIGGER.bits() == libc::NOTE_TRIGGER);
    assert!(UserNotes::COPY.bits() == libc::NOTE_FFCOPY);
    assert!(Flags::EMPTY.bits() == 0);
};
