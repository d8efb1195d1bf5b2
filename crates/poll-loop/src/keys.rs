//! The driver's keys of timers, by slot.

use poll_driver::TimerKey;

use crate::id::Id;

const LENGTH: usize = 64;

/// How many pieces are kept in any case, so that timers that come and go allocate nothing.
const KEPT: usize = 64;

/// The keys in pieces of 64 slots. Pieces without a key are given back once there are far more of
/// them than others.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pieces: Vec<Option<Box<Piece>>>,
    // How many pieces there are, and how many of them hold a key.
    made: usize,
    used: usize,
}

#[derive(Debug)]
struct Piece {
    keys: [Option<(Id, TimerKey)>; LENGTH],
    held: usize,
}

impl Keys {
    #[inline]
    pub(crate) fn get(&self, id: Id) -> Option<TimerKey> {
        let (number, place) = locate(id);
        let held = self.pieces.get(number)?.as_ref()?.keys[place];
        held.filter(|(holder, _)| *holder == id).map(|(_, key)| key)
    }

    #[inline]
    pub(crate) fn set(&mut self, id: Id, key: TimerKey) {
        let (number, place) = locate(id);
        let piece = match self.pieces.get_mut(number) {
            Some(Some(piece)) => piece,
            _ => self.make(number),
        };
        if piece.keys[place].replace((id, key)).is_none() {
            piece.held += 1;
            self.used += usize::from(piece.held == 1);
        }
    }

    #[inline]
    pub(crate) fn take(&mut self, id: Id) -> Option<TimerKey> {
        let key = self.get(id)?;
        let (number, place) = locate(id);
        if let Some(piece) = &mut self.pieces[number] {
            piece.keys[place] = None;
            piece.held -= 1;
            if piece.held == 0 {
                self.used -= 1;
                self.trim();
            }
        }
        Some(key)
    }

    #[cold]
    fn make(&mut self, number: usize) -> &mut Piece {
        if number >= self.pieces.len() {
            self.pieces.resize_with(number + 1, || None);
        }
        self.made += 1;
        self.pieces[number].insert(Box::new(Piece {
            keys: [None; LENGTH],
            held: 0,
        }))
    }

    fn trim(&mut self) {
        if self.made > KEPT + 4 * self.used {
            for piece in &mut self.pieces {
                piece.take_if(|piece| piece.held == 0);
            }
            self.made = self.used;
        }
    }
}

/// The piece of a slot and its place in there.
fn locate(id: Id) -> (usize, usize) {
    // A slot fits wherever there is memory for as many.
    let slot = usize::try_from(id.slot()).unwrap_or(usize::MAX);
    (slot / LENGTH, slot % LENGTH)
}

#[cfg(test)]
mod tests {
    use poll_api::Instant;
    use poll_conformance::scripted::{Full, Machine, ManualClock};
    use poll_driver::{Budget, Driver, TimerKey};

    use super::{Id, KEPT, Keys};

    /// Some keys, no two alike.
    fn some(count: usize) -> Vec<TimerKey> {
        let engine = Machine::new().engine::<Full>();
        let token = poll_api::Token(0);
        let driver =
            Driver::<_, _, (), ()>::new(engine, ManualClock::new(), token, Budget::default());
        let mut driver = driver.unwrap();
        let insert = |_| driver.insert(Instant::MAX, ());
        (0..count).map(insert).collect()
    }

    fn id(slot: u32, generation: u32) -> Id {
        Id::new(0, generation, slot).unwrap()
    }

    fn pieces(keys: &Keys) -> usize {
        keys.pieces.iter().flatten().count()
    }

    #[test]
    fn a_key_is_found_under_its_own_id_only_and_taken_once() {
        let (mut keys, some) = (Keys::default(), some(3));
        keys.set(id(63, 0), some[0]);
        keys.set(id(64, 1), some[1]);
        assert_eq!(keys.get(id(63, 0)), Some(some[0]));
        assert_eq!(keys.get(id(64, 0)), None, "of another generation");
        assert_eq!(keys.get(id(1_000, 0)), None);
        keys.set(id(64, 1), some[2]);
        assert_eq!(keys.take(id(64, 1)), Some(some[2]));
        assert_eq!(keys.take(id(64, 1)), None);
        assert_eq!(keys.take(id(63, 1)), None);
        assert_eq!(keys.take(id(63, 0)), Some(some[0]));
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_and_what_comes_and_goes_stays() {
        let mut keys = Keys::default();
        let some = some(20_000);
        for _ in 0..2 {
            for (slot, key) in (1..).zip(&some) {
                keys.set(id(slot, 0), *key);
                keys.set(id(slot, 0), *key);
            }
            assert_eq!((pieces(&keys), keys.used), (313, 313));
            // One of each piece stays.
            let stays = |slot: &u32| slot % 64 == 7;
            for slot in (1..=20_000).filter(|slot| !stays(slot)) {
                assert_eq!(keys.take(id(slot, 0)), Some(some[slot as usize - 1]));
            }
            assert_eq!(pieces(&keys), 313);
            for slot in (1..=20_000).filter(stays).skip(2) {
                assert_eq!(keys.take(id(slot, 0)), Some(some[slot as usize - 1]));
            }
            let left = pieces(&keys);
            assert!((2..=KEPT + 8).contains(&left), "{left}");
            assert_eq!((keys.made, keys.used), (left, 2));
            assert!(keys.take(id(7, 0)).is_some() && keys.take(id(71, 0)).is_some());
        }
        let before = pieces(&keys);
        for slot in 1..=64 {
            keys.set(id(slot, 7), some[0]);
            assert_eq!(keys.take(id(slot, 7)), Some(some[0]));
        }
        assert_eq!(pieces(&keys), before.max(2));
    }
}
