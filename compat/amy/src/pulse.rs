//! Whether a channel has been silent since its receiver last found nothing.
//!
//! amy takes an event back that was not delivered when the receiver finds the channel empty; a mark
//! of poll-channel stays. So `wait` passes a channel over that is silent: nothing was sent, and no
//! sender has gone, since a receive found nothing.

use core::sync::atomic::{AtomicU64, Ordering};

/// One of these for each channel, shared by its ends and the poller.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// How many sends have begun, above; how many of them have not ended, below. It wraps after as
    /// many sends as nobody makes between two receives.
    sends: AtomicU64,
    /// What `sends` was before the last receive that found nothing, while no send was underway.
    silent_at: AtomicU64,
}

const UNDERWAY: u64 = (1 << 24) - 1;
const BEGUN: u64 = UNDERWAY + 1;

impl Pulse {
    pub(crate) const fn new() -> Self {
        Self {
            sends: AtomicU64::new(0),
            // With sends underway, which it never is.
            silent_at: AtomicU64::new(UNDERWAY),
        }
    }

    /// A send, or the end of a sender, begins; it is over when the result is dropped.
    pub(crate) fn beat(&self) -> Beat<'_> {
        self.begin();
        Beat(self)
    }

    /// As [`beat`](Self::beat), for whoever calls [`end`](Self::end) by itself.
    pub(crate) fn begin(&self) {
        self.sends.fetch_add(BEGUN + 1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.sends.fetch_sub(1, Ordering::SeqCst);
    }

    /// To be called before a receive, for [`found_nothing`](Self::found_nothing).
    pub(crate) fn before(&self) -> u64 {
        self.sends.load(Ordering::SeqCst)
    }

    /// Says that a receive found nothing: all that had been sent `before` is received.
    ///
    /// With a send underway that is not known: its value may come after the receive, and is counted
    /// before it.
    pub(crate) fn found_nothing(&self, before: u64) {
        if before & UNDERWAY == 0 {
            self.silent_at.store(before, Ordering::SeqCst);
        }
    }

    /// Whether a mark of the channel that was seen before this call is for nothing.
    ///
    /// Whoever set the mark had begun before, so if that beginning is among those of `silent_at`,
    /// then what it sent had been received by then.
    pub(crate) fn is_silent(&self) -> bool {
        let sends = self.sends.load(Ordering::SeqCst);
        self.silent_at.load(Ordering::SeqCst) == sends
    }
}

/// A send that is underway.
#[derive(Debug)]
pub(crate) struct Beat<'a>(&'a Pulse);

impl Drop for Beat<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::Pulse;

    #[test]
    fn it_is_silent_from_a_receive_that_found_nothing_to_the_next_send() {
        let pulse = Pulse::new();
        assert!(!pulse.is_silent(), "the receiver has not looked");
        drop(pulse.beat());
        assert!(!pulse.is_silent());
        pulse.found_nothing(pulse.before());
        assert!(pulse.is_silent());
        let beat = pulse.beat();
        assert!(!pulse.is_silent(), "it has begun");
        drop(beat);
        assert!(!pulse.is_silent(), "it has ended");
        pulse.found_nothing(pulse.before());
        assert!(pulse.is_silent());
    }

    #[test]
    fn it_is_not_silent_if_a_send_was_underway_at_the_receive() {
        let pulse = Pulse::new();
        let beat = pulse.beat();
        pulse.found_nothing(pulse.before());
        assert!(!pulse.is_silent(), "it may send yet");
        drop(beat);
        assert!(!pulse.is_silent(), "it may have sent after the receive");
    }

    #[test]
    fn it_is_not_silent_if_a_send_began_after_the_receive_did() {
        let pulse = Pulse::new();
        let before = pulse.before();
        drop(pulse.beat());
        pulse.found_nothing(before);
        assert!(!pulse.is_silent());
    }
}
