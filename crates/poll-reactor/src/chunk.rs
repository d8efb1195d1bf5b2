//! Bytes to be sent that the caller gives away, so that they are not copied.

use core::fmt;
use std::sync::Arc;

/// Bytes that are sent without being copied: the runtime holds them until the system has taken
/// them.
///
/// Made from a `Vec<u8>`, a `Box<[u8]>`, a `String`, a `&'static [u8]` or `&'static str`, and from
/// an `Arc<[u8]>`, which many resources can be sent at once. [`from_owner`](Self::from_owner) takes
/// whatever else owns bytes.
pub struct Chunk(Repr);

enum Repr {
    Owned(Vec<u8>),
    /// Sends that were joined, in a buffer of the runtime's own.
    Joined(Vec<u8>),
    Shared(Arc<[u8]>),
    Static(&'static [u8]),
    Owner(Box<dyn AsRef<[u8]> + Send + Sync>),
}

impl Chunk {
    /// A chunk of whatever owns bytes: `bytes::Bytes`, a memory map, an own type. One allocation.
    #[must_use]
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Repr::Owner(Box::new(owner)))
    }

    pub(crate) const fn joined(buffer: Vec<u8>) -> Self {
        Self(Repr::Joined(buffer))
    }

    /// The runtime's own buffer, if that is what this is.
    pub(crate) const fn as_joined(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.0 {
            Repr::Joined(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The runtime's own buffer back, if that is what this was.
    pub(crate) fn into_joined(self) -> Option<Vec<u8>> {
        match self.0 {
            Repr::Joined(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Owned(bytes) | Repr::Joined(bytes) => bytes,
            Repr::Shared(bytes) => bytes,
            Repr::Static(bytes) => bytes,
            Repr::Owner(owner) => (**owner).as_ref(),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Repr::Owned(bytes))
    }
}

impl From<Box<[u8]>> for Chunk {
    fn from(bytes: Box<[u8]>) -> Self {
        Self(Repr::Owned(bytes.into_vec()))
    }
}

impl From<String> for Chunk {
    fn from(text: String) -> Self {
        Self(Repr::Owned(text.into_bytes()))
    }
}

impl From<Arc<[u8]>> for Chunk {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(Repr::Shared(bytes))
    }
}

impl From<&'static [u8]> for Chunk {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Repr::Static(bytes))
    }
}

impl From<&'static str> for Chunk {
    fn from(text: &'static str) -> Self {
        Self(Repr::Static(text.as_bytes()))
    }
}

impl fmt::Debug for Chunk {
    /// The length only: data never appears in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} bytes)", self.len())
    }
}
