//! Signal numbers.

use core::fmt;

use rustix::io::Errno;
use static_assertions::{assert_eq_size, assert_impl_all};

use crate::target;

/// How many numbers the tables of this crate hold: 0, which is no signal, to 127.
pub(crate) const NUMBERS: usize = 128;

assert_impl_all!(Signal: Send, Sync, Copy);
assert_eq_size!(Signal, i32);

/// A signal number.
///
/// The constants are the signals every Unix has, under readable names; any other one, such as a
/// real-time signal, comes from [`from_number`](Self::from_number). Values are 1 to 127 and never
/// one that the C library keeps for itself.
///
/// # Examples
///
/// ```
/// use sys_process::Signal;
///
/// assert_eq!(Signal::from_number(15), Ok(Signal::TERMINATE));
/// assert_eq!(Signal::TERMINATE.to_string(), "SIGTERM");
/// assert!(Signal::from_number(0).is_err());
/// ```
///
/// Manual: signal(7)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

/// Declares the constants and the table of their names.
macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $c_name:ident $alias:literal,)*) => {
        impl Signal {
            $($(#[$doc])* #[doc(alias = $alias)]
            pub const $name: Self = Self(libc::$c_name);)*
        }

        const NAMES: &[(Signal, &str)] = &[$((Signal::$name, $alias),)*];
    };
}

signals! {
    /// The terminal was closed; by custom, daemons reload their configuration.
    HANGUP = SIGHUP "SIGHUP",
    /// The interrupt key, Ctrl-C.
    INTERRUPT = SIGINT "SIGINT",
    /// The quit key, Ctrl-\.
    QUIT = SIGQUIT "SIGQUIT",
    /// An instruction the processor does not know.
    ILLEGAL = SIGILL "SIGILL",
    /// A breakpoint.
    TRAP = SIGTRAP "SIGTRAP",
    /// abort(3).
    ABORT = SIGABRT "SIGABRT",
    /// Memory behind a mapping is gone, or misaligned.
    BUS = SIGBUS "SIGBUS",
    /// Arithmetic that has no result.
    ARITHMETIC = SIGFPE "SIGFPE",
    /// Ends the process; cannot be caught.
    KILL = SIGKILL "SIGKILL",
    /// The first signal without a meaning of its own.
    USER_1 = SIGUSR1 "SIGUSR1",
    /// Memory that is not the process's.
    SEGMENT = SIGSEGV "SIGSEGV",
    /// The second signal without a meaning of its own.
    USER_2 = SIGUSR2 "SIGUSR2",
    /// A write to a pipe or socket that nobody reads.
    PIPE = SIGPIPE "SIGPIPE",
    /// alarm(2) or the real-time interval timer.
    ALARM = SIGALRM "SIGALRM",
    /// The polite request to end.
    TERMINATE = SIGTERM "SIGTERM",
    /// A child has stopped, continued or ended.
    CHILD = SIGCHLD "SIGCHLD",
    /// Continue if stopped.
    CONTINUE = SIGCONT "SIGCONT",
    /// Stops the process; cannot be caught.
    STOP = SIGSTOP "SIGSTOP",
    /// The suspend key, Ctrl-Z.
    TERMINAL_STOP = SIGTSTP "SIGTSTP",
    /// A background process read from its terminal.
    TERMINAL_INPUT = SIGTTIN "SIGTTIN",
    /// A background process wrote to its terminal.
    TERMINAL_OUTPUT = SIGTTOU "SIGTTOU",
    /// Out-of-band data arrived on a socket.
    URGENT = SIGURG "SIGURG",
    /// The processor time limit was passed.
    CPU_LIMIT = SIGXCPU "SIGXCPU",
    /// The file size limit was passed.
    FILE_LIMIT = SIGXFSZ "SIGXFSZ",
    /// The virtual interval timer.
    VIRTUAL_ALARM = SIGVTALRM "SIGVTALRM",
    /// The profiling interval timer.
    PROFILE = SIGPROF "SIGPROF",
    /// The terminal window changed its size.
    WINDOW_CHANGE = SIGWINCH "SIGWINCH",
    /// Signal-driven input and output.
    IO = SIGIO "SIGIO",
    /// A system call that does not exist or is forbidden.
    SYSTEM_CALL = SIGSYS "SIGSYS",
}

impl Signal {
    /// The signal with this number.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the number is not within 1 to 127, or the C library keeps it for itself. Whether
    /// the system has a signal of this number is for the calls that use it to say.
    pub fn from_number(number: i32) -> Result<Self, Errno> {
        if (1..=127).contains(&number) && !target::is_reserved(number) {
            Ok(Self(number))
        } else {
            Err(Errno::INVAL)
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether a [`SignalListener`](crate::SignalListener) accepts it.
    ///
    /// Not for `SIGKILL` and `SIGSTOP`, which no process can catch, and not for `SIGILL`,
    /// `SIGFPE`, `SIGSEGV` and `SIGBUS`: those come from an instruction that failed, and
    /// returning from the handler would only run it again, for ever.
    #[must_use]
    pub const fn can_be_listened_to(self) -> bool {
        !matches!(
            self,
            Self::KILL | Self::STOP | Self::ILLEGAL | Self::ARITHMETIC | Self::SEGMENT | Self::BUS
        )
    }

    /// Every value of this type, smallest number first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=127).filter_map(|number| Self::from_number(number).ok())
    }

    /// The signal at this place of a table, where one was put by its [`index`](Self::index).
    pub(crate) fn at(index: u32) -> Option<Self> {
        i32::try_from(index).ok().map(Self)
    }

    /// The signal of a number that the kernel hands to an installed handler.
    pub(crate) fn installed(number: i32) -> Option<Self> {
        (1..=127).contains(&number).then_some(Self(number))
    }

    /// The place of this signal in a table of [`NUMBERS`] entries.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(signal, _)| signal == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Signal};
    use rustix::io::Errno;

    #[test]
    fn numbers_have_bounds() {
        for (number, valid) in [
            (i32::MIN, false),
            (-1, false),
            (0, false),
            (1, true),
            (31, true),
            (127, true),
            (128, false),
            (i32::MAX, false),
        ] {
            assert_eq!(Signal::from_number(number).is_ok(), valid, "{number}");
        }
    }

    #[test]
    fn every_constant_has_its_own_number_and_name() {
        for (i, (signal, name)) in NAMES.iter().enumerate() {
            assert_eq!(&signal.to_string(), name);
            assert_eq!(Signal::from_number(signal.number()), Ok(*signal));
            assert!(NAMES[i + 1..].iter().all(|(other, _)| other != signal));
        }
        assert_eq!(format!("{:?}", Signal::from_number(99)), "Ok(signal 99)");
        assert_eq!(Signal::from_number(0), Err(Errno::INVAL));
    }
}
