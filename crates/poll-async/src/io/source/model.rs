//! The model: a task that reads while the engine tells of data. A lost wake-up is a deadlock, which
//! loom reports.
//!
//! Mutants that these find: a wait that does not look again under the mutex, in the place of the
//! poll functions and in one of a future; a `clear` that takes back an event that the operation has
//! not seen; an event that is written down after those that wait were called; one that calls
//! nobody.

use core::future::poll_fn;
use core::task::{Context, Poll, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use poll_api::Ready;

use super::{Direction, Place, Seen, Source};
use crate::park::block_on;

/// A socket: how much there is to read, and what the runtime knows of it.
struct Socket {
    data: AtomicUsize,
    source: Source,
}

impl Socket {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            data: AtomicUsize::new(0),
            source: Source::new(),
        })
    }

    /// Data comes, and the engine tells of it.
    fn fill(&self) {
        self.data.fetch_add(1, Ordering::AcqRel);
        let mut wakers = Vec::new();
        self.source.set(Ready::READABLE, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Reads all there is, and waits for some if there is nothing: as all operations of sockets do.
    fn poll_read(
        &self,
        context: &Context<'_>,
        mut poll: impl FnMut(&Context<'_>) -> Poll<Seen>,
    ) -> Poll<usize> {
        loop {
            let Poll::Ready(seen) = poll(context) else {
                return Poll::Pending;
            };
            match self.data.swap(0, Ordering::AcqRel) {
                0 if seen.is_ended() => return Poll::Ready(0),
                0 => self.source.clear(seen, Direction::Read),
                read => return Poll::Ready(read),
            }
        }
    }

    fn read(&self) -> usize {
        block_on(poll_fn(|context| {
            let poll = |context: &Context<'_>| self.source.poll(context, Direction::Read);
            self.poll_read(context, poll)
        }))
    }

    fn read_in_place(&self) -> usize {
        let mut place = Place::default();
        let read = block_on(poll_fn(|context| {
            let poll =
                |context: &Context<'_>| self.source.poll_in(&mut place, context, Direction::Read);
            self.poll_read(context, poll)
        }));
        self.source.leave(&mut place);
        read
    }
}

/// Reads twice what the engine tells of in two events.
fn reads_all(read: fn(&Socket) -> usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let socket = Socket::new();
        let reader = socket.clone();
        let reader = thread::spawn(move || {
            let mut all = 0;
            while all < 2 {
                all += read(&reader);
            }
        });
        socket.fill();
        socket.fill();
        reader.join().unwrap();
    });
}

#[test]
fn loom_data_that_is_told_of_is_read() {
    reads_all(Socket::read);
}

#[test]
fn loom_data_that_is_told_of_is_read_by_a_future_with_a_place() {
    reads_all(Socket::read_in_place);
}

#[test]
fn loom_who_waits_is_told_of_the_end_and_what_came_before_is_read() {
    loom::model(|| {
        let socket = Socket::new();
        let reader = socket.clone();
        let reader = thread::spawn(move || {
            assert_eq!(reader.read(), 1);
            assert_eq!(reader.read(), 0);
        });
        socket.fill();
        let mut wakers = Vec::new();
        socket.source.end(&mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        reader.join().unwrap();
    });
}
