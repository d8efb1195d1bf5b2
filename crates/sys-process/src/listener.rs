//! The listener: signals as a descriptor that any poller can watch.

use core::fmt;
use core::mem;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use static_assertions::assert_impl_all;

use crate::record::Record;
use crate::signal::Signal;
use crate::sys::Hold;
use crate::{registry, target};

assert_impl_all!(SignalListener: Send, Sync, Unpin);
assert_impl_all!(Pending: Send, Sync, Copy);

/// A set of signals, and a descriptor that is readable while one of them is pending.
///
/// The descriptor is the read end of a pipe; watch it for readability, and call
/// [`take`](Self::take) until it returns `None`. The bytes in the pipe mean nothing: the signals
/// are counted in memory, so that no storm fills the pipe and none is lost.
///
/// While someone listens to a signal, its default action is not run and being ignored does not
/// hold: `SIGTERM` no longer ends the process, and ended children wait to be waited for. A handler
/// that was installed before is called as if it were alone, with the arguments of the kernel; other
/// signals wait until it returns, and its `SA_RESETHAND` is not obeyed. System calls that the
/// signal interrupts are restarted where the kernel can (`SA_RESTART`), and the handler runs on the
/// alternate stack where the thread has one. When the last listener of a signal leaves, the earlier
/// disposition comes back, if ours is still in place; it is what meets a signal that was sent
/// before and has not reached a thread. Handlers are a stack: where other code put its own over
/// ours and takes it away only after our last listener has left, ours is in place again without a
/// listener, and the signal does nothing but call the earlier handler.
///
/// A started program inherits neither the handler nor a mask nor an ignored signal from here. A
/// child of fork(2) that does not start a program keeps the handler, and its listeners are deaf:
/// `take` returns nothing there, and dropping them changes nothing, so that the parent loses
/// nothing.
///
/// Signals that are pending when a listener is dropped are forgotten.
///
/// # Platform notes
///
/// On Apple systems the pipe becomes close-on-exec by a second call, so that a child which another
/// thread starts in between inherits it.
///
/// # Examples
///
/// ```
/// use sys_process::{Pid, Signal, SignalListener, kill};
///
/// let mut listener = SignalListener::new()?;
/// listener.add(Signal::USER_1)?;
/// kill(rustix::process::getpid(), Signal::USER_1)?;
/// // A poller would now report the listener's descriptor as readable.
/// let pending = loop {
///     if let Some(pending) = listener.take() {
///         break pending;
///     }
/// };
/// assert_eq!(pending.signal, Signal::USER_1);
/// # Ok::<(), sys_process::Errno>(())
/// ```
///
/// Manual: sigaction(2), signal-safety(7)
#[doc(alias = "sigaction")]
pub struct SignalListener {
    record: &'static Record,
    /// `None` only while dropping.
    parts: Option<Parts>,
    /// The process that made it; a fork of it must not touch what it shares with its parent.
    process: u32,
}

struct Parts {
    hold: Hold<'static>,
    reader: OwnedFd,
}

/// A signal that came, and how often since it was last taken.
///
/// The kernel merges signals that are pending in it, so the count is what reached the handler: at
/// least one, at most what was sent. It stays at the largest `u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The signal.
    pub signal: Signal,
    /// How often the handler ran for it, at least once.
    pub count: u32,
}

impl SignalListener {
    /// A listener without signals.
    ///
    /// Allocates when more listeners exist than ever before; the memory is kept for later ones.
    /// Cost: two system calls, for the pipe and for the process id.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`: no descriptors are left.
    ///
    /// Manual: pipe(2)
    pub fn new() -> Result<Self, Errno> {
        let (reader, writer) = target::pipe()?;
        let (record, hold) = Record::claim(writer);
        Ok(Self {
            record,
            parts: Some(Parts { hold, reader }),
            process: std::process::id(),
        })
    }

