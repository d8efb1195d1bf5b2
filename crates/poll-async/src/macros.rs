//! Macros that wait for several futures at once, and what they expand to.

mod join;
mod maybe_done;
mod select;
mod start;

/// What the macros expand to. It is no interface: any version may change it.
#[doc(hidden)]
pub mod private {
    pub use core::future::{Future, IntoFuture, poll_fn};
    pub use core::pin::pin;
    pub use core::task::Poll;

    pub use super::maybe_done::{MaybeDone, maybe_done};
    pub use super::select::{Never, Out};
    pub use super::start::below;
    pub use crate::task::local::Slot;
}
