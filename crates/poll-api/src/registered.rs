//! Ownership of a registration together with its source.

use core::error::Error;
use core::fmt;

use crate::{Interest, Register, Token, Trigger};

/// A source and its registration, owned together.
///
/// Dropping it deregisters the source and then drops it, in this order, on every engine; the
/// source itself is lent out by shared reference only, so that it cannot be exchanged.
///
/// With the feature `std` it reads and writes through to the source and asks for the next edge by
/// itself ([`rearm`](Self::rearm)), so that one program runs on engines with and without native
/// edges.
pub struct Registered<S, R: Register<S>> {
    // `None` only inside `deregister`, which consumes the value.
    source: Option<S>,
    registry: R,
    token: Token,
    interest: Interest,
    trigger: Trigger,
}

impl<S, R: Register<S>> Registered<S, R> {
    /// Registers `source` and takes ownership of it.
    ///
    /// # Errors
    ///
    /// As [`Register::register`]; the source is handed back.
    pub fn new(
        registry: R,
        source: S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<Self, RegisterError<S, R::Error>> {
        match registry.register(&source, token, interest, trigger) {
            Ok(()) => Ok(Self {
                source: Some(source),
                registry,
                token,
                interest,
                trigger,
            }),
            Err(error) => Err(RegisterError { source, error }),
        }
    }

    /// The source.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        match &self.source {
            Some(source) => source,
            None => unreachable!(),
        }
    }

    /// The token of the reports.
    #[must_use]
    pub const fn token(&self) -> Token {
        self.token
    }

    /// The interest as registered or last modified.
    #[must_use]
    pub const fn interest(&self) -> Interest {
        self.interest
    }

    /// The trigger as registered or last modified.
    #[must_use]
    pub const fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// Replaces interest and trigger, and reports the present readiness again.
    ///
    /// # Errors
    ///
    /// As [`Register::modify`]; the old values hold.
    pub fn modify(&mut self, interest: Interest, trigger: Trigger) -> Result<(), R::Error> {
        self.registry
            .modify(self.get_ref(), self.token, interest, trigger)?;
        self.interest = interest;
        self.trigger = trigger;
        Ok(())
    }

    /// Asks for the next edge; costs nothing on engines with native edges.
    ///
    /// # Errors
    ///
    /// As [`Register::rearm`].
    pub fn rearm(&self) -> Result<(), R::Error> {
        self.registry
            .rearm(self.get_ref(), self.token, self.interest, self.trigger)
    }

    /// Deregisters the source and hands it back.
    ///
    /// # Errors
    ///
    /// As [`Register::deregister`]; the source is handed back all the same.
    pub fn deregister(mut self) -> Result<S, RegisterError<S, R::Error>> {
        match self.source.take() {
            Some(source) => match self.registry.deregister(&source) {
                Ok(()) => Ok(source),
                Err(error) => Err(RegisterError { source, error }),
            },
            None => unreachable!(),
        }
    }
}

impl<S, R: Register<S>> Drop for Registered<S, R> {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            // Whatever the reason (the poller is gone, the source was closed behind our back),
            // the registration does not exist any more, which is what a drop is for.
            drop(self.registry.deregister(source));
        }
    }
}

impl<S: fmt::Debug, R: Register<S>> fmt::Debug for Registered<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("source", self.get_ref())
            .field("token", &self.token)
            .field("interest", &self.interest)
            .field("trigger", &self.trigger)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "std")]
mod io {
    //! Reading and writing through a registration.

    use super::Registered;
    use crate::Register;
    use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Read, Result, Write};

    impl<S, R: Register<S, Error = Error>> Registered<S, R> {
        /// Runs `operation` on the source and asks for the next edge if it returns `WouldBlock`.
        ///
        /// # Errors
        ///
        /// Those of `operation`, and of [`rearm`](Registered::rearm) if that fails.
        pub fn try_io<T>(&self, operation: impl FnOnce(&S) -> Result<T>) -> Result<T> {
            let result = operation(self.get_ref());
            if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
                self.rearm()?;
            }
            result
        }

        // A short transfer says that the source is drained, or full, as `WouldBlock` does. None at
        // all is the end, after which no edge comes: asking for one would report the end again and
        // again to a program that only writes from now on.
        fn transfer(
            &self,
            wanted: usize,
            operation: impl FnOnce(&S) -> Result<usize>,
        ) -> Result<usize> {
            let done = self.try_io(operation)?;
            if 0 < done && done < wanted {
                self.rearm()?;
            }
            Ok(done)
        }
    }

    impl<S, R: Register<S, Error = Error>> Read for &Registered<S, R>
    where
        for<'a> &'a S: Read,
    {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.transfer(buffer.len(), |mut source| source.read(buffer))
        }

        fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
            let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
            self.transfer(wanted, |mut source| source.read_vectored(buffers))
        }
    }

    impl<S, R: Register<S, Error = Error>> Write for &Registered<S, R>
    where
        for<'a> &'a S: Write,
    {
        fn write(&mut self, buffer: &[u8]) -> Result<usize> {
            self.transfer(buffer.len(), |mut source| source.write(buffer))
        }

        fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
            let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
            self.transfer(wanted, |mut source| source.write_vectored(buffers))
        }

        fn flush(&mut self) -> Result<()> {
            self.try_io(|mut source| source.flush())
        }
    }

    impl<S, R: Register<S, Error = Error>> Read for Registered<S, R>
    where
        for<'a> &'a S: Read,
    {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            (&*self).read(buffer)
        }

        fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
            (&*self).read_vectored(buffers)
        }
    }

    impl<S, R: Register<S, Error = Error>> Write for Registered<S, R>
    where
        for<'a> &'a S: Write,
    {
        fn write(&mut self, buffer: &[u8]) -> Result<usize> {
            (&*self).write(buffer)
        }

        fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
            (&*self).write_vectored(buffers)
        }

        fn flush(&mut self) -> Result<()> {
            (&*self).flush()
        }
    }

    impl<S> From<super::RegisterError<S, Self>> for Error {
        fn from(failed: super::RegisterError<S, Self>) -> Self {
            failed.error
        }
    }
}

/// A registration that failed, with the source it was for.
#[derive(Debug)]
pub struct RegisterError<S, E> {
    /// The source, as it was given.
    pub source: S,
    /// Why it failed.
    pub error: E,
}

impl<S, E: fmt::Display> fmt::Display for RegisterError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the source was not registered: {}", self.error)
    }
}

impl<S: fmt::Debug, E: Error + 'static> Error for RegisterError<S, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