    /// Starts to listen to `signal`; one that is listened to already is left as it is.
    ///
    /// Where somebody listens to `signal` already, or did until a moment ago, one that came shortly
    /// before may be told too: its handler may still be running on another thread. One listener
    /// is told of it once.
    ///
    /// Cost: two system calls for the first listener of a signal, one for others.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: the signal cannot be listened to ([`Signal::can_be_listened_to`]), or the
    ///   system has no such signal.
    /// * `EBUSY`: foreign code has installed a handler over the one of this crate, and it is
    ///   unknown whether it calls ours.
    ///
    /// Manual: sigaction(2)
    pub fn add(&mut self, signal: Signal) -> Result<(), Errno> {
        if self.listens_to(signal) {
            return Ok(());
        }
        // The record first: from the moment the handler is installed the default action is gone,
        // and a signal that is not recorded would be lost.
        self.record.want(signal);
        registry::enter(signal).inspect_err(|_| self.record.ignore(signal))
    }

    /// Stops listening to `signal` and forgets what is pending of it.
    ///
    /// Cost: three system calls for the last listener of a signal, one for others.
    pub fn remove(&mut self, signal: Signal) {
        if self.listens_to(signal) && self.is_in_its_process() {
            registry::leave(signal);
            self.record.ignore(signal);
        }
    }

    /// Whether `signal` is listened to.
    #[must_use]
    pub fn listens_to(&self, signal: Signal) -> bool {
        self.record.wants(signal)
    }

    /// The signals that are listened to, smallest number first.
    pub fn signals(&self) -> impl Iterator<Item = Signal> {
        self.record.wanted()
    }

    /// The next pending signal; `None` when there is none, and the descriptor is then no longer
    /// readable until the next signal.
    ///
    /// The smallest number comes first. As long as something is pending the descriptor stays
    /// readable. Never blocks. Cost: one system call, getpid(2), by which a fork is noticed; for
    /// the `None` one or two more.
    #[must_use = "the signal is no longer pending"]
    pub fn take(&self) -> Option<Pending> {
        if !self.is_in_its_process() {
            return None;
        }
        let (signal, count) = self.record.take().or_else(|| self.answer())?;
        Some(Pending { signal, count })
    }

    /// Makes the descriptor readable as if a signal had come, until [`take`](Self::take) returns
    /// `None`. Cost: at most two system calls.
    pub fn notify(&self) {
        if let Some(parts) = self.parts.as_ref().filter(|_| self.is_in_its_process()) {
            self.record.ring(&parts.hold);
        }
    }

    /// Empties the pipe and looks once more; what came in between rings again, because the caller
    /// may stop here.
    fn answer(&self) -> Option<(Signal, u32)> {
        let parts = self.parts.as_ref()?;
        let mut bytes = [0; 64];
        // An error, as EAGAIN, means that nothing was read: at worst the descriptor stays readable
        // and the next call tries again. The signals themselves are not in the pipe. Fewer bytes
        // than asked for mean that it is empty.
        while rustix::io::read(&parts.reader, &mut bytes) == Ok(bytes.len()) {}
        self.record.answered();
        let found = self.record.take();
        if found.is_some() {
            self.record.ring(&parts.hold);
        }
        found
    }

    fn is_in_its_process(&self) -> bool {
        self.process == std::process::id()
    }
}

impl AsFd for SignalListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.parts {
            Some(parts) => parts.reader.as_fd(),
            None => unreachable!(),
        }
    }
}

impl Drop for SignalListener {
    fn drop(&mut self) {
        let parts = self.parts.take();
        if !self.is_in_its_process() {
            // The pipe and the parent's listener are one; exec closes this end of it.
            mem::forget(parts);
            return;
        }
        let signals: Vec<Signal> = self.signals().collect();
        for signal in signals {
            self.remove(signal);
        }
        if let Some(Parts { hold, reader }) = parts {
            hold.close_with(reader);
        }
    }
}

