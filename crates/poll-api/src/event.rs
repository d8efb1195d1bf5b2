//! One report of an engine.

use core::num::NonZeroI32;

use crate::{Ready, Token};

/// One report: which source, what is ready, and what else the system said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    token: Token,
    ready: Ready,
    os_error: Option<NonZeroI32>,
    available: Option<usize>,
}

impl Event {
    /// A report with nothing but readiness.
    #[must_use]
    pub const fn new(token: Token, ready: Ready) -> Self {
        Self {
            token,
            ready,
            os_error: None,
            available: None,
        }
    }

    /// The same report with the error code the system attached to it; zero means none.
    #[must_use]
    pub const fn with_os_error(mut self, code: i32) -> Self {
        self.os_error = NonZeroI32::new(code);
        self
    }

    /// The same report with the count of bytes, or of connections, that wait.
    #[must_use]
    pub const fn with_available(mut self, count: usize) -> Self {
        self.available = Some(count);
        self
    }

    /// The token the source was registered with.
    #[must_use]
    pub const fn token(&self) -> Token {
        self.token
    }

    /// What is ready.
    #[must_use]
    pub const fn ready(&self) -> Ready {
        self.ready
    }

    /// The error pending on the source as an errno, where the system says so (kqueue).
    ///
    /// `None` does not mean that there is none: see [`Ready::is_error`].
    #[must_use]
    pub const fn os_error(&self) -> Option<i32> {
        match self.os_error {
            Some(code) => Some(code.get()),
            None => None,
        }
    }

    /// How much waits, where the system says so (kqueue): bytes to read, room to write, or the
    /// length of a listener's queue.
    #[must_use]
    pub const fn available(&self) -> Option<usize> {
        self.available
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::{Capabilities, Instant, Interest, Ready, Token, Trigger};
    use core::panic::{RefUnwindSafe, UnwindSafe};
    use static_assertions::{assert_eq_size, assert_impl_all};

    assert_impl_all!(Event: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Interest: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Ready: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Token: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Trigger: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Instant: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);
    assert_impl_all!(Capabilities: Copy, Send, Sync, UnwindSafe, RefUnwindSafe, Unpin);

    // Callers keep millions of these in tables.
    assert_eq_size!(Token, usize);
    assert_eq_size!(Interest, u8);
    assert_eq_size!(Option<Interest>, u8);
    assert_eq_size!(Trigger, u8);
    assert_eq_size!(Ready, u16);
    assert_eq_size!(Instant, u64);
    #[cfg(target_pointer_width = "64")]
    assert_eq_size!(Event, [u64; 4]);
}
