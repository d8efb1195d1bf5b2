//! The C calls of the hand-written loops and of the harness, each as thin as it can be.

#![expect(
    unsafe_code,
    reason = "the loops that peers are compared with are written against libc, as in C"
)]

use core::mem::MaybeUninit;
use core::time::Duration;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

pub(crate) use libc::epoll_event;

/// The flags of a level-triggered reader.
pub(crate) const LEVEL: u32 = libc::EPOLLIN.cast_unsigned();
/// The flags of an edge-triggered reader; the peer's half-close as in the peers.
pub(crate) const EDGE: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLET).cast_unsigned();

/// The flag of edges in it.
pub(crate) const EDGE_BIT: u32 = libc::EPOLLET.cast_unsigned();

/// A slot for an event, before the kernel wrote into it.
pub(crate) const NO_EVENT: epoll_event = epoll_event { events: 0, u64: 0 };

#[inline]
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

#[inline]
fn check_length(result: isize) -> io::Result<usize> {
    match usize::try_from(result) {
        Ok(length) => Ok(length),
        Err(_negative) => Err(io::Error::last_os_error()),
    }
}

fn own(descriptor: libc::c_int) -> OwnedFd {
    // SAFETY: `OwnedFd::from_raw_fd` asks for an open descriptor that nobody else closes.
    // * Both callers pass the unchanged, non-negative result of a call that creates one.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// An epoll instance.
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1(2) takes an integer; it has no precondition.
        let descriptor = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        Ok(Self(own(check(descriptor)?)))
    }

    pub(crate) fn add(&self, source: BorrowedFd<'_>, flags: u32, word: u64) -> io::Result<()> {
        let mut event = epoll_event {
            events: flags,
            u64: word,
        };
        // SAFETY: epoll_ctl(2) reads one `epoll_event` through the pointer, during the call.
        // * `event` is a live local of this type.
        let result = unsafe {
            libc::epoll_ctl(
                self.0.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                source.as_raw_fd(),
                &raw mut event,
            )
        };
        check(result).map(drop)
    }

    pub(crate) fn delete(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: for EPOLL_CTL_DEL, epoll_ctl(2) ignores the pointer, which may be null.
        let result = unsafe {
            libc::epoll_ctl(
                self.0.as_raw_fd(),
                libc::EPOLL_CTL_DEL,
                source.as_raw_fd(),
                core::ptr::null_mut(),
            )
        };
        check(result).map(drop)
    }

    /// Waits and returns how many of `events` the kernel filled; -1 ms is for ever.
    #[inline]
    pub(crate) fn wait(&self, events: &mut [epoll_event], timeout_ms: i32) -> io::Result<usize> {
        let room = i32::try_from(events.len()).unwrap_or(i32::MAX);
        // SAFETY: epoll_wait(2) writes at most `room` events through the pointer.
        // * `events` is a live, exclusive slice of at least `room` of them.
        let result =
            unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), room, timeout_ms) };
        check_length(isize::try_from(result).unwrap_or(-1))
    }
}

/// A non-blocking eventfd.
pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: eventfd(2) takes integers; it has no precondition.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    Ok(own(check(descriptor)?))
}

