//! DragonFly's own numbers against the libc crate, while compiling: no C compiler at hand has its
//! headers.

use sys_kqueue::{Filter, Flags, IoNotes};

const _: () = {
    assert!(matches!(Filter::EXCEPT, Some(it) if it.raw() == libc::EVFILT_EXCEPT));
    assert!(matches!(Filter::FS, Some(it) if it.raw() == libc::EVFILT_FS));
    assert!(matches!(IoNotes::OOB, Some(it) if it.bits() == libc::NOTE_OOB));
    assert!(matches!(Flags::NODATA, Some(it) if it.bits() == widened(libc::EV_NODATA)));
    assert!(matches!(Flags::HUP, Some(it) if it.bits() == widened(libc::EV_HUP)));
};

const fn widened(bits: u16) -> u32 {
    let [low, high] = bits.to_le_bytes();
    u32::from_le_bytes([low, high, 0, 0])
}
