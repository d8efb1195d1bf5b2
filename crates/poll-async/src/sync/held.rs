//! A value that was taken out of its lock.

use core::ops::{Deref, DerefMut};

use crate::threads::Arc;

/// A value that belongs to whoever has the lock, until it is [put back](Self::take).
///
/// It lies in memory of its own, so that taking it moves a pointer, whatever its size: that is how
/// a lock gives access without unsafe code.
#[derive(Debug)]
pub(super) struct Held<T: ?Sized>(Option<Box<T>>);

impl<T: ?Sized> Held<T> {
    pub(super) const fn new(value: Option<Box<T>>) -> Self {
        Self(value)
    }

    /// Takes the value, which is what is done last with this.
    pub(super) const fn take(&mut self) -> Option<Box<T>> {
        self.0.take()
    }
}

impl<T: ?Sized> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => unreachable!("whoever has the lock has the value"),
        }
    }
}

impl<T: ?Sized> DerefMut for Held<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some(value) => value,
            None => unreachable!("whoever has the lock has the value"),
        }
    }
}

/// A value that several look at, until each has [let go](Self::release) of it.
#[derive(Debug)]
pub(super) struct Shared<T: ?Sized>(Option<Arc<Box<T>>>);

impl<T: ?Sized> Shared<T> {
    pub(super) const fn new(value: Option<Arc<Box<T>>>) -> Self {
        Self(value)
    }

    /// Lets go of the value, which is what is done last with this.
    pub(super) fn release(&mut self) {
        self.0 = None;
    }
}

impl<T: ?Sized> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => unreachable!("whoever has the lock sees the value"),
        }
    }
}

/// What a guard with a field `value` is seen as: the value, which it lends also to be written if
/// `mut` follows.
macro_rules! guard_traits {
    ($guard:ty, mut) => {
        guard_traits!($guard);

        impl<T: ?Sized> core::ops::DerefMut for $guard {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.value
            }
        }
    };
    ($guard:ty) => {
        impl<T: ?Sized> core::ops::Deref for $guard {
            type Target = T;

            fn deref(&self) -> &T {
                &self.value
            }
        }

        impl<T: ?Sized + core::fmt::Debug> core::fmt::Debug for $guard {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + core::fmt::Display> core::fmt::Display for $guard {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

pub(super) use guard_traits;
