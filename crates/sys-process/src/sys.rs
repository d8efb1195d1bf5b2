//! The signal handler and the system calls that rustix lacks; all unsafe code is here and below.

mod shared_pipe;

use core::ffi::{c_int, c_void};
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use rustix::process::Pid;

use crate::signal::{NUMBERS, Signal};
use crate::{record, target};

pub(crate) use shared_pipe::{Hold, SharedPipe};

/// What was installed for a signal, as sigaction(2) tells and takes it.
#[derive(Clone, Copy)]
pub(crate) struct Disposition(libc::sigaction);

impl Disposition {
    /// Whether it is the handler of this crate.
    pub(crate) fn is_ours(&self) -> bool {
        self.0.sa_sigaction == handler_address()
    }

    /// Whether it is a function, and neither the default action nor being ignored.
    pub(crate) const fn is_handler(&self) -> bool {
        self.0.sa_sigaction != libc::SIG_DFL && self.0.sa_sigaction != libc::SIG_IGN
    }

    const fn wants_info(&self) -> bool {
        self.0.sa_flags & libc::SA_SIGINFO != 0
    }

    /// The same with our handler.
    fn with_our_handler(mut self) -> Self {
        // What an earlier handler asked of the kernel for SIGCHLD, it still gets.
        let kept = if self.is_handler() {
            self.0.sa_flags & (libc::SA_NOCLDSTOP | libc::SA_NOCLDWAIT)
        } else {
            0
        };
        self.0.sa_mask = held_back_in_handler();
        self.0.sa_sigaction = handler_address();
        self.0.sa_flags = kept | libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        self
    }
}

/// The signals that wait while our handler runs: all but those that an instruction causes.
///
/// Handlers of different signals would otherwise interrupt each other, frame upon frame. The
/// alternate stack of a thread, on which they run, need not have room for more than one frame:
/// some processors save more than three kilobytes of registers, and the stacks that the standard
/// library makes for its threads have eight.
fn held_back_in_handler() -> libc::sigset_t {
    let by_instruction = [Signal::TRAP, Signal::ABORT, Signal::SYSTEM_CALL];
    let mut set = empty_set();
    for signal in Signal::all() {
        if signal.can_be_listened_to() && !by_instruction.contains(&signal) {
            // EINVAL: the system has no signal of this number.
            let _unknown = add_to_set(&mut set, signal);
        }
    }
    set
}

fn handler_address() -> usize {
    // A function's address has no other spelling than this cast.
    (on_signal as *const ()).expose_provenance()
}

/// The present disposition of `signal`.
pub(crate) fn disposition(signal: Signal) -> Result<Disposition, Errno> {
    sigaction(signal, None)
}

/// Installs our handler over `present` and returns what it replaced.
///
/// The caller holds the registry's lock and has seen that ours is not installed.
pub(crate) fn install(signal: Signal, present: Disposition) -> Result<Disposition, Errno> {
    let earlier = &EARLIER[signal.index()];
    // First, because the handler may run before the call returns.
    earlier.set(&present);
    let replaced = sigaction(signal, Some(&present.with_our_handler()))?;
    // Foreign code may have been quicker between the two calls.
    earlier.set(&replaced);
    Ok(replaced)
}

/// Puts back what [`install`] returned.
pub(crate) fn restore(signal: Signal, before: Disposition) {
    // It cannot fail for a signal and a disposition that it took or gave before.
    let _replaced = sigaction(signal, Some(&before));
}

fn sigaction(signal: Signal, new: Option<&Disposition>) -> Result<Disposition, Errno> {
    let new = new.map_or(ptr::null(), |new| &raw const new.0);
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: sigaction(2) reads one struct from `act` if that is not null, writes one to
    // `oldact`, and from then on the kernel calls the handler that `act` names.
    // - `new` is null or comes from a reference that outlives the call.
    // - `old` is a place for one struct.
    // - each `Disposition` names `on_signal`, which has the signature that SA_SIGINFO asks for
    //   and is never unloaded before its process's other code, or is as the kernel reported it:
    //   they are made here and in `with_our_handler` only.
    let result = unsafe { libc::sigaction(signal.number(), new, old.as_mut_ptr()) };
    check(result)?;
    // SAFETY: assume_init wants an initialised value.
    // - `old` was zeroed, and zeroes are valid: integers, a set of bits and, on Linux, an optional
    //   function.
    // - the kernel overwrote it: the call succeeded.
    Ok(Disposition(unsafe { old.assume_init() }))
}

/// The handlers that ours calls, by signal number.
static EARLIER: [Earlier; NUMBERS] = [const { Earlier::none() }; NUMBERS];

/// The handler that was installed before ours: an address in at most one of the two words.
///
/// A handler that runs while [`set`](Self::set) writes may find neither; it never finds an
/// address in the word of the other signature.
struct Earlier {
    plain: AtomicUsize,
    with_info: AtomicUsize,
}

impl Earlier {
    const fn none() -> Self {
        Self {
            plain: AtomicUsize::new(0),
            with_info: AtomicUsize::new(0),
        }
    }

