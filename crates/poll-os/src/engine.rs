//! The types that every engine's module names, generic over its mechanism: for code that runs on
//! any engine of this crate.
//!
//! `poll_os::epoll::Poll` is `engine::Poll<epoll::Epoll>`, and so on. Code that should run on any
//! engine at all, also on one of another crate, is generic over [`Engine`](poll_api::Engine)
//! instead.
//!
//! # Examples
//!
//! ```
//! use poll_os::engine::{Backend, Events, Poll};
//! use std::time::Duration;
//!
//! fn turn<B: Backend>(poll: &mut Poll<B>, events: &mut Events<B>) -> std::io::Result<usize> {
//!     poll.wait(events, Some(Duration::ZERO))?;
//!     Ok(events.len())
//! }
//!
//! let mut poll = poll_os::poll::Poll::new()?;
//! assert_eq!(turn(&mut poll, &mut Events::with_capacity(1))?, 0);
//! # Ok::<(), std::io::Error>(())
//! ```

pub use crate::backend::{Backend, Nestable, RawEvent};
pub use crate::events::{Events, Iter};
pub use crate::poller::Poll;
pub use crate::registry::Registry;
pub use crate::waker::Waker;

/// The mechanism of the target's own engine: `Poll<Native>` is [`poll_os::Poll`](crate::Poll).
pub type Native = crate::Mechanism;
