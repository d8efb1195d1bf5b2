//! io_uring: multishot polls as readiness, and an echo server by multishot receives into buffers
//! that the kernel chooses, with the sends submitted together with the wait.

#![expect(
    unsafe_code,
    reason = "what the kernel is asked to do with memory is ours to keep valid"
)]

use core::mem::size_of;
use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use io_uring::types::{BufRingEntry, Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use poll_net::TcpListener;

use super::{Peer, WAKER};
use crate::echo::{BUFFER, Served};
use crate::sys;

const ENTRIES: u32 = 4096;
// What nobody waits for.
const IGNORED: u64 = u64::MAX;

fn ring() -> io::Result<IoUring> {
    // One thread submits, and completions are run when it waits.
    IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(4 * ENTRIES)
        .build(ENTRIES)
}

/// Queues an entry, after submitting what is queued where there is no room.
///
/// # Safety
///
/// What the entry points to has to stay valid until it is completed.
unsafe fn push(ring: &mut IoUring, entry: &squeue::Entry) -> io::Result<()> {
    loop {
        // SAFETY: `push` asks that what the entry points to stays valid until it is completed.
        // * The caller promises that.
        if unsafe { ring.submission().push(entry) }.is_ok() {
            return Ok(());
        }
        ring.submit()?;
    }
}

/// Multishot polls: edge-triggered, and registered with the next wait.
pub(crate) struct UringPoll {
    ring: IoUring,
    // By token.
    sources: Vec<i32>,
    ended: Vec<usize>,
    waker: Option<Arc<OwnedFd>>,
}

impl UringPoll {
    fn arm(&mut self, descriptor: i32, token: usize) -> io::Result<()> {
        let flags = sys::EDGE & !sys::EDGE_BIT;
        let entry = opcode::PollAdd::new(Fd(descriptor), flags).multi(true);
        let word = u64::try_from(token).map_err(io::Error::other)?;
        // SAFETY: `push` asks that what the entry points to stays valid.
        // * A poll points to nothing.
        unsafe { push(&mut self.ring, &entry.build().user_data(word)) }
    }
}

impl<'fd> Peer<'fd> for UringPoll {
    type Waker = Arc<OwnedFd>;

    fn new(_capacity: usize) -> io::Result<Self> {
        Ok(Self {
            ring: ring()?,
            sources: Vec::new(),
            ended: Vec::new(),
            waker: None,
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        if self.sources.len() <= token {
            self.sources.resize(token + 1, -1);
        }
        self.sources[token] = source.as_raw_fd();
        self.arm(source.as_raw_fd(), token)
    }

    fn deregister(&mut self, _source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.sources[token] = -1;
        let word = u64::try_from(token).map_err(io::Error::other)?;
        let entry = opcode::PollRemove::new(word).build().user_data(IGNORED);
        // SAFETY: `push` asks that what the entry points to stays valid.
        // * This one points to nothing.
        unsafe { push(&mut self.ring, &entry) }
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        match timeout {
            None => self.ring.submit_and_wait(1)?,
            Some(timeout) => {
                let time = Timespec::from(timeout);
                let arguments = SubmitArgs::new().timespec(&time);
                match self.ring.submitter().submit_with_args(1, &arguments) {
                    Err(error) if error.raw_os_error() == Some(libc::ETIME) => 0,
                    other => other?,
                }
            }
        };
        let mut seen = 0;
        for completion in self.ring.completion() {
            // A removal, or what was removed.
            if completion.user_data() == IGNORED || completion.result() < 0 {
                continue;
            }
            let token = usize::try_from(completion.user_data()).map_err(io::Error::other)?;
            if !cqueue::more(completion.flags()) {
                self.ended.push(token);
            }
            see(token)?;
            seen += 1;
        }
        while let Some(token) = self.ended.pop() {
            match self.sources.get(token) {
                Some(&descriptor) if descriptor >= 0 => self.arm(descriptor, token)?,
                _ => {}
            }
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        let eventfd = Arc::new(sys::eventfd()?);
        self.waker = Some(Arc::clone(&eventfd));
        self.arm(eventfd.as_fd().as_raw_fd(), WAKER)?;
        Ok(eventfd)
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        sys::signal(waker)
    }
}

// Room for a message of each of the connections that are measured.
const BUFFERS: u16 = 8192;
const GROUP: u16 = 0;

#[repr(C, align(4096))]
struct Page([u8; 4096]);

/// Buffers that the kernel chooses from, in memory that is never freed: it is that of a process
/// that does nothing else.
struct Buffers {
    entries: *mut BufRingEntry,
    data: *mut u8,
    tail: u16,
}

impl Buffers {
    fn register(ring: &IoUring) -> io::Result<Self> {
        let bytes = usize::from(BUFFERS) * size_of::<BufRingEntry>();
        let pages: Vec<Page> = (0..bytes.div_ceil(4096)).map(|_| Page([0; 4096])).collect();
        let entries: *mut BufRingEntry = pages.leak().as_mut_ptr().cast();
        let data = vec![0_u8; usize::from(BUFFERS) * BUFFER]
            .leak()
            .as_mut_ptr();
        let address = u64::try_from(entries.addr()).map_err(io::Error::other)?;
        // SAFETY: `register_buf_ring_with_flags` asks for memory of so many entries that stays
        // valid as long as the ring is.
        // * `pages` has room for so many, is aligned to a page, and was leaked.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, BUFFERS, GROUP, 0)?;
        }
        let mut buffers = Self {
            entries,
            data,
            tail: 0,
        };
        (0..BUFFERS).try_for_each(|buffer| buffers.give(buffer))?;
        Ok(buffers)
    }

    /// Where a buffer begins.
    fn address(&self, buffer: u16) -> *mut u8 {
        // In bounds for each number that the kernel was given; it is not read here.
        self.data.wrapping_add(usize::from(buffer) * BUFFER)
    }

    /// Lets the kernel have a buffer.
    fn give(&mut self, buffer: u16) -> io::Result<()> {
        let place = usize::from(self.tail & (BUFFERS - 1));
        let address = self.address(buffer);
        // SAFETY: a reference asks for a valid, aligned value that nobody else touches meanwhile.
        // * `entries` points to `BUFFERS` zeroed ones, for which all bits are valid, in aligned,
        //   leaked memory, and the mask keeps `place` below that.
        // * The kernel reads entries before the tail only, and this one is behind it.
        let entry = unsafe { &mut *self.entries.wrapping_add(place) };
        entry.set_addr(u64::try_from(address.addr()).map_err(io::Error::other)?);
        entry.set_len(u32::try_from(BUFFER).map_err(io::Error::other)?);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: `tail` asks for the base of a ring of entries.
        // * That is what `entries` is.
        let tail = unsafe { BufRingEntry::tail(self.entries) };
        // SAFETY: `AtomicU16::from_ptr` asks for an aligned place that is valid as long as the
        // reference is, and that others touch by atomics only.
        // * The place lies in the first entry, which is leaked; nobody but the kernel reads it.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        tail.store(self.tail, Ordering::Release);
        Ok(())
    }
}

// Of a send: its buffer is in the lower bits.
const SEND: u64 = 1 << 32;

// Of an accept.
const ACCEPT: u64 = 1 << 33;

/// A server by completions.
struct Completions {
    ring: IoUring,
    buffers: Buffers,
    // How much of each buffer is sent.
    lengths: Vec<u32>,
    // By number; closed ones are used again.
    streams: Vec<Option<TcpStream>>,
    vacant: Vec<usize>,
    // What it accepts on, if it does.
    listener: Option<i32>,
    served: Served,
    ended: u64,
}

impl Completions {
    fn new() -> io::Result<Self> {
        let ring = ring()?;
        Ok(Self {
            buffers: Buffers::register(&ring)?,
            ring,
            lengths: vec![0; usize::from(BUFFERS)],
            streams: Vec::new(),
            vacant: Vec::new(),
            listener: None,
            served: Served::of(0),
            ended: 0,
        })
    }

    fn add(&mut self, stream: TcpStream) -> io::Result<()> {
        self.served.open += 1;
        let connection = self.vacant.pop().unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        self.streams[connection] = Some(stream);
        self.receive(connection)
    }

    fn descriptor(&self, connection: usize) -> io::Result<Fd> {
        let stream = self.streams.get(connection).and_then(Option::as_ref);
        let stream = stream.ok_or_else(|| io::Error::other("a completion of no connection"))?;
        Ok(Fd(stream.as_raw_fd()))
    }

    fn accept(&mut self) -> io::Result<()> {
        let Some(listener) = self.listener else {
            return Ok(());
        };
        let entry = opcode::AcceptMulti::new(Fd(listener)).flags(libc::SOCK_CLOEXEC);
        // SAFETY: `push` asks that what the entry points to stays valid.
        // * This one points to nothing.
        unsafe { push(&mut self.ring, &entry.build().user_data(ACCEPT)) }
    }

    fn receive(&mut self, connection: usize) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(self.descriptor(connection)?, GROUP).build();
        let word = u64::try_from(connection).map_err(io::Error::other)?;
        // SAFETY: `push` asks that what the entry points to stays valid.
        // * This one points to nothing; the buffers of its group are leaked.
        unsafe { push(&mut self.ring, &entry.user_data(word)) }
    }

    fn send(&mut self, connection: usize, buffer: u16, length: u32) -> io::Result<()> {
        self.lengths[usize::from(buffer)] = length;
        let descriptor = self.descriptor(connection)?;
        let entry = opcode::Send::new(descriptor, self.buffers.address(buffer), length);
        let entry = entry.flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL).build();
        // SAFETY: `push` asks that what the entry points to stays valid until it is completed.
        // * It points to a buffer, which is leaked; `length` is what the kernel wrote into it.
        unsafe { push(&mut self.ring, &entry.user_data(SEND | u64::from(buffer))) }
    }

    // What one completion asks for.
    fn complete(&mut self, (word, result, flags): (u64, i32, u32)) -> io::Result<()> {
        if word & SEND != 0 {
            let buffer = u16::try_from(word & !SEND).map_err(io::Error::other)?;
            let length = self.lengths[usize::from(buffer)];
            if u32::try_from(result) != Ok(length) {
                return Err(failure(result));
            }
            self.served
                .echoed(usize::try_from(length).map_err(io::Error::other)?);
            return self.buffers.give(buffer);
        }
        if word == ACCEPT {
            let descriptor = u32::try_from(result).map_err(|_negative| failure(result))?;
            if !cqueue::more(flags) {
                self.accept()?;
            }
            return self.add(accepted(descriptor)?);
        }
        let connection = usize::try_from(word).map_err(io::Error::other)?;
        let is_out_of_buffers = result == -libc::ENOBUFS;
        let is_reset = result == -libc::ECONNRESET;
        match (u32::try_from(result), cqueue::buffer_select(flags)) {
            (Ok(length @ 1..), Some(buffer)) => self.send(connection, buffer, length)?,
            _ if is_out_of_buffers => {}
            _ if result == 0 || is_reset => {
                drop(self.streams[connection].take());
                self.vacant.push(connection);
                self.served.open -= 1;
                self.ended += 1;
                return Ok(());
            }
            _ => return Err(failure(result)),
        }
        match cqueue::more(flags) {
            true => Ok(()),
            false => self.receive(connection),
        }
    }

    // Serves until `is_done`.
    fn run(&mut self, is_done: impl Fn(&Self) -> bool) -> io::Result<()> {
        let mut found = Vec::new();
        while !is_done(self) {
            self.ring.submit_and_wait(1)?;
            self.served.waits += 1;
            let completions = self.ring.completion();
            found.extend(completions.map(|one| (one.user_data(), one.result(), one.flags())));
            for completion in found.drain(..) {
                self.complete(completion)?;
            }
        }
        Ok(())
    }
}

fn accepted(descriptor: u32) -> io::Result<TcpStream> {
    let descriptor = i32::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: `from_raw_fd` asks for an open descriptor that nobody else closes.
    // * It is the unchanged result of an accept, which creates one for whoever sees the result.
    Ok(unsafe { TcpStream::from_raw_fd(descriptor) })
}

fn failure(result: i32) -> io::Error {
    match result < 0 {
        true => io::Error::from_raw_os_error(-result),
        false => io::ErrorKind::WriteZero.into(),
    }
}

/// The echo server by completions.
pub(crate) fn serve_received(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let mut server = Completions::new()?;
    for stream in streams {
        server.add(stream)?;
    }
    server.run(|server| !server.served.goes_on(bytes))?;
    Ok(server.served)
}

/// The server that accepts, by completions.
pub(crate) fn serve_accepting(listener: &TcpListener, connections: u64) -> io::Result<()> {
    let mut server = Completions::new()?;
    server.listener = Some(listener.as_fd().as_raw_fd());
    server.accept()?;
    server.run(|server| server.ended >= connections)
}
