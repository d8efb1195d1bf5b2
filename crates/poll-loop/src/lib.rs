#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod always;
mod channel;
mod command;
mod id;
mod keys;
mod notification;
mod owned;
mod poller;
mod pollers;
mod registrar;
mod table;
mod timers;

pub use channel::Receiver;
pub use id::Id;
pub use notification::{Event, Iter, Notification, Notifications};
pub use owned::{Owned, Place};
pub use poll_api::{Clock, Engine, Instant, Interest, Ready, Register, RegisterError, Trigger};
pub use poll_channel::{
    Drain, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, SyncSender,
    TryRecvError, TrySendError,
};
pub use poll_os::{Monotonic, Signal};
pub use poller::Poller;
pub use pollers::{Placement, Pollers};
pub use registrar::Registrar;
