//! The busy-poll parameters of an epoll instance.

/// How an epoll instance polls network devices itself before it sleeps (Linux 6.9).
///
/// All zero, the kernel's default, means not at all.
///
/// Manual: ioctl_eventpoll(2)
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusyPoll {
    /// How long to poll, in microseconds; at most `i32::MAX`.
    pub usecs: u32,
    /// Packets a single pass may take; above 64 needs `CAP_NET_ADMIN`.
    pub budget: u16,
    /// Whether to keep the device's interrupts off meanwhile: 0 or 1.
    pub prefer: u8,
    // The kernel wants this byte to be zero.
    padding: u8,
}

impl BusyPoll {
    /// Parameters for polling `usecs` microseconds with `budget` packets a pass.
    #[must_use]
    pub const fn new(usecs: u32, budget: u16, prefer: u8) -> Self {
        Self {
            usecs,
            budget,
            prefer,
            padding: 0,
        }
    }
}

// `struct epoll_params` of <linux/eventpoll.h>: u32, u16, u8, u8.
static_assertions::assert_eq_size!(BusyPoll, u64);
static_assertions::const_assert_eq!(core::mem::offset_of!(BusyPoll, budget), 4);
static_assertions::const_assert_eq!(core::mem::offset_of!(BusyPoll, prefer), 6);
static_assertions::const_assert_eq!(core::mem::offset_of!(BusyPoll, padding), 7);