    fn set(&self, disposition: &Disposition) {
        let address = disposition.0.sa_sigaction;
        let (plain, with_info) = match (disposition.is_handler(), disposition.wants_info()) {
            (false, _) => (0, 0),
            (true, false) => (address, 0),
            (true, true) => (0, address),
        };
        self.plain.store(plain, Ordering::Release);
        self.with_info.store(with_info, Ordering::Release);
    }

    fn call(&self, number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        let plain = self.plain.load(Ordering::Acquire);
        let with_info = self.with_info.load(Ordering::Acquire);
        if plain != 0 {
            let address = ptr::with_exposed_provenance::<()>(plain);
            // SAFETY: transmute wants the address of a function of the target's signature.
            // - `set` stores in `plain` what sigaction(2) reported as a handler, neither SIG_DFL
            //   nor SIG_IGN, without SA_SIGINFO: `void (*)(int)` by the manual.
            // - pointers to data and to functions have the same size on every Unix (dlsym(3)).
            let handler = unsafe { mem::transmute::<*const (), PlainHandler>(address) };
            // SAFETY: a handler wants to be called with the number of a signal that it was
            // installed for, wherever the kernel may call it (sigaction(2)).
            // - this function runs in `on_signal` only, which the kernel called for `number`;
            //   `EARLIER` has the handler at the place of that number, where `install` put it.
            unsafe { handler(number) };
        } else if with_info != 0 {
            let address = ptr::with_exposed_provenance::<()>(with_info);
            // SAFETY: as above.
            // - `set` stores in `with_info` what sigaction(2) reported with SA_SIGINFO: `void
            //   (*)(int, siginfo_t *, void *)` by the manual.
            let handler = unsafe { mem::transmute::<*const (), InfoHandler>(address) };
            // SAFETY: as above, and with SA_SIGINFO it also wants the signal's info and context.
            // - `info` and `context` are what the kernel gave `on_signal`, which is installed with
            //   SA_SIGINFO, and this handler runs before that one returns.
            unsafe { handler(number, info, context) };
        }
    }
}

type PlainHandler = unsafe extern "C" fn(c_int);
type InfoHandler = unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// The handler of this crate, for every signal: async-signal-safe, see [`record`].
extern "C" fn on_signal(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = errno();
    // The kernel calls it for signals that were installed, whose numbers were checked then.
    let Some(signal) = Signal::installed(number) else {
        return;
    };
    record::deliver(signal);
    set_errno(errno);
    EARLIER[signal.index()].call(number, info, context);
    set_errno(errno);
}

fn errno() -> c_int {
    // SAFETY: the function has no condition; it returns this thread's errno.
    let place = unsafe { target::errno_location() };
    // SAFETY: reading wants a valid, initialised place.
    // - the C library's errno of this thread lives as long as the thread.
    unsafe { place.read() }
}

fn set_errno(value: c_int) {
    // SAFETY: the function has no condition; it returns this thread's errno.
    let place = unsafe { target::errno_location() };
    // SAFETY: writing wants a valid place that nobody else uses meanwhile.
    // - the C library's errno of this thread lives as long as the thread.
    // - it is this thread's alone.
    unsafe { place.write(value) };
}

/// kill(2), for a process.
pub(crate) fn kill(pid: Pid, signal: Signal) -> Result<(), Errno> {
    // SAFETY: kill(2) touches no memory of the caller; a signal to the own process does what its
    // disposition says.
    // - `Signal` holds no number that the C library uses between its threads: `from_number` there.
    check(unsafe { libc::kill(pid.as_raw_nonzero().get(), signal.number()) })
}

/// kill(2), for a process group.
pub(crate) fn kill_group(group: Pid, signal: Signal) -> Result<(), Errno> {
    // SAFETY: as for `kill`; killpg(3) is kill(2) with the negative number.
    check(unsafe { libc::killpg(group.as_raw_nonzero().get(), signal.number()) })
}

pub(crate) fn empty_set() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigemptyset(3) initialises the set it is given.
    // - `set` is a place for one.
    // - it cannot fail for a valid place, by the manual.
    let _ = unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: assume_init wants an initialised value.
    // - sigemptyset(3) above wrote it, over zeroes.
    unsafe { set.assume_init() }
}

pub(crate) fn add_to_set(set: &mut libc::sigset_t, signal: Signal) -> Result<(), Errno> {
    // SAFETY: sigaddset(3) changes an initialised set.
    // - `set` is a reference to one, exclusive for the call.
    check(unsafe { libc::sigaddset(set, signal.number()) })
}

pub(crate) fn is_in_set(set: &libc::sigset_t, signal: Signal) -> bool {
    // SAFETY: sigismember(3) reads an initialised set.
    // - `set` is a reference to one.
    // - a number it does not know gives -1, which is not membership.
    unsafe { libc::sigismember(set, signal.number()) == 1 }
}