impl fmt::Debug for SignalListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.signals()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::SignalListener;
    use crate::record;
    use crate::signal::Signal;
    use core::sync::atomic::{AtomicU32, Ordering};
    use core::time::Duration;
    use std::sync::mpsc::channel;

    #[test]
    fn what_came_while_the_pipe_was_emptied_rings_again_for_the_next() {
        let listener = SignalListener::new().unwrap();
        listener.record.want(Signal::HANGUP);
        listener.record.want(Signal::TERMINATE);
        // Both come after the first look of `take` and before it reads the pipe.
        record::deliver(Signal::HANGUP);
        record::deliver(Signal::TERMINATE);
        assert_eq!(listener.answer(), Some((Signal::HANGUP, 1)));
        let parts = listener.parts.as_ref().unwrap();
        assert_eq!(rustix::io::read(&parts.reader, &mut [0; 8]), Ok(1));
        assert_eq!(listener.record.take(), Some((Signal::TERMINATE, 1)));
        listener.record.ignore(Signal::HANGUP);
        listener.record.ignore(Signal::TERMINATE);
    }

    #[test]
    fn a_signal_that_comes_during_the_answer_is_found_or_rings() {
        const ROUNDS: u32 = 50_000;
        // Fewer than these would show nothing.
        const AT_LEAST: u32 = 100;
        const OVER: u32 = u32::MAX;
        let listener = SignalListener::new().unwrap();
        listener.record.want(Signal::ALARM);
        let (turn, done) = (AtomicU32::new(0), AtomicU32::new(0));
        let until = |word: &AtomicU32, round| {
            for look in 1_u32.. {
                if word.load(Ordering::Acquire) >= round {
                    break;
                }
                if look.is_multiple_of(256) {
                    std::thread::yield_now();
                }
            }
        };
        let pause = |steps| (0..steps).for_each(|_| core::hint::spin_loop());
        let (mut rounds, mut lost) = (0, 0);
        let (stop, stopped) = channel::<()>();
        std::thread::scope(|scope| {
            // On a machine that switches threads slowly, fewer rounds have to do.
            let limit = scope.spawn(move || stopped.recv_timeout(Duration::from_secs(10)));
            scope.spawn(|| {
                for round in 1..OVER {
                    until(&turn, round);
                    if turn.load(Ordering::Acquire) == OVER {
                        break;
                    }
                    pause(round % 61);
                    record::deliver(Signal::ALARM);
                    done.store(round, Ordering::Release);
                }
            });
            for round in (1..=ROUNDS).take_while(|_| !limit.is_finished()) {
                // It has rung and was taken, so the byte in the pipe stands for nothing.
                record::deliver(Signal::ALARM);
                while listener.record.take().is_some() {}
                turn.store(round, Ordering::Release);
                pause(round % 67);
                let found = listener.answer();
                until(&done, round);
                let pipe = &listener.parts.as_ref().unwrap().reader;
                let rings = rustix::io::read(pipe, &mut [0; 8]).is_ok();
                lost += u32::from(found.is_none() && !rings);
                while listener.take().is_some() {}
                rounds = round;
            }
            turn.store(OVER, Ordering::Release);
            drop(stop);
        });
        listener.record.ignore(Signal::ALARM);
        assert_eq!(lost, 0);
        assert!(rounds >= AT_LEAST, "{rounds} rounds in ten seconds");
    }

    #[test]
    fn a_copy_in_a_forked_child_is_deaf_and_its_drop_changes_nothing() {
        let mut listener = SignalListener::new().unwrap();
        listener.add(Signal::URGENT).unwrap();
        let mut copy = SignalListener::new().unwrap();
        copy.add(Signal::URGENT).unwrap();
        drop(listener);
        // The last one now; in a child of fork its process would be another one.
        copy.process += 1;
        copy.record.want(Signal::URGENT);
        copy.remove(Signal::URGENT);
        assert!(copy.listens_to(Signal::URGENT));
        assert_eq!(copy.take(), None);
        drop(copy);
        let present = crate::sys::disposition(Signal::URGENT).unwrap();
        assert!(present.is_ours());
    }
}
