//! Every item of mio's interface, used with its signature; what is missing does not compile.
#![expect(clippy::type_complexity, reason = "the types are what is tested")]

use core::fmt::Debug;
use core::hash::Hash;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ops::{BitOr, BitOrAssign};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{self as std_net, Shutdown};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net as std_unix;
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdin, ChildStdout};

use poll_mio::event::{Event, Events as EventsOfTheModule, Iter, Source};
use poll_mio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use poll_mio::unix::{SourceFd, pipe};
use poll_mio::{Events, Interest, Poll, Registry, Token, Waker};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_obj_safe};

// Not everything that mio's types lack is missing here: tokens and interests have more traits.
assert_impl_all!(Poll: Debug, Send, Sync);
assert_not_impl_any!(Poll: Clone, AsFd);
assert_impl_all!(Registry: Debug, Send, Sync);
assert_not_impl_any!(Registry: Clone);
assert_impl_all!(Events: Debug, Send, Sync);
assert_not_impl_any!(Events: Default, Clone);
assert_impl_all!(Event: Clone, Debug, Send, Sync);
assert_not_impl_any!(Event: Copy);
assert_impl_all!(Iter<'static>: Iterator<Item = &'static Event>, Clone, Debug);
assert_impl_all!(&'static Events: IntoIterator<Item = &'static Event, IntoIter = Iter<'static>>);
assert_impl_all!(Waker: Debug, Send, Sync);
assert_not_impl_any!(Waker: Clone);
assert_impl_all!(Token: Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Into<usize>);
assert_impl_all!(Interest: Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord);
assert_impl_all!(Interest: BitOr<Interest, Output = Interest>, BitOrAssign<Interest>);
assert_impl_all!(SourceFd<'static>: Debug, Source);
assert_impl_all!(Box<dyn Source>: Source);
assert_impl_all!(Box<TcpStream>: Source);
assert_obj_safe!(Source);

/// A source that owns a descriptor.
macro_rules! owner {
    ($type:ty) => {
        assert_impl_all!(
            $type: Source, Debug, Send, Sync, AsFd, AsRawFd, FromRawFd, IntoRawFd, From<OwnedFd>,
            Into<OwnedFd>
        );
        assert_not_impl_any!($type: Clone);
    };
}

owner!(TcpListener);
owner!(TcpStream);
owner!(UdpSocket);
owner!(UnixDatagram);
owner!(UnixListener);
owner!(UnixStream);
owner!(pipe::Sender);
owner!(pipe::Receiver);

assert_impl_all!(TcpListener: Into<std_net::TcpListener>);
assert_impl_all!(TcpStream: Into<std_net::TcpStream>, Read, Write);
assert_impl_all!(&'static TcpStream: Read, Write);
assert_impl_all!(UdpSocket: Into<std_net::UdpSocket>);
assert_impl_all!(UnixDatagram: Into<std_unix::UnixDatagram>);
assert_impl_all!(UnixListener: Into<std_unix::UnixListener>);
assert_impl_all!(UnixStream: Into<std_unix::UnixStream>, Read, Write);
assert_impl_all!(&'static UnixStream: Read, Write);
assert_impl_all!(pipe::Sender: Write, From<ChildStdin>);
assert_impl_all!(&'static pipe::Sender: Write);
assert_impl_all!(pipe::Receiver: Read, From<ChildStdout>, From<ChildStderr>);
assert_impl_all!(&'static pipe::Receiver: Read);

// The functions, with the types that programs pass and expect.
const _: fn() -> io::Result<Poll> = Poll::new;
const _: fn(&Poll) -> &Registry = Poll::registry;
const _: fn(&mut Poll, &mut Events, Option<Duration>) -> io::Result<()> = Poll::poll;
type Register<S> = fn(&Registry, &mut S, Token, Interest) -> io::Result<()>;
const _: Register<dyn Source> = Registry::register::<dyn Source>;
const _: Register<TcpStream> = Registry::reregister::<TcpStream>;
type Deregister<S> = fn(&Registry, &mut S) -> io::Result<()>;
const _: Deregister<dyn Source> = Registry::deregister::<dyn Source>;
const _: fn(&Registry) -> io::Result<Registry> = Registry::try_clone;
const _: fn(usize) -> Events = Events::with_capacity;
const _: fn(&Events) -> usize = Events::capacity;
const _: fn(&Events) -> bool = Events::is_empty;
const _: fn(&Events) -> Iter<'_> = Events::iter;
const _: fn(&mut Events) = Events::clear;
const _: fn(&Event) -> Token = Event::token;
const _: [fn(&Event) -> bool; 8] = [
    Event::is_readable,
    Event::is_writable,
    Event::is_error,
    Event::is_read_closed,
    Event::is_write_closed,
    Event::is_priority,
    Event::is_aio,
    Event::is_lio,
];
const _: fn(&Registry, Token) -> io::Result<Waker> = Waker::new;
const _: fn(&Waker) -> io::Result<()> = Waker::wake;
// In constants, so that these are `const fn`.
const READ_AND_WRITE: Interest = Interest::READABLE.add(Interest::WRITABLE);
const _: [bool; 5] = [
    READ_AND_WRITE.is_readable(),
    READ_AND_WRITE.is_writable(),
    READ_AND_WRITE.is_aio(),
    READ_AND_WRITE.is_lio(),
    READ_AND_WRITE.is_priority(),
];
const _: fn(Interest, Interest) -> Option<Interest> = Interest::remove;
const _: Interest = Interest::PRIORITY;
const _: Interest = Interest::AIO;
const _: Interest = Interest::LIO;

const _: fn(SocketAddr) -> io::Result<TcpListener> = TcpListener::bind;
const _: fn(std_net::TcpListener) -> TcpListener = TcpListener::from_std;
const _: fn(&TcpListener) -> io::Result<(TcpStream, SocketAddr)> = TcpListener::accept;
const _: fn(&TcpListener) -> io::Result<SocketAddr> = TcpListener::local_addr;
const _: fn(&TcpListener, u32) -> io::Result<()> = TcpListener::set_ttl;
const _: fn(&TcpListener) -> io::Result<u32> = TcpListener::ttl;
const _: fn(&TcpListener) -> io::Result<Option<io::Error>> = TcpListener::take_error;

const _: fn(SocketAddr) -> io::Result<TcpStream> = TcpStream::connect;
const _: fn(std_net::TcpStream) -> TcpStream = TcpStream::from_std;
const _: fn(&TcpStream) -> io::Result<SocketAddr> = TcpStream::peer_addr;
const _: fn(&TcpStream) -> io::Result<SocketAddr> = TcpStream::local_addr;
const _: fn(&TcpStream, Shutdown) -> io::Result<()> = TcpStream::shutdown;
const _: fn(&TcpStream, bool) -> io::Result<()> = TcpStream::set_nodelay;
const _: fn(&TcpStream) -> io::Result<bool> = TcpStream::nodelay;
const _: fn(&TcpStream, u32) -> io::Result<()> = TcpStream::set_ttl;
const _: fn(&TcpStream) -> io::Result<u32> = TcpStream::ttl;
const _: fn(&TcpStream) -> io::Result<Option<io::Error>> = TcpStream::take_error;
const _: fn(&TcpStream, &mut [u8]) -> io::Result<usize> = TcpStream::peek;
type Operation = fn() -> io::Result<u8>;
const _: fn(&TcpStream, Operation) -> io::Result<u8> = TcpStream::try_io;

const _: fn(SocketAddr) -> io::Result<UdpSocket> = UdpSocket::bind;
const _: fn(std_net::UdpSocket) -> UdpSocket = UdpSocket::from_std;
const _: fn(&UdpSocket) -> io::Result<SocketAddr> = UdpSocket::local_addr;
const _: fn(&UdpSocket) -> io::Result<SocketAddr> = UdpSocket::peer_addr;
const _: fn(&UdpSocket, &[u8], SocketAddr) -> io::Result<usize> = UdpSocket::send_to;
const _: fn(&UdpSocket, &mut [u8]) -> io::Result<(usize, SocketAddr)> = UdpSocket::recv_from;
const _: fn(&UdpSocket, &mut [u8]) -> io::Result<(usize, SocketAddr)> = UdpSocket::peek_from;
const _: fn(&UdpSocket, &[u8]) -> io::Result<usize> = UdpSocket::send;
const _: fn(&UdpSocket, &mut [u8]) -> io::Result<usize> = UdpSocket::recv;
const _: fn(&UdpSocket, &mut [u8]) -> io::Result<usize> = UdpSocket::peek;
const _: fn(&UdpSocket, SocketAddr) -> io::Result<()> = UdpSocket::connect;
const _: [fn(&UdpSocket, bool) -> io::Result<()>; 3] = [
    UdpSocket::set_broadcast,
    UdpSocket::set_multicast_loop_v4,
    UdpSocket::set_multicast_loop_v6,
];
const _: [fn(&UdpSocket) -> io::Result<bool>; 4] = [
    UdpSocket::broadcast,
    UdpSocket::multicast_loop_v4,
    UdpSocket::multicast_loop_v6,
    UdpSocket::only_v6,
];
const _: [fn(&UdpSocket, u32) -> io::Result<()>; 2] =
    [UdpSocket::set_ttl, UdpSocket::set_multicast_ttl_v4];
const _: [fn(&UdpSocket) -> io::Result<u32>; 2] = [UdpSocket::ttl, UdpSocket::multicast_ttl_v4];
const _: [fn(&UdpSocket, &Ipv4Addr, &Ipv4Addr) -> io::Result<()>; 2] =
    [UdpSocket::join_multicast_v4, UdpSocket::leave_multicast_v4];
const _: [fn(&UdpSocket, &Ipv6Addr, u32) -> io::Result<()>; 2] =
    [UdpSocket::join_multicast_v6, UdpSocket::leave_multicast_v6];
const _: fn(&UdpSocket) -> io::Result<Option<io::Error>> = UdpSocket::take_error;
const _: fn(&UdpSocket, Operation) -> io::Result<u8> = UdpSocket::try_io;

type UnixAddress = std_unix::SocketAddr;
const _: fn(PathBuf) -> io::Result<UnixDatagram> = UnixDatagram::bind;
const _: fn(&UnixAddress) -> io::Result<UnixDatagram> = UnixDatagram::bind_addr;
const _: fn(std_unix::UnixDatagram) -> UnixDatagram = UnixDatagram::from_std;
const _: fn(&UnixDatagram, String) -> io::Result<()> = UnixDatagram::connect;
const _: fn() -> io::Result<UnixDatagram> = UnixDatagram::unbound;
const _: fn() -> io::Result<(UnixDatagram, UnixDatagram)> = UnixDatagram::pair;
const _: [fn(&UnixDatagram) -> io::Result<UnixAddress>; 2] =
    [UnixDatagram::local_addr, UnixDatagram::peer_addr];
type ReceivedFrom = io::Result<(usize, UnixAddress)>;
const _: fn(&UnixDatagram, &mut [u8]) -> ReceivedFrom = UnixDatagram::recv_from;
const _: fn(&UnixDatagram, &mut [u8]) -> io::Result<usize> = UnixDatagram::recv;
const _: fn(&UnixDatagram, &[u8], PathBuf) -> io::Result<usize> = UnixDatagram::send_to;
const _: fn(&UnixDatagram, &[u8]) -> io::Result<usize> = UnixDatagram::send;
const _: fn(&UnixDatagram) -> io::Result<Option<io::Error>> = UnixDatagram::take_error;
const _: fn(&UnixDatagram, Shutdown) -> io::Result<()> = UnixDatagram::shutdown;
const _: fn(&UnixDatagram, Operation) -> io::Result<u8> = UnixDatagram::try_io;

const _: fn(PathBuf) -> io::Result<UnixListener> = UnixListener::bind;
const _: fn(&UnixAddress) -> io::Result<UnixListener> = UnixListener::bind_addr;
const _: fn(std_unix::UnixListener) -> UnixListener = UnixListener::from_std;
const _: fn(&UnixListener) -> io::Result<(UnixStream, UnixAddress)> = UnixListener::accept;
const _: fn(&UnixListener) -> io::Result<UnixAddress> = UnixListener::local_addr;
const _: fn(&UnixListener) -> io::Result<Option<io::Error>> = UnixListener::take_error;

const _: fn(PathBuf) -> io::Result<UnixStream> = UnixStream::connect;
const _: fn(&UnixAddress) -> io::Result<UnixStream> = UnixStream::connect_addr;
const _: fn(std_unix::UnixStream) -> UnixStream = UnixStream::from_std;
const _: fn() -> io::Result<(UnixStream, UnixStream)> = UnixStream::pair;
const _: [fn(&UnixStream) -> io::Result<UnixAddress>; 2] =
    [UnixStream::local_addr, UnixStream::peer_addr];
const _: fn(&UnixStream) -> io::Result<Option<io::Error>> = UnixStream::take_error;
const _: fn(&UnixStream, Shutdown) -> io::Result<()> = UnixStream::shutdown;
const _: fn(&UnixStream, Operation) -> io::Result<u8> = UnixStream::try_io;

const _: fn() -> io::Result<(pipe::Sender, pipe::Receiver)> = pipe::new;
const _: fn(&pipe::Sender, bool) -> io::Result<()> = pipe::Sender::set_nonblocking;
const _: fn(&pipe::Receiver, bool) -> io::Result<()> = pipe::Receiver::set_nonblocking;
const _: fn(&pipe::Sender, Operation) -> io::Result<u8> = pipe::Sender::try_io;
const _: fn(&pipe::Receiver, Operation) -> io::Result<u8> = pipe::Receiver::try_io;

// The same type at both places, and the modules that hold nothing but text.
const _: fn(Events) -> EventsOfTheModule = |events| events;
#[expect(unused_imports, reason = "that they exist is all there is to them")]
use poll_mio::{features as _, guide as _};

#[test]
fn interests_are_shown_in_mios_words_and_order() {
    let mut both = Interest::WRITABLE;
    both |= Interest::READABLE;
    for (interest, text) in [
        (Interest::READABLE, "READABLE"),
        (Interest::WRITABLE, "WRITABLE"),
        (both, "READABLE | WRITABLE"),
        (both | Interest::PRIORITY, "READABLE | WRITABLE | PRIORITY"),
        (
            both | Interest::LIO | Interest::AIO,
            "READABLE | WRITABLE | AIO | LIO",
        ),
    ] {
        assert_eq!(format!("{interest:?}"), text);
    }
    assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
    assert_eq!(both.remove(both), None);
    assert_eq!(usize::from(Token(7)), 7);
}