/// pthread_sigmask(3): changes this thread's mask as `how` says, and returns the earlier one.
pub(crate) fn thread_mask(
    how: c_int,
    set: Option<&libc::sigset_t>,
) -> Result<libc::sigset_t, Errno> {
    let set = set.map_or(ptr::null(), ptr::from_ref);
    let mut old = empty_set();
    // SAFETY: pthread_sigmask(3) reads one set from `set` if that is not null and writes one to
    // `oldset`.
    // - `set` is null or comes from a reference that outlives the call.
    // - `old` is exclusive to this function.
    let error = unsafe { libc::pthread_sigmask(how, set, &raw mut old) };
    // It returns the error number and leaves errno alone.
    if error == 0 {
        Ok(old)
    } else {
        Err(Errno::from_raw_os_error(error))
    }
}

/// The error of the call that has just failed on this thread.
pub(crate) fn last_errno() -> Errno {
    Errno::from_raw_os_error(errno())
}

fn check(result: c_int) -> Result<(), Errno> {
    if result < 0 {
        Err(last_errno())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicBool, AtomicI32};

    static PLAIN: AtomicI32 = AtomicI32::new(0);
    static WITH_INFO: AtomicBool = AtomicBool::new(false);

    static PLAIN_SAW_ERRNO: AtomicI32 = AtomicI32::new(0);

    extern "C" fn plain(number: c_int) {
        PLAIN.store(number, Ordering::Relaxed);
        PLAIN_SAW_ERRNO.store(errno(), Ordering::Relaxed);
        set_errno(libc::EXDEV);
    }

    extern "C" fn with_info(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        WITH_INFO.store(info.is_null() && !context.is_null(), Ordering::Relaxed);
    }

    fn earlier(address: usize, flags: c_int) -> Disposition {
        let mut disposition = disposition(Signal::USER_1).unwrap();
        disposition.0.sa_sigaction = address;
        disposition.0.sa_flags = flags;
        disposition
    }

    #[test]
    fn an_earlier_handler_is_called_with_the_arguments_it_asked_for() {
        let mut context = 0_u8;
        let context = (&raw mut context).cast();
        let address = (plain as *const ()).expose_provenance();
        let slot = &EARLIER[Signal::USER_1.index()];

        slot.set(&earlier(address, 0));
        set_errno(libc::ENOENT);
        on_signal(Signal::USER_1.number(), ptr::null_mut(), context);
        assert_eq!(errno(), libc::ENOENT);
        assert_eq!(PLAIN.swap(0, Ordering::Relaxed), Signal::USER_1.number());

        let address = (with_info as *const ()).expose_provenance();
        slot.set(&earlier(address, libc::SA_SIGINFO));
        on_signal(Signal::USER_1.number(), ptr::null_mut(), context);
        assert!(WITH_INFO.swap(false, Ordering::Relaxed));
        assert_eq!(PLAIN.swap(0, Ordering::Relaxed), 0);

        for nothing in [libc::SIG_DFL, libc::SIG_IGN] {
            slot.set(&earlier(nothing, 0));
            on_signal(Signal::USER_1.number(), ptr::null_mut(), context);
        }
        assert!(!WITH_INFO.load(Ordering::Relaxed));
        assert_eq!(PLAIN.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn ours_keeps_the_child_flags_of_an_earlier_handler_only() {
        let address = (plain as *const ()).expose_provenance();
        let flags = libc::SA_NOCLDSTOP | libc::SA_RESETHAND;
        let before = earlier(address, flags);
        let always = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;

        let ours = before.with_our_handler();
        assert!(ours.is_ours() && ours.is_handler());
        assert_eq!(ours.0.sa_flags, always | libc::SA_NOCLDSTOP);
        let ours = earlier(libc::SIG_DFL, flags).with_our_handler();
        assert_eq!(ours.0.sa_flags, always);
    }

    #[test]
    fn handlers_do_not_interrupt_each_other_and_failed_instructions_are_not_held_back() {
        let mask = earlier(libc::SIG_DFL, 0).with_our_handler().0.sa_mask;
        for signal in [Signal::HANGUP, Signal::TERMINATE, Signal::CHILD] {
            assert!(is_in_set(&mask, signal), "{signal}");
        }
        for signal in [Signal::SEGMENT, Signal::BUS, Signal::ABORT] {
            assert!(!is_in_set(&mask, signal), "{signal}");
        }
    }

    #[test]
    fn a_full_pipe_is_no_error_and_leaves_errno_alone() {
        let (reader, writer) = target::pipe().unwrap();
        while rustix::io::write(&writer, &[0; 4096]).is_ok() {}
        let (record, hold) = record::Record::claim(writer);
        record.want(Signal::USER_2);
        let address = (plain as *const ()).expose_provenance();
        EARLIER[Signal::USER_2.index()].set(&earlier(address, 0));
        set_errno(libc::ENOENT);
        on_signal(Signal::USER_2.number(), ptr::null_mut(), ptr::null_mut());
        assert_eq!(errno(), libc::ENOENT);
        assert_eq!(PLAIN_SAW_ERRNO.load(Ordering::Relaxed), libc::ENOENT);
        assert_eq!(record.take(), Some((Signal::USER_2, 1)));
        record.ignore(Signal::USER_2);
        hold.close_with(reader);
    }
}
