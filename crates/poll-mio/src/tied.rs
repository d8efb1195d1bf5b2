//! What all sources of this crate are: a type of poll-net, tied to one poller at a time.

use core::fmt;
use std::io::Result;
use std::os::fd::AsFd;

use poll_api::{Interest, Token};

use crate::Registry;
#[cfg(debug_assertions)]
use crate::association::Association;
use crate::held::{EITHER, Held, Hold, READING, WRITING};

/// A source of poll-net, and in debug builds the poller it is tied to.
pub(crate) struct Tied<S: AsFd> {
    held: Held<S>,
    #[cfg(debug_assertions)]
    association: Association,
}

impl<S: AsFd> Tied<S> {
    #[inline]
    pub(crate) fn new(source: S) -> Self {
        Self {
            held: Held::<S>::new(source),
            #[cfg(debug_assertions)]
            association: Association::default(),
        }
    }

    /// The source, for what uses up no readiness.
    #[inline]
    pub(crate) fn get(&self) -> &S {
        self.held.source()
    }

    pub(crate) fn into_inner(self) -> S {
        self.held.into_source()
    }

    pub(crate) fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> Result<()> {
        #[cfg(debug_assertions)]
        self.association.is_none()?;
        self.held.register(registry.engine(), (token, interest))?;
        #[cfg(debug_assertions)]
        self.association.begin(registry);
        Ok(())
    }

    pub(crate) fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> Result<()> {
        #[cfg(debug_assertions)]
        self.association.is_with(registry)?;
        self.held.reregister(registry.engine(), (token, interest))
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> Result<()> {
        #[cfg(debug_assertions)]
        self.association.is_known_to(registry)?;
        // Also after an error: the system then knows of no registration.
        #[cfg(debug_assertions)]
        self.association.end();
        self.held.deregister(registry.engine())
    }

    /// An operation that reads.
    #[cfg(feature = "net")]
    #[inline]
    pub(crate) fn read<T>(&self, operation: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        self.held.run(READING, operation)
    }

    /// An operation that writes.
    #[cfg(feature = "net")]
    #[inline]
    pub(crate) fn write<T>(&self, operation: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        self.held.run(WRITING, operation)
    }

    /// An operation that may do either.
    #[inline]
    pub(crate) fn either<T>(&self, operation: impl FnOnce() -> Result<T>) -> Result<T> {
        self.held.run(EITHER, |_source| operation())
    }

    /// Reads bytes of a stream, at most `wanted`.
    #[inline]
    pub(crate) fn read_stream(
        &self,
        wanted: usize,
        operation: impl FnOnce(&S) -> Result<usize>,
    ) -> Result<usize> {
        self.held.transfer(READING, wanted, operation)
    }

    /// Writes bytes of a stream, at most `wanted`.
    #[inline]
    pub(crate) fn write_stream(
        &self,
        wanted: usize,
        operation: impl FnOnce(&S) -> Result<usize>,
    ) -> Result<usize> {
        self.held.transfer(WRITING, wanted, operation)
    }
}

impl<S: AsFd + fmt::Debug> fmt::Debug for Tied<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A type with one field `tied` is a source and lends, takes over and hands over its descriptor.
macro_rules! source {
    ($type:ident, $inner:ty) => {
        impl $crate::event::Source for $type {
            fn register(
                &mut self,
                registry: &$crate::Registry,
                token: $crate::Token,
                interests: $crate::Interest,
            ) -> std::io::Result<()> {
                self.tied.register(registry, token, interests)
            }

            fn reregister(
                &mut self,
                registry: &$crate::Registry,
                token: $crate::Token,
                interests: $crate::Interest,
            ) -> std::io::Result<()> {
                self.tied.reregister(registry, token, interests)
            }

            fn deregister(&mut self, registry: &$crate::Registry) -> std::io::Result<()> {
                self.tied.deregister(registry)
            }
        }

        impl From<$inner> for $type {
            fn from(inner: $inner) -> Self {
                let tied = $crate::tied::Tied::new(inner);
                Self { tied }
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.tied.fmt(f)
            }
        }

        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.tied.get().as_fd()
            }
        }

        impl From<std::os::fd::OwnedFd> for $type {
            /// Takes the descriptor as it is: the caller knows that it is of this kind, and has
            /// made it non-blocking.
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                <$inner>::from(fd).into()
            }
        }

        impl From<$type> for std::os::fd::OwnedFd {
            /// Hands the descriptor over as it is, non-blocking.
            ///
            /// Deregister it first: who has the descriptor cannot.
            fn from(source: $type) -> Self {
                source.tied.into_inner().into()
            }
        }
    };
}

/// A stream reads, for the value and for a shared reference to it.
macro_rules! reads {
    ($type:ident) => {
        impl std::io::Read for &$type {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.tied
                    .read_stream(buffer.len(), |mut source| source.read(buffer))
            }

            #[inline]
            fn read_vectored(
                &mut self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                self.tied
                    .read_stream(wanted, |mut source| source.read_vectored(buffers))
            }
        }

        impl std::io::Read for $type {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                (&*self).read(buffer)
            }

            #[inline]
            fn read_vectored(
                &mut self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                (&*self).read_vectored(buffers)
            }
        }
    };
}

/// A stream writes, for the value and for a shared reference to it.
macro_rules! writes {
    ($type:ident) => {
        impl std::io::Write for &$type {
            #[inline]
            fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
                self.tied
                    .write_stream(buffer.len(), |mut source| source.write(buffer))
            }

            #[inline]
            fn write_vectored(
                &mut self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                self.tied
                    .write_stream(wanted, |mut source| source.write_vectored(buffers))
            }

            /// Does nothing: there is no buffer in between.
            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        impl std::io::Write for $type {
            #[inline]
            fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
                (&*self).write(buffer)
            }

            #[inline]
            fn write_vectored(
                &mut self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                (&*self).write_vectored(buffers)
            }

            /// Does nothing: there is no buffer in between.
            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    };
}

/// An operation of the caller's own on the descriptor.
macro_rules! try_io {
    ($type:ident) => {
        impl $type {
            /// Runs an operation of the caller's own on this source, one that this type has no
            /// method for, and watches for the source again if it returns `WouldBlock`.
            ///
            /// The operation is on the descriptor of this source and does not block.
            ///
            /// # Errors
            ///
            /// Those of the operation.
            pub fn try_io<F, T>(&self, f: F) -> std::io::Result<T>
            where
                F: FnOnce() -> std::io::Result<T>,
            {
                self.tied.either(f)
            }
        }
    };
}

pub(crate) use {reads, source, try_io, writes};
