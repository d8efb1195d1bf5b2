//! Where connections live: places that are used again, each time under a new key.

use poll_os::Token;

/// Values under keys that are never used again.
///
/// A key names a place and its generation, which goes up when the place is emptied. A report that
/// was made for a closed connection therefore never reaches its successor.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<usize>,
    len: usize,
}

/// The name of a value, which fits into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(usize);

#[derive(Debug)]
struct Place<T> {
    generation: usize,
    value: Option<T>,
}

/// Half of a token is the place, the other half its generation.
const INDEX_BITS: u32 = usize::BITS / 2;
const LAST: usize = usize::MAX >> INDEX_BITS;

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The key that the next value will have.
    pub(crate) fn next_key(&self) -> Key {
        match self.free.last() {
            Some(&index) => Key::new(index, self.places[index].generation),
            None => Key::new(self.places.len(), 0),
        }
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        let key = self.next_key();
        self.len += 1;
        if let Some(index) = self.free.pop() {
            self.places[index].value = Some(value);
        } else {
            self.places.push(Place {
                generation: 0,
                value: Some(value),
            });
        }
        key
    }

    /// The value of that key, unless it was removed.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let place = self.places.get_mut(key.index())?;
        place
            .value
            .as_mut()
            .filter(|_| place.generation == key.generation())
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.index())?;
        if place.generation != key.generation() {
            return None;
        }
        let value = place.value.take()?;
        self.len -= 1;
        // The last generation is not used up: it tells tokens of places from other tokens.
        if place.generation < LAST - 1 {
            place.generation += 1;
            self.free.push(key.index());
        }
        Some(value)
    }

    /// The keys of all values.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let full = self
            .places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.value.is_some());
        full.map(|(index, place)| Key::new(index, place.generation))
            .collect()
    }
}

impl Key {
    fn new(index: usize, generation: usize) -> Self {
        assert!(index < LAST, "more connections than a token can name");
        Self(generation << INDEX_BITS | index)
    }

    const fn index(self) -> usize {
        self.0 & LAST
    }

    const fn generation(self) -> usize {
        self.0 >> INDEX_BITS
    }
}

impl From<Token> for Key {
    fn from(token: Token) -> Self {
        Self(token.0)
    }
}

impl From<Key> for Token {
    fn from(key: Key) -> Self {
        Self(key.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, LAST, Slab};
    use poll_os::Token;

    #[test]
    fn a_place_is_used_again_under_another_key() {
        let mut slab = Slab::new();
        let first = slab.insert('a');
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.next_key();
        assert_eq!(slab.insert('b'), second);
        assert_eq!((first.index(), slab.len()), (second.index(), 1));
        assert_eq!(slab.get_mut(first), None, "an old key finds nothing");
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get_mut(second), Some(&mut 'b'));
        assert_eq!(slab.keys(), [second]);
    }

    #[test]
    fn a_place_whose_generations_are_used_up_retires() {
        let mut slab = Slab::new();
        let key = slab.insert('a');
        slab.places[0].generation = LAST - 1;
        let last = Key::new(key.index(), LAST - 1);
        assert_eq!(slab.remove(last), Some('a'));
        assert_eq!(slab.len(), 0);
        assert_eq!(slab.insert('b').index(), 1);
    }

    #[test]
    fn a_key_goes_through_a_token_unchanged() {
        let key = Key::new(LAST - 1, LAST - 1);
        assert_eq!(Key::from(Token::from(key)), key);
        assert_eq!((key.index(), key.generation()), (LAST - 1, LAST - 1));
    }
}
