//! Which poller a source belongs to: debug builds check it.

use std::io::{Error, ErrorKind, Result};

use crate::Registry;

/// The number of the poller that a source is registered with; zero is none.
#[derive(Debug, Default)]
pub(crate) struct Association(usize);

impl Association {
    /// The source is free to be registered.
    pub(crate) fn is_none(&self) -> Result<()> {
        if self.0 == 0 {
            return Ok(());
        }
        let what = "I/O source already registered with a `Registry`";
        Err(Error::new(ErrorKind::AlreadyExists, what))
    }

    /// The source may be changed by `registry`, with which it is registered.
    pub(crate) fn is_with(&self, registry: &Registry) -> Result<()> {
        if self.0 == 0 || self.0 == registry.home().number() {
            return self.is_known_to(registry);
        }
        let what = "I/O source already registered with a different `Registry`";
        Err(Error::new(ErrorKind::AlreadyExists, what))
    }

    /// The source may be forgotten by `registry`, which knows of no others than its own.
    pub(crate) fn is_known_to(&self, registry: &Registry) -> Result<()> {
        if self.0 == registry.home().number() {
            return Ok(());
        }
        let what = "I/O source not registered with `Registry`";
        Err(Error::new(ErrorKind::NotFound, what))
    }

    pub(crate) fn begin(&mut self, registry: &Registry) {
        self.0 = registry.home().number();
    }

    pub(crate) fn end(&mut self) {
        self.0 = 0;
    }
}
