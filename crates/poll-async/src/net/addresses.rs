//! Addresses, and names that have yet to be resolved.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::io::{self, ErrorKind};
use std::vec;

use crate::runtime::Handle;

/// What a [`ToSocketAddrs`] stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One address.
    Address(SocketAddr),
    /// Addresses to be tried in this order.
    Addresses(Vec<SocketAddr>),
    /// A host and a port. The host may be an address in text, which is not asked for.
    Host(String, u16),
}

/// What sockets connect, bind and send to: addresses, or names that are resolved first.
///
/// Addresses cost nothing. A name is resolved by the system (`getaddrinfo`), which blocks, and so
/// on a thread of the runtime for closures that block; text that is an address is no name. It is
/// there for the types that the standard library's trait of this name is there for, and references
/// to them.
pub trait ToSocketAddrs {
    /// The addresses, or the name.
    ///
    /// # Errors
    ///
    /// `InvalidInput`: text without a port, or with one that is no number up to 65535.
    fn target(&self) -> io::Result<Target>;
}

macro_rules! one_address {
    ($($type:ty),*) => { $(
        impl ToSocketAddrs for $type {
            fn target(&self) -> io::Result<Target> {
                Ok(Target::Address((*self).into()))
            }
        }
    )* };
}

one_address!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);

impl ToSocketAddrs for [SocketAddr] {
    fn target(&self) -> io::Result<Target> {
        Ok(Target::Addresses(self.to_vec()))
    }
}

impl<const N: usize> ToSocketAddrs for [SocketAddr; N] {
    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {
    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

impl ToSocketAddrs for str {
    /// An address in text, or `host:port`.
    fn target(&self) -> io::Result<Target> {
        if let Ok(address) = self.parse() {
            return Ok(Target::Address(address));
        }
        let refused = |why| io::Error::new(ErrorKind::InvalidInput, why);
        let (host, port) = self
            .rsplit_once(':')
            .ok_or_else(|| refused("an address without a port"))?;
        let port = port
            .parse()
            .map_err(|_parse| refused("the port of an address is no number up to 65535"))?;
        (host, port).target()
    }
}

impl ToSocketAddrs for String {
    fn target(&self) -> io::Result<Target> {
        self.as_str().target()
    }
}

impl ToSocketAddrs for (&str, u16) {
    fn target(&self) -> io::Result<Target> {
        let (host, port) = *self;
        Ok(match host.parse::<IpAddr>() {
            Ok(address) => Target::Address((address, port).into()),
            Err(_) => Target::Host(host.to_owned(), port),
        })
    }
}

impl ToSocketAddrs for (String, u16) {
    fn target(&self) -> io::Result<Target> {
        (self.0.as_str(), self.1).target()
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn target(&self) -> io::Result<Target> {
        (**self).target()
    }
}

/// The addresses that were found, in their order.
#[derive(Debug)]
pub(super) enum Addresses {
    One(Option<SocketAddr>),
    Several(vec::IntoIter<SocketAddr>),
}

impl Iterator for Addresses {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Self::One(address) => address.take(),
            Self::Several(addresses) => addresses.next(),
        }
    }
}

/// Resolves `host` to its addresses.
///
/// # Errors
///
/// * `InvalidInput`: as [`ToSocketAddrs::target`].
/// * Those of the system for a name that it cannot resolve.
/// * For a name: if this thread is in no runtime, or that has ended.
///
/// Cancel-safe: an answer is dropped, and a question that waits for a thread is not asked.
///
/// ```
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let mut addresses = poll_async::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addresses.next(), Some("127.0.0.1:80".parse().unwrap()));
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: getaddrinfo(3)
#[doc(alias = "getaddrinfo")]
pub async fn lookup_host(host: impl ToSocketAddrs) -> io::Result<impl Iterator<Item = SocketAddr>> {
    resolve(host.target()?).await
}

pub(super) async fn resolve(target: Target) -> io::Result<Addresses> {
    match target {
        Target::Address(address) => Ok(Addresses::One(Some(address))),
        Target::Addresses(addresses) => Ok(Addresses::Several(addresses.into_iter())),
        Target::Host(host, port) => {
            let ask = move || std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port));
            let asked = Handle::try_current()?.spawn_blocking(ask);
            Ok(Addresses::Several(asked.abort_on_drop().await??))
        }
    }
}

/// The first success of `attempt` with one of the addresses, or the last failure.
pub(super) async fn first<T>(
    target: Target,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failure = None;
    for address in resolve(target).await? {
        match attempt(address) {
            Ok(value) => return Ok(value),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(no_address))
}

pub(super) fn no_address() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        "a name or a list without addresses",
    )
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::net::SocketAddr;
    use std::io::ErrorKind;

    use super::{Target, ToSocketAddrs};

    #[test]
    fn text_is_an_address_or_a_host_with_a_port() {
        let address = |text: &str| Target::Address(text.parse::<SocketAddr>().unwrap());
        let host = |name: &str, port| Target::Host(name.to_owned(), port);
        for (text, wanted) in [
            ("127.0.0.1:0", address("127.0.0.1:0")),
            ("127.0.0.1:65535", address("127.0.0.1:65535")),
            ("[::1]:80", address("[::1]:80")),
            ("localhost:80", host("localhost", 80)),
            ("a:b:80", host("a:b", 80)),
            (":80", host("", 80)),
        ] {
            assert_eq!(text.target().unwrap(), wanted, "{text}");
            assert_eq!(text.to_owned().target().unwrap(), wanted, "{text}");
        }
        for text in [
            "",
            "localhost",
            "localhost:",
            "localhost:65536",
            "h:-1",
            "127.0.0.1",
        ] {
            let error = text.target().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        }
    }

    #[test]
    fn a_host_that_is_an_address_is_not_asked_for() {
        let v6 = ("::1", 80).target().unwrap();
        assert_eq!(v6, Target::Address("[::1]:80".parse().unwrap()));
        let named = (String::from("localhost"), 80).target().unwrap();
        assert_eq!(named, Target::Host("localhost".to_owned(), 80));
    }
}
