//! What an emulator of user programs does with signals of its own: a visible SKIP there.

use std::fs;

/// Whether the kernel has all real-time signals for this process, under their own numbers; an
/// emulator takes some for itself and renumbers the others.
pub(crate) fn real_time_signals_are_ours() -> bool {
    let emulated = is_emulated();
    if emulated {
        eprintln!("SKIP: real-time signals: the emulator uses and renumbers them");
    }
    !emulated
}

/// Whether another program makes this one's system calls: it answers for /proc/self/exe as if it
/// was not there, and forgets the other name of that file.
fn is_emulated() -> bool {
    let program = |path| fs::read_link(path).ok();
    let (own, other) = (program("/proc/self/exe"), program("/proc/thread-self/exe"));
    other.is_some() && own != other
}
