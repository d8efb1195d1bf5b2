//! What only other code does: a signal handler that is not ours, and a fork without an exec.
#![expect(
    unsafe_code,
    reason = "sigaction(2) and fork(2) have no safe form outside the crate under test"
)]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sys_process::Signal;

static RAN: AtomicBool = AtomicBool::new(false);
/// The handler that was there before, with the signature of `SA_SIGINFO`; zero for none.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

extern "C" fn handler(number: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    RAN.store(true, Ordering::SeqCst);
    let before = BEFORE.load(Ordering::SeqCst);
    if before != 0 {
        let before = core::ptr::with_exposed_provenance::<()>(before);
        // SAFETY: transmute wants the address of a function of the target's signature.
        // - `install` stores only what sigaction(2) reported with SA_SIGINFO.
        let before = unsafe { core::mem::transmute::<*const (), Handler>(before) };
        before(number, info, context);
    }
}

/// Installs the handler, which calls the one before it.
pub(crate) fn install(signal: Signal) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    let place = action.as_mut_ptr();
    // SAFETY: writing a field wants a valid place.
    // - `place` points to `action`.
    unsafe { (*place).sa_sigaction = (handler as *const ()).expose_provenance() };
    // SAFETY: as above.
    // - `place` points to `action`.
    unsafe { (*place).sa_flags = libc::SA_SIGINFO | libc::SA_RESTART };
    // SAFETY: sigaction(2) reads one struct from `act` and writes one to `oldact`.
    // - `action` is filled, and zero is the empty mask; `handler` has the signature of SA_SIGINFO.
    // - `old` is a place for one struct.
    let result = unsafe { libc::sigaction(signal.number(), place, old.as_mut_ptr()) };
    assert_eq!(result, 0);
    // SAFETY: assume_init wants an initialised value.
    // - sigaction(2) above wrote it.
    let old = unsafe { old.assume_init() };
    if old.sa_flags & libc::SA_SIGINFO != 0 {
        BEFORE.store(old.sa_sigaction, Ordering::SeqCst);
    }
}

/// Waits until the handler has run since the last call; the watchdog is the deadline.
pub(crate) fn ran() {
    while !RAN.swap(false, Ordering::SeqCst) {
        thread::yield_now();
    }
}

/// Runs `body` in a forked child, which ends without unwinding, and returns its exit status.
///
/// `body` may do what a signal handler may: other threads do not exist there and keep their locks.
pub(crate) fn in_forked_child(body: impl FnOnce() -> u8) -> libc::c_int {
    // SAFETY: fork(2) wants that the child of a process with several threads calls functions only
    // that are safe in a signal handler (signal-safety(7)).
    // - the bodies of fork.rs read atomic words and a pipe, and drop a listener, which neither
    //   locks nor allocates in another process than its own.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        let code = body();
        // SAFETY: _exit(2) has no condition.
        unsafe { libc::_exit(code.into()) };
    }
    let mut status = 0;
    // SAFETY: waitpid(2) writes one integer to `status`, which is exclusive to this function.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
    status
}
