//! The messages that were taken and not handed out yet, and which timers wait for them.
//!
//! A timer must not come before a message that was posted before its deadline, which may cancel
//! it. Usually a turn hands out all messages, and then its timers. When more are there than its
//! budget, each turn notes how far they reach, together with the present instant; and once all that
//! was noted then has been handed out, timers may come that were due at that instant. So no timer
//! overtakes a message, and neither waits for more than what was there at the end of the turn in
//! which its time came, however fast others post.

use std::collections::VecDeque;

use poll_api::Instant;

#[derive(Debug)]
pub(crate) struct Letters<M> {
    queue: VecDeque<M>,
    // How many this turn may still hand out.
    left: usize,
    // How many were handed out, in all.
    out: u64,
    // The instants of the turns that left some, each with what `out` is to be before timers may
    // come that were due then. No more than there are messages in the queue.
    notes: VecDeque<(u64, Instant)>,
    // All that was posted before this instant has been handed out.
    heard: Instant,
}

impl<M> Letters<M> {
    pub(crate) const fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            left: 0,
            out: 0,
            notes: VecDeque::new(),
            heard: Instant::START,
        }
    }

    /// Begins a turn, which hands out at most `budget`.
    pub(crate) const fn begin(&mut self, budget: usize) {
        self.left = budget;
    }

    /// The queue, for what is taken to be added at its end.
    pub(crate) const fn queue(&mut self) -> &mut VecDeque<M> {
        &mut self.queue
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next message of this turn; none if there is none or its budget is used up.
    pub(crate) fn pop(&mut self) -> Option<M> {
        let left = self.left.checked_sub(1)?;
        let letter = self.queue.pop_front()?;
        self.left = left;
        self.out += 1;
        let out = self.out;
        if let Some((_, noted)) = self.notes.pop_front_if(|(end, _)| *end <= out) {
            self.heard = noted;
        }
        Some(letter)
    }

    /// Until which deadline timers may be handed out at `now`, after all that was posted before
    /// `now` has been taken, and [`pop`](Self::pop) has returned none.
    pub(crate) fn heard(&mut self, now: Instant) -> Instant {
        if self.is_empty() {
            self.heard = now;
            // What a flood needed.
            self.notes = VecDeque::new();
        } else {
            let end = self.out + self.len() as u64;
            // No two notes end alike, so that one message takes off one of them at most.
            self.notes.pop_back_if(|(last, _)| *last == end);
            self.notes.push_back((end, now));
        }
        self.heard
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use poll_api::Instant;

    use super::Letters;

    /// A turn with a budget of two at this instant: what it takes, what it hands out, and until
    /// when its timers may be due.
    fn turn(letters: &mut Letters<u32>, taken: &[u32], now: u64) -> (Vec<u32>, u64) {
        letters.begin(2);
        letters.queue().extend(taken);
        let out = core::iter::from_fn(|| letters.pop()).collect();
        (out, letters.heard(Instant::from_nanos(now)).as_nanos())
    }

    #[test]
    fn timers_wait_for_what_was_there_when_they_came_due_and_for_no_more() {
        let mut letters = Letters::new();
        for (taken, now, out, heard) in [
            (&[][..], 10, &[][..], 10),
            (&[1, 2], 20, &[1, 2], 20),
            // Three are left at 30, and are out in the second turn from then on.
            (&[3, 4, 5, 6, 7], 30, &[3, 4], 20),
            (&[8, 9], 40, &[5, 6], 20),
            (&[10, 11], 50, &[7, 8], 30),
            // The last one that was left at 40 is the ninth, and each turn leaves three.
            (&[12, 13], 60, &[9, 10], 40),
            (&[14, 15], 70, &[11, 12], 50),
            (&[], 80, &[13, 14], 60),
            (&[], 90, &[15], 90),
            (&[16], 95, &[16], 95),
        ] {
            let found = turn(&mut letters, taken, now);
            assert_eq!(found, (out.to_vec(), heard), "at {now}");
        }
    }
}
