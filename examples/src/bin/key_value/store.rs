//! Keys and their values, within a limit of memory, each with the timer that ends it.
//!
//! The store reads no clock and sets no timer: both are its caller's.

use std::collections::HashMap;
use std::sync::Arc;

use poll_reactor::{Instant, TimerId};

/// A key; its timer shares it.
pub(crate) type Key = Arc<[u8]>;

/// What an entry costs besides its bytes: a guess at what map, timer and allocator add.
const OVERHEAD: usize = 128;

/// What a client has set.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) value: Arc<[u8]>,
    /// From when on it is not there any more, and the timer that takes it out.
    pub(crate) end: Option<(Instant, TimerId)>,
}

/// All entries.
#[derive(Debug)]
pub(crate) struct Store {
    entries: HashMap<Key, Entry>,
    used: usize,
    limit: usize,
}

impl Store {
    pub(crate) fn with_limit(bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            used: 0,
            limit: bytes,
        }
    }

    /// The entry of this key, if there is one and it has not come to its end: timers may be a
    /// little late, an answer may not.
    pub(crate) fn get(&self, key: &[u8], now: Instant) -> Option<&Entry> {
        self.entries
            .get(key)
            .filter(|entry| entry.end.is_none_or(|(end, _)| now < end))
    }

    /// Whether there is room for this instead of what the key has now.
    pub(crate) fn has_room(&self, key: &[u8], value: &[u8]) -> bool {
        let freed = self.entries.get(key).map_or(0, |old| size(key, &old.value));
        self.used - freed + size(key, value) <= self.limit
    }

    /// Sets an entry and returns the one that was there.
    pub(crate) fn set(&mut self, key: Key, entry: Entry) -> Option<Entry> {
        let old = self.take(&key);
        self.used += size(&key, &entry.value);
        self.entries.insert(key, entry);
        old
    }

    /// Takes an entry out, whether or not it has come to its end.
    pub(crate) fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.used -= size(key, &entry.value);
        Some(entry)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

fn size(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::{Entry, OVERHEAD, Store};
    use poll_reactor::Instant;

    fn entry(len: usize) -> Entry {
        Entry {
            value: vec![0; len].into(),
            end: None,
        }
    }

    #[test]
    fn there_is_room_up_to_the_limit_and_again_after_an_end() {
        let mut store = Store::with_limit(OVERHEAD + 10);
        assert!(store.has_room(b"k", &[0; 9]));
        assert!(!store.has_room(b"k", &[0; 10]));
        assert!(store.set(b"k"[..].into(), entry(9)).is_none());
        assert!(!store.has_room(b"l", b""));
        // Its own room counts.
        assert!(store.has_room(b"k", &[0; 9]));
        assert_eq!(store.set(b"k"[..].into(), entry(3)).unwrap().value.len(), 9);
        assert!(store.get(b"k", Instant::START).is_some());
        assert_eq!(store.take(b"k").unwrap().value.len(), 3);
        assert!(store.take(b"k").is_none());
        assert!(store.has_room(b"l", &[0; 9]));
        assert_eq!(store.len(), 0);
    }
}
