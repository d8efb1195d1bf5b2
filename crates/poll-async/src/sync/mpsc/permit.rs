//! Room that was reserved in a channel with a bound: a permit is one value's.

use core::iter::FusedIterator;
use core::{fmt, mem};
use std::sync::Arc;

use super::bounded::Sender;
use super::shared::Shared;

/// Room for one value, from [`Sender::reserve`]. Dropped without sending, the room goes back.
#[must_use = "room that is not used goes back"]
pub struct Permit<'a, T> {
    sender: &'a Sender<T>,
}

/// Room for one value, and the sender, from [`Sender::reserve_owned`]. Dropped without sending,
/// both go.
#[must_use = "room that is not used goes back"]
pub struct OwnedPermit<T> {
    // In this order: a sender that goes last ends the channel, and the room is given back before.
    room: OwnedRoom<T>,
    sender: Sender<T>,
}

/// The room of an owned permit.
struct OwnedRoom<T> {
    shared: Arc<Shared<T>>,
    is_used: bool,
}

/// Permits that were reserved together, from [`Sender::reserve_many`]. Those that are left when it
/// is dropped go back.
#[must_use = "room that is not used goes back"]
pub struct PermitIterator<'a, T> {
    sender: &'a Sender<T>,
    left: usize,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>) -> Self {
        Self { sender }
    }

    /// Sends a value; never waits. Without receiver, the value is dropped; after
    /// [`close`](super::Receiver::close), it is still received.
    pub fn send(self, value: T) {
        let sender = self.sender;
        mem::forget(self);
        drop(sender.shared().send_reserved(value));
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.sender.shared().release(1);
    }
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        let room = OwnedRoom {
            shared: Arc::clone(&sender.0.0),
            is_used: false,
        };
        Self { room, sender }
    }

    /// Sends a value and returns the sender; as [`Permit::send`].
    pub fn send(self, value: T) -> Sender<T> {
        let Self { mut room, sender } = self;
        room.is_used = true;
        drop(room.shared.send_reserved(value));
        sender
    }

    /// Gives the room back and returns the sender.
    #[must_use]
    pub fn release(self) -> Sender<T> {
        self.sender
    }

    /// Whether both are of the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        self.sender.same_channel(&other.sender)
    }

    /// Whether the permit is of the channel of `sender`.
    #[must_use]
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.sender.same_channel(sender)
    }
}

impl<T> Drop for OwnedRoom<T> {
    fn drop(&mut self) {
        if !self.is_used {
            self.shared.release(1);
        }
    }
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>, left: usize) -> Self {
        Self { sender, left }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit::new(self.sender))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}

impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.sender.shared().release(self.left);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut named = f.debug_struct("PermitIterator");
        named.field("left", &self.left).finish_non_exhaustive()
    }
}