/// Adds one to an eventfd: one write.
#[inline]
pub(crate) fn signal(eventfd: &OwnedFd) -> io::Result<()> {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: write(2) reads eight bytes through the pointer, during the call.
    // * `one` is a live array of eight bytes.
    let result = unsafe { libc::write(eventfd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    check_length(result).map(drop)
}

/// The descriptor that stands in an event's word, as C's `event.data.fd`.
#[inline]
pub(crate) const fn descriptor_of(event: &epoll_event) -> i32 {
    let word = event.u64;
    let [a, b, c, d, ..] = word.to_ne_bytes();
    i32::from_ne_bytes([a, b, c, d])
}

/// The word for a descriptor; the reverse of [`descriptor_of`].
pub(crate) fn word_of(source: BorrowedFd<'_>) -> u64 {
    let [a, b, c, d] = source.as_raw_fd().to_ne_bytes();
    u64::from_ne_bytes([a, b, c, d, 0, 0, 0, 0])
}

/// recv(2) as it is: the number of bytes, zero at the end, negative with errno set.
#[inline]
pub(crate) fn recv(descriptor: i32, buffer: &mut [u8]) -> isize {
    // SAFETY: recv(2) writes at most `len` bytes through the pointer, whatever the descriptor is.
    // * `buffer` is a live, exclusive slice of that length.
    unsafe { libc::recv(descriptor, buffer.as_mut_ptr().cast(), buffer.len(), 0) }
}

/// send(2) as it is, of at most the first `length` bytes.
#[inline]
pub(crate) fn send(descriptor: i32, buffer: &[u8], length: isize) -> isize {
    let bytes = length.unsigned_abs().min(buffer.len());
    // SAFETY: send(2) reads at most `bytes` bytes through the pointer, whatever the descriptor is.
    // * `buffer` is a live slice of at least that length.
    unsafe {
        libc::send(
            descriptor,
            buffer.as_ptr().cast(),
            bytes,
            libc::MSG_NOSIGNAL,
        )
    }
}

/// CPU time of this thread so far.
pub(crate) fn thread_cpu_ns() -> io::Result<u64> {
    clock_ns(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of all threads of this process so far.
pub(crate) fn process_cpu_ns() -> io::Result<u64> {
    clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock_ns(clock: libc::clockid_t) -> io::Result<u64> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: clock_gettime(2) writes one `timespec` through the pointer.
    // * `time` is a live, exclusive place for one.
    let result = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    check(result)?;
    // SAFETY: `assume_init` asks that the value was written.
    // * `check` returned early unless the call succeeded, and success writes it.
    let time = unsafe { time.assume_init() };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Ok(seconds * 1_000_000_000 + nanos)
}

/// Keeps the calling thread, and what it starts from now on, on the first CPU it may use.
pub(crate) fn stay_on_one_cpu() -> io::Result<()> {
    stay_on_cpu(0)
}

/// The same on the CPU that so many it may use come before.
pub(crate) fn stay_on_cpu(mut before: usize) -> io::Result<()> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: sched_getaffinity(2) writes at most `size` bytes through the pointer.
    // * `set` is a live, exclusive place of that size.
    check(unsafe { libc::sched_getaffinity(0, size, set.as_mut_ptr()) })?;
    // SAFETY: `assume_init` asks that the value is valid.
    // * `cpu_set_t` is an array of integers, valid for all bits, and was zeroed above.
    let allowed = unsafe { set.assume_init() };
    for cpu in 0..size * 8 {
        // SAFETY: CPU_ISSET(3) asks for a number below the size of the set in bits.
        // * The range above ends there.
        if unsafe { libc::CPU_ISSET(cpu, &allowed) } {
            if before > 0 {
                before -= 1;
                continue;
            }
            // SAFETY: all bits zero is a valid `cpu_set_t`, an array of integers.
            let mut one = unsafe { MaybeUninit::<libc::cpu_set_t>::zeroed().assume_init() };
            // SAFETY: CPU_SET(3) asks for a number below the size of the set in bits.
            // * The range above ends there.
            unsafe { libc::CPU_SET(cpu, &mut one) };
            // SAFETY: sched_setaffinity(2) reads `size` bytes through the pointer.
            // * `one` is a live local of that size.
            let result = unsafe { libc::sched_setaffinity(0, size, &raw const one) };
            return check(result).map(drop);
        }
    }
    Err(io::Error::other("this thread may not run on as many CPUs"))
}

/// Raises the soft limit of descriptors to the hard one.
pub(crate) fn raise_descriptor_limit() -> io::Result<()> {
    let mut limit = descriptor_limits()?;
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: setrlimit(2) reads one `rlimit` through the pointer.
    // * `limit` is a live local of this type.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}

/// How many descriptors this process may have.
pub(crate) fn descriptor_limit() -> io::Result<u64> {
    descriptor_limits().map(|limit| limit.rlim_cur)
}

fn descriptor_limits() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: getrlimit(2) writes one `rlimit` through the pointer.
    // * `limit` is a live, exclusive local of this type.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    Ok(limit)
}

/// Ends this process when the thread that started it has ended, however that came.
pub(crate) fn end_with_parent() -> io::Result<()> {
    // SAFETY: prctl(2) with PR_SET_PDEATHSIG takes an integer.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }).map(drop)
}

/// Ends this process by SIGALRM after `limit`, whatever it waits for.
pub(crate) fn end_after(limit: Duration) {
    let seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX);
    // SAFETY: alarm(2) takes an integer; it has no precondition.
    unsafe { libc::alarm(seconds) };
}
