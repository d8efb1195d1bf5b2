//! What a call that reads from a stream says: how much came, and why it stopped.

/// What one call that reads from a stream did, unless the stream failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "it says whether to wait, to take what is there, or to close"]
pub struct Received {
    /// Bytes that were added to the buffer by this call.
    pub bytes: usize,
    /// Why the call stopped.
    pub stop: ReadStop,
}

/// Why a call that reads from a stream stopped, and so what to do after taking what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadStop {
    /// The stream has nothing more for now: wait for its next event.
    WouldBlock,
    /// The stream has ended. What is buffered can still be taken; the reader then says whether the
    /// end was in the middle of something.
    End,
    /// The buffer is full and its first item is complete, or an error: take items, then read again
    /// at once. Reading again without taking any says the same, without asking the stream.
    Full,
    /// The budget is spent, or the one read that was asked for is made, and the stream may have
    /// more: see to other sources, then read again without waiting for an event.
    More,
}
