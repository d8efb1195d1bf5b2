#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(test)]
#[cfg(loom)]
mod bell;
mod channel;
mod error;
mod marks;
mod ready;
mod receiver;
mod sender;
mod sync;

pub use channel::{channel, sync_channel};
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use ready::{Drained, Ping, ReadyRegistry, ReadySet};
pub use receiver::{Drain, Receiver};
pub use sender::{Sender, SyncSender};
